"""Which mode to use when: only what the run shows."""

from collections.abc import Callable

import pytest

from eagerbench import Run, summarise
from eagerbench.models.a2c import ARTICLE, RELIABLE
from eagerbench.reports.sections import section_names
from eagerbench.reports.situations import Situation, situations
from eagerbench.results import Training, TrainingRun
from eagerbench.starting import Lead
from eagerbench.stats import BreakEven, Estimate


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
    assert line.why.endswith("; no difference to the other is shown")


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
    assert line.why == "graph-v1: 1.90 s (1 of 3 runs kept); no difference to the other is shown, seed by seed"


@pytest.mark.parametrize(("yardsticks", "expected"), [({"fused-xla"}, ["function"]), ({"fused-xla", "function"}, [])])
def test_a_yardstick_is_not_recommended(
    training_run: Run, monkeypatch: pytest.MonkeyPatch, yardsticks: set[str], expected: list[str]
):
    """However soon it reaches the target; and the only mode that is left is no choice."""
    monkeypatch.setattr("eagerbench.reports.situations.is_yardstick", yardsticks.__contains__)
    assert [line.answer for line in told(training_run) if line.need.startswith("Reaching")] == expected


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
    assert "eager" in changing.answer
    assert "function" not in changing.answer
    assert "function and function-xla do" in changing.why
    memory = found["Memory: forward pass of 1 row"]
    assert "predict" not in memory.answer
    assert memory.why == "memory grows from call to call in predict"


def test_a_lead_that_is_undecided_is_not_recommended(forked_run: Run, monkeypatch: pytest.MonkeyPatch):
    """Only modes of which an interval shows from when on they are ahead."""
    after = BreakEven("after", Estimate(12.0, 8.0, 19.0, 7))
    known = (Lead("eager", 1, None), Lead("function", 12, after), Lead("graph-v1", 700, BreakEven("undecided")))
    monkeypatch.setattr("eagerbench.reports.situations.leads", lambda _: known)
    line = next(line for line in told(forked_run) if line.need.startswith("A fresh process"))
    assert line.answer == "eager, then function"
    assert line.why == ("least time in all, start included: eager for few calls, function after 12 calls (8–19)")


def test_degenerate_runs_have_lines_that_end_somewhere(degenerate_run: Run):
    """Whatever is missing, what is said is said in full, and leads to a section."""
    names = section_names(summarise(degenerate_run))
    for line in told(degenerate_run):
        assert line.section in names
        assert line.need
        assert line.answer
        assert line.why
