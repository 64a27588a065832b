"""Eager execution: Python calls one operation after the other."""

import numpy as np
import numpy.typing as npt

from eagerbench.modes.base import Mode, Program, Subject, on_host, resolved


class Eager(Mode):
    """``model(x)``."""

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Nothing to make ready."""
        model = subject.model
        return Program(
            call=lambda: on_host(model(observations)),
            resolved=resolved(model, jit_compile=False, rows_per_step=len(observations)),
        )
