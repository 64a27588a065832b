"""``tf.function``: traced once for a shape, then executed as a graph; with XLA, compiled as well."""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from eagerbench.models.a2c import Hyperparameters
from eagerbench.modes.base import Learner, Mode, Program, Subject, Traits, on_host, resolved, tempered
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

        @cache  # made only where it is asked for
        def traced_with_temperature() -> Any:
            return tf.function(
                lambda batch, temperature: tempered(model(batch), temperature),
                jit_compile=self.jit_compile,
                autograph=False,
            )

        def traces() -> int:
            made = traced_with_temperature.cache_info().currsize
            again = traced_with_temperature().experimental_get_tracing_count() if made else 0
            return int(traced.experimental_get_tracing_count() + again)

        return Program(
            call=lambda: on_host(traced(tf.convert_to_tensor(observations))),
            resolved=resolved(model, jit_compile=self.jit_compile, rows_per_step=len(observations)),
            traces=traces,
            trace=lambda: traced.get_concrete_function(tf.TensorSpec(observations.shape, tf.float32)),
            execute=lambda batch: on_host(traced(tf.convert_to_tensor(batch))),
            scaled=lambda batch, temperature: on_host(
                traced_with_temperature()(tf.convert_to_tensor(batch), temperature)
            ),
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

    def cannot_learn(self, traits: Traits) -> str | None:
        """Where random numbers decide, nothing can be compared."""
        return xla_draws_others(traits)

    def unavailable(self) -> str | None:
        """XLA is missing from some builds of TensorFlow, and from some devices."""
        return xla_unavailable()


def xla_draws_others(traits: Traits) -> str | None:
    """Why a model can't learn as part of a program that XLA compiles; None where it can."""
    if not traits.random:
        return None
    return (
        "the model draws random numbers while it learns, as dropout does, and compiled by XLA it draws others: its "
        "gradient steps can't be held against eager ones"
    )


def xla_unavailable() -> str | None:
    """Why XLA can't compile here, found out by compiling the smallest program; None where it can."""
    try:
        tf.function(lambda: tf.constant(1) + 1, jit_compile=True, autograph=False)()
    except (tf.errors.OpError, ValueError) as error:
        return f"XLA can't compile here: {' '.join(str(error).split())[:200]}"
    return None
