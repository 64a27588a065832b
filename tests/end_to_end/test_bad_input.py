"""Bad input on the command line: one line, exit code 2, no traceback, nothing lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end

Command = Callable[..., subprocess.CompletedProcess[str]]

ODD_ENVIRONMENTS = """
import gymnasium
import numpy as np
from gymnasium.envs.classic_control.cartpole import CartPoleEnv


class Video(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0, 255, (4, 8, 8, 3), np.uint8)
    action_space = gymnasium.spaces.Discrete(2)


class Breaks(CartPoleEnv):
    def step(self, action):
        raise RuntimeError("no more")


gymnasium.register("Video-v0", Video)
gymnasium.register("Breaks-v0", Breaks)
"""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--modes", "graf"], "unknown mode 'graf'"),
        (["run", "--workloads", "nothing"], "unknown workload 'nothing'"),
        (["run", "--profile", "quik"], "unknown profile 'quik' (did you mean 'quick'?)"),
        (["run", "--env", "Nope-v0"], "environment 'Nope-v0' is unknown"),
        (["run", "--batch-sizes", "0"], "expected rows of at least 1, got 0"),
        (["run", "--batch-sizes", "-3"], "expected rows of at least 1, got -3"),
        (["run", "--batch-sizes", "999999999999"], "rows need about"),
        (["run", "--batch-sizes", "many"], "expected whole numbers with commas between them"),
        (["run", "--launches", "0"], "expected at least 1"),
        (["run", "--envs", "0"], "--envs 0: expected at least 1 environment"),
        (["run", "--memory-calls", "0"], "--memory-calls 0: expected 1 to 10,000,000 calls after the first"),
        (["run", "--memory-calls", "many"], "argument --memory-calls: invalid int value: 'many'"),
        (["run", "--memory-limit", "0"], "--memory-limit 0: expected megabytes above 0, such as 4000"),
        (["run", "--seeds", "-1"], "--seeds -1: expected 0"),
        (["run", "--vectorization", "asink"], "unknown vectorization 'asink' (did you mean 'async'?)"),
        (["run", "--modes", "numpy", "--workloads", "train"], "none of these modes does any of this"),
        (["run", "--env", "Pendulum-v1"], "expected discrete actions, got Box"),
        (["run", "--env", "odd:Video-v0"], "expected box observations of one to three dimensions, got Box of shape"),
        (["run", "--env", "odd:Breaks-v0"], "it failed while observations were collected: RuntimeError: no more"),
        (["train", "--env", "odd:Breaks-v0"], "can't train actor-critic in odd:Breaks-v0: RuntimeError: no more"),
        (["train", "--mode", "numpy"], "unknown training mode 'numpy'"),
        (["train", "--envs", "0"], "--envs 0: expected at least 1 environment"),
        (["train", "--seed", "-1"], "expected 0 or more"),
        (["train", "--render", "film.avi"], "expected a file that ends in .gif or .mp4"),
        (["train", "--hyperparameters", "best"], "unknown set of hyperparameters 'best'"),
        (["train", "--mode", "fused", "--env", "Acrobot-v1"], "needs Acrobot-v1 written in array operations"),
        (["run", "--report-dir", "taken/report"], "cannot write taken/report"),
        (["run", "--no-such-option"], "unrecognized arguments: --no-such-option"),
        (["report", "missing.json"], "cannot read missing.json"),
        (["report", "taken"], "is not whole JSON"),
        (["report", "cut.jsonl"], "cut.jsonl is cut off in line 1"),
        (["report", "."], "holds neither results.json nor launches.jsonl"),
        (["modes", "extra"], "unrecognised arguments: extra"),
        (["dance"], "invalid choice: 'dance'"),
        ([], "the following arguments are required"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    run_command: Command, tmp_path: Path, arguments: list[str], message: str
) -> None:
    """What was expected and what came, on stderr, never a traceback."""
    (tmp_path / "taken").write_text("")
    (tmp_path / "cut.jsonl").write_text('{"record": "sta')
    (tmp_path / "odd.py").write_text(ODD_ENVIRONMENTS)
    result = run_command(*arguments, folder=tmp_path)
    said = result.stdout + result.stderr
    assert result.returncode == 2, said
    assert message in result.stderr
    assert "Traceback" not in said
    assert len([line for line in said.splitlines() if message in line]) == 1


def _pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        # Less what a surrounding pytest-xdist left there: its workers would be taken for ours.
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_xdist_is_refused_with_the_remedy(tmp_path: Path) -> None:
    """Parallel workers would time each other; the error says which option to drop."""
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    result = _pytest(tmp_path, "--benchmark-only", "-o", "eagerbench_suite=true", "-n", "2")
    assert result.returncode == 4
    assert "eagerbench can't measure under pytest-xdist" in result.stderr
    assert "run with -n 0 or -p no:xdist" in result.stderr


def test_the_plugin_is_inert_in_other_projects(tmp_path: Path) -> None:
    """Installed beside somebody's own tests and benchmarks, it adds neither tests nor files."""
    (tmp_path / "test_own.py").write_text(
        "def test_plain():\n    pass\n\ndef test_own(benchmark):\n    benchmark.pedantic(lambda: None, rounds=2)\n"
    )
    plain = _pytest(tmp_path)
    measured = _pytest(tmp_path, "--benchmark-only")
    assert "2 passed" in plain.stdout
    assert "1 passed, 1 skipped" in measured.stdout
    assert not (tmp_path / "benchmark-report").exists()


def test_plain_pytest_runs_no_benchmark_of_ours(tmp_path: Path) -> None:
    """Also where the project asks for the suite: only --benchmark-only brings it."""
    (tmp_path / "pytest.ini").write_text("[pytest]\neagerbench_suite = true\n")
    (tmp_path / "test_own.py").write_text("def test_plain():\n    pass\n")
    result = _pytest(tmp_path)
    assert "1 passed" in result.stdout
    assert "test_case" not in result.stdout


def test_options_are_taught_in_pytest_s_own_help(tmp_path: Path) -> None:
    """One group, every option, with what it means by default."""
    text = " ".join(_pytest(tmp_path, "--help").stdout.split())
    assert "eager or graph?" in text
    for option in ("--profile", "--modes", "--workloads", "--batch-sizes", "--env", "--launches", "--report-dir"):
        assert f"{option}=" in text
    assert "quick: 5 launches" in text
