"""A model that lives in this process, made available to the processes that measure: nothing is pickled.

A function or class is handed over by its name and the file that it stands in; a live model by Keras's own archive, its
weights included, and the names of the classes and functions in it that are not Keras's.
"""

import importlib.machinery
import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eagerbench.archive import INSTEAD, write_archive
from eagerbench.context import context_of
from eagerbench.errors import UserError
from eagerbench.factory import Source
from eagerbench.models.a2c import Floats
from eagerbench.notebook import definitions, executed_cells, shell

if TYPE_CHECKING:
    import keras


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
        name, archive = _name_of(model), folder / "model.keras"
        try:
            code = write_archive(model, observations, archive)
            named = dict(zip(references(code, folder), code, strict=True))
        except UserError as error:
            raise UserError(f"model {name!r}: {error}") from error
        return Source(archive=str(archive), code=tuple(named), context=context_of(named)), name
    if inspect.isfunction(model) or inspect.isclass(model):
        (reference,) = references([model], folder)
        return Source(factory=reference, context=context_of({reference: model})), model.__qualname__
    raise UserError(
        "model: expected a Keras model, a function or class that gives one, or pkg.module:factory; got "
        f"{type(model).__name__}"
    )


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
        wanted = [thing.__qualname__.partition(".")[0] for thing in in_cells]
        text = definitions(executed_cells(), wanted, shell().user_ns)
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
