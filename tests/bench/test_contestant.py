"""The inside of a process of a duel: what it says, what it obeys, and on whose code it runs."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from eagerbench import contestant, graft
from eagerbench.contestant import (
    Answer,
    Command,
    Doing,
    Finish,
    Finished,
    Known,
    Paper,
    Ready,
    Refused,
    Rest,
    Rested,
    Side,
    Taken,
    Visit,
    decode_answer,
    decode_command,
)
from eagerbench.errors import UserError
from eagerbench.models.a2c import ARTICLE, RELIABLE, EnvironmentSpec
from eagerbench.results import CaseOutcome, Sample, Training

ONE, GONE = "forward/eager/b2", "forward/abacus/b2"
SAMPLE = Sample(ONE, "steady", 3, 0, 20, 0.5, 0.4, 0.1)
TRAINING = Training(1, "sync", ARTICLE, RELIABLE, (1,), 4, (), None, 100, 1000, 8.0)


def paper(folder: Path, cases: tuple[str, ...] = (ONE,), model: str | None = None) -> Paper:
    """Four observations of CartPole."""
    observations = folder / "observations.npy"
    np.save(observations, np.linspace(-0.1, 0.1, 16, dtype=np.float32).reshape(4, 4), allow_pickle=False)
    return Paper(
        side=Side(sys.executable, {}, (), model),
        cases=cases,
        observations=str(observations),
        spec=EnvironmentSpec("CartPole-v1", (4,), 2, 475.0, 500),
        training=TRAINING,
        seed=0,
        order_seed=0,
        warmup_seconds=0.01,
    )


def heard(out: io.BytesIO) -> list[Answer]:
    return [decode_answer(line) for line in out.getvalue().splitlines()]


def commands(*given: Command) -> io.BytesIO:
    return io.BytesIO(b"".join(msgspec.json.encode(command) + b"\n" for command in given))


@pytest.mark.parametrize("command", [Visit(ONE, 20, 3), Visit(ONE, 20, 3, extra=2), Rest(), Finish()])
def test_commands_arrive_as_they_were_given(command: Command) -> None:
    """On one line each."""
    line = msgspec.json.encode(command)
    assert b"\n" not in line
    assert decode_command(line) == command


@pytest.mark.parametrize(
    "answer",
    [
        Doing(ONE),
        Known(ONE, CaseOutcome("failed", "a\nb")),
        Ready({ONE: 0.1}, {"eager": ("forward",)}, {"python": "3.12"}),
        Taken(SAMPLE),
        Taken(None),
        Rested(),
        Finished({ONE: 4}),
        Refused("a\nb"),
    ],
)
def test_answers_arrive_as_they_were_given(answer: Answer) -> None:
    """On one line each, whatever text is in them."""
    line = msgspec.json.encode(answer)
    assert b"\n" not in line
    assert decode_answer(line) == answer


def test_what_is_neither_is_refused() -> None:
    """A command is no answer, and the other way round."""
    with pytest.raises(msgspec.ValidationError):
        decode_answer(msgspec.json.encode(Rest()))
    with pytest.raises(msgspec.ValidationError):
        decode_command(msgspec.json.encode(Rested()))


def test_who_waits_is_not_woken_up_by_signs_of_life() -> None:
    """Until a side is ready it says which case it is at; then its parent knows."""
    out = io.BytesIO()
    voice = contestant._Voice(out)
    voice.running(ONE)
    voice.progress("cold", 1, 2)
    voice.samples([SAMPLE])
    voice.outcome(ONE, CaseOutcome("ok"))
    voice.say(Ready({}, {}, {}))
    voice.running(ONE)
    voice.say(Taken(None))
    assert heard(out) == [Doing(ONE), Doing(ONE), Known(ONE, CaseOutcome("ok")), Ready({}, {}, {}), Taken(None)]


class StandInRace:
    """Notes what it is asked for; every second visit raises."""

    made: list["StandInRace"]

    def __init__(self, contenders: list[Any], budget: Any, seed: int, listener: Any) -> None:
        self.given = (contenders, budget.warmup_seconds, seed, listener)
        self.visits: list[tuple[Any, ...]] = []
        self.closed = 0
        self.made.append(self)

    @contextmanager
    def ready(self) -> Iterator[Mapping[str, float]]:
        yield {ONE: 0.25, "forward/predict/b2": 0.5}

    def visit(self, case: str, calls: int, number: int, *more: Any) -> Sample | None:
        self.visits.append((case, calls, number, *more))
        return None if len(self.visits) == 2 else msgspec.structs.replace(SAMPLE, calls=calls)

    def close_books(self) -> None:
        self.closed += 1


class Program:
    """What a mode makes ready, as far as steps go."""

    def __init__(self, steps: Callable[[], int] | None) -> None:
        self.steps = steps


@pytest.fixture
def race(monkeypatch: pytest.MonkeyPatch) -> type[StandInRace]:
    """`contestant.run` without TensorFlow: two programs, of which Keras is asked about one."""
    from eagerbench import quiet
    from eagerbench import race as race_module

    def contenders(own: Paper, voice: Any, programs: dict[str, Any]) -> Iterator[str]:
        del own, voice
        programs.update({ONE: Program(None), "forward/predict/b2": Program(lambda: 4)})
        yield "a contender"

    StandInRace.made = []
    monkeypatch.setattr(quiet, "import_tensorflow", lambda: None)
    monkeypatch.setattr(race_module, "Race", StandInRace)
    monkeypatch.setattr(contestant, "_contenders", contenders)
    return StandInRace


def test_commands_are_obeyed_one_after_the_other(race: type[StandInRace], tmp_path: Path) -> None:
    """Executions that are planted are made and not counted; a case that raised has no sample."""
    out = io.BytesIO()
    orders = commands(Visit(ONE, 20, 3, extra=2), Visit(ONE, 20, 4), Rest(), Finish())
    contestant.run(paper(tmp_path), orders, contestant._Voice(out))
    (made,) = race.made
    assert made.given[:3] == (["a contender"], 0.01, 0)
    assert [visit[:3] for visit in made.visits] == [(ONE, 22, 3), (ONE, 20, 4)]
    ready, *others = heard(out)
    assert isinstance(ready, Ready)
    assert ready.call_s == {ONE: 0.25, "forward/predict/b2": 0.5}
    assert {"forward", "update", "train"} >= set(ready.modes["eager"]) >= {"forward"}
    assert set(ready.versions) == {"python", "tensorflow", "keras", "numpy"}
    assert others == [Taken(SAMPLE), Taken(None), Rested(), Finished({"forward/predict/b2": 4})]
    assert made.closed == 1


def test_the_process_ends_when_nobody_gives_orders_any_more(race: type[StandInRace], tmp_path: Path) -> None:
    """Its parent was killed: the pipe is at its end."""
    out = io.BytesIO()
    contestant.run(paper(tmp_path), commands(), contestant._Voice(out))
    assert len(heard(out)) == 1
    assert race.made[0].closed == 0


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UserError("model 'm:make' can't be imported"), "model 'm:make' can't be imported"),
        (ImportError("No module named 'keras'"), "ImportError: No module named 'keras'"),
        (ImportError("Failed to load\n\n  libtensorflow\nSee below."), "Failed to load libtensorflow See below."),
    ],
)
def test_who_cannot_begin_says_why_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    """Into the pipe, and with exit code 1."""

    def run(*_: object) -> None:
        raise error

    monkeypatch.setattr(contestant, "run", run)
    (hears, commanding), (listening, tells) = os.pipe(), os.pipe()
    file = tmp_path / "paper.json"
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(paper(tmp_path), hears=hears, tells=tells)))
    assert contestant.main(file) == 1
    os.close(commanding)
    with os.fdopen(listening, "rb") as told:
        answer = decode_answer(told.read())
    assert isinstance(answer, Refused)
    assert said in answer.reason
    assert "\n" not in answer.reason


@pytest.mark.tensorflow
def test_real_cases_are_made_ready_and_timed(tmp_path: Path) -> None:
    """One that runs, checked and warmed up; one whose mode this side's code has not is unavailable, and says so."""
    out = io.BytesIO()
    orders = commands(Visit(ONE, 3, 0), Visit(ONE, 3, 1, extra=1), Rest(), Finish())
    contestant.run(paper(tmp_path, (ONE, GONE)), orders, contestant._Voice(out))
    answers = heard(out)
    (ready,) = [answer for answer in answers if isinstance(answer, Ready)]
    taken = [answer.sample for answer in answers if isinstance(answer, Taken)]
    known = {answer.case: answer.outcome for answer in answers if isinstance(answer, Known)}
    assert list(ready.call_s) == [ONE]
    assert ready.call_s[ONE] > 0
    assert [(own.case, own.stage, own.round, own.calls) for own in taken if own] == [
        (ONE, "steady", 0, 3),
        (ONE, "steady", 1, 3),
    ]
    assert known[ONE].status == "ok"
    assert known[ONE].parity is not None
    assert known[ONE].parity.passed
    assert known[GONE].status == "unavailable"
    assert "abacus" in known[GONE].reason
    assert answers[-1] == Finished({})


