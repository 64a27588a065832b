"""The forward workload: one batch of observations through the model, logits and value back on the host."""

from collections.abc import Callable
from functools import cached_property, partial

import keras
import numpy as np
import numpy.typing as npt

from eagerbench import modes, parity
from eagerbench.cases import Case
from eagerbench.models import reference
from eagerbench.models.actor_critic import make_actor_critic
from eagerbench.modes.base import Mode, Program, Subject, on_host
from eagerbench.race import Contender
from eagerbench.results import Parity

REFERENCE = "float64 NumPy reference"


class Forward:
    """Contenders for forward passes of one model on one set of observations.

    Args:
        observations: float32 [N, observation]; a case gets its first rows.
        actions: how many discrete actions there are.
        seed: of the weights.
        make: makes another model than the one that the suite ships; each with its own weights.
    """

    def __init__(
        self,
        observations: npt.NDArray[np.float32],
        actions: int,
        seed: int,
        make: Callable[[], keras.Model] | None = None,
    ) -> None:
        self.observations = observations
        self._shipped = make is None
        self._make = make or partial(make_actor_critic, observations.shape[1:], actions, seed=seed)
        self._oracles: dict[int, tuple[npt.NDArray[np.floating], ...]] = {}

    @cached_property  # late: building a model is the first thing that a cold start is to find undone
    def _parameters(self) -> reference.Parameters:
        return reference.Parameters.of(self._make().get_weights())

    def check_model(self) -> Parity:
        """Whether eager execution agrees with itself: without that, no mode could agree with it.

        Also has the process do what it does once, so that no mode is charged for it.
        """
        rows = self.observations[:1024]
        model = self._make()
        return parity.compare(on_host(model(rows)), on_host(model(rows)), "a second eager call")

    def contender(self, case: Case) -> Contender:
        """The contender of a case.

        Raises:
            UserError: for a mode that is in no table.
        """
        mode = modes.load(case.executed)
        observations = self.observations[: case.rows]
        if not self._shipped:
            return self._contender_of_another(case, mode, observations)

        def ready() -> Callable[[], Program]:
            # In a race the model is there before the clock starts: building it costs the same in every mode.
            return partial(mode.forward, self.subject(), observations)

        return Contender(case.id, ready, partial(self.check, case.rows), mode.unavailable)

    def _contender_of_another(self, case: Case, mode: Mode, observations: npt.NDArray[np.float32]) -> Contender:
        """Of a model for which there is no oracle: it is held against its own eager call."""
        expected: list[tuple[npt.NDArray[np.floating], ...]] = []

        def ready() -> Callable[[], Program]:
            subject = self.subject()
            expected.append(on_host(subject.model(observations)))
            return partial(mode.forward, subject, observations)

        def check(outputs: tuple[npt.NDArray[np.floating], ...]) -> Parity:
            return parity.compare(outputs, expected[-1], "the same model's eager call")

        def unavailable() -> str | None:
            return "it computes the model that the suite ships" if case.mode == "numpy" else mode.unavailable()

        return Contender(case.id, ready, check, unavailable)

    def subject(self) -> Subject:
        """The model, built anew."""
        return Subject(self._make(), self._make, self.observations.shape[1:])

    def check(self, rows: int, outputs: tuple[npt.NDArray[np.floating], ...], temperature: float = 1.0) -> Parity:
        """Hold the outputs of the first so many observations against the reference.

        Args:
            rows: so many.
            outputs: logits [rows, A] and values [rows, 1].
            temperature: that the logits were divided by.
        """
        logits, *others = self._oracle(rows)
        return parity.compare(outputs, (logits / temperature, *others), REFERENCE)

    def _oracle(self, rows: int) -> tuple[npt.NDArray[np.floating], ...]:
        if rows not in self._oracles:
            self._oracles[rows] = reference.forward_in_blocks(self._parameters, self.observations[:rows])
        return self._oracles[rows]
