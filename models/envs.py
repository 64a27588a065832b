"""Real input: Gymnasium environments, and observations collected from them. Knows no TensorFlow."""

import hashlib
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from eagerbench.models.a2c import EnvironmentSpec, Transition, Vectorization
from eagerbench.models.calls import import_reference, split_call
from eagerbench.models.in_graph import find_in_graph
from eagerbench.models.unsuitable import (
    UnsuitableEnvironmentError,
    arguments_of,
    check_spaces,
    in_one_line,
    why_not_installed,
    why_not_made,
)

PARALLEL = 64
PARALLEL_WITH_IMAGES = 8  # images are drawn, and what has them starts slowly: CarRacing-v3 takes a second
BYTE = 255.0


def describe(
    env: str, kwargs: Mapping[str, Any] | None = None, wrappers: Sequence[str] = (), in_graph: str = ""
) -> EnvironmentSpec:
    """Look an environment up and check that an actor-critic of the suite's kind fits it.

    Args:
        env: Gymnasium id.
        kwargs: what it is made with.
        wrappers: around it, innermost first: ``module:Wrapper`` or ``module:Wrapper(stack_size=4)``.
        in_graph: ``module:environment``, the same in array operations; see `eagerbench.models.in_graph`.

    Raises:
        UnsuitableEnvironmentError: in one line, saying what was expected, what came and what to do.
    """
    asked = EnvironmentSpec(env, (), 0, None, None, dict(kwargs or {}), tuple(wrappers), in_graph)
    made = make_one(asked)
    observation, action = made.observation_space, made.action_space
    made.close()
    check_spaces(env, observation, action, arguments_of(env))
    registered = made.spec
    spec = asked._replace(
        observation_shape=tuple(observation.shape),
        actions=int(action.n),
        reward_threshold=registered.reward_threshold if registered else None,
        step_limit=registered.max_episode_steps if registered else None,
        scale=BYTE if _is_image(observation) else 1.0,
    )
    if in_graph:
        try:
            find_in_graph(spec)
        except ValueError as error:
            raise UnsuitableEnvironmentError(f"environment {env!r} in array operations: {error}") from error
    return spec


