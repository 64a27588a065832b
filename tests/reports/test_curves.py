"""What the learning curves and the history of rewards draw, read back from Matplotlib's own objects."""

from collections.abc import Callable

import msgspec
import pytest

from eagerbench import Run, summarise
from eagerbench.reports.curves import curves, learning_curves, levels, means_of
from eagerbench.reports.drawn import png
from eagerbench.reports.palette import look
from eagerbench.reports.rewards import reward_history, told_run
from eagerbench.results import TrainingRun

GROUP = "train env1"
# Running mean of 20, 90, 180 and 200.
MEANS = [20.0, 55.0, 290 / 3, 122.5]


def with_runs(run: Run, *runs: TrainingRun) -> Run:
    """The run with other runs to the target."""
    races = tuple(launch for launch in run.launches if launch.kind != "training")
    last = msgspec.structs.replace(run.launches[-1], runs=runs)
    return msgspec.structs.replace(run, launches=(*races, last))


def test_a_curve_for_each_run(training_run: Run):
    """Fastest mode first, seeds in the order of the plan; the means are those of the window."""
    found = curves(training_run, summarise(training_run), GROUP)
    assert [(one.mode, one.run.seed) for one in found] == [
        (mode, seed) for mode in ("fused-xla", "graph-v1", "function") for seed in (0, 1, 2)
    ]
    assert found[0].means == pytest.approx(MEANS)
    assert (found[0].steps, found[0].seconds) == ([5_000, 10_000, 15_000, 20_000], [0.25, 0.5, 0.75, 1.0])


def test_curves_end_at_the_target(training_run: Run):
    """What a program did after it is no longer the way to it."""
    longer = msgspec.structs.replace(training_run.training_runs[0], steps_to_target=15_000, seconds_to_target=0.75)
    run = with_runs(training_run, longer)
    (one,) = curves(run, summarise(run), GROUP)
    assert one.steps == [5_000, 10_000, 15_000]


def test_the_mean_is_taken_over_the_window(training_run: Run):
    """Two episodes: 20, then the means of neighbours."""
    assert means_of(training_run.training_runs[0], 2) == [20.0, 55.0, 135.0, 190.0]


def test_learning_curves_over_steps_and_over_seconds(training_run: Run):
    """The same means in both panels, each line in its mode's colour, the target dashed, the modes named."""
    figure = learning_curves(training_run, summarise(training_run), GROUP)
    by_steps, by_time = figure.axes
    for axes, begin in ((by_steps, 5_000), (by_time, 0.25)):
        own = [line for line in axes.lines if len(line.get_ydata()) == 4]
        assert len(own) == 9
        last = own[-1]  # the fastest mode is drawn last, over the others
        assert (last.get_xdata()[0], last.get_color()) == (begin, look("fused-xla").colour)
        assert list(last.get_ydata()) == pytest.approx(MEANS)
        assert [195.0, 195.0] in [list(line.get_ydata()) for line in axes.lines]
    assert {text.get_text() for text in by_time.texts} == {"fused-xla", "graph-v1", "function"}
    assert {text.get_text() for text in by_steps.texts} == {"target 195", "seed 0", "seed 1", "seed 2"}
    assert (by_steps.get_xscale(), by_time.get_xscale()) == ("linear", "log")


@pytest.mark.parametrize(
    ("places", "lengths", "expected"),
    [
        ([1.0, 3.0, 5.0], [0.9, 0.9, 0.9], [0, 0, 0]),
        ([5.0, 5.1, 5.2], [1.0, 1.0, 1.0], [0, 1, 2]),
        ([1.0, 5.0, 5.5, 9.0], [1.0, 1.0, 1.0, 1.0], [0, 0, 1, 0]),
        ([0.1, 0.5], [1.0, 1.0], [0, 1]),
        ([], [], []),
    ],
)
def test_names_are_nudged_apart(places: list[float], lengths: list[float], expected: list[int]):
    """Only as high as it takes to clear the names and the lines on the left."""
    assert levels(places, lengths) == expected


def test_the_history_is_of_the_fastest_mode_that_solved(training_run: Run):
    """Its first seed that did, whatever order the runs ended in."""
    case, own = told_run(training_run, summarise(training_run), GROUP)
    assert (case.case.mode, own.seed) == ("fused-xla", 0)
    other = with_runs(training_run, *training_run.training_runs[-2:], *training_run.training_runs[3:5])
    case, own = told_run(other, summarise(other), GROUP)
    assert (case.case.mode, own.seed) == ("fused-xla", 1)


def test_reward_history(training_run: Run):
    """A dot for each episode, the running mean, where the target was reached, and both losses below."""
    told = told_run(training_run, summarise(training_run), GROUP)
    assert told is not None
    figure = reward_history(told[1], training_run.start.plan.training)
    returns, policy, value = figure.axes
    dots, means, target, reached = returns.lines
    assert list(dots.get_ydata()) == [20.0, 90.0, 180.0, 200.0]
    assert list(means.get_ydata()) == pytest.approx(MEANS)
    assert (list(target.get_ydata()), list(reached.get_xdata())) == ([195.0, 195.0], [4, 4])
    assert "reached in episode 4" in {text.get_text() for text in returns.texts}
    assert (list(policy.lines[0].get_ydata()), list(value.lines[0].get_ydata())) == ([0.5, 0.25], [20.0, 10.0])
    assert [axes.get_title(loc="left") for axes in (policy, value)] == ["policy loss", "value loss"]


def test_runs_of_withheld_cases_are_not_drawn(degenerate_training: Run):
    """A mode whose times don't count has no curve either; a warning would fail this test."""
    summary = summarise(degenerate_training)
    for group, cases in summary.groups.items():
        timed = {case.case.mode for case in cases if case.timed}
        drawn = curves(degenerate_training, summary, group)
        assert {one.mode for one in drawn} <= timed
        if drawn:
            assert png(learning_curves(degenerate_training, summary, group))[:4] == b"\x89PNG"
        told = told_run(degenerate_training, summary, group)
        if told:
            assert png(reward_history(told[1], degenerate_training.start.plan.training))[:4] == b"\x89PNG"


def test_without_episodes_there_is_no_curve(typical_run: Run, make_training_run: Callable[..., TrainingRun]):
    """And no history."""
    summary = summarise(typical_run)
    with pytest.raises(ValueError, match="finished an episode"):
        learning_curves(typical_run, summary, "forward b1")
    empty = msgspec.structs.replace(
        make_training_run("train/eager/env1", 0, 1.0), episode_steps=(), episode_returns=(), episode_seconds=()
    )
    with pytest.raises(ValueError, match="no episode ended"):
        reward_history(empty, typical_run.start.plan.training)
