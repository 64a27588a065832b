"""MountainCar in array operations: how an environment is registered with the modes that hold it in their program.

    eagerbench run --env MountainCar-v0 --in-graph examples/mountain_car.py:environment

The modes ``fused``, ``fused-xla`` and ``fused-jax`` put environment, rollout and gradient step into one program, which
can't call Gymnasium. This file says the same in array operations: a class with the members that
`eagerbench.models.in_graph.InGraphEnvironment` lists, and an object of it with a name. It is held against Gymnasium's
environment before it is timed: a training that takes another course is reported as disagreeing.

From Moore 1990, "Efficient memory-based learning for robot control", as in
``gymnasium.envs.classic_control.mountain_car``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eagerbench.models.starts import Starts

LEFTMOST = -1.2
RIGHTMOST = 0.6
GOAL = 0.5
MAX_SPEED = 0.07  # a step
FORCE = 0.001
GRAVITY = 0.0025


@dataclass(frozen=True)
class MountainCar:
    """A car in a valley, too weak to climb out of it at once. Its state, float64 [N, 2]: position and velocity.

    Attributes:
        state_size: numbers of a state.
        step_limit: after which an episode is truncated; Gymnasium's for MountainCar-v0.
        shortest_episode: no episode is over before so many steps: from -0.4, where the rightmost starts, to the goal
            at 0.5 it is 12.9 steps at the highest speed.
    """

    state_size: int = 2
    step_limit: int = 200
    shortest_episode: int = 13

    def step(self, state: Any, actions: Any, operations: Any) -> tuple[Any, Any, Any]:
        """One step of every copy; actions 0, 1 and 2 push left, not at all, and right.

        Every array stays float64 until the rewards: the numbers are Python's, and `where` chooses between arrays.
        """
        position, velocity = state[:, 0], state[:, 1]
        nothing, push = operations.zeros_like(position), FORCE * operations.ones_like(position)
        pushed = operations.where(actions == 2, push, operations.where(actions == 0, -push, nothing))
        velocity = velocity + (pushed + operations.cos(3 * position) * -GRAVITY)
        velocity = operations.clip(velocity, -MAX_SPEED, MAX_SPEED)
        position = operations.clip(position + velocity, LEFTMOST, RIGHTMOST)
        at_the_wall = (position <= LEFTMOST) & (velocity < 0)
        velocity = operations.where(at_the_wall, nothing, velocity)
        arrived = (position >= GOAL) & (velocity >= 0)
        after = operations.stack([position, velocity], axis=1)
        return after, -operations.ones_like(position, dtype="float32"), arrived

    def observe(self, state: Any, operations: Any) -> Any:
        """All of the state is seen, in single precision."""
        return operations.array(state, dtype="float32")

    def starts(self, seeds: Sequence[int]) -> Starts:
        """Somewhere near the bottom, at rest."""
        return Starts(seeds, _draw)


def _draw(generator: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    """The next starts, drawn as Gymnasium's environment draws them: the position is uniform."""
    return np.stack([generator.uniform(-0.6, -0.4, count), np.zeros(count)], axis=1)


environment = MountainCar()
