"""Runs side by side for a comment and for a terminal: sentences, and tables of what is shown to have changed."""

from collections.abc import Iterator

from eagerbench.reports.escape import clean, for_markdown
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.side_by_side.rows import changes_table, counts_table
from eagerbench.reports.side_by_side.words import WHAT_TIMES_HOLD, by_chance, headline, run_sentences
from eagerbench.reports.terminal import aligned
from eagerbench.side_by_side import SideBySide

MOST_ROWS = 40  # of a table in a comment: GitHub refuses more than 65,536 signs
MOST_DIFFERENCES = 12
MOST_LINES = 100  # of a table in a terminal


def comparison_markdown(told: SideBySide) -> str:
    """The runs as Markdown that fits a pull request comment: sentences, what is shown to have changed, what differs.

    All text from the runs is escaped for Markdown and for the HTML inside it.
    """
    blocks = ["### Runs side by side", f"**{for_markdown(headline(told), 2000)}**"]
    blocks += ["\n".join(f"- {for_markdown(_sentences(told, place), 1000)}" for place in range(1, len(told.labels)))]
    blocks += [f"**{for_markdown(note, 1000)}**" for note in told.notes]
    for table, left_out in _tables(told, MOST_ROWS):
        blocks.append(_markdown_table(table))
        if left_out:
            blocks.append(f"{left_out:,} more are in comparison.csv.")
    blocks += [_differences(told)]
    blocks.append(f"<sub>{for_markdown(f'{WHAT_TIMES_HOLD} {by_chance(told)}', 1000)}</sub>")
    return "\n\n".join(filter(None, blocks)) + "\n"


def _sentences(told: SideBySide, place: int) -> str:
    return " ".join(run_sentences(told, place)) or f"{told.labels[place]} has no case."


def _tables(told: SideBySide, most: int) -> Iterator[tuple[Table, int]]:
    """What is shown to have changed, times, memory and counts, each with how many rows there was no room for."""
    for memory in (False, True):
        table, left_out = changes_table(told, memory=memory, most=most)
        if table:
            yield table, left_out
    counts = counts_table(told)
    if counts:
        rows = counts.rows[:most]
        yield Table(counts.title, counts.names, rows, counts.brief), len(counts.rows) - len(rows)


def _markdown_table(told: Table) -> str:
    head = [
        f"**{for_markdown(told.title)}**",
        "",
        f"| {' | '.join(for_markdown(name, 80) for name in told.names)} |",
        f"|---|{'---:|' * (len(told.names) - 1)}",
    ]
    return "\n".join(
        [*head, *(f"| {' | '.join(for_markdown(_text(cell), 160) for cell in row)} |" for row in told.rows)]
    )


def _differences(told: SideBySide) -> str:
    lines = [
        f"- {for_markdown(f'{label}: {told.labels[0]} against it: {difference}')}"
        for label, differing in zip(told.labels[1:], told.machines, strict=True)
        for difference in differing
    ]
    left_out = len(lines) - MOST_DIFFERENCES
    shown = [*lines[:MOST_DIFFERENCES], *([f"- … and {left_out:,} more in index.html"] if left_out > 0 else [])]
    return "\n".join(["**Machine and versions differ**", "", *shown]) if lines else ""


def _text(cell: Cell) -> str:
    return f"{cell.text} ({cell.detail})" if cell.detail else cell.text


def comparison_lines(told: SideBySide) -> Iterator[str]:
    """What is shown to have changed, as lines for a terminal: plain text without control characters."""
    yield clean(headline(told))
    for place in range(1, len(told.labels)):
        yield clean(_sentences(told, place))
    for note in told.notes:
        yield clean(f"note: {note}")
    for table, left_out in _tables(told, MOST_LINES):
        yield ""
        yield clean(table.title)
        rows = [[clean(_text(cell)) for cell in row] for row in table.rows]
        yield from aligned([[clean(name) for name in table.names], *rows])
        if left_out:
            yield f"  … and {left_out:,} more in comparison.csv"
    yield ""
    yield WHAT_TIMES_HOLD
    if chance := by_chance(told):
        yield chance
