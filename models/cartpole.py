"""CartPole as arithmetic on arrays, so that a program can hold the environment too: the physics of Gymnasium's.

From Barto, Sutton & Anderson 1983, "Neuronlike adaptive elements that can solve difficult learning control problems",
as in ``gymnasium.envs.classic_control.cartpole``: the same constants, explicit Euler steps of 20 ms, and double
precision as there, so that an episode goes the same way to its end. Knows no TensorFlow: what computes is given.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eagerbench.models.starts import Starts

GRAVITY = 9.8
CART_MASS = 1.0
POLE_MASS = 0.1
TOTAL_MASS = CART_MASS + POLE_MASS
HALF_POLE = 0.5  # metres
POLE_MOMENT = POLE_MASS * HALF_POLE
FORCE = 10.0
TIME_STEP = 0.02  # seconds
FARTHEST = 2.4  # metres from the middle
STEEPEST = 12 * 2 * math.pi / 360  # radians from upright
START = 0.05  # a start is uniform between minus this and this, in all four numbers


@dataclass(frozen=True)
class CartPole:
    """The environment. Its state, float64 [N, 4]: position, velocity, angle, angular velocity.

    Attributes:
        step_limit: after which an episode is truncated.
        shortest_episode: no episode is over before so many steps. From the worst start the constant worst action takes
            8 steps to 12 degrees; see the test.
        state_size: S, see `eagerbench.models.in_graph.InGraphEnvironment`.
    """

    step_limit: int
    shortest_episode: int = 8
    state_size: int = 4

    def step(self, state: Any, actions: Any, operations: Any) -> tuple[Any, Any, Any]:
        """One step.

        Args:
            state: float64 [N, 4].
            actions: int [N], 1 pushes right.
            operations: what computes: ``keras.ops``, ``jax.numpy`` or ``numpy``.

        Returns:
            The next state, float64 [N, 4]; rewards, float32 [N]; whether the pole fell or the cart ran away, bool [N].
        """
        position, velocity, angle, spin = (state[:, number] for number in range(4))
        push = operations.where(actions == 1, FORCE * operations.ones_like(angle), -FORCE * operations.ones_like(angle))
        cosine, sine = operations.cos(angle), operations.sin(angle)
        drive = (push + POLE_MOMENT * spin * spin * sine) / TOTAL_MASS
        turning = (GRAVITY * sine - cosine * drive) / (
            HALF_POLE * (4.0 / 3.0 - POLE_MASS * cosine * cosine / TOTAL_MASS)
        )
        acceleration = drive - POLE_MOMENT * turning * cosine / TOTAL_MASS
        position = position + TIME_STEP * velocity
        velocity = velocity + TIME_STEP * acceleration
        angle = angle + TIME_STEP * spin
        spin = spin + TIME_STEP * turning
        fell = (position < -FARTHEST) | (position > FARTHEST) | (angle < -STEEPEST) | (angle > STEEPEST)
        state = operations.stack([position, velocity, angle, spin], axis=1)
        return state, operations.ones_like(state[:, 0], dtype="float32"), fell

    def observe(self, state: Any, operations: Any) -> Any:
        """All of a state float64 [N, 4] is seen: float32 [N, 4]."""
        return operations.array(state, dtype="float32")

    def starts(self, seeds: Sequence[int]) -> Starts:
        """All four numbers are uniform."""
        return Starts(seeds, lambda generator, count: generator.uniform(-START, START, (count, 4)))
