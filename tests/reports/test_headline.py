"""The finding says in two clauses what the numbers show and no more; banners stand before it."""

from collections.abc import Callable

import msgspec
import pytest

from eagerbench import Run, summarise
from eagerbench.reports.headline import Banner, banners, headline
from eagerbench.results import CaseOutcome

EAGER, FUNCTION = "forward/eager/b100", "forward/function/b100"


def found(run: Run) -> str:
    """The headline of a run."""
    return headline(run, summarise(run))


def test_the_fastest_mode_with_its_interval(make_run: Callable[..., Run]):
    """Two exact launches: the interval has no width, the ratio is 2."""
    run = make_run({EAGER: [[0.04], [0.04]], FUNCTION: [[0.02], [0.02]]})
    assert found(run) == "At 100 rows function is the fastest mode, 2.0× faster than eager (2.0–2.0)."


def test_modes_that_cannot_be_told_apart(make_run: Callable[..., Run]):
    """They are named together, with the speed-up of the first."""
    run = make_run(
        {
            EAGER: [[0.4], [0.4], [0.4]],
            FUNCTION: [[0.020], [0.021], [0.020]],
            "forward/graph-v1/b100": [[0.021], [0.020], [0.021]],
        }
    )
    assert found(run) == ("At 100 rows function is 20× faster than eager (18–21), tied with graph-v1.")


def test_nobody_is_faster_than_eager_where_eager_is_among_them(make_run: Callable[..., Run]):
    """A smaller mean shows nothing."""
    run = make_run({EAGER: [[0.020], [0.021], [0.020]], FUNCTION: [[0.021], [0.020], [0.021]]})
    assert found(run) == "At 100 rows no TensorFlow mode is shown to be faster than eager."


def test_the_one_that_is_shown_to_be_faster_is_told(make_run: Callable[..., Run]):
    """A mode that scatters widely, with a smaller mean, can be told neither from it nor from eager."""
    run = make_run(
        {
            EAGER: [[0.030], [0.030], [0.030]],
            FUNCTION: [[0.020], [0.021], [0.020]],
            "forward/graph-v1/b100": [[0.005], [0.030], [0.031]],
        }
    )
    assert found(run) == "At 100 rows function is 1.48× faster than eager (1.38–1.58), tied with graph-v1."


def test_of_many_that_are_tied_one_is_named(make_run: Callable[..., Run]):
    """The sentence stays short."""
    times = {f"forward/{mode}/b100": [[0.02], [0.021], [0.02]] for mode in ("a", "b", "c", "d")}
    run = make_run({EAGER: [[0.4], [0.4], [0.4]], **times})
    assert found(run).endswith(", tied with b and 2 more.")


def test_without_eager_they_cannot_be_told_apart(make_run: Callable[..., Run]):
    """There is nothing that one of them would be faster than."""
    run = make_run({FUNCTION: [[0.02], [0.021]], "forward/graph-v1/b100": [[0.021], [0.02]]})
    assert found(run) == "At 100 rows function and graph-v1 can't be told apart."


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (0.3, "At 512 rows function is the fastest mode, 1.33× faster than eager (1.33–1.33)."),
        (0.4, "At 8 rows function is the fastest mode, 2.0× faster than eager (2.0–2.0)."),
    ],
)
def test_the_largest_batch_or_else_the_smallest(make_run: Callable[..., Run], largest: float, expected: str):
    """Whatever the plan's order; the smallest where the largest shows no mode to be faster; the rest is for tables."""
    run = make_run(
        {
            f"forward/{mode}/b{rows}": [[s], [s]]
            for rows, fast in ((512, largest), (8, 0.2), (64, 0.1))
            for mode, s in (("eager", 0.4), ("function", fast))
        }
    )
    assert found(run) == expected


def test_what_predict_costs_where_it_costs_most(make_run: Callable[..., Run]):
    """A second sentence; most people call predict."""
    run = make_run(
        {
            f"forward/{mode}/b{rows}": [[s], [s]]
            for rows, slow in ((1, 0.4), (100, 1.2))
            for mode, s in (("eager", 0.04), ("predict", slow))
        }
    )
    assert found(run).endswith(". Keras predict with default arguments is 30× slower than eager at 100 rows (30–30).")


def test_predict_or_trainings_but_not_both(make_run: Callable[..., Run]):
    """Two clauses, each a shown difference: how far trainings lie apart only where predict isn't shown to be slow."""
    trained = {"train/eager/env1": [[0.64], [0.64]], "train/fused/env1": [[0.064], [0.064]]}
    raced = {EAGER: [[0.04], [0.04]], FUNCTION: [[0.02], [0.02]], **trained}
    assert found(make_run(raced)).endswith(
        ". Training in 1 environment, fused is the fastest mode, 10× faster than eager (10–10)."
    )
    told = found(make_run({**raced, "forward/predict/b100": [[1.2], [1.2]]}))
    assert "Training" not in told
    assert "predict" in told


