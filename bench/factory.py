"""A user's own model: ``pkg.module:factory``, imported and made."""

import importlib
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from eagerbench.errors import UserError
from eagerbench.models.a2c import EnvironmentSpec

EXPECTED = "expected pkg.module:factory, a function that returns a Keras model"


def load_factory(text: str, spec: EnvironmentSpec, seed: int) -> Callable[[], keras.Model]:
    """What makes a user's model, built, with weights of the seed.

    The factory takes nothing, or the shape of an observation and the number of actions.

    Args:
        text: ``pkg.module:factory``.
        spec: of the environment whose observations the model gets.
        seed: of the initial weights.

    Raises:
        UserError: where it can't be imported, called, or makes no Keras model.
    """
    name, _, attribute = text.partition(":")
    if not name or not attribute:
        raise UserError(f"model {text!r}: {EXPECTED}")
    try:
        factory = getattr(importlib.import_module(name), attribute)
    except Exception as error:  # a module may raise anything while it is imported
        raise UserError(f"model {text!r} can't be imported: {_told(error)}; {EXPECTED}") from error
    if not callable(factory):
        raise UserError(f"model {text!r} is a {type(factory).__name__}; {EXPECTED}")
    make = partial(_make, text, factory, spec, seed)
    make()  # now, where it can be said in one line
    return make


def _make(text: str, factory: Callable[..., Any], spec: EnvironmentSpec, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    try:
        takes = len(inspect.signature(factory).parameters)
        model = factory(spec.observation_shape, spec.actions) if takes >= 2 else factory()
        if isinstance(model, keras.Model) and not model.built:
            model(np.zeros((1, *spec.observation_shape), np.float32))
    except Exception as error:  # a user's code may raise anything
        raise UserError(f"model {text!r} can't be made: {_told(error)}") from error
    if not isinstance(model, keras.Model):
        raise UserError(f"model {text!r} returned a {type(model).__name__}; {EXPECTED}")
    return model


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
