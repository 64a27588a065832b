"""A live gate from start to end: rounds of duels until every case is decided or the budget is spent."""

import math
import os
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import msgspec
import numpy as np

from eagerbench._version import __version__
from eagerbench.cases import Case, cases_of
from eagerbench.contestant import Paper, Ready, Side
from eagerbench.duel import Duel, SilentError, own_packages
from eagerbench.errors import UserError
from eagerbench.gate import undecided
from eagerbench.gate_record import (
    BASE,
    CONTROL,
    DEFAULT_BUDGET_S,
    GATE_SCHEMA_VERSION,
    HEAD,
    Block,
    GateRecord,
    Round,
    SideRecord,
    write_gate,
)
from eagerbench.machine import fingerprint
from eagerbench.margins import Margins
from eagerbench.observations import collecting, gather
from eagerbench.plan import DEFAULT_ENV, Request, make_plan, spec_of
from eagerbench.results import CaseOutcome, Plan
from eagerbench.worktree import Checkout, here, worktree

# Calls of these modes take milliseconds at these sizes, so that minutes decide on dozens of cases; the first size shows
# what a call costs, the second what a row costs. Left out by default: modes that are slow, or go the way of another;
# static graphs, saved models, row blocks and 100,000 rows, since two processes of the same code often differ by 10 to
# 25 % there, for as long as they live; and NumPy, which no change of a model touches.
GATE_BATCH_SIZES = (1, 4096)
GATE_WORKLOADS = ("forward", "update")
GATE_MODES = ("eager", "function", "function-xla", "predict-on-batch")
Said = TypeVar("Said")

SAMPLE_SECONDS = {"forward": 4e-3, "update": 4e-3, "train": 0.1}
ROUND_SECONDS = 7.0  # of blocks, shared by the cases that are still undecided
LEAST_SECONDS, MOST_SECONDS = 0.35, 2.0  # of blocks of one case in one round
FEWEST_BLOCKS, MOST_BLOCKS = 3, 60
SLOW_SECONDS = 0.5  # a call that takes longer is made once by each side, and not there and back
WARMUP_SECONDS = 0.5
MOST_ROUNDS = 100
MOST_FAILURES = 2  # in a row


class GateRequest(msgspec.Struct, frozen=True):
    """What a user wants compared.

    Attributes:
        base: git reference; None where both sides are the working tree.
        base_python: interpreter of base.
        head_python: interpreter of head.
        base_model: ``pkg.module:factory``; None for the model that the suite ships.
        head_model: the same of head.
        modes: names; empty for `GATE_MODES`.
        workloads: names; empty for `GATE_WORKLOADS`.
        batch_sizes: rows; empty for `GATE_BATCH_SIZES`.
        env: Gymnasium id.
        env_kwargs: what the environment is made with.
        env_wrappers: around it, innermost first.
        budget_s: seconds after which no round is begun.
        seed: root of all seeds.
        timeout_s: of silence, after which a process counts as hanging.
        command: what was typed.
    """

    base: str | None = None
    base_python: str = sys.executable
    head_python: str = sys.executable
    base_model: str | None = None
    head_model: str | None = None
    modes: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    batch_sizes: tuple[int, ...] = ()
    env: str = DEFAULT_ENV
    env_kwargs: dict[str, Any] = {}
    env_wrappers: tuple[str, ...] = ()
    budget_s: float = DEFAULT_BUDGET_S
    seed: int = 0
    timeout_s: float = 120.0
    command: str = "eagerbench gate"


class GateWatcher(Protocol):
    """Who follows a gate: the live display."""

    def say(self, text: str) -> None:
        """What is going on."""

    def dueling(self, number: int, done: int, cases: int) -> None:
        """So many cases of a round are done."""

    def decided(self, record: GateRecord, left: int, elapsed_s: float) -> None:
        """A round has ended; so many cases are undecided."""


class Contest(NamedTuple):
    """Two sides made ready to be compared.

    Attributes:
        base: whose copy is the control, too.
        head: what is judged.
        base_record: label and commit.
        head_record: the same.
    """

    base: Side
    head: Side
    base_record: SideRecord
    head_record: SideRecord


