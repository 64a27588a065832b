"""What the figures of a gate draw, read back from Matplotlib's own objects."""

import math
import statistics
from collections.abc import Callable

import msgspec
import pytest
from matplotlib.axes import Axes

from eagerbench.gate import CaseVerdict, Change, Judgement, block_changes, judge_live
from eagerbench.gate_record import GateRecord
from eagerbench.reports.gate.figures import MOST_PANELS, MOST_ROWS, blocks_in_order, intervals, told_with_change
from eagerbench.reports.gate.pictures import gate_pictures

MakeCases = Callable[..., tuple[CaseVerdict, ...]]


def names(axes: Axes) -> list[str]:
    """The rows' labels, from top to bottom."""
    return [label.get_text() for label in axes.get_yticklabels()]


def judged(*cases: CaseVerdict) -> Judgement:
    """A judgement of some cases."""
    return Judgement("stored", "regression", "so", "b", "h", cases, reference="function")


def test_rows_are_the_cases_worst_first(live_gate: GateRecord):
    """From top to bottom, with change, interval and verdict beside."""
    (axes,) = intervals(judge_live(live_gate)).axes
    assert names(axes)[:2] == ["forward/function-xla/b100000", "forward/predict/b100000"]
    assert names(axes)[-1] == "update/eager/b64"
    assert axes.yaxis_inverted()
    written = [text.get_text() for text in axes.texts]
    assert "+21.8 % (+19.1 … +25.2 %)" in written
    assert [text for text in written if text in {"regression", "inconclusive", "pass", "improvement"}] == [
        "regression",
        "inconclusive",
        *["pass"] * 3,
        "improvement",
    ]


def test_bars_are_the_intervals(live_gate: GateRecord):
    """The thick ones, row by row, against the judgement; markers lie at the changes."""
    judgement = judge_live(live_gate)
    (axes,) = intervals(judgement).axes
    bars = [tuple(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 6]
    points = [line.get_xdata()[0] for line in axes.lines if line.get_markersize() == 7]
    told = [own.change for own in told_with_change(judgement) if own.change]
    assert bars == [(math.log(change.low or 0), math.log(change.high or 0)) for change in told]
    assert points == [math.log(change.value) for change in told]


def test_each_row_has_its_own_margin():
    """The shade goes from the margin's reciprocal to the margin."""
    (axes,) = intervals(
        judged(
            CaseVerdict("a/b/c", "pass", "", 0.05, Change(1.0, 0.99, 1.01, 8)),
            CaseVerdict("a/b/d", "pass", "", 0.2, Change(1.0, 0.99, 1.01, 8)),
        )
    ).axes
    shades = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches]
    assert shades == [(-math.log1p(0.05), pytest.approx(math.log1p(0.05))), (-math.log1p(0.2), math.log1p(0.2))]


def test_the_control_is_drawn_where_there_is_one(live_gate: GateRecord, stored_judgement: Judgement):
    """And only there is it spoken of."""
    for judgement, controls in ((judge_live(live_gate), 6), (stored_judgement, 0)):
        figure = intervals(judgement)
        assert sum(line.get_linewidth() == 1.4 for line in figure.axes[0].lines) == controls
        assert ("control" in figure.texts[1].get_text()) == bool(controls)


