"""The model itself, on real TensorFlow."""

import numpy as np
import pytest

from eagerbench.models import reference

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def observations() -> np.ndarray:
    """A few rows, float32."""
    return np.random.default_rng(0).standard_normal((50, 4), np.float32)


def test_it_takes_raw_arrays_and_gives_logits_and_value(observations: np.ndarray) -> None:
    """No input layer, no conversion by the caller; what it computes is the reference's."""
    from eagerbench.models.actor_critic import make_actor_critic

    model = make_actor_critic((4,), 2)
    logits, value = model(observations)
    assert (logits.shape, value.shape) == ((50, 2), (50, 1))
    wanted = reference.forward(reference.Parameters.of(model.get_weights()), observations)
    np.testing.assert_allclose(logits, wanted[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(value, wanted[1], rtol=1e-4, atol=1e-5)


def test_its_two_halves_share_nothing() -> None:
    """Changing the value's hidden layer leaves the logits alone."""
    from eagerbench.models.actor_critic import make_actor_critic

    model = make_actor_critic((4,), 2)
    rows = np.ones((1, 4), np.float32)
    logits, value = (np.array(output) for output in model(rows))
    model.value_hidden.kernel.assign(model.value_hidden.kernel * 2)
    np.testing.assert_array_equal(model(rows)[0], logits)
    assert not np.array_equal(model(rows)[1], value)


def test_the_seed_gives_the_weights() -> None:
    """Every process that makes the model of a seed makes the same one; layers and seeds differ."""
    from eagerbench.models.actor_critic import make_actor_critic

    first, again, other = (make_actor_critic((4,), 2, seed=seed).get_weights() for seed in (3, 3, 4))
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, same)
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[0], first[2])


def test_float64_observations_are_cast(observations: np.ndarray) -> None:
    """NumPy's default precision is accepted, as the article's code did."""
    from eagerbench.models.actor_critic import make_actor_critic

    model = make_actor_critic((4,), 2)
    np.testing.assert_array_equal(model(observations.astype(np.float64))[0], model(observations)[0])


def test_the_sampler_inverts_the_cumulative_distribution() -> None:
    """Probabilities 1/2, 1/4, 1/4: uniforms below 0.5, below 0.75 and above pick actions 0, 1 and 2."""
    from eagerbench.models.actor_critic import ActionSampler

    logits = np.log(np.array([[0.5, 0.25, 0.25]] * 6, np.float32))
    uniforms = np.array([[0.0], [0.49], [0.51], [0.74], [0.76], [0.999999]], np.float32)
    np.testing.assert_array_equal(ActionSampler()((logits, uniforms)), [0, 0, 1, 1, 2, 2])


def test_action_value_gives_one_action_and_one_value_a_row(observations: np.ndarray) -> None:
    """Through Keras predict; both actions occur in fifty draws from nearly even logits."""
    from eagerbench.models.actor_critic import make_actor_critic

    action, value = make_actor_critic((4,), 2).action_value(observations)
    assert (action.shape, action.dtype, value.shape) == ((50,), np.int32, (50,))
    assert set(action) == {0, 1}


def test_model_and_sampler_work_in_a_static_graph(observations: np.ndarray) -> None:
    """In `tf.Graph` with a session, the same logits and uniforms give the same actions as eagerly."""
    import tensorflow as tf

    from eagerbench.models.actor_critic import make_actor_critic

    uniforms = np.random.default_rng(1).random((50, 1), np.float32)
    eager = make_actor_critic((4,), 2)
    wanted = np.asarray(eager.sampler((eager(observations)[0], uniforms)))
    with tf.Graph().as_default():
        assert not tf.executing_eagerly()
        model = make_actor_critic((4,), 2)
        batch = tf.compat.v1.placeholder(tf.float32, [None, 4])
        draws = tf.compat.v1.placeholder(tf.float32, [None, 1])
        actions = model.sampler((model(batch)[0], draws))
        with tf.compat.v1.Session() as session:
            # The initializers are seeded, so the graph's weights are the eager model's.
            session.run([variable.value.initializer for variable in model.weights])
            np.testing.assert_array_equal(session.run(actions, {batch: observations, draws: uniforms}), wanted)
