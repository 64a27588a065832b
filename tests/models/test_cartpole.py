"""CartPole in array operations, held against Gymnasium's. TensorFlow in one test only."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from eagerbench.models import cartpole
from eagerbench.models.cartpole import START, CartPole
from eagerbench.models.envs import describe, make_one
from eagerbench.models.in_graph import IN_GRAPH
from eagerbench.models.starts import Starts

TRANSITIONS = 10_000
# Rounding to double precision, in another order: a few times 1e-16 of numbers around 10.
EXACTLY = 1e-13


def _starts(seeds: list[int]) -> Starts:
    return CartPole(200).starts(seeds)


@pytest.fixture(scope="module")
def transitions() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """States inside the limits and somewhat beyond, actions, and what Gymnasium makes of them."""
    random = np.random.default_rng(0)
    widest = np.array([1.1 * cartpole.FARTHEST, 3.0, 1.1 * cartpole.STEEPEST, 3.0])
    states = random.uniform(-widest, widest, (TRANSITIONS, 4))
    actions = random.integers(2, size=TRANSITIONS, dtype=np.int32)
    environment: Any = make_one(describe("CartPole-v0")).unwrapped
    environment.reset(seed=0)
    after, rewards, terminated = [], [], []
    for state, action in zip(states, actions, strict=True):
        environment.state, environment.steps_beyond_terminated = state, None
        _, reward, over, _, _ = environment.step(int(action))
        after.append(environment.state)
        rewards.append(reward)
        terminated.append(over)
    return states, actions, np.array(after), np.array(rewards), np.array(terminated)


def _assert_step_agrees(step: Callable[..., Any], transitions: tuple[np.ndarray, ...]) -> None:
    states, actions, *wanted = transitions
    after, rewards, terminated = (np.asarray(part) for part in step(states, actions))
    np.testing.assert_allclose(after, wanted[0], rtol=0, atol=EXACTLY)
    np.testing.assert_array_equal(rewards, wanted[1])
    np.testing.assert_array_equal(terminated, wanted[2])
    assert (after.dtype, rewards.dtype, terminated.dtype) == (np.float64, np.float32, np.bool_)


def test_a_step_is_gymnasium_s_step(transitions: tuple[np.ndarray, ...]) -> None:
    """Ten thousand random transitions: the state after, the reward, and whether the episode is over."""
    assert 0.1 < transitions[4].mean() < 0.9  # both kinds occur
    _assert_step_agrees(lambda states, actions: CartPole(200).step(states, actions, np), transitions)


@pytest.mark.tensorflow
def test_a_step_in_tensorflow_is_gymnasium_s_step(transitions: tuple[np.ndarray, ...]) -> None:
    """In Keras operations on tensors, eagerly, traced and compiled by XLA."""
    import tensorflow as tf
    from keras import ops

    def step(states: Any, actions: Any) -> Any:
        return CartPole(200).step(states, actions, ops)

    states, actions, *_ = transitions
    for run in (step, tf.function(step), tf.function(step, jit_compile=True)):
        _assert_step_agrees(lambda *_, run=run: run(tf.constant(states), tf.constant(actions)), transitions)


@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("side", [-1, 1])
def test_an_episode_is_over_beyond_a_limit_and_not_at_it(place: int, side: int) -> None:
    """2.4 metres and 12 degrees, to either side, after a step that moves neither: it has no velocity."""
    limit = (cartpole.FARTHEST, None, cartpole.STEEPEST)[place]
    assert limit is not None
    states = np.zeros((2, 4))
    states[:, place] = side * limit, side * np.nextafter(limit, np.inf)
    _, _, terminated = CartPole(200).step(states, np.ones(2, np.int32), np)
    assert terminated.tolist() == [False, True]


def test_what_a_program_can_hold_is_what_gymnasium_has() -> None:
    """The time limit of each environment in the table; all have four numbers and two actions."""
    for name, environment in IN_GRAPH.items():
        spec = describe(name)
        assert (spec.observation_shape, spec.actions) == ((4,), 2)
        assert environment.step_limit == spec.step_limit
    assert set(IN_GRAPH) == {"CartPole-v0", "CartPole-v1"}


@pytest.mark.parametrize("seed", [0, 1, 3_000_001])
def test_starts_are_those_of_gymnasium(seed: int) -> None:
    """The first reset with the seed and the next ones without any, to the last bit."""
    environment = make_one(describe("CartPole-v0"))
    environment.reset(seed=seed)
    wanted = [environment.unwrapped.state]
    for _ in range(4):
        environment.reset()
        wanted.append(environment.unwrapped.state)
    np.testing.assert_array_equal(_starts([seed]).peek(5), [wanted])


def test_whole_episodes_are_gymnasium_s_episodes() -> None:
    """Random actions, start after start: the same observations to single precision, and the same ends."""
    environment = make_one(describe("CartPole-v0"))
    actions = np.random.default_rng(0).integers(2, size=500, dtype=np.int32)
    starts = _starts([11])
    state = starts.peek(1)[:, 0]
    observation, _ = environment.reset(seed=11)
    np.testing.assert_array_equal(state[0].astype(np.float32), observation)
    ended = 0
    for action in actions:
        state, _, terminated = CartPole(200).step(state, action[None], np)
        observation, _, over, stopped, _ = environment.step(int(action))
        np.testing.assert_allclose(state[0], observation, rtol=1e-6, atol=1e-7)
        assert (terminated.tolist(), stopped) == ([over], False)
        if over:
            ended += 1
            starts.take(np.array([1]))
            state = starts.peek(1)[:, 0]
            observation, _ = environment.reset()
            np.testing.assert_array_equal(state[0].astype(np.float32), observation)
    assert ended > 10


def test_starts_are_used_up_by_each_environment_in_its_own_time() -> None:
    """Looking changes nothing; what is taken is gone, and what comes next is what would have come."""
    wanted = _starts([0, 1, 2]).peek(12)
    starts = _starts([0, 1, 2])
    taken = np.zeros(3, np.int64)
    for used in ([1, 0, 3], [0, 0, 0], [2, 5, 1], [4, 1, 0]):
        for count in (1, 4):
            found = starts.peek(count)
            assert found.shape == (3, count, 4)
            for number in range(3):
                np.testing.assert_array_equal(found[number], wanted[number, taken[number] : taken[number] + count])
        starts.take(np.array(used))
        taken += used
    np.testing.assert_array_equal(starts.peek(1)[:, 0], wanted[range(3), taken])


def test_starts_taken_unseen_are_skipped() -> None:
    """More than were ever looked at."""
    starts = _starts([4])
    starts.take(np.array([3]))
    np.testing.assert_array_equal(starts.peek(2), _starts([4]).peek(5)[:, 3:])


def test_no_episode_is_shorter_than_it_is_said_to_be() -> None:
    """From no corner of where episodes start do any actions end one in seven steps; pushing one way does in eight."""
    corners = np.array(list(itertools.product((-START, START), repeat=4)))
    plans = np.array(list(itertools.product((0, 1), repeat=8)), np.int32)  # every sequence of eight actions
    state = np.repeat(corners, len(plans), axis=0)
    actions = np.tile(plans, (len(corners), 1))
    lengths = np.full(len(state), 9)
    for step in range(8):
        state, _, over = CartPole(200).step(state, actions[:, step], np)
        lengths = np.where(over & (lengths == 9), step + 1, lengths)
    assert lengths.min() == CartPole(200).shortest_episode == 8
    constant = (actions == actions[:, :1]).all(axis=1)
    assert lengths[constant].min() == 8
