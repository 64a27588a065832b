"""The one model definition that every mode executes: an actor-critic with two separate hidden layers.

Written in ``keras.ops`` only, so that the backend is Keras's business. Knows no mode and no clock.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

HIDDEN = 128


class ActionSampler(keras.Model):
    """The sampling head: draws one categorical action for each row of logits.

    The randomness comes in as numbers instead of from a generator inside. That makes it a pure function, which draws
    the same in every mode, and keeps it working in a static graph, where nothing would advance a generator's state.
    """

    def call(self, inputs: tuple[Any, Any]) -> Any:
        """Draw by inverting the cumulative distribution: the first action whose cumulative probability exceeds ``u``.

        Args:
            inputs: logits float32 [B, A], and uniforms ``u`` float32 [B, 1] from [0, 1).

        Returns:
            Actions, int32 [B].
        """
        logits, uniforms = inputs
        cumulative = keras.ops.cumsum(keras.ops.softmax(logits, axis=-1), axis=-1)  # [B, A]
        # The last sum may round to just under 1, so it is left out: what exceeds all others is the last action.
        passed = keras.ops.cast(cumulative[:, :-1] <= uniforms, "int32")
        return keras.ops.sum(passed, axis=-1)


class ActorCritic(keras.Model):
    """Policy and value of an observation, by two hidden layers that share nothing but their input.

    There is no input layer: raw NumPy arrays are fine.

    Args:
        actions: how many discrete actions there are.
        hidden: width of each of the two hidden layers.
        seed: of the initial weights and of the actions that ``action_value`` draws; the same seed gives the same
            weights in every process.
    """

    def __init__(self, actions: int, hidden: int = HIDDEN, seed: int = 0) -> None:
        super().__init__(name="actor_critic")
        self.policy_hidden = keras.layers.Dense(
            hidden, "relu", kernel_initializer=_glorot(seed, 0), name="policy_hidden"
        )
        self.value_hidden = keras.layers.Dense(hidden, "relu", kernel_initializer=_glorot(seed, 1), name="value_hidden")
        self.policy_logits = keras.layers.Dense(actions, kernel_initializer=_glorot(seed, 2), name="policy_logits")
        self.value = keras.layers.Dense(1, kernel_initializer=_glorot(seed, 3), name="value")
        self.sampler = ActionSampler(name="action_sampler")
        self._uniforms = np.random.default_rng(seed)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights for observations of shape ``[B, observation]``."""
        self.policy_hidden.build(input_shape)
        self.value_hidden.build(input_shape)
        self.policy_logits.build((None, self.policy_hidden.units))
        self.value.build((None, self.value_hidden.units))
        self.built = True

    def call(self, inputs: Any) -> tuple[Any, Any]:
        """Logits and value of a batch of observations.

        Args:
            inputs: float [B, observation], a tensor or a NumPy array; other float types are cast to float32.

        Returns:
            Logits float32 [B, A] and value float32 [B, 1].
        """
        observations = keras.ops.convert_to_tensor(inputs, dtype="float32")
        logits = self.policy_logits(self.policy_hidden(observations))
        value = self.value(self.value_hidden(observations))
        return logits, value

    def action_value(self, observations: npt.ArrayLike) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Draw an action and estimate the value for each observation, through Keras ``predict``.

        Args:
            observations: float [B, observation].

        Returns:
            Actions int32 [B] and values float32 [B].
        """
        logits, value = self.predict(np.asarray(observations, np.float32), verbose=0)
        uniforms = self._uniforms.random((len(logits), 1), dtype=np.float32)
        action = self.sampler.predict((logits, uniforms), verbose=0)
        return action, np.squeeze(value, axis=-1)


def make_actor_critic(
    observation_shape: tuple[int, ...], actions: int, hidden: int = HIDDEN, seed: int = 0
) -> ActorCritic:
    """An actor-critic whose weights exist already, the same in every process for the same seed.

    Args:
        observation_shape: of one observation, such as ``(4,)``.
        actions: how many discrete actions there are.
        hidden: width of each of the two hidden layers.
        seed: of the initial weights.
    """
    model = ActorCritic(actions, hidden, seed)
    model.build((None, *observation_shape))
    return model


def _glorot(seed: int, layer: int) -> keras.initializers.Initializer:
    """The default initializer, seeded so that no two layers and no two seeds draw the same weights."""
    return keras.initializers.GlorotUniform(seed=4 * seed + layer)
