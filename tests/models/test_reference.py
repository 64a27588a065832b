"""The oracle, on numbers small enough to compute by hand. No TensorFlow."""

import numpy as np
import pytest

from eagerbench.models.images import image_shape
from eagerbench.models.reference import BLOCK_NUMBERS, Perceptron, convolved, cost, forward_in_blocks, network

# One observation value, two hidden units, two actions.
WEIGHTS = [
    np.array([[1.0, -1.0]]),
    np.array([0.5, 0.5]),  # policy hidden
    np.array([[2.0, 1.0]]),
    np.array([0.0, -10.0]),  # value hidden
    np.array([[1.0, 0.0], [0.0, 1.0]]),
    np.array([0.0, 1.0]),  # logits
    np.array([[3.0], [100.0]]),
    np.array([-1.0]),  # value
]


def _convolutional_weights(channels: int, pixels: int, hidden: int = 3, actions: int = 2) -> list[np.ndarray]:
    """Random ones, for an image after whose two convolutions so many pixels are left."""
    random = np.random.default_rng(0)
    shapes = [
        *((8, 8, channels, 16), (16,)),
        *((4, 4, 16, 32), (32,)),
        *((pixels * 32, hidden), (hidden,)),
        *((hidden, actions), (actions,)),
        *((hidden, 1), (1,)),
    ]
    return [random.normal(size=shape) for shape in shapes]


