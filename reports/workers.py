"""Drawing with two processors where there are two. Knows nothing of what is drawn."""

import multiprocessing
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import TypeVar

import msgspec

FEWEST = 6  # tasks; fewer are done before another process has begun

Result = TypeVar("Result")


def in_two(tasks: Sequence[Callable[[], Result]], kind: type[Result]) -> list[Result]:
    """What each task returns, in their order; a forked process takes every next one too, where that is safe.

    It is where the system is Linux and no other thread of Python runs, which could hold a lock that nobody would ever
    open in the forked process. A task must depend on nothing but what it was given: which process does it is left to
    chance. What the other process fails at, or doesn't live to send, is done here, so that an exception is raised as
    if there were one process.

    Args:
        tasks: each may be done once or twice.
        kind: of what they return, as msgspec reads it.
    """
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    if usable < 2 or len(tasks) < FEWEST or threading.active_count() > 1:
        return [task() for task in tasks]
    context = multiprocessing.get_context("fork")
    taken = context.Value("i", 0)
    receiving, sending = context.Pipe(duplex=False)
    helper = context.Process(target=_help, args=(tasks, taken, sending), daemon=True)
    with warnings.catch_warnings():
        # Python counts the idle threads of numerical libraries too; these know how to be forked.
        warnings.simplefilter("ignore", DeprecationWarning)
        helper.start()
    sending.close()
    try:
        done = {number: tasks[number]() for number in _turns(taken, len(tasks))}
        done |= _received(receiving, kind)
    finally:
        helper.kill()  # where a task failed here, nobody waits for the others
        helper.join()
        receiving.close()
    return [done[number] if number in done else task() for number, task in enumerate(tasks)]


def by_key(tasks: Mapping[str, Sequence[Callable[[], list[Result]]]], kind: type[Result]) -> dict[str, list[Result]]:
    """By key, what its tasks return, one after the other; all of them done `in_two`."""
    done = iter(in_two([task for own in tasks.values() for task in own], list[kind]))  # type: ignore[valid-type]
    return {key: [result for _ in own for result in next(done)] for key, own in tasks.items()}


def _turns(taken: "Synchronized[int]", count: int) -> Iterator[int]:
    """The numbers of tasks that nobody has taken yet, one after the other."""
    while True:
        with taken.get_lock():
            number = taken.value
            taken.value += 1
        if number >= count:
            return
        yield number


def _help(tasks: Sequence[Callable[[], Result]], taken: "Synchronized[int]", sending: Connection) -> None:
    done = {}
    for number in _turns(taken, len(tasks)):
        try:
            done[number] = tasks[number]()
        except Exception:  # noqa: BLE001 - whoever asked does it again and meets the same
            break
    sending.send_bytes(msgspec.msgpack.encode(done))


def _received(receiving: Connection, kind: type[Result]) -> dict[int, Result]:
    """What the other process has done; nothing where it ended before it could say so."""
    try:
        return msgspec.msgpack.decode(receiving.recv_bytes(), type=dict[int, kind])  # type: ignore[valid-type]
    except EOFError:
        return {}
