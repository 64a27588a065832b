"""TensorFlow 1's way: build a ``tf.Graph``, then run it in a ``tf.compat.v1.Session``."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from eagerbench.models.a2c import Batch, Hyperparameters, Losses
from eagerbench.models.actor_critic import ActionSampler
from eagerbench.models.losses import policy_losses, value_losses
from eagerbench.modes.base import Learned, Learner, Mode, Program, Subject, Traits, Weights, on_host, resolved, tempered
from eagerbench.modes.gradient import further_losses, in_float32

v1 = tf.compat.v1


class GraphV1(Mode):
    """``Session.make_callable``: feeds and fetches are looked up once."""

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Builds the graph, opens a session and copies the weights into it; the first call prunes and places."""
        built = _Forward(subject)
        run = self._caller(built.session, built.outputs, [built.batch])

        @cache  # made only where it is asked for
        def with_temperature() -> Callable[..., Any]:
            other = _Forward(subject, tempering=True)
            return self._caller(other.session, other.outputs, [other.batch, other.temperature])

        return Program(
            call=lambda: on_host(run(observations)),
            resolved={**built.found, "rows_per_step": len(observations)},
            close=built.session.close,
            execute=lambda batch: on_host(run(batch)),
            scaled=lambda batch, temperature: on_host(with_temperature()(batch, temperature)),
        )

    def cannot_learn(self, traits: Traits) -> str | None:
        """Layers of Keras that keep a state rely on the order in which Python calls them."""
        if not (traits.random or traits.stateful):
            return None
        what = "draws random numbers" if traits.random else "changes weights by other means than gradients"
        return (
            f"the model {what} while it learns, as {'dropout' if traits.random else 'batch normalisation'} does; in a "
            "static graph nothing runs these updates of Keras 3's layers"
        )

    def learner(self, subject: Subject, hyperparameters: Hyperparameters) -> Learner:
        """The agent as one static graph, its gradient step included, with TensorFlow 1's own optimizer.

        Not with Keras's: it relies on the order in which Python calls it. A bare graph doesn't keep that order, and
        would read the optimizer's slots before they are written.
        """
        untracked = _untracked_values(subject)
        graph = tf.Graph()
        with graph.as_default():
            model = subject.make()
            found = resolved(model, jit_compile=False)
            observations = v1.placeholder(tf.float32, [None, *subject.observation_shape], name="observations")
            uniforms = v1.placeholder(tf.float32, [None], name="uniforms")
            actions = v1.placeholder(tf.int32, [None], name="actions")
            advantages = v1.placeholder(tf.float32, [None], name="advantages")
            returns = v1.placeholder(tf.float32, [None], name="returns")
            logits, value = in_float32(subject.heads, model(observations))
            further = further_losses(subject, model)
            drawn = ActionSampler()((logits, uniforms[:, None]))
            policy_loss = tf.reduce_mean(policy_losses(actions, advantages, logits, hyperparameters.entropy_weight))
            value_loss = tf.reduce_mean(value_losses(returns, value, hyperparameters.value_weight))
            variables = [weight.value for weight in model.trainable_weights]
            optimizer, slot = _optimizer(hyperparameters)
            gradients = tf.gradients(sum(further, start=policy_loss + value_loss), variables)
            step = optimizer.apply_gradients(zip(gradients, variables, strict=True))
            kept = [optimizer.get_slot(variable, slot) for variable in variables]
            learned = (
                [tf.identity(weight.value) for weight in model.weights],
                [tf.identity(mean) if slot == "m" else tf.sqrt(mean) for mean in kept],
            )
            forget = _forget(optimizer)
            session = v1.Session(graph=graph)
            session.run(v1.global_variables_initializer())
            _assign_untracked(session, model, untracked)
            graph.finalize()
        act = self._caller(session, [drawn, value], [observations, uniforms])
        learn = self._caller(session, [policy_loss, value_loss, step], [observations, actions, advantages, returns])

        def restore(weights: Weights) -> None:
            _assign(session, [weight.value for weight in model.weights], weights)
            session.run(forget)

        def update(batch: Batch) -> Losses:
            policy, critic, _ = learn(*batch)
            return Losses(float(policy), float(critic))

        restore(subject.model.get_weights())
        return Learner(
            act=lambda observed, drawn_from: tuple(act(observed, drawn_from)),
            update=update,
            learned=lambda: Learned(*session.run(learned)),
            restore=restore,
            resolved=found,
            close=session.close,
        )

    def _caller(self, session: Any, outputs: Sequence[Any], inputs: Sequence[Any]) -> Callable[..., Any]:
        call: Callable[..., Any] = session.make_callable(list(outputs), list(inputs))
        return call


