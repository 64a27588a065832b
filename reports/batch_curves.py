"""Times over batch sizes: which cases make up a curve, where curves cross, and the figure of one of them.

The figure needs two sizes or more: ask `curved` first.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, TypeVar

import msgspec
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from eagerbench.cases import Case
from eagerbench.crossings import Crossing, Doubling, crossings, doubling
from eagerbench.errors import UserError
from eagerbench.reports.axes import HALO, SIGN_IN, WIDTH_IN, canvas, drawing, label_log, panel
from eagerbench.reports.crossing_words import told_crossings, unplaced
from eagerbench.reports.escape import for_figure
from eagerbench.reports.leaders import YARDSTICK, contenders, leaders
from eagerbench.reports.line_ends import name_ends
from eagerbench.reports.palette import CARD, INK, MUTED, RULE, look
from eagerbench.reports.tables import line_in_words, ranked, seconds
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary, by_case, launch_medians

_LEFT_IN, _TOP_IN, _BOTTOM_IN, _PANEL_IN = 0.9, 0.85, 0.62, 4.6
_TICK_IN = 0.62
_OF_THE_SIZE = frozenset({"rows_per_step", "steps"})  # what a mode resolves to that the number of rows alone may change
Placed = TypeVar("Placed", Crossing, Doubling)
_WORK = {"forward": "Forward pass", "update": "Gradient step"}


@dataclass(frozen=True)
class Curves:
    """One workload at several batch sizes: of one width, and of one user's benchmark or of the suite.

    Attributes:
        workload: which.
        line: width and benchmark in words, as they are told after a size; empty for neither.
        hidden: width, where there are several.
        subject: name of the user's own benchmark; empty for the suite's cases.
        groups: by rows, ascending, all cases.
        modes: by mode and size, cases that have times; the fastest mode at the largest size first.
    """

    workload: str
    line: str
    hidden: int | None
    subject: str
    groups: Mapping[int, list[CaseSummary]]
    modes: Mapping[str, Mapping[int, CaseSummary]]

    @property
    def key(self) -> str:
        """Its name among all curves and groups: no group has a slash, no two curves are named alike."""
        width = [] if self.hidden is None else [f"h{self.hidden}"]
        return "/".join([self.workload, *width, *([f"@{self.subject}"] if self.subject else [])])

    @property
    def sizes(self) -> tuple[int, ...]:
        """In rows, ascending; those at which some mode has times."""
        return tuple(size for size, cases in self.groups.items() if any(case.timed for case in cases))

    @property
    def references(self) -> list[str]:
        """Of eager and the yardstick, those that have times."""
        return [mode for mode in (REFERENCE_MODE, YARDSTICK) if mode in self.modes]

    @property
    def work(self) -> str:
        """What is done, as a heading begins: ``Forward pass, 512 hidden units``."""
        return _WORK[self.workload] + (f", {self.line}" if self.line else "")


def curved(summary: Summary) -> dict[str, Curves]:
    """The `lines` on which some mode has times at two sizes or more; by key."""
    return {key: own for key, own in lines(summary).items() if any(len(sizes) > 1 for sizes in own.modes.values())}


def lines(summary: Summary) -> dict[str, Curves]:
    """Whatever differs in nothing but its number of rows, together; by key."""
    found: dict[tuple[str, int | None, str], dict[int, list[CaseSummary]]] = {}
    for cases in summary.groups.values():
        case = cases[0].case
        rows = rows_of(case)
        if case.workload in _WORK and rows is not None:
            found.setdefault((case.workload, case.hidden, case.subject), {})[rows] = cases
    return {own.key: own for own in (_curves(*line, groups) for line, groups in found.items())}


def _curves(workload: str, hidden: int | None, subject: str, unordered: Mapping[int, list[CaseSummary]]) -> Curves:
    groups = {rows: ranked(unordered[rows]) for rows in sorted(unordered)}
    timed = {rows: [case for case in cases if case.timed] for rows, cases in groups.items()}
    ordered = dict.fromkeys(case.case.mode for rows in reversed(groups) for case in timed[rows])
    modes: dict[str, dict[int, CaseSummary]] = {mode: {} for mode in ordered}
    for rows, cases in timed.items():
        for case in cases:
            modes[case.case.mode][rows] = case
    line = line_in_words(next(iter(groups.values()))[0].case)
    return Curves(workload, line, hidden, subject, groups, modes)


def rows_of(case: Case) -> int | None:
    """Rows of the batch; None where it has none, or too many to read."""
    try:
        return case.rows
    except (UserError, ValueError):
        return None


def found_crossings(run: Run, curves: Curves) -> list[Crossing]:
    """Every crossing of a mode with eager, then with the yardstick, then of two that are among the fastest somewhere.

    Args:
        run: where the samples are.
        curves: of one workload.
    """
    times = _times(run, curves)
    pairs = [(mode, other) for other in curves.references for mode in times if mode != other]
    pairs += combinations(_leading(run, curves), 2)
    known: dict[frozenset[str], tuple[str, str]] = {}
    for pair in pairs:
        known.setdefault(frozenset(pair), pair)  # eager and numpy are held against each other once
    return [
        _with_programs(curves, one, pair)
        for pair in known.values()
        for one in crossings(*pair, *(times[mode] for mode in pair))
    ]


def found_doublings(run: Run, curves: Curves) -> list[Doubling]:
    """Where each mode's overhead ends; of modes that have times at the smallest size, and intervals.

    Args:
        run: where the samples are.
        curves: of one workload.
    """
    times = _times(run, curves)
    smallest = [mode for mode in times if curves.sizes[0] in times[mode]]
    return [_with_programs(curves, one, (mode,)) for mode in smallest if (one := doubling(mode, times[mode]))]


def _with_programs(curves: Curves, one: Placed, modes: Sequence[str]) -> Placed:
    """The same with who executes otherwise at some of the sizes around than at others."""
    otherwise = tuple(mode for mode in modes if _executes_otherwise(curves.modes[mode], one.around))
    return msgspec.structs.replace(one, otherwise=otherwise)


def _executes_otherwise(own: Mapping[int, CaseSummary], sizes: Sequence[int]) -> bool:
    """Whether a mode resolved to something else at some sizes than at others, but for the sizes themselves."""
    resolved = [_program(own[size].resolved, size) for size in sizes]
    return any(one != other for one, other in pairwise(resolved))


def _program(resolved: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """What a mode resolved to, less what only says how many rows there were: all in one step, or in several."""
    flags = {name: value for name, value in resolved.items() if name not in _OF_THE_SIZE}
    return {**flags, "one_step": resolved.get("rows_per_step", rows) == rows}


def _times(run: Run, curves: Curves) -> dict[str, dict[int, dict[int, float]]]:
    """Seconds of a call by mode, size and launch."""
    index = by_case(run)
    return {
        mode: {size: launch_medians(index[case.case.id, "steady"]) for size, case in own.items()}
        for mode, own in curves.modes.items()
    }


def leading(run: Run, cases: Iterable[CaseSummary]) -> list[CaseSummary]:
    """Of one group, the fastest mode and those that can't be told from it, no yardsticks; none where no mode has times.

    Args:
        run: where the samples are.
        cases: of one group.
    """
    timed = [case for case in ranked(cases) if case.timed]
    return leaders(run, contenders(timed))


def _leading(run: Run, curves: Curves) -> list[str]:
    """Modes that at some size are the fastest, or can't be told from it."""
    return list(dict.fromkeys(case.case.mode for cases in curves.groups.values() for case in leading(run, cases)))


