"""The inside of a launch: a fresh process that runs one race and tells of it as it goes.

Started as ``python -m eagerbench.launch JOB``, where JOB is a file with a `Job` in it. Everything it finds out goes
into the pipe that it was given, a JSON line each, so that what was measured before a crash is known outside. Which case
is running at the moment stands in a small shared file (the recorder): a pipe would be too slow for that.
"""

import mmap
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import msgspec

from eagerbench.results import CaseOutcome, Sample, Stage

NOBODY = 0xFFFFFFFF
RECORDER_BYTES = 4


class Job(msgspec.Struct, frozen=True):
    """What a launch is to do.

    Attributes:
        cases: ids of the cases that take part.
        observations: path of a ``.npy`` file, float32 [N, observation].
        actions: how many discrete actions there are.
        model_seed: of the weights.
        race_seed: of the order.
        case_seconds: steady seconds for each case in this launch.
        min_rounds: steady samples for each case in this launch.
        pipe: file descriptor to write to.
        recorder: path of the recorder.
    """

    cases: tuple[str, ...]
    observations: str
    actions: int
    model_seed: int
    race_seed: int
    case_seconds: float
    min_rounds: int
    pipe: int
    recorder: str


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """So much of a part of the race is over."""

    stage: Stage
    done: int
    total: int


class Samples(msgspec.Struct, frozen=True, tag="samples"):
    """Samples taken since the last event."""

    samples: tuple[Sample, ...]


class Outcome(msgspec.Struct, frozen=True, tag="outcome"):
    """What is known of a case by now; a later word replaces an earlier one."""

    case: str
    outcome: CaseOutcome


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The launch could not even begin; why, in one line."""

    reason: str


Event = Progress | Samples | Outcome | Refused
decode_event = msgspec.json.Decoder(Event).decode


class Recorder:
    """Which case is running, in four bytes that outlive the process. Both sides number the cases alike."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b")
        self._map = mmap.mmap(self._file.fileno(), RECORDER_BYTES)

    @staticmethod
    def create(path: Path) -> None:
        """Make the file; nobody is running."""
        path.write_bytes(NOBODY.to_bytes(RECORDER_BYTES, "little"))

    @staticmethod
    def read(path: Path) -> int | None:
        """Number of the case that was running; None for nobody."""
        number = int.from_bytes(path.read_bytes()[:RECORDER_BYTES], "little")
        return None if number == NOBODY else number

    def write(self, number: int) -> None:
        """Note who runs now."""
        self._map[:RECORDER_BYTES] = number.to_bytes(RECORDER_BYTES, "little")


class _Pipe:
    """A race's listener that writes into the pipe."""

    def __init__(self, pipe: IO[bytes], recorder: Recorder, numbers: dict[str, int]) -> None:
        self._pipe = pipe
        self._recorder = recorder
        self._numbers = numbers
        self._last_progress_s = 0.0

    def running(self, case: str) -> None:
        self._recorder.write(self._numbers.get(case, NOBODY))

    def progress(self, stage: Stage, done: int, total: int) -> None:
        # The reader runs on the same few cores: don't wake it more often than a person looks.
        now = time.monotonic()
        if stage == "cold" or now - self._last_progress_s > 0.5:
            self._last_progress_s = now
            self.send(Progress(stage, done, total))

    def samples(self, samples: Sequence[Sample]) -> None:
        self.send(Samples(tuple(samples)))

    def outcome(self, case: str, outcome: CaseOutcome) -> None:
        self.send(Outcome(case, outcome))

    def send(self, event: Event) -> None:
        self._pipe.write(msgspec.json.encode(event) + b"\n")


def run(job: Job, pipe: IO[bytes]) -> None:
    """Measure; results go into the pipe."""
    listener = _Pipe(pipe, Recorder(Path(job.recorder)), {case: number for number, case in enumerate(job.cases)})

    import numpy as np

    from eagerbench.cases import Case
    from eagerbench.race import Budget, Race
    from eagerbench.workloads import yardsticks
    from eagerbench.workloads.forward import Forward

    forward = Forward(np.load(job.observations, allow_pickle=False), job.actions, job.model_seed)
    agreement = forward.check_model()
    if not agreement.passed:
        listener.send(Refused(f"the model disagrees with itself in eager mode: {agreement.detail}"))
        return
    contenders = [forward.contender(Case.parse(case)) for case in job.cases]
    Race(
        [*contenders, *yardsticks.contenders()],
        Budget(job.case_seconds, job.min_rounds),
        job.race_seed,
        listener,
    ).run()


def main() -> int:
    """Entry point of the process."""
    job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Job)
    with os.fdopen(job.pipe, "wb", buffering=0) as pipe:
        run(job, pipe)
    return 0


if __name__ == "__main__":
    sys.exit(main())
