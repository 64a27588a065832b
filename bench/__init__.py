"""One actor-critic model, every way TensorFlow can execute it, timed so that the answer can be trusted."""

from eagerbench._version import __version__
from eagerbench.cases import Case
from eagerbench.errors import UserError
from eagerbench.results import Run, read_run
from eagerbench.summary import Summary, summarise

__all__ = ["Case", "Run", "Summary", "UserError", "__version__", "read_run", "summarise"]
