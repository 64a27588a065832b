"""Cold starts, memory and counts with a hand-made engine: what is launched, how often, and with what left out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eagerbench.campaign import (
    FEWEST_PROCESSES,
    FORK_GRACE_SECONDS,
    REPLACEMENTS,
    Campaign,
    cost_of_cases,
    takes_part,
)
from eagerbench.engines.local import LaunchEnd
from eagerbench.launch import Counted, Event, Job, Outcome, Progress, Samples, Used
from eagerbench.observations import FEW
from eagerbench.plan import Request, make_plan
from eagerbench.results import CaseOutcome, Counts, Launch, LaunchKind, MemoryUse, Run, Sample, read_run
from eagerbench.summary import summarise

EAGER, XLA, CACHED = "cold/eager/b1", "cold/function-xla/b1", "cold/function-xla+cache/b1"
MakeUse = Callable[..., MemoryUse]


class Silent:
    """A watcher that notes kinds and numbers of launches."""

    def __init__(self) -> None:
        self.launches: list[tuple[str, int, int, int]] = []

    def say(self, text: str) -> None:
        assert text

    def launch(self, kind: LaunchKind, number: int, total: int, cases: int) -> None:
        self.launches.append((kind, number, total, cases))

    def standing(self, standing: Any) -> None:
        pytest.fail(f"nothing is trained here: {standing}")

    def progress(self, progress: Progress) -> None:
        assert progress

    def launched(self, launch: Launch) -> None:
        assert launch


class Engine:
    """Does what is asked, but for what a test changes.

    Attributes:
        jobs: that it was given.
        seconds: of the first call by case; a tenth where not given. Imports take three more.
        single: memory cases that have no time for a second call.
        outcomes: by kind of launch and case, instead of an ``ok`` one and what belongs to it.
        ends: of the launches, in order, instead of complete ones; an exception is raised after the first case.
    """

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.timeouts: list[float] = []
        self.seconds: dict[str, float] = {}
        self.single: set[str] = set()
        self.outcomes: dict[tuple[LaunchKind, str], CaseOutcome] = {}
        self.ends: list[LaunchEnd | BaseException | None] = []

    def __call__(self, job: Job, on_event: Callable[[Event], None], timeout_s: float) -> LaunchEnd:
        end = self.ends[len(self.jobs)] if len(self.jobs) < len(self.ends) else None
        self.jobs.append(job)
        self.timeouts.append(timeout_s)
        if isinstance(end, LaunchEnd):
            return end
        for case in job.cases:
            outcome = self.outcomes.get((job.kind, case), CaseOutcome("ok"))
            on_event(Progress("steady", 0, len(job.cases)))
            if outcome.status == "ok":
                self._tell(job.kind, case, on_event)
            on_event(Outcome(case, outcome))
            if end:
                raise end
        return LaunchEnd("complete")

    def _tell(self, kind: LaunchKind, case: str, on_event: Callable[[Event], None]) -> None:
        if kind == "cold":
            first = self.seconds.get(case, 0.1)
            parts = {"imports": 3.0, "first call": first}
            on_event(Samples((Sample(case, "cold", -1, 0, 1, 3.0 + first, 0.0, 0.0, parts),)))
            on_event(Samples((Sample(case, "steady", 0, 1, 1, 0.01, 0.0, 0.0),)))
        if kind == "race":
            on_event(Samples((Sample(case, "steady", 0, 0, 1, 0.01, 0.0, 0.0),)))
        if kind == "memory":
            calls = 0 if case in self.single else 1
            on_event(Used(MemoryUse(case, 1, 2, 3, 2, 3, 3, calls, ((0, 2), (1, 2))[: calls + 1], 5, 5)))
        if kind == "count":
            on_event(Counted(Counts(case, 10, 1, 0)))

    def told(self, kind: LaunchKind) -> list[tuple[str, ...]]:
        """Cases of the launches of a kind."""
        return [job.cases for job in self.jobs if job.kind == kind]


@pytest.fixture(autouse=True)
def few_observations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collecting a hundred thousand takes a moment, and no engine here looks at them."""
    monkeypatch.setattr("eagerbench.observations.MANY", 5000)


