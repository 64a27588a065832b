"""Writes the report of a run into a folder. The only code of the reports that touches the disk."""

from dataclasses import dataclass
from pathlib import Path

from eagerbench.gate import Judgement
from eagerbench.reports.escape import file_stems
from eagerbench.reports.forked.pictures import forked_pictures
from eagerbench.reports.frame import cases_frame, csv, packed, samples_frame
from eagerbench.reports.gate.markdown import gate_markdown
from eagerbench.reports.gate.pictures import gate_pictures
from eagerbench.reports.gate.render import gate_files
from eagerbench.reports.gate.section import gate_section
from eagerbench.reports.markdown import summary_markdown
from eagerbench.reports.page import SAMPLES, page
from eagerbench.reports.pictures import overview_picture, pictures
from eagerbench.reports.sections import section_names
from eagerbench.results import Run, write_atomically
from eagerbench.summary import Summary, summarise

GATE_SHARE = 20_000  # signs of the summary that a gate may take


@dataclass(frozen=True)
class Rendered:
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
    summary: Summary


def render(run: Run, folder: Path, results: bytes | None = None, judgement: Judgement | None = None) -> Rendered:
    """Write ``index.html``, a PNG and an SVG for each figure, ``summary.csv`` and ``summary.md``; remove nothing.

    Args:
        run: what was measured, however far it got.
        folder: made where it is missing.
        results: bytes of ``results.json``, written too where given.
        judgement: of a gate that held the run against a baseline: a section of the page, the beginning of
            ``summary.md``, and the gate's own files but its page.

    Raises:
        UserError: where the folder can't be written.
    """
    first = {} if results is None else {"results.json": results}
    for name, data in first.items():  # what was measured is there before anything is made of it
        write_atomically(folder / name, data)
    summary = summarise(run)
    stems = file_stems(section_names(summary))
    drawn = pictures(run, summary, stems) | forked_pictures(run, summary)
    whole = overview_picture(summary)
    overview = [whole] if whole else []
    shown = [picture for own in (*drawn.values(), overview) for picture in own]
    content = {name: data for picture in shown for name, data in picture.files.items()}
    content["summary.csv"] = csv(cases_frame(summary))
    content[SAMPLES] = packed(csv(samples_frame(run)))
    content["summary.md"] = summary_markdown(run, summary).encode()
    gate = None
    if judgement is not None:
        gate_drawn = gate_pictures(judgement)
        gate = gate_section(judgement, gate_drawn)
        content |= gate_files(judgement, gate_drawn)
        # The verdict first, and short: both together must fit one comment.
        content["summary.md"] = gate_markdown(judgement, GATE_SHARE).encode() + b"\n" + content["summary.md"]
    beside = [name for name in ("results.json", "launches.jsonl") if (folder / name).is_file()]
    linked = ["summary.csv", "summary.md", *(["gate.md", "gate.xml", "verdict.json"] if gate else []), *beside]
    # The page last: who sees it finds everything it links to.
    content["index.html"] = page(
        run, summary, drawn, stems, overview, samples=content[SAMPLES], files=linked, gate=gate
    ).encode()
    for name, data in content.items():
        write_atomically(folder / name, data)
    return Rendered(folder, folder / "index.html", tuple(folder / name for name in (*first, *content)), summary)
