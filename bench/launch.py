"""The inside of a launch: a fresh process that does one job and tells of it as it goes.

A job is a race, a comparison of trained agents, training to the target from one seed, or one for which every case gets
a process of its own (`eagerbench.forking`): cold starts, memory, counts.

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
from typing import IO, TYPE_CHECKING

import msgspec

from eagerbench.cases import Case
from eagerbench.factory import Source
from eagerbench.models.a2c import EnvironmentSpec
from eagerbench.results import (
    CaseOutcome,
    Counts,
    Forking,
    LaunchKind,
    MemoryUse,
    Model,
    Sample,
    Stage,
    Training,
    TrainingRun,
)

if TYPE_CHECKING:
    from eagerbench import target
    from eagerbench.workloads.contenders import Contenders

NOBODY = 0xFFFFFFFF
# Kinds for which each case gets a process of its own.
FORKS: frozenset[LaunchKind] = frozenset({"fill", "cold", "memory", "count"})
RECORDER_BYTES = 4


class Job(msgspec.Struct, frozen=True):
    """What a launch is to do.

    Attributes:
        kind: what to do.
        cases: ids of the cases that take part; training takes them in this order.
        observations: path of a ``.npy`` file, float32 [N, observation].
        spec: of the environment.
        source: of the model.
        model: what is known of it.
        training: how agents are trained.
        seed: of the weights, of the timed trainings and of the comparison.
        launch_seed: of the order of a race, or of the training.
        case_seconds: steady seconds for each case in this launch.
        min_rounds: steady samples for each case in this launch.
        warmup_seconds: for each case.
        fewest_rounds: steady samples for each quick case.
        longest_start_s: of a first call, after which there is no warm-up.
        steps_per_s: how fast each case trains, as far as known.
        forking: how cases are measured that get a process each.
        timeout_s: seconds without a word after which such a process is stopped.
        checked: whether first results of cold starts are held against the reference: each has been, in the first
            launch, before it is started again.
        cache: folder of the persistent XLA cache.
        started_s: on the clock of races, when the process was started.
        pipe: file descriptor to write to.
        recorder: path of the recorder.
    """

    kind: LaunchKind
    cases: tuple[str, ...]
    observations: str
    spec: EnvironmentSpec
    source: Source
    model: Model
    training: Training
    seed: int
    launch_seed: int
    case_seconds: float
    min_rounds: int
    warmup_seconds: float
    fewest_rounds: int
    longest_start_s: float
    steps_per_s: dict[str, float]
    forking: Forking
    timeout_s: float
    checked: bool
    cache: str
    started_s: float
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


class Standing(msgspec.Struct, frozen=True, tag="standing"):
    """Where a training run stands.

    Attributes:
        case: its id.
        steps: of all environments together.
        mean_return: over the last episodes; None where none has ended.
        policy_loss: of the last update.
        value_loss: of the last update.
    """

    case: str
    steps: int
    mean_return: float | None
    policy_loss: float
    value_loss: float

    @property
    def words(self) -> str:
        """What a person following it wants to know."""
        mean = "no episode yet" if self.mean_return is None else f"mean return {self.mean_return:.1f}"
        losses = f"losses {self.policy_loss:.3g} (policy), {self.value_loss:.3g} (value)"
        return f"{self.steps:,} steps, {mean}, {losses}"


class Trained(msgspec.Struct, frozen=True, tag="trained"):
    """A training run has ended."""

    run: TrainingRun


class Used(msgspec.Struct, frozen=True, tag="used"):
    """The memory of a case is known."""

    use: MemoryUse


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """The counts of a case are known."""

    counts: Counts


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The launch could not even begin; why, in one line."""

    reason: str


Event = Progress | Samples | Outcome | Standing | Trained | Used | Counted | Refused
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


class Pipe:
    """A race's listener that writes into the pipe.

    Args:
        pipe: to write events into.
        recorder: of who is running; None where only one can be.
        numbers: of the cases.
    """

    def __init__(self, pipe: IO[bytes], recorder: Recorder | None, numbers: dict[str, int]) -> None:
        self._pipe = pipe
        self._recorder = recorder
        self._numbers = numbers
        self._last_progress_s = 0.0

    def running(self, case: str) -> None:
        """A case is about to run."""
        if self._recorder:
            self._recorder.write(self._numbers.get(case, NOBODY))

    def progress(self, stage: Stage, done: int, total: int) -> None:
        """So much is over."""
        # The reader runs on the same few cores: don't wake it more often than a person looks.
        now = time.monotonic()
        if stage == "cold" or now - self._last_progress_s > 0.5:
            self._last_progress_s = now
            self.send(Progress(stage, done, total))

    def samples(self, samples: Sequence[Sample]) -> None:
        """They have been taken."""
        self.send(Samples(tuple(samples)))

    def outcome(self, case: str, outcome: CaseOutcome) -> None:
        """That is known of a case."""
        self.send(Outcome(case, outcome))

    def send(self, event: Event) -> None:
        """Any event."""
        self._pipe.write(msgspec.json.encode(event) + b"\n")

    def standing(self, standing: Standing) -> None:
        """Where a training run stands."""
        now = time.monotonic()
        if now - self._last_progress_s > 0.5:
            self._last_progress_s = now
            self.send(standing)


