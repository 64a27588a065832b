"""The oracle: the forward passes of the suite's two models in NumPy, and their arithmetic cost.

Knows no TensorFlow and no Keras, so that it can't share a mistake with what it is held against. B: rows,
O: observation, H: hidden, A: actions.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from eagerbench.models.images import FILTERS, KERNELS, STRIDES, image_shape

Floating = npt.NDArray[np.floating]

# Of one block of `forward_in_blocks`: 16 MiB in double precision.
BLOCK_NUMBERS = 2**21


class Network(Protocol):
    """A model whose weights are known."""

    @property
    def numbers(self) -> int:
        """That it takes to compute one row: roughly, what is in memory at once."""

    def forward(self, observations: Floating) -> tuple[Floating, Floating]:
        """Logits [B, A] and value [B, 1] of a batch [B, observation], in the precision of the weights."""


class Perceptron(NamedTuple):
    """The actor-critic with two separate hidden layers: its weights, in the order in which Keras lists them."""

    policy_hidden_kernel: Floating  # [O, H]
    policy_hidden_bias: Floating  # [H]
    value_hidden_kernel: Floating  # [O, H]
    value_hidden_bias: Floating  # [H]
    logits_kernel: Floating  # [H, A]
    logits_bias: Floating  # [A]
    value_kernel: Floating  # [H, 1]
    value_bias: Floating  # [1]

    @property
    def numbers(self) -> int:
        """Input and both hidden layers of a row."""
        wide, hidden = self.policy_hidden_kernel.shape
        return int(wide + 2 * hidden)

    def forward(self, observations: Floating) -> tuple[Floating, Floating]:
        """Logits and value of a batch, in the precision of the weights.

        ``logits = relu(x W1 + b1) W3 + b3`` and ``value = relu(x W2 + b2) W4 + b4``.

        Args:
            observations: float [B, O].

        Returns:
            Logits [B, A] and value [B, 1].
        """
        inputs = observations.astype(self.policy_hidden_kernel.dtype, copy=False)
        policy_hidden = np.maximum(inputs @ self.policy_hidden_kernel + self.policy_hidden_bias, 0)  # [B, H]
        value_hidden = np.maximum(inputs @ self.value_hidden_kernel + self.value_hidden_bias, 0)  # [B, H]
        logits = policy_hidden @ self.logits_kernel + self.logits_bias
        value = value_hidden @ self.value_kernel + self.value_bias
        return logits, value


class Convolutional(NamedTuple):
    """The convolutional actor-critic: what it divides by, and its weights in the order in which Keras lists them.

    C: channels, F and G: filters of the two layers, P: numbers that the second one gives for a row.
    """

    scale: float
    observation_shape: tuple[int, ...]
    first_kernel: Floating  # [8, 8, C, F]
    first_bias: Floating  # [F]
    second_kernel: Floating  # [4, 4, F, G]
    second_bias: Floating  # [G]
    hidden_kernel: Floating  # [P, H]
    hidden_bias: Floating  # [H]
    logits_kernel: Floating  # [H, A]
    logits_bias: Floating  # [A]
    value_kernel: Floating  # [H, 1]
    value_bias: Floating  # [1]

    @property
    def numbers(self) -> int:
        """A row's images, and what is laid out of them for the matrix products."""
        height, width, channels = image_shape(self.observation_shape)
        total = height * width * channels
        for kernel, stride in zip((self.first_kernel, self.second_kernel), STRIDES, strict=True):
            height, width = -(-height // stride), -(-width // stride)
            total += height * width * (math.prod(kernel.shape[:3]) + kernel.shape[3])
        return total

    def forward(self, observations: Floating) -> tuple[Floating, Floating]:
        """Logits and value of a batch of images, in the precision of the weights.

        Args:
            observations: float [B, height, width], [B, height, width, C] or [B, C, height, width].

        Returns:
            Logits [B, A] and value [B, 1].
        """
        dtype = self.first_kernel.dtype.type
        images = as_images(observations).astype(dtype, copy=False) / dtype(self.scale)
        found = np.maximum(convolved(images, self.first_kernel, STRIDES[0]) + self.first_bias, 0)
        found = np.maximum(convolved(found, self.second_kernel, STRIDES[1]) + self.second_bias, 0)
        hidden = np.maximum(found.reshape(len(found), -1) @ self.hidden_kernel + self.hidden_bias, 0)  # [B, H]
        return hidden @ self.logits_kernel + self.logits_bias, hidden @ self.value_kernel + self.value_bias


def network(
    weights: Sequence[Floating],
    observation_shape: tuple[int, ...],
    dtype: npt.DTypeLike = np.float64,
    scale: float = 1.0,
) -> Network:
    """The suite's own model for observations of a shape.

    Args:
        weights: ``model.get_weights()``.
        observation_shape: of one observation.
        dtype: the precision to compute in.
        scale: what images are divided by.
    """
    own = [np.asarray(weight, dtype) for weight in weights]
    if len(observation_shape) == 1:
        return Perceptron(*own)
    return Convolutional(scale, observation_shape, *own)


def forward_in_blocks(network: Network, observations: Floating, rows: int | None = None) -> tuple[Floating, Floating]:
    """``network.forward``, a block of rows at a time, so that the oracle of a large batch fits into memory.

    Args:
        network: to be executed.
        observations: float [B, observation].
        rows: of a block; None for as many as take about 16 MiB in double precision.
    """
    rows = rows or max(1, BLOCK_NUMBERS // network.numbers)
    blocks = [network.forward(observations[first : first + rows]) for first in range(0, len(observations), rows)]
    return np.concatenate([logits for logits, _ in blocks]), np.concatenate([value for _, value in blocks])


def as_images(observations: Floating) -> Floating:
    """Observations of rank 2 or 3 as [B, height, width, channels]."""
    if observations.ndim == 3:
        return observations[..., None]
    channels_first = image_shape(observations.shape[1:]) != observations.shape[1:]
    return np.moveaxis(observations, 1, -1) if channels_first else observations


def convolved(images: Floating, kernel: Floating, stride: int) -> Floating:
    """Convolution with the padding that TensorFlow calls ``same``: as many results as steps of the stride fit.

    Args:
        images: [B, height, width, C].
        kernel: [K, K, C, F].
        stride: of both directions.

    Returns:
        [B, ceil(height / stride), ceil(width / stride), F].
    """
    size = kernel.shape[0]
    padding = [(0, 0), *(_same_padding(length, size, stride) for length in images.shape[1:3]), (0, 0)]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(images, padding), (size, size), axis=(1, 2))
    # [B, height', width', C, K, K], of which every one is a row of a matrix product
    return np.tensordot(windows[:, ::stride, ::stride], kernel, axes=((4, 5, 3), (0, 1, 2)))


def _same_padding(length: int, size: int, stride: int) -> tuple[int, int]:
    """Zeros before and behind, of which there is one more behind where their number is odd."""
    total = max((-(-length // stride) - 1) * stride + size - length, 0)
    return total // 2, total - total // 2


class Cost(NamedTuple):
    """What an actor-critic of the suite costs.

    Attributes:
        parameters: weights.
        flops: floating-point operations of one row: two for each weight of a product, biases and relu left out.
        numbers: of one row in memory, input and hidden layers.
    """

    parameters: int
    flops: int
    numbers: int


def cost(observation_shape: tuple[int, ...], actions: int, hidden: int) -> Cost:
    """What the suite's own model for observations of a shape costs.

    CartPole with 128 hidden units: ``2 · (2 · 4 · 128 + 128 · 2 + 128 · 1) = 2816`` operations. A convolution counts
    its kernel once for each place in its output, those at the border with the zeros around the image too.
    """
    if len(observation_shape) == 1:
        observation = math.prod(observation_shape)
        products = 2 * observation * hidden + hidden * actions + hidden
        return Cost(products + 2 * hidden + actions + 1, 2 * products, observation + 2 * hidden)
    height, width, channels = image_shape(observation_shape)
    numbers, parameters, products = height * width * channels, 0, 0
    for size, stride, filters in zip(KERNELS, STRIDES, FILTERS, strict=True):
        height, width = -(-height // stride), -(-width // stride)
        kernel = size * size * channels * filters
        parameters += kernel + filters
        products += height * width * kernel
        numbers += height * width * filters
        channels = filters
    dense = height * width * channels * hidden + hidden * actions + hidden
    return Cost(parameters + dense + hidden + actions + 1, 2 * (products + dense), numbers + hidden)
