"""The figure of runs side by side. Returns a `Figure`; nothing global is set and nothing is written."""

import math
from collections.abc import Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from eagerbench.reports.axes import MARGIN_IN, SIGN_IN, WIDTH_IN, canvas, drawing, panel
from eagerbench.reports.escape import for_figure
from eagerbench.reports.palette import CARD, INK, MUTED, RULE, WITHHELD, hollow, look
from eagerbench.reports.side_by_side.words import NOT_SHOWN, change_in_words
from eagerbench.reports.tables import group_title
from eagerbench.side_by_side import Comparison, SideBySide
from eagerbench.stats import Estimate
from eagerbench.summary import REFERENCE_MODE

MOST_ROWS = 80
MOST_PANELS = 5
# How far an axis may reach to either side: a factor, and what is marked on it.
_SCALES = {
    1.12: (0.9, 0.95, 1, 1.05, 1.1),
    1.3: (0.8, 0.9, 1, 1.1, 1.25),
    1.75: (0.6, 0.8, 1, 1.25, 1.6),
    2.4: (0.5, 0.7, 1, 1.4, 2),
    5.8: (0.2, 0.5, 1, 2, 5),
    24.0: (0.05, 0.2, 1, 5, 20),
    130.0: (0.01, 0.1, 1, 10, 100),
    2e4: (1e-4, 1e-2, 1, 1e2, 1e4),
}
# An axis holds this share of the interval ends: few launches give intervals that would squeeze all others. Of values
# it holds all but outliers: so many times as far out as the share that is ordinary.
_ENDS_IN_SIGHT, _ORDINARY, _OUTLIER = 0.8, 0.95, 4.0
_TOP_IN, _ROW_IN, _BOTTOM_IN, _GAP_IN, _TEXT_IN = 0.98, 0.27, 0.62, 0.16, 1.85
_LONGEST_MODE = 26


