"""Which mode to use when: only what the run shows."""

from collections.abc import Callable, Sequence

import msgspec
import pytest

from eagerbench import Run, summarise
from eagerbench.models.a2c import ARTICLE, RELIABLE
from eagerbench.reports.sections import section_names
from eagerbench.reports.situations import Situation, situations
from eagerbench.results import Counts, Training, TrainingRun


def told(run: Run) -> list[Situation]:
    """The lines of a run."""
    return situations(run, summarise(run))


def test_a_forward_pass(make_run: Callable[..., Run]):
    """The fastest mode with its time, its ratio to eager, and where to look."""
    run = make_run({"forward/eager/b1": [[0.04], [0.04]], "forward/function/b1": [[0.02], [0.02]]})
    assert told(run) == [
        Situation(
            "Many forward passes of 1 row",
            "function",
            "20.0 ms (20.0–20.0) a call, 2.0× faster than eager (2.0–2.0)",
            "forward b1",
            "Forward pass of 1 row",
        )
    ]


def test_modes_that_cannot_be_told_apart(make_run: Callable[..., Run]):
    """All are named, and that no difference is shown."""
    run = make_run(
        {
            "forward/eager/b1": [[0.4], [0.4], [0.4]],
            "forward/function/b1": [[0.020], [0.021], [0.020]],
            "forward/graph-v1/b1": [[0.021], [0.020], [0.021]],
        }
    )
    (line,) = told(run)
    assert line.answer == "function and graph-v1"
    assert line.why.startswith("function: 20.3 ms")
    assert line.why.endswith("; no difference to graph-v1 is shown")


def test_eager_where_nothing_is_shown_to_be_faster(make_run: Callable[..., Run]):
    """A smaller mean is no reason to use a mode, and one that is shown to be slower is not named."""
    run = make_run(
        {
            "forward/eager/b1": [[0.030], [0.030], [0.030]],
            "forward/graph-v1/b1": [[0.005], [0.030], [0.031]],
            "forward/predict/b1": [[0.3], [0.31], [0.3]],
        }
    )
    (line,) = told(run)
    assert line.answer == "eager"
    assert line.why == "30.0 ms (30.0–30.0) a call; no other TensorFlow mode for this is shown to be faster"


def test_only_what_is_shown_to_be_faster_than_eager_is_recommended(make_run: Callable[..., Run]):
    """Graph-v1 is tied with the fastest, but not shown to be faster than eager."""
    run = make_run(
        {
            "forward/eager/b1": [[0.030], [0.030], [0.030]],
            "forward/function/b1": [[0.020], [0.021], [0.020]],
            "forward/graph-v1/b1": [[0.005], [0.030], [0.031]],
        }
    )
    (line,) = told(run)
    assert line.answer == "function"
    assert line.why.endswith(" faster than eager (1.38–1.58); no difference to graph-v1 is shown")


def test_an_environment_that_is_no_array_program(make_run: Callable[..., Run]):
    """Who can't use a fused mode is told the best of the others."""
    run = make_run(
        {f"train/{mode}/env1": [[s], [s]] for mode, s in (("eager", 0.64), ("graph-v1", 0.1), ("fused-xla", 0.001))}
    )
    assert [(line.need, line.answer) for line in told(run)] == [
        ("Training in 1 environment", "fused-xla"),
        ("Training in 1 environment, stepped by Gymnasium itself", "graph-v1"),
    ]


def test_the_target(training_run: Run):
    """Who reaches it soonest, by the rules of the table."""
    line = next(line for line in told(training_run) if line.need.startswith("Reaching"))
    assert (line.answer, line.why) == ("fused-xla", "1.50 s (1 of 3 runs kept)")


