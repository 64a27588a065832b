"""A look at a user's model in a process of its own: does it work, what does it give, what does it cost?

The process that plans has no TensorFlow, and must outlive a model that brings its own process down.
Started as ``python -m eagerbench.inspection JOB``, where JOB is a file with an `InspectionJob` in it.
"""

import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from eagerbench.context import check_values
from eagerbench.errors import UserError
from eagerbench.factory import Source, made, told
from eagerbench.models.a2c import EnvironmentSpec, Floats
from eagerbench.models.heads import Heads, find_heads, rows_of
from eagerbench.observations import found_or_drawn, repeated
from eagerbench.results import Model

TIMEOUT_S = 120.0
CHECKED_ROWS = 3  # so many that no other axis is taken for the rows by chance


class InspectionJob(msgspec.Struct, frozen=True):
    """What to look at.

    Attributes:
        source: of the model.
        name: what people call it.
        spec: of its observations; its ``actions`` are 0 where nobody knows.
        rows: the user's own first observations, float32, one after the other; empty where they come from elsewhere.
        pipe: file descriptor to write to.
    """

    source: Source
    name: str
    spec: EnvironmentSpec
    rows: bytes = b""
    pipe: int = -1


class Inspected(msgspec.Struct, frozen=True, tag="inspected"):
    """What is known of a model.

    Attributes:
        model: as the results have it.
        numbers: floats of one row in memory, in the input and between the operations.
    """

    model: Model
    numbers: int


class Unfit(msgspec.Struct, frozen=True, tag="unfit"):
    """It can't be measured; why, in one line."""

    reason: str


def inspect_factory(factory: str, spec: EnvironmentSpec, observations: Floats | None = None) -> Inspected:
    """`inspect_source` of ``pkg.module:factory`` or ``path/to/model.py:factory``."""
    return inspect_source(Source(factory=factory), spec, factory, observations)


def inspect_source(source: Source, spec: EnvironmentSpec, name: str, observations: Floats | None = None) -> Inspected:
    """Load a model and execute it, in a process of its own.

    Args:
        source: where it comes from.
        spec: of its observations.
        name: what people call it.
        observations: the user's own, float32 [rows, …], of which it is given the first few; without them those of the
            environment, or random ones where there is none.

    Raises:
        UserError: where it can't be loaded or executed, or doesn't give what was expected.
    """
    from eagerbench.engines.local import run_module

    said: list[Inspected | Unfit] = []
    ended, reason = run_module(
        "eagerbench.inspection",
        InspectionJob(source, name, spec, b"" if observations is None else _few(observations).tobytes()),
        said.append,
        TIMEOUT_S,
        msgspec.json.Decoder(Inspected | Unfit).decode,
    )
    silent = f"it took more than {TIMEOUT_S:.0f} s" if ended == "timed-out" else "its process ended without a word"
    found = said[-1] if said else Unfit(": ".join([silent, *([reason] if reason else [])]))
    if isinstance(found, Unfit):
        raise UserError(found.reason if found.reason.startswith("model ") else f"model {name!r}: {found.reason}")
    return found


def look_at(source: Source, spec: EnvironmentSpec, name: str, observations: Floats | None = None) -> Inspected:
    """Load, execute and describe a model, in this process; see `inspect_source`.

    Raises:
        UserError: where any of this can't be done.
    """
    from eagerbench.archive import check_rebuilt
    from eagerbench.fitness import check_made_anew, check_outputs, how_it_learns
    from eagerbench.modes.base import Subject, Traits, on_host

    check_values(source.context)
    model = made(source, spec, 0)
    batch = found_or_drawn(spec, CHECKED_ROWS, 0) if observations is None else _few(observations)
    try:
        outputs = model(batch)
        arrays = on_host(outputs)
    except Exception as error:  # a user's code may raise anything
        raise UserError(f"it can't be given observations {rows_of(spec.observation_shape)}: {told(error)}") from error
    heads, named = _outputs(outputs, arrays, spec)
    check_outputs(model, batch, arrays)
    if source.archive:
        check_rebuilt(model, source)
    other = made(source, spec, 0)
    check_made_anew(model, other, batch, arrays)
    row_flops, numbers = arithmetic(model, spec.observation_shape)
    # The other, since this changes it.
    subject = Subject(other, lambda: other, spec.observation_shape, heads or Heads(), Traits(own=True))
    actions = next((shape[-1] for key, shape in named if key == "logits"), 0) if heads else 0
    learns = how_it_learns(subject, batch, actions)
    return Inspected(
        Model(
            name=name,
            factory=source.factory,
            own=True,
            outputs=named,
            parameters=(int(model.count_params()),),
            row_flops=(row_flops,),
            heads=heads,
            random=learns.random,
            stateful=learns.stateful,
            unteachable=learns.not_at_all,
        ),
        numbers,
    )


