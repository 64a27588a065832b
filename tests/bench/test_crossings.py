"""Where two modes cross, on hand-made times whose crossings are known.

The logarithm of the ratio of two power laws is a straight line over the logarithm of the size, so that its zero is
known exactly.
"""

import math
from collections.abc import Callable, Sequence

import pytest

from eagerbench.crossings import Doubling, crossings, doubling
from eagerbench.stats import ratio

SIZES = (1, 8, 64, 512, 4096)
NOISE = (0.9, 1.0, 1.1)


def times(
    law: Callable[[int], float], sizes: Sequence[int] = SIZES, noise: Sequence[float] = (1.0, 1.0)
) -> dict[int, dict[int, float]]:
    """Seconds by size and launch, each launch off by a factor of its own."""
    return {size: {launch: law(size) * factor for launch, factor in enumerate(noise)} for size in sizes}


FLAT = times(lambda _: 1e-3)


def test_two_power_laws_cross_where_they_are_equal():
    """1 ms for any size against 10 µs a row: equal at 100 rows, and a band without width leaves no doubt."""
    (found,) = crossings("flat", "steep", FLAT, times(lambda size: 1e-5 * size))
    assert (found.faster_before, found.faster_after) == ("steep", "flat")
    assert (found.size, found.low, found.high) == pytest.approx((100, 100, 100))
    assert found.around == (64, 512)


def test_rounding_hides_no_crossing():
    """Launches that agree on the ratio to the last digits: the ends of the band may lie beside its mean."""
    one = {8: (0.02, 0.0202, 0.0204), 64: (0.05, 0.0505, 0.051)}
    other = {8: (0.04, 0.0404, 0.0408), 64: (0.03, 0.0303, 0.0306)}
    for factor in (1, 3, 7, 0.1, 0.3, 0.7, 1.1, 1.3, 1.7, 1e-3):
        own, held = (
            {size: {launch: factor * time_s for launch, time_s in enumerate(times_s)} for size, times_s in told.items()}
            for told in (one, other)
        )
        assert [found.size for found in crossings("a", "b", own, held)] == [pytest.approx(26.486, rel=1e-4)]


def test_the_order_of_the_names_does_not_matter():
    """Which of both is asked first changes nothing."""
    steep = times(lambda size: 1e-5 * size, noise=NOISE)
    flat = times(lambda _: 1e-3, noise=(1.0, 1.0, 1.0))
    (one,), (other,) = crossings("flat", "steep", flat, steep), crossings("steep", "flat", steep, flat)
    assert (one.faster_before, one.faster_after, one.around) == (
        other.faster_before,
        other.faster_after,
        other.around,
    )
    assert (one.size, one.low, one.high) == pytest.approx((other.size, other.low, other.high))


def test_interval_inverts_the_band():
    """With the same factor band at every size, the ends are where the law times either end of the band is 1."""
    steep = times(lambda size: 1e-5 * size, noise=NOISE)
    flat = times(lambda _: 1e-3, noise=(1.0, 1.0, 1.0))
    (found,) = crossings("steep", "flat", steep, flat)
    band = ratio(steep[1], flat[1])
    assert band
    assert band.low
    assert band.high
    assert found.size == pytest.approx(1 / band.value)
    assert found.low == pytest.approx(1 / band.high)
    assert found.high == pytest.approx(1 / band.low)
    assert found.low < 100 < found.high


def test_between_two_sizes_it_is_interpolated_over_the_logarithm():
    """Four times slower at 1, four times faster at 10,000: half way in the logarithm is 100."""
    (found,) = crossings(
        "a", "b", times(lambda size: 4 if size == 1 else 1, (1, 10_000)), times(lambda _: 2, (1, 10_000))
    )
    assert (found.faster_before, found.faster_after) == ("b", "a")
    assert found.size == pytest.approx(100)
    assert found.around == (1, 10_000)


@pytest.mark.parametrize("sizes", [(1, 8, 64), (64, 8, 1)], ids=["before", "after"])
def test_a_mode_that_is_shown_to_be_faster_nowhere_changes_no_places(sizes: tuple[int, ...]):
    """The mean changes its sign, but at one end of the sizes the band holds zero."""
    means = dict(zip(sizes, (-0.01, 0.5, 2.0), strict=True))
    own = {
        size: {launch: math.exp(mean + spread) for launch, spread in enumerate((-0.05, 0.0, 0.05))}
        for size, mean in means.items()
    }
    assert crossings("a", "b", own, times(lambda _: 1.0, sizes, (1, 1, 1))) == []


