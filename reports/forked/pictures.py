"""The figures of cold starts, memory and traces with what the page says beside them: name, description, caption."""

from collections.abc import Callable, Sequence
from functools import partial

from eagerbench.growth import Memory
from eagerbench.reports.escape import file_stems
from eagerbench.reports.forked.cold_cumulative import cumulative
from eagerbench.reports.forked.cold_facts import (
    after_imports,
    always_ahead,
    contending_starts,
    leads,
    quickest,
    starts_of,
)
from eagerbench.reports.forked.cold_stages import stages, words
from eagerbench.reports.forked.cold_words import led
from eagerbench.reports.forked.memory_growth import growth
from eagerbench.reports.forked.memory_peaks import peaks
from eagerbench.reports.forked.memory_words import growth_sentences, memory_of, verdict_in_words
from eagerbench.reports.forked.traces_grid import grid
from eagerbench.reports.forked.traces_words import TITLE, counted, made, traces_sentences
from eagerbench.reports.leaders import is_yardstick, names
from eagerbench.reports.picture import Picture, picture
from eagerbench.reports.tables import call_of, figure_title, interval, mean_in_words, seconds
from eagerbench.reports.workers import by_key
from eagerbench.results import Run
from eagerbench.starting import ColdGroup, ColdStart
from eagerbench.summary import Summary

TRACES = "traces"  # the key of the one section that is of no group


def forked_pictures(run: Run, summary: Summary) -> dict[str, list[Picture]]:
    """The figures of every group of cold starts and of memory of which something is known, and that of traces.

    Args:
        run: where the samples are.
        summary: of the run.

    Returns:
        By group; by `TRACES` the one of traces.
    """
    tasks: dict[str, list[Callable[[], list[Picture]]]] = {}
    for group, stem in _stems(summary, "cold").items():
        if starts_of(summary, group):
            tasks[group] = [partial(_stages, run, summary, group, stem), partial(_cumulative, summary, group, stem)]
    for group, stem in _stems(summary, "memory").items():
        if memory_of(summary, group):
            tasks[group] = [partial(_peaks, summary, group, stem), partial(_growth, summary, group, stem)]
    if counted(summary):
        tasks[TRACES] = [partial(_traces, summary)]
    return by_key(tasks, Picture)


def _stems(summary: Summary, workload: str) -> dict[str, str]:
    """For each group, the part of a file name that stands for its size."""
    groups = summary.of(workload)
    stems = file_stems(cases[0].case.size for cases in groups.values())
    return {group: stems[cases[0].case.size] for group, cases in groups.items()}


def _stages(run: Run, summary: Summary, group: str, stem: str) -> list[Picture]:
    starts = starts_of(summary, group)
    parts = "; ".join(
        f"{start.case.mode} {interval(start.after_imports_s)}: "
        + ", ".join(
            f"{words(start, stage)} {seconds(took)}" for stage, took in after_imports(start).items() if took > 0
        )
        for start in starts
    )
    return [
        picture(
            stages(run, summary, group),
            f"cold-stages-{stem}",
            f"{figure_title(starts[0].case)}: seconds after imports until the first result, by stages, quickest first: "
            f"{parts}.",
            _about_stages(starts),
        )
    ]


def _cumulative(summary: Summary, group: str, stem: str) -> list[Picture]:
    starts, own = starts_of(summary, group), summary.cold[group]
    call = call_of(starts[0].case)
    lines = "; ".join(
        f"{start.case.mode} {seconds(start.after_imports_s.value)}, then "
        f"{seconds(start.warm_s.value) if start.warm_s else 'unknown'} a {call}"
        for start in starts
    )
    told = ", ".join(led(lead, call) for lead in leads(own))
    return [
        picture(
            cumulative(summary, group),
            f"cold-cumulative-{stem}",
            f"{figure_title(starts[0].case)}: time of all {call}s together, start included. Least: "
            f"{told or 'unknown'}. Lines: {lines}.",
            _about_leads(own, call),
        )
    ]


