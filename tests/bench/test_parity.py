"""Outputs against a reference, and agents against an eager one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from eagerbench.parity import TRAINING, UPDATES_AT_THAT, Stage, compare, compare_training

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


def test_a_reference_that_is_no_number_is_to_blame_itself() -> None:
    """Also where the mode gives the same: how many, of which reference, and no difference that nobody can tell."""
    expected = (np.array([[np.nan, 1.0], [np.inf, 2.0]]),)
    found = compare((expected[0].astype(np.float32),), expected, "eager call")
    assert (found.passed, found.largest_error) == (False, None)
    assert found.detail == "2 of 4 outputs are NaN or infinite in the eager call"


@pytest.mark.parametrize("place", [0, 1])
def test_an_output_that_is_no_number_is_told_so(place: int) -> None:
    """In whichever output it is, and not as a difference of nan, or of what the others differ by."""
    outputs = _outputs(0, 0)
    outputs[place][0, 0] = np.nan
    found = compare(outputs, EXPECTED, "oracle")
    assert found.detail == "1 of 3 outputs differ from the oracle, some of them by being NaN or infinite"


def _stage(updates: int = 1, **changes: Any) -> Stage:
    """A stage with two arrays of weights and of gradients, the second of each with numbers up to 4."""
    losses = np.array([[0.5, 20.0]], np.float32)
    return Stage(updates, losses, _arrays(), _arrays(), np.array([3, 9]), np.array([3.0, 6.0]))._replace(**changes)


def _arrays(first: float = 1.0, second: float = 4.0) -> list[np.ndarray]:
    return [np.array([first, 0.0], np.float32), np.array([[second], [1.0]], np.float32)]


def test_an_agent_that_is_the_eager_one_agrees() -> None:
    """Nothing differs at any stage, and it is said after which updates it was looked at."""
    stages = [_stage(1), _stage(10), _stage(50)]
    found = compare_training(stages, stages)
    assert (found.passed, found.largest_error, found.detail) == (True, 0.0, "")
    assert found.reference == "eager agent after 1, 10 and 50 updates"
    assert "episodes equal" in found.tolerance


def test_a_comparison_after_one_update_says_so() -> None:
    """In the singular."""
    assert compare_training([_stage()], [_stage()]).reference == "eager agent after 1 update"


def test_the_largest_error_is_in_units_of_the_largest_number_of_its_array() -> None:
    """A change of 2e-4 in an array with numbers up to 4 is an error of 5e-5, and larger than one of 1e-5 at 1."""
    got = _stage(weights=_arrays(1 + 1e-5, 4 + 2e-4))
    found = compare_training([got], [_stage()])
    assert found.passed
    assert found.largest_error == pytest.approx(5e-5, rel=1e-2)


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        (
            {"losses": np.array([[0.5, 20.01]], np.float32)},
            "the losses differ from the eager agent's by 0.0005, scaled",
        ),
        ({"weights": _arrays(1.5)}, "the weights differ from the eager agent's by 0.5, scaled"),
        ({"weights": _arrays(second=5.0)}, "the weights differ from the eager agent's by 0.25, scaled"),
        ({"gradients": _arrays(0.5)}, "the gradients differ from the eager agent's by 0.5, scaled"),
    ],
)
def test_an_agent_that_learns_something_else_is_told_by_what_and_how_far(changes: dict[str, Any], detail: str) -> None:
    """Losses, weights and gradients each on their own; the others agree."""
    found = compare_training([_stage(10, **changes)], [_stage(10)])
    assert not found.passed
    assert found.detail == f"after 10 updates {detail}"
    assert found.largest_error is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"episode_steps": np.array([3, 10])},
        {"episode_returns": np.array([3.0, 6.5])},
        {"episode_steps": np.array([3]), "episode_returns": np.array([3.0])},
        {"episode_steps": np.array([9, 3]), "episode_returns": np.array([6.0, 3.0])},
    ],
)
def test_episodes_must_be_the_same_and_not_nearly(changes: dict[str, Any]) -> None:
    """Another end, another return, one missing, another order: other actions were taken."""
    found = compare_training([_stage(10, **changes)], [_stage(10)])
    assert (found.passed, found.detail) == (False, "by update 10 its episodes are not the eager agent's")


@pytest.mark.parametrize("name", ["losses", "weights", "gradients"])
def test_another_shape_never_agrees(name: str) -> None:
    """Not even where NumPy would stretch one to the other."""
    wanted = getattr(_stage(), name)
    got = wanted[:, :1] if name == "losses" else [array[:1] for array in wanted]
    found = compare_training([_stage(**{name: got})], [_stage()])
    assert (found.passed, found.largest_error) == (False, None)
    assert f"the {name} differ" in found.detail


@pytest.mark.parametrize(
    "changes",
    [
        {"losses": np.array([[0.5, np.nan]], np.float32)},
        {"weights": _arrays(np.nan)},
        {"weights": _arrays(second=np.nan)},
        {"gradients": _arrays(np.nan)},
        {"gradients": _arrays(second=np.nan)},
        {"gradients": _arrays(second=np.inf)},
    ],
)
def test_what_is_no_number_never_agrees(changes: dict[str, Sequence[np.ndarray]]) -> None:
    """In whichever array of several it stands."""
    found = compare_training([_stage(**changes)], [_stage()])
    assert (found.passed, found.largest_error) == (False, None)


@pytest.mark.parametrize(
    ("updates", "error", "passed"),
    [
        (1, 0.9 * TRAINING, True),
        (1, 1.1 * TRAINING, False),
        (UPDATES_AT_THAT, 1.1 * TRAINING, False),
        (2 * UPDATES_AT_THAT, 1.9 * TRAINING, True),
        (2 * UPDATES_AT_THAT, 2.2 * TRAINING, False),
        (10 * UPDATES_AT_THAT, 9 * TRAINING, True),
    ],
)
def test_what_rounding_may_do_grows_with_the_updates(updates: int, error: float, passed: bool) -> None:
    """The tolerance is that of the first five updates at first, and ten times as much after ten times as many."""
    got = _stage(updates, weights=_arrays(1 + error))
    assert compare_training([got], [_stage(updates)]).passed is passed


def test_the_first_stage_that_differs_is_told() -> None:
    """Later ones only differ because of it."""
    wrong = _arrays(2.0)
    found = compare_training(
        [_stage(1), _stage(10, weights=wrong), _stage(50, weights=wrong)], [_stage(1), _stage(10), _stage(50)]
    )
    assert found.detail.startswith("after 10 updates the weights differ")


# Models of which nobody knows how deep they are.


def test_a_scaled_output_is_held_against_its_largest_number() -> None:
    """What is left of large numbers that cancel may be as far off as they are; one by one it would be refused."""
    expected = (np.array([[1000.0, 0.001]], np.float32),)
    got = (np.array([[1000.0, 0.051]], np.float32),)
    assert compare(got, expected, "eager", scaled=True).passed
    assert not compare(got, expected, "eager").passed
    far = (np.array([[1000.0, 0.151]], np.float32),)
    assert not compare(far, expected, "eager", scaled=True).passed


def test_each_output_has_a_scale_of_its_own() -> None:
    """A value of thousands says nothing of how exact logits are; and no scale is below one."""
    expected = (np.array([[0.5, -1.0]], np.float32), np.array([[5000.0]], np.float32))
    off = (expected[0] + np.float32(2e-4), expected[1])
    assert not compare(off, expected, "eager", scaled=True).passed
    assert compare((expected[0], expected[1] + np.float32(0.25)), expected, "eager", scaled=True).passed
    small = (np.array([[1e-6]], np.float32),)
    assert compare((small[0] + np.float32(9e-5),), small, "eager", scaled=True).passed
    assert not compare((small[0] + np.float32(1.1e-4),), small, "eager", scaled=True).passed


def _network(weights: Sequence[np.ndarray], rows: np.ndarray) -> np.ndarray:
    for weight in weights:
        rows = np.maximum(rows @ weight, 0)
    return rows


def test_a_wrong_weight_and_half_the_digits_are_found_in_scaled_outputs_too() -> None:
    """One weight of 2,000 a tenth off, or weights of bfloat16's eight bits, as some devices round them."""
    random = np.random.default_rng(0)
    weights = [random.normal(0, 0.3, shape).astype(np.float32) for shape in ((8, 32), (32, 32), (32, 8))]
    rows = random.normal(size=(64, 8)).astype(np.float32)
    expected = (_network(weights, rows),)
    in_double = (_network([weight.astype(np.float64) for weight in weights], rows).astype(np.float32),)
    assert compare(in_double, expected, "eager", scaled=True).passed
    wrong = [weight.copy() for weight in weights]
    wrong[1][3, 4] += 0.1
    assert not compare((_network(wrong, rows),), expected, "eager", scaled=True).passed
    rounded = [(weight.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32) for weight in weights]
    assert not compare((_network(rounded, rows),), expected, "eager", scaled=True).passed


