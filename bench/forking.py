"""Processes forked from one that has imported everything and done nothing with it.

Importing TensorFlow takes three seconds and is the same for every mode. So a launch imports it once, and then gives
each case a process of its own: what a mode leaves in TensorFlow, in Keras or in memory, no other ever meets. Before
such a process begins it makes the memory that it shares with its parent its own; without that, its first steps would be
slowed by the system doing so page by page.

TensorFlow must not have been used before: its threads don't survive a fork. Knows no mode, no case and no results.
"""

import ctypes
import os
import selectors
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import psutil

from eagerbench.errors import out_of_memory

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# Linux 5.14 and later; an older one refuses, and the first steps are slower.
_POPULATE_READ, _POPULATE_WRITE = 22, 23
_PRESENT, _OF_A_FILE = np.uint64(1 << 63), np.uint64(1 << 61)  # in /proc/self/pagemap
LOOK_S = 0.005
SAID_BYTES = 2000
ATTEMPTS = 100
OUT_OF_MEMORY = 75  # exit code of a process that noticed by itself
_TOLD_BY = ("bad_alloc", "Cannot allocate memory", "out of memory", "MemoryError", "ResourceExhaustedError", "OOM when")


@dataclass(frozen=True)
class Task:
    """What a process is to do.

    Attributes:
        name: what it is told apart by.
        function: does it; writes lines into the file it gets.
        environment: variables set before it begins.
    """

    name: str
    function: Callable[[IO[bytes]], None]
    environment: Mapping[str, str] = field(default_factory=dict)


class Ended(NamedTuple):
    """How a process ended.

    Attributes:
        task: what it was to do.
        how: ``complete``, ``crashed``, ``timed-out`` or ``out-of-memory``.
        reason: one line; empty for ``complete``.
    """

    task: Task
    how: str
    reason: str


class Pages(NamedTuple):
    """A stretch of memory that is there."""

    start: int
    length: int
    of_a_file: bool


