"""Environments written as arithmetic on arrays, so that a program can hold them: what one must have, and which is used.

Knows no TensorFlow: what computes is given to them.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from eagerbench.models.a2c import EnvironmentSpec
from eagerbench.models.calls import import_reference
from eagerbench.models.cartpole import CartPole
from eagerbench.models.starts import Starts

MEMBERS = ("state_size", "step_limit", "shortest_episode", "step", "observe", "starts")


class InGraphEnvironment(Protocol):
    """N copies of an environment as functions of arrays. S: numbers of a state, O: observation.

    ``operations`` is what computes: ``keras.ops`` on tensors, ``jax.numpy``, or ``numpy``. Only what all of them have
    may be called, and no ``if`` may ask what an array holds; ``operations.array(x, dtype="float32")`` converts in each.
    """

    @property
    def state_size(self) -> int:
        """S."""

    @property
    def step_limit(self) -> int:
        """Steps after which an episode is truncated; the caller counts them."""

    @property
    def shortest_episode(self) -> int:
        """No episode is over before so many steps; 1 is always right, a larger number has fewer starts drawn."""

    def step(self, state: Any, actions: Any, operations: Any) -> tuple[Any, Any, Any]:
        """One step of every copy, without starting over.

        Args:
            state: float64 [N, S], in which Gymnasium's environments compute.
            actions: int [N], counted from 0.
            operations: what computes.

        Returns:
            The next state, float64 [N, S]; rewards, float32 [N]; where the episode is over by what happened, bool [N].
        """

    def observe(self, state: Any, operations: Any) -> Any:
        """What is seen of a state float64 [N, S]: float32 [N, O], or [N, …] in the shape of one observation."""

    def starts(self, seeds: Sequence[int]) -> Starts:
        """Where episodes start, the same as in Gymnasium's environments reset with these seeds."""


# The suite's own, by Gymnasium's id.
IN_GRAPH: dict[str, InGraphEnvironment] = {"CartPole-v0": CartPole(200), "CartPole-v1": CartPole(500)}


def find_in_graph(spec: EnvironmentSpec) -> InGraphEnvironment | None:
    """The environment of a spec in array operations.

    What ``spec.in_graph`` names: an object, or a class or function without arguments that makes one. Otherwise the
    suite's own, if it has one: never where arguments or wrappers make another environment of it. None where there is
    none.

    Raises:
        ValueError: in one line, where what is named can't be imported or isn't one for this spec.
    """
    if not spec.in_graph:
        return None if spec.kwargs or spec.wrappers else IN_GRAPH.get(spec.id)
    try:
        found = import_reference(spec.in_graph)
        if callable(found) and (isinstance(found, type) or _lacks(found)):
            found = found()
    except Exception as error:  # what is a stranger's may raise anything
        raise ValueError(f"{spec.in_graph!r} can't be imported and made: {_told(error)}") from error
    try:
        _check(found, spec)
    except ValueError as error:
        raise ValueError(f"{spec.in_graph!r}: {error}") from error
    return found  # type: ignore[no-any-return]  # checked just now


def _lacks(found: Any) -> list[str]:
    return [name for name in MEMBERS if not hasattr(found, name)]


def _check(environment: Any, spec: EnvironmentSpec) -> None:
    """Take a step of two copies with NumPy, and see whether everything has the shape and the dtype that it must have.

    Raises:
        ValueError: what was expected and what came.
    """
    lacking = _lacks(environment)
    if lacking:
        raise ValueError(
            f"expected an environment in array operations with {', '.join(MEMBERS)}; this {type(environment).__name__} "
            f"lacks {', '.join(lacking)}"
        )
    for name in ("state_size", "step_limit", "shortest_episode"):
        number = getattr(environment, name)
        if not isinstance(number, int) or number < 1:
            raise ValueError(f"expected {name} to be an integer of at least 1, got {number!r}")
    if spec.step_limit is not None and environment.step_limit != spec.step_limit:
        raise ValueError(f"expected a step_limit of {spec.step_limit}, as {spec.id} has, got {environment.step_limit}")
    wide = environment.state_size
    try:
        starts = environment.starts([0, 1]).peek(3)
        state = np.ascontiguousarray(starts[:, 0])
        seen = environment.observe(state, np)
        stepped = environment.step(state, np.arange(2, dtype=np.int32) % spec.actions, np)
        after, rewards, terminated = stepped
    except Exception as error:
        raise ValueError(f"expected two copies to start and take a step with NumPy, got {_told(error)}") from error
    _expect("starts(seeds).peek(3)", starts, (2, 3, wide), np.float64)
    _expect("observe's result", seen, (2, *spec.observation_shape), np.float32)
    _expect("step's next state", after, (2, wide), np.float64)
    _expect("step's rewards", rewards, (2,), np.float32)
    _expect("step's terminated", terminated, (2,), np.bool_)


def _expect(what: str, array: Any, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
    got = getattr(array, "shape", None), getattr(array, "dtype", type(array).__name__)
    if got != (shape, np.dtype(dtype)):
        raise ValueError(f"expected {what} to be {np.dtype(dtype)} of shape {shape}, got {got[1]} of shape {got[0]}")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
