"""Launch after launch with a hand-made engine: what is kept when launches crash, hang or are stopped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from eagerbench.campaign import Campaign, cost_of_cases, takes_part
from eagerbench.engines.local import LaunchEnd
from eagerbench.launch import Event, Job, Outcome, Progress, Samples, Standing, Trained
from eagerbench.observations import FEW
from eagerbench.plan import Request, make_plan
from eagerbench.results import CaseOutcome, Launch, LaunchKind, Run, Sample, TrainingRun, read_run
from eagerbench.summary import summarise

EAGER, NUMPY = "forward/eager/b8", "forward/numpy/b8"
SLOW, MIDDLE, FAST = (f"train/{mode}/env1" for mode in ("eager", "function", "fused"))
# Seconds of an update in the hand-made engine.
UPDATE_S = {SLOW: 0.64, MIDDLE: 0.32, FAST: 0.064}


class Silent:
    """A watcher that counts launches."""

    def __init__(self) -> None:
        self.launches = 0

    def say(self, text: str) -> None:
        assert text

    def launch(self, kind: LaunchKind, number: int, total: int, cases: int) -> None:
        assert kind in {"race", "check", "training"}
        assert 0 <= number < total
        assert cases

    def standing(self, standing: Standing) -> None:
        assert standing

    def progress(self, progress: Progress) -> None:
        assert progress

    def launched(self, launch: Launch) -> None:
        assert launch
        self.launches += 1


def told(job: Job, on_event: Callable[[Event], None], until: int | None = None, seconds: float = 0.5) -> None:
    """What a launch tells of its cases, up to one of them."""
    for position, case in enumerate(job.cases[:until]):
        on_event(Outcome(case, CaseOutcome("ok")))
        on_event(Samples((Sample(case, "cold", -1, 2 * position, 1, seconds, 0.0, 0.0),)))
        on_event(Samples((Sample(case, "steady", 0, 2 * position + 1, 1, seconds, 0.0, 0.0),)))


Engine = Callable[[Job, Callable[[Event], None], float], LaunchEnd]


@pytest.fixture(autouse=True)
def few_observations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collecting a hundred thousand takes a moment, and no engine here looks at them."""
    monkeypatch.setattr("eagerbench.observations.MANY", 500)


def campaign(folder: Path, engine: Engine, launches: int = 3) -> Campaign:
    plan = make_plan(
        Request(
            modes=("eager", "numpy"),
            workloads=("forward",),
            batch_sizes=(8,),
            launches=launches,
            case_seconds=3.0,
            min_rounds=5,
        )
    )
    return Campaign(plan, folder, Silent(), engine)


def test_every_launch_gets_its_share_of_the_budget_and_a_seed_of_its_own(tmp_path: Path) -> None:
    """Three seconds and five rounds over three launches: one second and two rounds each."""
    jobs: list[Job] = []

    def engine(job: Job, on_event: Callable[[Event], None], _timeout_s: float) -> LaunchEnd:
        jobs.append(job)
        told(job, on_event)
        return LaunchEnd("complete")

    run = campaign(tmp_path, engine).measure()
    assert [(job.case_seconds, job.min_rounds, job.cases) for job in jobs] == [(1.0, 2, (EAGER, NUMPY))] * 3
    assert len({job.launch_seed for job in jobs}) == 3
    assert [launch.seed for launch in run.launches] == [job.launch_seed for job in jobs]
    assert run.end is not None
    assert run.end.outcome == "complete"
    assert run == read_run(tmp_path / "launches.jsonl")


def test_observations_are_collected_once_and_told_of(tmp_path: Path) -> None:
    """As many distinct rows whatever the batch, and a hash to recognise them by."""
    paths: set[str] = set()

    def engine(job: Job, on_event: Callable[[Event], None], _timeout_s: float) -> LaunchEnd:
        paths.add(job.observations)
        told(job, on_event)
        return LaunchEnd("complete")

    observations = campaign(tmp_path, engine).measure().start.observations
    assert (observations.rows, observations.distinct, observations.shape) == (500, 500, (4,))
    assert observations.dtype == "float32"
    assert len(observations.sha256) == 64
    assert len(paths) == 1


