"""A look at a user's model: what it gives, what it costs, and every reason for which it can't be measured."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from eagerbench.context import Context
from eagerbench.errors import UserError
from eagerbench.factory import Source
from eagerbench.fitness import NOT_REPEATED, STOCHASTIC
from eagerbench.handover import hand_over
from eagerbench.inspection import Inspected, inspect_source, look_at
from eagerbench.models.a2c import EnvironmentSpec
from eagerbench.models.calls import import_reference
from eagerbench.models.heads import Heads

pytestmark = [
    pytest.mark.tensorflow,
    # Keras's word on models that say they are built and aren't, of which some are here.
    pytest.mark.filterwarnings("ignore:`build:UserWarning"),
]

SPEC = EnvironmentSpec("CartPole-v1", (4,), 2, 475.0, 500)

MODELS = """
import keras
import numpy as np
import tensorflow as tf
from keras import layers


def functional(give, *between):
    inputs = keras.Input((4,))
    hidden = layers.Dense(8, "relu")(inputs)
    for layer in between:
        hidden = layer(hidden)
    return keras.Model(inputs, give(layers.Dense(2)(hidden), layers.Dense(1)(hidden)))


class Calls(keras.Model):
    def __init__(self, after):
        super().__init__()
        self.logits, self.critic, self.after = layers.Dense(2), layers.Dense(1), after

    def call(self, inputs, training=False):
        return self.after(self.logits(inputs), self.critic(inputs), training)


def both():
    return functional(lambda logits, value: (logits, value))


def swapped():
    return functional(lambda logits, value: [value, logits])


def by_name():
    return functional(lambda logits, value: {"value": value, "logits": logits})


def single():
    return functional(lambda logits, value: logits)


def single_in_dict():
    return functional(lambda logits, value: {"policy": logits})


def flat_value():
    return Calls(lambda logits, value, training: (logits, value[:, 0]))


def nested():
    return Calls(lambda logits, value, training: (logits, (value, value)))


def nested_dict():
    return Calls(lambda logits, value, training: {"heads": {"logits": logits, "value": value}})


def three():
    return Calls(lambda logits, value, training: (logits, value, value))


def integers():
    return Calls(lambda logits, value, training: (tf.argmax(logits, 1), value))


def mean():
    return Calls(lambda logits, value, training: (logits, tf.reduce_mean(value)))


def transposed():
    return Calls(lambda logits, value, training: (tf.transpose(logits), value))


def nothing():
    return Calls(lambda logits, value, training: None)


def stochastic():
    return Calls(lambda logits, value, training: (logits + tf.random.normal([1]), value))


def raise_where(condition, logits, value):
    if condition:
        raise RuntimeError("not\\nlike this")
    return logits, value


def not_while_learning():
    return Calls(lambda logits, value, training: raise_where(training, logits, value))


def needs_eight():
    return keras.Sequential([keras.Input((8,)), layers.Dense(2)])


def dropout():
    return functional(lambda logits, value: (logits, value), layers.Dropout(0.5))


def normalised():
    return functional(lambda logits, value: (logits, value), layers.BatchNormalization())


def in_numpy():
    return Calls(lambda logits, value, training: (tf.constant(np.asarray(logits) * 2), value))


kept = []


def kept_once():
    kept.append(both())
    return kept[0]


backbone = layers.Dense(8)


def shared_backbone():
    return functional(lambda logits, value: (logits, value), backbone)


def unseeded():
    model = both()
    model.set_weights([np.random.default_rng().normal(size=own.shape) for own in model.get_weights()])
    return model


def not_finite():
    return Calls(lambda logits, value, training: (logits, tf.math.log(-tf.abs(value))))


def built_late():
    model = Calls(lambda logits, value, training: (logits, value))
    model.build((None, 4))
    return model


class Grows(keras.Model):
    def __init__(self):
        super().__init__()
        self.logits, self.critic, self.more = layers.Dense(2), layers.Dense(1), layers.Dense(4)

    def call(self, inputs, training=False):
        inputs = self.more(inputs) if training else inputs
        return self.logits(inputs), self.critic(inputs)


def frozen():
    model = both()
    model.trainable = False
    return model


def other_random_numbers():
    noise = lambda logits: tf.random.normal(tf.shape(logits))
    return Calls(lambda logits, value, training: (logits + noise(logits) if training else logits, value))


