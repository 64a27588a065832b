"""Time against batch size, and what is said of where lines cross."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from eagerbench import Run, summarise
from eagerbench.crossings import Crossing
from eagerbench.reports.batch_curves import batch_curves, curved, found_crossings, found_doublings
from eagerbench.reports.crossing_words import crossings_sentences, crossings_table, place_in_words, told_crossings
from eagerbench.reports.drawn import png
from eagerbench.reports.escape import file_stems
from eagerbench.reports.pictures import pictures
from eagerbench.reports.sections import section_names
from eagerbench.results import CaseOutcome

SIZES = (1, 8, 64, 512)
# Fixed cost and cost of a row: numpy is caught up with by eager at 100 rows and by function at 20.
LAWS = {"eager": (1e-3, 0.0), "function": (2e-4, 0.0), "graph-v1": (4e-5, 1e-5), "numpy": (0.0, 1e-5)}


def swept(make_run: Callable[..., Run], sizes: Sequence[int] = SIZES, launches: int = 3) -> Run:
    """A run of all modes at some sizes, each launch a little off."""
    return make_run(
        {
            f"forward/{mode}/b{size}": [[(fixed + each * size) * (1 + 0.01 * launch)] for launch in range(launches)]
            for size in sizes
            for mode, (fixed, each) in LAWS.items()
        }
    )


def test_curves_are_over_ascending_sizes(make_run: Callable[..., Run]):
    """Whatever order they were measured in; the fastest mode at the largest size stands first."""
    curves = curved(summarise(swept(make_run, (64, 1, 512, 8))))["forward"]
    assert curves.sizes == SIZES
    assert list(curves.modes) == ["function", "eager", "numpy", "graph-v1"]
    assert all(list(own) == list(SIZES) for own in curves.modes.values())


@pytest.mark.parametrize("workload", ["forward", "update"])
def test_a_workload_needs_two_sizes(make_run: Callable[..., Run], workload: str):
    """One size is no curve; two are, of a gradient step too."""
    one = {f"{workload}/eager/b1": [[0.1], [0.1]]}
    assert curved(summarise(make_run(one))) == {}
    assert list(curved(summarise(make_run({**one, f"{workload}/eager/b8": [[0.1], [0.2]]})))) == [workload]


def test_trainings_and_sizes_that_are_no_rows_have_no_curve(make_run: Callable[..., Run]):
    """Environments are not rows, and neither is whatever a stranger may have written."""
    times = {f"train/eager/env{count}": [[0.1], [0.1]] for count in (1, 8)}
    times |= {f"update/eager/{size}": [[0.1], [0.1]] for size in ("x", "b0", "b1")}
    assert curved(summarise(make_run(times))) == {}


def test_modes_without_times_at_a_size_end_there(make_run: Callable[..., Run]):
    """The line goes as far as there are times, and bears its name at its end."""
    times = {f"forward/{mode}/b{size}": [[0.1], [0.1]] for mode in ("eager", "predict") for size in (1, 8, 64)}
    outcome = {"forward/predict/b64": CaseOutcome("timed-out", "too slow")}
    curves = curved(summarise(make_run(times, outcomes=outcome)))["forward"]
    assert list(curves.modes["predict"]) == [1, 8]
    texts = batch_curves(curves, []).axes[0].texts
    assert {text.get_text() for text in texts} >= {"eager", "predict"}


def test_crossings_with_eager_come_first_then_those_of_leaders(make_run: Callable[..., Run]):
    """Numpy and graph-v1 with eager; function with numpy; function with graph-v1, which leads at one row."""
    run = swept(make_run)
    found = found_crossings(run, curved(summarise(run))["forward"])
    assert [(one.faster_before, one.faster_after) for one in found] == [
        ("numpy", "eager"),
        ("graph-v1", "eager"),
        ("numpy", "function"),
        ("graph-v1", "function"),
    ]
    assert [one.size for one in found] == pytest.approx([100, 96, 20, 16], rel=0.1)


def test_points_of_the_figure_are_the_times(make_run: Callable[..., Run]):
    """The line of eager, against the summary."""
    curves = curved(summarise(swept(make_run)))["forward"]
    lines = [list(line.get_ydata()) for line in batch_curves(curves, []).axes[0].lines if len(line.get_xdata()) == 4]
    eager = [case.time_s.value for case in curves.modes["eager"].values() if case.time_s]
    limit = [case.limit_s for case in curves.modes["eager"].values()]
    assert eager in lines
    assert limit in lines


def test_a_crossing_is_a_ring_on_the_lines(make_run: Callable[..., Run]):
    """Of those that sentences tell, between sizes that are near each other: where both drawn lines are."""
    run = swept(make_run)
    curves = curved(summarise(run))["forward"]
    found = found_crossings(run, curves)
    rings = [line for line in batch_curves(curves, found).axes[0].lines if line.get_markersize() == 6.5]
    told = [(one.faster_before, one.faster_after) for one in told_crossings(found)]
    assert told == [("graph-v1", "function"), ("numpy", "eager"), ("numpy", "function")]
    assert [line.get_xdata()[0] for line in rings] == [one.size for one in told_crossings(found)]
    assert rings[1].get_ydata()[0] == pytest.approx(1e-3, rel=0.05)


def test_far_sizes_show_no_place(make_run: Callable[..., Run]):
    """Between 1 and 100,000 rows anything may have happened: no number and no ring, but who is faster where."""
    run = swept(make_run, (1, 100_000))
    curves = curved(summarise(run))["forward"]
    found = found_crossings(run, curves)
    assert found
    assert not [line for line in batch_curves(curves, found).axes[0].lines if line.get_markersize() == 6.5]
    table = crossings_table(found)
    assert table
    assert [row[2].text for row in table.rows] == ["between 1 and 100,000 rows"] * len(found)
    told = " ".join(crossings_sentences(curves.sizes, found, curves.references))
    assert "function passes graph-v1 somewhere between 1 and 100,000 rows." in told
    assert "--batch-sizes takes more of them" in told


def test_sentences_tell_size_and_interval(make_run: Callable[..., Run]):
    """The fastest modes among themselves; how many more the table has."""
    curves = curved(summarise(swept(make_run)))["forward"]
    near = Crossing("graph-v1", "function", 123.4, 100.4, 150.6, (64, 512))
    with_eager = Crossing("numpy", "eager", 100.0, 90.0, 110.0, (64, 512))
    assert crossings_sentences(curves.sizes, [with_eager, near], curves.references) == [
        "function passes graph-v1 at about 123 rows (100–151).",
        "eager passes numpy at about 100 rows (90–110).",
    ]
    other = Crossing("predict", "eager", 100.0, 90.0, 110.0, (64, 512))
    assert crossings_sentences(curves.sizes, [other, near], curves.references)[1:] == ["The table has 1 more crossing."]
    assert crossings_sentences(curves.sizes, [with_eager], curves.references) == [
        "eager passes numpy at about 100 rows (90–110)."
    ]


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        (["eager", "numpy"], "No mode is shown to change places with eager or numpy, nor the fastest modes with each "),
        (["eager"], "No mode is shown to change places with eager, nor the fastest modes with each "),
        ([], "The fastest modes are not shown to change places with each "),
    ],
)
def test_where_nothing_crosses_only_references_that_have_times_are_named(references: list[str], expected: str):
    """NumPy can't execute every model."""
    assert crossings_sentences((1, 512), [], references) == [f"{expected}other, between 1 row and 512 rows."]


