"""The figure of everything that was raced, at a glance: how many times faster than eager each mode is in each group.

It needs a ratio with an interval: ask `drawable_overview` first.
"""

import math
import statistics
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from eagerbench.reports.axes import (
    MARGIN_IN,
    SIGN_IN,
    WIDTH_IN,
    canvas,
    draw_interval,
    drawing,
    in_sight,
    locate_apart,
    panel,
    width_of,
)
from eagerbench.reports.escape import for_figure
from eagerbench.reports.palette import BAND, CARD, INK, MUTED, RULE, WITHHELD, look
from eagerbench.reports.sweep import apart
from eagerbench.reports.tables import against, group_title
from eagerbench.stats import Estimate
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary

MOST_PANELS = 8
_IN_A_ROW = 4
# An axis beside its words has room for a number on either side of 1, or fewer panels stand in a row.
_LEAST_IN, _DECADE_IN = 0.75, 0.12
_BEYOND = 3  # times that an interval may reach beyond all points; the table under the figure has all of it
_TOP_IN, _HEAD_IN, _ROW_IN, _FOOT_IN, _GAP_IN = 0.8, 0.5, 0.245, 0.55, 0.1
_SIGN_IN, _OFF_IN = 0.067, 0.09  # of a label: a sign, and its distance from what it belongs to
_FONT = 8


def told_groups(summary: Summary) -> dict[str, list[CaseSummary]]:
    """The groups outside of sweeps in which some mode has a ratio to eager with an interval, in the plan's order."""
    return {
        group: cases
        for group, cases in apart(summary).items()
        if any(case.timed and case.case.mode == REFERENCE_MODE for case in cases) and any(map(with_ratio, cases))
    }


def with_ratio(case: CaseSummary) -> bool:
    """Whether a case has a ratio to eager with an interval."""
    return _ratio(case) is not None


def drawable_overview(summary: Summary) -> bool:
    """Whether there is any ratio to draw."""
    return bool(told_groups(summary))


def modes_in_order(groups: dict[str, list[CaseSummary]]) -> list[str]:
    """All modes, those first that are the most times faster than eager, on the geometric mean over groups.

    Eager itself stands where a mode of its speed would; modes without any ratio stand at the end.
    """
    ratios: dict[str, list[float]] = {}
    for case in (case for cases in groups.values() for case in cases):
        own = ratios.setdefault(case.case.mode, [])
        ratio = _ratio(case)
        if ratio is not None:
            own.append(math.log(ratio.value))
        elif case.case.mode == REFERENCE_MODE:
            own.append(0.0)
    return sorted(ratios, key=lambda mode: -statistics.fmean(ratios[mode]) if ratios[mode] else math.inf)


def overview(summary: Summary) -> Figure:
    """How many times faster than eager each mode is, with its interval; a panel for each group.

    Rows and axis are the same in all panels, so that a mode can be followed from one to the next. Words stand right of
    the axis, where no interval can be under them.

    Args:
        summary: of the run.

    Raises:
        ValueError: where no mode has a ratio to eager with an interval.
    """
    groups = dict(list(told_groups(summary).items())[:MOST_PANELS])
    if not groups:
        raise ValueError("no mode has a ratio to eager; ask drawable_overview() first")
    modes = modes_in_order(groups)
    told = [_told(case)[0] for cases in groups.values() for case in cases]
    words_in = _OFF_IN + _SIGN_IN * max(map(len, told))
    left_in = MARGIN_IN + 0.12 + SIGN_IN * max(len(for_figure(mode)) for mode in modes)
    whole_in = WIDTH_IN - left_in - MARGIN_IN
    limits = _limits([ratio for cases in groups.values() for case in cases if (ratio := _ratio(case))])
    least_in = max(_LEAST_IN, _DECADE_IN * math.log10(limits[1] / limits[0]))
    most = max(1, min(_IN_A_ROW, int(whole_in / (least_in + words_in + _GAP_IN))))
    columns = math.ceil(len(groups) / math.ceil(len(groups) / most))
    rows = math.ceil(len(groups) / columns)
    panel_in = whole_in / columns
    width_in = panel_in - words_in - _GAP_IN
    height_in = len(modes) * _ROW_IN
    with drawing():
        figure = canvas(
            f"How many times faster than {REFERENCE_MODE}",
            "Point: geometric mean over launches. Bar: 95 % interval, cut at arrows. “not shown”: no difference shown. "
            "–: not planned.",
            _TOP_IN + rows * (_HEAD_IN + height_in + _FOOT_IN),
        )
        for place, cases in enumerate(groups.values()):
            row, column = divmod(place, columns)
            axes = panel(
                figure,
                left_in + column * panel_in,
                _TOP_IN + _HEAD_IN + row * (_HEAD_IN + height_in + _FOOT_IN),
                width_in,
                height_in,
            )
            _panel(axes, limits, len(modes), 1 + words_in / width_in)
            for line, mode in enumerate(modes):
                _mode(axes, line, next((case for case in cases if case.case.mode == mode), None))
            _name(axes, modes if column == 0 else [""] * len(modes))
            axes.set_title(_two_lines(cases[0]), loc="left", fontsize=9.5, fontweight="bold", color=INK, pad=6)
    return figure