def plan_gate(request: GateRequest) -> Plan:
    """The cases, and how agents are trained; every mistake in a request is found here.

    Raises:
        UserError: for anything that could not be compared as asked.
    """
    if not 0 < request.budget_s < math.inf:  # also refuses NaN
        raise UserError(f"--budget {request.budget_s:g}: expected seconds above 0, such as {DEFAULT_BUDGET_S:g}")
    if request.seed < 0:
        raise UserError(f"--seed {request.seed}: expected 0 or more")
    workloads = request.workloads or (("forward",) if request.base_model else GATE_WORKLOADS)
    unfit = [name for name in workloads if name not in SAMPLE_SECONDS]
    if unfit:
        raise UserError(
            f"--workloads {','.join(unfit)}: a gate calls live processes in turn, so it compares "
            f"{', '.join(SAMPLE_SECONDS)} only"
        )
    if (request.base_model is None) != (request.head_model is None):
        raise UserError("--base-model and --head-model go together: name both, or neither")
    return make_plan(
        Request(
            profile="quick",
            modes=request.modes or (GATE_MODES if "train" not in workloads else ()),
            workloads=tuple(workloads),
            batch_sizes=request.batch_sizes or GATE_BATCH_SIZES,
            env=request.env,
            env_kwargs=request.env_kwargs,
            env_wrappers=request.env_wrappers,
            seed=request.seed,
            launch_timeout_s=request.timeout_s,
            command=request.command,
        )
    )


def prepare(request: GateRequest, stack: ExitStack, folder: Path) -> Contest:
    """Both sides in place.

    Args:
        request: what is to be compared.
        stack: clears away what was put there, at its end.
        folder: that the working tree is looked for from.

    Raises:
        UserError: where there is no such commit, or nothing that could differ.
    """
    for option, python in (("--base-python", request.base_python), ("--head-python", request.head_python)):
        if not Path(python).is_file() or not os.access(python, os.X_OK):
            raise UserError(f"{option} {python}: expected a Python interpreter, such as venv/bin/python; this is none")
    differs = request.base_python != request.head_python or request.base_model != request.head_model
    if request.base is None:
        if not differs:
            raise UserError(
                "nothing to compare: name a commit (--base main), two environments (--base-python, --head-python), "
                "two models (--base-model, --head-model), or two results files"
            )
        tree = _tree_or_folder(folder)
        base_tree, words = tree, ""
    else:
        tree = here(folder)
        base_tree = stack.enter_context(worktree(request.base, tree.folder))
        words = request.base
        if not (_is_ours(tree.folder) or request.head_model or differs):
            raise UserError(
                f"nothing of {tree.folder} would be timed: name your model with --base-model and --head-model "
                "pkg.module:factory (the same for both compares two commits of it)"
            )
    # Where one stands counts in both: the module of a model may lie in a folder below the top.
    inside = folder.resolve().relative_to(tree.folder.resolve())
    if request.base is not None:
        for flag, model in (("--base-model", request.base_model), ("--head-model", request.head_model)):
            _check_inside(flag, model, inside)
    head_words = "working tree"
    if request.base is None:
        words = _told(request.base_model, request.base_python)
        head_words = _told(request.head_model, request.head_python)
    return Contest(
        _side(base_tree.folder, inside, request.base_python, request.base_model),
        _side(tree.folder, inside, request.head_python, request.head_model),
        SideRecord(_label(words, base_tree), base_tree.commit, request.base_model),
        SideRecord(_label(head_words, tree), tree.commit, request.head_model),
    )


def itself() -> Contest:
    """The eagerbench that is running against itself: unchanged code."""
    side = Side(sys.executable, own_packages())
    record = SideRecord(f"eagerbench {__version__}", None, None)
    return Contest(side, side, record, record)


def _tree_or_folder(folder: Path) -> Checkout:
    try:
        return here(folder)
    except UserError:  # two environments or models can be compared outside a repository, too
        return Checkout(folder, "")


