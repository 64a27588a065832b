"""What the figures of trainings draw, read back from Matplotlib's own objects."""

import pytest
from matplotlib.figure import Figure

from eagerbench import Run, summarise
from eagerbench.reports.drawn import png
from eagerbench.reports.figures import first_call, ranking
from eagerbench.reports.palette import PARTS, part_colour
from eagerbench.reports.pictures import pictures
from eagerbench.reports.training import ordered_parts, shares, split, time_to_target, with_parts, with_target
from eagerbench.summary import Summary

GROUP = "train env1"


def names(figure: Figure) -> list[str]:
    """The rows' labels, from top to bottom."""
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def texts(figure: Figure) -> list[str]:
    """All text inside the axes."""
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.fixture
def summary(training_run: Run) -> Summary:
    """Of the training run."""
    return summarise(training_run)


def test_trainings_are_ranked_by_steps_per_second(summary: Summary):
    """64 steps in 0.64 ms are 100,000 a second, in 256 ms 250; the fastest is on top."""
    figure = ranking(summary, GROUP)
    drawn = {
        line.get_ydata()[0]: line.get_xdata()[0]
        for line in figure.axes[0].lines
        if line.get_marker() not in {"", "None"}
    }
    assert names(figure) == ["fused-xla", "graph-v1", "function", "eager"]
    assert [drawn[row] for row in range(4)] == pytest.approx([100_000, 2_000, 1_000, 250])
    assert {"100,000 (100,000–100,000)", "400× faster (400–400)", "the reference"} <= set(texts(figure))
    assert figure.axes[0].get_xlabel() == "environment steps per second, logarithmic"


def test_first_call_of_a_training_is_an_update(summary: Summary):
    """It is named, and its break-even is counted, as what it is."""
    figure = first_call(summary, GROUP)
    assert figure.texts[0].get_text() == "Training in 1 environment: first update and later updates"
    assert "from the first update" in texts(figure)


def test_shares_are_of_one_step(summary: Summary):
    """75 % of 4 ms go into acting."""
    (eager,) = [case for case in summary.cases if case.case.mode == "eager"]
    assert shares(eager) == pytest.approx({"act": 0.75, "environment": 0.15, "update": 0.06, "bookkeeping": 0.04})
    assert sum(eager.parts_s.values()) == pytest.approx(0.004)


def test_each_bar_of_the_split_is_whole(summary: Summary):
    """Four pieces of eager and two of the program, each bar from 0 to 1; modes that tell no parts apart have none."""
    figure = split(summary, GROUP)
    assert names(figure) == ["fused-xla", "eager"]
    widths: dict[int, float] = {}
    for piece in figure.axes[0].patches:
        row = round(piece.get_y() + piece.get_height() / 2)
        widths[row] = widths.get(row, 0) + piece.get_width()
    assert widths == pytest.approx({0: 1.0, 1: 1.0})


def test_wide_pieces_bear_their_name_and_narrow_ones_nothing(summary: Summary):
    """The seconds of one step stand beside the bar."""
    written = texts(split(summary, GROUP))
    assert {"program 99 %", "act 75 %", "15 %", "10.0 µs", "4.00 ms"} <= set(written)
    assert not any("4 %" in text.split() for text in written)


def test_parts_have_an_order(summary: Summary):
    """That of a step; every one that occurs is named above the bars, in its colour."""
    assert ordered_parts(with_parts(summary, GROUP)) == list(PARTS)
    colours = {text.get_text(): text.get_color() for text in split(summary, GROUP).axes[0].texts}
    assert {part: colours[part] for part in PARTS} == {part: part_colour(part) for part in PARTS}


def test_time_to_target_shows_every_run(training_run: Run, summary: Summary):
    """Soonest on top; filled what is kept, hollow what was dropped, a cross for each failed run, a bar for the mean."""
    figure = time_to_target(training_run, summary, GROUP)
    assert names(figure) == ["fused-xla", "function", "eager", "graph-v1"]
    lines = figure.axes[0].lines
    crosses = [line.get_ydata()[0] for line in lines if line.get_marker() == "x"]
    means = {line.get_ydata()[0]: line.get_xdata()[0] for line in lines if line.get_marker() == "|"}
    estimates = {line.get_ydata()[0]: line.get_xdata()[0] for line in lines if line.get_marker() == "d"}
    runs = [line for line in lines if line.get_marker() not in {"x", "|", "d"}]
    filled = sorted(line.get_xdata()[0] for line in runs if line.get_markerfacecolor() == line.get_color())
    hollow = sorted(line.get_xdata()[0] for line in runs if line.get_markerfacecolor() != line.get_color())
    assert sorted(crosses) == [1, 3, 3]
    assert means == {0: 1.5, 1: 31.0}
    assert estimates == {2: pytest.approx(120)}
    assert (filled, hollow) == ([1.5, 31.0], [1.0, 2.5, 11.0, 21.0])


def test_time_to_target_in_words(training_run: Run, summary: Summary):
    """How many were solved, what became of the others, and what is an estimate."""
    written = texts(time_to_target(training_run, summary, GROUP))
    for expected in ("3 of 3 solved", "2 of 3 solved, 1 unsolved", "120 s, estimate", "not run", "void"):
        assert expected in written


def test_figures_without_anything_to_draw_are_refused(typical_run: Run):
    """A forward pass has no parts and no target."""
    summary = summarise(typical_run)
    assert with_parts(summary, "forward b1") == with_target(summary, "forward b1") == []
    with pytest.raises(ValueError, match="tells parts apart"):
        split(summary, "forward b1")
    with pytest.raises(ValueError, match="time to the target"):
        time_to_target(typical_run, summary, "forward b1")


def test_figures_of_a_training(training_run: Run, summary: Summary):
    """In the order of the page; each has a description with numbers and a caption."""
    (drawn,) = pictures(training_run, summary, {GROUP: "t"}).values()
    kinds = ("ranking", "split", "time-to-target", "learning", "rewards", "first-call", "samples", "distribution")
    assert [picture.name for picture in drawn] == [f"{kind}-t.png" for kind in kinds]
    told = {picture.name.removesuffix("-t.png"): picture.description for picture in drawn}
    assert "eager 4.00 ms a step: act 75%, environment 15%, update 6%, bookkeeping 4%" in told["split"]
    assert "eager 120 s estimate not run" in told["time-to-target"]
    assert "graph-v1 void: 2 of 3 failed 1 of 3 1 diverged, 1 failed" in told["time-to-target"]
    assert "fused-xla, seed 0: 122 after 20,000 steps and 1.00 s" in told["learning"]
    assert "after 20,000 steps and 1.00 s" in told["rewards"]
    assert all(picture.caption.endswith(".") for picture in drawn)


def test_degenerate_trainings_are_drawn_as_far_as_they_go(degenerate_training: Run):
    """Nothing fails and nothing warns, a warning being an error in this suite."""
    summary = summarise(degenerate_training)
    for group in summary.groups:
        if with_parts(summary, group):
            assert png(split(summary, group))[:4] == b"\x89PNG"
        if with_target(summary, group):
            assert png(time_to_target(degenerate_training, summary, group))[:4] == b"\x89PNG"
