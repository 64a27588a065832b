"""Lines for a terminal that may be narrow."""

from collections.abc import Callable
from pathlib import Path

import pytest

from eagerbench import Run
from eagerbench.reports.render import render
from eagerbench.reports.terminal import terminal_lines

SIZES = (1, 2, 4, 8, 16, 32, 64)


@pytest.mark.parametrize(("columns", "detailed"), [("300", True), ("30", False), ("0", True)])
def test_a_sweep_has_room_in_a_narrow_terminal(
    make_run: Callable[..., Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
    detailed: bool,
):
    """There it has only the names of modes, no ratio without its interval; elsewhere, and in a file, all of it."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.__stdout__", None)  # no terminal to be asked
    modes = {"eager": 0.1, "function": 0.05, "graph-v1": 0.02}
    run = make_run({f"forward/{mode}/b{rows}": [[own], [own]] for rows in SIZES for mode, own in modes.items()})
    lines = list(terminal_lines(run, render(run, tmp_path)))
    begin = next(place for place, line in enumerate(lines) if "the fastest mode, against eager" in line)
    grid = lines[begin + 2 : begin + 2 + len(SIZES)]
    assert [line.split()[2] for line in grid] == ["graph-v1"] * len(SIZES)
    assert [line.endswith("(5.0× faster, 5.0–5.0)") for line in grid] == [detailed] * len(SIZES)


def test_other_tables_keep_their_intervals(
    make_run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """However narrow a terminal is: a ratio without an interval isn't told."""
    monkeypatch.setenv("COLUMNS", "40")
    run = make_run({"forward/eager/b1": [[0.1], [0.1]], "forward/function/b1": [[0.05], [0.05]]})
    assert any("2.0× faster (2.0–2.0)" in line for line in terminal_lines(run, render(run, tmp_path)))
