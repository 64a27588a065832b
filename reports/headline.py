"""What the run shows, in sentences computed from its numbers, each with its uncertainty. Not yet escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eagerbench.cases import Case
from eagerbench.reports.tables import against, interval, ranked, rows_in_words
from eagerbench.results import Run
from eagerbench.stats import difference, ratio
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary, by_case, launch_medians

# Not TensorFlow, so never "the fastest mode": it says what the machine could do.
YARDSTICK_MODES = frozenset({"numpy"})


@dataclass(frozen=True)
class Banner:
    """What must be read before any number."""

    level: Literal["error", "warning"]
    text: str


def headline(run: Run, summary: Summary) -> str:
    """The whole run in one sentence."""
    if not run.launches:
        return "Nothing was measured."
    found = "; ".join(_in_short(run, cases) for cases in summary.groups.values())
    return f"{found[:1].upper()}{found[1:]}." if found else "Nothing was planned."


def group_sentences(run: Run, cases: Sequence[CaseSummary]) -> list[str]:
    """What is shown of the cases of one group, in a few sentences."""
    timed = [case for case in ranked(cases) if case.timed]
    place = _place(cases[0].case)
    if not timed:
        return [f"{place} no mode has times that count."]
    contenders = _contenders(timed)
    sentences = [_first_sentence(place, contenders, leaders(run, contenders))]
    sentences += [
        f"The yardstick {case.case.mode}, which is not TensorFlow, takes {interval(case.time_s)}."
        for case in timed
        if case.case.mode in YARDSTICK_MODES and case not in contenders
    ]
    sentences += _slow_sentence(contenders)
    if all(case.case.mode != REFERENCE_MODE for case in timed):
        sentences.append(f"There is no time of {REFERENCE_MODE} to compare with, hence no speed-up and no break-even.")
    return sentences


def leaders(run: Run, contenders: Sequence[CaseSummary]) -> list[CaseSummary]:
    """The fastest case and those that no paired interval tells from it.

    Args:
        run: where the samples are.
        contenders: timed cases, fastest first.
    """
    index = by_case(run)
    medians = {case.case.id: launch_medians(index[case.case.id, "steady"]) for case in contenders}
    fastest = contenders[0]
    return [fastest] + [
        case for case in contenders[1:] if not _shown_slower(medians[case.case.id], medians[fastest.case.id])
    ]


def banners(run: Run, summary: Summary) -> list[Banner]:
    """Why the numbers are not those of a whole, green run; empty where they are."""
    if not run.launches:
        return [Banner("error", "No launch was recorded: there is nothing to show.")]
    found = []
    bad = [case for case in summary.cases if not case.timed and case.status != "unavailable"]
    if bad:
        ids = ", ".join(case.case.id for case in bad)
        found.append(Banner("error", f"{len(bad)} of {len(summary.cases)} cases have no times that count: {ids}"))
    if run.interrupted:
        found.append(Banner("warning", "The run was stopped before it had measured all that was planned."))
    return found


def _shown_slower(case: dict[int, float], fastest: dict[int, float]) -> bool:
    paired = ratio(case, fastest)
    return paired is not None and difference(paired) == "faster"  # a ratio above one: more seconds than the fastest


def _place(case: Case) -> str:
    return f"At {rows_in_words(case)}" if case.workload == "forward" else f"In {case.group}"


def _contenders(timed: list[CaseSummary]) -> list[CaseSummary]:
    return [case for case in timed if case.case.mode not in YARDSTICK_MODES] or timed


def _names(cases: Sequence[CaseSummary]) -> str:
    names = [case.case.mode for case in cases]
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _first_sentence(place: str, contenders: list[CaseSummary], first: list[CaseSummary]) -> str:
    fastest = first[0]
    took = f"{interval(fastest.time_s)} a call"
    if len(contenders) == 1:
        return f"{place} one mode was timed, {fastest.case.mode}: {took}{_than_eager(fastest)}."
    if fastest.time_s is None or fastest.time_s.low is None:
        return (
            f"{place} {fastest.case.mode} had the shortest time, {took}; one launch gives no interval, "
            "so nothing shows that it is the fastest."
        )
    if len(first) == 1:
        return f"{place} {fastest.case.mode} is the fastest mode: {took}{_than_eager(fastest)}."
    return (
        f"{place} {_names(first)} are the fastest modes, and no difference between {fastest.case.mode} and the "
        f"{'other' if len(first) == 2 else 'others'} is shown; {fastest.case.mode} takes {took}{_than_eager(fastest)}."
    )


def _than_eager(case: CaseSummary) -> str:
    words, limits = against(case.speedup)
    if not limits:
        return ""
    if words == "no difference shown":
        return f", with no difference to {REFERENCE_MODE} shown ({limits})"
    return f", {words} than {REFERENCE_MODE} ({limits})"


def _slow_sentence(contenders: list[CaseSummary]) -> list[str]:
    """On Keras' own ``predict``, which most people call, where it is shown slower than eager; else on the slowest."""
    for case in contenders:
        if case.case.mode == "predict" and case.difference == "slower":
            took = f"takes {interval(case.time_s)}{_than_eager(case)}"
            return [f"Keras predict with its default arguments {took}."]
    slowest = contenders[-1]
    if len(contenders) < 3:
        return []
    return [f"{slowest.case.mode} has the longest time: {interval(slowest.time_s)}{_than_eager(slowest)}."]


def _in_short(run: Run, cases: Sequence[CaseSummary]) -> str:
    timed = [case for case in ranked(cases) if case.timed]
    place = _place(cases[0].case).replace("At ", "at ", 1).replace("In ", "in ", 1)
    if not timed:
        return f"{place} no mode has times that count"
    contenders = _contenders(timed)
    first = leaders(run, contenders)
    if len(contenders) == 1:
        return f"{place} one mode was timed, {first[0].case.mode}{_than_eager(first[0])}"
    if first[0].time_s is None or first[0].time_s.low is None:
        return f"{place} {first[0].case.mode} had the shortest time (one launch, no interval)"
    if len(first) > 1:
        return f"{place} {_names(first)} are the fastest modes, with no difference shown between them"
    return f"{place} {first[0].case.mode} is the fastest mode{_than_eager(first[0])}"
