"""What a project says of its measuring runs: the table ``[tool.eagerbench]`` of its ``pyproject.toml``.

::

    [tool.eagerbench]
    model = "policy.py:make_policy"
    env = "LunarLander-v3"
    env-kwargs = { continuous = false }
    batch-sizes = [1, 64, 4096]
    benchmarks = ["benchmarks"]

Every option of a measuring run is a key, without its dashes. The command line wins over the settings, the settings over
the defaults. A relative path is relative to the file that it stands in. Nothing is imported or executed here.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from eagerbench.errors import UserError, unknown
from eagerbench.margins import read_margins
from eagerbench.models.a2c import Vectorization
from eagerbench.models.calls import parse_arguments, split_call, split_calls
from eagerbench.modes import REGISTRY
from eagerbench.options import OPTIONS
from eagerbench.plan import PROFILES, parse_shape, split_names
from eagerbench.project import OURS, check_keys, find_project, read_ours, shown
from eagerbench.workloads import WORKLOADS

GATE_TABLE = "gate"
BENCHMARKS = "benchmarks"
# What people may look for under another name.
ELSEWHERE = {
    **dict.fromkeys(("gate-margin", "margin", "margins"), f"write margin = 0.05 in [{OURS}.{GATE_TABLE}]"),
    "across-machines": "give --across-machines where two machines are to be compared",
}
# What is typed sets aside settings that were made for something else: the arguments of another environment, say.
SET_ASIDE = {
    "env": ("env-kwargs", "env-wrappers", "in-graph"),
    "model": ("hidden",),
    "hidden": ("model",),
    "observations": ("observation-shape",),
    "observation-shape": ("observations",),
}
LARGEST_NUMBER = 10**9
DESTINATIONS = {option.key: option.destination for option in OPTIONS}


class Settings(NamedTuple):
    """What a project says.

    Attributes:
        file: its ``pyproject.toml``, there or not.
        values: by destination of the option, as the command line would give them.
        benchmarks: files and folders with the user's own benchmarks, measured beside the suite.
    """

    file: Path
    values: dict[str, Any]
    benchmarks: tuple[Path, ...]


class Wanted(NamedTuple):
    """What a key is to hold.

    Attributes:
        expected: in the words of an error.
        read: from the value and the place of the file to what the command line would give; raises `ValueError` or
            `TypeError` for anything else.
    """

    expected: str
    read: Callable[[Any, "Place"], Any]


class Place(NamedTuple):
    """Where a relative path of the settings is relative to, and where the process is that will use it.

    Attributes:
        folder: of the file.
        start: the working directory.
    """

    folder: Path
    start: Path

    def resolve(self, path: str) -> str:
        """A path of the settings as the process would say it; absolute ones, and those from a home, stay."""
        if not path or path.startswith("~") or Path(path).is_absolute():
            return path
        return os.path.relpath(self.folder / path, self.start)

    def resolve_reference(self, reference: str) -> str:
        """The same for the file of ``path/to/file.py:name``; a module is no path."""
        module, colon, name = reference.rpartition(":")
        return f"{self.resolve(module)}{colon}{name}" if module.endswith(".py") else reference


def read_settings(start: Path) -> Settings:
    """The settings of the project that a folder belongs to.

    Args:
        start: the working directory, an absolute path; ``pyproject.toml`` is looked for in it and then in its parents,
            and the first one found counts, whatever it says.

    Raises:
        UserError: where the file can't be read, a key is unknown, or a value is not what it is to be: with file, key,
            what was expected and what came.
    """
    file = find_project(start)
    table = read_ours(file)
    _check_keys(file, table)
    read_margins(file)  # for its errors only: what is misspelled there is told by every command
    place = Place(file.parent, start)
    values = {key: _value(file, key, WANTED[key], value, place) for key, value in table.items() if key != GATE_TABLE}
    benchmarks = tuple(_existing(file, path) for path in values.pop(BENCHMARKS, ()))
    return Settings(file, {DESTINATIONS[key]: value for key, value in values.items()}, benchmarks)


def merged(typed: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Values by destination: what was typed, then what the project says; None where neither says anything.

    An environment that is typed comes without the arguments, wrappers and in-graph form of the project's; a model that
    is typed without the widths of the suite's own, and the other way round; observations that are typed without the
    project's shape of them, and the other way round.

    Args:
        typed: by destination, None where nothing was typed.
        settings: of the project.
    """
    values = {
        destination: settings.values.get(destination) if value is None else value
        for destination, value in typed.items()
    }
    for key in _set_aside(typed):
        values[DESTINATIONS[key]] = typed.get(DESTINATIONS[key])
    return values


