"""``eagerbench traps`` from start to end: observations, launch after launch, all on disk as soon as one has ended."""

import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from eagerbench._version import __version__
from eagerbench.engines.local import run_module
from eagerbench.launch import Event, Outcome, Progress, Refused, Samples, decode_event
from eagerbench.machine import fingerprint
from eagerbench.models import envs
from eagerbench.plan import DEFAULT_ENV, check_report_folder
from eagerbench.results import CaseOutcome, Ended, Sample
from eagerbench.traps.findings import measurements
from eagerbench.traps.launch import TrapsJob
from eagerbench.traps.record import TRAPS_FILE, TRAPS_SCHEMA_VERSION, TrapsLaunch, TrapsRecord, write_traps

# A cell of the article takes seconds; on a machine that is busy, or with many more rows, it may take some more.
TIMEOUT_S = 300.0


class TrapsWatcher(Protocol):
    """Who follows: the live display."""

    def launching(self, number: int, total: int) -> None:
        """A launch begins."""

    def progress(self, done: int, total: int) -> None:
        """So many of its processes have ended."""

    def launched(self, launch: TrapsLaunch) -> None:
        """A launch has ended."""


def measure_traps(
    traps: Sequence[str], rows: int, launches: int, seed: int, folder: Path, command: str, watcher: TrapsWatcher
) -> TrapsRecord:
    """Measure, and write ``traps.json`` after each launch.

    Args:
        traps: names, as `eagerbench.traps.findings.TRAPS` has them.
        rows: in the batch.
        launches: fresh processes, one after the other.
        seed: root of all others.
        folder: of the record.
        command: what was typed.
        watcher: follows.

    Returns:
        The record; one that was interrupted where somebody pressed Ctrl-C.

    Raises:
        KeyboardInterrupt: where somebody pressed it before there was a launch.
        UserError: for an unknown trap, and where the folder can't be written.
    """
    begin = time.monotonic()
    record = TrapsRecord(
        schema_version=TRAPS_SCHEMA_VERSION,
        eagerbench=__version__,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        traps=tuple(traps),
        rows=rows,
        launches_asked=launches,
        seed=seed,
        env=DEFAULT_ENV,
        machine=fingerprint(),
    )
    names = tuple(sorted(measurements(traps)))
    check_report_folder(folder)  # before minutes are spent; what an earlier run left is not touched yet
    seeds = random.Random(seed)  # noqa: S311 - orders, not secrets
    with tempfile.TemporaryDirectory(prefix="eagerbench-traps-") as name:
        observations = Path(name) / "observations.npy"
        spec = envs.describe(DEFAULT_ENV)
        np.save(observations, envs.collect(spec, rows, seed), allow_pickle=False)
        job = TrapsJob(
            measurements=names,
            rows=rows,
            observations=str(observations),
            actions=spec.actions,
            seed=seed,
            launch_seed=0,
            timeout_s=TIMEOUT_S,
            pipe=-1,
        )
        try:
            for index in range(launches):
                watcher.launching(index, launches)
                launch = _launch(index, msgspec.structs.replace(job, launch_seed=seeds.getrandbits(32)), watcher)
                stopped = launch.ended == "interrupted"
                record = msgspec.structs.replace(
                    record,
                    launches=(*record.launches, launch),
                    ended="complete" if index == launches - 1 and not stopped else "interrupted",
                    seconds=time.monotonic() - begin,
                )
                write_traps(folder / TRAPS_FILE, record)
                watcher.launched(launch)
                if stopped:
                    break
        except KeyboardInterrupt:  # between launches
            if not record.launches:
                raise
    return record


def _launch(index: int, job: TrapsJob, watcher: TrapsWatcher) -> TrapsLaunch:
    begin = time.monotonic()
    cases: dict[str, CaseOutcome] = {}
    samples: list[Sample] = []

    def hear(event: Event | Refused) -> None:
        if isinstance(event, Progress):
            watcher.progress(event.done, event.total)
        elif isinstance(event, Samples):
            samples.extend(event.samples)
        elif isinstance(event, Outcome):
            cases[event.case] = event.outcome

    ended: Ended
    try:
        # Twice the seconds: a process of the launch that is silent is stopped by the launch itself.
        ended, reason = run_module("eagerbench.traps.launch", job, hear, 2 * job.timeout_s, decode_event)
    except KeyboardInterrupt:
        ended, reason = "interrupted", "stopped by hand"
    return TrapsLaunch(index, job.launch_seed, ended, time.monotonic() - begin, reason, cases, tuple(samples))
