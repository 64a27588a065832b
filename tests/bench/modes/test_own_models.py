"""Models that aren't the suite's: every mode does with them what eager execution does, or says why it can't."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from eagerbench import modes
from eagerbench.cases import Case
from eagerbench.errors import UserError
from eagerbench.factory import Maker, Source
from eagerbench.inspection import look_at
from eagerbench.models.a2c import ARTICLE, RELIABLE, EnvironmentSpec, Hyperparameters
from eagerbench.modes import REGISTRY
from eagerbench.modes.base import Program, Traits
from eagerbench.race import Budget, Race
from eagerbench.results import CaseOutcome, Model, Parity, Sample, Stage

pytestmark = pytest.mark.tensorflow

SPEC = EnvironmentSpec("CartPole-v1", (4,), 2, 475.0, 500)
LEARNING = ("function", "function-xla", "predict", "predict-on-batch", "graph-v1")

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
    return keras.Model(inputs, give(layers.Dense(2, name="policy")(hidden), layers.Dense(1, name="critic")(hidden)))


def both():
    return functional(lambda logits, value: [logits, value])


def by_name():
    return functional(lambda logits, value: {"logits": logits, "value": value})


def other_names():
    return functional(lambda logits, value: {"z": logits, "a": value})


def value_first():
    return functional(lambda logits, value: [value, logits])


class Calls(keras.Model):
    def __init__(self, after):
        super().__init__()
        self.logits, self.critic, self.after = layers.Dense(2), layers.Dense(1), after

    def call(self, inputs):
        return self.after(self.logits(inputs), self.critic(inputs))


def flat_value():
    return Calls(lambda logits, value: (logits, value[:, 0]))


def in_double():
    inputs = keras.Input((4,))
    hidden = layers.Dense(8, "relu", dtype="float64")(inputs)
    return keras.Model(inputs, [layers.Dense(2, dtype="float64")(hidden), layers.Dense(1, dtype="float64")(hidden)])


class InHalf(keras.Model):
    def __init__(self):
        super().__init__(dtype="mixed_float16")
        self.hidden = layers.Dense(64, "relu", dtype="mixed_float16")
        self.logits, self.critic = layers.Dense(2, dtype="float32"), layers.Dense(1, dtype="float32")

    def call(self, inputs):
        hidden = self.hidden(inputs)
        return self.logits(hidden), self.critic(hidden)


class AddsItsOwn(keras.Model):  # losses and a metric, as Keras lets it, and a variable that Keras doesn't know

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(8, "relu", kernel_regularizer=keras.regularizers.L2(0.3))
        self.logits, self.critic = layers.Dense(2), layers.Dense(1)
        self.seen, self.factor = keras.metrics.Mean(), tf.Variable(tf.random.uniform((8,)))

    def call(self, inputs):
        hidden = self.hidden(inputs)
        self.add_loss(0.3 * tf.reduce_sum(hidden**2, axis=1))
        value = self.critic(hidden)
        self.seen.update_state(value)
        return self.logits(hidden * self.factor), value


class LearnsItsWay(AddsItsOwn):
    def train_step(self, data):
        return {"loss": tf.constant(1.0)}


class WeighsLosses(AddsItsOwn):
    def compute_loss(self, *args, **kwargs):
        return 2 * super().compute_loss(*args, **kwargs)


def normalised():
    return functional(lambda logits, value: [logits, value], layers.BatchNormalization())


def dropout():
    return functional(lambda logits, value: [logits, value], layers.Dropout(0.3, seed=3))


def in_numpy():
    return Calls(lambda logits, value: (tf.constant(np.asarray(logits) * 2), value))


def through_text():  # for which XLA has no kernel
    return Calls(lambda logits, value: (tf.strings.to_number(tf.strings.as_string(logits)), value))


def another_in_graphs():
    return Calls(lambda logits, value: (logits if tf.executing_eagerly() else logits * 1.01, value))


def single():
    return keras.Sequential([keras.Input((4,)), layers.Dense(5)])
"""


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of models."""
    (tmp_path / "models_of_ones_own.py").write_text(MODELS)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.fixture(scope="module")
def observations() -> np.ndarray:
    """Of the size of CartPole's."""
    return np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)