def resident_pages() -> list[Pages]:
    """What of this process is in memory; empty where the system doesn't say."""
    found: list[Pages] = []
    try:
        with Path("/proc/self/maps").open() as maps, Path("/proc/self/pagemap").open("rb", buffering=0) as pagemap:
            for line in maps.read().splitlines():
                span, rights, _, _, _, *name = line.split(maxsplit=5)
                if not rights.startswith("r") or not rights.endswith("p") or "".join(name).startswith("[v"):
                    continue
                first, last = (int(end, 16) for end in span.split("-"))
                pagemap.seek(first // PAGE_BYTES * 8)
                flags = np.frombuffer(pagemap.read((last - first) // PAGE_BYTES * 8), np.uint64)
                found += _stretches(first, flags, writable="w" in rights)
    except OSError:
        return []
    return found


def _stretches(first: int, flags: np.ndarray[tuple[int], np.dtype[np.uint64]], *, writable: bool) -> Iterator[Pages]:
    # 0: not there. 1: of a file, or not to be written. 2: this process's own.
    own = ((flags & _OF_A_FILE) == 0) & writable
    kinds = np.where((flags & _PRESENT) == 0, 0, np.where(own, 2, 1))
    ends = np.flatnonzero(np.diff(kinds)) + 1
    for begin, end in zip([0, *ends], [*ends, len(kinds)], strict=True):
        if end > begin and kinds[begin]:
            yield Pages(first + int(begin) * PAGE_BYTES, int(end - begin) * PAGE_BYTES, bool(kinds[begin] == 1))


def make_own(pages: Sequence[Pages], *, copy: bool) -> bool:
    """Have the system do now what it would do at the first touch of each page after a fork.

    Args:
        pages: of the parent.
        copy: those too that it copies when they are written to, which takes a tenth of a second: worth it where time
            counts. Resident memory is the same with and without.

    Returns:
        Whether it did.
    """
    if not pages or not sys.platform.startswith("linux"):
        return False
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    done = [
        madvise(own.start, own.length, _POPULATE_READ if own.of_a_file or not copy else _POPULATE_WRITE) == 0
        for own in pages
    ]
    return any(done)


def resident_bytes(process: psutil.Process) -> int:
    """Resident memory of a process; 0 where it is gone."""
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def peak_bytes() -> int:
    """The most memory that was resident in this process so far, as the kernel says."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class Nursery:
    """Runs tasks, each in a process of its own.

    Args:
        at_once: processes; one where something is timed.
        timeout_s: seconds without a line after which a process is stopped.
        limit_bytes: of resident memory, above which it is stopped; None to look at no memory.
    """

    def __init__(self, at_once: int, timeout_s: float, limit_bytes: int | None) -> None:
        self._at_once = at_once
        self._timeout_s = timeout_s
        self._limit_bytes = limit_bytes
        self._pages = resident_pages()
        self._running: dict[int, _Child] = {}

    def run(self, tasks: Sequence[Task], hear: Callable[[Task, bytes, int], None]) -> Iterator[Ended]:
        """Run all of them, in order.

        Args:
            tasks: what to do.
            hear: gets every line as it comes, and the most resident memory that was seen from outside by then (0 where
                nobody looked).

        Yields:
            How each ended, as soon as it has.
        """
        waiting = list(reversed(tasks))
        with selectors.DefaultSelector() as selector:
            while waiting or self._running:
                while waiting and len(self._running) < self._at_once:
                    child = _Child(waiting.pop(), self._pages, timed=self._at_once == 1)
                    self._running[child.pipe] = child
                    selector.register(child.pipe, selectors.EVENT_READ)
                pause = LOOK_S if self._limit_bytes is not None else min(0.2, self._timeout_s)
                for key, _ in selector.select(pause):
                    child = self._running[key.fd]
                    child.watch(self._timeout_s, self._limit_bytes)
                    if not child.read(hear):
                        selector.unregister(child.pipe)
                        del self._running[child.pipe]
                        yield child.ended()
                for child in self._running.values():
                    child.watch(self._timeout_s, self._limit_bytes)


class _Child:
    """One process, as its parent sees it."""

    def __init__(self, task: Task, pages: Sequence[Pages], *, timed: bool) -> None:
        self.task = task
        self._timed = timed
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it has ended
        self._rest = b""
        self._stopped = ""  # why
        self._how = ""
        self._peak = 0
        sys.stdout.flush()
        sys.stderr.flush()
        self.pipe, write_end = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self.pipe)
            self._live(write_end, pages)
        os.close(write_end)
        _lead_a_group(self._pid)
        self._process = psutil.Process(self._pid)
        self._heard_s = time.monotonic()

    def _live(self, write_end: int, pages: Sequence[Pages]) -> None:
        """The life of the process itself; never returns."""
        code = 1
        try:
            _lead_a_group(0)
            os.dup2(self._said.fileno(), 1)
            os.dup2(self._said.fileno(), 2)
            os.environ.update(self.task.environment)
            make_own(pages, copy=self._timed)
            with os.fdopen(write_end, "wb", buffering=0) as pipe:
                self.task.function(pipe)
            code = 0
        except BaseException as error:  # noqa: BLE001 - nothing may get past this line: above it is the parent's code
            code = OUT_OF_MEMORY if out_of_memory(error) else 1
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)  # without the parent's clean-up, which is not ours to do

    def read(self, hear: Callable[[Task, bytes, int], None]) -> bool:
        """Hand on the lines that have come; False where there won't be any more."""
        chunk = os.read(self.pipe, 1 << 16)
        self._heard_s = time.monotonic()
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            hear(self.task, line, self._peak)
        return bool(chunk)

    def watch(self, timeout_s: float, limit_bytes: int | None) -> None:
        """Stop it where it takes too long, or too much; and its own processes where it has ended and they haven't."""
        if self._how:
            return
        with suppress(psutil.Error):
            if self._process.status() == psutil.STATUS_ZOMBIE:
                self._kill()
        if limit_bytes is not None:
            self._peak = max(self._peak, resident_bytes(self._process))
            if self._peak > limit_bytes:
                self._stop("out-of-memory", f"more than {limit_bytes / 1e6:,.0f} MB resident, so it was stopped")
        if time.monotonic() - self._heard_s > timeout_s:
            self._stop("timed-out", f"no word for {timeout_s:g} s, so it was stopped")

    def _stop(self, how: str, why: str) -> None:
        self._how, self._stopped = how, why
        self._kill()

    def _kill(self) -> None:
        # Its own processes too, such as workers with environments: they hold the pipe open.
        with suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)

    def ended(self) -> Ended:
        """How it ended."""
        os.close(self.pipe)
        _, status = os.waitpid(self._pid, 0)
        self._kill()  # what it has left behind
        code = os.waitstatus_to_exitcode(status)
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")[-SAID_BYTES:]
        self._said.close()
        if self._how:
            return Ended(self.task, self._how, self._stopped)
        if code == 0:
            return Ended(self.task, "complete", "")
        how, reason = told_by(code, said)
        return Ended(self.task, how, reason)


def _lead_a_group(process_id: int) -> None:
    """Give a process a group of its own, in which its own processes will be. Both sides do: either may come first."""
    with suppress(OSError):
        os.setpgid(process_id, 0)


def kill_session(leader: int) -> None:
    """End every process of a session, also where its leader is gone and they have groups of their own."""
    for _ in range(ATTEMPTS):
        members = [one for one in psutil.pids() if _session_of(one) == leader]
        if not members:
            return
        for one in members:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        time.sleep(0.01)  # until they are gone; one that waits for a disk goes later


def _session_of(process_id: int) -> int | None:
    """The session of a process that lives; None where it doesn't."""
    try:
        alive = psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
        return os.getsid(process_id) if alive else None
    except (OSError, psutil.Error):
        return None


def told_by(code: int, said: str) -> tuple[str, str]:
    """What an exit code and the last words of a process say: ``crashed`` or ``out-of-memory``, and why, in one line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    if code == -signal.SIGKILL:
        # Nobody of ours sent it.
        return "out-of-memory", "the system killed the process (SIGKILL), as it does where memory runs out"
    if code == OUT_OF_MEMORY or any(sign in said for sign in _TOLD_BY):
        return "out-of-memory", last
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return "crashed", f"the process was killed by {name}: {last}"
    return "crashed", f"the process ended with exit code {code}: {last}"
