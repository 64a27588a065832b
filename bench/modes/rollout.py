"""A whole rollout in one ``tf.function``, Gymnasium's environments stepped from inside by ``tf.numpy_function``."""

from typing import Any

import numpy as np
import tensorflow as tf

from eagerbench.models.a2c import Episodes, Integers, Progress, Uniforms, check_losses, environment_seeds
from eagerbench.modes.base import Mode, Task, Trainer, Watched, train_with
from eagerbench.modes.gradient import Agent
from eagerbench.modes.in_graph import batch_of, roll_out


class Rollout(Mode):
    """Two programs for each update: one that collects a rollout, one that learns from it."""

    def trainer(self, task: Task) -> Trainer:
        """Wraps both; the first update traces them."""
        training = _Training(task)
        return train_with(training.begin, training.advance, training.learner, task, training.traces, training.trace)


class _Training:
    def __init__(self, task: Task) -> None:
        self._agent = Agent(task.subject, task.hyperparameters)
        self._environments = Watched(task)
        self._steps = task.hyperparameters.steps
        self._raised: list[Exception] = []
        self._shape = [self._environments.count, *task.spec.observation_shape]
        self.learner = self._agent.learner(lambda function: tf.function(function, autograph=False), jit_compile=False)
        self._traced = tf.function(self._rollout, autograph=False)
        # Inside of it, the steps of the environments are told apart again.
        self._collect = task.watch("act", self._traced)
        self._update = task.watch("update", self.learner.update)

    def traces(self) -> int:
        """Of all programs."""
        counted = self.learner.traces() if self.learner.traces else 0
        return counted + int(self._traced.experimental_get_tracing_count())

    def trace(self) -> None:
        """Both programs, without executing them."""
        count = self._environments.count
        self._traced.get_concrete_function(
            tf.TensorSpec(self._shape, tf.float32), tf.TensorSpec([self._steps, count], tf.float32)
        )
        if self.learner.trace:
            self.learner.trace(0, count * self._steps)

    def begin(self, seed: int) -> None:
        """New episodes, and the first uniforms of the seed's stream."""
        count = self._environments.count
        self._uniforms = Uniforms(seed, self._steps, count)
        self._episodes = Episodes(count)
        self._updates = 0
        self._observations = tf.constant(self._environments.reset(environment_seeds(seed, count)))

    def advance(self, updates: int) -> Progress:
        """A rollout and a gradient step, so many times."""
        ended = []
        losses = np.empty((updates, 2), np.float32)
        for number in range(updates):
            uniforms = tf.constant(self._uniforms.take(1)[0])
            batch, rewards, ends, self._observations = self._rolled_out(uniforms)
            losses[number] = self._update(batch)
            ended.append(self._episodes.add(rewards.numpy(), ends.numpy()))
            self._updates += 1
            check_losses(losses[number : number + 1], self._updates)
        steps, returns = (np.concatenate(parts) for parts in zip(*ended, strict=True))
        return Progress(steps, returns, losses)

    def _rolled_out(self, uniforms: Any) -> Any:
        """A rollout; what an environment raises is told as it is, not as the failure of a graph."""
        try:
            return self._collect(self._observations, uniforms)
        except tf.errors.OpError:
            if self._raised:
                raise self._raised.pop() from None
            raise

    def _stepped(self, actions: Integers) -> list[Any]:
        try:
            return list(self._environments.step(actions))
        except Exception as error:
            self._raised.append(error)
            raise

    def _rollout(self, observations: Any, uniforms: Any) -> Any:
        recorded, following = roll_out(
            self._agent, uniforms, observations, observe=lambda state: state, step=self._step
        )
        return batch_of(self._agent, recorded), recorded.rewards, recorded.ends, following

    def _step(self, _observations: Any, actions: Any) -> Any:
        kinds = [tf.float32, tf.float32, tf.float32, tf.bool, tf.bool]
        found = tf.numpy_function(self._stepped, [actions], kinds)
        for tensor, shape in zip(found, [self._shape] * 2 + [self._shape[:1]] * 3, strict=True):
            tensor.set_shape(shape)
        return found
