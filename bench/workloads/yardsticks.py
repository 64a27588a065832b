"""What is timed beside the cases: the machine's speed at a matrix product, and the cost of the timing loop itself."""

from collections.abc import Callable
from typing import Any

import numpy as np

from eagerbench.cases import EMPTY_CALL, SGEMM
from eagerbench.race import Contender


class _Plain:
    """A callable as the race wants it."""

    traces = None

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call
        self.resolved: dict[str, Any] = {}

    def close(self) -> None:
        """Nothing to give back."""


def contenders() -> list[Contender]:
    """A 2048 × 2048 single-precision matrix product in NumPy, and a call that does nothing."""
    order = 2048
    random = np.random.default_rng(0)
    left, right = (random.standard_normal((order, order), np.float32) for _ in range(2))
    return [
        Contender(SGEMM.id, lambda: lambda: _Plain(lambda: left @ right)),
        Contender(EMPTY_CALL.id, lambda: lambda: _Plain(lambda: None)),
    ]
