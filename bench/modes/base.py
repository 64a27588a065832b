"""What a mode is given, what it gives back, and what all of them need. Knows no clock, no case table and no store."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from eagerbench.models.a2c import Act, EnvironmentSpec, Floats, Hyperparameters, Loop, Progress, Update
from eagerbench.models.envs import ParallelEnvironments
from eagerbench.models.heads import Heads

Outputs = tuple[npt.NDArray[np.floating], ...]
Weights = list[npt.NDArray[np.float32]]


class Traits(NamedTuple):
    """What decides whether a mode can execute a model, or have it learn.

    Attributes:
        own: it is a user's and not the suite's.
        random: it draws random numbers while it learns, as dropout does.
        stateful: it changes other weights than those that learn, as batch normalisation does.
    """

    own: bool = False
    random: bool = False
    stateful: bool = False


LOGITS_AND_VALUE = Heads()
SUITES_OWN = Traits()


@dataclass(frozen=True)
class Subject:
    """What is executed.

    Attributes:
        model: built, with its weights; this mode's own copy, so that no mode meets another's caches or flags.
        make: builds another model of the same architecture, for a mode that must build inside a graph of its own. Its
            weights are whatever the initializers give: copy them with ``set_weights`` or by the session.
        observation_shape: of one observation, such as ``(4,)``.
        heads: which of its outputs is the policy and which the value, for whoever learns.
        traits: what a mode may have to know of it.
    """

    model: keras.Model
    make: Callable[[], keras.Model]
    observation_shape: tuple[int, ...]
    heads: Heads = LOGITS_AND_VALUE
    traits: Traits = SUITES_OWN


@dataclass(frozen=True)
class Program:
    """A mode made ready for one batch.

    Attributes:
        call: executes the batch once and returns host arrays: nothing asynchronous may escape it. For other work than a
            forward pass, whatever the workload checks.
        resolved: what the mode turned out to be; values fit into JSON. May be filled in by the first call.
        traces: counts the traces made so far; None where nothing is ever traced.
        close: gives back what Python's own clean-up would not.
        reset: brings back the state before the first call, where a call changes it.
        repeat: executes so many times as one, where that is not the same as so many calls.
        trace: traces for the batch without executing; None where nothing is traced, or only a call can do it.
        execute: takes another batch through the same program, which may have to be made again for its shape.
        scaled: the same with logits divided by a temperature, which is given as a Python number; None where this way of
            executing takes arrays only.
        steps: makes a call and counts the steps that Keras cuts it into; None where Keras is not asked.
    """

    call: Callable[[], Any]
    resolved: dict[str, Any] = field(default_factory=dict)
    traces: Callable[[], int] | None = None
    close: Callable[[], None] = lambda: None
    reset: Callable[[], None] = lambda: None
    repeat: Callable[[int], Any] | None = None
    trace: Callable[[], Any] | None = None
    execute: Callable[[Floats], Any] | None = None
    scaled: Callable[[Floats, float], Any] | None = None
    steps: Callable[[], int] | None = None


class Learned(NamedTuple):
    """Where an agent has got to.

    Attributes:
        weights: all of the model's, in its order; float32.
        gradients: of each trainable weight, in their order: what the optimizer remembers of it, float32: its running
            mean (Adam), or the root of the running mean of its squares (RMSprop).
    """

    weights: Weights
    gradients: Weights


@dataclass(frozen=True)
class Learner:
    """An agent made ready: acts and learns from batches, one way.

    Attributes:
        act: observations [N, observation] and uniforms [N] to actions int32 [N] and values float32 [N], on the host.
        update: one gradient step; the losses before it, on the host.
        learned: where it has got to.
        restore: gives it these weights, and an optimizer that remembers nothing.
        resolved: what the mode turned out to be.
        traces: counts the traces made so far; None where nothing is ever traced.
        close: gives back what Python's own clean-up would not.
        trace: traces without executing, for acting in N environments (0: for no acting) and learning from B rows; None
            where nothing is traced, or only a call can do it.
    """

    act: Act
    update: Update
    learned: Callable[[], Learned]
    restore: Callable[[Weights], None]
    resolved: dict[str, Any] = field(default_factory=dict)
    traces: Callable[[], int] | None = None
    close: Callable[[], None] = lambda: None
    trace: Callable[[int, int], None] | None = None


@dataclass(frozen=True)
class Task:
    """What an agent shall learn.

    Attributes:
        subject: the model.
        spec: of the environment.
        environments: already made; they start over when training begins.
        hyperparameters: of the run.
        initial_weights: of a training seed.
        watch: wraps a function so that its time is told apart under a name: ``act``, ``environment``, ``update``, or
            ``program`` where these can't be told apart.
    """

    subject: Subject
    spec: EnvironmentSpec
    environments: ParallelEnvironments
    hyperparameters: Hyperparameters
    initial_weights: Callable[[int], Weights]
    watch: Callable[[str, Any], Any] = lambda _name, function: function


@dataclass(frozen=True)
class Trainer:
    """A training run made ready.

    Attributes:
        begin: starts over with a seed: weights, optimizer, environments, uniforms.
        advance: so many updates, each of a rollout; raises `DivergedError` where a loss is not a number.
        learner: the agent that learns, for a look at its weights and for a test episode.
        resolved: what the mode turned out to be.
        traces: counts the traces made so far; None where nothing is ever traced.
        close: gives back what Python's own clean-up would not.
        trace: traces without executing; None where nothing is traced, or only an update can do it.
    """

    begin: Callable[[int], None]
    advance: Callable[[int], Progress]
    learner: Learner
    resolved: dict[str, Any]
    traces: Callable[[], int] | None
    close: Callable[[], None]
    trace: Callable[[], Any] | None = None


class Mode:
    """One way to execute a model. A subclass is one file and one line in the registry, which says what it can do."""

    def unavailable(self) -> str | None:
        """Why this mode can't run on this machine, in one line; None where it can."""
        return None

    def cannot_execute(self, traits: Traits) -> str | None:
        """Why this mode can't execute a model that others can, in one line; None where it can, or only trying tells."""
        del traits
        return None

    def cannot_learn(self, traits: Traits) -> str | None:
        """Why this mode can't have a model learn as others do, in one line; None where it can, or only trying tells."""
        del traits
        return None

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Make a forward pass of one batch ready: build, but leave what the first call does to the first call.

        Args:
            subject: the model.
            observations: float32 [B, observation]; the program keeps it and must not write to it.
        """
        raise NotImplementedError(f"{type(self).__name__} does no forward passes; its line in the registry must say so")

    def learner(self, subject: Subject, hyperparameters: Hyperparameters) -> Learner:
        """Make an agent ready that acts and learns from batches; leave to the first call what it does.

        Args:
            subject: the model.
            hyperparameters: its losses and its optimizer.
        """
        raise NotImplementedError(f"{type(self).__name__} has no act and update; its line in the registry must say so")

    def cannot_train(self, spec: EnvironmentSpec) -> str | None:
        """Why this mode can't train in an environment, in one line; None where it can."""
        del spec
        return None

    def trainer(self, task: Task) -> Trainer:
        """Make a training run ready: here the A2C loop in Python around ``act`` and ``update``.

        A mode that takes more of the loop into its program overrides this.
        """
        learner = self.learner(task.subject, task.hyperparameters)
        loop = Loop(
            task.watch("act", learner.act),
            task.watch("update", learner.update),
            Watched(task),
            task.hyperparameters,
        )
        count = task.environments.count
        rows = count * task.hyperparameters.steps
        trace = partial(learner.trace, count, rows) if learner.trace else None
        return train_with(loop.begin, loop.advance, learner, task, learner.traces, trace)


