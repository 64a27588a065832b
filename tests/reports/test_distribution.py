"""How samples scatter: the numbers told, and what is drawn of them."""

from collections.abc import Callable

import numpy as np
import pytest

from eagerbench import Run, summarise
from eagerbench.reports.distribution import FEWEST_FOR_SHAPE, density, distribution, reach, spreads
from eagerbench.reports.drawn import png
from eagerbench.results import CaseOutcome

CASE = "forward/eager/b1"


def test_quantiles_are_those_of_all_samples(make_run: Callable[..., Run]):
    """1 to 101 ms in two launches: median 51 ms, 95 % within 96 ms, 99 % within 100 ms."""
    numbers = [number / 1000 for number in range(1, 102)]
    run = make_run({CASE: [numbers[::2], numbers[1::2]]})
    summary = summarise(run)
    (found,) = spreads(run, list(summary.cases))
    time_s = summary.cases[0].time_s
    assert time_s
    assert found.median_s == pytest.approx(0.051)
    assert {share: ratio * time_s.value for share, ratio in found.quantiles.items()} == pytest.approx(
        {0.5: 0.051, 0.95: 0.096, 0.99: 0.100}
    )
    assert found.longest * time_s.value == pytest.approx(0.101)
    assert [len(own) for own in found.launches.values()] == [51, 50]


@pytest.mark.parametrize(
    ("count", "told"), [(19, [0.5]), (20, [0.5, 0.95]), (99, [0.5, 0.95]), (100, [0.5, 0.95, 0.99])]
)
def test_a_quantile_needs_a_sample_beyond_it(make_run: Callable[..., Run], count: int, told: list[float]):
    """Of 19 samples none lies beyond the 95th percentile."""
    run = make_run({CASE: [[0.1 + number / 1e4 for number in range(count)]]})
    (found,) = spreads(run, list(summarise(run).cases))
    assert list(found.quantiles) == told


def test_the_axis_has_nearly_all_samples_in_sight(make_run: Callable[..., Run]):
    """One of a thousand samples is a thousand times longer: it doesn't squeeze the others into a corner."""
    run = make_run({CASE: [[0.1, 0.11, 0.09, 0.15] * 250 + [100.0]]})
    low, high = reach(spreads(run, list(summarise(run).cases)))
    assert 0.7 < low < 0.9
    assert 1.4 < high < 2


def test_a_level_mode_does_not_fill_the_axis(make_run: Callable[..., Run]):
    """Noise of one part in a thousand looks small."""
    run = make_run({CASE: [[0.1, 0.1001] * 50]})
    assert reach(spreads(run, list(summarise(run).cases))) == (0.8, 1.25)


def test_density_is_highest_where_most_values_are():
    """Nine in ten around 0, one in ten around 2; the highest point is 1 and nothing is negative."""
    values = np.concatenate(
        (np.random.default_rng(0).normal(0, 0.1, 900), np.random.default_rng(1).normal(2, 0.1, 100))
    )
    places, heights = density(values, -1, 3)
    assert places[heights.argmax()] == pytest.approx(0, abs=0.06)
    assert heights.max() == 1
    assert heights.min() >= 0
    second = heights[places > 1]
    assert places[places > 1][second.argmax()] == pytest.approx(2, abs=0.06)
    assert second.max() == pytest.approx(1 / 9, abs=0.04)


@pytest.mark.parametrize("values", [np.zeros(100), np.full(60, 7.0)], ids=["all alike", "all out of sight"])
def test_density_of_values_without_scatter(values: np.ndarray):
    """A single peak, or nothing; no division by zero."""
    _, heights = density(values, -1, 3)
    assert np.isfinite(heights).all()
    assert heights.max() <= 1


def test_each_launch_has_its_line_of_points(typical_run: Run):
    """Three launches of four modes, three samples each: twelve lines, with the median of the launch over each."""
    summary = summarise(typical_run)
    axes = distribution(typical_run, summary, "forward b100").axes[0]
    drawn = [line for line in axes.lines if line.get_linestyle() == "None"]
    heights = {line.get_ydata()[0] for line in drawn}
    assert len(heights) == 12
    assert sum(len(line.get_xdata()) for line in drawn) <= 36
    medians = [line for line in axes.lines if line.get_linewidth() == 1.8]
    first = spreads(typical_run, summary.groups["forward b100"])
    expected = sorted(float(np.median(own)) for one in first for own in one.launches.values())
    assert sorted(line.get_xdata()[0] for line in medians) == pytest.approx(expected)


@pytest.mark.parametrize(("count", "curves"), [(FEWEST_FOR_SHAPE - 1, 0), (FEWEST_FOR_SHAPE, 1)])
def test_few_samples_have_no_curve(make_run: Callable[..., Run], count: int, curves: int):
    """A shape through a handful of points would be made up."""
    run = make_run({CASE: [[0.1 + number / 1e4 for number in range(count)]]})
    axes = distribution(run, summarise(run), "forward b1").axes[0]
    assert sum(len(line.get_xdata()) > 100 for line in axes.lines) == curves


def test_points_beyond_the_axis_are_marked(make_run: Callable[..., Run]):
    """One triangle for a launch, however many there are."""
    run = make_run({CASE: [[0.1] * 1000 + [90.0] * 2, [0.1] * 1000]})
    lines = distribution(run, summarise(run), "forward b1").axes[0].lines
    assert [len(line.get_xdata()) for line in lines if line.get_marker() == ">"] == [1]


def test_numbers_stand_beside_the_points(make_run: Callable[..., Run]):
    """Median in seconds, the others as multiples of the mode's time; a dash where samples are too few."""
    run = make_run({CASE: [[0.1] * 29 + [0.3]]})
    written = [text.get_text() for text in distribution(run, summarise(run), "forward b1").axes[0].texts]
    assert written == ["100 ms", "1.00×", "–", "3.00×", "median", "95th", "99th", "longest"]


def test_a_group_without_times_is_refused(make_run: Callable[..., Run]):
    """No figure is empty: there is none."""
    run = make_run({CASE: [[0.1]]}, outcomes={CASE: CaseOutcome("failed", "it broke")})
    with pytest.raises(ValueError, match="no case of 'forward b1' has times"):
        distribution(run, summarise(run), "forward b1")


@pytest.mark.parametrize("samples", [[[0.1]], [[0.1], [1e6]], [[1e-9, 1e9]], [[0.1] * 3] * 40], ids=str)
def test_extreme_samples_are_drawn(make_run: Callable[..., Run], samples: list[list[float]]):
    """One sample, launches a million times apart, forty launches: a warning would fail this test."""
    run = make_run({CASE: samples})
    assert png(distribution(run, summarise(run), "forward b1"))[:4] == b"\x89PNG"


def test_hostile_names_are_drawn_as_text(hostile_run: Run):
    """A mode called like a formula neither fails nor becomes one."""
    assert png(distribution(hostile_run, summarise(hostile_run), "forward b1"))[:4] == b"\x89PNG"
