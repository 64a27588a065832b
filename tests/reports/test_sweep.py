"""A sweep over batch sizes and widths: one section, one grid, where overhead ends, and what is said of it.

Times follow a law, overhead + rows · work, so that it is known who is ahead where.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from eagerbench import Run, summarise
from eagerbench.crossings import Doubling
from eagerbench.reports import render
from eagerbench.reports.batch_curves import curved, found_crossings, found_doublings
from eagerbench.reports.crossing_words import unplaced
from eagerbench.reports.drawn import png
from eagerbench.reports.headline import headline
from eagerbench.reports.markdown import summary_markdown
from eagerbench.reports.overhead import CAPTION, dense, overhead_sentences, overhead_table
from eagerbench.reports.situations import situations
from eagerbench.reports.sweep import MOST_GROUPS, apart, fastest, gains, grid, sweeps
from eagerbench.reports.sweep_words import sweep_sentences, use_clause, yardstick_sentences
from eagerbench.reports.terminal import terminal_lines
from eagerbench.reports.verdicts import verdict_table
from eagerbench.reports.widths_figure import crossings_over_widths, overhead_ends, told_pairs
from eagerbench.results import Model

SIZES = (1, 8, 64, 512)
WIDTHS = (32, 512)
# Seconds of a call, and of a row for each unit squared. Graph-v1 is ahead at first, blocked-xla in the end.
LAWS = {
    "eager": (1e-3, 1e-9),
    "graph-v1": (1e-4, 1e-9),
    "blocked-xla": (4e-4, 4e-10),
    "numpy": (1e-5, 3e-9),
}


def swept(
    make_run: Callable[..., Run],
    laws: Mapping[str, tuple[float, float]] | None = None,
    sizes: Sequence[int] = SIZES,
    launches: int = 3,
    workload: str = "forward",
    lines: Sequence[str] = tuple(f"-h{width}" for width in WIDTHS),
) -> Run:
    """All modes at all sizes and widths, each launch a little off, every second call of a mode a little more."""
    times = {
        f"{workload}/{mode}/b{rows}{line}": [
            [(fixed + row * rows * int(line[2:] if line.startswith("-h") else 128) ** 2) * (1 + 0.01 * launch)]
            for launch in range(launches)
        ]
        for line in lines
        for rows in sizes
        for mode, (fixed, row) in (laws or LAWS).items()
    }
    return make_run(times, model=Model("actor-critic", hidden=WIDTHS, outputs=(("logits", (2,)), ("value", (1,)))))


@pytest.fixture
def sweep_run(make_run: Callable[..., Run]) -> Run:
    """Two widths of four sizes."""
    return swept(make_run)


def test_more_groups_than_have_room_are_a_sweep(make_run: Callable[..., Run]):
    """Seven sizes are, six are not; of another workload none is."""
    for count, expected in ((MOST_GROUPS, []), (MOST_GROUPS + 1, ["forward"])):
        sizes = [2**power for power in range(count)]
        times = {f"forward/eager/b{size}": [[0.1], [0.1]] for size in sizes} | {"update/eager/b64": [[0.1], [0.1]]}
        summary = summarise(make_run(times))
        assert list(sweeps(summary)) == expected
        assert list(apart(summary)) == ([] if expected else [f"forward b{size}" for size in sizes]) + ["update b64"]


def test_the_grid_names_the_fastest_and_who_is_tied(make_run: Callable[..., Run]):
    """With how many times faster than eager it is; numpy is a yardstick and stands nowhere."""
    laws = {**LAWS, "function": LAWS["graph-v1"]}
    run = swept(make_run, laws)
    (sweep,) = sweeps(summarise(run)).values()
    told = grid(run, sweep)
    assert told.names == ["Batch", "32 hidden units", "512 hidden units"]
    assert [row[0].text for row in told.rows] == ["1 row", "8 rows", "64 rows", "512 rows"]
    first = told.rows[0][1]
    assert (first.text, first.tone) == ("graph-v1", "faster")
    assert first.detail == "9.9× faster, 9.9–9.9; tied: function"
    assert [row[2].text for row in told.rows] == [
        "graph-v1",
        "blocked-xla",
        "blocked-xla",
        "blocked-xla",
    ]


@pytest.mark.parametrize(
    ("others", "expected"),
    [(("a",), "tied: a"), (("a", "b"), "tied: a and b"), (("a", "b", "c"), "tied: 3 others")],
)
def test_who_is_tied_is_named_where_there_is_room(make_run: Callable[..., Run], others: Sequence[str], expected: str):
    """Two by name, more by their number."""
    run = swept(make_run, {**LAWS, **dict.fromkeys(others, LAWS["graph-v1"])})
    (sweep,) = sweeps(summarise(run)).values()
    assert grid(run, sweep).rows[0][1].detail.partition("; ")[2] == expected


def test_who_is_faster_most_often_is_told_first(make_run: Callable[..., Run]):
    """Function at seven of eight, predict at one."""
    times = {
        f"forward/{mode}/b{rows}-h{width}": [[time_s] for time_s in (0.1 * share, 0.101 * share)]
        for width in WIDTHS
        for rows in SIZES
        for mode, share in (
            ("eager", 1),
            ("predict", 0.5 if (rows, width) == (8, 32) else 1),
            ("function", 1 if (rows, width) == (8, 32) else 0.9),
        )
    }
    (sweep,) = sweeps(summarise(make_run(times))).values()
    assert sweep_sentences(sweep) == [
        "Of 8 batch sizes and widths, so many show a mode to be faster than eager: function at 7 and predict at 1."
    ]


def test_one_launch_is_said_to_compare_nothing(
    make_run: Callable[..., Run], tmp_path: Path, take_apart: Callable[[str], Any]
):
    """No mode is shown to be faster, and none not to be: the headline and the section say why, and no grid is empty."""
    run = swept(make_run, launches=1)
    (sweep,) = sweeps(summarise(run)).values()
    told = "One launch gives no interval, so nothing is compared; --launches 5 would."
    assert sweep_sentences(sweep) == [told]
    assert situations(run, summarise(run)) == []
    assert headline(run, summarise(run)) == told
    page = take_apart(render(run, tmp_path).index.read_text(encoding="utf-8")).text
    assert page.count(told) == 2
    assert "nothing shows who" not in page
    assert "Batch" not in summary_markdown(run, summarise(run))


def test_the_headline_says_what_to_use(sweep_run: Run):
    """One sentence of the first width and the last: modes change places where their laws say."""
    assert headline(sweep_run, summarise(sweep_run)) == (
        "Among the fastest modes: with 32 hidden units graph-v1 below about 487 rows (487–487), blocked-xla above; "
        "with 512 hidden units graph-v1 below about 2.1 rows (2.1–2.1), blocked-xla above."
    )


def test_one_mode_may_be_among_the_fastest_everywhere(make_run: Callable[..., Run]):
    """It is told with its numbers at both ends."""
    laws = {name: LAWS[name] for name in ("eager", "graph-v1", "numpy")}
    run = swept(make_run, laws)
    (sweep,) = sweeps(summarise(run)).values()
    told = "graph-v1 at every batch size"
    assert use_clause(run, sweep) == (
        f"among the fastest modes: with 32 hidden units {told}; with 512 hidden units {told}"
    )
    first = situations(run, summarise(run))[0]
    assert first.answer == "graph-v1"
    assert first.why.startswith("among the fastest at every batch size; 1 row: graph-v1 ")
    assert "; 512 rows: graph-v1 " in first.why


def test_a_change_of_places_that_is_not_shown_is_said_to_be_so(make_run: Callable[..., Run]):
    """Who was ahead at first can be told from the other at no larger size: no number of rows."""
    times = {
        f"forward/{mode}/b{rows}-h{width}": [[time * off] for off in offs]
        for width in (32, 64)
        for rows, function, graph, offs_of_graph in (
            (1, 0.02, 0.05, (1, 1.01, 1.02)),
            (8, 0.06, 0.04, (1, 1.01, 1.02)),
            (64, 0.06, 0.05, (0.4, 1, 1.6)),
            (512, 0.06, 0.05, (0.4, 1, 1.6)),
        )
        for mode, time, offs in (
            ("eager", 0.1, (1, 1.01, 1.02)),
            ("function", function, (1, 1.01, 1.02)),
            ("graph-v1", graph, offs_of_graph),
        )
    }
    run = make_run(times)
    found = situations(run, summarise(run))
    assert found[0].answer == "function below about 4.2 rows, graph-v1 above"  # ln 8 · ln 2.5 / (ln 2.5 + ln 1.5)
    assert "; 8 rows: graph-v1 " in found[0].why  # the first batch size at which it is shown to be ahead
    noisy = {case: own if "/graph-v1/b8-" not in case else [[0.024], [0.06], [0.096]] for case, own in times.items()}
    # In between another mode is the fastest, so that function is not among them everywhere.
    noisy |= {
        f"forward/saved-model/b{rows}-h{width}": [[time * off] for off in (1, 1.01, 1.02)]
        for width in (32, 64)
        for rows, time in ((1, 0.05), (8, 0.02), (64, 0.02), (512, 1.0))
    }
    run = make_run(noisy)
    found = situations(run, summarise(run))
    # At 512 rows graph-v1 is not shown to be faster than eager, and function is.
    assert found[0].answer == "function at 1 row and at 512 rows"
    assert found[0].why.startswith("in between another mode is shown to be faster; 1 row: function ")
    run = make_run({**noisy, **{case: [[0.04], [0.05], [0.06]] for case in noisy if "/graph-v1/b512-" in case}})
    found = situations(run, summarise(run))
    assert found[0].answer == "function at 1 row, graph-v1 at 512 rows"
    assert found[0].why.startswith("where they change places is not shown; 1 row: function ")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["-h32"], "Of 7 batch sizes, so many"),
        (["-h32", "-h512"], "Of 14 batch sizes and widths, so many"),
        (["@test_a", "@test_b"], "Of 14 batch sizes and benchmarks, so many"),
    ],
)
def test_what_was_swept_is_what_is_counted(make_run: Callable[..., Run], lines: Sequence[str], expected: str):
    """No widths in a run of one."""
    run = swept(make_run, sizes=[2**power for power in range(7)], lines=lines)
    (sweep,) = sweeps(summarise(run)).values()
    (told,) = sweep_sentences(sweep)
    assert told.startswith(expected)


def test_what_the_page_does_not_tell_it_does_not_explain(
    make_run: Callable[..., Run], tmp_path: Path, take_apart: Callable[[str], Any]
):
    """Sizes far apart have no table of where overhead ends."""
    for sizes, explained in (((1, 100_000), 0), ((1, 8), 1)):
        run = swept(make_run, sizes=sizes, lines=[""])
        page = take_apart(render(run, tmp_path / str(explained)).index.read_text(encoding="utf-8")).text
        assert page.count("The rows from which on a call takes more than twice as long") == explained
        assert page.count("Where the mean over launches of the logarithm of the ratio") == 1


def test_where_nothing_is_shown_to_be_faster_than_eager_no_other_mode_is_named(make_run: Callable[..., Run]):
    """Graph-v1 has the smaller mean on the first width and scatters; the second width shows it to be faster."""
    times = {
        f"forward/{mode}/b{rows}-h{width}": [[time * off] for off in offs]
        for width, offs_of_graph in ((32, (0.1, 1.0, 4.0)), (64, (0.2, 0.2, 0.201)))
        for rows in SIZES
        for mode, time, offs in (("eager", 0.1, (1, 1, 1.01)), ("graph-v1", 0.1, offs_of_graph))
    }
    run = make_run(times)
    (sweep,) = sweeps(summarise(run)).values()
    assert [(cell.text, cell.detail.partition(",")[0], cell.tone) for cell in grid(run, sweep).rows[0][1:]] == [
        ("eager", "no mode is shown to be faster", ""),
        ("graph-v1", "5.0× faster", "faster"),
    ]
    assert [line.answer for line in situations(run, summarise(run))] == ["eager", "graph-v1"]


def test_no_mode_pays_is_a_finding(make_run: Callable[..., Run]):
    """All as fast as eager."""
    laws = dict.fromkeys(LAWS, (1e-3, 1e-9))
    run = swept(make_run, laws)
    (sweep,) = sweeps(summarise(run)).values()
    assert use_clause(run, sweep) == "no mode is shown to be faster than eager at any batch size"
    assert gains(sweep) == {}
    assert sweep_sentences(sweep) == []


def test_a_line_for_each_width_says_what_to_use(sweep_run: Run):
    """Below the crossing of who is ahead at first with who is ahead in the end, and above."""
    found = situations(sweep_run, summarise(sweep_run))
    assert [one.need for one in found] == [
        "Many forward passes, 32 hidden units",
        "Many forward passes, 512 hidden units",
    ]
    assert found[0].answer == "graph-v1 below about 487 rows, blocked-xla above"  # 3e-4 / (0.6e-9 · 32²) = 488
    assert found[1].answer == "graph-v1 below about 2.1 rows, blocked-xla above"
    assert "they change places at about 2.1 rows (" in found[1].why
    assert "1 row: graph-v1 366 µs (" in found[1].why
    assert [one.section for one in found] == ["forward/h32", "forward/h512"]


def test_of_two_that_are_ahead_at_first_the_one_that_is_so_longer_is_told(make_run: Callable[..., Run]):
    """Both are tied on one row; on 8 rows graph-v1 alone is ahead."""
    times = {
        f"forward/{mode}/b{rows}-h{width}": [[time_s * off] for off in (offs if rows == 1 else (1, 1.01, 1.02))]
        for width in WIDTHS
        for mode, offs, seconds in (
            ("eager", (1, 1.01, 1.02), (0.1, 0.1, 0.1, 0.1)),
            ("function", (0.9, 1, 1.1), (0.02, 0.03, 0.05, 0.06)),
            ("graph-v1", (1.1, 1, 0.95), (0.02, 0.02, 0.05, 0.06)),
            ("blocked-xla", (1, 1.01, 1.02), (0.05, 0.04, 0.03, 0.03)),
        )
        for rows, time_s in zip(SIZES, seconds, strict=True)
    }
    run = make_run(times)
    (first, _) = situations(run, summarise(run))
    assert first.answer.startswith("graph-v1 below about ")
    (sweep,) = sweeps(summarise(run)).values()
    assert [case.case.mode for case in fastest(run, sweep.lines[0].groups[1])] == ["function", "graph-v1"]


def test_of_two_that_are_ahead_in_the_end_the_one_whose_change_of_places_is_shown_is_told(
    make_run: Callable[..., Run],
):
    """Function is tied at more sizes, but can nowhere be told from graph-v1: what is known of blocked-xla is said."""
    tight, wide = (1, 1.01, 1.02), (0.5, 1, 2)
    times = {
        f"forward/{mode}/b{rows}-h{width}": [[time_s * off] for off in offs]
        for width in WIDTHS
        for mode, seconds, offsets in (
            ("eager", (0.1, 0.1, 0.1, 0.1), (tight,) * 4),
            ("graph-v1", (0.02, 0.03, 0.04, 0.06), (tight,) * 4),
            ("function", (0.05, 0.05, 0.05, 0.04), (tight, tight, wide, wide)),
            ("blocked-xla", (0.05, 0.05, 0.05, 0.03), (tight,) * 4),
        )
        for rows, time_s, offs in zip(SIZES, seconds, offsets, strict=True)
    }
    run = make_run(times)
    summary = summarise(run)
    (sweep,) = sweeps(summary).values()
    tied = [[case.case.mode for case in fastest(run, sweep.lines[0].groups[size])] for size in SIZES[-2:]]
    assert tied == [["graph-v1", "function"], ["blocked-xla", "function"]]
    (first, _) = situations(run, summary)
    assert first.answer == "graph-v1 below about 106 rows, blocked-xla above"  # 64 · 8 ** (ln 1.25 / (ln 1.25 + ln 2))


def test_function_is_held_against_numpy_as_eager_is(make_run: Callable[..., Run]):
    """A sentence for each of them, eager first."""
    run = swept(make_run, {**LAWS, "function": (2e-4, 1e-9)})
    (sweep,) = sweeps(summarise(run)).values()
    told = yardstick_sentences(run, sweep)
    assert [own.partition(" at ")[0] for own in told] == ["eager passes numpy", "function passes numpy"]


def test_where_overhead_ends_is_told_with_its_interval(sweep_run: Run):
    """In each mode, on each width; what doesn't double is said not to."""
    lines = [
        (own, {one.mode: one for one in found_doublings(sweep_run, own)})
        for own in curved(summarise(sweep_run)).values()
    ]
    told = overhead_table(lines)
    assert told
    assert told.names == ["Mode", "32 hidden units", "512 hidden units"]
    cells = {row[0].text: [(cell.text, cell.detail) for cell in row[1:]] for row in told.rows}
    assert cells["blocked-xla"][0] == ("above 512 rows", "shown not to double")
    assert cells["eager"][1] == ("5.8 rows", "5.8–5.8; between 1 and 8")
    ends, open_end = overhead_sentences(lines)
    assert ends.startswith(
        "Overhead ends in eager at about 5.8 rows (5.8–5.8) with 512 hidden units: there a call takes "
    )
    assert open_end == "In eager overhead is not shown to end within 512 rows with 32 hidden units."


