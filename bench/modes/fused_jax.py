"""The yardstick of fused training: the same loop written in JAX. Not TensorFlow; needs the extra ``jax``.

It says what XLA makes of this program when no TensorFlow stands between. Knows the shipped actor-critic only. T: steps
of a rollout, N: environments, C: updates in one call of the program.
"""

import importlib.util
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from eagerbench.models.a2c import Batch, EnvironmentSpec, Floats, Hyperparameters, Integers, Losses
from eagerbench.models.actor_critic import ActorCritic
from eagerbench.models.in_graph import InGraphEnvironment
from eagerbench.models.reference import Perceptron
from eagerbench.models.returns import discounted_returns_by_doubling
from eagerbench.modes.base import (
    Learned,
    Learner,
    Mode,
    Subject,
    Task,
    Trainer,
    Traits,
    Weights,
    suite_only,
    train_with,
)
from eagerbench.modes.fused import FusedTraining, in_graph_environment, no_in_graph_environment

EPSILON = 1e-7  # Keras's


class FusedJax(Mode):
    """``jax.jit`` of everything."""

    def unavailable(self) -> str | None:
        """An extra: TensorFlow users need not have it."""
        return None if importlib.util.find_spec("jax") else "needs JAX: pip install 'eagerbench[jax]'"

    def cannot_execute(self, traits: Traits) -> str | None:
        """Its arithmetic is written out here."""
        return suite_only(traits)

    def cannot_train(self, spec: EnvironmentSpec) -> str | None:
        """Only where the environment is arithmetic that a program can hold, and the model the one written here."""
        if len(spec.observation_shape) > 1:
            shape = spec.observation_shape
            return f"executes the suite's model for flat observations only; those of {spec.id} have shape {shape}"
        return no_in_graph_environment(spec)

    def learner(self, subject: Subject, hyperparameters: Hyperparameters) -> Learner:
        """An agent with its weights in JAX."""
        return _Agent(subject.model, hyperparameters).learner()

    def trainer(self, task: Task) -> Trainer:
        """Makes the program; the first call compiles it."""
        agent = _Agent(task.subject.model, task.hyperparameters)
        environment = in_graph_environment(task.spec)
        program = _Program(agent, environment, task.environments.count)
        training = FusedTraining(program, environment, task)
        return train_with(training.begin, training.advance, agent.learner(), task, agent.compilations)


class _Memory(NamedTuple):
    """What the optimizer remembers."""

    step: Any
    means: list[Any]  # of gradients, running
    squares: list[Any]  # of gradients, running means


