"""The oracle: the actor-critic's forward pass in NumPy, and its arithmetic cost.

Knows no TensorFlow and no Keras, so that it can't share a mistake with what it is held against.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Parameters(NamedTuple):
    """Weights of the actor-critic, in the order in which Keras lists them. O: observation, H: hidden, A: actions."""

    policy_hidden_kernel: npt.NDArray[np.floating]  # [O, H]
    policy_hidden_bias: npt.NDArray[np.floating]  # [H]
    value_hidden_kernel: npt.NDArray[np.floating]  # [O, H]
    value_hidden_bias: npt.NDArray[np.floating]  # [H]
    logits_kernel: npt.NDArray[np.floating]  # [H, A]
    logits_bias: npt.NDArray[np.floating]  # [A]
    value_kernel: npt.NDArray[np.floating]  # [H, 1]
    value_bias: npt.NDArray[np.floating]  # [1]

    @classmethod
    def of(cls, weights: Sequence[npt.NDArray[np.floating]], dtype: npt.DTypeLike = np.float64) -> "Parameters":
        """From ``model.get_weights()``, in the precision that the reference shall compute in."""
        return cls(*(np.asarray(weight, dtype) for weight in weights))


def forward(
    parameters: Parameters, observations: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Logits and value of a batch, in the precision of the parameters.

    ``logits = relu(x W1 + b1) W3 + b3`` and ``value = relu(x W2 + b2) W4 + b4``.

    Args:
        parameters: the weights.
        observations: float [B, O].

    Returns:
        Logits [B, A] and value [B, 1].
    """
    inputs = observations.astype(parameters.policy_hidden_kernel.dtype, copy=False)
    policy_hidden = np.maximum(inputs @ parameters.policy_hidden_kernel + parameters.policy_hidden_bias, 0)  # [B, H]
    value_hidden = np.maximum(inputs @ parameters.value_hidden_kernel + parameters.value_hidden_bias, 0)  # [B, H]
    logits = policy_hidden @ parameters.logits_kernel + parameters.logits_bias
    value = value_hidden @ parameters.value_kernel + parameters.value_bias
    return logits, value


def forward_in_blocks(
    parameters: Parameters, observations: npt.NDArray[np.floating], rows: int = 8192
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """`forward`, a block of rows at a time, so that the oracle of a large batch fits into memory."""
    blocks = [forward(parameters, observations[first : first + rows]) for first in range(0, len(observations), rows)]
    return np.concatenate([logits for logits, _ in blocks]), np.concatenate([value for _, value in blocks])


def forward_flops(observation_shape: tuple[int, ...], actions: int, hidden: int) -> int:
    """Floating-point operations of one row: two for each weight of a matrix product, biases and relu left out.

    CartPole with 128 hidden units: ``2 · (2 · 4 · 128 + 128 · 2 + 128 · 1) = 2816``.
    """
    observation = math.prod(observation_shape)
    return 2 * (2 * observation * hidden + hidden * actions + hidden)
