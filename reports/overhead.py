"""Where overhead ends and computing begins: sentences and the table. Plain text, not yet escaped."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from eagerbench.crossings import Doubling
from eagerbench.reports.batch_curves import Curves
from eagerbench.reports.crossing_words import batch_in_words, between_in_words, too_far, whole
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.tables import ABSENT
from eagerbench.summary import REFERENCE_MODE

TITLE = "Where overhead ends"
CAPTION = "Rows from which on a call takes more than twice as long as at the smallest size"
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
    if own.size is None or own.between is None:
        detail = "shown not to double" if own.low is None else _limits(own)
        return Cell(f"above {batch_in_words(largest)}", detail, float("inf") if own.low is None else float(largest))
    if too_far(own.between):
        return Cell(between_in_words(own.between), "", own.size)
    return Cell(batch_in_words(own.size), _limits(own), own.size)


def _limits(own: Doubling) -> str:
    low = "" if own.low is None else whole(own.low)
    return f"{low} to above {own.measured[1]:,}" if own.high is None else f"{low}–{whole(own.high)}"


def ends_in_words(own: Doubling) -> str:
    """Where overhead ends, as a sentence goes on: ``at about 1,200 rows (960–1,580)``."""
    told = _cell(own)
    if own.size is None:
        return f"{told.text} ({told.detail})" if own.low is not None else told.text
    return f"at about {told.text} ({told.detail})" if told.detail else f"somewhere {told.text}"


def overhead_sentence(lines: Sequence[tuple[Curves, Doublings]]) -> str:
    """Where overhead ends in eager, on the first and on the last line; empty where there is no interval."""
    known = [(curves, own[REFERENCE_MODE]) for curves, own in lines if REFERENCE_MODE in own]
    if not known:
        return ""
    told = [f"{ends_in_words(own)}{f' with {curves.line}' if curves.line else ''}" for curves, own in _ends(known)]
    smallest = batch_in_words(known[0][1].measured[0])
    return f"overhead ends in {REFERENCE_MODE} {' and '.join(told)}: there a call takes twice as long as on {smallest}"


def _ends(known: Sequence[tuple[Curves, Doubling]]) -> list[tuple[Curves, Doubling]]:
    return [known[0], *known[-1:]] if len(known) > 1 else list(known)
