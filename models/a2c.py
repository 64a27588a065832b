"""Advantage actor-critic: the training loop, readable from top to bottom. Takes ``act`` and ``update``; knows no mode.

Everything random is given to it as numbers, so that every way of executing the agent sees the same trajectory: actions
are drawn by inverting uniforms from one NumPy stream, and each environment has its own seed.

T: steps of a rollout, N: environments, B = T · N: rows of an update, O: observation. Knows no TensorFlow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from eagerbench.models.returns import advantages, discounted_returns

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]

Vectorization = Literal["sync", "async"]

# Training seeds this far apart share no environment seed, however many environments there are.
SEEDS_APART = 1_000_000


class EnvironmentSpec(NamedTuple):
    """What must be known of an environment: by a model, and to make it again."""

    id: str  # Gymnasium id; empty where there is none, and observations come from elsewhere
    observation_shape: tuple[int, ...]
    actions: int
    reward_threshold: float | None  # the mean return over 100 episodes at which it counts as solved, where it says so
    step_limit: int | None  # after which an episode is truncated
    kwargs: dict[str, Any] = {}  # noqa: RUF012 - what `gymnasium.make` is given; nobody writes to it
    wrappers: tuple[str, ...] = ()  # around it, innermost first: ``module:Wrapper`` or ``module:Wrapper(stack_size=4)``
    in_graph: str = ""  # ``module:environment``, the same in array operations; empty for the suite's own, if it has one
    scale: float = 1.0  # what the suite's own model divides observations by: 255 for images of bytes


@dataclass(frozen=True)
class Hyperparameters:
    """What a training run is set to. The defaults are the article's (its later code: batch 64, 7e-3).

    Attributes:
        optimizer: ``rmsprop`` (rho 0.9) or ``adam`` (0.9, 0.999), with Keras's defaults otherwise.
        learning_rate: of it.
        steps: of a rollout, in each environment; then comes an update.
        discount: γ of the returns.
        value_weight: of the critic's squared error.
        entropy_weight: of the policy's entropy.
    """

    optimizer: Literal["rmsprop", "adam"] = "rmsprop"
    learning_rate: float = 7e-3
    steps: int = 64
    discount: float = 0.99
    value_weight: float = 0.5
    entropy_weight: float = 1e-4


ARTICLE = Hyperparameters()
# For training to the target: reached by 40 of 40 seeds on CartPole-v0 after 25,000 to 81,000 steps. The article's own
# reach it too (40 of 40), after 27,000 to 109,000.
RELIABLE = Hyperparameters(optimizer="adam", learning_rate=6e-3)


class Batch(NamedTuple):
    """What one update learns from."""

    observations: Floats  # [B, O]
    actions: Integers  # [B]
    advantages: Floats  # [B]
    returns: Floats  # [B]


class Losses(NamedTuple):
    """Mean losses of a batch, before its update."""

    policy: float
    value: float


# Observations [N, O] and uniforms [N] to actions int32 [N] and values float32 [N].
Act = Callable[[Floats, Floats], tuple[Integers, Floats]]
# One gradient step.
Update = Callable[[Batch], Losses]


class Transition(NamedTuple):
    """What a step of all environments gave."""

    observations: Floats  # [N, O], where an episode ended the first one of the next
    successors: Floats  # [N, O], what the action led to, also where the episode ended
    rewards: Floats  # [N]
    terminated: npt.NDArray[np.bool_]  # [N], ended by what happened
    truncated: npt.NDArray[np.bool_]  # [N], stopped by the time limit


class Environments(Protocol):
    """N copies of an environment, which start over by themselves."""

    @property
    def count(self) -> int:
        """N."""

    def reset(self, seeds: Sequence[int]) -> Floats:
        """Start all of them; observations float32 [N, O]."""

    def step(self, actions: Integers) -> Transition:
        """Take one action in each; int32 [N]."""


class Progress(NamedTuple):
    """What some updates brought.

    Attributes:
        episode_steps: for each finished episode, in the order in which they ended, how many steps all environments
            together had taken since the beginning; int64 [E].
        episode_returns: sum of its rewards; float64 [E].
        losses: policy's and value's for each update; float32 [U, 2].
    """

    episode_steps: npt.NDArray[np.int64]
    episode_returns: npt.NDArray[np.float64]
    losses: Floats


class DivergedError(ArithmeticError):
    """A loss is no longer a number."""


class Loop:
    """A2C with the environments outside of the program: the article's loop, for N environments.

    Args:
        act: draws actions and estimates values.
        update: learns from a rollout.
        environments: to act in.
        hyperparameters: steps and discount.
    """

    def __init__(self, act: Act, update: Update, environments: Environments, hyperparameters: Hyperparameters) -> None:
        self._act = act
        self._update = update
        self._environments = environments
        self._hyperparameters = hyperparameters

    def begin(self, seed: int) -> None:
        """Start over: new episodes, the first uniforms of the seed's stream. The weights are the caller's business."""
        count = self._environments.count
        self._uniforms = Uniforms(seed, self._hyperparameters.steps, count)
        self._episodes = Episodes(count)
        self._updates = 0
        self._observations = self._environments.reset(environment_seeds(seed, count))

    def advance(self, updates: int) -> Progress:
        """Collect a rollout and learn from it, so many times.

        Raises:
            DivergedError: where a loss is not a number; names the update.
        """
        ended = []
        losses = np.empty((updates, 2), np.float32)
        for number in range(updates):
            batch, rewards, ends = self._collect(self._uniforms.take(1)[0])
            ended.append(self._episodes.add(rewards, ends))
            losses[number] = self._update(batch)
            self._updates += 1
            check_losses(losses[number : number + 1], self._updates)
        steps, returns = (np.concatenate(parts) for parts in zip(*ended, strict=True))
        return Progress(steps, returns, losses)

    def _collect(self, uniforms: Floats) -> tuple[Batch, Floats, npt.NDArray[np.bool_]]:
        """One rollout with its returns, its rewards [T, N], and where episodes ended [T, N]."""
        shape = uniforms.shape  # [T, N]
        observations = np.empty((*shape, *self._observations.shape[1:]), np.float32)
        actions = np.empty(shape, np.int32)
        values, rewards, bootstrap = np.zeros((3, *shape), np.float32)
        ends = np.empty(shape, np.bool_)
        nothing_drawn = np.zeros(shape[1], np.float32)
        for step in range(shape[0]):
            observations[step] = self._observations
            actions[step], values[step] = self._act(self._observations, uniforms[step])
            transition = self._environments.step(actions[step])
            self._observations, rewards[step] = transition.observations, transition.rewards
            ends[step] = transition.terminated | transition.truncated
            stopped = transition.truncated & ~transition.terminated
            if stopped.any():  # the episode could have gone on: the critic says what was still to come
                _, successor_values = self._act(transition.successors, nothing_drawn)
                bootstrap[step] = np.where(stopped, successor_values, 0)
        _, next_values = self._act(self._observations, nothing_drawn)
        bootstrap[-1] += np.where(ends[-1], 0, next_values)
        cut = ends.copy()
        cut[-1] = True
        returns = discounted_returns(rewards, cut, bootstrap, self._hyperparameters.discount)
        batch = Batch(
            observations.reshape(-1, *observations.shape[2:]),
            actions.ravel(),
            advantages(returns, values).ravel(),
            returns.ravel(),
        )
        return batch, rewards, ends


class Uniforms:
    """The one stream of random numbers that decides every action of a run.

    Args:
        seed: of the run.
        steps: T.
        environments: N.
    """

    def __init__(self, seed: int, steps: int, environments: int) -> None:
        self._generator = np.random.default_rng([seed, 1])
        self._shape = (steps, environments)

    def take(self, updates: int) -> Floats:
        """The next ones, from [0, 1): float32 [updates, T, N]; many at once or one after the other are the same."""
        return self._generator.random((updates, *self._shape), dtype=np.float32)


class Episodes:
    """Puts rewards together to episodes, which go on from one rollout to the next.

    Args:
        environments: N.
    """

    def __init__(self, environments: int) -> None:
        self._running = np.zeros(environments)
        self._steps = 0

    def add(
        self, rewards: Floats, ends: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Go on by some steps.

        Args:
            rewards: float [S, N].
            ends: where an episode ended; bool [S, N].

        Returns:
            For each episode that ended, in order: steps of all environments until then, int64 [E], and the sum of its
            rewards, float64 [E].
        """
        count = len(self._running)
        total = self._running + np.cumsum(rewards, axis=0, dtype=np.float64)  # [S, N], since the last rollout
        step, environment = np.nonzero(ends)  # in the order of time
        by_environment = np.lexsort((step, environment))
        at_end = total[step, environment][by_environment]
        first = np.ones(len(at_end), np.bool_)
        first[1:] = np.diff(environment[by_environment]) != 0
        before = np.where(first, 0.0, np.concatenate([[0.0], at_end[:-1]])[: len(at_end)])
        returns = np.empty_like(at_end)
        returns[by_environment] = at_end - before
        self._running = total[-1].copy()
        np.subtract.at(self._running, environment, returns)
        steps = self._steps + (step + 1) * count
        self._steps += rewards.size
        return steps.astype(np.int64), returns


