"""Words, tables and figures of memory, on processes worked out by hand.

Above 500 MB of imports: eager holds 20, 21 and 22 MB in three processes and stays there; predict holds 30 MB and 1 MB
more after each ten calls; function made ten calls only.
"""

from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.axes import Axes

from eagerbench import Run, summarise
from eagerbench.growth import GROWTH_MB, SETTLING
from eagerbench.reports.drawn import png
from eagerbench.reports.forked.memory_growth import growth, risen
from eagerbench.reports.forked.memory_peaks import peaks
from eagerbench.reports.forked.memory_rows import memory_table
from eagerbench.reports.forked.memory_words import memory_in_short, memory_of, memory_sentences, verdict_in_words
from eagerbench.results import CaseOutcome, MemoryUse
from eagerbench.summary import Summary

GROUP = "memory b1"
EAGER, FUNCTION = "memory/eager/b1", "memory/function/b1"
MakeUse = Callable[..., MemoryUse]


@pytest.fixture
def summary(forked_run: Run) -> Summary:
    """Of the run with all three workloads."""
    return summarise(forked_run)


def sentences(summary: Summary) -> list[str]:
    """Of the only group of memory."""
    (cases,) = summary.of("memory").values()
    return memory_sentences(summary, cases)


def texts(axes: Axes) -> list[str]:
    """All text inside the axes."""
    return [text.get_text() for text in axes.texts]


def markers(axes: Axes) -> list[tuple[float, float]]:
    """Every single point, place and height."""
    return [
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in axes.lines
        if len(line.get_xdata()) == 1 and line.get_marker() not in {"", "None", "|"}
    ]


def test_sentences(summary: Summary):
    """What the imports hold, who peaks lowest and highest, who grows, and where objects pile up."""
    assert sentences(summary) == [
        "Before a mode begins, a process with everything imported holds 500 MB; all else is above that.",
        ("In its first call eager peaked lowest, at 21.0 MB (18.5–23.5), and predict highest, at 35.0 MB (35.0–35.0)."),
        "In 1,000 further calls memory grows in predict by 100 MB (100–100).",
        "eager is flat: below 0.1 MB in 1,000 calls.",
        "For function, more calls, or more processes, would tell.",
        "Python objects that stay after 1,000 calls: 500 (500–500) in predict.",
    ]


def test_imports_that_differ_are_a_range(make_forked_run: Callable[..., Run], make_memory_use: MakeUse):
    """From mode to mode, and called no interval."""
    run = make_forked_run(memory=[make_memory_use(EAGER, [1.0]), make_memory_use(FUNCTION, [1.0], baseline_mb=510.0)])
    assert "holds 505 MB (500 to 510 from mode to mode)" in sentences(summarise(run))[0]


@pytest.mark.parametrize(
    ("slopes", "expected"),
    [
        ({EAGER: 1.0, FUNCTION: 1.0}, ["memory grows from call to call in eager and function"]),
        ({EAGER: 0.0, FUNCTION: 1.0}, ["memory grows from call to call in function"]),
        ({EAGER: 0.0, FUNCTION: 0.0}, ["memory grows in no mode"]),
        ({EAGER: 0.0, FUNCTION: None}, ["memory is shown to grow in no mode"]),
    ],
)
def test_in_short(
    slopes: dict[str, float | None], expected: list[str], make_forked_run: Callable[..., Run], make_memory_use: MakeUse
):
    """One clause for the headline; where somebody is unclear it doesn't say that nobody grows."""
    run = make_forked_run(
        memory=[
            make_memory_use(case, [5.0] if own is None else [5.0 + own * number for number in range(11)])
            for case, own in slopes.items()
            for _ in range(3)
        ]
    )
    assert memory_in_short(summarise(run)) == expected


def test_nobody_looked_at_memory(typical_run: Run, make_forked_run: Callable[..., Run]):
    """There is no clause, or one that says that all failed."""
    assert memory_in_short(summarise(typical_run)) == []
    failed = summarise(make_forked_run(outcomes={EAGER: CaseOutcome("crashed", "signal 11")}))
    assert memory_in_short(failed) == ["of no mode is the memory known"]
    assert sentences(failed) == ["Of no mode is the memory known."]


def noisy(make_memory_use: MakeUse) -> list[MemoryUse]:
    """Three processes that grow by 0, 0 and 1 MB in ten calls."""
    return [make_memory_use(EAGER, [5.0 + own * number for number in range(11)]) for own in (0.0, 0.0, 1.0)]


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        (lambda make: [make(EAGER, [5.0, 5.0])] * 3, "unclear: too few calls"),
        (lambda make: [make(EAGER, [5.0, 5.0]), make(EAGER, [5.0] * 11)], "unclear: too few calls"),
        (lambda make: [make(EAGER, [5.0] * 11)], "unclear: one process gives no interval"),
        (noisy, "unclear: more calls would tell"),
        (lambda make: [make(EAGER, [5.0] * 11)] * 3, "flat"),
        (lambda make: [make(EAGER, [5.0 + number for number in range(11)])] * 3, "grows"),
    ],
)
def test_verdicts(
    uses: Callable[[Any], list[MemoryUse]], expected: str, make_forked_run: Callable[..., Run], make_memory_use: MakeUse
):
    """In words, and why there is none."""
    (own,) = memory_of(summarise(make_forked_run(memory=uses(make_memory_use))), GROUP)
    assert verdict_in_words(own) == expected


