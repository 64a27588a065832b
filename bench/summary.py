"""From the raw samples of a run to what may be said about each case. Used by the pytest plugin and by every report.

Returns data: no printing, no paths. Knows no TensorFlow and no pandas.
"""

import statistics
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from eagerbench.cases import EMPTY_CALL, SGEMM, SGEMM_FLOPS, Case
from eagerbench.results import CaseOutcome, Parity, Run, Sample, Stage, Status
from eagerbench.stats import BreakEven, Difference, Estimate, break_even, difference, estimate, ratio

REFERENCE_MODE = "eager"

# Steady samples of the second half of a launch against its first half: where the whole interval of that ratio lies
# beyond this, a reader is told that the machine, or the mode, was still changing.
DRIFT = 1.05
HARNESS_LIMIT_S = 2e-6


class Conclusion(msgspec.Struct, frozen=True):
    """Something a reader must know beside the numbers; any renderer can show it."""

    level: Literal["info", "warning", "error"]
    message: str


class CaseSummary(msgspec.Struct, frozen=True):
    """What may be said of one case.

    Attributes:
        case: which.
        status: ``ok``, or why its times are withheld.
        reason: one line of words; empty where the status is ``ok``.
        parity: of the first launch that disagreed, else of the first.
        launches: launches with steady samples.
        samples: steady samples in all of them.
        time_s: seconds of one steady call. None where withheld or never measured, like all numbers below.
        cold_s: seconds of preparing and the first call.
        cpu_user_s: CPU seconds of one steady call in user mode, all threads; mean over launches.
        cpu_sys_s: the same in the kernel.
        speedup: seconds of eager over seconds of this mode, paired by launch; None for eager itself.
        difference: what the interval of the speed-up shows.
        break_even: calls until the start has paid back against eager.
        limit_s: seconds that the arithmetic alone would take at the measured speed of a matrix product.
        traces: traces made before timing began, largest over launches.
        warm: False where some launch was still getting faster, None where calls are too slow to tell, else True.
        resolved: what the mode turned out to be, as the first launch said.
    """

    case: Case
    status: Status
    reason: str
    parity: Parity | None
    launches: int
    samples: int
    time_s: Estimate | None
    cold_s: Estimate | None
    cpu_user_s: float | None
    cpu_sys_s: float | None
    speedup: Estimate | None
    difference: Difference | None
    break_even: BreakEven | None
    limit_s: float | None
    traces: int | None
    warm: bool | None
    resolved: dict[str, Any]

    @property
    def timed(self) -> bool:
        """Whether its times may be shown."""
        return self.time_s is not None


class Summary(msgspec.Struct, frozen=True):
    """What may be said of a run.

    Attributes:
        cases: in the plan's order.
        sgemm_flops_per_s: measured speed of a 2048 × 2048 single-precision matrix product (NumPy), in the same races.
        harness_s: seconds that the timing loop adds to a call.
        conclusions: caveats, most severe first.
    """

    cases: tuple[CaseSummary, ...]
    sgemm_flops_per_s: Estimate | None
    harness_s: Estimate | None
    conclusions: tuple[Conclusion, ...]

    @property
    def groups(self) -> dict[str, list[CaseSummary]]:
        """Cases that do the same work, by group, in the plan's order."""
        found: dict[str, list[CaseSummary]] = {}
        for case in self.cases:
            found.setdefault(case.case.group, []).append(case)
        return found

    @property
    def green(self) -> bool:
        """Whether every planned case has times that count (a mode that this machine can't run is not a failure)."""
        return all(case.timed or case.status == "unavailable" for case in self.cases)


class _Timing(msgspec.Struct, frozen=True):
    """Numbers of one case, by launch."""

    warm: dict[int, float]
    cold: dict[int, float]
    user: list[float]
    sys: list[float]
    samples: int


_Index = Mapping[tuple[str, Stage], dict[int, list[Sample]]]


