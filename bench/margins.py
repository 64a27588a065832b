"""How much slower a case may be before a gate is red: from the command line and from ``pyproject.toml``.

::

    [tool.eagerbench.gate]
    margin = 0.05

    [tool.eagerbench.gate.margins]
    "forward/predict/*" = 0.10

The other keys of ``[tool.eagerbench]`` are `eagerbench.settings`'. Knows no verdict and no time.
"""

import fnmatch
import math
from collections.abc import Mapping
from pathlib import Path

from eagerbench.errors import UserError
from eagerbench.project import OURS, as_table, check_keys, read_ours, shown

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
    where = f"{OURS}.gate"
    table = as_table(project, where, read_ours(project).get("gate", {}))
    check_keys(project, where, table, ("margin", "margins"))
    own = table.get("margin", DEFAULT_MARGIN)
    _check(project, f"{where}.margin", own)
    globs = as_table(project, f"{where}.margins", table.get("margins", {}))
    for glob, margin in globs.items():
        _check(project, f"{where}.margins.{glob!r}", margin)
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


def _check(project: Path, key: str, margin: object) -> None:
    # A bool is an int to Python, and no margin to anybody; the comparison also refuses NaN.
    if not isinstance(margin, int | float) or isinstance(margin, bool) or not 0 < margin <= LARGEST_MARGIN:
        raise UserError(
            f"{project}, {key}: expected a number above 0 and at most {LARGEST_MARGIN:g}, such as 0.05 for 5 %, "
            f"got {shown(margin)}"
        )