def test_gradient_steps_are_told_where_no_forward_pass_was_timed(make_run: Callable[..., Run]):
    """Otherwise they are for the tables."""
    steps = {"update/eager/b64": [[0.02], [0.02]], "update/graph-v1/b64": [[0.01], [0.01]]}
    assert found(make_run(steps)).startswith("In a gradient step on 64 rows graph-v1 is the fastest mode")
    assert "gradient" not in found(make_run({**steps, EAGER: [[0.04], [0.04]]}))


def test_no_times_at_all(make_run: Callable[..., Run]):
    """A group whose cases all failed says so."""
    run = make_run({EAGER: [[0.04]]}, outcomes={EAGER: CaseOutcome("failed", "it broke")})
    assert found(run) == "At 100 rows no mode has times that count."


def test_one_launch(make_run: Callable[..., Run]):
    """No winner without an interval, in a forward pass as little as in a training."""
    assert found(make_run({EAGER: [[0.04]], FUNCTION: [[0.02]]})) == (
        "At 100 rows function had the shortest time (one launch, no interval)."
    )
    assert found(make_run({"train/eager/env1": [[0.64]], "train/fused/env1": [[0.064]]})) == (
        "Training in 1 environment, fused made the most steps (one launch, no interval)."
    )


def test_launches_that_share_nothing_are_no_comparison(make_run: Callable[..., Run]):
    """One took part in the second launch only, so it is no leader although it has the smaller time."""
    run = make_run({EAGER: [[0.04], [0.04]], FUNCTION: [[], [0.02]]})
    assert found(run) == "At 100 rows function had the shortest time (one launch, no interval)."


def test_how_far_apart_trainings_are(training_run: Run):
    """The fastest, against eager."""
    assert found(training_run) == (
        "Training in 1 environment, fused-xla is the fastest mode, 400× faster than eager (400–400)."
    )


def test_a_training_that_is_shown_to_be_faster_is_told(make_run: Callable[..., Run]):
    """And not the one with the most steps, whose two launches lie so far apart that they show nothing."""
    run = make_run(
        {
            "train/eager/env1": [[0.64], [0.64]],
            "train/fused/env1": [[0.064], [0.063]],
            "train/fused-xla/env1": [[0.64], [0.00064]],
        }
    )
    assert found(run).startswith("Training in 1 environment, fused is 10× faster than eager (")
    assert found(run).endswith("), tied with fused-xla.")


def test_one_training_mode(make_run: Callable[..., Run]):
    """There is nothing to be spread over."""
    run = make_run({"train/fused/env64": [[0.064], [0.064]]})
    assert found(run) == "Training in 64 environments, one mode was timed, fused."


def test_jax_is_no_end_of_the_spread(make_run: Callable[..., Run]):
    """It is a yardstick and not TensorFlow."""
    run = make_run(
        {f"train/{mode}/env1": [[s], [s]] for mode, s in (("eager", 0.64), ("fused", 0.1), ("fused-jax", 0.01))}
    )
    assert "fused is the fastest mode, 6.4× faster than eager" in found(run)


def test_degenerate_trainings_have_a_headline(degenerate_training: Run):
    """Whatever is missing, sentences end."""
    assert found(degenerate_training).endswith(".")


def test_cold_starts_memory_and_traces_are_a_clause_each(forked_run: Run):
    """Where nothing was raced."""
    assert found(forked_run) == (
        "After imports the quickest to a first result: eager (forward pass of 1 row); memory grows from call to "
        "call in predict; calls that differ make function and function-xla trace or compile again."
    )


def test_nothing_measured(make_run: Callable[..., Run]):
    """A run without launches has one thing to say."""
    run = msgspec.structs.replace(make_run({EAGER: [[0.04]]}), launches=(), end=None)
    assert found(run) == "Nothing was measured."
    assert banners(run, summarise(run)) == [Banner("error", "No launch was recorded: there is nothing to show.")]


def test_a_whole_green_run_has_no_banner(make_run: Callable[..., Run]):
    """Nothing stands between the reader and the numbers."""
    run = make_run({EAGER: [[0.04], [0.04]]})
    assert banners(run, summarise(run)) == []


def test_banners_of_a_red_and_interrupted_run(make_run: Callable[..., Run]):
    """Both are said, the worse one first; a mode that can't run here is neither."""
    run = make_run(
        {EAGER: [[0.04], [0.04]], FUNCTION: [[0.02]], "forward/graph-v1/b100": [[0.1]]},
        outcomes={
            FUNCTION: CaseOutcome("retraced", "3 traces"),
            "forward/graph-v1/b100": CaseOutcome("unavailable", "no"),
        },
        end=None,
    )
    assert banners(run, summarise(run)) == [
        Banner("error", "1 of 3 cases have nothing that counts: forward/function/b100"),
        Banner("warning", "The run was stopped before it had measured all that was planned."),
    ]
