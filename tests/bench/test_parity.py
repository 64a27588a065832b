"""Outputs against a reference."""

import numpy as np
import pytest

from eagerbench.parity import compare

EXPECTED = (np.array([[1.0, -2.0]]), np.array([[0.0]]))


def _outputs(*changes: float) -> tuple[np.ndarray, ...]:
    first = np.array([[1.0, -2.0]], np.float32)
    second = np.array([[0.0]], np.float32)
    first[0, 0] += changes[0]
    second[0, 0] += changes[1]
    return first, second


def test_equal_outputs_pass_with_no_error() -> None:
    """Nothing differs, and the result says against what."""
    found = compare(_outputs(0, 0), EXPECTED, "oracle")
    assert (found.passed, found.largest_error, found.reference, found.detail) == (True, 0.0, "oracle", "")


@pytest.mark.parametrize(
    ("first", "second", "passed"), [(1e-4, 0, True), (2e-4, 0, False), (0, 9e-6, True), (0, 2e-5, False)]
)
def test_the_tolerance_is_relative_and_absolute(first: float, second: float, passed: bool) -> None:
    """At 1 the rule allows 1.1e-4, at 0 it allows 1e-5."""
    assert compare(_outputs(first, second), EXPECTED, "oracle").passed is passed


def test_a_wrong_output_is_counted_and_measured() -> None:
    """The detail is fit to be read alone."""
    found = compare(_outputs(0.5, 0), EXPECTED, "oracle")
    assert found.detail == "1 of 3 outputs differ from the oracle, by up to 0.5"


def test_nan_never_passes() -> None:
    """NaN compares false with everything, which must not look like agreement."""
    found = compare(_outputs(float("nan"), 0), EXPECTED, "oracle")
    assert not found.passed
    assert found.largest_error is None


@pytest.mark.parametrize(
    ("outputs", "detail"),
    [
        (_outputs(0, 0)[:1], "expected 2 outputs, got 1"),
        ((_outputs(0, 0)[0].T, _outputs(0, 0)[1]), r"output 0: expected shape \(1, 2\), got \(2, 1\)"),
        ((_outputs(0, 0)[0].astype(np.float64), _outputs(0, 0)[1]), "output 0: expected float32, got float64"),
        (([[1.0, -2.0]], [[0.0]]), "output 0: expected a NumPy array on the host, got list"),
    ],
)
def test_outputs_of_another_form_are_refused(outputs: tuple[np.ndarray, ...], detail: str) -> None:
    """Number, shape, dtype and place of the outputs are part of doing the same work."""
    found = compare(outputs, EXPECTED, "oracle")
    assert not found.passed
    import re

    assert re.fullmatch(detail, found.detail)
