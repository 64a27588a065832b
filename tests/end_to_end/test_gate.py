"""The real command on real processes: a slower model is red, the same is not, and whatever ends it leaves nothing."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from eagerbench.gate_record import read_gate

pytestmark = pytest.mark.end_to_end

Command = Callable[..., subprocess.CompletedProcess[str]]

MODEL = """
import keras


def {name}():
    layers = [keras.layers.Dense(96, activation="relu") for _ in range({layers})]
    return keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(3)])
"""
# One case: the rest of the time of a round is three processes that import TensorFlow.
ONE_CASE = ["--modes", "function", "--batch-sizes", "1"]
CASE = "forward/function/b1"
OWN = ["--base-model", "m:make", "--head-model", "m:make"]
# As the command, but deaf to nothing: who starts the tests in the background may have them ignore Ctrl-C.
INTERRUPTIBLE = [
    sys.executable,
    "-c",
    """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from eagerbench.cli import main
sys.exit(main())
""",
]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command puts what it clears away again; its name has a space."""
    folder = tmp_path / "for a while"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return folder


def git(folder: Path, *arguments: str) -> str:
    own = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", "-C", str(folder), *own, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def repository(folder: Path, *contents: str) -> Path:
    """A commit for each content of ``m.py``."""
    folder.mkdir()
    git(folder, "init", "--quiet")
    for number, content in enumerate(contents):
        (folder / "m.py").write_text(content)
        git(folder, "add", "m.py")
        git(folder, "commit", "--quiet", "-m", str(number))
    return folder


def nothing_is_left(folder: Path, temporary: Path) -> bool:
    left = [path.name for path in temporary.iterdir() if path.name.startswith("eagerbench")]
    return not left and len(git(folder, "worktree", "list").splitlines()) == 1


def test_a_commit_that_makes_the_model_slower_is_red(run_command: Command, tmp_path: Path, temporary: Path) -> None:
    """Ten layers more: a regression that is named, in a table, a page and a file that can be rendered again."""
    folder = repository(
        tmp_path / "my project", MODEL.format(name="make", layers=1), MODEL.format(name="make", layers=11)
    )
    result = run_command("gate", "--base", "HEAD~1", *OWN, *ONE_CASE, "--budget", "150", folder=folder)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    assert CASE in result.stdout
    assert "Regression: 1 of 1 cases got worse" in result.stdout
    assert f"HEAD~1 ({git(folder, 'rev-parse', 'HEAD~1')[:12]})" in result.stdout
    assert nothing_is_left(folder, temporary)
    written = {path.name for path in (folder / "gate-report").iterdir()}
    assert written >= {"index.html", "gate.md", "gate.xml", "verdict.json", "gate.json"}
    verdict = json.loads((folder / "gate-report" / "verdict.json").read_text())
    assert (verdict["verdict"], verdict["exit_code"]) == ("regression", 1)
    record = read_gate(folder / "gate-report" / "gate.json")
    assert record.ended == "decided"
    assert all(taken.outcomes["head"][CASE].status == "ok" for taken in record.rounds)
    again = run_command("report", "gate-report", "--out", "again", folder=folder)
    assert again.returncode == 1, again.stderr
    assert (folder / "again" / "index.html").is_file()


def test_the_same_model_twice_is_not_red(run_command: Command, tmp_path: Path, temporary: Path) -> None:
    """Two factories in the folder that one stands in, no repository: a pass, or undecided on a machine that is busy."""
    (tmp_path / "m.py").write_text(MODEL.format(name="make", layers=2) + MODEL.format(name="again", layers=2))
    models = ["--base-model", "m:make", "--head-model", "m:again"]
    result = run_command("gate", *models, *ONE_CASE, "--margin", "25%", "--budget", "60", folder=tmp_path)
    assert result.returncode in {0, 3}, result.stdout + result.stderr
    assert "m:again" in result.stdout
    assert not [path.name for path in temporary.iterdir() if path.name.startswith("eagerbench")]
    # Whatever it says, one round is not enough to say it: that is no pass.
    short = run_command("gate", *models, *ONE_CASE, "--budget", "1", "--report-dir", "short", folder=tmp_path)
    assert short.returncode == 3, short.stdout + short.stderr
    assert "rounds are not enough" in short.stdout
    record = read_gate(tmp_path / "short" / "gate.json")
    assert (record.ended, len(record.rounds)) == ("budget", 1)


def test_a_base_that_does_not_import_is_not_comparable(run_command: Command, tmp_path: Path, temporary: Path) -> None:
    """In one line, at once, and nothing is left of it."""
    folder = repository(tmp_path / "p", "import no_such_package\n", MODEL.format(name="make", layers=1))
    result = run_command("gate", "--base", "HEAD~1", *OWN, *ONE_CASE, folder=folder)
    said = result.stdout + result.stderr
    assert result.returncode == 4, said
    assert "Traceback" not in said
    told = "model 'm:make' can't be imported: ModuleNotFoundError: No module named 'no_such_package'"
    assert len([line for line in result.stdout.splitlines() if line.startswith("Not comparable") and told in line]) == 1
    assert len(read_gate(folder / "gate-report" / "gate.json").rounds) == 1
    assert nothing_is_left(folder, temporary)


