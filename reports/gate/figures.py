"""The figures of a gate. Each returns a `Figure`; nothing global is set and nothing is written."""

import math
import statistics
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from eagerbench.gate import CaseVerdict, Change, Judgement, Verdict, block_changes
from eagerbench.gate_record import GateRecord
from eagerbench.reports.axes import MARGIN_IN, SIGN_IN, WIDTH_IN, beside, canvas, drawing, panel
from eagerbench.reports.escape import for_figure
from eagerbench.reports.gate.words import limits, percent, worst_first
from eagerbench.reports.palette import BAND, CARD, INK, MUTED, RULE, WITHHELD, Look
from eagerbench.reports.tables import plain

MOST_ROWS = 40
MOST_PANELS = 24
# How far an axis may reach to either side: a factor, and what is marked on it, in percent.
SCALES = {
    1.02: (-1.5, -1, 0, 1, 1.5),
    1.05: (-4, -2, 0, 2, 4),
    1.1: (-8, -4, 0, 4, 8),
    1.2: (-15, -10, -5, 0, 5, 10, 15),
    1.3: (-20, -10, 0, 10, 20),
    1.5: (-30, -15, 0, 15, 40),
    2.0: (-45, -30, -15, 0, 20, 40, 80),
    5.0: (-75, -50, 0, 50, 100, 300),
    20.0: (-90, -75, -50, 0, 100, 300, 900),
    1000.0: (-99, -90, 0, 900, 9900),
}
_ALL_IN_SIGHT = 1.5  # up to here an axis reaches as far as the farthest interval
_SHARE_IN_SIGHT = 0.8  # beyond, as far as this share of them: one outlier must not squeeze all others
_LOOKS: dict[Verdict, Look] = {
    "pass": Look("#0072b2", "o"),
    "improvement": Look("#00765a", "v"),
    "new": Look(MUTED, "P"),
    "unavailable": Look(MUTED, "P"),
    "inconclusive": Look("#8a6a00", "s"),
    "not comparable": Look(MUTED, "X"),
    "missing": Look(MUTED, "X"),
    "regression": Look("#c2410c", "^"),
}
_TOP_IN, _ROW_IN, _BOTTOM_IN, _RIGHT_IN = 0.95, 0.4, 0.62, 2.3
_LONGEST_CASE = 34
_TOLERATED = "#e3e9ef"  # between a margin and its reciprocal
_PANEL_IN, _PANEL_GAP_IN, _PANEL_LEFT_IN = 1.05, 0.62, 0.75


def told_with_change(judgement: Judgement) -> list[CaseVerdict]:
    """Cases of which there is a change, worst first."""
    return [own for own in worst_first(judgement.cases) if own.change is not None and _drawable(own.change)]


def _drawable(change: Change) -> bool:
    return all(end is None or 0 < end < math.inf for end in (change.value, change.low, change.high))


