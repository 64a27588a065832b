"""``eagerbench traps``, as a user runs it: few rows, two launches."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end


def test_all_traps(tmp_path: Path) -> None:
    """Every measurement of every launch is there, is right, and is rendered; and rendered again from the file."""
    from eagerbench.traps.findings import TRAPS, measurements
    from eagerbench.traps.record import read_traps

    told = _eagerbench(tmp_path, "traps", "--rows", "96", "--launches", "2", "--out", "report")
    assert told.returncode == 0, told.stderr
    assert "launch 2/2 took" in told.stderr
    folder = tmp_path / "report"
    assert {path.name for path in folder.iterdir()} == {
        "index.html",
        "traps.csv",
        "traps.json",
        "traps.md",
        "traps.png",
        "traps.svg",
    }
    record = read_traps(folder / "traps.json")
    assert (record.ended, len(record.launches), record.rows) == ("complete", 2, 96)
    names = measurements(TRAPS)
    for launch in record.launches:
        assert (launch.ended, set(launch.cases)) == ("complete", names)
        failed = {name for name, outcome in launch.cases.items() if outcome.status != "ok"}
        assert failed == {"alone/static-as-written"}
        assert {sample.case for sample in launch.samples} == names - failed
        assert launch.cases["float64/function"].traces == 2
    assert "The article's table, corrected" in told.stdout

    again = _eagerbench(tmp_path, "report", "report", "--out", "again")
    assert again.returncode == 0, again.stderr
    for name in ("traps.md", "traps.csv", "traps.png"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_one_that_is_stopped_keeps_what_it_has(tmp_path: Path) -> None:
    """Ctrl-C: no process is left, the launch so far is on the disk and rendered, and the exit code says so."""
    process = subprocess.Popen(
        [*_COMMAND, "traps", "--rows", "64", "--launches", "50", "--only", "tracing", "--out", "report"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "launch 1/50 took" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    stored = json.loads((tmp_path / "report" / "traps.json").read_text())
    assert stored["ended"] == "interrupted"
    assert 1 <= len(stored["launches"]) < 50
    assert "The run was stopped" in output
    assert (tmp_path / "report" / "index.html").is_file()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_process_that_dies_is_told() -> None:
    """What it was to measure has a reason instead of a time, and the launch goes on to its end."""
    from eagerbench.engines.local import run_module
    from eagerbench.launch import Outcome, decode_event
    from eagerbench.traps.launch import TrapsJob

    job = TrapsJob(("warm/nothing",), 8, "nowhere.npy", 2, 0, 0, 60.0, -1)
    heard = []
    assert run_module("eagerbench.traps.launch", job, heard.append, 120.0, decode_event) == ("complete", "")
    (told,) = [event for event in heard if isinstance(event, Outcome)]
    assert (told.case, told.outcome.status) == ("warm/nothing", "crashed")
    assert "nowhere.npy" in told.outcome.reason


_COMMAND = [sys.executable, "-m", "eagerbench.cli"]


def _eagerbench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*_COMMAND, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
