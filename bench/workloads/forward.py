"""The forward workload: one batch of observations through the model, all outputs back on the host."""

from collections.abc import Callable
from functools import cached_property, partial

from eagerbench import modes, parity
from eagerbench.cases import Case
from eagerbench.factory import Maker
from eagerbench.models import reference
from eagerbench.models.a2c import Floats
from eagerbench.modes.base import Outputs, Program, Subject, on_host
from eagerbench.race import Contender
from eagerbench.results import Parity

REFERENCE = "float64 NumPy reference"
OWN_REFERENCE = "eager call of the same model"


class Forward:
    """Contenders for forward passes of one model on one set of observations.

    Args:
        observations: float32 [N, observation]; a case gets its first rows.
        maker: of the model.
        seed: of its weights.
    """

    def __init__(self, observations: Floats, maker: Maker, seed: int) -> None:
        self.observations = observations
        self._maker = maker
        self._seed = seed
        self._most_rows = 0
        self._oracle: Outputs = ()
        self._eager: dict[int, Outputs] = {}

    def check_model(self) -> Parity:
        """Whether eager execution agrees with itself: without that, no mode could agree with it.

        Also has the process do what it does once, so that no mode is charged for it.
        """
        rows = self.observations[:1024]
        model = self._maker.make(self._seed)
        return parity.compare(on_host(model(rows)), on_host(model(rows)), "second eager call", scaled=self._maker.own)

    def contender(self, case: Case) -> Contender:
        """The contender of a case.

        Raises:
            UserError: for a mode that is in no table.
        """
        mode = modes.load(case.executed)
        observations = self.observations[: case.rows]
        self._most_rows = max(self._most_rows, case.rows)

        def ready() -> Callable[[], Program]:
            # In a race the model is there before the clock starts: building it costs the same in every mode.
            return partial(mode.forward, self.subject(), observations)

        return Contender(
            case.id,
            ready,
            partial(self.check, case.rows),
            mode.unavailable,
            refuses=partial(self._maker.refused, case),
            excluded=mode.cannot_execute(self._maker.traits),
        )

    def subject(self) -> Subject:
        """The model, built anew."""
        return self._maker.subject(self._seed)

    def refusal(self, case: Case) -> str | None:
        """Why a case can't run here, as far as its mode knows before it tries."""
        mode = modes.load(case.executed)
        return mode.unavailable() or mode.cannot_execute(self._maker.traits)

    def check(self, rows: int, outputs: Outputs, temperature: float = 1.0) -> Parity:
        """Hold the outputs of the first so many observations against the reference.

        Args:
            rows: so many.
            outputs: of the suite's model logits [rows, A] and values [rows, 1]; of a user's all of them.
            temperature: that the first output was divided by.
        """
        expected = self._eager_outputs(rows) if self._maker.own else self._oracle_outputs(rows)
        reference_name = OWN_REFERENCE if self._maker.own else REFERENCE
        first, *others = expected
        return parity.compare(outputs, (first / temperature, *others), reference_name, scaled=self._maker.own)

    def _oracle_outputs(self, rows: int) -> Outputs:
        """Computed once, for the largest batch: rows have nothing to do with each other."""
        most = max(rows, self._most_rows)
        if not self._oracle or len(self._oracle[0]) < rows:
            self._oracle = reference.forward_in_blocks(self._network, self.observations[:most])
        return tuple(output[:rows] for output in self._oracle)

    def _eager_outputs(self, rows: int) -> Outputs:
        """Of a user's model, for which there is no oracle: of another copy of it, that no mode has touched."""
        if rows not in self._eager:
            self._eager[rows] = on_host(self._maker.make(self._seed)(self.observations[:rows]))
        return self._eager[rows]

    @cached_property  # late: building a model is the first thing that a cold start is to find undone
    def _network(self) -> reference.Network:
        spec = self._maker.spec
        weights = self._maker.make(self._seed).get_weights()
        return reference.network(weights, spec.observation_shape, scale=spec.scale)
