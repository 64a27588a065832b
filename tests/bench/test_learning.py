"""What may be said of training runs, from runs made by hand."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from eagerbench.learning import ToTarget, moving_mean, others, to_target, without_extremes
from eagerbench.results import Run, TrainingRun

EAGER, FUNCTION, FUSED = (f"train/{mode}/env1" for mode in ("eager", "function", "fused"))
MakeRun = Callable[..., Run]
MakeTrainingRun = Callable[..., TrainingRun]


@pytest.fixture
def judged(make_run: MakeRun) -> Callable[..., dict[str, ToTarget]]:
    """From training runs and speeds to what may be said; three seeds are planned."""

    def judge(
        runs: Sequence[TrainingRun],
        steps_per_s: dict[str, float] | None = None,
        cases: Sequence[str] = (EAGER, FUNCTION, FUSED),
        seeds: tuple[int, ...] = (0, 1, 2),
    ) -> dict[str, ToTarget]:
        times = {case: [[1.0]] for case in ("forward/eager/b1", *cases)}
        training = msgspec.structs.replace(make_run(times).start.plan.training, seeds=seeds)
        return to_target(make_run(times, training_runs=runs, training=training), steps_per_s or {})

    return judge


@pytest.mark.parametrize(
    ("seconds", "failed", "expected"),
    [
        ([], 0, []),
        ([5.0], 0, [5.0]),
        ([5.0, 4.0], 0, [4.0, 5.0]),  # two are too few to drop one
        ([3.0, 1.0, 2.0], 0, [2.0]),
        ([4.0, 1.0, 3.0, 2.0], 0, [2.0, 3.0]),
        ([2.0, 2.0, 2.0], 0, [2.0]),  # one of equals is dropped, not all
        ([4.0, 2.0], 1, [4.0]),  # the failed one is the slowest
        ([3.0, 1.0, 2.0], 1, [2.0, 3.0]),
        ([5.0], 1, []),  # nothing to drop it with
        ([], 1, []),
        ([1.0, 2.0, 3.0, 4.0], 2, []),
        ([], 3, []),
    ],
)
def test_the_fastest_and_the_slowest_are_dropped(seconds: list[float], failed: int, expected: list[float]) -> None:
    """One failure counts as the slowest, two void the result."""
    assert without_extremes(seconds, failed) == expected


def test_a_mode_that_always_solved_is_told_by_the_mean_of_the_middle(
    judged: Callable[..., Any], make_training_run: MakeTrainingRun
) -> None:
    """Of 9, 1, 4 and 6 seconds the mean of 4 and 6; steps are the median of all four."""
    runs = [
        make_training_run(EAGER, seed, seconds, steps)
        for seed, (seconds, steps) in enumerate([(9.0, 50_000), (1.0, 10_000), (4.0, 30_000), (6.0, 34_000)])
    ]
    found = judged(runs, {EAGER: 1000.0}, [EAGER], seeds=(0, 1, 2, 3))[EAGER]
    assert (found.solved, found.seeds, found.failed, found.estimated) == (4, 4, (), False)
    assert (found.seconds, found.least_s, found.most_s) == (5.0, 4.0, 6.0)
    assert found.steps == 32_000
    assert found.steps_ratio is None  # there is no other mode


def test_one_failed_run_is_the_slowest(judged: Callable[..., Any], make_training_run: MakeTrainingRun) -> None:
    """Whatever made it fail; the fastest is dropped too, and the failure can be told."""
    for ended in ("unsolved", "diverged", "failed"):
        runs = [
            make_training_run(EAGER, 0, 2.0),
            make_training_run(EAGER, 1, 0.5, ended=ended, reason="bad luck"),
            make_training_run(EAGER, 2, 4.0),
        ]
        found = judged(runs)[EAGER]
        assert (found.solved, found.seconds) == (2, 4.0)
        assert [run.seed for run in found.failed] == [1]


def test_two_failed_runs_void_the_time(judged: Callable[..., Any], make_training_run: MakeTrainingRun) -> None:
    """A mode that fails as often as it succeeds has no time to the target, and no estimate stands in for it."""
    runs = [
        make_training_run(EAGER, 0, 2.0),
        make_training_run(EAGER, 1, 0.5, ended="unsolved"),
        make_training_run(EAGER, 2, 0.5, ended="diverged"),
        *(make_training_run(FUSED, seed, 1.0) for seed in range(3)),
    ]
    found = judged(runs, {EAGER: 1000.0, FUSED: 9000.0})[EAGER]
    assert (found.solved, found.seconds, found.least_s, found.most_s) == (1, None, None, None)
    assert not found.estimated
    assert len(found.failed) == 2


def test_a_mode_that_only_failed_is_not_estimated(
    judged: Callable[..., Any], make_training_run: MakeTrainingRun
) -> None:
    """What other modes needed says nothing about a mode that could not do it."""
    runs = [make_training_run(EAGER, 0, 2.0, ended="failed"), make_training_run(FUSED, 0, 1.0)]
    found = judged(runs, {EAGER: 1000.0, FUSED: 9000.0})[EAGER]
    assert (found.seconds, found.estimated, found.steps) == (None, False, None)


@pytest.mark.parametrize("cut_short", [False, True])
def test_a_mode_too_slow_to_run_is_estimated_from_the_steps_of_the_others(
    judged: Callable[..., Any], make_training_run: MakeTrainingRun, cut_short: bool
) -> None:
    """Others took 20,000, 30,000 and 80,000 steps; at 1,000 a second that is 20, 30 and 80 s, of which 30 is left."""
    runs = [make_training_run(FUSED, seed, 1.0, steps) for seed, steps in enumerate([30_000, 80_000, 20_000])]
    if cut_short:
        runs.append(make_training_run(EAGER, 0, 8.0, ended="stopped", reason="cut short after 8 s"))
    found = judged(runs, {EAGER: 1000.0, FUSED: 30_000.0}, [EAGER, FUSED])[EAGER]
    assert (found.solved, found.estimated, found.failed) == (0, True, ())
    assert (found.seconds, found.least_s, found.most_s, found.steps) == pytest.approx((30.0, 30.0, 30.0, 30_000))
    assert found.steps_ratio is None
    assert len(found.runs) == cut_short


def test_what_is_not_known_is_left_open(judged: Callable[..., Any], make_training_run: MakeTrainingRun) -> None:
    """Cut short, and no other mode arrived either: no time, no steps, no estimate."""
    runs = [make_training_run(EAGER, 0, 8.0, ended="stopped")]
    found = judged(runs, {EAGER: 1000.0}, [EAGER])[EAGER]
    assert (found.seconds, found.estimated, found.steps, found.failed) == (None, False, None, ())


def test_steps_are_held_against_those_of_the_other_modes_seed_by_seed(
    judged: Callable[..., Any], make_training_run: MakeTrainingRun
) -> None:
    """Others took 10,000 and 40,000, in the geometric mean 20,000; from the next seed twice, then three times that."""
    runs = [
        run
        for seed, scale in enumerate((1, 2, 3))
        for run in (
            make_training_run(EAGER, seed, 1.0, 24_000 * scale),
            make_training_run(FUNCTION, seed, 1.0, 10_000 * scale),
            make_training_run(FUSED, seed, 1.0, 40_000 * scale),
        )
    ]
    ratio = judged(runs)[EAGER].steps_ratio
    assert ratio is not None
    assert (ratio.value, ratio.low, ratio.high, ratio.launches) == pytest.approx((1.2, 1.2, 1.2, 3))


def test_a_seed_that_nobody_else_solved_is_in_no_ratio(
    judged: Callable[..., Any], make_training_run: MakeTrainingRun
) -> None:
    """Seed 0 has two modes, seed 1 one that solved and one that didn't."""
    runs = [
        make_training_run(EAGER, 0, 1.0, 30_000),
        make_training_run(FUSED, 0, 1.0, 20_000),
        make_training_run(EAGER, 1, 1.0, 30_000),
        make_training_run(FUSED, 1, 1.0, 1_000, ended="unsolved"),
    ]
    for case, wanted in ((EAGER, 30 / 20), (FUSED, 20 / 30)):
        ratio = judged(runs)[case].steps_ratio
        assert (ratio.value, ratio.launches) == (pytest.approx(wanted), 1)


