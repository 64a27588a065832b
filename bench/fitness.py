"""What a user's model must be like, to be measured and to learn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eagerbench.errors import UserError
from eagerbench.factory import told
from eagerbench.models.a2c import Batch, Floats, Hyperparameters

if TYPE_CHECKING:
    import keras

    from eagerbench.modes.base import Subject

STOCHASTIC = (
    "its outputs: two eager calls on the same observations differ, so that nothing can be held against them; "
    "expected a model that draws nothing while it is called (training=False)"
)
NOT_REPEATED = (
    "it draws random numbers while it learns, and not from Keras's seeds, so that no two gradient steps of it can be "
    "compared; expected keras.random or layers of Keras"
)


@dataclass(frozen=True)
class Learns:
    """How a model behaves when it is called with ``training=True``.

    Attributes:
        random: it draws from Keras's seeds, as dropout does.
        stateful: it changes weights that no gradient changes, as batch normalisation does.
        not_at_all: why no gradient step of it can be compared; empty where one can.
    """

    random: bool
    stateful: bool
    not_at_all: str


def check_outputs(model: "keras.Model", batch: Floats, arrays: Sequence[Any]) -> None:
    """Hold outputs against those of another call.

    Args:
        model: that gave them.
        batch: float32 [rows, …].
        arrays: its outputs of this batch, on the host.

    Raises:
        UserError: where they are no finite numbers, or differ from call to call.
    """
    from eagerbench.modes.base import on_host

    wrong, every = sum(int((~np.isfinite(own)).sum()) for own in arrays), sum(own.size for own in arrays)
    if wrong:
        raise UserError(f"its outputs: expected finite numbers, got {wrong} of {every} that are NaN or infinite")
    if not all(np.array_equal(*pair) for pair in zip(arrays, on_host(model(batch)), strict=True)):
        raise UserError(STOCHASTIC)


def check_made_anew(one: "keras.Model", other: "keras.Model", batch: Floats, arrays: Sequence[Any]) -> None:
    """Each mode gets a model of its own, of the same weights: hold a second against the first.

    Args:
        one: the first.
        other: made in the same way, from the same seed.
        batch: float32 [rows, …].
        arrays: outputs of the first.

    Raises:
        UserError: where they share weights, or don't compute the same.
    """
    from eagerbench.modes.base import on_host

    if one is other or {id(own) for own in one.variables} & {id(own) for own in other.variables}:
        raise UserError(
            "two calls of its factory return the same weights: expected a new model from every call, since each mode "
            "gets one of its own; make its layers inside the factory"
        )
    again = on_host(other(batch))
    same = len(again) == len(arrays) and all(
        own.shape == wanted.shape and np.allclose(own, wanted, rtol=1e-3, atol=1e-5)
        for own, wanted in zip(again, arrays, strict=True)
    )
    if not same:
        raise UserError(
            "two calls of its factory give models that compute different numbers, after "
            "keras.utils.set_random_seed with the same seed: draw its weights from generators that this seeds or that "
            "have a seed of their own, or load them"
        )


def how_it_learns(subject: "Subject", batch: Floats, actions: int) -> Learns:
    """Call a model with ``training=True``, and make a gradient step of it. Changes its weights.

    Args:
        subject: the model; one without heads makes no step.
        batch: float32 [rows, …].
        actions: of its policy; 0 where it has none.

    Raises:
        UserError: where it can't be called so, or has other weights then.
    """
    from eagerbench.modes.base import on_host, seed_states

    model = subject.model
    seeds, states = seed_states(model), model.non_trainable_weights
    variables = [*seeds, *states]
    before = [variable.numpy() for variable in variables]
    count = len(model.weights)
    try:
        first = on_host(model(batch, training=True))
        after = [variable.numpy() for variable in variables]
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
        second = on_host(model(batch, training=True))
    except Exception as error:  # a user's code may raise anything
        raise UserError(f"it can't be called with training=True: {told(error)}") from error
    if len(model.weights) != count:
        raise UserError(
            f"it has {count} weights, and {len(model.weights)} once it was called with training=True: expected layers "
            "that every call uses, or that are built when the model is"
        )
    changed = [not np.array_equal(*pair) for pair in zip(before, after, strict=True)]
    repeats = all(np.array_equal(*pair, equal_nan=True) for pair in zip(first, second, strict=True))
    return Learns(
        random=any(changed[: len(seeds)]),
        stateful=any(changed[len(seeds) :]),
        not_at_all=_no_step(subject, batch, actions) if repeats else NOT_REPEATED,
    )


def _no_step(subject: "Subject", batch: Floats, actions: int) -> str:
    """Why an eager agent can't take a gradient step; empty where it can, or where there is no agent."""
    from eagerbench import modes

    if not actions:
        return ""
    if not subject.model.trainable_weights:
        return "it has no weight that learns: all are frozen (trainable=False)"
    rows = len(batch)
    ones = np.ones(rows, np.float32)
    try:
        learner = modes.load("eager").learner(subject, Hyperparameters())
        learner.update(Batch(batch, np.arange(rows, dtype=np.int32) % actions, ones, ones))
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        return f"an eager agent can't take a gradient step: {told(error)}"
    return ""
