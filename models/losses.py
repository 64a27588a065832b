"""What the agent minimises, as pure functions of a batch. In ``keras.ops``: they work eagerly, traced and compiled.

Each returns one number for a row, and a batch's loss is their mean, which is also what Keras makes of them in
``compile(loss=…)``. B: rows, A: actions.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops


def policy_losses(actions: Any, advantages: Any, logits: Any, entropy_weight: float) -> Any:
    """Policy gradient with an entropy bonus: ``-log π(a) · advantage - w · H(π)``.

    Its gradient is that of Mnih et al. 2016, "Asynchronous methods for deep reinforcement learning", section 4, with
    ``H(π) = -Σ π log π``. The advantage is data here: nothing flows back through it.

    Args:
        actions: taken, int [B].
        advantages: float32 [B].
        logits: float32 [B, A].
        entropy_weight: how much a more random policy is worth.

    Returns:
        float32 [B].
    """
    log_policy = ops.log_softmax(logits, axis=-1)  # [B, A]
    taken = ops.one_hot(actions, logits.shape[-1], dtype="float32")
    log_taken = ops.sum(log_policy * taken, axis=-1)
    entropy = -ops.sum(ops.exp(log_policy) * log_policy, axis=-1)
    return -log_taken * advantages - entropy_weight * entropy


def value_losses(returns: Any, values: Any, weight: float) -> Any:
    """Squared error of the critic: ``w · (return - value)²``.

    Args:
        returns: float32 [B].
        values: float32 [B].
        weight: against the policy's loss.

    Returns:
        float32 [B].
    """
    return weight * ops.square(returns - values)


def pack(actions: npt.NDArray[np.int32], advantages: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Actions and advantages as the one target that Keras hands to a loss: float32 [B, 2]."""
    return np.stack([actions.astype(np.float32), advantages], axis=-1)


class PackedPolicyLoss(keras.losses.Loss):
    """`policy_losses` for ``compile``, with actions and advantages from `pack`.

    Args:
        entropy_weight: how much a more random policy is worth.
    """

    def __init__(self, entropy_weight: float) -> None:
        super().__init__(name="policy")
        self._entropy_weight = entropy_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number for each row: of packed targets [B, 2] and logits [B, A]."""
        actions = ops.cast(y_true[:, 0], "int32")
        return policy_losses(actions, y_true[:, 1], y_pred, self._entropy_weight)


class ValueLoss(keras.losses.Loss):
    """`value_losses` for ``compile``.

    Args:
        weight: against the policy's loss.
    """

    def __init__(self, weight: float) -> None:
        super().__init__(name="value")
        self._weight = weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number for each row: of returns and values, [B, 1] or [B]."""
        return value_losses(ops.reshape(y_true, (-1,)), ops.reshape(y_pred, (-1,)), self._weight)
