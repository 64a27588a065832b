"""What is said of modes that change places: sentences, and the table of all crossings. Plain text, not yet escaped."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from eagerbench.crossings import Crossing, Doubling
from eagerbench.reports.leaders import YARDSTICK, names
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.tables import significant
from eagerbench.summary import REFERENCE_MODE

FAR = 10.0  # times: sizes farther apart than that leave room for much that a straight line doesn't show
STRAIGHT = "if time goes straight between the sizes measured"
CAPTION = f"All crossings, where one of two modes ceases to be ahead, {STRAIGHT}"
_MOST_TOLD = 3


def crossings_sentences(sizes: Sequence[int], found: Sequence[Crossing], references: Sequence[str]) -> list[str]:
    """What is shown of crossings, in a few sentences: of those among the fastest modes where there are any.

    Args:
        sizes: in rows, ascending.
        found: crossings at these sizes.
        references: of eager and the yardstick, those that have times.
    """
    if not found:
        between = f"between {batch_in_words(sizes[0])} and {batch_in_words(sizes[-1])}"
        with_references = f"with {' or '.join(references)}, nor the fastest modes " if references else ""
        modes = "No mode is" if references else "The fastest modes are not"
        return [f"{modes} shown to change places {with_references}with each other, {between}."]
    chosen = told_crossings(found)
    told = [f"{one.faster_after} passes {one.faster_before} {place_in_words(one)}." for one in chosen]
    told += reasons_in_words(chosen)
    if len(found) > len(chosen):
        more = len(found) - len(chosen)
        told.append(f"The table has {more} more crossing{'' if more == 1 else 's'}.")
    return told


def reasons_in_words(found: Iterable[Crossing | Doubling]) -> list[str]:
    """Why no number is told of some crossings or ends of overhead, but only the sizes measured on either side."""
    told = []
    loose = [one for one in found if unplaced(one)]
    otherwise = list(dict.fromkeys(mode for one in loose for mode in one.otherwise))
    if otherwise:
        which = f"Where {otherwise_in_words(otherwise)} on one size than on the next"
        told.append(f"{which}, only between which sizes is told.")
    if any(not one.otherwise for one in loose):
        told.append("Sizes so far apart don't show where: --batch-sizes takes more of them.")
    return told


def told_crossings(found: Sequence[Crossing]) -> list[Crossing]:
    """The crossings that sentences tell and figures ring; all others only the table has.

    The first among the fastest modes, else with eager; then those of eager and function with the yardstick; where there
    are none of these, the first.

    Args:
        found: crossings of one line of curves.
    """
    pairs = [(one, {one.faster_before, one.faster_after}) for one in found]
    references = {REFERENCE_MODE, YARDSTICK}
    among = [one for one, pair in pairs if not pair & references]
    with_eager = [one for one, pair in pairs if REFERENCE_MODE in pair and YARDSTICK not in pair]
    with_numpy = [one for one, pair in pairs if YARDSTICK in pair and pair & {REFERENCE_MODE, "function"}]
    return ((among or with_eager)[:_MOST_TOLD] + with_numpy) or list(found[:_MOST_TOLD])


def place_in_words(one: Crossing) -> str:
    """Where a crossing is, with its interval: ``at about 123 rows (100–151)``."""
    if unplaced(one):
        return f"somewhere {between_in_words(one.around)}"
    return f"at about {batch_in_words(one.size)} ({interval_in_words(one)})"


def interval_in_words(crossing: Crossing) -> str:
    """The interval of a crossing: ``960–1,580``."""
    return f"{whole(crossing.low)}–{whole(crossing.high)}"


def crossings_table(found: Sequence[Crossing]) -> Table | None:
    """Every crossing; None where there is none.

    Args:
        found: in the order of the rows.
    """
    if not found:
        return None
    rows = [
        [Cell(one.faster_before, "", one.faster_before), Cell(one.faster_after, "", one.faster_after), place_cell(one)]
        for one in found
    ]
    headings = ["Faster at smaller batches", "Faster at larger batches", "Equal at"]
    return Table("Crossings", headings, rows, [False] * len(headings))


def place_cell(one: Crossing) -> Cell:
    """Where a crossing is; beside it its interval, and the sizes measured on either side."""
    if unplaced(one):
        return Cell(between_in_words(one.around), otherwise_in_words(one.otherwise), one.size)
    return Cell(batch_in_words(one.size), f"{interval_in_words(one)}; {sizes_in_words(one.around)}", one.size)


def otherwise_in_words(modes: Sequence[str]) -> str:
    """Who executes otherwise at some sizes than at others: ``blocked-xla executes otherwise``; empty for nobody."""
    return f"{names(modes, len(modes))} execute{'s' if len(modes) == 1 else ''} otherwise" if modes else ""


def between_in_words(sizes: Sequence[int]) -> str:
    """The first of some measured sizes and the last: ``between 64 and 512 rows``."""
    return f"between {sizes[0]:,} and {sizes[-1]:,} rows"


def sizes_in_words(sizes: Sequence[int]) -> str:
    """The same where rows are told already: ``between 64 and 512``."""
    return between_in_words(sizes).removesuffix(" rows")


def whole(rows: float) -> str:
    """A number of rows that was interpolated: two or three digits that count."""
    return significant(rows) if rows >= 100 else f"{rows:.0f}" if rows >= 9.95 else f"{rows:.1f}"


def batch_in_words(rows: float) -> str:
    """A number of rows, measured (an int) or interpolated: ``1 row``, ``1,230 rows``."""
    told = f"{rows:,}" if isinstance(rows, int) else whole(rows)
    return f"{told} {'row' if told == '1' else 'rows'}"


def unplaced(one: Crossing | Doubling) -> bool:
    """Whether only the sizes on either side are told: no line between them says where in between."""
    return bool(one.otherwise) or any(too_far(neighbours) for neighbours in pairwise(one.around))


def too_far(neighbours: tuple[int, int]) -> bool:
    """Whether two neighbouring sizes are so far apart that a straight line between them says nothing."""
    return neighbours[1] > FAR * neighbours[0]
