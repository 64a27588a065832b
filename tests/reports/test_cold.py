"""Words, tables and figures of cold starts, on starts worked out by hand.

After imports: eager 60 ms and 10 ms a later call, function 224 ms and 2 ms, function-xla 620.9 ms and 1 ms, with a
filled cache 300.5 ms and 1 ms. So function is ahead of eager after 1 + 164 / 8 = 21.5 calls, and function-xla with a
filled cache ahead of function after 1 + 76.5 / 1 = 77.5.
"""

from collections.abc import Callable, Mapping, Sequence

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eagerbench import Run, summarise
from eagerbench.reports.drawn import png
from eagerbench.reports.forked.cold_cumulative import cumulative
from eagerbench.reports.forked.cold_facts import imports_s, leads, shown_leads, starts_of
from eagerbench.reports.forked.cold_lines import Line, crossing, crossings, lines, most_calls, passed
from eagerbench.reports.forked.cold_rows import brief_start_table, matrix, start_table
from eagerbench.reports.forked.cold_stages import stages
from eagerbench.reports.forked.cold_words import cold_in_short, cold_sentences, led
from eagerbench.reports.line_ends import spread
from eagerbench.reports.palette import CARD, look, stage_colour
from eagerbench.results import CaseOutcome
from eagerbench.summary import Summary

GROUP = "cold b1"
EAGER, FUNCTION = "cold/eager/b1", "cold/function/b1"
Starts = Mapping[str, Sequence[tuple[Mapping[str, float], Sequence[float]]]]


def started(after_imports_s: float, later_s: float) -> tuple[Mapping[str, float], Sequence[float]]:
    """One start without anything to tell apart."""
    return {"imports": 4.0, "first call": after_imports_s}, (later_s, later_s)


@pytest.fixture
def summary(forked_run: Run) -> Summary:
    """Of the run with all three workloads."""
    return summarise(forked_run)


def sentences(run: Run) -> list[str]:
    """Of the only group of cold starts."""
    found = summarise(run)
    (cases,) = found.of("cold").values()
    return cold_sentences(run, found, cases)


def names(figure: Figure) -> list[str]:
    """The rows' labels, from top to bottom."""
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def texts(axes: Axes) -> list[str]:
    """All text inside the axes."""
    return [text.get_text() for text in axes.texts]


def test_sentences(forked_run: Run):
    """Who is quickest and slowest, what imports, compiling and the cache do, and who pays back when."""
    assert sentences(forked_run) == [
        "After imports eager is the quickest to a first result: 60.0 ms (60.0–60.0).",
        "function-xla took longest: 621 ms (621–621), 81 % of it compiling.",
        "What comes before costs all of them the same: Python and its imports take 4.00 s (4.00–4.00).",
        "XLA's compiling takes, in the mean, 500 ms in function-xla.",
        (
            "With XLA's cache on disk filled, function-xla took 300 ms (300–300), and 621 ms (621–621) with it empty, "
            "2.1× faster (2.1–2.1)."
        ),
        (
            "Ahead of eager, starts included: function after 22 calls, function-xla+cache after 28 calls, function-xla "
            "after 64 calls."
        ),
    ]


def test_in_short(summary: Summary):
    """One clause for the headline."""
    assert cold_in_short(summary) == ["after imports the quickest to a first result: eager (forward pass of 1 row)"]


def test_nothing_was_started_cold(typical_run: Run):
    """Then there is no clause."""
    assert cold_in_short(summarise(typical_run)) == []


def test_starts_that_cannot_be_told_apart_are_named_together(make_forked_run: Callable[..., Run]):
    """Launches disagree on who is quicker, so nobody is."""
    run = make_forked_run(
        cold={
            EAGER: [started(0.20, 0.01), started(0.21, 0.01), started(0.20, 0.01)],
            FUNCTION: [started(0.21, 0.001), started(0.20, 0.001), started(0.21, 0.001)],
        }
    )
    assert sentences(run)[0].startswith(
        "After imports eager and function are the quickest to a first result, and no difference between eager and the "
        "other is shown; eager takes 203 ms ("
    )
    assert cold_in_short(summarise(run)) == [
        "after imports the quickest to a first result: eager and function (forward pass of 1 row)"
    ]