def run(job: Job, pipe: IO[bytes]) -> None:
    """Do the job; results go into the pipe."""
    listener = Pipe(pipe, Recorder(Path(job.recorder)), {case: number for number, case in enumerate(job.cases)})
    if job.kind in FORKS:
        from eagerbench.family import raise_cases

        raise_cases(job, listener)
        return

    contenders = contenders_of(job)
    for forward in contenders.forwards.values():
        agreement = forward.check_model()
        if not agreement.passed:
            listener.send(Refused(f"the model disagrees with itself in eager mode: {agreement.detail}"))
            return
    {"race": _race, "check": _check, "training": _train}[job.kind](job, listener, contenders)
    contenders.close()


def contenders_of(job: Job) -> "Contenders":
    """Everything that a job may execute."""
    import numpy as np

    from eagerbench.workloads.contenders import Contenders

    observations = np.load(job.observations, allow_pickle=False)
    cases = map(Case.parse, job.cases)
    return Contenders(observations, job.spec, job.training, job.seed, job.source, job.model, cases)


def _race(job: Job, listener: Pipe, contenders: "Contenders") -> None:
    """Time every case."""
    from eagerbench.race import Budget, Race
    from eagerbench.workloads import yardsticks

    Race(
        [*(contenders.of(Case.parse(case)) for case in job.cases), *yardsticks.contenders()],
        Budget(
            job.case_seconds,
            job.min_rounds,
            warmup_seconds=job.warmup_seconds,
            fewest_rounds=job.fewest_rounds,
            longest_start=job.longest_start_s / job.warmup_seconds,
        ),
        job.launch_seed,
        listener,
    ).run()


def _check(job: Job, listener: Pipe, contenders: "Contenders") -> None:
    """Compare agents of all modes over many updates, before any of them is timed."""
    from eagerbench.race import failure

    for number, case in enumerate(job.cases):
        listener.progress("cold", number, len(job.cases))
        listener.running(case)
        train = contenders.train(Case.parse(case))
        try:
            reason = train.refusal(Case.parse(case))
            if reason is not None:
                outcome = CaseOutcome("unavailable", reason)
            else:
                parity, resolved = train.agreement(Case.parse(case))
                outcome = CaseOutcome("ok" if parity.passed else "disagrees", parity.detail, parity, resolved=resolved)
        except Exception as error:  # noqa: BLE001 - a mode may raise anything; the others go on
            reason = contenders.maker(Case.parse(case)).refused(Case.parse(case), error)
            outcome = CaseOutcome("unavailable", reason) if reason else CaseOutcome(*failure(error))
        listener.outcome(case, outcome)


def _train(job: Job, listener: Pipe, contenders: "Contenders") -> None:
    """Train each case to the target, from the launch's seed."""
    from functools import partial

    from eagerbench.race import SystemClock
    from eagerbench.target import train_to_target

    settings = job.training.to_target
    fewest_steps: int | None = None  # to the target, from this seed: nearly the same for every mode
    for number, case in enumerate(job.cases):
        listener.progress("cold", number, len(job.cases))
        rate = job.steps_per_s.get(case)
        if fewest_steps and rate and fewest_steps / rate > job.training.run_seconds:
            continue
        listener.running(case)
        run = train_to_target(
            case,
            job.launch_seed,
            partial(contenders.train(Case.parse(case)).trainer, Case.parse(case), settings),
            job.training,
            settings.steps * job.training.envs,
            SystemClock(),
            partial(_tell, listener, case),
        )
        listener.send(Trained(run))
        if run.steps_to_target and (fewest_steps is None or run.steps_to_target < fewest_steps):
            fewest_steps = run.steps_to_target


def _tell(listener: Pipe, case: str, standing: "target.Standing") -> None:
    listener.standing(Standing(case, *standing))


def main() -> int:
    """Entry point of the process."""
    job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Job)
    with os.fdopen(job.pipe, "wb", buffering=0) as pipe:
        run(job, pipe)
    return 0


if __name__ == "__main__":
    sys.exit(main())
