"""The example of an environment in array operations, held against Gymnasium's. TensorFlow in two tests only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eagerbench.models.calls import import_reference
from eagerbench.models.envs import describe, make_one
from eagerbench.models.in_graph import InGraphEnvironment, find_in_graph

EXAMPLE = f"{Path(__file__).parents[2] / 'examples' / 'mountain_car.py'}:environment"
# One rounding of a cosine or of a sum in double precision, of numbers around one.
EXACTLY = 1e-15


@pytest.fixture(scope="module")
def car() -> InGraphEnvironment:
    """As a run finds it."""
    found = find_in_graph(describe("MountainCar-v0", in_graph=EXAMPLE))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def transitions() -> tuple[np.ndarray, ...]:
    """States everywhere in the valley and at both walls, actions, and what Gymnasium makes of them."""
    random = np.random.default_rng(0)
    states = random.uniform([-1.2, -0.07], [0.6, 0.07], (10_000, 2))
    states[:500, 0] = random.choice([-1.2, -1.19, 0.49, 0.5, 0.6], 500)
    actions = random.integers(3, size=len(states), dtype=np.int32)
    environment: Any = make_one(describe("MountainCar-v0")).unwrapped
    after, terminated = [], []
    for state, action in zip(states, actions, strict=True):
        environment.state = tuple(state)
        _, reward, over, _, _ = environment.step(int(action))
        assert reward == -1
        after.append(environment.state)
        terminated.append(over)
    return states, actions, np.array(after), np.array(terminated)


def _assert_step_agrees(step: Callable[..., Any], transitions: tuple[np.ndarray, ...]) -> None:
    states, actions, wanted, over = transitions
    after, rewards, terminated = (np.asarray(part) for part in step(states, actions))
    np.testing.assert_allclose(after, wanted, rtol=0, atol=EXACTLY)
    np.testing.assert_array_equal(rewards, np.full(len(states), -1))
    np.testing.assert_array_equal(terminated, over)
    assert (after.dtype, rewards.dtype, terminated.dtype) == (np.float64, np.float32, np.bool_)


def test_a_step_is_gymnasium_s_step(car: InGraphEnvironment, transitions: tuple[np.ndarray, ...]) -> None:
    """Ten thousand transitions: the state after, the reward, and whether the goal is reached."""
    assert 0.01 < transitions[3].mean() < 0.99
    assert (transitions[2][:, 1] == 0).sum() > 10  # stopped by the wall
    _assert_step_agrees(lambda states, actions: car.step(states, actions, np), transitions)


@pytest.mark.tensorflow
def test_a_step_in_tensorflow_is_gymnasium_s_step(car: InGraphEnvironment, transitions: tuple[np.ndarray, ...]) -> None:
    """In Keras operations on tensors, eagerly, traced and compiled by XLA; seen in single precision."""
    import tensorflow as tf
    from keras import ops

    states, actions = tf.constant(transitions[0]), tf.constant(transitions[1])
    step = lambda states, actions: car.step(states, actions, ops)  # noqa: E731 - the same for three ways to run it
    for run in (step, tf.function(step), tf.function(step, jit_compile=True)):
        _assert_step_agrees(lambda *_, run=run: run(states, actions), transitions)
    seen = car.observe(states, ops)
    assert seen.dtype == tf.float32
    np.testing.assert_array_equal(seen, transitions[0].astype(np.float32))


def test_a_step_in_jax_is_gymnasium_s_step(car: InGraphEnvironment, transitions: tuple[np.ndarray, ...]) -> None:
    """In double precision, as `fused-jax` holds it."""
    jax = pytest.importorskip("jax", reason="needs the extra jax")
    with jax.enable_x64(True):
        step = jax.jit(lambda states, actions: car.step(states, actions, jax.numpy))
        _assert_step_agrees(step, transitions)
        assert car.observe(jax.numpy.asarray(transitions[0]), jax.numpy).dtype == np.float32


@pytest.mark.parametrize("seed", [0, 1, 3_000_001])
def test_whole_episodes_are_gymnasium_s_episodes(car: InGraphEnvironment, seed: int) -> None:
    """Start after start from the seed, with a policy that reaches the goal and one that doesn't: to the same ends."""
    environment = make_one(describe("MountainCar-v0"))
    starts = car.starts([seed])
    random = np.random.default_rng(seed)
    ends = []
    for episode in range(4):
        observation, _ = environment.reset(seed=seed if episode == 0 else None)
        state = starts.peek(1)[:, 0]
        starts.take(np.array([1]))
        steps, over, stopped = 0, False, False
        while not (over or stopped):
            np.testing.assert_array_equal(car.observe(state, np)[0], observation)
            swings = int(2 * (observation[1] >= 0))  # in the direction in which it rolls already
            action = swings if episode % 2 else int(random.integers(3))
            state, _, terminated = car.step(state, np.array([action]), np)
            observation, _, over, stopped, _ = environment.step(action)
            assert bool(terminated[0]) is over
            np.testing.assert_allclose(state[0], environment.unwrapped.state, rtol=0, atol=1e-12)
            steps += 1
        assert stopped is (steps == car.step_limit)
        ends.append(steps)
    assert ends[0] == ends[2] == 200
    assert car.shortest_episode <= max(ends[1], ends[3]) < 200


def test_no_episode_is_shorter_than_it_is_said_to_be(car: InGraphEnvironment) -> None:
    """At the highest speed all the way from the rightmost start, the goal is further than one step less."""
    example = import_reference(EXAMPLE.replace(":environment", ":MountainCar"))
    assert isinstance(car, example)
    distance = 0.5 - -0.4
    assert (car.shortest_episode - 1) * 0.07 < distance <= car.shortest_episode * 0.07


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", ["fused", "fused-xla", "fused-jax", "function"])
def test_training_in_it_agrees_with_eager_training_in_gymnasium_s(name: str) -> None:
    """Losses, weights, gradients and every episode after 1, 10 and 50 updates in three environments."""
    from eagerbench import parity
    from eagerbench.models.a2c import Hyperparameters
    from eagerbench.models.actor_critic import make_actor_critic
    from eagerbench.models.envs import ParallelEnvironments
    from eagerbench.modes import load
    from eagerbench.modes.base import Subject, Task
    from eagerbench.workloads.train import stage

    spec = describe("MountainCar-v0", in_graph=EXAMPLE)
    mode = load(name)
    reason = mode.unavailable() or mode.cannot_train(spec)
    if reason:
        pytest.skip(reason)

    def make(seed: int = 0) -> Any:
        return make_actor_critic(spec.observation_shape, spec.actions, hidden=16, seed=seed)

    def stages(mode: str) -> list[parity.Stage]:
        subject = Subject(make(), make, spec.observation_shape)
        environments = ParallelEnvironments(spec, 3)
        task = Task(subject, spec, environments, Hyperparameters(steps=5), lambda seed: make(seed).get_weights())
        trainer = load(mode).trainer(task)
        trainer.begin(3)
        found = [stage(after, trainer, trainer.advance(updates)) for after, updates in ((1, 1), (10, 9), (50, 40))]
        trainer.close()
        return found

    expected = stages("eager")
    agreement = parity.compare_training(stages(name), expected)
    assert agreement.passed, agreement.detail
    assert sum(len(one.episode_returns) for one in expected) >= 3
