"""What the figures draw, read back from Matplotlib's own objects."""

import io
from collections.abc import Callable
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.markers import CARETLEFT, CARETRIGHT
from PIL import Image

from eagerbench import Run, summarise
from eagerbench.reports.axes import DOTS_PER_INCH, canvas, drawing, log_axis, log_ticks, panel
from eagerbench.reports.drawn import png
from eagerbench.reports.drift import in_order, samples_in_order, scale
from eagerbench.reports.figures import drawable, first_call, limit_in_sight, ranking
from eagerbench.reports.palette import CARD, PARTS, hollow, look, part_colour, stage_colour
from eagerbench.reports.tables import ranked, significant
from eagerbench.results import CaseOutcome
from eagerbench.starting import STAGES

MODES = ("eager", "function", "function-xla", "blocked-xla", "predict", "predict-full", "predict-on-batch")
TRAINING_MODES = ("rollout", "fused", "fused-xla", "fused-jax")
MORE_MODES = ("predict-eager", "graph-v1", "graph-v1-feed", "saved-model", "numpy")


def names(figure: Figure) -> list[str]:
    """The rows' labels, from top to bottom."""
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def texts(figure: Figure) -> list[str]:
    """All text inside the axes."""
    return [text.get_text() for text in figure.axes[0].texts]


def test_fastest_mode_is_on_top(typical_run: Run):
    """Modes stand in the order of their times; rows count downwards."""
    figure = ranking(summarise(typical_run), "forward b100")
    assert names(figure) == ["function", "eager", "numpy", "predict"]
    assert figure.axes[0].yaxis_inverted()


def test_points_lie_at_the_times(typical_run: Run):
    """Single points of the drawing, row by row, against the summary."""
    summary = summarise(typical_run)
    drawn = {
        line.get_ydata()[0]: line.get_xdata()[0]
        for line in ranking(summary, "forward b100").axes[0].lines
        if len(line.get_xdata()) == 1
    }
    expected = [case.time_s.value for case in ranked(summary.groups["forward b100"]) if case.time_s]
    assert [drawn[row] for row in range(4)] == expected


def test_modes_without_times_are_listed_last_with_the_reason(typical_run: Run):
    """No point is drawn for them, and the reader learns why."""
    figure = ranking(summarise(typical_run), "forward b1")
    assert names(figure)[2:] == ["saved-model", "graph-v1"]
    assert {"time withheld: disagrees with the reference", "no time: can't run here"} <= set(texts(figure))


def test_values_and_speedups_are_written_beside_the_points(typical_run: Run):
    """The figure can be read without the table."""
    written = texts(ranking(summarise(typical_run), "forward b100"))
    assert any(text.startswith("21.0 ms (") for text in written)
    assert any(text.startswith("2.0× faster (") for text in written)
    assert "the reference" in written


def test_one_launch_is_drawn_without_ratios(make_run: Callable[..., Run]):
    """No ratio and no heading for ratios, and the subtitle says why."""
    summary = summarise(make_run({"forward/eager/b1": [[0.2]], "forward/function/b1": [[0.1]]}))
    figure = ranking(summary, "forward b1")
    assert texts(figure) == ["100 ms", "200 ms", "the reference"]
    assert figure.texts[1].get_text().startswith("Point: median of the one launch")


def test_a_label_without_room_at_its_sides_stands_above(make_run: Callable[..., Run]):
    """An interval as wide as the axis pushes its label neither out of the axes nor into the ratios."""
    run = make_run({"forward/eager/b1": [[0.002], [0.2]], "forward/function/b1": [[0.02], [0.02]]})
    places = {text.get_text(): text.get_ha() for text in ranking(summarise(run), "forward b1").axes[0].texts}
    assert [ha for text, ha in places.items() if " ms (" in text] == ["center", "left"]


# Launches that agree; that lie a few times apart; and that leave an interval of more than twenty decades.
FAR_APART = {
    "forward/eager/b1": [[0.002], [0.02]],
    "forward/predict-on-batch/b1": [[0.1], [0.1]],
    "forward/predict-full/b1": [[0.01], [0.8]],
    "forward/function/b1": [[1.3e-4], [1.4e-4]],
    "forward/graph-v1-feed/b1": [[1e-5], [2e-2]],
}


