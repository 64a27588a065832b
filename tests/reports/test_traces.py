"""Words, table and figure of traces and compilations."""

from collections.abc import Callable, Sequence

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from eagerbench import Run, summarise
from eagerbench.reports.drawn import png
from eagerbench.reports.forked.traces_grid import EVERY, FEW, MORE, NOTHING, grid, shade
from eagerbench.reports.forked.traces_rows import traces_table
from eagerbench.reports.forked.traces_words import (
    counted,
    made,
    more_often,
    scenarios,
    traces_in_short,
    traces_sentences,
)
from eagerbench.results import CaseOutcome, Counts
from eagerbench.summary import Summary


@pytest.fixture
def summary(forked_run: Run) -> Summary:
    """Of the run with all three workloads."""
    return summarise(forked_run)


def test_sentences(summary: Summary):
    """Who traces in every call, who more often than he should, who not at all, and into what Keras cuts a call."""
    assert traces_sentences(summary) == [
        (
            "In 10 forward passes, each of another number of rows, function-xla traces and compiles in every call; "
            "function traces more often than where nothing changes."
        ),
        "No mode traces or compiles again in 10 forward passes of one shape.",
        "eager traces nothing.",
        "Keras cuts one call of predict into 4 steps.",
    ]


def test_in_short(summary: Summary, typical_run: Run):
    """One clause for the headline, none where nothing was to be counted."""
    assert traces_in_short(summary) == ["calls that differ make function and function-xla trace or compile again"]
    assert traces_in_short(summarise(typical_run)) == []


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([("forward-fixed", 1), ("forward-shapes", 1)], "no mode traces again when calls differ"),
        ([("forward-fixed", 2), ("forward-shapes", 2)], "no mode traces again when calls differ"),
        ([("forward-shapes", 2)], "calls that differ make function trace or compile again"),
        ([("forward-fixed", 1)], "no mode traces more than once for one shape"),
        ([("update-fixed", 2)], "some modes trace more than once for one shape"),
    ],
)
def test_again_is_more_often_than_for_one_shape(
    counts: Sequence[tuple[str, int]], expected: str, make_forked_run: Callable[..., Run]
):
    """Where that was counted; else more than once."""
    found = summarise(
        make_forked_run(counts=[Counts(f"traces/function/{size}", 10, traces, 0) for size, traces in counts])
    )
    assert traces_in_short(found) == [expected]


def test_each_work_has_a_fixed_shape_of_its_own(make_forked_run: Callable[..., Run]):
    """A gradient step that traces twice is no excuse for a forward pass."""
    found = summarise(
        make_forked_run(
            counts=[
                Counts("traces/function/update-fixed", 10, 2, 0),
                Counts("traces/function/update-shapes", 10, 2, 0),
                Counts("traces/function/forward-fixed", 10, 1, 0),
                Counts("traces/function/forward-shapes", 10, 2, 0),
            ]
        )
    )
    assert [len(more_often(found, size)) for size in ("forward-shapes", "update-shapes")] == [1, 0]


def test_compiling_without_tracing_counts(make_forked_run: Callable[..., Run]):
    """XLA may compile for another shape what was traced once."""
    found = summarise(
        make_forked_run(
            counts=[
                Counts("traces/function-xla/forward-fixed", 10, 1, 1),
                Counts("traces/function-xla/forward-shapes", 10, 1, 10),
            ]
        )
    )
    assert traces_sentences(found)[0].endswith("function-xla traces and compiles in every call.")


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts("c", 10, 10, 10), "10 traces, 10 compilations"),
        (Counts("c", 10, 1, 1), "1 trace, 1 compilation"),
        (Counts("c", 10, 2, 0), "2 traces"),
        (Counts("c", 10, 0, 0), "0 traces"),
        (Counts("c", 10, None, 0), "traces nothing"),
        (Counts("c", 10, None, 3), "traces nothing, 3 compilations"),
    ],
)
def test_made(counts: Counts, expected: str):
    """What never traces is told from what did not trace here."""
    assert made(counts) == expected


def test_table(summary: Summary):
    """Modes down, scenarios across in their order, and Keras's steps."""
    table = traces_table(summary)
    assert table is not None
    assert table.names == [
        "Mode",
        "10 forward passes of one shape",
        "10 forward passes, each of another number of rows",
        "Keras steps per call",
    ]
    assert [[(cell.text, cell.detail) for cell in row] for row in table.rows] == [
        [("eager", ""), ("traces nothing", ""), ("traces nothing", ""), ("–", "")],
        [("function", ""), ("1 trace", ""), ("2 traces", ""), ("–", "")],
        [("function-xla", ""), ("1 trace", "1 compilation"), ("10 traces", "10 compilations"), ("–", "")],
        [("predict", ""), ("1 trace", ""), ("–", "can't run here"), ("4", "")],
    ]
    brief = traces_table(summary, brief=True)
    assert brief is not None
    assert brief.names[1:3] == ["forward-fixed", "forward-shapes"]


def test_no_steps_no_column(make_forked_run: Callable[..., Run], typical_run: Run):
    """And no table where nothing was to be counted."""
    table = traces_table(summarise(make_forked_run(counts=[Counts("traces/eager/forward-fixed", 10, None, 0)])))
    assert table is not None
    assert table.names == ["Mode", "10 forward passes of one shape"]
    assert traces_table(summarise(typical_run)) is None


def test_scenarios_have_an_order(make_forked_run: Callable[..., Run]):
    """That of the table of scenarios, not the plan's; unknown ones last."""
    sizes = ("other", "update-fixed", "forward-shapes", "forward-fixed")
    found = summarise(make_forked_run(counts=[Counts(f"traces/eager/{size}", 10, 1, 0) for size in sizes]))
    assert scenarios(found) == ["forward-fixed", "forward-shapes", "update-fixed", "other"]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts("c", 10, None, 0), NOTHING),
        (Counts("c", 10, 1, 1), FEW),
        (Counts("c", 10, 2, 0), MORE),
        (Counts("c", 10, 1, 10), EVERY),
        (Counts("c", 1, 1, 1), FEW),
    ],
)
def test_shade(counts: Counts, expected: str):
    """The worse of both counts; a single call is not "every call"."""
    assert shade(counts) == expected


def test_grid(summary: Summary):
    """A cell for each mode and scenario, shaded and written; a dash where nothing was counted."""
    axes = grid(summary).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["eager", "function", "function-xla", "predict"]
    cells = {
        (one.get_x(), one.get_y() + 0.5): to_hex(one.get_facecolor())
        for one in axes.patches
        if isinstance(one, Rectangle)
    }
    assert (len(cells), cells[1, 2], cells[0, 1], cells[0, 0]) == (8, EVERY, FEW, NOTHING)
    written = [text.get_text() for text in axes.texts]
    assert {"10 + 10", "2 + 0", "traces nothing", "–", "forward\nshapes"} <= set(written)
    assert written.count("traces nothing") == 2


def test_nothing_counted_is_refused(make_forked_run: Callable[..., Run]):
    """No figure is empty: there is none; the sentences say so."""
    found = summarise(make_forked_run(outcomes={"traces/eager/forward-fixed": CaseOutcome("failed", "it broke")}))
    assert counted(found) == {}
    assert traces_sentences(found) == ["Of no mode was anything counted."]
    with pytest.raises(ValueError, match="nothing was counted"):
        grid(found)


def test_degenerate_counts_are_drawn(degenerate_forked_run: Run):
    """Nothing fails and nothing warns, a warning being an error in this suite."""
    found = summarise(degenerate_forked_run)
    if counted(found):
        assert png(grid(found))[:4] == b"\x89PNG"
