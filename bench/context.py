"""What a model that lives in a session has from there besides its code: Keras's settings, and values of global names.

A measuring process imports the code anew. It finds the values of the file's top level, and not what was set later or
under ``if __name__ == "__main__":``; where they differ it would measure another model.
"""

import dis
import inspect
import sys
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any

import msgspec
import numpy as np

from eagerbench.errors import UserError
from eagerbench.models.calls import import_reference

# Each with a getter and a setter in keras.config.
KERAS_SETTINGS = ("floatx", "epsilon", "image_data_format", "dtype_policy")
SHOWN = 60  # characters of a value in an error


class Context(msgspec.Struct, frozen=True):
    """What a session adds to code.

    Attributes:
        keras: `KERAS_SETTINGS` by name; none where Keras was never imported.
        values: by reference of a function or class, as ``pkg.module:name``: what `plain_values` found of it.
    """

    keras: dict[str, str | float] = {}
    values: dict[str, dict[str, str]] = {}


def context_of(things: Mapping[str, Any]) -> Context:
    """What this session adds to functions and classes.

    Args:
        things: by the reference under which other processes find them.
    """
    settings: dict[str, str | float] = {}
    keras = sys.modules.get("keras")
    if keras is not None:
        found = {name: getattr(keras.config, name)() for name in KERAS_SETTINGS}
        settings = {name: getattr(value, "name", value) for name, value in found.items()}  # a policy has a name
    return Context(settings, {reference: plain_values(thing) for reference, thing in things.items()})


def set_keras(context: Context) -> None:
    """Give Keras the settings of the session, as long as this process lasts."""
    import keras

    for name, value in context.keras.items():
        getattr(keras.config, f"set_{name}")(value)


def check_values(context: Context) -> None:
    """Hold the values that code finds in this process against those of the session; to be asked before it is executed.

    Raises:
        UserError: where one differs.
    """
    for reference, expected in context.values.items():
        try:
            found = plain_values(import_reference(reference))
        except (Exception, SystemExit):  # noqa: BLE001 - whoever makes the model imports it too, and tells of it
            return
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                here, there = (own.get(name, "no plain value")[:SHOWN] for own in (expected, found))
                raise UserError(
                    f"{name} is {here} where the model was handed over and {there} in a process that imports its code "
                    "anew, as those that measure do; give it one value at the top level of its file, outside "
                    'if __name__ == "__main__":, or as an argument'
                )


def plain_values(thing: Any) -> dict[str, str]:
    """Numbers, texts and collections of them that the code of a function or class reads, as JSON by name.

    Global names, defaults of arguments and attributes of classes; also of what its code uses of its own module. Names
    that this code assigns itself are left out: they are its state.
    """
    values: dict[str, Any] = {}
    assigned: set[str] = set()
    seen: list[Any] = []
    ahead = [thing]
    while ahead:
        own = _unwrapped(ahead.pop())
        if own in seen or not (inspect.isclass(own) or inspect.isfunction(own)) or own.__module__ != thing.__module__:
            continue
        seen.append(own)
        if inspect.isclass(own):
            ahead += [*own.__bases__, *vars(own).values()]
            attributes = {name: value for name, value in vars(own).items() if not name.startswith("__")}
            values |= {f"{own.__qualname__}.{name}": value for name, value in attributes.items()}
            continue
        parameters = inspect.signature(own).parameters.values()
        values |= {f"{own.__qualname__}({one.name})": one.default for one in parameters}
        for operation, name in _global_names(own.__code__):
            if operation == "STORE_GLOBAL":
                assigned.add(name)
            elif name in own.__globals__ and not name.startswith("__"):
                values[name] = own.__globals__[name]
                ahead.append(values[name])
    kept = {name: _as_json(value) for name, value in values.items() if name not in assigned}
    return {name: text for name, text in kept.items() if text}


def _unwrapped(thing: Any) -> Any:
    """The function in a method, in a property and under decorators; anything else as it is."""
    if isinstance(thing, property):
        return thing.fget
    if isinstance(thing, staticmethod | classmethod):
        return inspect.unwrap(thing.__func__)
    return inspect.unwrap(thing) if isinstance(thing, FunctionType) else thing


def _global_names(code: CodeType) -> Iterator[tuple[str, str]]:
    """Pairs of an operation and the name that it reads or assigns."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in {"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL"}:
            yield instruction.opname, instruction.argval
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _global_names(inner)


def _as_json(value: Any) -> str:
    """A number, a text or a collection of them; empty where it is anything else."""
    try:
        return msgspec.json.encode(value, enc_hook=_number, order="deterministic").decode()
    except Exception:  # noqa: BLE001 - of collections of a user's, anything may come
        return ""


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError
