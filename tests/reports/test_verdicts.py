"""The table of verdicts: what the whole interval shows, and nothing of what it doesn't."""

from collections.abc import Callable

from eagerbench import Run, summarise
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.verdicts import verdict_table
from eagerbench.results import CaseOutcome


def told(run: Run) -> Table:
    """The table of a run that has one."""
    found = verdict_table(run, summarise(run))
    assert found is not None
    return found


def test_every_mode_in_every_group(make_run: Callable[..., Run]):
    """A column for each group; a mode that was not in a group has a dash."""
    run = make_run(
        {
            "forward/eager/b1": [[0.04], [0.04]],
            "forward/function/b1": [[0.02], [0.02]],
            "forward/predict/b1": [[0.4], [0.4]],
            "train/eager/env1": [[0.64], [0.64]],
            "train/fused/env1": [[0.064], [0.064]],
        }
    )
    found = told(run)
    assert found.names == ["Mode", "Forward pass of 1 row", "Training in 1 environment"]
    assert [[cell.text for cell in row] for row in found.rows] == [
        ["eager", "the reference", "the reference"],
        ["function", "2.0× faster", "–"],
        ["predict", "10× slower", "–"],
        ["fused", "–", "10× faster"],
    ]
    forward = [row[1] for row in found.rows]
    assert forward[1] == Cell("2.0× faster", "2.0–2.0", 2.0, "faster", "fastest")
    assert (forward[2].tone, forward[2].tag, forward[2].detail) == ("slower", "", "10–10")


def test_modes_that_cannot_be_told_apart_are_tied(make_run: Callable[..., Run]):
    """Also one that is no shorter time by its point estimate; the one that is shown slower is not."""
    run = make_run(
        {
            "forward/eager/b1": [[0.4], [0.4], [0.4]],
            "forward/function/b1": [[0.020], [0.021], [0.020]],
            "forward/graph-v1/b1": [[0.021], [0.020], [0.021]],
            "forward/predict/b1": [[0.030], [0.030], [0.030]],
        }
    )
    assert [row[1].tag for row in told(run).rows] == ["", "tied", "tied", ""]


def test_one_mode_is_not_the_fastest_of_any(make_run: Callable[..., Run]):
    """There is nothing to be faster than; a yardstick beside it doesn't count."""
    run = make_run({"forward/function/b1": [[0.02], [0.02]], "forward/numpy/b1": [[0.04], [0.04]]})
    assert [row[1].tag for row in told(run).rows] == ["", ""]


def test_a_yardstick_is_marked_and_never_the_fastest(make_run: Callable[..., Run]):
    """However fast."""
    run = make_run(
        {
            "forward/eager/b1": [[0.04], [0.04]],
            "forward/function/b1": [[0.02], [0.02]],
            "forward/numpy/b1": [[0.001], [0.001]],
        }
    )
    assert [(row[0].tag, row[1].tag) for row in told(run).rows] == [("", ""), ("", "fastest"), ("yardstick", "")]


def test_one_launch_has_no_ratio_and_no_winner(make_run: Callable[..., Run]):
    """A dash, without colour."""
    run = make_run({"forward/eager/b1": [[0.04]], "forward/function/b1": [[0.02]]})
    assert told(run).rows[1][1] == Cell("–")


def test_no_difference_shown_has_no_colour(make_run: Callable[..., Run]):
    """But its interval."""
    run = make_run({"forward/eager/b1": [[0.02], [0.021]], "forward/function/b1": [[0.021], [0.02]]})
    cell = told(run).rows[1][1]
    assert (cell.text, cell.tone) == ("no difference shown", "")
    assert cell.detail


def test_what_has_no_times_says_why(make_run: Callable[..., Run]):
    """Withheld, or not available here."""
    run = make_run(
        {"forward/eager/b1": [[0.04], [0.04]], "forward/function/b1": [[0.02]], "forward/graph-v1/b1": [[0.02]]},
        outcomes={
            "forward/function/b1": CaseOutcome("disagrees", "3 apart"),
            "forward/graph-v1/b1": CaseOutcome("unavailable", "no"),
        },
    )
    assert [(row[1].text, row[1].detail) for row in told(run).rows[1:]] == [
        ("withheld", "disagrees with the reference"),
        ("none", "can't run here"),
    ]


def test_without_races_there_is_no_table(forked_run: Run):
    """Cold starts and memory are not held against eager in one number."""
    assert verdict_table(forked_run, summarise(forked_run)) is None
