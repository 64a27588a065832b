"""A live gate from request to record, with stand-ins for rounds and for processes, and a clock that is set by hand."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from eagerbench import gating
from eagerbench.contestant import Paper, Ready, Side
from eagerbench.duel import SilentError
from eagerbench.errors import UserError
from eagerbench.gate import judge_live
from eagerbench.gate_record import BASE, CONTROL, HEAD, SIDES, Block, GateRecord, Round, SideRecord, read_gate
from eagerbench.gating import (
    FEWEST_BLOCKS,
    GATE_BATCH_SIZES,
    GATE_MODES,
    MOST_BLOCKS,
    Contest,
    GateRequest,
    Gating,
    RoundOfDuels,
    calls_for,
    empty_record,
    itself,
    plan_gate,
    prepare,
)
from eagerbench.margins import Margins
from eagerbench.models import envs
from eagerbench.results import CaseOutcome
from eagerbench.self_test import PLANTED
from eagerbench.worktree import Checkout

ONE, TWO = "forward/eager/b1", "forward/function/b1"
ASKED = GateRequest(base="main", modes=("eager", "function"), workloads=("forward",), batch_sizes=(1,))
CONTEST = Contest(
    Side(sys.executable, {}), Side(sys.executable, {}), SideRecord("main", "1a", None), SideRecord("head", None, None)
)


class Quiet:
    """A display that notes what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.left: list[int] = []

    def say(self, text: str) -> None:
        self.told.append(text)

    def dueling(self, number: int, done: int, cases: int) -> None:
        """Nothing to note."""

    def decided(self, record: GateRecord, left: int, elapsed_s: float) -> None:
        del record, elapsed_s
        self.left.append(left)


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of gates and of rounds."""
    own = Clock()
    monkeypatch.setattr(gating, "time", own)
    return own


# What may be asked for.


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"budget_s": 0.0}, "--budget 0: expected seconds above 0, such as 300"),
        ({"budget_s": -1.0}, "--budget -1: expected seconds above 0"),
        ({"budget_s": float("nan")}, "--budget nan: expected seconds above 0"),
        ({"budget_s": float("inf")}, "--budget inf: expected seconds above 0"),
        ({"timeout_s": 0.0}, "--launch-timeout 0: expected seconds above 0"),
        ({"timeout_s": float("inf")}, "--launch-timeout inf: expected seconds above 0"),
        ({"workloads": ("cold",)}, "--workloads cold: a gate calls live processes in turn, so it compares forward,"),
        ({"workloads": ("forward", "memory", "traces")}, "--workloads memory,traces: a gate"),
        ({"workloads": ("nothing",)}, "--workloads nothing: a gate"),
        ({"modes": ("graf",)}, "unknown mode 'graf'"),
        ({"modes": ("numpy",), "workloads": ("update",)}, "none of these modes does any of this"),
        ({"batch_sizes": (0,)}, "expected rows of at least 1, got 0"),
        ({"env": "Nope-v0"}, "--env: environment 'Nope-v0' is unknown; expected a Gymnasium id"),
        ({"base_model": "m:make"}, "--base-model and --head-model go together"),
        ({"head_model": "m:make"}, "--base-model and --head-model go together"),
    ],
)
def test_what_could_not_be_compared_is_refused(asked: dict[str, Any], said: str) -> None:
    """Before anything is measured, in one line."""
    with pytest.raises(UserError) as caught:
        plan_gate(msgspec.structs.replace(ASKED, **asked))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_user_s_own_models_learn_too_where_asked_for() -> None:
    """By default forward passes alone, which every model has."""
    own = {"base_model": "m:make", "head_model": "m:make"}
    by_default = plan_gate(GateRequest(base="main", **own)).cases
    updates = plan_gate(GateRequest(base="main", workloads=("update",), modes=("eager",), **own)).cases
    assert by_default
    assert all(case.startswith("forward/") for case in by_default)
    assert updates == ("update/eager/b64",)


def test_by_default_the_quick_modes_are_compared_at_two_sizes_and_updates() -> None:
    """Forward passes of one row and of thousands; gradient steps where a mode does them."""
    cases = plan_gate(GateRequest(base="main")).cases
    forward = {f"forward/{mode}/b{rows}" for mode in GATE_MODES for rows in GATE_BATCH_SIZES}
    updates = {f"update/{mode}/b64" for mode in set(GATE_MODES) - {"blocked-xla", "saved-model"}}
    assert set(cases) == forward | updates
    assert len(cases) == len(forward) + len(updates)


def test_trainings_are_compared_of_every_mode_where_asked_for() -> None:
    """They have modes of their own."""
    cases = plan_gate(GateRequest(base="main", workloads=("train",))).cases
    assert "train/fused/env1" in cases
    assert all(case.startswith("train/") for case in cases)


def test_of_ones_own_model_only_forward_passes_are_compared() -> None:
    """Without having to say so."""
    cases = plan_gate(GateRequest(base_model="m:make", head_model="m:make")).cases
    assert {case.split("/")[0] for case in cases} == {"forward"}


def test_a_plan_keeps_what_was_asked_for() -> None:
    """Seed, timeout, command and environment."""
    plan = plan_gate(msgspec.structs.replace(ASKED, seed=7, timeout_s=9.0, command="typed", env="CartPole-v1"))
    assert plan.cases == (ONE, TWO)
    assert (plan.seed, plan.launch_timeout_s, plan.command, plan.env) == (7, 9.0, "typed", "CartPole-v1")


# Sides put in place.


@pytest.fixture
def interpreters(tmp_path: Path) -> tuple[str, str]:
    """Two files that could be Python."""
    made = []
    for name in ("old", "new"):
        path = tmp_path / name / "python"
        path.parent.mkdir()
        path.touch(mode=0o755)
        made.append(str(path))
    return made[0], made[1]


def prepared(request: GateRequest, folder: Path) -> Contest:
    with ExitStack() as stack:
        return prepare(request, stack, folder)


def test_there_must_be_something_that_differs(tmp_path: Path) -> None:
    """No commit, no environment, no model: nothing to compare. The same model twice is nothing either."""
    for request in (GateRequest(), GateRequest(base_model="m:make", head_model="m:make")):
        with pytest.raises(UserError, match="nothing to compare: name a commit") as caught:
            prepared(request, tmp_path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("option", ["base_python", "head_python"])
def test_an_interpreter_must_be_one(tmp_path: Path, option: str) -> None:
    """A missing file, a folder, a file that can't be executed."""
    text = tmp_path / "text"
    text.write_text("")
    text.chmod(0o644)
    for path in (tmp_path / "missing", tmp_path, text):
        with pytest.raises(UserError, match="expected a Python interpreter, such as venv/bin/python") as caught:
            prepared(GateRequest(**{option: str(path)}), tmp_path)
        assert f"--{option.replace('_', '-')} {path}" in str(caught.value)