def test_forward_on_one_row_computed_by_hand() -> None:
    """At x = 2: policy hidden relu(2.5, -1.5) is (2.5, 0), logits (2.5, 1); value hidden (4, 0), value 3 · 4 - 1."""
    logits, value = network(WEIGHTS, (1,)).forward(np.array([[2.0]]))
    np.testing.assert_array_equal(logits, [[2.5, 1.0]])
    np.testing.assert_array_equal(value, [[11.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_precision_is_that_of_the_weights(dtype: type) -> None:
    """Single-precision observations with double-precision weights are computed in double, and the other way round."""
    for other in (np.float32, np.float64):
        assert network(WEIGHTS, (1,), dtype).forward(np.ones((1, 1), other))[0].dtype == dtype
        images = network(_convolutional_weights(1, 1), (5, 5), dtype, scale=255.0)
        assert [part.dtype for part in images.forward(np.ones((1, 5, 5), other))] == [dtype, dtype]


def test_blocks_give_what_one_batch_gives() -> None:
    """Seven rows in blocks of three, the rest of one row not lost; of numbers and of images."""
    images = np.random.default_rng(1).random((7, 9, 5))
    for own, rows in (
        (network(WEIGHTS, (1,)), np.linspace(-3, 3, 7)[:, None]),
        (network(_convolutional_weights(1, 2), (9, 5)), images),
    ):
        whole = own.forward(rows)
        for blocks in (forward_in_blocks(own, rows, 3), forward_in_blocks(own, rows)):
            for one, other in zip(whole, blocks, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-12)
        assert [part.shape for part in whole] == [(7, 2), (7, 1)]


def test_a_block_of_images_is_small() -> None:
    """What a block computes with stays under 16 MiB, however large a row is; one row is always taken."""
    seen: list[int] = []

    class Watched:
        numbers = BLOCK_NUMBERS // 5

        def forward(self, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            seen.append(len(observations))
            return observations, observations

    forward_in_blocks(Watched(), np.zeros((12, 1)))
    assert seen == [5, 5, 2]
    seen.clear()
    Watched.numbers = 2 * BLOCK_NUMBERS
    forward_in_blocks(Watched(), np.zeros((2, 1)))
    assert seen == [1, 1]


def _naively_convolved(images: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """As the definition says it: result (i, j) looks at the pixels around (i · stride, j · stride)."""
    rows, *lengths, _ = images.shape
    size = kernel.shape[0]
    steps = [-(-length // stride) for length in lengths]
    before = [max((n - 1) * stride + size - length, 0) // 2 for n, length in zip(steps, lengths, strict=True)]
    result = np.zeros((rows, *steps, kernel.shape[3]))
    for i, j in np.ndindex(*steps):
        for y, x in np.ndindex(size, size):
            own = (i * stride + y - before[0], j * stride + x - before[1])
            if all(0 <= place < length for place, length in zip(own, lengths, strict=True)):
                result[:, i, j] += images[:, own[0], own[1]] @ kernel[y, x]
    return result


@pytest.mark.parametrize("lengths", [(1, 1), (4, 6), (8, 8), (9, 13), (17, 16)])
@pytest.mark.parametrize(("size", "stride"), [(8, 4), (4, 2), (3, 1)])
def test_a_convolution_is_what_its_definition_says(lengths: tuple[int, int], size: int, stride: int) -> None:
    """Pixel by pixel, with zeros around the image and one more of them behind than before where they are odd."""
    random = np.random.default_rng(2)
    images, kernel = random.normal(size=(2, *lengths, 3)), random.normal(size=(size, size, 3, 5))
    np.testing.assert_allclose(
        convolved(images, kernel, stride), _naively_convolved(images, kernel, stride), atol=1e-12
    )


def test_images_are_divided_by_their_scale() -> None:
    """Bytes with a scale of 255 are the numbers from 0 to 1 without one."""
    images = np.random.default_rng(3).integers(256, size=(2, 6, 6, 3))
    weights = _convolutional_weights(3, 1)
    scaled = network(weights, (6, 6, 3), scale=255.0).forward(images)
    plain = network(weights, (6, 6, 3)).forward(images / 255.0)
    np.testing.assert_allclose(np.concatenate(scaled, axis=1), np.concatenate(plain, axis=1), rtol=1e-12)


def test_stacked_frames_and_grey_images_are_looked_at_as_images() -> None:
    """Frames in front are channels; a grey image has one."""
    stacked = np.random.default_rng(4).random((2, 3, 6, 7))
    weights = _convolutional_weights(3, 1)
    found = network(weights, (3, 6, 7)).forward(stacked)
    np.testing.assert_array_equal(found[0], network(weights, (6, 7, 3)).forward(np.moveaxis(stacked, 1, -1))[0])
    weights = _convolutional_weights(1, 1)
    grey = network(weights, (6, 7)).forward(stacked[:, 0])
    np.testing.assert_array_equal(grey[0], network(weights, (6, 7, 1)).forward(stacked[:, 0, ..., None])[0])


@pytest.mark.parametrize(
    ("observation", "image"),
    [
        ((84, 84), (84, 84, 1)),
        ((96, 96, 3), (96, 96, 3)),
        ((210, 160, 3), (210, 160, 3)),
        ((4, 84, 84), (84, 84, 4)),
        ((3, 3, 3), (3, 3, 3)),
        ((4, 84, 4), (4, 84, 4)),
    ],
)
def test_channels_come_last_but_where_the_first_size_is_the_smallest(
    observation: tuple[int, ...], image: tuple[int, int, int]
) -> None:
    """As frames come from Gymnasium's wrapper."""
    assert image_shape(observation) == image


def test_flops_of_the_article_s_model() -> None:
    """CartPole, 128 hidden units: 2,816 a row, 281.6 million for 100,000 rows; 1,667 weights; 4 + 256 numbers a row."""
    assert cost((4,), 2, 128) == (1667, 2816, 260)


def test_cost_of_a_small_image_computed_by_hand() -> None:
    """16 x 8 grey pixels: 4 x 2 places, then 2 x 1; 3 hidden units and 2 actions."""
    first, second = 8 * 8 * 1 * 16, 4 * 4 * 16 * 32
    dense = 2 * 32 * 3 + 3 * 2 + 3
    biases = 16 + 32 + 3 + 2 + 1
    assert cost((16, 8), 2, 3) == (
        first + second + dense + biases,
        2 * (8 * first + 2 * second + dense),
        16 * 8 + 8 * 16 + 2 * 32 + 3,
    )
    weights = _convolutional_weights(1, 2)
    assert cost((16, 8), 2, 3).parameters == sum(weight.size for weight in weights)


def test_weights_of_flat_observations_make_a_perceptron() -> None:
    """In Keras's order."""
    own = network(WEIGHTS, (1,))
    assert isinstance(own, Perceptron)
    np.testing.assert_array_equal(own.value_kernel, WEIGHTS[6])
    assert own.numbers == 1 + 2 * 2