def test_one_process_shows_nothing(make_forked_run: Callable[..., Run]):
    """Numbers without intervals, and nobody is the quickest."""
    run = make_forked_run(cold={EAGER: [started(0.2, 0.01)], FUNCTION: [started(0.3, 0.001)]})
    assert sentences(run) == [
        (
            "After imports eager had the quickest first result, 200 ms; one process gives no interval, so nothing "
            "shows that it is the quickest."
        ),
        "What comes before costs all of them the same: Python and its imports take 4.00 s.",
        "Ahead of eager, starts included: undecided for function.",
    ]
    assert cold_in_short(summarise(run))[0].endswith("eager (forward pass of 1 row), one process and no interval")


def test_a_lead_that_is_undecided_has_no_number(make_forked_run: Callable[..., Run]):
    """Lines of means cross at some number of calls, which one process doesn't show."""
    run = make_forked_run(cold={EAGER: [started(0.2, 0.01)], FUNCTION: [started(0.38, 0.001)]})
    assert [led(lead) for lead in leads(summarise(run).cold[GROUP])] == [
        "eager from the first call",
        "function later on (undecided)",
    ]


def test_undecided_for_all_is_said_once(make_forked_run: Callable[..., Run]):
    """And a cache filled or empty shows nothing in one process."""
    cases = (EAGER, FUNCTION, "cold/function-xla/b1", "cold/function-xla+cache/b1")
    told = sentences(make_forked_run(cold={case: [started(0.2, 0.01)] for case in cases}))
    assert told[-1] == "Ahead of eager, starts included: undecided for all modes."
    assert told[-2].endswith("function-xla took 200 ms, and 200 ms with it empty; one process gives no interval.")


def test_shown_leads_pass_all_that_led_before(make_forked_run: Callable[..., Run]):
    """The second is undecided, so the third is held against the first."""
    run = make_forked_run(
        cold={
            EAGER: [started(0.2, 0.01)] * 3,
            FUNCTION: [started(0.25, 0.004), started(0.25, 0.016), started(0.25, 0.004)],
            "cold/graph-v1/b1": [started(0.895, 0.003)] * 3,
        }
    )
    group = summarise(run).cold[GROUP]
    assert [lead.mode for lead in leads(group)] == ["eager", "function", "graph-v1"]
    assert [led(lead) for lead in shown_leads(group)] == ["graph-v1 after 101 calls"]


def test_yardsticks_are_no_contenders(make_forked_run: Callable[..., Run]):
    """NumPy starts at once, and says only what the machine could do: in words and among the leaders."""
    run = make_forked_run(
        cold={
            EAGER: [started(0.2, 0.01)] * 2,
            FUNCTION: [started(0.38, 0.002)] * 2,
            "cold/numpy/b1": [started(0.1, 0.0001)] * 2,
        }
    )
    assert sentences(run)[:2] == [
        "After imports eager is the quickest to a first result: 200 ms (200–200).",
        "The yardstick numpy, which is not TensorFlow, takes 100 ms (100–100).",
    ]
    assert [lead.mode for lead in leads(summarise(run).cold[GROUP])] == ["eager", "function"]


@pytest.mark.parametrize(
    ("mode", "outcomes", "expected"),
    [
        ("function-xla", {}, "There is no start with XLA's cache on disk filled: none was planned."),
        (
            "function-xla",
            {"cold/function-xla+cache/b1": CaseOutcome("unavailable", "XLA keeps no cache on this system")},
            "There is no start with XLA's cache on disk filled: XLA keeps no cache on this system.",
        ),
        ("predict", {}, None),
    ],
)
def test_a_missing_cache_is_explained(
    mode: str, outcomes: dict[str, CaseOutcome], expected: str | None, make_forked_run: Callable[..., Run]
):
    """By its own reason; where nothing is compiled by XLA there is nothing to explain."""
    run = make_forked_run(cold={f"cold/{mode}/b1": [started(0.2, 0.01)] * 2}, outcomes=outcomes)
    assert [one for one in sentences(run) if "cache" in one] == ([expected] if expected else [])


def test_without_eager_nobody_pays_back(make_forked_run: Callable[..., Run]):
    """And it is said."""
    run = make_forked_run(cold={FUNCTION: [started(0.2, 0.01)] * 2})
    assert sentences(run)[-1] == "There is no cold start of eager that others could pay back against."


