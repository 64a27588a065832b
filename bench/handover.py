"""A model that lives in this process, made available to the processes that measure: nothing is pickled.

A function or class is handed over by its name and the file that it stands in; a live model by Keras's own archive, its
weights included, and the names of the classes and functions in it that are not Keras's.
"""

import importlib.machinery
import inspect
import json
import os
import sys
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eagerbench.errors import UserError
from eagerbench.factory import Source, told
from eagerbench.models.a2c import Floats
from eagerbench.models.calls import import_reference
from eagerbench.notebook import definitions, executed_cells, shell

if TYPE_CHECKING:
    import keras

CHECKED_ROWS = 3
# How far a model rebuilt by Keras may be from the live one: the same operations on the same weights.
RELATIVE, ABSOLUTE = 1e-4, 1e-5
# What Keras writes into the configuration of every layer, also where its class takes no such arguments.
OF_EVERY_LAYER = frozenset({"name", "trainable", "dtype"})
INSTEAD = "give a factory in a file instead, such as policy.py:make_policy (in a notebook: %%writefile policy.py)"


def hand_over(model: Any, observations: Floats, folder: Path) -> tuple[Source, str]:
    """Where the measuring processes find a model, and what to call it.

    Args:
        model: ``pkg.module:factory`` or ``path/to/model.py:factory``; a function or class at the top level of a module,
            script or notebook; or a live Keras model.
        observations: float32 [rows, …]; some of them are given to a live model.
        folder: for what must lie in files; needed as long as anything is measured.

    Raises:
        UserError: where it is none of these, or can't be found or rebuilt elsewhere.
    """
    if isinstance(model, str):
        return Source(factory=model), model
    keras = sys.modules.get("keras")  # without it, nothing is a Keras model
    if keras is not None and isinstance(model, keras.Model):
        return _archived(model, observations, folder), _name_of(model)
    if inspect.isfunction(model) or inspect.isclass(model):
        return Source(factory=references([model], folder)[0]), model.__qualname__
    raise UserError(
        "model: expected a Keras model, a function or class that gives one, or pkg.module:factory; got "
        f"{type(model).__name__}"
    )


def load_archive(source: Source) -> "keras.Model":
    """The live model that was handed over, built, with its weights; a new one for each call.

    Raises:
        UserError: where Keras can't rebuild it here.
    """
    name = Path(source.archive).name
    try:
        return _load(Path(source.archive), [import_reference(reference) for reference in source.code])
    except UserError:
        raise
    except (Exception, SystemExit) as error:  # a user's code may raise anything
        raise UserError(f"model {name!r} can't be rebuilt from its Keras archive: {told(error)}; {INSTEAD}") from error


def references(things: list[Any], folder: Path) -> list[str]:
    """Where other processes find functions and classes: ``pkg.module:name`` or ``path/to/file.py:name``.

    Args:
        things: of any module; those of a notebook's cells are written to a file, with all that they use.
        folder: for that file.

    Raises:
        UserError: where one of them is not at the top level of a module, or its module has no file.
    """
    for thing in things:
        _check_findable(thing)
    in_cells = [thing for thing in things if _in_a_cell(thing)]
    cells = folder / "definitions.py"
    if in_cells:
        text = definitions(executed_cells(), [thing.__qualname__.partition(".")[0] for thing in in_cells])
        cells.write_text(text, encoding="utf-8")
    return [f"{cells if thing in in_cells else _module_of(thing)}:{thing.__qualname__}" for thing in things]


@contextmanager
def same_modules() -> Iterator[None]:
    """While this lasts, processes that are started look for modules where this one does."""
    before = os.environ.get("PYTHONPATH")
    own = [path or os.getcwd() for path in sys.path if Path(path).is_dir()]  # noqa: PTH109 - as Python means ""
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([*own, *(before or "").split(os.pathsep)])).strip(
        os.pathsep
    )
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _name_of(model: "keras.Model") -> str:
    """What people call it: its class, or the name that they gave to a model put together from layers."""
    kind = type(model)
    return str(model.name) if kind.__module__.startswith("keras.") else kind.__name__


def _archived(model: "keras.Model", observations: Floats, folder: Path) -> Source:
    told_name = f"model {_name_of(model)!r}"
    archive = folder / "model.keras"
    rows = observations[:CHECKED_ROWS]
    try:
        before, again = _outputs(model, rows), _outputs(model, rows)  # the first call builds it
    except Exception as error:  # a user's code may raise anything
        raise UserError(f"{told_name} can't be given observations of shape {rows.shape[1:]}: {told(error)}") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of lambdas, which are refused below
            model.save(archive)
        custom = _custom_objects(model, archive)
        rebuilt = _load(archive, custom)
        after = _outputs(rebuilt, rows)
    except UserError as error:
        raise UserError(f"{told_name}: {error}; {INSTEAD}") from error
    except Exception as error:  # so may Keras, of what it can't write or rebuild
        raise UserError(f"{told_name} can't be handed over by Keras's archive: {told(error)}; {INSTEAD}") from error
    if _near(before, again) and not _near(before, after):
        raise UserError(
            f"{told_name}: rebuilt from its Keras archive it gives other outputs, so get_config() doesn't tell all "
            f"that its constructor was given; {INSTEAD}"
        )
    return Source(archive=str(archive), code=tuple(references(custom, folder)))


