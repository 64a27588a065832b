"""How a model gets to other processes: by name, by file, and by Keras's archive; never by bytecode."""

import importlib.util
import os
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from eagerbench.archive import check_rebuilt, load_archive
from eagerbench.context import check_values
from eagerbench.errors import UserError
from eagerbench.factory import Source
from eagerbench.handover import hand_over, references, same_modules
from eagerbench.models.calls import import_reference

ROWS = np.random.default_rng(0).standard_normal((8, 4)).astype(np.float32)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Path], ModuleType]:
    """Import a file under a name of one's own."""

    def imported(name: str, path: Path) -> ModuleType:
        specification = importlib.util.spec_from_file_location(name, path)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        monkeypatch.setitem(sys.modules, name, module)
        specification.loader.exec_module(module)
        return module

    return imported


def test_a_reference_stays_as_it_is(tmp_path: Path) -> None:
    """It was made for other processes."""
    assert hand_over("policy.py:make", ROWS, tmp_path) == (Source(factory="policy.py:make"), "policy.py:make")


def test_what_can_be_imported_by_name_is_named_by_its_module(tmp_path: Path) -> None:
    """As in a package that is installed."""
    assert references([OrderedDict, import_reference], tmp_path) == [
        "collections:OrderedDict",
        "eagerbench.models.calls:import_reference",
    ]


def test_what_lies_in_a_file_that_no_name_leads_to_is_named_by_the_file(
    tmp_path: Path, load: Callable[[str, Path], ModuleType]
) -> None:
    """As a test module, which pytest imports in a way of its own."""
    path = tmp_path / "test_policy.py"
    path.write_text("def make(): pass\nclass Outer:\n    class Inner: pass\n")
    module = load("tests_of_somebody.test_policy", path)
    source, name = hand_over(module.make, ROWS, tmp_path)
    assert (source.factory, source.archive, source.code, name) == (f"{path}:make", "", (), "make")
    assert references([module.Outer.Inner], tmp_path) == [f"{path}:Outer.Inner"]


def test_a_module_of_that_name_elsewhere_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: Callable[[str, Path], ModuleType]
) -> None:
    """The file decides."""
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "policy_of_a_test.py").write_text("def make(): pass\n")
    monkeypatch.syspath_prepend(tmp_path / "here")
    path = tmp_path / "there" / "policy_of_a_test.py"
    assert references([load("policy_of_a_test", path).make], tmp_path) == [f"{path}:make"]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (lambda: None, "<lambda> is not found under that name"),
        (7, "model: expected a Keras model, a function or class that gives one, or pkg.module:factory; got int"),
        (None, "got NoneType"),
    ],
)
def test_what_no_other_process_can_find_is_refused(tmp_path: Path, model: object, expected: str) -> None:
    """In one line that says what would do."""
    with pytest.raises(UserError, match=expected):
        hand_over(model, ROWS, tmp_path)


def test_a_function_inside_a_function_is_refused(tmp_path: Path) -> None:
    """Only its caller could find it."""

    def make() -> None: ...

    with pytest.raises(UserError, match=r"expected a function or class defined at the top level of a module"):
        hand_over(make, ROWS, tmp_path)


@pytest.fixture
def as_main(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Path | None], ModuleType]:
    """Execute some text as ``__main__``."""

    def execute(text: str, file: Path | None) -> ModuleType:
        module = ModuleType("__main__")
        if file is not None:
            file.write_text(text)
            module.__file__ = str(file)
        monkeypatch.setitem(sys.modules, "__main__", module)
        exec(text, vars(module))  # noqa: S102 - as Python does with a script
        return module

    return execute


def test_a_class_of_a_script_is_named_by_the_script(
    tmp_path: Path, as_main: Callable[[str, Path | None], ModuleType]
) -> None:
    """The measuring process imports it under another name, so that its guard holds."""
    main = as_main("class Net: pass", tmp_path / "script.py")
    assert references([main.Net], tmp_path) == [f"{tmp_path / 'script.py'}:Net"]


def test_what_was_typed_into_an_interpreter_has_no_file(
    tmp_path: Path, as_main: Callable[[str, Path | None], ModuleType]
) -> None:
    """So nobody else can find it; a notebook's cells are kept by IPython, and this is none."""
    main = as_main("class Net: pass", None)
    with pytest.raises(UserError, match=r"Net: its module __main__ has no file; give a factory in a file instead"):
        references([main.Net], tmp_path)