@pytest.mark.parametrize(("ended", "status"), [("crashed", "crashed"), ("timed-out", "timed-out")])
def test_a_case_that_takes_its_launch_down_is_left_out_of_the_next(tmp_path: Path, ended: str, status: str) -> None:
    """The culprit is reported, the other case is measured as often as planned, and the run is red."""
    jobs: list[Job] = []

    def engine(job: Job, on_event: Callable[[Event], None], _timeout_s: float) -> LaunchEnd:
        jobs.append(job)
        if NUMPY in job.cases:
            told(job, on_event, until=1)
            return LaunchEnd(ended, "killed by SIGKILL", culprit=job.cases.index(NUMPY))  # type: ignore[arg-type]
        told(job, on_event)
        return LaunchEnd("complete")

    summary = summarise(campaign(tmp_path, engine).measure())
    eager, numpy = summary.cases
    assert [job.cases for job in jobs] == [(EAGER, NUMPY), (EAGER,), (EAGER,), (EAGER,)]
    assert (numpy.status, numpy.reason, numpy.timed) == (status, "killed by SIGKILL", False)
    assert (eager.status, eager.launches) == ("ok", 4)
    assert not summary.green


def test_a_launch_that_fails_outside_all_cases_is_not_repeated_for_ever(tmp_path: Path) -> None:
    """Without TensorFlow every launch would fail alike; one is enough to say why."""
    calls = []

    def engine(job: Job, _on_event: Callable[[Event], None], _timeout_s: float) -> LaunchEnd:
        calls.append(job)
        return LaunchEnd("crashed", "the process ended with exit code 1: No module named 'tensorflow'")

    summary = summarise(campaign(tmp_path, engine).measure())
    assert len(calls) == 1
    assert all("No module named 'tensorflow'" in case.reason for case in summary.cases)


def test_ctrl_c_keeps_what_was_measured(tmp_path: Path) -> None:
    """The whole launch and the half one are on disk, marked as interrupted, and the interrupt goes on."""

    def engine(job: Job, on_event: Callable[[Event], None], _timeout_s: float) -> LaunchEnd:
        if engine.calls:  # type: ignore[attr-defined]
            told(job, on_event, until=1)
            raise KeyboardInterrupt
        engine.calls = 1  # type: ignore[attr-defined]
        told(job, on_event)
        return LaunchEnd("complete")

    engine.calls = 0  # type: ignore[attr-defined]
    stopped = campaign(tmp_path, engine)
    with pytest.raises(KeyboardInterrupt):
        stopped.measure()
    run = read_run(tmp_path / "launches.jsonl")
    assert run == stopped.run
    assert [launch.ended for launch in run.launches] == ["complete", "interrupted"]
    assert len(run.launches[1].samples) == 2
    assert run.interrupted
    assert summarise(run).cases[0].timed


def test_a_disagreeing_case_is_not_measured_again(tmp_path: Path) -> None:
    """One launch has shown it; the others spare their time for what counts."""
    jobs: list[Job] = []

    def engine(job: Job, on_event: Callable[[Event], None], _timeout_s: float) -> LaunchEnd:
        jobs.append(job)
        told(job, on_event)
        if NUMPY in job.cases:
            on_event(Outcome(NUMPY, CaseOutcome("disagrees", "off by one")))
        return LaunchEnd("complete")

    run: Run = campaign(tmp_path, engine).measure()
    assert [job.cases for job in jobs] == [(EAGER, NUMPY), (EAGER,), (EAGER,)]
    assert summarise(run).cases[1].status == "disagrees"


@pytest.mark.parametrize(
    ("cost_s", "expected"),
    [(0.0, [0, 1, 2, 3, 4]), (10.0, [0, 1, 2, 3, 4]), (20.0, [0, 2, 4]), (29.0, [0, 2, 4]), (1000.0, [0, 2, 4])],
)
def test_slow_cases_sit_launches_out(cost_s: float, expected: list[int]) -> None:
    """Sixty seconds of share over five launches, never fewer than three of them, from the first to the last."""
    assert [index for index in range(5) if takes_part(cost_s, 60.0, 5, index)] == expected


