"""The figure of the traps: how far each naive number is off. Nothing global is set and nothing is written."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eagerbench.reports.axes import MARGIN_IN, WIDTH_IN, beside, canvas, drawing, log_axis, panel, room_for
from eagerbench.reports.escape import for_figure
from eagerbench.reports.palette import CARD, INK, MUTED, WITHHELD
from eagerbench.reports.traps.catalogue import LESSONS
from eagerbench.reports.traps.words import off_in_words
from eagerbench.stats import Difference, Estimate, difference
from eagerbench.traps.findings import ARTICLE, TrapsSummary

_TOP_IN, _ROW_IN, _BOTTOM_IN = 0.95, 0.36, 0.62
_SIGN_IN = 0.066  # of names that are all ours
_SHOWN, _NOT_SHOWN = "#c2410c", MUTED
# An interval that reaches farther than this beyond all points is cut by the axis instead of squeezing them.
_REACH = 5.0

Drawn = tuple[str, Estimate, Difference]


def drawable(summary: TrapsSummary) -> list[Drawn]:
    """What has a ratio with an interval: name, ratio and what it says, farthest off first."""
    found: list[Drawn] = [
        (f"{LESSONS[one.trap].short}: {one.label}", one.off, one.difference)
        for one in summary.findings
        if one.off and one.difference != "no interval"
    ]
    for cell in summary.cells:
        shown = difference(cell.off.reciprocal()) if cell.off else "no interval"
        if cell.off and shown != "no interval":
            found.append((f"{ARTICLE}: {cell.cell} cell", cell.off, shown))
    return sorted(found, key=lambda one: -one[1].value)


def how_far_off(summary: TrapsSummary) -> Figure:
    """Naive over right with its interval, a row for each comparison, on a logarithmic axis.

    Raises:
        ValueError: where nothing is `drawable`.
    """
    drawn = drawable(summary)
    if not drawn:
        raise ValueError("no comparison has an interval; ask drawable() first")
    names = [for_figure(name, 44) for name, _, _ in drawn]
    words = [off_in_words(off, shown) for _, off, shown in drawn]
    left = MARGIN_IN + 0.15 + _SIGN_IN * max(map(len, names))
    values = [1.0, *(off.value for _, off, _ in drawn)]
    ends = [end for _, off, _ in drawn for end in (off.low or off.value, off.high or off.value)]
    low = max(min(values) / _REACH, min(values + ends))
    high = min(max(values) * _REACH, max(values + ends))
    with drawing():
        figure = canvas(
            "How far off naive measurements are",
            "Point: naive time over right time. Bar and brackets: its 95 % interval over launches.",
            _TOP_IN + len(drawn) * _ROW_IN + _BOTTOM_IN,
        )
        axes = panel(figure, left, _TOP_IN, WIDTH_IN - left - room_for(words), len(drawn) * _ROW_IN)
        axes.set_ylim(len(drawn) - 0.5, -0.5)
        axes.set_yticks(range(len(drawn)), names)
        axes.tick_params(axis="y", labelcolor=INK)
        log_axis(axes, low, high, lambda value: f"{value:,.4g}×", 7)
        axes.axvline(1, color=WITHHELD, linewidth=1.1, zorder=1)
        axes.annotate(
            "right",
            (1, 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
            color=MUTED,
        )
        for row, (one, text) in enumerate(zip(drawn, words, strict=True)):
            _row(axes, row, one, text)
        axes.set_xlabel("naive time over right time, logarithmic", color=MUTED)
    return figure


def _row(axes: Axes, row: int, drawn: Drawn, text: str) -> None:
    _, off, shown = drawn
    told = shown in {"slower", "faster"}
    colour = _SHOWN if told else _NOT_SHOWN
    low, high = (max(1e-300, end) if end else off.value for end in (off.low, off.high))
    if math.isfinite(high):
        axes.plot([low, high], [row, row], color=colour, linewidth=6, alpha=0.35, solid_capstyle="butt", zorder=3)
    if told:
        axes.plot([1, off.value], [row, row], color=colour, linewidth=1, alpha=0.6, zorder=2)
    axes.plot(
        [off.value],
        [row],
        marker="o" if told else "D",
        color=colour,
        markersize=6,
        markeredgecolor=CARD,
        markeredgewidth=0.7,
        zorder=4,
    )
    beside(axes, row, text, fontsize=9, color=INK if told else MUTED)
