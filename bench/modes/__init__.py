"""The table of modes: every way to execute the model, one file and one line each.

Importing this imports no TensorFlow; `load` does.
"""

import importlib
from typing import TYPE_CHECKING, NamedTuple

from eagerbench.errors import unknown

if TYPE_CHECKING:
    from eagerbench.modes.base import Mode


FORWARD = frozenset({"forward"})
TRAIN = frozenset({"train"})
ALL = frozenset({"forward", "update", "train"})
# Modes that cut a batch into steps of 32 rows: their time only grows with the number of steps.
STEPS_OF_32_ROWS = frozenset({"predict", "predict-eager"})


class Entry(NamedTuple):
    """Where a mode lives, what it is in a few words, which workloads it can execute, and whether XLA compiles it."""

    location: str
    summary: str
    workloads: frozenset[str] = FORWARD
    compiles: bool = False


REGISTRY: dict[str, Entry] = {
    "eager": Entry("eagerbench.modes.eager:Eager", "model(x), one operation after the other", ALL),
    "function": Entry("eagerbench.modes.function:Function", "tf.function, traced once per shape", ALL),
    "function-xla": Entry(
        "eagerbench.modes.function:FunctionXla", "tf.function(jit_compile=True), compiled once per shape", ALL, True
    ),
    "blocked-xla": Entry(
        "eagerbench.modes.blocked_xla:BlockedXla",
        "XLA over row blocks that fit the cache, one loop per core",
        FORWARD,
        True,
    ),
    "predict": Entry("eagerbench.modes.predict:Predict", "Keras predict, default batches of 32 rows", ALL),
    "predict-full": Entry("eagerbench.modes.predict:PredictFull", "Keras predict, one batch of all rows"),
    "predict-on-batch": Entry("eagerbench.modes.predict:PredictOnBatch", "Keras predict_on_batch", ALL),
    "predict-eager": Entry(
        "eagerbench.modes.predict:PredictEager", "Keras predict with run_eagerly=True, batches of 32 rows"
    ),
    "graph-v1": Entry("eagerbench.modes.graph_v1:GraphV1", "tf.Graph and Session.make_callable", ALL),
    "graph-v1-feed": Entry("eagerbench.modes.graph_v1:GraphV1Feed", "tf.Graph and Session.run with feed_dict", ALL),
    "saved-model": Entry("eagerbench.modes.saved_model:SavedModel", "exported and loaded again"),
    "numpy": Entry("eagerbench.modes.numpy:NumPy", "the yardstick: NumPy in float32, no TensorFlow"),
    "rollout": Entry(
        "eagerbench.modes.rollout:Rollout", "a rollout in one tf.function, Gymnasium by tf.numpy_function", TRAIN
    ),
    "fused": Entry("eagerbench.modes.fused:Fused", "environment, rollout and update in one tf.function", TRAIN),
    "fused-xla": Entry(
        "eagerbench.modes.fused:FusedXla", "environment, rollout and update in one program compiled by XLA", TRAIN, True
    ),
    "fused-jax": Entry(
        "eagerbench.modes.fused_jax:FusedJax", "the yardstick of fused training: the same loop in JAX", TRAIN
    ),
}


def load(name: str) -> "Mode":
    """The mode of a name; imports its file, and with it TensorFlow.

    Raises:
        UserError: where the table has no such name.
    """
    if name not in REGISTRY:
        raise unknown("mode", name, REGISTRY)
    module, _, attribute = REGISTRY[name].location.partition(":")
    made: Mode = getattr(importlib.import_module(module), attribute)()
    return made
