"""Where overhead ends and computing begins: sentences and the table. Plain text, not yet escaped."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from eagerbench.crossings import Doubling
from eagerbench.reports.batch_curves import Curves
from eagerbench.reports.crossing_words import (
    STRAIGHT,
    batch_in_words,
    between_in_words,
    otherwise_in_words,
    reasons_in_words,
    sizes_in_words,
    too_far,
    unplaced,
    whole,
)
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.tables import ABSENT
from eagerbench.summary import REFERENCE_MODE

TITLE = "Where overhead ends"
CAPTION = f"Rows from which on a call takes more than twice as long as at the smallest size, {STRAIGHT}"
ALONE = "Twice the time from"

# By mode, of one line of curves.
Doublings = Mapping[str, Doubling]


def dense(curves: Curves) -> bool:
    """Whether the sizes measured are near enough to each other anywhere to say where overhead ends."""
    return any(not too_far(neighbours) for neighbours in pairwise(curves.sizes))


def overhead_table(lines: Sequence[tuple[Curves, Doublings]]) -> Table | None:
    """A row for each mode, a column for each line of curves; None where no mode has an interval anywhere.

    Args:
        lines: curves, with where overhead ends on them.
    """
    if not any(own for _, own in lines):
        return None
    modes = dict.fromkeys(mode for curves, _ in lines for mode in curves.modes)
    names = [curves.line or ALONE for curves, _ in lines]
    rows = [[Cell(mode, "", mode), *(_cell(own.get(mode)) for _, own in lines)] for mode in modes]
    return Table(TITLE, ["Mode", *names], rows, [False] * (len(names) + 1))


def _cell(own: Doubling | None) -> Cell:
    if own is None:
        return Cell(ABSENT)
    largest = own.measured[1]
    if own.size is None:
        detail = "shown not to double" if own.low is None else _limits(own)
        return Cell(f"above {batch_in_words(largest)}", detail, float("inf") if own.low is None else float(largest))
    if unplaced(own):
        told = f"above {batch_in_words(own.around[0])}" if own.high is None else between_in_words(own.around)
        return Cell(told, otherwise_in_words(own.otherwise), own.size)
    beside = "" if own.high is None else f"; {sizes_in_words(own.around)}"
    return Cell(batch_in_words(own.size), f"{_limits(own)}{beside}", own.size)


def _limits(own: Doubling) -> str:
    low = "" if own.low is None else whole(own.low)
    return f"{low} to above {own.measured[1]:,}" if own.high is None else f"{low}–{whole(own.high)}"


def overhead_sentences(lines: Sequence[tuple[Curves, Doublings]]) -> list[str]:
    """Where overhead ends in eager, on the first and on the last line; and of which modes no number is told, and why.

    Args:
        lines: curves, with where overhead ends on them.
    """
    known = [(curves, own[REFERENCE_MODE]) for curves, own in lines if REFERENCE_MODE in own]
    known = [*known[:1], *known[1:][-1:]]
    told = []
    shown = [f"{_place(own)}{_line(curves)}" for curves, own in known if own.high is not None]
    if shown:
        smallest = batch_in_words(known[0][1].measured[0])
        twice = f"there a call takes twice as long as on {smallest}"
        told.append(f"Overhead ends in {REFERENCE_MODE} {' and '.join(shown)}: {twice}.")
    told += [
        f"In {REFERENCE_MODE} overhead is not shown to end within {batch_in_words(own.measured[1])}{_line(curves)}."
        for curves, own in known
        if own.high is None
    ]
    return told + reasons_in_words(one for _, own in lines for one in own.values())


def _place(own: Doubling) -> str:
    if own.size is None or unplaced(own):
        return f"somewhere {between_in_words(own.around)}"
    return f"at about {batch_in_words(own.size)} ({_limits(own)})"


def _line(curves: Curves) -> str:
    return f" with {curves.line}" if curves.line else ""
