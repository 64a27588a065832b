"""What ``eagerbench traps`` leaves behind: the schema of ``traps.json``, and the only code that reads or writes it.

Samples are the truth; every other number is computed from them (`eagerbench.traps.findings`), so that a stored record
can be rendered again. Knows no TensorFlow, no process and no clock.
"""

from pathlib import Path
from typing import Any, Literal

import msgspec

from eagerbench.errors import UserError
from eagerbench.results import (
    LARGEST,
    LONGEST_S,
    SHORTEST_S,
    CaseOutcome,
    Ended,
    Sample,
    read_versioned,
    record_in,
    write_atomically,
)

# History of the schema. A reader refuses every version but its own, and says so.
#   1  first edition
TRAPS_SCHEMA_VERSION = 1
TRAPS_FILE = "traps.json"


class TrapsLaunch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One process that imported TensorFlow, and all that were forked from it: the unit of replication.

    Attributes:
        index: from 0.
        seed: of the order of its processes, and of the race.
        ended: how the process ended.
        seconds: from start to end, as the starting process saw it.
        reason: what is known of an end that was not ``complete``.
        cases: by measurement, what became of it; of a cell, ``resolved`` is what it printed.
        samples: all samples, in the order taken.
    """

    index: int
    seed: int
    ended: Ended
    seconds: float
    reason: str = ""
    cases: dict[str, CaseOutcome] = {}
    samples: tuple[Sample, ...] = ()


class TrapsRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole run, however far it got.

    Attributes:
        schema_version: of this file.
        eagerbench: version of the suite.
        started: ISO 8601, UTC.
        command: what was typed.
        traps: names of those asked for.
        rows: in the batch.
        launches_asked: how many launches.
        seed: root of all others: weights, observations, orders.
        env: Gymnasium id of the environment of the right measurements.
        machine: fingerprint.
        launches: in the order taken.
        ended: ``interrupted`` where somebody stopped it.
        seconds: of all.
    """

    schema_version: int
    eagerbench: str
    started: str
    command: str
    traps: tuple[str, ...]
    rows: int
    launches_asked: int
    seed: int
    env: str
    machine: dict[str, Any]
    launches: tuple[TrapsLaunch, ...] = ()
    ended: Literal["complete", "interrupted"] = "interrupted"
    seconds: float = 0.0


def write_traps(path: Path, record: TrapsRecord) -> None:
    """Replace ``traps.json`` in one step. Raises `UserError` where the folder can't be written."""
    write_atomically(path, msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")


def find_traps(path: Path) -> Path | None:
    """The ``traps.json`` that a path means: itself, or in a folder that holds no run; None for anything else."""
    return record_in(path, TRAPS_FILE)


def read_traps(path: Path) -> TrapsRecord:
    """Read a ``traps.json``.

    Raises:
        UserError: where the file is missing, cut off, of another schema, or says what nobody can have measured.
    """
    record = read_versioned(path, TrapsRecord, "traps", TRAPS_SCHEMA_VERSION)
    _check(path, record)
    return record


def _check(path: Path, record: TrapsRecord) -> None:
    """Refuse what the types let through but no run can have written."""
    from eagerbench.traps.findings import measurements  # which computes from records, and so imports this

    try:
        known = measurements(record.traps)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    if not record.traps or len(set(record.traps)) != len(record.traps):
        raise UserError(f"{path}: expected each trap once, got {list(record.traps)}")
    if not 1 <= record.rows <= LARGEST or not 1 <= record.launches_asked <= LARGEST:
        raise UserError(f"{path}: expected at least one row and one launch, got {record.rows}, {record.launches_asked}")
    if len({launch.index for launch in record.launches}) != len(record.launches):
        raise UserError(f"{path}: a launch is there twice")
    if not all(0 <= own <= LONGEST_S for own in (record.seconds, *(one.seconds for one in record.launches))):
        raise UserError(f"{path}: a launch, or all of them, took impossible seconds")
    for launch in record.launches:
        for name in {*launch.cases, *(sample.case for sample in launch.samples)} - known:
            raise UserError(f"{path}: launch {launch.index} has a measurement {name!r}, which was not asked for")
        for sample in launch.samples:
            seconds = (sample.wall_s, sample.user_s, sample.sys_s, *sample.parts.values())
            possible = all(0 <= own <= LONGEST_S for own in seconds)  # NaN isn't
            if not possible or not 1 <= sample.calls <= LARGEST or sample.call_s < SHORTEST_S:
                raise UserError(f"{path}: launch {launch.index} has an impossible sample of {sample.case!r}: {seconds}")
