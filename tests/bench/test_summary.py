"""What may be said of a run, from hand-made samples."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from eagerbench.modes import REGISTRY, STEPS_OF_32_ROWS
from eagerbench.results import CaseOutcome, Counts, End, Launch, MemoryUse, Model, Parity, Run, TrainingRun
from eagerbench.stats import estimate
from eagerbench.summary import Summary, summarise

EAGER, NUMPY, XLA = "forward/eager/b1", "forward/numpy/b1", "forward/function-xla/b1"
SLOW, FAST = "train/eager/env1", "train/fused/env1"
MakeRun = Callable[..., Run]
MakeTrainingRun = Callable[..., TrainingRun]


def _messages(summary: Summary) -> list[str]:
    return [f"{conclusion.level}: {conclusion.message}" for conclusion in summary.conclusions]


def test_a_case_is_summed_up_from_medians_of_launches(make_run: MakeRun) -> None:
    """The estimate rests on one median per launch, not on the samples thrown together."""
    times = [[1.0, 2.0, 9.0], [3.0, 3.0, 3.0], [4.0, 5.0, 6.0]]
    (case,) = summarise(make_run({EAGER: times})).cases
    assert case.time_s == estimate([2.0, 3.0, 5.0])
    assert (case.launches, case.samples) == (3, 9)
    assert case.cpu_user_s == pytest.approx(statistics.fmean([4.0 * 1.5, 3.0 * 1.5, 5.0 * 1.5]))
    assert case.speedup is None


def test_a_speed_up_is_eager_over_the_mode(make_run: MakeRun) -> None:
    """Half the time is a speed-up of two."""
    summary = summarise(make_run({EAGER: [[2.0], [4.0]], NUMPY: [[1.0], [2.0]]}))
    speedup = summary.cases[1].speedup
    assert speedup is not None
    assert speedup.value == pytest.approx(2.0)
    assert summary.cases[1].difference == "faster"
    assert summary.green


def test_without_eager_there_is_no_speed_up(make_run: MakeRun) -> None:
    """A restricted run is measured as asked; what it can't be held against is left open."""
    (case,) = summarise(make_run({XLA: [[1.0], [1.0]]})).cases
    assert case.speedup is None
    assert case.break_even is None
    assert case.timed


def test_times_of_a_disagreeing_case_are_withheld(make_run: MakeRun) -> None:
    """No number of it is left, the run is red, and the reader is told first."""
    wrong = CaseOutcome("disagrees", "1 of 2 outputs differ", Parity(False, "reference", 0.5, "rule", "1 of 2"))
    summary = summarise(make_run({EAGER: [[1.0]] * 2, XLA: [[1.0]] * 2}, outcomes={XLA: wrong}))
    case = summary.cases[1]
    assert (case.time_s, case.cold_s, case.speedup, case.cpu_user_s) == (None, None, None, None)
    assert case.parity == wrong.parity
    assert not summary.green
    assert _messages(summary)[0] == f"error: {XLA}: disagrees: 1 of 2 outputs differ; its times are withheld"


def test_one_bad_launch_withholds_the_times_of_all(make_run: MakeRun) -> None:
    """A mode that disagrees once in three launches is not a mode whose times may be shown."""
    run = make_run({EAGER: [[1.0]] * 3})
    bad = CaseOutcome("retraced", "traced 1 more times while it was timed")
    launches = list(run.launches)
    launches[1] = Launch(1, 0, "complete", 1.0, cases={EAGER: bad}, samples=launches[1].samples)
    (case,) = summarise(Run(run.start, tuple(launches), run.end)).cases
    assert (case.status, case.timed) == ("retraced", False)


def test_a_mode_that_cannot_run_here_is_no_failure(make_run: MakeRun) -> None:
    """It carries its reason, and the run stays green."""
    missing = CaseOutcome("unavailable", "XLA can't compile here")
    summary = summarise(make_run({EAGER: [[1.0]] * 2, XLA: [[1.0]] * 2}, outcomes={XLA: missing}))
    assert summary.green
    assert _messages(summary) == [f"info: {XLA} can't run here: XLA can't compile here"]


