"""Writes what the traps show into a folder, and says it in a terminal."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eagerbench.reports.escape import clean, for_spreadsheet
from eagerbench.reports.picture import Picture, picture
from eagerbench.reports.terminal import aligned
from eagerbench.reports.traps.figure import drawable, how_far_off
from eagerbench.reports.traps.markdown import traps_markdown
from eagerbench.reports.traps.page import banners, traps_page
from eagerbench.reports.traps.rows import tables
from eagerbench.reports.traps.words import headline, off_in_words, pair_sentences, spread_sentences
from eagerbench.results import write_atomically
from eagerbench.stats import Estimate, difference
from eagerbench.traps.findings import ARTICLE, TrapsSummary, summarise_traps
from eagerbench.traps.record import TRAPS_FILE, TrapsRecord

_COLUMNS = (
    "trap",
    "what",
    "launches",
    "naive_s",
    "naive_low_s",
    "naive_high_s",
    "right_s",
    "right_low_s",
    "right_high_s",
    "off",
    "off_low",
    "off_high",
    "says",
    "reason",
)


@dataclass(frozen=True)
class TrapsRendered:
    """What was written.

    Attributes:
        folder: where.
        index: the page.
        files: all files written, the page among them.
        summary: what the report says, as data.
    """

    folder: Path
    index: Path
    files: tuple[Path, ...]
    summary: TrapsSummary


def render_traps(record: TrapsRecord, folder: Path) -> TrapsRendered:
    """Write ``index.html``, ``traps.md``, ``traps.csv``, ``traps.png`` and ``traps.svg``; remove nothing.

    Args:
        record: what was measured, however far it got.
        folder: made where it is missing.

    Raises:
        UserError: where the folder can't be written.
    """
    summary = summarise_traps(record)
    pictures = _pictures(summary)
    content = {name: data for drawn in pictures for name, data in drawn.files.items()}
    content["traps.csv"] = traps_csv(summary)
    content["traps.md"] = traps_markdown(record, summary).encode()
    linked = ["traps.md", "traps.csv", *([TRAPS_FILE] if (folder / TRAPS_FILE).is_file() else [])]
    # The page last: who sees it finds everything it links to.
    content["index.html"] = traps_page(record, summary, pictures, linked).encode()
    for name, data in content.items():
        write_atomically(folder / name, data)
    return TrapsRendered(folder, folder / "index.html", tuple(folder / name for name in content), summary)


def _pictures(summary: TrapsSummary) -> list[Picture]:
    drawn = drawable(summary)
    if not drawn:
        return []
    listed = "; ".join(f"{name} {off_in_words(off, shown)}" for name, off, shown in drawn)
    return [
        picture(
            how_far_off(summary),
            "traps",
            f"How far naive measurements are off, farthest first: {listed}.",
            "At 1 the naive number is right. Round and orange: off, with the whole interval. Grey diamonds: no "
            "difference shown. A bar that reaches the edge goes on beyond it.",
        )
    ]


def traps_csv(summary: TrapsSummary) -> bytes:
    """A row for each comparison, numbers with all their digits, as UTF-8 CSV. Without an interval there is no ratio."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    rows = [(ARTICLE, one.cell, one.notebook_s, one.right_s, one.off, _says(one.off), "") for one in summary.cells]
    rows += [
        (one.trap, one.label, one.naive_s, one.right_s, one.off, one.difference, one.reason) for one in summary.findings
    ]
    for trap, label, naive, right, off, says, reason in rows:
        shown = off if off and off.low is not None else None
        writer.writerow(
            [
                trap,
                for_spreadsheet(label),
                off.launches if off else 0,
                *_numbers(naive),
                *_numbers(right),
                *_numbers(shown),
                says,
                for_spreadsheet(reason),
            ]
        )
    return text.getvalue().encode()


def _says(off: Estimate | None) -> str:
    return difference(off.reciprocal()) if off else "no interval"


def _numbers(estimate: Estimate | None) -> tuple[float | str, ...]:
    if estimate is None:
        return "", "", ""
    return estimate.value, "" if estimate.low is None else estimate.low, "" if estimate.high is None else estimate.high


def traps_lines(record: TrapsRecord, rendered: TrapsRendered) -> Iterator[str]:
    """What was found, for a terminal: the tables, and where the report is."""
    summary = rendered.summary
    yield clean(headline(record, summary))
    for table in tables(summary):
        yield ""
        yield clean(table.title)
        rows = [
            [clean(f"{cell.text} ({cell.detail})" if cell.detail else cell.text) for cell in row] for row in table.rows
        ]
        yield from aligned([table.names, *rows])
    yield ""
    for sentence in (*spread_sentences(summary), *pair_sentences(summary)):
        yield clean(sentence)
    for banner in banners(record, summary):
        yield clean(f"{banner.level}: {banner.text}")
    yield f"report: {rendered.index}"
