"""Runs side by side: words, tables, figure, files."""

import csv as reader
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eagerbench import Run, UserError
from eagerbench.options import DEFAULT_REPORT_FOLDER
from eagerbench.reports.side_by_side.brief import comparison_lines, comparison_markdown
from eagerbench.reports.side_by_side.facts import circumstances
from eagerbench.reports.side_by_side.figures import changes, drawable
from eagerbench.reports.side_by_side.frame import COLUMNS, comparisons_frame
from eagerbench.reports.side_by_side.labels import GENERIC_FOLDER, labels_of
from eagerbench.reports.side_by_side.page import pictures
from eagerbench.reports.side_by_side.render import RenderedSideBySide, render_side_by_side
from eagerbench.reports.side_by_side.rows import changes_table, group_table, in_order, not_compared
from eagerbench.reports.side_by_side.words import (
    by_chance,
    change_in_words,
    headline,
    run_row,
    run_sentences,
    verdict_in_words,
)
from eagerbench.results import CaseOutcome, Counts, MemoryUse
from eagerbench.side_by_side import SideBySide, side_by_side
from eagerbench.stats import Estimate
from eagerbench.summary import summarise

MakeRun = Callable[..., Run]
EAGER, FUNCTION, PREDICT = "forward/eager/b1", "forward/function/b1", "forward/predict/b1"
BASE = {
    EAGER: [[0.0100], [0.0101], [0.0102], [0.0101]],
    FUNCTION: [[0.0050], [0.0051], [0.0050], [0.0052]],
    PREDICT: [[0.10], [0.11], [0.10], [0.12]],
}


def held(*runs: Run, labels: tuple[str, ...] = ("base", "head", "third")) -> SideBySide:
    return side_by_side(runs, [summarise(run) for run in runs], labels[: len(runs)])


@pytest.fixture
def base(make_run: MakeRun) -> Run:
    """Three modes in four launches."""
    return make_run(BASE)


@pytest.fixture
def head(make_run: MakeRun) -> Run:
    """The same three hours later: everything took 1.5 times as long, and `function` twice that."""
    factors = {EAGER: 1.5, FUNCTION: 3.0, PREDICT: 1.5}
    return make_run(
        {case: [[wall * factors[case] for wall in own] for own in launches] for case, launches in BASE.items()},
    )


@pytest.fixture
def whole(make_forked_run: MakeRun, make_memory_use: Callable[..., MemoryUse], base: Run) -> Run:
    """With cold starts, memory and counts."""
    cold = {
        f"cold/{mode}/b1": [({"imports": 4.0, "first call": own}, (0.01,)) for own in (0.1, 0.11, 0.12)]
        for mode in ("eager", "function")
    }
    memory = [make_memory_use("memory/eager/b1", [size] * 3) for size in (20.0, 21.0, 22.0)]
    return make_forked_run(
        cold=cold, memory=memory, counts=[Counts("traces/function/forward-shapes", 10, 2, 0)], run=base
    )


def test_a_headline_of_two_runs_holds_what_changed_against_eager(base: Run, head: Run):
    """The mode that changed, by how much, with the interval, and of how many."""
    assert headline(held(base, head)) == (
        "Against eager in the same launch, head is slower than base in 1 of 2 cases: function, forward pass of 1 row, "
        "2.0× slower (1.9–2.1)."
    )
    assert headline(held(base, base)) == "head is the same run as base."


def test_a_headline_of_more_runs_names_those_that_differ(base: Run, head: Run, make_run: MakeRun):
    """With how many cases; where none differs it says so."""
    assert headline(held(base, head, base)) == (
        "Against eager in the same launch, 1 of 2 runs differ from base: head in 1 of 2 cases."
    )
    slower = make_run({case: [[2 * wall for wall in own] for own in launches] for case, launches in BASE.items()})
    assert headline(held(base, slower, slower)) == (
        "Against eager in the same launch, none of 2 runs shows a difference to base."
    )


