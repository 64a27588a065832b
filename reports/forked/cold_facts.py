"""What cold starts are looked at for: imports, the quickest, the leaders. Returns data, no words."""

import statistics
from collections.abc import Sequence

from eagerbench.reports.leaders import is_yardstick, least
from eagerbench.results import Run
from eagerbench.starting import ColdGroup, ColdStart, Lead, cold_group
from eagerbench.stats import Estimate, estimate
from eagerbench.summary import Summary


def starts_of(summary: Summary, group: str) -> tuple[ColdStart, ...]:
    """The starts of a group, quickest first; none where no case of it has times that count."""
    found = summary.cold.get(group)
    return found.starts if found else ()


def imports_s(run: Run, starts: Sequence[ColdStart]) -> Estimate | None:
    """Seconds from the start of Python until everything is imported, which modes share; None where nobody told."""
    cases = {start.case.id for start in starts}
    by_launch = {
        launch.index: [
            sample.parts["imports"]
            for sample in launch.samples
            if sample.case in cases and sample.stage == "cold" and sample.parts.get("imports", 0.0) > 0
        ]
        for launch in run.launches
    }
    known = [statistics.median(own) for own in by_launch.values() if own]
    return estimate(known) if known else None


def quickest(starts: Sequence[ColdStart]) -> list[ColdStart]:
    """The starts that no other is shown to take less time than after imports; no yardsticks; none from one process."""
    contending = contending_starts(starts)
    return least(contending, [start.totals_s for start in contending])


def leads(group: ColdGroup) -> tuple[Lead, ...]:
    """Who has the least total time for how many calls, yardsticks left out."""
    contending = contending_starts(group.starts)
    return group.leads if len(contending) == len(group.starts) else cold_group(contending).leads


def shown_leads(group: ColdGroup) -> list[Lead]:
    """Who is shown to pass, by its break-even, all of those that have led before; without the quickest at first.

    Of several that began, the break-even with the one that is passed last is told.
    """
    before = [start.case.mode for start in quickest(group.starts)]
    found = []
    for lead in leads(group)[1:]:
        passed = [group.pairs[lead.mode, mode] for mode in before if mode != lead.mode]
        if passed and all(even.kind == "after" for even in passed):
            last = max(passed, key=lambda even: even.calls.value if even.calls else 0.0)
            found.append(Lead(lead.mode, lead.first, last))
            before = [lead.mode]
    return found


def always_ahead(group: ColdGroup, mode: str) -> bool:
    """Whether a mode is shown to be ahead of every other from the first call on, yardsticks left out."""
    others = [start.case.mode for start in contending_starts(group.starts) if start.case.mode != mode]
    return all(group.pairs[mode, other].kind == "always" for other in others)


def after_imports(start: ColdStart) -> dict[str, float]:
    """Seconds of the stages in which modes differ."""
    return {name: own for name, own in start.stages_s.items() if name != "imports"}


def contending_starts(starts: Sequence[ColdStart]) -> list[ColdStart]:
    """The starts among which the quickest is sought: without yardsticks, where there is anything else."""
    return [start for start in starts if not is_yardstick(start.case.mode)] or list(starts)
