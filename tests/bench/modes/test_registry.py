"""The table of modes, without TensorFlow."""

import pytest

from eagerbench.errors import UserError
from eagerbench.modes import REGISTRY, load


def test_the_table_holds_the_twelve_modes() -> None:
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
    ]
    assert all(entry.summary for entry in REGISTRY.values())


def test_an_unknown_mode_is_refused_without_importing_anything() -> None:
    """The table is asked before any file is."""
    with pytest.raises(UserError, match="unknown mode 'graph'"):
        load("graph")