class _Agent:
    """The agent as pure functions of its parameters, and the parameters."""

    def __init__(self, model: keras.Model, hyperparameters: Hyperparameters) -> None:
        import jax

        if not isinstance(model, ActorCritic):
            raise TypeError(f"expected the shipped ActorCritic, got {type(model).__name__}")
        self._settings = hyperparameters
        self.restore(model.get_weights())
        self._compiled_act: Any = jax.jit(self.act)
        self._compiled_learn: Any = jax.jit(self.learn)
        self.programs: list[Any] = [self._compiled_act, self._compiled_learn]

    def compilations(self) -> int:
        """Made so far."""
        return sum(int(program._cache_size()) for program in self.programs)  # noqa: SLF001 - JAX has no other count

    def restore(self, weights: Weights) -> None:
        """Take these weights, and forget."""
        import jax.numpy

        jnp: Any = jax.numpy
        self.parameters: Any = Perceptron(*(jnp.asarray(weight, jnp.float32) for weight in weights))
        nothing = [jnp.zeros_like(parameter) for parameter in self.parameters]
        self.memory = _Memory(jnp.zeros((), jnp.float32), nothing, nothing)

    def learned(self) -> Learned:
        """Where it has got to."""
        adam = self._settings.optimizer == "adam"
        gradients = self.memory.means if adam else [np.sqrt(own) for own in self.memory.squares]
        return Learned([np.asarray(weight) for weight in self.parameters], [np.asarray(own) for own in gradients])

    @staticmethod
    def forward(parameters: Any, observations: Any) -> tuple[Any, Any]:
        """Logits [B, A] and values [B]."""
        import jax

        policy = jax.nn.relu(observations @ parameters.policy_hidden_kernel + parameters.policy_hidden_bias)
        critic = jax.nn.relu(observations @ parameters.value_hidden_kernel + parameters.value_hidden_bias)
        logits = policy @ parameters.logits_kernel + parameters.logits_bias
        return logits, (critic @ parameters.value_kernel + parameters.value_bias)[:, 0]

    def act(self, parameters: Any, observations: Any, uniforms: Any) -> tuple[Any, Any]:
        """Actions int32 [N], drawn by inverting uniforms [N], and values [N]."""
        import jax
        import jax.numpy as jnp

        logits, values = self.forward(parameters, observations)
        cumulative = jnp.cumsum(jax.nn.softmax(logits), axis=-1)
        return jnp.sum(cumulative[:, :-1] <= uniforms[:, None], axis=-1, dtype=jnp.int32), values

    def losses(self, parameters: Any, batch: Batch) -> tuple[Any, Any]:
        """Their sum, and policy's and value's loss [2]; see `eagerbench.models.losses`."""
        import jax
        import jax.numpy as jnp

        logits, values = self.forward(parameters, batch.observations)
        log_policy = jax.nn.log_softmax(logits)
        log_taken = jnp.take_along_axis(log_policy, batch.actions[:, None], axis=-1)[:, 0]
        entropy = -jnp.sum(jnp.exp(log_policy) * log_policy, axis=-1)
        policy = jnp.mean(-log_taken * batch.advantages - self._settings.entropy_weight * entropy)
        value = self._settings.value_weight * jnp.mean(jnp.square(batch.returns - values))
        return policy + value, jnp.stack([policy, value])

    def learn(self, parameters: Any, memory: Any, batch: Batch) -> tuple[Any, Any, Any]:
        """One gradient step: parameters, what the optimizer remembers, losses [2]."""
        import jax

        gradients, losses = jax.grad(self.losses, has_aux=True)(parameters, batch)
        parameters, memory = self._optimize(parameters, gradients, memory)
        return parameters, memory, losses

    def _optimize(self, parameters: Any, gradients: Any, memory: "_Memory") -> tuple[Any, "_Memory"]:
        """One step of Keras's RMSprop or Adam.

        Their epsilons stand elsewhere than Optax's (under the root in RMSprop, without bias correction in Adam), and
        where gradients are tiny that decides how far a weight goes.
        """
        import jax.numpy as jnp

        settings = self._settings
        if settings.optimizer == "adam":
            step = memory.step + 1
            means = [0.9 * mean + 0.1 * own for mean, own in zip(memory.means, gradients, strict=True)]
            squares = [0.999 * kept + 0.001 * own * own for kept, own in zip(memory.squares, gradients, strict=True)]
            rate = settings.learning_rate * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            moves = [rate * mean / (jnp.sqrt(kept) + EPSILON) for mean, kept in zip(means, squares, strict=True)]
        else:
            step, means = memory.step, memory.means
            squares = [0.9 * kept + 0.1 * own * own for kept, own in zip(memory.squares, gradients, strict=True)]
            moves = [
                settings.learning_rate * own / jnp.sqrt(kept + EPSILON)
                for own, kept in zip(gradients, squares, strict=True)
            ]
        moved = Perceptron(*(parameter - move for parameter, move in zip(parameters, moves, strict=True)))
        return moved, _Memory(step, means, squares)

    def batch_of(self, parameters: Any, rollout: Any) -> Batch:
        """What an update learns from a rollout: observations, actions, successors, rewards, terminated, truncated."""
        import jax.numpy as jnp

        observations, actions, successors, rewards, terminated, truncated = rollout
        steps, count = rewards.shape
        flat = steps * count, *observations.shape[2:]

        def values(seen: Any) -> Any:
            return self.forward(parameters, seen.reshape(flat))[1].reshape(steps, count)

        cut = terminated | truncated | (jnp.arange(steps)[:, None] == steps - 1)
        bootstrap = jnp.where(cut & ~terminated, values(successors), 0.0)
        returns = discounted_returns_by_doubling(rewards, cut, bootstrap, self._settings.discount, operations=jnp)
        advantages = returns - values(observations)
        return Batch(observations.reshape(flat), actions.ravel(), advantages.ravel(), returns.ravel())

    def learner(self) -> Learner:
        """As the rest of the suite sees an agent."""

        def act(observations: Floats, uniforms: Floats) -> tuple[Integers, Floats]:
            actions, values = self._compiled_act(self.parameters, observations, uniforms)
            return np.asarray(actions), np.asarray(values)

        def update(batch: Batch) -> Losses:
            self.parameters, self.memory, losses = self._compiled_learn(self.parameters, self.memory, batch)
            policy, value = np.asarray(losses)
            return Losses(float(policy), float(value))

        import jax

        resolved = {
            "jit_compile": True,
            "executing_eagerly": None,
            "device": str(jax.devices()[0].platform).upper(),
            "jax": jax.__version__,
        }
        return Learner(act, update, self.learned, self.restore, resolved, self.compilations)


