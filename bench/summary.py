"""From the raw samples of a run to what may be said about each case. Used by the pytest plugin and by every report.

Returns data: no printing, no paths. Knows no TensorFlow and no pandas.
"""

import statistics
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from eagerbench.cases import EMPTY_CALL, FORKED, SGEMM, SGEMM_FLOPS, Case
from eagerbench.growth import Memory, memory
from eagerbench.learning import ToTarget, to_target
from eagerbench.modes import REGISTRY, STEPS_OF_32_ROWS
from eagerbench.refusals import by_reason
from eagerbench.results import CaseOutcome, Counts, MemoryUse, Parity, Run, Sample, Stage, Status
from eagerbench.starting import ColdGroup, cold_groups
from eagerbench.stats import BreakEven, Difference, Estimate, break_even, difference, estimate, ratio

REFERENCE_MODE = "eager"

# Steady samples of the second half of a launch against its first half: where the whole interval of that ratio lies
# beyond this, a reader is told that the machine, or the mode, was still changing.
DRIFT = 1.05
HARNESS_LIMIT_S = 2e-6
_INTERRUPTED = "the run was interrupted before it was measured"


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
        launches: launches with steady samples; of a cold start, processes that were started.
        samples: steady samples in all of them.
        time_s: seconds of one steady call. None where withheld or never measured, like all numbers below.
        cold_s: seconds of preparing and the first call; of a cold start, from the start of the process to the first
            result.
        cpu_user_s: CPU seconds of one steady call in user mode, all threads; mean over launches.
        cpu_sys_s: the same in the kernel.
        speedup: seconds of eager over seconds of this mode, paired by launch; None for eager itself.
        difference: what the interval of the speed-up shows.
        break_even: calls until the start has paid back against eager.
        limit_s: seconds that the arithmetic alone would take at the measured speed of a matrix product.
        traces: traces made before timing began, largest over launches.
        warm: False where some launch was still getting faster, None where calls are too slow to tell, else True.
        resolved: what the mode turned out to be, as the first launch said.
        steps_per_s: environment steps of all environments together, per second; of trainings only.
        parts_s: seconds of one environment step that go into each part of the loop, mean over launches; empty where the
            workload tells no parts apart. Together they are the reciprocal of the mean speed.
        to_target: what its runs to the target show; None where there are none.
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
    steps_per_s: Estimate | None = None
    parts_s: dict[str, float] = {}
    to_target: ToTarget | None = None

    @property
    def timed(self) -> bool:
        """Whether its times may be shown."""
        return self.time_s is not None

    @property
    def good(self) -> bool:
        """Whether what was asked of it is known: its times, or its memory, or its counts."""
        return self.status == "ok"


class Summary(msgspec.Struct, frozen=True):
    """What may be said of a run.

    Attributes:
        cases: in the plan's order.
        sgemm_flops_per_s: measured speed of a 2048 × 2048 single-precision matrix product (NumPy), in the same races.
        harness_s: seconds that the timing loop adds to a call.
        conclusions: caveats, most severe first.
        cold: cold starts by group, in the plan's order; of cases whose times count.
        memory: of each case whose memory is known, in the plan's order.
        counts: of each case that was counted, in the plan's order.
    """

    cases: tuple[CaseSummary, ...]
    sgemm_flops_per_s: Estimate | None
    harness_s: Estimate | None
    conclusions: tuple[Conclusion, ...]
    cold: dict[str, ColdGroup] = {}
    memory: tuple[Memory, ...] = ()
    counts: tuple[Counts, ...] = ()

    @property
    def groups(self) -> dict[str, list[CaseSummary]]:
        """Raced cases that do the same work, by group, in the plan's order."""
        return _grouped(case for case in self.cases if case.case.workload not in FORKED)

    def of(self, workload: str) -> dict[str, list[CaseSummary]]:
        """Cases of one workload, by group, in the plan's order."""
        return _grouped(case for case in self.cases if case.case.workload == workload)

    @property
    def green(self) -> bool:
        """Whether every planned case has what was asked of it (a mode that can't run here is not a failure)."""
        return all(case.good or case.status == "unavailable" for case in self.cases)


def _grouped(cases: Iterable[CaseSummary]) -> dict[str, list[CaseSummary]]:
    found: dict[str, list[CaseSummary]] = {}
    for case in cases:
        found.setdefault(case.case.group, []).append(case)
    return found


class _Timing(msgspec.Struct, frozen=True):
    """Numbers of one case, by launch."""

    warm: dict[int, float]
    cold: dict[int, float]
    user: list[float]
    sys: list[float]
    samples: int
    parts: dict[str, float]


_Index = Mapping[tuple[str, Stage], dict[int, list[Sample]]]


def by_case(run: Run) -> _Index:
    """Samples by case and stage, in each by index of launch; what nobody measured is empty."""
    return run.samples


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
        parts=_parts([_parts_of_a_launch(own) for own in steady.values()]),
    )


