"""The findings as lines for a terminal. Plain text without control characters."""

from collections.abc import Iterator

from eagerbench.reports.escape import clean
from eagerbench.reports.headline import headline
from eagerbench.reports.render import Rendered
from eagerbench.reports.rows import Cell, columns
from eagerbench.reports.tables import group_title, ranked
from eagerbench.results import Run


def terminal_lines(run: Run, rendered: Rendered) -> Iterator[str]:
    """What was found, case by case, what to beware of, and where the report is."""
    summary = rendered.summary
    yield clean(headline(run, summary))
    for cases in summary.groups.values() if run.launches else ():
        yield ""
        yield clean(group_title(cases[0].case))
        table = columns(cases)
        told = [[_text(column.cell(case)) for column in table] for case in ranked(cases)]
        yield from _aligned([[column.name for column in table], *told])
    if summary.conclusions:
        yield ""
    for conclusion in summary.conclusions:
        yield clean(f"{conclusion.level}: {conclusion.message}")
    yield ""
    yield f"report: {rendered.index}"


def _text(cell: Cell) -> str:
    return clean(f"{cell.text} ({cell.detail})" if cell.detail else cell.text)


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for cells in rows:
        yield "  " + "  ".join(text.ljust(width) for text, width in zip(cells, widths, strict=True)).rstrip()