def test_without_eager_the_headline_is_of_times(make_run: MakeRun):
    """And without any time it says that nothing can be compared."""
    one = make_run({FUNCTION: BASE[FUNCTION]})
    twice = make_run({FUNCTION: [[2 * wall for wall in own] for own in BASE[FUNCTION]]})
    assert headline(held(one, twice)).startswith("In time, head is slower than base in 1 of 1 case: function, ")
    short = make_run({FUNCTION: [[0.1]]})
    assert headline(held(one, short)) == "No time of head can be held against one of base."


def test_sentences_of_a_run(whole: Run, head: Run, make_forked_run: MakeRun):
    """Machine, times, memory, counts, and what can't be compared."""
    told = run_sentences(held(whole, whole), 1)
    assert told == [
        "head has the machine, the packages and the flags of base.",
        "head is the same run as base: every change is exactly 1, and none is shown.",
        "In time, head shows no difference to base in any of 5 cases.",
        "Memory by the first call shows no difference in any of 1 case; the median change is 0 MB.",
        "The exact counts of 1 case are equal.",
    ]
    told = run_sentences(held(whole, head), 1)
    assert told[1] == (
        "In time, head is slower than base in 3 of 3 cases; most changed: function, forward pass of 1 row, "
        "3.0× slower (2.9–3.1)."
    )
    assert told[-1] == "4 cases can't be compared: 4 only in the first."
    counted = make_forked_run(counts=[Counts("traces/function/forward-shapes", 10, 7, 0)])
    assert "Exact counts differ in 1 of 1 case." in run_sentences(held(whole, counted), 1)


def test_other_versions_are_named(base: Run):
    """In the sentence and in the row of the run."""
    packages = {**base.start.machine["packages"], "tensorflow": "2.16.2"}
    start = msgspec.structs.replace(base.start, machine={**base.start.machine, "packages": packages})
    told = held(base, msgspec.structs.replace(base, start=start))
    assert run_sentences(told, 1)[0] == "What differs, base against head: package tensorflow: 2.21.0 against 2.16.2."
    assert run_row(told, 1) == (
        "head",
        "none shown of 2",
        "none shown of 3",
        "–",
        "–",
        "0",
        "package tensorflow: 2.21.0 against 2.16.2",
    )


def test_how_many_differences_chance_would_show(base: Run, head: Run):
    """Counted over all intervals: three times and two ratios; nothing is said of a run held against itself."""
    assert by_chance(held(base, head)) == (
        "Of 5 intervals at 95 %, 4 show a difference; chance alone would show about 1 where there is none."
    )
    assert by_chance(held(base, base)) == ""


def test_verdicts_put_time_and_ratio_together(base: Run, head: Run):
    """Slower in time only is what a slower machine does."""
    told = {own.case.mode: verdict_in_words(own) for own in held(base, head).comparisons}
    assert told == {"eager": "slower", "function": "slower, also against eager", "predict": "slower in time only"}
    back = {own.case.mode: verdict_in_words(own) for own in held(head, base).comparisons}
    assert back["function"] == "faster, also against eager"


def test_a_verdict_against_eager_only(base: Run, make_run: MakeRun):
    """The time is as it was where eager got faster: it says so; both ways at once too."""
    factors = {EAGER: 0.5, FUNCTION: 1.0, PREDICT: 0.8}
    other = make_run({case: [[wall * factors[case] for wall in own] for own in BASE[case]] for case in BASE})
    told = {own.case.mode: verdict_in_words(own) for own in held(base, other).comparisons}
    assert told["function"] == "slower against eager only"
    assert told["predict"] == "faster in time, slower against eager"


def test_changes_are_told_as_speeds_and_undecided_ones_as_times_over():
    """A reader sees how large an unseen change may be, on the scale of the figure."""
    assert change_in_words(Estimate(2.0, 1.9, 2.1, 4)) == ("2.0× slower", "1.9–2.1")
    assert change_in_words(Estimate(0.5, 0.4, 0.625, 4)) == ("2.0× faster", "1.6–2.5")
    assert change_in_words(Estimate(1.1, 0.9, 1.4, 4)) == ("no difference shown", "0.90–1.40×")
    assert change_in_words(None) == ("–", "")