def campaign(folder: Path, engine: Engine, *, drop: str = "env1", **asked: Any) -> Campaign:
    """Of eager and function-xla, with a batch of one row, in two launches; less cases of one size.

    A slow start may take twelve seconds of a run.
    """
    settings = {"modes": ("eager", "function-xla"), "workloads": ("cold",), "batch_sizes": (1,), "launches": 2, **asked}
    plan = make_plan(Request(**settings))
    kept = tuple(case for case in plan.cases if not case.endswith(drop))
    forking = msgspec.structs.replace(plan.forking, slow_cold_seconds=12.0)
    return Campaign(msgspec.structs.replace(plan, cases=kept, forking=forking), folder, Silent(), engine)


def test_races_come_first_then_cold_starts_memory_and_counts(tmp_path: Path) -> None:
    """The cache is filled before anything starts from it; all of it is in the file, by kind, and the run is green."""
    engine = Engine()
    workloads = ("traces", "memory", "cold", "forward")
    run = campaign(tmp_path, engine, workloads=workloads).measure()
    kinds = ["race", "race", "fill", "cold", "cold", "memory", "memory", "count"]
    assert [job.kind for job in engine.jobs] == [launch.kind for launch in run.launches] == kinds
    assert engine.told("fill") == [(CACHED,)]
    assert engine.told("cold") == [(EAGER, XLA, CACHED)] * 2
    assert engine.told("memory") == [("memory/eager/b1", "memory/function-xla/b1")] * 2
    assert [len(cases) for cases in engine.told("count")] == [10]
    assert not any(launch.samples for launch in run.launches if launch.kind in {"fill", "memory", "count"})
    assert [(len(launch.memory), len(launch.counts)) for launch in run.launches[5:]] == [(2, 0), (2, 0), (0, 10)]
    assert run == read_run(tmp_path / "launches.jsonl")
    assert summarise(run).green


def test_nothing_is_filled_where_nothing_starts_from_the_cache(tmp_path: Path) -> None:
    """An eager mode alone, and memory, have no use for one."""
    for number, asked in enumerate(({"modes": ("eager",)}, {"workloads": ("memory", "traces")})):
        engine = Engine()
        campaign(tmp_path / f"{number}", engine, **asked).measure()
        assert "fill" not in [job.kind for job in engine.jobs]
        assert engine.jobs


def test_cold_launches_are_as_many_as_the_profile_s(tmp_path: Path) -> None:
    """Of each kind its own number, of which a watcher hears; counts are exact, so once is enough."""
    engine = Engine()
    watched = campaign(tmp_path, engine, workloads=("cold", "memory", "traces"), launches=None, profile="quick")
    watched.measure()
    assert [len(engine.told(kind)) for kind in ("race", "fill", "cold", "memory", "count")] == [0, 1, 7, 3, 1]
    told = watched._watcher.launches  # type: ignore[attr-defined]
    assert told[0] == ("fill", 0, 1, 1)
    assert told[1:8] == [("cold", number, 7, 3) for number in range(7)]
    assert told[8:] == [*(("memory", number, 3, 2) for number in range(3)), ("count", 0, 1, 10)]


def test_first_results_are_checked_in_the_first_launch_only(tmp_path: Path) -> None:
    """Checking takes memory and seconds, and shows the same every time."""
    engine = Engine()
    campaign(tmp_path, engine, workloads=("cold", "memory"), launches=3).measure()
    checked = {kind: [job.checked for job in engine.jobs if job.kind == kind] for kind in ("cold", "memory")}
    assert checked == {"cold": [True, False, False], "memory": [True, False, False]}


def test_a_launch_that_crashed_while_it_checked_is_checked_again(tmp_path: Path) -> None:
    """Nothing is known of its cases; the one that replaces it checks instead."""
    engine = Engine()
    crash = LaunchEnd("crashed", "killed by SIGKILL", culprit=0)
    engine.ends = [crash]
    campaign(tmp_path, engine, modes=("eager", "function")).measure()
    assert [job.checked for job in engine.jobs] == [True, True, False]
    assert engine.told("cold") == [(EAGER, "cold/function/b1"), *[("cold/function/b1",)] * 2]


def test_every_launch_that_forks_knows_what_it_needs_and_gets_time_to_tell(tmp_path: Path) -> None:
    """It stops what hangs by itself after the user's seconds; who waits for it waits a little longer."""
    engine = Engine()
    run = campaign(tmp_path, engine, workloads=("forward", "cold"), launch_timeout_s=50.0).measure()
    waited = dict(zip([job.kind for job in engine.jobs], engine.timeouts, strict=True))
    assert waited == {"race": 50.0, "fill": 50.0 + FORK_GRACE_SECONDS, "cold": 50.0 + FORK_GRACE_SECONDS}
    assert {job.timeout_s for job in engine.jobs} == {50.0}
    assert {job.forking for job in engine.jobs} == {run.start.plan.forking}
    filled, *started = [job.cache for job in engine.jobs if job.kind != "race"]
    assert set(started) == {filled}
    assert len({job.launch_seed for job in engine.jobs if job.kind == "cold"}) == 2


