"""A user's own benchmark in their own test file, run as they would run it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eagerbench.results import read_run

pytestmark = pytest.mark.end_to_end

BENCHMARK = '''
import keras
import numpy as np
import pytest

OBSERVATIONS = np.random.default_rng(0).standard_normal((16, 4)).astype("float32")


class Policy(keras.Model):
    """Logits and value."""

    def __init__(self):
        super().__init__()
        self.logits = keras.layers.Dense(2)
        self.value = keras.layers.Dense(1)

    def call(self, observations):
        return self.logits(observations), self.value(observations)


def broken():
    raise RuntimeError("it was never finished")


@pytest.mark.parametrize("rows", [1, 2])
def test_policy(race, rows):
    results = race(Policy(), OBSERVATIONS, modes=["eager", "function", "numpy"], batch_sizes=[rows])
    assert results.time("function").value > 0


def test_broken(race):
    race(broken, OBSERVATIONS)


def test_plain():
    pass
'''
CASES = [f"forward/{mode}/b{rows}@test_policy-{rows}" for rows in (1, 2) for mode in ("eager", "function", "numpy")]
Command = Callable[..., subprocess.CompletedProcess[str]]


def _pytest(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Plain pytest, as a user of an installed package has it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "TOX"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a benchmark of its own."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "test_own.py").write_text(BENCHMARK)
    return folder


@pytest.fixture(scope="module")
def finished(folder: Path) -> subprocess.CompletedProcess[str]:
    """One measuring session of it."""
    return _pytest(
        "--benchmark-only",
        "test_own.py",
        *("--profile", "smoke", "--launches", "2", "--report-dir", "report"),
        *("--benchmark-json", "benchmark.json", "--benchmark-autosave"),
        folder=folder,
    )


def test_the_session_fails_only_what_failed(finished: subprocess.CompletedProcess[str]) -> None:
    """A mode that can't execute the model fails nothing; a model that can't be made fails its test, in one line."""
    assert "1 failed, 2 passed, 1 skipped" in finished.stdout, finished.stdout + finished.stderr
    assert "model 'test_own:broken' can't be made: RuntimeError: it was never finished" in finished.stdout
    assert "Traceback" not in finished.stdout
    assert "Benchmark fixture was not used" not in finished.stdout
    assert finished.returncode == 1


@pytest.mark.usefixtures("finished")
def test_its_cases_are_in_results_and_report(folder: Path) -> None:
    """All of both parameters, in one run, with what they execute."""
    run = read_run(folder / "report")
    assert list(run.start.plan.cases) == CASES
    assert {launch.ended for launch in run.launches} == {"complete"}
    assert len(run.launches) == 4
    subject = run.start.subjects["test_policy-2"]
    assert (subject.model.name, subject.observations.distinct) == ("Policy", 16)
    assert subject.test == "test_own.py::test_policy[2]"
    assert (folder / "report" / "index.html").is_file()
    assert read_run(folder / "report" / "launches.jsonl") == run


@pytest.mark.usefixtures("finished")
def test_pytest_benchmark_knows_every_timed_case(folder: Path) -> None:
    """With the recorded samples, in every file that it writes; cases without times are not among them."""
    run = read_run(folder / "report")
    saved = next((folder / ".benchmarks").rglob("*.json"))
    for path in (folder / "benchmark.json", folder / "report" / "results.json", saved):
        document = json.loads(path.read_text())
        entries = {entry["extra_info"]["case"]: entry for entry in document["benchmarks"]}
        assert set(entries) == {case for case in CASES if "numpy" not in case}
        assert document["eagerbench"]["start"]["plan"]["cases"] == CASES
    for case, entry in entries.items():
        recorded = [
            sample.call_s
            for launch in run.launches
            for sample in launch.samples
            if sample.case == case and sample.stage == "steady"
        ]
        assert entry["stats"]["rounds"] == len(recorded)
        assert entry["fullname"] == f"test_own.py::test_policy[{case[-1]}][{case}]"


@pytest.mark.usefixtures("finished")
def test_the_next_session_is_held_against_it(folder: Path) -> None:
    """By the gate and by pytest-benchmark's own comparison, without the suite; also where pytest captures nothing."""
    result = _pytest(
        "--benchmark-only",
        "test_own.py",
        *("-k", "test_policy and 1", "--profile", "smoke", "--launches", "2", "--report-dir", "again"),
        *("--gate", "report", "--benchmark-compare", "-p", "no:capture"),
        folder=folder,
    )
    assert "forward/eager/b1@test_policy-1" in result.stdout, result.stdout + result.stderr
    assert "(0001_" in result.stdout  # a row of the saved session, beside the row of this one
    # The cases of the other parameter were not measured again: never a pass.
    assert result.returncode == 4


@pytest.mark.usefixtures("finished")
def test_pytest_benchmark_compares_the_files(folder: Path) -> None:
    """With its own command."""
    result = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", "compare", "report/results.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "test_policy[1][forward/eager/b1@test_policy-1]" in result.stdout, result.stderr


def test_without_measuring_a_benchmark_is_skipped_and_says_how_to_run_it(folder: Path) -> None:
    """The project's tests take no longer than before."""
    result = _pytest("test_own.py", "-rs", folder=folder)
    assert "1 passed, 3 skipped" in result.stdout, result.stdout + result.stderr
    assert "a benchmark, measured by: pytest --benchmark-only test_own.py" in result.stdout


def test_without_pytest_benchmark_the_plugin_is_inert(folder: Path) -> None:
    """Whoever has switched that one off keeps their tests."""
    result = _pytest("test_own.py", "-p", "no:benchmark", folder=folder)
    assert "1 passed, 3 skipped" in result.stdout, result.stdout + result.stderr


def test_beside_the_suite_both_are_in_one_report(tmp_path: Path, run_command: Command) -> None:
    """Where the settings say where the benchmarks are."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "test_own.py").write_text(BENCHMARK)
    (tmp_path / "pyproject.toml").write_text('[tool.eagerbench]\nbenchmarks = ["benchmarks"]\n')
    result = run_command(
        "run",
        *("--profile", "smoke", "--workloads", "forward", "--modes", "eager,function", "--batch-sizes", "1"),
        *("--deselect", "benchmarks/test_own.py::test_broken", "--deselect", "benchmarks/test_own.py::test_policy[2]"),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    run = read_run(tmp_path / "benchmark-report")
    assert list(run.start.plan.cases) == ["forward/eager/b1", "forward/function/b1", *CASES[:3]]
    assert run.start.plan.env == "CartPole-v0"
    assert read_run(tmp_path / "benchmark-report" / "launches.jsonl") == run
