"""Real Gymnasium environments: observations collected from them, and N of them at once."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from eagerbench.models.a2c import Transition
from eagerbench.models.envs import (
    ParallelEnvironments,
    UnsuitableEnvironmentError,
    Vectorization,
    collect,
    count_distinct,
    describe,
    make_one,
)


def test_cartpole_is_what_the_article_says() -> None:
    """Four numbers in, two actions out; solved at 195 of at most 200 steps, and at 475 of 500."""
    assert describe("CartPole-v0") == ("CartPole-v0", (4,), 2, 195.0, 200)
    assert describe("CartPole-v1") == ("CartPole-v1", (4,), 2, 475.0, 500)


@pytest.mark.parametrize("env", ["CartPole-v1", "Acrobot-v1", "MountainCar-v0"])
def test_observations_are_distinct_single_precision_and_repeatable(env: str) -> None:
    """The same seed gives the same rows; another seed gives others."""
    first, again, other = collect(env, 5000, 1), collect(env, 5000, 1), collect(env, 5000, 2)
    assert first.shape == (5000, *describe(env).observation_shape)
    assert first.dtype == np.float32
    assert count_distinct(first) == 5000
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_distinct_rows_are_counted() -> None:
    """Two of these three rows are equal."""
    assert count_distinct(np.array([[1, 2], [3, 4], [1, 2]], np.float32)) == 2


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ("Nope-v0", "environment 'Nope-v0' can't be made"),
        ("Pendulum-v1", "expected discrete actions, got Box"),
        ("FrozenLake-v1", "expected box observations of one dimension, got Discrete"),
    ],
)
def test_an_environment_that_does_not_fit_says_why(env: str, message: str) -> None:
    """One line, with what was expected."""
    with pytest.raises(UnsuitableEnvironmentError, match=message) as caught:
        describe(env)
    assert "\n" not in str(caught.value)


@contextmanager
def _environments(count: int, vectorization: Vectorization = "sync") -> Iterator[ParallelEnvironments]:
    made = ParallelEnvironments("CartPole-v0", count, vectorization)
    try:
        yield made
    finally:
        made.close()


def _balance(observations: np.ndarray) -> np.ndarray:
    """A policy that holds the pole: push to where it leans and falls."""
    return (observations[:, 2] + observations[:, 3] > 0).astype(np.int32)


def test_stepped_here_or_in_processes_of_their_own_they_do_the_same() -> None:
    """Three environments, sixty random steps: observations, successors, rewards and ends are equal."""
    actions = np.random.default_rng(0).integers(2, size=(60, 3), dtype=np.int32)
    found: list[tuple[np.ndarray, list[Transition]]] = []
    for vectorization in ("sync", "async"):
        with _environments(3, vectorization) as environments:
            found.append((environments.reset([5, 17, 6]), [environments.step(own) for own in actions]))
    (first, here), (other, elsewhere) = found
    np.testing.assert_array_equal(first, other)
    for one, same in zip(here, elsewhere, strict=True):
        for part, other_part in zip(one, same, strict=True):
            np.testing.assert_array_equal(part, other_part)
    assert sum(one.terminated.sum() for one in here) > 3


def test_each_environment_is_that_of_its_seed() -> None:
    """Three together begin and go on as each alone, whatever stands beside them."""
    actions = np.random.default_rng(0).integers(2, size=(60, 3), dtype=np.int32)
    with _environments(3) as together:
        firsts = together.reset([5, 17, 6])
        steps = [together.step(own) for own in actions]
    for number, seed in enumerate((5, 17, 6)):
        with _environments(1) as alone:
            np.testing.assert_array_equal(alone.reset([seed])[0], firsts[number])
            for own, wanted in zip(actions, steps, strict=True):
                found = alone.step(own[number : number + 1])
                np.testing.assert_array_equal(found.observations[0], wanted.observations[number])
                np.testing.assert_array_equal(found.successors[0], wanted.successors[number])


def test_a_successor_differs_from_the_observation_exactly_where_an_episode_ended() -> None:
    """There, the observation is near the middle, where episodes begin; the successor is where the last one ended."""
    actions = np.random.default_rng(1).integers(2, size=(200, 4), dtype=np.int32)
    ends = 0
    with _environments(4) as environments:
        environments.reset([1, 2, 3, 4])
        for own in actions:
            step = environments.step(own)
            ended = step.terminated | step.truncated
            ends += ended.sum()
            np.testing.assert_array_equal((step.successors != step.observations).any(axis=1), ended)
            assert (np.abs(step.observations[ended]) <= 0.05).all()
            assert (np.abs(step.successors[ended])[:, [0, 2]] > [2.4, 0.2094]).any(axis=1).all()
            assert {part.dtype for part in step[:3]} == {np.dtype(np.float32)}
            assert {part.dtype for part in step[3:]} == {np.dtype(np.bool_)}
    assert ends > 10


def test_a_pole_that_is_held_is_stopped_at_the_time_limit() -> None:
    """The 200th step truncates, and terminates nothing; the next one is the first of another episode."""
    with _environments(2) as environments:
        observations = environments.reset([0, 1])
        for number in range(1, 202):
            step = environments.step(_balance(observations))
            observations = step.observations
            assert (step.truncated.tolist(), step.terminated.tolist()) == ([number == 200] * 2, [False] * 2)


def test_a_pole_that_falls_is_terminated_and_not_truncated() -> None:
    """Pushed one way only."""
    with _environments(1) as environments:
        environments.reset([0])
        steps = [environments.step(np.ones(1, np.int32)) for _ in range(12)]
    ends = [number for number, step in enumerate(steps, start=1) if step.terminated[0]]
    assert len(ends) == 1
    assert 8 <= ends[0] <= 12
    assert not any(step.truncated[0] for step in steps)
    assert all(step.rewards[0] == 1 for step in steps)


def test_resetting_with_the_same_seeds_begins_again() -> None:
    """Also the starts of the episodes after the first."""
    actions = np.random.default_rng(0).integers(2, size=(60, 2), dtype=np.int32)
    with _environments(2) as environments:
        runs = [
            (environments.reset([8, 9]), *(environments.step(own).observations for own in actions)) for _ in range(2)
        ]
    np.testing.assert_array_equal(runs[0], runs[1])


def test_the_article_s_old_environment_is_made_without_a_warning() -> None:
    """Gymnasium says that CartPole-v0 is out of date; it was chosen on purpose."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        describe("CartPole-v0")
        collect("CartPole-v0", 100, 0)
        make_one("CartPole-v0").close()
        with _environments(1) as environments:
            environments.reset([0])
    assert [str(warning.message) for warning in heard] == []
