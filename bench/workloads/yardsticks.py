"""What is timed beside the cases: the machine's speed at a matrix product, and the cost of the timing loop itself."""

import numpy as np

from eagerbench.cases import EMPTY_CALL, SGEMM
from eagerbench.modes.base import Outputs, Program
from eagerbench.race import Contender


def contenders() -> list[Contender]:
    """A 2048 × 2048 single-precision matrix product in NumPy, and a call that does nothing."""
    order = 2048
    random = np.random.default_rng(0)
    left, right = (random.standard_normal((order, order), np.float32) for _ in range(2))
    return [
        Contender(SGEMM.id, lambda: lambda: Program(call=lambda: (left @ right,))),
        Contender(EMPTY_CALL.id, lambda: lambda: Program(call=_nothing)),
    ]


def _nothing() -> Outputs:
    return ()