def test_a_table_of_two_runs(base: Run, head: Run):
    """A row for each mode, fastest first, both times with their intervals, and what both changes show."""
    told = held(base, head)
    table = group_table(told, in_order(told.groups["forward b1"]))
    assert table.names == ["Mode", "base", "head", "Change in time", "Change against eager", "Verdict"]
    assert [row[0].text for row in table.rows] == ["function", "eager", "predict"]
    function, eager, predict = table.rows
    assert [cell.text for cell in function] == [
        "function",
        "5.07 ms",
        "15.2 ms",
        "3.0× slower",
        "2.0× slower",
        "slower, also against eager",
    ]
    assert [cell.tone for cell in function] == ["", "", "", "slower", "slower", ""]
    assert eager[4].text == "the reference"
    assert (predict[4].text, predict[4].tone) == ("not shown", "")
    assert re.fullmatch(r"\d\.\d\d–\d\.\d\d×", predict[4].detail)


def test_a_table_of_three_runs_names_them_in_a_column(base: Run, head: Run):
    """A row for each mode and run, which can be sorted by run."""
    told = held(base, head, base)
    table = group_table(told, in_order(told.groups["forward b1"]))
    assert table.names[:4] == ["Mode", "Run", "base", "This run"]
    assert [(row[0].text, row[1].text, row[1].order) for row in table.rows[:2]] == [
        ("function", "head", 1.0),
        ("function", "third", 2.0),
    ]


def test_trainings_are_ordered_by_steps(make_run: MakeRun):
    """More steps a second are faster; a number says what it is of."""
    run = make_run({"train/eager/env1": [[0.2], [0.2]], "train/function/env1": [[0.1], [0.1]]})
    told = held(run, run)
    table = group_table(told, in_order(told.groups["train env1"]))
    assert [row[0].text for row in table.rows] == ["function", "eager"]
    assert table.rows[0][1].text == "640 steps/s"


def test_changes_stand_in_the_order_of_what_no_machine_did(base: Run, make_run: MakeRun):
    """Against eager first, however small, then the largest; what there is no room for is counted."""
    factors = {EAGER: 4.0, FUNCTION: 6.0, PREDICT: 4.0}
    told = held(base, make_run({case: [[wall * factors[case] for wall in own] for own in BASE[case]] for case in BASE}))
    table, left_out = changes_table(told, memory=False, most=2)
    assert table is not None
    assert [row[0].text for row in table.rows][:1] == [FUNCTION]
    assert (len(table.rows), left_out) == (2, 1)
    assert changes_table(told, memory=True, most=2) == (None, 0)
    assert changes_table(held(base, base), memory=False, most=2) == (None, 0)


