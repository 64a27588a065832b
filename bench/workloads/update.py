"""The update workload: one gradient step of the agent on one batch, losses back on the host."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np

from eagerbench import modes
from eagerbench.cases import Case
from eagerbench.factory import Maker
from eagerbench.models.a2c import Batch, Floats, Hyperparameters
from eagerbench.modes.base import Learner, Mode, Program, Subject, Weights
from eagerbench.parity import Stage, compare_training
from eagerbench.race import Contender
from eagerbench.results import Parity


class Update:
    """Contenders for gradient steps of one model.

    Every sample begins at the same weights with an optimizer that remembers nothing, so that all modes do the same work
    whatever number of steps they take in it.

    Args:
        observations: float32 [N, observation]; a case gets its first rows.
        maker: of the model.
        hyperparameters: of losses and optimizer.
        seed: of the weights and of the batch.
    """

    def __init__(self, observations: Floats, maker: Maker, hyperparameters: Hyperparameters, seed: int) -> None:
        self._observations = observations
        self._maker = maker
        self.hyperparameters = hyperparameters
        self._seed = seed
        self._expected: dict[int, Stage] = {}

    def contender(self, case: Case) -> Contender:
        """The contender of a case.

        Raises:
            UserError: for a mode that is in no table.
        """
        mode = modes.load(case.mode)
        batch = self.batch(case.rows)
        made: list[Learner] = []

        def ready() -> Callable[[], Program]:
            subject = self.subject()
            weights = subject.model.get_weights()

            def make() -> Program:
                learner = mode.learner(subject, self.hyperparameters)
                made.append(learner)
                return Program(
                    call=lambda: tuple(np.asarray(loss, np.float32) for loss in learner.update(batch)),
                    resolved=learner.resolved,
                    traces=learner.traces,
                    close=learner.close,
                    reset=lambda: learner.restore(weights),
                )

            return make

        def check(losses: Any) -> Parity:
            return self.check(case.rows, losses, made[0])

        return Contender(
            case.id,
            ready,
            check,
            mode.unavailable,
            refuses=partial(self._maker.refused, case),
            excluded=self._excluded(mode),
        )

    def refusal(self, case: Case) -> str | None:
        """Why a case can't run here, as far as its mode knows before it tries."""
        mode = modes.load(case.executed)
        return mode.unavailable() or self._excluded(mode)

    def _excluded(self, mode: Mode) -> str | None:
        traits = self._maker.traits
        return mode.cannot_execute(traits) or mode.cannot_learn(traits)

    def check(self, rows: int, losses: Any, learner: Learner) -> Parity:
        """Hold a first gradient step against an eager one.

        Args:
            rows: of the batch.
            losses: policy's and value's, before it.
            learner: that made it.
        """
        return compare_training([_stage(losses, learner)], [self._eager(rows)])

    @cached_property
    def weights(self) -> Weights:
        """That every first step begins with."""
        return list(self._maker.make(self._seed).get_weights())

    def subject(self) -> Subject:
        """The model, built anew."""
        return self._maker.subject(self._seed)

    def batch(self, rows: int) -> Batch:
        """Real observations; actions, returns and advantages as an untrained agent might have found them."""
        random = np.random.default_rng([self._seed, rows])
        returns = random.uniform(1.0, 20.0, rows).astype(np.float32)
        return Batch(
            np.ascontiguousarray(self._observations[:rows]),
            random.integers(self._maker.spec.actions, size=rows, dtype=np.int32),
            returns - random.normal(0.0, 1.0, rows).astype(np.float32),
            returns,
        )

    def _eager(self, rows: int) -> Stage:
        """What the first step of an eager agent comes to."""
        if rows not in self._expected:
            learner = modes.load("eager").learner(self.subject(), self.hyperparameters)
            self._expected[rows] = _stage(learner.update(self.batch(rows)), learner)
        return self._expected[rows]


def _stage(losses: Any, learner: Learner) -> Stage:
    weights, gradients = learner.learned()
    return Stage(1, np.asarray(losses, np.float32)[None], weights, gradients)
