"""Same numbers first: a mode's outputs against a reference, before any of its time counts. Knows no TensorFlow."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eagerbench.results import Parity

# Single precision has 24 bits, 6e-8; a sum of 128 products in another order moves the last few of them. A wrong
# weight, a dropped bias or bfloat16 arithmetic (4e-3) is far outside.
ABSOLUTE = 1e-5
RELATIVE = 1e-4
TOLERANCE = f"|got - expected| <= {ABSOLUTE:g} + {RELATIVE:g} |expected|"


def compare(outputs: Sequence[Any], expected: Sequence[npt.NDArray[np.floating]], reference: str) -> Parity:
    """Hold outputs against what was expected of them.

    Args:
        outputs: what a mode returned; expected to be host arrays, float32.
        expected: arrays of the same shapes, of any float type.
        reference: what ``expected`` is, in words.
    """
    problem = _form(outputs, expected)
    if problem:
        return Parity(False, reference, None, TOLERANCE, problem)
    errors = [np.abs(output.astype(np.float64) - wanted) for output, wanted in zip(outputs, expected, strict=True)]
    within = [
        error <= ABSOLUTE + RELATIVE * np.abs(wanted) for error, wanted in zip(errors, expected, strict=True)
    ]  # a NaN is never within
    largest = max((float(error.max()) for error in errors if error.size), default=0.0)
    wrong = sum(int(np.count_nonzero(~inside)) for inside in within)
    total = sum(error.size for error in errors)
    return Parity(
        passed=wrong == 0,
        reference=reference,
        largest_error=largest if np.isfinite(largest) else None,
        tolerance=TOLERANCE,
        detail=f"{wrong} of {total} outputs differ from the {reference}, by up to {largest:.3g}" if wrong else "",
    )


def _form(outputs: Sequence[Any], expected: Sequence[npt.NDArray[np.floating]]) -> str:
    """What is wrong with number, kind, shape or dtype of the outputs; empty where nothing is."""
    if len(outputs) != len(expected):
        return f"expected {len(expected)} outputs, got {len(outputs)}"
    for number, (output, wanted) in enumerate(zip(outputs, expected, strict=True)):
        if not isinstance(output, np.ndarray):
            return f"output {number}: expected a NumPy array on the host, got {type(output).__name__}"
        if output.shape != wanted.shape:
            return f"output {number}: expected shape {wanted.shape}, got {output.shape}"
        if output.dtype != np.float32:
            return f"output {number}: expected float32, got {output.dtype}"
    return ""