class Shell:
    """IPython's, as far as it is asked."""

    def __init__(self, cells: list[str]) -> None:
        self.user_ns = {"In": cells}


def test_a_class_of_a_notebook_is_written_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_main: Callable[[str, Path | None], ModuleType]
) -> None:
    """With what it uses; the reference leads to it."""
    cells = ["", "SIZE = 3", "class Net: size = SIZE", "raise ValueError"]
    main = as_main("SIZE = 3\nclass Net: size = SIZE", None)
    monkeypatch.setattr("eagerbench.handover.shell", lambda: Shell(cells))
    monkeypatch.setattr("eagerbench.handover.executed_cells", lambda: cells)
    (reference,) = references([main.Net], tmp_path)
    assert reference == f"{tmp_path / 'definitions.py'}:Net"
    assert import_reference(reference).size == 3


def test_processes_look_for_modules_where_this_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it lasts, and no longer."""
    (tmp_path / "policy_of_the_parent.py").write_text("ANSWER = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    command = [sys.executable, "-c", "import policy_of_the_parent; print(policy_of_the_parent.ANSWER)"]
    with same_modules():
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "42\n"
    assert os.environ["PYTHONPATH"] == "elsewhere"
    monkeypatch.delenv("PYTHONPATH")
    with same_modules():
        pass
    assert "PYTHONPATH" not in os.environ


def _module(tmp_path: Path, text: str) -> Any:
    path = tmp_path / f"own_{abs(hash(text))}.py"
    path.write_text("import keras\n" + text)
    return import_reference(f"{path}:__dict__")


SUBCLASSED = """
def double(x): return x * 2
class Twice(keras.layers.Layer):
    def call(self, x): return x * 2
class Net(keras.Model):
    def __init__(self, units=8):
        super().__init__()
        self.hidden = keras.layers.Dense(units, activation=double)
        self.twice = Twice()
        self.logits = keras.layers.Dense(2)
    def call(self, x):
        return self.logits(self.twice(self.hidden(x)))
def functional():
    inputs = keras.Input((4,))
    head = keras.layers.Dense(2, activation=double)
    return keras.Model(inputs, [head(Twice()(inputs)), keras.layers.Dense(1)(inputs)])
def shapeless():
    return keras.Sequential([keras.layers.Dense(3), Twice()])
