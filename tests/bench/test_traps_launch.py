"""What a launch of traps does: its processes, its cells and its race."""

import io
import json
import statistics
import time
from collections.abc import Iterator
from itertools import count
from random import sample
from typing import Any

import pytest

from eagerbench.cli import main
from eagerbench.reports.traps.catalogue import LESSONS
from eagerbench.traps.article import CELLS
from eagerbench.traps.findings import ARTICLE, TRAPS, measurements
from eagerbench.traps.launch import Asked, processes


def test_every_measurement_has_one_process() -> None:
    """A cell shares its process with its last line run again, and nothing else."""
    names = tuple(sorted(measurements(TRAPS)))
    plan = processes(names)
    assert sorted(name for own in plan.values() for name in own) == sorted(names)
    assert set(plan) == {"race", "notebook", *CELLS}
    assert plan["eager"] == ["again/eager", "alone/eager", "first/eager"]
    assert plan["default"][-2:] == ["steps/call", "steps/predict-full"]
    assert all(name.startswith("notebook/") for name in plan["notebook"])
    assert all(name.startswith(("warm", "made", "model", "identical", "float64", "unread")) for name in plan["race"])


def test_a_trap_needs_no_more_than_its_own() -> None:
    """One that runs in the race starts no notebook."""
    assert set(processes(tuple(measurements(["tracing"])))) == {"race"}


def test_what_was_not_asked_for_is_not_sent() -> None:
    """A cell has more to tell than one trap needs."""
    from eagerbench.results import CaseOutcome, Sample

    pipe = io.BytesIO()
    listener = Asked(pipe, ["first/eager"])
    samples = [Sample(name, "cold", -1, 0, 1, 1.0, 1.0, 0.0) for name in ("alone/eager", "first/eager")]
    listener.samples(samples)
    listener.outcome("alone/eager", CaseOutcome("ok"))
    listener.outcome("first/eager", CaseOutcome("ok"))
    told = [json.loads(line) for line in pipe.getvalue().splitlines()]
    assert [one["case"] for one in told[0]["samples"]] == ["first/eager"]
    assert [one["case"] for one in told[1:]] == ["first/eager"]


