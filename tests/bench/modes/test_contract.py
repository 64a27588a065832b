"""What every mode promises, checked on every mode of the table with real TensorFlow."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from eagerbench import parity
from eagerbench.models import envs, reference
from eagerbench.modes import REGISTRY, load

pytestmark = pytest.mark.tensorflow

ROWS = (1, 33, 2500)  # one; one more than a Keras step; more than two blocks, with a rest


@pytest.fixture(scope="module")
def observations() -> np.ndarray:
    """Real ones."""
    return envs.collect("CartPole-v1", max(ROWS), seed=5)


@pytest.fixture(params=[(mode, rows) for mode in REGISTRY for rows in ROWS], ids=lambda case: f"{case[0]}-{case[1]}")
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
    program = mode.forward(Subject(model, make), observations[:rows])
    yield name, program, observations[:rows], model
    program.close()


def test_outputs_agree_with_the_reference_on_every_call(case: tuple[str, Any, np.ndarray, Any]) -> None:
    """Logits and value on the host, float32, for as many rows as came in; the third call like the first."""
    _, program, observations, model = case
    wanted = reference.forward(reference.Parameters.of(model.get_weights()), observations)
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


def test_a_mode_leaves_its_observations_alone(case: tuple[str, Any, np.ndarray, Any]) -> None:
    """All modes share one array."""
    _, program, observations, _ = case
    before = observations.copy()
    program.call()
    np.testing.assert_array_equal(observations, before)


@pytest.mark.parametrize("name", REGISTRY)
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
    program = load(name).forward(Subject(make(), make), observations)
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
