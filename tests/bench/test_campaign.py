"""Launch after launch with a hand-made engine: what is kept when launches crash, hang or are stopped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from eagerbench.campaign import Campaign, cost_of_cases, takes_part
from eagerbench.engines.local import LaunchEnd
from eagerbench.launch import Event, Job, Outcome, Progress, Samples
from eagerbench.plan import Request, make_plan
from eagerbench.results import CaseOutcome, Launch, Run, Sample, read_run
from eagerbench.summary import summarise

EAGER, NUMPY = "forward/eager/b8", "forward/numpy/b8"


class Silent:
    """A watcher that counts launches."""

    def __init__(self) -> None:
        self.launches = 0

    def say(self, text: str) -> None:
        assert text

    def launch(self, number: int, total: int, cases: int) -> None:
        assert 0 <= number < total
        assert cases

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
    monkeypatch.setattr("eagerbench.campaign.OBSERVATIONS", 500)


def campaign(folder: Path, engine: Engine, launches: int = 3) -> Campaign:
    plan = make_plan(
        Request(modes=("eager", "numpy"), batch_sizes=(8,), launches=launches, case_seconds=3.0, min_rounds=5)
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
    assert len({job.race_seed for job in jobs}) == 3
    assert [launch.seed for launch in run.launches] == [job.race_seed for job in jobs]
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


def test_the_cost_of_a_case_is_all_it_did_in_a_launch() -> None:
    """Cold, warm-up and steady samples add up."""
    samples = tuple(Sample("a", stage, 0, 0, 1, 1.5, 0.0, 0.0) for stage in ("cold", "warmup", "steady"))
    assert cost_of_cases(Launch(0, 0, "complete", 9.0, samples=samples)) == {"a": 4.5}
