"""TensorFlow 1's way: build a ``tf.Graph``, then run it in a ``tf.compat.v1.Session``."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from eagerbench.modes.base import Mode, Outputs, Program, Subject, on_host, resolved

v1 = tf.compat.v1


class GraphV1(Mode):
    """``Session.make_callable``: feeds and fetches are looked up once."""

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Builds the graph, opens a session and copies the weights into it; the first call prunes and places."""
        weights = subject.model.get_weights()
        graph = tf.Graph()
        with graph.as_default():
            model = subject.make()
            found = resolved(model, jit_compile=False, rows_per_step=len(observations))
            batch = v1.placeholder(tf.float32, [None, *observations.shape[1:]], name="observations")
            outputs = tf.nest.flatten(model(batch))
            session = v1.Session(graph=graph)
            for variable, weight in zip(model.weights, weights, strict=True):
                # An initializer is an assignment, and what it assigns can be fed.
                assign = variable.value.initializer
                session.run(assign, {assign.inputs[1]: weight})
            graph.finalize()
        return Program(call=self._caller(session, outputs, batch, observations), resolved=found, close=session.close)

    def _caller(
        self, session: Any, outputs: list[Any], batch: Any, observations: npt.NDArray[np.float32]
    ) -> Callable[[], Outputs]:
        run = session.make_callable(outputs, [batch])
        return lambda: on_host(run(observations))


class GraphV1Feed(GraphV1):
    """``Session.run(outputs, feed_dict={…})``: the way in most old code, which looks both up on every call."""

    def _caller(
        self, session: Any, outputs: list[Any], batch: Any, observations: npt.NDArray[np.float32]
    ) -> Callable[[], Outputs]:
        return lambda: on_host(session.run(outputs, feed_dict={batch: observations}))
