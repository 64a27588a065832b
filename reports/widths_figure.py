"""The figures over widths: at which batch size modes change places, and where overhead ends.

Each needs something to draw: ask `told_pairs`, or whether any mode has a `Doubling`, first.
"""

from collections.abc import Collection, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from eagerbench.crossings import Crossing, Doubling
from eagerbench.reports.axes import (
    HALO,
    LEFT_IN,
    SIGN_IN,
    WIDTH_IN,
    canvas,
    drawing,
    log_ticks,
    panel,
)
from eagerbench.reports.batch_curves import Curves
from eagerbench.reports.crossing_words import batch_in_words, unplaced
from eagerbench.reports.escape import for_figure
from eagerbench.reports.leaders import YARDSTICK
from eagerbench.reports.palette import BAND, CARD, INK, MUTED, RULE, WITHHELD, look, width_colour
from eagerbench.summary import REFERENCE_MODE

# Who is held against whom over widths: what TensorFlow's dispatch costs against NumPy's, and what compiling wins.
PAIRS = ((REFERENCE_MODE, YARDSTICK), ("function", YARDSTICK), ("function-xla", REFERENCE_MODE))

_TOP_IN, _BOTTOM_IN, _PANEL_IN, _LEFT_IN, _RIGHT_IN = 0.85, 0.62, 3.4, 0.95, 2.3
_ROW_IN, _MARGIN = 0.4, 1.35
_BESIDE = 1.05  # times the width, so that points of different pairs don't hide each other

# Crossings of a line of curves.
Found = Mapping[int, Sequence[Crossing]]


def told_pairs(found: Found) -> dict[tuple[str, str], dict[int, list[Crossing]]]:
    """Crossings of each of `PAIRS`, by width, where a number is told of them.

    Args:
        found: crossings by width.
    """
    near = {width: [one for one in crossings if not unplaced(one)] for width, crossings in found.items()}
    by_pair = {
        pair: {
            width: own
            for width, crossings in near.items()
            if (own := [one for one in crossings if {one.faster_before, one.faster_after} == set(pair)])
        }
        for pair in PAIRS
    }
    return {pair: own for pair, own in by_pair.items() if own}


def crossings_over_widths(title: str, found: Found, sizes: Sequence[int], modes: Collection[str]) -> Figure:
    """Rows at which two modes change places, against the width; a line for each pair.

    Args:
        title: what is done.
        found: crossings by width, ascending.
        sizes: all that were measured, ascending.
        modes: all that were measured.

    Raises:
        ValueError: where no pair crosses anywhere.
    """
    pairs = told_pairs(found)
    if not pairs:
        raise ValueError("no pair of modes changes places; ask told_pairs() first")
    widths = list(found)
    with drawing():
        figure = canvas(
            f"{for_figure(title, 40)}: batch size at which two modes are equally fast",
            "Bar: 95 % interval. No point: no change of places is shown, or only between which sizes.",
            _TOP_IN + _PANEL_IN + _BOTTOM_IN,
        )
        axes = panel(figure, _LEFT_IN, _TOP_IN, WIDTH_IN - _LEFT_IN - _RIGHT_IN, _PANEL_IN)
        _over_widths(axes, widths, sizes)
        for place, (pair, own) in enumerate(pairs.items()):
            _pair(axes, pair, own, _BESIDE ** (place - (len(pairs) - 1) / 2))
        _name_pairs(axes, pairs, [pair for pair in PAIRS if pair not in pairs and set(pair) <= set(modes)])
    return figure


