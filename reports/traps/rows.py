"""The tables of the traps, as page, Markdown and terminal show them. Plain text, not yet escaped."""

from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.tables import ABSENT, bounds, seconds
from eagerbench.reports.traps.catalogue import LESSONS
from eagerbench.reports.traps.words import off_apart, winner_in_words
from eagerbench.stats import Difference, Estimate, difference
from eagerbench.traps.article import ARTICLE_CPU_S
from eagerbench.traps.findings import PROTOCOLS, TrapsSummary


def findings_table(summary: TrapsSummary) -> Table:
    """A row for each comparison of each trap, the article's cells left out."""
    rows = [
        [
            Cell(LESSONS[one.trap].short, one.label, f"{LESSONS[one.trap].short} {one.label}"),
            _time(one.naive_s),
            _time(one.right_s),
            _off(one.off, one.difference),
        ]
        for one in summary.findings
    ]
    return Table("How far each trap gets off", ["Trap", "Naive", "Right", "Naive is off"], rows, [False] * 4)


def cells_table(summary: TrapsSummary) -> Table:
    """A row for each cell of the article, as written and measured right."""
    rows = [
        [
            Cell(one.cell, f"right: {one.mode}", one.cell),
            Cell(seconds(ARTICLE_CPU_S[one.cell]), "", ARTICLE_CPU_S[one.cell]),
            _time(one.notebook_cpu_s),
            _time(one.notebook_s),
            _time(one.alone_s),
            _time(one.right_s),
            _off(one.off, difference(one.off.reciprocal()) if one.off else "no interval"),
        ]
        for one in summary.cells
    ]
    names = [
        "Cell",
        "The article, 2019: CPU",
        "As written: CPU",
        "As written: wall",
        "Alone: wall",
        "Right: wall",
        "As written is off",
    ]
    return Table("The article's table, corrected", names, rows, [False] * len(names))


def pairs_table(summary: TrapsSummary) -> Table:
    """A row for each pair of the article's cells: who is faster, and how often a single run says so."""
    rows = [
        [
            Cell(f"{pair.one} or {pair.other}", "", f"{pair.one} {pair.other}"),
            Cell(winner_in_words(pair)),
            *(
                Cell(
                    f"{pair.wrong[protocol.name]} of {pair.launches[protocol.name]}"
                    if pair.truth in {"faster", "slower"}
                    else ABSENT,
                    f"{pair.one} named {pair.named[protocol.name]} of {pair.launches[protocol.name]} times",
                    pair.wrong[protocol.name],
                )
                for protocol in PROTOCOLS
            ),
        ]
        for pair in summary.pairs
    ]
    names = ["Which is faster?", "Measured right", "Wrong, in order", "Wrong, alone"]
    return Table("What a single run says", names, rows, [False] * 4)


def tables(summary: TrapsSummary) -> list[Table]:
    """All that have rows."""
    return [table for table in (cells_table(summary), pairs_table(summary), findings_table(summary)) if table.rows]


def _time(estimate: Estimate | None) -> Cell:
    return Cell(seconds(estimate.value if estimate else None), bounds(estimate), estimate.value if estimate else None)


def _off(off: Estimate | None, shown: Difference) -> Cell:
    text, limits = off_apart(off, shown)
    return Cell(text, limits, off.value if off and limits else None, "slower" if shown in {"slower", "faster"} else "")
