"""Agents trained by the real command: every number recomputed from the raw episodes, accidents included."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from eagerbench.results import Run, read_run
from eagerbench.summary import summarise

pytestmark = pytest.mark.end_to_end

Command = Callable[..., subprocess.CompletedProcess[str]]
ENVIRONMENTS = """
import gymnasium
from gymnasium.envs.classic_control.cartpole import CartPoleEnv


class Later(CartPoleEnv):
    taken = 0

    def reset(self, *, seed=None, options=None):
        self.taken = 0 if seed is not None else self.taken
        return super().reset(seed=seed, options=options)

    def step(self, action):
        self.taken += 1
        observation, reward, *rest = super().step(action)
        return observation, self.reward(reward), *rest


class Raises(Later):
    def reward(self, reward):
        if self.taken > 4000:
            raise RuntimeError("the pole is out of stock")
        return reward


class NotANumber(Later):
    def reward(self, reward):
        return float("nan") if self.taken > 4000 else reward


for environment in (Raises, NotANumber):
    gymnasium.register(f"{environment.__name__}-v0", environment, max_episode_steps=200, reward_threshold=195.0)
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, command: Command) -> tuple[Path, Any]:
    """One small run of updates and trainings, in two environments that are processes of their own."""
    folder = tmp_path_factory.mktemp("trained")
    arguments = ["--modes", "eager,graph-v1,fused-xla", "--envs", "2", "--vectorization", "async", "--seeds", "2"]
    result = command(
        "run", "--profile", "smoke", "--workloads", "update,train", "--launches", "2", *arguments, folder=folder
    )
    return folder / "benchmark-report", result


@pytest.fixture(scope="module")
def run(trained: tuple[Path, Any]) -> Run:
    """What it left behind."""
    return read_run(trained[0])


def test_agents_are_compared_before_they_are_timed_and_trained(trained: tuple[Path, Any], run: Run) -> None:
    """One comparison, then races, then a training for each seed; all agree, and the run is green."""
    assert trained[1].returncode == 0, trained[1].stdout + trained[1].stderr
    assert [launch.kind for launch in run.launches] == ["check", "race", "race", "training", "training"]
    summary = summarise(run)
    assert summary.green
    assert all(case.parity is not None and case.parity.passed for case in summary.cases)
    trainings = [case for case in summary.cases if case.case.workload == "train"]
    assert [case.case.id for case in trainings] == [f"train/{mode}/env2" for mode in ("eager", "graph-v1", "fused-xla")]
    assert all("after 1, 10 and 50 updates" in case.parity.reference for case in trainings if case.parity)


def test_speed_and_its_parts_are_those_of_the_samples(run: Run) -> None:
    """Steps per second from wall time, and parts that together are all of it."""
    steps = run.start.plan.training.timed.steps * 2
    for case in summarise(run).cases:
        if case.case.workload != "train":
            assert case.steps_per_s is None
            continue
        assert case.steps_per_s is not None
        assert case.time_s is not None
        assert case.steps_per_s.value == pytest.approx(steps / case.time_s.value)
        whole = [sample for launch in run.races for sample in launch.samples if sample.case == case.case.id]
        for sample in whole:
            if sample.stage == "steady":
                assert sum(sample.parts.values()) == pytest.approx(sample.wall_s, rel=0.05)
        expected = {"program"} if case.case.mode == "fused-xla" else {"act", "environment", "update"}
        assert set(case.parts_s) == {"bookkeeping", *expected}


def test_the_target_was_reached_where_a_run_says_so_and_not_before(run: Run) -> None:
    """The mean of the last hundred episodes, recomputed from the episodes; both seeds, logged and distinct."""
    training = run.start.plan.training
    own = [one for one in run.training_runs if one.case == "train/fused-xla/env2"]
    assert [one.seed for one in own] == list(training.seeds) == [0, 1]
    assert [one.ended for one in own] == ["solved", "solved"]
    for one in own:
        means = np.convolve(one.episode_returns, np.ones(training.window) / training.window, "valid")
        first = int(np.flatnonzero(means >= training.target - 1e-9)[0]) + training.window - 1
        assert one.steps_to_target == one.episode_steps[first]
        assert one.seconds_to_target == one.episode_seconds[first] <= one.seconds
        assert len(one.losses) * training.to_target.steps * training.envs == one.steps
        assert list(one.episode_steps) == sorted(one.episode_steps)


