"""A functional model: one trunk, two heads.

    eagerbench run --model examples/functional_model.py:make_model --env CartPole-v1

Its outputs are a dict, which says which of them is which.
"""

import keras


def make_model(observation_shape: tuple[int, ...], actions: int) -> keras.Model:
    """Logits and value of an observation, from hidden layers that both share."""
    observations = keras.Input(observation_shape, name="observations")
    hidden = keras.layers.Dense(64, activation="tanh")(observations)
    hidden = keras.layers.Dense(64, activation="tanh")(hidden)
    logits = keras.layers.Dense(actions, name="logits")(hidden)
    value = keras.layers.Dense(1, name="value")(hidden)
    return keras.Model(observations, {"logits": logits, "value": value}, name="shared_trunk")