def half():
    inputs = keras.Input((4,))
    hidden = layers.Dense(8, dtype="float16")(inputs)
    return keras.Model(inputs, (layers.Dense(2, dtype="float16")(hidden), layers.Dense(1, dtype="float16")(hidden)))


@tf.custom_gradient
def forwards_only(values):
    def backwards(upstream):
        raise RuntimeError("there is no way back")

    return values, backwards


def without_gradient():
    return Calls(lambda logits, value, training: (forwards_only(logits), value))


def tokens():
    table = tf.eye(10)
    inputs = keras.Input((4,))
    rows = layers.Flatten()(layers.Lambda(lambda given: tf.gather(table, tf.cast(given, tf.int32)))(inputs))
    return keras.Model(inputs, (layers.Dense(2)(rows), layers.Dense(1)(rows)))


def wide():
    return keras.Sequential([keras.Input((4,)), layers.Dense(100), layers.Dense(200), layers.Dense(50)])


def convolution():
    return keras.Sequential([keras.Input((8, 8, 2)), layers.Conv2D(5, 3, padding="same"), layers.Flatten()])
"""


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of models."""
    (tmp_path / "models_to_look_at.py").write_text(MODELS)
    monkeypatch.syspath_prepend(str(tmp_path))


def _look(name: str, spec: EnvironmentSpec = SPEC) -> Inspected:
    return look_at(Source(factory=f"models_to_look_at:{name}"), spec, name)


LOGITS_AND_VALUE = (("logits", (2,)), ("value", (1,)))


@pytest.mark.parametrize(
    ("name", "heads", "outputs"),
    [
        ("both", Heads(0, 1), LOGITS_AND_VALUE),
        ("swapped", Heads(1, 0), LOGITS_AND_VALUE),
        ("by_name", Heads("logits", "value"), LOGITS_AND_VALUE),
        ("flat_value", Heads(0, 1, False), (("logits", (2,)), ("value", ()))),
        ("single", None, (("output", (2,)),)),
        ("single_in_dict", None, (("policy", (2,)),)),
    ],
)
def test_outputs_are_found_however_they_are_given(
    name: str, heads: Heads | None, outputs: tuple[tuple[str, tuple[int, ...]], ...]
) -> None:
    """As a tuple, a list or a dict, in any order, the value with or without a column, or one output alone."""
    model = _look(name).model
    assert (model.heads, model.outputs) == (heads, outputs)
    assert (model.name, model.factory, model.own) == (name, f"models_to_look_at:{name}", True)
    assert model.learns is (heads is not None)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("three", "its outputs: expected one output, or logits [rows, 2] and a value [rows, 1]; got 3 outputs"),
        ("nested", "its outputs: expected a tuple, a list or a dict of tensors, got 3 in a nest"),
        ("nested_dict", "its outputs: expected a tuple, a list or a dict of tensors, got 2 in a nest"),
        ("integers", "its outputs: expected floats with a row for each of 3 observations, got int64 of shape (3,)"),
        ("mean", "its outputs: expected floats with a row for each of 3 observations, got float32 of shape ()"),
        (
            "transposed",
            "its outputs: expected floats with a row for each of 3 observations, got float32 of shape (2, 3)",
        ),
        ("nothing", "its outputs: expected"),
        ("stochastic", STOCHASTIC),
        ("not_while_learning", "it can't be called with training=True: RuntimeError: not like this"),
        ("not_finite", "its outputs: expected finite numbers, got 3 of 9 that are NaN or infinite"),
        ("kept_once", "two calls of its factory return the same weights: expected a new model from every call"),
        ("shared_backbone", "two calls of its factory return the same weights: expected a new model from every call"),
        ("unseeded", "two calls of its factory give models that compute different numbers"),
        ("Grows", "it has 4 weights, and 6 once it was called with training=True: expected"),
        ("needs_eight", "can't be given observations [rows, 4]: "),
    ],
)
def test_what_can_not_be_measured_is_told_in_one_line(name: str, said: str) -> None:
    """What came, and what was expected."""
    with pytest.raises(UserError) as caught:
        _look(name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_logits_for_other_actions_than_the_environment_s_are_refused() -> None:
    """Both shapes are told."""
    with pytest.raises(
        UserError, match=r"logits \[rows, 3\] and a value \[rows, 1\]; got 2 outputs of shape \[rows, 2\]"
    ):
        _look("both", SPEC._replace(actions=3))


@pytest.mark.parametrize(
    ("name", "random", "stateful"),
    [("both", False, False), ("dropout", True, False), ("normalised", False, True)],
)
def test_what_a_model_does_while_it_learns_is_seen(name: str, random: bool, stateful: bool) -> None:
    """By calling it: dropout draws, batch normalisation changes weights that don't learn."""
    model = _look(name).model
    assert (model.random, model.stateful) == (random, stateful)


def test_arithmetic_is_two_operations_for_each_weight_of_a_product() -> None:
    """As TensorFlow counts it, biases among it; parameters are Keras's; numbers are those between operations."""
    found = _look("wide")
    products = 4 * 100 + 100 * 200 + 200 * 50
    biases = 100 + 200 + 50
    assert found.model.parameters == (products + biases,)
    (flops,) = found.model.row_flops
    assert flops == pytest.approx(2 * products + biases, rel=0.02)
    assert found.numbers >= 4 + 350


def test_a_convolution_counts_its_kernel_at_every_place() -> None:
    """The same counter as for the others."""
    found = _look("convolution", EnvironmentSpec("", (8, 8, 2), 0, None, None))
    (flops,) = found.model.row_flops
    assert flops == pytest.approx(2 * 64 * 3 * 3 * 2 * 5 + 64 * 5, rel=0.02)
    assert found.numbers >= 8 * 8 * 2 + 8 * 8 * 5


def test_what_has_no_graph_has_no_count() -> None:
    """A number that nobody counted is not made up."""
    found = _look("in_numpy")
    assert found.model.row_flops == (None,)
    assert found.numbers == 10 * 4


def test_looking_leaves_nothing_behind() -> None:
    """The same model looked at again is the same; no global flag of TensorFlow's is changed."""
    import tensorflow as tf

    assert _look("normalised") == _look("normalised")
    assert tf.executing_eagerly()
    assert not tf.config.functions_run_eagerly()
    assert np.isfinite(_look("normalised").numbers)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("both", ""),
        ("built_late", ""),
        ("single", ""),
        ("dropout", ""),
        ("normalised", ""),
        ("frozen", "it has no weight that learns: all are frozen (trainable=False)"),
        ("other_random_numbers", NOT_REPEATED),
        ("half", ""),
        ("without_gradient", "an eager agent can't take a gradient step: RuntimeError: there is no way back"),
    ],
)
def test_why_a_model_can_not_learn_is_found_by_a_gradient_step(name: str, reason: str) -> None:
    """Before anything is measured; its forward passes can be."""
    model = _look(name).model
    assert model.unteachable.startswith(reason)
    assert bool(model.unteachable) is bool(reason)
    assert model.learns is (name != "single" and not reason)


