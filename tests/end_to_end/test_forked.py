"""Cases with a process each, from the command line: cold starts, and what happens where one of them goes wrong."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from eagerbench.results import Run, Sample, read_run
from eagerbench.starting import stages_of
from eagerbench.summary import summarise

pytestmark = pytest.mark.end_to_end

Command = Callable[..., subprocess.CompletedProcess[str]]
EAGER, XLA, CACHED = (f"cold/{mode}/b1" for mode in ("eager", "function-xla", "function-xla+cache"))

# Collecting observations is done by the command itself; only a launch's processes find that nothing ever starts.
NEVER_STARTS = """
import signal
import sys

import gymnasium
from gymnasium.envs.classic_control.cartpole import CartPoleEnv


class NeverStarts(CartPoleEnv):
    def reset(self, *, seed=None, options=None):
        if getattr(sys.modules["__main__"].__spec__, "name", "") == "eagerbench.launch":
            signal.pause()
        return super().reset(seed=seed, options=options)


gymnasium.register("NeverStarts-v0", NeverStarts, max_episode_steps=200)
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, command: Command) -> tuple[Path, Any]:
    """Three cold starts of one row, twice each."""
    folder = tmp_path_factory.mktemp("started")
    arguments = ["--workloads", "cold", "--modes", "eager,function-xla", "--batch-sizes", "1", "-k", "b1"]
    result = command("run", "--profile", "smoke", "--launches", "2", *arguments, folder=folder)
    return folder / "benchmark-report", result


@pytest.fixture(scope="module")
def run(started: tuple[Path, Any]) -> Run:
    """What they left behind."""
    return read_run(started[0] / "results.json")


def _cold(run: Run) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for launch in run.launches:
        for sample in launch.samples:
            if sample.stage == "cold":
                found.setdefault(sample.case, []).append(sample)
    return found


def test_every_case_is_started_in_every_launch_and_the_report_is_whole(started: tuple[Path, Any], run: Run) -> None:
    """The cache is filled once before; green, exit code 0, and the page names what was started."""
    folder, result = started
    assert result.returncode == 0, result.stdout + result.stderr
    assert [launch.kind for launch in run.launches] == ["fill", "cold", "cold"]
    assert {case: len(samples) for case, samples in _cold(run).items()} == {EAGER: 2, XLA: 2, CACHED: 2}
    assert summarise(run).green
    page = (folder / "index.html").read_text()
    assert all(mode in page for mode in ("eager", "function-xla", "function-xla+cache"))
    assert "3 passed" in result.stdout
    assert "yardstick" not in result.stdout


def test_stages_of_a_start_are_the_start(run: Run) -> None:
    """None negative, and together within 5 % of the total: in truth they are it, but for rounding."""
    starts = summarise(run).cold["cold b1"].starts
    warm = {start.case.id: start.warms_s for start in starts}
    assert len(warm) == 3
    for launch in run.launches:
        for sample in launch.samples:
            if sample.stage != "cold":
                continue
            stages = stages_of(sample, warm[sample.case][launch.index])
            assert min(stages.values()) >= 0
            assert min(sample.parts.values()) >= 0
            assert sum(stages.values()) == pytest.approx(sample.wall_s, rel=0.05)
            assert sum(sample.parts.values()) == pytest.approx(sample.wall_s, rel=1e-9)
            assert stages["imports"] > 0.1  # nobody imports TensorFlow faster
            assert stages["model"] > 0
            traced = {"trace"} if "xla" in sample.case else set()
            assert set(sample.parts) == {"imports", "model", "prepare", "first call"} | traced
    for start in starts:
        assert sum(start.stages_s.values()) * start.processes == pytest.approx(
            sum(sample.wall_s for sample in _cold(run)[start.case.id]), rel=1e-6
        )


def test_imports_are_the_same_for_all_starts_of_a_launch(run: Run) -> None:
    """They happened once, before the fork; each launch has imports of its own."""
    imports = [
        {sample.parts["imports"] for sample in launch.samples if sample.stage == "cold"} for launch in run.launches[1:]
    ]
    assert [len(own) for own in imports] == [1, 1]
    assert imports[0] != imports[1]


