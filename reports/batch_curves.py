"""The figure of time against batch size, a line for each mode, with what is said of where lines cross.

It needs a workload with two sizes or more: ask `curved` first.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from eagerbench.cases import Case
from eagerbench.crossings import Crossing, crossings
from eagerbench.errors import UserError
from eagerbench.reports.axes import HALO, SIGN_IN, WIDTH_IN, canvas, drawing, label_log, panel
from eagerbench.reports.escape import for_figure
from eagerbench.reports.leaders import contenders, leaders
from eagerbench.reports.line_ends import name_ends
from eagerbench.reports.palette import CARD, INK, MUTED, RULE, look
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.tables import ranked, seconds, significant
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary, by_case, launch_medians

_LEFT_IN, _TOP_IN, _BOTTOM_IN, _PANEL_IN = 0.9, 0.85, 0.62, 4.6
_TICK_IN = 0.62
_FAR = 10.0  # times: sizes farther apart than that leave room for much that a straight line doesn't show
_MOST_TOLD = 3
_WORK = {"forward": "Forward pass", "update": "Gradient step"}


@dataclass(frozen=True)
class Curves:
    """One workload at several batch sizes.

    Attributes:
        workload: which.
        sizes: in rows, ascending; those at which some mode has times.
        modes: by mode and size, cases that have times; the fastest mode at the largest size first.
    """

    workload: str
    sizes: tuple[int, ...]
    modes: Mapping[str, Mapping[int, CaseSummary]]

    @property
    def work(self) -> str:
        """What is done, as a heading begins."""
        return _WORK[self.workload]


def curved(summary: Summary) -> dict[str, Curves]:
    """By workload, its modes over batch sizes; of each workload in which some mode has times at two sizes or more."""
    found = {}
    for workload in dict.fromkeys(case.case.workload for case in summary.cases):
        by_size: dict[int, list[CaseSummary]] = {}
        for cases in summary.of(workload).values() if workload in _WORK else ():
            rows = _rows(cases[0].case)
            if rows is not None and any(case.timed for case in cases):
                by_size[rows] = [case for case in ranked(cases) if case.timed]
        sizes = tuple(sorted(by_size))
        ordered = dict.fromkeys(case.case.mode for size in reversed(sizes) for case in by_size[size])
        modes = {
            mode: {size: case for size in sizes for case in by_size[size] if case.case.mode == mode} for mode in ordered
        }
        if any(len(own) > 1 for own in modes.values()):
            found[workload] = Curves(workload, sizes, modes)
    return found


def _rows(case: Case) -> int | None:
    try:
        return case.rows
    except (UserError, ValueError):  # no number of rows, or one too long to read
        return None


def found_crossings(run: Run, curves: Curves) -> list[Crossing]:
    """Every crossing of a mode with eager, then of two modes that are each among the fastest at some size.

    Args:
        run: where the samples are.
        curves: of one workload.
    """
    index = by_case(run)
    times = {
        mode: {size: launch_medians(index[case.case.id, "steady"]) for size, case in own.items()}
        for mode, own in curves.modes.items()
    }
    pairs = [(mode, REFERENCE_MODE) for mode in times if mode != REFERENCE_MODE and REFERENCE_MODE in times]
    pairs += [pair for pair in combinations(_leading(run, curves), 2) if REFERENCE_MODE not in pair]
    return [one for mode, other in pairs for one in crossings(mode, other, times[mode], times[other])]


def _leading(run: Run, curves: Curves) -> list[str]:
    """Modes that at some size are the fastest, or can't be told from it."""
    found: dict[str, None] = {}
    for size in curves.sizes:
        cases = ranked(own[size] for own in curves.modes.values() if size in own)
        found |= dict.fromkeys(case.case.mode for case in leaders(run, contenders(cases)))
    return list(found)


def crossings_sentences(curves: Curves, found: Sequence[Crossing]) -> list[str]:
    """What is shown of crossings, in a few sentences: of those among the fastest modes where there are any.

    Args:
        curves: of one workload.
        found: its crossings.
    """
    whole = [one for one in found if _shown_whole(one)]
    among = [one for one in whole if REFERENCE_MODE not in {one.faster_before, one.faster_after}]
    sizes = f"between {_rows_in_words(curves.sizes[0])} and {_rows_in_words(curves.sizes[-1])}"
    if not whole:
        return [
            f"No mode is shown to change places with {REFERENCE_MODE}, nor the fastest modes with each other, {sizes}."
        ]
    chosen = (among or whole)[:_MOST_TOLD]
    told = [f"{one.faster_after} passes {one.faster_before} {_at(one)}." for one in chosen]
    if len(whole) > len(chosen):
        more = len(found) - len(chosen)
        told.append(f"The table has {more} more crossing{'' if more == 1 else 's'}.")
    if any(_far_apart(one) for one in whole):
        told.append("Sizes so far apart don't show where: --batch-sizes takes more of them.")
    return told