def _ratio(case: CaseSummary) -> Estimate | None:
    return case.speedup if case.timed and case.speedup and case.speedup.low and case.speedup.high else None


def _words(ratio: Estimate) -> str:
    return against(ratio)[0].removesuffix(" faster").replace("no difference shown", "not shown")


def _two_lines(case: CaseSummary) -> str:
    words = for_figure(group_title(case.case), 44)
    for joint in (" of ", " on ", " in "):
        work, found, size = words.partition(joint)
        if found:
            return f"{work}\n{size}"
    return words


def _told(case: CaseSummary | None) -> tuple[str, str]:
    """What is written in the row of a mode, and in which colour."""
    ratio = _ratio(case) if case else None
    if case is None:
        return "–", WITHHELD
    if case.case.mode == REFERENCE_MODE and case.timed:
        return "reference", MUTED
    if ratio is None:
        return "no ratio" if case.timed else "can't run" if case.status == "unavailable" else "withheld", WITHHELD
    return _words(ratio), INK


def _limits(ratios: Sequence[Estimate]) -> tuple[float, float]:
    """Ends of the axis, which holds 1."""
    ends = [end for ratio in ratios for end in (ratio.low, ratio.high) if end]
    low, high = map(math.log10, in_sight([1.0, *(ratio.value for ratio in ratios)], ends, _BEYOND))
    margin = max(0.03 * (high - low), 0.05)
    return 10 ** (low - margin), 10 ** (high + margin)


def _panel(axes: Axes, limits: tuple[float, float], modes: int, right: float) -> None:
    """An empty panel.

    Args:
        axes: of it.
        limits: of its axis.
        modes: how many.
        right: where what is written beside the axis ends, in widths of the axis.
    """
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    axes.set_ylim(modes - 0.5, -0.5)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    axes.tick_params(axis="x", labelsize=8)
    powers = [power for power in range(-300, 301) if limits[0] <= 10.0**power <= limits[1]]
    locate_apart(
        axes.xaxis,
        ([10.0**power for power in powers if power % step == 0] for step in range(1, len(powers) + 1)),
    )
    axes.set_xlabel("times faster, logarithmic", color=MUTED, fontsize=8.5)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    for row in range(0, modes, 2):
        axes.axhspan(row - 0.5, row + 0.5, xmax=right, color=BAND, zorder=0, linewidth=0, clip_on=False)
    axes.axvline(1, color=WITHHELD, linewidth=1.2, zorder=1)


def _name(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [for_figure(name) for name in names])
    for label in axes.get_yticklabels():
        label.set_color(INK)
        label.set_fontsize(9.5)


def _tick(value: float) -> str:
    return f"{value:,.0f}×" if value >= 1 else f"1/{1 / value:,.0f}"


def _mode(axes: Axes, row: int, case: CaseSummary | None) -> None:
    """A point with its interval, joined to the line at 1, and the words for it right of the axis."""
    ratio = _ratio(case) if case else None
    if case and ratio:
        colour = look(case.case.mode).colour
        axes.plot([1, ratio.value], [row, row], color=colour, linewidth=1.4, solid_capstyle="butt", zorder=2)
        draw_interval(axes, row, (ratio.low or ratio.value, ratio.high or ratio.value), colour)
    if case and (ratio or (case.case.mode == REFERENCE_MODE and case.timed)):
        _point(axes, row, ratio.value if ratio else 1.0, case.case.mode)
    words, tone = _told(case)
    axes.text(
        1 + _OFF_IN / width_of(axes),
        row,
        words,
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=_FONT,
        color=tone,
        style="italic" if case and tone == WITHHELD else "normal",
    )


def _point(axes: Axes, row: int, value: float, mode: str) -> None:
    colour, marker = look(mode)
    axes.plot(
        [value],
        [row],
        marker=marker,
        color=colour,
        markersize=5.5,
        markeredgecolor=CARD,
        markeredgewidth=0.6,
        zorder=4,
    )