@pytest.mark.parametrize("draw", [ranking, first_call])
def test_no_two_texts_of_wide_intervals_touch(make_run: Callable[..., Run], draw: Callable[..., Figure]):
    """Values, names of modes, ratios and numbers along the axis, of launches that are decades apart."""
    figure = draw(summarise(make_run(FAR_APART)), "forward b1")
    axes = figure.axes[0]
    told = [*axes.texts, *axes.get_yticklabels(), *axes.get_xticklabels(), axes.xaxis.label]
    boxes = {text.get_text(): text.get_window_extent() for text in told}
    assert len(boxes) >= len(FAR_APART) * 2
    assert not [
        (one, other)
        for one, other in combinations(boxes, 2)
        if boxes[one].x0 < boxes[other].x1
        and boxes[other].x0 < boxes[one].x1
        and boxes[one].y0 < boxes[other].y1
        and boxes[other].y0 < boxes[one].y1
    ]
    assert max(box.x1 for box in boxes.values()) <= figure.bbox.x1


def test_a_label_above_its_interval_stays_within_the_axes(make_run: Callable[..., Run]):
    """Also of a point near an edge of the axes whose interval leaves no room on either side."""
    times = {"eager": [[1e-3], [1e2]], "function": [[2e-5], [2e-5]], "predict": [[1e-7], [1e-2]]}
    run = make_run({f"forward/{mode}/b1": own for mode, own in times.items()})
    axes = ranking(summarise(run), "forward b1").axes[0]
    above = [text for text in axes.texts if text.get_ha() == "center"]
    assert len(above) == 2
    for text in above:
        assert axes.bbox.x0 <= text.get_window_extent().x0
        assert text.get_window_extent().x1 <= axes.bbox.x1


@pytest.mark.parametrize("draw", [ranking, first_call])
def test_an_interval_is_never_cut_without_an_arrow(make_run: Callable[..., Run], draw: Callable[..., Figure]):
    """The axis ends near the points; an arrow stands exactly where a bar is cut."""
    summary = summarise(make_run(FAR_APART, cold={case: 0.1 * (place + 1) for place, case in enumerate(FAR_APART)}))
    cases = ranked(summary.groups["forward b1"])
    axes = draw(summary, "forward b1").axes[0]
    first, last = axes.get_xlim()
    arrows = {
        (line.get_ydata()[0], line.get_xdata()[0])
        for line in axes.lines
        if line.get_marker() in {CARETLEFT, CARETRIGHT}
    }
    shown = [case.time_s if draw is ranking else case.cold_s for case in cases]
    assert arrows == {
        (row, edge)
        for row, own in enumerate(shown)
        for edge, cut in ((first, own.low < first), (last, own.high > last))
        if cut
    }
    assert bool(arrows) == (draw is ranking)
    points = [case.time_s.value for case in cases]
    if draw is ranking:
        assert min(points) / 20 < first
        assert last < max(points) * 20


def test_an_axis_has_only_as_many_numbers_as_have_room():
    """Ten decades of steps a second: the narrower the panel, the fewer powers of ten are written."""
    with drawing():
        figure = canvas("", "", 2)
        for width_in, expected in ((7.0, 6), (4.0, 4), (0.5, 1)):
            axes = panel(figure, 1, 0.5, width_in, 1)
            log_axis(axes, 1, 1e10, significant, most_ticks=20)
            assert len(axes.get_xticks()) == expected


def test_limit_is_drawn_where_it_is_near(make_run: Callable[..., Run]):
    """100,000 rows take 2.8 ms of arithmetic, a tenth of the fastest mode."""
    summary = summarise(make_run({"forward/eager/b100000": [[0.03], [0.03]]}))
    assert "arithmetic alone: 2.82 ms" in texts(ranking(summary, "forward b100000"))


