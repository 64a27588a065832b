"""The report as one HTML page that needs nothing but itself: no network, no other file.

The template escapes all text; nothing here builds HTML out of text from a run.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eagerbench import __version__
from eagerbench.cases import FORKED
from eagerbench.growth import FEWEST_CALLS, GROWTH_MB, SETTLING, SETTLING_MB
from eagerbench.reports.batch_curves import curved
from eagerbench.reports.escape import clean
from eagerbench.reports.executed import (
    environment_facts,
    executed_in_words,
    input_facts,
    model_facts,
    refusals_title,
    source_in_words,
    subject_facts,
    told_first,
)
from eagerbench.reports.facts import (
    forking_facts,
    launch_rows,
    listed,
    machine_facts,
    parity_rules,
    plan_facts,
    started,
    training_facts,
    version_facts,
)
from eagerbench.reports.gate.section import GateSection
from eagerbench.reports.headline import banners, headline
from eagerbench.reports.marks import mark
from eagerbench.reports.overhead import TITLE as OVERHEAD
from eagerbench.reports.picture import Picture
from eagerbench.reports.sections import anchors_of, sections
from eagerbench.reports.situations import situations
from eagerbench.reports.verdicts import CAPTION, verdict_table
from eagerbench.results import Run
from eagerbench.summary import Summary

SAMPLES = "samples.csv.gz"
# A page holds the raw samples of a run of minutes; those of a longer one lie beside it.
MOST_EMBEDDED_BYTES = 500_000
_TEMPLATES = Path(__file__).parent / "templates"


def page(
    run: Run,
    summary: Summary,
    pictures: Mapping[str, Sequence[Picture]],
    stems: Mapping[str, str],
    overview: Sequence[Picture] = (),
    samples: bytes = b"",
    files: Sequence[str] = (),
    gate: GateSection | None = None,
) -> str:
    """The whole page.

    Args:
        run: what was measured.
        summary: of the run.
        pictures: by section, as `section_names` has it.
        stems: by section, what an address may end in.
        overview: figures of everything at once.
        samples: all raw samples, as `SAMPLES` has them.
        files: names of files beside the page that it may link to.
        gate: that the run was held against a baseline by.
    """
    anchors = anchors_of(summary, stems)
    told = sections(run, summary, pictures, anchors) if run.launches else []
    verdicts = verdict_table(run, summary) if run.launches else None
    which = situations(run, summary)
    conclusions = summary.conclusions
    contents = [
        *([(gate.anchor, gate.title)] if gate else []),
        *([("glance", "At a glance")] if verdicts else []),
        *([("choice", "Which mode should I use?")] if which else []),
        *((section.anchor, section.title) for section in told),
        ("reading", "How to read this"),
        ("plan", "Plan and input"),
        ("machine", "Machine and versions"),
        *([("caveats", "Caveats")] if conclusions else []),
        ("samples", "Raw samples"),
    ]
    return document(
        "report.html.j2",
        title=f"eagerbench: {run.start.plan.profile} run of {started(run)}",
        contents=contents,
        headline=headline(run, summary),
        verdicts=verdicts,
        verdicts_caption=CAPTION,
        overview=overview,
        which=which,
        anchors=anchors,
        samples=_samples_link(run, samples),
        banners=banners(run, summary),
        conclusions=conclusions,
        sections=told,
        workloads={case.workload for case in run.cases},
        raced=not run.cases or any(case.workload not in FORKED for case in run.cases),
        trained=any(case.trains for case in run.cases),
        growth_mb=f"{GROWTH_MB:g}",
        settling=f"{SETTLING:.0%}".removesuffix("%"),
        settling_mb=f"{SETTLING_MB:g}",
        fewest_calls=FEWEST_CALLS,
        rules=parity_rules(summary),
        check_updates=listed(run.start.plan.training.check_updates),
        plan=plan_facts(run),
        training=training_facts(run),
        forking=forking_facts(run),
        observations=input_facts(run.start.observations),
        machine=machine_facts(run, summary),
        versions=version_facts(run),
        launches=launch_rows(run),
        started=started(run),
        profile=run.start.plan.profile,
        source=source_in_words(run),
        subject=executed_in_words(run),
        refusals=told_first(run, summary),
        refusals_title=refusals_title(run),
        curved=bool(curved(summary)),
        overhead=any(part.title == OVERHEAD for section in told for part in section.parts),
        model=model_facts(run.start.plan.model),
        environment=environment_facts(run),
        subjects=subject_facts(run),
        cpu=str(run.start.machine.get("cpu", "unknown processor")),
        command=run.start.plan.command,
        files=files,
        gate=gate,
    )


@dataclass(frozen=True)
class SamplesLink:
    """Where the raw samples are.

    Attributes:
        name: of the file.
        words: what it holds.
        source: the file as a data address; empty where it is too large for a page.
    """

    name: str
    words: str
    source: str


def _samples_link(run: Run, content: bytes) -> SamplesLink:
    count = sum(len(launch.samples) for launch in run.launches)
    words = f"All {count:,} samples of all launches, as a spreadsheet reads them, {len(content) / 1e3:,.0f} kB:"
    embedded = base64.b64encode(content).decode("ascii") if len(content) <= MOST_EMBEDDED_BYTES else ""
    return SamplesLink(SAMPLES, words, f"data:application/gzip;base64,{embedded}" if embedded else "")


def document(template: str, *, title: str, contents: Sequence[tuple[str, str]], **content: Any) -> str:
    """A page from a template, with our style and script in it and a policy that lets nothing else run.

    Args:
        template: name of the file; it extends ``base.html.j2``.
        title: of the window.
        contents: anchor and title of each section.
        content: what the page shows.
    """
    script, style = _asset("report.js"), _asset("report.css")
    return (
        _environment()
        .get_template(template)
        .render(
            **{"files": (), **content},
            title=title,
            contents=contents,
            version=__version__,
            script=Markup(script),  # noqa: S704 - our own file, not text from a run
            style=Markup(style),  # noqa: S704 - our own file
            script_hash=_hash(script),
            style_hash=_hash(style),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["look"] = mark
    return environment


def _visible(value: Any) -> Any:
    """Every text that the template prints, without what can't be seen; `Markup` is ours and stays as it is."""
    return clean(value) if type(value) is str else value


def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    """What the page's Content-Security-Policy allows to run: this very text and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}"