def with_origin(error: UserError, typed: Mapping[str, Any], settings: Settings) -> UserError:
    """The error, and where those options of which it speaks were set that nobody typed.

    Args:
        error: that tells of options by their flags.
        typed: by destination, None where nothing was typed.
        settings: of the project.
    """
    aside = set(_set_aside(typed))
    told = [
        option.key
        for option in OPTIONS
        if option.destination in settings.values
        and typed.get(option.destination) is None
        and option.key not in aside
        and re.search(rf"{option.flag}(?![\w-])", str(error))
    ]
    return UserError(f"{error} ({', '.join(told)}: set in {settings.file})") if told else error


def _set_aside(typed: Mapping[str, Any]) -> list[str]:
    return [other for key, others in SET_ASIDE.items() if typed.get(DESTINATIONS[key]) is not None for other in others]


def _check_keys(file: Path, table: Mapping[str, Any]) -> None:
    for key in table:
        if key in ELSEWHERE:
            raise UserError(f"{file}, [{OURS}]: {key!r} is no key; {ELSEWHERE[key]}")
    check_keys(file, OURS, table, (*WANTED, GATE_TABLE))


def _value(file: Path, key: str, wanted: Wanted, value: object, place: Place) -> Any:
    try:
        return wanted.read(value, place)
    except UserError as error:  # an unknown name, with the nearest known one
        raise UserError(f"{file}, {OURS}.{key}: {error}") from error
    except (ValueError, TypeError) as error:
        raise UserError(f"{file}, {OURS}.{key}: expected {wanted.expected}, got {shown(value)}") from error


def _existing(file: Path, path: str) -> Path:
    found = file.parent / path
    try:
        found.stat()
    except OSError as error:
        raise UserError(
            f"{file}, {OURS}.{BENCHMARKS}: expected {WANTED[BENCHMARKS].expected}; {shown(path)}: {error.strerror}"
        ) from error
    return found


# What the kinds of values are read by. They raise bare errors: `_value` knows what was expected.


def _text(value: object, _: Place) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    return value


def _texts(value: object) -> list[str]:
    """A list of strings; none of them empty, which is a name that was forgotten."""
    if not isinstance(value, list):
        raise TypeError
    if not all(isinstance(one, str) and one.strip() and "\0" not in one for one in value):
        raise ValueError
    return value


def _one_of(kind: str, known: Iterable[str]) -> Callable[[object, Place], str]:
    def read(value: object, place: Place) -> str:
        text = _text(value, place)
        if text not in known:
            raise unknown(kind, text, known)
        return text

    return read


def _names(kind: str, known: Iterable[str]) -> Callable[[object, Place], str]:
    def read(value: object, place: Place) -> str:
        names = split_names(_text(value, place)) if isinstance(value, str) else _texts(value)
        for name in names:
            if name not in known:
                raise unknown(kind, name, known)
        return ",".join(names)

    return read


def _whole(fewest: int) -> Callable[[object, Place], int]:
    def read(value: object, _: Place) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not fewest <= value <= LARGEST_NUMBER:
            raise TypeError
        return value

    return read


def _positive(value: object, _: Place) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= LARGEST_NUMBER:
        raise TypeError
    return float(value)


def _sizes(value: object, place: Place) -> str:
    """``[1, 64]``, ``64`` or ``"1,64"`` as ``"1,64"``."""
    if isinstance(value, str):
        sizes = [int(part.replace("_", "")) for part in split_names(value)]
    else:
        sizes = [_whole(1)(one, place) for one in (value if isinstance(value, list) else [value])]
    if not all(1 <= size <= LARGEST_NUMBER for size in sizes):
        raise ValueError
    return ",".join(map(str, sizes))


