"""``eagerbench report`` of several runs: the real command on stored files."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from eagerbench import Run
from eagerbench.results import results_json

pytestmark = pytest.mark.end_to_end

Command = Callable[..., subprocess.CompletedProcess[str]]
TIMES = {
    "forward/eager/b1": [[0.0100], [0.0101], [0.0102]],
    "forward/function/b1": [[0.0050], [0.0051], [0.0052]],
}


@pytest.fixture
def folder(make_run: Callable[..., Run], tmp_path: Path) -> Path:
    """Two runs of the same name in two folders: in the second `function` takes twice as long."""
    slower = {**TIMES, "forward/function/b1": [[2 * wall for wall in own] for own in TIMES["forward/function/b1"]]}
    for name, times in (("old", TIMES), ("new", slower)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_bytes(results_json({}, make_run(times)))
    return tmp_path


def test_two_runs_side_by_side(folder: Path, run_command: Command) -> None:
    """A page, a CSV, Markdown and a figure, labelled by folder; the sentence and the table are printed."""
    result = run_command("report", "old/results.json", "new", "--out", "both", folder=folder)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.startswith(
        "Against eager in the same launch, new is slower than old in 1 of 1 case: function, forward pass of 1 row, 2.0×"
    )
    assert "  forward/function/b1  5.10 ms" in result.stdout
    assert result.stdout.endswith("report: both/index.html\n")
    assert {path.name for path in (folder / "both").iterdir()} == {
        "index.html",
        "comparison.csv",
        "comparison.md",
        "comparison.png",
        "comparison.svg",
    }


def test_labels_and_the_default_folder(folder: Path, run_command: Command) -> None:
    """Not the folder that a run's own report goes to."""
    result = run_command("report", "old", "new", "--labels", "before,after", folder=folder)
    assert result.returncode == 0, result.stderr
    assert "after is slower than before" in result.stdout
    assert (folder / "benchmark-comparison" / "index.html").is_file()
    assert not (folder / "benchmark-report").exists()


def test_one_run_is_rendered_as_ever(folder: Path, run_command: Command) -> None:
    """Its own page, in the default folder."""
    result = run_command("report", "old", folder=folder)
    assert result.returncode == 0, result.stderr
    assert (folder / "benchmark-report" / "summary.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["old", "missing.json"], "cannot read missing.json"),
        (["old", "cut.json"], "cut.json is not whole JSON"),
        (["old", "schema.json"], "schema.json has schema version 2, this eagerbench reads"),
        (["old", "gate.json"], "gate.json is a gate, which is rendered alone"),
        (["old", "new", "--labels", "one"], "--labels 'one': expected 2 with commas between them, got 1"),
        (["old", "new", "--labels", "one,one"], "--labels 'one,one': expected 2 that differ"),
        (["old", "--labels", "one"], "--labels 'one': expected several runs"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    folder: Path, run_command: Command, arguments: list[str], message: str
) -> None:
    """Exit code 2, whichever of the files it is."""
    (folder / "cut.json").write_text('{"eagerbench": {')
    (folder / "gate.json").write_text("{}")
    document = json.loads((folder / "old" / "results.json").read_text())
    document["eagerbench"]["schema_version"] = 2
    (folder / "schema.json").write_text(json.dumps(document))
    result = run_command("report", *arguments, "--out", "both", folder=folder)
    assert result.returncode == 2, result.stdout
    assert result.stdout == ""
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (folder / "both").exists()


def test_the_same_file_twice(folder: Path, run_command: Command) -> None:
    """Said, and no difference is shown."""
    result = run_command("report", "old", "old", "--out", "both", folder=folder)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("old (2) is the same run as old.")
    assert "Times that changed" not in result.stdout


def test_a_stopped_run_is_compared_and_said_to_be(
    folder: Path, run_command: Command, make_run: Callable[..., Run]
) -> None:
    """Its launches.jsonl is enough."""
    run = make_run(TIMES, end=None)
    lines = [run.start, *run.launches]
    (folder / "stopped.jsonl").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    result = run_command("report", "old", "stopped.jsonl", "--out", "both", folder=folder)
    assert result.returncode == 0, result.stderr
    assert "note: stopped is not whole: it was interrupted" in result.stdout
