"""Keras's own ways: ``predict`` and ``predict_on_batch``.

``predict`` cuts its input into steps of 32 rows unless told otherwise: on 100,000 rows it is 3,125 calls, not one.
"""

import math
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from eagerbench.modes.base import Mode, Program, Subject, on_host, resolved

KERAS_ROWS_PER_STEP = 32


class Predict(Mode):
    """``model.predict(x)``, batch size 32 by default."""

    run_eagerly = False

    def rows_per_step(self, rows: int) -> int:
        """Rows of one Keras step for a batch of so many."""
        return min(KERAS_ROWS_PER_STEP, rows)

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Sets the flag; the first call builds Keras's step function and traces it."""
        model = subject.model
        model.run_eagerly = self.run_eagerly
        rows = self.rows_per_step(len(observations))
        return Program(
            call=lambda: on_host(model.predict(observations, batch_size=rows, verbose=0)),
            resolved=_keras(model, rows, len(observations)),
            traces=None if self.run_eagerly else lambda: _traces(model),
        )


class PredictFull(Predict):
    """``model.predict(x, batch_size=len(x))``."""

    def rows_per_step(self, rows: int) -> int:
        """One step for all rows."""
        return rows


class PredictEager(Predict):
    """``model.run_eagerly = True`` and ``model.predict(x)``."""

    run_eagerly = True


class PredictOnBatch(Mode):
    """``model.predict_on_batch(x)``."""

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Nothing to make ready; the first call builds Keras's step function and traces it."""
        model = subject.model
        return Program(
            call=lambda: on_host(model.predict_on_batch(observations)),
            resolved=_keras(model, len(observations), len(observations)),
            traces=lambda: _traces(model),
        )


def _keras(model: keras.Model, rows_per_step: int, rows: int) -> dict[str, Any]:
    return resolved(
        model,
        jit_compile=bool(model.jit_compile),
        run_eagerly=bool(model.run_eagerly),
        rows_per_step=rows_per_step,
        steps=math.ceil(rows / rows_per_step),
    )


def _traces(model: keras.Model) -> int:
    """Traces of Keras's step function, which is a `tf.function` once it exists."""
    count = getattr(model.predict_function, "experimental_get_tracing_count", None)
    return count() if count else 0
