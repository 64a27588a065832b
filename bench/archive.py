"""A live model as a Keras archive, for other processes: written here, rebuilt there, and held against what it was.

Nothing is pickled: Keras rebuilds it in safe mode from its ``get_config``, and what that leaves out would go unseen.
"""

import inspect
import json
import sys
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eagerbench.context import set_keras
from eagerbench.errors import UserError
from eagerbench.factory import Source, told
from eagerbench.models.a2c import Floats
from eagerbench.models.calls import import_reference

if TYPE_CHECKING:
    import keras

CHECKED_ROWS = 3
# How far outputs of a rebuilt model may be from those of the live one, in units of the largest: the same operations on
# the same weights, perhaps on another device; and the same where anything in it is computed in half precision.
TOLERANCE, HALF_TOLERANCE = 1e-3, 5e-2
# What Keras writes into the configuration of every layer, also where its class takes no such arguments.
OF_EVERY_LAYER = frozenset({"name", "trainable", "dtype"})
INSTEAD = "give a factory in a file instead, such as policy.py:make_policy (in a notebook: %%writefile policy.py)"


def write_archive(model: "keras.Model", observations: Floats, path: Path) -> list[Any]:
    """Write a live model to a ``.keras`` file, and what it is and gives to an ``.npz`` file beside it.

    Args:
        model: built by this, where it isn't.
        observations: float32 [rows, …]; it is given some of them.
        path: of the archive.

    Returns:
        The classes and functions in it that are not Keras's.

    Raises:
        UserError: where it can't be called or written.
    """
    rows = observations[:CHECKED_ROWS]
    try:
        outputs = _outputs(model, rows)  # the first call builds it
    except Exception as error:  # a user's code may raise anything
        raise UserError(f"it can't be given observations of shape {rows.shape[1:]}: {told(error)}") from error
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            model.save(path)
    except Exception as error:
        raise UserError(f"it can't be written to Keras's archive: {told(error)}; {INSTEAD}") from error
    code = _custom_objects(model, path, any("lambda" in str(own.message) for own in said))
    np.savez(
        path.with_suffix(".npz"),
        rows=rows,
        layers=_layers(model),
        weights=_weights(model),
        trainable=[layer.trainable for layer in _flat(model)],
        **{f"output{place}": output for place, output in enumerate(outputs)},
    )
    return code


def load_archive(source: Source) -> "keras.Model":
    """The live model that was handed over, built, with its weights; a new one for each call.

    Raises:
        UserError: where Keras can't rebuild it here.
    """
    try:
        custom = [import_reference(reference) for reference in source.code]
    except (Exception, SystemExit) as error:  # a module may raise anything while it is imported
        raise UserError(f"the code of the live model can't be imported: {told(error)}; {INSTEAD}") from error
    try:
        set_keras(source.context)
        model = _load(Path(source.archive), custom)
        for layer, trainable in zip(_flat(model), _known(source)["trainable"], strict=False):
            if layer.trainable != trainable:  # setting it sets all below, which come later
                layer.trainable = trainable
    except (Exception, SystemExit) as error:  # so may its constructors
        why = ", so its get_config() doesn't tell all that its constructor was given" if custom else ""
        raise UserError(f"the live model can't be rebuilt from its archive{why}: {told(error)}; {INSTEAD}") from error
    return model


def check_rebuilt(model: "keras.Model", source: Source) -> None:
    """Hold a rebuilt model against the live one, as it was in its own process: layers, weights and outputs.

    Raises:
        UserError: where it is another.
    """
    known = _known(source)
    for what, found in (("layer", _layers(model)), ("weight", _weights(model))):
        wanted = list(known[f"{what}s"])
        for place in range(max(len(wanted), len(found))):
            was, own = (texts[place] if place < len(texts) else "missing" for texts in (wanted, found))
            if was != own:
                raise _another(f"{what} {place + 1} was {was} and is {own}")
    outputs = [np.asarray(known[name]) for name in known if name.startswith("output")]
    tolerance = HALF_TOLERANCE if any("float16" in layer for layer in known["layers"]) else TOLERANCE
    got = _outputs(model, known["rows"])
    if [own.shape for own in got] != [own.shape for own in outputs]:
        raise _another(f"its outputs were {_shapes(outputs)} and are {_shapes(got)}")
    for own, was in zip(got, outputs, strict=True):
        limit = tolerance * float(np.abs(was).max(initial=0.0)) + 1e-5
        if not np.allclose(own, was, 0.0, limit, equal_nan=True):
            raise _another("its outputs are other numbers")