def test_a_case_that_no_launch_reached_says_so(make_run: MakeRun) -> None:
    """Interrupted or not, the reason is there and the run is not green."""
    for end, reason in (
        (None, "the run was interrupted before it was measured"),
        (End("complete", 1), "no launch measured it"),
    ):
        summary = summarise(make_run({EAGER: [[1.0]], NUMPY: []}, end=end))
        assert (summary.cases[1].status, summary.cases[1].reason) == ("failed", reason)
        assert not summary.green


def test_cases_that_an_interrupted_run_did_not_reach_are_one_line(make_run: MakeRun) -> None:
    """However many; one that failed has its own."""
    broken = {XLA: CaseOutcome("failed", "it broke")}
    run = make_run({EAGER: [[1.0]], NUMPY: [], "forward/function/b1": [], XLA: [[1.0]]}, outcomes=broken, end=None)
    assert [own for own in _messages(summarise(run)) if own.startswith("error")] == [
        f"error: {XLA}: failed: it broke; its times are withheld",
        "error: 2 cases were not reached before the run was interrupted",
    ]


def test_an_interrupted_run_says_how_far_it_got(make_run: MakeRun) -> None:
    """Out of the launches asked for."""
    summary = summarise(make_run({EAGER: [[1.0]] * 2}, end=None, launches=5))
    assert "warning: The run was interrupted after 2 of 5 launches" in _messages(summary)


@pytest.mark.parametrize(
    ("hidden", "workload", "modes", "told"),
    [
        ((8, 16), "forward", (), "Not in this sweep: predict and predict-eager, which cut"),
        ((8, 16), "update", (), "Not in this sweep: predict, which cut"),
        ((8, 16), "forward", ("predict",), "Not in this sweep: predict-eager, which cut"),
        ((8, 16), "forward", ("predict", "predict-eager"), None),
        ((8,), "forward", (), None),
    ],
)
def test_a_sweep_says_what_it_leaves_out(
    make_run: MakeRun, hidden: tuple[int, ...], workload: str, modes: tuple[str, ...], told: str | None
) -> None:
    """Modes whose time is a number of steps, and that do what is timed; with one width, nothing is left out."""
    able = {name for name, entry in REGISTRY.items() if workload in entry.workloads}
    cases = [f"{workload}/{mode}/b1" for mode in (able - STEPS_OF_32_ROWS) | {*modes}]
    run = make_run({case: [[1.0], [1.0]] for case in cases}, model=Model("actor-critic", hidden=hidden))
    found = [message for message in _messages(summarise(run)) if "Not in this sweep" in message]
    assert bool(found) == bool(told)
    assert told is None or told in found[0]


def test_a_sweep_of_chosen_modes_leaves_nothing_out(make_run: MakeRun) -> None:
    """Whoever names the modes knows which are missing, and the suite's reason is not theirs."""
    run = make_run({EAGER: [[1.0], [1.0]]}, model=Model("actor-critic", hidden=(8, 16)))
    assert "Not in this sweep" not in " ".join(_messages(summarise(run)))


def test_one_launch_warns_that_it_has_no_interval(make_run: MakeRun) -> None:
    """The remedy is an option."""
    assert any("use --launches 5" in message for message in _messages(summarise(make_run({EAGER: [[1.0]]}))))


@pytest.mark.parametrize(
    ("first", "second", "warm", "message"),
    [
        (True, True, True, None),
        (True, None, None, f"info: Too slow to be warmed up, so timed from the second call on: {EAGER}"),
        (None, False, False, f"warning: Still getting faster when timing began: {EAGER}"),
    ],
)
def test_what_is_not_known_to_be_warm_is_named(
    make_run: MakeRun, first: bool | None, second: bool | None, warm: bool | None, message: str | None
) -> None:
    """A launch that was still getting faster outweighs one that could not tell, and that one outweighs a warm one."""
    run = make_run({EAGER: [[1.0], [1.0]]})
    launches = tuple(
        msgspec.structs.replace(launch, cases={EAGER: msgspec.structs.replace(launch.cases[EAGER], warm=seen)})
        for launch, seen in zip(run.launches, (first, second), strict=True)
    )
    summary = summarise(msgspec.structs.replace(run, launches=launches))
    assert summary.cases[0].warm is warm
    assert _messages(summary) == ([message] if message else [])


