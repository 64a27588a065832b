"""XLA over row blocks that fit the cache.

A batch of 100,000 rows through two hidden layers of 128 writes 100 MB of activations and reads them back; memory, not
arithmetic, sets its speed. Here a compiled loop takes a block of rows through the whole model before it touches the
next, and one such loop runs per core, side by side in one graph.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from eagerbench.modes.base import Mode, Program, Subject, on_host, resolved, usable_cores
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
        loops = usable_cores()
        rows = block_rows(model, len(observations) // loops)
        blocks = len(observations) // (loops * rows)
        looped = loops * blocks * rows
        signature = tf.nest.map_structure(
            lambda output: tf.TensorSpec([rows, *output.shape[1:]], output.dtype),
            model.compute_output_spec(keras.KerasTensor((rows, *observations.shape[1:]), "float32")),
        )

        @tf.function(jit_compile=True, autograph=False)
        def loop(batch: Any, first: Any) -> Any:
            def block(index: Any) -> Any:
                start = tf.concat([[first + index * rows], tf.zeros(batch.shape.rank - 1, tf.int32)], 0)
                return model(tf.slice(batch, start, [rows, *batch.shape[1:]]))

            stacked = tf.map_fn(block, tf.range(blocks), fn_output_signature=signature)
            return tf.nest.map_structure(lambda output: tf.reshape(output, [-1, *output.shape[2:]]), stacked)

        # What doesn't fill a block per core, which for a small batch is all of it.
        @tf.function(jit_compile=True, autograph=False)
        def rest(batch: Any) -> Any:
            return model(batch)

        @tf.function(autograph=False)
        def side_by_side(batch: Any) -> Any:
            parts = [loop(batch, tf.constant(blocks * rows * core)) for core in range(loops)] if blocks else []
            if looped < len(observations):
                parts.append(rest(batch[looped:]))
            return tf.nest.map_structure(lambda *outputs: tf.concat(outputs, 0), *parts)

        return Program(
            call=lambda: on_host(side_by_side(tf.convert_to_tensor(observations))),
            resolved=resolved(
                model,
                jit_compile=True,
                rows_per_step=rows if blocks else len(observations),
                loops=loops if blocks else 0,
            ),
            traces=lambda: sum(traced.experimental_get_tracing_count() for traced in (loop, rest, side_by_side)),
        )


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
