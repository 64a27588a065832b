"""Live processes called in turn: orders, and what becomes of those that refuse, die, hang or talk rubbish.

A stand-in takes the place of the interpreter: a script that knows the protocol and nothing else, so that a process
starts in milliseconds. Its side's `model` says how it behaves.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import psutil
import pytest

from eagerbench.contestant import Paper, Side
from eagerbench.duel import Duel, SilentError, _Contestant, own_packages
from eagerbench.gate_record import BASE, CONTROL, HEAD, SIDES
from eagerbench.models.a2c import ARTICLE, RELIABLE, EnvironmentSpec
from eagerbench.results import CaseOutcome, Training

ONE, TWO = "forward/eager/b1", "forward/function/b1"

STAND_IN = r"""
import json, os, signal, subprocess, sys, time
from pathlib import Path

file = Path(sys.argv[-1])
paper = json.loads(file.read_text())
does, log = paper["side"]["model"], Path(paper["observations"])
hears, tells = os.fdopen(paper["hears"]), os.fdopen(paper["tells"], "w")


def say(kind, **what):
    tells.write(json.dumps({"type": kind, **what}) + "\n")
    tells.flush()


def note(*what):
    with log.open("a") as out:
        out.write(json.dumps([file.stem, *what]) + "\n")


def misbehave(when):
    if does == f"exits {when}":
        print("first words\nValueError: no such layer", file=sys.stderr)
        sys.exit(3)
    if does == f"is killed {when}":
        os.kill(os.getpid(), signal.SIGKILL)
    if does == f"hangs {when}":
        signal.pause()
    if does == f"talks rubbish {when}":
        tells.write("what was the question?\n")
        tells.flush()
        signal.pause()
    if does == f"talks bytes {when}":
        tells.buffer.write(b"\xff\xfe{]\n")
        tells.buffer.flush()
        signal.pause()
    if does == f"answers something else {when}":
        say("rested" if when != "at rest" else "taken", **({} if when != "at rest" else {"sample": None}))
        signal.pause()
    if does == f"turns away {when}":
        tells.close()
        time.sleep(9)
        sys.exit(0)


note("pid", os.getpid(), os.getsid(0))
if does == "has a child":
    note("pid", subprocess.Popen(["sleep", "600"]).pid, 0)
if does == "refuses":
    say("refused", reason="UserError: model 'm:make' can't be imported")
    sys.exit(1)
for case in paper["cases"]:
    say("doing", case=case)
    misbehave("at first")
    say("known", case=case, outcome={"status": "ok", "traces": 1})
timed = paper["cases"][:1] if does == "can time one" else paper["cases"]
say("ready", call_s={case: 0.001 for case in timed}, modes={"eager": ["forward"]}, versions={"python": "3.12"})
for line in hears:
    command = json.loads(line)
    if command["type"] == "visit":
        misbehave("at a visit")
        note("visit", command["case"], command["calls"], command["number"], command.get("extra", 0))
        sample = {"case": command["case"], "stage": "steady", "round": command["number"], "position": 0,
                  "calls": command["calls"], "wall_s": 0.002 * command["calls"], "user_s": 0.0, "sys_s": 0.0}
        if does == "raises":
            say("known", case=command["case"], outcome={"status": "failed", "reason": "ValueError: no"})
            sample = None
        say("taken", sample=sample)
    elif command["type"] == "rest":
        misbehave("at rest")
        note("rest")
        say("rested")
    else:
        misbehave("at the end")
        say("known", case=paper["cases"][0], outcome={"status": "ok", "traces": 2})
        say("finished", steps={paper["cases"][0]: 4})