def _shape(value: object, place: Place) -> str:
    text = _sizes(value, place)
    try:
        parse_shape(text)
    except UserError as error:
        raise ValueError from error
    return text


def _path(value: object, place: Place) -> str:
    return place.resolve(_text(value, place))


def _reference(value: object, place: Place) -> str:
    text = _text(value, place)
    module, _, name = text.rpartition(":")
    if text and not (module and all(part.isidentifier() for part in name.split("."))):
        raise ValueError
    return place.resolve_reference(text)


def _calls(value: object, place: Place) -> str:
    calls = split_calls(_text(value, place)) if isinstance(value, str) else _texts(value)
    found = []
    for call in calls:
        split_call(call)
        reference, bracket, arguments = call.partition("(")
        found.append(f"{place.resolve_reference(reference.strip())}{bracket}{arguments}")
    return ",".join(found)


def _arguments(value: object, place: Place) -> str:
    """A table as the command line has it; what is no literal there, such as a date or infinity, is no argument."""
    if isinstance(value, str):
        text = _text(value, place)
    elif isinstance(value, dict):
        if not all(name.isidentifier() for name in value):
            raise ValueError
        text = ",".join(f"{name}={one!r}" for name, one in value.items())
    else:
        raise TypeError
    parse_arguments(text)
    return text


def _paths(value: object, place: Place) -> list[str]:
    return [_text(value, place)] if isinstance(value, str) and value.strip() else _texts(value)


NUMBERS = 'a list of whole numbers of 1 or more, such as [1, 64, 4096], or "1,64,4096"'
WANTED = {
    "profile": Wanted(f"one of {', '.join(PROFILES)}", _one_of("profile", PROFILES)),
    "modes": Wanted('a list of modes, such as ["eager", "function"], or "eager,function"', _names("mode", REGISTRY)),
    "workloads": Wanted(
        'a list of workloads, such as ["forward", "update"], or "forward,update"', _names("workload", WORKLOADS)
    ),
    "batch-sizes": Wanted(NUMBERS, _sizes),
    "hidden": Wanted(NUMBERS.replace("1, 64, 4096", "32, 512").replace("1,64,4096", "32,512"), _sizes),
    "model": Wanted('a string such as "policy.py:make_policy" or "package.module:make_policy"', _reference),
    "env": Wanted('a string, the id of a Gymnasium environment such as "CartPole-v1"', _text),
    "env-kwargs": Wanted(
        'a table of names and plain values, such as { continuous = false }, or "continuous=False"', _arguments
    ),
    "env-wrappers": Wanted(
        'a list of wrappers, innermost first, such as ["gymnasium.wrappers:FrameStackObservation(stack_size=4)"]',
        _calls,
    ),
    "in-graph": Wanted('a string such as "environment.py:environment" or "package.module:environment"', _reference),
    "observations": Wanted('a string, the path of a file such as "observations.npy"', _path),
    "observation-shape": Wanted("a list of one to three whole numbers above 0, such as [84, 84, 4]", _shape),
    "envs": Wanted("a whole number of 1 or more", _whole(1)),
    "vectorization": Wanted(
        f"one of {', '.join(get_args(Vectorization))}", _one_of("vectorization", get_args(Vectorization))
    ),
    "seeds": Wanted("a whole number of 0 or more", _whole(0)),
    "launches": Wanted("a whole number of 1 or more", _whole(1)),
    "memory-calls": Wanted("a whole number of 1 or more", _whole(1)),
    "memory-limit": Wanted("megabytes above 0, such as 4000", _positive),
    "launch-timeout": Wanted("seconds above 0, such as 120", _positive),
    "report-dir": Wanted('a string, the path of a folder such as "benchmark-report"', _path),
    "gate-reference": Wanted('the name of a mode, such as "function"', _one_of("reference mode", REGISTRY)),
    BENCHMARKS: Wanted('files or folders with benchmarks of your own that are there, such as ["benchmarks"]', _paths),
}