def test_every_way_to_stand_against_eager(make_forked_run: Callable[..., Run]):
    """Ahead at once, at first only, and never."""
    run = make_forked_run(
        cold={
            EAGER: [started(0.2, 0.01)] * 2,
            "cold/saved-model/b1": [started(0.1, 0.005)] * 2,
            "cold/predict-eager/b1": [started(0.1, 0.05)] * 2,
            "cold/predict/b1": [started(0.5, 0.05)] * 2,
        }
    )
    assert sentences(run)[-1] == (
        "Ahead of eager, starts included: saved-model from the first call on, predict-eager for the first 3 calls "
        "only, never predict."
    )


def test_imports_are_of_launches(make_forked_run: Callable[..., Run]):
    """All cases of a launch share them: one number each, 3 s and 5 s and no more."""
    run = make_forked_run(
        cold={case: [({"imports": s, "first call": 1.0}, ()) for s in (3.0, 5.0)] for case in (EAGER, FUNCTION)}
    )
    found = imports_s(run, starts_of(summarise(run), GROUP))
    assert found is not None
    assert (found.value, found.launches) == (pytest.approx(15**0.5), 2)


def test_table_of_starts(summary: Summary):
    """Every stage of eager and of the mode that traces inside of its first call; why one start is not there."""
    cases = summary.of("cold")[GROUP]
    table = start_table(summary, cases)
    assert table.names == [
        "Mode",
        "To the first result",
        "After imports",
        "Imports",
        "Model",
        "Trace, prepare",
        "Compile",
        "Call",
        "Second call",
        "Later call",
        "Traces",
        "Processes",
    ]
    rows = {row[0].text: [(cell.text, cell.detail) for cell in row[1:]] for row in table.rows}
    assert list(rows) == ["eager", "function", "function-xla+cache", "function-xla", "predict"]
    assert rows["eager"] == [
        ("4.06 s", "4.06–4.06"),
        ("60.0 ms", "60.0–60.0"),
        ("4.00 s", ""),
        ("20.0 ms", ""),
        ("10.0 ms", ""),
        ("20.0 ms", ""),
        ("10.0 ms", ""),
        ("5.00 ms", "5.00–5.00"),
        ("10.0 ms", "10.0–10.0"),
        ("–", ""),
        ("3", ""),
    ]
    assert rows["function"][4:7] == [("–", ""), ("202 ms", "with tracing"), ("2.00 ms", "")]
    assert rows["function-xla"][4:7] == [("100 ms", ""), ("500 ms", ""), ("1.00 ms", "")]
    assert rows["predict"][:2] == [("withheld", "out of memory"), ("–", "")]


def test_brief_table_has_the_break_even_with_eager(summary: Summary):
    """And no more than fits a comment."""
    table = brief_start_table(summary, summary.of("cold")[GROUP])
    assert table.names[-1] == "Ahead of eager"
    assert {row[0].text: row[-1].text for row in table.rows} == {
        "eager": "–",
        "function": "after 22 calls",
        "function-xla+cache": "after 28 calls",
        "function-xla": "after 64 calls",
        "predict": "–",
    }


def test_compiling_is_not_told_where_there_was_no_second_call(make_forked_run: Callable[..., Run]):
    """There is nothing to hold the first call against, so the table doesn't say that compiling took no time."""
    found = summarise(make_forked_run(cold={EAGER: [({"imports": 4.0, "first call": 7.0}, ())] * 2}))
    (cases,) = found.of("cold").values()
    shown = brief_start_table(found, cases)
    (row,) = shown.rows
    assert dict(zip(shown.names, [(cell.text, cell.detail) for cell in row], strict=True))["Compile"] == (
        "–",
        "in the call",
    )


def test_matrix(summary: Summary):
    """The row is ahead of the column; equal later calls are undecided."""
    table = matrix(summary, GROUP)
    assert table is not None
    assert table.names == ["", "eager", "function", "function-xla+cache", "function-xla"]
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["eager", "–", "for the first 21 calls only", "for the first 27 calls only", "for the first 63 calls only"],
        ["function", "after 22 calls", "–", "for the first 77 calls only", "for the first 397 calls only"],
        ["function-xla+cache", "after 28 calls", "after 78 calls", "–", "undecided"],
        ["function-xla", "after 64 calls", "after 398 calls", "undecided", "–"],
    ]


