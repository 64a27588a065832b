"""Real input: Gymnasium environments, and observations collected from them. Knows no TensorFlow."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from eagerbench.models.a2c import EnvironmentSpec, Transition, Vectorization

PARALLEL = 64


class UnsuitableEnvironmentError(ValueError):
    """An environment that is unknown, not installed, or not of discrete actions and flat observations."""


def describe(env: str) -> EnvironmentSpec:
    """Look an environment up and check that the actor-critic fits it.

    Raises:
        UnsuitableEnvironmentError: in one line, saying what was expected and what came.
    """
    try:
        with _chosen_on_purpose():
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
    spec = made.spec
    return EnvironmentSpec(
        env,
        tuple(observation.shape),
        int(action.n),
        spec.reward_threshold if spec else None,
        spec.max_episode_steps if spec else None,
    )


class ParallelEnvironments:
    """N copies of an environment that start over by themselves: Gymnasium's, reset in the step that ends an episode.

    Args:
        env: Gymnasium id.
        count: N.
        vectorization: ``sync`` steps them one after the other in this process, ``async`` each in a process of its own.
    """

    def __init__(self, env: str, count: int, vectorization: Vectorization = "sync") -> None:
        self.count = count
        settings: dict[str, Any] = {"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP}
        if vectorization == "async":
            settings["context"] = "forkserver"  # a fork of this process would copy locks that TensorFlow's threads hold
        with _chosen_on_purpose():
            vector: Any = gymnasium.make_vec(env, count, vectorization_mode=vectorization, vector_kwargs=settings)
        self._vector = vector
        self._first_action = vector.single_action_space.start

    def reset(self, seeds: Sequence[int]) -> npt.NDArray[np.float32]:
        """Start all of them, each with its own seed; float32 [N, observation]."""
        observations, _ = self._vector.reset(seed=list(seeds))
        return np.asarray(observations, np.float32)

    def step(self, actions: npt.NDArray[np.int32]) -> Transition:
        """Take one action in each; int32 [N], counted from 0."""
        observations, rewards, terminated, truncated, infos = self._vector.step(self._first_action + actions)
        observations = np.asarray(observations, np.float32)
        successors = observations
        if "final_obs" in infos:
            successors = observations.copy()
            for number in np.flatnonzero(infos["_final_obs"]):
                successors[number] = infos["final_obs"][number]
        return Transition(observations, successors, rewards.astype(np.float32), terminated, truncated)

    def close(self) -> None:
        """End them, and the processes that they may have."""
        self._vector.close()


def make_one(env: str, *, render: bool = False) -> Any:
    """One environment, for a test episode; with ``render`` it can be asked for images."""
    with _chosen_on_purpose():
        return gymnasium.make(env, render_mode="rgb_array" if render else None)


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
    with _chosen_on_purpose():
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
    made = make_one(env)  # `gymnasium.spec` doesn't know ids with a module in front of them
    made.close()
    return "vector_entry_point" if made.spec and made.spec.vector_entry_point is not None else "sync"


@contextmanager
def _chosen_on_purpose() -> Iterator[None]:
    """CartPole-v0 is the article's environment: that a newer version exists is no news."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is out of date.*")
        yield


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