def test_the_target_is_reached_as_soon_by_whom_no_seed_tells_apart(
    make_run: Callable[..., Run], make_training_run: Callable[..., TrainingRun]
):
    """Once the one is ahead and once the other; a third is behind from every seed."""
    seconds = {"fused": (1.0, 2.0, 3.0), "graph-v1": (1.2, 1.9, 3.1), "function": (10.0, 20.0, 31.0)}
    run = make_run(
        {f"train/{mode}/env1": [[0.64], [0.64], [0.64]] for mode in seconds},
        training_runs=[
            make_training_run(f"train/{mode}/env1", seed, own, 20_000)
            for mode, all_own in seconds.items()
            for seed, own in enumerate(all_own)
        ],
        training=Training(1, "sync", ARTICLE, RELIABLE, (1, 10, 50), 4, (0, 1, 2), 195.0, 100, 500_000, 8.0),
    )
    line = next(line for line in told(run) if line.need.startswith("Reaching"))
    assert line.answer == "graph-v1 and fused"
    assert line.why == "graph-v1: 1.90 s (1 of 3 runs kept); no difference to fused is shown, seed by seed"


@pytest.mark.parametrize(("seeds", "expected"), [((0,), []), ((0, 1, 2), ["fused"])])
def test_one_seed_recommends_nothing(
    make_run: Callable[..., Run],
    make_training_run: Callable[..., TrainingRun],
    seeds: tuple[int, ...],
    expected: list[str],
):
    """Of it there is no interval."""
    run = make_run(
        {f"train/{mode}/env1": [[0.64], [0.64]] for mode in ("fused", "function")},
        training_runs=[
            make_training_run(f"train/{mode}/env1", seed, own + 0.01 * seed, 20_000)
            for mode, own in (("fused", 1.0), ("function", 20.0))
            for seed in seeds
        ],
        training=Training(1, "sync", ARTICLE, RELIABLE, (1, 10, 50), 4, seeds, 195.0, 100, 500_000, 8.0),
    )
    assert [line.answer for line in told(run) if line.need.startswith("Reaching")] == expected


@pytest.mark.parametrize("yardsticks", [{"fused-xla"}, {"fused-xla", "function"}])
def test_a_yardstick_is_not_recommended(training_run: Run, monkeypatch: pytest.MonkeyPatch, yardsticks: set[str]):
    """However soon it reaches the target; and what is left is no choice, with nothing but estimates beside it."""
    monkeypatch.setattr("eagerbench.reports.situations.is_yardstick", yardsticks.__contains__)
    assert [line.answer for line in told(training_run) if line.need.startswith("Reaching")] == []


@pytest.mark.parametrize("launches", [1, 0])
def test_nothing_is_recommended_without_an_interval(make_run: Callable[..., Run], launches: int):
    """One launch shows no fastest mode, none shows nothing."""
    run = make_run({"forward/eager/b1": [[0.04]] * launches, "forward/function/b1": [[0.02]] * launches})
    assert told(run) == []


def test_one_mode_is_no_choice(make_run: Callable[..., Run]):
    """There is nothing to recommend it over."""
    assert told(make_run({"forward/eager/b1": [[0.04], [0.04]]})) == []


def test_cold_starts_traces_and_memory(forked_run: Run):
    """Who leads for how many calls, who retraces when shapes change, whose memory grows."""
    found = {line.evidence: line for line in told(forked_run)}
    cold = found["Cold start: forward pass of 1 row"]
    assert cold.need == "A fresh process: forward pass of 1 row"
    assert cold.answer.startswith("eager")
    assert "eager for" in cold.why
    changing = found["Traces and compilations"]
    assert changing.answer == "eager"
    assert changing.why == "more traces or compilations than with one shape: function and function-xla"
    memory = found["Memory: forward pass of 1 row"]
    assert "predict" not in memory.answer
    assert memory.why == "memory grows from call to call in predict"


def test_a_lead_that_is_undecided_is_not_recommended(make_forked_run: Callable[..., Run]):
    """Only modes of which an interval shows from when on they are ahead of whoever led before."""
    line = cold_line(
        make_forked_run,
        eager=[(0.200, 0.010)] * 3,
        function=[(0.380, 0.001)] * 3,
        blocked=[(0.900, 0.0001), (0.900, 0.0030), (0.900, 0.0001)],
    )
    assert line is not None
    assert line.answer == "eager, then function"
    assert line.why == "least time in all, start included: eager for few calls, function after 21 calls"