def test_a_model_in_half_precision_is_held_to_its_own_kind() -> None:
    """What an eager call gives is expected of all; an oracle in double precision expects float32."""
    half = (np.array([[1.0]], np.float16),)
    assert compare(half, half, "eager", scaled=True).passed
    found = compare((half[0].astype(np.float32),), half, "eager", scaled=True)
    assert found.detail == "output 0: expected float16, got float32"
    assert compare((half[0].astype(np.float32),), (half[0].astype(np.float64),), "oracle").passed


def test_a_model_in_double_precision_is_held_to_double_precision() -> None:
    """Its own eager call is no oracle that others are less exact than."""
    double = (np.array([[1.0]]),)
    assert compare(double, double, "eager", scaled=True).passed
    found = compare((double[0].astype(np.float32),), double, "eager", scaled=True)
    assert found.detail == "output 0: expected float64, got float32"


def test_nan_and_other_forms_never_pass_scaled() -> None:
    """The rule is another, what it is asked of is not; the rule is told."""
    expected = (np.array([[1.0, 2.0]], np.float32),)
    found = compare((np.array([[np.nan, 2.0]], np.float32),), expected, "eager", scaled=True)
    assert not found.passed
    assert found.tolerance.endswith("max(1, largest |expected| of the output)")
    assert not compare((np.array([[1.0], [2.0]], np.float32),), expected, "eager", scaled=True).passed