def test_two_environments_run_the_same_code(tmp_path: Path, interpreters: tuple[str, str]) -> None:
    """Outside a repository too; labels say which is which."""
    old, new = interpreters
    contest = prepared(GateRequest(base_python=old, head_python=new), tmp_path)
    assert (contest.base.python, contest.head.python) == (old, new)
    assert contest.base.packages == contest.head.packages
    assert (contest.base_record.label, contest.head_record.label) == (old, new)


def test_two_models_are_found_where_one_stands(tmp_path: Path) -> None:
    """In the folder and in its `src`, as far as it has one."""
    request = GateRequest(base_model="m:one", head_model="m:two")
    contest = prepared(request, tmp_path)
    assert contest.base.paths == contest.head.paths == (str(tmp_path),)
    (tmp_path / "src").mkdir()
    contest = prepared(request, tmp_path)
    assert contest.head.paths == (str(tmp_path), str(tmp_path / "src"))
    assert (contest.base.model, contest.head.model) == ("m:one", "m:two")
    assert (contest.base_record.label, contest.head_record.label) == ("m:one", "m:two")
    assert (contest.base_record.model, contest.head_record.model) == ("m:one", "m:two")


@pytest.fixture
def commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path, list[str]]:
    """A base and a head checked out, and what was done with them."""
    base, head = tmp_path / "base", tmp_path / "head"
    base.mkdir()
    head.mkdir()
    done: list[str] = []

    @contextmanager
    def worktree(reference: str, repository: Path) -> Any:
        assert repository == head
        done.append(f"out {reference}")
        try:
            yield Checkout(base, "b" * 40)
        finally:
            done.append("gone")

    monkeypatch.setattr(gating, "worktree", worktree)
    monkeypatch.setattr(gating, "here", lambda _: Checkout(head, "a" * 40 + "+"))
    return base, head, done


def test_a_commit_of_one_s_own_model_is_held_against_the_working_tree(commits: tuple[Path, Path, list[str]]) -> None:
    """Each side finds its own files; definitions are those of the eagerbench that runs."""
    base, head, done = commits
    with ExitStack() as stack:
        contest = prepare(GateRequest(base="main", base_model="m:make", head_model="m:make"), stack, head)
        assert done == ["out main"]
    assert done == ["out main", "gone"]
    assert (contest.base.paths, contest.head.paths) == ((str(base),), (str(head),))
    assert contest.base.packages == contest.head.packages
    assert contest.base_record == SideRecord("main (bbbbbbbbbbbb)", "b" * 40, "m:make")
    assert contest.head_record == SideRecord("working tree (aaaaaaaaaaaa+)", "a" * 40 + "+", "m:make")


