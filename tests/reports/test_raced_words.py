"""Sentences say what the numbers show and no more."""

from collections.abc import Callable

from eagerbench import Run, summarise
from eagerbench.reports.raced_words import group_sentences
from eagerbench.results import CaseOutcome

EAGER, FUNCTION = "forward/eager/b100", "forward/function/b100"


def sentences(run: Run) -> list[str]:
    """Of the only group."""
    (cases,) = summarise(run).groups.values()
    return group_sentences(run, cases)


def test_the_fastest_mode_with_its_interval(make_run: Callable[..., Run]):
    """Two exact launches: the interval has no width, the ratio is 2."""
    run = make_run({EAGER: [[0.04], [0.04]], FUNCTION: [[0.02], [0.02]]})
    assert sentences(run) == [
        "At 100 rows function is the fastest mode: 20.0 ms (20.0–20.0) a call, 2.0× faster than eager (2.0–2.0)."
    ]


def test_modes_that_cannot_be_told_apart_are_named_together(make_run: Callable[..., Run]):
    """The one with the smaller number is not called the fastest when the paired interval holds one."""
    run = make_run(
        {
            EAGER: [[0.4], [0.4], [0.4]],
            FUNCTION: [[0.020], [0.021], [0.020]],
            "forward/graph-v1/b100": [[0.021], [0.020], [0.021]],
        }
    )
    assert sentences(run)[0].startswith(
        "At 100 rows function and graph-v1 are the fastest modes, and nothing tells them apart; function takes 20.3 ms"
    )


def test_nothing_is_shown_to_be_faster_than_eager(make_run: Callable[..., Run]):
    """Said so, and what the smallest mean is; a mode that is shown to be slower than eager is among the slow."""
    run = make_run(
        {
            EAGER: [[0.030], [0.030], [0.030]],
            "forward/graph-v1/b100": [[0.005], [0.030], [0.031]],
            "forward/predict/b100": [[0.3], [0.31], [0.3]],
        }
    )
    first, second, third = sentences(run)
    assert first == (
        "At 100 rows no TensorFlow mode is shown to be faster than eager, which takes 30.0 ms (30.0–30.0) a call."
    )
    assert second.startswith("graph-v1 had the shortest time: 16.7 ms (")
    assert ", with no difference to eager shown (" in second
    assert third.startswith("Keras predict with its default arguments takes ")


def test_of_a_mode_that_shares_one_launch_nothing_is_shown(make_run: Callable[..., Run]):
    """It is called neither tied nor slower."""
    run = make_run({EAGER: [[0.4], [0.4]], FUNCTION: [[0.2], [0.2]], "forward/graph-v1/b100": [[0.1]]})
    assert sentences(run)[:2] == [
        "At 100 rows function is the fastest mode: 200 ms (200–200) a call, 2.0× faster than eager (2.0–2.0).",
        "Of graph-v1 nothing is shown: too few launches in common.",
    ]


def test_pairing_by_launch_tells_apart_what_intervals_of_times_do_not(make_run: Callable[..., Run]):
    """Launches that differ by a factor of two, and inside each one mode is always 10 % ahead."""
    run = make_run({EAGER: [[0.11], [0.22], [0.44]], FUNCTION: [[0.10], [0.20], [0.40]]})
    assert ", 1.10× faster than eager (1.10–1.10)" in sentences(run)[0]


def test_a_yardstick_is_never_the_fastest_mode(make_run: Callable[..., Run]):
    """NumPy may be faster, but the question is about TensorFlow."""
    run = make_run({EAGER: [[0.04], [0.04]], FUNCTION: [[0.02], [0.02]], "forward/numpy/b100": [[0.01], [0.01]]})
    found = sentences(run)
    assert found[0].startswith("At 100 rows function is the fastest mode")
    assert found[1] == "The yardstick numpy, which is not TensorFlow, takes 10.0 ms (10.0–10.0)."


def test_keras_predict_is_told_where_it_is_slower(make_run: Callable[..., Run]):
    """Most people call predict, so what it costs is said."""
    run = make_run({EAGER: [[0.04], [0.04]], "forward/predict/b100": [[2.4], [2.4]]})
    assert sentences(run)[1] == (
        "Keras predict with its default arguments takes 2.40 s (2.40–2.40), 60× slower than eager (60–60)."
    )


def test_one_launch_shows_no_fastest_mode(make_run: Callable[..., Run]):
    """Without an interval there is neither a ratio nor a winner."""
    run = make_run({EAGER: [[0.04]], FUNCTION: [[0.02]]})
    assert sentences(run) == [
        (
            "At 100 rows function had the shortest time, 20.0 ms a call; one launch gives no interval, "
            "so nothing shows that it is the fastest."
        )
    ]


def test_without_eager_there_is_nothing_to_compare_with(make_run: Callable[..., Run]):
    """The missing speed-ups are explained."""
    run = make_run({FUNCTION: [[0.02], [0.02]]})
    assert sentences(run) == [
        "At 100 rows one mode was timed, function: 20.0 ms (20.0–20.0) a call.",
        "There is no time of eager to compare with, hence no speed-up and no break-even.",
    ]


def test_no_times_at_all(make_run: Callable[..., Run]):
    """A group whose cases all failed says so."""
    run = make_run({EAGER: [[0.04]]}, outcomes={EAGER: CaseOutcome("failed", "it broke")})
    assert sentences(run) == ["At 100 rows no mode has times that count."]


def test_a_gradient_step_has_a_time(make_run: Callable[..., Run]):
    """Like a forward pass, in words of its own."""
    run = make_run({"update/eager/b64": [[0.02], [0.02]], "update/graph-v1/b64": [[0.01], [0.01]]})
    assert sentences(run) == [
        (
            "In a gradient step on 64 rows graph-v1 is the fastest mode: 10.0 ms (10.0–10.0) a call, 2.0× faster than "
            "eager (2.0–2.0)."
        )
    ]


def test_a_training_is_told_in_steps_a_second(training_run: Run):
    """Who is fastest, who slowest, and who reached the target when."""
    assert sentences(training_run) == [
        (
            "Training in 1 environment, fused-xla is the fastest mode: 100,000 environment steps a second "
            "(100,000–100,000), 400× faster than eager (400–400)."
        ),
        "eager makes the fewest steps: 250 environment steps a second (250–250).",
        (
            "The target, a mean return of 195 over 100 episodes, took fused-xla 1.50 s (1 of 3 runs kept) and eager "
            "120 s (estimate)."
        ),
    ]


def test_jax_is_a_yardstick(make_run: Callable[..., Run]):
    """Not TensorFlow, so neither the fastest mode nor an end of the spread."""
    run = make_run(
        {f"train/{mode}/env1": [[s], [s]] for mode, s in (("eager", 0.64), ("fused", 0.1), ("fused-jax", 0.01))}
    )
    assert sentences(run)[1] == (
        "The yardstick fused-jax, which is not TensorFlow, makes 6,400 environment steps a second (6,400–6,400)."
    )


def test_degenerate_trainings_have_sentences(degenerate_training: Run):
    """Whatever is missing, sentences end, and none speaks of a time per call."""
    summary = summarise(degenerate_training)
    for cases in summary.groups.values():
        told = group_sentences(degenerate_training, cases)
        assert all(sentence.endswith(".") for sentence in told)
        assert not any(" a call" in sentence for sentence in told)