def test_what_differs_and_what_is_equal(base: Run):
    """Versions and flags of the machine in sight, plans of something else folded; lists by what not all have."""
    machine = {**base.start.machine, "cpu_flags": ["avx", "avx2"], "environment": {"XLA_FLAGS": "", "OMP": "2"}}
    first = msgspec.structs.replace(base, start=msgspec.structs.replace(base.start, machine=machine))
    other = msgspec.structs.replace(
        base,
        start=msgspec.structs.replace(
            base.start,
            machine={**base.start.machine, "cpu_flags": ["avx", "amx"], "cpu": "Other"},
            plan=msgspec.structs.replace(base.start.plan, cases=("train/eager/env1",), seed=1),
        ),
    )
    told = circumstances([first, other], [summarise(run) for run in (first, other)])
    rows = {row[0]: row[1:] for row in told.differing}
    assert rows["cpu"] == ("Example CPU @ 2.00GHz", "Other")
    assert rows["cpu flags"] == ("those of all, avx2", "those of all, amx")
    assert rows["environment OMP"] == ("2", "–")
    assert rows["Seed"] == ("0", "1")
    assert "Training: Target" in {row[0] for row in told.partial}
    assert ("tensorflow", "2.21.0") in told.equal
    assert not {name for name, _ in told.equal} & rows.keys()


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (("a/results.json", "b/results.json"), ["a", "b"]),
        (("a/benchmark-report/results.json", "b/benchmark-report"), ["a", "b"]),
        (("old.json", "new.json"), ["old", "new"]),
        (("x/old.json", "y/old.json"), ["x", "y"]),
        (("a/x/results.json", "b/x", "b/y/launches.jsonl"), ["a/x", "b/x", "b/y"]),
        (("a", "b", "a"), ["a", "b", "a (2)"]),
        (("same.json", "same.json"), ["same", "same (2)"]),
    ],
)
def test_labels_are_what_tells_paths_apart(paths: tuple[str, ...], expected: list[str], base: Run):
    """Short, and no two alike."""
    assert GENERIC_FOLDER == DEFAULT_REPORT_FOLDER
    assert labels_of([Path("/somewhere") / path for path in paths], [base] * len(paths)) == expected


def test_long_paths_give_way_to_versions_or_times(base: Run):
    """Where these tell the runs apart."""
    paths = [Path("/a") / ("long" * 10 + name) / "results.json" for name in "xy"]
    packages = {**base.start.machine["packages"], "tensorflow": "2.16.2"}
    newer = msgspec.structs.replace(
        base, start=msgspec.structs.replace(base.start, machine={**base.start.machine, "packages": packages})
    )
    later = msgspec.structs.replace(base, start=msgspec.structs.replace(base.start, started="2026-01-03T00:00:00Z"))
    assert labels_of(paths, [base, newer]) == ["TensorFlow 2.21.0", "TensorFlow 2.16.2"]
    assert labels_of(paths, [base, later]) == ["2026-01-02 03:04 UTC", "2026-01-03 00:00 UTC"]
    assert len(set(labels_of(paths, [base, base]))) == 2


def test_labels_that_are_given(base: Run):
    """As many as runs, all different, none empty."""
    paths = [Path("a"), Path("b")]
    assert labels_of(paths, [base, base], "before, after") == ["before", "after"]
    for wrong, message in (("one", "expected 2"), ("a,b,c", "got 3"), ("a,a", "that differ"), ("a,", "none of them")):
        with pytest.raises(UserError, match=message):
            labels_of(paths, [base, base], wrong)


def texts_of(figure: Any) -> str:
    axes = [text for own in figure.axes for text in (*own.texts, own.title, own._left_title)]
    return "\n".join(text.get_text() for text in (*figure.texts, *axes))


def test_the_figure_names_every_case_and_both_changes(base: Run, head: Run):
    """Values beside their rows; the reference has no ratio to itself."""
    told = held(base, head)
    shown = texts_of(changes(told, drawable(in_order(told.comparisons)), [1]))
    for expected in (
        "Change against base",
        "Forward pass of 1 row",
        "function",
        "3.0× slower (2.9–3.1)",
        "2.0× slower (1.9–2.1)",
        "the reference",
    ):
        assert expected in shown


def test_the_figure_has_a_panel_for_each_run(base: Run, head: Run):
    """Named above it."""
    told = held(base, head, head)
    figure = changes(told, drawable(in_order(told.comparisons)), [1, 2])
    assert len(figure.axes) == 2
    assert {"head", "third"} <= set(texts_of(figure).splitlines())


def test_nothing_to_draw_is_refused_and_gives_no_picture(make_run: MakeRun):
    """No empty figure."""
    short = make_run({case: launches[:1] for case, launches in BASE.items()})
    told = held(short, short)
    assert drawable(told.comparisons) == []
    assert pictures(told) == []
    with pytest.raises(ValueError, match="ask drawable"):
        changes(told, [], [1])


