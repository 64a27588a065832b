"""The inside of a process of a duel: makes every case ready, then takes samples when it is told to.

Started by `eagerbench.duel` through `eagerbench.graft`. It hears a line at a time and answers with a line; between
two visits it waits, so that the others have the machine to themselves.
"""

import dataclasses
import gc
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from eagerbench.cases import Case
from eagerbench.errors import UserError
from eagerbench.models.a2c import EnvironmentSpec
from eagerbench.race import in_one_line
from eagerbench.results import CaseOutcome, Model, Sample, Stage, Training

if TYPE_CHECKING:
    from eagerbench.race import Contender

PACKAGES = ("tensorflow", "keras", "numpy")


class Side(msgspec.Struct, frozen=True):
    """Whose code a process runs.

    Attributes:
        python: the interpreter.
        packages: folder by dotted name.
        paths: where Python looks before anywhere else.
        model: ``pkg.module:factory``; None for the model that the suite ships.
    """

    python: str
    packages: dict[str, str]
    paths: tuple[str, ...] = ()
    model: str | None = None


class Paper(msgspec.Struct, frozen=True):
    """What a process of a duel is to do.

    Attributes:
        side: whose code it runs.
        cases: ids.
        observations: path of a ``.npy`` file, float32 [N, observation].
        spec: of the environment.
        training: how agents are trained.
        seed: of the weights.
        order_seed: of the order in which cases are made ready.
        warmup_seconds: after which a case that still gets faster is timed all the same.
        hears: file descriptor to read commands from.
        tells: file descriptor to write to.
    """

    side: Side
    cases: tuple[str, ...]
    observations: str
    spec: EnvironmentSpec
    training: Training
    seed: int
    order_seed: int
    warmup_seconds: float
    hears: int = -1
    tells: int = -1


class Visit(msgspec.Struct, frozen=True, tag="visit"):
    """Take a sample.

    Attributes:
        case: its id.
        calls: that a time is divided by.
        number: of the block.
        primes: untimed calls before it.
        extra: executions beside these: a planted slowdown. With 2, the case is executed 22 times where 20 count.
    """

    case: str
    calls: int
    number: int
    primes: int = 1
    extra: int = 0


class Rest(msgspec.Struct, frozen=True, tag="rest"):
    """Do what would disturb a sample: collect garbage."""


class Finish(msgspec.Struct, frozen=True, tag="finish"):
    """No more samples: say what became of each case."""


Command = Visit | Rest | Finish
decode_command = msgspec.json.Decoder(Command).decode


class Doing(msgspec.Struct, frozen=True, tag="doing"):
    """A sign of life while cases are made ready."""

    case: str


class Known(msgspec.Struct, frozen=True, tag="known"):
    """What is known of a case by now; a later word replaces an earlier one."""

    case: str
    outcome: CaseOutcome


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Every case was tried.

    Attributes:
        call_s: seconds of one call, by id of each case that can be timed.
        modes: that this side's code has, and the workloads of each.
        versions: of Python and packages.
    """

    call_s: dict[str, float]
    modes: dict[str, tuple[str, ...]]
    versions: dict[str, str]


class Taken(msgspec.Struct, frozen=True, tag="taken"):
    """A sample that was asked for; None where the case raised."""

    sample: Sample | None


class Rested(msgspec.Struct, frozen=True, tag="rested"):
    """Done."""


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """All is said.

    Attributes:
        steps: that Keras cuts a call into, by id of each case where Keras is asked.
    """

    steps: dict[str, int]


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """This side could not even begin; why, in one line."""

    reason: str


Answer = Doing | Known | Ready | Taken | Rested | Finished | Refused
decode_answer = msgspec.json.Decoder(Answer).decode


class _Voice:
    """A race's listener that answers."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._ready = False

    def say(self, answer: Answer) -> None:
        self._ready = self._ready or isinstance(answer, Ready)
        self._pipe.write(msgspec.json.encode(answer) + b"\n")

    def running(self, case: str) -> None:
        """A case is about to run: whom to blame. Later the parent knows, and must not be woken up by it."""
        if not self._ready:
            self.say(Doing(case))

    def progress(self, stage: Stage, done: int, total: int) -> None:
        """Told by `running`."""

    def samples(self, samples: Sequence[Sample]) -> None:
        """Of cold starts and warm-up: a sign of life."""
        self.say(Doing(samples[0].case))

    def outcome(self, case: str, outcome: CaseOutcome) -> None:
        """What is known of a case."""
        self.say(Known(case, outcome))


