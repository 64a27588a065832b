"""Arguments of the Python API, checked before anything is done with them; and errors that call them by their names."""

import operator
import os
import re
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eagerbench.errors import UserError
from eagerbench.plan import split_names

Names = str | Sequence[str]

# What options of the command line are called as parameters: those of `race`, of `Comparison.report`, of `compare`.
OF_RACE = {
    "--modes": "modes",
    "--workloads": "workloads",
    "--batch-sizes": "batch_sizes",
    "--observations": "observations",
}
OF_REPORT = {"--report-dir": "folder"}
OF_COMPARE = {**OF_RACE, **OF_REPORT, "--launches": "launches"}
MOST_SEED = 2**32 - 1  # that NumPy's global generator takes


def checked_names(parameter: str, given: Names | None) -> tuple[str, ...]:
    """Names, of a sequence or of a text with commas between them; none of None.

    Raises:
        UserError: where there is something else among them, or nothing.
    """
    if given is None:
        return ()
    found = split_names(given) if isinstance(given, str) else _items(given)
    if not found or not all(isinstance(name, str) for name in found):
        raise UserError(f"{parameter}: expected one name or more, got {_shown(given)}; leave it out for the default")
    return found


def checked_batch_sizes(given: Sequence[int] | None) -> tuple[int, ...]:
    """Rows of batches; none of None.

    Raises:
        UserError: where there is something else than a whole number among them, or nothing.
    """
    if given is None:
        return ()
    items = _items(given)
    found = tuple(number for item in items if (number := _whole(item)) is not None)
    if not found or len(found) < len(items):
        raise UserError(
            f"batch_sizes: expected whole numbers such as [1, 64], got {_shown(given)}; leave it out for the default"
        )
    return found


def checked_number(parameter: str, given: Any, *, least: int, most: int | None = None) -> int:
    """A whole number between bounds.

    Raises:
        UserError: where it is none.
    """
    found = _whole(given)
    if found is None or found < least or (most is not None and found > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise UserError(f"{parameter}: expected a whole number {bounds}, got {_shown(given)}")
    return found


def checked_text(parameter: str, given: Any) -> str:
    """A text.

    Raises:
        UserError: where it is none.
    """
    if not isinstance(given, str):
        raise UserError(f"{parameter}: expected a name, got {_shown(given)}")
    return given


def checked_folder(given: Any) -> Path:
    """The path of a folder.

    Raises:
        UserError: where it is no path.
    """
    if not isinstance(given, str | os.PathLike):
        raise UserError(f"folder: expected the path of a folder, got {_shown(given)}")
    return Path(given)


@contextmanager
def speaking_of(parameters: Mapping[str, str]) -> Iterator[None]:
    """Errors that are raised while this lasts speak of parameters, and not of options.

    Args:
        parameters: by option.
    """
    try:
        yield
    except UserError as error:
        told = re.sub(r"--[a-z][a-z-]*", lambda option: parameters.get(option[0], option[0]), str(error))
        raise UserError(told) from error


def _items(given: Any) -> tuple[Any, ...]:
    """What is in a sequence; nothing where it is none."""
    try:
        return tuple(given)
    except TypeError:
        return ()


def _whole(given: Any) -> int | None:
    """A whole number of any type; None of everything else, truth values among it."""
    try:
        return None if isinstance(given, bool) else operator.index(given)
    except TypeError:
        return None


def _shown(given: Any) -> str:
    """A value in a few characters of one line."""
    return " ".join(reprlib.repr(given).split())