def test_every_start_is_followed_by_other_calls_and_the_first_is_checked(run: Run) -> None:
    """A second call at least; parity of all in the first launch, which is enough."""
    first, second = run.launches[1:]
    for launch in (first, second):
        for case in (EAGER, XLA, CACHED):
            own = [sample for sample in launch.samples if sample.case == case]
            assert own[0].stage == "cold"
            assert len(own) >= 2
    assert all(outcome.parity is not None and outcome.parity.passed for outcome in first.cases.values())
    assert all(outcome.parity is None for outcome in second.cases.values())


def test_a_start_from_the_cache_is_not_charged_for_compiling(run: Run) -> None:
    """Nothing was added to the cache by it, or it would be said to be unavailable: the programs were read from it."""
    outcomes = [launch.cases[CACHED] for launch in run.launches]
    assert [(outcome.status, outcome.reason) for outcome in outcomes] == [("ok", "")] * 3


def test_pytest_benchmark_is_told_of_whole_starts(started: tuple[Path, Any], run: Run) -> None:
    """Its data are the totals, to the last bit."""
    document = json.loads((started[0] / "results.json").read_text())
    told = {one["extra_info"]["case"]: one["stats"]["data"] for one in document["benchmarks"]}
    assert told == {case: [sample.wall_s for sample in samples] for case, samples in _cold(run).items()}


def test_too_much_memory_and_silence_are_told_and_the_others_go_on(run_command: Command, tmp_path: Path) -> None:
    """One case takes more than it may, the environments of another never start, in processes of their own."""
    (tmp_path / "never.py").write_text(NEVER_STARTS)
    large, small, hanging = "memory/eager/b150000", "memory/eager/b1", "memory/eager/env2"
    limit_mb = _resident_mb_after_import() + 90  # 150,000 rows through 128 units are 77 MB, and there are two layers
    result = run_command(
        *("run", "--profile", "smoke", "--launches", "1", "--workloads", "memory", "--modes", "eager"),
        *("--batch-sizes", "150000,1", "--env", "never:NeverStarts-v0", "--envs", "2", "--vectorization", "async"),
        *("--memory-limit", f"{limit_mb:.0f}", "--launch-timeout", "10"),
        folder=tmp_path,
    )
    said = result.stdout + result.stderr
    run = read_run(tmp_path / "benchmark-report")
    summary = summarise(run)
    by_case = {case.case.id: case for case in summary.cases}
    assert {case: own.status for case, own in by_case.items()} == {
        large: "out-of-memory",
        small: "ok",
        hanging: "timed-out",
    }, said
    assert by_case[large].reason == f"more than {limit_mb:,.0f} MB resident, so it was stopped"
    assert by_case[hanging].reason == "no word for 10 s, so it was stopped"
    assert [launch.ended for launch in run.launches] == ["complete"]
    assert [use.case for use in run.memory] == [small]
    assert result.returncode == 1
    assert "Traceback" not in said
    page = (tmp_path / "benchmark-report" / "index.html").read_text()
    assert by_case[large].reason in page
    assert by_case[hanging].reason in page
    assert _launches_below(tmp_path) == []


def _resident_mb_after_import() -> float:
    """Of a process that has imported what a launch imports."""
    text = (
        "import psutil; from eagerbench.quiet import import_tensorflow; import_tensorflow(use=False); "
        "import eagerbench.workloads.memory, eagerbench.workloads.traces; print(psutil.Process().memory_info().rss)"
    )
    said = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=120)
    return int(said.stdout.split()[-1]) / 1e6