def test_one_outlier_does_not_squeeze_the_others(make_cases: MakeCases):
    """A case that is 50 times as slow is an arrow at the edge, with its number beside."""
    slow = CaseVerdict("a/b/slow", "regression", "", 0.05, Change(50.0, 49.0, 51.0, 8))
    (axes,) = intervals(judged(slow, *make_cases(9))).axes
    edge = axes.get_xlim()[1]
    assert edge == pytest.approx(math.log(1.5))
    arrows = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == ">"]
    assert arrows == [pytest.approx(edge)]
    assert "+4,900 % (+4,800 … +5,000 %)" in [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("factor", [1.003, 1.04, 1.24, 1.9, 15.0, 900.0, 1e6])
def test_marks_of_the_axis_lie_on_it(factor: float):
    """At least three, for every reach."""
    change = Change(factor, factor, factor, 8)
    (axes,) = intervals(judged(CaseVerdict("a/b/c", "regression", "", 0.002, change))).axes
    low, high = axes.get_xlim()
    ticks = list(axes.get_xticks())
    assert len(ticks) >= 3
    assert 0 in ticks
    assert all(low <= tick <= high for tick in ticks)


def test_cases_without_a_change_are_not_drawn(stored_judgement: Judgement):
    """Four of eight; the caption says so."""
    (axes,) = intervals(stored_judgement).axes
    assert names(axes) == ["update/eager/b64", "forward/numpy/b1", "forward/eager/b1", "forward/predict/b1"]
    (picture,) = gate_pictures(stored_judgement)
    assert "Not drawn: 4 cases" in picture.caption


def test_impossible_numbers_are_not_drawn():
    """An infinite change has no place on an axis."""
    assert told_with_change(judged(CaseVerdict("a/b/c", "inconclusive", "", 0.05, Change(math.inf, 1.0, 1.1, 8)))) == []


def test_every_counted_block_is_drawn_once(live_gate: GateRecord):
    """In the order taken, at its height; the median of each round over all of it."""
    judgement = judge_live(live_gate)
    figure = blocks_in_order(judgement, live_gate)
    told = told_with_change(judgement)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [own.case for own in told]
    assert [axes.get_title(loc="right") for axes in figure.axes] == [own.verdict for own in told]
    for axes, own in zip(figure.axes, told, strict=True):
        rounds = block_changes(live_gate, own.case)
        inside = [line for line in axes.lines if line.get_linestyle() == "None" and line.get_marker() == "."]
        points = [point for line in inside for point in zip(line.get_xdata(), line.get_ydata(), strict=True)]
        beyond = sum(
            len(line.get_xdata())
            for line in axes.lines
            if line.get_linestyle() == "None" and line.get_marker() in {"^", "v"}
        )
        expected = list(enumerate(change for own_round in rounds for change in own_round))
        assert set(points) <= set(expected)
        assert len(points) + beyond == len(expected) == 32
        medians = [line.get_ydata()[0] for line in axes.lines if line.get_linewidth() == 1.6]
        assert medians == pytest.approx([statistics.median(own_round) for own_round in rounds])


def test_long_lists_are_cut(make_gate: Callable[..., GateRecord]):
    """40 rows and 24 panels at most, and both captions say how many are left out."""
    record = make_gate({f"forward/eager/b{number}": 0.0 for number in range(1, 51)}, rounds=6, blocks=2)
    judgement = judge_live(record)
    rows, panels = gate_pictures(judgement, record)
    assert len(names(intervals(judgement).axes[0])) == MOST_ROWS
    assert len(blocks_in_order(judgement, record).axes) == MOST_PANELS
    assert f"Not drawn: {50 - MOST_ROWS} cases" in rows.caption
    assert f"Not drawn: {50 - MOST_PANELS} cases" in panels.caption


def test_pictures_say_what_they_show(live_gate: GateRecord):
    """The numbers are in the description, so that nothing is for the eye alone."""
    rows, panels = gate_pictures(judge_live(live_gate), live_gate)
    assert [rows.name, panels.name] == ["gate-intervals.png", "gate-blocks.png"]
    assert "forward/function-xla/b100000 +21.8 % (+19.1 … +25.2 %), regression" in rows.description
    assert "forward/predict/b100000 32 blocks in 8 rounds, inconclusive" in panels.description
    assert "Not drawn" not in rows.caption + panels.caption


def test_stored_results_have_no_blocks(stored_judgement: Judgement):
    """One figure only."""
    assert [picture.name for picture in gate_pictures(stored_judgement)] == ["gate-intervals.png"]


def test_nothing_to_draw_is_the_callers_mistake(live_gate: GateRecord):
    """Ask first."""
    empty = msgspec.structs.replace(judge_live(live_gate), cases=())
    assert gate_pictures(empty, live_gate) == []
    with pytest.raises(ValueError, match="no case has a change"):
        intervals(empty)
    with pytest.raises(ValueError, match="no case has a change"):
        blocks_in_order(empty, live_gate)


def test_degenerate_gates_are_drawn_where_there_is_a_change(degenerate_gate: tuple[Judgement, GateRecord]):
    """Two figures or none."""
    judgement, record = degenerate_gate
    drawn = gate_pictures(judgement, record)
    assert len(drawn) == (2 if any(own.change for own in judgement.cases) else 0)


def test_hostile_names_are_drawn_as_text(hostile_judgement: Judgement):
    """No formula is evaluated, no sign is drawn that the font lacks."""
    (picture,) = gate_pictures(hostile_judgement)
    assert picture.png.startswith(b"\x89PNG")
