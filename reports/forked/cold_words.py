"""What cold starts show, in sentences computed from their numbers, each with its uncertainty. Not yet escaped."""

from collections.abc import Sequence

from eagerbench.cases import CACHED
from eagerbench.reports.forked.cold_facts import after_imports, contending_starts, imports_s, quickest
from eagerbench.reports.leaders import is_yardstick, names
from eagerbench.reports.tables import breaking_even, call_of, compared, interval, seconds, work_in_words
from eagerbench.results import Run
from eagerbench.starting import ColdGroup, ColdStart, Lead
from eagerbench.stats import ratio
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary

_MOST_PAIRS = 4  # of one kind, in a sentence


def compiling(start: ColdStart) -> str:
    """What the stage `compile` of a start holds."""
    return "compile" if start.apart else "trace and compile"


def led(lead: Lead, call: str = "call") -> str:
    """From when on a mode has the least total time: ``function after 14 calls (9–22)``."""
    if lead.entered is None:
        return f"{lead.mode} from the first {call}"
    if lead.entered.kind in {"after", "always"}:
        return f"{lead.mode} {breaking_even(lead.entered, call)}"
    return f"{lead.mode} later on (undecided)"  # no interval, so no number


def cold_sentences(run: Run, summary: Summary, cases: Sequence[CaseSummary]) -> list[str]:
    """What is shown of the starts of one group, in a few sentences."""
    group = summary.cold.get(cases[0].case.group)
    if group is None or not group.starts:
        return ["No mode has a cold start that counts.", *_without_cache(cases, [])]
    starts = list(group.starts)
    return [
        *_first_sentences(starts),
        *_imports(run, starts),
        *_compiling(starts),
        *_from_cache(starts),
        *_without_cache(cases, starts),
        *_paid_back(group),
    ]


def cold_in_short(summary: Summary) -> list[str]:
    """Who starts quickest, in one clause; none where nothing was started cold."""
    if not summary.of("cold"):
        return []
    works: dict[str, list[str]] = {}
    single = False
    for group in summary.cold.values():
        first = quickest(group.starts) or contending_starts(group.starts)[:1]
        single |= first[0].after_imports_s.low is None
        work = work_in_words(group.starts[0].case)
        works.setdefault(names([start.case.mode for start in first], 3), []).append(work)
    if not works:
        return ["no cold start counts"]
    told = ", ".join(f"{who} ({'; '.join(works[who])})" for who in works)
    return [f"after imports the quickest to a first result: {told}{', one process and no interval' if single else ''}"]


def _first_sentences(starts: Sequence[ColdStart]) -> list[str]:
    contending = contending_starts(starts)
    first = quickest(starts) or contending[:1]
    mode, took = first[0].case.mode, interval(first[0].after_imports_s)
    if len(contending) == 1:
        found = [f"One mode was started cold, {mode}: from imports to its first result it takes {took}."]
    elif first[0].after_imports_s.low is None:
        told = f"After imports {mode} had the quickest first result, {took}; one process gives no interval, so nothing "
        found = [f"{told}shows that it is the quickest."]
    elif len(first) == 1:
        found = [f"After imports {mode} is the quickest to a first result: {took}."]
    else:
        others = "other" if len(first) == 2 else "others"
        told = f"After imports {names([start.case.mode for start in first])} are the quickest to a first result, and no"
        found = [f"{told} difference between {mode} and the {others} is shown; {mode} takes {took}."]
    found += [
        f"The yardstick {start.case.mode}, which is not TensorFlow, takes {interval(start.after_imports_s)}."
        for start in starts
        if is_yardstick(start.case.mode) and start not in contending
    ]
    if len(contending) > 2:
        slowest = contending[-1]
        found.append(f"{slowest.case.mode} took longest: {interval(slowest.after_imports_s)}{_mostly(slowest)}.")
    return found


def _mostly(start: ColdStart) -> str:
    """Which stage after imports takes most of a start."""
    stages = after_imports(start)
    most = max(stages, key=lambda name: stages[name])
    whole = sum(stages.values())
    if whole <= 0:
        return ""
    told = {"model": "building the model", "trace": "tracing and preparing", "call": "the call itself"}
    if most == "compile" and "xla" in start.case.mode:
        told["compile"] = "compiling" if start.apart else "tracing and compiling"
    return f", {stages[most] / whole:.0%} of it {told.get(most, 'what only a first call does')}".replace("%", " %")


