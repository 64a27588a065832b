"""Stored runs side by side: what each shows of a case, held against the first run. Returns data: no printing, no paths.

Runs are held against each other that may differ in machine, versions or code: that is what a reader wants to compare.
What a case *is* must be the same, or its numbers are not comparable. Times of two runs also hold what the machine was
doing in the meantime, which no interval over launches says; a ratio to eager inside each launch cancels that.
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from eagerbench.cases import FORKED, Case
from eagerbench.comparable import MOST_LAUNCHES, definition_differences, machine_differences, why_not_whole
from eagerbench.growth import MB, Memory
from eagerbench.results import Counts, Run
from eagerbench.shift import Shift
from eagerbench.stats import WIDEST, Difference, Estimate, Mean, difference, quantile
from eagerbench.summary import REFERENCE_MODE, Summary, by_case, launch_medians

# missing: only the first run has the case. new: the first run doesn't. withheld: planned, but one of both has nothing
# of it that counts. equal, differs: of exact counts. more, less: of memory.
Verdict = Literal[
    "slower",
    "faster",
    "more",
    "less",
    "no difference shown",
    "no interval",
    "equal",
    "differs",
    "not comparable",
    "withheld",
    "missing",
    "new",
]
COMPARED: frozenset[Verdict] = frozenset(
    {"slower", "faster", "more", "less", "no difference shown", "no interval", "equal", "differs"}
)


class Comparison(msgspec.Struct, frozen=True):
    """One case of one run, held against the first run.

    Attributes:
        case: which.
        run: place of the run, from 1; the first run is 0.
        verdict: what the interval of the change in time, or in memory, shows; or why there is none.
        reason: of a verdict that is not a comparison: in which run, and why.
        before: in the first run: seconds of a call, environment steps a second of a training, seconds of a cold start
            after imports, megabytes above the baseline by the first call. None where there is no number that counts.
        after: the same in this run.
        change: seconds in this run over seconds in the first: 2 is twice as long. None of memory and counts, and where
            two launches in each are not there to give an interval.
        to_eager: the same of the ratio to eager in the same launch.
        more_mb: megabytes more than in the first run; of memory only.
        growth: of memory: what both runs say of growth with every call.
        counts: of exact counts that differ: name, in the first run, in this one.
    """

    case: Case
    run: int
    verdict: Verdict
    reason: str = ""
    before: Estimate | Mean | None = None
    after: Estimate | Mean | None = None
    change: Estimate | None = None
    to_eager: Estimate | None = None
    more_mb: Mean | None = None
    growth: tuple[str, str] | None = None
    counts: tuple[tuple[str, int | None, int | None], ...] = ()

    @property
    def against_eager(self) -> Difference | None:
        """What the interval of the change of the ratio to eager shows; None where there is no such ratio."""
        return difference(self.to_eager.reciprocal()) if self.to_eager else None


class SideBySide(msgspec.Struct, frozen=True):
    """Runs held against the first of them.

    Attributes:
        labels: of the runs.
        comparisons: by case, in the order of the plans, and then by run.
        same: places of runs that are the first run once more.
        machines: for each run but the first, what differs in machine and versions and moves times.
        notes: what must be known of the runs, in words.
    """

    labels: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    same: tuple[int, ...]
    machines: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    @property
    def groups(self) -> dict[str, list[Comparison]]:
        """Comparisons of cases that do the same work, by group, in the order of the plans: raced ones first."""
        found: dict[str, list[Comparison]] = {}
        for own in sorted(self.comparisons, key=lambda own: own.case.workload in FORKED):
            found.setdefault(own.case.group, []).append(own)
        return found


def welch(first: Sequence[float], second: Sequence[float]) -> Shift:
    """How far the mean of the second sample lies above that of the first, with its 95 % interval.

    ``mean(y) - mean(x) ± t(0.975, f) · s``, with ``s² = var(x)/n + var(y)/m`` and ``f = s⁴ / ((var(x)/n)²/(n - 1) +
    (var(y)/m)²/(m - 1))`` (Welch 1947, "The generalization of Student's problem when several different population
    variances are involved"; Georges, Buytaert & Eeckhout 2007, section 3.3, compare two alternatives so). It is what
    `eagerbench.stats.mean` is for one sample. It asks for no equal spread, since two machines or versions have none,
    and needs two numbers in each; the exact bounds of `eagerbench.shift` need four, which slow cases don't have. Of
    samples of two to seven numbers with one spread, 3 to 7 % miss the truth instead of 5 %; of two numbers against five
    with a third of their spread, 11 %.

    Args:
        first: finite numbers, at least one.
        second: finite numbers, at least one.

    Raises:
        ValueError: where a sample is empty.
    """
    if not first or not second:
        raise ValueError(f"a shift needs two samples, got {len(first)} and {len(second)} numbers")
    value = statistics.fmean(second) - statistics.fmean(first)
    if min(len(first), len(second)) < 2:
        return Shift(value, None, None)
    shares = [statistics.variance(own) / len(own) for own in (first, second)]
    spread = sum(shares)
    if spread == 0:
        return Shift(value, value, value)
    weights = [share / spread for share in shares]  # so that nothing is raised to a power that a float can't hold
    freedom = 1 / sum(weight**2 / (len(own) - 1) for weight, own in zip(weights, (first, second), strict=True))
    half = quantile(freedom) * math.sqrt(spread)
    return Shift(value, value - half, value + half)


def times_over(first: Sequence[float], second: Sequence[float]) -> Estimate | None:
    """The second sample over the first, both of positive numbers, by `welch` on their logarithms.

    None where one of them has fewer than two numbers: without an interval there is no ratio.
    """
    if not first or not second:
        return None
    found = welch([math.log(own) for own in first], [math.log(own) for own in second])
    if found.low is None or found.high is None:
        return None
    half = min((found.high - found.low) / 2, WIDEST)
    value = found.value
    return Estimate(math.exp(value), math.exp(value - half), math.exp(value + half), min(len(first), len(second)))


def side_by_side(runs: Sequence[Run], summaries: Sequence[Summary], labels: Sequence[str]) -> SideBySide:
    """Every case of every run, held against the first run.

    Args:
        runs: at least two.
        summaries: of them.
        labels: of them, no two alike.
    """
    sides = [_Side(*own) for own in zip(runs, summaries, labels, strict=True)]
    base, others = sides[0], sides[1:]
    planned = dict.fromkeys(case for run in runs for case in run.cases)
    return SideBySide(
        tuple(labels),
        tuple(
            _compare(base, other, place, case)
            for case in planned
            for place, other in enumerate(others, start=1)
            if case.id in base.summaries or case.id in other.summaries
        ),
        tuple(place for place, run in enumerate(runs) if place and run == runs[0]),
        tuple(machine_differences(base.run, other.run) for other in others),
        tuple(_notes(sides)),
    )


class _Side:
    """One of the runs, looked up by case."""

    def __init__(self, run: Run, summary: Summary, label: str) -> None:
        self.run = run
        self.label = label
        self.summaries = {own.case.id: own for own in summary.cases}
        self.starts = {start.case.id: start for group in summary.cold.values() for start in group.starts}
        self.memory: Mapping[str, Memory] = {own.case.id: own for own in summary.memory}
        self.counts: Mapping[str, Counts] = {own.case: own for own in summary.counts}
        self._samples = by_case(run)
        self.peaks: dict[str, list[float]] = {}
        for use in run.memory:
            self.peaks.setdefault(use.case, []).append(max(0.0, (use.first_peak_bytes - use.baseline_bytes) / MB))

    def seconds(self, case: Case) -> dict[int, float]:
        """Seconds of one call, or of a cold start after imports, by launch; of a case whose times count."""
        if case.workload == "cold":
            return self.starts[case.id].totals_s if case.id in self.starts else {}
        known = case.id in self.summaries and self.summaries[case.id].timed
        return launch_medians(self._samples[case.id, "steady"]) if known else {}

    def value(self, case: Case) -> Estimate | Mean | None:
        """What is shown of a case; None of a count, and where no number counts."""
        if case.workload == "memory":
            return self.memory[case.id].first_peak_mb if case.id in self.memory else None
        if case.workload == "cold":
            return self.starts[case.id].after_imports_s if case.id in self.starts else None
        own = self.summaries.get(case.id)
        if own is None:
            return None
        return own.steps_per_s if case.workload == "train" else own.time_s

    def measured(self, case: Case) -> bool:
        """Whether there is anything of the case that counts."""
        return case.id in self.counts if case.workload == "traces" else self.value(case) is not None

    def why_not(self, case: Case) -> str:
        """Where the numbers of a case are missing, and why."""
        own = self.summaries[case.id]
        if own.status == "unavailable":
            return f"can't run in {self.label}: {own.reason}"
        told = own.status if own.status != "ok" else "nothing was recorded"
        return f"withheld in {self.label}: {told}{f': {own.reason}' if own.reason else ''}"

    def ratios(self, case: Case) -> list[float]:
        """Seconds of a case over those of eager, one for each launch that timed both."""
        own, eager = self.seconds(case), self.seconds(_eager(case))
        return [own[launch] / eager[launch] for launch in sorted(own.keys() & eager.keys())]


def _eager(case: Case) -> Case:
    return Case(case.workload, REFERENCE_MODE, case.size)


def _compare(base: _Side, other: _Side, place: int, case: Case) -> Comparison:
    told = Comparison(case, place, "no interval", before=base.value(case), after=other.value(case))
    absent = _absent(base, other, case)
    if absent:
        return msgspec.structs.replace(told, verdict=absent[0], reason=absent[1])
    differing = definition_differences(base.run, other.run, case)
    if case.workload == "traces":
        before, after = base.counts[case.id].calls, other.counts[case.id].calls
        differing += (f"calls: {before} against {after}",) if before != after else ()
    if differing:
        return msgspec.structs.replace(
            told, verdict="not comparable", reason=f"defined otherwise: {'; '.join(differing)}"
        )
    if case.workload == "traces":
        counts = tuple(_counts(base.counts[case.id], other.counts[case.id]))
        return msgspec.structs.replace(told, verdict="differs" if counts else "equal", counts=counts)
    if case.workload == "memory":
        return _compare_memory(base, other, case, told)
    change = times_over(list(base.seconds(case).values()), list(other.seconds(case).values()))
    if change is None:
        return msgspec.structs.replace(told, reason=_too_few(base, other, case))
    alike = not definition_differences(base.run, other.run, _eager(case))
    shown = difference(change.reciprocal())
    return msgspec.structs.replace(
        told,
        verdict=shown,
        change=change,
        to_eager=times_over(base.ratios(case), other.ratios(case)) if case.mode != REFERENCE_MODE and alike else None,
    )


def _compare_memory(base: _Side, other: _Side, case: Case, told: Comparison) -> Comparison:
    found = welch(base.peaks[case.id], other.peaks[case.id])
    growth = (base.memory[case.id].verdict, other.memory[case.id].verdict)
    if found.low is None or found.high is None:
        return msgspec.structs.replace(told, reason=_too_few(base, other, case), growth=growth)
    processes = min(len(base.peaks[case.id]), len(other.peaks[case.id]))
    return msgspec.structs.replace(
        told,
        verdict="more" if found.low > 0 else "less" if found.high < 0 else "no difference shown",
        more_mb=Mean(found.value, found.low, found.high, processes),
        growth=growth,
    )


def _absent(base: _Side, other: _Side, case: Case) -> tuple[Verdict, str] | None:
    """Why a case can't be compared since one of the runs has nothing of it; None where both have."""
    if case.id not in other.summaries:
        return "missing", f"only in {base.label}"
    if case.id not in base.summaries:
        return "new", f"only in {other.label}"
    absent = [side.why_not(case) for side in (base, other) if not side.measured(case)]
    return ("withheld", "; ".join(absent)) if absent else None


def _counts(before: Counts, after: Counts) -> Iterator[tuple[str, int | None, int | None]]:
    """What is exact and differs: name, in the first run, in this one."""
    pairs = (
        ("traces", before.traces, after.traces),
        ("compiled programs", before.compiles, after.compiles),
        ("Keras steps a call", before.steps, after.steps),
    )
    yield from (pair for pair in pairs if pair[1] != pair[2])


def _too_few(base: _Side, other: _Side, case: Case) -> str:
    counts = [len(side.peaks[case.id] if case.workload == "memory" else side.seconds(case)) for side in (base, other)]
    what = "processes" if case.workload in FORKED else "launches"
    return f"{counts[0]} and {counts[1]} {what}; an interval needs 2 in each"


def _notes(sides: Sequence[_Side]) -> Iterator[str]:
    base = sides[0]
    for side in sides[1:]:
        if side.run == base.run:
            yield f"{side.label} is the same run as {base.label}: every change is exactly 1"
    for side in sides:
        # Whole or not, a run may have more launches than an exact bound can be counted of, which is not asked here.
        why = why_not_whole(side.run) if len(side.run.races) <= MOST_LAUNCHES else None
        if why:
            yield f"{side.label} is not whole: {why}"