@pytest.mark.parametrize("status", ["crashed", "timed-out", "out-of-memory", "disagrees", "unavailable", "failed"])
@pytest.mark.parametrize(("kind", "case"), [("cold", XLA), ("memory", "memory/function-xla/b1"), ("fill", CACHED)])
def test_a_case_that_failed_is_not_tried_again(tmp_path: Path, kind: LaunchKind, case: str, status: str) -> None:
    """One process has shown it; the others are started as planned, and the case says why."""
    engine = Engine()
    engine.outcomes[kind, case] = CaseOutcome(status, "as it was")  # type: ignore[arg-type]
    summary = summarise(campaign(tmp_path, engine, workloads=("cold", "memory"), launches=3).measure())
    others = {"cold": {EAGER, XLA, CACHED}, "memory": {"memory/eager/b1", "memory/function-xla/b1"}}
    for own, planned in others.items():
        told = [set(cases) for cases in engine.told(own)]  # type: ignore[arg-type]
        first = planned - {case} if kind == "fill" else planned
        assert told == [first, planned - {case}, planned - {case}]
    by_case = {one.case.id: one for one in summary.cases}
    assert (by_case[case].status, by_case[case].reason) == (status, "as it was")
    assert all(one.good for one in summary.cases if one.case.id != case)
    assert summary.green is (status == "unavailable")


def test_a_case_that_failed_elsewhere_is_tried_here(tmp_path: Path) -> None:
    """A race tells nothing of a start: cases are given up, not modes."""
    engine = Engine()
    engine.outcomes["race", "forward/eager/b1"] = CaseOutcome("crashed", "as it was")
    campaign(tmp_path, engine, workloads=("forward", "cold")).measure()
    assert engine.told("cold") == [(EAGER, XLA, CACHED)] * 2


def test_a_slow_start_sits_launches_out_but_for_two(tmp_path: Path) -> None:
    """Ten seconds a start and twelve to spend: the first of seven launches and the last; imports cost nobody."""
    engine = Engine()
    engine.seconds = {XLA: 10.0, CACHED: 3.9}
    campaign(tmp_path, engine, launches=7).measure()
    launches = {case: [case in cases for cases in engine.told("cold")] for case in (EAGER, XLA, CACHED)}
    assert [number for number, here in enumerate(launches[XLA]) if here] == [0, 6]
    assert [number for number, here in enumerate(launches[CACHED]) if here] == [0, 3, 6]
    assert all(launches[EAGER])
    assert FEWEST_PROCESSES == 2


def test_where_all_sit_a_launch_out_those_after_it_are_launched(tmp_path: Path) -> None:
    """Two slow cases of seven launches: the first and the last, and no process for the five between them."""
    engine = Engine()
    engine.seconds = {EAGER: 10.0, "cold/function/b1": 3.9}
    campaign(tmp_path, engine, modes=("eager", "function"), launches=7).measure()
    assert engine.told("cold") == [(EAGER, "cold/function/b1"), ("cold/function/b1",), (EAGER, "cold/function/b1")]
    alone = Engine()
    alone.single = {"memory/eager/b1"}
    campaign(tmp_path / "alone", alone, modes=("eager",), workloads=("memory",), launches=5).measure()
    assert alone.told("memory") == [("memory/eager/b1",)] * 2


def test_memory_without_a_second_call_is_watched_twice(tmp_path: Path) -> None:
    """It has a peak, and no growth that more processes would tell; the others are in every launch."""
    engine = Engine()
    engine.single = {"memory/function-xla/b1"}
    summary = summarise(campaign(tmp_path, engine, workloads=("memory",), launches=4).measure())
    launches = [["memory/function-xla/b1" in cases, "memory/eager/b1" in cases] for cases in engine.told("memory")]
    assert launches == [[True, True], [False, True], [False, True], [True, True]]
    assert [own.processes for own in summary.memory] == [4, 2]
    assert summary.green