def test_drift_inside_launches_is_reported(make_run: MakeRun) -> None:
    """Twice as slow in the second half of every launch is no steady state."""
    steady, drifting = [[1.0] * 10] * 2, [[1.0] * 5 + [2.0] * 5] * 2
    messages = _messages(summarise(make_run({EAGER: steady, NUMPY: drifting})))
    assert f"warning: Times moved by more than 5% between the halves of launches: {NUMPY}" in messages


def test_the_limit_is_the_arithmetic_over_the_measured_speed(make_run: MakeRun) -> None:
    """2,816 operations at 100 GFLOP/s, the speed of the hand-made yardstick."""
    summary = summarise(make_run({EAGER: [[1.0]] * 2}))
    assert summary.sgemm_flops_per_s is not None
    assert summary.sgemm_flops_per_s.value == pytest.approx(100e9)
    assert summary.cases[0].limit_s == pytest.approx(2816 / 100e9)


def test_the_harness_cost_is_the_empty_call(make_run: MakeRun) -> None:
    """A thousand empty calls in 0.1 ms are 0.1 µs each."""
    harness = summarise(make_run({EAGER: [[1.0]] * 2})).harness_s
    assert harness is not None
    assert harness.value == pytest.approx(1e-7)


def test_a_training_has_a_speed_in_steps_of_all_environments(make_run: MakeRun) -> None:
    """64 steps in each of four environments in 0.64 s are 400 steps a second; the interval comes along, upside down."""
    plan = make_run({SLOW: [[1.0]]}).start.plan.training
    times = [[0.64], [0.32]]
    run = make_run({SLOW: times, EAGER: times}, training=msgspec.structs.replace(plan, envs=4))
    training, forward = summarise(run).cases
    found, wanted = training.steps_per_s, estimate([256 / 0.64, 256 / 0.32])
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((wanted.value, wanted.low, wanted.high))
    assert (forward.steps_per_s, forward.parts_s, forward.to_target) == (None, {}, None)


def test_the_parts_of_a_step_are_the_step(make_run: MakeRun) -> None:
    """Of 10 ms a step a quarter is the environment's; launches of 10 and 20 ms count alike."""
    shares = {"environment": 0.25, "act": 0.5, "bookkeeping": 0.25}
    run = make_run({SLOW: [[0.64, 0.64], [1.28]], FAST: [[0.064]] * 2}, parts={SLOW: shares})
    slow, fast = summarise(run).cases
    assert slow.parts_s == pytest.approx({"environment": 0.00375, "act": 0.0075, "bookkeeping": 0.00375})
    assert sum(slow.parts_s.values()) == pytest.approx((0.01 + 0.02) / 2)
    assert fast.parts_s == {}


def test_parts_of_a_sample_of_many_calls_are_those_of_one_call(make_run: MakeRun) -> None:
    """Sixty-four calls in a sample: each has a sixty-fourth of it; a part that one sample lacks was 0 there."""
    run = make_run({SLOW: [[0.64, 0.64]]}, parts={SLOW: {"environment": 1.0}})
    samples = list(run.launches[0].samples)
    (first, second) = [number for number, own in enumerate(samples) if (own.case, own.stage) == (SLOW, "steady")]
    samples[first] = msgspec.structs.replace(samples[first], calls=64, wall_s=64 * 0.64, parts={"environment": 32.0})
    samples[second] = msgspec.structs.replace(samples[second], calls=64, wall_s=64 * 0.64, parts={"act": 16.0})
    launch = msgspec.structs.replace(run.launches[0], samples=tuple(samples))
    (case,) = summarise(msgspec.structs.replace(run, launches=(launch,))).cases
    assert case.parts_s == pytest.approx({"environment": 32.0 / 128 / 64, "act": 16.0 / 128 / 64})


def test_a_training_whose_times_are_withheld_has_no_speed(make_run: MakeRun) -> None:
    """Neither speed nor parts are left of it."""
    wrong = CaseOutcome("disagrees", "after 50 updates")
    slow, fast = summarise(make_run({SLOW: [[0.64]] * 2, FAST: [[0.064]] * 2}, outcomes={FAST: wrong})).cases
    assert slow.steps_per_s is not None
    assert (fast.steps_per_s, fast.parts_s, fast.to_target) == (None, {}, None)


