"""A model, observations and widths of one's own through the real command."""

import html
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eagerbench.reports.batch_curves import curved, found_crossings
from eagerbench.reports.crossing_words import crossings_sentences
from eagerbench.results import read_run
from eagerbench.summary import summarise

pytestmark = pytest.mark.end_to_end

Command = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parent.parent.parent

MODELS = """
import keras
import numpy as np
import tensorflow as tf


class InNumpy(keras.Model):
    def __init__(self):
        super().__init__()
        self.layer = keras.layers.Dense(2)

    def call(self, inputs):
        return tf.constant(np.tanh(np.asarray(self.layer(inputs))))


def plain(observation_shape, actions=3):
    inputs = keras.Input(observation_shape)
    hidden = keras.layers.Dense(8, "relu")(inputs)
    return keras.Model(inputs, (keras.layers.Dense(actions)(hidden), keras.layers.Dense(1)(hidden)))
"""


def test_a_model_that_leaves_the_graph_is_timed_where_it_can_be(tmp_path: Path, run_command: Command) -> None:
    """NumPy inside of ``call``: eager is measured, every other mode says why not, and the run is green."""
    (tmp_path / "policy.py").write_text(MODELS)
    modes = ["eager", "function", "function-xla", "predict", "graph-v1", "numpy"]
    result = run_command(
        *(
            "run",
            "--model",
            "policy.py:InNumpy",
            "--env",
            "CartPole-v1",
            "--profile",
            "smoke",
            "--workloads",
            "forward",
        ),
        *("--modes", ",".join(modes), "--batch-sizes", "4", "--launches", "1"),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    cases = {case.case.mode: case for case in summarise(read_run(tmp_path / "benchmark-report")).cases}
    assert list(cases) == modes
    assert cases["eager"].timed
    for mode in modes[1:]:
        assert (cases[mode].status, cases[mode].timed) == ("unavailable", False)
        assert cases[mode].reason
        assert "\n" not in cases[mode].reason
    page = (tmp_path / "benchmark-report" / "index.html").read_text()
    assert "policy.py:InNumpy" in page
    assert "execute the model" in page
    assert "Traceback" not in result.stdout + result.stderr


def test_observations_of_one_s_own_need_no_environment(tmp_path: Path, run_command: Command) -> None:
    """The file says what an observation is, the model how many actions there are; nothing is trained."""
    (tmp_path / "policy.py").write_text(MODELS)
    np.savez(tmp_path / "rows.npz", observations=np.random.default_rng(0).normal(size=(40, 6)))
    result = run_command(
        *("run", "--model", "policy.py:plain", "--observations", "rows.npz", "--profile", "smoke", "--launches", "1"),
        *("--workloads", "forward,update", "--modes", "eager,function", "--batch-sizes", "50"),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    run = read_run(tmp_path / "benchmark-report")
    assert (run.start.plan.env, run.start.plan.observation_shape, run.start.plan.actions) == ("", (6,), 3)
    assert run.start.observations.policy == "read from rows.npz"
    assert run.start.observations.distinct == 40
    assert {case.case.id: case.status for case in summarise(run).cases} == {
        f"{work}/{mode}/{size}": "ok"
        for work, size in (("forward", "b50"), ("update", "b64"))
        for mode in ("eager", "function")
    }


def test_gradient_steps_alone_can_be_timed_on_a_file(tmp_path: Path, run_command: Command) -> None:
    """Where no batch of forward passes says how many rows there must be."""
    np.save(tmp_path / "rows.npy", np.ones((3, 5), np.float32))
    result = run_command(
        *("run", "--observations", "rows.npy", "--profile", "smoke", "--launches", "1", "--workloads", "update"),
        *("--modes", "eager"),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    run = read_run(tmp_path / "benchmark-report")
    assert run.start.plan.cases == ("update/eager/b64",)
    assert run.start.observations.shape == (5,)


def test_a_sweep_over_widths_makes_a_page_with_its_crossings(tmp_path: Path, run_command: Command) -> None:
    """Two widths, two batches and three modes are twelve cases; the page says where modes cross, or that none does."""
    result = run_command(
        *("run", "--hidden", "8,16", "--batch-sizes", "1,16", "--modes", "eager,function,numpy", "--profile", "smoke"),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    report = tmp_path / "benchmark-report"
    run = read_run(report)
    assert len(run.start.plan.cases) == 12
    assert all(case.timed for case in summarise(run).cases)
    assert {path.name for path in report.iterdir()} >= {"index.html", "summary.csv", "summary.md", "results.json"}
    page = (report / "index.html").read_text()
    lines = curved(summarise(run)).values()
    told = [
        sentence
        for own in lines
        for sentence in crossings_sentences(own.sizes, found_crossings(run, own), own.references)
    ]
    assert len(told) >= 2
    assert [sentence for sentence in told if html.escape(sentence) not in page] == []
    document = json.loads((report / "results.json").read_text())
    assert {benchmark["extra_info"]["case"] for benchmark in document["benchmarks"]} >= set(run.start.plan.cases)


def test_a_training_in_an_environment_of_one_s_own_program_starts(tmp_path: Path, run_command: Command) -> None:
    """MountainCar in array operations, registered by name, inside of one XLA program; it isn't solved by chance."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    result = run_command(
        *("train", "--env", "MountainCar-v0", "--in-graph", "examples/mountain_car.py:environment"),
        *("--mode", "fused-xla"),
        folder=tmp_path,
    )
    said = result.stdout + result.stderr
    assert result.returncode in {0, 1}, said
    assert "Traceback" not in said
    assert "to train fused-xla in MountainCar-v0" in said
    assert "after training: " in said


FACTORIES = {
    "raises.py": "def make():\n    raise RuntimeError('no\\nweights')\n",
    "no_model.py": "def make():\n    return 3\n",
    "broken.py": "import no_such_package\n",
    "shapes.py": (
        "import keras\n\ndef make():\n    return keras.Sequential([keras.Input((7,)), keras.layers.Dense(2)])\n"
    ),
    "outputs.py": (
        "import keras\n\ndef make():\n    inputs = keras.Input((4,))\n"
        "    return keras.Model(inputs, [keras.layers.Dense(5)(inputs), keras.layers.Dense(3)(inputs)])\n"
    ),
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "raises.py:make"], "model 'raises.py:make' can't be made: RuntimeError: no weights"),
        (["--model", "no_model.py:make"], "model 'no_model.py:make' returned a int; expected pkg.module:factory or"),
        (["--model", "broken.py:make"], "can't be imported: ModuleNotFoundError: No module named 'no_such_package'"),
        (["--model", "missing.py:make"], "can't be imported: FileNotFoundError: there is no file missing.py"),
        (["--model", "shapes.py:make"], "model 'shapes.py:make' can't be given observations [rows, 4]"),
        (
            ["--model", "outputs.py:make"],
            (
                "model 'outputs.py:make': its outputs: expected one output, or logits [rows, 2] and a value [rows, 1]; "
                "got 2 outputs of shape [rows, 5], [rows, 3]"
            ),
        ),
        (["--observations", "text.npy"], "of float or integer dtype; got dtype <U1"),
        (["--observations", "flat.npy"], "with one to three sizes after the rows; got shape (4,)"),
        (["--observations", "nan.npy"], "finite in float32; 1 are not, the first of them in row 2"),
        (["--observations", "empty.npy"], "at least one row; got shape (0, 4)"),
        (["--observations", "objects.npy"], "expected a .npy or .npz file of numbers"),
        (["--observations", "none.npy"], "--observations none.npy: there is no such file"),
        (["--observations", "five.npy", "--env", "CartPole-v1"], "but CartPole-v1 has observations of shape (4,)"),
        (["--env", "lacking:Game-v0"], "no_such_game is not installed"),
        (["--hidden", "8,16", "--workloads", "train"], "only forward and update can be swept over several widths"),
        (["--env-kwargs", "a=b(c)"], "--env-kwargs 'a=b(c)': expected NAME=VALUE"),
    ],
)
def test_bad_input_of_one_s_own_is_one_line_and_exit_code_2(
    run_command: Command, tmp_path: Path, arguments: list[str], message: str
) -> None:
    """What was expected and what came, never a traceback; nothing is measured."""
    for name, text in FACTORIES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "lacking.py").write_text(
        "import gymnasium\n\n\ndef make():\n    raise gymnasium.error.DependencyNotInstalled("
        "'no_such_game is not installed, run `pip install no-such-game`')\n\n\n"
        "gymnasium.register('Game-v0', make)\n"
    )
    rows = np.ones((4, 4), np.float32)
    np.save(tmp_path / "text.npy", np.full((2, 4), "x"))
    np.save(tmp_path / "flat.npy", rows[0])
    np.save(tmp_path / "nan.npy", np.where(np.arange(16).reshape(4, 4) == 9, np.nan, rows))
    np.save(tmp_path / "empty.npy", rows[:0])
    np.save(tmp_path / "five.npy", np.ones((4, 5)))
    np.save(tmp_path / "objects.npy", np.array([[None]]), allow_pickle=True)
    result = run_command("run", "--profile", "smoke", *arguments, folder=tmp_path)
    assert result.returncode == 2, result.stdout + result.stderr
    assert [line for line in result.stderr.splitlines() if message in line], result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert not (tmp_path / "benchmark-report" / "launches.jsonl").exists()


def test_an_unknown_setting_is_told_with_the_nearest(run_command: Command, tmp_path: Path) -> None:
    """Before anything is measured."""
    (tmp_path / "pyproject.toml").write_text('[tool.eagerbench]\nbatch-size = "1"\n')
    result = run_command("run", "--profile", "smoke", folder=tmp_path)
    assert result.returncode == 2
    assert "batch-size" in result.stderr
    assert "did you mean 'batch-sizes'?" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
