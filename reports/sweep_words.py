"""What a sweep shows, computed from its numbers: who pays where, and which mode to use. Not yet escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eagerbench.crossings import Crossing
from eagerbench.reports.batch_curves import Curves, found_crossings, found_doublings
from eagerbench.reports.crossing_words import batch_in_words, far_apart, place_in_words, shown_whole
from eagerbench.reports.leaders import YARDSTICK, names
from eagerbench.reports.measures import measure
from eagerbench.reports.overhead import dense, overhead_sentence
from eagerbench.reports.raced_words import than_eager
from eagerbench.reports.sweep import Sweep, fastest, gains
from eagerbench.reports.tables import factor, rows_in_words
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary

_MOST_NAMES = 3
_ALL = 99


def gains_clause(sweep: Sweep) -> str:
    """From which batch size on, up to which, and at which widths the mode pays that does so most often.

    Empty where nothing is held against eager.
    """
    compared = {
        own.key: [size for size, cases in own.groups.items() if any(case.difference for case in cases)]
        for own in sweep.lines
    }
    if not any(compared.values()):
        return ""
    found = gains(sweep)
    if not found:
        return f"no mode is shown to be faster than {REFERENCE_MODE} at any batch size"
    mode, cases = next(iter(found.items()))
    by_words: dict[str, list[Curves]] = {}
    for own in sweep.lines:
        faster = [size for size, group in own.groups.items() if any(case in cases for case in group)]
        if compared[own.key]:
            by_words.setdefault(_sizes_in_words(faster, compared[own.key]), []).append(own)
    several = len(sweep.lines) > 1
    where = [f"{told}{f' with {lines_in_words(own)}' if several else ''}" for told, own in by_words.items()]
    if len(by_words) == 1:
        where = [f"{told}{f', with {lines_in_words(own)} alike' if several else ''}" for told, own in by_words.items()]
    best = max((case for own in found.values() for case in own), key=_speedup)
    times, limits = factor(best.speedup) if best.speedup else ("", "")
    who = "" if best.case.mode == mode else f" is won by {best.case.mode}"
    return (
        f"{mode} is shown to be faster than {REFERENCE_MODE} {names(where, _ALL)}; "
        f"most{who} on {rows_in_words(best.case)}: {times} faster ({limits})"
    )


def _speedup(case: CaseSummary) -> float:
    return case.speedup.value if case.speedup else 1.0


def _sizes_in_words(faster: Sequence[int], compared: Sequence[int]) -> str:
    """Which of some sizes: ``at every batch size``, ``up to 64 rows``, ``from 512 rows on``."""
    if not faster:
        return "at no batch size"
    if len(faster) == len(compared):
        return "at every batch size"
    first, last = compared.index(faster[0]), compared.index(faster[-1])
    if last - first + 1 != len(faster):
        return f"at {len(faster)} of {len(compared)} batch sizes"
    if len(faster) == 1:
        return f"at {batch_in_words(faster[0])}"
    if first == 0:
        return f"up to {batch_in_words(faster[-1])}"
    if last == len(compared) - 1:
        return f"from {batch_in_words(faster[0])} on"
    return f"from {faster[0]:,} to {batch_in_words(faster[-1])}"


def lines_in_words(lines: Sequence[Curves]) -> str:
    """Widths and benchmarks: ``32, 128 and 512 hidden units``."""
    *widths, last = lines
    alone = all(own.hidden is not None and not own.subject for own in lines)
    told = [f"{own.hidden:,}" if alone else own.line or "the suite's own model" for own in widths]
    return names([*told, last.line or "the suite's own model"], _ALL)


def overhead_clause(run: Run, sweep: Sweep) -> str:
    """Where overhead ends in eager; empty where the sizes don't show it."""
    lines = [own for own in sweep.lines if dense(own)]
    return overhead_sentence([(own, {one.mode: one for one in found_doublings(run, own)}) for own in lines])


def sweep_sentences(sweep: Sweep) -> list[str]:
    """How often each mode is shown to be faster than eager, the most often first; nothing where none is."""
    compared = sum(any(case.difference for case in cases) for cases in sweep.groups.values())
    told = [f"{mode} at {len(cases):,}" for mode, cases in gains(sweep).items()]
    if not told:
        return []
    places = f"Of {compared:,} batch sizes and widths"
    return [f"{places}, so many show a mode to be faster than {REFERENCE_MODE}: {names(told, _ALL)}."]


def yardstick_sentences(run: Run, sweep: Sweep) -> list[str]:
    """Where eager and function pass the yardstick, on the first and on the last line that show it."""
    found = [(own, one) for own in sweep.lines for one in found_crossings(run, own) if shown_whole(one)]
    told = []
    for mode in (REFERENCE_MODE, "function"):
        passed = [(own, one) for own, one in found if {one.faster_before, one.faster_after} == {mode, YARDSTICK}]
        ends = [passed[0], *passed[-1:]] if len(passed) > 1 else passed
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
    """

    line: Curves
    answer: str
    why: str


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
            found.append(Advice(own, *_advised(run, own, first)))
    return found


def _advised(run: Run, own: Curves, first: Mapping[int, Sequence[CaseSummary]]) -> tuple[str, str]:
    smallest, largest = min(first), max(first)
    modes = {size: [case.case.mode for case in cases] for size, cases in first.items()}
    everywhere = [mode for mode in modes[smallest] if all(mode in told for told in modes.values())]
    if everywhere or len(first) == 1:
        mode = (everywhere or modes[smallest])[0]
        why = [_at(_case(first[size], mode)) for size in dict.fromkeys((smallest, largest))]
        tied = "" if len(first) == 1 else "among the fastest at every batch size; "
        return names(everywhere or modes[smallest], _MOST_NAMES), f"{tied}{'; '.join(why)}"
    change = _change(run, own, modes[smallest], modes[largest])
    if change is None:
        before, after = modes[smallest][0], modes[largest][0]
        answer = f"{before} at {batch_in_words(smallest)}, {after} at {batch_in_words(largest)}"
        place = "where they change places is not shown; "
    else:
        before, after = change.faster_before, change.faster_after
        where = (
            f"{batch_in_words(change.between[0])}, {after} from {batch_in_words(change.between[1])} on"
            if far_apart(change)
            else f"about {batch_in_words(change.size)}, {after} above"
        )
        answer = f"{before} {'up to' if far_apart(change) else 'below'} {where}"
        place = f"they change places {place_in_words(change)}; "
    return answer, f"{place}{_at(_case(first[smallest], before))}; {_at(_case(first[largest], after))}"


def _change(run: Run, own: Curves, small: Sequence[str], large: Sequence[str]) -> Crossing | None:
    """The crossing of one that is ahead at small sizes with one that is ahead at large ones; the fastest first."""
    known = {(one.faster_before, one.faster_after): one for one in found_crossings(run, own)}
    return next((known[pair] for pair in ((one, other) for one in small for other in large) if pair in known), None)


def _case(cases: Sequence[CaseSummary], mode: str) -> CaseSummary:
    return next(case for case in cases if case.case.mode == mode)


def _at(case: CaseSummary) -> str:
    told = measure(case.case)
    return f"{batch_in_words(case.case.rows)}: {case.case.mode} {told.amount(case)}{told.each}{than_eager(case)}"
