"""The figure of everything that was raced, at a glance: how many times faster than eager each mode is in each group.

It needs a ratio with an interval: ask `drawable_overview` first.
"""

import math
import statistics
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from eagerbench.reports.axes import MARGIN_IN, SIGN_IN, WIDTH_IN, canvas, drawing, panel
from eagerbench.reports.escape import for_figure
from eagerbench.reports.palette import BAND, CARD, INK, MUTED, RULE, WITHHELD, look
from eagerbench.reports.sweep import apart
from eagerbench.reports.tables import against, group_title
from eagerbench.stats import Estimate
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary

MOST_PANELS = 8
_IN_A_ROW = 4
_BEYOND = 1.0  # decades that an interval may reach beyond all points before it is cut
_MOST_WORDS = 0.8  # share of the axis that words on both sides of the line may ask for
_TOP_IN, _HEAD_IN, _ROW_IN, _FOOT_IN, _GAP_IN = 0.8, 0.5, 0.245, 0.55, 0.12
_SIGN_IN, _OFF_IN = 0.07, 0.1  # of a label: a sign, and its distance from what it belongs to
_TICK_IN = 0.44
_FONT = 8.5


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

    Rows and axis are the same in all panels, so that a mode can be followed from one to the next.

    Args:
        summary: of the run.

    Raises:
        ValueError: where no mode has a ratio to eager with an interval.
    """
    groups = dict(list(told_groups(summary).items())[:MOST_PANELS])
    if not groups:
        raise ValueError("no mode has a ratio to eager; ask drawable_overview() first")
    modes = modes_in_order(groups)
    columns = math.ceil(len(groups) / math.ceil(len(groups) / _IN_A_ROW))
    rows = math.ceil(len(groups) / columns)
    left_in = MARGIN_IN + 0.12 + SIGN_IN * max(len(for_figure(mode)) for mode in modes)
    width_in = (WIDTH_IN - left_in - MARGIN_IN) / columns - _GAP_IN
    height_in = len(modes) * _ROW_IN
    limits = _limits([case for cases in groups.values() for case in cases], width_in)
    with drawing():
        figure = canvas(
            f"How many times faster than {REFERENCE_MODE}",
            "Point: geometric mean over launches, with its 95 % interval. Left of the line: slower. "
            "Not shown: a difference. –: not part of the plan.",
            _TOP_IN + rows * (_HEAD_IN + height_in + _FOOT_IN),
        )
        for place, cases in enumerate(groups.values()):
            row, column = divmod(place, columns)
            axes = panel(
                figure,
                left_in + column * (width_in + _GAP_IN),
                _TOP_IN + _HEAD_IN + row * (_HEAD_IN + height_in + _FOOT_IN),
                width_in,
                height_in,
            )
            _panel(axes, {case.case.mode: case for case in cases}, modes, limits, names=column == 0)
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


def _limits(cases: Sequence[CaseSummary], width_in: float) -> tuple[float, float]:
    """Ends of the axis: with room right of the line for what is told of slower modes, left of it for faster ones."""
    ratios = [ratio for case in cases if (ratio := _ratio(case))]
    values = [math.log10(ratio.value) for ratio in ratios] + [0.0]
    low = min([math.log10(ratio.low or ratio.value) for ratio in ratios] + [0.0])
    high = max([math.log10(ratio.high or ratio.value) for ratio in ratios] + [0.0])
    # Two launches that disagree give an interval of many decades, which would leave no room for anything else.
    low, high = max(low, min(values) - _BEYOND), min(high, max(values) + _BEYOND)
    low, high = low - 0.06 * (high - low), high + 0.06 * (high - low)
    faster = [len(_words(ratio)) for ratio in ratios if ratio.value >= 1]
    slower = [len(_words(ratio)) for ratio in ratios if ratio.value < 1]
    left, right = (
        (_OFF_IN + _SIGN_IN * (signs + 0.7)) / width_in  # shares of the axis
        for signs in (max(faster, default=0), max(slower, default=9))
    )
    most = max(1.0, (left + right) / _MOST_WORDS)  # beyond that there is no axis that has room for both
    left, right = left / most, right / most
    for _ in range(20):  # each end moves what the other one's share is taken of
        high = max(high, right / (1 - right) * -low, 0.1)
        low = min(low, left / (1 - left) * -high)
    return 10**low, 10**high


def _panel(
    axes: Axes, cases: dict[str, CaseSummary], modes: Sequence[str], limits: tuple[float, float], *, names: bool
) -> None:
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    axes.set_ylim(len(modes) - 0.5, -0.5)
    decades = math.log10(limits[1] / limits[0])
    step = math.ceil(_TICK_IN * decades / (axes.get_position().width * WIDTH_IN))
    powers = [power for power in range(-300, 301) if power % step == 0 and limits[0] <= 10.0**power <= limits[1]]
    axes.xaxis.set_major_locator(FixedLocator([10.0**power for power in powers]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    axes.tick_params(axis="x", labelsize=8.5)
    axes.set_xlabel("times faster, logarithmic", color=MUTED, fontsize=8.5)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_yticks(range(len(modes)), [for_figure(mode) for mode in modes] if names else [])
    if names:
        for label in axes.get_yticklabels():
            label.set_color(INK)
            label.set_fontsize(9.5)
    for row in range(0, len(modes), 2):
        axes.axhspan(row - 0.5, row + 0.5, color=BAND, zorder=0, linewidth=0)
    axes.axvline(1, color=WITHHELD, linewidth=1.2, zorder=1)
    for row, mode in enumerate(modes):
        _mode(axes, row, cases.get(mode))


def _tick(value: float) -> str:
    return f"{value:,.0f}×" if value >= 1 else f"1/{1 / value:,.0f}"


def _mode(axes: Axes, row: int, case: CaseSummary | None) -> None:
    ratio = _ratio(case) if case else None
    if case is None:
        _right_of_line(axes, row, "–", WITHHELD)
    elif case.case.mode == REFERENCE_MODE and case.timed:
        _point(axes, row, 1.0, case.case.mode)
        _right_of_line(axes, row, "the reference", MUTED)
    elif ratio is None:
        told = "no ratio" if case.timed else "can't run" if case.status == "unavailable" else "withheld"
        _right_of_line(axes, row, told, WITHHELD, style="italic")
    else:
        colour = look(case.case.mode).colour
        ends = [ratio.low or ratio.value, ratio.high or ratio.value]
        axes.plot([1, ratio.value], [row, row], color=colour, linewidth=1.4, solid_capstyle="butt", zorder=2)
        axes.plot(ends, [row, row], color=colour, linewidth=6, alpha=0.35, solid_capstyle="butt", zorder=3)
        _point(axes, row, ratio.value, case.case.mode)
        words = _words(ratio)
        if ratio.value < 1:
            _right_of_line(axes, row, words, INK)
        else:
            _beside_faster(axes, row, max(ratio.value, ends[1]), words)


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


def _right_of_line(axes: Axes, row: int, text: str, colour: str, **options: Any) -> None:
    _write(axes, row, 1.0, text, colour, "left", **options)


def _beside_faster(axes: Axes, row: int, end: float, text: str) -> None:
    """The number right of the point; where there is no room, left of the line."""
    low, high = (math.log10(limit) for limit in axes.get_xlim())
    room_in = (high - math.log10(end)) / (high - low) * axes.get_position().width * WIDTH_IN - _OFF_IN
    if len(text) * _SIGN_IN <= room_in + 0.05:
        _write(axes, row, end, text, INK, "left")
    else:
        _write(axes, row, 1.0, text, INK, "right")


def _write(axes: Axes, row: int, place: float, text: str, colour: str, side: str, **options: Any) -> None:
    axes.annotate(
        text,
        (place, row),
        xytext=(72 * _OFF_IN * (1 if side == "left" else -1), 0),
        textcoords="offset points",
        ha=side,
        va="center",
        fontsize=_FONT,
        color=colour,
        zorder=5,
        **options,
    )
