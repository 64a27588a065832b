"""What a mode is given, what it gives back, and what all of them need. Knows no clock, no case table and no store."""

import abc
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

Outputs = tuple[npt.NDArray[np.floating], ...]


@dataclass(frozen=True)
class Subject:
    """What is executed.

    Attributes:
        model: built, with its weights; this mode's own copy, so that no mode meets another's caches or flags.
        make: builds another model of the same architecture, for a mode that must build inside a graph of its own. Its
            weights are whatever the initializers give: copy them with ``set_weights`` or by the session.
    """

    model: keras.Model
    make: Callable[[], keras.Model]


@dataclass(frozen=True)
class Program:
    """A mode made ready for one batch.

    Attributes:
        call: executes the batch once and returns host arrays: nothing asynchronous may escape it.
        resolved: what the mode turned out to be; values fit into JSON. May be filled in by the first call.
        traces: counts the traces made so far; None where nothing is ever traced.
        close: gives back what Python's own clean-up would not.
    """

    call: Callable[[], Outputs]
    resolved: dict[str, Any] = field(default_factory=dict)
    traces: Callable[[], int] | None = None
    close: Callable[[], None] = lambda: None


class Mode(abc.ABC):
    """One way to execute a model. A subclass is one file and one line in the registry."""

    def unavailable(self) -> str | None:
        """Why this mode can't run on this machine, in one line; None where it can."""
        return None

    @abc.abstractmethod
    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Make a forward pass of one batch ready: build, but leave what the first call does to the first call.

        Args:
            subject: the model.
            observations: float32 [B, observation]; the program keeps it and must not write to it.
        """


def on_host(outputs: Any) -> Outputs:
    """All outputs of a model as NumPy arrays, which waits until they are computed."""
    return tuple(np.asarray(output) for output in tf.nest.flatten(outputs))


def resolved(model: keras.Model, **flags: Any) -> dict[str, Any]:
    """What a TensorFlow mode turned out to be: its own flags, and what the process says.

    ``executing_eagerly`` is what ``tf.executing_eagerly()`` returned inside the model while the first call ran. The
    watcher takes itself off then, so that no timed call pays for it.
    """
    found: dict[str, Any] = {**flags, "executing_eagerly": None, **_process()}
    original = model.call

    def call(*args: Any, **kwargs: Any) -> Any:
        found["executing_eagerly"] = bool(tf.executing_eagerly())
        vars(model).pop("call", None)
        return original(*args, **kwargs)

    model.call = call
    return found


def usable_core_numbers() -> list[int]:
    """Cores that this process may use, which in a container are fewer than the machine has."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def stay_on_core(core: int) -> None:
    """Keep the calling thread on a core, where the system knows how."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})  # on Linux, 0 is the calling thread and not its process


def _process() -> dict[str, Any]:
    # TensorFlow says 0 where it takes one thread per usable core.
    threading = tf.config.threading
    return {
        "device": ", ".join(device.name.removeprefix("/device:") for device in _preferred_devices()),
        "intra_op_threads": threading.get_intra_op_parallelism_threads() or len(usable_core_numbers()),
        "inter_op_threads": threading.get_inter_op_parallelism_threads() or len(usable_core_numbers()),
    }


def _preferred_devices() -> list[Any]:
    """Where TensorFlow puts an operation that nobody placed."""
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return list(devices)[:1]