def check_losses(losses: Floats, updates: int) -> None:
    """Stop a run that has gone astray.

    Args:
        losses: of the last updates, float32 [U, 2].
        updates: made since the beginning, these among them.

    Raises:
        DivergedError: names the first update whose loss is not a finite number.
    """
    finite = np.isfinite(losses).all(axis=1)
    if not finite.all():
        first = int(np.argmin(finite))
        policy, value = losses[first]
        number = updates - len(losses) + first + 1
        raise DivergedError(f"the loss is not a number at update {number} (policy {policy:g}, value {value:g})")


def environment_seeds(seed: int, count: int) -> list[int]:
    """A seed for each environment of a run: ``seed · 1,000,000 + i``."""
    return [seed * SEEDS_APART + number for number in range(count)]


def play_episode(act: Act, environment: Any, seed: int, frames: list[Any] | None = None) -> float:
    """Play one episode to its end with actions drawn from the policy, as in training.

    Args:
        act: draws actions; called with one row.
        environment: one Gymnasium environment, with ``render_mode="rgb_array"`` where frames are wanted.
        seed: of the environment and of the drawing.
        frames: where given, an image is appended for each step.

    Returns:
        The sum of the rewards.
    """
    uniforms = Uniforms(seed, 1, 1)
    first_action = int(getattr(environment.action_space, "start", 0))
    observation, _ = environment.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        if frames is not None:
            frames.append(environment.render())
        actions, _ = act(np.asarray(observation, np.float32)[None], uniforms.take(1)[0, 0])
        observation, reward, terminated, truncated, _ = environment.step(first_action + int(actions[0]))
        total += float(reward)
        over = terminated or truncated
    if frames is not None:
        frames.append(environment.render())
    return total
