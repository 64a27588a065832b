"""A launch whose cases each get a process of their own: it imports everything, does nothing, and forks.

Cold starts run one at a time, in shuffled order. Memory and counts are not timed, so there as many run at once as there
are cores.
"""

import gc
import importlib
import os
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

import msgspec

from eagerbench import modes
from eagerbench.cases import CACHED, Case
from eagerbench.forking import Nursery, Task
from eagerbench.launch import Counted, Job, Outcome, Pipe, Progress, Used, contenders_of, decode_event
from eagerbench.machine import usable_cores
from eagerbench.race import Origin, SystemClock
from eagerbench.results import CaseOutcome, MemoryUse

NO_CACHE = "this TensorFlow keeps nothing of what XLA compiles here: its persistent cache stayed empty"
UNREAD_CACHE = "this TensorFlow fills its persistent XLA cache, but compiled again instead of reading it"


def raise_cases(job: Job, listener: Pipe) -> None:
    """Do a job of `FORKS`; results go to the listener."""
    clock = SystemClock()
    _import_everything([Case.parse(case) for case in job.cases])
    origin = Origin({"imports": clock.wall() - job.started_s}, *clock.cpu())
    # What is imported lives until the end: no collection in a process need look at it.
    gc.collect()
    gc.freeze()
    timed = job.kind == "cold"
    nursery = Nursery(
        at_once=1 if timed else usable_cores(),
        timeout_s=job.timeout_s,
        limit_bytes=None if timed else job.forking.memory_limit_bytes,
    )
    order = random.Random(job.launch_seed).sample(job.cases, len(job.cases))  # noqa: S311 - an order, not a secret
    spoken: set[str] = set()

    def hear(_: Task, line: bytes, peak_bytes: int) -> None:
        event = decode_event(line)
        if isinstance(event, Outcome):
            spoken.add(event.case)
        if isinstance(event, Used):
            event = Used(msgspec.structs.replace(event.use, sampled_peak_bytes=peak_bytes))
        if not isinstance(event, Progress):  # which only says that the process is alive
            listener.send(event)

    tasks = [_task(job, case, origin) for case in order]
    listener.progress("cold", 0, len(tasks))
    for done, ended in enumerate(nursery.run(tasks, hear)):
        case = ended.task.name
        if ended.how != "complete":
            listener.send(Outcome(case, msgspec.convert({"status": ended.how, "reason": ended.reason}, CaseOutcome)))
        elif case not in spoken:
            listener.send(Outcome(case, CaseOutcome("failed", "its process ended without a word")))
        listener.progress("steady", done + 1, len(tasks))


def _import_everything(cases: list[Case]) -> None:
    """TensorFlow, Keras, ourselves, and the modes: nothing that is imported later may be charged to a mode."""
    from eagerbench.quiet import import_tensorflow

    import_tensorflow(use=False)
    for module in ("cold", "memory", "traces"):
        importlib.import_module(f"eagerbench.workloads.{module}")
    for mode in {case.executed for case in cases}:
        modes.load(mode)


def _task(job: Job, case: str, origin: Origin) -> Task:
    function = {"fill": _fill, "cold": _cold, "memory": _memory, "count": _count}[job.kind]
    environment = {}
    if Case.parse(case).mode.endswith(CACHED):
        environment["TF_XLA_FLAGS"] = _also("TF_XLA_FLAGS", f"--tf_xla_persistent_cache_directory={_cache(job, case)}")
    if job.kind == "count":
        environment["XLA_FLAGS"] = _also("XLA_FLAGS", f"--xla_dump_to={_dump(job, case)}")
    return Task(case, partial(_apart, function, job, case, origin), environment)


def _apart(
    do: Callable[[Job, str, Origin, IO[bytes]], None], job: Job, case: str, origin: Origin, pipe: IO[bytes]
) -> None:
    """In a process of its own: what it says goes to its parent alone."""
    os.close(job.pipe)  # else whoever listens to the launch would not hear of its end
    do(job, case, origin, pipe)


def _also(variable: str, flag: str) -> str:
    """What the user has set, and a flag more."""
    return f"{os.environ.get(variable, '')} {flag}".strip()


def _cache(job: Job, case: str) -> Path:
    """Where XLA keeps what it has compiled for a case."""
    return Path(job.cache) / case


def _cached(job: Job, case: str) -> int:
    """Programs in there."""
    return len(list(_cache(job, case).glob("*"))) if _cache(job, case).is_dir() else 0


def _dump(job: Job, case: str) -> Path:
    return Path(job.recorder).parent / "dump" / case


def _fill(job: Job, case: str, origin: Origin, pipe: IO[bytes]) -> None:
    """In a process of its own: execute once, so that XLA's cache has in it what it compiled."""
    from eagerbench.workloads.cold import Cold

    _cache(job, case).mkdir(parents=True)
    listener = Pipe(pipe, None, {})
    contenders = contenders_of(job)
    excluded = contenders.apart(Case.parse(case)).excluded
    if excluded is not None:
        listener.send(Outcome(case, CaseOutcome("unavailable", excluded)))
        return
    with Path(os.devnull).open("wb") as nowhere:
        Cold(contenders, origin, job.forking.cold_seconds).run(Case.parse(case), Pipe(nowhere, None, {}), check=False)
    contenders.close()
    listener.send(Outcome(case, CaseOutcome("ok") if _cached(job, case) else CaseOutcome("unavailable", NO_CACHE)))


def _cold(job: Job, case: str, origin: Origin, pipe: IO[bytes]) -> None:
    """In a process of its own: from nothing to the first result, and a little further."""
    from eagerbench.workloads.cold import Cold

    listener = Pipe(pipe, None, {})
    contenders = contenders_of(job)
    cached = _cached(job, case)
    Cold(contenders, origin, job.forking.cold_seconds).run(Case.parse(case), listener, check=job.checked)
    contenders.close()
    if _cached(job, case) > cached:
        listener.send(Outcome(case, CaseOutcome("unavailable", UNREAD_CACHE)))


def _memory(job: Job, case: str, _: Origin, pipe: IO[bytes]) -> None:
    """In a process of its own: the same call again and again."""
    from eagerbench.workloads.memory import Memory

    contenders = contenders_of(job)
    listener = Pipe(pipe, None, {})
    heartbeat = partial(listener.progress, "steady", 0, 1)
    measured = Memory(contenders, job.forking).measure(Case.parse(case), heartbeat, check=job.checked)
    for known in measured:
        listener.send(Used(known) if isinstance(known, MemoryUse) else Outcome(case, known))
    contenders.close()


def _count(job: Job, case: str, _: Origin, pipe: IO[bytes]) -> None:
    """In a process of its own: calls that change, and what TensorFlow makes of them."""
    from eagerbench.workloads.traces import Traces

    dump = _dump(job, case)
    dump.mkdir(parents=True)
    listener = Pipe(pipe, None, {})
    outcome, counts = Traces(contenders_of(job), dump).count(Case.parse(case))
    listener.send(Outcome(case, outcome))
    if counts is not None:
        listener.send(Counted(counts))