class ParallelEnvironments:
    """N copies of an environment that start over by themselves: Gymnasium's, reset in the step that ends an episode.

    Args:
        spec: of the environment.
        count: N.
        vectorization: ``sync`` steps them one after the other in this process, ``async`` each in a process of its own.
    """

    def __init__(self, spec: EnvironmentSpec, count: int, vectorization: Vectorization = "sync") -> None:
        self.count = count
        settings: dict[str, Any] = {"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP}
        if vectorization == "async":
            settings["context"] = "forkserver"  # a fork of this process would copy locks that TensorFlow's threads hold
        kinds = {"sync": gymnasium.vector.SyncVectorEnv, "async": gymnasium.vector.AsyncVectorEnv}
        # A process of its own makes its environment from the spec: what a file defines could not be sent to it.
        self._vector: Any = kinds[vectorization]([partial(make_one, spec)] * count, **settings)
        self._first_action = self._vector.single_action_space.start

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


def make_one(spec: EnvironmentSpec, *, render: bool = False) -> Any:
    """One environment with its wrappers; with ``render`` it can be asked for images.

    Raises:
        UnsuitableEnvironmentError: where it, or a wrapper of it, can't be made.
    """
    kwargs = {**spec.kwargs, "render_mode": "rgb_array"} if render else spec.kwargs
    if kwargs.get("render_mode") == "human":
        raise UnsuitableEnvironmentError(
            f"environment {spec.id!r} with render_mode='human' waits for a screen after every step: leave it out; "
            "eagerbench train --render film.gif shows an agent"
        )
    # Images are drawn in memory: no window system is needed, nor shall one be looked for.
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        with _undisturbed():
            made = gymnasium.make(spec.id, **kwargs)
    except Exception as error:  # an environment may raise anything
        raise UnsuitableEnvironmentError(why_not_made(spec.id, kwargs, error)) from error
    for wrapper in spec.wrappers:
        try:
            made = _wrapped(made, wrapper)
        except Exception:
            made.close()
            raise
    return made


def collect(spec: EnvironmentSpec, rows: int, seed: int) -> npt.NDArray[np.float32]:
    """Observations of a uniformly random policy in parallel environments, in the order seen, each one different.

    Repeated observations are dropped. An environment that has no more than a few different ones gives up after four
    times the rows asked for, and then repeats what it has.

    Args:
        spec: of the environment.
        rows: how many to collect.
        seed: of the environments and of the policy.

    Returns:
        float32 [rows, observation].
    """
    count = PARALLEL if len(spec.observation_shape) == 1 else PARALLEL_WITH_IMAGES
    environments: Any = _vectorized(spec, count)
    try:
        actions = np.random.default_rng(seed)
        choices, first = environments.single_action_space.n, environments.single_action_space.start
        collected = np.empty((rows, *spec.observation_shape), np.float32)
        known: set[bytes] = set()
        seen = 0
        observations, _ = environments.reset(seed=seed)
        while True:
            for observation in np.asarray(observations, np.float32):
                digest = _digest(observation)
                if len(known) < rows and digest not in known:
                    collected[len(known)] = observation
                    known.add(digest)
            seen += count
            if len(known) == rows or seen >= 4 * rows + count:
                break
            observations, *_ = environments.step(first + actions.integers(choices, size=count))
    finally:
        environments.close()
    distinct = len(known)
    for begin in range(distinct, rows, distinct):  # the first ones again
        collected[begin : begin + distinct] = collected[: min(distinct, rows - begin)]
    return collected


def count_distinct(observations: npt.NDArray[np.float32]) -> int:
    """How many rows differ from all before them."""
    return len({_digest(observation) for observation in observations})


def _digest(observation: npt.NDArray[np.float32]) -> bytes:
    """Stands for an observation: a hundred thousand images would not fit into memory twice."""
    return hashlib.blake2b(observation.tobytes(), digest_size=16).digest()


def _is_image(observation: Any) -> bool:
    """Of bytes, which a network wants between 0 and 1."""
    if len(observation.shape) == 1:
        return False
    bytes_of_an_image = (observation.low == 0).all() and (observation.high == BYTE).all()
    return bool(observation.dtype == np.uint8 or bytes_of_an_image)


def _wrapped(made: Any, wrapper: str) -> Any:
    told = f"wrapper {wrapper!r}"
    try:
        reference, arguments = split_call(wrapper)
    except ValueError as error:
        raise UnsuitableEnvironmentError(f"wrapper {error}") from error
    try:
        kind = import_reference(reference)
    except Exception as error:  # a module may raise anything while it is imported
        raise UnsuitableEnvironmentError(f"{told} can't be imported: {in_one_line(error)}") from error
    if not callable(kind):
        came = type(kind).__name__
        raise UnsuitableEnvironmentError(f"{told}: expected what takes an environment, got an object of type {came}")
    try:
        with _undisturbed():
            wrapped = kind(made, **arguments)
    except Exception as error:  # a wrapper, too
        reason = why_not_installed(error) or in_one_line(error)
        draws = "render_mode" in reason and not made.render_mode
        remedy = "; try --env-kwargs \"render_mode='rgb_array'\"" if draws else ""
        raise UnsuitableEnvironmentError(f"{told} can't be put around it: {reason}{remedy}") from error
    if not isinstance(wrapped, gymnasium.Env):
        came = type(wrapped).__name__
        raise UnsuitableEnvironmentError(f"{told}: expected an environment of it, got an object of type {came}")
    return wrapped


def _vectorized(spec: EnvironmentSpec, count: int) -> Any:
    """Gymnasium's own vectorised implementation where an environment has one: ten times faster for CartPole."""
    if not spec.kwargs and not spec.wrappers:
        made = make_one(spec)  # `gymnasium.spec` doesn't know ids with a module in front of them
        made.close()
        if made.spec and made.spec.vector_entry_point is not None:
            with _undisturbed():
                return gymnasium.make_vec(spec.id, num_envs=count, vectorization_mode="vector_entry_point")
    return gymnasium.vector.SyncVectorEnv([partial(make_one, spec)] * count)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without two warnings that are no news, whatever a user has warnings turned into.

    CartPole-v0 is the article's environment: that a newer version exists was known. And Box2D has not been compiled for
    newer Pythons, which warn of it while it is imported: where that warning is an error, the process crashes.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is out of date.*")
        warnings.filterwarnings("ignore", message="builtin type .* has no __module__ attribute")
        yield