def test_others_are_all_but_oneself() -> None:
    """By seed, in the geometric mean."""
    steps = {"a": {0: 7, 1: 7}, "b": {0: 2, 1: 5}, "c": {0: 8}}
    assert others(steps, "a") == {0: pytest.approx(4.0), 1: pytest.approx(5.0)}
    assert others({"a": {0: 7}}, "a") == {}


def test_runs_come_in_the_order_of_the_seeds(judged: Callable[..., Any], make_training_run: MakeTrainingRun) -> None:
    """In whichever order they ended."""
    runs = [make_training_run(EAGER, seed, 1.0) for seed in (2, 0, 1)]
    assert [run.seed for run in judged(runs)[EAGER].runs] == [0, 1, 2]


def test_cases_that_neither_ran_nor_have_a_speed_are_left_out(
    judged: Callable[..., Any], make_training_run: MakeTrainingRun
) -> None:
    """Forward passes never, and trainings that could not be timed."""
    found = judged([make_training_run(FUSED, 0, 1.0)], {EAGER: 1000.0})
    assert list(found) == [EAGER, FUSED]


def test_where_nothing_was_trained_nothing_is_said(judged: Callable[..., Any]) -> None:
    """A speed alone is no run to the target."""
    assert judged([], {EAGER: 1000.0}) == {}


def test_a_moving_mean_is_over_what_there_is() -> None:
    """Over one, then over two at a time."""
    assert moving_mean([1.0, 2.0, 3.0, 7.0], 2) == [1.0, 1.5, 2.5, 5.0]
    assert moving_mean([1.0, 2.0, 3.0, 6.0], 100) == [1.0, 1.5, 2.0, 3.0]
    assert moving_mean([], 3) == []
