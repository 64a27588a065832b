"""How far naive measurements get off, against the right ones. Returns data: no printing, no paths, no clock.

Every number rests on launches, as everywhere (`eagerbench.stats`): a launch gives one number for each measurement, its
only time or the median of its times, and ratios are taken inside launches. Knows no TensorFlow.
"""

import statistics
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Literal, NamedTuple

import msgspec

from eagerbench.errors import unknown
from eagerbench.stats import Difference, Estimate, difference, estimate, ratio
from eagerbench.traps.record import TrapsLaunch, TrapsRecord


class Comparison(NamedTuple):
    """A naive measurement and the right one of the same question.

    Attributes:
        label: what is executed.
        naive: name of a measurement.
        right: name of a measurement.
    """

    label: str
    naive: str
    right: str


class Protocol(NamedTuple):
    """A way to run the article's cells. Its measurements are called after it: ``notebook/eager``."""

    name: str
    words: str


ARTICLE = "article"
# The article's cells, and the mode that answers the same question: all rows in one step.
ARTICLE_CELLS = {"eager": "eager", "static": "graph-v1", "default": "predict-full"}
PROTOCOLS = (
    Protocol("notebook", "one after the other in one process"),
    Protocol("alone", "each in a process of its own"),
)

# A measurement is called PROCESS/WHAT. notebook: cells in the notebook's order. alone: a cell in a process of its own;
# first: its last line, in the same time; again: its last line run again. steps: other calls after the default cell.
# warm and all others: contenders of one interleaved race.
TRAPS: dict[str, tuple[Comparison, ...]] = {
    ARTICLE: tuple(Comparison(cell, f"notebook/{cell}", f"warm/{mode}") for cell, mode in ARTICLE_CELLS.items()),
    "cold-run": tuple(
        Comparison(cell, f"first/{cell}", f"again/{cell}") for cell in ("eager", "function", "static", "default")
    ),
    "steps": (
        Comparison("against predict in one step", "again/default", "steps/predict-full"),
        Comparison("against model(x)", "again/default", "steps/call"),
    ),
    "construction": (
        Comparison("model in the clock", "model/eager", "warm/eager"),
        Comparison("graph in the clock", "made/graph-v1", "warm/graph-v1"),
    ),
    "identical-rows": tuple(Comparison(mode, f"identical/{mode}", f"warm/{mode}") for mode in ("eager", "function")),
    "float64": tuple(Comparison(mode, f"float64/{mode}", f"warm/{mode}") for mode in ("eager", "function")),
    # With one row too: an agent that acts calls its model so, and beside a large batch a trace is soon not seen.
    "tracing": (
        Comparison("function", "made/function", "warm/function"),
        Comparison("function, 1 row", "made-one/function", "warm-one/function"),
    ),
    "order": (Comparison("eager cell", "notebook/eager", "notebook/eager-again"),),
    "unread-results": tuple(Comparison(mode, f"unread/{mode}", f"warm/{mode}") for mode in ("eager", "function")),
}
_ARTICLE_TOO = {
    *(f"alone/{cell}" for cell in ARTICLE_CELLS),
    "alone/static-as-written",
    *(f"notebook/{cell}" for cell in ARTICLE_CELLS),
}


class Finding(msgspec.Struct, frozen=True):
    """How far a naive measurement is off.

    Attributes:
        trap: name.
        label: what was executed.
        naive_s: seconds of the naive measurement; None where there are none.
        right_s: seconds of the right one.
        off: naive over right, paired by launch; None where no launch has both.
        difference: what the interval of that says: ``slower`` where the naive one shows too much time.
        reason: why there is no ratio; empty where there is one.
    """

    trap: str
    label: str
    naive_s: Estimate | None
    right_s: Estimate | None
    off: Estimate | None
    difference: Difference
    reason: str = ""


class CellResult(msgspec.Struct, frozen=True):
    """One cell of the article, run its two ways, beside the right measurement.

    Attributes:
        cell: ``eager``, ``static`` or ``default``.
        mode: that measures the same question.
        notebook_s: wall seconds in the notebook's order.
        notebook_cpu_s: CPU seconds of all threads, user and system; the number that the article compares.
        alone_s: wall seconds in a process of its own.
        right_s: of the right measurement.
        off: ``notebook_s`` over ``right_s``.
        spread: of each protocol, the slowest over the fastest launch; without those of fewer than two launches.
    """

    cell: str
    mode: str
    notebook_s: Estimate | None
    notebook_cpu_s: Estimate | None
    alone_s: Estimate | None
    right_s: Estimate | None
    off: Estimate | None
    spread: dict[str, float]


