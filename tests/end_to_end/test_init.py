"""What ``eagerbench init`` writes runs: the measuring run, the user's own benchmark, and the commands of the CI job."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.end_to_end

Command = Callable[..., subprocess.CompletedProcess[str]]
# The same commands with less to measure.
REDUCED = {
    "run": " --launches 1 --modes eager,function --workloads forward --batch-sizes 1",
    "gate": " --modes function --batch-sizes 1 --budget 1",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """An empty folder after ``eagerbench init``, committed and pushed."""
    folder = tmp_path_factory.mktemp("project")
    done = command("init", folder=folder)
    assert done.returncode == 0, done.stderr
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["commit", "-q", "-m", "all"],
        ["update-ref", "refs/remotes/origin/main", "main"],
    ):
        subprocess.run([*git, *arguments], cwd=folder, check=True)
    return folder


def of_the_job(project: Path, name: str) -> tuple[str, str]:
    """The command of a job that is ours, for a pull request into main, and the folder that is uploaded."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    steps = yaml.safe_load((project / ".github/workflows/eagerbench.yml").read_text())["jobs"][name]["steps"]
    (line,) = [step["run"] for step in steps if "run" in step and not step["run"].startswith("python -m pip install")]
    (folder,) = [step["with"]["path"] for step in steps if "upload-artifact" in step.get("uses", "")]
    return line.replace("${{ github.base_ref }}", "main"), folder


def by_hand(line: str, project: Path) -> subprocess.CompletedProcess[str]:
    """A line of a job, run by the shell that GitHub uses."""
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", f'PATH="{Path(sys.executable).parent}:$PATH"; {line}'],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def measured(project: Path) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """The job that measures, with less to measure: what it said, and the results that are uploaded."""
    line, folder = of_the_job(project, "measure")
    done = by_hand(line + REDUCED["run"], project)
    assert done.returncode == 0, done.stdout + done.stderr
    return done, json.loads((project / folder / "results.json").read_bytes())


def test_the_job_measures_the_model_and_the_own_benchmark(
    measured: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    """In one report: the suite on the policy, and the test of the user's own file on the same policy."""
    _, found = measured
    cases = {entry["extra_info"]["case"]: entry["extra_info"] for entry in found["benchmarks"]}
    assert {"forward/eager/b1", "forward/function/b1"} <= set(cases)
    own = [case for case in cases if case.endswith("@test_my_policy")]
    assert sorted(own) == sorted(
        f"forward/{mode}/b{rows}@test_my_policy" for mode in ("eager", "function", "function-xla") for rows in (1, 256)
    )
    assert all(cases[case]["parity"] for case in own)


def test_the_plan_holds_what_the_settings_say_and_the_command_what_was_typed(
    measured: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    """Model and environment are the project's, though nobody typed them; what was typed wins."""
    _, found = measured
    plan = found["eagerbench"]["start"]["plan"]
    assert plan["model"]["factory"] == "policy.py:make_policy"
    assert plan["env"] == "CartPole-v1"
    assert plan["profile"] == "smoke"
    assert plan["command"].startswith("eagerbench run --profile smoke --launches 1 --modes eager,function --workloads")
    assert not any(case.startswith("update/") for case in plan["cases"])


def test_the_job_gates_the_model(project: Path) -> None:
    """Two commits of the policy are called in turn; a second is too little for a verdict."""
    line, folder = of_the_job(project, "gate")
    done = by_hand(line + REDUCED["gate"], project)
    assert done.returncode in (0, 3), done.stdout + done.stderr
    record = json.loads((project / folder / "gate.json").read_bytes())
    assert record["base"]["model"] == record["head"]["model"] == "policy.py:make_policy"
    assert record["cases"] == ["forward/function/b1"]
    assert record["env"] == "CartPole-v1"


def test_git_sees_no_report(project: Path, measured: tuple[subprocess.CompletedProcess[str], dict[str, Any]]) -> None:
    """What was measured is not committed by accident."""
    assert measured
    status = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True, check=True)
    assert "report" not in status.stdout


def test_plain_pytest_leaves_the_benchmark_out(project: Path) -> None:
    """It is collected in no time, and says how it is measured."""
    done = by_hand(f"{sys.executable} -m pytest -p no:cacheprovider -rs", project)
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    assert "--benchmark-only" in done.stdout


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("profile = ", "profil = ", r"unknown key 'profil' (did you mean 'profile'?)"),
        ('"quick"', "7", "tool.eagerbench.profile: expected one of smoke, quick, full, got 7"),
        ('["benchmarks"]', '["benchmark"]', "'benchmark': No such file or directory"),
        ("# envs = 1", "envs = 1000000", "environments (envs: set in "),
    ],
)
def test_a_mistake_in_the_settings_is_told_in_a_line(
    tmp_path: Path, run_command: Command, before: str, after: str, message: str
) -> None:
    """With exit code 2, before anything is measured."""
    run_command("init", folder=tmp_path)
    file = tmp_path / "pyproject.toml"
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, after).replace('model = "policy.py:make_policy"', ""))
    done = run_command("run", folder=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = [line for line in (done.stdout + done.stderr).splitlines() if message in line]
    assert str(file) in line
    assert not re.search("Traceback|INTERNALERROR", done.stdout + done.stderr)
    assert not (tmp_path / "benchmark-report").exists()
