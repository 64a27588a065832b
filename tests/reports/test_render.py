"""The report folder."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eagerbench import Run, UserError
from eagerbench.reports import render


def test_files_of_a_report(typical_run: Run, tmp_path: Path):
    """A PNG and an SVG for each figure, named after its group; the list is what lies there."""
    rendered = render(typical_run, tmp_path / "report", b"{}")
    figures = {"overview", "curves-forward"}
    for group in ("forward-b100", "forward-b1"):
        figures |= {f"{figure}-{group}" for figure in ("ranking", "first-call", "samples", "distribution")}
    expected = {f"{figure}.{kind}" for figure in figures for kind in ("png", "svg")}
    expected |= {"index.html", "summary.csv", "summary.md", "samples.csv.gz", "results.json"}
    assert {path.name for path in (tmp_path / "report").iterdir()} == expected
    assert {path.name for path in rendered.files} == expected
    assert rendered.index == tmp_path / "report" / "index.html"


def test_results_are_written_as_given(typical_run: Run, tmp_path: Path):
    """The report never writes the results anew."""
    render(typical_run, tmp_path, b'{"as": "given"}')
    assert (tmp_path / "results.json").read_bytes() == b'{"as": "given"}'


def test_without_results_none_are_written(typical_run: Run, tmp_path: Path):
    """A report of a stored run leaves the stored file alone."""
    (tmp_path / "results.json").write_bytes(b"stored")
    render(typical_run, tmp_path)
    assert (tmp_path / "results.json").read_bytes() == b"stored"


def test_other_files_stay(typical_run: Run, tmp_path: Path):
    """A folder may hold more than a report."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "index.html").write_text("an older report")
    render(typical_run, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "index.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_same_run_gives_the_same_files(typical_run: Run, tmp_path: Path):
    """Nothing in a report depends on when or where it was rendered."""
    one, two = render(typical_run, tmp_path / "one"), render(typical_run, tmp_path / "two")
    assert [path.read_bytes() for path in one.files] == [path.read_bytes() for path in two.files]


def test_a_folder_that_cannot_be_is_the_users_error(typical_run: Run, tmp_path: Path):
    """A file in its place: one line, no traceback."""
    (tmp_path / "report").write_text("a file")
    with pytest.raises(UserError, match="cannot write"):
        render(typical_run, tmp_path / "report")


def test_hostile_names_stay_in_the_folder(make_run: Callable[..., Run], tmp_path: Path):
    """A workload that is called like a way out gives a plain file name."""
    folder = tmp_path / "report"
    render(make_run({"..\\..\\x/eager/b1": [[0.1], [0.1]]}), folder)
    assert sorted(path.name for path in folder.glob("*.png")) == [
        "distribution-x-b1.png",
        "first-call-x-b1.png",
        "ranking-x-b1.png",
        "samples-x-b1.png",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_the_page_of_a_quick_run_is_small(make_run: Callable[..., Run], tmp_path: Path):
    """24 cases, 6 launches, 40 samples each: the page stays below 3 MB."""
    times = {
        f"forward/mode-{mode}/b{rows}": [
            [0.001 * (1 + mode) * (1 + (7 * launch + 3 * number) % 11 / 50) for number in range(40)]
            for launch in range(6)
        ]
        for rows in (1, 100_000)
        for mode in range(12)
    }
    rendered = render(make_run(times), tmp_path)
    assert rendered.index.stat().st_size < 3_000_000


def test_rendering_needs_no_tensorflow():
    """A machine that only shows results has no TensorFlow, Keras or gymnasium."""
    program = (
        "import sys\n"
        "import eagerbench.reports\n"
        "print(sorted({'tensorflow', 'keras', 'gymnasium', 'matplotlib.pyplot'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_files_of_cold_starts_memory_and_traces(forked_run: Run, tmp_path: Path):
    """Named after their sizes; the same run gives the same bytes."""
    one, two = render(forked_run, tmp_path / "one"), render(forked_run, tmp_path / "two")
    drawn = {path.stem for path in one.files if path.suffix == ".svg"}
    assert drawn == {path.stem for path in one.files if path.suffix == ".png"}
    assert sorted(path.name for path in one.files if path.suffix != ".svg") == [
        "cold-cumulative-b1.png",
        "cold-stages-b1.png",
        "index.html",
        "memory-growth-b1.png",
        "memory-peak-b1.png",
        "samples.csv.gz",
        "summary.csv",
        "summary.md",
        "traces.png",
    ]
    assert [path.read_bytes() for path in one.files] == [path.read_bytes() for path in two.files]


@pytest.mark.parametrize("apart", [1e1, 1e3, 1e6, 1e9])
def test_launches_that_disagree_wildly_are_drawn(make_run: Callable[..., Run], tmp_path: Path, apart: float):
    """Two launches of a busy machine give intervals of a hundred decades; figures end somewhere all the same."""
    groups = ("forward/{}/b1", "forward/{}/b64", "update/{}/b64", "train/{}/env1")
    times = {"eager": (1e-3, 1e-3), "function": (1e-3, 1e-3 * apart), "predict": (1e-3 * apart, 1e-3), "numpy": (1, 1)}
    run = make_run({group.format(mode): [[own] for own in pair] for mode, pair in times.items() for group in groups})
    rendered = render(run, tmp_path)
    assert (tmp_path / "overview.svg").is_file()
    assert "no difference shown" in rendered.index.read_text(encoding="utf-8")


def test_ratios_of_many_digits_are_drawn(make_run: Callable[..., Run], tmp_path: Path):
    """Their words need more room than narrow panels have, on both sides of the line."""
    groups = ("forward/{}/b1", "forward/{}/b64", "update/{}/b64", "train/{}/env1")
    times = {"eager": 1.0, "function": 1e-9, "predict": 1e9}
    run = make_run({group.format(mode): [[own], [own]] for mode, own in times.items() for group in groups})
    assert render(run, tmp_path).index.is_file()


def test_results_are_kept_where_drawing_fails(typical_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """They took minutes; a figure takes a moment, once whatever is wrong with it is mended."""

    def broken(*_: object) -> None:
        raise OverflowError("out of range")

    monkeypatch.setattr(sys.modules["eagerbench.reports.render"], "overview_picture", broken)
    with pytest.raises(OverflowError):
        render(typical_run, tmp_path, b"{}")
    assert (tmp_path / "results.json").read_bytes() == b"{}"