def batch_curves(curves: Curves, found: Sequence[Crossing]) -> Figure:
    """Seconds of a call against rows of the batch, a line with its band for each mode; crossings as rings.

    Args:
        curves: of one workload.
        found: its crossings.
    """
    cases = [case for own in curves.modes.values() for case in own.values()]
    limits = {rows_of(case.case): case.limit_s for case in cases if case.limit_s}
    ends = [end for case in cases for end in _ends(case)]
    low, high = min(ends) / 1.5, max(ends) * 1.6
    names = [(mode, own[max(own)]) for mode, own in curves.modes.items()]
    right_in = 0.45 + SIGN_IN * max(len(for_figure(mode)) for mode, _ in names)
    panel_in = max(_PANEL_IN, 0.24 * len(names) + 1)
    ringed = [one for one in told_crossings(found) if not unplaced(one)]
    rings = " Rings: main crossings, with their intervals." if ringed else ""
    with drawing():
        figure = canvas(
            f"{for_figure(curves.work, 60)}: time per call against batch size",
            f"Both axes logarithmic. Shade: 95 % interval. Lines only join what was measured.{rings}",
            _TOP_IN + panel_in + _BOTTOM_IN,
        )
        axes = panel(figure, _LEFT_IN, _TOP_IN, WIDTH_IN - _LEFT_IN - right_in, panel_in)
        _scales(axes, curves.sizes, (low, high))
        if len(limits) > 1:
            _limit(axes, {size: limit for size, limit in limits.items() if size and limit}, (low, high))
        for mode, own in reversed(list(curves.modes.items())):  # the fastest over the others
            _line(axes, mode, own)
        for one in ringed:
            _ring(axes, curves, one)
        largest = curves.sizes[-1]
        name_ends(
            axes, [(mode, _value(own[largest])) for mode, own in curves.modes.items() if largest in own], panel_in
        )
        for mode, case in names:
            if largest not in curves.modes[mode]:
                _name_early_end(axes, mode, case)
    return figure