def _few(observations: Floats) -> Floats:
    """The first of a user's observations, again and again where there are too few."""
    import numpy as np

    return np.ascontiguousarray(repeated(observations[:CHECKED_ROWS], CHECKED_ROWS), np.float32)


def _rows(job: InspectionJob) -> Floats | None:
    import numpy as np

    shape = (CHECKED_ROWS, *job.spec.observation_shape)
    return np.frombuffer(job.rows, np.float32).reshape(shape) if job.rows else None


def _outputs(
    outputs: Any, arrays: Sequence[Any], spec: EnvironmentSpec
) -> tuple[Heads | None, tuple[tuple[str, tuple[int, ...]], ...]]:
    """Which is policy and which value, and the name and shape of each."""
    for array in arrays:
        if array.dtype.kind != "f" or array.ndim < 1 or len(array) != CHECKED_ROWS:
            raise UserError(
                f"its outputs: expected floats with a row for each of {CHECKED_ROWS} observations, got "
                f"{array.dtype} of shape {array.shape}"
            )
    shapes = [tuple(array.shape[1:]) for array in arrays]
    if isinstance(outputs, dict):
        keys: list[Any] = sorted(outputs)  # as TensorFlow flattens it
    elif isinstance(outputs, tuple | list):
        keys = list(range(len(outputs)))
    else:
        keys = [0]
    if len(keys) != len(shapes):
        raise UserError(f"its outputs: expected a tuple, a list or a dict of tensors, got {len(shapes)} in a nest")
    by_key = dict(zip(keys, shapes, strict=True))
    try:
        heads = find_heads(by_key if isinstance(outputs, dict) else shapes, spec.actions)
    except ValueError as error:
        raise UserError(f"its outputs: {error}") from error
    if heads is None:
        return None, ((str(keys[0]) if isinstance(outputs, dict) else "output", shapes[0]),)
    return heads, (("logits", by_key[heads.logits]), ("value", by_key[heads.value]))


def arithmetic(model: Any, observation_shape: tuple[int, ...]) -> tuple[int | None, int]:
    """Floating-point operations of one row as TensorFlow's profiler counts them, and floats in and between operations.

    Seen in the graph of a call with its weights made constants. None, and ten times the input, where it has no graph.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    size = math.prod(observation_shape)
    try:
        traced = tf.function(model, autograph=False).get_concrete_function(
            tf.TensorSpec([1, *observation_shape], tf.float32)
        )
        graph = convert_variables_to_constants_v2(traced).graph
        builder = tf.compat.v1.profiler.ProfileOptionBuilder
        options = builder(builder.float_operation()).with_empty_output().build()
        flops = tf.compat.v1.profiler.profile(graph, options=options).total_float_ops
        between = sum(
            output.shape.num_elements() or 0
            for operation in graph.get_operations()
            if operation.type not in {"Const", "Identity", "Placeholder"}
            for output in operation.outputs
            if output.dtype.is_floating and output.shape.rank and output.shape[0] == 1
        )
    except Exception:  # noqa: BLE001 - what a mode makes of such a model is found out later; here it is only a number
        return None, 10 * size
    return int(flops) or None, size + int(between)


def main() -> int:
    """Entry point of the process."""
    from eagerbench.quiet import import_tensorflow

    job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=InspectionJob)
    with os.fdopen(job.pipe, "wb", buffering=0) as pipe:
        try:
            import_tensorflow()
            found: Inspected | Unfit = look_at(job.source, job.spec, job.name, _rows(job))
        except UserError as error:
            found = Unfit(" ".join(str(error).split()))
        pipe.write(msgspec.json.encode(found) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