def _maker(name: str) -> Maker:
    source = Source(factory=f"models_of_ones_own:{name}")
    return Maker(SPEC, 0, source, look_at(source, SPEC, name).model)


def _update(name: str, observations: np.ndarray, hyperparameters: Hyperparameters = ARTICLE) -> Any:
    from eagerbench.workloads.update import Update

    return Update(observations, _maker(name), hyperparameters, 0)


def _parity(update: Any, mode: str) -> Parity:
    """Of a first gradient step."""
    contender = update.contender(Case("update", mode, "b64"))
    program = contender.ready()()
    try:
        program.reset()
        parity: Parity = contender.check(program.call())
    finally:
        program.close()
    return parity


@pytest.mark.parametrize("hyperparameters", [ARTICLE, RELIABLE], ids=["rmsprop", "adam"])
@pytest.mark.parametrize("name", ["by_name", "other_names", "value_first", "flat_value", "in_double", "AddsItsOwn"])
def test_every_mode_learns_what_eager_learns_whatever_form_the_outputs_have(
    name: str, hyperparameters: Hyperparameters, observations: np.ndarray
) -> None:
    """Losses, weights and gradients after a step: logits and value are never mixed up, nor broadcast.

    What a model adds to the losses is learned, too: of the modes that `predict`, Keras itself sees to that.
    """
    update = _update(name, observations, hyperparameters)
    for mode in LEARNING:
        assert update.refusal(Case("update", mode, "b64")) is None
        found = _parity(update, mode)
        assert found.passed, (mode, found.detail)


def test_a_loss_is_not_scaled_where_eager_does_not_scale_it(observations: np.ndarray) -> None:
    """Keras would, for a model in half precision: its small gradients are others then."""
    for mode in ("predict", "predict-on-batch"):
        found = _parity(_update("InHalf", observations), mode)
        assert found.passed, (mode, found.detail)


def test_the_form_of_the_outputs_changes_nothing_that_is_learned(observations: np.ndarray) -> None:
    """The same weights in a list, in a dict or the other way round come to the same losses."""
    losses = []
    for name in ("both", "by_name", "other_names", "value_first"):
        update = _update(name, observations)
        learner = modes.load("eager").learner(update.subject(), ARTICLE)
        learner.restore(update.weights)
        losses.append(learner.update(update.batch(64)))
    assert all(np.allclose(own, losses[0], rtol=1e-5) for own in losses[1:])


def _stages(update: Any, mode: str, updates: int = 3) -> tuple[list[Any], Any]:
    learner = modes.load(mode).learner(update.subject(), ARTICLE)
    try:
        learner.restore(update.weights)
        losses = [learner.update(update.batch(64)) for _ in range(updates)]
        return losses, learner.learned()
    finally:
        learner.close()


@pytest.mark.parametrize(("name", "able"), [("normalised", LEARNING[:4]), ("dropout", ("function", *LEARNING[2:4]))])
def test_batch_normalisation_and_dropout_learn_the_same_in_modes_that_can(
    name: str, able: Sequence[str], observations: np.ndarray
) -> None:
    """Three updates from the same weights, averages and random numbers, which a restart brings back."""
    update = _update(name, observations)
    losses, learned = _stages(update, "eager")
    assert np.allclose(losses, _stages(update, "eager")[0], rtol=1e-6)
    for mode in able:
        own_losses, own = _stages(update, mode)
        assert np.allclose(own_losses, losses, rtol=1e-4, atol=1e-5), mode
        for one, other in zip(own.weights, learned.weights, strict=True):
            assert np.allclose(one, other, rtol=1e-3, atol=1e-4), mode


@pytest.mark.parametrize(
    ("name", "mode", "said"),
    [
        ("normalised", "graph-v1", "the model changes weights by other means than gradients while it learns"),
        ("normalised", "graph-v1-feed", "the model changes weights by other means than gradients while it learns"),
        ("dropout", "graph-v1", "the model draws random numbers while it learns, as dropout does"),
        ("dropout", "function-xla", "compiled by XLA it draws others"),
    ],
)
def test_modes_that_can_not_learn_so_say_why(name: str, mode: str, said: str, observations: np.ndarray) -> None:
    """In one line, before they try; their forward passes are not refused for it."""
    from eagerbench.workloads.forward import Forward

    reason = _update(name, observations).refusal(Case("update", mode, "b64"))
    assert said in str(reason)
    assert "\n" not in str(reason)
    assert Forward(observations, _maker(name), 0).refusal(Case("forward", mode, "b64")) is None