@pytest.mark.tensorflow
def test_a_model_of_ones_own_is_timed_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it can't be made, nothing begins."""
    (tmp_path / "own_model_of_a_contestant.py").write_text(
        "import keras\n\ndef make():\n    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    out = io.BytesIO()
    own = paper(tmp_path, (ONE,), "own_model_of_a_contestant:make")
    contestant.run(own, commands(Visit(ONE, 1, 0), Finish()), contestant._Voice(out))
    assert [answer.sample.case for answer in heard(out) if isinstance(answer, Taken) and answer.sample] == [ONE]
    none = paper(tmp_path, (ONE,), "own_model_of_a_contestant:missing")
    with pytest.raises(UserError, match="can't be imported"):
        contestant.run(none, commands(), contestant._Voice(io.BytesIO()))


# The graft: on whose code a process runs.


def test_a_graft_finds_packages_where_it_was_told_and_leaves_the_rest_to_others(tmp_path: Path) -> None:
    """Only the names that it was given."""
    (tmp_path / "__init__.py").write_text("")
    found = graft.Graft({"eagerbench.models": str(tmp_path)}).find_spec("eagerbench.models")
    assert found is not None
    assert found.origin == str(tmp_path / "__init__.py")
    assert found.submodule_search_locations == [str(tmp_path)]
    assert graft.Graft({"eagerbench.models": str(tmp_path)}).find_spec("eagerbench") is None


CONTESTANT = """
import json, sys
from pathlib import Path

def main(paper):
    import eagerbench.models
    import eagerbench.models.layers
    import eagerbench.own
    import user_model
    print(json.dumps([__file__, eagerbench.models.__file__, eagerbench.models.layers.__file__,
                      eagerbench.own.__file__, user_model.__file__, sys.path[:2], str(paper)]))
    return 7
"""


def test_a_grafted_process_runs_one_side_s_code(tmp_path: Path) -> None:
    """Definitions of the one that was called, models of the other, the user's module from its own commit."""
    suite, other, user = tmp_path / "suite", tmp_path / "other models", tmp_path / "user"
    for folder in (suite, suite / "models", other, user):
        folder.mkdir()
        (folder / "__init__.py").write_text("")
    (suite / "contestant.py").write_text(CONTESTANT)
    (suite / "own.py").write_text("")
    for folder in (suite / "models", other):
        (folder / "layers.py").write_text("")
    (user / "user_model.py").write_text("")
    file = tmp_path / "paper.json"
    packages = {"eagerbench": str(suite), "eagerbench.models": str(other)}
    file.write_text(json.dumps({"side": {"packages": packages, "paths": [str(user)]}}))
    done = subprocess.run(
        [sys.executable, "-P", str(graft.__file__), str(file)], capture_output=True, text=True, check=False, cwd=suite
    )
    assert done.returncode == 7, done.stderr
    assert json.loads(done.stdout)[:5] == [
        str(suite / "contestant.py"),
        str(other / "__init__.py"),
        str(other / "layers.py"),
        str(suite / "own.py"),
        str(user / "user_model.py"),
    ]
    assert json.loads(done.stdout)[5][0] == str(user)
    assert json.loads(done.stdout)[6] == str(file)