def test_where_one_stands_counts_in_both_commits(commits: tuple[Path, Path, list[str]]) -> None:
    """A module below the top of a repository is found there, in base as in head."""
    base, head, _ = commits
    (head / "below" / "here").mkdir(parents=True)
    request = GateRequest(base="main", base_model="m:make", head_model="m:make")
    assert prepared(request, head / "below" / "here").base.paths == (str(base),)
    (base / "below" / "here").mkdir(parents=True)
    (base / "src").mkdir()
    contest = prepared(request, head / "below" / "here")
    assert contest.base.paths == (str(base / "below" / "here"), str(base / "src"), str(base))
    assert contest.head.paths == (str(head / "below" / "here"), str(head))


def test_a_model_in_a_file_is_each_commit_s_own(commits: tuple[Path, Path, list[str]]) -> None:
    """Named from where one stands; recorded as it was typed."""
    base, head, _ = commits
    (head / "below").mkdir()
    request = GateRequest(base="main", base_model="../net.py:make", head_model="../net.py:make")
    contest = prepared(request, head / "below")
    assert contest.base.model == f"{base / 'below' / '../net.py'}:make"
    assert contest.head.model == f"{head / 'below' / '../net.py'}:make"
    assert contest.head_record.model == "../net.py:make"


@pytest.mark.parametrize("model", ["/net.py:make", "~/net.py:make", "../net.py:make", "a/../../net.py:make"])
def test_a_file_outside_of_the_commits_is_refused(commits: tuple[Path, Path, list[str]], model: str) -> None:
    """It would be compared with itself, and always pass."""
    for request in (
        GateRequest(base="main", base_model=model, head_model="m:make"),
        GateRequest(base="main", base_model="m:make", head_model=model),
    ):
        with pytest.raises(UserError, match="expected a file inside the repository, named from here"):
            prepared(request, commits[1])


def test_a_commit_is_not_named_twice(commits: tuple[Path, Path, list[str]]) -> None:
    """Who names it by its hash reads it once."""
    request = GateRequest(base="bbbbbb", base_model="m:make", head_model="m:make")
    assert prepared(request, commits[1]).base_record.label == "bbbbbb"
    assert commits


def test_a_repository_of_which_nothing_would_be_timed_is_refused(commits: tuple[Path, Path, list[str]]) -> None:
    """Without a model of one's own, both sides would run what eagerbench ships; the worktree is cleared away."""
    with pytest.raises(UserError, match="would be timed: name your model with --base-model and --head-model"):
        prepared(GateRequest(base="main"), commits[1])
    assert commits[2] in ([], ["out main", "gone"])


def test_in_a_checkout_of_eagerbench_its_models_and_modes_are_compared(commits: tuple[Path, Path, list[str]]) -> None:
    """Of each side; the race and the workloads are the same for both."""
    for folder in commits[:2]:
        for name in ("bench/modes/base.py", "models/actor_critic.py"):
            (folder / name).parent.mkdir(parents=True)
            (folder / name).touch()
    contest = prepared(GateRequest(base="main"), commits[1])
    for side, folder in ((contest.base, commits[0]), (contest.head, commits[1])):
        assert side.packages["eagerbench.models"] == str(folder / "models")
        assert side.packages["eagerbench.modes"] == str(folder / "bench" / "modes")
    assert contest.base.packages["eagerbench"] == contest.head.packages["eagerbench"]


def test_unchanged_code_is_what_is_running_twice() -> None:
    """For a self-test."""
    contest = itself()
    assert contest.base == contest.head
    assert contest.base.python == sys.executable
    assert contest.base.model is None


def test_a_record_begins_with_what_was_asked_for() -> None:
    """A margin for each case, and no round."""
    request = msgspec.structs.replace(ASKED, budget_s=60.0, seed=3, command="typed")
    record = empty_record(request, plan_gate(request), CONTEST, Margins(0.05, {"forward/function/*": 0.2}))
    assert (record.cases, record.margins) == ((ONE, TWO), {ONE: 0.05, TWO: 0.2})
    assert (record.budget_s, record.seed, record.command, record.rounds) == (60.0, 3, "typed", ())
    assert (record.base, record.head) == (CONTEST.base_record, CONTEST.head_record)
    assert record.ended == "interrupted"


# How many calls.


