"""Runs that are killed, that hang, and that are stopped: what was measured is kept."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eagerbench.results import read_run
from eagerbench.summary import summarise

pytestmark = pytest.mark.end_to_end

CASES = {f"forward/{mode}/b{rows}" for rows in (64, 1) for mode in ("eager", "function", "numpy")}


@pytest.mark.parametrize(
    ("blow", "status"), [(signal.SIGKILL, "crashed"), (signal.SIGSTOP, "timed-out")], ids=["killed", "stopped"]
)
def test_a_case_that_dies_or_hangs_is_reported_and_the_others_survive(
    start: Callable[..., Any], tmp_path: Path, blow: signal.Signals, status: str
) -> None:
    """`kill -9` and a process that falls silent: the case that was running is red, all others have their times."""
    running = start("--launch-timeout", "25")
    worker, number = running.worker_in_a_case()
    worker.send_signal(blow)
    output = running.finish()
    run = read_run(tmp_path / "benchmark-report")
    summary = summarise(run)
    culprits = [case for case in summary.cases if case.status == status]
    assert running.process.returncode == 1, output
    assert [case.case.id for case in culprits] == [run.start.plan.cases[number]]
    assert {case.case.id for case in summary.cases if case.timed} == CASES - {culprits[0].case.id}
    assert [launch.ended for launch in run.launches] == [status, "complete", "complete"]
    assert f"{culprits[0].case.id}: {status}" in output
    assert "Traceback" not in output
    assert culprits[0].reason in (tmp_path / "benchmark-report" / "index.html").read_text()


def test_ctrl_c_keeps_and_renders_what_was_measured(
    start: Callable[..., Any], run_command: Callable[..., Any], tmp_path: Path
) -> None:
    """Stopped in its second launch: the first is on disk, rendered, and can be rendered again."""
    running = start("--launches", "5")
    running.wait_for_launches(1)
    worker, _ = running.worker_in_a_case()
    running.interrupt()
    output = running.finish()
    assert running.process.returncode == 2, output
    assert not worker.is_running()
    folder = tmp_path / "benchmark-report"
    run = read_run(folder / "launches.jsonl")
    assert run.interrupted
    assert [launch.ended for launch in run.launches] == ["complete", "interrupted"]
    assert "interrupted" in (folder / "index.html").read_text()
    again = run_command("report", str(folder / "launches.jsonl"), "--out", "again", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "index.html").is_file()
