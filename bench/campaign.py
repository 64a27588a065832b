"""A run from start to end: observations, launch after launch, every one of them on disk as soon as it has ended."""

import math
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from eagerbench._version import __version__
from eagerbench.cases import CACHED, FORKED, Case
from eagerbench.engines.local import LaunchEnd, run_launch
from eagerbench.factory import Source
from eagerbench.launch import FORKS, Counted, Event, Job, Outcome, Progress, Samples, Standing, Trained, Used
from eagerbench.machine import fingerprint
from eagerbench.models.a2c import Floats
from eagerbench.modes import REGISTRY
from eagerbench.observations import collecting, gather, rows_needed
from eagerbench.plan import spec_of
from eagerbench.results import (
    SCHEMA_VERSION,
    CaseOutcome,
    Counts,
    End,
    Journal,
    Launch,
    LaunchKind,
    MemoryUse,
    Plan,
    Run,
    Sample,
    Start,
    Status,
    TrainingRun,
)
from eagerbench.summary import by_case, launch_medians

Engine = Callable[[Job, Callable[[Event], None], float], LaunchEnd]

# A launch that crashes is run again without the case that was running, so that the others lose nothing; not for ever.
REPLACEMENTS = 2
FORK_GRACE_SECONDS = 30.0
FEWEST_LAUNCHES = 3  # of a slow case: one gives no interval, and two give one a factor of ten wide
FEWEST_PROCESSES = 2  # where calls take seconds, a wide interval still tells it from every other mode


class Watcher(Protocol):
    """Who follows a campaign: the live display."""

    def say(self, text: str) -> None:
        """What is going on outside launches."""

    def launch(self, kind: LaunchKind, number: int, total: int, cases: int) -> None:
        """A launch begins; the first of its kind has number 0."""

    def progress(self, progress: Progress) -> None:
        """How far it is."""

    def standing(self, standing: Standing) -> None:
        """Where the training run of the moment stands."""

    def launched(self, launch: Launch) -> None:
        """It has ended."""