def _parts_of_a_launch(samples: list[Sample]) -> dict[str, float]:
    """Seconds of one call that each part takes."""
    calls = sum(sample.calls for sample in samples)
    names = dict.fromkeys(name for sample in samples for name in sample.parts)
    return {name: sum(sample.parts.get(name, 0.0) for sample in samples) / calls for name in names}


def _parts(launches: list[dict[str, float]]) -> dict[str, float]:
    """The same over launches: the mean."""
    names = dict.fromkeys(name for own in launches for name in own)
    return {name: statistics.fmean(own.get(name, 0.0) for own in launches) for name in names}


def _judge(outcomes: list[CaseOutcome], measured: bool, planned_but_unmeasured: str) -> tuple[Status, str]:
    """The status of a case over all launches: one bad launch is enough to withhold its times."""
    for outcome in outcomes:
        if outcome.status != "ok":
            return outcome.status, outcome.reason
    return ("ok", "") if measured else ("failed", planned_but_unmeasured)


def _measured(run: Run, timings: Mapping[str, _Timing]) -> set[str]:
    """Ids of cases of which something is known that was asked."""
    found = {case for case, timing in timings.items() if timing.warm or (timing.cold and case.startswith("cold/"))}
    return found | {use.case for use in run.memory} | {counted.case for counted in run.counts}


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
    timing = [launch for launch in run.launches if launch.kind not in {"check", "training"}]
    raced = {case.id: [launch.cases[case.id] for launch in timing if case.id in launch.cases] for case in run.cases}
    measured = _measured(run, timings)
    verdicts = {case: _judge(outcomes[case], case in measured, _why_unmeasured(run)) for case in timings}

    step_s = {
        case.id: estimate(list(timings[case.id].warm.values())).scaled(1 / _steps_of_a_call(run))
        for case in run.cases
        if case.workload == "train" and verdicts[case.id][0] == "ok"
    }
    reached = to_target(run, {case: 1 / own.value for case, own in step_s.items()})
    cases = []
    for case in run.cases:
        eager = Case(case.workload, REFERENCE_MODE, case.size).id
        reference = timings[eager] if eager in timings and verdicts[eager][0] == "ok" and eager != case.id else None
        limit = run.start.flops[case.id] / sgemm.value if sgemm and case.id in run.start.flops else None
        one = _summarise_case(
            case, outcomes[case.id], raced[case.id], verdicts[case.id], timings[case.id], reference, limit
        )
        if case.id in step_s:
            one = msgspec.structs.replace(
                one,
                steps_per_s=step_s[case.id].reciprocal(),
                parts_s={name: s / _steps_of_a_call(run) for name, s in timings[case.id].parts.items()},
                to_target=reached.get(case.id),
            )
        cases.append(one)
    harness = estimate(list(empty_s.values())) if empty_s else None
    conclusions = _conclusions(run, index, cases, harness)
    good = {case.case.id for case in cases if case.good}
    used: dict[str, list[MemoryUse]] = {}
    for use in run.memory:
        used.setdefault(use.case, []).append(use)
    counts: dict[str, list[Counts]] = {}
    for counted in run.counts:
        counts.setdefault(counted.case, []).append(counted)
    return Summary(
        tuple(cases),
        sgemm,
        harness,
        tuple(conclusions),
        cold_groups(run, {case: _by_launch(index, case) for case in good}),
        tuple(memory(case, uses) for case in run.cases if case.id in good and (uses := used.get(case.id))),
        tuple(own for case in run.cases if case.id in good for own in counts.get(case.id, ())),
    )


def _by_launch(index: _Index, case: str) -> dict[int, list[Sample]]:
    """All samples of a case, whatever their stage."""
    found: dict[int, list[Sample]] = {}
    stages: tuple[Stage, ...] = ("cold", "warmup", "steady")
    for stage in stages:
        for launch, own in index[case, stage].items():
            found.setdefault(launch, []).extend(own)
    return found


def _steps_of_a_call(run: Run) -> int:
    """Environment steps in one call of a training: of one update, in all environments."""
    training = run.start.plan.training
    return training.timed.steps * training.envs


def _why_unmeasured(run: Run) -> str:
    """Why a case that no launch speaks of was not measured."""
    if run.interrupted:
        return _INTERRUPTED
    crashed = [launch.reason for launch in run.launches if launch.ended != "complete"]
    return crashed[-1] if crashed else "no launch measured it"