class PairResult(msgspec.Struct, frozen=True):
    """Which of two cells is faster: what single naive runs said, and what the right measurement says.

    Attributes:
        one: a cell.
        other: another.
        ratio: time of one over time of the other, measured right; None where no launch has both.
        truth: what its interval says of ``one``.
        named: by protocol, how many launches named ``one`` the faster.
        launches: by protocol, how many launches there are.
        wrong: by protocol, launches that named the other one than the right measurement; 0 where that names none.
    """

    one: str
    other: str
    ratio: Estimate | None
    truth: Difference
    named: dict[str, int]
    launches: dict[str, int]
    wrong: dict[str, int]


Order = Literal["naive", "right"]


class TrapsSummary(msgspec.Struct, frozen=True):
    """Everything that the report says in numbers.

    Attributes:
        findings: in the order of `TRAPS`, those that were asked for.
        cells: the article's; none where they were not asked for.
        pairs: of the article's cells.
        leads: by order, each cell that is not the fastest with the time that it takes, over that of the fastest; the
            fastest comes first, with None.
        failures: of measurements, by name: why there are none, in one line.
        traces: of measurements, by name: traces made in all, where every launch counted the same.
        launches: that took place.
    """

    findings: tuple[Finding, ...]
    cells: tuple[CellResult, ...]
    pairs: tuple[PairResult, ...]
    leads: dict[Order, tuple[tuple[str, Estimate | None], ...]]
    failures: dict[str, str]
    traces: dict[str, int]
    launches: int


def measurements(traps: Iterable[str]) -> set[str]:
    """Names of all measurements that some traps need.

    Raises:
        UserError: for a trap that is in no table.
    """
    found: set[str] = set()
    for trap in traps:
        if trap not in TRAPS:
            raise unknown("trap", trap, TRAPS)
        found |= {name for one in TRAPS[trap] for name in (one.naive, one.right)}
        found |= _ARTICLE_TOO if trap == ARTICLE else set()
    return found


def times(record: TrapsRecord, name: str, *, cpu: bool = False) -> dict[int, float]:
    """Seconds of a measurement by launch: of its only time, or the median of its steady ones.

    Args:
        record: where the samples are.
        name: of the measurement.
        cpu: CPU seconds, user and system together, instead of wall seconds.
    """
    found: dict[int, float] = {}
    for launch in record.launches:
        if not _good(launch, name):
            continue
        own = [sample for sample in launch.samples if sample.case == name]
        steady = [sample for sample in own if sample.stage == "steady"]
        # What a race noted of a contender that never came to be timed, its cold call, is not the measurement.
        counted = steady or [sample for sample in own if sample.stage == "cold" and _single(name)]
        values = [(one.user_s + one.sys_s) / one.calls if cpu else one.call_s for one in counted]
        if values and statistics.median(values) > 0:
            found[launch.index] = statistics.median(values)
    return found


def _single(name: str) -> bool:
    """Whether a measurement is one cold time: a cell, or the last line of one."""
    return name.partition("/")[0] in {"notebook", "alone", "first"}


def _good(launch: TrapsLaunch, name: str) -> bool:
    return name in launch.cases and launch.cases[name].status == "ok"


def summarise_traps(record: TrapsRecord) -> TrapsSummary:
    """All numbers of a record."""
    known = {name: times(record, name) for name in sorted(measurements(record.traps))}
    failures = _failures(record, known)
    findings = tuple(
        _finding(trap, one, known, failures)
        for trap in TRAPS
        if trap in record.traps
        for one in TRAPS[trap]
        if trap != ARTICLE
    )
    asked = ARTICLE in record.traps
    cells = tuple(_cell(record, one, known) for one in TRAPS[ARTICLE]) if asked else ()
    pairs = tuple(_pair(one, other, known) for one, other in combinations(TRAPS[ARTICLE], 2)) if asked else ()
    leads: dict[Order, tuple[tuple[str, Estimate | None], ...]] = {}
    if asked:
        leads = {
            "naive": _leads({one.label: known[one.naive] for one in TRAPS[ARTICLE]}),
            "right": _leads({one.label: known[one.right] for one in TRAPS[ARTICLE]}),
        }
    return TrapsSummary(findings, cells, pairs, leads, failures, _traces(record), len(record.launches))


