"""Cases: workload × mode × size, and the readable id that joins everything measured about one.

Knows no TensorFlow and no clock.
"""

import re
from collections.abc import Iterable
from typing import Self

import msgspec

from eagerbench.errors import UserError

# More digits than any machine has rows, units or environments.
_NUMBER = "[1-9][0-9]{0,17}"
_SIZE = re.compile(
    rf"(?P<work>b(?P<rows>{_NUMBER})|env(?P<environments>{_NUMBER})|[^@]*?)"
    rf"(?:-h(?P<hidden>{_NUMBER}))?(?:@(?P<subject>.*))?",
    re.DOTALL,  # a subject is a test's name, and that may have any sign
)


class Case(msgspec.Struct, frozen=True, order=True):
    """One thing that is timed.

    Attributes:
        workload: what is timed, such as ``forward``.
        mode: how it is executed, such as ``function-xla``.
        size: what it is given: ``b`` and the number of rows in the batch, ``env`` and the number of environments, or
            what changes from call to call, such as ``forward-shapes``. In a sweep ``-h`` and the width of the hidden
            layers follow; in a user's own benchmark ``@`` and its name: ``b64-h512``, ``b64@test_my_policy``.
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
        return self._part("environments") is not None

    @property
    def rows(self) -> int:
        """Rows of the batch.

        Raises:
            UserError: where the size is not of the form ``b100000``.
        """
        return self._number("rows", "b100000")

    @property
    def environments(self) -> int:
        """Environments of the training.

        Raises:
            UserError: where the size is not of the form ``env1``.
        """
        return self._number("environments", "env1")

    @property
    def hidden(self) -> int | None:
        """Width of the hidden layers in a sweep over several; None elsewhere."""
        width = self._part("hidden")
        return int(width) if width else None

    @property
    def subject(self) -> str:
        """Name of the user's own benchmark that the case belongs to; empty for the suite's own cases."""
        return self._part("subject") or ""

    @property
    def work_size(self) -> str:
        """The size without width and subject, such as ``b64`` or ``forward-shapes``."""
        return self._part("work") or ""

    def _part(self, name: str) -> str | None:
        match = _SIZE.fullmatch(self.size)
        return match[name] if match else None

    def _number(self, name: str, example: str) -> int:
        number = self._part(name)
        if number is None:
            raise UserError(f"case {self.id!r}: expected a size like {example!r}, got {self.size!r}")
        return int(number)

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
