"""The report as one HTML page that needs nothing but itself: no network, no other file.

The template escapes all text; nothing here builds HTML out of text from a run.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eagerbench import __version__
from eagerbench.reports.escape import clean
from eagerbench.reports.facts import (
    input_facts,
    launch_rows,
    listed,
    machine_facts,
    parity_rules,
    plan_facts,
    run_rows,
    started,
    training_facts,
    version_facts,
)
from eagerbench.reports.headline import banners, group_sentences, headline
from eagerbench.reports.rows import Cell, circumstances, columns
from eagerbench.reports.tables import group_title, ranked
from eagerbench.results import Run
from eagerbench.summary import CaseSummary, Summary

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it.

    Attributes:
        name: of the file beside the page.
        png: its bytes.
        width: in pixels.
        height: in pixels.
        description: what it shows, for who can't see it.
        caption: what must be known to read it.
    """

    name: str
    png: bytes
    width: int
    height: int
    description: str
    caption: str

    @property
    def source(self) -> str:
        """The picture as a data address."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode('ascii')}"


@dataclass(frozen=True)
class _Section:
    """One group of cases as the page shows it."""

    anchor: str
    title: str
    sentences: list[str]
    ranking: list[Picture]
    others: list[Picture]
    columns: list[str]
    rows: list[list[Cell]]
    circumstances: list[tuple[str, str, str]]
    runs: list[tuple[str, ...]]


def page(
    run: Run,
    summary: Summary,
    pictures: Mapping[str, Sequence[Picture]],
    anchors: Mapping[str, str],
    files: Sequence[str] = (),
) -> str:
    """The whole page.

    Args:
        run: what was measured.
        summary: of the run.
        pictures: by group; the first is shown above the table, the others below it.
        anchors: by group, what an address may end in.
        files: names of files beside the page that it may link to.
    """
    sections = [
        _section(run, group, cases, pictures.get(group, ()), anchors) for group, cases in summary.groups.items()
    ]
    script, style = _asset("report.js"), _asset("report.css")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            headline=headline(run, summary),
            banners=banners(run, summary),
            conclusions=summary.conclusions,
            sections=sections if run.launches else [],
            workloads={case.workload for case in run.cases},
            rules=parity_rules(summary),
            check_updates=listed(run.start.plan.training.check_updates),
            plan=plan_facts(run),
            training=training_facts(run),
            observations=input_facts(run),
            machine=machine_facts(run, summary),
            versions=version_facts(run),
            launches=launch_rows(run),
            started=started(run),
            profile=run.start.plan.profile,
            env=run.start.plan.env,
            cpu=str(run.start.machine.get("cpu", "unknown processor")),
            command=run.start.plan.command,
            files=files,
            version=__version__,
            script=Markup(script),  # noqa: S704 - our own file, not text from a run
            style=Markup(style),  # noqa: S704 - our own file
            script_hash=_hash(script),
            style_hash=_hash(style),
        )
    )


def _section(
    run: Run, group: str, cases: list[CaseSummary], pictures: Sequence[Picture], anchors: Mapping[str, str]
) -> _Section:
    table = columns(cases)
    return _Section(
        anchor=f"group-{anchors[group]}",
        title=group_title(cases[0].case),
        sentences=group_sentences(run, cases),
        ranking=list(pictures[:1]),
        others=list(pictures[1:]),
        columns=[column.name for column in table],
        rows=[
            [_described(run, cell) if number == 0 else cell for number, cell in enumerate(cells)]
            for cells in ([column.cell(case) for column in table] for case in ranked(cases))
        ],
        circumstances=[circumstances(case) for case in ranked(cases)],
        runs=run_rows(run, {case.case.id for case in cases}),
    )


def _described(run: Run, cell: Cell) -> Cell:
    """The cell of a mode with what that mode is."""
    return replace(cell, detail=run.start.modes.get(cell.text, ""))


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _visible(value: Any) -> Any:
    """Every text that the template prints, without what can't be seen; `Markup` is ours and stays as it is."""
    return clean(value) if type(value) is str else value


def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    """What the page's Content-Security-Policy allows to run: this very text and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}"
