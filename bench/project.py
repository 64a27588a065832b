"""The user's ``pyproject.toml``: found, read, and its keys held against known ones. Knows no option and no margin."""

import os
import reprlib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eagerbench.errors import UserError, unknown

PROJECT = "pyproject.toml"
OURS = "tool.eagerbench"


def find_project(start: Path) -> Path:
    """The ``pyproject.toml`` of a folder or of its nearest parent that has one.

    Args:
        start: an absolute path.

    Returns:
        Its path; where there is none, that which the folder would have.
    """
    return next(
        (folder / PROJECT for folder in (start, *start.parents) if os.path.lexists(folder / PROJECT)), start / PROJECT
    )


def read_document(project: Path) -> dict[str, Any]:
    """All that a ``pyproject.toml`` says; nothing where there is no such file.

    Raises:
        UserError: where it can't be read, or isn't TOML.
    """
    try:
        return tomllib.loads(project.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UserError(f"cannot read {project}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # also where it is no UTF-8, or a number of thousands of digits
        told = " ".join(str(error).split())
        raise UserError(f"{project} is not TOML ({told}), so no settings can be read from it") from error


def read_ours(project: Path) -> Mapping[str, Any]:
    """The table ``[tool.eagerbench]``, unchecked; empty where there is none.

    Raises:
        UserError: where the file can't be read, isn't TOML, or has something else in that place.
    """
    tools = read_document(project).get("tool", {})  # other people's tables: only what is ours is held to a form
    return as_table(project, OURS, tools.get("eagerbench", {}) if isinstance(tools, dict) else {})


def as_table(project: Path, key: str, value: object) -> Mapping[str, Any]:
    """A value that has to be a table.

    Raises:
        UserError: where it is none.
    """
    if not isinstance(value, dict):
        raise UserError(f"{project}, [{key}]: expected a table, got {shown(value)}")
    return value


def check_keys(project: Path, where: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
    """Find a key that nobody reads: most likely it is misspelled.

    Raises:
        UserError: with the nearest known one.
    """
    names = tuple(known)
    for key in table:
        if key not in names:
            raise UserError(f"{project}, [{where}]: {unknown('key', key, names)}")


def shown(value: object) -> str:
    """A value as an error tells it: in one line, and not endless."""
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = 60
    try:
        return brief.repr(value)
    except ValueError:  # Python writes out no number of more than some thousands of digits
        return "a number of thousands of digits"