@pytest.fixture
def trained(make_run: MakeRun) -> Callable[..., Summary]:
    """The summary of two trainings with such runs to the target; of 1,000 and 100 steps a second."""

    def summary(runs: Sequence[TrainingRun], **training: Any) -> Summary:
        times = {SLOW: [[0.64]] * 2, FAST: [[0.064]] * 2}
        plan = msgspec.structs.replace(make_run(times).start.plan.training, **{"seeds": (0, 1, 2), **training})
        return summarise(make_run(times, training_runs=runs, training=plan))

    return summary


def test_runs_to_the_target_belong_to_their_case(
    trained: Callable[..., Summary], make_training_run: MakeTrainingRun
) -> None:
    """The middle one of three; the slow mode is estimated from the steps of the fast one at its own speed."""
    summary = trained([make_training_run(FAST, seed, 2.0 + seed, 30_000) for seed in range(3)])
    slow, fast = (case.to_target for case in summary.cases)
    assert slow is not None
    assert fast is not None
    assert (fast.seconds, fast.solved, fast.estimated) == (3.0, 3, False)
    assert slow.estimated
    assert slow.seconds == pytest.approx(300.0)
    (message,) = _messages(summary)
    assert message.startswith("info: Time to the target is an estimate")
    assert message.endswith(f"would have taken more than 8 s: {SLOW}")
    assert summary.green


def test_a_run_that_did_not_reach_the_target_is_told(
    trained: Callable[..., Summary], make_training_run: MakeTrainingRun
) -> None:
    """Which seed and why; one that was cut short as planned is no such run, and the run stays green."""
    runs = [
        make_training_run(FAST, 0, 2.0),
        make_training_run(FAST, 1, 2.0, ended="unsolved", reason="not within 500,000 steps"),
        make_training_run(FAST, 2, 2.0, ended="diverged", reason="the loss is not a number at update 3"),
        make_training_run(SLOW, 0, 8.0, ended="stopped", reason="cut short after 8 s"),
    ]
    summary = trained(runs)
    assert _messages(summary)[0] == (
        f"warning: {FAST}: 2 of 3 runs did not reach the target (seed 1: unsolved, not within 500,000 steps; "
        "seed 2: diverged, the loss is not a number at update 3)"
    )
    assert not any(SLOW in message for message in _messages(summary) if message.startswith("warning"))
    assert summary.green


@pytest.mark.parametrize(
    ("scales", "told"), [((1.5, 1.52, 1.48), True), ((0.5, 0.51, 0.49), True), ((2, 1, 0.5), False)]
)
def test_a_mode_that_was_luckier_than_the_others_is_told(
    trained: Callable[..., Summary], make_training_run: MakeTrainingRun, scales: tuple[float, ...], told: bool
) -> None:
    """More or fewer steps from every seed is not execution alone; now more and now fewer is chance."""
    runs = [
        run
        for seed, scale in enumerate(scales)
        for run in (
            make_training_run(FAST, seed, 2.0, 20_000),
            make_training_run(SLOW, seed, 2.0, int(20_000 * scale)),
        )
    ]
    messages = _messages(trained(runs))
    needed = [message for message in messages if message.startswith(f"warning: {SLOW} needed")]
    assert bool(needed) is told
    if told:
        assert f"needed {scales[0]:.2f} times the steps of the other modes from the same seeds" in needed[0]


def test_an_environment_that_is_never_solved_is_told(trained: Callable[..., Summary], make_run: MakeRun) -> None:
    """Where trainings were timed; forward passes alone have no target to miss."""
    (message,) = _messages(trained([], target=None, seeds=()))
    assert message.startswith("info: CartPole-v1 does not say when it is solved")
    plan = make_run({EAGER: [[1.0]]}).start.plan.training
    forward = make_run({EAGER: [[1.0]] * 2}, training=msgspec.structs.replace(plan, target=None))
    assert _messages(summarise(forward)) == []


def _with_check(run: Run, outcome: CaseOutcome) -> Run:
    """The run with a comparison of agents before its races."""
    check = Launch(0, 0, "complete", 5.0, cases={SLOW: outcome}, kind="check")
    races = [msgspec.structs.replace(launch, index=launch.index + 1) for launch in run.launches]
    return msgspec.structs.replace(run, launches=(check, *races))