def _launches_below(folder: Path) -> list[psutil.Process]:
    """Processes of launches that were started from a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and "eagerbench.launch" in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return _alive(found)


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that are; one that nobody has asked for its exit code yet isn't."""
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems don't hold to RLIMIT_AS")
def test_memory_that_the_system_refuses_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    """A limit of address space from outside, a little above what a batch of one row needs: 150,000 rows need more."""
    large, small = "memory/numpy/b150000", "memory/numpy/b1"
    arguments = ["--workloads", "memory", "--modes", "numpy", "--batch-sizes", "150000,1", "--launches", "1"]
    limit = _address_space_of_one_row() + 64 * 2**20
    result = subprocess.run(
        [sys.executable, "-m", "eagerbench.cli", "run", "--profile", "smoke", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    summary = summarise(read_run(tmp_path / "benchmark-report"))
    assert {case.case.id: case.status for case in summary.cases} == {large: "out-of-memory", small: "ok"}, result.stdout
    assert result.returncode == 1
    assert "Traceback" not in result.stdout + result.stderr


def _address_space_of_one_row() -> int:
    """The most that a process which does what a launch does has asked for; in bytes."""
    text = """
from eagerbench.quiet import import_tensorflow
import_tensorflow(use=False)
import numpy as np
import eagerbench.workloads.cold, eagerbench.workloads.memory, eagerbench.workloads.traces
from eagerbench.cases import Case
from eagerbench.factory import Maker
from eagerbench.models.a2c import EnvironmentSpec
from eagerbench.workloads.forward import Forward
maker = Maker(EnvironmentSpec("CartPole-v0", (4,), 2, 195.0, 200), 128)
contender = Forward(np.zeros((150_000, 4), np.float32), maker, 0).contender(Case.parse("memory/numpy/b1"))
contender.check(contender.ready()().call())
(line,) = [line for line in open("/proc/self/status") if line.startswith("VmPeak:")]
print(int(line.split()[1]) * 1024)
"""
    said = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=120)
    return int(said.stdout.split()[-1])


def test_a_launch_that_is_killed_leaves_no_process_behind(start: Callable[..., Any], tmp_path: Path) -> None:
    """The system kills the one that forks while a case of it hangs: that case's process goes with it."""
    (tmp_path / "never.py").write_text(NEVER_STARTS)
    running = start(
        *("--workloads", "memory", "--modes", "eager", "-k", "env1", "--env", "never:NeverStarts-v0"),
        *("--launches", "1", "--launch-timeout", "10"),
    )
    launch, case = running.wait_for_a_forked_process()
    assert case.ppid() == launch.pid
    launch.kill()
    output = running.finish()
    left = _launches_below(tmp_path)
    for process in left:
        process.kill()
    assert left == []
    assert not _alive([case])
    assert running.process.returncode == 1, output
    run = read_run(tmp_path / "benchmark-report")
    assert {ended.ended for ended in run.launches} <= {"crashed", "timed-out"}
    assert [case.status for case in summarise(run).cases] == ["failed"]


def test_a_request_to_end_keeps_the_starts_there_were_and_leaves_nothing_behind(
    start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped as CI does while it starts from scratch once more: what was measured is on disk, and rendered.

    No process is left, and no temporary file. Ctrl-C takes the same course.
    """
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    running = start(
        *("--workloads", "cold", "--modes", "eager,numpy", "--batch-sizes", "1", "-k", "b1", "--launches", "2")
    )
    running.wait_for_launches(1, kind="cold")
    children = running.wait_for_a_forked_process()
    assert list(temporary.iterdir())
    running.process.terminate()
    output = running.finish()
    assert running.process.returncode == 2, output
    assert not _alive(children)
    assert _launches_below(tmp_path) == []
    assert not list(temporary.iterdir())
    run = read_run(tmp_path / "benchmark-report")
    assert run.interrupted
    *whole, last = run.launches
    assert whole
    assert all(len(_cold(run)[case]) >= len(whole) for case in ("cold/eager/b1", "cold/numpy/b1"))
    assert {launch.ended for launch in whole} == {"complete"}
    assert last.ended == "interrupted"
    assert "Traceback" not in output
    assert "interrupted" in (tmp_path / "benchmark-report" / "index.html").read_text()
