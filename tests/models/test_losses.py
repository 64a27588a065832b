"""Losses against arithmetic by hand, on real TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

ENTROPY_WEIGHT = 0.1
# The policy prefers neither action in the first row, and its second with 3 to 1 in the others.
LOGITS = np.log(np.array([[0.5, 0.5], [0.25, 0.75], [0.25, 0.75]], np.float32))
ACTIONS = np.array([0, 1, 0], np.int32)
ADVANTAGES = np.array([2.0, -1.0, 3.0], np.float32)


def _policy() -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and entropies, in NumPy."""
    policy = np.exp(LOGITS.astype(np.float64))
    return policy, -(policy * np.log(policy)).sum(axis=1)


def test_the_policy_loss_is_that_of_the_action_taken_less_the_entropy() -> None:
    """Advantage 2 at probability 1/2 costs 2 log 2, a disadvantage of 1 at 3/4 earns log 4/3, and so on."""
    from eagerbench.models.losses import policy_losses

    _, entropy = _policy()
    wanted = np.array([2 * np.log(2), np.log(0.75), 3 * np.log(4)]) - ENTROPY_WEIGHT * entropy
    found = np.asarray(policy_losses(ACTIONS, ADVANTAGES, LOGITS, ENTROPY_WEIGHT))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert found.dtype == np.float32


def test_the_policy_loss_stays_finite_where_an_action_is_all_but_impossible() -> None:
    """Logits a thousand apart: the loss is a thousand times the advantage, and the entropy is none."""
    from eagerbench.models.losses import policy_losses

    logits = np.array([[0.0, 1000.0]], np.float32)
    found = policy_losses(np.array([0]), np.array([2.0], np.float32), logits, ENTROPY_WEIGHT)
    np.testing.assert_allclose(found, [2000.0])


def test_the_value_loss_is_the_weighted_square() -> None:
    """Off by 2 and by 3, at half weight: 2 and 4.5."""
    from eagerbench.models.losses import value_losses

    returns, values = np.array([1.0, 5.0], np.float32), np.array([3.0, 2.0], np.float32)
    np.testing.assert_array_equal(value_losses(returns, values, 0.5), [2.0, 4.5])


def test_losses_for_keras_are_the_means_of_the_rows() -> None:
    """Packed targets unpack to the same numbers, and Keras takes the mean that the update takes."""
    from eagerbench.models.losses import PackedPolicyLoss, ValueLoss, pack, policy_losses, value_losses

    packed = pack(ACTIONS, ADVANTAGES)
    assert (packed.shape, packed.dtype) == ((3, 2), np.float32)
    rows = np.asarray(policy_losses(ACTIONS, ADVANTAGES, LOGITS, ENTROPY_WEIGHT))
    policy = PackedPolicyLoss(ENTROPY_WEIGHT)
    np.testing.assert_array_equal(policy.call(packed, LOGITS), rows)
    np.testing.assert_allclose(policy(packed, LOGITS), rows.mean(), rtol=1e-6)
    returns, values = np.array([[1.0], [5.0]], np.float32), np.array([[3.0], [2.0]], np.float32)
    value = ValueLoss(0.5)
    np.testing.assert_array_equal(value.call(returns, values), value_losses(returns[:, 0], values[:, 0], 0.5))
    np.testing.assert_allclose(value(returns, values), 3.25)


def test_a_packed_action_is_unpacked_to_itself() -> None:
    """Action numbers travel as float32, which holds them exactly."""
    from eagerbench.models.losses import PackedPolicyLoss, pack, policy_losses

    actions = np.arange(18, dtype=np.int32)
    logits = np.random.default_rng(0).normal(size=(18, 18)).astype(np.float32)
    advantages = np.ones(18, np.float32)
    np.testing.assert_array_equal(
        PackedPolicyLoss(0.0).call(pack(actions, advantages), logits), policy_losses(actions, advantages, logits, 0.0)
    )


def test_the_gradient_is_that_of_policy_gradient_with_advantages_as_data() -> None:
    """By the logits: advantage · (π - taken) + w · π · (log π + H), written out by hand."""
    import tensorflow as tf

    from eagerbench.models.losses import policy_losses

    policy, entropy = _policy()
    taken = np.eye(2)[ACTIONS]
    wanted = ADVANTAGES[:, None] * (policy - taken) + ENTROPY_WEIGHT * policy * (np.log(policy) + entropy[:, None])
    logits = tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(policy_losses(ACTIONS, tf.constant(ADVANTAGES), logits, ENTROPY_WEIGHT))
    np.testing.assert_allclose(tape.gradient(loss, logits), wanted, rtol=1e-5, atol=1e-6)
