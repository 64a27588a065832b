"""Time against the number of calls, starts included, as straight lines, and where they cross. Pure."""

from dataclasses import dataclass
from itertools import pairwise

from eagerbench.reports.forked.cold_facts import leads
from eagerbench.starting import ColdGroup

FEWEST_CALLS, FAR_CALLS, MOST_CALLS = 100.0, 1e6, 1e9
_BEYOND = 5.0  # times the last number of calls that is told


@dataclass(frozen=True)
class Line:
    """The seconds of some calls in one mode, its start after imports among them.

    Attributes:
        mode: which.
        first_s: after one call.
        later_s: of each more; None where no later call was timed.
    """

    mode: str
    first_s: float
    later_s: float | None

    def at(self, calls: float) -> float:
        """Seconds of all calls together."""
        return self.first_s + (calls - 1) * (self.later_s or 0.0)


def lines(group: ColdGroup) -> list[Line]:
    """One for each start, quickest first."""
    return [
        Line(start.case.mode, start.after_imports_s.value, start.warm_s.value if start.warm_s else None)
        for start in group.starts
    ]


def crossing(one: Line, other: Line) -> float | None:
    """After how many calls both have taken as long; None where that is never, or before the first."""
    if one.later_s is None or other.later_s is None or one.later_s == other.later_s:
        return None
    calls = 1 + (one.first_s - other.first_s) / (other.later_s - one.later_s)
    return calls if calls >= 1 else None


def crossings(group: ColdGroup) -> list[tuple[float, float]]:
    """Calls and seconds of every crossing that launches agree on, each pair once."""
    found = []
    drawn = lines(group)
    for number, one in enumerate(drawn):
        for other in drawn[number + 1 :]:
            calls = crossing(one, other)
            if calls is not None and group.pairs[one.mode, other.mode].kind in {"after", "until"}:
                found.append((calls, one.at(calls)))
    return found


def passed(group: ColdGroup) -> list[tuple[float, float, str]]:
    """Calls and seconds where another mode takes the lead, and its name; without the first leader."""
    by_mode = {line.mode: line for line in lines(group)}
    found = []
    for before, after in pairwise(leads(group)):
        calls = crossing(by_mode[before.mode], by_mode[after.mode])
        if calls is not None and calls <= MOST_CALLS:
            found.append((calls, by_mode[after.mode].at(calls), after.mode))
    return found


def most_calls(group: ColdGroup) -> float:
    """How many calls the figure shows: enough to see whoever leads come apart, and for all but far break-evens."""
    last = max((calls for calls, _, _ in passed(group)), default=1.0)
    even = max((calls for calls, _ in crossings(group) if calls <= FAR_CALLS), default=1.0)
    return min(MOST_CALLS, max(FEWEST_CALLS, last * _BEYOND, even * 1.3))