def by_case(run: Run) -> _Index:
    """Samples by case and stage, in each by index of launch; what nobody measured is empty."""
    index: defaultdict[tuple[str, Stage], dict[int, list[Sample]]] = defaultdict(dict)
    for launch in run.launches:
        for sample in launch.samples:
            index[sample.case, sample.stage].setdefault(launch.index, []).append(sample)
    return index


def launch_medians(samples: dict[int, list[Sample]]) -> dict[int, float]:
    """Median seconds of one call, by launch."""
    return {launch: statistics.median(sample.call_s for sample in own) for launch, own in samples.items()}


def _timing(index: _Index, case: str) -> _Timing:
    steady = index[case, "steady"]
    calls = {launch: sum(sample.calls for sample in own) for launch, own in steady.items()}
    return _Timing(
        warm=launch_medians(steady),
        cold=launch_medians(index[case, "cold"]),
        user=[sum(sample.user_s for sample in own) / calls[launch] for launch, own in steady.items()],
        sys=[sum(sample.sys_s for sample in own) / calls[launch] for launch, own in steady.items()],
        samples=sum(len(own) for own in steady.values()),
    )


def _judge(outcomes: list[CaseOutcome], timing: _Timing, planned_but_unmeasured: str) -> tuple[Status, str]:
    """The status of a case over all launches: one bad launch is enough to withhold its times."""
    for outcome in outcomes:
        if outcome.status != "ok":
            return outcome.status, outcome.reason
    if not timing.warm:
        return "failed", planned_but_unmeasured
    return "ok", ""


def summarise(run: Run) -> Summary:
    """Everything that may be said of a run, from its raw samples."""
    index = by_case(run)
    timings = {case.id: _timing(index, case.id) for case in run.cases}
    sgemm_s = launch_medians(index[SGEMM.id, "steady"])
    empty_s = launch_medians(index[EMPTY_CALL.id, "steady"])
    sgemm = estimate(list(sgemm_s.values())).reciprocal().scaled(SGEMM_FLOPS) if sgemm_s else None
    outcomes = {
        case.id: [launch.cases[case.id] for launch in run.launches if case.id in launch.cases] for case in run.cases
    }
    verdicts = {case: _judge(outcomes[case], timing, _why_unmeasured(run)) for case, timing in timings.items()}

    cases = []
    for case in run.cases:
        eager = Case(case.workload, REFERENCE_MODE, case.size).id
        reference = timings[eager] if eager in timings and verdicts[eager][0] == "ok" and eager != case.id else None
        limit = run.start.flops[case.id] / sgemm.value if sgemm and case.id in run.start.flops else None
        cases.append(_summarise_case(case, outcomes[case.id], verdicts[case.id], timings[case.id], reference, limit))
    harness = estimate(list(empty_s.values())) if empty_s else None
    conclusions = _conclusions(run, index, cases, harness)
    return Summary(tuple(cases), sgemm, harness, tuple(conclusions))


def _why_unmeasured(run: Run) -> str:
    """Why a case that no launch speaks of was not measured."""
    if run.interrupted:
        return "the run was interrupted before it was measured"
    crashed = [launch.reason for launch in run.launches if launch.ended != "complete"]
    return crashed[-1] if crashed else "no launch measured it"