def test_slow_cases_alone_have_the_launches_that_they_can_pay_for(tmp_path: Path) -> None:
    """Forty seconds of a share of forty-five: three of five launches, though nobody is due in the second."""
    jobs: list[Job] = []

    def engine(job: Job, on_event: Callable[[Event], None], _timeout_s: float) -> LaunchEnd:
        jobs.append(job)
        told(job, on_event, seconds=20.0)
        return LaunchEnd("complete")

    run = campaign(tmp_path, engine, launches=5).measure()
    assert run.start.plan.slow_case_seconds == 45.0
    assert [job.cases for job in jobs] == [(EAGER, NUMPY)] * 3


def test_the_cost_of_a_case_is_all_it_did_in_a_launch() -> None:
    """Cold, warm-up and steady samples add up."""
    samples = tuple(Sample("a", stage, 0, 0, 1, 1.5, 0.0, 0.0) for stage in ("cold", "warmup", "steady"))
    assert cost_of_cases(Launch(0, 0, "complete", 9.0, samples=samples)) == {"a": 4.5}


class Trainings:
    """An engine for trainings: everything agrees, is timed, and reaches the target, but for what a test changes.

    Attributes:
        jobs: that it was given.
        ends: what happens instead of going on, by kind of launch and case: an end, or an exception.
    """

    def __init__(self, ends: dict[tuple[LaunchKind, str], LaunchEnd | BaseException] | None = None) -> None:
        self.jobs: list[Job] = []
        self.ends = ends or {}

    def __call__(self, job: Job, on_event: Callable[[Event], None], _timeout_s: float) -> LaunchEnd:
        self.jobs.append(job)
        for case in job.cases:
            end = self.ends.get((job.kind, case))
            if isinstance(end, BaseException):
                raise end
            if end:
                return end if end.culprit is None else LaunchEnd(end.ended, end.reason, job.cases.index(case))
            if job.kind == "training":
                on_event(Standing(case, 100, 20.0, 0.25, 0.25))
                on_event(Trained(reached(case, job.launch_seed)))
            else:
                on_event(Outcome(case, CaseOutcome("ok")))
            if job.kind == "race":
                on_event(Samples((Sample(case, "cold", -1, 0, 1, 1.0, 0.0, 0.0),)))
                on_event(Samples((Sample(case, "steady", 0, 1, 1, UPDATE_S[case], 0.0, 0.0),)))
        return LaunchEnd("complete")

    def told(self, kind: LaunchKind) -> list[tuple[str, ...]]:
        """Cases of the launches of a kind."""
        return [job.cases for job in self.jobs if job.kind == kind]


def reached(case: str, seed: int) -> TrainingRun:
    return TrainingRun(case, seed, "solved", "", 64, 2.0, 60, 1.5, (30, 60), (190.0, 200.0), (1.0, 1.5), ((0.5, 2.0),))


def trainings(folder: Path, engine: Engine, seeds: int = 2, launches: int = 2) -> Campaign:
    asked = Request(modes=("eager", "function", "fused"), workloads=("train",), launches=launches, seeds=seeds)
    return Campaign(make_plan(asked), folder, Silent(), engine)


CRASH = LaunchEnd("crashed", "killed by SIGSEGV", culprit=0)


def test_agents_are_compared_then_timed_then_trained(tmp_path: Path) -> None:
    """One comparison, the races, and a launch for each seed with the fastest mode first; all of it is in the file."""
    engine = Trainings()
    run = trainings(tmp_path, engine).measure()
    assert [job.kind for job in engine.jobs] == ["check", "race", "race", "training", "training"]
    assert engine.told("check") == [(SLOW, MIDDLE, FAST)]
    assert engine.told("race") == [(SLOW, MIDDLE, FAST)] * 2
    assert engine.told("training") == [(FAST, MIDDLE, SLOW)] * 2
    assert [job.launch_seed for job in engine.jobs if job.kind == "training"] == [0, 1]
    assert [launch.kind for launch in run.launches] == [job.kind for job in engine.jobs]
    assert [launch.index for launch in run.launches] == [0, 1, 2, 3, 4]
    assert [len(launch.runs) for launch in run.launches] == [0, 0, 0, 3, 3]
    assert run.training_runs[:3] == tuple(reached(case, 0) for case in (FAST, MIDDLE, SLOW))
    assert run == read_run(tmp_path / "launches.jsonl")
    assert summarise(run).green


