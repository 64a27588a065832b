"""The training loop on environments and agents made by hand. No TensorFlow."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from eagerbench.models.a2c import (
    SEEDS_APART,
    Batch,
    DivergedError,
    Episodes,
    Hyperparameters,
    Loop,
    Losses,
    Transition,
    Uniforms,
    check_losses,
    environment_seeds,
    play_episode,
)


def _column(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float32)[:, None]


class Scripted:
    """Two environments whose observation is one number.

    Of three steps, the first is the last one of the second environment's episode (truncated), the second is the last
    one of the first environment's (terminated). Then it begins again.
    """

    count = 2
    # observations, successors, rewards, terminated, truncated
    SCRIPT = (
        (_column(3, 4), _column(3, 6), [1, 1], [False, False], [False, True]),
        (_column(5, 7), _column(100, 7), [2, 1], [True, False], [False, False]),
        (_column(8, 2), _column(8, 2), [4, 1], [False, False], [False, False]),
    )

    def __init__(self) -> None:
        self.seeds: list[Sequence[int]] = []
        self.actions: list[np.ndarray] = []

    def reset(self, seeds: Sequence[int]) -> np.ndarray:
        self.seeds.append(seeds)
        self.actions = []
        return _column(1, 2)

    def step(self, actions: np.ndarray) -> Transition:
        observations, successors, rewards, terminated, truncated = self.SCRIPT[len(self.actions) % 3]
        self.actions.append(actions.copy())
        return Transition(
            observations, successors, np.array(rewards, np.float32), np.array(terminated), np.array(truncated)
        )


class Agent:
    """Draws action 1 where the uniform is above a half, expects what it observes, and writes down what it was asked."""

    def __init__(self, losses: Sequence[tuple[float, float]] = ((1.0, 2.0),)) -> None:
        self.asked: list[tuple[list[float], list[float]]] = []
        self.batches: list[Batch] = []
        self.losses = losses

    def act(self, observations: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.asked.append((observations[:, 0].tolist(), uniforms.tolist()))
        return (uniforms > 0.5).astype(np.int32), observations[:, 0].copy()

    def update(self, batch: Batch) -> Losses:
        self.batches.append(batch)
        return Losses(*self.losses[min(len(self.batches), len(self.losses)) - 1])


SETTINGS = Hyperparameters(steps=3, discount=0.5)


def _loop(agent: Agent, environments: Scripted, seed: int = 5) -> Loop:
    loop = Loop(agent.act, agent.update, environments, SETTINGS)
    loop.begin(seed)
    return loop


def test_a_batch_is_the_rollout_in_the_order_of_time() -> None:
    """Rows are step by step, all environments of a step together; returns and advantages are those computed by hand."""
    agent, environments = Agent(), Scripted()
    _loop(agent, environments).advance(1)
    (batch,) = agent.batches
    drawn = Uniforms(5, 3, 2).take(1)[0] > 0.5
    np.testing.assert_array_equal(batch.observations, _column(1, 2, 3, 4, 5, 7))
    np.testing.assert_array_equal(batch.actions, drawn.ravel())
    np.testing.assert_array_equal(environments.actions, drawn)
    np.testing.assert_array_equal(batch.returns, [2, 4, 2, 2, 8, 2])
    np.testing.assert_array_equal(batch.advantages, [1, 2, -1, -2, 3, -5])
    assert [part.dtype for part in batch] == [np.float32, np.int32, np.float32, np.float32]


def test_the_critic_is_asked_about_the_successor_of_a_truncated_episode_and_not_of_a_terminated_one() -> None:
    """Three times to act, once for the truncation at its successor 6, once where the rollout ends; never for 100."""
    agent = Agent()
    _loop(agent, Scripted()).advance(1)
    assert [observations for observations, _ in agent.asked] == [[1, 2], [3, 6], [3, 4], [5, 7], [8, 2]]
    assert [uniforms for _, uniforms in agent.asked][1::3] == [[0, 0], [0, 0]]


def test_an_episode_that_is_terminated_at_the_time_limit_is_worth_no_more() -> None:
    """Both flags at once: nothing is to come, so nothing is added to the reward."""

    class Both(Scripted):
        SCRIPT = ((_column(3, 4), _column(50, 60), [1, 2], [True, True], [True, True]),)

        def step(self, actions: np.ndarray) -> Transition:
            self.actions = []
            return super().step(actions)

    agent = Agent()
    _loop(agent, Both()).advance(1)
    np.testing.assert_array_equal(agent.batches[0].returns, [1, 2, 1, 2, 1, 2])


def test_a_truncation_with_the_last_step_of_a_rollout_takes_on_its_successor_only() -> None:
    """The observation after it belongs to the next episode, and is not what was still to come."""

    class Once(Scripted):
        SCRIPT = ((_column(30, 40), _column(6, 8), [1, 1], [False, False], [True, False]),)

        def step(self, actions: np.ndarray) -> Transition:
            self.actions = []
            return super().step(actions)

    agent = Agent()
    loop = Loop(agent.act, agent.update, Once(), Hyperparameters(steps=1, discount=0.5))
    loop.begin(0)
    loop.advance(1)
    np.testing.assert_array_equal(agent.batches[0].returns, [1 + 6 / 2, 1 + 40 / 2])


def test_progress_tells_of_episodes_and_losses() -> None:
    """The second environment's first episode ends after 2 steps, the first one's after 4; the next go over rollouts."""
    agent = Agent([(1.0, 2.0), (3.0, 4.0)])
    progress = _loop(agent, Scripted()).advance(2)
    np.testing.assert_array_equal(progress.episode_steps, [2, 4, 8, 10])
    np.testing.assert_array_equal(progress.episode_returns, [1, 3, 3, 7])
    np.testing.assert_array_equal(progress.losses, [[1, 2], [3, 4]])
    assert progress.losses.dtype == np.float32


def test_updates_at_once_are_updates_one_after_the_other() -> None:
    """What an agent is asked, and learns from, doesn't depend on how often the loop comes back."""
    at_once, one_by_one = Agent(), Agent()
    _loop(at_once, Scripted()).advance(4)
    loop = _loop(one_by_one, Scripted())
    for _ in range(4):
        loop.advance(1)
    assert at_once.asked == one_by_one.asked
    for first, second in zip(at_once.batches, one_by_one.batches, strict=True):
        for part, other in zip(first, second, strict=True):
            np.testing.assert_array_equal(part, other)


