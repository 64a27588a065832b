"""Every contender of a process: which model, at which width, for which workload."""

from collections.abc import Iterable

from eagerbench.cases import Case
from eagerbench.factory import Maker, Source
from eagerbench.models.a2c import EnvironmentSpec, Floats
from eagerbench.race import Contender
from eagerbench.results import Model, Training
from eagerbench.workloads.forward import Forward
from eagerbench.workloads.train import Train
from eagerbench.workloads.update import Update


class Contenders:
    """What a process may execute; all widths of a sweep share what they can.

    Args:
        observations: float32 [N, observation].
        spec: of the environment.
        training: how agents are trained.
        seed: of the weights.
        source: of the model.
        model: what is known of it.
        cases: that may be asked for.
    """

    def __init__(
        self,
        observations: Floats,
        spec: EnvironmentSpec,
        training: Training,
        seed: int,
        source: Source,
        model: Model,
        cases: Iterable[Case],
    ) -> None:
        self._first = model.hidden[0] if model.hidden else 0
        self._makers = {hidden: Maker(spec, hidden, source, model) for hidden in map(self._hidden, cases)}
        self.forwards = {hidden: Forward(observations, maker, seed) for hidden, maker in self._makers.items()}
        self.updates = {
            hidden: Update(observations, maker, training.timed, seed) for hidden, maker in self._makers.items()
        }
        self.trains = {hidden: Train(maker, training, seed) for hidden, maker in self._makers.items()}

    def maker(self, case: Case) -> Maker:
        """What makes the model of a case."""
        return self._makers[self._hidden(case)]

    def forward(self, case: Case) -> Forward:
        """Forward passes at the width of a case."""
        return self.forwards[self._hidden(case)]

    def update(self, case: Case) -> Update:
        """Gradient steps at the width of a case."""
        return self.updates[self._hidden(case)]

    def train(self, case: Case) -> Train:
        """Trainings at the width of a case."""
        return self.trains[self._hidden(case)]

    def of(self, case: Case) -> Contender:
        """The contender of a case of a race.

        Raises:
            UserError: for a mode that is in no table.
        """
        if case.workload == "forward":
            return self.forward(case).contender(case)
        return (self.update(case) if case.workload == "update" else self.train(case)).contender(case)

    def apart(self, case: Case) -> Contender:
        """The contender of a case that has a process of its own: of a training, or of a forward pass.

        Raises:
            UserError: for a mode that is in no table.
        """
        return self.train(case).contender(case) if case.trains else self.forward(case).contender(case)

    def close(self) -> None:
        """End the environments, which may be processes."""
        for train in self.trains.values():
            train.close()

    def _hidden(self, case: Case) -> int:
        return case.hidden or self._first
