"""What the run found, in two clauses computed from its numbers, and what must be read before any of them.

Not yet escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eagerbench.cases import Case
from eagerbench.reports.forked.cold_words import cold_in_short
from eagerbench.reports.forked.memory_words import memory_in_short
from eagerbench.reports.forked.traces_words import traces_in_short
from eagerbench.reports.leaders import contenders, leaders, names, recommended
from eagerbench.reports.measures import measure
from eagerbench.reports.raced_words import place_in_words, than_eager
from eagerbench.reports.sweep import sweeps
from eagerbench.reports.sweep_words import use_clause
from eagerbench.reports.tables import against, ranked, size_of
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary

_MOST_NAMES = 2


@dataclass(frozen=True)
class Banner:
    """What must be read before any number."""

    level: Literal["error", "warning"]
    text: str


def headline(run: Run, summary: Summary) -> str:
    """The finding of the run.

    Two clauses at most, since nobody reads more: the fastest modes of the largest batch, or of the smallest where the
    largest shows nothing; then what Keras `predict` costs, or else which mode trains fastest. Of a sweep which mode to
    use. Where nothing was raced, one sentence tells of cold starts, memory and traces. All else stands in sections.
    """
    if not run.launches:
        return "Nothing was measured."
    swept = sweeps(summary)
    forward = _extremes(summary, "forward")
    sweep = swept.get("forward") or (None if forward else swept.get("update"))
    use = use_clause(run, sweep) if sweep else ""
    if use:
        return _sentence([use])
    first = _lead(run, forward or _extremes(summary, "update"))
    second = _predict(forward) or _lead(run, _extremes(summary, "train")[:1])
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


def _lead(run: Run, groups: Sequence[Sequence[CaseSummary]]) -> list[str]:
    """Who is ahead in the largest group that shows a mode to be faster than eager, or who is fastest; in one clause.

    Where no group shows it, that is told of the largest.

    Args:
        run: where the samples are.
        groups: of one workload, smallest first.
    """
    largest_first = list(reversed(groups))
    shown = [cases for cases in largest_first if _shows_faster(run, cases)]
    return [_ahead(run, cases) for cases in (shown or largest_first)[:1]]


def _shows_faster(run: Run, cases: Sequence[CaseSummary]) -> bool:
    return any(case.difference == "faster" for case in recommended(leaders(run, _contending(cases))))


def _contending(cases: Sequence[CaseSummary]) -> list[CaseSummary]:
    return contenders([case for case in ranked(cases) if case.timed])


def _ahead(run: Run, cases: Sequence[CaseSummary]) -> str:
    """Who is ahead in one group, in one clause."""
    place, contending = _place(cases[0].case), _contending(cases)
    if not contending:
        return f"{place} no mode has times that count"
    first = leaders(run, contending)
    if not first:
        best = contending[0]
        why = "one launch" if best.time_s is None or best.time_s.low is None else "too few launches in common"
        return f"{place} {best.case.mode} {measure(best.case).best} ({why}, no interval)"
    told = recommended(first)[0]
    if len(contending) == 1:
        return f"{place} one mode was timed, {told.case.mode}{than_eager(told)}"
    if len(first) == 1:
        return f"{place} {told.case.mode} is the fastest mode{than_eager(told)}"
    if told.case.mode == REFERENCE_MODE:
        return f"{place} no TensorFlow mode is shown to be faster than {REFERENCE_MODE}"
    if told.difference != "faster":
        return f"{place} {names([case.case.mode for case in first], _MOST_NAMES)} can't be told apart"
    others = [case.case.mode for case in first if case is not told]
    return f"{place} {told.case.mode} is{than_eager(told).removeprefix(',')}, tied with {names(others, _MOST_NAMES)}"


def _predict(groups: Sequence[Sequence[CaseSummary]]) -> list[str]:
    """What Keras `predict` as most people call it costs, where that is shown to be more than eager."""
    slower = [case for cases in groups for case in cases if case.case.mode == "predict" and case.difference == "slower"]
    if not slower:
        return []
    worst = min(slower, key=lambda case: case.speedup.value if case.speedup else 1.0)
    words, limits = against(worst.speedup)
    return [f"Keras predict with default arguments is {words} than {REFERENCE_MODE} {_place(worst.case)} ({limits})"]


def _apart(summary: Summary) -> list[str]:
    """What cases in processes of their own show."""
    return [*cold_in_short(summary), *memory_in_short(summary), *traces_in_short(summary)]


def _place(case: Case) -> str:
    place = place_in_words(case)
    return place[:1].lower() + place[1:]
