"""Launches as processes of this machine, one at a time."""

import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from eagerbench.forking import kill_session
from eagerbench.launch import Event, Job, Recorder, Refused, decode_event
from eagerbench.race import SystemClock
from eagerbench.results import Ended

# What a launch inherits. Everything else of the caller's environment stays out, so that a run is what its record says.
ALLOWED = {
    "HOME",
    "LANG",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONPATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "USER",
    "VIRTUAL_ENV",
}
ALLOWED_PREFIXES = (
    "CUDA_",
    "GOMP_",
    "JAX_",
    "KERAS_",
    "KMP_",
    "LC_",
    "MALLOC_",
    "MKL_",
    "NVIDIA_",
    "OMP_",
    "OPENBLAS_",
    "TF_",
    "XLA_",
)
# TensorFlow logs a page about the processor on import; warnings and errors still come through.
DEFAULTS = {"TF_CPP_MIN_LOG_LEVEL": "2", "KERAS_BACKEND": "tensorflow", "PYTHONHASHSEED": "0"}
# Set in every launch: code of the user's that is imported there can tell where it is.
MEASURING = "EAGERBENCH_MEASURING"
STDERR_TAIL = 2000


_Job = TypeVar("_Job", bound=msgspec.Struct)
_Said = TypeVar("_Said")


class LaunchEnd(msgspec.Struct, frozen=True):
    """How a launch ended.

    Attributes:
        ended: ``complete``, ``crashed`` or ``timed-out``.
        reason: one line; empty for ``complete``.
        culprit: number of the case that was running when it ended badly; None where none was.
    """

    ended: Ended
    reason: str = ""
    culprit: int | None = None


def environment() -> dict[str, str]:
    """Environment variables of a launch."""
    inherited = {
        name: value for name, value in os.environ.items() if name in ALLOWED or name.startswith(ALLOWED_PREFIXES)
    }
    return {**DEFAULTS, **inherited, MEASURING: "1"}


def run_launch(job: Job, on_event: Callable[[Event], None], timeout_s: float) -> LaunchEnd:
    """Run a launch to its end, whichever it is.

    Args:
        job: what to do; its ``pipe``, ``recorder`` and ``started_s`` are filled in here.
        on_event: hears every event as it comes.
        timeout_s: seconds without an event after which the process is killed.

    Raises:
        KeyboardInterrupt: passed on, after the process was killed.
    """
    with tempfile.TemporaryDirectory(prefix="eagerbench-launch-") as name:
        recorder = Path(name) / "running"
        Recorder.create(recorder)
        filled_in = msgspec.structs.replace(job, recorder=str(recorder), started_s=SystemClock.wall())
        refusals: list[str] = []

        def hear(event: Event | Refused) -> None:
            if isinstance(event, Refused):
                refusals.append(event.reason)
            else:
                on_event(event)

        ended, reason = run_module("eagerbench.launch", filled_in, hear, timeout_s, decode_event)
        if refusals:
            return LaunchEnd("crashed", refusals[-1])
        return LaunchEnd(ended, reason, None if ended == "complete" else Recorder.read(recorder))


def run_module(
    module: str, job: _Job, on_event: Callable[[_Said], None], timeout_s: float, decode: Callable[[bytes], _Said]
) -> tuple[Ended, str]:
    """Run a module of ours in a fresh process to its end, whichever it is.

    Args:
        module: what ``python -m`` is given; its argument is the path of a file with the job.
        job: what to do; its ``pipe`` is filled in here.
        on_event: hears every event as it comes.
        timeout_s: seconds without an event after which the process is killed.
        decode: an event, of the line that tells it.

    Returns:
        How it ended, and why where it is not ``complete``.

    Raises:
        KeyboardInterrupt: passed on, after the process and all that it started were killed.
    """
    # A short name: addresses of sockets, such as Python's for parallel environments, have little more than 100 letters.
    with tempfile.TemporaryDirectory(prefix="eagerbench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        read_end, write_end = os.pipe()
        paper = folder / "job.json"
        paper.write_bytes(msgspec.json.encode(msgspec.structs.replace(job, pipe=write_end)))
        with (folder / "stderr").open("w+b") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", module, str(paper)],
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                pass_fds=[write_end],
                env={**environment(), "TMPDIR": name},  # what it leaves when it is killed goes with this folder
                start_new_session=True,  # Ctrl-C in the terminal is for us: we end the process, and keep what it had
            )
            os.close(write_end)
            try:
                silent = _listen(read_end, lambda line: on_event(decode(line)), timeout_s)
                if silent:
                    _kill(process)
                code = process.wait()
            finally:
                _kill(process)
                os.close(read_end)
            if silent:
                return "timed-out", f"no word for {timeout_s:g} s, so it was stopped"
            return ("crashed", describe(code, stderr)) if code else ("complete", "")


def _listen(pipe: int, on_line: Callable[[bytes], None], timeout_s: float) -> bool:
    """Hand lines on until the pipe closes. Returns whether it fell silent instead."""
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            if not selector.select(timeout_s):
                return True
            chunk = os.read(pipe, 1 << 16)
            if not chunk:
                return False  # a cut last line is an event that was never finished: dropped
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                on_line(line)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process that may be stopped or hang in C code, and all that it has started, and reap it."""
    kill_session(process.pid)
    process.wait()


def describe(code: int, stderr: IO[bytes]) -> str:
    """Exit code or signal, and the last line that the process wrote."""
    stderr.seek(0)
    text = stderr.read().decode(errors="replace")[-STDERR_TAIL:]
    said = [line.strip() for line in text.splitlines() if line.strip()]
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        hint = "; out of memory?" if name == "SIGKILL" else ""
        return f"the process was killed by {name}{hint}"
    return f"the process ended with exit code {code}: {said[-1] if said else 'it said nothing'}"