def test_a_commit_that_there_is_not_is_wrong_usage(run_command: Command, tmp_path: Path, temporary: Path) -> None:
    """One line, exit code 2."""
    folder = repository(tmp_path / "p", MODEL.format(name="make", layers=1))
    result = run_command("gate", "--base", "nowhere", *OWN, *ONE_CASE, folder=folder)
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("eagerbench: error: --base 'nowhere': this repository has no such commit")
    assert nothing_is_left(folder, temporary)


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a gate; it is killed with all that it has started if the test fails before it ends."""
    started: list[subprocess.Popen[str]] = []

    def begin(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
        started.append(
            subprocess.Popen(
                [*INTERRUPTIBLE, "gate", *arguments],
                cwd=folder,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        )
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()


def contestants(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """Processes of a duel, as soon as all three are there."""
    import threading
    import time

    pause, deadline = threading.Event(), time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        found = []
        for child in psutil.Process(process.pid).children(recursive=True):
            try:
                if any(word.endswith("graft.py") for word in child.cmdline()):
                    found.append(child)
            except psutil.Error:
                continue
        if len(found) == 3:
            return found
        pause.wait(0.05)
    process.kill()
    pytest.fail(f"expected three processes of a duel; it said {process.communicate()[0]}")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "cancelled"])
def test_a_gate_that_is_stopped_keeps_its_record_and_leaves_nothing(
    start: Start, tmp_path: Path, temporary: Path, how: signal.Signals
) -> None:
    """Neither a process nor a worktree; undecided, and told so."""
    content = MODEL.format(name="make", layers=1)
    folder = repository(tmp_path / "p", content, content + "# changed\n")
    process = start(folder, "--base", "HEAD~1", *OWN, *ONE_CASE)
    found = contestants(process)
    process.send_signal(how)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 3, said
    assert "Traceback" not in said
    assert not [one for one in found if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert nothing_is_left(folder, temporary)
    record = read_gate(folder / "gate-report" / "gate.json")
    assert [taken.ended for taken in record.rounds] == ["interrupted"]
    assert record.ended == "interrupted"
    assert "interrupted before every case was decided" in (folder / "gate-report" / "gate.md").read_text()


def test_a_gate_that_is_killed_leaves_no_process_behind(start: Start, tmp_path: Path, temporary: Path) -> None:
    """Nobody gives them orders any more: they end by themselves. The next gate clears away the worktree."""
    content = MODEL.format(name="make", layers=1)
    folder = repository(tmp_path / "p", content, content + "# changed\n")
    process = start(folder, "--base", "HEAD~1", *OWN, *ONE_CASE)
    found = contestants(process)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(found, timeout=60)
    assert not alive
    assert len(git(folder, "worktree", "list").splitlines()) == 2
    next_one = start(folder, "--base", "HEAD~1", *OWN, *ONE_CASE)
    contestants(next_one)
    next_one.send_signal(signal.SIGTERM)
    next_one.communicate(timeout=60)
    assert len(git(folder, "worktree", "list").splitlines()) == 1
    assert not [path for path in temporary.iterdir() if path.name.startswith("eagerbench-base-")]


def test_two_environments_are_compared(run_command: Command, tmp_path: Path, temporary: Path) -> None:
    """One of them by way of a script: both run the same code, and say what they are."""
    other = tmp_path / "other python"
    other.write_text(f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    other.chmod(0o755)
    result = run_command(
        "gate", "--base-python", str(other), *ONE_CASE, "--workloads", "forward", "--budget", "1", folder=tmp_path
    )
    assert result.returncode == 3, result.stdout + result.stderr
    record = read_gate(tmp_path / "gate-report" / "gate.json")
    assert [taken.ended for taken in record.rounds] == ["complete"]
    assert record.base.label == str(other)
    assert record.base.versions == record.head.versions
    assert set(record.base.versions) == {"python", "tensorflow", "keras", "numpy"}
    assert not [path.name for path in temporary.iterdir() if path.name.startswith("eagerbench")]


@pytest.mark.parametrize(("name", "code"), [("github", 0), ("gitlab", 0), ("nonsense", 2)])
def test_a_workflow_is_printed(run_command: Command, tmp_path: Path, name: str, code: int) -> None:
    """To be put where CI looks for it."""
    result = run_command("gate", "--workflow", name, folder=tmp_path)
    assert result.returncode == code, result.stderr
    assert ("eagerbench gate --base" in result.stdout) == (code == 0)
    assert (result.stderr == "") == (code == 0)
    assert not [*tmp_path.iterdir()]
