"""A model exported to disk and loaded again, as a server would."""

import tempfile

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from eagerbench.modes.base import Mode, Program, Subject, on_host, resolved


class SavedModel(Mode):
    """``keras.export.ExportArchive``, then ``tf.saved_model.load(folder).serve(x)``."""

    def forward(self, subject: Subject, observations: npt.NDArray[np.float32]) -> Program:
        """Exports and loads: both are part of what this mode costs before its first result."""
        model = subject.model
        found = resolved(model, jit_compile=False, rows_per_step=len(observations))
        signature = [tf.TensorSpec([None, *observations.shape[1:]], tf.float32, name="observations")]
        archive = keras.export.ExportArchive()  # what model.export does, in every Keras 3
        archive.track(model)
        archive.add_endpoint("serve", model, input_signature=signature)
        folder = tempfile.TemporaryDirectory(prefix="eagerbench-saved-model-")
        try:
            archive.write_out(folder.name)
            loaded = tf.saved_model.load(folder.name)
        except BaseException:  # a model may have no graph
            folder.cleanup()
            raise
        return Program(
            call=lambda: on_host(loaded.serve(tf.convert_to_tensor(observations))),
            resolved=found,
            traces=loaded.serve.experimental_get_tracing_count,
            execute=lambda batch: on_host(loaded.serve(tf.convert_to_tensor(batch))),
            close=folder.cleanup,
        )