@pytest.mark.parametrize(
    ("own", "expected", "sentences"),
    [
        (
            Doubling("eager", 20.0, 12.0, 31.0, (8, 64), (1, 512)),
            ("20 rows", "12–31; between 8 and 64"),
            ["Overhead ends in eager at about 20 rows (12–31): there a call takes twice as long as on 1 row."],
        ),
        (
            Doubling("eager", 20.0, 12.0, 31.0, (8, 64), (1, 512), ("eager",)),
            ("between 8 and 64 rows", "eager executes otherwise"),
            [
                "Overhead ends in eager somewhere between 8 and 64 rows: there a call takes twice as long as on 1 row.",
                "Where eager executes otherwise on one size than on the next, only between which sizes is told.",
            ],
        ),
        (
            Doubling("eager", 20.0, 12.0, 31.0, (1, 64), (1, 512)),
            ("between 1 and 64 rows", ""),
            [
                "Overhead ends in eager somewhere between 1 and 64 rows: there a call takes twice as long as on 1 row.",
                "Sizes so far apart don't show where: --batch-sizes takes more of them.",
            ],
        ),
        (
            Doubling("eager", 400.0, 120.0, None, (64, 512), (1, 512)),
            ("400 rows", "120 to above 512"),
            ["In eager overhead is not shown to end within 512 rows."],
        ),
        (
            Doubling("eager", 400.0, 120.0, None, (64, 512), (1, 512), ("eager",)),
            ("above 64 rows", "eager executes otherwise"),
            [
                "In eager overhead is not shown to end within 512 rows.",
                "Where eager executes otherwise on one size than on the next, only between which sizes is told.",
            ],
        ),
        (
            Doubling("eager", None, 120.0, None, (), (1, 512)),
            ("above 512 rows", "120 to above 512"),
            ["In eager overhead is not shown to end within 512 rows."],
        ),
    ],
    ids=["placed", "another program", "far", "open", "another program, open", "not within the sizes"],
)
def test_where_overhead_ends_is_said_as_far_as_it_is_shown(
    make_run: Callable[..., Run], own: Doubling, expected: tuple[str, str], sentences: Sequence[str]
):
    """A number only between sizes near each other and of one program; no end where none was measured."""
    (curves,) = curved(summarise(swept(make_run, lines=[""]))).values()
    told = overhead_table([(curves, {"eager": own})])
    assert told
    assert [(row[1].text, row[1].detail) for row in told.rows if row[0].text == "eager"] == [expected]
    assert overhead_sentences([(curves, {"eager": own})]) == sentences
    lines = overhead_ends("Forward passes", [(curves, {"eager": own})]).axes[0].lines
    assert sum(line.get_marker() == "o" for line in lines) == (own.size is not None and not unplaced(own))


