"""The inside of a launch of ``eagerbench traps``: it imports everything, does nothing, and forks.

Started as ``python -m eagerbench.traps.launch JOB``, where JOB is a file with a `TrapsJob` in it. What it finds out
goes into the pipe that it was given, a JSON line each, in the words of `eagerbench.launch`.
"""

import gc
import importlib
import os
import random
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import IO

import msgspec

from eagerbench import modes
from eagerbench.forking import Nursery, Task
from eagerbench.launch import Outcome, Pipe, Progress, decode_event
from eagerbench.results import CaseOutcome, Sample

NO_WORD = "its process ended before it came to this"
RACE = "race"
NOTEBOOK = "notebook"
# A batch of 100,000 rows takes 20 to 150 ms: some ten samples of each contender, and all of them within seconds.
CASE_SECONDS, MIN_ROUNDS, WARMUP_S = 0.3, 3, 0.5


class TrapsJob(msgspec.Struct, frozen=True):
    """What a launch is to do.

    Attributes:
        measurements: names, as `eagerbench.traps.findings` has them.
        rows: of the article's batch, and of every other.
        observations: path of a ``.npy`` file, float32 [rows, observation], distinct.
        actions: how many discrete actions there are.
        seed: of the weights of the right measurements.
        launch_seed: of the order of processes and of the race.
        timeout_s: seconds without a word after which a process is stopped.
        pipe: file descriptor to write to.
    """

    measurements: tuple[str, ...]
    rows: int
    observations: str
    actions: int
    seed: int
    launch_seed: int
    timeout_s: float
    pipe: int


def processes(measurements: tuple[str, ...]) -> dict[str, list[str]]:
    """The processes that some measurements need, and which of them each takes.

    A cell has a process of its own, which also runs its last line again; the notebook and the race have one each.
    """
    found: dict[str, list[str]] = {}
    for name in measurements:
        kind, _, what = name.partition("/")
        place = {"notebook": NOTEBOOK, "alone": what, "first": what, "again": what, "steps": "default"}.get(kind, RACE)
        found.setdefault(place, []).append(name)
    return found


def run(job: TrapsJob, pipe: IO[bytes]) -> None:
    """Do the job; results go into the pipe."""
    _import_everything()
    plan = processes(job.measurements)
    order = random.Random(job.launch_seed).sample(sorted(plan), len(plan))  # noqa: S311 - an order, not a secret
    gc.collect()
    gc.freeze()  # what is imported lives until the end: no collection in a process need look at it
    listener = Pipe(pipe, None, {})
    spoken: set[str] = set()

    def hear(_: Task, line: bytes, _peak_bytes: int) -> None:
        event = decode_event(line)
        if isinstance(event, Outcome):
            spoken.add(event.case)
        if not isinstance(event, Progress):  # which only says that the process is alive
            listener.send(event)

    tasks = [Task(name, partial(_apart, job, name, plan[name])) for name in order]
    listener.send(Progress("steady", 0, len(tasks)))
    for done, ended in enumerate(Nursery(at_once=1, timeout_s=job.timeout_s, limit_bytes=None).run(tasks, hear)):
        for name in plan[ended.task.name]:
            if name not in spoken:
                how, why = (ended.how, ended.reason) if ended.how != "complete" else ("failed", NO_WORD)
                listener.send(Outcome(name, msgspec.convert({"status": how, "reason": why}, CaseOutcome)))
        listener.send(Progress("steady", done + 1, len(tasks)))


def _import_everything() -> None:
    """As a notebook has by its first timed cell: nothing that is imported later may be charged to a cell."""
    from eagerbench.quiet import import_tensorflow

    import_tensorflow(use=False)
    for module in ("gymnasium", "tensorflow.keras.layers", "eagerbench.traps.cells", "eagerbench.traps.race"):
        importlib.import_module(module)
    for mode in ("eager", "function", "graph-v1", "predict-full"):
        modes.load(mode)


def _apart(job: TrapsJob, process: str, names: list[str], pipe: IO[bytes]) -> None:
    """In a process of its own: what it says goes to its parent alone."""
    import numpy as np

    from eagerbench.race import Budget, Race
    from eagerbench.traps.cells import Notebook, alone, in_order
    from eagerbench.traps.race import contenders

    os.close(job.pipe)  # else whoever listens to the launch would not hear of its end
    listener = Asked(pipe, names)
    if process == NOTEBOOK:
        in_order(Notebook(job.rows, listener))
    elif process == RACE:
        rows = np.load(job.observations, allow_pickle=False)
        budget = Budget(CASE_SECONDS, MIN_ROUNDS, warmup_seconds=WARMUP_S)
        Race(list(contenders(names, rows, job.actions, job.seed)), budget, job.launch_seed, listener).run()
    else:
        alone(Notebook(job.rows, listener), process, steps=any(name.startswith("steps/") for name in names))


class Asked(Pipe):
    """Hears only of the measurements that were asked for: a cell has more to tell than one trap needs.

    Args:
        pipe: to write events into.
        names: of these measurements.
    """

    def __init__(self, pipe: IO[bytes], names: Sequence[str]) -> None:
        super().__init__(pipe, None, {})
        self._names = frozenset(names)

    def samples(self, samples: Sequence[Sample]) -> None:
        """They have been taken."""
        super().samples([sample for sample in samples if sample.case in self._names])

    def outcome(self, case: str, outcome: CaseOutcome) -> None:
        """That is known of a measurement."""
        if case in self._names:
            super().outcome(case, outcome)


def main() -> int:
    """Entry point of the process."""
    job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=TrapsJob)
    with os.fdopen(job.pipe, "wb", buffering=0) as pipe:
        run(job, pipe)
    return 0


if __name__ == "__main__":
    sys.exit(main())
