"""Estimates, means, slopes, ratios, differences and break-evens on hand-made numbers."""

import math
import statistics

import pytest

from eagerbench.stats import BreakEven, Estimate, Mean, break_even, difference, estimate, mean, ratio, slope


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


def test_break_even_of_launches_that_disagree_about_the_start_reaches_down_to_one_call() -> None:
    """Debts of 1, 2 and 3 s, or -1, 2 and 5, against a gain of 1 s a call: 1 + 2 ± t(0.975, 2) · stdev / sqrt(3)."""
    warm, slow = dict.fromkeys(range(3), 1.0), dict.fromkeys(range(3), 2.0)
    reference = dict.fromkeys(range(3), 10.0)
    for debts, deviation in (((1.0, 2.0, 3.0), 1.0), ((-1.0, 2.0, 5.0), 3.0)):
        found = break_even({launch: 10.0 + debt for launch, debt in enumerate(debts)}, warm, reference, slow)
        half = 4.302652729749464 * deviation / math.sqrt(3)
        assert found.kind == "after"
        assert found.calls is not None
        assert (found.calls.value, found.calls.low, found.calls.high) == pytest.approx((3.0, 1.0, 3.0 + half))


def test_break_even_interval_is_where_fiellers_inequality_holds() -> None:
    """Both ends solve (mean debt - r · mean gain)² = t² · variance of the mean of (debt - r · gain)."""
    debts, gains = [4.0, 6.5, 5.1, 5.9], [1.0, 1.4, 0.9, 1.3]
    reference = dict.fromkeys(range(4), 20.0)
    found = break_even(
        {launch: 20.0 + debt for launch, debt in enumerate(debts)},
        {launch: 3.0 - gain for launch, gain in enumerate(gains)},
        reference,
        dict.fromkeys(range(4), 3.0),
    )
    assert found.calls is not None
    assert found.calls.value == pytest.approx(1 + statistics.fmean(debts) / statistics.fmean(gains))
    for end in (found.calls.low, found.calls.high):
        assert end is not None
        left = [debt - (end - 1) * gain for debt, gain in zip(debts, gains, strict=True)]
        assert statistics.fmean(left) ** 2 == pytest.approx(3.182446305284263**2 * statistics.variance(left) / 4)


def test_break_even_is_undecided_where_the_ratio_of_later_calls_shows_no_difference() -> None:
    """The same seconds are gained in both launches, but these are 11 times and 2 times: no row may say both."""
    warm, reference = {0: 0.01, 1: 0.1}, {0: 0.11, 1: 0.2}
    speedup = ratio(reference, warm)
    assert speedup is not None
    assert difference(speedup) == "no difference shown"
    assert break_even({0: 1.0, 1: 1.0}, warm, {0: 0.5, 1: 0.5}, reference) == BreakEven("undecided")


def test_break_even_is_undecided_where_the_gain_of_a_call_may_be_nothing() -> None:
    """Gains of -1 and 2 s show no difference between later calls, whatever the starts cost."""
    found = break_even({0: 1.0, 1: 1.0}, {0: 2.0, 1: 1.0}, {0: 0.5, 1: 0.5}, {0: 1.0, 1: 3.0})
    assert found == BreakEven("undecided")


def test_mean_is_arithmetic_with_a_student_interval() -> None:
    """1, 2 and 3 have a standard deviation of 1; t(0.975, 2) is 4.302653 from a printed table."""
    found = mean([1.0, 2.0, 3.0])
    assert (found.value, found.launches) == (2.0, 3)
    assert found.low == pytest.approx(2 - 4.302653 / math.sqrt(3), rel=1e-6)
    assert found.high == pytest.approx(2 + 4.302653 / math.sqrt(3), rel=1e-6)


def test_a_mean_may_be_zero_or_negative() -> None:
    """Of -2 and 2, whose standard error is 2; t(0.975, 1) is 12.7062. One number alone has no interval."""
    found = mean([-2.0, 2.0])
    assert (found.low, found.value, found.high) == pytest.approx((-25.4124, 0.0, 25.4124), rel=1e-5)
    assert mean([-3.0]) == Mean(-3.0, None, None, 1)


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf]])
def test_mean_refuses_what_is_no_number(values: list[float]) -> None:
    """And nothing at all."""
    with pytest.raises(ValueError, match="expected finite numbers, got"):
        mean(values)


def test_slope_is_the_median_of_all_pairs() -> None:
    """From (0, 0) to (1, 1) it is 1, to (3, 9) it is 3, and between these two 4; the order of points is nothing."""
    points = [(0.0, 0.0), (1.0, 1.0), (3.0, 9.0)]
    assert slope(points) == slope(points[::-1]) == 3.0


def test_neither_an_outlier_nor_one_step_tilts_the_slope() -> None:
    """Least squares would see growth in both: a thousand at the end, and a step after three of ten points."""
    line = [(float(place), 2.0 * place) for place in range(10)]
    assert slope([*line[:-1], (9.0, 1000.0)]) == 2.0
    assert slope([(float(place), 1000.0 if place > 2 else 0.0) for place in range(10)]) == 0.0


@pytest.mark.parametrize("points", [[], [(1.0, 2.0)]])
def test_a_slope_needs_two_points(points: list[tuple[float, float]]) -> None:
    """The error says how many there were."""
    with pytest.raises(ValueError, match=f"a slope needs at least two points, got {len(points)}"):
        slope(points)