def cold_line(make_forked_run: Callable[..., Run], **starts: Sequence[tuple[float, float]]) -> Situation | None:
    """What is said of cold starts, each told by the seconds after imports and of a later call, by process."""
    run = make_forked_run(
        cold={
            f"cold/{mode}/b1": [({"imports": 4.0, "first call": first}, (later, later)) for first, later in own]
            for mode, own in starts.items()
        }
    )
    return next((line for line in told(run) if line.need.startswith("A fresh process")), None)


def test_one_process_recommends_nothing(make_forked_run: Callable[..., Run]):
    """It has no interval, however far apart starts lie."""
    assert cold_line(make_forked_run, eager=[(0.2, 0.01)], function=[(0.9, 0.02)]) is None
    assert cold_line(make_forked_run, eager=[(0.2, 0.01)] * 2, function=[(0.9, 0.02)] * 2) is not None


def test_starts_that_are_tied_are_both_named(make_forked_run: Callable[..., Run]):
    """And a lead is told where it is shown against both."""
    later, tied = [(0.5, 0.0001)] * 3, [(0.20, 0.01), (0.21, 0.01), (0.20, 0.01)]
    line = cold_line(make_forked_run, eager=tied, graph=[(0.21, 0.012), (0.20, 0.012), (0.21, 0.012)], function=later)
    assert line is not None
    assert line.answer == "eager and graph, then function"
    assert line.why.startswith(
        "least time in all, start included: eager and graph for few calls, between which no difference is shown, "
        "function after 31"
    )


@pytest.mark.parametrize(
    ("later", "expected"), [((0.02, 0.021, 0.02), "any number of calls"), ((0.02, 0.005, 0.02), "a first few calls")]
)
def test_any_number_of_calls_needs_every_pair(
    make_forked_run: Callable[..., Run], later: tuple[float, ...], expected: str
):
    """Where later calls can't be told apart, only the first is known."""
    line = cold_line(make_forked_run, eager=[(0.2, 0.01)] * 3, function=[(0.9, own) for own in later])
    assert line is not None
    assert line.answer == "eager"
    assert line.why == f"least time in all, start included: eager for {expected}"


def test_changing_shapes_want_the_fastest_that_does_not_trace_again(
    make_run: Callable[..., Run], make_forked_run: Callable[..., Run]
):
    """Of the quiet, predict is shown to be slower; function is the fastest of all, and traces again."""
    quiet = ("predict", "eager", "graph-v1")
    counted = make_forked_run(
        counts=[
            *(Counts(f"traces/{mode}/forward-{of}", 10, 1, 0) for mode in quiet for of in ("fixed", "shapes")),
            Counts("traces/function/forward-fixed", 10, 1, 0),
            Counts("traces/function/forward-shapes", 10, 10, 0),
        ]
    )
    seconds = {"predict": 0.5, "eager": 0.04, "graph-v1": 0.02, "function": 0.01}
    raced = make_run({f"forward/{mode}/b1": [[own], [own]] for mode, own in seconds.items()})
    plan = msgspec.structs.replace(raced.start.plan, cases=(*raced.start.plan.cases, *counted.start.plan.cases))
    run = msgspec.structs.replace(
        raced,
        start=msgspec.structs.replace(raced.start, plan=plan),
        launches=(*raced.launches, *counted.launches),
    )
    line = next(line for line in told(run) if line.need.startswith("Batches"))
    assert line.answer == "graph-v1"
    assert line.why == (
        "more traces or compilations than with one shape: function; of the others none is shown to be faster on 1 row"
    )


def test_degenerate_runs_have_lines_that_end_somewhere(degenerate_run: Run):
    """Whatever is missing, what is said is said in full, and leads to a section."""
    names = section_names(summarise(degenerate_run))
    for line in told(degenerate_run):
        assert line.section in names
        assert line.need
        assert line.answer
        assert line.why