class Campaign:
    """One run.

    Args:
        plan: what to measure.
        folder: where ``launches.jsonl`` goes.
        watcher: the live display.
        engine: runs a launch.
        source: of a live model; None for what the plan names.
        append: to the ``launches.jsonl`` that is there, as a further run of the same session.
        given: observations float32 [rows, …], where they come from nowhere that the plan could name.
    """

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        watcher: Watcher,
        engine: Engine = run_launch,
        source: Source | None = None,
        append: bool = False,
        given: Floats | None = None,
    ) -> None:
        self._plan = plan
        self._source = source or Source(factory=plan.model.factory)
        self._folder = folder
        self._append = append
        self._given = given
        self._watcher = watcher
        self._engine = engine
        self._start: Start | None = None
        self._launches: list[Launch] = []
        self._end: End | None = None
        self._given_up: set[str] = set()

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
            self._file = Path(name) / "observations.npy"
            self._start = start = self._prepare()
            self._journal = Journal(self._folder / "launches.jsonl", start, append=self._append)
            whole = False
            try:
                self._check()
                self._race()
                self._train()
                self._fork()
                whole = True
            finally:
                self._end = End("complete" if whole else "interrupted", time.monotonic() - begin)
                self._journal.append(self._end)
        return Run(start, tuple(self._launches), self._end)

    def _prepare(self) -> Start:
        plan = self._plan
        cases = [Case.parse(case) for case in plan.cases]
        forward = [case.rows for case in cases if case.workload == "forward" or _is_a_batch(case)]
        rows = rows_needed(plan, forward, collected=bool(plan.env) and not plan.observations and self._given is None)
        if self._given is None:
            self._watcher.say(collecting(plan, rows))
        self._spec = spec_of(plan)
        observations, seen = gather(plan, self._spec, rows, self._given)
        np.save(self._file, observations, allow_pickle=False)
        flops = dict(zip(plan.model.hidden or (None,), plan.model.row_flops or (None,), strict=True))
        first = next(iter(flops))
        return Start(
            schema_version=SCHEMA_VERSION,
            eagerbench=__version__,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            plan=plan,
            observations=seen,
            machine=fingerprint(),
            flops={
                case.id: row * case.rows
                for case in cases
                if case.workload == "forward" and (row := flops[case.hidden or first]) is not None
            },
            modes={case.mode: _summary(case) for case in cases},
        )

    def _check(self) -> None:
        """Same numbers first: agents of all modes, compared over many updates before any of them is timed."""
        due = [case for case in self._plan.cases if Case.parse(case).workload == "train"]
        while due:
            launch = self._launch("check", 0, 1, self._plan.seed, tuple(due))
            due = [case for case in due if case not in launch.cases]
            if launch.ended == "complete" or not launch.cases:
                break  # what fails before the first case would fail again

    def _race(self) -> None:
        """Every case timed in every launch, but for those that are too slow for that."""
        plan = self._plan
        cases = [case for case in plan.cases if Case.parse(case).workload not in FORKED]
        self._again("race", cases, plan.launches, plan.slow_case_seconds)

    def _fork(self) -> None:
        """Every case in processes of its own, as often as there are launches."""
        plan = self._plan
        kinds: tuple[tuple[str, LaunchKind, int, float], ...] = (
            ("cold", "cold", plan.forking.cold, plan.forking.slow_cold_seconds),
            ("memory", "memory", plan.forking.memory, 0.0),
            ("traces", "count", 1, 0.0),
        )
        for workload, kind, launches, share_s in kinds:
            cases = [case for case in plan.cases if Case.parse(case).workload == workload]
            from_cache = tuple(case for case in cases if Case.parse(case).mode.endswith(CACHED))
            if from_cache:
                self._launch("fill", 0, 1, plan.seed, from_cache)
            self._again(kind, cases, launches, share_s)

    def _again(self, kind: LaunchKind, cases: list[str], launches: int, share_s: float) -> None:
        """Launch after launch with the same cases.

        Args:
            kind: of the launches.
            cases: that take part.
            launches: so many.
            share_s: what a slow case may take of all of them.
        """
        costs: dict[str, float] = {}
        fewest = FEWEST_LAUNCHES if kind == "race" else FEWEST_PROCESSES
        whole = attempts = 0
        while whole < launches and attempts < launches + REPLACEMENTS:
            due = [
                case
                for case in cases
                if case not in self._given_up and takes_part(costs.get(case, 0.0), share_s, launches, whole, fewest)
            ]
            if not due and all(case in self._given_up for case in cases):
                break
            if not due:  # all that are left are slow, and sit this one out
                whole += 1
                continue
            seed = random.Random(f"{self._plan.seed}/{attempts}").getrandbits(32)  # noqa: S311 - an order, not a secret
            launch = self._launch(kind, whole, launches, seed, tuple(due))
            attempts += 1
            if launch.ended == "complete":
                whole += 1
                for case, cost in cost_of_cases(launch).items():
                    costs[case] = max(costs.get(case, 0.0), cost)
            elif not launch.cases:
                break  # it failed before the first case, so it would fail again

    def _train(self) -> None:
        """To the target, from one seed after the other; the fastest mode first, since it tells how far it is."""
        training = self._plan.training
        rates = self._steps_per_s()
        fastest_first = sorted(rates, key=lambda case: -rates[case])
        for number, seed in enumerate(training.seeds):
            due = fastest_first
            while due:
                launch = self._launch("training", number, len(training.seeds), seed, tuple(due), rates)
                if launch.ended == "complete" or not launch.runs:
                    break
                after = max(due.index(run.case) for run in launch.runs)
                due = due[after + 1 :]

    def _steps_per_s(self) -> dict[str, float]:
        """Environment steps per second of each training that has times, by case."""
        training = self._plan.training
        steps = training.timed.steps * training.envs
        run = self.run
        index = by_case(run) if run else {}
        medians = {
            case: launch_medians(index[case, "steady"])
            for case in self._plan.cases
            if Case.parse(case).workload == "train" and case not in self._given_up
        }
        return {case: steps / statistics.median(own.values()) for case, own in medians.items() if own}

    def _launch(
        self,
        kind: LaunchKind,
        number: int,
        total: int,
        seed: int,
        cases: tuple[str, ...],
        steps_per_s: dict[str, float] | None = None,
    ) -> Launch:
        plan = self._plan
        self._watcher.launch(kind, number, total, len(cases))
        job = Job(
            kind=kind,
            cases=cases,
            observations=str(self._file),
            spec=self._spec,
            source=self._source,
            model=plan.model,
            training=plan.training,
            seed=plan.seed,
            launch_seed=seed,
            case_seconds=plan.case_seconds / plan.launches,
            min_rounds=-(-plan.min_rounds // plan.launches),
            warmup_seconds=plan.warmup_seconds,
            fewest_rounds=plan.fewest_rounds,
            longest_start_s=plan.longest_start_s,
            steps_per_s=steps_per_s or {},
            forking=plan.forking,
            timeout_s=plan.launch_timeout_s,
            checked=number == 0,
            cache=str(self._file.with_name("xla-cache")),
            started_s=0.0,
            pipe=-1,
            recorder="",
        )
        events = _Events(self._watcher)
        begin = time.monotonic()
        end: LaunchEnd | None = None
        try:
            # A launch that forks stops what hangs by itself, and must get the time to say so.
            grace_s = FORK_GRACE_SECONDS if kind in FORKS else 0.0
            end = self._engine(job, events, plan.launch_timeout_s + grace_s)
        finally:  # also where Ctrl-C ended it: what it had is kept
            ended = end.ended if end else "interrupted"
            if end and end.ended != "complete" and end.culprit is not None:
                events.blame(cases[end.culprit], end, job)
            launch = Launch(
                index=len(self._launches),
                seed=seed,
                ended=ended,
                seconds=time.monotonic() - begin,
                reason=end.reason if end else "stopped by the user",
                cases=dict(events.outcomes),
                samples=tuple(events.samples),
                kind=kind,
                runs=tuple(events.runs),
                memory=tuple(events.memory),
                counts=tuple(events.counts),
            )
            self._launches.append(launch)
            self._given_up |= {case for case, outcome in launch.cases.items() if outcome.status != "ok"}
            self._journal.append(launch)
        self._watcher.launched(launch)
        return launch


class _Events:
    """What a launch has told so far."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.samples: list[Sample] = []
        self.outcomes: dict[str, CaseOutcome] = {}
        self.runs: list[TrainingRun] = []
        self.memory: list[MemoryUse] = []
        self.counts: list[Counts] = []

    def blame(self, case: str, end: LaunchEnd, job: Job) -> None:
        """Note the case that took its launch down."""
        if job.kind == "training":
            if all(run.case != case for run in self.runs):  # else it had finished, and the process died afterwards
                self.runs.append(failed_run(case, job.launch_seed, end.reason))
        else:
            status: Status = "timed-out" if end.ended == "timed-out" else "crashed"
            self.outcomes[case] = CaseOutcome(status, end.reason)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Samples):
            self.samples += event.samples
        elif isinstance(event, Outcome):
            self.outcomes[event.case] = event.outcome
        elif isinstance(event, Progress):
            self._watcher.progress(event)
        elif isinstance(event, Standing):
            self._watcher.standing(event)
        elif isinstance(event, Trained):
            self.runs.append(event.run)
        elif isinstance(event, Used):
            self.memory.append(event.use)
        elif isinstance(event, Counted):
            self.counts.append(event.counts)


def _is_a_batch(case: Case) -> bool:
    """Whether it takes rows of observations."""
    return case.workload in {"cold", "memory"} and not case.trains


def _summary(case: Case) -> str:
    summary = REGISTRY[case.executed].summary
    return f"{summary}; started with a filled persistent XLA cache" if case.mode.endswith(CACHED) else summary


def failed_run(case: str, seed: int, reason: str) -> TrainingRun:
    """A training run of which nothing is known but that it took its process down."""
    return TrainingRun(case, seed, "failed", reason, 0, 0.0, None, None, (), (), (), ())


def cost_of_cases(launch: Launch) -> dict[str, float]:
    """Seconds that each case took of a launch, cold, warm-up and steady; without imports, which all share."""
    costs: defaultdict[str, float] = defaultdict(float)
    for sample in launch.samples:
        costs[sample.case] += sample.wall_s - sample.parts.get("imports", 0.0)
    for use in launch.memory:
        costs[use.case] = 0.0 if use.calls else math.inf  # so slow that there was no time for a second call
    return dict(costs)


def takes_part(cost_s: float, share_s: float, launches: int, index: int, fewest: int = FEWEST_LAUNCHES) -> bool:
    """Whether a case takes part in a launch: all do in the first, and slow ones sit some of the others out.

    Args:
        cost_s: what it takes of one launch, as far as known.
        share_s: what it may take of the whole run.
        launches: how many there are.
        index: which one, from 0.
        fewest: of which even the slowest case is part.

    Returns:
        True for ``share / cost`` of the launches, no fewer than ``fewest``, spread evenly from the first to the last.
    """
    affordable = launches if cost_s == 0 else int(share_s // cost_s)
    count = min(launches, max(fewest, affordable))
    if count >= launches:
        return True
    return index in {round(visit * (launches - 1) / (count - 1)) for visit in range(count)}
