"""A convolutional model on images.

    eagerbench run --model examples/convolutional_model.py:make_model --observation-shape 84,84,4

Without an environment observations are drawn at random, and nothing is trained. An environment of images works too,
such as ``--env CarRacing-v3 --env-kwargs continuous=False`` (``pip install 'eagerbench[box2d]'``).
"""

import keras

ACTIONS = 6  # where no environment says how many there are


def make_model(observation_shape: tuple[int, ...], actions: int = ACTIONS) -> keras.Model:
    """Logits and value of an image, by the layers of Mnih et al. 2015, "Human-level control", with narrower filters."""
    images = keras.Input(observation_shape, name="images")
    hidden = keras.layers.Rescaling(1 / 255)(images)
    hidden = keras.layers.Conv2D(16, 8, strides=4, activation="relu")(hidden)
    hidden = keras.layers.Conv2D(32, 4, strides=2, activation="relu")(hidden)
    hidden = keras.layers.Flatten()(hidden)
    hidden = keras.layers.Dense(128, activation="relu")(hidden)
    logits = keras.layers.Dense(actions, name="logits")(hidden)
    value = keras.layers.Dense(1, name="value")(hidden)
    return keras.Model(images, (logits, value), name="convolutional")
