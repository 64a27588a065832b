"""What runs side by side show, in sentences computed from the comparisons. Plain text, not yet escaped."""

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from eagerbench.reports.leaders import names
from eagerbench.reports.tables import ABSENT, against, amount, group_title, mean_limits, times_limits
from eagerbench.side_by_side import COMPARED, Comparison, SideBySide
from eagerbench.stats import Difference, Estimate, difference
from eagerbench.summary import REFERENCE_MODE

NOT_SHOWN = "no difference shown"
WHAT_TIMES_HOLD = (
    "Times of different runs also hold what the machine was doing in the meantime, which no interval over launches "
    f"says; only ratios to {REFERENCE_MODE} inside a launch cancel that. Whether code got slower is for “eagerbench "
    "gate” to tell, which runs both versions in turn."
)
_MOST_DIFFERENCES = 5


def change_in_words(change: Estimate | None) -> tuple[str, str]:
    """A change and its interval: ``1.20× slower`` and ``1.15–1.25``; where none is shown, the times over.

    Args:
        change: times over the first run's; 2 is twice as long.
    """
    if change is None:
        return against(None)
    words, limits = against(change.reciprocal())
    return words, f"{times_limits(change)}×" if words == NOT_SHOWN else limits


def memory_in_words(own: Comparison) -> tuple[str, str]:
    """A change of memory and its interval: ``12.0 MB more`` and ``10.0–14.0``."""
    if own.more_mb is None:
        return against(None)
    if own.verdict == NOT_SHOWN:
        return NOT_SHOWN, f"{mean_limits(own.more_mb)} MB"
    told = own.more_mb
    if told.value < 0:
        low, high = told.low or 0.0, told.high or 0.0
        return f"{amount(-told.value)} MB less", f"{amount(-high)}–{amount(-low)}"
    return f"{amount(told.value)} MB more", mean_limits(told)


def verdict_in_words(own: Comparison) -> str:
    """What time and ratio to eager say together, or why there is nothing to say."""
    if own.verdict in {"missing", "new"}:
        return own.reason
    relative = own.against_eager
    if own.verdict not in {"slower", "faster", NOT_SHOWN} or relative is None:
        return own.verdict
    if own.verdict == relative:
        return NOT_SHOWN if relative == NOT_SHOWN else f"{own.verdict}, also against {REFERENCE_MODE}"
    if relative == NOT_SHOWN:
        return f"{own.verdict} in time only"
    if own.verdict == NOT_SHOWN:
        return f"{relative} against {REFERENCE_MODE} only"
    return f"{own.verdict} in time, {relative} against {REFERENCE_MODE}"


def changed(own: Comparison) -> bool:
    """Whether any difference is shown."""
    shown: set[str | None] = {own.verdict, own.against_eager}
    return bool(shown & {"slower", "faster", "more", "less", "differs"})


def case_in_words(own: Comparison) -> str:
    """A case as a sentence names it: ``function, forward pass of 1 row``."""
    title = group_title(own.case)
    return f"{own.case.mode}, {title[:1].lower()}{title[1:]}"


def cases_in_words(count: int) -> str:
    """``1 case``, ``12 cases``."""
    return "1 case" if count == 1 else f"{count:,} cases"


def headline(told: SideBySide) -> str:
    """All runs in one sentence: what changed against eager, which holds across machines, else what changed in time."""
    others = range(1, len(told.labels))
    if len(told.same) == len(others):
        return f"{_listed(told, told.same)} {'is' if len(others) == 1 else 'are'} the same run as {told.labels[0]}."
    if any(own.to_eager for own in told.comparisons):
        where, verdict = f"Against {REFERENCE_MODE} in the same launch", _relative
    elif any(own.change for own in told.comparisons):
        where, verdict = "In time", _in_time
    else:
        return f"No time of {_listed(told, others)} can be held against one of {told.labels[0]}."
    if len(others) == 1:
        return f"{where}, {_found(told, 1, verdict)}."
    differing = {place: shown for place in others if (shown := _shown(told, place, verdict))}
    if not differing:
        return f"{where}, none of {len(others)} runs shows a difference to {told.labels[0]}."
    totals = {place: sum(pick[1] is not None for pick in map(verdict, _of(told, place))) for place in differing}
    clauses = [f"{told.labels[place]} in {len(shown)} of {totals[place]}" for place, shown in differing.items()]
    clauses[0] += " case" if totals[next(iter(totals))] == 1 else " cases"
    listed = names(clauses, most=len(others))
    return f"{where}, {len(differing)} of {len(others)} runs differ from {told.labels[0]}: {listed}."


def run_sentences(told: SideBySide, place: int) -> list[str]:
    """What one run shows against the first: times, memory, counts, and what can't be compared."""
    own, label = _of(told, place), told.labels[place]
    found = [machines_in_words(told, place)]
    if place in told.same:
        found.append(f"{label} is the same run as {told.labels[0]}: every change is exactly 1, and none is shown.")
    if any(one.change for one in own):
        found.append(f"In time, {_found(told, place, _in_time)}.")
    moved = {one.case.id: one.more_mb.value for one in own if one.more_mb}
    if moved:
        counted = Counter(one.verdict for one in own if one.more_mb)
        parts = [f"{word} in {counted[word]:,}" for word in ("more", "less") if counted[word]]
        shown = f"is {' and '.join(parts)}" if parts else "shows no difference in any"
        found.append(
            f"Memory by the first call {shown} of {cases_in_words(len(moved))}; the median change is "
            f"{amount(statistics.median(moved.values()))} MB."
        )
    counts = [one for one in own if one.verdict in {"equal", "differs"}]
    if counts:
        differing = sum(one.verdict == "differs" for one in counts)
        found.append(
            f"Exact counts differ in {differing:,} of {cases_in_words(len(counts))}."
            if differing
            else f"The exact counts of {cases_in_words(len(counts))} are equal."
        )
    return [*found, *_not_compared(own)]