@pytest.mark.parametrize(("name", "method"), [("LearnsItsWay", "train_step"), ("WeighsLosses", "compute_loss")])
def test_keras_s_own_ways_refuse_a_model_that_learns_in_a_way_of_its_own(
    name: str, method: str, observations: np.ndarray
) -> None:
    """Since `train_on_batch` would execute that; other modes never come to it."""
    update = _update(name, observations)
    for mode in ("predict", "predict-on-batch"):
        with pytest.raises(UserError, match=f"^it has a {method} of its own, which Keras would run in place of"):
            modes.load(mode).learner(update.subject(), ARTICLE)
    assert _parity(update, "function").passed


@pytest.mark.parametrize("mode", ["numpy", "fused-jax"])
def test_modes_with_arithmetic_of_their_own_say_so_of_another_model(mode: str) -> None:
    """They would time something else; of the suite's own they say nothing."""
    own = modes.load(mode)
    reason = own.cannot_execute(Traits(own=True))
    assert reason == "only for the suite's own model, whose arithmetic is written out in the mode"
    assert own.cannot_execute(Traits()) is None


# Forward passes, as a race sees them.


class Heard:
    """A listener that keeps the last word on each case."""

    def __init__(self) -> None:
        self.outcomes: dict[str, CaseOutcome] = {}
        self.timed: set[str] = set()

    def running(self, case: str) -> None:
        assert case

    def progress(self, stage: Stage, done: int, total: int) -> None:
        assert (stage, done) != ("steady", total)

    def samples(self, samples: Sequence[Sample]) -> None:
        self.timed |= {sample.case for sample in samples if sample.stage == "steady"}

    def outcome(self, case: str, outcome: CaseOutcome) -> None:
        self.outcomes[case] = outcome


def _raced(name: str, observations: np.ndarray, names: Sequence[str]) -> Heard:
    """By mode: what became of forward passes of 50 rows."""
    from eagerbench.workloads.forward import Forward

    forward = Forward(observations, _maker(name), 0)
    heard = Heard()
    contenders = [forward.contender(Case("forward", mode, "b50")) for mode in names]
    Race(contenders, Budget(0.0, 1, warmup_seconds=0.01, fewest_rounds=1), 0, heard).run()
    return heard


def test_a_model_in_double_precision_and_one_with_variables_of_its_own_run_everywhere(observations: np.ndarray) -> None:
    """Double is what eager gives, so it is what others have to; a static graph gets every variable's number."""
    able = ["eager", "function", "predict-full", "graph-v1", "graph-v1-feed", "saved-model"]
    for name in ("in_double", "AddsItsOwn"):
        heard = _raced(name, observations, able)
        assert {mode: outcome.status for mode, outcome in heard.outcomes.items()} == dict.fromkeys(
            (f"forward/{mode}/b50" for mode in able), "ok"
        ), heard.outcomes


FORWARD = [name for name, entry in REGISTRY.items() if "forward" in entry.workloads]


def test_a_model_with_one_output_is_executed_by_every_mode_that_can(observations: np.ndarray) -> None:
    """Held against its own eager call; who can't says so, and nobody fails."""
    heard = _raced("single", observations, FORWARD)
    for mode in FORWARD:
        outcome = heard.outcomes[f"forward/{mode}/b50"]
        assert outcome.status in {"ok", "unavailable"}, (mode, outcome)
        if outcome.status == "ok":
            assert outcome.parity is not None
            assert outcome.parity.reference == "eager call of the same model"
            assert "max(1, largest |expected| of the output)" in outcome.parity.tolerance
        else:
            assert outcome.reason
    able = {mode for mode in FORWARD if heard.outcomes[f"forward/{mode}/b50"].status == "ok"}
    assert {"eager", "function", "function-xla", "predict", "graph-v1", "saved-model"} <= able
    assert "numpy" not in able


