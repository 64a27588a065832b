"""Names at the right ends of lines, moved apart where they would overlap. Knows no numbers of a run."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from eagerbench.reports.axes import WIDTH_IN
from eagerbench.reports.escape import for_figure
from eagerbench.reports.palette import look

_APART_IN = 0.185


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Places moved as little as it takes to be apart, in their order.

    Neighbours that are too near become a block around their mean, and blocks that meet become one (the pool of
    adjacent violators).

    Args:
        places: ascending.
        gap: the least distance.
    """
    blocks: list[tuple[float, int]] = []  # sum of where the first of a block would like to be; how many are in it
    for number, place in enumerate(places):
        total, count = place - number * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before, members = blocks.pop()
            total, count = total + before, count + members
        blocks.append((total, count))
    firsts = [total / count for total, count in blocks for _ in range(count)]
    return [first + number * gap for number, first in enumerate(firsts)]


def name_ends(axes: Axes, ends: Sequence[tuple[str, float]], panel_in: float) -> None:
    """Write each mode's name right of the axes, joined to the end of its line where it had to move.

    Args:
        axes: with a logarithmic ordinate.
        ends: modes, and how high their lines end.
        panel_in: height of the axes in inches.
    """
    bottom, top = (math.log10(end) for end in axes.get_ylim())
    ordered = sorted(ends, key=lambda end: end[1])
    heights = [(math.log10(height) - bottom) / (top - bottom) * panel_in for _, height in ordered]
    moved = spread(heights, _APART_IN)
    # The topmost may stand above the axes, but not in the titles.
    excess = max(0.0, max(moved, default=0.0) - panel_in - 0.1)
    width_in = axes.get_position().width * WIDTH_IN
    for (mode, _), height, place in zip(ordered, heights, [one - excess for one in moved], strict=True):
        colour = look(mode).colour
        axes.plot(
            [1, 1 + 0.16 / width_in],
            [height / panel_in, place / panel_in],
            transform=axes.transAxes,
            color=colour,
            linewidth=0.7,
            clip_on=False,
        )
        axes.text(
            1 + 0.2 / width_in,
            place / panel_in,
            for_figure(mode),
            transform=axes.transAxes,
            va="center",
            fontsize=9,
            color=colour,
            clip_on=False,
        )
