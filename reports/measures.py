"""What the speed of a case is told in: seconds of a call, or environment steps a second. Pure; not yet escaped."""

from collections.abc import Callable
from dataclasses import dataclass

from eagerbench.cases import Case
from eagerbench.reports.tables import ABSENT, bounds, ends, seconds, significant
from eagerbench.stats import Estimate
from eagerbench.summary import CaseSummary


@dataclass(frozen=True)
class Measure:
    """How the speed of the cases of a group is told.

    Attributes:
        name: of the quantity, as on an axis.
        column: of the quantity, as over a table.
        call: what a call is named.
        of: the quantity of a case; None where the case has no times.
        number: one value in words.
        limits: the interval in words; empty where there is none.
        unit: what follows the value.
        each: what follows value and interval.
        verb: what a mode does with so much of it.
        best: what a mode with the best value has done.
        worst: what a mode with the worst value does.
    """

    name: str
    column: str
    call: str
    of: Callable[[CaseSummary], Estimate | None]
    number: Callable[[float], str]
    limits: Callable[[Estimate | None], str]
    unit: str
    each: str
    verb: str
    best: str
    worst: str

    def amount(self, case: CaseSummary) -> str:
        """The value with its unit and its interval: ``1.23 ms (1.20–1.26)``."""
        return self._told(case, self.unit)

    def short(self, case: CaseSummary) -> str:
        """The value and its interval, where the unit is written elsewhere: ``320,000 (310,000–330,000)``."""
        return self._told(case, "")

    def _told(self, case: CaseSummary, unit: str) -> str:
        found = self.of(case)
        if found is None:
            return ABSENT
        limits = self.limits(found)
        return f"{self.number(found.value)}{unit}{f' ({limits})' if limits else ''}"

    def value(self, case: CaseSummary) -> float:
        """The value of a case that is known to have times."""
        found = self.of(case)
        if found is None:
            raise ValueError(f"{case.case.id} has no times")
        return found.value

    def ends(self, case: CaseSummary) -> tuple[float, float]:
        """Both ends of the interval of a case that is known to have times; twice the value where there is none."""
        value, found = self.value(case), self.of(case)
        return (found and found.low) or value, (found and found.high) or value


TIME = Measure(
    name="time per call",
    column="Time per call",
    call="call",
    of=lambda case: case.time_s,
    number=seconds,
    limits=bounds,
    unit="",
    each=" a call",
    verb="takes",
    best="had the shortest time",
    worst="has the longest time",
)
STEPS = Measure(
    name="environment steps per second",
    column="Steps per second",
    call="update",
    of=lambda case: case.steps_per_s,
    number=significant,
    limits=ends,
    unit=" environment steps a second",
    each="",
    verb="makes",
    best="made the most steps",
    worst="makes the fewest steps",
)


def measure(case: Case) -> Measure:
    """What the speed of a case, and of every other of its group, is told in."""
    return STEPS if case.workload == "train" else TIME
