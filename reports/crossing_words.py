"""What is said of modes that change places: sentences, and the table of all crossings. Plain text, not yet escaped."""

from collections.abc import Sequence

from eagerbench.crossings import Crossing
from eagerbench.reports.leaders import YARDSTICK
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.tables import significant
from eagerbench.summary import REFERENCE_MODE

FAR = 10.0  # times: sizes farther apart than that leave room for much that a straight line doesn't show
_MOST_TOLD = 3


def crossings_sentences(sizes: Sequence[int], found: Sequence[Crossing]) -> list[str]:
    """What is shown of crossings, in a few sentences: of those among the fastest modes where there are any.

    Args:
        sizes: in rows, ascending.
        found: crossings at these sizes.
    """
    shown = [one for one in found if shown_whole(one)]
    between = f"between {batch_in_words(sizes[0])} and {batch_in_words(sizes[-1])}"
    if not shown:
        either = f"{REFERENCE_MODE} or {YARDSTICK}"
        return [f"No mode is shown to change places with {either}, nor the fastest modes with each other, {between}."]
    chosen = told_crossings(found)
    told = [f"{one.faster_after} passes {one.faster_before} {place_in_words(one)}." for one in chosen]
    if len(shown) > len(chosen):
        more = len(found) - len(chosen)
        told.append(f"The table has {more} more crossing{'' if more == 1 else 's'}.")
    if any(far_apart(one) for one in shown):
        told.append("Sizes so far apart don't show where: --batch-sizes takes more of them.")
    return told


def told_crossings(found: Sequence[Crossing]) -> list[Crossing]:
    """The crossings that sentences tell and figures ring; all others only the table has.

    Of those shown whole: the first among the fastest modes, else with eager; then those of eager and function with the
    yardstick; where there are none of these, the first.

    Args:
        found: crossings of one line of curves.
    """
    shown = [one for one in found if shown_whole(one)]
    pairs = [(one, {one.faster_before, one.faster_after}) for one in shown]
    references = {REFERENCE_MODE, YARDSTICK}
    among = [one for one, pair in pairs if not pair & references]
    with_eager = [one for one, pair in pairs if REFERENCE_MODE in pair and YARDSTICK not in pair]
    with_numpy = [one for one, pair in pairs if YARDSTICK in pair and pair & {REFERENCE_MODE, "function"}]
    return ((among or with_eager)[:_MOST_TOLD] + with_numpy) or shown[:_MOST_TOLD]


def place_in_words(one: Crossing) -> str:
    """Where a crossing is, with its interval: ``at about 123 rows (100–151)``."""
    if far_apart(one):
        return f"somewhere {between_in_words(one.between)}"
    return f"at about {batch_in_words(one.size)} ({interval_in_words(one)})"


def interval_in_words(crossing: Crossing) -> str:
    """The interval of a crossing: ``960–1,580``; an end beyond the sizes measured as such: ``below 8 to 31``."""
    smallest, largest = crossing.measured
    if crossing.low is not None and crossing.high is not None:
        return f"{whole(crossing.low)}–{whole(crossing.high)}"
    low = f"below {smallest:,}" if crossing.low is None else whole(crossing.low)
    high = f"above {largest:,}" if crossing.high is None else whole(crossing.high)
    return f"{low} to {high}"


def crossings_table(found: Sequence[Crossing]) -> Table | None:
    """Every crossing; None where there is none.

    Args:
        found: in the order of the rows.
    """
    if not found:
        return None
    rows = [
        [
            Cell(one.faster_before, _shown(one.low, one.measured[0]), one.faster_before),
            Cell(one.faster_after, _shown(one.high, one.measured[1]), one.faster_after),
            Cell(between_in_words(one.between), "", one.size)
            if far_apart(one)
            else Cell(batch_in_words(one.size), interval_in_words(one), one.size),
        ]
        for one in found
    ]
    names = ["Faster at smaller batches", "Faster at larger batches", "Equal at"]
    return Table("Crossings", names, rows, [False] * len(names))


def _shown(end: float | None, size: int) -> str:
    """Of an open end: that the mode is shown to be faster nowhere on that side, whose last size is told."""
    return "" if end is not None else f"not shown at {batch_in_words(size)}"


def between_in_words(between: tuple[int, int]) -> str:
    """Two measured sizes: ``between 64 and 512 rows``."""
    return f"between {between[0]:,} and {between[1]:,} rows"


def whole(rows: float) -> str:
    """A number of rows that was interpolated: two or three digits that count."""
    return significant(rows) if rows >= 100 else f"{rows:.0f}" if rows >= 9.95 else f"{rows:.1f}"


def batch_in_words(rows: float) -> str:
    """A number of rows, measured (an int) or interpolated: ``1 row``, ``1,230 rows``."""
    told = f"{rows:,}" if isinstance(rows, int) else whole(rows)
    return f"{told} {'row' if told == '1' else 'rows'}"


def shown_whole(one: Crossing) -> bool:
    """Whether both modes are shown to be faster at some size."""
    return one.low is not None and one.high is not None


def far_apart(one: Crossing) -> bool:
    """Whether the neighbouring sizes are too far apart for a number: nobody has measured what lies between."""
    return too_far(one.between)


def too_far(between: tuple[int, int]) -> bool:
    """Whether two sizes are so far apart that a straight line between them says nothing."""
    return between[1] > FAR * between[0]