def _value(case: CaseSummary) -> float:
    if case.time_s is None:
        raise ValueError(f"{case.case.id} has no times")
    return case.time_s.value


def _ends(case: CaseSummary) -> tuple[float, float]:
    value = _value(case)
    return (case.time_s and case.time_s.low) or value, (case.time_s and case.time_s.high) or value


def _scales(axes: Axes, sizes: Sequence[int], limits: tuple[float, float]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    margin = (sizes[-1] / sizes[0]) ** 0.02
    axes.set_xlim(sizes[0] / margin, sizes[-1])
    axes.set_ylim(*limits)
    axes.xaxis.set_major_locator(FixedLocator(_apart(axes, sizes)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    label_log(axes.yaxis, limits, seconds)
    axes.tick_params(axis="y", pad=8)
    axes.grid(axis="both", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("batch size in rows, logarithmic; marked where measured", color=MUTED)
    axes.set_ylabel("time per call, logarithmic", color=MUTED)


def _apart(axes: Axes, sizes: Sequence[int]) -> list[int]:
    """The sizes whose numbers fit beside each other, the smallest and the largest among them."""
    width_in = axes.get_position().width * WIDTH_IN
    least = _TICK_IN / width_in * math.log(sizes[-1] / sizes[0])
    kept = [sizes[0]]
    for size in sizes[1:-1]:
        if math.log(size / kept[-1]) >= least and math.log(sizes[-1] / size) >= least:
            kept.append(size)
    return [*kept, sizes[-1]]


def _line(axes: Axes, mode: str, own: Mapping[int, CaseSummary]) -> None:
    colour, marker = look(mode)
    sizes = list(own)
    lows, highs = zip(*(_ends(case) for case in own.values()), strict=True)
    axes.fill_between(sizes, lows, highs, color=colour, alpha=0.16, linewidth=0, zorder=2)
    axes.plot(
        sizes,
        [_value(case) for case in own.values()],
        color=colour,
        linewidth=1.5,
        marker=marker,
        markersize=5.5,
        markeredgecolor=CARD,
        markeredgewidth=0.6,
        clip_on=False,
        zorder=4,
    )


def _name_early_end(axes: Axes, mode: str, case: CaseSummary) -> None:
    """The name of a mode that has no times at the largest size, where its line ends."""
    axes.annotate(
        for_figure(mode),
        (rows_of(case.case) or 1, _value(case)),
        xytext=(-7, 5),
        textcoords="offset points",
        ha="right",
        fontsize=9,
        color=look(mode).colour,
        path_effects=HALO,
        zorder=7,
    )


def _limit(axes: Axes, limits: Mapping[int, float], sight: tuple[float, float]) -> None:
    """The arithmetic alone, as far as it lies within sight."""
    sizes = sorted(limits)
    axes.plot(sizes, [limits[size] for size in sizes], color=INK, linestyle=(0, (4, 3)), linewidth=1.1, zorder=3)
    seen = [size for size in sizes if limits[size] >= sight[0]]
    if not seen:
        return
    # Where the line comes into sight, or begins.
    left = max(sizes[0] * (sight[0] / limits[sizes[0]]), sizes[0]) if limits[sizes[0]] < sight[0] else sizes[0]
    axes.annotate(
        "arithmetic alone",
        (left, max(sight[0], limits[sizes[0]])),
        xytext=(-6, 6),
        textcoords="offset points",
        ha="right",
        fontsize=8.5,
        color=INK,
    )


def _ring(axes: Axes, curves: Curves, one: Crossing) -> None:
    """A crossing on the lines, with its interval."""
    time_s = _time_at(curves, one)
    axes.plot([one.low, one.high], [time_s, time_s], color=INK, linewidth=1.1, alpha=0.8, zorder=5)
    axes.plot(
        [one.size],
        [time_s],
        marker="o",
        markersize=6.5,
        markerfacecolor=CARD,
        markeredgecolor=INK,
        markeredgewidth=1.1,
        zorder=6,
    )


def _time_at(curves: Curves, one: Crossing) -> float:
    """Seconds of a call at a crossing, on the straight lines that are drawn."""
    below = max(size for size in one.around if size <= one.size)
    above = min(size for size in one.around if size >= one.size)
    found = []
    for mode in (one.faster_before, one.faster_after):
        first, last = (_value(curves.modes[mode][size]) for size in (below, above))
        share = math.log(one.size / below) / math.log(above / below) if above > below else 0.0
        found.append(math.log(first) * (1 - share) + math.log(last) * share)
    return math.exp(sum(found) / 2)
