"""The table of modes, without TensorFlow."""

import pytest

from eagerbench.errors import UserError
from eagerbench.modes import REGISTRY, load


def test_the_table_holds_the_modes() -> None:
    """A rename breaks every stored result, so it must be meant."""
    assert list(REGISTRY) == [
        "eager",
        "function",
        "function-xla",
        "blocked-xla",
        "predict",
        "predict-full",
        "predict-on-batch",
        "predict-eager",
        "graph-v1",
        "graph-v1-feed",
        "saved-model",
        "numpy",
        "rollout",
        "fused",
        "fused-xla",
        "fused-jax",
    ]
    assert all(entry.summary for entry in REGISTRY.values())


def test_the_table_says_what_a_mode_can_execute() -> None:
    """Twelve modes do forward passes, seven gradient steps, and eleven train."""
    able = {
        workload: [name for name, entry in REGISTRY.items() if workload in entry.workloads]
        for workload in ("forward", "update", "train")
    }
    agents = ["eager", "function", "function-xla", "predict", "predict-on-batch", "graph-v1", "graph-v1-feed"]
    assert able["forward"] == list(REGISTRY)[:12]
    assert able["update"] == agents
    assert able["train"] == [*agents, "rollout", "fused", "fused-xla", "fused-jax"]


def test_an_unknown_mode_is_refused_without_importing_anything() -> None:
    """The table is asked before any file is."""
    with pytest.raises(UserError, match="unknown mode 'graph'"):
        load("graph")
