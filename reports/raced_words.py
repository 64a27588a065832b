"""What the run shows, in sentences computed from its numbers, each with its uncertainty. Not yet escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eagerbench.cases import Case
from eagerbench.reports.cold_words import cold_in_short
from eagerbench.reports.leaders import contenders, is_yardstick, leaders, names
from eagerbench.reports.measures import STEPS, measure
from eagerbench.reports.memory_words import memory_in_short
from eagerbench.reports.reached import soonest_first, target_in_words, time_in_words
from eagerbench.reports.tables import against, environments_in_words, ranked, rows_in_words
from eagerbench.reports.traces_words import traces_in_short
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary


@dataclass(frozen=True)
class Banner:
    """What must be read before any number."""

    level: Literal["error", "warning"]
    text: str


def headline(run: Run, summary: Summary) -> str:
    """The whole run in one sentence."""
    if not run.launches:
        return "Nothing was measured."
    clauses = [_in_short(run, cases) for cases in summary.groups.values()]
    clauses += [*cold_in_short(summary), *memory_in_short(summary), *traces_in_short(summary)]
    found = "; ".join(clauses)
    return f"{found[:1].upper()}{found[1:]}." if found else "Nothing was planned."


def group_sentences(run: Run, cases: Sequence[CaseSummary]) -> list[str]:
    """What is shown of the cases of one group, in a few sentences."""
    timed = [case for case in ranked(cases) if case.timed]
    place = _place(cases[0].case)
    if not timed:
        return [f"{place} no mode has times that count."]
    contending = contenders(timed)
    sentences = [_first_sentence(place, contending, leaders(run, contending))]
    sentences += [
        f"The yardstick {case.case.mode}, which is not TensorFlow, {_does(case)}."
        for case in timed
        if is_yardstick(case.case.mode) and case not in contending
    ]
    sentences += _slow_sentence(contending) + _target_sentence(run, cases)
    if all(case.case.mode != REFERENCE_MODE for case in timed):
        sentences.append(f"There is no time of {REFERENCE_MODE} to compare with, hence no speed-up and no break-even.")
    return sentences


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


def _place(case: Case) -> str:
    places = {
        "forward": f"At {rows_in_words(case)}",
        "update": f"In a gradient step on {rows_in_words(case)}",
        "train": f"Training in {environments_in_words(case)},",
    }
    return places.get(case.workload, f"In {case.group}")


def _does(case: CaseSummary) -> str:
    told = measure(case.case)
    return f"{told.verb} {told.amount(case)}"


def _first_sentence(place: str, contending: list[CaseSummary], first: list[CaseSummary]) -> str:
    fastest = first[0]
    told = measure(fastest.case)
    took = told.amount(fastest) + told.each
    if len(contending) == 1:
        return f"{place} one mode was timed, {fastest.case.mode}: {took}{_than_eager(fastest)}."
    if fastest.time_s is None or fastest.time_s.low is None:
        return (
            f"{place} {fastest.case.mode} {told.best}, {took}; one launch gives no interval, "
            "so nothing shows that it is the fastest."
        )
    if len(first) == 1:
        return f"{place} {fastest.case.mode} is the fastest mode: {took}{_than_eager(fastest)}."
    return (
        f"{place} {names([case.case.mode for case in first])} are the fastest modes, and no difference between "
        f"{fastest.case.mode} and the "
        f"{'other' if len(first) == 2 else 'others'} is shown; "
        f"{fastest.case.mode} {told.verb} {took}{_than_eager(fastest)}."
    )


def _than_eager(case: CaseSummary) -> str:
    words, limits = against(case.speedup)
    if not limits:
        return ""
    if words == "no difference shown":
        return f", with no difference to {REFERENCE_MODE} shown ({limits})"
    return f", {words} than {REFERENCE_MODE} ({limits})"


def _slow_sentence(contending: list[CaseSummary]) -> list[str]:
    """On Keras' own ``predict``, which most people call, where it is shown slower than eager; else on the slowest."""
    for case in contending:
        if case.case.mode == "predict" and case.difference == "slower":
            return [f"Keras predict with its default arguments {_does(case)}{_than_eager(case)}."]
    slowest = contending[-1]
    if len(contending) < 3:
        return []
    told = measure(slowest.case)
    return [f"{slowest.case.mode} {told.worst}: {told.amount(slowest)}{_than_eager(slowest)}."]


def _target_sentence(run: Run, cases: Sequence[CaseSummary]) -> list[str]:
    """Who reached the target, the soonest and eager; nothing where nobody did."""
    told = [case for case in soonest_first(cases) if case.to_target and case.to_target.seconds is not None]
    if not told:
        return []
    chosen = [case for case in told if case is told[0] or case.case.mode == REFERENCE_MODE]
    return [f"The target, {target_in_words(run)}, took {' and '.join(_reached(case) for case in chosen)}."]


def _reached(case: CaseSummary) -> str:
    words, detail = time_in_words(case.to_target)
    return f"{case.case.mode} {words}{f' ({detail})' if detail else ''}"


def _in_short(run: Run, cases: Sequence[CaseSummary]) -> str:
    timed = [case for case in ranked(cases) if case.timed]
    place = _place(cases[0].case)
    place = place[:1].lower() + place[1:]
    if not timed:
        return f"{place} no mode has times that count"
    contending = contenders(timed)
    first = leaders(run, contending)
    told = measure(contending[0].case)
    fastest, slowest = told.number(told.value(contending[0])), told.number(told.value(contending[-1]))
    if len(contending) == 1:
        rate = f", at {fastest}{told.unit}" if told is STEPS else ""
        return f"{place} one mode was timed, {first[0].case.mode}{rate}{_than_eager(first[0])}"
    if told is STEPS and fastest != slowest:  # how far apart modes are is what trainings are about
        place += f" modes make from {slowest} to {fastest}{told.unit}, and"
    if first[0].time_s is None or first[0].time_s.low is None:
        return f"{place} {first[0].case.mode} {told.best} (one launch, no interval)"
    if len(first) > 1:
        who = names([case.case.mode for case in first])
        return f"{place} {who} are the fastest modes, with no difference shown between them"
    return f"{place} {first[0].case.mode} is the fastest mode{_than_eager(first[0])}"