def drawable(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Comparisons of times that have an interval, of as many cases as a figure has room for."""
    told = [own for own in comparisons if own.change]
    cases = list(dict.fromkeys(own.case for own in told))
    return [own for own in told if own.case in cases[:MOST_ROWS]]


def changes(told: SideBySide, comparisons: Sequence[Comparison], places: Sequence[int]) -> Figure:
    """The change of each case with its intervals, in time and against eager, a panel for each run.

    Args:
        told: what the comparisons are of.
        comparisons: see `drawable`; at least one. Those of a group stand together.
        places: of the runs that are drawn, at most `MOST_PANELS`.

    Raises:
        ValueError: where there is nothing to draw.
    """
    if not comparisons or not places:
        raise ValueError("no change has an interval; ask drawable() first")
    rows: dict[object, int] = {}
    titles: dict[int, str] = {}
    for _, group in groupby(dict.fromkeys(own.case for own in comparisons), key=lambda case: case.group):
        for number, case in enumerate(group):
            if number == 0:
                titles[len(rows) + len(titles)] = for_figure(group_title(case), 60)
            rows[case] = len(rows) + len(titles)
    reach = _reach(comparisons)
    names = {row: for_figure(case.mode, _LONGEST_MODE) for case, row in rows.items()}  # type: ignore[attr-defined]
    left = MARGIN_IN + 0.25 + SIGN_IN * max(map(len, names.values()))
    right = 2 * _TEXT_IN if len(places) == 1 else MARGIN_IN
    width = (WIDTH_IN - left - right - _GAP_IN * (len(places) - 1)) / len(places)
    height = (len(rows) + len(titles)) * _ROW_IN
    with drawing():
        figure = canvas(
            f"Change against {for_figure(told.labels[0], 40)}",
            f"Colour: ratio to {REFERENCE_MODE} in the same launch. Grey: time. Bar: 95 % interval, stronger where it "
            "shows a difference.",
            _TOP_IN + height + _BOTTOM_IN,
        )
        for number, place in enumerate(places):
            axes = panel(figure, left + number * (width + _GAP_IN), _TOP_IN, width, height)
            axes.set_ylim(len(rows) + len(titles) - 0.5, -0.5)
            _axis(axes, reach, few=len(places) > 2)
            axes.set_yticks([])
            if number == 0:
                _name(figure, axes, names, titles)
            if len(told.labels) > 2:
                axes.set_title(
                    for_figure(told.labels[place], max(6, int(width / SIGN_IN))),
                    fontsize=9,
                    fontweight="bold",
                    color=INK,
                    loc="left",
                    pad=5,
                )
            if len(places) == 1:
                _write(axes, -0.9, width, "in time", f"against {REFERENCE_MODE}", (MUTED, MUTED))
            for own in comparisons:
                if own.run == place:
                    _row(axes, rows[own.case], own, math.log(reach))
                    if len(places) == 1:
                        _tell(axes, rows[own.case], own, width)
        middle = (left + (len(places) * (width + _GAP_IN) - _GAP_IN) / 2) / WIDTH_IN
        whole = figure.get_size_inches()[1]
        figure.text(
            middle,
            0.16 / whole,
            f"←  faster      times over {for_figure(told.labels[0], 24)}, logarithmic      slower  →",
            ha="center",
            color=MUTED,
            fontsize=9,
        )
    return figure


def _reach(comparisons: Sequence[Comparison]) -> float:
    """The smallest scale that holds enough of the values and of the ends of their intervals."""
    told = [change for own in comparisons for change in (own.change, own.to_eager) if change]
    values = sorted(abs(math.log(change.value)) for change in told)
    ends = sorted(max(map(abs, _ends(change))) for change in told)
    ordinary = values[math.ceil(_ORDINARY * len(values)) - 1]
    farthest = max(value for value in values if value <= _OUTLIER * ordinary)
    needed = max(farthest, ends[math.ceil(_ENDS_IN_SIGHT * len(ends)) - 1])
    return next((scale for scale in _SCALES if math.log(scale) >= needed), max(_SCALES))


def _ends(change: Estimate) -> tuple[float, float]:
    return math.log(change.low or change.value), math.log(change.high or change.value)


def _axis(axes: Axes, reach: float, *, few: bool) -> None:
    marks = _SCALES[reach]
    axes.set_xlim(-math.log(reach), math.log(reach))
    axes.xaxis.set_major_locator(FixedLocator([math.log(mark) for mark in (marks[::2] if few else marks)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{math.exp(value):.6g}×"))
    axes.tick_params(axis="x", labelsize=8.5)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.axvline(0, color=WITHHELD, linewidth=1.0, zorder=1)


def _name(figure: Figure, axes: Axes, names: dict[int, str], titles: dict[int, str]) -> None:
    """Modes right-aligned beside their rows; what their group does, above them from the left margin on."""
    for row, name in names.items():
        axes.annotate(
            name,
            (0, row),
            (-9, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=9,
            color=INK,
        )
    bounds = axes.get_position()
    for row, title in titles.items():
        y = bounds.y1 - (row + 0.56) / (len(names) + len(titles)) * bounds.height
        figure.text(
            MARGIN_IN / WIDTH_IN,
            y,
            title,
            va="center",
            fontsize=9.5,
            fontweight="bold",
            color=INK,
            bbox={"facecolor": CARD, "edgecolor": "none", "pad": 1.5},
            zorder=6,
        )


def _row(axes: Axes, row: int, own: Comparison, edge: float) -> None:
    colour, marker = look(own.case.mode)
    if own.change:
        _point(axes, row - (0.2 if own.to_eager else 0), own.change, edge, WITHHELD, "o", 4.2, filled=True)
    if own.to_eager:
        _point(axes, row + 0.13, own.to_eager, edge, colour, marker, 6, filled=not hollow(own.case.mode))


def _point(
    axes: Axes, y: float, change: Estimate, edge: float, colour: str, marker: str, size: float, *, filled: bool
) -> None:
    """A value with its interval; an arrow at the edge for what lies beyond it."""
    low, high = (max(-edge, min(edge, end)) for end in _ends(change))
    alpha = 0.28 if change_in_words(change)[0] == NOT_SHOWN else 0.75
    axes.plot([low, high], [y, y], color=colour, linewidth=size * 0.75, alpha=alpha, solid_capstyle="butt", zorder=3)
    value = math.log(change.value)
    beyond = abs(value) > edge
    axes.plot(
        [max(-edge, min(edge, value))],
        [y],
        marker=(">" if value > 0 else "<") if beyond else marker,
        color=colour,
        markerfacecolor=colour if filled or beyond else CARD,
        markersize=size,
        markeredgecolor=CARD if filled else colour,
        markeredgewidth=0.7 if filled else 1.3,
        clip_on=False,
        zorder=4,
    )


def _tell(axes: Axes, row: int, own: Comparison, width_in: float) -> None:
    words, colours = [], []
    for change in (own.change, own.to_eager):
        told, limits = change_in_words(change)
        shown = told != NOT_SHOWN and change is not None
        words.append(
            f"{told} ({limits})" if shown else limits or ("the reference" if own.case.mode == REFERENCE_MODE else "")
        )
        colours.append(INK if shown else WITHHELD)
    _write(axes, row, width_in, words[0], words[1], (colours[0], colours[1]))


def _write(axes: Axes, row: float, width_in: float, first: str, second: str, colours: tuple[str, str]) -> None:
    """Two texts side by side, right of the axes."""
    for place, (text, colour) in enumerate(zip((first, second), colours, strict=True)):
        axes.text(
            1 + (0.15 + place * _TEXT_IN) / width_in,
            row,
            text,
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=8.3,
            color=colour,
            clip_on=False,
        )