def run(paper: Paper, hears: IO[bytes], voice: _Voice) -> None:
    """Make everything ready, then obey."""
    from eagerbench.quiet import import_tensorflow

    import_tensorflow()
    from eagerbench import modes
    from eagerbench.race import Budget, Race

    programs: dict[str, Any] = {}
    contenders = list(_contenders(paper, voice, programs))
    race = Race(contenders, Budget(0.0, 1, warmup_seconds=paper.warmup_seconds), paper.order_seed, voice)
    with race.ready() as call_s:
        voice.say(
            Ready(
                call_s,
                {name: tuple(sorted(entry.workloads)) for name, entry in modes.REGISTRY.items()},
                {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}},
            )
        )
        for line in hears:
            command = decode_command(line)
            if isinstance(command, Visit):
                sample = race.visit(command.case, command.calls + command.extra, command.number, command.primes)
                if sample is not None:
                    sample = msgspec.structs.replace(sample, calls=command.calls)
                voice.say(Taken(sample))
            elif isinstance(command, Rest):
                gc.collect()
                voice.say(Rested())
            else:
                race.close_books()
                voice.say(Finished(dict(_steps(programs, call_s))))


def _contenders(paper: Paper, voice: _Voice, programs: dict[str, Any]) -> "Iterator[Contender]":
    """Of all cases whose modes this side's code has; ``programs`` gets what they make ready."""
    import numpy as np

    from eagerbench.factory import Source
    from eagerbench.inspection import look_at
    from eagerbench.plan import HIDDEN
    from eagerbench.workloads.contenders import Contenders

    observations = np.load(paper.observations, allow_pickle=False)
    source = Source(factory=paper.side.model or "")
    model = Model("actor-critic", hidden=(HIDDEN,))
    if source.own:
        model = look_at(source, paper.spec, source.factory, observations).model
    cases = [Case.parse(case) for case in paper.cases]
    contenders = Contenders(observations, paper.spec, paper.training, paper.seed, source, model, cases)
    for case in cases:
        try:
            if case.workload != "forward" and not model.learns:
                raise UserError(model.unteachable or "the model has one output, so that it is no agent")
            contender = contenders.of(case)
        except UserError as error:
            voice.outcome(case.id, CaseOutcome("unavailable", str(error)))
        else:
            yield dataclasses.replace(contender, ready=partial(_kept, contender, programs))


def _kept(contender: "Contender", programs: dict[str, Any]) -> Callable[[], Any]:
    """What `Contender.ready` returns; what it makes is kept as well."""
    make = contender.ready()

    def made() -> Any:
        programs[contender.case] = make()
        return programs[contender.case]

    return made


def _steps(programs: dict[str, Any], call_s: dict[str, float]) -> "Iterator[tuple[str, int]]":
    """Steps of a call, of the cases where Keras is asked; a call is made for it."""
    for case in call_s:
        count = programs[case].steps
        if count:
            yield case, count()


def main(path: Path) -> int:
    """Entry point of the process."""
    paper = msgspec.json.decode(path.read_bytes(), type=Paper)
    with os.fdopen(paper.tells, "wb", buffering=0) as tells, os.fdopen(paper.hears, "rb") as hears:
        voice = _Voice(tells)
        try:
            run(paper, hears, voice)
        except UserError as error:
            voice.say(Refused(" ".join(str(error).split())))
            return 1
        except ImportError as error:
            voice.say(Refused(in_one_line(error)))
            return 1
    return 0