def _label(words: str, tree: Checkout) -> str:
    return f"{words} ({tree.short})" if tree.commit and not tree.commit.startswith(words) else words or tree.short


def _told(model: str | None, python: str) -> str:
    return model or python


def _is_ours(folder: Path) -> bool:
    """Whether a working tree is of eagerbench itself: then its models and modes are what is compared."""
    return (folder / "bench" / "modes" / "base.py").is_file() and (folder / "models" / "actor_critic.py").is_file()


def _side(folder: Path, inside: Path, python: str, model: str | None) -> Side:
    """A side whose code lies in a folder, looked at from inside; the benchmark definitions are the running suite's."""
    packages = own_packages()
    if _is_ours(folder):
        packages |= {"eagerbench.models": str(folder / "models"), "eagerbench.modes": str(folder / "bench" / "modes")}
    return Side(
        python,
        packages,
        tuple(dict.fromkeys(str(path) for path in (folder / inside, folder / "src", folder) if path.is_dir())),
        _from(folder / inside, model),
    )


def _from(folder: Path, model: str | None) -> str | None:
    """A model in a file is that of the side; one in a module is found by the side's paths."""
    module, _, name = (model or "").rpartition(":")
    return f"{folder / module}:{name}" if module.endswith(".py") else model


def _check_inside(flag: str, model: str | None, inside: Path) -> None:
    """Make sure that each commit has its own file of a model: else one would be compared with itself, and pass.

    Args:
        flag: that named it.
        model: with a module or a file.
        inside: where one stands in the tree.
    """
    module = (model or "").rpartition(":")[0]
    outside = module.startswith(("/", "~")) or os.path.normpath(inside / module).startswith("..")
    if module.endswith(".py") and outside:
        raise UserError(
            f"{flag} {model}: expected a file inside the repository, named from here, so that each commit's own is "
            "found"
        )


def empty_record(request: GateRequest, plan: Plan, contest: Contest, margins: Margins) -> GateRecord:
    """A gate before its first round."""
    return GateRecord(
        schema_version=GATE_SCHEMA_VERSION,
        eagerbench=__version__,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        command=request.command,
        base=contest.base_record,
        head=contest.head_record,
        cases=plan.cases,
        vanished=(),
        margins={case: margins.of(case) for case in plan.cases},
        env=plan.env,
        seed=request.seed,
        budget_s=request.budget_s,
        machine=fingerprint(),
    )


def collect(plan: Plan, file: Path, watcher: GateWatcher) -> None:
    """Write as many observations as the largest batch has rows.

    Raises:
        UserError: where the environment can't be used.
    """
    rows = max((Case.parse(case).rows for case in plan.cases if not Case.parse(case).trains), default=1)
    watcher.say(collecting(plan, rows))
    observations, _ = gather(plan, spec_of(plan), rows)
    np.save(file, observations, allow_pickle=False)