"""


NEEDS_UNITS = """
class Net(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.head = keras.layers.Dense(units)
    def call(self, x): return self.head(x)
def make(): return Net(3)
"""
NAMESAKES = """
def act(x): return x * 2
def make():
    from other_activations import act as other
    hidden = keras.layers.Dense(3, activation=act)
    return keras.Sequential([keras.Input((4,)), hidden, keras.layers.Dense(2, activation=other)])
"""
LOCAL = """
def make():
    class Local(keras.layers.Layer):
        def call(self, x): return x
    return keras.Sequential([keras.Input((4,)), Local()])
"""


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", ["Net", "functional", "shapeless"])
def test_a_live_model_arrives_with_its_weights(tmp_path: Path, name: str) -> None:
    """Classes and functions of its own among its parts; each load gives another model with the same outputs."""
    import keras

    live = _module(tmp_path, SUBCLASSED)[name]()
    source, called = hand_over(live, ROWS, tmp_path)
    assert called == ("Net" if name == "Net" else live.name)
    first, second = load_archive(source), load_archive(source)
    assert first is not second
    assert first.built
    for model in (first, second):
        for expected, got in zip(keras.tree.flatten(live(ROWS)), keras.tree.flatten(model(ROWS)), strict=True):
            np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-6)


@pytest.mark.tensorflow
def test_a_model_that_its_configuration_does_not_tell_is_refused(tmp_path: Path) -> None:
    """Rebuilt it would be another: with the default where the constructor was given something else."""
    own = _module(tmp_path, SUBCLASSED)
    source, _ = hand_over(own["Net"](units=5), ROWS, tmp_path)
    expected = r"can't be rebuilt from its archive, so its get_config\(\) doesn't tell all .*; give a factory"
    with pytest.raises(UserError, match=expected):
        load_archive(source)


@pytest.mark.tensorflow
def test_a_model_that_is_rebuilt_with_other_outputs_is_refused(tmp_path: Path) -> None:
    """Same weights, another activation."""
    text = """
class Net(keras.Model):
    def __init__(self, activation="relu"):
        super().__init__()
        self.head = keras.layers.Dense(2, activation=activation)
    def call(self, x): return self.head(x)
"""
    source, _ = hand_over(_module(tmp_path, text)["Net"](activation="tanh"), ROWS, tmp_path)
    with pytest.raises(UserError, match=r"another model: its outputs are other numbers, which its get_config\(\)"):
        check_rebuilt(load_archive(source), source)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "def make():\n    return keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x * 2)])",
            r"model '.*': it has a lambda, which Keras would only hand over as bytecode; give a factory",
        ),
        (
            "def make():\n    return keras.Sequential([keras.layers.Dense(2, activation=lambda x: x * 2)])",
            r"model '.*': it has a lambda, which Keras would only hand over as bytecode; give a factory",
        ),
        (NAMESAKES, r"model '.*': it has two classes or functions called act, of .* and other_activations, and Keras"),
        (NEEDS_UNITS, r"model 'Net': it can't be written to Keras's archive: NotImplementedError: .*`get_config\(\)`"),
        (LOCAL, r"Local is not at the top level of the module"),
        (
            "def make(): return keras.Sequential([keras.Input((7,)), keras.layers.Dense(2)])",
            r"can't be given observations of shape \(4,\)",
        ),
    ],
)
def test_what_keras_can_not_hand_over_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    """With the way out: most often a factory in a file."""
    (tmp_path / "other_activations.py").write_text("def act(x): return x * 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=expected) as told:
        hand_over(_module(tmp_path, text)["make"](), ROWS, tmp_path)
    assert "\n" not in str(told.value)


@pytest.mark.tensorflow
def test_an_archive_whose_code_is_gone_is_refused(tmp_path: Path) -> None:
    """In one line, as the measuring process would say it."""
    source, _ = hand_over(_module(tmp_path, SUBCLASSED)["Net"](), ROWS, tmp_path)
    gone = Source(archive=source.archive, code=("nowhere_at_all:Net",))
    with pytest.raises(UserError, match=r"the code of the live model can't be imported: .*nowhere_at_all"):
        load_archive(gone)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", ["Net", "functional"])
def test_what_is_frozen_in_a_live_model_stays_frozen(tmp_path: Path, name: str) -> None:
    """Keras's archive doesn't keep that of subclassed models: gradient steps would be those of another."""
    live = _module(tmp_path, SUBCLASSED)[name]()
    live(ROWS)
    live.layers[0 if name == "Net" else -1].trainable = False
    source, _ = hand_over(live, ROWS, tmp_path)
    rebuilt = load_archive(source)
    assert 0 < len(live.trainable_weights) < len(live.weights)
    assert [own.shape for own in rebuilt.trainable_weights] == [own.shape for own in live.trainable_weights]
    check_rebuilt(rebuilt, source)
    rebuilt.trainable = False
    with pytest.raises(UserError, match=r"weight \d was .* trainable and is .* frozen"):
        check_rebuilt(rebuilt, source)


@pytest.mark.tensorflow
def test_precision_of_the_session_is_handed_over(tmp_path: Path) -> None:
    """A model made under a policy of half precision is measured under it."""
    import keras

    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy("mixed_float16")
        source, _ = hand_over(_module(tmp_path, SUBCLASSED)["Net"](), ROWS, tmp_path)
        keras.config.set_dtype_policy("float32")  # as in a new process
        rebuilt = load_archive(source)
        assert rebuilt.compute_dtype == "float16"
        check_rebuilt(rebuilt, source)
    finally:
        keras.config.set_dtype_policy(before)


def test_values_that_a_new_process_would_not_find_are_told(
    tmp_path: Path, as_main: Callable[[str, Path | None], ModuleType]
) -> None:
    """What is set under the guard of a script, or later: another model would be measured."""
    text = "WIDTH = 8\ndef make(): return WIDTH\nif __name__ == '__main__':\n    WIDTH = 64\n"
    main = as_main(text, tmp_path / "script.py")
    source, _ = hand_over(main.make, ROWS, tmp_path)
    with pytest.raises(UserError, match=r"WIDTH is 64 where the model was handed over and 8 in a process"):
        check_values(source.context)
    main.WIDTH = 8
    check_values(hand_over(main.make, ROWS, tmp_path)[0].context)
