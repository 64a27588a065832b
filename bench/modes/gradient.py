"""An agent written with TensorFlow's tape and Keras's optimizer, to be executed eagerly, traced or compiled.

Shared by the modes whose Python is the same and whose execution differs. B: rows, N: environments, O: observation.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from eagerbench.models.a2c import Batch, Floats, Hyperparameters, Integers, Losses
from eagerbench.models.actor_critic import ActionSampler
from eagerbench.models.heads import Heads
from eagerbench.models.losses import policy_losses, value_losses
from eagerbench.modes.base import Learned, Learner, Subject, Weights, resolved, seed_states


class Agent:
    """The two functions of tensors that make an agent.

    Args:
        subject: the model.
        hyperparameters: of the run.
    """

    def __init__(self, subject: Subject, hyperparameters: Hyperparameters) -> None:
        self.model = subject.model
        self._subject = subject
        self._seeds = seeds_of(subject.model)
        self.hyperparameters = hyperparameters
        self.optimizer = make_optimizer(hyperparameters)
        self.optimizer.build(self.model.trainable_variables)
        self._sampler = ActionSampler()

    def draw(self, observations: Any, uniforms: Any) -> tuple[Any, Any]:
        """Actions int32 [N] and values float32 [N], of observations float32 [N, O] and uniforms float32 [N]."""
        logits, values = self.values(observations)
        return self._sampler((logits, uniforms[:, None])), values

    def values(self, observations: Any) -> tuple[Any, Any]:
        """Logits float32 [N, A] and values float32 [N] of observations float32 [N, O], as they are while acting."""
        return in_float32(self._subject.heads, self.model(observations))

    def step(self, *batch: Any) -> Any:
        """One gradient step on the four tensors of a `Batch`; policy's and value's loss before it, float32 [2]."""
        losses, gradients = self.gradients(*batch)
        self.optimizer.apply(gradients, self.model.trainable_variables)
        return losses

    def gradients(self, *batch: Any) -> tuple[Any, list[Any]]:
        """Policy's and value's loss of a batch, float32 [2], and each weight's gradient of all that is minimised."""
        observations, actions, advantages, returns = batch
        settings = self.hyperparameters
        with tf.GradientTape() as tape:
            logits, values = in_float32(self._subject.heads, self.model(observations, training=True))
            policy = tf.reduce_mean(policy_losses(actions, advantages, logits, settings.entropy_weight))
            value = tf.reduce_mean(value_losses(returns, values, settings.value_weight))
            loss = sum(further_losses(self._subject, self.model), start=policy + value)
        gradients = tape.gradient(loss, [variable.value for variable in self.model.trainable_variables])
        return tf.stack([policy, value]), gradients

    def learner(self, execute: Callable[[Any], Any], **flags: Any) -> Learner:
        """The agent executed in one way.

        Args:
            execute: makes a function of tensors into one that is executed this way, such as ``tf.function``.
            flags: of the mode.
        """
        draw, step = execute(self.draw), execute(self.step)

        def act(observations: Floats, uniforms: Floats) -> tuple[Integers, Floats]:
            actions, values = draw(tf.convert_to_tensor(observations), tf.convert_to_tensor(uniforms))
            return actions.numpy(), values.numpy()

        def update(batch: Batch) -> Losses:
            policy, value = step(*map(tf.convert_to_tensor, batch)).numpy()
            return Losses(float(policy), float(value))

        def trace(environments: int, rows: int) -> None:
            if environments:
                draw.get_concrete_function(self._form(environments), tf.TensorSpec([environments], tf.float32))
            kinds = (tf.int32, tf.float32, tf.float32)
            step.get_concrete_function(self._form(rows), *(tf.TensorSpec([rows], kind) for kind in kinds))

        counts = [getattr(function, "experimental_get_tracing_count", None) for function in (draw, step)]
        return Learner(
            act=act,
            update=update,
            learned=lambda: keras_learned(self.model, self.optimizer),
            restore=lambda weights: keras_restore(self.model, self.optimizer, weights, self._seeds),
            resolved=resolved(self.model, **flags),
            traces=(lambda: sum(count() for count in counts if count)) if all(counts) else None,
            trace=trace if all(counts) else None,
        )

    def _form(self, rows: int) -> Any:
        """Of so many observations."""
        return tf.TensorSpec([rows, *self._subject.observation_shape], tf.float32)


def in_float32(heads: Heads, outputs: Any) -> tuple[Any, Any]:
    """Logits [B, A] and values [B] of a model's outputs, in single precision whatever the model computes in.

    So Keras's own losses take them.
    """
    # Eagerly even a cast that changes nothing takes time.
    logits, values = (own if own.dtype == tf.float32 else tf.cast(own, tf.float32) for own in heads.pick(outputs))
    return logits, values


def further_losses(subject: Subject, model: keras.Model) -> list[Any]:
    """What a user's model adds to the agent's losses in its last call, by a regulariser or `add_loss`; scalars.

    Keras's ``train_on_batch`` minimises it too. The suite's own model adds nothing, and eagerly asking takes time.
    """
    return [tf.reduce_sum(tf.cast(loss, tf.float32)) for loss in model.losses] if subject.traits.own else []


def make_optimizer(hyperparameters: Hyperparameters) -> keras.optimizers.Optimizer:
    """Keras's optimizer of a run."""
    kinds = {"rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam}
    return kinds[hyperparameters.optimizer](hyperparameters.learning_rate)


def keras_learned(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> Learned:
    """Where a Keras model and its optimizer have got to."""
    means = [variable.numpy() for variable in optimizer.variables if variable.path.endswith("momentum")]
    squares = [variable.numpy() for variable in optimizer.variables if variable.path.endswith("velocity")]
    return Learned([weight.numpy() for weight in model.weights], means or [np.sqrt(own) for own in squares])


def seeds_of(model: keras.Model) -> list[tuple[Any, Any]]:
    """The variables that a model's random numbers come from, each with what is in it now."""
    return [(variable, variable.numpy()) for variable in seed_states(model)]


def keras_restore(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, weights: Weights, seeds: list[tuple[Any, Any]]
) -> None:
    """Set a Keras model's weights, have its optimizer forget, and its random numbers begin again.

    Args:
        model: whose.
        optimizer: of it.
        weights: all of the model's.
        seeds: from `seeds_of`, when the model was new.
    """
    model.set_weights(weights)
    for variable, first in seeds:
        variable.assign(first)
    for variable in optimizer.variables:
        if not variable.path.endswith("learning_rate"):
            variable.assign(np.zeros(variable.shape, variable.dtype))
