"""The article's own model: a policy, a value, and a model inside it that draws actions.

    eagerbench run --model examples/article_model.py:make_model --env CartPole-v1

Written as in the article ("Deep Reinforcement Learning with TensorFlow 2.0", January 2019); where Keras 3 forces
another line, a comment says so.
"""

import keras
import keras.layers as kl
import numpy as np
import tensorflow as tf


class ProbabilityDistribution(keras.Model):
    """Draws actions."""

    def call(self, logits):
        """Sample a random categorical action from given logits."""
        return tf.squeeze(tf.random.categorical(logits, 1), axis=-1)


class Model(keras.Model):
    """Logits and value of an observation.

    Args:
        num_actions: how many there are.
    """

    def __init__(self, num_actions):
        super().__init__(name="mlp_policy")  # Keras 3: the name is a keyword
        # no tf.get_variable(), just simple Keras API
        self.hidden1 = kl.Dense(128, activation="relu")
        self.hidden2 = kl.Dense(128, activation="relu")
        self.value = kl.Dense(1, name="value")
        # logits are unnormalized log probabilities
        self.logits = kl.Dense(num_actions, name="policy_logits")
        self.dist = ProbabilityDistribution()

    def call(self, inputs):
        """Logits [B, actions] and value [B, 1]."""
        # inputs is a numpy array, convert to Tensor
        x = tf.convert_to_tensor(inputs, dtype=tf.float32)
        # separate hidden layers from the same input tensor
        hidden_logs = self.hidden1(x)
        hidden_vals = self.hidden2(x)
        return self.logits(hidden_logs), self.value(hidden_vals)

    def action_value(self, obs):
        """An action and the value of each observation."""
        # executes call() under the hood
        logits, value = self.predict(obs, verbose=0)  # Keras 3: else it draws a progress bar
        action = self.dist.predict(logits, verbose=0)
        return np.squeeze(action, axis=-1), np.squeeze(value, axis=-1)


def make_model(observation_shape, actions):  # noqa: ARG001 - there is no input layer: the first call tells the shape
    """The model for an environment with so many actions."""
    return Model(num_actions=actions)
