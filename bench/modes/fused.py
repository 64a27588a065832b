"""Everything in one program: environment, rollout, returns, gradient and optimizer; many updates for each call of it.

Needs an environment written in array operations (`eagerbench.models.in_graph`). C: updates in one call of the program,
T: steps of a rollout, N: environments, S: numbers of an environment's state, O: observation.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import ops

from eagerbench.models.a2c import Batch, EnvironmentSpec, Episodes, Progress, Uniforms, check_losses, environment_seeds
from eagerbench.models.in_graph import IN_GRAPH, InGraphEnvironment, find_in_graph
from eagerbench.modes.base import Mode, Task, Trainer, Traits, train_with
from eagerbench.modes.function import xla_draws_others, xla_unavailable
from eagerbench.modes.gradient import Agent
from eagerbench.modes.in_graph import batch_of, roll_out

# Environment steps for each call of the program: enough to make the call itself cheap, few enough to hear from it.
STEPS_OF_A_CALL = 65_536


class Fused(Mode):
    """One ``tf.function`` that trains."""

    jit_compile = False

    def cannot_train(self, spec: EnvironmentSpec) -> str | None:
        """Only where the environment is arithmetic that a program can hold."""
        return no_in_graph_environment(spec)

    def trainer(self, task: Task) -> Trainer:
        """Wraps the program; the first call traces it, and compiles it where that is asked for."""
        agent = Agent(task.subject, task.hyperparameters)
        learner = agent.learner(
            lambda function: tf.function(function, autograph=False, jit_compile=self.jit_compile),
            jit_compile=self.jit_compile,
        )
        environment = in_graph_environment(task.spec)
        program = Program(agent, environment, task.environments.count, self.jit_compile)
        training = FusedTraining(program, environment, task)
        return train_with(training.begin, training.advance, learner, task, program.traces, training.trace)


class FusedXla(Fused):
    """One program that trains, compiled by XLA."""

    jit_compile = True

    def cannot_learn(self, traits: Traits) -> str | None:
        """Where random numbers decide, nothing can be compared."""
        return xla_draws_others(traits)

    def unavailable(self) -> str | None:
        """As for XLA in general."""
        return xla_unavailable()


def no_in_graph_environment(spec: EnvironmentSpec) -> str | None:
    """Why a fused program can't hold an environment; None where it can."""
    if find_in_graph(spec) is not None:
        return None
    changed = " with these wrappers" if spec.wrappers else " with these arguments" if spec.kwargs else ""
    return (
        f"needs {spec.id}{changed} written in array operations; the suite has {' and '.join(IN_GRAPH)}; pass your own "
        "with --in-graph path/to/file.py:environment (docs/own-model.md shows how)"
    )


def in_graph_environment(spec: EnvironmentSpec) -> InGraphEnvironment:
    """The one that a program shall hold.

    Raises:
        ValueError: where there is none.
    """
    environment = find_in_graph(spec)
    if environment is None:
        raise ValueError(no_in_graph_environment(spec))
    return environment