def _over_widths(axes: Axes, widths: Sequence[int], sizes: Sequence[int]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(widths[0] / _MARGIN, widths[-1] * _MARGIN)
    axes.set_ylim(sizes[0] / _MARGIN, sizes[-1] * _MARGIN)
    axes.xaxis.set_major_locator(FixedLocator(list(widths)))
    axes.yaxis.set_major_locator(FixedLocator(log_ticks(sizes[0], sizes[-1])))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(axis="both", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("hidden units, logarithmic", color=MUTED)
    axes.set_ylabel("batch size in rows, logarithmic", color=MUTED)


def _pair(axes: Axes, pair: tuple[str, str], own: Mapping[int, Sequence[Crossing]], aside: float) -> None:
    """The crossings of a pair: joined where from one width to the next the same mode passes the other."""
    colour, marker = look(pair[0])
    for mode in pair:
        joined = [
            (width * aside, one.size) for width, found in own.items() for one in found if one.faster_after == mode
        ]
        axes.plot(
            [place for place, _ in joined],
            [size for _, size in joined],
            color=colour,
            linewidth=1.4,
            linestyle="-" if mode == pair[0] else (0, (4, 3)),
            zorder=3,
        )
    for width, found in own.items():
        for one in found:
            place = width * aside
            ends = [one.low, one.high]
            axes.plot([place, place], ends, color=colour, linewidth=6, alpha=0.35, solid_capstyle="butt", zorder=3)
            axes.plot(
                [place],
                [one.size],
                marker=marker,
                color=colour,
                markersize=6.5,
                markeredgecolor=CARD,
                markeredgewidth=0.7,
                zorder=5,
            )


def _name_pairs(
    axes: Axes,
    pairs: Mapping[tuple[str, str], Mapping[int, Sequence[Crossing]]],
    others: Sequence[tuple[str, str]],
) -> None:
    """What each line is, right of the axes, in the order of the lines' ends; then pairs that nowhere change places."""
    ordered = sorted(pairs, key=lambda pair: -list(pairs[pair].values())[-1][-1].size)
    for place, pair in enumerate([*ordered, *others]):
        after = {one.faster_after for found in pairs.get(pair, {}).values() for one in found}
        told = f"larger batches: {for_figure(min(after))}" if len(after) == 1 else "there and back"
        colour, marker = look(pair[0])
        top = 0.96 - place * 0.17
        if not after:
            colour, told = WITHHELD, "no change of places shown"
        axes.plot([1.045], [top], marker=marker, color=colour, markersize=6.5, transform=axes.transAxes, clip_on=False)
        pair_told = f"{for_figure(pair[0])} and {for_figure(pair[1])}"
        for line, (words, size, tone) in enumerate(((pair_told, 9, colour), (told, 8, MUTED))):
            axes.text(1.07, top - line * 0.065, words, transform=axes.transAxes, va="center", fontsize=size, color=tone)


def overhead_ends(title: str, lines: Sequence[tuple[Curves, Mapping[str, Doubling]]]) -> Figure:
    """Rows from which on a call of a mode takes more than twice as long as at the smallest size; a row for each mode.

    Args:
        title: what is done.
        lines: curves of one width or benchmark each, with where overhead ends on them.

    Raises:
        ValueError: where no mode has an interval anywhere.
    """
    modes = list(dict.fromkeys(mode for curves, own in lines for mode in curves.modes if mode in own))
    if not modes:
        raise ValueError("nowhere is it known where overhead ends; ask overhead_table() first")
    measured = [one.measured for _, own in lines for one in own.values()]
    smallest, largest = min(first for first, _ in measured), max(last for _, last in measured)
    rows_in = len(modes) * _ROW_IN
    loose = "Line: anywhere on it. " if any(unplaced(one) for _, own in lines for one in own.values()) else ""
    with drawing():
        figure = canvas(
            f"{for_figure(title, 40)}: where overhead ends",
            f"From where on a call takes twice as long as on {batch_in_words(smallest)}. Bar: 95 % interval. {loose}"
            "Arrow: beyond the sizes measured.",
            _TOP_IN + 0.35 + rows_in + _BOTTOM_IN,
        )
        axes = panel(figure, LEFT_IN, _TOP_IN + 0.35, WIDTH_IN - LEFT_IN - 0.6, rows_in)
        axes.set_xscale("log")
        axes.set_xlim(smallest, largest * _MARGIN)
        axes.set_ylim(len(modes) - 0.5, -0.5)
        axes.xaxis.set_major_locator(FixedLocator(log_ticks(smallest, largest)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.grid(axis="x", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.set_xlabel("batch size in rows, logarithmic", color=MUTED)
        axes.set_yticks(range(len(modes)), [for_figure(mode) for mode in modes])
        for label in axes.get_yticklabels():
            label.set_color(INK)
            label.set_fontsize(10)
        for row in range(0, len(modes), 2):
            axes.axhspan(row - 0.5, row + 0.5, color=BAND, zorder=0, linewidth=0)
        for place, (_, own) in enumerate(lines):
            aside = 0.16 * (place - (len(lines) - 1) / 2) / max(1, (len(lines) - 1) / 2) if len(lines) > 1 else 0.0
            for row, mode in enumerate(modes):
                if mode in own:
                    _end(axes, row + aside, own[mode], width_colour(place, len(lines)))
        if len(lines) > 1:
            _key(axes, [curves.line or "the suite's own" for curves, _ in lines], 1 + 0.2 / rows_in)
    return figure


def _end(axes: Axes, row: float, own: Doubling, colour: str) -> None:
    last = axes.get_xlim()[1]
    if own.high is None:
        axes.plot([last], [row], marker=">", color=colour, markersize=6, clip_on=False, zorder=4)
    if unplaced(own):
        ends = [own.around[0], own.around[-1] if own.high else last]
        axes.plot(ends, [row, row], color=colour, linewidth=1.2, zorder=3)
        return
    if own.low is not None:
        ends = [own.low, own.high or last]
        axes.plot(ends, [row, row], color=colour, linewidth=5, alpha=0.4, solid_capstyle="butt", zorder=3)
    if own.size is not None:
        axes.plot(
            [own.size],
            [row],
            marker="o",
            color=colour,
            markersize=6,
            markeredgecolor=CARD,
            markeredgewidth=0.7,
            zorder=5,
        )


def _key(axes: Axes, names: Sequence[str], top: float) -> None:
    """What each colour stands for, above the axes.

    Args:
        axes: of the points.
        names: of the lines.
        top: how high to write, in heights of the axes.
    """
    width_in = axes.get_position().width * WIDTH_IN
    left = 0.0
    for place, name in enumerate(names):
        told = for_figure(name, 30)
        axes.plot(
            [left + 0.05 / width_in],
            [top],
            marker="o",
            color=width_colour(place, len(names)),
            markersize=6,
            transform=axes.transAxes,
            clip_on=False,
        )
        axes.text(
            left + 0.15 / width_in,
            top,
            told,
            transform=axes.transAxes,
            va="center",
            fontsize=9,
            color=INK,
            path_effects=HALO,
        )
        left += (0.45 + SIGN_IN * len(told)) / width_in
