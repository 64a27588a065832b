"""Which mode to use when: a line for each situation, with where that is shown. Plain text, not yet escaped."""

from collections.abc import Sequence
from dataclasses import dataclass

from eagerbench.learning import ToTarget
from eagerbench.reports.forked.cold_facts import always_ahead, contending_starts, leads, quickest, shown_leads
from eagerbench.reports.forked.cold_words import led
from eagerbench.reports.forked.memory_words import memory_in_short
from eagerbench.reports.forked.pictures import TRACES
from eagerbench.reports.forked.traces_words import TITLE, counted_modes, more_often, traces_cases
from eagerbench.reports.leaders import contenders, is_in_graph, is_yardstick, leaders, least, names, recommended
from eagerbench.reports.measures import measure
from eagerbench.reports.raced_words import than_eager
from eagerbench.reports.reached import solved_runs, soonest_first, target_in_words, time_in_words
from eagerbench.reports.sweep import Sweep, apart, sweeps
from eagerbench.reports.sweep_words import advice
from eagerbench.reports.tables import (
    call_of,
    environments_in_words,
    group_title,
    ranked,
    rows_in_words,
    size_of,
    work_in_words,
)
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary

_CHANGING = "forward-shapes"
_MOST_NAMES = 3


@dataclass(frozen=True)
class Situation:
    """One line of the table.

    Attributes:
        need: what somebody wants to do.
        answer: which mode to use for it.
        why: what shows it, with its uncertainty.
        section: that has the evidence, by its name.
        evidence: title of that section.
    """

    need: str
    answer: str
    why: str
    section: str
    evidence: str


def situations(run: Run, summary: Summary) -> list[Situation]:
    """A line for everything that the run can answer; none where nothing was measured.

    Args:
        run: where the samples are.
        summary: of the run.
    """
    found = [one for sweep in sweeps(summary).values() for one in _swept(run, sweep)]
    found += [one for group, cases in apart(summary).items() for one in _raced(run, group, cases)]
    found += [one for group in summary.of("cold") for one in _cold(summary, group)]
    return found + _changing(run, summary) + _memory(summary)


def _swept(run: Run, sweep: Sweep) -> list[Situation]:
    """A line for each width: who is ahead on small batches, and from where on another."""
    need = {"forward": "Many forward passes", "update": "Many gradient steps"}[sweep.workload]
    return [
        Situation(
            f"{need}{f', {own.line.line}' if own.line.line else ''}", own.answer, own.why, own.line.key, own.line.work
        )
        for own in advice(run, sweep)
    ]


def _raced(run: Run, group: str, cases: Sequence[CaseSummary]) -> list[Situation]:
    timed = contenders([case for case in ranked(cases) if case.timed])
    needs = {
        "forward": f"Many forward passes of {rows_in_words(cases[0].case)}",
        "update": f"Many gradient steps on {rows_in_words(cases[0].case)}",
        "train": f"Training in {environments_in_words(cases[0].case)}",
    }
    need = needs.get(cases[0].case.workload, group_title(cases[0].case))
    link = (group, group_title(cases[0].case))
    found = [Situation(need, *told, *link) for told in _fastest(run, timed)]
    outside = [case for case in timed if not is_in_graph(case.case.mode)]
    if len(outside) < len(timed):
        others = f"{need}, stepped by Gymnasium itself"
        found += [Situation(others, *told, *link) for told in _fastest(run, outside)]
    return found + _target(run, cases, link)


def _fastest(run: Run, timed: Sequence[CaseSummary]) -> list[tuple[str, str]]:
    """Which of some cases to use, and what shows it; nothing where nothing does."""
    first = leaders(run, timed)
    if len(timed) < 2 or not first:
        return []
    chosen = recommended(first)
    told = measure(chosen[0].case)
    amount = f"{told.amount(chosen[0])}{told.each}{than_eager(chosen[0])}"
    others = [case.case.mode for case in first if case is not chosen[0]]
    if others and chosen[0].case.mode == REFERENCE_MODE:
        return [(REFERENCE_MODE, f"{amount}; no other TensorFlow mode for this is shown to be faster")]
    tied = f"; no difference to {names(others, _MOST_NAMES)} is shown" if others else ""
    which = f"{chosen[0].case.mode}: " if len(chosen) > 1 else ""
    return [(names([case.case.mode for case in chosen], _MOST_NAMES), f"{which}{amount}{tied}")]


