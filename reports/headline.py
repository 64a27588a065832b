"""What the run found, in two sentences computed from its numbers, and what must be read before any of them.

Not yet escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eagerbench.cases import Case
from eagerbench.reports.forked.cold_words import cold_in_short
from eagerbench.reports.forked.memory_words import memory_in_short
from eagerbench.reports.forked.traces_words import traces_in_short
from eagerbench.reports.leaders import contenders, leaders, names
from eagerbench.reports.measures import STEPS, measure
from eagerbench.reports.raced_words import place_in_words, than_eager
from eagerbench.reports.sweep import Sweep, sweeps
from eagerbench.reports.sweep_words import overhead_clause, use_clause
from eagerbench.reports.tables import against, environments_in_words, factor, ranked, size_of
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary


@dataclass(frozen=True)
class Banner:
    """What must be read before any number."""

    level: Literal["error", "warning"]
    text: str


def headline(run: Run, summary: Summary) -> str:
    """The finding of the run.

    The first sentence tells the fastest modes of the smallest and of the largest batch, the second what Keras
    `predict` costs and how far trainings lie apart. Of a sweep the first sentence tells where overhead ends, the second
    which mode to use. Where nothing was raced, one sentence tells of
    cold starts, memory and traces.
    """
    if not run.launches:
        return "Nothing was measured."
    swept = sweeps(summary)
    forward = _extremes(summary, "forward")
    sweep = swept.get("forward") or (None if forward else swept.get("update"))
    over = _over_sizes(run, sweep) if sweep else []
    first = over[:1] or [_lead(run, cases) for cases in forward or _extremes(summary, "update")]
    trained = [_spread(run, cases) for cases in _extremes(summary, "train")[:1]]
    second = [*over[1:], *_predict(forward), *trained]
    told = [first, second] if first or second else [_apart(summary)]
    return " ".join(_sentence(clauses) for clauses in told if clauses) or "Nothing was planned."


def banners(run: Run, summary: Summary) -> list[Banner]:
    """Why the numbers are not those of a whole, green run; empty where they are."""
    if not run.launches:
        return [Banner("error", "No launch was recorded: there is nothing to show.")]
    found = []
    bad = [case for case in summary.cases if not case.good and case.status != "unavailable"]
    if bad:
        ids = ", ".join(case.case.id for case in bad)
        found.append(Banner("error", f"{len(bad)} of {len(summary.cases)} cases have nothing that counts: {ids}"))
    if run.interrupted:
        found.append(Banner("warning", "The run was stopped before it had measured all that was planned."))
    return found


def _sentence(clauses: Sequence[str]) -> str:
    joined = "; ".join(clauses)
    return f"{joined[:1].upper()}{joined[1:]}."


def _extremes(summary: Summary, workload: str) -> list[list[CaseSummary]]:
    """The groups of a workload with the smallest and the largest size; one where there is one."""
    groups = sorted(summary.of(workload).values(), key=lambda cases: size_of(cases[0].case))
    return [groups[0], *groups[-1:]] if len(groups) > 1 else groups


def _lead(run: Run, cases: Sequence[CaseSummary]) -> str:
    """Who is ahead in a group, in one clause."""
    timed = [case for case in ranked(cases) if case.timed]
    place = _place(cases[0].case)
    if not timed:
        return f"{place} no mode has times that count"
    contending = contenders(timed)
    first = leaders(run, contending)
    fastest = first[0]
    if len(contending) == 1:
        return f"{place} one mode was timed, {fastest.case.mode}{than_eager(fastest)}"
    if fastest.time_s is None or fastest.time_s.low is None:
        return f"{place} {fastest.case.mode} {measure(fastest.case).best} (one launch, no interval)"
    if len(first) == 1:
        return f"{place} {fastest.case.mode} is the fastest mode{than_eager(fastest)}"
    return f"{place} {names([case.case.mode for case in first])} can't be told apart{_all_faster(first)}"


def _all_faster(first: Sequence[CaseSummary]) -> str:
    """By how much modes that can't be told apart are faster than eager; empty where one of them isn't shown to be."""
    speedups = sorted(
        (case.speedup for case in first if case.speedup and case.difference == "faster"), key=lambda own: own.value
    )
    if len(speedups) < len(first):
        return ""
    (least, its), (most, other) = factor(speedups[0]), factor(speedups[-1])
    between = f"{least} ({its})" if least == most else f"{least} ({its}) to {most} ({other})"
    return f", {'both' if len(first) == 2 else 'all'} {between} faster than {REFERENCE_MODE}"


def _predict(groups: Sequence[Sequence[CaseSummary]]) -> list[str]:
    """What Keras `predict` as most people call it costs, where that is shown to be more than eager."""
    slower = [case for cases in groups for case in cases if case.case.mode == "predict" and case.difference == "slower"]
    if not slower:
        return []
    worst = min(slower, key=lambda case: case.speedup.value if case.speedup else 1.0)
    words, limits = against(worst.speedup)
    return [
        f"Keras predict with its default arguments is {words} than {REFERENCE_MODE} {_place(worst.case)} ({limits})"
    ]


def _spread(run: Run, cases: Sequence[CaseSummary]) -> str:
    """How far apart the trainings of a group are, in one clause."""
    contending = contenders([case for case in ranked(cases) if case.timed])
    if len(contending) < 2 or STEPS.short(contending[0]) == STEPS.short(contending[-1]):
        rate = f", at {STEPS.number(STEPS.value(contending[0]))}{STEPS.unit}" if len(contending) == 1 else ""
        return _lead(run, cases) + rate
    best, worst = contending[0], contending[-1]
    from_to = [f"{STEPS.number(STEPS.value(case))}" for case in (worst, best)]
    single = " (one launch, no interval)" if best.time_s is None or best.time_s.low is None else ""
    return (
        f"training in {environments_in_words(best.case)} goes from {from_to[0]}{STEPS.unit} in {worst.case.mode} to "
        f"{from_to[1]} in {best.case.mode}{than_eager(best)}{single}"
    )


def _over_sizes(run: Run, sweep: Sweep) -> list[str]:
    """Where overhead ends, and which mode to use; nothing where nothing is held against eager."""
    use = use_clause(run, sweep)
    return [clause for clause in (overhead_clause(run, sweep), use) if clause] if use else []


def _apart(summary: Summary) -> list[str]:
    """What cases in processes of their own show."""
    return [*cold_in_short(summary), *memory_in_short(summary), *traces_in_short(summary)]


def _place(case: Case) -> str:
    place = place_in_words(case)
    return place[:1].lower() + place[1:]
