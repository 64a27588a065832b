"""Writes runs side by side into a folder: page, figures, CSV and Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eagerbench.reports.frame import csv
from eagerbench.reports.side_by_side.brief import comparison_markdown
from eagerbench.reports.side_by_side.frame import comparisons_frame
from eagerbench.reports.side_by_side.page import page, pictures
from eagerbench.results import Run, write_atomically
from eagerbench.side_by_side import SideBySide, side_by_side
from eagerbench.summary import summarise


@dataclass(frozen=True)
class RenderedSideBySide:
    """What was written.

    Attributes:
        folder: where.
        index: the page.
        files: all files written, the page among them.
        told: what they say, as data.
    """

    folder: Path
    index: Path
    files: tuple[Path, ...]
    told: SideBySide


def render_side_by_side(runs: Sequence[Run], labels: Sequence[str], folder: Path) -> RenderedSideBySide:
    """Write ``index.html``, ``comparison.csv``, ``comparison.md`` and the figures; remove nothing.

    Args:
        runs: at least two; the others are held against the first.
        labels: of them, no two alike.
        folder: made where it is missing.

    Raises:
        UserError: where the folder can't be written.
    """
    summaries = [summarise(run) for run in runs]
    told = side_by_side(runs, summaries, labels)
    drawn = pictures(told)
    content = {name: data for picture in drawn for name, data in picture.files.items()}
    content["comparison.csv"] = csv(comparisons_frame(told))
    content["comparison.md"] = comparison_markdown(told).encode()
    # The page last: who sees it finds everything it links to.
    content["index.html"] = page(runs, summaries, told, drawn, list(content)).encode()
    for name, data in content.items():
        write_atomically(folder / name, data)
    return RenderedSideBySide(folder, folder / "index.html", tuple(folder / name for name in content), told)