"""


@pytest.fixture
def interpreter(tmp_path: Path) -> str:
    """A program that is started like Python and is the stand-in."""
    script, program = tmp_path / "stand_in.py", tmp_path / "a python"
    script.write_text(STAND_IN)
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -I -S '{script}' \"$@\"\n")
    program.chmod(0o755)
    return str(program)


Papers = Callable[..., dict[str, Paper]]


@pytest.fixture
def papers(interpreter: str, tmp_path: Path) -> Papers:
    """What each side is to do; how one behaves that does not simply do it is given by name."""
    training = Training(1, "sync", ARTICLE, RELIABLE, (1,), 4, (), None, 100, 1000, 8.0)

    def make(**behaviours: str) -> dict[str, Paper]:
        return {
            name: Paper(
                side=Side(interpreter, {}, (), behaviours.get(name)),
                cases=(ONE, TWO),
                observations=str(tmp_path / "log"),
                spec=EnvironmentSpec("CartPole-v1", (4,), 2, 475.0, 500),
                training=training,
                seed=0,
                order_seed=0,
                warmup_seconds=0.1,
            )
            for name in SIDES
        }

    return make


def noted(tmp_path: Path, kind: str) -> list[list[object]]:
    """What the stand-ins noted, in the order in which they did it: name of the side, and what follows the kind."""
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    return [[line[0], *line[2:]] for line in lines if line[1] == kind]


def nobody_is_left(tmp_path: Path) -> bool:
    pids = [int(str(pid)) for _, pid, _ in noted(tmp_path, "pid")]
    assert pids
    return not [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]


@pytest.fixture(autouse=True)
def nothing_stays_open(tmp_path: Path, interpreter: str) -> object:
    """After every test: no process of any side, and no file descriptor that was not there before."""
    assert interpreter
    before = psutil.Process().num_fds()
    yield
    assert psutil.Process().num_fds() == before
    assert not (tmp_path / "log").exists() or nobody_is_left(tmp_path)


def test_every_block_goes_there_and_back_in_an_order_of_its_own(papers: Papers, tmp_path: Path) -> None:
    """Each side once on the way and once back; the processes were called in the order that the block tells."""
    with Duel(papers(), seed=5, timeout_s=20.0) as duel:
        blocks = [duel.block(ONE, 3, number) for number in range(40)]
    orders = Counter()
    visits = []
    for number, block in enumerate(blocks):
        assert block is not None
        assert (block.case, block.number, block.calls) == (ONE, number, 3)
        assert sorted(block.sides[:3]) == sorted(SIDES)
        assert block.sides[3:] == block.sides[2::-1]
        assert block.seconds == (0.002,) * 6
        orders[block.sides[:3]] += 1
        visits += [[side, ONE, 3, number, 0] for side in block.sides]
    assert noted(tmp_path, "visit") == visits
    assert len(orders) == 6


def test_the_seed_decides_the_orders(papers: Papers) -> None:
    """The same for the same, others for others."""

    def orders(seed: int) -> list[tuple[str, ...]]:
        with Duel(papers(), seed, timeout_s=20.0) as duel:
            return [block.sides for number in range(8) if (block := duel.block(ONE, 1, number))]

    assert orders(1) == orders(1)
    assert orders(1) != orders(2)


def test_a_slow_call_is_made_once_by_each_side(papers: Papers) -> None:
    """There, and not back."""
    with Duel(papers(), seed=0, timeout_s=20.0) as duel:
        block = duel.block(ONE, 1, 1, back=False)
    assert block is not None
    assert sorted(block.sides) == sorted(SIDES)
    assert len(block.seconds) == 3


def test_what_is_planted_is_planted_in_head_alone(papers: Papers, tmp_path: Path) -> None:
    """The sample is divided by the calls that were asked for."""
    with Duel(papers(), seed=0, timeout_s=20.0) as duel:
        block = duel.block(ONE, 20, 1, extra=2)
    assert block is not None
    assert block.calls == 20
    assert {(side, extra) for side, *_, extra in noted(tmp_path, "visit")} == {(HEAD, 2), (BASE, 0), (CONTROL, 0)}


def test_all_sides_say_what_they_know(papers: Papers, tmp_path: Path) -> None:
    """When they are ready, of each case, and at the end; each process leads a session of its own."""
    with Duel(papers(control="can time one"), seed=0, timeout_s=20.0) as duel:
        assert {name: [*ready.call_s] for name, ready in duel.ready.items()} == {
            BASE: [ONE, TWO],
            HEAD: [ONE, TWO],
            CONTROL: [ONE],
        }
        assert duel.ready[BASE].modes == {"eager": ("forward",)}
        assert duel.ready[HEAD].versions == {"python": "3.12"}
        assert duel.outcomes[BASE] == {ONE: CaseOutcome("ok", traces=1), TWO: CaseOutcome("ok", traces=1)}
        duel.rest()
        assert sorted(str(side) for (side,) in noted(tmp_path, "rest")) == sorted(SIDES)
        assert duel.finish() == {side: {ONE: 4} for side in SIDES}
        assert duel.outcomes[HEAD] == {ONE: CaseOutcome("ok", traces=2), TWO: CaseOutcome("ok", traces=1)}
    assert [pid for _, pid, _ in noted(tmp_path, "pid")] == [session for _, _, session in noted(tmp_path, "pid")]
    assert len(noted(tmp_path, "pid")) == 3


def test_a_case_that_raises_on_some_side_has_no_block_and_others_go_on(papers: Papers) -> None:
    """What that side said of it is kept; nobody waits for an answer to a question that was not asked."""
    with Duel(papers(base="raises"), seed=0, timeout_s=20.0) as duel:
        assert duel.block(ONE, 1, 0) is None
        assert duel.outcomes[BASE][ONE] == CaseOutcome("failed", "ValueError: no")
        assert duel.outcomes[BASE][TWO].status == "ok"
        assert duel.outcomes[HEAD][ONE].status == "ok"
        assert duel.block(TWO, 1, 0) is None
        assert set(duel.finish()) == set(SIDES)


def fight(duel: Duel) -> None:
    """All of it: a rest, a block of each case, and the end."""
    with duel:
        duel.rest()
        for case in (ONE, TWO):
            duel.block(case, 2, 0)
        duel.finish()


ENDS: Mapping[str, tuple[str, str | None]] = {
    "exits at first": ("the process ended with exit code 3: ValueError: no such layer", ONE),
    "exits at a visit": ("the process ended with exit code 3: ValueError: no such layer", ONE),
    "exits at the end": ("the process ended with exit code 3: ValueError: no such layer", None),
    "exits at rest": ("the process ended with exit code 3: ValueError: no such layer", TWO),
    "is killed at first": ("the process was killed by SIGKILL; out of memory?", ONE),
    "is killed at a visit": ("the process was killed by SIGKILL; out of memory?", ONE),
    "hangs at first": ("no word for 2 s", ONE),
    "hangs at a visit": ("no word for 2 s", ONE),
    "hangs at the end": ("no word for 2 s", None),
    "answers something else at first": ("expected Ready, heard Rested", ONE),
    "answers something else at a visit": ("expected Taken, heard Rested", ONE),
    "answers something else at rest": ("expected Rested, heard Taken", TWO),
}


@pytest.mark.parametrize(
    ("side", "behaviour"), [(HEAD, own) for own in ENDS] + [(BASE, own) for own in ENDS if "hangs" not in own]
)
def test_a_process_that_dies_hangs_or_errs_ends_the_duel(papers: Papers, side: str, behaviour: str) -> None:
    """Which side, why, in one line, and at which case."""
    reason, case = ENDS[behaviour]
    with pytest.raises(SilentError) as caught:
        fight(Duel(papers(**{side: behaviour}), seed=3, timeout_s=2.0 if "hangs" in behaviour else 20.0))
    assert (caught.value.side, caught.value.reason, caught.value.case) == (side, reason, case)
    assert str(caught.value) == f"{side}: {reason}"
    assert not caught.value.refused


@pytest.mark.parametrize("when", ["at first", "at a visit"])
@pytest.mark.parametrize("behaviour", ["talks rubbish", "talks bytes"])
def test_what_is_no_answer_ends_the_duel_too(papers: Papers, behaviour: str, when: str) -> None:
    """Code under test may write where it should not."""
    with pytest.raises(SilentError) as caught:
        fight(Duel(papers(head=f"{behaviour} {when}"), seed=3, timeout_s=20.0))
    assert (caught.value.side, caught.value.case) == (HEAD, ONE)
    assert "\n" not in str(caught.value)


def test_a_process_that_turns_away_and_lives_is_not_waited_for(papers: Papers) -> None:
    """It has closed its pipe and hangs on its way out; that it would end in nine seconds is nothing to wait for."""
    with pytest.raises(SilentError) as caught:
        fight(Duel(papers(head="turns away at a visit"), seed=3, timeout_s=2.0))
    assert caught.value.side == HEAD
    assert "exit code" not in caught.value.reason


def test_a_side_that_refuses_says_why(papers: Papers) -> None:
    """It would say so again."""
    with pytest.raises(SilentError, match="base: UserError: model 'm:make' can't be imported") as caught:
        fight(Duel(papers(base="refuses"), seed=0, timeout_s=20.0))
    assert caught.value.refused
    assert caught.value.case is None


def test_an_interpreter_that_is_none_ends_the_duel(papers: Papers, tmp_path: Path) -> None:
    """A file that can't be executed, or is no program."""
    text = tmp_path / "text"
    text.write_text("this is no program")
    for mode in (0o644, 0o755):
        text.chmod(mode)
        own = papers()
        own[BASE] = msgspec.structs.replace(own[BASE], side=Side(str(text), {}))
        with pytest.raises(SilentError) as caught:
            fight(Duel(own, seed=0, timeout_s=20.0))
        assert caught.value.side == BASE
        assert "\n" not in str(caught.value)


