"""Returns and advantages: what the actions of a rollout were worth. Pure functions of arrays; knows no TensorFlow.

    R_t = r_t + γ · b_t + γ · (1 - e_t) · R_{t+1},        R_T = 0

T: steps, N: environments. ``e_t`` is 1 where an episode ended with step t, or where the rollout did. ``b_t`` is what is
still to come after a step where the sum is cut although the episode could have gone on: the critic's value of the next
observation, at a time limit (truncation) and at the end of the rollout. After a termination nothing is to come, and
``b_t`` is 0 (Pardo et al. 2018, "Time limits in reinforcement learning"; Sutton & Barto 2018, section 3.3).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def discounted_returns(rewards: Floats, cut: npt.NDArray[np.bool_], bootstrap: Floats, discount: float) -> Floats:
    """Returns of a rollout, backwards in time.

    Args:
        rewards: float32 [T, N].
        cut: where the sum ends: the episode ended here, or the rollout; bool [T, N], True in the last row.
        bootstrap: value of what is still to come after a cut step; 0 after a termination and elsewhere; float32 [T, N].
        discount: γ.

    Returns:
        float32 [T, N].
    """
    own = (rewards + np.float32(discount) * bootstrap).astype(np.float32, copy=False)
    carried = np.where(cut, np.float32(0), np.float32(discount))
    returns = np.empty_like(own)
    following = np.zeros(own.shape[1], np.float32)
    for step in range(len(own) - 1, -1, -1):
        following = own[step] + carried[step] * following
        returns[step] = following
    return returns


def discounted_returns_by_doubling(rewards: Any, cut: Any, bootstrap: Any, discount: float, operations: Any) -> Any:
    """`discounted_returns` in ``log2 T`` steps instead of T, for programs in which a step has a price.

    ``R_t = a_t + b_t · R_{t+1}`` is a chain of affine functions, and composing neighbours doubles how far each reaches
    (Hillis & Steele 1986, "Data parallel algorithms"; Blelloch 1990, "Prefix sums and their applications").

    Args:
        rewards: float32 [T, N]; T is static.
        cut: bool [T, N], True in the last row.
        bootstrap: float32 [T, N].
        discount: γ.
        operations: what computes: ``keras.ops``, ``jax.numpy`` or ``numpy``.

    Returns:
        float32 [T, N].
    """
    reached = rewards + discount * bootstrap
    factor = operations.where(cut, operations.zeros_like(rewards), discount * operations.ones_like(rewards))
    distance = 1
    while distance < rewards.shape[0]:
        beyond = operations.zeros_like(reached[:distance])  # behind the last row nothing is to come
        reached = reached + factor * operations.concatenate([reached[distance:], beyond], axis=0)
        factor = factor * operations.concatenate([factor[distance:], beyond], axis=0)
        distance *= 2
    return reached


def advantages(returns: Floats, values: Floats) -> Floats:
    """How much better the actions were than the critic expected: ``return - value``, float32, of any shape."""
    return returns - values
