"""The command ``eagerbench gate``: what may be typed together, and where its verdict goes. No process is started."""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from eagerbench import cli, gate_cli
from eagerbench.gate import CaseVerdict, Change, Judgement
from eagerbench.options import filled_in
from eagerbench.stopping import stoppable


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, outside any repository and any CI."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setattr("sys.path", ["", *os.sys.path])  # type: ignore[attr-defined]
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--workflow", "nonsense"], "unknown workflow 'nonsense'; known: github, gitlab"),
        (["--workflow", "gitub"], "unknown workflow 'gitub' (did you mean 'github'?)"),
        (["--margin", "5"], "did you mean 5%?"),
        (["--margin=-1%"], "expected more than 0"),
        (["--margin", "much"], "expected a share such as 5% or 0.05"),
        ([], "nothing to compare: name a commit"),
        (["--budget", "0", "--base", "main"], "--budget 0: expected seconds above 0"),
        (["--budget", "nan", "--base", "main"], "--budget nan: expected seconds above 0"),
        (["--budget", "inf", "--base", "main"], "--budget inf: expected seconds above 0"),
        (["--launch-timeout", "-1", "--base", "main"], "--launch-timeout -1: expected seconds above 0"),
        (["--batch-sizes", "many", "--base", "main"], "expected whole numbers with commas between them"),
        (["--modes", "graf", "--base", "main"], "unknown mode 'graf'"),
        (["--seed", "-1", "--base", "main"], "--seed -1"),
        (["--base", "main"], "lies in no git repository"),
        (["--base", "main", "--reference", "numpy"], "--reference and --across-machines are for two stored results"),
        (["--base", "main", "--across-machines"], "--reference and --across-machines are for two stored results"),
        (["--base-python", "nowhere/python"], "--base-python nowhere/python: expected a Python interpreter"),
        (["--head-python", "."], "--head-python .: expected a Python interpreter"),
        (["--base-model", "m:make"], "--base-model and --head-model go together"),
        (["one.json"], "expected two results, base and head, got 1"),
        (["one.json", "two.json", "three.json"], "expected two results, base and head, got 3"),
        (["one.json", "two.json", "--base", "main"], "--base is for a live gate"),
        (["one.json", "two.json", "--head-python", "x"], "--head-python is for a live gate"),
        (["one.json", "two.json", "--budget", "5"], "--budget is for a live gate"),
        (["one.json", "two.json", "--modes", "eager"], "--modes is for a live gate"),
        (["one.json", "two.json", "--seed", "0"], "--seed is for a live gate"),
        (["one.json", "two.json", "--launch-timeout", "9"], "--launch-timeout is for a live gate"),
        (["one.json", "two.json", "--gates", "2"], "--gates is for --self-test"),
        (["one.json", "two.json"], "one.json"),
        (["--self-test", "one.json"], "--self-test compares the installed eagerbench with itself"),
        (["--self-test", "--base", "main"], "--self-test compares the installed eagerbench with itself"),
        (["--self-test", "--gates", "0"], "--gates 0: expected at least 1"),
        (["--self-test", "--reference", "numpy"], "--self-test compares times directly"),
        (["--self-test", "--workloads", "cold"], "--workloads cold: a gate"),
        (["--base", "main", "--report-dir", "taken/here"], "cannot write taken/here"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], typed: list[str], said: str
) -> None:
    """Before anything is measured."""
    (folder / "taken").write_text("")
    assert cli.main(["gate", *typed]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.startswith("eagerbench: error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("typed", [["--no-such-option"], ["--budget", "long"], ["--gates", "many"], ["--base"]])
def test_what_argparse_refuses_is_exit_code_2_too(capsys: pytest.CaptureFixture[str], typed: list[str]) -> None:
    """In its own words."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["gate", *typed])
    assert caught.value.code == 2
    assert "usage: eagerbench" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_a_workflow_is_printed_as_it_is(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Whatever else was typed, nothing is measured."""
    assert cli.main(["gate", "--workflow", name, "--base", "main"]) == 0
    out, err = capsys.readouterr()
    assert out == gate_cli.workflow(name)
    assert (err, out[-1]) == ("", "\n")


@pytest.mark.parametrize("when", ["prepare", "plan_gate"])
def test_ctrl_c_before_the_first_round_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], when: str
) -> None:
    """While TensorFlow's friends are imported, or the base is checked out: a line, and never a pass."""
    from eagerbench import gating

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(gating, when, interrupted)
    assert cli.main(["gate", "--base", "main", "--modes", "eager", "--workloads", "forward"]) == 3
    assert "interrupted" in capsys.readouterr().err