def test_beginning_again_repeats_everything() -> None:
    """The same seed: the same environments, actions and numbers of steps; another seed, other ones."""
    environments = Scripted()
    agent = Agent()
    loop = _loop(agent, environments, seed=5)
    first = loop.advance(2)
    actions = environments.actions
    loop.begin(5)
    again = loop.advance(2)
    for part, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(part, other)
    np.testing.assert_array_equal(environments.actions, actions)
    loop.begin(6)
    assert environments.seeds == [environment_seeds(5, 2), environment_seeds(5, 2), environment_seeds(6, 2)]
    loop.advance(2)
    assert not np.array_equal(environments.actions, actions)


def test_a_loop_stops_at_the_first_loss_that_is_no_number() -> None:
    """The third update's; no fourth is tried, and the count goes over calls."""
    agent = Agent([(1.0, 2.0), (1.0, 2.0), (1.0, float("inf"))])
    loop = _loop(agent, Scripted())
    loop.advance(1)
    with pytest.raises(DivergedError, match=r"not a number at update 3 \(policy 1, value inf\)"):
        loop.advance(5)
    assert len(agent.batches) == 3


def test_episodes_go_on_from_one_rollout_to_the_next() -> None:
    """Two environments, three steps and three more: steps count all environments, returns what belongs together."""
    episodes = Episodes(2)
    steps, returns = episodes.add(
        np.array([[1, 2], [3, 4], [5, 6]], np.float32), np.array([[False, False], [True, True], [False, False]])
    )
    np.testing.assert_array_equal(steps, [4, 4])
    np.testing.assert_array_equal(returns, [1 + 3, 2 + 4])
    assert (steps.dtype, returns.dtype) == (np.int64, np.float64)
    steps, returns = episodes.add(np.ones((3, 2), np.float32), np.array([[True, False], [False, False], [True, True]]))
    np.testing.assert_array_equal(steps, [8, 12, 12])
    np.testing.assert_array_equal(returns, [5 + 1, 1 + 1, 6 + 3])


def test_an_episode_over_many_rollouts_is_one_episode() -> None:
    """Nothing ends for two rollouts; all of their rewards count in the third."""
    episodes = Episodes(1)
    nothing = np.zeros((2, 1), np.bool_)
    for _ in range(2):
        steps, returns = episodes.add(np.ones((2, 1), np.float32), nothing)
        assert (steps.shape, returns.shape) == ((0,), (0,))
    steps, returns = episodes.add(np.ones((2, 1), np.float32), np.array([[True], [False]]))
    assert (steps.tolist(), returns.tolist()) == ([5], [5.0])


