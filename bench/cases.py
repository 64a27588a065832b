"""Cases: workload × mode × size, and the readable id that joins everything measured about one.

Knows no TensorFlow and no clock.
"""

import re
from collections.abc import Iterable
from typing import Self

import msgspec

from eagerbench.errors import UserError

# More digits than any machine has rows or environments.
_ROWS = re.compile(r"b([1-9][0-9]{0,17})")
_ENVIRONMENTS = re.compile(r"env([1-9][0-9]{0,17})")


class Case(msgspec.Struct, frozen=True, order=True):
    """One thing that is timed.

    Attributes:
        workload: what is timed, such as ``forward``.
        mode: how it is executed, such as ``function-xla``.
        size: what it is given: ``b`` and the number of rows in the batch, ``env`` and the number of environments, or
            what changes from call to call, such as ``forward-shapes``.
    """

    workload: str
    mode: str
    size: str

    @property
    def id(self) -> str:
        """The join key everywhere, such as ``forward/function-xla/b100000``."""
        return f"{self.workload}/{self.mode}/{self.size}"

    @property
    def group(self) -> str:
        """What all modes share: cases of one group do the same work and may be compared."""
        return f"{self.workload} {self.size}"

    @property
    def executed(self) -> str:
        """The name of the mode in the registry: without the mark of a persistent cache."""
        return self.mode.removesuffix(CACHED)

    @property
    def trains(self) -> bool:
        """Whether it is a training, by its size."""
        return _ENVIRONMENTS.fullmatch(self.size) is not None

    @property
    def rows(self) -> int:
        """Rows of the batch.

        Raises:
            UserError: where the size is not of the form ``b100000``.
        """
        return self._number(_ROWS, "b100000")

    @property
    def environments(self) -> int:
        """Environments of the training.

        Raises:
            UserError: where the size is not of the form ``env1``.
        """
        return self._number(_ENVIRONMENTS, "env1")

    def _number(self, pattern: re.Pattern[str], example: str) -> int:
        match = pattern.fullmatch(self.size)
        if match is None:
            raise UserError(f"case {self.id!r}: expected a size like {example!r}, got {self.size!r}")
        return int(match.group(1))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The case of an id.

        Raises:
            UserError: where the text is not three parts with a slash between them.
        """
        parts = text.split("/")
        if len(parts) != 3 or not all(parts):
            raise UserError(f"expected a case id like 'forward/eager/b1', got {text!r}")
        return cls(*parts)


def cases_of(workload: str, sizes: Iterable[str], modes: Iterable[str]) -> tuple[Case, ...]:
    """Every mode at every size, modes of one size together."""
    chosen = tuple(modes)
    return tuple(Case(workload, mode, size) for size in sizes for mode in chosen)


# Workloads of which each case gets a process of its own, instead of a place in a race.
FORKED = frozenset({"cold", "memory", "traces"})
# Workloads whose cases have no time that counts: what they show are bytes and counts.
UNTIMED = frozenset({"memory", "traces"})
# A mode as it starts when XLA finds what it compiled in an earlier process, in a persistent cache on disk.
CACHED = "+cache"

# Timed in every race beside the cases, so that the report can say what the machine and the harness do in the same
# minutes: the speed of a square single-precision matrix product, and what the timing loop adds to a call.
SGEMM = Case("yardstick", "sgemm", "n2048")
EMPTY_CALL = Case("yardstick", "empty-call", "n1")
YARDSTICKS = (SGEMM, EMPTY_CALL)
SGEMM_FLOPS = 2 * 2048**3
