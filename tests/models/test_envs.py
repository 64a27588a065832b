"""Observations from real Gymnasium environments."""

import numpy as np
import pytest

from eagerbench.models.envs import UnsuitableEnvironmentError, collect, count_distinct, describe


def test_cartpole_is_what_the_article_says() -> None:
    """Four numbers in, two actions out."""
    assert describe("CartPole-v1") == ("CartPole-v1", (4,), 2)


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
