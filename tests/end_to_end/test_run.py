"""A whole run from the command line: files, tables, selection, and pytest-benchmark's own tools on our results."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eagerbench.results import read_run
from eagerbench.summary import summarise

pytestmark = pytest.mark.end_to_end

Finished = tuple[Path, subprocess.CompletedProcess[str]]
Command = Callable[..., subprocess.CompletedProcess[str]]
CASES = [f"forward/{mode}/b{rows}" for rows in (64, 1) for mode in ("eager", "function", "numpy")]


@pytest.fixture
def document(finished: Finished) -> dict[str, Any]:
    """The run's `results.json`."""
    found: dict[str, Any] = json.loads((finished[0] / "benchmark-report" / "results.json").read_text())
    return found


def test_the_run_is_green_and_leaves_a_whole_report(finished: Finished) -> None:
    """One command, exit code 0, every file of the report, and the way to it as the last word."""
    folder, result = finished
    assert result.returncode == 0, result.stdout + result.stderr
    names = {path.name for path in (folder / "benchmark-report").iterdir()}
    assert {"index.html", "summary.csv", "summary.md", "results.json", "launches.jsonl"} <= names
    assert {"ranking-forward-b64.png", "ranking-forward-b1.png"} <= names
    assert "benchmark-report/index.html" in result.stdout
    assert "launch 2/2" in result.stdout


def test_results_name_cases_flags_and_statistics(document: dict[str, Any]) -> None:
    """Each benchmark carries what the design promises, in pytest-benchmark's own `extra_info`."""
    by_case = {benchmark["extra_info"]["case"]: benchmark for benchmark in document["benchmarks"]}
    assert set(CASES) <= by_case.keys()
    for case in CASES:
        extra = by_case[case]["extra_info"]
        assert {
            "workload",
            "mode",
            "size",
            "launches",
            "median_s",
            "ci_low_s",
            "ci_high_s",
            "cold_s",
            "cpu_user_s",
            "cpu_sys_s",
            "traces",
            "parity",
            "executing_eagerly",
            "jit_compile",
            "device",
            "rows_per_step",
        } <= extra.keys()
        assert extra["ci_low_s"] <= extra["median_s"] <= extra["ci_high_s"]
        assert extra["parity"] is True
        assert by_case[case]["name"] == f"test_case[{case}]"


def test_pytest_benchmark_shows_the_samples_of_the_race(finished: Finished, document: dict[str, Any]) -> None:
    """Its data are the recorded samples to the last bit, so its table and comparisons are of what was measured."""
    run = read_run(finished[0] / "benchmark-report")
    for benchmark in document["benchmarks"]:
        case = benchmark["extra_info"]["case"]
        recorded = [
            sample.call_s
            for launch in run.launches
            for sample in launch.samples
            if sample.case == case and sample.stage == "steady"
        ]
        assert benchmark["stats"]["data"] == recorded
        assert benchmark["stats"]["rounds"] == len(recorded)


def test_samples_are_long_enough_and_nothing_was_traced_while_timing(finished: Finished) -> None:
    """No steady sample under a millisecond, no trace in the steady part, parity of every case."""
    run = read_run(finished[0] / "benchmark-report")
    steady = [sample for launch in run.launches for sample in launch.samples if sample.stage == "steady"]
    assert min(sample.wall_s for sample in steady) >= 1e-3
    for launch in run.launches:
        for case in CASES:
            outcome = launch.cases[case]
            assert outcome.status == "ok"
            assert outcome.traces_steady in {0, None}
            assert outcome.parity is not None
            assert outcome.parity.passed


def test_summaries_are_of_the_same_numbers(finished: Finished) -> None:
    """The table in `summary.csv` is what the results file gives when summed up again."""
    folder = finished[0] / "benchmark-report"
    with (folder / "summary.csv").open(newline="") as file:
        rows = {row["case"]: row for row in csv.DictReader(file)}
    summary = summarise(read_run(folder))
    assert list(rows) == CASES
    for case in summary.cases:
        assert case.time_s is not None
        assert float(rows[case.case.id]["median_s"]) == pytest.approx(case.time_s.value)


def test_pytest_benchmark_compares_our_files(finished: Finished) -> None:
    """Its own command reads results.json and the autosaved file."""
    folder, _ = finished
    saved = sorted((folder / ".benchmarks").rglob("*.json"))
    assert len(saved) == 1
    compared = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest_benchmark",
            "compare",
            "benchmark-report/results.json",
            str(saved[0].relative_to(folder)),  # it refuses relative and absolute paths together
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert compared.returncode == 0, compared.stderr
    assert compared.stdout.count("test_case[forward/function/b64]") == 2


def test_pytest_benchmark_draws_its_histogram(finished: Finished) -> None:
    """Its histogram option works on replayed samples, where the library that draws it is installed."""
    pytest.importorskip("pygal", reason="pytest-benchmark[histogram] is not installed")
    assert list(finished[0].glob("shape*.svg"))


def test_results_can_be_rendered_again(finished: Finished, run_command: Command, tmp_path: Path) -> None:
    """From the folder, from results.json and from launches.jsonl: the same page."""
    folder = finished[0] / "benchmark-report"
    pages = []
    for number, source in enumerate((folder, folder / "results.json", folder / "launches.jsonl")):
        result = run_command("report", str(source), "--out", str(tmp_path / str(number)), folder=tmp_path)
        assert result.returncode == 0, result.stderr
        pages.append((tmp_path / str(number) / "summary.csv").read_text())
    assert pages[0] == pages[1] == pages[2] == (folder / "summary.csv").read_text()


def test_k_restricts_what_is_measured(run_command: Command, tmp_path: Path) -> None:
    """`-k function-xla` measures its two cases and nothing else."""
    result = run_command(
        "run", "--profile", "smoke", "--workloads", "forward", "--launches", "1", "-k", "function-xla", folder=tmp_path
    )
    assert result.returncode == 0, result.stdout
    assert "2 passed" in result.stdout
    run = read_run(tmp_path / "benchmark-report")
    assert run.start.plan.cases == ("forward/function-xla/b10000", "forward/function-xla/b1")


def test_a_comparison_with_the_last_run_is_pytest_benchmark_s(finished: Finished, run_command: Command) -> None:
    """`--benchmark-compare` finds the autosaved run and prints both rows."""
    folder, _ = finished
    result = run_command(
        "run",
        "--profile",
        "smoke",
        "--workloads",
        "forward",
        "--launches",
        "1",
        "--modes",
        "numpy",
        "--batch-sizes",
        "64",
        "--benchmark-compare",
        "--report-dir",
        "second",
        folder=folder,
    )
    assert result.returncode == 0, result.stdout
    assert result.stdout.count("test_case[forward/numpy/b64]") >= 2
    assert "(NOW)" in result.stdout


def test_modes_are_listed_as_text_and_as_data(run_command: Command, tmp_path: Path) -> None:
    """Every one, each available here or with its reason."""
    text = run_command("modes", folder=tmp_path)
    data = json.loads(run_command("modes", "--json", folder=tmp_path).stdout)
    assert text.returncode == 0
    assert len(data) == 16
    assert all(name in text.stdout for name in data)
    assert all(entry["available"] or entry["reason"] for entry in data.values())