def _load(archive: Path, custom: Sequence[Any]) -> "keras.Model":
    import keras

    known = {own.__name__: own if inspect.isfunction(own) or _takes_anything(own) else _StandIn(own) for own in custom}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of layers without state, which are right to have none
        model = keras.saving.load_model(archive, custom_objects=known, compile=False, safe_mode=True)
    if not isinstance(model, keras.Model):
        raise UserError(f"expected a Keras model in the archive, got a {type(model).__name__}")
    return model


class _StandIn:
    """In place of a class whose constructor doesn't take what Keras tells of every layer."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._named = inspect.signature(kind).parameters

    def from_config(self, config: Mapping[str, Any]) -> Any:
        """What Keras calls to make an instance."""
        return self._kind.from_config(
            {name: value for name, value in config.items() if name in self._named or name not in OF_EVERY_LAYER}
        )


def _takes_anything(kind: Any) -> bool:
    return any(own.kind is own.VAR_KEYWORD for own in inspect.signature(kind).parameters.values())


def _outputs(model: "keras.Model", rows: Floats) -> list[Any]:
    import keras

    return [keras.ops.convert_to_numpy(output) for output in keras.tree.flatten(model(rows))]


def _near(before: list[Any], after: list[Any]) -> bool:
    import numpy as np

    return len(before) == len(after) and all(
        one.shape == other.shape and np.allclose(one, other, RELATIVE, ABSOLUTE, equal_nan=True)
        for one, other in zip(before, after, strict=True)
    )


def _custom_objects(model: "keras.Model", archive: Path) -> list[Any]:
    """Classes and functions that an archive names and that are not Keras's, each once."""
    with zipfile.ZipFile(archive) as opened:
        config = json.loads(opened.read("config.json"))
    functions = _functions(model)
    found: dict[int, Any] = {}
    for entry in _entries(config):
        if entry["class_name"] == "__lambda__":
            raise UserError("it has a Lambda layer or another lambda, which Keras would only hand over as bytecode")
        if entry["class_name"] == "function":
            thing = functions.get(str(entry["config"]).rpartition(">")[2])  # without its package
            if thing is None:
                continue  # Keras's own
        else:
            # Keras leaves the module out where it is that of a script or notebook.
            module, name = entry.get("module") or "__main__", entry["class_name"]
            if not entry.get("registered_name") or module.partition(".")[0] == "keras":
                continue
            thing = getattr(sys.modules.get(module), name, None)
            if thing is None:
                raise UserError(f"{name} is not at the top level of the module {module}, so no other process finds it")
        found[id(thing)] = thing
    return list(found.values())


def _functions(model: "keras.Model") -> dict[str, Any]:
    """Functions that the layers of a model hold, such as activations, by name; without Keras's own."""
    layers = model._flatten_layers()  # noqa: SLF001 - `layers` has the outermost only
    held = [value for layer in layers for value in vars(layer).values() if inspect.isfunction(value)]
    return {own.__name__: own for own in held if own.__module__.partition(".")[0] != "keras"}


def _entries(config: Any) -> Iterator[dict[str, Any]]:
    """Every serialised object in a Keras configuration."""
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str):
            yield config
        for own in config.values():
            yield from _entries(own)
    elif isinstance(config, list):
        for own in config:
            yield from _entries(own)


def _check_findable(thing: Any) -> None:
    found: Any = sys.modules.get(thing.__module__)
    for part in thing.__qualname__.split("."):
        found = getattr(found, part, None)  # "<lambda>" and "<locals>" are attributes of nothing
    if found is not thing:
        raise UserError(
            f"{thing.__qualname__} is not found under that name in the module {thing.__module__}; expected a function "
            "or class defined at the top level of a module, so that another process finds it"
        )


def _in_a_cell(thing: Any) -> bool:
    return thing.__module__ == "__main__" and shell() is not None and _file_of("__main__") is None


def _module_of(thing: Any) -> str:
    """The module of a function or class: its name where processes find that, else its file."""
    name = thing.__module__
    file = _file_of(name)
    if name != "__main__" and _found_by_name(name, file):
        return str(name)
    if file is None:
        raise UserError(f"{thing.__qualname__}: its module {name} has no file; {INSTEAD}")
    return str(file)


def _file_of(module: str) -> Path | None:
    name = getattr(sys.modules[module], "__file__", None)
    return Path(name).resolve() if name and name.endswith(".py") else None


def _found_by_name(module: str, file: Path | None) -> bool:
    """Whether the import system finds a module by its name, and that is the one that was imported here."""
    path: Any = None
    found: importlib.machinery.ModuleSpec | None = None
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        specs = (finder.find_spec(name, path) for finder in sys.meta_path if hasattr(finder, "find_spec"))
        found = next((spec for spec in specs if spec), None)
        if found is None:
            return False
        path = found.submodule_search_locations
    if file is None or found is None or found.origin is None:
        return found is not None and file is None
    return Path(found.origin).resolve() == file
