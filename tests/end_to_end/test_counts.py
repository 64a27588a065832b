"""Traces and compilations, counted by the real command: exact numbers, each of which has a reason."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from eagerbench.modes import REGISTRY
from eagerbench.results import Counts, Run, read_run
from eagerbench.summary import summarise

pytestmark = pytest.mark.end_to_end

Command = Callable[..., subprocess.CompletedProcess[str]]
CALLS = 10


class Made(NamedTuple):
    """What ten calls made happen."""

    traces: int | None
    compiles: int


NOTHING = Made(None, 0)
# function: one trace for each shape, and for each Python number; XLA compiles what is traced, once each. Static graphs,
# eager execution and NumPy trace nothing. A reloaded model was traced when it was exported, for any number of rows.
EXACT = {
    **{
        f"traces/{mode}/{scenario}": NOTHING
        for mode in ("eager", "graph-v1", "graph-v1-feed", "numpy")
        for scenario in ("forward-fixed", "forward-shapes", "forward-scalars")
    },
    **{
        f"traces/{mode}/{scenario}": NOTHING
        for mode in ("eager", "graph-v1", "graph-v1-feed")
        for scenario in ("update-fixed", "update-shapes")
    },
    **{
        f"traces/{mode}/{work}-{scenario}": Made(traces, traces if mode == "function-xla" else 0)
        for mode in ("function", "function-xla")
        for work, scenario, traces in (
            ("forward", "fixed", 1),
            ("forward", "shapes", CALLS),
            ("forward", "scalars", CALLS),
            ("update", "fixed", 1),
            ("update", "shapes", CALLS),
        )
    },
    "traces/blocked-xla/forward-fixed": Made(1, 1),
    "traces/blocked-xla/forward-shapes": Made(CALLS, CALLS),
    "traces/predict-eager/forward-fixed": NOTHING,
    "traces/predict-eager/forward-shapes": NOTHING,
}
# Keras decides how often its step is traced, and does so differently from version to version: from 3.7 on twice or
# thrice in all, before that `train_on_batch` in every call.
KERAS = {
    f"traces/{mode}/{scenario}"
    for mode, scenarios in (
        ("predict", ("forward-fixed", "forward-shapes", "update-fixed", "update-shapes")),
        ("predict-full", ("forward-fixed", "forward-shapes")),
        ("predict-on-batch", ("forward-fixed", "forward-shapes", "update-fixed", "update-shapes")),
    )
    for scenario in scenarios
}
RELOADED = {f"traces/saved-model/forward-{scenario}" for scenario in ("fixed", "shapes")}
# A hundred rows in steps of 32: four. In steps of all rows: one.
STEPS = {"predict": 4, "predict-eager": 4, "predict-full": 1, "predict-on-batch": 1}


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Run:
    """All modes, all scenarios, as the results file has them."""
    folder = tmp_path_factory.mktemp("counted")
    result = command("run", "--profile", "smoke", "--workloads", "traces", folder=folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return read_run(folder / "benchmark-report" / "results.json")


def _made(run: Run) -> dict[str, Made]:
    return {own.case: Made(own.traces, own.compiles) for own in run.counts}


def test_every_number_is_exact(counted: Run) -> None:
    """Whatever the machine, and however fast it is."""
    made = _made(counted)
    assert {case: own for case, own in made.items() if case in EXACT} == EXACT
    assert made.keys() - EXACT.keys() == KERAS | RELOADED
    assert {own.calls for own in counted.counts} == {CALLS}
    assert summarise(counted).green


def test_what_keras_traces_is_bounded_by_its_shapes(counted: Run) -> None:
    """At least once, and XLA compiles nothing of it on a processor; a changing shape costs no less than a fixed one."""
    made = _made(counted)
    for case in KERAS:
        mode, scenario = case.split("/")[1:]
        assert made[case].compiles == 0
        assert 1 <= (made[case].traces or 0) <= 2 * CALLS
        fixed = made[f"traces/{mode}/{scenario.split('-')[0]}-fixed"]
        assert (made[case].traces or 0) >= (fixed.traces or 0)
    assert made["traces/predict-full/forward-fixed"] == made["traces/predict-on-batch/forward-fixed"] == Made(1, 0)


def test_a_reloaded_model_traces_no_shape_of_its_own(counted: Run) -> None:
    """It was exported for any number of rows."""
    made = _made(counted)
    fixed, shapes = (made[f"traces/saved-model/forward-{scenario}"] for scenario in ("fixed", "shapes"))
    assert fixed == shapes
    assert fixed.compiles == 0


def test_steps_are_those_that_keras_cuts_a_call_into(counted: Run) -> None:
    """Only Keras's own loop has any, and they are told where the shape is fixed."""
    steps = {own.case: own.steps for own in counted.counts}
    assert {case: count for case, count in steps.items() if count is not None} == {
        f"traces/{mode}/forward-fixed": count for mode, count in STEPS.items()
    }


def test_where_no_python_number_can_be_an_argument_it_is_said(counted: Run) -> None:
    """Every planned case has counts or this reason; the run is green all the same."""
    outcomes = {case: own for launch in counted.launches for case, own in launch.cases.items()}
    refused = {case.split("/")[1] for case, own in outcomes.items() if own.status == "unavailable"}
    arrays_only = {"blocked-xla", "predict", "predict-full", "predict-on-batch", "predict-eager", "saved-model"}
    assert refused == arrays_only
    assert all("takes arrays only" in own.reason for own in outcomes.values() if own.status == "unavailable")
    forward = {mode for mode, entry in REGISTRY.items() if "forward" in entry.workloads}
    assert arrays_only < forward
    assert set(counted.start.plan.cases) == {own.case for own in counted.counts} | {
        f"traces/{mode}/forward-scalars" for mode in arrays_only
    }


def test_another_run_counts_the_same(counted: Run, run_command: Command, tmp_path: Path) -> None:
    """To the last number, of those that change most."""
    arguments = ["--workloads", "traces", "--modes", "function-xla,predict-on-batch", "-k", "update-shapes"]
    result = run_command("run", "--profile", "smoke", *arguments, folder=tmp_path)
    assert result.returncode == 0, result.stdout
    again = {own.case: own for own in read_run(tmp_path / "benchmark-report").counts}
    before: dict[str, Counts] = {own.case: own for own in counted.counts}
    assert len(again) == 2
    assert again == {case: before[case] for case in again}