@pytest.mark.parametrize("share", [0.0, *PLANTED, 0.5, 0.01])
@pytest.mark.parametrize("call_s", [1e-6, 3.3e-5, 1e-4, 7e-4, 1.1e-3, 4e-3, 0.02, 0.4])
def test_a_sample_is_long_enough_and_the_planted_share_is_exact(share: float, call_s: float) -> None:
    """To a fifth of a percent; never longer than that needs."""
    calls = calls_for(call_s, 4e-3, share)
    assert calls * call_s >= 4e-3 * (1 - 1e-9)
    fewest = max(1, -(-4e-3 // call_s))
    if share:
        planted = round(share * calls)
        assert planted >= 1
        assert planted / calls == pytest.approx(share, abs=0.002)
        assert calls <= fewest + 100
    else:
        assert calls in {fewest, fewest + 1}


@pytest.mark.parametrize(
    ("call_s", "share", "calls"), [(0.001, 0.0, 4), (0.0015, 0.0, 3), (1.0, 0.0, 1), (1.0, 0.05, 20), (1.0, 1.0, 1)]
)
def test_calls_by_hand(call_s: float, share: float, calls: int) -> None:
    """Of samples of four milliseconds."""
    assert calls_for(call_s, 4e-3, share) == calls


# A round, with processes that are none.

ORDER = (HEAD, BASE, CONTROL, CONTROL, BASE, HEAD)


class StandInDuel:
    """Answers at once; a block takes as long on the clock as its calls say."""

    clock: Clock
    call_s: dict[str, dict[str, float]]
    does: dict[str, Callable[["StandInDuel"], Any]]
    made: list["StandInDuel"]

    def __init__(self, papers: Mapping[str, Paper], seed: int, timeout_s: float) -> None:
        self.papers, self.seed, self.timeout_s = papers, seed, timeout_s
        self.ready: dict[str, Ready] = {}
        self.outcomes: dict[str, dict[str, CaseOutcome]] = {name: {} for name in papers}
        self.blocks: list[tuple[Any, ...]] = []
        self.rests = 0
        self.closed = 0
        self.made.append(self)

    def __enter__(self) -> "StandInDuel":
        self.clock.now += 5.0
        self._do("ready")
        for name, paper in self.papers.items():
            self.ready[name] = Ready(
                {case: own for case, own in self.call_s[name].items() if case in paper.cases}, {}, {}
            )
            self.outcomes[name] = dict.fromkeys(paper.cases, CaseOutcome("ok", traces=1))
        return self

    def __exit__(self, *_: object) -> None:
        self.closed += 1

    def _do(self, what: str) -> Any:
        return self.does[what](self) if what in self.does else True

    def rest(self) -> None:
        self.rests += 1

    def block(self, case: str, calls: int, number: int, *, back: bool = True, extra: int = 0) -> Block | None:
        self.blocks.append((case, calls, number, back, extra))
        if not self._do(case):
            return None
        sides = ORDER if back else ORDER[:3]
        seconds = [self.call_s[side][case] for side in sides]
        self.clock.now += sum(seconds) * calls
        return Block(case, number, calls, sides, tuple(seconds))

    def finish(self) -> dict[str, dict[str, int]]:
        self._do("finish")
        return {name: {ONE: 4, TWO: 5} for name in self.papers}


@pytest.fixture
def duel(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> type[StandInDuel]:
    """Two cases that every side can time; head is a tenth slower."""
    StandInDuel.clock, StandInDuel.made, StandInDuel.does = clock, [], {}
    times = {ONE: 0.001, TWO: 0.05}
    StandInDuel.call_s = {
        side: {case: own * (1.1 if side == HEAD else 1.0) for case, own in times.items()} for side in SIDES
    }
    monkeypatch.setattr(gating, "Duel", StandInDuel)
    return StandInDuel


def round_of(
    planted: Mapping[float, Sequence[str]] | None = None, seed: int = 1
) -> tuple[dict[float, Round], RoundOfDuels]:
    plan = plan_gate(msgspec.structs.replace(ASKED, seed=3, timeout_s=9.0))
    own = RoundOfDuels(CONTEST, plan, Path("observations.npy"), seed, Quiet())
    return own.take(4, planted or {0.0: (ONE, TWO)}), own


def test_a_round_duels_every_case_in_fresh_processes(duel: type[StandInDuel]) -> None:
    """Base, head, and a second copy of base; orders differ, the seed of the weights doesn't."""
    taken = round_of()[0][0.0]
    (made,) = duel.made
    assert set(made.papers) == set(SIDES)
    assert made.papers[CONTROL].side == made.papers[BASE].side == CONTEST.base
    assert made.papers[HEAD].side == CONTEST.head
    assert {paper.seed for paper in made.papers.values()} == {3}
    assert {paper.cases for paper in made.papers.values()} == {(ONE, TWO)}
    assert len({paper.order_seed for paper in made.papers.values()}) == 3
    assert (made.seed, made.timeout_s, made.closed, made.rests) == (1, 9.0, 1, 2)
    assert (taken.number, taken.seed, taken.ended, taken.reason) == (4, 1, "complete", "")
    assert taken.cases == (ONE, TWO)
    assert taken.ready_seconds == 5.0
    assert taken.seconds > 5.0
    assert taken.steps == {side: {ONE: 4, TWO: 5} for side in SIDES}
    assert {block.case for block in taken.blocks} == {ONE, TWO}
    assert taken.outcomes[HEAD] == {ONE: CaseOutcome("ok", traces=1), TWO: CaseOutcome("ok", traces=1)}


def test_cases_are_dueled_in_an_order_of_the_round_s_own(duel: type[StandInDuel]) -> None:
    """Both orders of two cases turn up, and one case's blocks stay together."""
    orders = set()
    for seed in range(20):
        round_of(seed=seed)
        cases = [case for case, *_ in duel.made[-1].blocks]
        orders.add(tuple(dict.fromkeys(cases)))
        assert len([1 for before, after in pairwise(cases) if before != after]) == 1
    assert orders == {(ONE, TWO), (TWO, ONE)}


def test_the_first_block_only_shows_how_many_calls_make_a_sample(duel: type[StandInDuel]) -> None:
    """One call, then as many as make four milliseconds; of a call that is longer, one."""
    taken = round_of()[0][0.0]
    for case, calls in ((ONE, 4), (TWO, 1)):
        own = [block for block in taken.blocks if block.case == case]
        assert [block.calls for block in own] == [1, *[calls] * (len(own) - 1)]
        assert [block.number for block in own] == list(range(len(own)))
    assert len(duel.made[0].blocks) == len(taken.blocks)


def test_a_case_has_a_few_blocks_at_least_and_not_too_many(duel: type[StandInDuel]) -> None:
    """However long a call takes, or however short."""
    for side in SIDES:
        duel.call_s[side] = {ONE: 0.4, TWO: 1e-7}
    taken = round_of()[0][0.0]
    counts = [sum(block.case == case for block in taken.blocks) for case in (ONE, TWO)]
    assert counts == [1 + FEWEST_BLOCKS, 1 + MOST_BLOCKS]


def test_a_very_slow_call_is_made_once_by_each_side(duel: type[StandInDuel]) -> None:
    """There, and not back; that block counts."""
    for side in SIDES:
        duel.call_s[side] = {ONE: 3.0, TWO: 0.001}
    taken = round_of()[0][0.0]
    (own,) = [block for block in taken.blocks if block.case == ONE]
    assert (own.number, own.calls, len(own.sides)) == (1, 1, 3)
    assert duel.made[0].blocks[[case for case, *_ in duel.made[0].blocks].index(ONE)] == (ONE, 1, 1, False, 0)


def test_a_case_that_some_side_cannot_time_has_no_blocks(duel: type[StandInDuel]) -> None:
    """The others have theirs."""
    del duel.call_s[CONTROL][ONE]
    taken = round_of()[0][0.0]
    assert {block.case for block in taken.blocks} == {TWO}
    assert taken.ended == "complete"


def test_a_case_that_raises_while_it_is_timed_loses_its_blocks(duel: type[StandInDuel]) -> None:
    """Also those before; what the side said of it stays, and the other case goes on."""

    def raises(own: StandInDuel) -> bool:
        own.outcomes[HEAD][ONE] = CaseOutcome("failed", "ValueError: no")
        return sum(case == ONE for case, *_ in own.blocks) < 3

    duel.does = {ONE: raises}
    taken = round_of()[0][0.0]
    assert {block.case for block in taken.blocks} == {TWO}
    assert (taken.ended, taken.outcomes[HEAD][ONE].status) == ("complete", "failed")


def fails(error: BaseException) -> Callable[[StandInDuel], Any]:
    def fail(_: StandInDuel) -> Any:
        raise error

    return fail


def test_a_process_that_dies_at_a_case_makes_it_that_case_s_fault(duel: type[StandInDuel]) -> None:
    """The round has failed; the case crashed on that side, the other is as it was."""
    duel.does = {ONE: fails(SilentError(HEAD, "killed by SIGSEGV", ONE))}
    taken, own = round_of()[0][0.0], round_of()[1]
    assert (taken.ended, taken.reason) == ("failed", "head: killed by SIGSEGV")
    assert taken.outcomes[HEAD][ONE] == CaseOutcome("crashed", "killed by SIGSEGV")
    assert taken.outcomes[HEAD][TWO].status == taken.outcomes[BASE][ONE].status == "ok"
    assert not own.refused
    assert all(made.closed == 1 for made in duel.made)


@pytest.mark.parametrize("case", [None, "forward/numpy/b1"])
def test_a_process_that_dies_at_no_case_blames_none(duel: type[StandInDuel], case: str | None) -> None:
    """At the end, or at what was not dueled in this round."""
    duel.does = {"finish": fails(SilentError(BASE, "exit code 3", case))}
    taken = round_of()[0][0.0]
    assert (taken.ended, taken.reason, taken.steps) == ("failed", "base: exit code 3", {})
    assert all(outcome.status == "ok" for own in taken.outcomes.values() for outcome in own.values())


def test_a_side_that_refuses_is_remembered(duel: type[StandInDuel]) -> None:
    """It would refuse again."""
    duel.does = {"ready": fails(SilentError(HEAD, "no keras", refused=True))}
    rounds, own = round_of()
    assert (rounds[0.0].ended, rounds[0.0].reason, own.refused, own.ready) == ("failed", "head: no keras", True, {})


def test_ctrl_c_keeps_the_blocks_of_the_cases_before(duel: type[StandInDuel]) -> None:
    """The round counts for nothing, and is recorded."""
    duel.does = {TWO: fails(KeyboardInterrupt())}
    found = [round_of(seed=seed)[0][0.0] for seed in range(10)]
    assert {taken.ended for taken in found} == {"interrupted"}
    assert {tuple({block.case for block in taken.blocks}) for taken in found} == {(), (ONE,)}


def test_each_planted_share_has_blocks_of_its_own_from_the_same_processes(duel: type[StandInDuel]) -> None:
    """Head alone executes more, by exactly that share; each share's round tells of its own cases only."""
    rounds, _ = round_of({0.0: (ONE, TWO), 0.05: (ONE,), 1.0: (ONE,)})
    assert len(duel.made) == 1
    assert {share: taken.cases for share, taken in rounds.items()} == {0.0: (ONE, TWO), 0.05: (ONE,), 1.0: (ONE,)}
    assert {tuple(taken.outcomes[HEAD]) for share, taken in rounds.items() if share} == {(ONE,)}
    assert rounds[1.0].steps == {side: {ONE: 4} for side in SIDES}
    extras = {(calls, extra) for case, calls, number, _, extra in duel.made[0].blocks if case == ONE and number}
    assert extras == {(4, 0), (20, 1), (4, 4)}
    assert {block.calls for block in rounds[0.05].blocks if block.number} == {20}
    assert {block.case for block in rounds[1.0].blocks} == {ONE}


def test_a_planted_slowdown_is_planted_in_slow_cases_too(duel: type[StandInDuel]) -> None:
    """A share of one call can't be executed: then there are more calls, or no block that claims it."""
    for side in SIDES:
        duel.call_s[side] = {ONE: 0.6, TWO: 0.001}
    rounds, _ = round_of({0.10: (ONE,)})
    asked = [(calls, extra) for case, calls, number, _, extra in duel.made[0].blocks if number and case == ONE]
    assert all(extra / calls == pytest.approx(0.1, abs=0.002) for calls, extra in asked) or not rounds[0.10].blocks


# A gate, with rounds that are none.


class StandInRounds:
    """Rounds whose blocks follow a script: by number of the round, what becomes of it."""

    clock: Clock
    heads: dict[str, float]
    script: dict[int, Callable[[Round], Round]]
    refuses: bool
    modes: dict[str, dict[str, tuple[str, ...]]]
    taken: list[tuple[str, ...]]
    seeds: list[int]

    def __init__(self, contest: Contest, plan: Any, observations: Path, seed: int, watcher: Any) -> None:
        del contest, plan, observations, watcher
        self.seeds.append(seed)
        self.refused = self.refuses
        self.ready = (
            {} if self.refuses else {side: Ready({}, self.modes[side], {"python": side}) for side in (BASE, HEAD)}
        )

    def take(self, number: int, planted: Mapping[float, Sequence[str]]) -> dict[float, Round]:
        (cases,) = planted.values()
        self.taken.append(tuple(cases))
        self.clock.now += 10.0
        noise = (1.0, 1.01, 0.99)[number % 3]
        blocks = [
            Block(
                case,
                place,
                4,
                ORDER,
                tuple(0.001 * (self.heads[case] * noise if side == HEAD else 1.0) for side in ORDER),
            )
            for case in cases
            for place in range(3)
        ]
        outcomes = {side: dict.fromkeys(cases, CaseOutcome("ok", traces=1)) for side in SIDES}
        made = Round(number, 0, tuple(cases), "complete", "", 10.0, 4.0, outcomes, {}, tuple(blocks))
        return {0.0: self.script.get(number, lambda taken: taken)(made)}


@pytest.fixture
def rounds(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> type[StandInRounds]:
    """Rounds of ten seconds, in which nothing has changed."""
    own = StandInRounds
    own.clock, own.heads, own.script, own.refuses = clock, {ONE: 1.0, TWO: 1.0}, {}, False
    own.modes = {side: {"eager": ("forward",), "function": ("forward",)} for side in (BASE, HEAD)}
    own.taken, own.seeds = [], []
    monkeypatch.setattr(gating, "RoundOfDuels", own)
    monkeypatch.setattr(gating, "collect", lambda *_: None)
    monkeypatch.setattr(gating, "fingerprint", dict)
    return own


def run(folder: Path, **asked: Any) -> tuple[GateRecord, Quiet]:
    request = msgspec.structs.replace(ASKED, **{"budget_s": 300.0, **asked})
    watcher = Quiet()
    own = Gating(request, plan_gate(request), CONTEST, Margins(), folder / "gate.json", watcher)
    record = own.run()
    assert read_gate(folder / "gate.json") == record
    return record, watcher


def test_a_gate_ends_when_every_case_is_decided(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """Five rounds let unchanged code go."""
    record, watcher = run(tmp_path)
    assert (record.ended, record.reason, len(record.rounds)) == ("decided", "", 5)
    assert judge_live(record).verdict == "pass"
    assert watcher.left == [2, 2, 2, 2, 0]
    assert record.seconds == 50.0
    assert len(set(rounds.seeds)) == 5


def test_a_case_that_is_decided_takes_no_part_any_more(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """The slower one needs a sixth round, alone."""
    rounds.heads = {ONE: 1.0, TWO: 1.5}
    record, _ = run(tmp_path)
    assert rounds.taken == [(ONE, TWO)] * 5 + [(TWO,)]
    assert record.ended == "decided"
    assert [own.verdict for own in judge_live(record).cases] == ["pass", "regression"]


@pytest.mark.parametrize(("budget", "taken"), [(1.0, 1), (19.0, 1), (20.0, 2), (45.0, 4), (1e9, 100)])
def test_no_round_is_begun_that_would_end_after_the_budget(
    rounds: type[StandInRounds], tmp_path: Path, budget: float, taken: int
) -> None:
    """The first is always taken; a case that never decides itself has a hundred."""
    rounds.heads = {ONE: 1.05, TWO: 1.05}
    record, _ = run(tmp_path, budget_s=budget)
    assert (record.ended, len(record.rounds)) == ("budget", taken)
    assert judge_live(record).exit_code == 3


def test_a_gate_whose_last_round_decides_is_decided(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """Though the budget is spent with it."""
    record, _ = run(tmp_path, budget_s=50.0)
    assert (record.ended, len(record.rounds)) == ("decided", 5)
    assert rounds.taken


def failed(reason: str) -> Callable[[Round], Round]:
    return lambda taken: msgspec.structs.replace(taken, ended="failed", reason=reason)


def test_a_round_that_failed_is_taken_again(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """It counts for nothing; two in a row would end the gate, these are not in a row."""
    rounds.script = {1: failed("head: killed"), 3: failed("head: killed")}
    record, _ = run(tmp_path)
    assert (record.ended, len(record.rounds)) == ("decided", 7)
    assert judge_live(record).verdict == "pass"


def test_two_failed_rounds_in_a_row_end_it(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """With the last reason."""
    rounds.script = {2: failed("head: once"), 3: failed("head: twice")}
    record, _ = run(tmp_path)
    assert (record.ended, record.reason, len(record.rounds)) == ("failed", "head: twice", 4)
    assert judge_live(record).exit_code == 4


def test_a_refusal_ends_it_at_once(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """It would be said again."""
    rounds.refuses = True
    rounds.script = {0: failed("base: no module named 'keras'")}
    record, _ = run(tmp_path)
    assert (record.ended, record.reason, len(record.rounds)) == ("failed", "base: no module named 'keras'", 1)


def test_a_case_that_crashes_a_side_is_dropped_and_the_others_go_on(
    rounds: type[StandInRounds], tmp_path: Path
) -> None:
    """It is missing in head; the other is judged."""

    def crash(taken: Round) -> Round:
        outcomes = {**taken.outcomes, HEAD: {TWO: CaseOutcome("crashed", "SIGSEGV")}}
        return msgspec.structs.replace(taken, ended="failed", reason="head: SIGSEGV", outcomes=outcomes, blocks=())

    rounds.script = {1: crash}
    record, _ = run(tmp_path)
    assert rounds.taken[:3] == [(ONE, TWO), (ONE, TWO), (ONE,)]
    assert [own.verdict for own in judge_live(record).cases] == ["pass", "missing"]
    assert record.ended == "decided"


def test_two_cases_that_crash_one_after_the_other_are_both_dropped(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """Each is blamed for its own round; that there were two in a row says nothing of the third case."""
    cases = (ONE, TWO, "forward/graph-v1/b1")

    def crash(case: str) -> Callable[[Round], Round]:
        def change(taken: Round) -> Round:
            outcomes = {**taken.outcomes, HEAD: {case: CaseOutcome("crashed", "SIGSEGV")}}
            return msgspec.structs.replace(taken, ended="failed", reason=case, outcomes=outcomes, blocks=())

        return change

    rounds.heads = dict.fromkeys(cases, 1.0)
    rounds.script = {0: crash(ONE), 1: crash(TWO)}
    record, _ = run(tmp_path, modes=("eager", "function", "graph-v1"))
    assert [own.verdict for own in judge_live(record).cases] == ["missing", "missing", "pass"]
    assert record.ended == "decided"


def test_ctrl_c_keeps_what_was_recorded(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """Also the round in which it came."""
    rounds.script = {3: lambda taken: msgspec.structs.replace(taken, ended="interrupted", reason="interrupted")}
    record, _ = run(tmp_path)
    assert (record.ended, len(record.rounds)) == ("interrupted", 4)
    assert judge_live(record).exit_code == 3


def test_ctrl_c_before_the_first_round_is_recorded_too(
    rounds: type[StandInRounds], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While observations are collected."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(gating, "collect", interrupted)
    record, _ = run(tmp_path)
    assert (record.ended, record.rounds, rounds.taken) == ("interrupted", (), [])


def test_after_every_round_the_record_is_on_disk(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """Whoever kills the gate finds all whole rounds; until it ends it counts as interrupted."""
    seen: list[GateRecord] = []

    def look(taken: Round) -> Round:
        seen.append(read_gate(tmp_path / "gate.json"))
        return taken

    rounds.script = dict.fromkeys(range(1, 5), look)
    run(tmp_path)
    assert [len(record.rounds) for record in seen] == [1, 2, 3, 4]
    assert {record.ended for record in seen} == {"interrupted"}
    assert [record.seconds for record in seen] == [10.0, 20.0, 30.0, 40.0]


def test_the_record_tells_what_sides_said_of_themselves(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """From the first round that got so far."""
    rounds.modes = {BASE: {"eager": ("forward",)}, HEAD: {"eager": ("forward",), "function": ("forward",)}}
    record, _ = run(tmp_path)
    assert (record.base.versions, record.head.versions) == ({"python": BASE}, {"python": HEAD})
    assert (record.base.modes, record.head.modes) == (rounds.modes[BASE], rounds.modes[HEAD])
    assert (record.base.label, record.base.commit) == ("main", "1a")


def test_a_mode_that_head_has_lost_is_vanished_at_every_size(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """Deleted or renamed, it has no case in the plan; where modes were named, nobody asked for it."""
    rounds.modes = {
        BASE: {"eager": ("forward",), "function": ("forward",), "graph": ("forward",), "graph-train": ("train",)},
        HEAD: {"eager": ("forward",), "function": ("forward",)},
    }
    everything: dict[str, Any] = {"modes": (), "batch_sizes": (1, 64)}
    plan = plan_gate(msgspec.structs.replace(ASKED, **everything))
    rounds.heads = dict.fromkeys(plan.cases, 1.0)
    record, _ = run(tmp_path, **everything)
    assert record.vanished == ("forward/graph/b1", "forward/graph/b64")
    assert judge_live(record).exit_code == 4
    assert run(tmp_path)[0].vanished == ()


def test_a_mode_that_can_do_less_than_before_is_vanished_too(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """Head's `numpy` still has its name, and no forward passes any more: nobody would miss them."""
    rounds.modes = {
        BASE: {"eager": ("forward",), "numpy": ("forward", "update")},
        HEAD: {"eager": ("forward",), "numpy": ("update",)},
    }
    plan = plan_gate(msgspec.structs.replace(ASKED, modes=()))
    rounds.heads = dict.fromkeys(plan.cases, 1.0)
    record, _ = run(tmp_path, modes=())
    assert record.vanished == ("forward/numpy/b1",)


def test_a_folder_that_cannot_be_written_ends_it_with_the_reason(rounds: type[StandInRounds], tmp_path: Path) -> None:
    """A file lies in its place."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        run(tmp_path / "taken")
    assert len(rounds.taken) == 1


# Observations.


def test_as_many_observations_are_collected_as_the_largest_batch_has_rows(tmp_path: Path) -> None:
    """The same for the same seed."""
    watcher = Quiet()
    plan = plan_gate(msgspec.structs.replace(ASKED, batch_sizes=(1, 40), env="CartPole-v1"))
    for name in ("one.npy", "two.npy"):
        gating.collect(plan, tmp_path / name, watcher)
    one, two = (np.load(tmp_path / name) for name in ("one.npy", "two.npy"))
    assert one.shape == (40, 4)
    assert np.array_equal(one, two)
    assert watcher.told == ["collecting 40 observations from CartPole-v1"] * 2


def test_an_environment_that_breaks_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's code may raise anything."""

    def breaks(*_: object) -> None:
        raise RuntimeError("no\nmore")

    monkeypatch.setattr(envs, "collect", breaks)
    with pytest.raises(UserError, match=r"--env CartPole-v0: .*RuntimeError: no more"):
        gating.collect(plan_gate(ASKED), tmp_path / "x.npy", Quiet())
