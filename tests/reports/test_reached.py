"""Runs to the target in words, on values worked out by hand."""

from collections.abc import Callable

import msgspec

from eagerbench import Run, summarise
from eagerbench.learning import ToTarget
from eagerbench.reports.reached import (
    kept_runs,
    solved_in_words,
    soonest_first,
    steps_in_words,
    target_in_words,
    time_in_words,
)
from eagerbench.results import TrainingRun
from eagerbench.stats import Estimate

MakeRun = Callable[..., TrainingRun]


def of(run: Run, mode: str) -> ToTarget | None:
    """What the runs of one mode show."""
    return next(case.to_target for case in summarise(run).cases if case.case.mode == mode)


def result(*runs: TrainingRun, **other: object) -> ToTarget:
    """What is known of some runs, as far as a test cares."""
    known = {"seeds": 3, "solved": 0, "seconds": None, "least_s": None, "most_s": None, "estimated": False}
    return ToTarget(runs, **{**known, "steps": None, "steps_ratio": None, **other})


def test_fastest_and_slowest_are_not_kept(training_run: Run):
    """Of three solved runs the middle one."""
    told = of(training_run, "fused-xla")
    assert [run.seconds_to_target for run in kept_runs(told)] == [1.5]
    assert time_in_words(told) == ("1.50 s", "1 of 3 runs kept")
    assert solved_in_words(told) == ("3 of 3", "")


def test_a_failed_run_is_the_slowest(training_run: Run):
    """Of two solved and one unsolved run the slower solved one is kept."""
    told = of(training_run, "function")
    assert [run.seconds_to_target for run in kept_runs(told)] == [31.0]
    assert solved_in_words(told) == ("2 of 3", "1 unsolved")


def test_two_failed_runs_void_the_time(training_run: Run):
    """No time is shown, although one run has one."""
    told = of(training_run, "graph-v1")
    assert kept_runs(told) == []
    assert time_in_words(told) == ("void: 2 of 3 failed", "")
    assert solved_in_words(told) == ("1 of 3", "1 diverged, 1 failed")


def test_an_estimate_is_called_one(training_run: Run):
    """Eager was not run: 20,000, 30,000 and 40,000 steps at 250 a second, the extremes dropped."""
    told = of(training_run, "eager")
    assert time_in_words(told) == ("120 s", "estimate")
    assert solved_in_words(told) == ("not run", "")
    assert steps_in_words(told) == ("30,000", "of other modes")


def test_a_missing_run_is_estimated_and_the_others_stay(make_run: Callable[..., Run], make_training_run: MakeRun):
    """One of three seeds was not begun: 40,000 steps of the other mode at 1,000 a second make it the slowest."""
    one, other = "train/function/env1", "train/fused/env1"
    runs = [make_training_run(other, seed, 1.0, 20_000 + 10_000 * seed) for seed in range(3)]
    runs += [make_training_run(one, 0, 21.0, 20_000), make_training_run(one, 1, 31.0, 30_000)]
    training = msgspec.structs.replace(make_run({one: [[1.0]]}).start.plan.training, seeds=(0, 1, 2))
    run = make_run({one: [[0.064]] * 2, other: [[0.001]] * 2}, training_runs=runs, training=training)
    told = of(run, "function")
    assert [own.seed for own in kept_runs(told)] == [1]
    assert time_in_words(told) == ("31.0 s", "estimate")
    assert solved_in_words(told) == ("2 of 3", "1 not run")
    assert steps_in_words(told) == ("30,000", "partly of other modes")


def test_what_is_missing_does_not_void(make_training_run: MakeRun):
    """One failed run may be the slowest, so a time that is unknown for another reason is just absent."""
    runs = [
        make_training_run("train/eager/env1", 0, 2.0),
        make_training_run("train/eager/env1", 1, 2.0, ended="failed"),
    ]
    assert time_in_words(result(*runs, solved=1)) == ("–", "")
    assert time_in_words(result(*runs, solved=1, seeds=2)) == ("void: 1 of 2 failed", "")


def test_equal_times_keep_as_many_runs(make_training_run: MakeRun):
    """Four equal runs: two are kept, whichever they are."""
    runs = [make_training_run("train/eager/env1", seed, 2.0) for seed in range(4)]
    assert len(kept_runs(result(*runs, solved=4, seconds=2.0, least_s=2.0, most_s=2.0))) == 2


def test_several_kept_runs_have_a_range():
    """Not in brackets, since it is no interval."""
    assert time_in_words(result(seconds=2.0, least_s=1.5, most_s=2.5)) == ("2.00 s", "kept runs 1.50 s to 2.50 s")
    estimated = result(seconds=2.0, least_s=1.5, most_s=2.5, estimated=True)
    assert time_in_words(estimated) == ("2.00 s", "estimate, 1.50 s to 2.50 s")


def test_one_solved_run_drops_nothing(make_training_run: MakeRun):
    """There is nothing to say of what was kept."""
    run = make_training_run("train/eager/env1", 0, 2.0)
    told = result(run, solved=1, seconds=2.0, least_s=2.0, most_s=2.0)
    assert time_in_words(told) == ("2.00 s", "")
    assert solved_in_words(told) == ("1 of 3", "2 not run")


def test_runs_that_were_all_cut_short(make_training_run: MakeRun):
    """They neither solved nor failed."""
    told = result(make_training_run("train/eager/env1", 0, 8.0, ended="stopped"))
    assert (solved_in_words(told), time_in_words(told)) == (("cut short", ""), ("–", ""))


def test_nothing_known():
    """A case without runs and without an estimate."""
    assert time_in_words(None) == steps_in_words(None) == ("–", "")
    assert solved_in_words(None) == ("not run", "")


def test_steps_ratio_has_an_interval_or_is_not_told():
    """One seed gives no interval."""
    assert steps_in_words(result(steps=32_000, steps_ratio=Estimate(1.02, 0.91, 1.14, 3))) == (
        "32,000",
        "1.02× others, 0.91–1.14",
    )
    assert steps_in_words(result(steps=32_000, steps_ratio=Estimate(1.02, None, None, 1))) == ("32,000", "")


def test_soonest_first(training_run: Run):
    """By the time that is shown, so that what is void comes last."""
    cases = soonest_first(summarise(training_run).cases)
    assert [case.case.mode for case in cases] == ["fused-xla", "function", "eager", "graph-v1"]


def test_target_in_words(training_run: Run):
    """As the plan has it."""
    assert target_in_words(training_run) == "a mean return of 195 over 100 episodes"