def _at(one: Crossing) -> str:
    if _far_apart(one):
        return f"somewhere {_between_in_words(one)}"
    return f"at about {_rows_in_words(one.size)} ({interval_in_words(one)})"


def interval_in_words(crossing: Crossing) -> str:
    """The interval of a crossing: ``960–1,580``; an end beyond the sizes measured as such: ``below 8 to 31``."""
    smallest, largest = crossing.measured
    if crossing.low is not None and crossing.high is not None:
        return f"{_whole(crossing.low)}–{_whole(crossing.high)}"
    low = f"below {smallest:,}" if crossing.low is None else _whole(crossing.low)
    high = f"above {largest:,}" if crossing.high is None else _whole(crossing.high)
    return f"{low} to {high}"


def crossings_table(found: Sequence[Crossing]) -> Table | None:
    """Every crossing; None where there is none.

    Args:
        found: in the order of the rows.
    """
    if not found:
        return None
    rows = [
        [
            Cell(one.faster_before, _shown(one.low, one.measured[0]), one.faster_before),
            Cell(one.faster_after, _shown(one.high, one.measured[1]), one.faster_after),
            Cell(_between_in_words(one), "", one.size)
            if _far_apart(one)
            else Cell(_rows_in_words(one.size), interval_in_words(one), one.size),
        ]
        for one in found
    ]
    names = ["Faster at smaller batches", "Faster at larger batches", "Equal at"]
    return Table("Crossings", names, rows, [False] * len(names))


def _shown(end: float | None, size: int) -> str:
    """Of an open end: that the mode is shown to be faster nowhere on that side, whose last size is told."""
    return "" if end is not None else f"not shown at {_rows_in_words(size)}"


def _between_in_words(one: Crossing) -> str:
    return f"between {one.between[0]:,} and {one.between[1]:,} rows"


def _whole(rows: float) -> str:
    """A number of rows that was interpolated: three digits that count, and no part of a row."""
    return significant(rows) if rows >= 100 else f"{rows:.0f}"


def _rows_in_words(rows: float) -> str:
    told = f"{rows:,}" if isinstance(rows, int) else _whole(rows)
    return f"{told} {'row' if told == '1' else 'rows'}"


def _shown_whole(one: Crossing) -> bool:
    """Whether both modes are shown to be faster at some size."""
    return one.low is not None and one.high is not None


def _far_apart(one: Crossing) -> bool:
    """Whether the neighbouring sizes are too far apart for a number: nobody has measured what lies between."""
    return one.between[1] > _FAR * one.between[0]


def batch_curves(curves: Curves, found: Sequence[Crossing]) -> Figure:
    """Seconds of a call against rows of the batch, a line with its band for each mode; crossings as rings.

    Args:
        curves: of one workload.
        found: its crossings.
    """
    cases = [case for own in curves.modes.values() for case in own.values()]
    limits = {_rows(case.case): case.limit_s for case in cases if case.limit_s}
    ends = [end for case in cases for end in _ends(case)]
    low, high = min(ends) / 1.5, max(ends) * 1.6
    names = [(mode, own[max(own)]) for mode, own in curves.modes.items()]
    right_in = 0.45 + SIGN_IN * max(len(for_figure(mode)) for mode, _ in names)
    panel_in = max(_PANEL_IN, 0.24 * len(names) + 1)
    ringed = [one for one in found if _shown_whole(one) and not _far_apart(one)]
    rings = " Ring: crossing, with its interval." if ringed else ""
    with drawing():
        figure = canvas(
            f"{curves.work}: time per call against batch size",
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
        (_rows(case.case) or 1, _value(case)),
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
    axes.plot(
        [one.low or one.size, one.high or one.size], [time_s, time_s], color=INK, linewidth=1.1, alpha=0.8, zorder=5
    )
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
    below, above = one.between
    found = []
    for mode in (one.faster_before, one.faster_after):
        first, last = (_value(curves.modes[mode][size]) for size in (below, above))
        share = math.log(one.size / below) / math.log(above / below) if above > below else 0.0
        found.append(math.log(first) * (1 - share) + math.log(last) * share)
    return math.exp(sum(found) / 2)
