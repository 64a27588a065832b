"""The yardstick: the same forward pass in NumPy, without TensorFlow."""

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_info

from eagerbench.models import reference
from eagerbench.modes.base import Mode, Program, Subject


class NumPy(Mode):
    """`eagerbench.models.reference.forward` in single precision, as anyone would write it down."""

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Copies the weights out of the model."""
        parameters = reference.Parameters.of(subject.model.get_weights(), np.float32)
        libraries = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        return Program(
            call=lambda: reference.forward(parameters, observations),
            resolved={
                "executing_eagerly": None,
                "jit_compile": False,
                "rows_per_step": len(observations),
                "device": "CPU",
                "blas": ", ".join(pool["internal_api"] for pool in libraries),
                "blas_threads": max((pool["num_threads"] for pool in libraries), default=1),
            },
        )
