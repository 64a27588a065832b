"""Several runs of one session as one, on hand-made runs; and the file that they are appended to."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from eagerbench.cases import Case
from eagerbench.errors import UserError
from eagerbench.merging import merge
from eagerbench.results import End, Journal, Run, read_run
from eagerbench.summary import summarise

MakeRun = Callable[..., Run]
SUITE, OWN = "forward/eager/b1", "forward/eager/b1@test_policy"


@pytest.fixture
def suite(make_run: MakeRun) -> Run:
    """Of the suite's model."""
    return make_run({SUITE: [[0.5], [0.5]], "forward/function/b1": [[0.25], [0.25]]})


@pytest.fixture
def own(make_run: MakeRun) -> Run:
    """Of a user's own benchmark."""
    run = make_run({OWN: [[0.1], [0.1]], "forward/function/b1@test_policy": [[0.2], [0.2]]})
    model = msgspec.structs.replace(run.start.plan.model, name="Policy", own=True)
    seen = msgspec.structs.replace(run.start.observations, sha256="cd" * 32)
    plan = msgspec.structs.replace(run.start.plan, model=model)
    start = msgspec.structs.replace(run.start, plan=plan, observations=seen)
    return msgspec.structs.replace(run, start=start)


def test_one_run_of_the_suite_stays_as_it_is(suite: Run) -> None:
    """Merging it changes nothing, so that a stored run is read as it was written."""
    assert merge([suite]) == suite


def test_cases_and_launches_of_all_are_there_and_none_has_the_index_of_another(suite: Run, own: Run) -> None:
    """What was paired by launch stays paired, and nothing else becomes so."""
    merged = merge([suite, own])
    assert merged.start.plan.cases == (*suite.start.plan.cases, *own.start.plan.cases)
    assert [launch.index for launch in merged.launches] == [0, 1, 2, 3]
    assert [launch.seed for launch in merged.launches] == [launch.seed for launch in (*suite.launches, *own.launches)]
    speedups = {one.case.id: one.speedup.value for one in summarise(merged).cases if one.speedup}
    assert speedups == {"forward/function/b1": 2.0, "forward/function/b1@test_policy": 0.5}


def test_a_case_of_ones_own_knows_its_model_and_its_observations(suite: Run, own: Run) -> None:
    """The suite's plan, model and input stand for the rest."""
    merged = merge([own, suite]).start
    assert merged.plan.model == suite.start.plan.model
    assert merged.subject(Case.parse(SUITE)).observations == suite.start.observations
    assert merged.subject(Case.parse(OWN)).model.name == "Policy"
    assert merged.subject(Case.parse(OWN)).observations.sha256 == "cd" * 32
    assert set(merged.subjects) == {"test_policy"}


def test_the_suite_comes_first_whenever_it_was_measured(suite: Run, own: Run) -> None:
    """The order of the tests in a session doesn't change the report."""
    assert merge([own, suite]) == merge([suite, own])


def test_operations_and_descriptions_of_all_are_there(suite: Run, own: Run) -> None:
    """Those of each run's own cases."""
    merged = merge([suite, own]).start
    assert merged.flops == {**suite.start.flops, **own.start.flops}
    assert set(merged.modes) == {"eager", "function"}


def test_a_session_began_when_the_first_of_its_runs_did(suite: Run, own: Run) -> None:
    """Also where that was a benchmark of the user's own."""
    start = msgspec.structs.replace(own.start, started="2026-01-02T03:00:00+00:00")
    assert merge([msgspec.structs.replace(own, start=start), suite]).start.started == start.started


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((End("complete", 2.0), End("complete", 3.0)), End("complete", 5.0)),
        ((End("complete", 2.0), End("interrupted", 3.0)), End("interrupted", 5.0)),
        ((End("complete", 2.0), None), None),
    ],
)
def test_the_end_is_the_worst_of_all(
    suite: Run, own: Run, ends: tuple[End | None, End | None], expected: End | None
) -> None:
    """A run that was killed has no end; seconds are those of all together."""
    runs = [msgspec.structs.replace(run, end=end) for run, end in zip((suite, own), ends, strict=True)]
    assert merge(runs).end == expected


def _write(path: Path, *runs: Run) -> None:
    for number, run in enumerate(runs):
        journal = Journal(path, run.start, append=number > 0)
        for record in (*run.launches, *([run.end] if run.end else [])):
            journal.append(record)


def test_a_file_of_several_runs_is_read_as_one(tmp_path: Path, suite: Run, own: Run) -> None:
    """In the order in which they were measured, also where the last one was cut short."""
    path = tmp_path / "launches.jsonl"
    _write(path, own, suite)
    assert read_run(path) == merge([suite, own])
    killed = msgspec.structs.replace(own, launches=own.launches[:1], end=None)
    _write(path, suite, killed)
    assert read_run(path).interrupted
    assert len(read_run(path).launches) == 3


def test_a_session_replaces_the_file_of_the_one_before(tmp_path: Path, suite: Run) -> None:
    """Only further runs of the same session are appended."""
    path = tmp_path / "launches.jsonl"
    _write(path, suite)
    _write(path, suite)
    assert read_run(path) == suite


def test_a_file_with_a_case_in_two_runs_is_refused(tmp_path: Path, own: Run) -> None:
    """Whose times would be mixed up."""
    path = tmp_path / "launches.jsonl"
    _write(path, own, own)
    with pytest.raises(UserError, match="a case is planned twice"):
        read_run(path)


def test_a_file_with_a_launch_twice_is_refused(tmp_path: Path, suite: Run, own: Run) -> None:
    """Numbering launches anew doesn't hide that."""
    path = tmp_path / "launches.jsonl"
    _write(path, suite, msgspec.structs.replace(own, launches=(own.launches[0], own.launches[0])))
    with pytest.raises(UserError, match="a launch is there twice"):
        read_run(path)


def test_a_further_run_of_another_schema_is_refused(tmp_path: Path, suite: Run, own: Run) -> None:
    """The version of each start is looked at."""
    path = tmp_path / "launches.jsonl"
    start = msgspec.structs.replace(own.start, schema_version=own.start.schema_version + 1)
    _write(path, suite, msgspec.structs.replace(own, start=start))
    with pytest.raises(UserError, match="schema version"):
        read_run(path)
