"""The yardstick: the same forward pass in NumPy, without TensorFlow."""

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_info

from eagerbench.models import reference
from eagerbench.models.a2c import Floats
from eagerbench.modes.base import Mode, Outputs, Program, Subject


class NumPy(Mode):
    """`eagerbench.models.reference.forward` in single precision, as anyone would write it down."""

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Copies the weights out of the model."""
        parameters = reference.Parameters.of(subject.model.get_weights(), np.float32)
        libraries = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]

        def with_temperature(batch: Floats, temperature: float) -> Outputs:
            logits, *others = reference.forward(parameters, batch)
            return logits / np.float32(temperature), *others

        return Program(
            call=lambda: reference.forward(parameters, observations),
            execute=lambda batch: reference.forward(parameters, batch),
            scaled=with_temperature,
            resolved={
                "executing_eagerly": None,
                "jit_compile": False,
                "rows_per_step": len(observations),
                "device": "CPU",
                "blas": ", ".join(pool["internal_api"] for pool in libraries),
                "blas_threads": max((pool["num_threads"] for pool in libraries), default=1),
            },
        )