def machines_in_words(told: SideBySide, place: int) -> str:
    """What differs between a run's machine and versions and the first run's, in a sentence."""
    label, differing = told.labels[place], told.machines[place - 1]
    if not differing:
        return f"{label} has the machine, the packages and the flags of {told.labels[0]}."
    left_out = len(differing) - _MOST_DIFFERENCES
    shown = [*differing[:_MOST_DIFFERENCES], *([f"and {left_out:,} more"] if left_out > 0 else [])]
    return f"What differs, {told.labels[0]} against {label}: {'; '.join(shown)}."


def run_row(told: SideBySide, place: int) -> tuple[str, ...]:
    """The same in cells: label, against eager, time, memory, counts, what can't be compared, machine and versions."""
    own, differing = _of(told, place), told.machines[place - 1]
    counts = Counter(one.verdict for one in own)
    counted = counts["differs"] + counts["equal"]
    equal = f"{counts['differs']:,} of {counted:,} differ" if counts["differs"] else f"all {counted:,} equal"
    return (
        told.labels[place],
        _counted((one.against_eager for one in own if one.to_eager), "slower", "faster"),
        _counted((one.verdict for one in own if one.change), "slower", "faster"),
        _counted((one.verdict for one in own if one.more_mb), "more", "less"),
        equal if counted else ABSENT,
        f"{sum(one.verdict not in COMPARED or one.verdict == 'no interval' for one in own):,}",
        "; ".join(differing) or f"as {told.labels[0]}",
    )


def _counted(verdicts: Iterable[str | None], *shown: str) -> str:
    """``3 slower, 5 faster of 83``."""
    counts = Counter(verdicts)
    total = sum(counts.values())
    parts = [f"{counts[word]:,} {word}" for word in shown if counts[word]]
    return f"{', '.join(parts) or 'none shown'} of {total:,}" if total else ABSENT


def _not_compared(own: Sequence[Comparison]) -> list[str]:
    counted = Counter(one.verdict for one in own if one.verdict not in COMPARED)
    few = sum(one.verdict == "no interval" for one in own)
    words = {
        "not comparable": "defined otherwise",
        "withheld": "without numbers that count in both",
        "missing": "only in the first",
        "new": "only in this one",
    }
    parts = [f"{count:,} {words[verdict]}" for verdict, count in sorted(counted.items())]
    parts += [f"{few:,} with too few launches for an interval"] if few else []
    total = sum(counted.values()) + few
    return [f"{cases_in_words(total)} can't be compared: {', '.join(parts)}."] if total else []


def by_chance(told: SideBySide) -> str:
    """How many differences are shown, and how many chance alone would show; empty where nothing has an interval."""
    verdicts: list[str] = []
    for own in told.comparisons:
        if own.run not in told.same:
            verdicts += [own.verdict] if own.change or own.more_mb else []
            verdicts += [own.against_eager] if own.against_eager else []
    if not verdicts:
        return ""
    shown = sum(verdict != NOT_SHOWN for verdict in verdicts)
    return (
        f"Of {len(verdicts):,} intervals at 95 %, {shown:,} show a difference; chance alone would show about "
        f"{max(1, round(len(verdicts) / 20)):,} where there is none."
    )


_Pick = Callable[[Comparison], tuple[Difference | None, Estimate | None]]


def _relative(own: Comparison) -> tuple[Difference | None, Estimate | None]:
    return own.against_eager, own.to_eager


def _in_time(own: Comparison) -> tuple[Difference | None, Estimate | None]:
    return (difference(own.change.reciprocal()) if own.change else None), own.change


def _of(told: SideBySide, place: int) -> list[Comparison]:
    return [own for own in told.comparisons if own.run == place]


def _found(told: SideBySide, place: int, pick: _Pick) -> str:
    """What changed in a run, with the largest change that is shown."""
    shown = _shown(told, place, pick)
    words = f"{told.labels[place]} {_tally(told, place, pick)}"
    if not shown:
        return words
    change, limits = change_in_words(shown[0][1])
    return f"{words}{': ' if len(shown) == 1 else '; most changed: '}{case_in_words(shown[0][0])}, {change} ({limits})"


def _tally(told: SideBySide, place: int, pick: _Pick) -> str:
    """``is slower than base in 3 and faster in 5 of 83 cases``."""
    counted: Counter[str | None] = Counter(verdict for verdict, change in map(pick, _of(told, place)) if change)
    total = sum(counted.values())
    if not total:
        return "can't be compared"
    shown = [word for word in ("slower", "faster") if counted[word]]
    if not shown:
        return f"shows no difference to {told.labels[0]} in any of {cases_in_words(total)}"
    parts = [f"{shown[0]} than {told.labels[0]} in {counted[shown[0]]:,}"]
    parts += [f"{word} in {counted[word]:,}" for word in shown[1:]]
    return f"is {' and '.join(parts)} of {cases_in_words(total)}"


def _shown(told: SideBySide, place: int, pick: _Pick) -> list[tuple[Comparison, Estimate]]:
    """The changes that are shown in a run, the largest first."""
    found = [
        (one, change)
        for one in _of(told, place)
        for verdict, change in [pick(one)]
        if change and verdict in {"slower", "faster"}
    ]
    return sorted(found, key=lambda shown: abs(math.log(shown[1].value)), reverse=True)


def _listed(told: SideBySide, places: Iterable[int]) -> str:
    return names([told.labels[place] for place in places])