def test_references_have_times(make_run: Callable[..., Run]):
    """Of eager and numpy, here without numpy."""
    times = {f"forward/{mode}/b{size}": [[0.1], [0.1]] for mode in ("eager", "numpy") for size in (1, 8)}
    outcomes = {f"forward/numpy/b{size}": CaseOutcome("unavailable", "not its model") for size in (1, 8)}
    assert curved(summarise(make_run(times)))["forward"].references == ["eager", "numpy"]
    assert curved(summarise(make_run(times, outcomes=outcomes)))["forward"].references == ["eager"]


def resolving(make_run: Callable[..., Run], mode: str, resolved: Mapping[int, Mapping[str, Any]]) -> Run:
    """Eager for 1 ms, another mode for 10 µs a row, which resolves to something at each size."""
    times = {f"forward/eager/b{rows}": [[1e-3 * (1 + 0.01 * launch)] for launch in range(3)] for rows in resolved}
    times |= {
        f"forward/{mode}/b{rows}": [[1e-5 * rows * (1 + 0.02 * launch)] for launch in range(3)] for rows in resolved
    }
    run = make_run(times)
    found = {f"forward/{mode}/b{rows}": dict(own) for rows, own in resolved.items()}
    launches = tuple(
        replace(
            launch,
            cases={case: replace(own, resolved=found.get(case, own.resolved)) for case, own in launch.cases.items()},
        )
        for launch in run.launches
    )
    return Run(run.start, launches, run.end)