def _target(run: Run, cases: Sequence[CaseSummary], link: tuple[str, str]) -> list[Situation]:
    """Who reaches the target soonest, with those that no pairing seed by seed tells from it; nothing from one seed."""
    told = [(case, case.to_target) for case in soonest_first(cases) if not is_yardstick(case.case.mode)]
    known = [(case.case.mode, own) for case, own in told if own and own.seconds is not None]
    if len(known) < 2:
        return []
    ran = [(mode, own) for mode, own in known if not own.estimated]
    first = least(ran, [_by_seed(own) for _, own in ran])
    if known[0][1].estimated or len(ran) < 2 or not first:
        return []
    time, detail = time_in_words(first[0][1])
    others = [mode for mode, _ in first[1:]]
    tied = f"; no difference to {names(others, _MOST_NAMES)} is shown, seed by seed" if others else ""
    need = f"Reaching the target, compilation included: {target_in_words(run)}"
    answer = names([mode for mode, _ in first], _MOST_NAMES)
    which = f"{first[0][0]}: " if tied else ""
    return [Situation(need, answer, f"{which}{time}{f' ({detail})' if detail else ''}{tied}", *link)]


def _by_seed(result: ToTarget) -> dict[int, float]:
    return {run.seed: run.seconds_to_target for run in solved_runs(result) if run.seconds_to_target}


def _cold(summary: Summary, group: str) -> list[Situation]:
    """Who has the least time in all for how many calls, as far as processes show it."""
    own = summary.cold.get(group)
    first = [start.case.mode for start in quickest(own.starts)] if own else []
    if own is None or len(contending_starts(own.starts)) < 2 or not first or not leads(own):
        return []
    case = own.starts[0].case
    call = call_of(case)
    later = shown_leads(own)
    many = "few" if later else "any number of" if always_ahead(own, first[0]) else "a first few"
    who = names(first, _MOST_NAMES)
    tied = ", between which no difference is shown" if len(first) > 1 else ""
    return [
        Situation(
            f"A fresh process: {work_in_words(case)}",
            ", then ".join([who, *(lead.mode for lead in later)]),
            ", ".join(
                [
                    f"least time in all, start included: {who} for {many} {call}s{tied}",
                    *(led(one, call) for one in later),
                ]
            ),
            group,
            group_title(summary.of("cold")[group][0].case),
        )
    ]


def _changing(run: Run, summary: Summary) -> list[Situation]:
    """The fastest of those that trace and compile no more often when the number of rows changes."""
    counted = [own.case.split("/")[1] for own in summary.counts if own.case.endswith(f"/{_CHANGING}")]
    again = {own.case.split("/")[1] for own in more_often(summary, _CHANGING)}
    quiet = [
        mode for mode in counted_modes(summary) if mode in counted and not is_yardstick(mode) and mode not in again
    ]
    if not traces_cases(summary) or not quiet or not again:
        return []
    smallest = min(summary.of("forward").values(), key=lambda cases: size_of(cases[0].case), default=[])
    timed = [case for case in ranked(smallest) if case.timed and case.case.mode in quiet]
    first = [case.case.mode for case in recommended(leaders(run, timed))] if len(timed) > 1 else []
    fastest = f"; of the others none is shown to be faster on {rows_in_words(timed[0].case)}" if first else ""
    loud = names([mode for mode in counted_modes(summary) if mode in again], 99)
    return [
        Situation(
            "Batches whose number of rows keeps changing",
            names(first or quiet, 99),
            f"more traces or compilations than with one shape: {loud}{fastest}",
            TRACES,
            TITLE,
        )
    ]


def _memory(summary: Summary) -> list[Situation]:
    groups = summary.of("memory")
    if not groups or not summary.memory:
        return []
    growing = {own.case.mode for own in summary.memory if own.verdict == "grows"}
    known = dict.fromkeys(own.case.mode for own in summary.memory)
    still = [mode for mode in known if mode not in growing and not is_yardstick(mode)]
    first = next(iter(groups))
    answer = "no mode is ruled out" if not growing else names(still, 99) if still else "none"
    return [
        Situation(
            "A loop of very many calls, memory in mind",
            answer,
            memory_in_short(summary)[0],
            first,
            group_title(groups[first][0].case),
        )
    ]
