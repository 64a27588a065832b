"""The gate's test of itself, live: gates of unchanged code, some of them with slowdowns that are planted for real.

Where a slowdown is planted, head executes the model more often than is counted: work that is really done, of exactly
known size. `eagerbench.sensitivity` says what the recorded gates show.
"""

import random
import time
from pathlib import Path

import msgspec

from eagerbench.errors import UserError
from eagerbench.gate import undecided
from eagerbench.gate_record import HEAD, GateRecord, Round
from eagerbench.gating import MOST_FAILURES, Contest, GateWatcher, RoundOfDuels
from eagerbench.results import Plan, write_atomically
from eagerbench.sensitivity import PLANTED_EVERY

PLANTED = (0.05, 0.07, 0.10, 0.20, 1.00)
SELF_TEST_MODES = ("eager", "function", "function-xla", "graph-v1")
SELF_TEST_BATCH_SIZES = (1, 1024)
# One case in which the call decides, and one in which the rows do.
PLANTED_CASES = ("forward/function/b1", "forward/function-xla/b1024")


class SelfTest:
    """Live gates, some with planted slowdowns.

    Args:
        empty: the record that every gate begins with.
        plan: its cases are those of unchanged code.
        contest: both sides the same.
        observations: path of a ``.npy`` file.
        gates: so many.
        budget_s: of each.
        watcher: the live display.
        file: where all records go, after every gate.
    """

    def __init__(
        self,
        empty: GateRecord,
        plan: Plan,
        contest: Contest,
        observations: Path,
        gates: int,
        budget_s: float,
        watcher: GateWatcher,
        file: Path,
    ) -> None:
        self._empty = empty
        self._plan = plan
        self._contest = contest
        self._observations = observations
        self._gates = gates
        self._budget_s = budget_s
        self._watcher = watcher
        self._file = file
        self._random = random.Random(plan.seed)  # noqa: S311 - an order, not a secret
        self.unchanged: list[GateRecord] = []
        self.planted: dict[float, list[GateRecord]] = {share: [] for share in PLANTED}

    @property
    def planted_cases(self) -> tuple[str, ...]:
        """Ids of the cases that get slower."""
        wanted = tuple(case for case in PLANTED_CASES if case in self._plan.cases)
        return wanted or self._plan.cases[:1]

    def run(self) -> None:
        """All gates. After Ctrl-C those that were finished count.

        Raises:
            UserError: where the processes can't run.
        """
        try:
            for number in range(self._gates):
                self._watcher.say(f"gate {number + 1} of {self._gates}")
                self._gate(slower=number % PLANTED_EVERY == 0)
                self._write()
        except KeyboardInterrupt:
            self._watcher.say("interrupted: what follows is of the gates that were finished")

    def _gate(self, *, slower: bool) -> None:
        began = time.monotonic()
        records = {0.0: self._empty}
        if slower:
            own = self.planted_cases
            records |= {
                share: msgspec.structs.replace(
                    self._empty, cases=own, margins={case: self._empty.margins[case] for case in own}
                )
                for share in PLANTED
            }
        longest, number, failures = 0.0, 0, 0
        while True:
            left = {share: undecided(record) for share, record in records.items()}
            left = {share: cases for share, cases in left.items() if cases}
            elapsed = time.monotonic() - began
            if not left or (number and elapsed + longest > self._budget_s):
                break
            duels = RoundOfDuels(
                self._contest, self._plan, self._observations, self._random.getrandbits(32), self._watcher
            )
            for share, taken in duels.take(number, left).items():
                if taken.ended == "interrupted":
                    raise KeyboardInterrupt
                records[share] = self._with(records[share], taken, duels)
                longest = taken.seconds
            failures = failures + 1 if taken.ended == "failed" else 0
            if duels.refused or failures == MOST_FAILURES:
                raise UserError(f"a process of the self-test could not run: {taken.reason}")
            number += 1
            undone = sum(bool(undecided(record)) for record in records.values())
            self._watcher.say(
                f"round {number} took {longest:.0f} s; {len(records) - undone} of {len(records)} gates at once are "
                f"decided after {time.monotonic() - began:.0f} of {self._budget_s:g} s"
            )
        seconds = time.monotonic() - began
        for share, record in records.items():
            ended = "budget" if undecided(record) else "decided"
            whole = msgspec.structs.replace(record, ended=ended, seconds=seconds)
            (self.planted[share] if share else self.unchanged).append(whole)

    @staticmethod
    def _with(record: GateRecord, taken: Round, duels: RoundOfDuels) -> GateRecord:
        head = duels.ready.get(HEAD)
        side = msgspec.structs.replace(record.head, versions=head.versions) if head else record.head
        return msgspec.structs.replace(record, rounds=(*record.rounds, taken), head=side)

    def _write(self) -> None:
        content = {"unchanged": self.unchanged, "planted": [*self.planted.items()]}
        write_atomically(self._file, msgspec.json.encode(content))