def test_one_start_has_no_matrix(make_forked_run: Callable[..., Run]):
    """Nobody to be held against."""
    assert matrix(summarise(make_forked_run(cold={EAGER: [started(0.2, 0.01)] * 2})), GROUP) is None


def test_bars_of_stages(forked_run: Run, summary: Summary):
    """From 0 to the time after imports, quickest on top; imports are in the subtitle and in no bar."""
    figure = stages(forked_run, summary, GROUP)
    assert names(figure) == ["eager", "function", "function-xla+cache", "function-xla", "predict"]
    pieces = [piece for piece in figure.axes[0].patches if not piece.get_hatch()]
    ends = {round(one.get_y() + one.get_height() / 2): one.get_x() + one.get_width() for one in pieces}
    assert ends == pytest.approx({0: 0.06, 1: 0.224, 2: 0.3005, 3: 0.6209})
    assert "Imports before, the same for all: 4.00 s (4.00–4.00)" in figure.texts[1].get_text()
    assert {"224 ms (224–224)", "compile 500 ms", "time withheld: out of memory"} <= set(texts(figure.axes[0]))


def test_one_process_has_bars_without_intervals(make_forked_run: Callable[..., Run]):
    """And the subtitle says why."""
    run = make_forked_run(cold={EAGER: [started(0.2, 0.01)]})
    figure = stages(run, summarise(run), GROUP)
    assert figure.texts[1].get_text() == (
        "Bar: the one process, which gives no interval. Imports before, the same for all: 4.00 s."
    )
    assert {"after imports", "200 ms"} <= set(texts(figure.axes[0]))
    assert len(figure.axes[0].lines) == 0


def test_compiling_is_hatched(forked_run: Run, summary: Summary):
    """With tracing in it, in another way than without; colours are those of stages."""
    patches = stages(forked_run, summary, GROUP).axes[0].patches
    hatches = {round(one.get_y() + one.get_height() / 2): one.get_hatch() for one in patches if one.get_hatch()}
    assert (hatches[1], hatches[3]) == ("xxxx", "////")
    colours = [one.get_facecolor()[:3] for one in patches if not one.get_hatch()]
    assert colours[0] == pytest.approx(tuple(int(stage_colour("model")[at : at + 2], 16) / 255 for at in (1, 3, 5)))


def test_crossing():
    """200 ms and 10 ms a call against 380 ms and 1 ms: even after 1 + 180 / 9 calls."""
    slow, quick = Line("slow", 0.38, 0.001), Line("quick", 0.2, 0.01)
    assert crossing(slow, quick) == crossing(quick, slow) == pytest.approx(21)
    assert slow.at(21) == pytest.approx(quick.at(21)) == pytest.approx(0.4)


@pytest.mark.parametrize("other", [Line("b", 0.3, 0.01), Line("b", 0.3, 0.02), Line("b", 0.3, None)])
def test_lines_that_never_cross(other: Line):
    """Parallel, apart from the start on, or unknown."""
    assert crossing(Line("a", 0.2, 0.01), other) is None


def test_leaders_and_rings(summary: Summary):
    """The lower envelope passes over at 21.5 and 77.5 calls; five pairs break even, two never do."""
    group = summary.cold[GROUP]
    assert [(mode, pytest.approx(calls)) for calls, _, mode in passed(group)] == [
        ("function", 21.5),
        ("function-xla+cache", 77.5),
    ]
    assert sorted(calls for calls, _ in crossings(group)) == pytest.approx(
        [21.5, 1 + 240.5 / 9, 1 + 560.9 / 9, 77.5, 397.9]
    )
    assert most_calls(group) == pytest.approx(1.3 * 397.9)


def test_what_launches_do_not_agree_on_is_no_ring(make_forked_run: Callable[..., Run]):
    """Lines of means may cross all the same."""
    run = make_forked_run(
        cold={
            EAGER: [started(0.20, 0.01), started(0.20, 0.02), started(0.20, 0.01)],
            FUNCTION: [started(0.30, 0.008), started(0.30, 0.021), started(0.30, 0.008)],
        }
    )
    group = summarise(run).cold[GROUP]
    assert crossing(*lines(group)) is not None
    assert group.pairs["function", "eager"].kind == "undecided"
    assert crossings(group) == []


