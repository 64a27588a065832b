"""The Hodges-Lehmann shift and its bounds, against counting every order by hand and against SciPy."""

import itertools
import math
import random

import pytest
from scipy.stats import mannwhitneyu

from eagerbench.shift import ERROR, Shift, orders_by_statistic, rank_of_bound, shift


@pytest.mark.parametrize(("first", "second"), [(1, 1), (2, 3), (3, 3), (4, 2), (4, 4), (5, 3)])
def test_orders_are_counted_as_by_going_through_all_of_them(first: int, second: int) -> None:
    """Every way in which two samples can be laid into one row."""
    counted = [0] * (first * second + 1)
    for places in itertools.combinations(range(first + second), first):
        counted[sum(place - number for number, place in enumerate(places))] += 1
    found = orders_by_statistic(first, second)
    assert list(found) == counted[: first * second // 2 + 1]


def test_bounds_err_as_seldom_as_scipy_says() -> None:
    """The bound is the last one that errs in at most 2.5 % of all orders, by SciPy's exact distribution of U."""
    for first, second in itertools.product(range(3, 9), repeat=2):
        low, high = list(range(first)), [number + 0.5 for number in range(-second, 0)]

        def probability(place: int, low: list[int] = low, high: list[float] = high) -> float:
            moved = _with_statistic(low, len(high), place)
            return float(mannwhitneyu(moved[0], moved[1], alternative="less", method="exact").pvalue)

        place = rank_of_bound(first, second)
        if place is None:
            assert probability(0) > ERROR
        else:
            assert probability(place) <= ERROR < probability(place + 1)


def _with_statistic(first: list[int], second: int, statistic: int) -> tuple[list[float], list[float]]:
    """Two samples of which U, counted for the first, is the given number."""
    above, rest = divmod(statistic, second)
    whole = [float(number + second + 1) for number in range(above)]
    part = [rest + 0.5] if rest else []
    below = [-float(number + 1) for number in range(len(first) - above - len(part))]
    return whole + part + below, [float(number + 1) for number in range(second)]


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [(3, 3, None), (2, 5, None), (4, 4, 0), (3, 5, 0), (5, 5, 2), (4, 1, None), (20, 20, 127), (6, 5, 3)],
)
def test_few_numbers_have_no_bound(first: int, second: int, place: int | None) -> None:
    """Four against four is where bounds begin; the others are those of the tables of critical values."""
    assert rank_of_bound(first, second) == place
    assert rank_of_bound(second, first) == place


def test_the_shift_is_the_median_of_all_differences() -> None:
    """By hand: of 1, 2, 3, 4 against 11, 22, 33, 44 the extremes are 11 - 4 and 44 - 1."""
    found = shift([1, 2, 3, 4], [11, 22, 33, 44])
    assert found == Shift(25.0, 7, 43)
    assert shift([1, 2, 3], [11, 22, 33]) == Shift(20.0, None, None)


def test_bounds_hold_what_they_promise() -> None:
    """Of 4,000 pairs of equal samples, either bound leaves out the true shift as often as counted: here 2 in 126."""
    generator = random.Random(1)
    draws, outside = 4000, [0, 0]
    for _ in range(draws):
        found = shift(*([generator.expovariate(1) for _ in range(count)] for count in (4, 5)))
        assert found.low is not None
        assert found.high is not None
        outside[0] += found.low > 0
        outside[1] += found.high < 0
    place = rank_of_bound(4, 5)
    assert place == 1
    expected = sum(orders_by_statistic(4, 5)[: place + 1]) / math.comb(9, 4)
    for errors in outside:
        assert errors / draws == pytest.approx(expected, abs=0.007)


def test_no_number_gives_no_shift() -> None:
    """It is the caller's mistake."""
    with pytest.raises(ValueError, match="got 0 and 1 numbers"):
        shift([], [1.0])