def _summarise_case(
    case: Case,
    outcomes: list[CaseOutcome],
    raced: list[CaseOutcome],
    verdict: tuple[Status, str],
    timing: _Timing,
    reference: _Timing | None,
    limit_s: float | None,
) -> CaseSummary:
    status, reason = verdict
    ok = status == "ok" and bool(timing.warm)
    parities = [outcome.parity for outcome in outcomes if outcome.parity]
    disagreeing = [parity for parity in parities if not parity.passed]
    warm = [outcome.warm for outcome in raced]
    speedup = ratio(reference.warm, timing.warm) if ok and reference else None
    return CaseSummary(
        case=case,
        status=status,
        reason=reason,
        parity=next(iter(disagreeing or parities), None),
        launches=len(timing.cold if case.workload == "cold" else timing.warm),
        samples=timing.samples,
        time_s=estimate(list(timing.warm.values())) if ok else None,
        cold_s=estimate(list(timing.cold.values())) if status == "ok" and timing.cold else None,
        cpu_user_s=statistics.fmean(timing.user) if ok else None,
        cpu_sys_s=statistics.fmean(timing.sys) if ok else None,
        speedup=speedup,
        difference=difference(speedup) if speedup else None,
        break_even=break_even(timing.cold, timing.warm, reference.cold, reference.warm) if ok and reference else None,
        limit_s=limit_s,
        traces=max((outcome.traces for outcome in raced if outcome.traces is not None), default=None),
        warm=False if False in warm else None if None in warm or not warm else True,
        resolved=next((outcome.resolved for outcome in [*raced, *outcomes] if outcome.resolved), {}),
    )


def _conclusions(run: Run, index: _Index, cases: list[CaseSummary], harness: Estimate | None) -> list[Conclusion]:
    """What a reader must know beside the numbers, most severe first."""
    found = [
        Conclusion("error", f"{case.case.id}: {case.status}: {case.reason}; its {_withheld(case.case)} withheld")
        for case in cases
        if not case.good and case.status != "unavailable" and case.reason != _INTERRUPTED
    ]
    unreached = sum(case.reason == _INTERRUPTED for case in cases)
    if unreached:
        told = "case was" if unreached == 1 else "cases were"
        found.append(Conclusion("error", f"{unreached:,} {told} not reached before the run was interrupted"))
    found += [
        Conclusion("info", f"{', '.join(case.case.id for case in refused)} can't run here: {reason}")
        for reason, refused in by_reason(cases).items()
    ]
    chosen = {case.case.mode for case in cases}
    able = {name for name, entry in REGISTRY.items() if entry.workloads & {case.case.workload for case in cases}}
    left_out = sorted((able & STEPS_OF_32_ROWS) - chosen)
    # Where others are missing too, somebody has chosen, and not the suite.
    if len(run.start.plan.model.hidden) > 1 and left_out and able - STEPS_OF_32_ROWS <= chosen:
        found.append(
            Conclusion(
                "info",
                f"Not in this sweep: {' and '.join(left_out)}, which cut a batch into steps of 32 rows, so that their "
                "time only grows with the number of steps; --modes takes them",
            )
        )
    if run.interrupted:
        done = sum(launch.ended == "complete" for launch in run.races or run.launches)
        planned = f" of {run.start.plan.launches}" if run.races else ""
        found.append(Conclusion("warning", f"The run was interrupted after {done}{planned} launches"))
    found += [
        Conclusion("warning", f"Launch {launch.index} ended early ({launch.ended}): {launch.reason}")
        for launch in run.launches
        if launch.ended in {"crashed", "timed-out"}
    ]
    alone = [case.case.id for case in cases if case.case.workload == "cold" and case.good and case.launches == 1]
    if alone:
        found.append(
            Conclusion(
                "warning",
                f"One process gives no interval, and without an interval no break-even ({len(alone)} cold starts); "
                "use --launches 7",
            )
        )
    cases = [case for case in cases if case.case.workload not in FORKED]
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
    found += _about_training(run, cases)
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda conclusion: order[conclusion.level])


def _withheld(case: Case) -> str:
    return {"memory": "memory is", "traces": "counts are"}.get(case.workload, "times are")


def _about_training(run: Run, cases: list[CaseSummary]) -> list[Conclusion]:
    """Runs that failed, times that are estimates, and modes that were luckier than others."""
    found = []
    training = run.start.plan.training
    trained = [case for case in cases if case.to_target]
    for case in trained:
        if case.to_target and case.to_target.failed:
            told = "; ".join(f"seed {one.seed}: {one.ended}, {one.reason}" for one in case.to_target.failed)
            found.append(
                Conclusion(
                    "warning",
                    f"{case.case.id}: {len(case.to_target.failed)} of {len(case.to_target.runs)} runs did not reach "
                    f"the target ({told})",
                )
            )
        ratio = case.to_target.steps_ratio if case.to_target else None
        if ratio and difference(ratio) in {"faster", "slower"}:
            found.append(
                Conclusion(
                    "warning",
                    f"{case.case.id} needed {ratio.value:.2f} times the steps of the other modes from the same seeds, "
                    "and the interval excludes 1: its time to the target is not execution alone",
                )
            )
    estimated = [case.case.id for case in trained if case.to_target and case.to_target.estimated]
    if estimated:
        found.append(
            Conclusion(
                "info",
                f"Time to the target is an estimate, as a run would have taken more than {training.run_seconds:g} s: "
                f"{', '.join(estimated)}",
            )
        )
    if any(case.case.workload == "train" for case in cases) and training.target is None:
        found.append(
            Conclusion("info", f"{run.start.plan.env} does not say when it is solved: nothing was trained to a target")
        )
    return found


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