def test_a_model_is_given_what_it_will_be_measured_on(tmp_path: Path) -> None:
    """Tokens, where random numbers are none; fewer rows than are looked at are repeated."""
    spec = EnvironmentSpec("", (4,), 0, None, None)
    with pytest.raises(UserError, match=r"can't be given observations \[rows, 4\]: .* is not in \[0, 10\)"):
        _look("tokens", spec)
    source = Source(factory="models_to_look_at:tokens")
    assert look_at(source, spec, "tokens", np.array([[9, 8, 7, 6]], np.float32)).model.learns
    source = Source(factory=f"{tmp_path}/models_to_look_at.py:tokens")
    found = inspect_source(source, spec, "tokens", np.arange(20, dtype=np.float32).reshape(5, 4) % 10)
    assert found.model.outputs == LOGITS_AND_VALUE


def test_a_model_that_was_handed_over_is_held_against_the_live_one(tmp_path: Path) -> None:
    """Here, where it is rebuilt: with the values that its code finds, and with what it was and gave."""
    (tmp_path / "handed_over.py").write_text(HANDED_OVER)
    module = import_reference(f"{tmp_path / 'handed_over.py'}:__dict__")
    rows = np.ones((3, 4), np.float32)
    source, name = hand_over(module["Net"](), rows, tmp_path)
    assert look_at(source, SPEC, name, rows).model.name == "Net"
    module["DEPTH"] = 2
    with pytest.raises(UserError, match="DEPTH is 1 where the model was handed over and 2 in a process"):
        look_at(source, SPEC, name, rows)
    with pytest.raises(UserError, match="another model: its outputs are other numbers"):
        look_at(msgspec.structs.replace(source, context=Context()), SPEC, name, rows)


HANDED_OVER = """
import keras
DEPTH = 1
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = keras.layers.Dense(2)
    def call(self, inputs):
        for _ in range(DEPTH):
            inputs = inputs * 2
        return self.head(inputs)
"""