def test_a_request_to_end_is_like_ctrl_c() -> None:
    """As CI sends it to jobs that it cancels; afterwards the signal means what it meant before."""
    before = signal.getsignal(signal.SIGTERM)

    def wait() -> None:
        with stoppable():
            assert signal.getsignal(signal.SIGTERM) is not before
            os.kill(os.getpid(), signal.SIGTERM)
            signal.sigtimedwait([], 5)

    with pytest.raises(KeyboardInterrupt):
        wait()
    assert signal.getsignal(signal.SIGTERM) is before


# Where a verdict goes.


def judgement(verdict: Any = "regression") -> Judgement:
    change = Change(1.2, 1.1, 1.3, 8)
    case = CaseVerdict("forward/eager/b1", verdict, "", 0.05, change, Change(1.0, 0.99, 1.01, 8), 0.001, 0.0012, 40)
    return Judgement("live", verdict, "1 of 1 cases got worse", "main", "head", (case,), None, None, (), 60.0, 8)


@pytest.mark.parametrize(("verdict", "code"), [("pass", 0), ("regression", 1), ("inconclusive", 3), ("missing", 4)])
def test_a_verdict_is_printed_written_and_returned(
    folder: Path, capsys: pytest.CaptureFixture[str], verdict: str, code: int
) -> None:
    """The table, where the report is, and the exit code."""
    assert gate_cli.show(judgement(verdict), folder / "out") == code
    out = capsys.readouterr().out
    assert "forward/eager/b1" in out
    assert out.splitlines()[-1] == f"report: {folder / 'out' / 'index.html'}"
    assert {path.name for path in (folder / "out").iterdir()} >= {"index.html", "gate.md", "gate.xml", "verdict.json"}


def test_in_a_job_of_github_the_table_stands_on_its_page(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After what other steps have written there."""
    page = folder / "summary.md"
    page.write_text("an earlier step\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    gate_cli.show(judgement(), folder / "out")
    gate_cli.show(judgement(), folder / "out")
    text = (folder / "out" / "gate.md").read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8") == f"an earlier step\n{text}\n{text}\n"


def test_a_page_that_cannot_be_written_does_not_change_the_verdict(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Minutes of measuring are not lost for it."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "nowhere" / "summary.md"))
    assert gate_cli.show(judgement(), folder / "out") == 1


# What a person sees meanwhile.


def test_elsewhere_than_in_a_terminal_there_is_a_line_for_each_round(
    capsys: pytest.CaptureFixture[str], make_record: Callable[..., Any]
) -> None:
    """How long it took, why it failed, and how much is decided."""
    with ExitStack() as stack:
        display = gate_cli.GateDisplay(stack, 300.0)
        display.say("[bold]main[/bold] against <b>")
        display.dueling(0, 0, 2)
        display.decided(make_record("complete", ""), 2, 12.3)
        display.decided(make_record("failed", "head: killed"), 1, 24.6)
    assert capsys.readouterr().err.splitlines() == [
        "eagerbench: [bold]main[/bold] against <b>",
        "eagerbench: round 1 took 9 s; 0 of 2 cases are decided after 12 of 300 s",
        "eagerbench: round 1 took 9 s (failed: head: killed); 1 of 2 cases are decided after 25 of 300 s",
    ]


@pytest.fixture
def make_record() -> Callable[..., Any]:
    """Something with rounds and cases, as far as a display looks at it."""
    from types import SimpleNamespace

    def make(ended: str, reason: str) -> Any:
        last = SimpleNamespace(ended=ended, reason=reason, number=0, seconds=9.2)
        return SimpleNamespace(rounds=[last], cases=["one", "two"])

    return make


PROJECT = {
    "eagerbench_model": "policy.py:make",
    "eagerbench_env": "Acrobot-v1",
    "eagerbench_env_kwargs": "render_mode=None",
    "eagerbench_env_wrappers": "package:Wrapper",
}


@pytest.mark.parametrize(
    ("typed", "models", "environment"),
    [
        (["--base", "main"], ("policy.py:make", "policy.py:make"), "Acrobot-v1"),
        (["--base", "main", "--env", "CartPole-v1"], ("policy.py:make", "policy.py:make"), "CartPole-v1"),
        (["--base", "main", "--base-model", "m:a", "--head-model", "m:b"], ("m:a", "m:b"), "Acrobot-v1"),
        (["--base-python", "/usr/bin/python3"], (None, None), "Acrobot-v1"),
    ],
)
def test_a_gate_of_two_commits_takes_model_and_environment_from_the_project(
    typed: list[str], models: tuple[str | None, str | None], environment: str
) -> None:
    """As far as nobody names others; what belongs to the project's environment belongs to no other."""
    options = cli._parser().parse_args(["gate", *typed])
    asked = gate_cli._request(options, "eagerbench gate", filled_in(PROJECT))
    assert (asked.base_model, asked.head_model) == models
    assert asked.env == environment
    own = environment == "Acrobot-v1"
    assert asked.env_kwargs == ({"render_mode": None} if own else {})
    assert asked.env_wrappers == (("package:Wrapper",) if own else ())
