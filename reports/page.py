"""The report as one HTML page that needs nothing but itself: no network, no other file.

The template escapes all text; nothing here builds HTML out of text from a run.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eagerbench import __version__
from eagerbench.cases import FORKED
from eagerbench.growth import FEWEST_CALLS, GROWTH_MB, SETTLING, SETTLING_MB
from eagerbench.reports.escape import clean
from eagerbench.reports.facts import (
    forking_facts,
    input_facts,
    launch_rows,
    listed,
    machine_facts,
    parity_rules,
    plan_facts,
    started,
    training_facts,
    version_facts,
)
from eagerbench.reports.gate_section import GateSection
from eagerbench.reports.headline import banners, headline
from eagerbench.reports.picture import Picture
from eagerbench.reports.sections import sections
from eagerbench.results import Run
from eagerbench.summary import Summary

_TEMPLATES = Path(__file__).parent / "templates"


def page(
    run: Run,
    summary: Summary,
    pictures: Mapping[str, Sequence[Picture]],
    anchors: Mapping[str, str],
    files: Sequence[str] = (),
    gate: GateSection | None = None,
) -> str:
    """The whole page.

    Args:
        run: what was measured.
        summary: of the run.
        pictures: by section, as `section_names` has it.
        anchors: by section, what an address may end in.
        files: names of files beside the page that it may link to.
        gate: that the run was held against a baseline by.
    """
    told = sections(run, summary, pictures, anchors)
    return document(
        "report.html.j2",
        headline=headline(run, summary),
        banners=banners(run, summary),
        conclusions=summary.conclusions,
        sections=told if run.launches else [],
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
        gate=gate,
    )


def document(template: str, **content: Any) -> str:
    """A page from a template, with our style and script in it and a policy that lets nothing else run.

    Args:
        template: name of the file.
        content: what it shows.
    """
    script, style = _asset("report.js"), _asset("report.css")
    return (
        _environment()
        .get_template(template)
        .render(
            **content,
            version=__version__,
            script=Markup(script),  # noqa: S704 - our own file, not text from a run
            style=Markup(style),  # noqa: S704 - our own file
            script_hash=_hash(script),
            style_hash=_hash(style),
        )
    )


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
