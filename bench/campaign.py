"""A run from start to end: observations, launch after launch, every one of them on disk as soon as it has ended."""

import hashlib
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from eagerbench._version import __version__
from eagerbench.cases import Case
from eagerbench.engines.local import LaunchEnd, run_launch
from eagerbench.launch import Event, Job, Outcome, Progress, Samples
from eagerbench.machine import fingerprint
from eagerbench.models import envs, reference
from eagerbench.modes import REGISTRY
from eagerbench.plan import HIDDEN, OBSERVATIONS
from eagerbench.results import (
    SCHEMA_VERSION,
    CaseOutcome,
    End,
    Journal,
    Launch,
    Observations,
    Plan,
    Run,
    Sample,
    Start,
    Status,
)

Engine = Callable[[Job, Callable[[Event], None], float], LaunchEnd]

# A launch that crashes is run again without the case that was running, so that the others lose nothing; not for ever.
REPLACEMENTS = 2
FEWEST_LAUNCHES = 3  # of a slow case: one gives no interval, and two give one a factor of ten wide


class Watcher(Protocol):
    """Who follows a campaign: the live display."""

    def say(self, text: str) -> None:
        """What is going on outside launches."""

    def launch(self, number: int, total: int, cases: int) -> None:
        """A launch begins; the first has number 0."""

    def progress(self, progress: Progress) -> None:
        """How far it is."""

    def launched(self, launch: Launch) -> None:
        """It has ended."""


class Campaign:
    """One run.

    Args:
        plan: what to measure.
        folder: where ``launches.jsonl`` goes.
        watcher: the live display.
        engine: runs a launch.
    """

    def __init__(self, plan: Plan, folder: Path, watcher: Watcher, engine: Engine = run_launch) -> None:
        self._plan = plan
        self._folder = folder
        self._watcher = watcher
        self._engine = engine
        self._start: Start | None = None
        self._launches: list[Launch] = []
        self._end: End | None = None
        self._actions = 0

    @property
    def run(self) -> Run | None:
        """All that is known by now; None before the first launch."""
        return Run(self._start, tuple(self._launches), self._end) if self._start else None

    def measure(self) -> Run:
        """Everything, start to end.

        Raises:
            KeyboardInterrupt: after what was measured has been written.
            UserError: where the folder can't be written.
        """
        begin = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="eagerbench-") as name:
            file = Path(name) / "observations.npy"
            self._start = start = self._prepare(file)
            journal = Journal(self._folder / "launches.jsonl", start)
            whole = False
            try:
                self._measure(file, journal)
                whole = True
            finally:
                self._end = End("complete" if whole else "interrupted", time.monotonic() - begin)
                journal.append(self._end)
        return Run(start, tuple(self._launches), self._end)

    def _prepare(self, file: Path) -> Start:
        plan = self._plan
        cases = [Case.parse(case) for case in plan.cases]
        rows = max(OBSERVATIONS, *(case.rows for case in cases))
        self._watcher.say(f"collecting {rows:,} observations from {plan.env}")
        spec = envs.describe(plan.env)
        observations = envs.collect(plan.env, rows, plan.seed)
        np.save(file, observations, allow_pickle=False)
        self._actions = spec.actions
        flops = reference.forward_flops(spec.observation_shape, spec.actions, HIDDEN)
        return Start(
            schema_version=SCHEMA_VERSION,
            eagerbench=__version__,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            plan=plan,
            observations=Observations(
                env=plan.env,
                policy="uniformly random",
                seed=plan.seed,
                rows=rows,
                distinct=envs.count_distinct(observations),
                shape=spec.observation_shape,
                dtype=str(observations.dtype),
                sha256=hashlib.sha256(observations.tobytes()).hexdigest(),
            ),
            machine=fingerprint(),
            flops={case.id: flops * case.rows for case in cases},
            modes={case.mode: REGISTRY[case.mode].summary for case in cases},
        )

    def _measure(self, observations: Path, journal: Journal) -> None:
        plan = self._plan
        given_up: set[str] = set()
        costs: dict[str, float] = {}
        whole = attempts = 0
        while whole < plan.launches and attempts < plan.launches + REPLACEMENTS:
            due = [
                case
                for case in plan.cases
                if case not in given_up
                and takes_part(costs.get(case, 0.0), plan.slow_case_seconds, plan.launches, whole)
            ]
            if not due:
                break
            self._watcher.launch(whole, plan.launches, len(due))
            launch = self._launch(attempts, tuple(due), observations, journal)
            attempts += 1
            self._watcher.launched(launch)
            given_up |= {case for case, outcome in launch.cases.items() if outcome.status != "ok"}
            if launch.ended == "complete":
                whole += 1
                for case, cost in cost_of_cases(launch).items():
                    costs[case] = max(costs.get(case, 0.0), cost)
            elif not launch.cases:
                break  # it failed before the first case, so it would fail again

    def _launch(self, index: int, cases: tuple[str, ...], observations: Path, journal: Journal) -> Launch:
        plan = self._plan
        seed = random.Random(f"{plan.seed}/{index}").getrandbits(32)  # noqa: S311 - an order, not a secret
        job = Job(
            cases=cases,
            observations=str(observations),
            actions=self._actions,
            model_seed=plan.seed,
            race_seed=seed,
            case_seconds=plan.case_seconds / plan.launches,
            min_rounds=-(-plan.min_rounds // plan.launches),
            pipe=-1,
            recorder="",
        )
        events = _Events(self._watcher)
        begin = time.monotonic()
        end: LaunchEnd | None = None
        try:
            end = self._engine(job, events, plan.launch_timeout_s)
        finally:  # also where Ctrl-C ended it: what it had is kept
            ended = end.ended if end else "interrupted"
            if end and end.ended != "complete" and end.culprit is not None:
                status: Status = "timed-out" if end.ended == "timed-out" else "crashed"
                events.outcomes[cases[end.culprit]] = CaseOutcome(status, end.reason)
            launch = Launch(
                index=index,
                seed=seed,
                ended=ended,
                seconds=time.monotonic() - begin,
                reason=end.reason if end else "stopped by the user",
                cases=dict(events.outcomes),
                samples=tuple(events.samples),
            )
            self._launches.append(launch)
            journal.append(launch)
        return launch


class _Events:
    """What a launch has told so far."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.samples: list[Sample] = []
        self.outcomes: dict[str, CaseOutcome] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, Samples):
            self.samples += event.samples
        elif isinstance(event, Outcome):
            self.outcomes[event.case] = event.outcome
        elif isinstance(event, Progress):
            self._watcher.progress(event)


def cost_of_cases(launch: Launch) -> dict[str, float]:
    """Seconds that each case took of a launch: cold, warm-up and steady."""
    costs: defaultdict[str, float] = defaultdict(float)
    for sample in launch.samples:
        costs[sample.case] += sample.wall_s
    return dict(costs)


def takes_part(cost_s: float, share_s: float, launches: int, index: int) -> bool:
    """Whether a case takes part in a launch: all do in the first, and slow ones sit some of the others out.

    Args:
        cost_s: what it takes of one launch, as far as known.
        share_s: what it may take of the whole run.
        launches: how many there are.
        index: which one, from 0.

    Returns:
        True for ``share / cost`` of the launches, no fewer than three, spread evenly from the first to the last.
    """
    affordable = launches if cost_s == 0 else int(share_s // cost_s)
    count = min(launches, max(FEWEST_LAUNCHES, affordable))
    if count >= launches:
        return True
    return index in {round(visit * (launches - 1) / (count - 1)) for visit in range(count)}
