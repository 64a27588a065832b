"""Returns of rollouts, computed by hand. TensorFlow in one test only."""

from types import ModuleType

import numpy as np
import pytest

from eagerbench.models.returns import advantages, discounted_returns, discounted_returns_by_doubling

# Three steps of two environments. The first terminates with its second step, the second is truncated with its first.
REWARDS = np.array([[1, 1], [2, 1], [4, 1]], np.float32)
CUT = np.array([[False, True], [True, False], [True, True]])
BOOTSTRAP = np.array([[0, 6], [0, 0], [8, 2]], np.float32)
# 4 + 8/2 after the rollout, 2 alone since nothing is to come after a termination, 1 + 2/2;
# 1 + 2/2 after the rollout, 1 + 2/2, and 1 + 6/2 at the time limit.
RETURNS = np.array([[2, 4], [2, 2], [8, 2]], np.float32)


def _random_rollout(steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(steps)
    cut = random.random((steps, 3)) < 0.2
    cut[-1] = True
    bootstrap = np.where(cut, random.normal(size=(steps, 3)), 0).astype(np.float32)
    return random.normal(size=(steps, 3)).astype(np.float32), cut, bootstrap


def test_returns_of_a_rollout_computed_by_hand() -> None:
    """A termination takes nothing on, a truncation and the end of the rollout take on what the critic expects."""
    found = discounted_returns(REWARDS, CUT, BOOTSTRAP, 0.5)
    np.testing.assert_array_equal(found, RETURNS)
    assert found.dtype == np.float32


def test_a_discount_of_one_adds_up_and_one_of_zero_keeps_the_rewards() -> None:
    """Without episodes' ends, the sum of all that follows, and of nothing that follows."""
    cut = np.array([[False], [False], [True]])
    rewards, nothing = np.array([[1], [2], [4]], np.float32), np.zeros((3, 1), np.float32)
    np.testing.assert_array_equal(discounted_returns(rewards, cut, nothing, 1.0), [[7], [6], [4]])
    np.testing.assert_array_equal(discounted_returns(rewards, cut, nothing, 0.0), rewards)


def test_doubling_on_the_rollout_computed_by_hand() -> None:
    """Halves are exact, so the other order of summing gives the same bits."""
    np.testing.assert_array_equal(discounted_returns_by_doubling(REWARDS, CUT, BOOTSTRAP, 0.5, np), RETURNS)


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 64])
def test_doubling_gives_what_one_step_after_the_other_gives(steps: int) -> None:
    """For rollouts whose length is a power of two and for others, and for one that is a single step."""
    _assert_doubling_agrees(steps, np)


@pytest.mark.tensorflow
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 64])
def test_doubling_in_keras_operations(steps: int) -> None:
    """The same arithmetic, on tensors."""
    import keras

    _assert_doubling_agrees(steps, keras.ops)


def _assert_doubling_agrees(steps: int, operations: ModuleType) -> None:
    rewards, cut, bootstrap = _random_rollout(steps)
    found = discounted_returns_by_doubling(rewards, cut, bootstrap, 0.99, operations)
    wanted = discounted_returns(rewards, cut, bootstrap, 0.99)
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-5, atol=1e-5)
    assert np.asarray(found).dtype == np.float32


def test_an_advantage_is_what_came_beyond_what_was_expected() -> None:
    """A return of 2 where the critic expected 3 is a disadvantage of 1."""
    np.testing.assert_array_equal(advantages(np.array([[2.0, 4.0]]), np.array([[3.0, 1.0]])), [[-1.0, 3.0]])