def test_sizes_far_apart_do_not_show_where_overhead_ends(make_run: Callable[..., Run]):
    """1 and 100,000 rows say nothing; nor do one size, or one launch."""
    far, near = (curved(summarise(swept(make_run, sizes=sizes)))["forward/h32"] for sizes in ((1, 100_000), (1, 8)))
    assert (dense(far), dense(near)) == (False, True)
    run = swept(make_run, launches=1)
    assert overhead_table([(own, {}) for own in curved(summarise(run)).values()]) is None


def test_eager_and_function_are_held_against_numpy(sweep_run: Run):
    """With the place, its interval and the width."""
    (sweep,) = sweeps(summarise(sweep_run)).values()
    (told,) = yardstick_sentences(sweep_run, sweep)
    assert told.startswith("eager passes numpy at about ")
    assert told.count("(") == 2
    assert told.endswith(" with 512 hidden units.")


def test_points_of_the_figures_are_the_numbers(sweep_run: Run):
    """Crossings over widths, a little apart sideways, and where overhead ends."""
    (sweep,) = sweeps(summarise(sweep_run)).values()
    found = {own.hidden: found_crossings(sweep_run, own) for own in sweep.lines if own.hidden}
    figure = crossings_over_widths("Forward passes", found, SIZES, LAWS)
    expected = [one.size for own in told_pairs(found)["eager", "numpy"].values() for one in own]
    assert expected
    points = [
        line.get_ydata()[0]
        for line in figure.axes[0].lines
        if line.get_markersize() == 6.5 and len(line.get_xdata()) == 1
    ]
    assert points[: len(expected)] == expected
    ends = [(own, {one.mode: one for one in found_doublings(sweep_run, own)}) for own in sweep.lines]
    figure = overhead_ends("Forward passes", ends)
    drawn = {float(line.get_xdata()[0]) for line in figure.axes[0].lines if line.get_marker() == "o"}
    assert {one.size for _, own in ends for one in own.values() if one.size} <= drawn
    arrows = [line for line in figure.axes[0].lines if line.get_marker() == ">"]
    assert len(arrows) == sum(one.high is None for _, own in ends for one in own.values())
    assert png(figure)[:4] == b"\x89PNG"


