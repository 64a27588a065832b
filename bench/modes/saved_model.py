"""A model exported to disk and loaded again, as a server would."""

import tempfile

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from eagerbench.modes.base import Mode, Program, Subject, on_host, resolved


class SavedModel(Mode):
    """``model.export(folder)``, then ``tf.saved_model.load(folder).serve(x)``."""

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Exports and loads: both are part of what this mode costs before its first result."""
        model = subject.model
        found = resolved(model, jit_compile=False, rows_per_step=len(observations))
        folder = tempfile.TemporaryDirectory(prefix="eagerbench-saved-model-")
        signature = [tf.TensorSpec([None, *observations.shape[1:]], tf.float32, name="observations")]
        model.export(folder.name, verbose=False, input_signature=signature)
        loaded = tf.saved_model.load(folder.name)
        return Program(
            call=lambda: on_host(loaded.serve(tf.convert_to_tensor(observations))),
            resolved=found,
            traces=loaded.serve.experimental_get_tracing_count,
            close=folder.cleanup,
        )