def _another(difference: str) -> UserError:
    return UserError(
        f"rebuilt from its Keras archive it is another model: {difference}, which its get_config() doesn't tell; "
        f"{INSTEAD}"
    )


def _known(source: Source) -> Mapping[str, Any]:
    with np.load(Path(source.archive).with_suffix(".npz")) as opened:
        return dict(opened)


def _flat(model: "keras.Model") -> list[Any]:
    """A model and all its layers, each after what it is first found in."""
    return model._flatten_layers()  # type: ignore[no-any-return]  # noqa: SLF001 - `layers` has the outermost only


def _layers(model: "keras.Model") -> list[str]:
    import keras

    found = []
    for layer in _flat(model):
        # Keras's own pass on what they are given, whatever their policy, which Keras doesn't keep.
        passes_on = isinstance(layer, keras.Model | keras.layers.InputLayer) and _of_keras(type(layer))
        found.append(type(layer).__name__ + ("" if passes_on else f" ({layer.dtype_policy.name})"))
    return found


def _of_keras(thing: Any) -> bool:
    return str(thing.__module__).partition(".")[0] == "keras"


def _weights(model: "keras.Model") -> list[str]:
    learning = {id(weight) for weight in model.trainable_weights}
    return [
        f"{tuple(weight.shape)} {weight.dtype} {'trainable' if id(weight) in learning else 'frozen'}"
        for weight in model.weights
    ]


def _shapes(outputs: Sequence[Any]) -> str:
    return ", ".join(str(output.shape) for output in outputs) or "none"


def _outputs(model: "keras.Model", rows: Floats) -> list[Any]:
    import keras

    flat = keras.tree.flatten(model(rows))
    return [np.asarray(keras.ops.convert_to_numpy(output), np.float64) for output in flat]


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


def _custom_objects(model: "keras.Model", archive: Path, has_lambda: bool) -> list[Any]:
    """Classes and functions that an archive names and that are not Keras's, each once."""
    with zipfile.ZipFile(archive) as opened:
        config = json.loads(opened.read("config.json"))
    functions = _functions(model)
    found: dict[str, Any] = {}
    for entry in _entries(config):
        if has_lambda or entry["class_name"] == "__lambda__":
            raise UserError(f"it has a lambda, which Keras would only hand over as bytecode; {INSTEAD}")
        if entry["class_name"] == "function":
            name = str(entry["config"]).rpartition(">")[2]  # without its package
            things = [own for own in functions if own.__name__ == name]
        else:
            # Keras leaves the module out where it is that of a script or notebook.
            module, name = entry.get("module") or "__main__", entry["class_name"]
            if not entry.get("registered_name") or module.partition(".")[0] == "keras":
                continue
            things = [getattr(sys.modules.get(module), name, None)]
            if things == [None]:
                raise UserError(
                    f"{name} is not at the top level of the module {module}, so no other process finds it; {INSTEAD}"
                )
        for thing in things:  # none of Keras's own functions
            if found.setdefault(thing.__name__, thing) is not thing:
                modules = sorted({thing.__module__, found[thing.__name__].__module__})
                raise UserError(
                    f"it has two classes or functions called {thing.__name__}, of {' and '.join(modules)}, and Keras "
                    "knows them by this name only; give one of them another name"
                )
    return list(found.values())


def _functions(model: "keras.Model") -> list[Any]:
    """Functions that the layers of a model hold, such as activations, without Keras's own."""
    held = [value for layer in _flat(model) for value in vars(layer).values() if inspect.isfunction(value)]
    return [own for own in held if not _of_keras(own)]


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
