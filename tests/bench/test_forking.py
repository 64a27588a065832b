"""Real processes, forked from this one, that know no TensorFlow: what they say arrives, and how they end is told."""

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO

import psutil
import pytest

from eagerbench.forking import (
    OUT_OF_MEMORY,
    PAGE_BYTES,
    Ended,
    Nursery,
    Task,
    make_own,
    peak_bytes,
    resident_bytes,
    resident_pages,
    told_by,
)

pytestmark = [
    pytest.mark.end_to_end,
    # From Python 3.12 on. The threads of this process are those of NumPy's matrix products, and nobody multiplies here.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

MB = 1_000_000
PATIENCE_S = 120.0


@contextmanager
def streams_of_its_own() -> Iterator[None]:
    """What a process writes goes to its own standard output, and not to where pytest keeps that of tests."""
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    try:
        yield
    finally:
        sys.stdout, sys.stderr = kept


class Ear:
    """Hears lines, by task, and the peaks that were seen by then."""

    def __init__(self) -> None:
        self.lines: dict[str, list[bytes]] = {}
        self.peaks: dict[str, int] = {}

    def __call__(self, task: Task, line: bytes, peak_bytes: int) -> None:
        self.lines.setdefault(task.name, []).append(line)
        self.peaks[task.name] = peak_bytes


def run(
    *tasks: Task, at_once: int = 1, timeout_s: float = PATIENCE_S, limit_bytes: int | None = None
) -> tuple[Ear, dict[str, Ended]]:
    """All tasks to their ends, by name; none is left behind."""
    ear = Ear()
    with streams_of_its_own():
        ended = {one.task.name: one for one in Nursery(at_once, timeout_s, limit_bytes).run(tasks, ear)}
    assert psutil.Process().children() == []
    return ear, ended


def says(*lines: bytes) -> Callable[[IO[bytes]], None]:
    def function(pipe: IO[bytes]) -> None:
        for line in lines:
            pipe.write(line + b"\n")

    return function


def says_who_it_is(pipe: IO[bytes]) -> None:
    pipe.write(b"%d\n" % os.getpid())


def calls(function: Callable[[], object]) -> Callable[[IO[bytes]], None]:
    """One that says nothing."""
    return lambda _: (function(), None)[1]


def touch(bytes_: int) -> bytearray:
    """Memory that is there, page by page."""
    taken = bytearray(bytes_)
    taken[::PAGE_BYTES] = b"x" * len(taken[::PAGE_BYTES])
    return taken


FINE = Task("fine", says(b"done"))


def test_lines_arrive_in_order_and_whole() -> None:
    """However long they are, and whoever else speaks; each task runs once, in its own process."""
    long = [b"%d " % number + b"x" * 100_000 for number in range(5)]
    ear, ended = run(Task("long", says(*long)), Task("pid", says_who_it_is), FINE)
    assert ear.lines["long"] == long
    assert ear.lines["fine"] == [b"done"]
    assert int(ear.lines["pid"][0]) != os.getpid()
    assert list(ended) == ["long", "pid", "fine"]
    assert all((one.how, one.reason) == ("complete", "") for one in ended.values())


def test_a_line_that_was_never_finished_is_none() -> None:
    """A process that dies in the middle of a word has said what came before it."""

    def dies(pipe: IO[bytes]) -> None:
        pipe.write(b"whole\nhalf of a l")
        os._exit(3)

    ear, ended = run(Task("dies", dies))
    assert ear.lines["dies"] == [b"whole"]
    assert ended["dies"].how == "crashed"


def _raises(error: BaseException) -> Callable[[], None]:
    def function() -> None:
        raise error

    return function


# Not to be told by its name.
FULL = type("Full", (MemoryError,), {"__module__": "builtins"})


def _aborts(last_words: bytes = b"") -> None:
    faulthandler.disable()  # pytest's, which would tell of it on the terminal
    os.write(2, last_words)
    os.abort()


def _complains_and_aborts() -> None:
    _aborts(b"first\nterminate called: no luck\n\n")


@pytest.mark.parametrize(
    ("ends", "how", "reason"),
    [
        (lambda: os._exit(3), "crashed", "the process ended with exit code 3: it said nothing"),
        (_aborts, "crashed", "the process was killed by SIGABRT: it said nothing"),
        (_complains_and_aborts, "crashed", "the process was killed by SIGABRT: terminate called: no luck"),
        (_raises(ValueError("no luck")), "crashed", "the process ended with exit code 1: ValueError: no luck"),
        (_raises(SystemExit("no luck")), "crashed", "the process ended with exit code 1: SystemExit: no luck"),
        (_raises(KeyboardInterrupt()), "crashed", "the process ended with exit code 1: KeyboardInterrupt"),
        (_raises(MemoryError("no room")), "out-of-memory", "MemoryError: no room"),
        (_raises(FULL("no room")), "out-of-memory", "Full: no room"),
        (lambda: bytearray(2**62), "out-of-memory", "MemoryError"),
    ],
    ids=["exit", "abort", "complaint", "exception", "sys.exit", "interrupt", "memory-error", "its-kind", "too-much"],
)
def test_how_a_process_ended_is_told_and_the_next_one_runs(ends: Callable[[], object], how: str, reason: str) -> None:
    """In one line, its last words in it."""
    ear, ended = run(Task("ends", calls(ends)), FINE)
    assert (ended["ends"].how, ended["ends"].reason) == (how, reason)
    assert (ended["fine"].how, ear.lines) == ("complete", {"fine": [b"done"]})


def test_an_error_does_not_reach_the_code_above_the_fork() -> None:
    """The process ends there and then: nothing that its parent would do, at exit or on the way, is done twice."""
    witness: list[int] = []
    try:
        _, ended = run(Task("raises", calls(_raises(ValueError("no luck")))))
    finally:
        witness.append(os.getpid())
    assert witness == [os.getpid()]
    assert ended["raises"].how == "crashed"


def test_who_takes_more_than_the_limit_is_stopped_and_the_next_one_runs() -> None:
    """Three hundred megabytes, where a hundred more than there are now may be taken."""
    limit = resident_bytes(psutil.Process()) + 100 * MB

    def greedy(pipe: IO[bytes]) -> None:
        taken = touch(300 * MB)
        pipe.write(b"still here\n")
        signal.pause()
        assert taken

    _, ended = run(Task("greedy", greedy), Task("modest", calls(lambda: touch(MB))), limit_bytes=limit)
    assert ended["greedy"].how == "out-of-memory"
    assert ended["greedy"].reason == f"more than {limit / 1e6:,.0f} MB resident, so it was stopped"
    assert ended["modest"].how == "complete"


def test_without_a_limit_nobody_is_stopped_for_memory() -> None:
    """And nobody looks."""
    ear, ended = run(Task("greedy", lambda pipe: pipe.write(b"%d\n" % len(touch(300 * MB)))))  # type: ignore[func-returns-value]
    assert (ended["greedy"].how, ear.lines["greedy"], ear.peaks["greedy"]) == ("complete", [b"300000000"], 0)


def test_the_peak_is_seen_from_outside() -> None:
    """At least what a process touches, also after it gave it back; by the time of its next line."""
    baseline = resident_bytes(psutil.Process())
    given_back, waited_for = os.pipe()

    def touches(pipe: IO[bytes]) -> None:
        taken = touch(300 * MB)
        pipe.write(b"taken\n")  # which makes the parent look
        os.read(given_back, 1)
        del taken
        pipe.write(b"given back\n")

    class Replies(Ear):
        def __call__(self, task: Task, line: bytes, peak_bytes: int) -> None:
            super().__call__(task, line, peak_bytes)
            os.write(waited_for, b".")

    ear = Replies()
    # A look is taken before a line is handed on.
    (ended,) = Nursery(1, PATIENCE_S, 2**50).run([Task("touches", touches)], ear)
    assert ended.how == "complete"
    assert ear.lines["touches"] == [b"taken", b"given back"]
    assert 300 * MB <= ear.peaks["touches"] < baseline + 400 * MB
    for end in (given_back, waited_for):
        os.close(end)


def test_who_falls_silent_is_stopped_and_the_next_one_runs() -> None:
    """After its first word; the time that it may be silent is in the reason."""

    def silent(pipe: IO[bytes]) -> None:
        pipe.write(b"hello\n")
        signal.pause()

    ear, ended = run(Task("silent", silent), FINE, timeout_s=2.0)
    assert ear.lines == {"silent": [b"hello"], "fine": [b"done"]}
    assert (ended["silent"].how, ended["silent"].reason) == ("timed-out", "no word for 2 s, so it was stopped")
    assert ended["fine"].how == "complete"


def test_who_hangs_with_a_process_of_its_own_is_stopped_all_the_same() -> None:
    """As a training whose environments are processes: the one that hangs holds the pipe, and doesn't close it."""

    def hangs(pipe: IO[bytes]) -> None:
        worker = os.fork()
        if worker:
            pipe.write(b"%d\n" % worker)
        signal.pause()

    ear = Ear()
    rescued = threading.Event()

    def rescue() -> None:  # so that what fails is this test, and not those that would never begin
        rescued.set()
        os.kill(int(ear.lines["hangs"][0]), signal.SIGKILL)

    timer = threading.Timer(15.0, rescue)
    timer.start()
    ended = {one.task.name: one for one in Nursery(1, 2.0, None).run([Task("hangs", hangs), FINE], ear)}
    timer.cancel()
    worker = int(ear.lines["hangs"][0])
    left = psutil.pid_exists(worker) and psutil.Process(worker).status() != psutil.STATUS_ZOMBIE
    if left:
        os.kill(worker, signal.SIGKILL)
    assert [one.how for one in ended.values()] == ["timed-out", "complete"]
    assert not rescued.is_set()
    assert not left


def test_a_kill_from_outside_is_taken_for_the_system_s() -> None:
    """Nobody of ours sent it, so it is what happens where memory runs out."""
    _, ended = run(Task("killed", calls(lambda: os.kill(os.getpid(), signal.SIGKILL))), FINE)
    assert ended["killed"].how == "out-of-memory"
    assert ended["killed"].reason == "the system killed the process (SIGKILL), as it does where memory runs out"
    assert ended["fine"].how == "complete"


def test_two_at_once_run_together() -> None:
    """Each waits for the other's word: one after the other they would wait for ever."""
    pipes = [os.pipe(), os.pipe()]

    def meets(own: int, other: int) -> Callable[[IO[bytes]], None]:
        def function(pipe: IO[bytes]) -> None:
            os.write(pipes[own][1], b"!")
            pipe.write(b"met " + os.read(pipes[other][0], 1) + b"\n")

        return function

    ear, ended = run(Task("a", meets(0, 1)), Task("b", meets(1, 0)), FINE, at_once=2, timeout_s=30.0)
    assert [one.how for one in ended.values()] == ["complete"] * 3
    assert ear.lines == {"a": [b"met !"], "b": [b"met !"], "fine": [b"done"]}
    for end in (*pipes[0], *pipes[1]):
        os.close(end)


def test_one_at_a_time_never_meet() -> None:
    """Where something is timed, the next begins when the one before has ended."""
    alive: list[int] = []
    ear = Ear()
    tasks = [Task(name, says(b"here")) for name in "abc"]
    for ended in Nursery(1, PATIENCE_S, None).run(tasks, ear):
        alive.append(len([child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]))
        assert list(ear.lines)[-1] == ended.task.name
    assert alive == [0, 0, 0]


def test_variables_reach_the_process_and_nobody_else() -> None:
    """Neither its parent nor the task after it."""

    def tells(pipe: IO[bytes]) -> None:
        pipe.write(os.environ.get("EAGERBENCH_TEST", "nothing").encode() + b"\n")

    ear, _ = run(Task("first", tells, {"EAGERBENCH_TEST": "a flag"}), Task("second", tells))
    assert ear.lines == {"first": [b"a flag"], "second": [b"nothing"]}
    assert "EAGERBENCH_TEST" not in os.environ


def test_what_a_process_prints_is_kept_from_the_terminal(tmp_path: Path) -> None:
    """Only where it ends badly is the last of it told."""
    kept = os.dup(1)
    with (tmp_path / "shown").open("wb") as shown:
        os.dup2(shown.fileno(), 1)
        try:
            _, ended = run(Task("prints", calls(lambda: print("hello"))))  # noqa: T201
        finally:
            os.dup2(kept, 1)
            os.close(kept)
    assert (tmp_path / "shown").read_bytes() == b""
    assert ended["prints"].how == "complete"


linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@linux_only
def test_resident_pages_are_most_of_what_is_resident() -> None:
    """Private memory that can be read, each page once; what is shared with other processes is left out."""
    pages = resident_pages()
    covered = sum(own.length for own in pages)
    assert all(own.length > 0 and own.start % PAGE_BYTES == own.length % PAGE_BYTES == 0 for own in pages)
    ends = sorted((own.start, own.start + own.length) for own in pages)
    assert all(end <= start for (_, end), (start, _) in pairwise(ends))
    assert 0.8 < covered / resident_bytes(psutil.Process()) < 1.05


@linux_only
def test_resident_pages_see_what_was_touched_and_nothing_else() -> None:
    """Of sixty-four megabytes, of which half is touched, that half."""
    import mmap

    half = 32 * 2**20
    before = sum(own.length for own in resident_pages())
    area = mmap.mmap(-1, 2 * half, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        area.madvise(mmap.MADV_NOHUGEPAGE)
    area[:half:PAGE_BYTES] = b"x" * (half // PAGE_BYTES)
    grown = sum(own.length for own in resident_pages()) - before
    area.close()
    assert grown == pytest.approx(half, abs=4 * MB)


@linux_only
@pytest.mark.parametrize("copy", [True, False])
def test_making_pages_its_own_takes_no_memory_that_is_not_counted_already(copy: bool) -> None:
    """A fork counts as resident what it shares; copying it before it is touched changes whose it is, not how much."""
    pages = resident_pages()
    mine = resident_bytes(psutil.Process())

    def owns(pipe: IO[bytes]) -> None:
        made = make_own(pages, copy=copy)
        pipe.write(b"%d %d\n" % (made, resident_bytes(psutil.Process())))

    # The nursery's own doing is left out, so that it is this call that does it.
    nursery = Nursery(1, PATIENCE_S, None)
    nursery._pages = []
    ear = Ear()
    (ended,) = nursery.run([Task("owns", owns)], ear)
    assert ended.how == "complete"
    made, resident = map(int, ear.lines["owns"][0].split())
    if not made:
        pytest.skip("this kernel is older than Linux 5.14")
    assert resident == pytest.approx(mine, abs=max(10 * MB, 0.05 * mine))


def test_where_there_are_no_pages_nothing_is_made_own() -> None:
    """As on a system that doesn't say what is resident."""
    assert make_own([], copy=True) is False


def test_memory_of_a_process_that_is_gone_is_nothing() -> None:
    """It may end between two looks."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    process = psutil.Process(pid)
    os.waitpid(pid, 0)
    assert resident_bytes(process) == 0
    assert resident_bytes(psutil.Process()) > 10 * MB


def test_the_kernel_s_peak_is_no_less_than_what_is_resident() -> None:
    """In bytes, and not in the kernel's kilobytes."""
    taken = touch(50 * MB)
    resident = resident_bytes(psutil.Process())
    assert resident * 0.95 < peak_bytes() < 100 * resident
    del taken
    assert peak_bytes() >= resident * 0.95


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (-9, "", ("out-of-memory", "the system killed the process (SIGKILL), as it does where memory runs out")),
        (OUT_OF_MEMORY, "a\nMemoryError: b\n", ("out-of-memory", "MemoryError: b")),
        (1, "OOM when allocating tensor\nlast", ("out-of-memory", "last")),
        (-6, "terminate called after throwing 'std::bad_alloc'\n", None),
        (1, "OSError: [Errno 12] Cannot allocate memory", None),
        (-11, "", ("crashed", "the process was killed by SIGSEGV: it said nothing")),
        (-99, "x", ("crashed", "the process was killed by signal 99: x")),
        (2, " \n\n", ("crashed", "the process ended with exit code 2: it said nothing")),
    ],
)
def test_last_words_tell_of_memory(code: int, said: str, expected: tuple[str, str] | None) -> None:
    """In the words of C++, of the system, of Python and of TensorFlow; anything else is a crash."""
    assert told_by(code, said) == (expected or ("out-of-memory", said.strip()))
