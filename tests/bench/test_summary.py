"""What may be said of a run, from hand-made samples."""

import statistics
from collections.abc import Callable

import msgspec
import pytest

from eagerbench.results import CaseOutcome, End, Launch, Parity, Run
from eagerbench.stats import estimate
from eagerbench.summary import Summary, summarise

EAGER, NUMPY, XLA = "forward/eager/b1", "forward/numpy/b1", "forward/function-xla/b1"
MakeRun = Callable[..., Run]


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


def test_an_interrupted_run_says_how_far_it_got(make_run: MakeRun) -> None:
    """Out of the launches asked for."""
    summary = summarise(make_run({EAGER: [[1.0]] * 2}, end=None, launches=5))
    assert "warning: The run was interrupted after 2 of 5 launches" in _messages(summary)


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
