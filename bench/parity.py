"""Same numbers first: a mode's outputs against a reference, before any of its time counts. Knows no TensorFlow."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from eagerbench.results import Parity

# Single precision has 24 bits, 6e-8; a sum of 128 products in another order moves the last few of them. A wrong
# weight, a dropped bias or bfloat16 arithmetic (4e-3) is far outside.
ABSOLUTE = 1e-5
RELATIVE = 1e-4
TOLERANCE = f"|got - expected| <= {ABSOLUTE:g} + {RELATIVE:g} |expected|"
SCALED_TOLERANCE = f"|got - expected| <= {RELATIVE:g} max(1, largest |expected| of the output)"

# Rounding grows while an agent learns from what it has learned, and a unit whose input lies at zero may fire in one
# mode and not in the other. In units of the largest number of an array (or of one, where that is larger) modes were
# seen up to 1e-5 apart after the first update and up to 2e-4 after 50, where usually it is 3e-6.
TRAINING = 1e-4
UPDATES_AT_THAT = 5  # from there on the tolerance grows with the number of updates
EAGER = "eager agent"


class Stage(NamedTuple):
    """Where an agent stands after some updates.

    Attributes:
        updates: made since the beginning.
        losses: policy's and value's, for each update since the stage before; float32 [U, 2].
        weights: float32.
        gradients: as its optimizer remembers them; float32.
        episode_steps: when episodes ended since the stage before.
        episode_returns: sum of their rewards.
    """

    updates: int
    losses: npt.NDArray[np.float32]
    weights: Sequence[npt.NDArray[np.float32]]
    gradients: Sequence[npt.NDArray[np.float32]]
    episode_steps: npt.NDArray[np.int64] = np.empty(0, np.int64)
    episode_returns: npt.NDArray[np.float64] = np.empty(0)


def compare(
    outputs: Sequence[Any], expected: Sequence[npt.NDArray[np.floating]], reference: str, *, scaled: bool = False
) -> Parity:
    """Hold outputs against what was expected of them.

    Args:
        outputs: what a mode returned; expected to be host arrays.
        expected: arrays of the same shapes, and of the same dtype where ``scaled``; else an oracle in float64 expects
            float32.
        reference: what ``expected`` is, in words.
        scaled: whether an output is held against the largest number of its kind instead of each against its own: for
            models of which nobody knows how deep they are, and which large numbers cancel in them.
    """
    rule = SCALED_TOLERANCE if scaled else TOLERANCE
    problem = _form(outputs, expected, same_dtype=scaled) or _not_finite(expected, reference)
    if problem:
        return Parity(False, reference, None, rule, problem)
    expected = [np.asarray(wanted, np.float64) for wanted in expected]
    errors = [np.abs(output.astype(np.float64) - wanted) for output, wanted in zip(outputs, expected, strict=True)]
    within = [
        error
        <= (
            RELATIVE * max(1.0, float(np.abs(wanted).max(initial=0.0)))
            if scaled
            else ABSOLUTE + RELATIVE * np.abs(wanted)
        )
        for error, wanted in zip(errors, expected, strict=True)
    ]  # a NaN is never within
    # NumPy's maximum, which a NaN gets through.
    largest = float(np.max([error.max() for error in errors if error.size], initial=0.0))
    wrong = sum(int(np.count_nonzero(~inside)) for inside in within)
    total = sum(error.size for error in errors)
    how_far = f"by up to {largest:.3g}" if np.isfinite(largest) else "some of them by being NaN or infinite"
    return Parity(
        passed=wrong == 0,
        reference=reference,
        largest_error=largest if np.isfinite(largest) else None,
        tolerance=rule,
        detail=f"{wrong} of {total} outputs differ from the {reference}, {how_far}" if wrong else "",
    )


def compare_training(got: Sequence[Stage], expected: Sequence[Stage]) -> Parity:
    """Hold an agent against an eager one that saw the same random numbers, stage by stage.

    Losses, weights and gradients may differ by rounding; episodes must be the same.

    Args:
        got: of the mode.
        expected: of the eager agent, as many.
    """
    points = " and ".join(
        part for part in (", ".join(f"{one.updates}" for one in expected[:-1]), f"{expected[-1].updates}") if part
    )
    reference = f"{EAGER} after {points} update{'s' if expected[-1].updates > 1 else ''}"
    rule = (
        f"|got - expected| <= {TRAINING:g} · max(1, updates / {UPDATES_AT_THAT}) · max(1, largest |expected| of the "
        "array); episodes equal"
    )
    largest = 0.0
    for own, wanted in zip(got, expected, strict=True):
        parts = (
            ("the losses", [own.losses], [wanted.losses]),
            ("the weights", own.weights, wanted.weights),
            ("the gradients", own.gradients, wanted.gradients),
        )
        for name, arrays, references in parts:
            # NumPy's maximum, which a NaN gets through.
            error = float(np.max([_scaled_error(*pair) for pair in zip(arrays, references, strict=True)]))
            largest = max(largest, error)
            if not error <= TRAINING * max(1.0, wanted.updates / UPDATES_AT_THAT):  # a NaN is never within
                detail = f"after {wanted.updates} updates {name} differ from the {EAGER}'s by {error:.3g}, scaled"
                return Parity(False, reference, error if np.isfinite(error) else None, rule, detail)
        same = np.array_equal(own.episode_steps, wanted.episode_steps) and np.array_equal(
            own.episode_returns, wanted.episode_returns
        )
        if not same:
            detail = f"by update {wanted.updates} its episodes are not the {EAGER}'s"
            return Parity(False, reference, largest, rule, detail)
    return Parity(True, reference, largest, rule)


def _scaled_error(got: Any, expected: npt.NDArray[np.float32]) -> float:
    """Largest difference, in units of the largest number expected or of one; infinite where shapes differ."""
    found = np.asarray(got, np.float64)
    if found.shape != expected.shape:
        return np.inf
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    return float(np.abs(found - expected).max(initial=0.0)) / scale


def _form(outputs: Sequence[Any], expected: Sequence[npt.NDArray[np.floating]], *, same_dtype: bool) -> str:
    """What is wrong with number, kind, shape or dtype of the outputs; empty where nothing is."""
    if len(outputs) != len(expected):
        return f"expected {len(expected)} outputs, got {len(outputs)}"
    for number, (output, wanted) in enumerate(zip(outputs, expected, strict=True)):
        if not isinstance(output, np.ndarray):
            return f"output {number}: expected a NumPy array on the host, got {type(output).__name__}"
        if output.shape != wanted.shape:
            return f"output {number}: expected shape {wanted.shape}, got {output.shape}"
        kind = np.dtype(np.float32) if wanted.dtype == np.float64 and not same_dtype else wanted.dtype
        if output.dtype != kind:
            return f"output {number}: expected {kind}, got {output.dtype}"
    return ""


def _not_finite(expected: Sequence[npt.NDArray[np.floating]], reference: str) -> str:
    """How many numbers nothing can be held against; empty where that is none."""
    arrays = [np.asarray(wanted, np.float64) for wanted in expected]
    wrong = sum(int(np.count_nonzero(~np.isfinite(wanted))) for wanted in arrays)
    total = sum(wanted.size for wanted in arrays)
    return f"{wrong} of {total} outputs are NaN or infinite in the {reference}" if wrong else ""
