"""`eagerbench.compare` in a script of the user's: measured, shown and written; and what goes wrong, in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from eagerbench.results import read_run
from eagerbench.summary import summarise

pytestmark = pytest.mark.end_to_end

SCRIPT = '''
import keras
import numpy as np

import eagerbench


class Policy(keras.Model):
    """Logits and value from one hidden layer."""

    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(8)
        self.logits = keras.layers.Dense(2)
        self.value = keras.layers.Dense(1)

    def call(self, observations):
        hidden = self.hidden(observations)
        return self.logits(hidden), self.value(hidden)


def measure(model):
    observations = np.random.default_rng(0).standard_normal((8, 4))
    return eagerbench.compare(
        model, observations, ["eager", "function"], batch_sizes=[8], launches=2, profile="smoke", folder="report"
    )
'''
GUARDED = 'if __name__ == "__main__":\n    '


def _run(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "TOX"))}
    return subprocess.run(
        [sys.executable, "script.py"],
        cwd=folder,
        env={**environment, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_live_model_of_a_script_is_measured(tmp_path: Path) -> None:
    """As a table in the terminal, and as a report; the model's class lies in the script itself."""
    result = _run(tmp_path, f"{SCRIPT}\n\n{GUARDED}print(measure(Policy()))\n")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Forward pass of 8 rows" in result.stdout
    run = read_run(tmp_path / "report")
    assert list(run.start.plan.cases) == ["forward/eager/b8", "forward/function/b8"]
    assert (run.start.plan.model.name, run.start.plan.model.parameters) == ("Policy", (4 * 8 + 8 + 8 * 2 + 2 + 8 + 1,))
    assert run.start.observations.policy == "given as an array"
    assert [own.parity.passed for own in summarise(run).cases if own.parity] == [True, True]
    assert (tmp_path / "report" / "index.html").is_file()


def test_a_script_without_a_guard_is_told_of_it(tmp_path: Path) -> None:
    """Instead of starting processes that start processes."""
    result = _run(tmp_path, f"{SCRIPT}\n\nmeasure(Policy)\n")
    assert result.returncode == 1
    assert 'put the call under if __name__ == "__main__":' in result.stderr.splitlines()[-1]
    assert not (tmp_path / "report" / "launches.jsonl").exists()