def _summarise_case(
    case: Case,
    outcomes: list[CaseOutcome],
    verdict: tuple[Status, str],
    timing: _Timing,
    reference: _Timing | None,
    limit_s: float | None,
) -> CaseSummary:
    status, reason = verdict
    ok = status == "ok"
    parities = [outcome.parity for outcome in outcomes if outcome.parity]
    disagreeing = [parity for parity in parities if not parity.passed]
    warm = [outcome.warm for outcome in outcomes]
    speedup = ratio(reference.warm, timing.warm) if ok and reference else None
    return CaseSummary(
        case=case,
        status=status,
        reason=reason,
        parity=next(iter(disagreeing or parities), None),
        launches=len(timing.warm),
        samples=timing.samples,
        time_s=estimate(list(timing.warm.values())) if ok else None,
        cold_s=estimate(list(timing.cold.values())) if ok and timing.cold else None,
        cpu_user_s=statistics.fmean(timing.user) if ok else None,
        cpu_sys_s=statistics.fmean(timing.sys) if ok else None,
        speedup=speedup,
        difference=difference(speedup) if speedup else None,
        break_even=break_even(timing.cold, timing.warm, reference.cold, reference.warm) if ok and reference else None,
        limit_s=limit_s,
        traces=max((outcome.traces for outcome in outcomes if outcome.traces is not None), default=None),
        warm=False if False in warm else None if None in warm or not warm else True,
        resolved=next((outcome.resolved for outcome in outcomes if outcome.resolved), {}),
    )


def _conclusions(run: Run, index: _Index, cases: list[CaseSummary], harness: Estimate | None) -> list[Conclusion]:
    """What a reader must know beside the numbers, most severe first."""
    found = [
        Conclusion("error", f"{case.case.id}: {case.status}: {case.reason}; its times are withheld")
        for case in cases
        if not case.timed and case.status != "unavailable"
    ]
    found += [
        Conclusion("info", f"{case.case.id} can't run here: {case.reason}")
        for case in cases
        if case.status == "unavailable"
    ]
    if run.interrupted:
        done = sum(launch.ended == "complete" for launch in run.launches)
        found.append(
            Conclusion("warning", f"The run was interrupted after {done} of {run.start.plan.launches} launches")
        )
    found += [
        Conclusion("warning", f"Launch {launch.index} ended early ({launch.ended}): {launch.reason}")
        for launch in run.launches
        if launch.ended in {"crashed", "timed-out"}
    ]
    single = [case.case.id for case in cases if case.timed and case.launches == 1]
    if single:
        which = "every case" if len(single) == sum(case.timed for case in cases) else ", ".join(single)
        found.append(
            Conclusion(
                "warning", f"One launch gives no interval, and without an interval no ratio ({which}); use --launches 5"
            )
        )
    not_warm = [case.case.id for case in cases if case.timed and case.warm is False]
    if not_warm:
        found.append(Conclusion("warning", f"Still getting faster when timing began: {', '.join(not_warm)}"))
    too_slow = [case.case.id for case in cases if case.timed and case.warm is None]
    if too_slow:
        found.append(
            Conclusion("info", f"Too slow to be warmed up, so timed from the second call on: {', '.join(too_slow)}")
        )
    drifting = _drifting(index, cases)
    if drifting:
        found.append(
            Conclusion(
                "warning",
                f"Times moved by more than {DRIFT - 1:.0%} between the halves of launches: {', '.join(drifting)}",
            )
        )
    if harness is not None and harness.value > HARNESS_LIMIT_S:
        found.append(
            Conclusion(
                "warning", f"The timing loop adds {harness.value * 1e6:.1f} µs to a call; at most 2 µs are meant"
            )
        )
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda conclusion: order[conclusion.level])


def _drifting(index: _Index, cases: list[CaseSummary]) -> list[str]:
    """Cases whose second half of steady samples differs from the first by more than ``DRIFT``, shown over launches."""
    found = []
    for case in cases:
        if not case.timed:
            continue
        ratios = []
        for own in index[case.case.id, "steady"].values():
            half = len(own) // 2
            if half >= 5:
                first = statistics.median(sample.call_s for sample in own[:half])
                second = statistics.median(sample.call_s for sample in own[half:])
                ratios.append(second / first)
        moved = estimate(ratios) if len(ratios) > 1 else None
        if moved and ((moved.low or 0) > DRIFT or (moved.high or 0) < 1 / DRIFT):
            found.append(case.case.id)
    return found
