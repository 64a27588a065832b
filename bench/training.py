"""The command ``eagerbench train``: one agent, one mode, watched while it learns; then a test, and a film of it."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec
from rich.console import Console

from eagerbench.cases import Case
from eagerbench.errors import UserError, unknown
from eagerbench.launch import Standing
from eagerbench.modes import REGISTRY
from eagerbench.plan import Request, make_plan, spec_of
from eagerbench.quiet import import_tensorflow
from eagerbench.results import Plan, Training, TrainingRun

FILMS = (".gif", ".mp4")
FRAMES_PER_SECOND = 50  # CartPole's own time: steps of 20 ms
LINE_SECONDS = 2.0  # between lines where there is no terminal to draw in
TEST_SEED = 12345


class Lesson(msgspec.Struct, frozen=True):
    """What came of it.

    Attributes:
        run: the training.
        untrained: score of one episode before it.
        scores: of the test episodes after it.
        most: what an episode can reach at most, where rewards are 1 a step and the environment has a limit.
        film: where the first test episode can be seen.
    """

    run: TrainingRun
    untrained: float
    scores: tuple[float, ...]
    most: int | None
    film: Path | None


def prepare(request: Request, hyperparameters: str) -> Plan:
    """What is to be trained, checked before TensorFlow is loaded.

    Args:
        request: of one mode.
        hyperparameters: name of a set.

    Raises:
        UserError: for a mode that can't train, and for anything that `make_plan` refuses.
    """
    able = [name for name, entry in REGISTRY.items() if "train" in entry.workloads]
    for mode in request.modes:
        if mode not in able:
            raise unknown("training mode", mode, able)
    if len(request.hidden) > 1:
        raise UserError(f"--hidden {','.join(map(str, request.hidden))}: one agent has one width")
    plan = make_plan(msgspec.structs.replace(request, workloads=("train",), seeds=1, profile="full"))
    settings = {"article": plan.training.timed, "reliable": plan.training.to_target}
    if hyperparameters not in settings:
        raise unknown("set of hyperparameters", hyperparameters, settings)
    training = msgspec.structs.replace(plan.training, to_target=settings[hyperparameters])
    return msgspec.structs.replace(plan, training=training)


def check_film(film: Path | None) -> None:
    """Make sure that a film can be made, before anything is trained.

    Raises:
        UserError: where it can't.
    """
    if film is None:
        return
    if film.suffix.lower() not in FILMS:
        raise UserError(f"--render {film}: expected a file that ends in {' or '.join(FILMS)}")
    # Images are drawn in memory: no window system is needed, nor shall one be looked for.
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import imageio.v3  # noqa: F401
        import pygame  # noqa: F401
    except ImportError as error:
        raise UserError(f"--render needs {error.name}: pip install 'eagerbench[render]'") from error


def teach(plan: Plan, seed: int, episodes: int, film: Path | None, stream: IO[str]) -> Lesson:
    """Train one agent to the target (or as far as it gets), and test it.

    Args:
        plan: from `prepare`.
        seed: of weights, environments and actions.
        episodes: to test it on.
        film: where the first of them shall be filmed; None for nowhere.
        stream: where it is told how it goes.

    Raises:
        UserError: where the mode can't train the model in this environment, or the test fails.
    """
    console = Console(file=stream, highlight=False)
    case, training = Case.parse(plan.cases[0]), plan.training
    console.print(f"loading TensorFlow, to train {case.mode} in {plan.env}", markup=False)
    import_tensorflow()
    from eagerbench.factory import Maker, Source
    from eagerbench.models.a2c import play_episode
    from eagerbench.models.envs import make_one
    from eagerbench.modes.base import Trainer
    from eagerbench.race import SystemClock, in_one_line
    from eagerbench.target import train_to_target
    from eagerbench.workloads.train import Train

    spec = spec_of(plan)
    maker = Maker(spec, plan.model.hidden[0] if plan.model.hidden else 0, Source(plan.model.factory), plan.model)
    train = Train(maker, training, seed)
    reason = train.refusal(case)
    if reason is not None:
        raise UserError(f"{case.mode} can't train here: {reason}")
    settings = training.to_target
    with ExitStack() as held:
        held.callback(train.close)
        environment = make_one(spec, render=film is not None)
        held.callback(environment.close)
        made: list[Trainer] = []

        @contextmanager
        def ready() -> Iterator[Trainer]:
            # Kept open beyond the training: it is to be tested.
            made.append(held.enter_context(train.trainer(case, settings)))
            yield made[0]

        with _Blackboard(case.mode, training, console) as board:
            run = train_to_target(
                case.id,
                seed,
                ready,
                training,
                settings.steps * training.envs,
                SystemClock(),
                lambda standing: board.show(Standing(case.id, *standing)),
            )
        if run.ended == "failed" and not run.steps:
            raise UserError(f"{case.mode} can't train {plan.model.name} in {plan.env}: {run.reason}")
        console.print(outcome(run, training), markup=False, soft_wrap=True)
        frames: list[Any] = []
        played: list[float] = []
        untrained = 0.0
        if run.ended != "failed" and episodes:
            act = made[0].learner.act
            try:
                played = [
                    play_episode(act, environment, TEST_SEED + number, frames if film and number == 0 else None)
                    for number in range(episodes)
                ]
                # Only now, so that the clock of the training began before anything was warm.
                made[0].begin(seed)
                untrained = play_episode(act, environment, TEST_SEED)
            except Exception as error:  # an environment may raise anything
                raise UserError(f"{plan.env}: it failed in a test episode: {in_one_line(error)}") from error
    if film and frames:
        write_film(film, frames)
    return Lesson(run, untrained, tuple(played), spec.step_limit, film if frames else None)


def outcome(run: TrainingRun, training: Training) -> str:
    """How the training ended, in a line."""
    if run.ended == "solved":
        return (
            f"solved after {run.steps_to_target:,} steps and {run.seconds_to_target:.1f} s: mean return "
            f"{training.target:g} or more over {training.window} episodes"
        )
    return f"{run.ended} after {run.steps:,} steps and {run.seconds:.1f} s: {run.reason}"


def scores(lesson: Lesson) -> Iterator[str]:
    """What the tests showed, line by line."""
    of = f" of {lesson.most}" if lesson.most else ""
    if lesson.scores:
        yield f"before training: {lesson.untrained:g}{of}"
        yield f"after training: {', '.join(f'{score:g}' for score in lesson.scores)}{of}"
    if lesson.film:
        yield f"film: {lesson.film}"


def write_film(film: Path, frames: list[Any]) -> None:
    """Images [H, W, 3] as a GIF or an MP4.

    Raises:
        UserError: where it can't be written.
    """
    import imageio.v3

    options: dict[str, Any] = (
        {"duration": 1000 / FRAMES_PER_SECOND, "loop": 0}
        if film.suffix.lower() == ".gif"
        else {"fps": FRAMES_PER_SECOND, "macro_block_size": 2}
    )
    try:
        film.parent.mkdir(parents=True, exist_ok=True)
        imageio.v3.imwrite(film, frames, **options)
    except (OSError, ImportError) as error:
        raise UserError(f"cannot write {film}: {error}") from error


class _Blackboard:
    """Says how a training goes: in place in a terminal, a line now and then elsewhere."""

    def __init__(self, mode: str, training: Training, console: Console) -> None:
        self._console = console
        self._status = self._console.status(f"training with {mode} …") if self._console.is_terminal else None
        self._mode = mode
        self._target = training.target
        self._last_s = 0.0

    def __enter__(self) -> "_Blackboard":
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def show(self, standing: Standing) -> None:
        """Where it stands."""
        target = "" if self._target is None else f" (target {self._target:g})"
        text = f"{self._mode}: {standing.words}{target}"
        if self._status:
            self._status.update(text)
        elif time.monotonic() - self._last_s > LINE_SECONDS:
            self._last_s = time.monotonic()
            self._console.print(text, markup=False, soft_wrap=True)