def test_limit_out_of_sight_is_left_out(make_run: Callable[..., Run]):
    """One row takes 28 ns of arithmetic: a line there would squeeze every point into a corner."""
    summary = summarise(make_run({"forward/eager/b1": [[0.002], [0.002]]}))
    assert limit_in_sight(summary.groups["forward b1"]) is None
    assert not any("arithmetic" in text for text in texts(ranking(summary, "forward b1")))


def test_first_call_tells_the_break_even(typical_run: Run):
    """300 ms of debt at about 21 ms a call are paid back after 16 calls."""
    assert any(
        text.startswith("after 16 calls (") for text in texts(first_call(summarise(typical_run), "forward b100"))
    )


def test_every_sample_is_drawn_once(typical_run: Run):
    """Inside the row or, clipped, on its edge."""
    summary = summarise(typical_run)
    figure = samples_in_order(typical_run, summary, "forward b100")
    drawn = sum(len(line.get_xdata()) for line in figure.axes[0].lines if line.get_linestyle() == "None")
    assert drawn == sum(case.samples for case in summary.groups["forward b100"])


def test_launches_follow_each_other_on_the_shared_axis(typical_run: Run):
    """Four cases with three samples each in three launches: places 0 to 35, launch after launch."""
    ordered, spans = in_order(typical_run, summarise(typical_run).groups["forward b100"])
    assert spans == {0: (0, 12), 1: (12, 24), 2: (24, 36)}
    assert sorted(place for one in ordered for own in one.places.values() for place in own) == list(range(36))


def test_samples_are_relative_to_the_time_of_their_mode(make_run: Callable[..., Run]):
    """10 and 40 ms around a median of 25 ms."""
    run = make_run({"forward/eager/b1": [[0.010, 0.040]]})
    (one,), _ = in_order(run, summarise(run).groups["forward b1"])
    assert one.ratios == {0: pytest.approx([0.4, 1.6])}


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [([0.9, 1.1], 1.25), ([1.0] * 95 + [9.0] * 5, 1.25), ([1.0] * 94 + [1.4] * 6, 1.5), ([9.0], 3.0)],
)
def test_scale_holds_nearly_all_samples(ratios: list[float], expected: float):
    """A few outliers don't flatten the rest: they are clipped, and marked."""
    assert scale(ratios) == expected


def test_samples_beyond_the_row_are_marked(make_run: Callable[..., Run]):
    """One of forty samples takes five times as long: a triangle on the edge, not a missing point."""
    run = make_run({"forward/eager/b1": [[0.01] * 39 + [0.05]]})
    figure = samples_in_order(run, summarise(run), "forward b1")
    markers = {line.get_marker(): len(line.get_xdata()) for line in figure.axes[0].lines if len(line.get_xdata())}
    assert (markers["."], markers["^"]) == (39, 1)


@pytest.mark.parametrize("draw", ["ranking", "first_call", "samples"])
def test_a_group_without_times_is_refused(draw: str, make_run: Callable[..., Run]):
    """No figure is empty: there is none."""
    case = "forward/eager/b1"
    run = make_run({case: [[0.1]]}, outcomes={case: CaseOutcome("failed", "it broke")})
    summary = summarise(run)
    assert not drawable(summary, "forward b1")
    drawing = {
        "ranking": lambda: ranking(summary, "forward b1"),
        "first_call": lambda: first_call(summary, "forward b1"),
        "samples": lambda: samples_in_order(run, summary, "forward b1"),
    }
    with pytest.raises(ValueError, match=r"no case of 'forward b1' has times"):
        drawing[draw]()


def test_drawing_changes_no_global_setting(typical_run: Run):
    """Who imports the package keeps his own style."""
    before = dict(mpl.rcParams)
    png(ranking(summarise(typical_run), "forward b100"))
    assert dict(mpl.rcParams) == before


def test_the_same_numbers_give_the_same_bytes(typical_run: Run):
    """No date and no random id is in the file, so that a report can be compared."""
    summary = summarise(typical_run)
    assert png(ranking(summary, "forward b100")) == png(ranking(summary, "forward b100"))