def test_table(summary: Summary):
    """Least for the first call first; every number with its interval; why one is not there."""
    table = memory_table(summary, summary.of("memory")[GROUP])
    assert table.names == [
        "Mode",
        "Peak after first call",
        "Peak after up to 100 more",
        "Seen from outside",
        "Growth per 1,000 calls",
        "Objects per 1,000 calls",
        "Calls",
        "Processes",
        "Verdict",
    ]
    assert [[(cell.text, cell.detail) for cell in row] for row in table.rows] == [
        [
            ("eager", ""),
            ("21.0 MB", "18.5–23.5"),
            ("21.0 MB", "18.5–23.5"),
            ("21.0 MB", "18.5–23.5"),
            ("0 MB", "0–0"),
            ("0", "0–0"),
            ("100", ""),
            ("3", ""),
            ("flat", ""),
        ],
        [
            ("function", ""),
            ("25.0 MB", "25.0–25.0"),
            ("25.0 MB", "25.0–25.0"),
            ("25.0 MB", "25.0–25.0"),
            ("–", ""),
            ("–", ""),
            ("10", ""),
            ("3", ""),
            ("unclear", "too few calls"),
        ],
        [
            ("predict", ""),
            ("35.0 MB", "35.0–35.0"),
            ("40.0 MB", "40.0–40.0"),
            ("40.0 MB", "40.0–40.0"),
            ("100 MB", "100–100"),
            ("500", "500–500"),
            ("100", ""),
            ("3", ""),
            ("grows", ""),
        ],
        [("fused", ""), ("withheld", "timed out"), *[("–", "")] * 7],
    ]


def test_brief_table(summary: Summary):
    """Without what a comment has no room for."""
    assert memory_table(summary, summary.of("memory")[GROUP], brief=True).names == [
        "Mode",
        "Peak after first call",
        "Peak after up to 100 more",
        "Growth per 1,000 calls",
        "Objects per 1,000 calls",
        "Calls",
        "Verdict",
    ]


def test_memory_of_a_training_is_told_in_updates(make_forked_run: Callable[..., Run], make_memory_use: MakeUse):
    """As its cold start is."""
    found = summarise(make_forked_run(memory=[make_memory_use("memory/fused/env1", [5.0] * 11)]))
    (cases,) = found.of("memory").values()
    assert "Growth per 1,000 updates" in memory_table(found, cases).names
    assert growth(found, "memory env1").texts[0].get_text() == (
        "Memory, training in 1 environment: growth from update to update"
    )


def test_peaks_are_drawn_twice(summary: Summary):
    """After the first call and after the last, in the row of their mode; what is not known is grey."""
    axes = peaks(summary, GROUP).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["eager", "function", "predict", "fused"]
    found: dict[int, list[float]] = {}
    for place, height in markers(axes):
        found.setdefault(round(height), []).append(place)
    assert found == {row: pytest.approx(both) for row, both in enumerate([[21, 21], [25, 25], [35, 40]])}
    assert {"35.0 (35.0–35.0), 40.0 (40.0–40.0)", "memory withheld: timed out"} <= set(texts(axes))


def test_one_process_is_drawn_without_intervals(make_forked_run: Callable[..., Run], make_memory_use: MakeUse):
    """And the subtitle says why."""
    figure = peaks(summarise(make_forked_run(memory=[make_memory_use(EAGER, [5.0] * 11)])), GROUP)
    assert "One process gives no interval." in figure.texts[1].get_text()
    assert "5.00, 5.00" in texts(figure.axes[0])


def test_curve_begins_at_nought(summary: Summary):
    """Whatever the first call left is not growth; places are shares of the calls that were made."""
    eager, function, predict = memory_of(summary, GROUP)
    assert risen(predict)[:2] == [(0.0, 0.0), (pytest.approx(0.1), pytest.approx(1.0))]
    assert risen(predict)[-1] == (1.0, pytest.approx(10.0))
    assert {size for _, size in risen(eager)} == {0.0}
    assert len(risen(function)) == 2


def test_growth_is_drawn(summary: Summary):
    """Steepest on top, those without a slope last; the threshold is shaded; curves end where they end."""
    curves, slopes = growth(summary, GROUP).axes
    assert [label.get_text() for label in curves.get_yticklabels()] == ["predict", "eager", "function"]
    assert [place for place, _ in markers(slopes)] == pytest.approx([100.0, 0.0])
    (band,) = slopes.patches
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((-GROWTH_MB, GROWTH_MB))
    (settling,) = curves.patches
    assert settling.get_width() == pytest.approx(SETTLING)
    assert {"+10.0 MB in 100", "0 MB in 100"} <= set(texts(curves))
    assert texts(slopes) == ["grows", "flat", "unclear"]


def test_no_further_calls_are_said(make_forked_run: Callable[..., Run], make_memory_use: MakeUse):
    """A single reading is no curve."""
    found = summarise(make_forked_run(memory=[make_memory_use(EAGER, [5.0])]))
    assert "no further calls" in texts(growth(found, GROUP).axes[0])


def test_a_group_without_memory_is_refused(make_forked_run: Callable[..., Run]):
    """No figure is empty: there is none."""
    found = summarise(make_forked_run(outcomes={EAGER: CaseOutcome("failed", "it broke")}))
    for draw in (peaks, growth):
        with pytest.raises(ValueError, match="no case of 'memory b1' has memory"):
            draw(found, GROUP)


def test_degenerate_memory_is_drawn(degenerate_forked_run: Run):
    """Nothing fails and nothing warns, a warning being an error in this suite."""
    found = summarise(degenerate_forked_run)
    for group in {own.case.group for own in found.memory}:
        assert [png(draw(found, group))[:4] for draw in (peaks, growth)] == [b"\x89PNG"] * 2