@pytest.mark.parametrize(
    ("name", "able", "unable"),
    [
        (
            "in_numpy",
            ["eager", "predict-eager"],
            ["function", "function-xla", "predict-full", "graph-v1", "saved-model"],
        ),
        ("through_text", ["eager", "function", "predict-full", "graph-v1"], ["function-xla"]),
    ],
)
def test_a_mode_that_can_not_execute_a_model_says_why_in_a_clean_line(
    name: str, able: list[str], unable: list[str], observations: np.ndarray
) -> None:
    """Without colours and without what Keras wraps around it; the others are timed."""
    heard = _raced(name, observations, [*able, *unable])
    for mode in able:
        assert heard.outcomes[f"forward/{mode}/b50"].status == "ok", (mode, heard.outcomes)
        assert f"forward/{mode}/b50" in heard.timed
    for mode in unable:
        outcome = heard.outcomes[f"forward/{mode}/b50"]
        assert outcome.status == "unavailable", (mode, outcome)
        assert outcome.reason.startswith("this mode can't execute the model: ")
        assert "\n" not in outcome.reason
        assert "\x1b" not in outcome.reason
        assert "Arguments received by" not in outcome.reason
        assert len(outcome.reason) < 400
        assert f"forward/{mode}/b50" not in heard.timed


def test_a_model_that_computes_something_else_in_a_graph_disagrees(observations: np.ndarray) -> None:
    """One percent off: no time of it counts, and that of the eager ones does."""
    heard = _raced("another_in_graphs", observations, ["eager", "function", "predict-on-batch"])
    assert heard.outcomes["forward/eager/b50"].status == "ok"
    for mode in ("function", "predict-on-batch"):
        outcome = heard.outcomes[f"forward/{mode}/b50"]
        assert outcome.status == "disagrees"
        assert "outputs differ from the eager call of the same model" in outcome.reason
    assert heard.timed == {"forward/eager/b50"}


def test_a_mode_that_goes_wrong_is_found_by_the_user_s_own_model(
    observations: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mode that forgets one weight is caught without an oracle."""
    function = type(modes.load("function"))
    original: Callable[..., Program] = function.forward

    def forgetful(self: Any, subject: Any, rows: np.ndarray) -> Program:
        weights = subject.model.get_weights()
        weights[0][0, 0] += 0.05
        subject.model.set_weights(weights)
        return original(self, subject, rows)

    monkeypatch.setattr(function, "forward", forgetful)
    heard = _raced("both", observations, ["eager", "function"])
    assert heard.outcomes["forward/function/b50"].status == "disagrees"
    assert heard.outcomes["forward/eager/b50"].status == "ok"


def test_a_width_of_a_sweep_gets_a_model_of_its_own(observations: np.ndarray) -> None:
    """Both are checked against their oracle; they share observations and nothing else."""
    from eagerbench.plan import Request, make_plan
    from eagerbench.workloads.contenders import Contenders

    plan = make_plan(Request(hidden=(8, 16), modes=("function",), batch_sizes=(5,), workloads=("forward", "update")))
    cases = [Case.parse(case) for case in plan.cases]
    spec = EnvironmentSpec(plan.env, (4,), 2, None, None)
    contenders = Contenders(observations, spec, plan.training, 0, Source(), plan.model, cases)
    widths = set()
    for case in cases:
        contender = contenders.of(case)
        program = contender.ready()()
        program.reset()
        assert contender.check is not None
        assert contender.check(program.call()).passed
        widths.add(contenders.maker(case).make(0).get_weights()[0].shape)
    assert widths == {(4, 8), (4, 16)}
    wrong = contenders.of(cases[0]).check
    assert wrong is not None
    other = contenders.of(Case("forward", "function", "b5-h16"))
    assert not wrong(other.ready()().call()).passed


def test_what_is_known_of_a_model_survives_the_journey_to_another_process() -> None:
    """As JSON: places and names of heads come back as what they were."""
    for name in ("value_first", "other_names", "flat_value", "single"):
        source = Source(factory=f"models_of_ones_own:{name}")
        model = look_at(source, SPEC, name).model
        assert msgspec.json.decode(msgspec.json.encode(model), type=Model) == model
