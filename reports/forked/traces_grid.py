"""The figure of traces and compilations. It needs something that was counted: ask `counted` first."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from eagerbench.reports.axes import LEFT_IN, MARGIN_IN, WIDTH_IN, canvas, drawing, panel
from eagerbench.reports.escape import for_figure
from eagerbench.reports.forked.traces_words import TITLE, counted, counted_modes, scenarios
from eagerbench.reports.palette import BAND, CARD, INK, MUTED, WITHHELD
from eagerbench.reports.tables import ABSENT
from eagerbench.results import Counts
from eagerbench.summary import Summary

# Once is what it takes; in every call is what hurts. Black text stands on all of them.
NOTHING, FEW, MORE, EVERY = BAND, "#dbeaf6", "#fde3b5", "#f7b98f"
_TOP_IN, _ROW_IN, _BOTTOM_IN = 1.25, 0.34, 0.15


def shade(own: Counts) -> str:
    """The colour of a cell, by how often there was a trace or a compilation."""
    most = max(own.traces or 0, own.compiles)
    if most == 0:
        return NOTHING
    if own.calls > 1 and most >= own.calls:
        return EVERY
    return FEW if most == 1 else MORE


def grid(summary: Summary) -> Figure:
    """A row for each mode, a column for each scenario; in each cell traces and compilations.

    Args:
        summary: of the run.

    Raises:
        ValueError: where nothing was counted.
    """
    known = counted(summary)
    if not known:
        raise ValueError("nothing was counted; ask counted() first")
    modes, sizes = counted_modes(summary), scenarios(summary)
    calls = sorted({own.calls for own in known.values()})
    told = f"{calls[0]:,}" if len(calls) == 1 else f"{calls[0]:,} to {calls[-1]:,}"
    with drawing():
        figure = canvas(
            f"{TITLE} in {told} call{'' if calls == [1] else 's'}",
            "Traces + programs that XLA compiled. Grey: none. Blue: one at most. Yellow: more. Red: in every call.",
            _TOP_IN + len(modes) * _ROW_IN + _BOTTOM_IN,
        )
        axes = panel(figure, LEFT_IN, _TOP_IN, WIDTH_IN - LEFT_IN - MARGIN_IN, len(modes) * _ROW_IN)
        axes.set_xlim(0, len(sizes))
        axes.set_ylim(len(modes) - 0.5, -0.5)
        axes.spines["bottom"].set_visible(False)
        axes.set_xticks([])
        axes.set_yticks(range(len(modes)), [for_figure(mode) for mode in modes])
        for label in axes.get_yticklabels():
            label.set_color(INK)
            label.set_fontsize(10)
        for column, size in enumerate(sizes):
            axes.annotate(
                _head(size),
                (column + 0.5, -0.5),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=9,
                color=MUTED,
                annotation_clip=False,
            )
            for row, mode in enumerate(modes):
                _cell(axes, column, row, known.get((mode, size)))
    return figure


def _head(size: str) -> str:
    work, _, changing = size.partition("-")
    return f"{for_figure(work, 16)}\n{for_figure(changing, 16)}"


def _cell(axes: Axes, column: int, row: int, own: Counts | None) -> None:
    axes.add_patch(
        Rectangle((column, row - 0.5), 1, 1, facecolor=shade(own) if own else CARD, edgecolor=CARD, linewidth=2)
    )
    text = ABSENT if own is None else "traces nothing" if own.traces is None else f"{own.traces:,} + {own.compiles:,}"
    if own is not None and own.traces is None and own.compiles:
        text = f"no trace + {own.compiles:,}"
    quiet = own is None or (own.traces is None and not own.compiles)
    axes.text(
        column + 0.5,
        row,
        text,
        ha="center",
        va="center",
        fontsize=9,
        color=WITHHELD if own is None else MUTED if quiet else INK,
    )
