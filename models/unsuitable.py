"""Why an environment can't be used, in one line that says what to do. Knows no TensorFlow."""

import difflib
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

# Gymnasium's extras that one of ours stands for; the others are named as Gymnasium names them.
EXTRAS = {"box2d": "eagerbench[box2d]", "classic-control": "eagerbench[render]"}
NUMBERS = "biuf"  # kinds of NumPy's dtypes that become float32
FLATTEN = "gymnasium.wrappers:FlattenObservation"
GREY = "gymnasium.wrappers:GrayscaleObservation"
ALIKE = 0.7  # names that are told as what may have been meant


class UnsuitableEnvironmentError(ValueError):
    """An environment that is unknown, not installed, or that no actor-critic of the suite's kind fits."""


def check_spaces(env: str, observation: Any, action: Any, arguments: Sequence[str]) -> None:
    """Make sure that actions are discrete and observations boxes of numbers.

    Args:
        env: what to call it.
        observation: space of Gymnasium's.
        action: space of Gymnasium's.
        arguments: names that the environment can be made with.

    Raises:
        UnsuitableEnvironmentError: where they aren't.
    """
    if not isinstance(action, gymnasium.spaces.Discrete):
        remedy = "; try --env-kwargs continuous=False" if "continuous" in arguments else ""
        raise UnsuitableEnvironmentError(f"environment {env!r}: expected discrete actions, got {action}{remedy}")
    box = isinstance(observation, gymnasium.spaces.Box)
    if not box or len(observation.shape) not in {1, 2, 3} or observation.dtype.kind not in NUMBERS:
        if box and len(observation.shape) > 3:
            remedy = f"; images can be made grey before they are stacked: {GREY}"
        else:
            remedy = f"; try --env-wrappers {FLATTEN}" if _can_be_flattened(observation) else ""
        raise UnsuitableEnvironmentError(
            f"environment {env!r}: expected box observations of one to three dimensions, got {_told(observation)}"
            f"{remedy}"
        )
    if 0 in observation.shape:
        raise UnsuitableEnvironmentError(f"environment {env!r}: expected observations with numbers, got {observation}")


def why_not_made(env: str, kwargs: Mapping[str, Any], error: Exception) -> str:
    """What is told where ``gymnasium.make`` raises.

    Args:
        env: id that was asked for.
        kwargs: what it was to be made with.
        error: what came of it.
    """
    missing = why_not_installed(error)
    if missing:
        return f"environment {env!r} can't be made: {missing}"
    refused = re.search(r"unexpected keyword argument '(\w+)'", str(error)) if isinstance(error, TypeError) else None
    if refused and refused[1] in kwargs:
        arguments = arguments_of(env)
        takes = f"; it takes {', '.join(arguments)}" if arguments else ""
        return f"environment {env!r} takes no argument {refused[1]!r}{_nearest(refused[1], arguments)}{takes}"
    told = f"environment {env!r} can't be made{_given(kwargs)}: {in_one_line(error)}"
    if isinstance(error, gymnasium.error.NamespaceNotFound):
        return f"{told}; the package that registers it goes in front, such as ale_py:ALE/Pong-v5"
    if isinstance(error, gymnasium.error.NameNotFound):
        return f"environment {env!r} is unknown{_nearest(env, list(gymnasium.registry))}; {_expected()}"
    if isinstance(error, gymnasium.error.Error):  # of another version, say, and it says which ones there are
        return told
    return f"{told}; {_expected()}" if isinstance(error, ImportError) else told


def why_not_installed(error: Exception) -> str | None:
    """Which package is missing, and what installs it; None where that isn't what is wrong."""
    if not isinstance(error, gymnasium.error.DependencyNotInstalled | ImportError):
        return None
    told = in_one_line(error)
    extra = re.search(r"gymnasium\[([\w-]+)\]", told)
    ours = EXTRAS.get(extra[1].replace("_", "-")) if extra else None
    package = re.match(r"([\w() ]+) is not installed", told)
    return f"{package[1]} is not installed: pip install '{ours}'" if ours and package else _said_by_gymnasium(error)


def arguments_of(env: str) -> list[str]:
    """Names that an environment can be made with, as far as its signature tells."""
    try:
        entry = gymnasium.spec(env.rpartition(":")[2]).entry_point
        creator = gymnasium.envs.registration.load_env_creator(entry) if isinstance(entry, str) else entry
        parameters = inspect.signature(creator).parameters.values() if callable(creator) else []
    except Exception:  # noqa: BLE001 - a signature is told where there is one; any environment may hide its own
        return []
    named = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    return [parameter.name for parameter in parameters if parameter.kind in named]


def in_one_line(error: Exception) -> str:
    """What an error says, or its name where it says nothing."""
    # Gymnasium repeats all that it was given behind what is wrong with it.
    told = str(error).partition(" was raised from the environment creator")[0]
    return " ".join(told.split())[:300].rstrip(".") or type(error).__name__


def _said_by_gymnasium(error: Exception) -> str | None:
    return in_one_line(error) if isinstance(error, gymnasium.error.DependencyNotInstalled) else None


def _can_be_flattened(observation: Any) -> bool:
    try:
        return isinstance(gymnasium.spaces.utils.flatten_space(observation), gymnasium.spaces.Box)
    except (NotImplementedError, ValueError, AssertionError):
        return False


def _told(observation: Any) -> str:
    """A space; of a large box what matters, since Gymnasium would print its bounds."""
    if isinstance(observation, gymnasium.spaces.Box) and np.prod(observation.shape) > 1:
        return f"Box of shape {observation.shape}, {observation.dtype}"
    return " ".join(str(observation).split())[:300]


def _given(kwargs: Mapping[str, Any]) -> str:
    return " with " + ", ".join(f"{name}={value!r}" for name, value in kwargs.items()) if kwargs else ""


def _nearest(name: str, known: Sequence[str]) -> str:
    found = difflib.get_close_matches(name, known, n=1, cutoff=ALIKE)
    return f"; did you mean {found[0]!r}?" if found else ""


def _expected() -> str:
    return "expected a Gymnasium id such as 'CartPole-v1', or package:Name-v0 for one that a package registers"
