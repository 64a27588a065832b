"""The models that every mode executes: an actor-critic for flat observations, and a convolutional one for images.

Written in ``keras.ops`` only, so that the backend is Keras's business. Knows no mode and no clock.
"""

import math
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from eagerbench.models.images import FILTERS, KERNELS, STRIDES, image_shape

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


class Drawing(keras.Model):
    """A model of logits and value that can also be asked for actions.

    Args:
        name: of the model.
        seed: of the actions that ``action_value`` draws.
        scale: what it divides observations by.
    """

    def __init__(self, name: str, seed: int, scale: float = 1.0) -> None:
        super().__init__(name=name)
        self.scale = scale
        self.sampler = ActionSampler(name="action_sampler")
        self._uniforms = np.random.default_rng(seed)

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


class ActorCritic(Drawing):
    """Policy and value of an observation, by two hidden layers that share nothing but their input.

    There is no input layer: raw NumPy arrays are fine.

    Args:
        actions: how many discrete actions there are.
        hidden: width of each of the two hidden layers.
        seed: of the initial weights and of the actions that ``action_value`` draws; the same seed gives the same
            weights in every process.
    """

    def __init__(self, actions: int, hidden: int = HIDDEN, seed: int = 0) -> None:
        super().__init__("actor_critic", seed)
        self.policy_hidden = keras.layers.Dense(
            hidden, "relu", kernel_initializer=_glorot(seed, 0), name="policy_hidden"
        )
        self.value_hidden = keras.layers.Dense(hidden, "relu", kernel_initializer=_glorot(seed, 1), name="value_hidden")
        self.policy_logits = keras.layers.Dense(actions, kernel_initializer=_glorot(seed, 2), name="policy_logits")
        self.value = keras.layers.Dense(1, kernel_initializer=_glorot(seed, 3), name="value")

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


class ConvolutionalActorCritic(Drawing):
    """Policy and value of an image, by two convolutions and a dense layer that both share.

    The network of Mnih et al. 2016, "Asynchronous methods for deep reinforcement learning", section 8: 16 filters of
    8 x 8 with stride 4, 32 filters of 4 x 4 with stride 2, and a dense layer, each with a relu. Here images are padded,
    so that small ones will do. There is no input layer: raw NumPy arrays are fine.

    Args:
        actions: how many discrete actions there are.
        hidden: width of the dense layer; theirs has 256 units.
        seed: of the initial weights and of the actions that ``action_value`` draws; the same seed gives the same
            weights in every process.
        scale: what observations are divided by: 255 where they are bytes.
    """

    def __init__(self, actions: int, hidden: int = HIDDEN, seed: int = 0, scale: float = 1.0) -> None:
        super().__init__("convolutional_actor_critic", seed, scale)
        self.convolutions = [
            keras.layers.Conv2D(
                filters,
                size,
                stride,
                padding="same",
                data_format="channels_last",
                activation="relu",
                kernel_initializer=_glorot(seed, layer, 5),
                name=f"convolution_{layer}",
            )
            for layer, (filters, size, stride) in enumerate(zip(FILTERS, KERNELS, STRIDES, strict=True))
        ]
        self.hidden = keras.layers.Dense(hidden, "relu", kernel_initializer=_glorot(seed, 2, 5), name="hidden")
        self.policy_logits = keras.layers.Dense(actions, kernel_initializer=_glorot(seed, 3, 5), name="policy_logits")
        self.value = keras.layers.Dense(1, kernel_initializer=_glorot(seed, 4, 5), name="value")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights for observations of shape ``[B, height, width]`` or ``[B, height, width, channels]``.

        Where the first of three sizes is the smallest one, as in ``[B, 4, 84, 84]``, it is the channels.
        """
        observation_shape = tuple(int(size or 0) for size in input_shape[1:])
        self._image_shape = image_shape(observation_shape)
        self._channels_first = len(observation_shape) == 3 and self._image_shape != observation_shape
        shape: tuple[int | None, ...] = (None, *self._image_shape)
        for convolution in self.convolutions:
            convolution.build(shape)
            shape = convolution.compute_output_shape(shape)
        self._flat = math.prod(int(size or 0) for size in shape[1:])
        self.hidden.build((None, self._flat))
        self.policy_logits.build((None, self.hidden.units))
        self.value.build((None, self.hidden.units))
        self.built = True

    def call(self, inputs: Any) -> tuple[Any, Any]:
        """Logits and value of a batch of images.

        Args:
            inputs: float [B, observation], a tensor or a NumPy array; other types of numbers are cast to float32.

        Returns:
            Logits float32 [B, A] and value float32 [B, 1].
        """
        found = keras.ops.convert_to_tensor(inputs, dtype="float32") / self.scale
        if self._channels_first:
            found = keras.ops.transpose(found, (0, 2, 3, 1))
        found = keras.ops.reshape(found, (-1, *self._image_shape))  # a grey image has one channel
        for convolution in self.convolutions:
            found = convolution(found)
        hidden = self.hidden(keras.ops.reshape(found, (-1, self._flat)))
        return self.policy_logits(hidden), self.value(hidden)


def make_actor_critic(
    observation_shape: tuple[int, ...], actions: int, hidden: int = HIDDEN, seed: int = 0, scale: float = 1.0
) -> Drawing:
    """An actor-critic whose weights exist already, the same in every process for the same seed.

    Args:
        observation_shape: of one observation, such as ``(4,)``, or ``(96, 96, 3)``, for which it is convolutional.
        actions: how many discrete actions there are.
        hidden: width of the hidden layers.
        seed: of the initial weights.
        scale: what images are divided by; flat observations are taken as they are.
    """
    flat = len(observation_shape) == 1
    model = ActorCritic(actions, hidden, seed) if flat else ConvolutionalActorCritic(actions, hidden, seed, scale)
    model.build((None, *observation_shape))
    return model


def _glorot(seed: int, layer: int, layers: int = 4) -> keras.initializers.Initializer:
    """The default initializer, seeded so that no two layers and no two seeds draw the same weights."""
    return keras.initializers.GlorotUniform(seed=layers * seed + layer)
