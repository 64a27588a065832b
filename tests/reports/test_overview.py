"""The figure of everything that was raced, read back from Matplotlib's own objects."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from math import sqrt

import pytest
from matplotlib.axes import Axes
from matplotlib.markers import CARETLEFT, CARETRIGHT

from eagerbench import Run, summarise
from eagerbench.reports.drawn import png
from eagerbench.reports.overview import MOST_PANELS, drawable_overview, modes_in_order, overview, told_groups
from eagerbench.reports.pictures import overview_picture
from eagerbench.results import CaseOutcome

# Seconds by group and mode: at b1 function is ten times and numpy a hundred times faster than eager; at b8 function is
# no different, and predict four times slower.
TIMES = {
    "forward/eager/b1": 0.1,
    "forward/function/b1": 0.01,
    "forward/numpy/b1": 0.001,
    "forward/eager/b8": 0.1,
    "forward/function/b8": 0.1,
    "forward/predict/b8": 0.4,
}


def twice(times: Mapping[str, float]) -> dict[str, list[list[float]]]:
    """Two launches, the second of which is one part in a hundred slower or faster, mode by mode."""
    return {
        case: [[time_s], [time_s * (1.01 if place % 2 else 0.99)]] for place, (case, time_s) in enumerate(times.items())
    }


@pytest.fixture
def run(make_run: Callable[..., Run]) -> Run:
    """Two groups."""
    return make_run(twice(TIMES))


def words(axes: Axes) -> dict[int, str]:
    """What is written beside a panel, by row."""
    return {round(text.get_position()[1]): text.get_text() for text in axes.texts}


def test_every_panel_has_the_same_rows_and_the_same_axis(run: Run):
    """Modes in one order, so that one can be followed from panel to panel; names stand on the left only."""
    left, right = overview(summarise(run)).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["numpy", "function", "eager", "predict"]
    assert not any(label.get_text() for label in right.get_yticklabels())
    assert left.get_ylim() == right.get_ylim()
    assert left.get_xlim() == right.get_xlim()
    assert [axes.get_title("left") for axes in (left, right)] == ["Forward pass\n1 row", "Forward pass\n8 rows"]


def test_modes_stand_in_the_order_of_their_mean_ratio(run: Run):
    """Function: the geometric mean of 10 and 1; numpy: 100, of the one group that it is in."""
    summary = summarise(run)
    assert modes_in_order(told_groups(summary)) == ["numpy", "function", "eager", "predict"]
    ratios = {case.case.id: case.speedup.value for case in summary.cases if case.speedup}
    assert sqrt(ratios["forward/function/b1"] * ratios["forward/function/b8"]) < ratios["forward/numpy/b1"]


def test_points_and_intervals_lie_at_the_ratios(run: Run):
    """Single points and bars of a panel against the summary."""
    summary = summarise(run)
    cases = {case.case.mode: case for case in summary.groups["forward b8"]}
    lines = overview(summary).axes[1].lines
    points = {line.get_ydata()[0]: line.get_xdata()[0] for line in lines if len(line.get_xdata()) == 1}
    bars = {line.get_ydata()[0]: list(line.get_xdata()) for line in lines if line.get_linewidth() == 6}
    predict, function = cases["predict"].speedup, cases["function"].speedup
    assert points == {1: function.value, 2: 1.0, 3: predict.value}
    assert bars == {1: [function.low, function.high], 3: [predict.low, predict.high]}


def test_each_row_is_told_in_words(run: Run):
    """How many times faster or slower; that no difference is shown; that a mode has no part in the group."""
    left, right = (words(axes) for axes in overview(summarise(run)).axes)
    assert left[2] == right[2] == "reference"
    assert (left[3], right[0], right[1]) == ("–", "–", "not shown")
    assert left[1].endswith("×")
    assert right[3].endswith("× slower")


def test_what_is_withheld_or_cannot_run_is_said(make_run: Callable[..., Run]):
    """In the row of the mode, instead of a point."""
    outcomes = {
        "forward/numpy/b1": CaseOutcome("disagrees", "by a lot"),
        "forward/function/b1": CaseOutcome("unavailable", "no such thing"),
    }
    times = {**TIMES, "forward/predict/b1": 1.0}
    axes = overview(summarise(make_run(twice(times), outcomes=outcomes))).axes[0]
    told = {label.get_text(): words(axes)[row] for row, label in enumerate(axes.get_yticklabels())}
    assert (told["numpy"], told["function"]) == ("withheld", "can't run")


@pytest.mark.parametrize("slowest", [1950, 12, 1.5, 0.5])
def test_words_stand_beside_the_axis_and_touch_nothing(make_run: Callable[..., Run], slowest: float):
    """Right of every bar, and left of the next panel and of the figure's edge; numbers along the axes stand apart."""
    seconds = {"eager": 0.1, "fused-xla": 0.1 / 1250, "predict": 0.1 * slowest, "function": 0.01}
    times = twice({f"forward/{mode}/b{rows}": time_s for rows in (1, 2, 4, 8) for mode, time_s in seconds.items()})
    times["forward/predict/b1"] = [[0.001], [10.0]]  # an interval of many decades
    figure = overview(summarise(make_run(times)))
    starts = sorted({axes.get_window_extent().x0 for axes in figure.axes})
    for axes in figure.axes:
        end = next((start for start in starts if start > axes.get_window_extent().x0), figure.bbox.x1)
        for text in axes.texts:
            assert axes.get_window_extent().x1 < text.get_window_extent().x0
            assert text.get_window_extent().x1 < end
    ticks = [label.get_window_extent() for axes in figure.axes for label in axes.get_xticklabels()]
    assert len(ticks) >= 8
    assert all(one.x1 < other.x0 or one.y0 > other.y1 for one, other in pairwise(ticks))