def _failures(record: TrapsRecord, known: Mapping[str, Mapping[int, float]]) -> dict[str, str]:
    """Of each measurement without a single time, why."""
    found: dict[str, str] = {}
    for name, own in known.items():
        if own:
            continue
        told = [
            launch.cases[name].reason or launch.cases[name].status for launch in record.launches if name in launch.cases
        ]
        ends = [launch.reason for launch in record.launches if launch.ended != "complete" and launch.reason]
        found[name] = next(iter([*told, *ends]), "not measured: the run was stopped before")
    return found


def _traces(record: TrapsRecord) -> dict[str, int]:
    counted: dict[str, set[int]] = {}
    for launch in record.launches:
        for name, outcome in launch.cases.items():
            if outcome.traces is not None and outcome.status == "ok":
                counted.setdefault(name, set()).add(outcome.traces)
    return {name: own.pop() for name, own in counted.items() if len(own) == 1}


def _finding(
    trap: str, one: Comparison, known: Mapping[str, Mapping[int, float]], failures: Mapping[str, str]
) -> Finding:
    naive, right = known[one.naive], known[one.right]
    off = ratio(naive, right)
    reason = "" if off else failures.get(one.naive) or failures.get(one.right) or "no launch has both measurements"
    return Finding(
        trap=trap,
        label=one.label,
        naive_s=_estimate(naive),
        right_s=_estimate(right),
        off=off,
        difference="no interval" if off is None else _told(off),
        reason=reason,
    )


def _told(off: Estimate) -> Difference:
    """What a ratio of times says: a ratio above one is slower, where a speed-up above one is faster."""
    return difference(off.reciprocal())


def _estimate(values: Mapping[int, float]) -> Estimate | None:
    return estimate(list(values.values())) if values else None


def _cell(record: TrapsRecord, one: Comparison, known: Mapping[str, Mapping[int, float]]) -> CellResult:
    runs = {protocol.name: known[f"{protocol.name}/{one.label}"] for protocol in PROTOCOLS}
    return CellResult(
        cell=one.label,
        mode=ARTICLE_CELLS[one.label],
        notebook_s=_estimate(runs["notebook"]),
        notebook_cpu_s=_estimate(times(record, one.naive, cpu=True)),
        alone_s=_estimate(runs["alone"]),
        right_s=_estimate(known[one.right]),
        off=ratio(runs["notebook"], known[one.right]),
        spread={name: max(own.values()) / min(own.values()) for name, own in runs.items() if len(own) > 1},
    )


def _pair(one: Comparison, other: Comparison, known: Mapping[str, Mapping[int, float]]) -> PairResult:
    right = ratio(known[one.right], known[other.right])
    truth: Difference = "no interval" if right is None else _told(right)
    named, launches, wrong = {}, {}, {}
    for protocol in PROTOCOLS:
        first, second = (known[f"{protocol.name}/{which.label}"] for which in (one, other))
        common = first.keys() & second.keys()
        launches[protocol.name] = len(common)
        named[protocol.name] = sum(first[launch] < second[launch] for launch in common)
        others = len(common) - named[protocol.name]
        wrong[protocol.name] = {"faster": others, "slower": named[protocol.name]}.get(truth, 0)
    return PairResult(one.label, other.label, right, truth, named, launches, wrong)


def _leads(cells: Mapping[str, Mapping[int, float]]) -> tuple[tuple[str, Estimate | None], ...]:
    """Cells by their time, the fastest first; of the others, how many times its time they take."""
    known = {cell: estimate(list(own.values())).value for cell, own in cells.items() if own}
    if not known:
        return ()
    fastest, *others = sorted(known, key=lambda cell: known[cell])
    return ((fastest, None), *((cell, ratio(cells[cell], cells[fastest])) for cell in others))
