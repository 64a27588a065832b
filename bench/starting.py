"""What starting costs: stages of a cold start, and after how many calls a slow starter has paid back.

Returns data: no printing, no paths. Knows no TensorFlow and no pandas.
"""

import statistics
from collections.abc import Mapping
from itertools import permutations
from typing import Literal

import msgspec

from eagerbench.cases import Case
from eagerbench.results import Run, Sample
from eagerbench.stats import BreakEven, Estimate, break_even, estimate

# In the order in which they happen. `trace` has in it what else a mode prepares, such as building a graph or exporting.
# Where a mode traces inside of its first call, `compile` has the tracing in it.
STAGES = ("imports", "model", "trace", "compile", "call")


class ColdStart(msgspec.Struct, frozen=True):
    """How one case starts.

    Attributes:
        case: which.
        total_s: seconds from the start of the process to the first result.
        after_imports_s: the same from the moment on when everything is imported: what modes differ in.
        stages_s: seconds of each of `STAGES`, mean over processes; none is negative, and together they are the mean of
            the total.
        second_s: seconds of the second call; None where there was none.
        warm_s: seconds of a later call; None where there was none.
        processes: so many started.
        apart: whether tracing was told apart from the rest of the first call.
        totals_s: `after_imports_s` of each process, by index of launch.
        warms_s: `warm_s` of each process, by index of launch.
    """

    case: Case
    total_s: Estimate
    after_imports_s: Estimate
    stages_s: dict[str, float]
    second_s: Estimate | None
    warm_s: Estimate | None
    processes: int
    apart: bool
    totals_s: dict[int, float]
    warms_s: dict[int, float]


class Lead(msgspec.Struct, frozen=True):
    """A stretch of numbers of calls for which one mode has the least total time.

    Attributes:
        mode: which.
        first: number of calls, from 1, from which on it leads.
        entered: how the interval of that number is known; None for the first stretch.
    """

    mode: str
    first: int
    entered: BreakEven | None


class ColdGroup(msgspec.Struct, frozen=True):
    """Cases that do the same work, each started cold.

    Attributes:
        starts: by the time after imports, quickest first.
        pairs: by two modes, when the first of them is ahead of the second, starts included.
        leads: who leads for how many calls.
    """

    starts: tuple[ColdStart, ...]
    pairs: dict[tuple[str, str], BreakEven]
    leads: tuple[Lead, ...]


# Which mode, started cold, is ahead of which: `BreakEven` in words a reader of a matrix needs.
Ahead = Literal["always", "after", "until", "never", "undecided"]


def cold_start(case: Case, samples: Mapping[int, list[Sample]], apart: bool) -> ColdStart | None:
    """The start of a case from all samples of its cold launches, by index of launch; None where there is none.

    Args:
        case: which.
        samples: in the order taken; the first of each launch is the cold one.
        apart: whether tracing was told apart from the rest of the first call.
    """
    cold: dict[int, Sample] = {}
    second: dict[int, float] = {}
    warm: dict[int, float] = {}
    for launch, own in samples.items():
        first, *later = sorted(own, key=lambda sample: sample.position)
        if first.stage != "cold":
            continue
        cold[launch] = first
        if later:
            second[launch] = later[0].call_s
            steady = [sample.call_s for sample in later if sample.stage == "steady"]
            warm[launch] = statistics.median(steady or [sample.call_s for sample in later])
    if not cold:
        return None
    after_imports = {launch: own.wall_s - own.parts.get("imports", 0.0) for launch, own in cold.items()}
    stages = [stages_of(own, warm.get(launch)) for launch, own in cold.items()]
    return ColdStart(
        case=case,
        total_s=estimate([own.wall_s for own in cold.values()]),
        after_imports_s=estimate(list(after_imports.values())),
        stages_s={name: statistics.fmean(own[name] for own in stages) for name in STAGES},
        second_s=estimate(list(second.values())) if second else None,
        warm_s=estimate(list(warm.values())) if warm else None,
        processes=len(cold),
        apart=apart,
        totals_s=after_imports,
        warms_s=warm,
    )


def stages_of(cold: Sample, warm_s: float | None) -> dict[str, float]:
    """Seconds of each of `STAGES` of one start.

    What a first call takes beyond a warm one is compiling, and whatever else happens only once. Where a first call is
    no slower than a warm one, that is nothing.

    Args:
        cold: from the start of the process to the first result.
        warm_s: of a later call in the same process; None where there was none, and the whole first call is the call.
    """
    parts = cold.parts
    first_call = parts.get("first call", 0.0)
    call = first_call if warm_s is None else min(first_call, warm_s)
    return {
        "imports": parts.get("imports", 0.0),
        "model": parts.get("model", 0.0),
        "trace": parts.get("prepare", 0.0) + parts.get("trace", 0.0),
        "compile": first_call - call,
        "call": call,
    }


def cold_group(starts: list[ColdStart]) -> ColdGroup:
    """Cases of one group held against each other."""
    ordered = tuple(sorted(starts, key=lambda start: start.after_imports_s.value))
    pairs = {
        (one.case.mode, other.case.mode): break_even(one.totals_s, one.warms_s, other.totals_s, other.warms_s)
        for one, other in permutations(ordered, 2)
    }
    return ColdGroup(ordered, pairs, tuple(_leads(ordered, pairs)))


def _leads(starts: tuple[ColdStart, ...], pairs: Mapping[tuple[str, str], BreakEven]) -> list[Lead]:
    """The lower envelope of the straight lines ``total + (calls - 1) · warm``, from the first call on."""
    lines = {
        start.case.mode: (start.after_imports_s.value, start.warm_s.value)
        for start in starts
        if start.warm_s is not None
    }
    if not lines:
        return []
    leader = min(lines, key=lambda mode: lines[mode])
    found = [Lead(leader, 1, None)]
    while True:
        total, warm = lines[leader]
        crossings = {
            mode: 1 + (own_total - total) / (warm - own_warm)
            for mode, (own_total, own_warm) in lines.items()
            if own_warm < warm
        }
        if not crossings:
            return found
        after = min(crossings, key=lambda mode: (crossings[mode], lines[mode][1]))
        # Ahead from the first whole number of calls beyond the crossing; who was passed within one call never led.
        first = int(crossings[after]) + 1
        while found[-1].first >= first and len(found) > 1:
            found.pop()
        found.append(Lead(after, first, pairs[after, found[-1].mode]))
        leader = after


def cold_groups(run: Run, samples: Mapping[str, Mapping[int, list[Sample]]]) -> dict[str, ColdGroup]:
    """All groups of cold cases that have times that count, in the plan's order.

    Args:
        run: where the outcomes are.
        samples: by case and by index of launch, of cases whose times count.
    """
    groups: dict[str, list[ColdStart]] = {}
    for case in run.cases:
        if case.workload != "cold" or case.id not in samples:
            continue
        start = cold_start(case, samples[case.id], _apart(run, case.id, samples[case.id]))
        if start is not None:
            groups.setdefault(case.group, []).append(start)
    return {group: cold_group(starts) for group, starts in groups.items()}


def _apart(run: Run, case: str, samples: Mapping[int, list[Sample]]) -> bool:
    """Whether nothing was traced inside of the first call: the mode has traced before, or never does."""
    traced = any(
        (launch.cases[case].traces or 0) > 0
        for launch in run.launches
        if launch.kind == "cold" and case in launch.cases
    )
    return not traced or any("trace" in sample.parts for own in samples.values() for sample in own)
