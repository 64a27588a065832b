"""The finding says in two sentences what the numbers show and no more; banners stand before it."""

from collections.abc import Callable

import msgspec

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
    """They are named together, with the speed-ups of the slowest and of the fastest of them."""
    run = make_run(
        {
            EAGER: [[0.4], [0.4], [0.4]],
            FUNCTION: [[0.020], [0.021], [0.020]],
            "forward/graph-v1/b100": [[0.021], [0.020], [0.021]],
        }
    )
    assert found(run) == (
        "At 100 rows function and graph-v1 can't be told apart, both 19× (18–21) to 20× (18–21) faster than eager."
    )


def test_nobody_is_faster_than_eager_where_eager_is_among_them(make_run: Callable[..., Run]):
    """A speed-up that isn't shown for all of them is told of none."""
    run = make_run({EAGER: [[0.020], [0.021], [0.020]], FUNCTION: [[0.021], [0.020], [0.021]]})
    assert found(run) == "At 100 rows eager and function can't be told apart."


def test_nobody_is_called_faster_where_one_of_them_is_not_shown_to_be(make_run: Callable[..., Run]):
    """A mode that scatters widely can be told neither from the fastest nor from eager."""
    run = make_run(
        {
            EAGER: [[0.030], [0.030], [0.030]],
            FUNCTION: [[0.020], [0.021], [0.020]],
            "forward/graph-v1/b100": [[0.010], [0.030], [0.031]],
        }
    )
    assert found(run) == "At 100 rows function and graph-v1 can't be told apart."


def test_the_smallest_and_the_largest_batch(make_run: Callable[..., Run]):
    """In this order, whatever the plan's; sizes in between are for the tables."""
    run = make_run(
        {
            f"forward/{mode}/b{rows}": [[s], [s]]
            for rows, fast in ((512, 0.3), (8, 0.2), (64, 0.1))
            for mode, s in (("eager", 0.4), ("function", fast))
        }
    )
    assert found(run) == (
        "At 8 rows function is the fastest mode, 2.0× faster than eager (2.0–2.0); "
        "at 512 rows function is the fastest mode, 1.33× faster than eager (1.33–1.33)."
    )


def test_what_predict_costs_where_it_costs_most(make_run: Callable[..., Run]):
    """A second sentence; most people call predict."""
    run = make_run(
        {
            f"forward/{mode}/b{rows}": [[s], [s]]
            for rows, slow in ((1, 0.4), (100, 1.2))
            for mode, s in (("eager", 0.04), ("predict", slow))
        }
    )
    assert found(run).endswith(
        ". Keras predict with its default arguments is 30× slower than eager at 100 rows (30–30)."
    )


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
        "Training in 1 environment goes from 100 environment steps a second in eager to 1,000 in fused (one launch, no "
        "interval)."
    )


def test_how_far_apart_trainings_are(training_run: Run):
    """From the slowest mode to the fastest."""
    assert found(training_run) == (
        "Training in 1 environment goes from 250 environment steps a second in eager to 100,000 in fused-xla, 400× "
        "faster than eager (400–400)."
    )


def test_one_training_mode(make_run: Callable[..., Run]):
    """There is nothing to be spread over."""
    run = make_run({"train/fused/env64": [[0.064], [0.064]]})
    assert found(run) == "Training in 64 environments, one mode was timed, fused, at 1,000 environment steps a second."


def test_jax_is_no_end_of_the_spread(make_run: Callable[..., Run]):
    """It is a yardstick and not TensorFlow."""
    run = make_run(
        {f"train/{mode}/env1": [[s], [s]] for mode, s in (("eager", 0.64), ("fused", 0.1), ("fused-jax", 0.01))}
    )
    assert "to 640 in fused, 6.4× faster than eager" in found(run)


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