class GraphV1Feed(GraphV1):
    """``Session.run(outputs, feed_dict={…})``: the way in most old code, which looks both up on every call."""

    def _caller(self, session: Any, outputs: Sequence[Any], inputs: Sequence[Any]) -> Callable[..., Any]:
        fetched, fed = list(outputs), list(inputs)
        return lambda *values: session.run(fetched, feed_dict=dict(zip(fed, values, strict=True)))


class _Forward:
    """The graph of a forward pass of any number of rows, and a session with the weights in it.

    Args:
        subject: the model.
        tempering: whether the logits are divided by a temperature, which is fed like the batch.
    """

    def __init__(self, subject: Subject, *, tempering: bool = False) -> None:
        weights, untracked = subject.model.get_weights(), _untracked_values(subject)
        graph = tf.Graph()
        with graph.as_default():
            model = subject.make()
            self.found = resolved(model, jit_compile=False)
            self.batch = v1.placeholder(tf.float32, [None, *subject.observation_shape], name="observations")
            self.outputs = tf.nest.flatten(model(self.batch))
            if tempering:
                self.temperature = v1.placeholder(tf.float32, [], name="temperature")
                self.outputs = tempered(self.outputs, self.temperature)
            self.session = v1.Session(graph=graph)
            _assign(self.session, [weight.value for weight in model.weights], weights)
            _assign_untracked(self.session, model, untracked)
            graph.finalize()


def _assign(session: Any, variables: Sequence[Any], values: Weights) -> None:
    """Set variables of a session's graph."""
    for variable, value in zip(variables, values, strict=True):
        # An initializer is an assignment, and what it assigns can be fed: nothing has to be added to the graph.
        assign = variable.initializer
        session.run(assign, {assign.inputs[1]: value})


def _untracked_values(subject: Subject) -> Weights:
    """Of the variables of a user's model that Keras doesn't know, such as a ``tf.Variable`` that is an attribute."""
    return [variable.numpy() for variable in _untracked(subject.model)] if subject.traits.own else []


def _assign_untracked(session: Any, model: keras.Model, values: Weights) -> None:
    """Set these variables of a session's graph; where there are none, nothing is looked for."""
    if values:
        _assign(session, _untracked(model), values)


def _untracked(model: keras.Model) -> list[Any]:
    """In an order that is the same for every copy of a model; Keras's own variables are of another class."""
    return [found for found in tf.train.TrackableView(model).descendants() if isinstance(found, tf.Variable)]


def _optimizer(hyperparameters: Hyperparameters) -> tuple[Any, str]:
    """TensorFlow 1's optimizer with the same formula as Keras's, and its slot for what it remembers of gradients."""
    if hyperparameters.optimizer == "adam":
        return v1.train.AdamOptimizer(hyperparameters.learning_rate, epsilon=1e-7), "m"
    return v1.train.RMSPropOptimizer(hyperparameters.learning_rate, decay=0.9, epsilon=1e-7), "rms"


def _forget(optimizer: Any) -> Any:
    """An operation after which the optimizer remembers nothing.

    Its slots become zero, as in Keras; RMSprop of TensorFlow 1 begins its mean at one. Adam's two numbers become what
    they were: the powers of its decay rates.
    """
    return tf.group(
        *(
            variable.assign(tf.zeros_like(variable)) if variable.shape.rank else variable.initializer
            for variable in optimizer.variables()
        )
    )