def test_episodes_are_what_counting_one_step_after_the_other_finds() -> None:
    """Random rewards and ends over seven environments, against a loop that anybody can read."""
    random = np.random.default_rng(0)
    rewards, ends = random.integers(-3, 4, (40, 7)).astype(np.float32), random.random((40, 7)) < 0.2
    expected, running = [], [0.0] * 7
    for step in range(40):
        for environment in range(7):
            running[environment] += float(rewards[step, environment])
            if ends[step, environment]:
                expected.append((7 * (step + 1), running[environment]))
                running[environment] = 0.0
    episodes = Episodes(7)
    found: list[tuple[int, float]] = []
    for first in range(0, 40, 8):
        part = slice(first, first + 8)
        found += zip(*(own.tolist() for own in episodes.add(rewards[part], ends[part])), strict=True)
    assert found == expected


def test_uniforms_taken_at_once_are_those_taken_one_after_the_other() -> None:
    """Also of an odd number in a step, where two single-precision numbers come from one draw of the generator."""
    at_once, one_by_one = Uniforms(3, 5, 1), Uniforms(3, 5, 1)
    many = at_once.take(4)
    np.testing.assert_array_equal(many, np.concatenate([one_by_one.take(1) for _ in range(4)]))
    assert (many.shape, many.dtype) == ((4, 5, 1), np.float32)
    assert ((many >= 0) & (many < 1)).all()
    assert not np.array_equal(many, Uniforms(4, 5, 1).take(4))


def test_no_two_runs_share_the_seed_of_an_environment() -> None:
    """Ten runs of ten thousand environments have a hundred thousand seeds."""
    seeds = [environment_seeds(seed, 10_000) for seed in range(10)]
    assert seeds[3][:2] == [3 * SEEDS_APART, 3 * SEEDS_APART + 1]
    assert len(set().union(*seeds)) == 100_000


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_the_first_update_whose_loss_is_no_number_is_named(value: float) -> None:
    """Of the updates 8, 9 and 10 the second and the third: number 9, whichever of its losses it is."""
    for place in (0, 1):
        losses = np.ones((3, 2), np.float32)
        losses[1:, place] = value
        with pytest.raises(DivergedError, match="at update 9 "):
            check_losses(losses, 10)


def test_finite_losses_pass() -> None:
    """However large."""
    check_losses(np.full((3, 2), 1e38, np.float32), 10)


class OneEpisode:
    """A Gymnasium environment of three steps whose actions begin at ten; the last step truncates."""

    def __init__(self) -> None:
        self.action_space = SimpleNamespace(start=10, n=2)
        self.seeds: list[int] = []
        self.actions: list[int] = []
        self.shown = 0

    def reset(self, seed: int) -> tuple[list[float], dict[str, Any]]:
        self.seeds.append(seed)
        return [0.0, 0.5], {}

    def step(self, action: int) -> tuple[list[float], float, bool, bool, dict[str, Any]]:
        self.actions.append(action)
        return [float(len(self.actions)), 0.5], 1.5, False, len(self.actions) == 3, {}

    def render(self) -> str:
        self.shown += 1
        return f"frame {len(self.actions)}"


def test_an_episode_is_played_to_its_end_with_drawn_actions() -> None:
    """Rewards are summed, actions begin where the environment's do, and the observation is one row of float32."""
    environment, observed = OneEpisode(), []

    def act(observations: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert (observations.shape, observations.dtype, uniforms.shape) == ((1, 2), np.float32, (1,))
        observed.append(observations[0, 0])
        return (uniforms > 0.5).astype(np.int32), observations[:, 0]

    assert play_episode(act, environment, seed=7) == 4.5
    stream = Uniforms(7, 1, 1)
    assert environment.actions == [10 + int(stream.take(1)[0, 0, 0] > 0.5) for _ in range(3)]
    assert (environment.seeds, observed, environment.shown) == ([7], [0, 1, 2], 0)


def test_a_played_episode_shows_where_it_began_and_every_step() -> None:
    """Three steps are four images."""
    frames: list[Any] = []
    play_episode(lambda rows, _: (np.ones(1, np.int32), rows[:, 0]), OneEpisode(), 0, frames)
    assert frames == ["frame 0", "frame 1", "frame 2", "frame 3"]


def test_actions_begin_at_zero_where_an_environment_does_not_say() -> None:
    """An action space without `start` counts from 0."""
    environment = OneEpisode()
    del environment.action_space.start
    play_episode(lambda rows, _: (np.ones(1, np.int32), rows[:, 0]), environment, 0)
    assert environment.actions == [1, 1, 1]
