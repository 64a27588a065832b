"""How much slower a case may be before a gate is red: from the command line and from ``pyproject.toml``.

::

    [tool.eagerbench.gate]
    margin = 0.05

    [tool.eagerbench.gate.margins]
    "forward/predict/*" = 0.10

Knows no verdict and no time.
"""

import fnmatch
import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eagerbench.errors import UserError, unknown

DEFAULT_MARGIN = 0.05
LARGEST_MARGIN = 10.0


class Margins:
    """The margin of each case: 0.05 lets it be 5 % slower.

    Args:
        default: of every case that no glob matches.
        globs: margins by pattern of case ids, such as ``forward/predict/*``; the last that matches counts.
    """

    def __init__(self, default: float = DEFAULT_MARGIN, globs: Mapping[str, float] | None = None) -> None:
        self.default = default
        self.globs = dict(globs or {})

    def of(self, case: str) -> float:
        """The margin of the case with this id."""
        matching = [margin for glob, margin in self.globs.items() if fnmatch.fnmatchcase(case, glob)]
        return matching[-1] if matching else self.default


def read_margins(project: Path, override: float | None = None) -> Margins:
    """The margins of a project.

    Args:
        project: its ``pyproject.toml``; a missing one says nothing.
        override: margin from the command line, in place of the file's ``margin``; globs stay as they are.

    Raises:
        UserError: where the file can't be read, or a key or margin in it is none.
    """
    table = _gate_table(project)
    _check_keys(project, "tool.eagerbench.gate", table, ("margin", "margins"))
    own = table.get("margin", DEFAULT_MARGIN)
    _check(project, "tool.eagerbench.gate.margin", own)
    globs = _table(project, "tool.eagerbench.gate.margins", table.get("margins", {}))
    for glob, margin in globs.items():
        _check(project, f"tool.eagerbench.gate.margins.{glob!r}", margin)
    return Margins(
        default=float(own if override is None else override), globs={glob: float(own) for glob, own in globs.items()}
    )


def parse_margin(text: str) -> float:
    """``"5%"`` or ``"0.05"`` from the command line as 0.05.

    Raises:
        UserError: where it is neither, or no margin that could be meant.
    """
    plain = text.strip()
    try:
        margin = float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except ValueError as error:
        raise UserError(f"margin {text!r}: expected a share such as 5% or 0.05") from error
    if not plain.endswith("%") and 1 <= margin < math.inf:
        raise UserError(f"margin {text!r}: expected a share such as 5% or 0.05; did you mean {margin:g}%?")
    if not 0 < margin <= LARGEST_MARGIN:  # also refuses NaN
        raise UserError(f"margin {text!r}: expected more than 0 and at most {LARGEST_MARGIN:.0%}, such as 5% or 0.05")
    return margin


def _gate_table(project: Path) -> Mapping[str, Any]:
    try:
        document = tomllib.loads(project.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UserError(f"cannot read {project}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # also where it is no UTF-8, or a number of thousands of digits
        raise UserError(f"{project} is not TOML ({error}), so the gate's margins can't be read from it") from error
    # Other people's tables: only what is ours is held to a form.
    tools = document.get("tool", {})
    ours = _table(project, "tool.eagerbench", tools.get("eagerbench", {}) if isinstance(tools, dict) else {})
    _check_keys(project, "tool.eagerbench", ours, ("gate",))
    return _table(project, "tool.eagerbench.gate", ours.get("gate", {}))


def _table(project: Path, key: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UserError(f"{project}, [{key}]: expected a table, got {value!r}")
    return value


def _check_keys(project: Path, where: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
    for key in table:
        if key not in known:
            raise UserError(f"{project}, [{where}]: {unknown('key', key, known)}")


def _check(project: Path, key: str, margin: object) -> None:
    # A bool is an int to Python, and no margin to anybody; the comparison also refuses NaN.
    if not isinstance(margin, int | float) or isinstance(margin, bool) or not 0 < margin <= LARGEST_MARGIN:
        raise UserError(
            f"{project}, {key}: expected a number above 0 and at most {LARGEST_MARGIN:g}, such as 0.05 for 5 %, "
            f"got {margin!r}"
        )
