"""What a session adds to code: values that a new process would not find, and the settings of Keras."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from eagerbench.context import Context, check_values, context_of, plain_values, set_keras
from eagerbench.errors import UserError
from eagerbench.models.calls import import_reference

CODE = """
import math
import numpy as np
WIDTH, NAMES, RATE = 8, {"a": [1, 2]}, np.float32(0.5)
UNUSED, COUNT, SIZE, HALF = 1, 0, 3, 0.5
def double(): return 2 * WIDTH
class Base:
    depth = 1
    def area(self): return SIZE
class Net(Base):
    units = 4
    def __init__(self, rows=5): self.rows = rows
    @staticmethod
    def names(): return NAMES
    @property
    def half(self): return HALF
def make(units=WIDTH, *, math=math):
    global COUNT
    COUNT += 1
    return [double() * rate for rate in (RATE, __name__, math, print)]
"""


@pytest.fixture
def reference(tmp_path: Path) -> str:
    """The file, up to the name."""
    (tmp_path / "own.py").write_text(CODE)
    return f"{tmp_path / 'own.py'}:"


def test_values_of_a_function_are_those_that_its_code_reads(reference: str) -> None:
    """Globals of functions that it calls and of comprehensions, and defaults; not what it assigns, nor modules."""
    assert plain_values(import_reference(f"{reference}make")) == {"WIDTH": "8", "RATE": "0.5", "make(units)": "8"}


def test_values_of_a_class_are_those_of_its_methods_and_bases(reference: str) -> None:
    """Attributes, defaults of constructors, and what methods of every kind read."""
    assert plain_values(import_reference(f"{reference}Net")) == {
        "Base.depth": "1",
        "HALF": "0.5",
        "NAMES": '{"a":[1,2]}',
        "Net.__init__(rows)": "5",
        "Net.units": "4",
        "SIZE": "3",
    }


def test_a_name_that_only_one_process_has_is_told(reference: str) -> None:
    """Defined under the guard of a script, or no plain value there."""
    name = f"{reference}make"
    found = plain_values(import_reference(name))
    check_values(Context(values={name: found}))
    with pytest.raises(UserError, match=r"^SEED is 7 where the model was handed over and no plain value in a process"):
        check_values(Context(values={name: {**found, "SEED": "7"}}))


def test_code_that_is_gone_is_told_by_whoever_makes_the_model() -> None:
    """It has better words for it."""
    check_values(Context(values={"nowhere_at_all:make": {"WIDTH": "8"}}))


@pytest.fixture
def policy() -> Iterator[None]:
    """Keras's settings, as they were before."""
    import keras

    before = keras.config.dtype_policy(), keras.config.epsilon()
    yield
    keras.config.set_dtype_policy(before[0])
    keras.config.set_epsilon(before[1])


@pytest.mark.tensorflow
@pytest.mark.usefixtures("policy")
def test_settings_of_keras_are_those_of_the_session() -> None:
    """Which another process sets before it makes a model."""
    import keras

    keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_epsilon(1e-3)
    session = context_of({})
    assert session.keras == {
        "floatx": "float32",
        "epsilon": 1e-3,
        "image_data_format": "channels_last",
        "dtype_policy": "mixed_float16",
    }
    keras.config.set_dtype_policy("float32")
    keras.config.set_epsilon(1e-7)
    set_keras(session)
    assert (keras.config.dtype_policy().name, keras.config.epsilon()) == ("mixed_float16", 1e-3)