def test_cumulative_lines(summary: Summary):
    """Straight lines from the first call on; dashed and hollow with a filled cache; each named at its end."""
    axes = cumulative(summary, GROUP).axes[0]
    curves = {
        line.get_color(): line for line in axes.lines if len(line.get_xdata()) > 50 and line.get_linestyle() == "-"
    }
    eager = curves[look("eager").colour]
    assert eager.get_ydata()[0] == pytest.approx(0.06)
    assert eager.get_ydata()[-1] == pytest.approx(0.06 + (eager.get_xdata()[-1] - 1) * 0.01)
    assert sum(len(line.get_xdata()) > 50 and line.get_linestyle() == "--" for line in axes.lines) == 1
    assert [mode for mode in texts(axes) if mode in {line.mode for line in lines(summary.cold[GROUP])}] == [
        "function-xla+cache",
        "function-xla",
        "function",
        "eager",
    ]
    assert {"eager from the first call", "function after 22 calls", "function-xla+cache after 78 calls"} <= set(
        texts(axes)
    )
    rings = [line for line in axes.lines if line.get_markersize() == 4 and line.get_markerfacecolor() == CARD]
    assert len(rings) == 5


@pytest.mark.parametrize(
    ("places", "expected"),
    [([], []), ([1.0, 5.0], [1.0, 5.0]), ([1.0, 1.0], [0.5, 1.5]), ([0.0, 0.2, 0.4, 9.0], [-0.8, 0.2, 1.2, 9.0])],
)
def test_labels_move_as_little_as_they_must(places: list[float], expected: list[float]):
    """Apart by one, around where they would like to be."""
    assert spread(places, 1.0) == pytest.approx(expected)


def test_a_group_without_starts_is_refused(make_forked_run: Callable[..., Run]):
    """No figure is empty: there is none."""
    run = make_forked_run(outcomes={EAGER: CaseOutcome("failed", "it broke")})
    found = summarise(run)
    with pytest.raises(ValueError, match="no case of 'cold b1' has a cold start"):
        stages(run, found, GROUP)
    with pytest.raises(ValueError, match="no case of 'cold b1' has a cold start"):
        cumulative(found, GROUP)


def test_degenerate_starts_are_drawn(degenerate_forked_run: Run):
    """Nothing fails and nothing warns, a warning being an error in this suite."""
    found = summarise(degenerate_forked_run)
    for group in found.cold:
        for figure in (stages(degenerate_forked_run, found, group), cumulative(found, group)):
            assert png(figure)[:4] == b"\x89PNG"


def test_a_wide_interval_does_not_squeeze_the_bars(make_forked_run: Callable[..., Run]):
    """Two processes that differ by a hundred: the axis ends soon after the longest bar, with an arrow."""
    run = make_forked_run(
        cold={EAGER: [started(0.02, 0.01), started(2.0, 0.01)], FUNCTION: [started(0.3, 0.01), started(0.3, 0.01)]}
    )
    axes = stages(run, summarise(run), GROUP).axes[0]
    assert axes.get_xlim()[1] == pytest.approx(1.5 * 1.01 * 1.02)
    arrows = [line for line in axes.lines if line.get_marker() == ">"]
    assert [float(line.get_ydata()[0]) for line in arrows] == [0.0]


def test_a_long_start_does_not_squeeze_the_others(make_forked_run: Callable[..., Run]):
    """Ten seconds beside fifths of a second run off the axis, with an arrow, and are told beside."""
    run = make_forked_run(
        cold={
            EAGER: [started(0.2, 0.01)] * 2,
            FUNCTION: [started(0.3, 0.01)] * 2,
            "cold/graph-v1/b1": [started(0.25, 0.01)] * 2,
            "cold/predict/b1": [started(10.0, 9.0)] * 2,
        }
    )
    figure = stages(run, summarise(run), GROUP)
    (axes,) = figure.axes
    assert axes.get_xlim()[1] == pytest.approx(1.5 * 0.3 * 1.02)
    assert [float(line.get_ydata()[0]) for line in axes.lines if line.get_marker() == ">"] == [3.0]
    assert "Arrow: goes on." in figure.texts[1].get_text()
    assert "10.0 s (10.0–10.0)" in texts(axes)
    places = [text.get_position()[0] for text in axes.texts if text.get_text() == "call 9.00 s"]
    assert all(place < axes.get_xlim()[1] for place in places)
