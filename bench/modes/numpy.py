"""The yardstick: the same forward pass in NumPy, without TensorFlow."""

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_info

from eagerbench.models import reference
from eagerbench.models.a2c import Floats
from eagerbench.modes.base import Mode, Outputs, Program, Subject, Traits, suite_only


class NumPy(Mode):
    """`eagerbench.models.reference` in single precision, as anyone would write it down: all rows at once."""

    def cannot_execute(self, traits: Traits) -> str | None:
        """Its arithmetic is written out there."""
        return suite_only(traits)

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Copies the weights out of the model."""
        model = subject.model
        network = reference.network(model.get_weights(), subject.observation_shape, np.float32, model.scale)
        libraries = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]

        def with_temperature(batch: Floats, temperature: float) -> Outputs:
            logits, *others = network.forward(batch)
            return logits / np.float32(temperature), *others

        return Program(
            call=lambda: network.forward(observations),
            execute=network.forward,
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
