"""The findings as lines for a terminal. Plain text without control characters."""

import shutil
import sys
from collections.abc import Iterator

from eagerbench.reports.brief import brief_tables
from eagerbench.reports.escape import clean, shorten
from eagerbench.reports.executed import refusals_title, told_first
from eagerbench.reports.headline import headline
from eagerbench.reports.render import Rendered
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.situations import situations
from eagerbench.results import Run

LONGEST = 400  # signs of what is to be known beside; the page has all of it


def terminal_lines(run: Run, rendered: Rendered) -> Iterator[str]:
    """What was found, case by case, what to beware of, and where the report is."""
    summary = rendered.summary
    yield clean(headline(run, summary))
    which = situations(run, summary)
    if which:
        yield ""
        yield "Which mode to use"
        yield from aligned([[clean(own.need), clean(own.answer)] for own in which])
    refused = told_first(run, summary)
    if refused:
        yield ""
        yield refusals_title(run)
        yield from (clean(f"  {one.modes}: {one.reason}") for one in refused)
    for table in brief_tables(run, summary) if run.launches else ():
        yield ""
        yield clean(table.title)
        yield from _told(table)
    if summary.conclusions:
        yield ""
    for conclusion in summary.conclusions:
        yield shorten(clean(f"{conclusion.level}: {conclusion.message}"), LONGEST)
    yield ""
    yield f"report: {rendered.index}"


def _told(table: Table) -> list[str]:
    """The lines of a table; where they are longer than the terminal is wide, without details that may be left out."""
    names = [clean(name) for name in table.names]
    lines = list(aligned([names, *([_text(cell) for cell in row] for row in table.rows)]))
    columns = shutil.get_terminal_size(fallback=(sys.maxsize, 0)).columns  # no terminal, no end of a line
    if table.bare and max(map(len, lines)) > columns:
        return list(aligned([names, *([clean(cell.text) for cell in row] for row in table.rows)]))
    return lines


def _text(cell: Cell) -> str:
    return clean(f"{cell.text} ({cell.detail})" if cell.detail else cell.text)


def aligned(rows: list[list[str]]) -> Iterator[str]:
    """Rows of a table, their columns one below the other; all rows are of one length."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for cells in rows:
        yield "  " + "  ".join(text.ljust(width) for text, width in zip(cells, widths, strict=True)).rstrip()