class Program:
    """The TensorFlow program.

    Args:
        agent: who learns.
        environment: to act in.
        count: N.
        jit_compile: with XLA.
    """

    def __init__(self, agent: Agent, environment: InGraphEnvironment, count: int, jit_compile: bool) -> None:
        self._agent = agent
        self._environment = environment
        self._count = count
        self._traced = tf.function(self._train, autograph=False, jit_compile=jit_compile)

    def traces(self) -> int:
        """Made so far."""
        return int(self._traced.experimental_get_tracing_count())

    def trace(self, most: int, steps: int, starts: int) -> None:
        """Trace without executing, for C = ``most``, T = ``steps`` and K = ``starts``, see `run`."""
        wide = self._environment.state_size
        state = (tf.TensorSpec([self._count, wide], tf.float64), tf.TensorSpec([self._count], tf.int32))
        self._traced.get_concrete_function(
            tf.TensorSpec([], tf.int32),
            tf.TensorSpec([most, steps, self._count], tf.float32),
            tf.TensorSpec([self._count, starts, wide], tf.float64),
            state,
        )

    def start(self, states: npt.NDArray[np.float64]) -> Any:
        """The state before the first step, of the environments' states float64 [N, S]."""
        return tf.constant(states), tf.zeros(self._count, tf.int32)

    def run(self, updates: int, uniforms: Any, starts: Any, state: Any) -> tuple[Any, ...]:
        """Train.

        Args:
            updates: how many, at most C.
            uniforms: float32 [C, T, N].
            starts: where the next episodes of each environment start, float64 [N, K, S].
            state: of the environments.

        Returns:
            The next state (to be handed back), and as arrays: how many starts each environment used, int32 [N]; losses,
            float32 [C, 2]; rewards, float32 [C, T, N]; where episodes ended, bool [C, T, N].
        """
        state, *found = self._traced(tf.constant(updates), tf.constant(uniforms), tf.constant(starts), state)
        return state, *(tensor.numpy() for tensor in found)

    def _train(self, updates: Any, uniforms: Any, starts: Any, state: Any) -> Any:
        most, steps, count = uniforms.shape

        def one(number: Any, state: Any, arrays: Any) -> Any:
            recorded, state = roll_out(self._agent, uniforms[number], state, self._observe, self._step(starts))
            row = (self._learn(batch_of(self._agent, recorded)), recorded.rewards, recorded.ends)
            return number + 1, state, [array.write(number, value) for array, value in zip(arrays, row, strict=True)]

        kinds = ((tf.float32, [2]), (tf.float32, [steps, count]), (tf.bool, [steps, count]))
        empty = [tf.TensorArray(dtype, most, element_shape=shape) for dtype, shape in kinds]
        _, (*state, used), arrays = tf.while_loop(
            lambda number, *_: number < updates,
            one,
            [0, (*state, tf.zeros(count, tf.int32)), empty],
            parallel_iterations=1,
            maximum_iterations=most,
        )
        return tuple(state), used, *(array.stack() for array in arrays)

    def _learn(self, batch: Batch) -> Any:
        """A gradient step, all of it computed before the first weight changes.

        TensorFlow should see to that by itself, and outside of loops it does. Inside one its graph optimizer lost the
        order (2.21, with Adam): now and then a bias was updated before the forward pass had read it.
        """
        losses, gradients = self._agent.gradients(*batch)
        with tf.control_dependencies([losses, *gradients]):
            gradients = [tf.identity(gradient) for gradient in gradients]
            self._agent.optimizer.apply(gradients, self._agent.model.trainable_variables)
        return losses

    def _observe(self, state: Any) -> Any:
        return self._environment.observe(state[0], operations=ops)

    def _step(self, starts: Any) -> Any:
        def step(state: Any, actions: Any) -> Any:
            physics, elapsed, used = state
            after, rewards, terminated = self._environment.step(physics, actions, operations=ops)
            elapsed = elapsed + 1
            truncated = (elapsed >= self._environment.step_limit) & ~terminated
            ended = terminated | truncated
            fresh = tf.gather(starts, used, axis=1, batch_dims=1)
            physics = tf.where(ended[:, None], fresh, after)
            state = physics, tf.where(ended, 0, elapsed), used + tf.cast(ended, tf.int32)
            seen = self._environment.observe(after, operations=ops)
            return state, seen, rewards, terminated, truncated

        return step


class FusedTraining:
    """What stays outside of the program: random numbers go in, episodes come out.

    Args:
        program: with ``start``, ``run`` and ``trace``, see `Program`.
        environment: that it holds.
        task: what to learn.
    """

    def __init__(self, program: Any, environment: InGraphEnvironment, task: Task) -> None:
        self._program = program
        self._start = program.start
        self._run = task.watch("program", program.run)
        self._steps = task.hyperparameters.steps
        self._count = task.environments.count
        self._updates_of_a_call = max(1, STEPS_OF_A_CALL // (self._steps * self._count))
        # An environment can't use more: none of its episodes is shorter, but for the one that is under way.
        shortest = environment.shortest_episode
        self._most_starts = 1 + math.ceil(self._updates_of_a_call * self._steps / shortest)
        self._make_starts = environment.starts

    def trace(self) -> None:
        """Trace the program without executing it."""
        self._program.trace(self._updates_of_a_call, self._steps, self._most_starts)

    def begin(self, seed: int) -> None:
        """New episodes, and the first uniforms of the seed's stream."""
        self._uniforms = Uniforms(seed, self._steps, self._count)
        self._episodes = Episodes(self._count)
        self._updates = 0
        self._starts = self._make_starts(environment_seeds(seed, self._count))
        self._state = self._start(self._starts.peek(1)[:, 0])
        self._starts.take(np.ones(self._count, np.int32))

    def advance(self, updates: int) -> Progress:
        """So many updates, as many in one call of the program as it takes."""
        parts = []
        while updates > 0:
            parts.append(self._call(min(updates, self._updates_of_a_call)))
            updates -= self._updates_of_a_call
        return Progress(*(np.concatenate(own) for own in zip(*parts, strict=True)))

    def _call(self, updates: int) -> Progress:
        # The shape never changes, so that nothing is traced or compiled again; what is beyond `updates` is not read.
        uniforms = np.zeros((self._updates_of_a_call, self._steps, self._count), np.float32)
        uniforms[:updates] = self._uniforms.take(updates)
        starts = self._starts.peek(self._most_starts)
        self._state, used, losses, rewards, ends = self._run(updates, uniforms, starts, self._state)
        self._starts.take(used)
        self._updates += updates
        check_losses(losses[:updates], self._updates)
        steps, returns = self._episodes.add(
            rewards[:updates].reshape(-1, self._count), ends[:updates].reshape(-1, self._count)
        )
        return Progress(steps, returns, losses[:updates])
