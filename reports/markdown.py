"""The run as Markdown that fits a pull request comment."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from eagerbench.cases import FORKED
from eagerbench.reports.brief import brief_tables
from eagerbench.reports.escape import for_markdown
from eagerbench.reports.executed import refusals_title, told_first
from eagerbench.reports.headline import banners, headline
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.situations import Situation, situations
from eagerbench.results import Run
from eagerbench.summary import Conclusion, Summary

# GitHub refuses comments above 65,536 signs, so long lists are cut, and the cut is said.
MOST_ROWS = 40
MOST_CAVEATS = 15
_SIGNS = {"error": "❌", "warning": "⚠️", "info": "ℹ️"}


def summary_markdown(run: Run, summary: Summary) -> str:
    """The finding, which mode to use when, a table for each group, what must be known beside, and the machine.

    All tables but the first are folded. What can't run a user's model is said once, above them.
    All text from the run is escaped for Markdown and for the HTML inside it.
    """
    blocks = ["### Eager or graph?", f"**{for_markdown(headline(run, summary), 2000)}**"]
    blocks += [f"{_SIGNS[banner.level]} **{for_markdown(banner.text, 1000)}**" for banner in banners(run, summary)]
    which = situations(run, summary)
    if which:
        blocks.append(_choices(which))
    refused = told_first(run, summary)
    if refused:
        blocks.append(
            "\n".join(
                [
                    f"**{refusals_title(run)}**",
                    "",
                    *(f"- {for_markdown(one.modes)}: {for_markdown(one.reason)}" for one in refused[:MOST_CAVEATS]),
                ]
            )
        )
    if run.launches:
        blocks += [
            _folded(told) if place else f"**{for_markdown(told.title)}**\n\n{_table(told)}"
            for place, told in enumerate(brief_tables(run, _runnable(summary) if refused else summary))
        ]
    caveats = [own for own in summary.conclusions if not any(own.message.endswith(one.reason) for one in refused)]
    if caveats:
        blocks.append(_caveats(caveats))
    blocks.append(_machine_line(run))
    return "\n\n".join(blocks) + "\n"


def _choices(which: Sequence[Situation]) -> str:
    lines = [
        " | ".join(["", for_markdown(own.need), f"**{for_markdown(own.answer)}**", for_markdown(own.why), ""]).strip()
        for own in which[:MOST_ROWS]
    ]
    return "\n".join(["| To do | Use | Because |", "|---|---|---|", *lines])


def _runnable(summary: Summary) -> Summary:
    """Without the cases that can't run: what the list above the tables says isn't said again in every one of them.

    Counted calls stay, since that list leaves them out.
    """
    kept = [case for case in summary.cases if case.status != "unavailable" or case.case.workload == "traces"]
    return msgspec.structs.replace(summary, cases=tuple(kept))


def _folded(told: Table) -> str:
    """A table under its title, to be opened."""
    return f"<details>\n<summary>{for_markdown(told.title)}</summary>\n\n{_table(told)}\n\n</details>"


def _table(told: Table) -> str:
    head = [
        f"| {' | '.join(for_markdown(name, 80) for name in told.names)} |",
        f"|---|{'---:|' * (len(told.names) - 1)}",
    ]
    body = [
        f"| {' | '.join(_cell(cell, brief=brief) for cell, brief in zip(cells, told.brief, strict=True))} |"
        for cells in told.rows[:MOST_ROWS]
    ]
    left_out = len(told.rows) - MOST_ROWS
    return "\n".join([*head, *body, *([f"\n{left_out} more cases are in summary.csv."] if left_out > 0 else [])])


def _cell(cell: Cell, *, brief: bool) -> str:
    detail = f" ({for_markdown(cell.detail, 80)})" if cell.detail and not brief else ""
    return for_markdown(cell.text, 80) + detail


def _caveats(caveats: Sequence[Conclusion]) -> str:
    lines = [
        f"- {_SIGNS[conclusion.level]} {for_markdown(conclusion.message)}" for conclusion in caveats[:MOST_CAVEATS]
    ]
    left_out = len(caveats) - MOST_CAVEATS
    return "\n".join([*lines, *([f"- … and {left_out} more in index.html"] if left_out > 0 else [])])


def _machine_line(run: Run) -> str:
    machine: Mapping[str, Any] = run.start.machine
    packages = machine.get("packages")
    versions = (
        [f"{name} {packages[name]}" for name in ("tensorflow", "keras") if name in packages]
        if isinstance(packages, dict)
        else []
    )
    parts = [
        machine.get("cpu"),
        f"{machine['cores_usable']} usable cores" if "cores_usable" in machine else None,
        machine.get("system"),
        f"Python {machine['python']}" if "python" in machine else None,
        *versions,
        f"eagerbench {run.start.eagerbench}",
    ]
    told = " · ".join(for_markdown(str(part), 80) for part in parts if part)
    planned = run.start.plan
    workloads = {case.workload for case in run.cases}
    raced = bool(workloads - FORKED) or not workloads
    launches = f", {len(run.races)} of {planned.launches} launches" if raced else ""
    means = " Times: geometric mean over launches, 95 % interval." if raced or "cold" in workloads else ""
    means += " Memory: mean over processes, 95 % interval." if "memory" in workloads else ""
    return f"<sub>{told}. Profile {for_markdown(planned.profile, 40)}{launches}, seed {planned.seed}.{means}</sub>"
