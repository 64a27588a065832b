"""XLA over row blocks that fit the cache.

A batch of 100,000 rows through two hidden layers of 128 writes 100 MB of activations and reads them back; memory, not
arithmetic, sets its speed. Here a compiled loop takes a block of rows through the model before it touches the next, and
each core has such a loop.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import pairwise
from queue import SimpleQueue
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from eagerbench.models.a2c import Floats
from eagerbench.modes.base import Mode, Outputs, Program, Subject, on_host, resolved, stay_on_core, usable_core_numbers
from eagerbench.modes.function import xla_unavailable

# Activations of one block. A quarter of a common 2 MiB level-2 cache: weights, input and output need room too.
BLOCK_BYTES = 512 * 1024


class BlockedXla(Mode):
    """``tf.map_fn`` over blocks inside ``jit_compile=True``, one loop per core."""

    def unavailable(self) -> str | None:
        """As for XLA in general."""
        return xla_unavailable()

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Cuts the batch; the first call traces and compiles."""
        model = subject.model
        loops = len(usable_core_numbers())
        rows = block_rows(model, len(observations) // loops)
        loop = _loop(model, (rows, *observations.shape[1:]))

        # What doesn't fill a block per core, which for a small batch is all of it.
        @tf.function(jit_compile=True, autograph=False)
        def rest(batch: Any) -> Any:
            return model(batch)

        @cache
        def parts_of(count: int) -> list[tuple[Any, int, int]]:
            each = count // (loops * rows) * rows
            cuts = [core * each for core in range(loops + 1)]
            parts = [(loop, first, last) for first, last in pairwise(cuts) if last > first]
            return [*parts, (rest, cuts[-1], count)] if cuts[-1] < count else parts

        def compute(batch: Floats, part: tuple[Any, int, int]) -> Outputs:
            program, first, last = part
            return on_host(program(tf.convert_to_tensor(batch[first:last])))

        # Threads of Python's, each on a core of its own: left to TensorFlow or to the system, two loops often share a
        # core for the few milliseconds that they run. A program runs without the interpreter's lock.
        unused_cores = SimpleQueue[int]()
        for core in usable_core_numbers():
            unused_cores.put(core)
        threads = ThreadPoolExecutor(loops, initializer=lambda: stay_on_core(unused_cores.get()))
        compiled: set[int] = set()

        def execute(batch: Floats) -> Outputs:
            parts, work = parts_of(len(batch)), partial(compute, batch)
            # The first call compiles: in this thread, since the compiler's own threads would stay on that core as well.
            # One part alone is not worth handing over.
            done = threads.map(work, parts) if len(batch) in compiled and len(parts) > 1 else map(work, parts)
            outputs = tuple(np.concatenate(own) for own in zip(*done, strict=True))
            compiled.add(len(batch))
            return outputs

        def trace() -> None:
            for program, first, last in {part[2] - part[1]: part for part in parts_of(len(observations))}.values():
                program.get_concrete_function(tf.TensorSpec((last - first, *observations.shape[1:]), tf.float32))

        blocks = len(observations) // (loops * rows)
        return Program(
            call=partial(execute, observations),
            resolved=resolved(
                model,
                jit_compile=True,
                rows_per_step=rows if blocks else len(observations),
                loops=loops if blocks else 0,
            ),
            traces=lambda: loop.experimental_get_tracing_count() + rest.experimental_get_tracing_count(),
            close=threads.shutdown,
            trace=trace,
            execute=execute,
        )


def _loop(model: keras.Model, block_shape: tuple[int, ...]) -> Any:
    """A compiled program that takes blocks of one shape through the model, one after the other.

    Each output has a loop of its own. In one loop for all, XLA hands the few microseconds of work on each output to
    other threads, which takes twice as long; what the outputs share is computed for each of them in return.
    """
    specification = tf.nest.flatten(model.compute_output_spec(keras.KerasTensor(block_shape, "float32")))

    @tf.function(jit_compile=True, autograph=False)
    def loop(batch: Any) -> Any:
        blocks = batch.shape[0] // block_shape[0]

        def one_output(number: int) -> Any:
            def block(index: Any) -> Any:
                first = tf.concat([[index * block_shape[0]], tf.zeros(len(block_shape) - 1, tf.int32)], 0)
                return tf.nest.flatten(model(tf.slice(batch, first, block_shape)))[number]

            form = specification[number]
            stacked = tf.map_fn(block, tf.range(blocks), fn_output_signature=tf.TensorSpec(form.shape, form.dtype))
            return tf.reshape(stacked, [-1, *form.shape[1:]])

        return tuple(one_output(number) for number in range(len(specification)))

    return loop


def block_rows(model: keras.Model, rows_of_a_loop: int) -> int:
    """Rows of a block whose activations fit `BLOCK_BYTES`, a little fewer where that leaves no rest.

    Args:
        model: built; each of its kernels has one output a row for each unit of its last axis.
        rows_of_a_loop: what one core has to do.
    """
    activations = sum(weight.shape[-1] for weight in model.weights if len(weight.shape) > 1)
    most = max(1, BLOCK_BYTES // (4 * max(1, activations)))
    even = (rows for rows in range(most, most * 3 // 4, -1) if rows_of_a_loop % rows == 0)
    return next(even, most)