def test_around_an_interval_are_the_sizes_that_show_either_mode_to_be_faster():
    """At 64 rows the band holds zero: what is shown is a change of places between 8 and 512."""
    means = {1: -2.0, 8: -1.0, 64: 0.01, 512: 1.0, 4096: 2.0}
    own = {
        size: {launch: math.exp(mean + spread) for launch, spread in enumerate((-0.1, 0.0, 0.1))}
        for size, mean in means.items()
    }
    (found,) = crossings("a", "b", own, times(lambda _: 1.0, tuple(means), (1, 1, 1)))
    assert 8 < found.low < found.size < 64 < found.high < 512
    assert found.around == (8, 64, 512)


def test_another_algorithm_between_two_sizes_is_in_no_interval():
    """A step at 2,000 rows: the line puts the doubling at 1,024, without a doubt; only the sizes beside it hold."""
    found = doubling("a", times(lambda size: 1.0 if size <= 2000 else 8.0, (1, 512, 4096)))
    assert found
    assert found.low == found.high == pytest.approx(1024)
    assert found.around == (512, 4096)


def test_modes_that_nothing_tells_apart_do_not_cross():
    """The mean wanders over zero, the band never leaves it."""
    own = {size: {0: 1.1 * wander, 1: 0.9 * wander, 2: wander} for size, wander in ((1, 0.99), (8, 1.01), (64, 0.99))}
    assert crossings("a", "b", own, times(lambda _: 1.0, (1, 8, 64), (1, 1, 1))) == []


@pytest.mark.parametrize("sizes", [(1, 8, 64), (64, 8, 1)], ids=["before", "after"])
def test_a_difference_that_is_not_shown_everywhere_is_not_a_crossing(sizes: tuple[int, ...]):
    """Slower on the mean at every size, but shown only at some: the mean never changes its sign."""
    own = {
        size: {launch: math.exp(mean + spread) for launch, spread in enumerate((-0.05, 0.0, 0.05))}
        for size, mean in zip(sizes, (0.01, 0.5, 2.0), strict=True)
    }
    assert crossings("a", "b", own, times(lambda _: 1.0, sizes, (1, 1, 1))) == []


def test_touching_is_not_crossing():
    """Slower, not told apart, slower again: nobody has changed places."""
    own = {
        size: {launch: math.exp(mean + spread) for launch, spread in enumerate((-0.05, 0.0, 0.05))}
        for size, mean in ((1, 1.0), (8, -0.01), (64, 1.0))
    }
    assert crossings("a", "b", own, times(lambda _: 1.0, (1, 8, 64), (1, 1, 1))) == []


def test_both_crossings_are_listed():
    """Faster in the middle only."""
    own = times(lambda size: {1: 2.0, 8: 0.5, 64: 0.5, 512: 2.0}[size], (1, 8, 64, 512))
    found = crossings("a", "b", own, times(lambda _: 1.0, (1, 8, 64, 512)))
    assert [(one.faster_before, one.faster_after) for one in found] == [("b", "a"), ("a", "b")]
    assert [one.size for one in found] == pytest.approx([math.sqrt(8), math.sqrt(64 * 512)])


def test_a_crossing_on_a_measured_size():
    """Equal exactly there: told once."""
    own = times(lambda size: size / 64)
    (found,) = crossings("a", "b", own, times(lambda _: 1.0))
    assert (found.size, found.around) == (pytest.approx(64), (8, 64, 512))


def test_a_wandering_mean_inside_one_interval_is_one_crossing():
    """The mean is zero three times where the band holds zero: one change of places is shown, at the middle one."""
    means = {1: -2.0, 8: 0.02, 64: -0.02, 512: 2.0}
    own = {
        size: {launch: math.exp(mean + spread) for launch, spread in enumerate((-0.1, 0.0, 0.1))}
        for size, mean in means.items()
    }
    (found,) = crossings("a", "b", own, times(lambda _: 1.0, tuple(means), (1, 1, 1)))
    assert found.size == pytest.approx(math.sqrt(8 * 64))


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ({}, FLAT),
        ({1: {0: 2.0, 1: 2.0}}, FLAT),
        ({size: {0: 0.1 * size} for size in SIZES}, FLAT),
        ({size: {7: 0.1 * size, 8: 0.1 * size} for size in SIZES}, FLAT),
        (times(lambda _: 1.0, (2, 3)), FLAT),
    ],
    ids=["nothing", "one size", "one launch", "no launch in common", "no size in common"],
)
def test_without_two_sizes_with_intervals_nothing_is_shown(own: dict, other: dict):
    """No interval, no crossing."""
    assert crossings("a", "b", own, other) == []


def test_always_slower_never_crosses():
    """Twice the time at every size."""
    assert crossings("a", "b", times(lambda _: 2e-3), FLAT) == []