def test_a_training_launch_knows_how_fast_each_mode_is(tmp_path: Path) -> None:
    """64 steps in 0.064, 0.32 and 0.64 s; the others are told nothing."""
    engine = Trainings()
    trainings(tmp_path, engine).measure()
    assert [bool(job.steps_per_s) for job in engine.jobs] == [False] * 3 + [True] * 2
    assert engine.jobs[-1].steps_per_s == pytest.approx({FAST: 1000.0, MIDDLE: 200.0, SLOW: 100.0})


def test_forward_passes_alone_are_neither_compared_as_agents_nor_trained(tmp_path: Path) -> None:
    """Though the plan has seeds."""
    kinds: list[LaunchKind] = []

    def engine(job: Job, on_event: Callable[[Event], None], _timeout_s: float) -> LaunchEnd:
        kinds.append(job.kind)
        told(job, on_event)
        return LaunchEnd("complete")

    run = campaign(tmp_path, engine).measure()
    assert run.start.plan.training.seeds
    assert kinds == ["race"] * 3


def test_without_seeds_trainings_are_only_timed(tmp_path: Path) -> None:
    """Compared and raced as ever."""
    engine = Trainings()
    trainings(tmp_path, engine, seeds=0).measure()
    assert [job.kind for job in engine.jobs] == ["check", "race", "race"]


@pytest.mark.parametrize("status", ["disagrees", "unavailable", "failed"])
def test_an_agent_that_does_not_agree_is_neither_timed_nor_trained(tmp_path: Path, status: str) -> None:
    """Wrong numbers, or none: the others go on, and the case tells why."""

    class Disagrees(Trainings):
        def __call__(self, job: Job, on_event: Callable[[Event], None], timeout_s: float) -> LaunchEnd:
            end = super().__call__(job, on_event, timeout_s)
            if job.kind == "check":
                on_event(Outcome(MIDDLE, CaseOutcome(status, "after 50 updates")))  # type: ignore[arg-type]
            return end

    engine = Disagrees()
    run = trainings(tmp_path, engine).measure()
    assert engine.told("race") == [(SLOW, FAST)] * 2
    assert engine.told("training") == [(FAST, SLOW)] * 2
    (case,) = [case for case in summarise(run).cases if case.case.id == MIDDLE]
    assert (case.status, case.reason, case.timed) == (status, "after 50 updates", False)


def test_a_case_that_fails_in_a_race_is_not_trained(tmp_path: Path) -> None:
    """Its times are withheld, so it has no speed to be known by."""
    engine = Trainings({("race", MIDDLE): CRASH})
    trainings(tmp_path, engine).measure()
    assert engine.told("race")[0] == (SLOW, MIDDLE, FAST)
    assert set(engine.told("race")[1:]) == {(SLOW, FAST)}
    assert engine.told("training") == [(FAST, SLOW)] * 2


def test_a_case_that_was_timed_and_then_disqualified_is_not_trained(tmp_path: Path) -> None:
    """It has samples, but they don't count, so neither does the speed that they would give."""

    class Retraced(Trainings):
        def __call__(self, job: Job, on_event: Callable[[Event], None], timeout_s: float) -> LaunchEnd:
            end = super().__call__(job, on_event, timeout_s)
            if job.kind == "race" and MIDDLE in job.cases:
                on_event(Outcome(MIDDLE, CaseOutcome("retraced", "traced 1 more times while it was timed")))
            return end

    engine = Retraced()
    trainings(tmp_path, engine).measure()
    assert engine.told("race") == [(SLOW, MIDDLE, FAST), (SLOW, FAST)]
    assert engine.told("training") == [(FAST, SLOW)] * 2


def test_a_comparison_that_crashes_goes_on_behind_the_culprit(tmp_path: Path) -> None:
    """What had agreed is not compared again, and the case that took the process down is not raced."""
    engine = Trainings({("check", MIDDLE): CRASH})
    run = trainings(tmp_path, engine).measure()
    assert engine.told("check") == [(SLOW, MIDDLE, FAST), (FAST,)]
    assert engine.told("race") == [(SLOW, FAST)] * 2
    assert [launch.ended for launch in run.launches[:2]] == ["crashed", "complete"]
    assert run.launches[0].cases[MIDDLE] == CaseOutcome("crashed", "killed by SIGSEGV")