class Watched:
    """The environments of a task, with the time of their steps told apart."""

    def __init__(self, task: Task) -> None:
        self.count = task.environments.count
        self.reset = task.watch("environment", task.environments.reset)
        self.step = task.watch("environment", task.environments.step)


def train_with(
    begin: Callable[[int], None],
    advance: Callable[[int], Progress],
    learner: Learner,
    task: Task,
    traces: Callable[[], int] | None,
    trace: Callable[[], Any] | None = None,
) -> Trainer:
    """A trainer around a learner, which gets the seed's weights before it begins."""

    def start(seed: int) -> None:
        learner.restore(task.initial_weights(seed))
        begin(seed)

    return Trainer(start, advance, learner, learner.resolved, traces, learner.close, trace)


def on_host(outputs: Any) -> Outputs:
    """All outputs of a model as NumPy arrays, which waits until they are computed."""
    return tuple(np.asarray(output) for output in tf.nest.flatten(outputs))


def tempered(outputs: Any, temperature: Any) -> tuple[Any, ...]:
    """All outputs of a model, the first of them divided by a temperature: of logits, how freely an agent explores."""
    logits, *others = tf.nest.flatten(outputs)
    return logits / temperature, *others


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


def suite_only(traits: Traits) -> str | None:
    """Why a mode that has the arithmetic of the suite's own model can't execute another."""
    return "only for the suite's own model, whose arithmetic is written out in the mode" if traits.own else None


def seed_states(model: keras.Model) -> list[Any]:
    """The variables of a model that its random numbers come from; Keras counts them among no weights."""
    return [variable for variable in model.variables if variable.path.endswith("seed_generator_state")]


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