LOOPS = {
    8: {"loops": 0, "rows_per_step": 8},
    64: {"loops": 0, "rows_per_step": 64},
    512: {"loops": 2, "rows_per_step": 128},
}
OTHERS = {
    "the size alone": {rows: {"rows_per_step": rows} for rows in LOOPS},
    "more steps of 32": {rows: {"rows_per_step": min(32, rows), "steps": -(-rows // 32)} for rows in (16, 32, 64, 512)},
    "another block": {rows: {"loops": 2, "rows_per_step": 25 + rows % 7} for rows in LOOPS},
}


def test_a_mode_that_executes_otherwise_on_the_two_sides_has_no_place(make_run: Callable[..., Run]):
    """One program up to 64 rows, two loops on 512: sentence, table and figure tell the two sizes, and why."""
    run = resolving(make_run, "blocked-xla", LOOPS)
    curves = curved(summarise(run))["forward"]
    (found,) = found_crossings(run, curves)
    assert (found.otherwise, found.around) == (("blocked-xla",), (64, 512))
    assert crossings_sentences(curves.sizes, [found], curves.references) == [
        "eager passes blocked-xla somewhere between 64 and 512 rows.",
        "Where blocked-xla executes otherwise on one size than on the next, only between which sizes is told.",
    ]
    table = crossings_table([found])
    assert table
    assert (table.rows[0][2].text, table.rows[0][2].detail) == (
        "between 64 and 512 rows",
        "blocked-xla executes otherwise",
    )
    assert not [line for line in batch_curves(curves, [found]).axes[0].lines if line.get_markersize() == 6.5]


@pytest.mark.parametrize("resolved", OTHERS.values(), ids=OTHERS.keys())
def test_what_only_the_size_changes_is_no_other_program(
    make_run: Callable[..., Run], resolved: Mapping[int, Mapping[str, Any]]
):
    """Rows of a step that is all of them, the number of steps, rows of a block: the crossing keeps its interval."""
    run = resolving(make_run, "predict", resolved)
    (found,) = found_crossings(run, curved(summarise(run))["forward"])
    assert found.otherwise == ()
    assert place_in_words(found).startswith("at about ")


def test_one_step_and_several_are_two_programs(make_run: Callable[..., Run]):
    """Keras cuts more than 32 rows into steps: what a call costs makes a jump there."""
    run = resolving(
        make_run, "predict", {8: {"rows_per_step": 8}, 16: {"rows_per_step": 16}, 512: {"rows_per_step": 32}}
    )
    (found,) = found_crossings(run, curved(summarise(run))["forward"])
    assert found.otherwise == ("predict",)


def test_the_table_has_the_sizes_beside_a_crossing():
    """What holds without any line between them."""
    table = crossings_table([Crossing("a", "b", 20.0, 12.0, 31.0, (8, 64))])
    assert table
    assert [(cell.text, cell.detail) for cell in table.rows[0]] == [
        ("a", ""),
        ("b", ""),
        ("20 rows", "12–31; between 8 and 64"),
    ]


def test_where_neither_the_fastest_cross_nor_eager_nor_function_the_first_of_all_are_told():
    """Else nothing would be told of crossings that are shown."""
    others = [Crossing("numpy", mode, 20.0, 12.0, 31.0, (8, 64)) for mode in ("a", "b", "c", "d")]
    assert told_crossings(others) == others[:3]
    function = Crossing("numpy", "function", 20.0, 12.0, 31.0, (8, 64))
    assert told_crossings([*others, function]) == [function]


def test_no_crossing_no_table():
    """No empty table either."""
    assert crossings_table([]) is None


def test_one_launch_has_a_curve_without_crossings(make_run: Callable[..., Run]):
    """Without an interval nothing is shown to cross."""
    run = swept(make_run, launches=1)
    curves = curved(summarise(run))["forward"]
    assert found_crossings(run, curves) == []
    assert png(batch_curves(curves, []))[:4] == b"\x89PNG"


def test_names_at_the_ends_do_not_overlap(make_run: Callable[..., Run]):
    """Twelve modes that end at the same time."""
    times = {f"forward/mode-{mode}/b{size}": [[0.1], [0.1]] for mode in range(12) for size in (1, 8)}
    figure = batch_curves(curved(summarise(make_run(times)))["forward"], [])
    extents = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text().startswith("mode")]
    names = sorted((extent.y0, extent.y1) for extent in extents)
    assert len(names) == 12
    assert all(one[1] <= other[0] + 1 for one, other in pairwise(names))


def test_pictures_are_by_line(make_run: Callable[..., Run]):
    """Each with a description that has the numbers, and a caption that says how to read it."""
    run = swept(make_run)
    summary = summarise(run)
    (picture,) = pictures(run, summary, file_stems(section_names(summary)))["forward"]
    assert picture.stem == "curves-forward"
    assert "function 202 µs" in picture.description
    assert "A ring marks where two modes change places" in picture.caption


def test_widths_and_benchmarks_have_lines_of_their_own(make_run: Callable[..., Run]):
    """Nothing of one width or one benchmark is held against another."""
    times = {
        f"forward/eager/b{rows}{line}": [[0.1], [0.1]] for line in ("", "-h32", "-h512", "@mine") for rows in (1, 8)
    }
    curves = curved(summarise(make_run(times)))
    assert {key: own.work for key, own in curves.items()} == {
        "forward": "Forward pass",
        "forward/h32": "Forward pass, 32 hidden units",
        "forward/h512": "Forward pass, 512 hidden units",
        "forward/@mine": "Forward pass, mine",
    }
    assert [case.case.id for case in curves["forward/h512"].modes["eager"].values()] == [
        "forward/eager/b1-h512",
        "forward/eager/b8-h512",
    ]


def test_a_pair_is_held_against_each_other_once(make_run: Callable[..., Run]):
    """Eager and numpy are both references, and may both be among the fastest."""
    times = {
        f"forward/{mode}/b{rows}": [[base], [base * 1.01]]
        for rows in SIZES
        for mode, base in (("eager", 1e-3), ("numpy", 1e-5 * rows), ("function", 1e-3 * (1 + rows / 1e5)))
    }
    run = make_run(times)
    found = found_crossings(run, curved(summarise(run))["forward"])
    assert [(one.faster_before, one.faster_after) for one in found].count(("numpy", "eager")) == 1


def test_doublings_are_of_modes_that_have_the_smallest_size(make_run: Callable[..., Run]):
    """A mode without times there doubles from nobody knows what."""
    times = {f"forward/{mode}/b{rows}": [[1e-3 + 1e-5 * rows] * 2] * 3 for mode in ("eager", "slow") for rows in SIZES}
    run = make_run(times, outcomes={"forward/slow/b1": CaseOutcome("failed", "no")})
    (found,) = found_doublings(run, curved(summarise(run))["forward"])
    assert found.mode == "eager"
    assert found.size == pytest.approx(102)  # 1.01 ms, and 10 µs for each further row


def test_hostile_names_are_drawn_as_text(make_run: Callable[..., Run]):
    """A formula stays text; a warning would fail this test."""
    times = {f"forward/{mode}/b{size}": [[0.1], [0.1]] for mode in ("$\\frac{$", "<b>", "\ud800") for size in (1, 8)}
    assert png(batch_curves(curved(summarise(make_run(times)))["forward"], []))[:4] == b"\x89PNG"
