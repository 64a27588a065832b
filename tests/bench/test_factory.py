"""A user's own model: what a factory may be, and every way in which it can be wrong is told in one line."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eagerbench.cases import Case
from eagerbench.context import Context
from eagerbench.errors import UserError
from eagerbench.factory import EXPECTED, Maker, Source, made, told
from eagerbench.models.a2c import EnvironmentSpec
from eagerbench.models.heads import Heads
from eagerbench.results import Model

pytestmark = pytest.mark.tensorflow

SPEC = EnvironmentSpec("CartPole-v1", (4,), 2, 475.0, 500)
NOWHERE = EnvironmentSpec("", (4,), 0, None, None)

MODELS = """
import keras
import numpy as np

number = 3


def good():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])


def by_place(shape, count):
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(count + 1)])


def by_name(*, actions, observation_shape, units=1):
    return keras.Sequential([keras.Input(observation_shape), keras.layers.Dense(actions + units)])


def shape_only(observation_shape):
    return keras.Sequential([keras.Input(observation_shape), keras.layers.Dense(3)])


def optional(actions=3):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(actions)])


def anything(*args, **kwargs):
    assert not args and not kwargs
    return good()


class Holder:
    @staticmethod
    def make():
        return good()


class Callable:
    def __call__(self):
        return good()


instance = Callable()


def one(size):
    return good()


def three(a, b, c):
    return good()


def shape_and_other(observation_shape, other):
    return good()


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


def layer():
    return keras.layers.Dense(3)


def colours():
    raise ValueError("\x1b[1mbold\x1b[0m words")


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
    (tmp_path / "exits_on_import.py").write_text("raise SystemExit(3)")
    monkeypatch.syspath_prepend(str(tmp_path))


def _made(text: str, seed: int = 0, spec: EnvironmentSpec = SPEC) -> Any:
    return made(Source(factory=text), spec, seed)


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("good", 3),
        ("by_place", 3),
        ("by_name", 3),
        ("shape_only", 3),
        ("optional", 2),
        ("unbuilt", 3),
        ("defaults", 5),
        ("anything", 3),
        ("instance", 3),
        ("Holder.make", 3),
        ("Own", 3),
    ],
)
def test_a_factory_takes_nothing_or_the_shape_and_the_number_of_actions(name: str, outputs: int) -> None:
    """What it makes is built; the same seed gives the same weights, another others."""
    one, two, other = (_made(f"models_to_make:{name}", seed) for seed in (1, 1, 2))
    assert one.built
    batch = np.ones((2, 4), np.float32)
    found = [np.asarray(model(batch)) for model in (one, two, other)]
    assert found[0].shape == (2, outputs)
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_where_nobody_knows_the_actions_a_default_holds() -> None:
    """And a factory that needs them is told what to do."""
    assert _made("models_to_make:optional", spec=NOWHERE).output_shape == (None, 3)
    assert _made("models_to_make:shape_only", spec=NOWHERE).output_shape == (None, 3)
    for name in ("by_place", "by_name"):
        with pytest.raises(UserError) as caught:
            _made(f"models_to_make:{name}", spec=NOWHERE)
        assert str(caught.value) == (
            f"model 'models_to_make:{name}' asks for the number of actions, and nobody knows it: give actions a "
            "default, or add --env"
        )


def test_a_file_is_imported_with_its_neighbours(tmp_path: Path) -> None:
    """By its path, from anywhere; what lies beside it can be imported, also where its name is no module's."""
    folder = tmp_path / "my models"
    folder.mkdir()
    (folder / "layers_beside.py").write_text("UNITS = 6\n")
    (folder / "my-model.py").write_text(
        "import keras\nimport layers_beside\n\n\nclass Net(keras.Model):\n"
        "    def __init__(self):\n        super().__init__()\n"
        "        self.layer = keras.layers.Dense(layers_beside.UNITS)\n\n"
        "    def call(self, inputs):\n        return self.layer(inputs)\n"
    )
    before = list(sys.path)
    try:
        model = _made(f"{folder}/my-model.py:Net")
    finally:
        sys.path[:] = before
        sys.modules.pop("layers_beside", None)
    assert np.asarray(model(np.ones((2, 4), np.float32))).shape == (2, 6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models_to_make", EXPECTED),
        (":good", EXPECTED),
        ("models_to_make:", EXPECTED),
        ("no_such_module:make", "can't be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        (
            "models_to_make:goood",
            "can't be imported: AttributeError: models_to_make has no 'goood'; did you mean 'good'?",
        ),
        ("breaks_on_import:make", "can't be imported: RuntimeError: line one line two"),
        ("exits_on_import:make", "its file ends the process while it is imported (SystemExit: 3); expected such code"),
        ("lacks_a_package:make", "can't be imported: ModuleNotFoundError: No module named 'no_such_package_anywhere'"),
        ("is_no_python:make", "can't be imported: SyntaxError"),
        ("missing.py:make", "can't be imported: FileNotFoundError: there is no file missing.py"),
        ("..:make", "can't be imported"),
        ("models_to_make:number", "is a int; expected pkg.module:factory"),
        ("models_to_make:nothing", "returned a NoneType; expected pkg.module:factory"),
        ("models_to_make:layer", "returned a Dense; expected pkg.module:factory"),
        ("models_to_make:raises", "can't be made: RuntimeError: first line second line"),
        ("models_to_make:colours", "can't be made: ValueError: bold words"),
        ("models_to_make:exits", "can't be made: SystemExit: no model today"),
        ("models_to_make:Other", "can't be given observations [rows, 4]: ValueError"),
        ("models_to_make:wrong_shape", "can't be given observations [rows, 4]: "),
        ("models_to_make:one", "takes size: expected a factory that takes nothing, or observation_shape and actions"),
        ("models_to_make:three", "takes a, b, c: expected a factory that takes nothing"),
        ("models_to_make:shape_and_other", "takes other: expected a factory that takes nothing"),
    ],
)
def test_what_makes_no_model_is_told_in_one_line(text: str, said: str) -> None:
    """Before anything is measured, with the text that was typed."""
    with pytest.raises(UserError) as caught:
        _made(text)
    assert said in str(caught.value)
    assert f"model {text!r}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_what_a_user_s_model_raises_is_told_without_what_keras_puts_around_it() -> None:
    """Neither its frame, nor its colours, nor the arguments of the call: they are long, and say nothing new."""
    with pytest.raises(UserError) as caught:
        _made("models_to_make:Other")
    expected = "model 'models_to_make:Other' can't be given observations [rows, 4]: ValueError: no such layer"
    assert str(caught.value) == expected


