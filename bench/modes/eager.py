"""``model(x)``: one TensorFlow operation after the other, dispatched from Python."""

import numpy as np
import numpy.typing as npt

from eagerbench.models.a2c import Hyperparameters
from eagerbench.modes.base import Learner, Mode, Program, Subject, on_host, resolved, tempered
from eagerbench.modes.gradient import Agent


class Eager(Mode):
    """What a user writes first."""

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Nothing to make ready."""
        model = subject.model
        return Program(
            call=lambda: on_host(model(observations)),
            resolved=resolved(model, jit_compile=False, rows_per_step=len(observations)),
            execute=lambda batch: on_host(model(batch)),
            scaled=lambda batch, temperature: on_host(tempered(model(batch), temperature)),
        )

    def learner(self, subject: Subject, hyperparameters: Hyperparameters) -> Learner:
        """The tape and the optimizer, operation by operation."""
        return Agent(subject, hyperparameters).learner(execute=lambda function: function, jit_compile=False)