def intervals(judgement: Judgement) -> Figure:
    """The change of each case with its interval against the margin, worst first; below it, thin, the control's.

    Args:
        judgement: with at least one case of `told_with_change`.

    Raises:
        ValueError: where there is none.
    """
    told = told_with_change(judgement)
    if not told:
        raise ValueError("no case has a change; ask told_with_change() first")
    drawn = told[:MOST_ROWS]
    reach = _reach([_ends(own.change) for own in drawn if own.change], max(own.margin for own in drawn))
    names = [for_figure(own.case, _LONGEST_CASE) for own in drawn]
    left = MARGIN_IN + 0.15 + SIGN_IN * max(map(len, names))
    controls = any(own.control for own in drawn)
    with drawing():
        height = _TOP_IN + len(drawn) * _ROW_IN + _BOTTOM_IN
        figure = canvas(
            "Change of each case against its margin",
            "Marker: head over base. Bar: its interval. Shaded: within the margin, on either side."
            + (" Thin grey: the control." if controls else ""),
            height,
        )
        axes = panel(figure, left, _TOP_IN, WIDTH_IN - left - _RIGHT_IN, len(drawn) * _ROW_IN)
        axes.set_ylim(len(drawn) - 0.5, -0.5)
        axes.set_yticks(range(len(drawn)), names)
        axes.tick_params(axis="y", labelcolor=INK)
        _percent_axis(axes, "x", reach)
        edges = [math.log1p(own.margin) for own in drawn]
        rows = list(range(len(drawn)))
        axes.barh(rows, [2 * edge for edge in edges], 1.0, [-edge for edge in edges], color=_TOLERATED, zorder=0)
        axes.axvline(0, color=WITHHELD, linewidth=0.9, zorder=1)
        axes.vlines(edges, [row - 0.5 for row in rows], [row + 0.5 for row in rows], color=INK, linewidth=1.1, zorder=1)
        for row, own in enumerate(drawn):
            _row(axes, row, own, math.log(reach))
        beside(axes, -0.75, "change (interval), verdict", color=MUTED, fontsize=8.5)
        axes.set_xlabel("head's time over base's, logarithmic; right is slower", color=MUTED)
    return figure


def _ends(change: Change) -> tuple[float, float]:
    """Both ends of a change's interval in the logarithm; where there is no bound, the value stands for it."""
    return math.log(change.low or change.value), math.log(change.high or change.value)


def _reach(spans: Sequence[tuple[float, float]], margin: float) -> float:
    """The smallest scale that holds the margin, and enough of the intervals."""
    farthest = sorted(max(abs(low), abs(high)) for low, high in spans)
    held = farthest[-1]
    if held > math.log(_ALL_IN_SIGHT):
        held = max(farthest[math.ceil(_SHARE_IN_SIGHT * len(farthest)) - 1], math.log(_ALL_IN_SIGHT))
    needed = max(held, 1.3 * math.log1p(margin))
    return next((scale for scale in SCALES if math.log(scale) >= needed), max(SCALES))


