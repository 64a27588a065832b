"""A workload of so many sizes and widths that it is told as a whole: who is the fastest where. Not yet escaped."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eagerbench.reports.batch_curves import Curves, leading, lines
from eagerbench.reports.leaders import contenders, names, recommended
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.tables import ABSENT, against, counted
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary

# A workload of more groups is a sweep: its groups have tables, but no figures of their own.
MOST_GROUPS = 6
CAPTION = (
    f"The fastest TensorFlow mode, and how many times faster than {REFERENCE_MODE} it is; a yardstick is never the "
    "fastest. Tied: can't be told from it"
)
_MOST_TIED = 2  # modes; of more their number is told
_WORK = {"forward": "Forward passes", "update": "Gradient steps"}


@dataclass(frozen=True)
class Sweep:
    """All groups of a workload.

    Attributes:
        workload: which.
        lines: widths and benchmarks, each over its sizes.
    """

    workload: str
    lines: tuple[Curves, ...]

    @property
    def key(self) -> str:
        """Its name among all groups, curves and sweeps."""
        return f"{self.workload}/sweep"

    @property
    def work(self) -> str:
        """What is done: ``Forward passes``."""
        return _WORK[self.workload]

    @property
    def title(self) -> str:
        """What was swept: ``Forward passes over batch sizes and widths``."""
        over = ["batch sizes"] if any(len(own.sizes) > 1 for own in self.lines) else []
        over += ["widths"] if len({own.hidden for own in self.lines}) > 1 else []
        over += ["benchmarks"] if len({own.subject for own in self.lines}) > 1 else []
        return f"{_WORK[self.workload]}{' over ' if over else ''}{names(over)}" if over else _WORK[self.workload]

    @property
    def groups(self) -> dict[str, list[CaseSummary]]:
        """By name of the group, line after line."""
        return {cases[0].case.group: cases for own in self.lines for cases in own.groups.values()}

    @property
    def sizes(self) -> list[int]:
        """Rows, ascending."""
        return sorted({size for own in self.lines for size in own.groups})


def sweeps(summary: Summary) -> dict[str, Sweep]:
    """The workloads of more groups than have room for figures of their own; by workload."""
    found: dict[str, list[Curves]] = {}
    for own in lines(summary).values():
        found.setdefault(own.workload, []).append(own)
    return {
        workload: Sweep(workload, tuple(own))
        for workload, own in found.items()
        if sum(len(line.groups) for line in own) > MOST_GROUPS
    }


def apart(summary: Summary) -> dict[str, list[CaseSummary]]:
    """The raced groups that are in no sweep, in the plan's order."""
    swept = {group for own in sweeps(summary).values() for group in own.groups}
    return {group: cases for group, cases in summary.groups.items() if group not in swept}


def grid(run: Run, sweep: Sweep) -> Table:
    """The fastest mode at each size, a column for each line.

    Args:
        run: where the samples are.
        sweep: of one workload.
    """
    named = [own.line or "Fastest" for own in sweep.lines]
    rows = [
        [Cell(counted(size, "row"), "", float(size)), *(_cell(run, own.groups.get(size)) for own in sweep.lines)]
        for size in sweep.sizes
    ]
    return Table("Fastest mode", ["Batch", *named], rows, [False] * (len(named) + 1))


def fastest(run: Run, cases: Sequence[CaseSummary]) -> list[CaseSummary]:
    """The modes of a group that no other is shown to be faster than; none where nothing shows who, or one is alone."""
    timed = contenders([case for case in cases if case.timed])
    return leading(run, cases) if len(timed) > 1 else []


def _cell(run: Run, cases: Sequence[CaseSummary] | None) -> Cell:
    if cases is None:
        return Cell(ABSENT)
    first = fastest(run, cases)
    if not first:
        return Cell(ABSENT, "nothing shows who")
    told = recommended(first)[0]
    others = [case.case.mode for case in first if case is not told]
    if others and told.case.mode == REFERENCE_MODE:
        return Cell(REFERENCE_MODE, "no mode is shown to be faster")
    words, limits = against(told.speedup)
    against_eager = [f"{words}, {limits}"] if limits else []
    tied = f"{len(others)} others" if len(others) > _MOST_TIED else names(others) if others else ""
    shown = told.difference == "faster" and bool(limits)
    order = told.speedup.value if told.speedup and limits else None
    detail = "; ".join([*against_eager, *([f"tied: {tied}"] if tied else [])])
    return Cell(told.case.mode, detail, order, "faster" if shown else "")


def gains(sweep: Sweep) -> Mapping[str, list[CaseSummary]]:
    """Cases that are shown to be faster than eager, by mode; the mode that is so most often first.

    Where two modes are so as often, the one with the larger product of its ratios stands first.
    """
    found: dict[str, list[CaseSummary]] = {}
    for cases in sweep.groups.values():
        for case in contenders([case for case in cases if case.timed]):
            if case.difference == "faster":
                found.setdefault(case.case.mode, []).append(case)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), -_gain(item[1]))))


def _gain(cases: Sequence[CaseSummary]) -> float:
    return sum(math.log(case.speedup.value) for case in cases if case.speedup)