def _about_stages(starts: Sequence[ColdStart]) -> str:
    """What the stages show, in one sentence."""
    first, last = contending_starts(starts)[0], starts[-1]
    if first is last:
        return f"From imports to its first result {first.case.mode} takes {interval(first.after_imports_s)}."
    parts = after_imports(last)
    most = max(parts, key=lambda stage: parts[stage])
    return (
        f"Between imports and the first result lie {interval(first.after_imports_s)} in {first.case.mode} and "
        f"{interval(last.after_imports_s)} in {last.case.mode}, of which the stage “{words(last, most)}” takes "
        f"{seconds(parts[most])}."
    )


def _about_leads(own: ColdGroup, call: str) -> str:
    """Who has the least total time for how many calls, in one sentence."""
    known = leads(own)
    if not known:
        return f"No later {call} was timed, so nothing is known of how a start pays back."
    least = (
        "The least time in all, yardsticks aside"
        if any(is_yardstick(start.case.mode) for start in own.starts)
        else "The least time in all"
    )
    first, *later = known
    if always_ahead(own, first.mode):
        return f"{least}: {first.mode} for any number of {call}s; no other start pays back."
    alone = [start.case.mode for start in quickest(own.starts)] == [first.mode]
    told = [f"{first.mode} for few {call}s{'' if alone else ' (undecided)'}", *(led(lead, call) for lead in later)]
    if len(told) == 1:
        return f"{least}: {told[0]}."
    return f"{least}: {', '.join(told[:-1])} and {told[-1]}."


def _peaks(summary: Summary, group: str, stem: str) -> list[Picture]:
    known = memory_of(summary, group)
    title, call = figure_title(known[0].case), call_of(known[0].case)
    peaked = "; ".join(
        f"{own.case.mode} {mean_in_words(own.first_peak_mb, ' MB')}, then {mean_in_words(own.last_peak_mb, ' MB')}"
        for own in known
    )
    return [
        picture(
            peaks(summary, group),
            f"memory-peak-{stem}",
            f"{title}: most resident memory above the imports after the first {call} and after the last, least first: "
            f"{peaked}.",
            _about_peaks(known, call),
        )
    ]


def _growth(summary: Summary, group: str, stem: str) -> list[Picture]:
    known = memory_of(summary, group)
    if not any(len(own.curve) > 1 for own in known):
        return []
    call = call_of(known[0].case)
    grown = "; ".join(
        f"{own.case.mode} {mean_in_words(own.slope_mb, ' MB') if own.slope_mb else 'unknown'}, {verdict_in_words(own)}"
        for own in known
    )
    return [
        picture(
            growth(summary, group),
            f"memory-growth-{stem}",
            f"{figure_title(known[0].case)}: growth of resident memory in 1,000 {call}s: {grown}.",
            growth_sentences(known, call)[0],
        )
    ]


def _about_peaks(known: Sequence[Memory], call: str) -> str:
    """Whose peak is set by the first call and whose is not, in one sentence."""
    rising = [own.case.mode for own in known if _above(own)]
    if len(known) == 1 and not rising:
        return f"{known[0].case.mode} takes {mean_in_words(known[0].first_peak_mb, ' MB')} for its first {call}."
    least, most = known[0], known[-1]
    between = f"from {mean_in_words(least.first_peak_mb, ' MB')} to {mean_in_words(most.first_peak_mb, ' MB')}"
    if not any(own.first_peak_mb.low is not None for own in known):
        return f"For the first {call} modes need {between}; one process cannot show whether more {call}s need more."
    if rising:
        return f"For the first {call} modes need {between}; later {call}s are shown to need more in {names(rising)}."
    return f"For the first {call} modes need {between}, and in no mode are later {call}s shown to need more."


def _above(own: Memory) -> bool:
    """Whether the whole interval of the last peak lies above that of the first."""
    first, last = own.first_peak_mb.high, own.last_peak_mb.low
    return first is not None and last is not None and last > first


def _traces(summary: Summary) -> list[Picture]:
    told = "; ".join(f"{mode}, {size}: {made(own)}" for (mode, size), own in counted(summary).items())
    return [picture(grid(summary), "traces", f"{TITLE} by mode and scenario: {told}.", traces_sentences(summary)[0])]
