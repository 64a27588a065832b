"""Cases: workload × mode × size, and the readable id that joins everything measured about one.

Knows no TensorFlow and no clock.
"""

import re
from collections.abc import Iterable
from typing import Self

import msgspec

from eagerbench.errors import UserError

_SIZE = re.compile(r"b([1-9][0-9]{0,17})")  # more digits than any machine has rows


class Case(msgspec.Struct, frozen=True, order=True):
    """One thing that is timed.

    Attributes:
        workload: what is timed, such as ``forward``.
        mode: how it is executed, such as ``function-xla``.
        size: what it is given: ``b`` and the number of rows in the batch.
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
    def rows(self) -> int:
        """Rows of the batch.

        Raises:
            UserError: where the size is not of the form ``b100000``.
        """
        match = _SIZE.fullmatch(self.size)
        if match is None:
            raise UserError(f"case {self.id!r}: expected a size like 'b100000', got {self.size!r}")
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


def forward_cases(modes: Iterable[str], batch_sizes: Iterable[int]) -> tuple[Case, ...]:
    """Every mode at every batch size, modes of one size together."""
    chosen = tuple(modes)
    return tuple(Case("forward", mode, f"b{rows}") for rows in batch_sizes for mode in chosen)


# Timed in every race beside the cases, so that the report can say what the machine and the harness do in the same
# minutes: the speed of a square single-precision matrix product, and what the timing loop adds to a call.
SGEMM = Case("yardstick", "sgemm", "n2048")
EMPTY_CALL = Case("yardstick", "empty-call", "n1")
YARDSTICKS = (SGEMM, EMPTY_CALL)
SGEMM_FLOPS = 2 * 2048**3
