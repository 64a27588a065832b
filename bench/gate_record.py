"""What a live gate leaves behind: the schema of ``gate.json``, and the only code that reads or writes it.

Blocks are the truth; every verdict is computed from them (`eagerbench.gate`), so that a stored gate can be judged and
rendered again. Knows no TensorFlow, no process and no clock.
"""

import math
from pathlib import Path
from typing import Any, Literal

import msgspec

from eagerbench.cases import Case
from eagerbench.errors import UserError
from eagerbench.results import CaseOutcome, read_versioned, record_in, write_atomically

GATE_SCHEMA_VERSION = 1
BASE, HEAD, CONTROL = "base", "head", "control"
SIDES = (BASE, HEAD, CONTROL)
DEFAULT_BUDGET_S = 300.0
# No call is shorter or longer; beyond that ratios would leave what a float can hold.
SHORTEST_S, LONGEST_S = 1e-12, 1e9

GateEnded = Literal["decided", "budget", "interrupted", "failed"]


class Block(msgspec.Struct, frozen=True):
    """One turn through all sides and back.

    Attributes:
        case: its id.
        number: in its round, from 0.
        calls: in each sample.
        sides: in the order visited, such as ``head base control control base head``.
        seconds: of one call, for each visit.
    """

    case: str
    number: int
    calls: int
    sides: tuple[str, ...]
    seconds: tuple[float, ...]


class Round(msgspec.Struct, frozen=True):
    """One set of fresh processes, one for each side: the unit of replication.

    Attributes:
        number: from 0.
        seed: of its orders.
        cases: ids of those that took part: still undecided, in the order in which they were duelled.
        ended: whether it came to its end.
        reason: which side ended it and why; empty where it is complete.
        seconds: from start to end.
        ready_seconds: until all processes had made their cases ready.
        outcomes: what each side says of its cases: parity, traces, flags.
        steps: that Keras cuts a call into, by side and case; only where Keras is asked.
        blocks: in the order taken.
    """

    number: int
    seed: int
    cases: tuple[str, ...]
    ended: Literal["complete", "failed", "interrupted"]
    reason: str
    seconds: float
    ready_seconds: float
    outcomes: dict[str, dict[str, CaseOutcome]]
    steps: dict[str, dict[str, int]]
    blocks: tuple[Block, ...]


class SideRecord(msgspec.Struct, frozen=True):
    """Whose code a side ran.

    Attributes:
        label: in words, such as ``main (1a2b3c4d5e6f)``.
        commit: where it is known.
        model: ``pkg.module:factory``; None for the model that the suite ships.
        versions: of Python and packages, as its process said; empty where none ever began.
        modes: that its code has, and the workloads of each.
    """

    label: str
    commit: str | None
    model: str | None
    versions: dict[str, str] = {}
    modes: dict[str, tuple[str, ...]] = {}


class GateRecord(msgspec.Struct, frozen=True):
    """A live gate, however far it got.

    Attributes:
        schema_version: of this file.
        eagerbench: version of the suite.
        started: ISO 8601, UTC.
        command: what was typed.
        base: what head is held against; its second copy is the control.
        head: what is judged.
        cases: ids, in the order of the report.
        vanished: ids that base has and head has not; without a filter of modes, a mode that was deleted or renamed.
        margins: by case: 0.05 lets a case be 5 % slower.
        env: Gymnasium id of the environment that the observations come from.
        seed: root of all others.
        budget_s: seconds after which no round is begun.
        machine: fingerprint.
        rounds: in the order taken.
        ended: ``decided``: every case was. ``budget``: it was spent first. ``failed``: a side could not run.
        reason: why it failed; empty where it didn't.
        seconds: of all.
    """

    schema_version: int
    eagerbench: str
    started: str
    command: str
    base: SideRecord
    head: SideRecord
    cases: tuple[str, ...]
    vanished: tuple[str, ...]
    margins: dict[str, float]
    env: str
    seed: int
    budget_s: float
    machine: dict[str, Any]
    rounds: tuple[Round, ...] = ()
    ended: GateEnded = "interrupted"
    reason: str = ""
    seconds: float = 0.0


def write_gate(path: Path, record: GateRecord) -> None:
    """Replace ``gate.json`` in one step. Raises `UserError` where the folder can't be written."""
    write_atomically(path, msgspec.json.format(msgspec.json.encode(record), indent=1))


def find_gate(path: Path) -> Path | None:
    """The ``gate.json`` that a path means: itself, or in a folder that holds no run; None for anything else."""
    return record_in(path, "gate.json")


def read_gate(path: Path) -> GateRecord:
    """Read a ``gate.json``.

    Raises:
        UserError: where the file is missing, cut off, of another schema, or says what no gate can have measured.
    """
    record = read_versioned(path, GateRecord, "gate", GATE_SCHEMA_VERSION)
    _check(path, record)
    return record


def _check(path: Path, record: GateRecord) -> None:
    """Refuse what the types let through but no gate can have written."""
    cases = set(record.cases)
    try:
        for case in (*record.cases, *record.vanished):
            Case.parse(case)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    if len(cases) != len(record.cases):
        raise UserError(f"{path}: a case is there twice")
    if set(record.margins) != cases or not all(0 < margin < math.inf for margin in record.margins.values()):
        raise UserError(f"{path}: expected a margin above 0 for each case, got {record.margins}")
    numbers: set[int] = set()
    for taken in record.rounds:
        if taken.number in numbers:
            raise UserError(f"{path}: round {taken.number} is there twice")
        numbers.add(taken.number)
        counts = [own.traces_steady or 0 for side in taken.outcomes.values() for own in side.values()]
        counts += [own.traces or 0 for side in taken.outcomes.values() for own in side.values()]
        counts += [steps for side in taken.steps.values() for steps in side.values()]
        if min(counts, default=0) < 0:
            raise UserError(f"{path}: round {taken.number} counts {min(counts)} traces or steps; expected 0 or more")
        for block in taken.blocks:
            where = f"{path}: round {taken.number} has a block of {block.case!r}"
            if block.case not in cases:
                raise UserError(f"{where}, which was not planned")
            if not set(block.sides) >= set(SIDES) or len(block.sides) != len(block.seconds) or block.calls < 1:
                raise UserError(f"{where} with sides {block.sides} and {len(block.seconds)} times")
            if not all(SHORTEST_S < second < LONGEST_S for second in block.seconds):  # also refuses NaN
                raise UserError(f"{where} with impossible times {block.seconds}")