def test_a_comparison_says_nothing_of_warmth_and_traces(make_run: MakeRun) -> None:
    """It times nothing: that no launch was cold, and how often was traced, is what the races saw."""
    parity = Parity(True, "eager agent after 50 updates", 2e-5, "rule")
    outcome = CaseOutcome("ok", parity=parity, traces=9, resolved={"compared": True})
    summary = summarise(_with_check(make_run({SLOW: [[0.64]] * 2}), outcome))
    (case,) = summary.cases
    assert (case.warm, case.traces, case.resolved) == (True, 1, {"jit_compile": False})
    assert case.parity == parity  # its first word, and the longer comparison
    assert (case.launches, case.samples) == (2, 2)
    assert _messages(summary) == []


def test_a_case_that_was_only_compared_is_not_said_to_be_warm(make_run: MakeRun) -> None:
    """No race, no warm-up; what the mode turned out to be is known all the same."""
    run = make_run({EAGER: [[1.0]] * 2, SLOW: []})
    (_, case) = summarise(_with_check(run, CaseOutcome("ok", resolved={"device": "CPU"}))).cases
    assert (case.warm, case.traces, case.resolved) == (None, None, {"device": "CPU"})
    assert (case.status, case.reason) == ("failed", "no launch measured it")


def test_a_comparison_that_failed_withholds_the_times(make_run: MakeRun) -> None:
    """Also where the races themselves saw nothing wrong: one update is not fifty."""
    parity = Parity(False, "eager agent after 50 updates", 0.5, "rule", "after 50 updates the weights differ")
    run = _with_check(make_run({SLOW: [[0.64]] * 2}), CaseOutcome("disagrees", parity.detail, parity))
    (case,) = summarise(run).cases
    assert (case.status, case.timed, case.steps_per_s, case.parity) == ("disagrees", False, None, parity)


def test_only_races_count_as_launches_of_an_interrupted_run(make_run: MakeRun) -> None:
    """A comparison and two races of five: two."""
    run = make_run({SLOW: [[0.64]] * 2}, end=None, launches=5)
    messages = _messages(summarise(_with_check(run, CaseOutcome("ok"))))
    assert "warning: The run was interrupted after 2 of 5 launches" in messages


COLD, CACHED = "cold/function-xla/b1", "cold/function-xla+cache/b1"
MEMORY, COUNTED = "memory/eager/b1", "traces/function/forward-shapes"
STARTED = ({"imports": 3.0, "model": 0.25, "prepare": 0.0, "trace": 0.25, "first call": 1.5}, [0.5, 0.25])
MakeForkedRun = Callable[..., Run]
MakeUse = Callable[..., MemoryUse]


def test_what_was_asked_of_each_workload_makes_a_run_green(
    make_forked_run: MakeForkedRun, make_memory_use: MakeUse
) -> None:
    """Memory and counts have no times, and miss none; nothing is said that a reader needn't know."""
    counts = Counts(COUNTED, 10, 10, 0)
    run = make_forked_run(
        cold={COLD: [STARTED] * 2, CACHED: [STARTED] * 2},
        memory=[make_memory_use(MEMORY, [1.0] * 9) for _ in range(2)],
        counts=[counts],
    )
    summary = summarise(run)
    assert summary.green
    assert [(case.case.id, case.status, case.timed) for case in summary.cases] == [
        (COLD, "ok", True),
        (CACHED, "ok", True),
        (MEMORY, "ok", False),
        (COUNTED, "ok", False),
    ]
    assert _messages(summary) == []
    assert [start.case.mode for start in summary.cold["cold b1"].starts] == ["function-xla", "function-xla+cache"]
    assert [(own.case.id, own.processes) for own in summary.memory] == [(MEMORY, 2)]
    assert summary.counts == (counts,)
    assert summary.groups == {}
    assert [list(summary.of(workload)) for workload in ("cold", "memory", "traces")] == [
        ["cold b1"],
        ["memory b1"],
        ["traces forward-shapes"],
    ]


def test_a_cold_start_that_never_came_to_a_warm_call_is_good_and_has_no_time(make_forked_run: MakeForkedRun) -> None:
    """Its start is what was asked, 5 s of it; a case of a race with a cold sample alone was not measured."""
    alone = (STARTED[0], [])
    summary = summarise(make_forked_run(cold={COLD: [alone] * 2}))
    (case,) = summary.cases
    assert (case.status, case.good, case.timed, case.launches) == ("ok", True, False, 2)
    assert case.cold_s is not None
    assert case.cold_s.value == pytest.approx(5.0)
    assert _messages(summary) == []
    (raced,) = summarise(make_forked_run(cold={EAGER: [alone] * 2})).cases
    assert (raced.status, raced.reason) == ("failed", "no launch measured it")


