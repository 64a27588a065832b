"""What every mode promises, checked on every mode of the table with real TensorFlow."""

import os
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from packaging.version import Version

from eagerbench import parity
from eagerbench.models import envs as environments
from eagerbench.models import reference
from eagerbench.models.a2c import ARTICLE, RELIABLE, Batch, EnvironmentSpec, Hyperparameters
from eagerbench.modes import REGISTRY, load

pytestmark = pytest.mark.tensorflow

ROWS = (1, 33, 2500)  # one; one more than a Keras step; more than two blocks, with a rest


@pytest.fixture(scope="module")
def observations() -> np.ndarray:
    """Real ones."""
    return environments.collect(environments.describe("CartPole-v1"), max(ROWS), seed=5)


FORWARD = [name for name, entry in REGISTRY.items() if "forward" in entry.workloads]
LEARNING = [name for name, entry in REGISTRY.items() if "update" in entry.workloads]
TRAINING = [name for name, entry in REGISTRY.items() if "train" in entry.workloads]


def _name(case: tuple[str, int]) -> str:
    return f"{case[0]}-{case[1]}"


# Where one size says it all: every mode at 33 rows, and the one that cuts large batches into blocks at more.
at_33 = pytest.mark.parametrize(
    "case", [*((mode, 33) for mode in FORWARD), ("blocked-xla", 2500)], indirect=True, ids=_name
)


@pytest.fixture(params=[(mode, rows) for mode in FORWARD for rows in ROWS], ids=_name)
def case(request: pytest.FixtureRequest, observations: np.ndarray) -> Iterator[tuple[str, Any, np.ndarray, Any]]:
    """A mode made ready for a batch, and the model it was given."""
    from eagerbench.models.actor_critic import make_actor_critic
    from eagerbench.modes.base import Subject

    name, rows = request.param
    mode = load(name)
    reason = mode.unavailable()
    if reason is not None:
        pytest.skip(reason)

    def make() -> Any:
        return make_actor_critic((4,), 2, hidden=16, seed=7)

    model = make()
    # Weights that no initializer gives: a mode that builds a model of its own must copy them.
    model.set_weights([weight + np.float32(0.1) for weight in model.get_weights()])
    program = mode.forward(Subject(model, make, (4,)), observations[:rows])
    yield name, program, observations[:rows], model
    program.close()


def test_outputs_agree_with_the_reference_on_every_call(case: tuple[str, Any, np.ndarray, Any]) -> None:
    """Logits and value on the host, float32, for as many rows as came in; the third call like the first."""
    _, program, observations, model = case
    wanted = reference.network(model.get_weights(), (4,)).forward(observations)
    for _ in range(3):
        found = parity.compare(program.call(), wanted, "reference")
        assert found.passed, found.detail


