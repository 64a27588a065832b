"""Work shared by two processes gives what one would."""

import os
import sys
import threading
from collections.abc import Callable
from functools import partial

import pytest

from eagerbench.reports import workers
from eagerbench.reports.workers import by_key, in_two


def numbered(number: int) -> tuple[int, int]:
    """A task that says which process did it."""
    return number, os.getpid()


@pytest.fixture(autouse=True)
def _two_processors_and_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has, and whatever runs beside the tests, such as a browser."""
    count, before = threading.active_count, threading.active_count()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(threading, "active_count", lambda: 1 + count() - before)


def waiting(number: int) -> int:
    """A task."""
    return number


def test_results_stand_in_the_order_of_the_tasks():
    """Whoever did them, and each once."""
    assert in_two([partial(waiting, number) for number in range(40)], int) == list(range(40))


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")
def test_two_processes_take_part():
    """Each task of two waits until the other process has begun one as well."""
    here, there = os.pipe(), os.pipe()

    def meet(number: int) -> int:
        own, other = (here, there) if os.getpid() == parent else (there, here)
        os.write(own[1], b".")
        if number < 2:
            os.read(other[0], 1)
        return os.getpid()

    parent = os.getpid()
    found = in_two([partial(meet, number) for number in range(8)], int)
    for end in (*here, *there):
        os.close(end)
    assert len(set(found[:2])) == 2
    assert parent in found


def test_few_tasks_stay_here():
    """Another process would only begin when they are done."""
    found = in_two([partial(numbered, number) for number in range(workers.FEWEST - 1)], tuple[int, int])
    assert {process for _, process in found} == {os.getpid()}


def test_beside_another_thread_nothing_is_forked():
    """It might hold a lock that nobody would open in the forked process."""
    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        found = in_two([partial(numbered, number) for number in range(40)], tuple[int, int])
    finally:
        end.set()
        other.join()
    assert {process for _, process in found} == {os.getpid()}


def dies() -> None:
    """As a process does that the system kills for want of memory."""
    os._exit(9)


def fails() -> None:
    """An exception of whatever kind."""
    raise ValueError("elsewhere only")


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")
@pytest.mark.parametrize("accident", [dies, fails])
def test_what_the_other_process_could_not_do_is_done_here(accident: Callable[[], None]):
    """It dies, or fails, once it has begun a task: nothing is missing."""
    reading, writing = os.pipe()
    parent = os.getpid()

    def task(number: int) -> tuple[int, int]:
        if os.getpid() != parent:
            os.write(writing, b".")
            accident()
        elif not begun:
            begun.append(os.read(reading, 1))
        return number, os.getpid()

    begun: list[bytes] = []
    found = in_two([partial(task, number) for number in range(8)], tuple[int, int])
    os.close(reading)
    os.close(writing)
    assert begun == [b"."]
    assert found == [(number, parent) for number in range(8)]


def test_an_exception_is_raised_as_if_there_were_one_process():
    """Whoever met it first."""

    def broken() -> int:
        raise ValueError("this one is broken")

    with pytest.raises(ValueError, match="this one is broken"):
        in_two([partial(waiting, 1), broken, *(partial(waiting, number) for number in range(20))], int)


def test_results_are_given_back_by_key():
    """Several lists, one after the other; a key without results stays."""
    tasks: dict[str, list[Callable[[], list[int]]]] = {
        "a": [lambda: [1, 2], list, lambda: [3]],
        "b": [list],
        "c": [lambda: [4]] * 5,
    }
    assert by_key(tasks, int) == {"a": [1, 2, 3], "b": [], "c": [4] * 5}