def test_a_comparison_that_cannot_begin_is_not_repeated_for_ever(tmp_path: Path) -> None:
    """Nobody is to blame, so the next one would fail alike."""
    engine = Trainings({("check", SLOW): LaunchEnd("crashed", "no TensorFlow")})
    trainings(tmp_path, engine).measure()
    assert len(engine.told("check")) == 1


@pytest.mark.parametrize("ended", ["crashed", "timed-out"])
def test_a_training_that_takes_its_launch_down_has_failed_and_the_rest_is_trained(tmp_path: Path, ended: str) -> None:
    """Its run says why; the faster one is kept, the slower one gets a launch of its own, and the next seed has all."""

    class Once(Trainings):
        def __call__(self, job: Job, on_event: Callable[[Event], None], timeout_s: float) -> LaunchEnd:
            if job.launch_seed == 1:
                self.ends = {}
            return super().__call__(job, on_event, timeout_s)

    engine = Once({("training", MIDDLE): LaunchEnd(ended, "killed", culprit=0)})  # type: ignore[arg-type]
    run = trainings(tmp_path, engine).measure()
    assert engine.told("training") == [(FAST, MIDDLE, SLOW), (SLOW,), (FAST, MIDDLE, SLOW)]
    assert [(one.case, one.seed, one.ended, one.reason) for one in run.training_runs[:3]] == [
        (FAST, 0, "solved", ""),
        (MIDDLE, 0, "failed", "killed"),
        (SLOW, 0, "solved", ""),
    ]
    assert run == read_run(tmp_path / "launches.jsonl")
    summary = summarise(run)
    assert summary.green  # its times count
    assert [len(case.to_target.failed) for case in summary.cases if case.to_target] == [0, 1, 0]


def test_a_training_launch_that_cannot_begin_is_not_repeated_for_ever(tmp_path: Path) -> None:
    """Once for each seed, and nobody is to blame."""
    engine = Trainings({("training", FAST): LaunchEnd("crashed", "no TensorFlow")})
    run = trainings(tmp_path, engine).measure()
    assert len(engine.told("training")) == 2
    assert run.training_runs == ()


def test_a_process_that_dies_after_its_last_run_has_not_failed_it(tmp_path: Path) -> None:
    """The case that ran last has reached the target already: one run for each case and seed, and no failed one."""

    class DiesAtTheEnd(Trainings):
        def __call__(self, job: Job, on_event: Callable[[Event], None], timeout_s: float) -> LaunchEnd:
            end = super().__call__(job, on_event, timeout_s)
            return LaunchEnd("crashed", "killed", len(job.cases) - 1) if job.kind == "training" else end

    run = trainings(tmp_path, DiesAtTheEnd(), seeds=1).measure()
    assert [(one.case, one.ended) for one in run.training_runs] == [(case, "solved") for case in (FAST, MIDDLE, SLOW)]


@pytest.mark.parametrize(
    ("kind", "kinds", "runs"),
    [
        ("check", ["check"], []),
        ("race", ["check", "race"], []),
        ("training", ["check", "race", "race", "training"], [FAST]),
    ],
)
def test_ctrl_c_keeps_what_was_trained(tmp_path: Path, kind: LaunchKind, kinds: list[str], runs: list[str]) -> None:
    """In each part of a campaign: what had ended is on disk, and nothing that was going on counts as failed."""
    stopped = trainings(tmp_path, Trainings({(kind, MIDDLE): KeyboardInterrupt()}))
    with pytest.raises(KeyboardInterrupt):
        stopped.measure()
    run = read_run(tmp_path / "launches.jsonl")
    assert run == stopped.run
    assert [launch.kind for launch in run.launches] == kinds
    assert run.launches[-1].ended == "interrupted"
    assert [(one.case, one.ended) for one in run.training_runs] == [(case, "solved") for case in runs]
    assert run.interrupted


def test_few_observations_are_collected_where_no_batch_of_them_is_timed(tmp_path: Path) -> None:
    """Updates and trainings need a few thousand, forward passes a hundred thousand."""
    assert trainings(tmp_path, Trainings()).measure().start.observations.rows == FEW
