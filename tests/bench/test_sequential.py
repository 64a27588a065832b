"""Bounds that may be looked at after every round: which number they are, and how often all looks together err."""

import itertools
import random

import pytest

from eagerbench.sequential import ACCUSING, ACQUITTING, beyond, bounds, error_probability

# For 1 to 30 rounds, which number is the lower bound, counted from the smallest, and the upper one from the largest.
PLACES_FROM_BELOW = [None] * 5 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [6] * 4 + [7]
PLACES_FROM_ABOVE = [None] * 4 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [6] * 4 + [7] * 2


@pytest.mark.parametrize("rounds", range(1, 31))
def test_bounds_are_the_smallest_numbers_but_a_few_and_the_largest_but_a_few(rounds: int) -> None:
    """Of the numbers 1, 2, 3, … in whatever order, a bound is its own place."""
    values = [float(value) for value in range(1, rounds + 1)]
    random.Random(rounds).shuffle(values)
    found = bounds(values)
    place = PLACES_FROM_ABOVE[rounds - 1]
    assert found.low == PLACES_FROM_BELOW[rounds - 1]
    assert found.high == (None if place is None else rounds + 1 - place)
    assert found.value == (rounds + 1) / 2
    assert found.rounds == rounds


def test_the_numbers_are_not_sorted_for_the_caller() -> None:
    """They stay as they are, since they stand in the order taken."""
    values = [3.0, 1.0, 2.0]
    assert bounds(values).value == 2.0
    assert values == [3.0, 1.0, 2.0]


def test_no_number_has_no_bounds() -> None:
    """Nothing to say is an error, and not a pass."""
    with pytest.raises(ValueError, match="at least one round, got none"):
        bounds([])


def test_other_first_rounds_can_be_asked_for() -> None:
    """From the third round on: the smallest and the largest of three."""
    found = bounds([2.0, 1.0, 3.0], first_low=3, first_high=3)
    assert (found.low, found.high) == (1.0, 3.0)
    assert (bounds([1.0, 2.0], 3, 2).low, bounds([1.0, 2.0], 3, 2).high) == (None, 2.0)


@pytest.mark.parametrize("seed", range(20))
def test_bounds_hold_the_median_and_grow_with_every_number(seed: int) -> None:
    """A number that becomes larger never lowers a bound; stretched numbers have stretched bounds."""
    drawing = random.Random(seed)
    values = [drawing.gauss(0.0, 1.0) for _ in range(drawing.randrange(6, 40))]
    found = bounds(values)
    assert found.low is not None
    assert found.high is not None
    assert min(values) <= found.low <= found.value <= found.high <= max(values)
    values[drawing.randrange(len(values))] += 5.0
    larger = bounds(values)
    assert larger.low is not None
    assert larger.high is not None
    assert larger.low >= found.low
    assert larger.value >= found.value
    assert larger.high >= found.high
    moved = bounds([2.0 * value + 1.0 for value in values])
    assert moved.low == 2.0 * larger.low + 1.0
    assert moved.high == 2.0 * larger.high + 1.0


@pytest.mark.parametrize("seed", range(20))
def test_who_needs_more_rounds_has_the_wider_interval(seed: int) -> None:
    """On the same numbers, one bound that begins later never lies inside one that begins earlier."""
    drawing = random.Random(seed)
    values = [drawing.random() for _ in range(25)]
    for first in range(4, 20):
        wider, narrower = bounds(values, first + 1, first + 1), bounds(values, first, first)
        assert None not in (wider.low, wider.high, narrower.low, narrower.high)
        assert (wider.low or 0.0) <= (narrower.low or 0.0)
        assert (wider.high or 0.0) >= (narrower.high or 0.0)


@pytest.mark.parametrize("first", [ACCUSING, ACQUITTING])
def test_more_rounds_leave_more_numbers_beyond_but_never_half_of_them(first: int) -> None:
    """The bound comes nearer to the median with time and never reaches it."""
    counts = [beyond(rounds, first) for rounds in range(first, 500)]
    assert counts[0] == 0
    assert all(after - before in {0, 1} for before, after in itertools.pairwise(count or 0 for count in counts))
    assert counts == sorted(counts, key=lambda count: count or 0)
    assert all((count or 0) < rounds / 2 for rounds, count in enumerate(counts, start=first))
    assert beyond(first - 1, first) is None


@pytest.mark.parametrize(("first", "most"), [(ACCUSING, 0.026), (ACQUITTING, 0.048)])
def test_all_looks_together_err_as_seldom_as_is_promised(first: int, most: float) -> None:
    """A thousand rounds, looked at after each; what begins earlier errs more often."""
    found = error_probability(first, 1000)
    assert 0.0 < found < most
    assert error_probability(first - 1, 200) > error_probability(first, 200) > error_probability(first + 1, 200)


@pytest.mark.parametrize(("first", "rounds"), [(3, 12), (ACQUITTING, 15), (ACCUSING, 15)])
def test_the_probability_is_that_of_all_ways_in_which_coins_can_fall(first: int, rounds: int) -> None:
    """Every sequence of tosses is gone through; a number lies below the true median or above it."""
    erred = 0
    for tosses in itertools.product((0, 1), repeat=rounds):
        others = list(itertools.accumulate(tosses))
        erred += any(
            line is not None and count <= line
            for count, line in zip(others, (beyond(number, first) for number in range(1, rounds + 1)), strict=True)
        )
    assert error_probability(first, rounds) == erred / 2**rounds


def test_the_walk_errs_exactly_where_a_bound_lies_on_the_wrong_side() -> None:
    """The line that the walk crosses is the bound of `bounds`: of numbers around a true median of 0."""
    erred = 0
    for signs in itertools.product((-1.0, 1.0), repeat=11):
        values = [sign * (place + 1) for place, sign in enumerate(signs)]
        lows = [bounds(values[:count]).low for count in range(1, 12)]
        erred += any(low is not None and low > 0 for low in lows)
    assert erred / 2**11 == error_probability(ACCUSING, 11)


def test_the_first_look_errs_by_chance_alone_and_every_further_one_adds() -> None:
    """All six on one side: 1 in 64. More looks are never free, and there is a first round before which none errs."""
    assert error_probability(ACCUSING, ACCUSING - 1) == 0.0
    assert error_probability(ACCUSING, ACCUSING) == 1 / 64
    assert error_probability(ACQUITTING, ACQUITTING) == 1 / 32
    found = [error_probability(ACCUSING, rounds) for rounds in range(1, 60)]
    assert found == sorted(found)
    assert found[-1] > found[ACCUSING]
