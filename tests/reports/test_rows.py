"""The columns of tables, and the terminal that shows them."""

from pathlib import Path

import pytest

from eagerbench import Run, summarise
from eagerbench.reports import render
from eagerbench.reports.facts import forking_facts, launch_rows, listed, plan_facts, run_rows, training_facts
from eagerbench.reports.rows import columns
from eagerbench.reports.terminal import terminal_lines


def heads(run: Run) -> list[list[str]]:
    """What stands over the tables, group by group."""
    return [[column.name for column in columns(cases)] for cases in summarise(run).groups.values()]


def test_columns_of_a_forward_pass(typical_run: Run):
    """A time per call, and what the processor did for it."""
    assert (
        heads(typical_run)
        == [
            [
                "Mode",
                "Time per call",
                "Against eager",
                "CPU per call",
                "First call",
                "Break-even with eager",
                "Same numbers",
            ]
        ]
        * 2
    )


@pytest.mark.parametrize("degenerate_training", ["no target"], indirect=True)
def test_without_runs_there_are_no_columns_of_the_target(degenerate_training: Run):
    """Nobody asks for columns of dashes."""
    (names,) = heads(degenerate_training)
    assert names == [
        "Mode",
        "Steps per second",
        "Against eager",
        "First update",
        "Break-even with eager",
        "Same numbers",
    ]


def test_columns_sort_by_numbers(training_run: Run):
    """Each cell of a training that has a number carries it; void and absent have none."""
    cases = {case.case.mode: case for case in summarise(training_run).cases}
    orders = {
        mode: {column.name: column.cell(case).order for column in columns(list(cases.values()))}
        for mode, case in cases.items()
    }
    assert orders["fused-xla"]["Steps per second"] == pytest.approx(100_000)
    assert (orders["fused-xla"]["Time to target"], orders["fused-xla"]["Solved"]) == (1.5, 3)
    assert orders["eager"]["Time to target"] == pytest.approx(120)
    assert orders["graph-v1"]["Time to target"] is None
    assert orders["graph-v1"]["Steps to target"] == 20_000


def test_terminal_of_a_training(training_run: Run, tmp_path: Path):
    """The same words as everywhere, aligned, fastest first."""
    lines = list(terminal_lines(training_run, render(training_run, tmp_path)))
    begin = lines.index("Training in 1 environment")
    assert lines[begin + 1].split("  ")[1] == "Mode"
    assert [line.split()[0] for line in lines[begin + 2 : begin + 6]] == ["fused-xla", "graph-v1", "function", "eager"]
    assert "120 s (estimate)" in lines[begin + 5]
    assert len({line.find("agree (") for line in lines[begin + 2 : begin + 6]}) == 1


def test_terminal_of_cold_starts_memory_and_traces(forked_run: Run, tmp_path: Path):
    """One aligned table each, under its title."""
    lines = list(terminal_lines(forked_run, render(forked_run, tmp_path)))
    titles = ("Cold start: forward pass of 1 row", "Memory: forward pass of 1 row", "Traces and compilations")
    for title, rows in zip(titles, (5, 4, 4), strict=True):
        begin = lines.index(title)
        table = lines[begin + 1 : begin + 2 + rows]
        assert table[0].startswith("  Mode  ")
        assert all(line.startswith("  ") for line in table)
        assert not [*lines, ""][begin + 2 + rows].startswith("  ")
    assert any(line.endswith("after 64 calls") for line in lines)


def test_facts_of_a_process_each(forked_run: Run, typical_run: Run):
    """How often and how long; of races only where there are any."""
    assert forking_facts(typical_run) == []
    assert dict(forking_facts(forked_run)) == {
        "Cold starts of each case": "7",
        "Later calls of each of them": "for 0.100 s",
        "A slow case has fewer of them above": "20.0 s for one",
        "Processes for the memory of each case": "3",
        "Calls of each of them after the first": "2,000, at most 0.500 s",
        "Stopped above": "8.00 GiB",
    }
    assert "Launches" not in dict(plan_facts(forked_run))
    assert [row[1] for row in launch_rows(forked_run)] == ["cold"] * 3 + ["memory"] * 3 + ["count", "cold"]


def test_launches_are_counted_by_kind(training_run: Run):
    """Launches that train are no races: three were planned and three ran."""
    assert dict(plan_facts(training_run))["Launches"] == "3 planned, 3 recorded, 3 complete"
    assert [row[1] for row in launch_rows(training_run)] == ["race"] * 3 + ["training"] * 3


def test_rows_of_runs(training_run: Run):
    """Seconds are those to the target; of a run that never got there, those to its end."""
    rows = run_rows(training_run, {"train/function/env1"})
    assert rows == [
        ("train/function/env1", "0", "solved", "20,000", "21.0 s", "–"),
        ("train/function/env1", "1", "solved", "30,000", "31.0 s", "–"),
        ("train/function/env1", "2", "unsolved", "–", "500 s", "not reached in 500,000 steps"),
    ]


def test_facts_of_a_training_only_where_there_is_one(typical_run: Run, training_run: Run):
    """A forward pass has no hyperparameters."""
    assert training_facts(typical_run) == []
    assert dict(training_facts(training_run))["Seeds of the runs to it"] == "0, 1 and 2"


@pytest.mark.parametrize(
    ("numbers", "expected"), [((), ""), ((5,), "5"), ((1, 2), "1 and 2"), ((1, 10, 1000), "1, 10 and 1,000")]
)
def test_listed(numbers: tuple[int, ...], expected: str):
    """As a person writes it."""
    assert listed(numbers) == expected