@pytest.mark.parametrize(
    ("case", "withheld"), [(COLD, "times are"), (MEMORY, "memory is"), (COUNTED, "counts are"), (EAGER, "times are")]
)
@pytest.mark.parametrize("status", ["out-of-memory", "timed-out", "crashed", "disagrees", "failed"])
def test_what_is_withheld_is_called_by_its_name(
    make_forked_run: MakeForkedRun, case: str, withheld: str, status: str
) -> None:
    """Red, and the first thing that a reader hears of."""
    summary = summarise(make_forked_run(outcomes={case: CaseOutcome(status, "as it was")}))  # type: ignore[arg-type]
    assert not summary.green
    assert _messages(summary)[0] == f"error: {case}: {status}: as it was; its {withheld} withheld"


def test_nothing_of_a_case_that_is_not_good_is_shown(make_forked_run: MakeForkedRun, make_memory_use: MakeUse) -> None:
    """Also where there are numbers: memory of a mode that disagrees, a start that ran out of memory later on."""
    bad = CaseOutcome("disagrees", "off by one")
    run = make_forked_run(
        cold={COLD: [STARTED] * 2},
        memory=[make_memory_use(MEMORY, [1.0] * 9)],
        counts=[Counts(COUNTED, 10, 10, 0)],
        outcomes=dict.fromkeys((COLD, MEMORY, COUNTED), bad),
    )
    summary = summarise(run)
    assert (summary.cold, summary.memory, summary.counts) == ({}, (), ())
    assert [case.status for case in summary.cases] == ["disagrees"] * 3
    assert not summary.green


def test_a_forked_case_that_can_not_run_here_is_no_failure(make_forked_run: MakeForkedRun) -> None:
    """It carries its reason, and the run stays green."""
    summary = summarise(make_forked_run(outcomes={CACHED: CaseOutcome("unavailable", "its cache stayed empty")}))
    assert summary.green
    assert _messages(summary) == [f"info: {CACHED} can't run here: its cache stayed empty"]


def test_forked_cases_are_not_warned_of_like_raced_ones(make_forked_run: MakeForkedRun, make_run: MakeRun) -> None:
    """One launch of a race has no interval, and one process of a start has none: each has a remedy of its own."""
    cold = {COLD: [STARTED], CACHED: [STARTED], "cold/eager/b1": [STARTED] * 2}
    messages = _messages(summarise(make_forked_run(cold=cold, run=make_run({EAGER: [[1.0]]}))))
    process, launch = (message.removeprefix("warning: ") for message in messages)
    assert process == (
        "One process gives no interval, and without an interval no break-even (2 cold starts); use --launches 7"
    )
    assert launch == "One launch gives no interval, and without an interval no ratio (every case); use --launches 5"


def test_a_planned_forked_case_that_no_launch_reached_says_so(make_forked_run: MakeForkedRun) -> None:
    """The run is not green; whoever interrupted it reads that."""
    run = make_forked_run(outcomes={MEMORY: CaseOutcome("ok")})
    launchless = msgspec.structs.replace(run, launches=())
    (case,) = summarise(launchless).cases
    assert (case.status, case.reason) == ("failed", "no launch measured it")
    stopped = msgspec.structs.replace(launchless, end=End("interrupted", 1.0))
    assert summarise(stopped).cases[0].reason == "the run was interrupted before it was measured"


def test_a_cold_start_is_held_against_an_eager_one(make_forked_run: MakeForkedRun) -> None:
    """Its warm calls are half as long, and its start, imports included, a second longer: even at the fifth call."""
    quick = ({"imports": 3.0, "model": 0.25, "prepare": 0.0, "first call": 0.75}, [0.5, 0.5])
    eager, xla = summarise(make_forked_run(cold={"cold/eager/b1": [quick] * 3, COLD: [STARTED] * 3})).cases
    assert xla.speedup is not None
    assert xla.speedup.value == pytest.approx(2.0)
    assert xla.break_even is not None
    assert xla.break_even.calls is not None
    assert xla.break_even.calls.value == pytest.approx(5.0)
    assert (eager.cold_s.value if eager.cold_s else None) == pytest.approx(4.0)
    assert eager.speedup is None