def test_overhead_ends_where_a_call_takes_twice_as_long():
    """1 ms and 10 µs a row: 1.01 ms on one row, 2.02 ms on 102, wherever the sizes measured lie."""
    for sizes, around in (((1, 8, 102, 512), (8, 102, 512)), ((1, 8, 64, 512), (64, 512)), ((1, 4096), (1, 4096))):
        found = doubling("a", times(lambda size: 1e-3 + 1e-5 * size, sizes))
        about = pytest.approx(102)
        assert found == Doubling("a", about, about, about, around, (1, sizes[-1]))


def test_doubling_is_paired_with_the_smallest_size_of_the_same_launch():
    """However far launches lie apart, each doubles at the same place."""
    found = doubling("a", times(lambda size: 1e-3 + 1e-5 * size, (1, 8, 102, 512), (0.2, 1.0, 7.0)))
    assert found
    assert (found.low, found.high) == (pytest.approx(102), pytest.approx(102))


def test_the_interval_of_a_doubling_inverts_the_band():
    """Launches that are off by a factor at larger sizes: the ends are where either end of the band is 2."""
    noisy = times(lambda size: 1.0 * size, (4, 16, 64), NOISE) | times(lambda _: 1.0, (1,), (1.0, 1.0, 1.0))
    found = doubling("a", noisy)
    band = ratio(noisy[4], noisy[1])
    assert found
    assert found.low
    assert found.high
    assert band
    assert band.low
    assert band.high
    # Straight from exactly 1 at 1 row to the band at 4 rows.
    assert found.size == pytest.approx(1 + 3 / (band.value - 1))
    assert found.low == pytest.approx(1 + 3 / (band.high - 1))
    assert found.high == pytest.approx(1 + 3 / (band.low - 1))


def test_what_never_doubles_is_said_to_be_so():
    """Half as much again at the largest size, without doubt."""
    assert doubling("a", times(lambda size: 1 + size / 1000, (1, 8, 512))) == Doubling(
        "a", None, None, None, (), (1, 512)
    )


def test_a_doubling_that_is_not_ruled_out_has_a_lower_end():
    """The mean stays below twice, and the band doesn't."""
    wide = {size: dict.fromkeys(range(3), 1.0) for size in (1, 8)}
    wide[64] = {0: 1.2, 1: 1.9, 2: 2.6}
    found = doubling("a", wide)
    assert found
    assert (found.size, found.high, found.around) == (None, None, ())
    assert found.low is not None
    assert 8 < found.low < 64


def test_only_the_last_stretch_of_doubt_reaches_beyond_the_sizes():
    """Doubt at 8 rows is settled at 64; at 512 there is doubt again, and it begins after 64."""
    sure, doubtful = dict.fromkeys(range(3), 1.0), {0: 1.2, 1: 1.9, 2: 2.6}
    found = doubling("a", {1: sure, 8: doubtful, 64: sure, 512: doubtful})
    assert found
    assert found.size is None
    assert found.low is not None
    assert 64 < found.low < 512


def test_a_doubling_not_yet_shown_at_the_largest_size_has_no_upper_end():
    """The mean passes twice, the lower end of the band doesn't."""
    wide = {size: dict.fromkeys(range(3), 1.0) for size in (1, 8)}
    wide[64] = {0: 1.8, 1: 2.2, 2: 2.6}
    found = doubling("a", wide)
    assert found
    assert found.size is not None
    assert found.low is not None
    assert found.low < found.size < 64
    assert (found.high, found.around) == (None, (8, 64))


def test_only_what_stays_doubled_counts():
    """Twice as long at 8 rows, not at 64, again at 512: from the last time on."""
    law = {1: 1.0, 8: 4.0, 64: 1.0, 512: 4.0, 4096: 8.0}
    found = doubling("a", times(lambda size: law[size]))
    assert found
    assert found.size == pytest.approx(64 + (512 - 64) / 3)
    fallen = doubling("a", times(lambda size: {1: 1.0, 8: 4.0, 64: 1.0}[size], (1, 8, 64)))
    assert fallen == Doubling("a", None, None, None, (), (1, 64))


@pytest.mark.parametrize(
    "own",
    [
        {},
        {1: {0: 1.0, 1: 1.0}},
        {size: {0: 0.1 * size} for size in SIZES},
        {1: {0: 1.0, 1: 1.0}, 8: {2: 9.0, 3: 9.0}},
        {1: {0: 1.0}, 8: {0: 2.0, 1: 2.0}, 64: {0: 3.0, 1: 3.0}},
    ],
    ids=["nothing", "one size", "one launch", "no launch in common", "one launch at the smallest size"],
)
def test_without_intervals_no_doubling_is_known(own: dict):
    """Neither that it does nor that it doesn't."""
    assert doubling("a", own) is None