def test_an_interval_of_many_decades_is_cut_at_an_arrow(make_run: Callable[..., Run]):
    """Of launches that disagree; the others have room beside it."""
    times = {**twice(TIMES), "forward/function/b1": [[1e-5], [10.0]]}
    axes = overview(summarise(make_run(times))).axes[0]
    arrows = [line for line in axes.lines if line.get_marker() in {CARETLEFT, CARETRIGHT}]
    assert [line.get_xdata()[0] for line in arrows] == list(axes.get_xlim())
    assert axes.get_xlim()[1] / axes.get_xlim()[0] < 1e6


def test_without_intervals_there_is_no_overview(make_run: Callable[..., Run]):
    """One launch, or no eager: no ratio, no figure."""
    one = summarise(make_run({case: [[time_s]] for case, time_s in TIMES.items()}))
    without = summarise(make_run({case: own for case, own in twice(TIMES).items() if "eager" not in case}))
    for summary in (one, without):
        assert not drawable_overview(summary)
        assert overview_picture(summary) is None
        with pytest.raises(ValueError, match=r"ask drawable_overview\(\) first"):
            overview(summary)


def test_panels_beyond_the_most_are_left_out_and_named(make_run: Callable[..., Run]):
    """Ten groups, five of each workload: eight panels, in rows of four; the caption has the other two."""
    times = {
        f"{workload}/{mode}/b{2**size}": 0.1 * 2**size
        for workload in ("forward", "update")
        for size in range(5)
        for mode in ("eager", "function")
    }
    summary = summarise(make_run(twice(times)))
    figure = overview(summary)
    assert len(figure.axes) == MOST_PANELS
    assert len({round(axes.get_position().y0, 6) for axes in figure.axes}) == 2
    picture = overview_picture(summary)
    assert picture
    assert picture.caption.endswith("Not drawn: Gradient step on 8 rows; Gradient step on 16 rows.")
    assert picture.name == "overview.png"
    assert "function" in picture.description


def test_hostile_names_are_drawn_as_text(hostile_run: Run):
    """A formula stays text; a warning would fail this test."""
    summary = summarise(hostile_run)
    if drawable_overview(summary):
        assert png(overview(summary))[:4] == b"\x89PNG"
