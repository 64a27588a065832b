"""Imports TensorFlow without the page about processor and drivers that it writes whatever its log level is."""

import os
import sys
import tempfile


def import_tensorflow(*, use: bool = True) -> None:
    """Import TensorFlow and Keras; what they say on standard error is shown only where they can't be imported.

    Args:
        use: whether to have TensorFlow look for its devices too, of which it tells on standard error.

    Raises:
        ImportError: where TensorFlow is missing or broken.
    """
    from eagerbench.engines.local import DEFAULTS

    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    sys.stderr.flush()
    # The page comes from C++, past Python's sys.stderr: so the file descriptor itself is turned away.
    with tempfile.TemporaryFile() as said:
        kept = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            import keras
            import tensorflow as tf

            keras.config.backend()
            if use:
                tf.config.list_logical_devices()
        except BaseException:
            said.seek(0)
            os.write(kept, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
