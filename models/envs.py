"""Real input: Gymnasium environments, and observations collected from them. Knows no TensorFlow."""

from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt

PARALLEL = 64


class UnsuitableEnvironmentError(ValueError):
    """An environment that is unknown, not installed, or not of discrete actions and flat observations."""


class EnvironmentSpec(NamedTuple):
    """What a model must know of an environment."""

    id: str
    observation_shape: tuple[int, ...]
    actions: int


def describe(env: str) -> EnvironmentSpec:
    """Look an environment up and check that the actor-critic fits it.

    Raises:
        UnsuitableEnvironmentError: in one line, saying what was expected and what came.
    """
    try:
        made = gymnasium.make(env)
    except Exception as error:
        raise UnsuitableEnvironmentError(
            f"environment {env!r} can't be made: {_one_line(error)}; expected a Gymnasium id such as 'CartPole-v1'"
        ) from error
    observation, action = made.observation_space, made.action_space
    made.close()
    if not isinstance(action, gymnasium.spaces.Discrete):
        raise UnsuitableEnvironmentError(f"environment {env!r}: expected discrete actions, got {action}")
    if not isinstance(observation, gymnasium.spaces.Box) or len(observation.shape) != 1:
        raise UnsuitableEnvironmentError(
            f"environment {env!r}: expected box observations of one dimension, got {observation}"
        )
    return EnvironmentSpec(env, tuple(observation.shape), int(action.n))


def collect(env: str, rows: int, seed: int) -> npt.NDArray[np.float32]:
    """Observations of a uniformly random policy in parallel environments, in the order seen, each one different.

    Repeated observations are dropped. An environment that has no more than a few different ones gives up after four
    times the rows asked for, and then repeats what it has.

    Args:
        env: Gymnasium id.
        rows: how many to collect.
        seed: of the environments and of the policy.

    Returns:
        float32 [rows, observation].
    """
    environments: Any = gymnasium.make_vec(env, num_envs=PARALLEL, vectorization_mode=_vectorization(env))
    try:
        actions = np.random.default_rng(seed)
        choices = environments.single_action_space.n
        first = environments.single_action_space.start
        observation, _ = environments.reset(seed=seed)
        steps, distinct = [observation], np.empty((0, *environments.single_observation_space.shape), np.float32)
        while len(distinct) < rows and PARALLEL * len(steps) < 4 * rows + PARALLEL:
            for _ in range(max(1, (rows - len(distinct)) // PARALLEL + 1)):
                observation, *_ = environments.step(first + actions.integers(choices, size=PARALLEL))
                steps.append(observation)
            distinct = _drop_repeated(np.concatenate(steps).astype(np.float32, copy=False))
    finally:
        environments.close()
    return np.resize(distinct, (rows, *distinct.shape[1:]))


def count_distinct(observations: npt.NDArray[np.float32]) -> int:
    """How many rows differ from all before them."""
    return len(_drop_repeated(observations))


def _drop_repeated(observations: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    rows = np.ascontiguousarray(observations).view(np.dtype((np.void, observations[0].nbytes))).ravel()
    _, first = np.unique(rows, return_index=True)
    return observations[np.sort(first)]


def _vectorization(env: str) -> str:
    """Gymnasium's own vectorised implementation where an environment has one: ten times faster for CartPole."""
    return "vector_entry_point" if gymnasium.spec(env).vector_entry_point is not None else "sync"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