def test_a_mode_says_what_it_resolved_to(case: tuple[str, Any, np.ndarray, Any]) -> None:
    """Flags, device, threads and rows per step; whether the model saw eager execution is observed, not claimed."""
    name, program, observations, _ = case
    program.call()
    resolved = program.resolved
    assert {"executing_eagerly", "jit_compile", "device", "rows_per_step"} <= resolved.keys()
    expected = {"numpy": None, "eager": True, "predict-eager": True}.get(name, False)
    assert resolved["executing_eagerly"] is expected
    assert resolved["jit_compile"] is ("xla" in name)
    if name.startswith("predict"):
        whole = name in {"predict-full", "predict-on-batch"}
        assert resolved["rows_per_step"] == (len(observations) if whole else min(32, len(observations)))
        assert resolved["steps"] == (1 if whole else -(-len(observations) // 32))
        assert resolved["run_eagerly"] is (name == "predict-eager")
    if name != "numpy":
        assert resolved["intra_op_threads"] >= 1
        assert resolved["device"].startswith(("CPU", "GPU"))


def test_nothing_is_traced_after_the_first_call(case: tuple[str, Any, np.ndarray, Any]) -> None:
    """A mode that traces does so once for its shape; modes without traces say None."""
    name, program, _, _ = case
    program.call()
    if program.traces is None:
        assert name in {"eager", "predict-eager", "graph-v1", "graph-v1-feed", "numpy"}
        return
    before = program.traces()
    assert before >= 1
    for _ in range(3):
        program.call()
    assert program.traces() == before


@at_33
def test_tracing_first_traces_all_that_the_call_needs(case: tuple[str, Any, np.ndarray, Any]) -> None:
    """Nothing is executed by it, and the call that follows traces nothing more; a mode that can't says None."""
    name, program, observations, model = case
    assert (program.trace is not None) is (name in {"function", "function-xla", "blocked-xla"})
    if program.trace is None:
        return
    assert program.traces is not None
    before = program.traces()
    program.trace()
    traced = program.traces()
    assert traced > before
    wanted = reference.network(model.get_weights(), (4,)).forward(observations)
    assert parity.compare(program.call(), wanted, "reference").passed
    assert program.traces() == traced
    program.trace()
    assert program.traces() == traced


@at_33
def test_another_batch_goes_through_the_same_program(
    case: tuple[str, Any, np.ndarray, Any], observations: np.ndarray
) -> None:
    """Of more rows, of fewer, and of other rows as many; then the first one again: always the reference's numbers."""
    _, program, own, model = case
    assert program.execute is not None
    network = reference.network(model.get_weights(), (4,))
    for batch in (observations[-77:], observations[5 : 5 + len(own)], observations[-1:], own):
        found = parity.compare(program.execute(np.ascontiguousarray(batch)), network.forward(batch), "")
        assert found.passed, found.detail
    assert parity.compare(program.call(), network.forward(own), "").passed


@at_33
def test_a_temperature_divides_the_logits_and_nothing_else(case: tuple[str, Any, np.ndarray, Any]) -> None:
    """By each number that is given, also by one a second time; modes that take arrays only say None."""
    name, program, observations, model = case
    takes_numbers = {"eager", "function", "function-xla", "graph-v1", "graph-v1-feed", "numpy"}
    assert (program.scaled is not None) is (name in takes_numbers)
    if program.scaled is None:
        return
    logits, *others = reference.network(model.get_weights(), (4,)).forward(observations)
    for temperature in (1.0, 2.0, 0.25, 2.0):
        found = parity.compare(program.scaled(observations, temperature), (logits / temperature, *others), "")
        assert found.passed, found.detail
    assert parity.compare(program.call(), (logits, *others), "").passed


@at_33
def test_keras_steps_are_counted_as_they_are_said_to_be(case: tuple[str, Any, np.ndarray, Any]) -> None:
    """Before and after other calls; the count leaves Keras's step function as it was."""
    name, program, _, model = case
    assert (program.steps is not None) is name.startswith("predict")
    if program.steps is None:
        return
    assert program.steps() == program.resolved["steps"]
    step = model.predict_function
    program.call()
    assert program.steps() == program.resolved["steps"]
    assert model.predict_function is step


def test_a_mode_leaves_its_observations_alone(case: tuple[str, Any, np.ndarray, Any]) -> None:
    """All modes share one array."""
    _, program, observations, _ = case
    before = observations.copy()
    program.call()
    np.testing.assert_array_equal(observations, before)


@pytest.mark.parametrize("name", FORWARD)
def test_a_mode_leaves_the_process_eager(name: str, observations: np.ndarray) -> None:
    """No mode flips state that another mode would inherit."""
    import tensorflow as tf

    from eagerbench.models.actor_critic import make_actor_critic
    from eagerbench.modes.base import Subject

    def state() -> tuple[Any, ...]:
        return (
            tf.executing_eagerly(),
            tf.config.functions_run_eagerly(),
            tf.config.optimizer.get_jit(),
            os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None,
            tf.compat.v1.get_default_session(),
            tf.config.threading.get_intra_op_parallelism_threads(),
        )

    make: Callable[[], Any] = lambda: make_actor_critic((4,), 2, hidden=4)  # noqa: E731
    before = state()
    program = load(name).forward(Subject(make(), make, (4,)), observations)
    program.call()
    program.call()
    program.close()
    assert state() == before


def test_blocks_fit_the_cache_and_leave_no_rest_where_they_can() -> None:
    """128 hidden units: at most 506 rows of 1,036 bytes in 512 KiB; 500 of them divide the 50,000 rows of a core."""
    from eagerbench.models.actor_critic import make_actor_critic
    from eagerbench.modes.blocked_xla import block_rows

    model = make_actor_critic((4,), 2, hidden=128)
    assert block_rows(model, 50_000) == 500
    assert block_rows(model, 49_999) == 506


def test_the_watcher_takes_itself_off_after_one_call() -> None:
    """No later call pays for observing the first."""
    from eagerbench.models.actor_critic import make_actor_critic
    from eagerbench.modes.base import resolved

    model = make_actor_critic((4,), 2)
    found = resolved(model)
    assert "call" in vars(model)
    model(np.zeros((1, 4), np.float32))
    assert "call" not in vars(model)
    assert found["executing_eagerly"] is True


# agents


def _subject(seed: int = 7) -> Any:
    from eagerbench.models.actor_critic import make_actor_critic
    from eagerbench.modes.base import Subject

    def make() -> Any:
        return make_actor_critic((4,), 2, hidden=16, seed=seed)

    return Subject(make(), make, (4,))


def _batch(observations: np.ndarray) -> Batch:
    random = np.random.default_rng(1)
    rows = len(observations)
    returns = random.uniform(1, 20, rows).astype(np.float32)
    return Batch(
        observations,
        random.integers(2, size=rows, dtype=np.int32),
        random.normal(size=rows).astype(np.float32),
        returns,
    )


@pytest.fixture(params=LEARNING)
def learner(request: pytest.FixtureRequest) -> Iterator[Any]:
    """An agent of each mode that learns from batches."""
    mode = load(request.param)
    if mode.unavailable():
        pytest.skip(str(mode.unavailable()))
    made = mode.learner(_subject(), Hyperparameters())
    yield made
    made.close()


@pytest.mark.parametrize("count", [1, 3])
def test_an_agent_draws_the_actions_that_the_uniforms_say(learner: Any, observations: np.ndarray, count: int) -> None:
    """By inverting the cumulative policy of the NumPy reference; actions int32 and values float32 on the host."""
    network = reference.network(_subject().model.get_weights(), (4,))
    for first in range(0, 40, count):
        seen = observations[first : first + count]
        uniforms = np.random.default_rng(first).random(count, dtype=np.float32)
        logits, values = network.forward(seen)
        policy = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        actions, found = learner.act(seen, uniforms)
        np.testing.assert_array_equal(actions, (uniforms >= policy[:, 0]).astype(np.int32))
        np.testing.assert_allclose(found, values[:, 0], atol=1e-5)
        assert (actions.dtype, found.dtype, actions.shape, found.shape) == (np.int32, np.float32, (count,), (count,))


@pytest.mark.parametrize("settings", [ARTICLE, RELIABLE], ids=["rmsprop", "adam"])
@pytest.mark.parametrize("name", LEARNING)
def test_gradient_steps_agree_with_eager_ones(name: str, settings: Hyperparameters, observations: np.ndarray) -> None:
    """Losses, weights and what the optimizer remembers, after 1 and 3 steps; and again after starting over."""
    mode, batch = load(name), _batch(observations[:33])
    if mode.unavailable():
        pytest.skip(str(mode.unavailable()))

    def stages(learner: Any) -> list[parity.Stage]:
        found = []
        for updates, steps in ((1, 1), (3, 2)):
            losses = np.array([learner.update(batch) for _ in range(steps)], np.float32)
            found.append(parity.Stage(updates, losses, *learner.learned()))
        return found

    expected = stages(load("eager").learner(_subject(), settings))
    learner = mode.learner(_subject(), settings)
    for _ in range(2):
        learner.restore(_subject().model.get_weights())
        agreement = parity.compare_training(stages(learner), expected)
        assert agreement.passed, agreement.detail
    learner.close()


def test_an_agent_starts_from_the_weights_it_was_given(learner: Any) -> None:
    """Those of the subject at first, and whatever `restore` says; the optimizer remembers nothing then."""
    given = [weight + np.float32(0.25) for weight in _subject().model.get_weights()]
    for weights in (_subject().model.get_weights(), given):
        learner.restore(weights)
        found = learner.learned()
        assert all(np.array_equal(*pair) for pair in zip(found.weights, weights, strict=True))
        assert not any(gradient.any() for gradient in found.gradients)


@pytest.mark.parametrize("name", LEARNING)
def test_an_agent_that_traces_first_traces_nothing_more(name: str, observations: np.ndarray) -> None:
    """For acting in three environments and learning from 33 rows; it has neither acted nor learned by that."""
    mode = load(name)
    if mode.unavailable():
        pytest.skip(str(mode.unavailable()))
    learner = mode.learner(_subject(), Hyperparameters())
    assert (learner.trace is not None) is (name in {"function", "function-xla"})
    if learner.trace is not None:
        assert learner.traces is not None
        before = learner.traces()
        learner.trace(3, 33)
        traced = learner.traces()
        assert traced == before + 2
        weights = _subject().model.get_weights()
        assert all(np.array_equal(*pair) for pair in zip(learner.learned().weights, weights, strict=True))
        learner.act(observations[:3], np.full(3, 0.5, np.float32))
        learner.update(_batch(observations[:33]))
        assert learner.traces() == traced
    learner.close()


@pytest.mark.parametrize("name", [name for name in TRAINING if name != "predict"])
def test_training_that_traces_first_traces_nothing_more_and_learns_the_same(name: str) -> None:
    """Not one trace in the updates that follow, and from the seed as if it hadn't; a mode that can't says None."""
    settings = Hyperparameters(steps=4)
    trainer = _trainer(name, settings, envs=2)
    assert (trainer.trace is not None) is (name in {"function", "function-xla", "rollout", "fused", "fused-xla"})
    if trainer.trace is not None:
        trainer.begin(3)  # as the race does it: a training has begun before it is traced
        trainer.trace()
        traced = trainer.traces()
        assert traced >= 1
        agreement = parity.compare_training(_stages(trainer, (1, 3)), _stages(_trainer("eager", settings, 2), (1, 3)))
        assert agreement.passed, agreement.detail
        assert trainer.traces() == traced
    trainer.close()


def _trainer(name: str, settings: Hyperparameters, envs: int = 1, env: str = "CartPole-v0") -> Any:
    from eagerbench.modes.base import Task

    spec = environments.describe(env)
    mode = load(name)
    reason = mode.unavailable() or mode.cannot_train(spec)
    if reason:
        pytest.skip(reason)
    task = Task(
        _subject(),
        spec,
        environments.ParallelEnvironments(spec, envs),
        settings,
        lambda seed: _subject(seed).model.get_weights(),
    )
    return mode.trainer(task)


def _stages(trainer: Any, updates: tuple[int, ...]) -> list[parity.Stage]:
    from eagerbench.workloads.train import stage

    trainer.begin(3)
    before = (0, *updates)
    return [
        stage(reached, trainer, trainer.advance(reached - last)) for last, reached in zip(before, updates, strict=False)
    ]


@pytest.mark.parametrize("envs", [1, 3])
@pytest.mark.parametrize("name", TRAINING)
def test_training_agrees_with_eager_training(name: str, envs: int) -> None:
    """Losses, weights, gradients and every episode after 1, 10 and 50 updates, twice from the same seed."""
    settings = Hyperparameters(steps=4)
    updates = (1, 10) if name == "predict" else (1, 10, 50)  # predict takes a tenth of a second for a step
    trainer = _trainer(name, settings, envs)
    expected = _stages(_trainer("eager", settings, envs), updates)
    for _ in range(1 if name == "predict" else 2):
        agreement = parity.compare_training(_stages(trainer, updates), expected)
        assert agreement.passed, agreement.detail
    assert sum(len(one.episode_returns) for one in expected) >= 1
    trainer.close()


@pytest.mark.parametrize("name", [name for name in TRAINING if name != "predict"])
def test_one_update_at_a_time_is_the_same_as_many(name: str) -> None:
    """However a run is cut, the same comes of it: with Adam, whose order of reading and writing a graph can lose."""
    settings = Hyperparameters(optimizer="adam", learning_rate=6e-3, steps=8)
    trainer = _trainer(name, settings)
    whole, singly = _stages(trainer, (20,))[0], _stages(trainer, tuple(range(1, 21)))
    np.testing.assert_array_equal(np.concatenate([one.losses for one in singly]), whole.losses)
    np.testing.assert_array_equal(np.concatenate([one.episode_steps for one in singly]), whole.episode_steps)
    trainer.close()


@pytest.mark.parametrize("name", [name for name in TRAINING if name != "predict"])
def test_training_traces_nothing_after_its_first_update(name: str) -> None:
    """However many updates are asked for at once; and nothing where nothing is ever traced."""
    if name == "predict-on-batch" and Version(metadata.version("keras")) < Version("3.7"):
        pytest.skip("this Keras traces train_on_batch again and again: a run says so, and withholds its times")
    trainer = _trainer(name, Hyperparameters(steps=4))
    trainer.begin(0)
    trainer.advance(1)
    before = trainer.traces() if trainer.traces else 0
    for updates in (1, 5, 2):
        trainer.advance(updates)
    assert (trainer.traces() if trainer.traces else 0) == before
    assert (trainer.traces is None) is (name in {"eager", "graph-v1", "graph-v1-feed"})
    trainer.close()


@pytest.mark.parametrize("name", [name for name in TRAINING if name.startswith("fused")])
def test_a_fused_mode_names_the_environments_it_can_hold(name: str) -> None:
    """Another environment, and CartPole with arguments or wrappers, is refused with what to do; CartPole isn't."""
    mode = load(name)
    assert mode.cannot_train(environments.describe("CartPole-v1")) is None
    wrapper = "gymnasium.wrappers:FlattenObservation"
    for spec, told in (
        (environments.describe("Acrobot-v1"), "Acrobot-v1"),
        (environments.describe("CartPole-v0", {"sutton_barto_reward": True}), "CartPole-v0 with these arguments"),
        (environments.describe("CartPole-v0", {}, [wrapper]), "CartPole-v0 with these wrappers"),
    ):
        assert mode.cannot_train(spec) == (
            f"needs {told} written in array operations; the suite has CartPole-v0 and CartPole-v1; pass your own with "
            "--in-graph path/to/file.py:environment (docs/own-model.md shows how)"
        )


def test_what_is_written_out_for_flat_observations_refuses_images_and_other_models() -> None:
    """In one line: `fused-jax` and `numpy` hold the arithmetic of the suite's own models."""
    from eagerbench.modes.base import Traits

    images = environments.describe("CartPole-v1")._replace(observation_shape=(4, 64, 64))
    assert load("fused-jax").cannot_train(images) == (
        "executes the suite's model for flat observations only; those of CartPole-v1 have shape (4, 64, 64)"
    )
    for name in ("numpy", "fused-jax"):
        assert load(name).cannot_execute(Traits()) is None
        assert "suite's own model" in str(load(name).cannot_execute(Traits(own=True)))


# images


DRAWN = """
import gymnasium
import numpy as np

class Drawn(gymnasium.ObservationWrapper):  # CartPole as an image, so that no package that draws is needed
    def __init__(self, env):
        super().__init__(env)
        self.observation_space = gymnasium.spaces.Box(0, 255, (12, 16, 2), np.uint8)

    def observation(self, observation):
        image = np.zeros((12, 16, 2), np.uint8)
        image[:, int(8 + 3 * observation[0]), 0] = 100
        image[6, :, 1] = np.uint8(128 + 300 * observation[2])
        image[7, 3:9, 1] = np.uint8(128 + 20 * observation[3])
        return image
"""


@pytest.fixture
def drawn(tmp_path: Path) -> EnvironmentSpec:
    """An environment of images."""
    file = tmp_path / "drawing.py"
    file.write_text(DRAWN)
    return environments.describe("CartPole-v0", {}, [f"{file}:Drawn"])


def _convolutional(spec: EnvironmentSpec) -> Any:
    from eagerbench.models.actor_critic import make_actor_critic
    from eagerbench.modes.base import Subject

    def make(seed: int = 7) -> Any:
        return make_actor_critic(spec.observation_shape, spec.actions, hidden=16, seed=seed, scale=spec.scale)

    return Subject(make(), make, spec.observation_shape)


@pytest.mark.parametrize("name", FORWARD)
def test_images_go_through_every_mode(name: str, drawn: EnvironmentSpec) -> None:
    """The convolutional model, with weights that no initializer gives: as the reference, also for other rows."""
    mode = load(name)
    reason = mode.unavailable()
    if reason is not None:
        pytest.skip(reason)
    images = environments.collect(drawn, 50, seed=1)
    subject = _convolutional(drawn)
    subject.model.set_weights([weight + np.float32(0.02) for weight in subject.model.get_weights()])
    network = reference.network(subject.model.get_weights(), drawn.observation_shape, scale=drawn.scale)
    program = mode.forward(subject, images[:33])
    try:
        for found, rows in ((program.call(), images[:33]), (program.execute(images[30:]), images[30:])):  # type: ignore[misc]
            agreement = parity.compare(found, network.forward(rows), "")
            assert agreement.passed, agreement.detail
    finally:
        program.close()


@pytest.mark.parametrize("name", [name for name in TRAINING if name not in {"eager", "predict"}])
def test_training_on_images_agrees_with_eager_training(name: str, drawn: EnvironmentSpec) -> None:
    """Losses, weights, gradients and every episode after 1 and 10 updates; the fused ones refuse."""
    from eagerbench.modes.base import Task

    def trainer(mode: str) -> Any:
        subject = _convolutional(drawn)
        made = environments.ParallelEnvironments(drawn, 2)
        settings = Hyperparameters(steps=6)
        return load(mode).trainer(Task(subject, drawn, made, settings, lambda seed: subject.make(seed).get_weights()))

    assert (load(name).cannot_train(drawn) is not None) is name.startswith("fused")
    if name.startswith("fused"):
        return
    reason = load(name).unavailable()
    if reason is not None:
        pytest.skip(reason)
    mine = trainer(name)
    expected = _stages(trainer("eager"), (1, 10))
    agreement = parity.compare_training(_stages(mine, (1, 10)), expected)
    mine.close()
    assert agreement.passed, agreement.detail
    assert sum(len(one.episode_returns) for one in expected) >= 1


@pytest.mark.parametrize("name", ["function", "graph-v1", "rollout"])
def test_other_environments_can_be_trained_in(name: str) -> None:
    """Three actions and six numbers, several environments at once: as eager."""
    settings = Hyperparameters(steps=5)
    from eagerbench.models.actor_critic import make_actor_critic
    from eagerbench.modes.base import Subject, Task

    def trainer(mode: str) -> Any:
        def make(seed: int = 0) -> Any:
            return make_actor_critic((6,), 3, hidden=16, seed=seed)

        spec = environments.describe("Acrobot-v1")
        return load(mode).trainer(
            Task(
                Subject(make(), make, (6,)),
                spec,
                environments.ParallelEnvironments(spec, 2),
                settings,
                lambda seed: make(seed).get_weights(),
            )
        )

    agreement = parity.compare_training(_stages(trainer(name), (1, 5)), _stages(trainer("eager"), (1, 5)))
    assert agreement.passed, agreement.detail


def test_training_leaves_the_process_eager() -> None:
    """No mode flips state that another mode would inherit."""
    import tensorflow as tf

    def state() -> tuple[Any, ...]:
        return tf.executing_eagerly(), tf.config.functions_run_eagerly(), tf.config.optimizer.get_jit()

    before = state()
    for name in TRAINING:
        if load(name).unavailable() is None and name != "predict":
            trainer = _trainer(name, Hyperparameters(steps=2))
            trainer.begin(0)
            trainer.advance(1)
            trainer.close()
            assert state() == before, name


def test_static_graphs_hold_the_agent_s_update() -> None:
    """`graph-v1` really runs in a `tf.Graph`: the model sees no eager execution."""
    for name in ("graph-v1", "graph-v1-feed"):
        learner = load(name).learner(_subject(), Hyperparameters())
        assert learner.resolved["executing_eagerly"] is False
        learner.close()


@pytest.mark.parametrize("name", REGISTRY)
def test_the_registry_says_what_a_mode_implements(name: str) -> None:
    """No workload is promised that ends in `NotImplementedError`, and no forward pass is left unsaid."""
    from eagerbench.modes.base import Mode

    mode, workloads = type(load(name)), REGISTRY[name].workloads
    assert (mode.forward is not Mode.forward) is ("forward" in workloads)
    if "update" in workloads:
        assert mode.learner is not Mode.learner
    if "train" in workloads:
        assert mode.learner is not Mode.learner or mode.trainer is not Mode.trainer