def test_crossings_between_far_sizes_are_not_drawn(make_run: Callable[..., Run]):
    """Nobody knows where they are."""
    run = swept(make_run, sizes=(1, 100_000))
    found = {own.hidden: found_crossings(run, own) for own in curved(summarise(run)).values() if own.hidden}
    assert any(found.values())
    assert told_pairs(found) == {}
    with pytest.raises(ValueError, match="ask told_pairs"):
        crossings_over_widths("Forward passes", found, (1, 100_000), LAWS)


def test_the_page_has_one_entry_and_all_numbers(sweep_run: Run, tmp_path: Path, take_apart: Callable[[str], Any]):
    """One section, its groups folded, no figure of a group; every link leads somewhere, and no name is there twice."""
    rendered = render(sweep_run, tmp_path)
    content = rendered.index.read_text(encoding="utf-8")
    page = take_apart(content)
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == [
        "crossings-forward-sweep",
        "curves-forward-h32",
        "curves-forward-h512",
        "overhead-forward-sweep",
    ]
    links = [link["href"] for link in page.attributes("a")]
    assert all(link[1:] in page.ids for link in links if link.startswith("#"))
    assert len(page.ids) == len(set(page.ids))
    for group in summarise(sweep_run).groups:
        assert f"group-{group.replace(' ', '-')}" in page.ids
    sections = [section["id"] for section in page.attributes("section")]
    assert sections[:2] == ["choice", "sizes-forward-sweep"]
    assert verdict_table(sweep_run, rendered.summary) is None