def test_memory_is_watched_in_every_launch_however_long_it_takes(tmp_path: Path) -> None:
    """Nothing is timed, so nothing is too slow; and what a cold start took is no matter."""
    engine = Engine()
    engine.seconds = {EAGER: 1000.0, XLA: 1000.0}
    campaign(tmp_path, engine, workloads=("cold", "memory"), launches=4).measure()
    assert engine.told("memory") == [("memory/eager/b1", "memory/function-xla/b1")] * 4


@pytest.mark.parametrize(
    ("cost_s", "expected"), [(0.0, range(7)), (1.0, range(7)), (4.0, (0, 3, 6)), (5.0, (0, 6)), (1000.0, (0, 6))]
)
def test_a_share_buys_launches_from_the_first_to_the_last(cost_s: float, expected: Any) -> None:
    """Twelve seconds over seven launches, never fewer than two."""
    assert [index for index in range(7) if takes_part(cost_s, 12.0, 7, index, FEWEST_PROCESSES)] == list(expected)


def test_imports_cost_a_case_nothing() -> None:
    """They are once for all."""
    parts = {"imports": 3.0, "first call": 1.5}
    samples = (Sample("a", "cold", -1, 0, 1, 4.5, 0, 0, parts), Sample("a", "warmup", -1, 1, 1, 0.25, 0, 0))
    assert cost_of_cases(Launch(0, 0, "complete", 9.0, samples=samples)) == {"a": 1.75}


def test_a_launch_that_can_not_begin_is_not_repeated_and_the_other_kinds_are_tried(tmp_path: Path) -> None:
    """Nobody is to blame, so the next of its kind would fail alike; what is left says why."""
    engine = Engine()
    engine.ends = [LaunchEnd("crashed", "no TensorFlow")] * 3
    summary = summarise(campaign(tmp_path, engine, modes=("eager",), workloads=("cold", "memory")).measure())
    assert [job.kind for job in engine.jobs] == ["cold", "memory"]
    assert all("no TensorFlow" in case.reason for case in summary.cases)


def test_a_launch_that_keeps_dying_is_not_repeated_for_ever(tmp_path: Path) -> None:
    """A case that takes its launch down each time is given up; so many launches more than planned, and no more."""
    engine = Engine()
    engine.ends = [LaunchEnd("crashed", "killed", culprit=0)] * 99
    modes = ("eager", "function", "predict", "graph-v1", "graph-v1-feed", "saved-model", "numpy")
    campaign(tmp_path, engine, modes=modes).measure()
    assert len(engine.told("cold")) == 2 + REPLACEMENTS


@pytest.mark.parametrize("place", range(6))
def test_ctrl_c_keeps_what_was_started_watched_and_counted(tmp_path: Path, place: int) -> None:
    """In each launch: those before are whole, the one that was going on has its first case, and the rest never was."""
    engine = Engine()
    kinds = ["fill", "cold", "cold", "memory", "memory", "count"]
    engine.ends = [*[None] * place, KeyboardInterrupt()]
    stopped = campaign(tmp_path, engine, workloads=("cold", "memory", "traces"))
    with pytest.raises(KeyboardInterrupt):
        stopped.measure()
    run: Run = read_run(tmp_path / "launches.jsonl")
    assert run == stopped.run
    assert [launch.kind for launch in run.launches] == kinds[: place + 1]
    assert [launch.ended for launch in run.launches] == [*["complete"] * place, "interrupted"]
    assert list(run.launches[-1].cases) == [engine.jobs[-1].cases[0]]
    assert run.interrupted


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({"workloads": ("cold",)}, 5000),
        ({"workloads": ("memory",), "batch_sizes": (6000,)}, 6000),
        ({"workloads": ("cold",), "drop": "b1"}, FEW),
        ({"workloads": ("traces",)}, FEW),
    ],
)
def test_observations_are_as_many_as_the_largest_batch_takes(tmp_path: Path, asked: dict[str, Any], rows: int) -> None:
    """Cold starts and memory of batches see those that a race would see; trainings and counts need a few."""
    assert campaign(tmp_path, Engine(), **asked).measure().start.observations.rows == rows


def test_a_cached_start_is_told_by_what_it_is(tmp_path: Path) -> None:
    """The mode's own words, and that its cache was full."""
    modes = campaign(tmp_path, Engine()).measure().start.modes
    assert modes["function-xla+cache"].startswith(modes["function-xla"])
    assert modes["function-xla+cache"].endswith("started with a filled persistent XLA cache")
    assert "cache" not in modes["eager"]
