"""The train workload: full A2C training, timed for some updates, compared with an eager agent, and run to a target."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

from eagerbench import modes
from eagerbench.cases import Case
from eagerbench.factory import Maker
from eagerbench.models.a2c import Hyperparameters, Progress
from eagerbench.models.envs import ParallelEnvironments
from eagerbench.modes.base import Mode, Program, Task, Trainer, Weights
from eagerbench.parity import Stage, compare_training
from eagerbench.race import Contender, Stopwatch
from eagerbench.results import Parity, Training

# A sample is some updates long; a fraction of a second, so that a program which makes hundreds in one call is timed
# with hundreds.
SAMPLE_SECONDS = 0.1


class Train:
    """Trainings of one model in one environment.

    Args:
        maker: of the model, for an environment.
        plan: of the training.
        seed: of the timed trainings and of the comparison.
    """

    def __init__(self, maker: Maker, plan: Training, seed: int) -> None:
        self._maker = maker
        self._spec = maker.spec
        self._plan = plan
        self._seed = seed
        self._expected: dict[tuple[Hyperparameters, tuple[int, ...]], list[Stage]] = {}
        self._weights: dict[int, Weights] = {}

    def contender(self, case: Case) -> Contender:
        """The contender of a case: a call is one update with its rollout, and every sample starts from the beginning.

        Raises:
            UserError: for a mode that is in no table.
        """
        mode = modes.load(case.executed)
        watch = Stopwatch(rest="bookkeeping")
        made: list[Trainer] = []

        def ready() -> Callable[[], Program]:
            task = self._task(self._plan.timed, watch.watch)

            def make() -> Program:
                trainer = mode.trainer(task)
                trainer.begin(self._seed)
                made.append(trainer)
                return Program(
                    call=lambda: trainer.advance(1),
                    resolved=trainer.resolved,
                    traces=trainer.traces,
                    close=trainer.close,
                    reset=lambda: trainer.begin(self._seed),
                    repeat=trainer.advance,
                    trace=trainer.trace,
                )

            return make

        def check(progress: Progress) -> Parity:
            return compare_training([stage(1, made[0], progress)], self._eager(self._plan.timed, (1,)))

        return Contender(
            case.id,
            ready,
            check,
            mode.unavailable,
            SAMPLE_SECONDS,
            primed=False,
            stopwatch=watch,
            refuses=partial(self._maker.refused, case),
            excluded=self._excluded(mode),
        )

    def refusal(self, case: Case) -> str | None:
        """Why a case can't run here, as far as its mode knows before it tries."""
        mode = modes.load(case.executed)
        return mode.unavailable() or self._excluded(mode)

    def _excluded(self, mode: Mode) -> str | None:
        traits = self._maker.traits
        return mode.cannot_execute(traits) or mode.cannot_learn(traits) or mode.cannot_train(self._spec)

    def agreement(self, case: Case) -> tuple[Parity, dict[str, Any]]:
        """Whether an agent of this mode becomes what an eager one becomes, update by update.

        Over rollouts so short that the slowest mode can be compared as often as the others.

        Returns:
            The comparison, and what the mode turned out to be.
        """
        settings = dataclasses.replace(self._plan.timed, steps=self._plan.check_steps)
        with self.trainer(case, settings) as trainer:
            got = self._stages(trainer, self._plan.check_updates)
            return compare_training(got, self._eager(settings, self._plan.check_updates)), trainer.resolved

    @contextmanager
    def trainer(self, case: Case, hyperparameters: Hyperparameters) -> Iterator[Trainer]:
        """A training made ready; what it holds is given back afterwards."""
        trainer = modes.load(case.mode).trainer(self._task(hyperparameters))
        try:
            yield trainer
        finally:
            trainer.close()

    def _eager(self, hyperparameters: Hyperparameters, updates: tuple[int, ...]) -> list[Stage]:
        key = (hyperparameters, updates)
        if key not in self._expected:
            with self.trainer(Case("train", "eager", ""), hyperparameters) as trainer:
                self._expected[key] = self._stages(trainer, updates)
        return self._expected[key]

    def _stages(self, trainer: Trainer, updates: tuple[int, ...]) -> list[Stage]:
        trainer.begin(self._seed)
        return [
            stage(reached, trainer, trainer.advance(reached - before)) for before, reached in pairwise((0, *updates))
        ]

    def _task(self, hyperparameters: Hyperparameters, watch: Callable[[str, Any], Any] | None = None) -> Task:
        return Task(
            self._maker.subject(self._seed),
            self._spec,
            self._environments,
            hyperparameters,
            self._initial_weights,
            watch or (lambda _, function: function),
        )

    @cached_property
    def _environments(self) -> ParallelEnvironments:
        """The same for all trainings: one at a time acts in them, and starts with a reset."""
        return ParallelEnvironments(self._spec, self._plan.envs, self._plan.vectorization)

    def close(self) -> None:
        """End the environments, which may be processes."""
        if "_environments" in vars(self):
            self._environments.close()

    def _initial_weights(self, seed: int) -> Weights:
        if seed not in self._weights:
            self._weights[seed] = list(self._maker.make(seed).get_weights())
        return self._weights[seed]


def stage(updates: int, trainer: Trainer, progress: Progress) -> Stage:
    """Where a training stands after some updates."""
    weights, gradients = trainer.learner.learned()
    return Stage(updates, progress.losses, weights, gradients, progress.episode_steps, progress.episode_returns)
