"""A model with batch normalisation and dropout, which do something else while it learns.

    eagerbench run --model examples/regularised_model.py:make_model --env CartPole-v1

Forward passes are those of a model in use: moving averages, and nothing dropped. Modes whose gradient steps can't draw
the same numbers, or can't update the averages, say so and are timed where they can be.
"""

import keras


class RegularisedPolicy(keras.Model):
    """Logits and value, by hidden layers with batch normalisation and dropout.

    Args:
        actions: how many there are.
    """

    def __init__(self, actions: int) -> None:
        super().__init__(name="regularised_policy")
        self.hidden = [keras.layers.Dense(128, use_bias=False) for _ in range(2)]
        self.normalise = [keras.layers.BatchNormalization() for _ in range(2)]
        self.drop = keras.layers.Dropout(0.1, seed=0)
        self.logits = keras.layers.Dense(actions, name="logits")
        self.value = keras.layers.Dense(1, name="value")

    def call(self, observations, training=False):
        """Logits [B, actions] and value [B, 1]."""
        hidden = observations
        for dense, normalise in zip(self.hidden, self.normalise, strict=True):
            hidden = self.drop(keras.ops.relu(normalise(dense(hidden), training=training)), training=training)
        return self.logits(hidden), self.value(hidden)


def make_model(observation_shape: tuple[int, ...], actions: int) -> keras.Model:
    """The policy, built for observations of this shape."""
    model = RegularisedPolicy(actions)
    model(keras.ops.zeros((1, *observation_shape)))
    return model
