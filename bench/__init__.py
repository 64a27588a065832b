"""One actor-critic model, every way TensorFlow can execute it, timed so that the answer can be trusted."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from eagerbench._version import __version__
from eagerbench.cases import Case
from eagerbench.errors import UserError
from eagerbench.results import Run, read_run
from eagerbench.summary import Summary, summarise

if TYPE_CHECKING:
    from eagerbench.api import compare
    from eagerbench.comparison import Comparison

__all__ = [
    "Case",
    "Comparison",
    "Run",
    "Summary",
    "UserError",
    "__version__",
    "compare",
    "read_run",
    "summarise",
]

# Not imported before somebody asks: every process that measures imports this package, and is timed from its start.
_LATE = {"compare": "eagerbench.api", "Comparison": "eagerbench.comparison"}


def __getattr__(name: str) -> Any:
    """What is imported late."""
    if name in _LATE:
        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
