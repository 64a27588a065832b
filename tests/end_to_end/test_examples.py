"""The examples run: each as its docstring says, only shorter, and the notebook cell by cell."""

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eagerbench.results import read_run
from eagerbench.summary import summarise

pytestmark = pytest.mark.end_to_end

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
SMALL = ["--profile", "smoke", "--launches", "1", "--modes", "eager,function,function-xla", "--batch-sizes", "2"]
Command = Callable[..., subprocess.CompletedProcess[str]]


def _command(path: Path) -> list[str]:
    """The arguments of `eagerbench run` in the docstring of an example."""
    (line,) = re.findall(r"^ +eagerbench run (.+)$", path.read_text(), re.MULTILINE)
    return shlex.split(line)


@pytest.mark.parametrize(
    ("name", "workloads", "learns"),
    [
        ("article_model", "forward,update", True),
        ("functional_model", "forward,update", True),
        ("sequential_model", "forward", False),
        ("convolutional_model", "forward", True),
        ("regularised_model", "forward,update", True),
    ],
)
def test_the_command_of_an_example_runs(
    tmp_path: Path, run_command: Command, name: str, workloads: str, learns: bool
) -> None:
    """Every mode agrees or says why it can't; eager is timed in all."""
    (tmp_path / "examples").symlink_to(EXAMPLES)
    result = run_command("run", *_command(EXAMPLES / f"{name}.py"), *SMALL, "--workloads", workloads, folder=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    run = read_run(tmp_path / "benchmark-report")
    assert run.start.plan.model.own
    assert run.start.plan.model.learns is learns
    for case in summarise(run).cases:
        assert case.status in {"ok", "unavailable"}
        assert case.status == "ok" or case.reason
        assert case.timed or case.case.mode != "eager"


@pytest.fixture(scope="module")
def executed() -> Any:
    """The notebook, with the outputs of all its cells."""
    pytest.importorskip("ipykernel", reason="executes a notebook: pip install nbclient ipykernel")
    nbclient = pytest.importorskip("nbclient", reason="executes a notebook: pip install nbclient ipykernel")
    nbformat = pytest.importorskip("nbformat", reason="executes a notebook: pip install nbclient ipykernel")
    notebook = nbformat.read(EXAMPLES / "compare.ipynb", as_version=4)
    return nbclient.NotebookClient(notebook, timeout=400, kernel_name="python3").execute()


def _shown(notebook: Any, source: str) -> dict[str, str]:
    """What a cell shows at its end, by type."""
    (cell,) = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.rstrip().endswith(source)]
    (result,) = [output for output in cell.outputs if output.output_type == "execute_result"]
    return dict(result.data)


@pytest.mark.filterwarnings("default")  # of pyzmq and jupyter, which are no concern of ours
def test_the_notebook_shows_a_table_a_figure_and_numbers(executed: Any) -> None:
    """And measures a class that is defined in one of its cells."""
    assert "function-xla" in _shown(executed, ")\nresults")["text/html"]
    assert "image/png" in _shown(executed, "results.plot()")
    assert "median_s" in _shown(executed, "results.frame")["text/html"]
    assert "Forward pass of 64 rows" in _shown(executed, ")\nown")["text/html"]


def test_the_notebook_is_stored_without_outputs() -> None:
    """Which would be of one machine, and stale."""
    nbformat = pytest.importorskip("nbformat", reason="reads a notebook: pip install nbclient ipykernel")
    notebook = nbformat.read(EXAMPLES / "compare.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    assert not any(cell.outputs or cell.execution_count for cell in cells)
