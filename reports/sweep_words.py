"""What a sweep shows, computed from its numbers: who pays where, and which mode to use. Not yet escaped."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from eagerbench.crossings import Crossing
from eagerbench.reports.batch_curves import Curves, found_crossings
from eagerbench.reports.crossing_words import batch_in_words, interval_in_words, place_in_words, unplaced
from eagerbench.reports.leaders import YARDSTICK, names, recommended
from eagerbench.reports.measures import measure
from eagerbench.reports.raced_words import than_eager
from eagerbench.reports.sweep import Sweep, fastest, gains
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary

_ALONE = "one launch gives no interval, so nothing is compared; --launches 5 would"
ALONE = f"{_ALONE[:1].upper()}{_ALONE[1:]}."
_MOST_NAMES = 3
_ALL = 99
Item = TypeVar("Item")


def use_clause(run: Run, sweep: Sweep) -> str:
    """Which mode to use, on the first line and on the last; empty where nothing is held against eager."""
    if not with_intervals(sweep.groups.values()):
        return _ALONE
    if not any(case.difference for cases in sweep.groups.values() for case in cases):
        return ""
    if not gains(sweep):
        return f"no mode is shown to be faster than {REFERENCE_MODE} at any batch size"
    found = advice(run, sweep)
    told = [f"{f'with {lines_in_words([own.line])} ' if own.line.line else ''}{own.short}" for own in _ends(found)]
    return f"among the fastest modes: {'; '.join(told)}" if told else ""


def with_intervals(groups: Iterable[Sequence[CaseSummary]]) -> bool:
    """Whether any case has an interval, without which nothing is held against anything."""
    return any(case.time_s is not None and case.time_s.low is not None for cases in groups for case in cases)


def _ends(found: Sequence[Item]) -> list[Item]:
    return [found[0], *found[-1:]] if len(found) > 1 else list(found)


def lines_in_words(lines: Sequence[Curves]) -> str:
    """Widths and benchmarks: ``32, 128 and 512 hidden units``."""
    *widths, last = lines
    alone = all(own.hidden is not None and not own.subject for own in lines)
    told = [f"{own.hidden:,}" if alone else own.line or "the suite's own model" for own in widths]
    return names([*told, last.line or "the suite's own model"], _ALL)


def sweep_sentences(sweep: Sweep) -> list[str]:
    """How often each mode is shown to be faster than eager, the most often first; nothing where none is.

    Where no case has an interval, that nothing is compared.
    """
    if not with_intervals(sweep.groups.values()):
        return [ALONE]
    compared = sum(any(case.difference for case in cases) for cases in sweep.groups.values())
    told = [f"{mode} at {len(cases):,}" for mode, cases in gains(sweep).items()]
    if not told:
        return []
    places = f"Of {compared:,} {sweep.title.removeprefix(f'{sweep.work} over ')}"
    return [f"{places}, so many show a mode to be faster than {REFERENCE_MODE}: {names(told, _ALL)}."]


def yardstick_sentences(run: Run, sweep: Sweep) -> list[str]:
    """Where eager and function pass the yardstick, on the first and on the last line that show it."""
    found = [(own, one) for own in sweep.lines for one in found_crossings(run, own)]
    told = []
    for mode in (REFERENCE_MODE, "function"):
        passed = [(own, one) for own, one in found if {one.faster_before, one.faster_after} == {mode, YARDSTICK}]
        ends = _ends(passed)
        places = [f"{place_in_words(one)} with {lines_in_words([own])}" for own, one in ends]
        if places and len({one.faster_after for _, one in ends}) == 1:
            one = ends[0][1]
            told.append(f"{one.faster_after} passes {one.faster_before} {' and '.join(places)}.")
    return told


@dataclass(frozen=True)
class Advice:
    """Which mode to use on one line of a sweep.

    Attributes:
        line: the widths or the benchmark.
        answer: which mode.
        why: what shows it.
        short: the answer as a headline has it, with the interval of where modes change places.
    """

    line: Curves
    answer: str
    why: str
    short: str


def advice(run: Run, sweep: Sweep) -> list[Advice]:
    """One piece for each line on which anything is shown.

    Args:
        run: where the samples are.
        sweep: of one workload.
    """
    found = []
    for own in sweep.lines:
        first = {size: fastest(run, cases) for size, cases in own.groups.items()}
        first = {size: cases for size, cases in first.items() if cases}
        if first:
            found.append(_advised(run, own, first))
    return found


def _advised(run: Run, own: Curves, first: Mapping[int, Sequence[CaseSummary]]) -> Advice:
    smallest, largest = min(first), max(first)
    modes = {size: [case.case.mode for case in cases] for size, cases in first.items()}
    everywhere = [case for case in first[smallest] if all(case.case.mode in told for told in modes.values())]
    if everywhere:
        chosen = [case.case.mode for case in recommended(everywhere)]
        told = names(chosen, _MOST_NAMES)
        why = [_at(own, size, chosen[0]) for size in dict.fromkeys((smallest, largest))]
        if len(first) == 1:
            return Advice(own, told, why[0], f"{told} at {batch_in_words(smallest)}")
        tied = "among the fastest at every batch size"
        return Advice(own, told, "; ".join([tied, *why]), f"{told} at every batch size")
    change = _change(run, own, modes)
    if change is None:
        before, after = (recommended(first[size])[0].case.mode for size in (smallest, largest))
        why = [_at(own, smallest, before), _at(own, largest, after)]
        if before == after:
            answer = f"{before} at {batch_in_words(smallest)} and at {batch_in_words(largest)}"
            return Advice(own, answer, "; ".join(["in between another mode is shown to be faster", *why]), answer)
        answer = f"{before} at {batch_in_words(smallest)}, {after} at {batch_in_words(largest)}"
        return Advice(own, answer, "; ".join(["where they change places is not shown", *why]), answer)
    before, after = change.faster_before, change.faster_after
    # The first batch size at which the other mode is shown to be ahead.
    why = [_at(own, smallest, before), _at(own, change.around[-1], after)]
    if unplaced(change):
        below, above = (batch_in_words(change.around[end]) for end in (0, -1))
        answer = f"{before} up to {below}, {after} from {above} on"
        return Advice(own, answer, "; ".join(why), answer)
    size, limits = batch_in_words(change.size), interval_in_words(change)
    return Advice(
        own,
        f"{before} below about {size}, {after} above",
        "; ".join([f"they change places {place_in_words(change)}", *why]),
        f"{before} below about {size} ({limits}), {after} above",
    )


def _change(run: Run, own: Curves, modes: Mapping[int, Sequence[str]]) -> Crossing | None:
    """The crossing of one that is ahead at the smallest size with one that is ahead at the largest, shown to be.

    Of several, of those that are among the fastest at the most sizes; else the fastest first.

    Args:
        run: where the samples are.
        own: the line.
        modes: the fastest by size, with those that can't be told from it.
    """
    known = {(one.faster_before, one.faster_after): one for one in found_crossings(run, own)}
    small, large = (
        sorted(modes[size], key=lambda mode: -sum(mode in told for told in modes.values()))
        for size in (min(modes), max(modes))
    )
    return next((known[pair] for pair in ((one, other) for one in small for other in large) if pair in known), None)


def _at(own: Curves, size: int, mode: str) -> str:
    case = own.modes[mode][size]
    told = measure(case.case)
    return f"{batch_in_words(size)}: {mode} {told.amount(case)}{told.each}{than_eager(case)}"