def jax_in_double_precision() -> Any:
    """A context in which JAX lets double precision be: the physics are in it, as Gymnasium's. Off again afterwards."""
    import jax

    return jax.enable_x64(True)


class _Program:
    """The JAX program, with the face of `eagerbench.modes.fused.Program`."""

    def __init__(self, agent: _Agent, environment: InGraphEnvironment, count: int) -> None:
        import jax

        self._agent = agent
        self._environment = environment
        self._count = count
        self._compiled = jax.jit(self._train)
        agent.programs = [self._compiled]

    def start(self, states: npt.NDArray[np.float64]) -> Any:
        import jax.numpy as jnp

        with jax_in_double_precision():
            return jnp.asarray(states), jnp.zeros(self._count, jnp.int32)

    def run(self, updates: int, uniforms: Any, starts: Any, state: Any) -> tuple[Any, ...]:
        agent = self._agent
        with jax_in_double_precision():
            agent.parameters, agent.memory, state, *found = self._compiled(
                agent.parameters, agent.memory, state, np.int32(updates), uniforms, starts
            )
            return state, *(np.asarray(array) for array in found)

    def _train(self, parameters: Any, memory: Any, state: Any, updates: Any, uniforms: Any, starts: Any) -> Any:
        import jax.numpy as jnp
        from jax import lax

        most, steps, count = uniforms.shape

        def one(number: Any, carry: Any) -> Any:
            parameters, memory, state, losses, rewards, ends = carry
            state, rollout = lax.scan(self._step(parameters, starts), state, uniforms[number])
            parameters, memory, own = self._agent.learn(parameters, memory, self._agent.batch_of(parameters, rollout))
            *_, gained, terminated, truncated = rollout
            return (
                parameters,
                memory,
                state,
                losses.at[number].set(own),
                rewards.at[number].set(gained),
                ends.at[number].set(terminated | truncated),
            )

        nothing = (
            jnp.zeros((most, 2), jnp.float32),
            jnp.zeros((most, steps, count), jnp.float32),
            jnp.zeros((most, steps, count), bool),
        )
        begin = (parameters, memory, (*state, jnp.zeros(count, jnp.int32)), *nothing)
        parameters, memory, (*state, used), losses, rewards, ends = lax.fori_loop(0, updates, one, begin)
        return parameters, memory, tuple(state), used, losses, rewards, ends

    def _step(self, parameters: Any, starts: Any) -> Any:
        import jax.numpy as jnp

        def step(state: Any, uniforms: Any) -> Any:
            physics, elapsed, used = state
            observations = self._environment.observe(physics, operations=jnp)
            actions, _ = self._agent.act(parameters, observations, uniforms)
            after, rewards, terminated = self._environment.step(physics, actions, operations=jnp)
            elapsed = elapsed + 1
            truncated = (elapsed >= self._environment.step_limit) & ~terminated
            ended = terminated | truncated
            fresh = jnp.take_along_axis(starts, used[:, None, None], axis=1)[:, 0]
            state = (
                jnp.where(ended[:, None], fresh, after),
                jnp.where(ended, 0, elapsed).astype(jnp.int32),
                used + ended.astype(jnp.int32),
            )
            successors = self._environment.observe(after, operations=jnp)
            return state, (observations, actions, successors, rewards, terminated, truncated)

        return step
