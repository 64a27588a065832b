"""Contenders for the race of traps: each naive way beside the right one, and all else equal."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from eagerbench import modes
from eagerbench.cases import Case
from eagerbench.factory import Maker
from eagerbench.models.a2c import EnvironmentSpec
from eagerbench.models.actor_critic import HIDDEN
from eagerbench.modes.base import Outputs, Program, Subject, on_host
from eagerbench.race import Contender
from eagerbench.results import Parity
from eagerbench.workloads.forward import Forward


def contenders(names: Sequence[str], rows: npt.NDArray[np.float32], actions: int, seed: int) -> Iterator[Contender]:
    """The contenders of some measurements.

    Args:
        names: ``warm/eager``: as it should be. ``identical/…``: one row, repeated. ``float64/…``: the same rows in
            double precision. ``model/…``: the model is built in every call. ``made/…``: what the mode makes ready is
            made in every call. ``unread/…``: nobody reads the results. ``warm-one/…``, ``made-one/…``: with one row.
        rows: float32 [N, observation], distinct.
        actions: how many discrete actions there are.
        seed: of the weights, the same for all.
    """
    maker = Maker(EnvironmentSpec("", rows.shape[1:], actions, None, None), HIDDEN)
    right = Forward(rows, maker, seed)
    one = Forward(rows[:1], maker, seed)
    others = {
        "warm-one": one,
        "made-one": one,
        "identical": Forward(np.repeat(rows[:1], len(rows), axis=0), maker, seed),
        "float64": Forward(rows.astype(np.float64), maker, seed),
    }
    ways = {
        "model": _model_in_each_call,
        "made": _made_in_each_call,
        "made-one": _made_in_each_call,
        "unread": _unread,
    }
    for name in names:
        kind, _, mode = name.partition("/")
        work = others.get(kind, right)
        contender = work.contender(Case.parse(f"forward/{mode}/b{len(work.observations)}"))
        if kind in ways:
            ready = partial(ways[kind], mode, work)
            contender = dataclasses.replace(contender, ready=ready, check=partial(_check, work))
        yield dataclasses.replace(contender, case=name)


def _model_in_each_call(mode: str, right: Forward) -> Callable[[], Program]:
    return lambda: Program(lambda: _once(mode, right, right.subject()))


def _made_in_each_call(mode: str, right: Forward) -> Callable[[], Program]:
    """A graph and a session, or a traced function; the model is there."""
    subject = right.subject()
    return lambda: Program(lambda: _once(mode, right, subject))


def _once(mode: str, right: Forward, subject: Subject) -> Outputs:
    program = modes.load(mode).forward(subject, right.observations)
    try:
        outputs: Outputs = program.call()
        return outputs
    finally:
        program.close()


def _unread(mode: str, right: Forward) -> Callable[[], Program]:
    """What a mode executes, but for reading the results: they stay where they are computed."""
    model, rows = right.subject().model, right.observations
    if mode == "eager":
        return lambda: Program(lambda: model(rows))
    traced = tf.function(model, autograph=False)
    return lambda: Program(lambda: traced(tf.convert_to_tensor(rows)))


def _check(right: Forward, outputs: Any) -> Parity:
    """Hold outputs, read or not, against the reference."""
    return right.check(len(right.observations), on_host(outputs))