def test_the_palette_of_a_file_is_not_seen(typical_run: Run):
    """White stays white, and no sign of a text nor any line changes by what an eye could tell."""
    figure = ranking(summarise(typical_run), "forward b100")
    with drawing():
        whole = io.BytesIO()
        figure.savefig(whole, format="png", dpi=DOTS_PER_INCH, facecolor=CARD)
    with Image.open(whole) as before, Image.open(io.BytesIO(png(figure))) as after:
        assert (after.mode, before.size) == ("P", after.size)
        changes = np.asarray(before.convert("RGB"), int) - np.asarray(after.convert("RGB"), int)
        white = np.asarray(before.convert("RGB")).min(axis=2) == 255
    assert np.abs(changes).max() <= 16
    assert np.abs(changes[white]).max() == 0


def test_a_filled_cache_looks_like_its_mode():
    """In colour and marker; that it is hollow tells them apart."""
    assert look("function-xla+cache") == look("function-xla")
    assert (hollow("function-xla+cache"), hollow("function-xla")) == (True, False)


@pytest.mark.parametrize("stage", [*STAGES, "unknown"])
def test_white_text_stands_out_from_stages(stage: str):
    """At least 4.5 to 1, since seconds are written on them."""
    assert contrast(stage_colour(stage)) >= 4.5


def contrast(colour: str) -> float:
    """Contrast with white by the formula of WCAG."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


# Machado, Oliveira & Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency",
# severity 1.0; on linear RGB.
SEEN = {
    "by all cones": np.eye(3),
    "without red cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "without green cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def lab(colour: str, seen: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as somebody sees it."""
    signal = np.array([int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    linear = np.clip(seen @ np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4), 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    root = np.cbrt(xyz / (0.9505, 1, 1.089))
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
def test_modes_are_told_apart_by_marker_or_by_colour(seen: np.ndarray):
    """Of any two modes, all of which may be neighbours in a figure, whoever looks: at least 10 apart in CIE L*a*b*."""
    pairs = combinations(MODES + MORE_MODES + TRAINING_MODES, 2)
    alike = [(one, other) for one, other in pairs if look(one).marker == look(other).marker]
    assert len(alike) > 10
    near = {
        pair: distance
        for pair in alike
        if (distance := np.linalg.norm(np.subtract(*(lab(look(mode).colour, seen) for mode in pair)))) < 10
    }
    assert near == {}


def test_each_known_mode_has_its_own_colour():
    """Sixteen modes, sixteen colours; the modes of one program are a family with one marker."""
    assert len({look(mode).colour for mode in MODES + MORE_MODES + TRAINING_MODES}) == 16
    assert len({look(mode).marker for mode in TRAINING_MODES}) == 1


@pytest.mark.parametrize("mode", [*MODES, *MORE_MODES, *TRAINING_MODES, "unknown", "", "模式", "\ud800"])
def test_every_colour_stands_out_from_white(mode: str):
    """At least 3 to 1, and the same look each time."""
    assert contrast(look(mode).colour) >= 3
    assert look(mode) == look(mode)


@pytest.mark.parametrize("part", [*PARTS, "unknown"])
def test_white_text_stands_out_from_parts(part: str):
    """At least 4.5 to 1, since shares are written on them."""
    assert contrast(part_colour(part)) >= 4.5


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.0005, 2, [1e-3, 1e-2, 1e-1, 1]), (0.5, 40, [1, 3, 10, 30]), (0.9, 2.1, [1, 1.5, 2])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]):
    """At least three of them wherever round numbers allow."""
    assert log_ticks(low, high) == pytest.approx(expected)


def test_hostile_names_are_drawn_as_text(hostile_run: Run):
    """A mode called like a formula neither fails nor becomes one; a warning would fail this test."""
    summary = summarise(hostile_run)
    figures = [ranking(summary, "forward b1"), first_call(summary, "forward b1")]
    figures.append(samples_in_order(hostile_run, summary, "forward b1"))
    assert [png(figure)[:8] for figure in figures] == [b"\x89PNG\r\n\x1a\n"] * 3
    assert "$\\frac{$" in names(figures[0])