def test_a_caption_counts_the_cases_that_are_not_drawn(whole: Run, head: Run):
    """Of those that have times: what has none is no gap in a figure of times."""
    (drawn,) = pictures(held(whole, head))
    assert "Not drawn" not in drawn.caption
    raced, cold = pictures(held(whole, whole))
    assert (raced.stem, cold.stem) == ("comparison", "comparison-cold")
    assert "Not drawn" not in raced.caption + cold.caption


def test_an_outlier_stays_at_the_edge(base: Run, make_run: MakeRun):
    """A change of a million times is an arrow at the end of the axis."""
    factors = {EAGER: 1.0, FUNCTION: 1e6, PREDICT: 1.0}
    other = make_run({case: [[wall * factors[case] for wall in own] for own in BASE[case]] for case in BASE})
    told = held(base, other)
    (axes,) = changes(told, drawable(in_order(told.comparisons)), [1]).axes
    low, high = axes.get_xlim()
    assert all(
        low <= x <= high for line in axes.lines for x in line.get_xdata() if line.get_marker() not in {"None", ""}
    )


def render(told: tuple[Run, ...], folder: Path, *labels: str) -> RenderedSideBySide:
    return render_side_by_side(told, labels or [f"run {place}" for place in range(len(told))], folder)


def check_whole(content: str, page: Any, folder: Path) -> None:
    """Well-formed, every link leads somewhere, every image has words, nothing runs but our script."""
    assert len(page.ids) == len(set(page.ids))
    tags = [tag for tag, _ in page.elements]
    assert (tags.count("h1"), tags.count("title"), tags.count("main")) == (1, 1, 1)
    for link in page.attributes("a"):
        target = link["href"]
        assert target[1:] in page.ids if target.startswith("#") else (folder / target).is_file()
    assert all(len(image["alt"]) > 40 for image in page.attributes("img"))
    assert content.count("<script") == 1
    assert not {name for _, attributes in page.elements for name in attributes} & {"style", "onerror", "onclick"}


def test_files_and_page(whole: Run, head: Run, tmp_path: Path, take_apart: Callable[[str], Any]):
    """The list is what lies there; the page says what changed, what differs and how to measure again."""
    done = render((whole, head), tmp_path, "base", "head")
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in done.files}
    assert {"index.html", "comparison.csv", "comparison.md", "comparison.png", "comparison.svg"} == {
        path.name for path in done.files
    }
    content = done.index.read_text(encoding="utf-8")
    page = take_apart(content)
    check_whole(content, page, tmp_path)
    for expected in (
        "Two runs side by side: head held against base",
        "head is slower than base in 1 of 2 cases",
        "only in base",
        "eagerbench gate",
        "pytest --benchmark-only",
        "facts that are equal in all runs",
        "slower in time only",
    ):
        assert expected in page.text
    # Of cold starts nothing can be compared: no table of nothing.
    assert 'id="group-forward-b1"' in content
    assert 'id="group-cold-b1"' not in content


