"""The models themselves, on real TensorFlow."""

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
    wanted = reference.network(model.get_weights(), (4,)).forward(observations)
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


SHAPES = [(64, 64), (9, 5), (96, 96, 3), (1, 1, 2), (4, 64, 64), (20, 33, 4)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_images_go_through_the_reference_s_convolutions(shape: tuple[int, ...]) -> None:
    """Bytes of any size, grey, coloured or stacked: logits and value are the reference's, with biases that aren't 0."""
    from eagerbench.models.actor_critic import ConvolutionalActorCritic, make_actor_critic

    model = make_actor_critic(shape, 3, hidden=16, scale=255.0)
    assert isinstance(model, ConvolutionalActorCritic)
    random = np.random.default_rng(0)
    model.set_weights([weight + random.normal(0, 0.02, weight.shape) for weight in model.get_weights()])
    images = random.integers(256, size=(5, *shape)).astype(np.float32)
    logits, value = model(images)
    assert (logits.shape, value.shape) == ((5, 3), (5, 1))
    wanted = reference.network(model.get_weights(), shape, scale=255.0).forward(images)
    np.testing.assert_allclose(logits, wanted[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(value, wanted[1], rtol=1e-4, atol=1e-5)
    assert model.count_params() == reference.cost(shape, 3, 16).parameters


def test_a_single_size_makes_no_image_and_cost_counts_its_weights() -> None:
    """Flat observations have the article's model, whatever the scale of images is."""
    from eagerbench.models.actor_critic import ActorCritic, make_actor_critic

    model = make_actor_critic((6,), 3, hidden=8, scale=255.0)
    assert isinstance(model, ActorCritic)
    assert model.scale == 1.0
    assert model.count_params() == reference.cost((6,), 3, 8).parameters


def test_the_seed_gives_the_weights_of_convolutions() -> None:
    """As for the other model: no two layers, and no two seeds, draw the same."""
    from eagerbench.models.actor_critic import make_actor_critic

    first, again, other = (make_actor_critic((8, 8), 2, hidden=4, seed=seed).get_weights() for seed in (3, 3, 4))
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, same)
    kernels = [weight.ravel()[:4] / np.abs(weight).max() for weight in (*first[::2], *other[::2])]
    assert len({tuple(np.round(kernel, 3)) for kernel in kernels}) == len(kernels)


def test_actions_are_drawn_for_images_too() -> None:
    """One a row, with the sampler that both models share."""
    from eagerbench.models.actor_critic import make_actor_critic

    images = np.random.default_rng(0).integers(256, size=(30, 4, 16, 16))
    action, value = make_actor_critic((4, 16, 16), 2, scale=255.0).action_value(images)
    assert (action.shape, action.dtype, value.shape) == ((30,), np.int32, (30,))
    assert set(action) == {0, 1}


def test_images_are_convolved_with_the_last_axis_as_channels_whatever_keras_is_set_to() -> None:
    """A user's setting is for their models."""
    import keras

    from eagerbench.models.actor_critic import make_actor_critic

    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        model = make_actor_critic((8, 12, 3), 2, hidden=4)
        assert model(np.zeros((2, 8, 12, 3), np.float32))[0].shape == (2, 2)
        assert model.get_weights()[0].shape == (8, 8, 3, 16)
    finally:
        keras.config.set_image_data_format(before)
