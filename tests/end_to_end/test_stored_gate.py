"""A measuring session that is held against an earlier run: real runs, real exit codes."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.end_to_end

Finished = tuple[Path, subprocess.CompletedProcess[str]]
Command = Callable[..., subprocess.CompletedProcess[str]]
# As the shared run, so that both measure the same cases.
SMALL = ["--profile", "smoke", "--workloads", "forward", "--modes", "eager,function,numpy", "--batch-sizes", "64,1"]


@pytest.fixture(scope="module")
def base(finished: Finished) -> Path:
    """Results of an earlier run."""
    return finished[0] / "benchmark-report" / "results.json"


def slower(path: Path, out: Path, factor: float) -> Path:
    """An earlier run in which `eager` took so much longer, with three copies of each launch: enough for bounds."""
    document: dict[str, Any] = json.loads(path.read_text())
    ours = document["eagerbench"]
    ours["launches"] = [
        {**launch, "index": 10 * copy + launch["index"]} for copy in range(4) for launch in ours["launches"]
    ]
    ours["start"]["plan"]["launches"] = 8
    for launch in ours["launches"]:
        launch["samples"] = [
            {**sample, "wall_s": sample["wall_s"] * (factor if "/eager/" in sample["case"] else 1.0)}
            for sample in launch["samples"]
        ]
    out.write_text(json.dumps(document))
    return out


def test_a_session_ends_with_the_gate_s_exit_code_and_shows_why(
    base: Path, run_command: Command, tmp_path: Path
) -> None:
    """Eager was a hundred times as fast in base: red, though every benchmark passed."""
    earlier = slower(base, tmp_path / "earlier.json", 0.01)
    result = run_command("run", *SMALL, "--launches", "3", "--gate", str(earlier), folder=tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert " passed" in result.stdout
    assert " failed" not in result.stdout
    assert "eagerbench gate" in result.stdout
    folder = tmp_path / "benchmark-report"
    verdict = json.loads((folder / "verdict.json").read_text())
    assert (verdict["kind"], verdict["verdict"], verdict["exit_code"]) == ("stored", "regression", 1)
    told = {own["case"]: own["verdict"] for own in verdict["cases"]}
    assert {told["forward/eager/b64"], told["forward/eager/b1"]} == {"regression"}
    assert {"gate.md", "gate.xml", "index.html", "results.json"} <= {path.name for path in folder.iterdir()}


def test_what_can_not_be_compared_is_4_also_by_way_of_pytest(base: Path, run_command: Command, tmp_path: Path) -> None:
    """To pytest 4 is wrong usage, which the command reports as 2: the two are kept apart."""
    result = run_command(
        "run", *SMALL, "--launches", "1", "-k", "b1 and not numpy", "--gate", str(base), folder=tmp_path
    )
    assert result.returncode == 4, result.stdout + result.stderr
    assert json.loads((tmp_path / "benchmark-report" / "verdict.json").read_text())["verdict"] == "missing"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gate", "none.json"], "cannot read none.json: no such file"),
        (["--gate", "latest"], "no baseline 'latest'"),
        (["--gate", "BASE", "--gate-margin", "5"], "did you mean 5%?"),
        (["--gate", "BASE", "--gate-reference", "functon"], "did you mean 'function'?"),
        (["--gate", "BASE", "--modes", "eager,numpy"], "times are ratios to the mode function, which won't be"),
        (["--gate", "BASE", "-k", "eager"], "times are ratios to the mode function, which won't be measured"),
        (["--gate", "BASE", "--batch-sizes", "7"], "none of the cases to be measured that are gated is in it"),
        (["--gate", "cut.json"], "is not whole JSON"),
    ],
)
def test_what_could_only_end_without_a_verdict_is_said_before_anything_is_measured(
    base: Path, run_command: Command, tmp_path: Path, arguments: list[str], message: str
) -> None:
    """Wrong usage, in one line, within seconds."""
    (tmp_path / "cut.json").write_text('{"eagerbench": {')
    typed = [str(base) if argument == "BASE" else argument for argument in arguments]
    result = run_command("run", *SMALL, *typed, folder=tmp_path)
    said = result.stdout + result.stderr
    assert result.returncode == 2, said
    assert message in said
    assert "Traceback" not in said
    assert not (tmp_path / "benchmark-report" / "launches.jsonl").exists()