def _imports(run: Run, starts: Sequence[ColdStart]) -> list[str]:
    took = imports_s(run, starts)
    return (
        [f"What comes before costs all of them the same: Python and its imports take {interval(took)}."] if took else []
    )


def _compiling(starts: Sequence[ColdStart]) -> list[str]:
    """What XLA's compiler costs where its cache is empty."""
    told = [start for start in starts if "xla" in start.case.mode and not start.case.mode.endswith(CACHED)]
    if not told:
        return []
    listed = ", ".join(
        f"{seconds(start.stages_s['compile'])}{'' if start.apart else ', tracing included,'} in {start.case.mode}"
        for start in told[:_MOST_PAIRS]
    )
    return [f"XLA's compiling takes, in the mean, {listed}."]


def _from_cache(starts: Sequence[ColdStart]) -> list[str]:
    by_mode = {start.case.mode: start for start in starts}
    pairs = [(by_mode[mode + CACHED], by_mode[mode]) for mode in by_mode if mode + CACHED in by_mode]
    if not pairs:
        return []
    told = []
    for cached, plain in pairs[:_MOST_PAIRS]:
        faster = ratio(plain.totals_s, cached.totals_s)
        words = f", {compared(faster)}" if faster and faster.low is not None else ""
        told.append(
            f"{plain.case.mode} took {interval(cached.after_imports_s)}, and {interval(plain.after_imports_s)} with it "
            f"empty{words}"
        )
    single = "; one process gives no interval" if pairs[0][0].after_imports_s.low is None else ""
    return [f"With XLA's cache on disk filled, {'; '.join(told)}{single}."]


def _without_cache(cases: Sequence[CaseSummary], starts: Sequence[ColdStart]) -> list[str]:
    """Why no start with a filled cache is shown; nothing where one is."""
    if any(start.case.mode.endswith(CACHED) for start in starts):
        return []
    cached = [case for case in cases if case.case.mode.endswith(CACHED)]
    if cached:
        why = dict.fromkeys(case.reason or case.status for case in cached)
        return [f"There is no start with XLA's cache on disk filled: {'; '.join(why)}."]
    if any("xla" in case.case.mode for case in cases):
        return ["There is no start with XLA's cache on disk filled: none was planned."]
    return []


def _paid_back(group: ColdGroup) -> list[str]:
    modes = [start.case.mode for start in group.starts]
    if REFERENCE_MODE not in modes:
        return [f"There is no cold start of {REFERENCE_MODE} that others could pay back against."]
    by_kind: dict[str, list[str]] = {}
    for mode in modes:
        if mode != REFERENCE_MODE and not is_yardstick(mode):
            by_kind.setdefault(group.pairs[mode, REFERENCE_MODE].kind, []).append(mode)
    call = call_of(group.starts[0].case)
    told = []
    if "always" in by_kind:
        told.append(f"{names(by_kind['always'])} from the first {call} on")
    for kind in ("after", "until"):
        ordered = sorted(by_kind.get(kind, []), key=lambda mode: _calls(group, mode))
        told += [
            f"{mode} {breaking_even(group.pairs[mode, REFERENCE_MODE], call).removeprefix('ahead ')}"
            for mode in ordered[:_MOST_PAIRS]
        ]
        told += (
            [f"{len(ordered) - _MOST_PAIRS} more later on" if kind == "after" else ""]
            if len(ordered) > _MOST_PAIRS
            else []
        )
    told += [f"never {names(by_kind['never'])}"] if "never" in by_kind else []
    undecided = by_kind.get("undecided", [])
    everyone = len(undecided) > 1 and len(by_kind) == 1
    told += [f"undecided for {'all modes' if everyone else names(undecided)}"] if undecided else []
    listed = ", ".join(filter(None, told))
    return [f"Ahead of {REFERENCE_MODE}, starts included: {listed}."] if listed else []


def _calls(group: ColdGroup, mode: str) -> float:
    calls = group.pairs[mode, REFERENCE_MODE].calls
    return calls.value if calls else 0.0