class Gating:
    """One live gate.

    Args:
        request: what to compare.
        plan: of `plan_gate`.
        contest: of `prepare`.
        margins: of each case.
        file: where ``gate.json`` goes, after every round.
        watcher: the live display.
    """

    def __init__(
        self,
        request: GateRequest,
        plan: Plan,
        contest: Contest,
        margins: Margins,
        file: Path,
        watcher: GateWatcher,
    ) -> None:
        self._request = request
        self._plan = plan
        self._contest = contest
        self._file = file
        self._watcher = watcher
        self._began = time.monotonic()
        self._random = random.Random(request.seed)  # noqa: S311 - an order, not a secret
        self.record = empty_record(request, plan, contest, margins)

    def run(self) -> GateRecord:
        """Round after round. Ctrl-C ends it like a spent budget, but for the verdict.

        Raises:
            UserError: where the folder can't be written, or the environment can't be used.
        """
        with tempfile.TemporaryDirectory(prefix="eagerbench-gate-") as name:
            file = Path(name) / "observations.npy"
            try:
                collect(self._plan, file, self._watcher)
                self._rounds(file)
            except KeyboardInterrupt:
                self._end("interrupted", "")
        return self.record

    def _rounds(self, observations: Path) -> None:
        longest, failures = 0.0, 0
        for number in range(MOST_ROUNDS):
            left = undecided(self.record)
            if not left:
                self._end("decided", "")
                return
            if number and self._elapsed + longest > self._request.budget_s:
                break
            duel = RoundOfDuels(self._contest, self._plan, observations, self._random.getrandbits(32), self._watcher)
            taken = duel.take(number, {0.0: left})[0.0]
            longest = taken.seconds  # fewer cases are left, so the next one is not longer
            self._keep(taken, duel)
            if taken.ended == "interrupted":
                raise KeyboardInterrupt
            # Whoever crashes at a case is blamed for it, and the others go on.
            failures = failures + 1 if taken.ended == "failed" and undecided(self.record) == left else 0
            if duel.refused or failures == MOST_FAILURES:
                self._end("failed", taken.reason)
                return
        self._end("budget" if undecided(self.record) else "decided", "")

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _keep(self, taken: Round, duel: "RoundOfDuels") -> None:
        record = msgspec.structs.replace(self.record, rounds=(*self.record.rounds, taken), seconds=self._elapsed)
        self.record = self._introduced(record, duel) if duel.ready and not record.head.modes else record
        write_gate(self._file, self.record)
        self._watcher.decided(self.record, len(undecided(self.record)), self._elapsed)

    def _end(self, ended: Literal["decided", "budget", "interrupted", "failed"], reason: str) -> None:
        self.record = msgspec.structs.replace(self.record, ended=ended, reason=reason, seconds=self._elapsed)
        write_gate(self._file, self.record)

    def _introduced(self, record: GateRecord, duel: "RoundOfDuels") -> GateRecord:
        """The record with what both sides say of themselves, and the cases of modes that only base has."""
        base, head = duel.ready[BASE], duel.ready[HEAD]
        vanished = []
        if not self._request.modes:
            for case in self._plan.cases:
                one = Case.parse(case)
                gone = [
                    name
                    for name, does in base.modes.items()
                    if one.workload in does and one.workload not in head.modes.get(name, ())
                ]
                vanished += [lost.id for lost in cases_of(one.workload, [one.size], gone)]
        return msgspec.structs.replace(
            record,
            base=msgspec.structs.replace(record.base, versions=base.versions, modes=base.modes),
            head=msgspec.structs.replace(record.head, versions=head.versions, modes=head.modes),
            vanished=tuple(dict.fromkeys(vanished)),
        )


