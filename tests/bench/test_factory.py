"""A user's own model: every way in which ``pkg.module:factory`` can be wrong is told in one line."""

from pathlib import Path

import numpy as np
import pytest

from eagerbench.errors import UserError
from eagerbench.models.a2c import EnvironmentSpec

pytestmark = pytest.mark.tensorflow

SPEC = EnvironmentSpec("CartPole-v1", (4,), 2, 475.0, 500)

MODELS = """
import keras
import numpy as np

number = 3


def good():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])


def told(shape, actions):
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(actions + 1)])


def unbuilt():
    return keras.Sequential([keras.layers.Dense(3)])


def defaults(units=5):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units)])


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.layer = keras.layers.Dense(3)

    def call(self, inputs):
        return self.layer(inputs)


class Other(keras.Model):
    def call(self, inputs):
        raise ValueError("no such\\n\\nlayer")


def raises():
    raise RuntimeError("first line\\nsecond line")


def exits():
    raise SystemExit("no model today")


def nothing():
    return None


def wrong_shape():
    return keras.Sequential([keras.layers.Dense(3), keras.layers.Reshape((7, 7))])
"""


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that can be imported in this test."""
    (tmp_path / "models_to_make.py").write_text(MODELS)
    (tmp_path / "breaks_on_import.py").write_text("raise RuntimeError('line one\\nline two')")
    (tmp_path / "lacks_a_package.py").write_text("import no_such_package_anywhere")
    (tmp_path / "is_no_python.py").write_text("def (:\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("name", ["good", "told", "unbuilt", "defaults", "Own"])
def test_a_factory_takes_nothing_or_the_shape_and_the_number_of_actions(name: str) -> None:
    """What it makes is built; the same seed gives the same weights, another others."""
    from eagerbench.factory import load_factory

    one, two, other = (load_factory(f"models_to_make:{name}", SPEC, seed)() for seed in (1, 1, 2))
    assert one.built
    batch = np.ones((2, 4), np.float32)
    outputs = [np.asarray(model(batch)) for model in (one, two, other)]
    assert outputs[0].shape == ((2, 5) if name == "defaults" else (2, 3))
    assert np.array_equal(outputs[0], outputs[1])
    assert not np.array_equal(outputs[0], outputs[2])


EXPECTED = "expected pkg.module:factory, a function that returns a Keras model"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models_to_make", EXPECTED),
        (":good", EXPECTED),
        ("models_to_make:", EXPECTED),
        ("", EXPECTED),
        ("no_such_module:make", "can't be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("models_to_make:missing", "can't be imported: AttributeError"),
        ("breaks_on_import:make", "can't be imported: RuntimeError: line one line two"),
        ("lacks_a_package:make", "can't be imported: ModuleNotFoundError: No module named 'no_such_package_anywhere'"),
        ("is_no_python:make", "can't be imported: SyntaxError"),
        ("..:make", "can't be imported"),
        ("models_to_make:number", "is a int; expected pkg.module:factory"),
        ("models_to_make:nothing", "returned a NoneType; expected pkg.module:factory"),
        ("models_to_make:raises", "can't be made: RuntimeError: first line second line"),
        ("models_to_make:Other", "can't be made: ValueError"),
        ("models_to_make:wrong_shape", "can't be made: "),
    ],
)
def test_what_makes_no_model_is_told_in_one_line(text: str, said: str) -> None:
    """Before anything is measured, with the text that was typed."""
    from eagerbench.factory import load_factory

    with pytest.raises(UserError) as caught:
        load_factory(text, SPEC, 0)
    assert said in str(caught.value)
    assert f"model {text!r}" in str(caught.value)
    assert "\n" not in str(caught.value)
