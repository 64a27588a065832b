"""Estimates, ratios, differences and break-evens on hand-made numbers."""

import math

import pytest

from eagerbench.stats import BreakEven, Estimate, break_even, difference, estimate, ratio


def test_estimate_is_the_geometric_mean_with_a_student_interval_on_logarithms() -> None:
    """1, 2 and 4 have mean log2 of 1 and standard deviation 1; t(0.975, 2) is 4.302653 from a printed table."""
    found = estimate([1.0, 2.0, 4.0])
    half = 4.302653 * math.log(2) / math.sqrt(3)
    assert found.value == pytest.approx(2.0)
    assert found.low == pytest.approx(2 * math.exp(-half), rel=1e-6)
    assert found.high == pytest.approx(2 * math.exp(half), rel=1e-6)
    assert found.launches == 3


def test_one_launch_gives_a_value_and_no_interval() -> None:
    """One process says nothing about how processes differ."""
    assert estimate([0.5]) == Estimate(0.5, None, None, 1)


@pytest.mark.parametrize("values", [[], [1.0, 0.0], [1.0, -1.0], [1.0, math.nan], [math.inf]])
def test_estimate_refuses_what_has_no_logarithm(values: list[float]) -> None:
    """Empty, zero, negative, NaN and infinite are mistakes of the caller, not numbers to average."""
    with pytest.raises(ValueError, match=r"expected positive|at least one"):
        estimate(values)


def test_reciprocal_and_scaling_keep_the_interval() -> None:
    """One over 2 (1 to 4) is a half (a quarter to 1); times 8 it is 4 (2 to 8)."""
    assert Estimate(2.0, 1.0, 4.0, 3).reciprocal().scaled(8) == Estimate(4.0, 2.0, 8.0, 3)


def test_ratio_is_paired_by_launch() -> None:
    """A launch in which everything takes ten times as long doesn't widen the ratio."""
    found = ratio({0: 2.0, 1: 20.0, 2: 2.2, 7: 5.0}, {0: 1.0, 1: 10.0, 2: 1.1})
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0))
    assert found.launches == 3


def test_ratio_of_launches_that_never_met_is_none() -> None:
    """No launch has both, so nothing may be divided."""
    assert ratio({0: 1.0}, {1: 1.0}) is None


@pytest.mark.parametrize(
    ("speedup", "expected"),
    [
        (Estimate(2.0, 1.5, 2.6, 5), "faster"),
        (Estimate(0.5, 0.4, 0.6, 5), "slower"),
        (Estimate(1.2, 0.9, 1.5, 5), "no difference shown"),
        (Estimate(2.0, None, None, 1), "no interval"),
    ],
)
def test_a_difference_needs_the_whole_interval(speedup: Estimate, expected: str) -> None:
    """An interval that contains 1 shows no difference, whatever its middle says."""
    assert difference(speedup) == expected


def _break_even(cold: float, warm: list[float], cold_reference: float, warm_reference: list[float]) -> BreakEven:
    launches = range(len(warm))
    return break_even(
        dict.fromkeys(launches, cold),
        dict(enumerate(warm)),
        dict.fromkeys(launches, cold_reference),
        dict(enumerate(warm_reference)),
    )


def test_break_even_after_the_debt_is_paid() -> None:
    """1 s behind at the start and 0.1 s faster a call: even at the eleventh call, since the first call is the start."""
    found = _break_even(1.5, [0.1, 0.1, 0.1], 0.5, [0.2, 0.2, 0.2])
    assert found.kind == "after"
    assert found.calls is not None
    assert found.calls.value == pytest.approx(11)


def test_break_even_until_the_lead_is_lost() -> None:
    """A mode with a quick start and slow calls is ahead for a while."""
    found = _break_even(0.5, [0.2, 0.2], 1.5, [0.1, 0.1])
    assert found.kind == "until"
    assert found.calls is not None
    assert found.calls.value == pytest.approx(11)


@pytest.mark.parametrize(
    ("cold", "warm", "kind"),
    [(0.4, [0.1, 0.1], "always"), (1.0, [0.3, 0.3], "never"), (1.0, [0.1, 0.4], "undecided")],
)
def test_break_even_without_a_crossing(cold: float, warm: list[float], kind: str) -> None:
    """Ahead in both, behind in both, or launches that contradict each other."""
    assert _break_even(cold, warm, 0.5, [0.2, 0.2]) == BreakEven(kind)  # type: ignore[arg-type]


def test_break_even_of_launches_that_disagree_about_the_start_is_undecided() -> None:
    """Once behind and once ahead at the start: there is no number of calls to name."""
    found = break_even({0: 1.0, 1: 0.1}, {0: 0.1, 1: 0.1}, {0: 0.5, 1: 0.5}, {0: 0.2, 1: 0.2})
    assert found == BreakEven("undecided")
