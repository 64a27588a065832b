"""Real runs of the real command, in processes and folders of their own."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

Found = TypeVar("Found")

COMMAND = [sys.executable, "-m", "eagerbench.cli"]
# As the command, but deaf to nothing: who starts the tests in the background may have them ignore Ctrl-C, and what is
# ignored is inherited.
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
SMALL = ["--profile", "smoke", "--workloads", "forward", "--modes", "eager,function,numpy", "--batch-sizes", "64,1"]


def environment() -> dict[str, str]:
    """The caller's, less what a surrounding pytest or tox left in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "TOX"))}


def eagerbench(*arguments: str, folder: Path, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


class Running:
    """A measuring run under way, and the launch that it is in."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*INTERRUPTIBLE, "run", *SMALL, *arguments],
            cwd=folder,
            env=environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def worker_in_a_case(self) -> tuple[psutil.Process, int]:
        """The launch's process, as soon as it runs a case, and the number of that case."""
        return wait_for(self._worker, "a launch that runs a case", self.process)

    def _worker(self) -> tuple[psutil.Process, int] | None:
        from eagerbench.launch import Recorder

        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                command = child.cmdline()
                if "eagerbench.launch" not in command:
                    continue
                number = Recorder.read(Path(json.loads(Path(command[-1]).read_bytes())["recorder"]))
            except (psutil.Error, OSError, ValueError):  # not there yet, or no longer
                continue
            if number is not None:
                return child, number
        return None

    def wait_for_a_forked_process(self) -> list[psutil.Process]:
        """A launch's process and the one that it has forked for a case, as soon as there is one."""
        return wait_for(self._forked, "a launch that has forked", self.process)

    def _forked(self) -> list[psutil.Process] | None:
        try:
            found = [
                child
                for child in psutil.Process(self.process.pid).children(recursive=True)
                if "eagerbench.launch" in child.cmdline()
            ]
        except psutil.Error:
            return None
        return found if len(found) > 1 else None

    def wait_for_launches(self, count: int, kind: str = "race") -> None:
        """Until so many launches of a kind are on disk."""
        path = self.folder / "benchmark-report" / "launches.jsonl"
        wait_for(
            lambda: path.is_file() and path.read_text().count(f'"kind":"{kind}"') >= count,
            "a whole launch",
            self.process,
        )

    def finish(self) -> str:
        """What it printed, when it has ended."""
        return self.process.communicate(timeout=300)[0]

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)


def wait_for(found: Callable[[], Found | None], what: str, process: subprocess.Popen[str]) -> Found:
    """Ask until there is an answer, or the process has ended without one."""
    pause, deadline = threading.Event(), time.monotonic() + 120
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        if process.poll() is not None:
            break
        pause.wait(0.01)
    said = process.communicate()[0] if process.poll() is not None else "nothing yet"
    pytest.fail(f"expected {what}; the process said: {said}")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start a run; it is killed if the test fails before it ends."""
    started: list[Running] = []

    def begin(*arguments: str) -> Running:
        started.append(Running(tmp_path, *arguments))
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            for child in psutil.Process(running.process.pid).children(recursive=True):
                child.kill()
            running.process.kill()
            running.process.wait()


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder and the output of one whole small run, shared by the tests that only read."""
    folder = tmp_path_factory.mktemp("finished")
    return folder, eagerbench("run", *SMALL, "--benchmark-autosave", "--benchmark-histogram=shape", folder=folder)


@pytest.fixture(scope="module")
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run_command`, for the fixtures of a module."""
    return eagerbench


@pytest.fixture
def run_command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`eagerbench`: with importlib imports a test module can't import its conftest."""
    return eagerbench