def test_the_same_runs_give_the_same_bytes(base: Run, head: Run, tmp_path: Path):
    """A report can be checked in."""
    one, two = (render((base, head), tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in one.files] == [path.read_bytes() for path in two.files]


@pytest.mark.parametrize("name", ["same", "one launch", "all failed", "disjoint", "no launches", "seven", "everything"])
def test_odd_sets_of_runs_have_a_page_that_says_so(
    name: str, whole: Run, base: Run, head: Run, make_run: MakeRun, tmp_path: Path, take_apart: Callable[[str], Any]
):
    """No empty figure, no number that nobody measured."""
    short = make_run({case: launches[:1] for case, launches in BASE.items()})
    broken = make_run(BASE, outcomes=dict.fromkeys(BASE, CaseOutcome("failed", "it broke")))
    other = make_run({"update/eager/b64": [[0.1], [0.2]]})
    sets: dict[str, tuple[tuple[Run, ...], str]] = {
        "same": ((base, base), "run 1 is the same run as run 0."),
        "one launch": ((base, short), "4 and 1 launches; an interval needs 2 in each"),
        "all failed": ((base, broken), "withheld in run 1: failed: it broke"),
        "disjoint": ((base, other), "only in run 1"),
        "no launches": ((base, msgspec.structs.replace(base, launches=(), end=None)), "run 1 is not whole"),
        "seven": ((base, head, base, head, base, head, whole), "3 of 6 runs differ from run 0"),
        "everything": ((whole, whole), "every change is exactly 1"),
    }
    runs, expected = sets[name]
    done = render(runs, tmp_path)
    page = take_apart(done.index.read_text(encoding="utf-8"))
    check_whole(done.index.read_text(encoding="utf-8"), page, tmp_path)
    assert expected in page.text
    assert ("comparison.png" in {path.name for path in done.files}) == (name in {"same", "seven", "everything"})
    if name not in {"same", "seven", "everything"}:
        assert "slower (" not in (tmp_path / "comparison.md").read_text()


def test_seven_runs_are_drawn_in_two_figures(base: Run, head: Run, tmp_path: Path):
    """Five panels and one."""
    done = render((base, head, base, head, base, head, head), tmp_path)
    assert {path.name for path in done.files if path.suffix == ".png"} == {"comparison.png", "comparison-2.png"}


def test_csv_has_every_number_unrounded(whole: Run, head: Run):
    """A row for each case and run; before and after are those of the runs' own summaries."""
    told = held(whole, head)
    frame = comparisons_frame(told)
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == len(told.comparisons)
    row = frame[frame["case"] == FUNCTION].iloc[0]
    summaries = [{own.case.id: own for own in summarise(run).cases}[FUNCTION] for run in (whole, head)]
    assert [row["before"], row["after"]] == [own.time_s.value for own in summaries if own.time_s]
    assert (row["unit"], row["verdict"], row["against_eager"]) == ("s", "slower", "slower")
    assert row["times_over"] == pytest.approx(3.0)
    gone = frame[frame["case"] == "memory/eager/b1"].iloc[0]
    assert (gone["unit"], gone["reason"]) == ("MB", "only in base")


def test_ratios_are_recomputed_from_raw_samples_by_other_code(base: Run, head: Run):
    """Medians of launches by NumPy, Welch's interval by SciPy: of times, and of ratios to eager in the same launch."""
    import numpy as np
    from scipy.stats import ttest_ind

    def logs(run: Run, case: str) -> Any:
        taken = [
            [own.wall_s / own.calls for own in launch.samples if own.case == case and own.stage == "steady"]
            for launch in run.launches
        ]
        return np.log([np.median(own) for own in taken])

    frame = comparisons_frame(held(base, head)).set_index("case")
    for case in BASE:
        pairs = [("times_over", logs(base, case), logs(head, case))]
        if case != EAGER:
            relative = (logs(run, case) - logs(run, EAGER) for run in (base, head))
            pairs.append(("times_over_against_eager", *relative))
        for name, before, after in pairs:
            expected = ttest_ind(after, before, equal_var=False).confidence_interval(0.95)
            row = frame.loc[case]
            assert row[name] == pytest.approx(np.exp(after.mean() - before.mean()))
            assert (row[f"{name}_low"], row[f"{name}_high"]) == pytest.approx(tuple(np.exp(expected)))


def test_markdown_shows_what_changed_and_fits_a_comment(base: Run, head: Run):
    """Sentences, the changed cases, and why times are not the last word."""
    text = comparison_markdown(held(base, head))
    assert text.startswith(
        "### Runs side by side\n\n**Against eager in the same launch, head is slower than base in 1 of 2 cases"
    )
    assert "| forward/function/b1 | 5.07 ms (4.92–5.23) | 15.2 ms (14.8–15.7) | 3.0× slower (2.9–3.1) |" in text
    assert "eagerbench gate" in text
    assert "| forward" not in comparison_markdown(held(base, base))


def test_many_runs_of_many_cases_still_fit_a_comment(make_run: MakeRun):
    """GitHub refuses more than 65,536 signs; the cut is said."""
    times = {f"forward/mode-{number}/b{size}": [[0.1], [0.11]] for number in range(40) for size in (1, 10, 100)}
    slower = {case: [[5 * wall for wall in own] for own in launches] for case, launches in times.items()}
    runs = (make_run(times), *(make_run(slower) for _ in range(6)))
    text = comparison_markdown(held(*runs, labels=tuple("abcdefg")))
    assert len(text) < 65_536
    assert "680 more are in comparison.csv." in text


def test_lines_for_a_terminal(base: Run, head: Run):
    """The sentence first, the changed cases in columns, the caveat."""
    lines = list(comparison_lines(held(base, head)))
    assert lines[0] == headline(held(base, head))
    assert any(line.startswith("  forward/function/b1  5.07 ms (4.92–5.23)") for line in lines)
    assert any("eagerbench gate" in line for line in lines)


def test_counts_that_differ_are_shown(whole: Run, make_forked_run: MakeRun, tmp_path: Path):
    """In page, Markdown and CSV."""
    other = make_forked_run(counts=[Counts("traces/function/forward-shapes", 10, 7, 0)])
    done = render((whole, other), tmp_path)
    assert "| function | forward-shapes | traces | 2 | 7 |" in (tmp_path / "comparison.md").read_text()
    assert 'id="counts"' in done.index.read_text(encoding="utf-8")
    rows = list(reader.DictReader(io.StringIO((tmp_path / "comparison.csv").read_text())))
    (row,) = [row for row in rows if row["workload"] == "traces"]
    assert json.loads(row["counts"]) == {"traces": [2, 7]}


def test_hostile_text_stays_text(hostile_run: Run, tmp_path: Path, take_apart: Callable[[str], Any]):
    """Modes, machines, reasons and labels that are HTML, Markdown, formulas or control codes."""
    evil = "=cmd()<script>alert(1)</script>|`a`[b](c)"
    slower = tuple(
        msgspec.structs.replace(
            launch,
            samples=tuple(msgspec.structs.replace(own, wall_s=own.wall_s * 1e6) for own in launch.samples),
        )
        for launch in hostile_run.launches
    )
    start = msgspec.structs.replace(hostile_run.start, machine={"cpu": evil, evil: [evil]})
    other = msgspec.structs.replace(hostile_run, start=start, launches=slower)
    done = render((hostile_run, other), tmp_path, evil, "@team\x1b[31m")
    content = done.index.read_text(encoding="utf-8")
    page = take_apart(content)
    check_whole(content, page, tmp_path)
    assert evil in page.text
    assert "\x1b" not in content
    markdown = (tmp_path / "comparison.md").read_text()
    assert "Times that changed" in markdown
    assert "onerror" in markdown  # of a mode, as text
    assert not re.search("<(script|img)", markdown)
    assert "@team" not in markdown
    rows = list(reader.reader(io.StringIO((tmp_path / "comparison.csv").read_text())))
    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "@", "\t"}]
    assert all(line.isprintable() for line in comparison_lines(done.told))


def test_what_is_not_compared_is_listed_with_its_reason(base: Run, make_run: MakeRun):
    """Case, run, verdict, reason."""
    other = make_run({EAGER: BASE[EAGER]}, env="Other-v0")
    assert not_compared(held(base, other)) == [
        (EAGER, "head", "not comparable", "defined otherwise: environment: CartPole-v1 against Other-v0"),
        (FUNCTION, "head", "missing", "only in base"),
        (PREDICT, "head", "missing", "only in base"),
    ]


def test_a_folder_that_cannot_be_is_the_users_error(base: Run, tmp_path: Path):
    """One line."""
    (tmp_path / "report").write_text("a file")
    with pytest.raises(UserError, match="cannot write"):
        render((base, base), tmp_path / "report")
