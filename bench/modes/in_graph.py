"""A rollout as part of a TensorFlow program. T: steps, N: environments, O: observation, B = T · N."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf
from keras import ops

from eagerbench.models.a2c import Batch
from eagerbench.models.returns import advantages, discounted_returns_by_doubling
from eagerbench.modes.gradient import Agent


class Recorded(NamedTuple):
    """What happened in a rollout, as tensors."""

    observations: Any  # float32 [T, N, O]
    actions: Any  # int32 [T, N]
    successors: Any  # float32 [T, N, O], what an action led to, before anything starts over
    rewards: Any  # float32 [T, N]
    terminated: Any  # bool [T, N]
    truncated: Any  # bool [T, N]

    @property
    def ends(self) -> Any:
        """Where an episode ended; bool [T, N]."""
        return self.terminated | self.truncated


# From a state and actions int32 [N] to the next state, successors [N, O], rewards, terminated and truncated [N].
Step = Callable[[Any, Any], tuple[Any, Any, Any, Any, Any]]


def roll_out(
    agent: Agent, uniforms: Any, state: Any, observe: Callable[[Any], Any], step: Step
) -> tuple[Recorded, Any]:
    """Act for T steps.

    Args:
        agent: who acts.
        uniforms: float32 [T, N], of static shape.
        state: of the environments, any nest of tensors.
        observe: observations float32 [N, O] of a state.
        step: one step of the environments.

    Returns:
        What happened, and the state after it.
    """
    steps, count = uniforms.shape
    shape = observe(state).shape
    kinds = Recorded(
        (tf.float32, shape),
        (tf.int32, [count]),
        (tf.float32, shape),
        (tf.float32, [count]),
        (tf.bool, [count]),
        (tf.bool, [count]),
    )

    def one(number: Any, state: Any, arrays: Any) -> Any:
        observations = observe(state)
        actions, _ = agent.draw(observations, uniforms[number])
        state, *found = step(state, actions)
        row = (observations, actions, *found)
        return number + 1, state, [array.write(number, value) for array, value in zip(arrays, row, strict=True)]

    empty = [tf.TensorArray(dtype, steps, element_shape=own) for dtype, own in kinds]
    # One after the other: a step of real environments can't be taken before the one in front of it.
    _, state, arrays = tf.while_loop(
        lambda number, *_: number < steps, one, [0, state, empty], parallel_iterations=1, maximum_iterations=steps
    )
    return Recorded(*(array.stack() for array in arrays)), state


def batch_of(agent: Agent, recorded: Recorded) -> Batch:
    """What an update learns from a rollout, as tensors; the critic sees all rows at once instead of step by step."""
    steps, count = recorded.rewards.shape

    def values(observations: Any) -> Any:
        _, found = agent.values(tf.reshape(observations, [steps * count, *observations.shape[2:]]))
        return tf.reshape(found, [steps, count])

    last = tf.range(steps)[:, None] == steps - 1
    cut = recorded.ends | last
    bootstrap = tf.where(cut & ~recorded.terminated, values(recorded.successors), 0.0)
    returns = discounted_returns_by_doubling(
        recorded.rewards, cut, bootstrap, agent.hyperparameters.discount, operations=ops
    )
    flat = [
        tf.reshape(recorded.observations, [steps * count, *recorded.observations.shape[2:]]),
        *(
            tf.reshape(part, [steps * count])
            for part in (recorded.actions, advantages(returns, values(recorded.observations)), returns)
        ),
    ]
    return Batch(*flat)
