"""The figure of the most memory that modes take. It needs a case whose memory is known: ask `memory_of` first."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from eagerbench.growth import Memory
from eagerbench.reports.axes import beside, drawing, name_rows, room_for, rows_axes, write_withheld
from eagerbench.reports.escape import for_figure
from eagerbench.reports.forked.memory_rows import ordered_memory
from eagerbench.reports.forked.memory_words import memory_of
from eagerbench.reports.palette import CARD, INK, MUTED, RULE, look
from eagerbench.reports.tables import amount, call_of, figure_title, mean_in_words, plain
from eagerbench.stats import Mean
from eagerbench.summary import Summary

BEYOND = 1.5  # times the largest value: where the axis ends at the latest


def peaks(summary: Summary, group: str) -> Figure:
    """The peak after the first call and after the last, above the imports, for each mode; least on top.

    Args:
        summary: of the run.
        group: as in ``summary.of("memory")``.

    Raises:
        ValueError: where nothing is known of the group.
    """
    known = {own.case.id: own for own in memory_of(summary, group)}
    if not known:
        raise ValueError(f"no case of {group!r} has memory; ask memory_of() first")
    cases = ordered_memory(summary, summary.of("memory")[group])
    call = call_of(cases[0].case)
    means = [mean for own in known.values() for mean in (own.first_peak_mb, own.last_peak_mb)]
    # An interval that is wider than all values together would squeeze them; its ends are told beside.
    widest = BEYOND * max(mean.value for mean in means) or 1.0
    most = min(widest, max(mean.value if mean.high is None else mean.high for mean in means) or 1.0)
    known_limits = any(mean.low is not None for mean in means)
    head = f"first {call}, then all, in MB{' (95 %)' if known_limits else ''}"
    with drawing():
        figure, axes = rows_axes(
            f"{for_figure(figure_title(cases[0].case), 60)}: peak above the imports",
            f"Hollow: after the first {call}. Filled: after the last. Bar and brackets: 95 % interval. Least on top."
            if known_limits
            else f"Hollow: after the first {call}. Filled: after the last. One process gives no interval.",
            len(cases),
            right_in=room_for([head, *(_told(own) for own in known.values())]),
        )
        axes.set_xlim(-0.02 * most, 1.03 * most)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(f"{amount(value)} MB")))
        axes.grid(axis="x", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        name_rows(axes, cases, lambda case: case.case.id in known)
        for position, case in enumerate(cases):
            if case.case.id in known:
                _row(axes, position, known[case.case.id])
        write_withheld(axes, cases, lambda case: case.case.id in known, "memory")
        beside(axes, -0.75, head, color=MUTED, fontsize=8.5)
        axes.set_xlabel("most resident memory above that of a process with everything imported", color=MUTED)
    return figure


def _told(own: Memory) -> str:
    return f"{mean_in_words(own.first_peak_mb)}, {mean_in_words(own.last_peak_mb)}"


def _row(axes: Axes, position: int, own: Memory) -> None:
    colour, marker = look(own.case.mode)
    axes.plot(
        [own.first_peak_mb.value, own.last_peak_mb.value],
        [position - 0.12, position + 0.12],
        color=RULE,
        linewidth=2,
        zorder=2,
    )
    for mean, place, fill in ((own.first_peak_mb, position - 0.12, CARD), (own.last_peak_mb, position + 0.12, colour)):
        _interval(axes, place, mean, colour)
        axes.plot(
            [mean.value],
            [place],
            marker=marker,
            markersize=6,
            color=colour,
            markerfacecolor=fill,
            markeredgewidth=1.3,
            zorder=4,
        )
    beside(axes, position, _told(own), fontsize=9, color=INK)


def _interval(axes: Axes, place: float, mean: Mean, colour: str) -> None:
    if mean.low is not None and mean.high is not None:
        axes.plot(
            [mean.low, mean.high],
            [place, place],
            color=colour,
            linewidth=4,
            alpha=0.35,
            solid_capstyle="butt",
            zorder=3,
        )