def _percent_axis(axes: Axes, which: str, reach: float) -> None:
    """An axis of logarithms, marked in percent."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xlim if which == "x" else axes.set_ylim)(-math.log(reach), math.log(reach))
    axis.set_major_locator(FixedLocator([math.log1p(mark / 100) for mark in SCALES[reach]]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain(percent(math.exp(value)))))
    axes.grid(axis="x" if which == "x" else "y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)


def _row(axes: Axes, row: int, own: CaseVerdict, edge: float) -> None:
    if own.change is None:
        return
    colour, marker = _LOOKS[own.verdict]
    _interval(axes, row - 0.06, own.change, edge, color=colour, linewidth=6, alpha=0.4)
    value = math.log(own.change.value)
    beyond = abs(value) > edge
    axes.plot(
        [max(-edge, min(edge, value))],
        [row - 0.06],
        marker=(">" if value > 0 else "<") if beyond else marker,
        color=colour,
        markersize=7,
        markeredgecolor=CARD,
        markeredgewidth=0.7,
        clip_on=False,
        zorder=4,
    )
    if own.control is not None and _drawable(own.control):
        _interval(axes, row + 0.3, own.control, edge, color=WITHHELD, linewidth=1.4)
        axes.plot(
            [max(-edge, min(edge, math.log(own.control.value)))], [row + 0.3], marker="|", color=MUTED, markersize=5
        )
    told = limits(own.change)
    beside(axes, row - 0.14, f"{percent(own.change.value)}{f' ({told})' if told else ''}", fontsize=8.5, color=INK)
    beside(axes, row + 0.23, own.verdict, fontsize=8, color=colour, fontweight="bold")


def _interval(axes: Axes, row: float, change: Change, edge: float, **look: object) -> None:
    """The bar of an interval, as far as its bounds are known."""
    low, high = _ends(change)
    ends = [max(-edge, min(edge, low)), max(-edge, min(edge, high))]
    axes.plot(ends, [row, row], solid_capstyle="butt", zorder=3, **look)  # type: ignore[arg-type]


def blocks_in_order(judgement: Judgement, record: GateRecord) -> Figure:
    """Each counted block's change in the order taken, a panel for each case, those that did not pass first.

    Args:
        judgement: of the record, with at least one case of `told_with_change`.
        record: where the blocks are.

    Raises:
        ValueError: where there is none.
    """
    told = told_with_change(judgement)[:MOST_PANELS]
    if not told:
        raise ValueError("no case has a change; ask told_with_change() first")
    columns = min(2, len(told))
    rows = math.ceil(len(told) / columns)
    width = (WIDTH_IN - MARGIN_IN) / columns - _PANEL_LEFT_IN
    with drawing():
        figure = canvas(
            "Blocks in the order taken",
            "Point: one block, head over base. Shade: a round of fresh processes; dark line: its median. "
            "Dashed: the margin. Triangles: beyond.",
            _TOP_IN + rows * (_PANEL_IN + _PANEL_GAP_IN),
        )
        for place, own in enumerate(told):
            axes = panel(
                figure,
                _PANEL_LEFT_IN + (place % columns) * (width + _PANEL_LEFT_IN),
                _TOP_IN + 0.1 + (place // columns) * (_PANEL_IN + _PANEL_GAP_IN),
                width,
                _PANEL_IN,
            )
            _blocks(axes, own, block_changes(record, own.case))
    return figure


def _blocks(axes: Axes, own: CaseVerdict, rounds: Sequence[Sequence[float]]) -> None:
    colour = _LOOKS[own.verdict].colour
    # One block may be anything; what must be seen of a case are its rounds.
    spread = sorted(abs(change) for changes in rounds for change in changes)
    held = max(spread[math.ceil(0.95 * len(spread)) - 1], 1.3 * math.log1p(own.margin)) if spread else 0.0
    reach = next((scale for scale in SCALES if math.log(scale) >= held), max(SCALES))
    edge = math.log(reach)
    _percent_axis(axes, "y", reach)
    marks = SCALES[reach]
    axes.yaxis.set_major_locator(FixedLocator([math.log1p(mark / 100) for mark in (marks[0], 0, marks[-1])]))
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xticks([])
    axes.set_title(for_figure(own.case, _LONGEST_CASE), loc="left", fontsize=9, color=INK, pad=5)
    axes.set_title(own.verdict, loc="right", fontsize=8.5, fontweight="bold", color=colour, pad=5)
    axes.axhline(0, color=WITHHELD, linewidth=0.8, zorder=1)
    axes.axhline(math.log1p(own.margin), color=INK, linewidth=1.0, linestyle=(0, (4, 3)), zorder=2)
    begin = 0
    for number, changes in enumerate(rounds):
        end = begin + len(changes)
        if number % 2 == 0:
            axes.axvspan(begin - 0.5, end - 0.5, color=BAND, zorder=0, linewidth=0)
        for beyond, marker in ((0, "."), (1, "^"), (-1, "v")):
            chosen = [place for place, change in enumerate(changes) if (change > edge) - (change < -edge) == beyond]
            axes.plot(
                [begin + place for place in chosen],
                [max(-edge, min(edge, changes[place])) for place in chosen],
                linestyle="none",
                marker=marker,
                markersize=5 if beyond == 0 else 4.5,
                markeredgewidth=0,
                color=colour,
                alpha=0.75,
                clip_on=False,
                rasterized=True,
                zorder=3,
            )
        middle = max(-edge, min(edge, statistics.median(changes)))
        axes.plot([begin - 0.5, end - 0.5], [middle, middle], color=INK, linewidth=1.6, solid_capstyle="butt", zorder=4)
        begin = end
    axes.set_xlim(-0.5, max(begin, 1) - 0.5)
