"""What a launch makes of its job, without a process and without a mode."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from eagerbench import launch
from eagerbench.campaign import Campaign
from eagerbench.engines.local import LaunchEnd
from eagerbench.launch import Job
from eagerbench.plan import SWEEP, Request, make_plan
from eagerbench.race import Budget
from eagerbench.results import Plan
from eagerbench.workloads import yardsticks


def _jobs(plan: Plan, folder: Path) -> list[Job]:
    """What the launches of a plan are to do."""
    jobs: list[Job] = []

    def engine(job: Job, *_: Any) -> LaunchEnd:
        jobs.append(job)
        return LaunchEnd("complete")

    watcher = SimpleNamespace(say=lambda _: None, launch=lambda *_: None, launched=lambda _: None)
    Campaign(plan, folder, watcher, engine).measure()  # type: ignore[arg-type]
    return jobs


def _budget(job: Job, monkeypatch: pytest.MonkeyPatch) -> Budget:
    """Of the race that a launch runs."""
    budgets: list[Budget] = []

    class Race:
        def __init__(self, contenders: Any, budget: Budget, *_: Any) -> None:
            assert len(contenders) == len(job.cases)
            budgets.append(budget)

        def run(self) -> None:
            """Nothing."""

    monkeypatch.setattr("eagerbench.race.Race", Race)
    monkeypatch.setattr(yardsticks, "contenders", list)
    contenders: Any = SimpleNamespace(of=lambda case: case)
    launch._race(job, launch.Pipe(io.BytesIO(), None, {}), contenders)
    return budgets[0]


def test_a_launch_of_a_sweep_spends_its_share_of_the_thinner_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seconds and rounds are divided by the launches; what holds for each call is not."""
    asked = Request(modes=("numpy",), hidden=(8, 16), batch_sizes=(1,), launches=5)
    job = _jobs(make_plan(asked), tmp_path)[0]
    budget = _budget(job, monkeypatch)
    assert (budget.case_seconds, budget.min_rounds) == (pytest.approx(SWEEP.case_seconds / 5), 1)
    assert (budget.warmup_seconds, budget.fewest_rounds) == (SWEEP.warmup_seconds, SWEEP.fewest_rounds)
    assert budget.longest_start * budget.warmup_seconds == pytest.approx(SWEEP.longest_start_s)


def test_elsewhere_a_launch_has_the_budget_that_a_race_has_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan's defaults say the same as the race's, as they did before there were sweeps."""
    job = _jobs(make_plan(Request(modes=("numpy",), workloads=("forward",), batch_sizes=(1,))), tmp_path)[0]
    budget, default = _budget(job, monkeypatch), Budget(1.0, 1)
    assert (budget.warmup_seconds, budget.fewest_rounds) == (default.warmup_seconds, default.fewest_rounds)
    assert budget.longest_start == pytest.approx(default.longest_start)


def test_a_job_survives_the_journey_into_a_process(tmp_path: Path) -> None:
    """It is JSON: environment, model and settings come back as what they were."""
    asked = Request(modes=("eager",), workloads=("forward",), batch_sizes=(1,), env="CartPole-v1")
    (job, *_) = _jobs(make_plan(asked), tmp_path)
    assert msgspec.json.decode(msgspec.json.encode(job), type=Job) == job
    assert job.spec.id == "CartPole-v1"