def test_what_a_side_has_started_ends_with_it(papers: Papers, tmp_path: Path) -> None:
    """A model under test may have workers."""
    with Duel(papers(head="has a child"), seed=0, timeout_s=20.0):
        assert len(noted(tmp_path, "pid")) == 4
        assert not nobody_is_left(tmp_path)
    assert nobody_is_left(tmp_path)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_nobody_is_left_whatever_ends_it(papers: Papers, tmp_path: Path, error: type[BaseException]) -> None:
    """Ctrl-C in the middle of a block."""

    def fails() -> None:
        with Duel(papers(), seed=0, timeout_s=20.0) as duel:
            duel.block(ONE, 1, 0)
            raise error

    with pytest.raises(error):
        fails()
    assert nobody_is_left(tmp_path)


def test_ctrl_c_while_they_get_ready_leaves_nobody(
    papers: Papers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The context was never entered."""
    answer = _Contestant.answer

    def interrupted(self: _Contestant, wanted: type[object]) -> object:
        answer(self, wanted)
        raise KeyboardInterrupt

    monkeypatch.setattr(_Contestant, "answer", interrupted)
    with pytest.raises(KeyboardInterrupt), Duel(papers(), seed=0, timeout_s=20.0):
        pytest.fail("it was entered")
    assert nobody_is_left(tmp_path)


def test_the_papers_are_gone_afterwards(papers: Papers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is what the processes wrote."""
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "papers"))
    (tmp_path / "papers").mkdir()
    with Duel(papers(), seed=0, timeout_s=20.0):
        (folder,) = (tmp_path / "papers").iterdir()
        assert {path.name for path in folder.iterdir()} == {
            f"{side}.{kind}" for side in SIDES for kind in ("json", "stderr")
        }
    assert not [*(tmp_path / "papers").iterdir()]


def test_own_packages_are_those_that_are_running() -> None:
    """The benchmark definitions, the models and the modes, each where it was imported from."""
    found = own_packages()
    assert set(found) == {"eagerbench", "eagerbench.models", "eagerbench.modes"}
    for name, folder in found.items():
        assert Path(folder, "__init__.py").samefile(str(sys.modules[name].__file__))