def test_every_trap_has_a_lesson() -> None:
    """The article's cells have a section of their own."""
    assert set(LESSONS) == set(TRAPS) - {ARTICLE}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "stpes"], "unknown trap 'stpes' (did you mean 'steps'?)"),
        (["--rows", "0"], "expected at least one row"),
        (["--rows", str(10**15)], "GiB are free; ask for fewer"),
        (["--launches", "0"], "one launch"),
        (["--seed", "-1"], "a seed of 0 or more"),
    ],
)
def test_wrong_usage_is_told_in_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    """Before anything is measured or written."""
    assert main(["traps", "--out", str(tmp_path / "out"), *arguments]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


class Ticking:
    """A clock that moves on by one second whenever it is read, and by a quarter of CPU time."""

    def __init__(self) -> None:
        self._now = count()

    def wall(self) -> float:
        return float(next(self._now))

    def cpu(self) -> tuple[float, float]:
        return 0.25 * next(self._now), 0.0


def _told(pipe: io.BytesIO) -> Iterator[tuple[str, Any]]:
    for line in pipe.getvalue().splitlines():
        event = json.loads(line)
        for one in event.get("samples", ()):
            yield one["case"], one
        if event["type"] == "outcome":
            yield f"outcome {event['case']}", event["outcome"]


# Keras says so of the article's model, on standard error, in a notebook as here.
UNBUILT = pytest.mark.filterwarnings("ignore:.*build.*was called on layer:UserWarning")


@UNBUILT
@pytest.mark.tensorflow
def test_a_cell_runs_as_written_and_is_timed_from_outside() -> None:
    """Whole and last line in the same time; what it prints is kept; the line again is steady."""
    from eagerbench.launch import Pipe
    from eagerbench.traps.cells import AGAIN_S, Notebook, alone

    pipe = io.BytesIO()
    alone(Notebook(64, Pipe(pipe, None, {}), Ticking()), "default", steps=True)
    told = dict(_told(pipe))
    assert (told["alone/default"]["wall_s"], told["alone/default"]["user_s"]) == (4.0, 1.0)
    assert (told["first/default"]["wall_s"], told["first/default"]["stage"]) == (2.0, "cold")
    assert told["again/default"]["stage"] == "steady"
    assert sum(name == "again/default" for name, _ in _told(pipe)) == 1  # a second each: more than AGAIN_S
    assert AGAIN_S <= 2.0
    assert told["outcome alone/default"]["status"] == "ok"
    assert told["outcome alone/default"]["resolved"] == {
        "dtype": "float32",
        "Eager Execution": "True",
        "Eager Keras Model": "False",
    }
    for name in ("steps/predict-full", "steps/call"):
        assert told[f"outcome {name}"]["parity"]["passed"] is True


@UNBUILT
@pytest.mark.tensorflow
def test_the_cells_in_the_notebooks_order() -> None:
    """All of them come to their end, the static one outside of eager execution."""
    from eagerbench.launch import Pipe
    from eagerbench.traps.cells import Notebook, in_order

    pipe = io.BytesIO()
    in_order(Notebook(40, Pipe(pipe, None, {})))
    told = [(name, one) for name, one in _told(pipe) if name.startswith("outcome")]
    assert [name for name, _ in told] == [
        f"outcome notebook/{cell}" for cell in ("eager", "static", "default", "eager-again")
    ]
    assert [one["reason"] for _, one in told] == [""] * 4
    assert [one["resolved"]["Eager Execution"] for _, one in told] == ["True", "False", "True", "True"]


@UNBUILT
@pytest.mark.tensorflow
def test_the_static_cell_as_written_ends_in_an_exception() -> None:
    """Which is a finding: told in one line, with no time."""
    from eagerbench.launch import Pipe
    from eagerbench.traps.cells import Notebook, alone

    pipe = io.BytesIO()
    alone(Notebook(40, Pipe(pipe, None, {})), "static-as-written", steps=False)
    told = dict(_told(pipe))
    outcome = told.pop("outcome alone/static-as-written")
    assert outcome["status"] == "failed"
    assert outcome["reason"].startswith("RuntimeError: ")
    assert set(told) == {"outcome first/static-as-written"}


@pytest.mark.tensorflow
def test_every_contender_computes_the_same() -> None:
    """The naive ways too: each passes parity on its own rows, and float64 makes a function trace once more."""
    import numpy as np

    from eagerbench.traps.race import contenders

    rows = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    names = processes(tuple(sorted(measurements(TRAPS))))["race"]
    traces = {}
    for contender in contenders(names, rows, 2, 0):
        program = contender.ready()()
        if program.trace:
            program.trace()
        assert contender.check is not None
        parity = contender.check(program.call())
        assert parity.passed, (contender.case, parity.detail)
        if program.traces:
            traces[contender.case] = program.traces()
        program.close()
    assert traces["warm/function"] == 1
    assert traces["float64/function"] == 2
    assert set(names) >= {"made/function", "made/graph-v1", "model/eager", "unread/eager", "identical/eager"}


@pytest.mark.tensorflow
@pytest.mark.parametrize("trap", LESSONS)
@pytest.mark.parametrize("way", ["naive", "right"])
def test_the_code_of_a_lesson_runs(trap: str, way: str) -> None:
    """Nothing that is shown to a learner is broken."""
    import numpy as np
    import tensorflow as tf

    from eagerbench.models.actor_critic import ActorCritic

    rows = np.random.default_rng(0).standard_normal((64, 4)).astype(np.float32)
    names = {
        "np": np,
        "tf": tf,
        "clock": time.monotonic,
        "median": statistics.median,
        "sample": sample,
        "observations": rows,
        "batches": [rows[:32], rows[32:]],
        "model": ActorCritic(2),
        "model_a": ActorCritic(2),
        "model_b": ActorCritic(2),
        "Model": ActorCritic,
        "actions": 2,
    }
    exec(compile(getattr(LESSONS[trap], way), f"<{trap}, {way}>", "exec"), names)  # noqa: S102 - our own text
