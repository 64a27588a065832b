"""What was measured can be rendered where nothing that measures is installed, and a page says what a run lacks."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eagerbench import Run
from eagerbench.gate_record import GateRecord, write_gate
from eagerbench.reports import render
from eagerbench.results import read_run, results_json

ABSENT = ("tensorflow", "keras", "gymnasium", "jax")
# Python imports a module of this name when it starts.
CUSTOM = f"""
import sys
from importlib.abc import MetaPathFinder


class Nowhere(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {ABSENT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Nowhere())
"""


@pytest.fixture
def bare(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python where TensorFlow, Keras, gymnasium and JAX are not installed."""
    folder = tmp_path / "custom"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(CUSTOM, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "TOX"))}

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**kept, "PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return command


@pytest.mark.end_to_end
@pytest.mark.parametrize("module", ABSENT)
def test_what_is_absent_is_absent(bare: Callable[..., subprocess.CompletedProcess[str]], module: str):
    """The tests below would show nothing where these could be imported."""
    done = bare("-c", f"import {module}")
    assert done.returncode == 1
    assert f"ModuleNotFoundError: No module named '{module}'" in done.stderr


@pytest.mark.end_to_end
def test_stored_results_are_rendered_without_tensorflow(
    bare: Callable[..., subprocess.CompletedProcess[str]], typical_run: Run, live_gate: GateRecord, tmp_path: Path
):
    """A run, a gate, and two runs side by side: the command says where the page is, and there it is."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_bytes(results_json({}, typical_run))
    write_gate(tmp_path / "gate.json", live_gate)
    for results, code in ((["one"], 0), (["gate.json"], 1), (["one", "two"], 0)):
        out = f"report-of-{len(results)}-{results[0]}"
        done = bare("-m", "eagerbench.cli", "report", *results, "--out", out)
        assert (done.returncode, done.stderr) == (code, "")
        assert f"{Path(out) / 'index.html'}" in done.stdout
        page = (tmp_path / out / "index.html").read_text(encoding="utf-8")
        assert page.startswith("<!DOCTYPE html>")
        assert len(list((tmp_path / out).glob("*.png"))) >= 1


def test_a_run_that_lacks_something_has_no_empty_figure(degenerate_run: Run, take_apart: Any, tmp_path: Path):
    """Every figure shows a case with times; what is missing is said in words, and no link leads nowhere."""
    check_page(degenerate_run, take_apart, tmp_path)


def test_a_run_of_processes_that_lacks_something_has_no_empty_figure(
    degenerate_forked_run: Run, take_apart: Any, tmp_path: Path
):
    """Only cold starts, only memory, only traces, all failed, one process, and more."""
    check_page(degenerate_forked_run, take_apart, tmp_path)


def check_page(run: Run, take_apart: Any, folder: Path) -> None:
    """Figures where there is something to draw, words where there isn't, links that lead somewhere."""
    (folder / "results.json").write_bytes(results_json({}, run))
    rendered = render(read_run(folder / "results.json"), folder / "report")
    page = take_apart(rendered.index.read_text(encoding="utf-8"))
    summary = rendered.summary
    shown = [*summary.cold, *summary.memory, *summary.counts, *(case for case in summary.cases if case.timed)]
    assert bool(page.attributes("img")) == bool(shown)
    for image in page.attributes("img"):
        assert len(image["alt"] or "") > 30
        assert not re.search(r": *\.?$", image["alt"] or "")  # a list of nothing
    assert {own["href"][1:] for own in page.attributes("a") if (own["href"] or "").startswith("#")} <= set(page.ids)
    anchors = {own["href"] for own in page.attributes("a")}
    assert {f"#{own['id']}" for own in page.attributes("section")} <= anchors
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize(
    ("degenerate_run", "told"),
    [
        ("one case", "one mode was timed"),
        ("one launch", "One launch gives no interval"),
        ("all failed", "no mode has times that count"),
        ("no launches", "Nothing was measured."),
        ("killed", "The run was stopped before it had measured all that was planned."),
        ("crashed launches", "killed by signal 9"),
        ("no eager", "There is no time of eager to compare with"),
    ],
    indirect=["degenerate_run"],
)
def test_a_page_says_what_its_run_lacks(degenerate_run: Run, take_apart: Any, tmp_path: Path, told: str):
    """In so many words."""
    assert told in take_apart(render(degenerate_run, tmp_path).index.read_text(encoding="utf-8")).text


@pytest.mark.parametrize(
    ("degenerate_forked_run", "absent"),
    [("only cold", "Peak memory"), ("only memory", "Break-even"), ("only traces", "Interval of")],
    indirect=["degenerate_forked_run"],
)
def test_a_page_explains_nothing_that_it_does_not_show(
    degenerate_forked_run: Run, take_apart: Any, tmp_path: Path, absent: str
):
    """No words on trainings where none were, none on memory where nobody looked."""
    text = take_apart(render(degenerate_forked_run, tmp_path).index.read_text(encoding="utf-8")).text
    assert absent not in text
    assert "Time to target" not in text