class RoundOfDuels:
    """Fresh processes of all sides, and every case dueled between them in shuffled order.

    Args:
        contest: the sides.
        plan: workloads, seed and timeout.
        observations: path of a ``.npy`` file.
        seed: of every order.
        watcher: the live display.

    Attributes:
        ready: what each side said when it was ready; empty where one never was.
        refused: whether a side said that it can't run: then it would say so again.
    """

    def __init__(self, contest: Contest, plan: Plan, observations: Path, seed: int, watcher: GateWatcher) -> None:
        self._contest = contest
        self._plan = plan
        self._observations = observations
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 - an order, not a secret
        self._watcher = watcher
        self.ready: dict[str, Ready] = {}
        self.refused = False

    def take(self, number: int, planted: Mapping[float, Sequence[str]]) -> dict[float, Round]:
        """A round; never raises for what a side does.

        Args:
            number: of the round.
            planted: ids of the cases to be dueled, by the share of executions that head makes beside those that count:
                0 but in a self-test. Each share gets blocks of its own, from the same processes.

        Returns:
            The round of each share.
        """
        cases = tuple(dict.fromkeys(case for own in planted.values() for case in own))
        sides = {BASE: self._contest.base, HEAD: self._contest.head, CONTROL: self._contest.base}
        papers = {name: self._paper(side, cases) for name, side in sides.items()}
        began = time.monotonic()
        blocks: dict[float, list[Block]] = {share: [] for share in planted}
        steps: dict[str, dict[str, int]] = {}
        ended: Literal["complete", "failed", "interrupted"] = "complete"
        reason, ready_seconds = "", 0.0
        duel = Duel(papers, self._seed, self._plan.launch_timeout_s)
        try:
            self._watcher.dueling(number, 0, len(cases))
            with duel:
                self.ready = duel.ready
                ready_seconds = time.monotonic() - began
                order = [(case, share) for share, own in planted.items() for case in own]
                for done, (case, share) in enumerate(self._random.sample(order, len(order))):
                    self._watcher.dueling(number, done, len(order))
                    blocks[share] += self._blocks(duel, case, share, LEAST_SECONDS + self._spare(len(order)))
                steps = duel.finish()
        except SilentError as error:
            ended, reason, self.refused = "failed", str(error), error.refused
            if error.case in cases:
                duel.outcomes[error.side][error.case] = CaseOutcome("crashed", error.reason)
        except KeyboardInterrupt:
            ended, reason = "interrupted", "interrupted"
        return {
            share: Round(
                number=number,
                seed=self._seed,
                cases=tuple(own),
                ended=ended,
                reason=reason,
                seconds=time.monotonic() - began,
                ready_seconds=ready_seconds,
                outcomes={
                    name: {case: outcome for case, outcome in said.items() if case in own}
                    for name, said in duel.outcomes.items()
                },
                steps={
                    name: {case: count for case, count in said.items() if case in own} for name, said in steps.items()
                },
                blocks=tuple(blocks[share]),
            )
            for share, own in planted.items()
        }

    @staticmethod
    def _spare(duels: int) -> float:
        """Seconds that each duel may take beyond the least."""
        return min(MOST_SECONDS, max(LEAST_SECONDS, ROUND_SECONDS / duels)) - LEAST_SECONDS

    def _paper(self, side: Side, cases: tuple[str, ...]) -> Paper:
        return Paper(
            side=side,
            cases=cases,
            observations=str(self._observations),
            spec=spec_of(self._plan),
            training=self._plan.training,
            seed=self._plan.seed,
            order_seed=self._random.getrandbits(32),
            warmup_seconds=WARMUP_SECONDS,
        )

    @staticmethod
    def _blocks(duel: Duel, case: str, share: float, seconds: float) -> list[Block]:
        """Blocks of one case, the first of which only shows how many calls make a sample."""
        if any(case not in ready.call_s for ready in duel.ready.values()):
            return []
        duel.rest()
        taken: list[Block] = []
        calls = 1
        # Where a call takes longer than all blocks should, one block is all there can be: nothing is tried out first.
        slow = not share and duel.ready[BASE].call_s[case] > SLOW_SECONDS
        number, fewest = (1, 1) if slow else (0, 1 + FEWEST_BLOCKS)
        began = time.monotonic()
        while len(taken) < fewest or (time.monotonic() - began < seconds and len(taken) <= MOST_BLOCKS):
            block = duel.block(case, calls, number, back=not slow, extra=round(share * calls))
            if block is None:
                return []
            taken.append(block)
            if number == 0:
                calls = calls_for(min(block.seconds), SAMPLE_SECONDS[Case.parse(case).workload], share)
            number += 1
        return taken


def _only(said: Mapping[str, Mapping[str, Said]], cases: Sequence[str]) -> dict[str, dict[str, Said]]:
    """What every side said, of some cases."""
    return {name: {case: own[case] for case in cases if case in own} for name, own in said.items()}


def calls_for(call_s: float, sample_s: float, share: float) -> int:
    """How many calls make a sample long enough, and let a share of them be planted exactly (to a fifth of a percent).

    Args:
        call_s: seconds of one call.
        sample_s: how long a sample should be at least.
        share: of executions to be planted.
    """
    calls = max(1, math.ceil(sample_s / call_s))
    while share and (round(share * calls) == 0 or abs(round(share * calls) / calls - share) > 0.002):
        calls += 1
    return calls