def test_what_is_in_no_sweep_is_told_as_ever(make_run: Callable[..., Run]):
    """Verdicts of the gradient step, beside the sweep over forward passes."""
    run = swept(make_run)
    more = make_run({**dict.fromkeys(run.start.plan.cases, [[0.1]] * 3), "update/eager/b64": [[0.1]] * 3})
    verdicts = verdict_table(more, summarise(more))
    assert verdicts
    assert verdicts.names == ["Mode", "Gradient step on 64 rows"]


@pytest.mark.parametrize("workload", ["forward", "update"])
def test_a_comment_has_room_for_a_sweep(make_run: Callable[..., Run], workload: str):
    """Seven sizes, four widths and ten modes in less than 10,000 signs; as many lines in a terminal as tables have."""
    laws = {**LAWS, **{f"mode-{number}": (1e-3 * number, 1e-9) for number in range(1, 7)}}
    lines = [f"-h{width}" for width in (32, 128, 512, 2048)]
    run = swept(make_run, laws, (1, 8, 64, 512, 4096, 32768, 100_000), workload=workload, lines=lines)
    assert len(summary_markdown(run, summarise(run))) < 10_000


def test_the_terminal_has_the_grid_and_no_group(sweep_run: Run, tmp_path: Path):
    """Titles of two tables, and not of eight."""
    lines = list(terminal_lines(sweep_run, render(sweep_run, tmp_path)))
    titles = [after for before, after in pairwise(lines) if not before]
    assert titles[:3] == [
        "Which mode to use",
        "Forward passes over batch sizes and widths: the fastest mode, against eager",
        f"Where overhead ends: {CAPTION[:1].lower()}{CAPTION[1:]}",
    ]


def test_many_benchmarks_of_a_user_are_a_sweep_over_them(make_run: Callable[..., Run]):
    """Nothing of one is held against another; the grid has a column for each."""
    run = swept(make_run, sizes=(1, 8), lines=[f"@test_{name}" for name in "abcd"])
    (sweep,) = sweeps(summarise(run)).values()
    assert sweep.title == "Forward passes over batch sizes and benchmarks"
    assert grid(run, sweep).names == ["Batch", "test_a", "test_b", "test_c", "test_d"]
