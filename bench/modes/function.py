"""``tf.function``: traced once for a shape, then executed as a graph; with XLA, compiled as well."""

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from eagerbench.models.a2c import Hyperparameters
from eagerbench.modes.base import Learner, Mode, Program, Subject, on_host, resolved
from eagerbench.modes.gradient import Agent


class Function(Mode):
    """``tf.function(model)``."""

    jit_compile = False

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Wraps the model; the first call traces it."""
        model = subject.model

        @tf.function(jit_compile=self.jit_compile, autograph=False)
        def traced(batch: Any) -> Any:
            return model(batch)

        return Program(
            call=lambda: on_host(traced(tf.convert_to_tensor(observations))),
            resolved=resolved(model, jit_compile=self.jit_compile, rows_per_step=len(observations)),
            traces=traced.experimental_get_tracing_count,
        )

    def learner(self, subject: Subject, hyperparameters: Hyperparameters) -> Learner:
        """One traced function that acts and one that learns."""
        return Agent(subject, hyperparameters).learner(
            execute=lambda function: tf.function(function, jit_compile=self.jit_compile, autograph=False),
            jit_compile=self.jit_compile,
        )


class FunctionXla(Function):
    """``tf.function(model, jit_compile=True)``."""

    jit_compile = True

    def unavailable(self) -> str | None:
        """XLA is missing from some builds of TensorFlow, and from some devices."""
        return xla_unavailable()


def xla_unavailable() -> str | None:
    """Why XLA can't compile here, found out by compiling the smallest program; None where it can."""
    try:
        tf.function(lambda: tf.constant(1) + 1, jit_compile=True, autograph=False)()
    except (tf.errors.OpError, ValueError) as error:
        return f"XLA can't compile here: {' '.join(str(error).split())[:200]}"
    return None
