"""The figure of growth: what stays resident from call to call. It needs a case whose memory is known."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from eagerbench.growth import GROWTH_MB, SETTLING, Memory
from eagerbench.reports.axes import LEFT_IN, WIDTH_IN, beside, drawing, name_rows, panel, rows_axes
from eagerbench.reports.escape import for_figure
from eagerbench.reports.forked.memory_words import memory_of
from eagerbench.reports.palette import BAND, CARD, INK, MUTED, RULE, WITHHELD, look
from eagerbench.reports.tables import amount, call_of, figure_title
from eagerbench.summary import Summary

SMALLEST_SCALE_MB = 1.0  # so that noise looks like noise
_ROW_IN, _TOP_IN = 0.5, 0.95
_CURVE_IN, _TOLD_IN, _VERDICT_IN = 2.0, 1.65, 0.75
_HALF_ROW = 0.42
_MOST_TICKS = 4  # on either side of nought


def growth(summary: Summary, group: str) -> Figure:
    """For each mode what is resident against its calls, and the slope of that; steepest on top.

    Args:
        summary: of the run.
        group: as in ``summary.of("memory")``.

    Raises:
        ValueError: where nothing is known of the group.
    """
    known = sorted(memory_of(summary, group), key=lambda own: -own.slope_mb.value if own.slope_mb else float("inf"))
    if not known:
        raise ValueError(f"no case of {group!r} has memory; ask memory_of() first")
    cases = {case.case.id: case for case in summary.of("memory")[group]}
    call = call_of(known[0].case)
    slopes_in = WIDTH_IN - LEFT_IN - _CURVE_IN - _TOLD_IN - _VERDICT_IN
    with drawing():
        figure, axes = rows_axes(
            f"{for_figure(figure_title(known[0].case), 60)}: growth from {call} to {call}",
            f"Left: resident memory from the first {call} to the last, each row on a scale of its own, of "
            f"{SMALLEST_SCALE_MB:g} MB or more. Right: its slope, 95 %.",
            len(known),
            row_in=_ROW_IN,
            right_in=WIDTH_IN - LEFT_IN - _CURVE_IN,
        )
        axes.set_xlim(0, 1)
        axes.set_xticks([])
        axes.axvspan(0, SETTLING, color=BAND, zorder=0, linewidth=0)
        name_rows(axes, [cases[own.case.id] for own in known], lambda _: True)
        axes.set_xlabel(
            f"share of all {call}s; the slope is taken\nafter the shaded {SETTLING:.0%}", color=MUTED, fontsize=8.5
        )
        beside(axes, -0.75, "in all", color=MUTED, fontsize=8.5)
        slopes = panel(figure, LEFT_IN + _CURVE_IN + _TOLD_IN, _TOP_IN, slopes_in, len(known) * _ROW_IN)
        slopes.set_ylim(axes.get_ylim())
        slopes.set_yticks([])
        _scale(slopes, known)
        for position, own in enumerate(known):
            _curve(axes, position, own)
            _slope(slopes, position, own)
            beside(slopes, position, own.verdict, fontsize=9, color=INK)
        slopes.set_xlabel(f"MB in 1,000 {call}s; shaded: within {GROWTH_MB:g} MB", color=MUTED, fontsize=8.5)
    return figure


def risen(own: Memory) -> list[tuple[float, float]]:
    """The curve of a case: share of the calls that were made, and megabytes above the first reading."""
    if not own.curve:
        return []
    last, base = own.curve[-1][0] or 1, own.curve[0][1]
    return [(calls / last, size - base) for calls, size in own.curve]


def _curve(axes: Axes, position: int, own: Memory) -> None:
    points = risen(own)
    axes.axhline(position + 0.5, color=CARD, linewidth=2.5, zorder=1)
    if len(points) < 2:
        beside(axes, position, "no further calls", fontsize=8.5, color=WITHHELD)
        return
    sizes = [size for _, size in points]
    lowest = min(0.0, *sizes)
    whole = max(SMALLEST_SCALE_MB, max(sizes) - lowest)

    def height(size: float) -> float:
        return position + _HALF_ROW - 2 * _HALF_ROW * (size - lowest) / whole

    axes.plot([0, 1], [height(0.0)] * 2, color=RULE, linewidth=0.8, zorder=2)
    axes.plot(
        [share for share, _ in points],
        [height(size) for size in sizes],
        color=look(own.case.mode).colour,
        linewidth=1.5,
        solid_joinstyle="round",
        zorder=3,
    )
    change = amount(sizes[-1])
    signed = change if change.startswith("-") or change == "0" else f"+{change}"
    beside(axes, position, f"{signed} MB in {own.curve[-1][0]:,}", fontsize=9, color=INK)


def _scale(axes: Axes, known: Sequence[Memory]) -> None:
    """Even around nought, where nobody minds, and logarithmic beyond, since slopes differ by powers of ten."""
    ends = [
        abs(end)
        for own in known
        if own.slope_mb
        for end in (own.slope_mb.value, own.slope_mb.low, own.slope_mb.high)
        if end is not None
    ]
    most = 1.5 * max([GROWTH_MB * 2, *ends])
    axes.set_xscale("symlog", linthresh=GROWTH_MB, linscale=0.7)
    axes.set_xlim(-most if any(_reaches_below(own) for own in known) else -GROWTH_MB * 1.2, most)
    powers = [own for own in (float(f"{GROWTH_MB}e{power}") for power in range(12)) if own <= most]
    powers = powers[:: -(-len(powers) // _MOST_TICKS)]
    axes.xaxis.set_major_locator(FixedLocator([*(-tick for tick in powers), 0, *powers]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.axvspan(-GROWTH_MB, GROWTH_MB, color=BAND, zorder=0, linewidth=0)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)


def _reaches_below(own: Memory) -> bool:
    slope = own.slope_mb
    return slope is not None and min(slope.value, slope.low if slope.low is not None else slope.value) < -GROWTH_MB


def _slope(axes: Axes, position: int, own: Memory) -> None:
    if own.slope_mb is None:
        return
    colour, marker = look(own.case.mode)
    mean = own.slope_mb
    if mean.low is not None and mean.high is not None:
        axes.plot(
            [mean.low, mean.high],
            [position, position],
            color=colour,
            linewidth=5,
            alpha=0.35,
            solid_capstyle="butt",
            zorder=3,
        )
    axes.plot([mean.value], [position], marker=marker, markersize=6, color=colour, markeredgecolor=CARD, zorder=4)
