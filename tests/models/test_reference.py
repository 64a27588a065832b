"""The oracle, on numbers small enough to compute by hand. No TensorFlow."""

import numpy as np

from eagerbench.models.reference import Parameters, forward, forward_flops, forward_in_blocks

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


def test_forward_on_one_row_computed_by_hand() -> None:
    """At x = 2: policy hidden relu(2.5, -1.5) is (2.5, 0), logits (2.5, 1); value hidden (4, 0), value 3 · 4 - 1."""
    logits, value = forward(Parameters.of(WEIGHTS), np.array([[2.0]]))
    np.testing.assert_array_equal(logits, [[2.5, 1.0]])
    np.testing.assert_array_equal(value, [[11.0]])


def test_the_precision_is_that_of_the_parameters() -> None:
    """float32 observations through float64 weights are computed in float64, and the other way round."""
    observations = np.array([[2.0]], np.float32)
    assert forward(Parameters.of(WEIGHTS, np.float64), observations)[0].dtype == np.float64
    assert forward(Parameters.of(WEIGHTS, np.float32), observations)[0].dtype == np.float32


def test_blocks_give_what_one_batch_gives() -> None:
    """Seven rows in blocks of three: the rest of one row is not lost."""
    observations = np.linspace(-3, 3, 7)[:, None]
    whole, blocks = (
        run(Parameters.of(WEIGHTS), observations) for run in (forward, lambda p, x: forward_in_blocks(p, x, 3))
    )
    for one, other in zip(whole, blocks, strict=True):
        np.testing.assert_array_equal(one, other)


def test_flops_of_the_article_s_model() -> None:
    """CartPole, 128 hidden units: 2,816 a row, 281.6 million for 100,000 rows."""
    assert 100_000 * forward_flops((4,), 2, 128) == 281_600_000