def test_results_and_report_tell_of_the_training(trained: tuple[Path, Any]) -> None:
    """`extra_info` carries what the design promises, the folder holds the figures, the page their names."""
    folder, _ = trained
    document = json.loads((folder / "results.json").read_text())
    extra = {one["extra_info"]["case"]: one["extra_info"] for one in document["benchmarks"]}["train/fused-xla/env2"]
    assert (extra["solved"], extra["seeds"]) == (2, [0, 1])
    assert extra["env_steps_per_s"] > 0
    assert extra["steps_to_target"] > 0
    page = (folder / "index.html").read_text()
    for name in ("Training in 2 environments", "Gradient step on 64 rows"):
        assert name in page


@pytest.mark.parametrize(
    ("env", "ended", "reason"),
    [
        ("later:Raises-v0", "failed", "RuntimeError: the pole is out of stock"),
        ("later:NotANumber-v0", "diverged", "the loss is not a number at update 63"),
    ],
)
def test_a_run_that_breaks_in_the_middle_is_told_and_the_rest_is_kept(
    run_command: Command, tmp_path: Path, env: str, ended: str, reason: str
) -> None:
    """After 4,000 steps the environment raises, or its reward is no number: 62 updates are kept, and all times."""
    (tmp_path / "later.py").write_text(ENVIRONMENTS)
    result = run_command(
        *("run", "--profile", "smoke", "--launches", "1", "--workloads", "train", "--modes", "rollout,fused"),
        *("--env", env, "--seeds", "1"),
        folder=tmp_path,
    )
    run = read_run(tmp_path / "benchmark-report")
    (own,) = run.training_runs
    assert (own.ended, own.case) == (ended, "train/rollout/env1")
    assert reason in own.reason
    assert own.steps_to_target is None
    rollout, fused = summarise(run).cases
    assert rollout.timed
    assert (fused.status, fused.timed) == ("unavailable", False)
    assert "Traceback" not in result.stdout + result.stderr
    assert reason in (tmp_path / "benchmark-report" / "index.html").read_text()


def test_ctrl_c_keeps_the_seeds_that_are_finished(start: Callable[..., Any], tmp_path: Path) -> None:
    """Stopped while it trains from one of many seeds: those before are on disk, and rendered."""
    running = start("--workloads", "train", "--modes", "fused-xla", "--launches", "1", "--seeds", "40")
    running.wait_for_launches(2, kind="training")
    running.interrupt()
    output = running.finish()
    assert running.process.returncode == 2, output
    run = read_run(tmp_path / "benchmark-report")
    assert run.interrupted
    assert len(run.training_runs) >= 2
    assert len({one.seed for one in run.training_runs}) == len(run.training_runs)
    assert "interrupted" in (tmp_path / "benchmark-report" / "index.html").read_text()


def test_an_agent_trained_and_tested_in_a_static_graph_scores_200(run_command: Command, tmp_path: Path) -> None:
    """The article's last experiment: nothing but a `tf.Graph`, solved, and most test episodes last to the limit."""
    result = run_command("train", "--mode", "graph-v1", "--seed", "0", "--test-episodes", "10", folder=tmp_path)
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    assert "solved after" in said
    (scores,) = [line for line in said.splitlines() if line.startswith("after training:")]
    assert scores.endswith(" of 200")
    assert scores.removeprefix("after training: ").removesuffix(" of 200").split(", ").count("200") >= 6
    (before,) = [line for line in said.splitlines() if line.startswith("before training:")]
    assert float(before.split()[2]) < 100


def test_a_test_episode_can_be_filmed_and_the_rewards_drawn(run_command: Command, tmp_path: Path) -> None:
    """A GIF with an image for each step that can be seen, and the history of the rewards as a PNG."""
    pytest.importorskip("pygame", reason="the extra `render` is not installed")
    pytest.importorskip("imageio", reason="the extra `render` is not installed")
    result = run_command(
        *("train", "--mode", "fused-xla", "--render", "films/episode.gif", "--history", "history.png"), folder=tmp_path
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    (scores,) = [line for line in said.splitlines() if line.startswith("after training:")]
    with Image.open(tmp_path / "films" / "episode.gif") as film, Image.open(tmp_path / "history.png") as history:
        images, width = int(getattr(film, "n_frames", 1)), history.width
    # Images that are the same as the one before are shown longer instead of twice.
    assert 10 < images <= int(scores.split()[2]) + 1
    assert width > 500
