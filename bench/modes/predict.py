"""Keras's own ways: ``predict`` and ``predict_on_batch``.

``predict`` cuts its input into steps of 32 rows unless told otherwise: on 100,000 rows it is 3,125 calls, not one.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from eagerbench.errors import UserError
from eagerbench.models.a2c import Batch, Floats, Hyperparameters, Integers, Losses
from eagerbench.models.actor_critic import ActionSampler
from eagerbench.models.losses import PackedPolicyLoss, ValueLoss, pack
from eagerbench.modes.base import Learner, Mode, Program, Subject, on_host, resolved
from eagerbench.modes.gradient import keras_learned, keras_restore, make_optimizer, seeds_of

KERAS_ROWS_PER_STEP = 32
# What decides how a model learns in ``train_on_batch``, and may be written anew in a subclass.
HOW_KERAS_LEARNS = ("train_on_batch", "train_step", "compute_loss")


class Predict(Mode):
    """``model.predict(x)``, batch size 32 by default."""

    run_eagerly = False

    def rows_per_step(self, rows: int) -> int:
        """Rows of one Keras step for a batch of so many."""
        return min(KERAS_ROWS_PER_STEP, rows)

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Sets the flag; the first call builds Keras's step function and traces it."""
        model = subject.model
        model.run_eagerly = self.run_eagerly
        rows = self.rows_per_step(len(observations))
        return Program(
            call=lambda: on_host(model.predict(observations, batch_size=rows, verbose=0)),
            resolved=_keras(model, rows, len(observations)),
            traces=None if self.run_eagerly else lambda: _traces(model),
            execute=lambda batch: on_host(model.predict(batch, batch_size=self.rows_per_step(len(batch)), verbose=0)),
            steps=lambda: _steps(model, lambda: model.predict(observations, batch_size=rows, verbose=0)),
        )

    def learner(self, subject: Subject, hyperparameters: Hyperparameters) -> Learner:
        """The article's own way: ``predict`` for each step, ``train_on_batch`` for each update."""
        return _keras_learner(subject, hyperparameters, lambda model, *inputs: model.predict(*inputs, verbose=0))


class PredictFull(Predict):
    """``model.predict(x, batch_size=len(x))``."""

    def rows_per_step(self, rows: int) -> int:
        """One step for all rows."""
        return rows


class PredictEager(Predict):
    """``model.run_eagerly = True`` and ``model.predict(x)``."""

    run_eagerly = True


class PredictOnBatch(Mode):
    """``model.predict_on_batch(x)``."""

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Nothing to make ready; the first call builds Keras's step function and traces it."""
        model = subject.model
        return Program(
            call=lambda: on_host(model.predict_on_batch(observations)),
            resolved=_keras(model, len(observations), len(observations)),
            traces=lambda: _traces(model),
            execute=lambda batch: on_host(model.predict_on_batch(batch)),
            steps=lambda: _steps(model, lambda: model.predict_on_batch(observations)),
        )

    def learner(self, subject: Subject, hyperparameters: Hyperparameters) -> Learner:
        """``predict_on_batch`` for each step, ``train_on_batch`` for each update."""
        return _keras_learner(subject, hyperparameters, lambda model, *inputs: model.predict_on_batch(*inputs))


def _keras_learner(subject: Subject, hyperparameters: Hyperparameters, predict: Callable[..., Any]) -> Learner:
    """An agent that goes through Keras only: one model decides, another draws, and ``train_on_batch`` learns.

    Raises:
        UserError: where a user's model learns in a way of its own.
    """
    for name in HOW_KERAS_LEARNS:
        if getattr(type(subject.model), name) is not getattr(keras.Model, name):
            raise UserError(f"it has a {name} of its own, which Keras would run in place of the agent's losses")
    model, sampler, optimizer = subject.model, ActionSampler(), make_optimizer(hyperparameters)
    heads, seeds = subject.heads, seeds_of(model)
    model.compile(
        optimizer=optimizer,
        loss=heads.arrange(PackedPolicyLoss(hyperparameters.entropy_weight), ValueLoss(hyperparameters.value_weight)),
        auto_scale_loss=False,  # of models in half precision, where no other mode does
    )
    optimizer.build(model.trainable_variables)
    step_traces = 0
    train_step = model.train_step

    def counting(data: Any) -> Any:
        # Keras's function for training doesn't say how often it was traced; its step runs in Python only then.
        nonlocal step_traces
        step_traces += 1
        return train_step(data)

    model.train_step = counting

    def act(observations: Floats, uniforms: Floats) -> tuple[Integers, Floats]:
        logits, values = heads.pick(predict(model, observations))
        return predict(sampler, (logits, uniforms[:, None])), values

    def update(batch: Batch) -> Losses:
        # Keras reports a running mean over all batches since the last reset; the article wants this batch's.
        model.reset_metrics()
        targets = heads.arrange(pack(batch.actions, batch.advantages), heads.as_target(batch.returns))
        # Behind the sum and these two come the model's own metrics, if it has any.
        _, first, second, *_ = model.train_on_batch(batch.observations, targets)
        policy, value = heads.sort((first, second))
        return Losses(float(policy), float(value))

    return Learner(
        act=act,
        update=update,
        learned=lambda: keras_learned(model, optimizer),
        restore=lambda weights: keras_restore(model, optimizer, weights, seeds),
        resolved=resolved(model, jit_compile=bool(model.jit_compile), run_eagerly=bool(model.run_eagerly)),
        traces=lambda: _traces(model) + _traces(sampler) + step_traces,
    )


def _keras(model: keras.Model, rows_per_step: int, rows: int) -> dict[str, Any]:
    return resolved(
        model,
        jit_compile=bool(model.jit_compile),
        run_eagerly=bool(model.run_eagerly),
        rows_per_step=rows_per_step,
        steps=math.ceil(rows / rows_per_step),
    )


def _steps(model: keras.Model, call: Callable[[], Any]) -> int:
    """How often a call comes to Keras's step function."""
    call()  # makes it
    step, made = model.predict_function, 0

    def counting(batches: Any) -> Any:
        nonlocal made
        made += 1
        return step(batches)

    model.predict_function = counting
    try:
        call()
    finally:
        model.predict_function = step
    return made


def _traces(model: keras.Model) -> int:
    """Traces of Keras's step function for predictions, which is a `tf.function` once it exists."""
    count = getattr(model.predict_function, "experimental_get_tracing_count", None)
    return int(count()) if count else 0