def test_what_tensorflow_raises_is_told_without_where_a_node_was_made() -> None:
    """In an eager function, and in a static graph, whose stack trace comes last."""
    detected = "Graph execution error:\n\nDetected at node {} defined at (most recent call last):\n"
    traced = (
        detected.format("GatherV2") + '  File "a.py", line 12, in <module>\n\n  File "a.py", line 11, in f\n\n'
        "indices[0] = 5 is not in [0, 2)\n\t [[{{node GatherV2}}]] [Op:__inference_f_21]"
    )
    assert told(ValueError(traced)) == "ValueError: indices[0] = 5 is not in [0, 2)"
    static = (
        detected.format("'Read'") + "    File \"a.py\", line 6, in <module>\nNode: 'Read'\nCould not find variable w.\n"
        "\t [[{{node Read}}]]\n\nOriginal stack trace for 'Read':\n  File \"a.py\", line 6, in <module>\n"
    )
    assert told(ValueError(static)) == "ValueError: Could not find variable w."


def test_a_long_error_is_cut() -> None:
    """A line is a line."""
    assert len(told(ValueError("x" * 5000))) < 400


def test_a_maker_of_nothing_in_particular_makes_the_suite_s_own() -> None:
    """At its width, the same for the same seed; it is nobody's own."""
    maker = Maker(SPEC, 16)
    one, two = maker.make(3), maker.make(3)
    assert not maker.own
    assert not maker.traits.own
    assert next(weight.shape for weight in one.get_weights()) == (4, 16)
    assert all(np.array_equal(*pair) for pair in zip(one.get_weights(), two.get_weights(), strict=True))
    subject = maker.subject(3)
    assert (subject.observation_shape, subject.heads) == ((4,), Heads())


def test_a_maker_of_a_user_s_model_knows_what_was_found_of_it() -> None:
    """Heads and traits are handed to the modes; another model of it is another object."""
    model = Model("m", own=True, heads=Heads(1, 0, False), random=True, stateful=True)
    maker = Maker(SPEC, 0, Source(factory="models_to_make:good"), model)
    subject = maker.subject(0)
    assert maker.own
    assert subject.heads == Heads(1, 0, False)
    assert (subject.traits.own, subject.traits.random, subject.traits.stateful) == (True, True, True)
    assert subject.make() is not subject.model


@pytest.mark.parametrize(
    ("text", "case", "error", "refused"),
    [
        ("m:good", "forward/function-xla/b1", ValueError("a\nb"), "this mode can't execute the model: ValueError: a b"),
        ("m:good", "cold/function-xla+cache/b1", ValueError("a"), "this mode can't execute the model: ValueError: a"),
        ("m:good", "forward/eager/b1", ValueError("a"), None),
        ("m:good", "forward/function/b1", MemoryError(), None),
        ("", "forward/function/b1", ValueError("a"), None),
    ],
)
def test_only_a_user_s_model_can_be_too_much_for_a_mode(
    text: str, case: str, error: Exception, refused: str | None
) -> None:
    """The suite's own runs in all; eager execution is the one that every model must survive; memory is no reason."""
    assert Maker(SPEC, 8, Source(factory=text)).refused(Case.parse(case), error) == refused


def test_a_factory_of_a_session_is_called_under_the_session_s_settings() -> None:
    """After its file was imported, which may set others; as the session did."""
    import keras

    before = keras.config.dtype_policy()
    try:
        session = Context(keras={"dtype_policy": "mixed_float16"})
        model = made(Source(factory="models_to_make:good", context=session), SPEC, 0)
    finally:
        keras.config.set_dtype_policy(before)
    assert model.layers[-1].compute_dtype == "float16"
    assert _made("models_to_make:good").layers[-1].compute_dtype == "float32"
