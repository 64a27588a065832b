"""The figure of the stages of a cold start. It needs at least one start: ask `starts_of` first."""

import statistics
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from eagerbench.reports.axes import (
    HALO,
    LEFT_IN,
    SIGN_IN,
    WIDTH_IN,
    beside,
    drawing,
    name_rows,
    room_for,
    rows_axes,
    write_withheld,
)
from eagerbench.reports.escape import for_figure
from eagerbench.reports.forked.cold_facts import after_imports, imports_s, starts_of
from eagerbench.reports.forked.cold_rows import ordered_starts
from eagerbench.reports.forked.cold_words import compiling
from eagerbench.reports.palette import CARD, INK, MUTED, RULE, stage_colour
from eagerbench.reports.tables import figure_title, interval, plain, seconds
from eagerbench.results import Run
from eagerbench.starting import STAGES, ColdStart
from eagerbench.summary import Summary

_WORDS = {"model": "model", "trace": "trace and prepare", "call": "call"}
# The axis ends at the latest at so many times the longest bar, whatever an interval does; and a bar that is so many
# times longer than others runs off it. What is cut is told beside.
BEYOND, FAR = 1.5, 3.0
_HATCHES = {"compile": "////", "trace and compile": "xxxx"}
_SHADE = "#8a4813"  # of the hatching, on the colour of `compile`; white text stands on both


def stages(run: Run, summary: Summary, group: str) -> Figure:
    """A bar for each mode, from the end of the imports to the first result, cut into stages; quickest on top.

    Args:
        run: what imports take.
        summary: of the run.
        group: as in ``summary.cold``.

    Raises:
        ValueError: where the group has no start.
    """
    starts = {start.case.id: start for start in starts_of(summary, group)}
    if not starts:
        raise ValueError(f"no case of {group!r} has a cold start; ask starts_of() first")
    cases = ordered_starts(summary, summary.of("cold")[group])
    imports = imports_s(run, list(starts.values()))
    right_in = room_for(interval(start.after_imports_s) for start in starts.values())
    width_in = WIDTH_IN - LEFT_IN - right_in
    most = axis_end(list(starts.values()))
    with drawing():
        figure, axes = rows_axes(
            f"{for_figure(figure_title(cases[0].case), 60)}: from imports to the first result",
            f"{_how(list(starts.values()), most)} "
            + (f"Imports before, the same for all: {interval(imports)}." if imports else "Quickest on top."),
            len(cases),
            right_in=right_in,
        )
        axes.set_xlim(0, most)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(seconds(value))))
        axes.grid(axis="x", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        name_rows(axes, cases, lambda case: case.case.id in starts)
        for position, case in enumerate(cases):
            if case.case.id in starts:
                _bar(axes, position, starts[case.case.id], width_in / most)
        write_withheld(axes, cases, lambda case: case.case.id in starts)
        known_limits = any(start.after_imports_s.low is not None for start in starts.values())
        beside(axes, -0.75, f"after imports{' (95 %)' if known_limits else ''}", color=MUTED, fontsize=8.5)
        _name_stages(axes, list(starts.values()), width_in)
        axes.set_xlabel("time since everything was imported", color=MUTED)
    return figure


def axis_end(starts: Sequence[ColdStart]) -> float:
    """Seconds at which the axis ends: beyond all bars and intervals but those that would squeeze the others."""
    totals = sorted(sum(after_imports(start).values()) for start in starts)
    usual = max(total for total in totals if total <= FAR * statistics.median(totals))
    longest = totals[-1] if totals[-1] <= FAR * usual else usual
    widest = max(start.after_imports_s.high or 0.0 for start in starts)
    return min(max(longest, widest), BEYOND * longest) * 1.02


def _how(starts: Sequence[ColdStart], most: float) -> str:
    """What the bars are."""
    beyond = " Arrow: goes on." if any(_end(start) > most for start in starts) else ""
    if all(start.after_imports_s.low is None for start in starts):
        return f"Bar: the one process, which gives no interval.{beyond}"
    return f"Bar: mean over processes. Line below: 95 % interval of the whole.{beyond}"


def _end(start: ColdStart) -> float:
    """Seconds up to which a start is drawn, its interval included."""
    return max(sum(after_imports(start).values()), start.after_imports_s.high or 0.0)


def words(start: ColdStart, stage: str) -> str:
    """What a stage of a start is called in the figure."""
    return compiling(start) if stage == "compile" else _WORDS.get(stage, stage)


def _bar(axes: Axes, position: int, start: ColdStart, inches_per_s: float) -> None:
    begin = 0.0
    for stage, took in after_imports(start).items():
        name, colour = words(start, stage), stage_colour(stage)
        axes.barh(position, took, left=begin, height=0.72, color=colour, edgecolor=CARD, linewidth=0.8, zorder=3)
        if name in _HATCHES and took * inches_per_s > 0.04:
            axes.barh(
                position,
                took,
                left=begin,
                height=0.66,
                facecolor="none",
                edgecolor=_SHADE,
                hatch=_HATCHES[name],
                linewidth=0,
                zorder=3.5,
            )
        seen = min(took, axes.get_xlim()[1] - begin)
        told = next(
            (
                text
                for text in (f"{name} {seconds(took)}", seconds(took))
                if (len(text) + 1) * SIGN_IN < seen * inches_per_s
            ),
            "",
        )
        if told:
            axes.text(
                begin + seen / 2,
                position,
                told,
                ha="center",
                va="center",
                fontsize=8.5,
                color=CARD,
                path_effects=[withStroke(linewidth=2.5, foreground=colour)],
                zorder=4,
            )
        begin += took
    whole = start.after_imports_s
    if whole.low is not None and whole.high is not None:
        below = [position + 0.42] * 2  # beside the bar, so that it strikes nothing through
        axes.plot([whole.low, whole.high], below, color=INK, linewidth=1.1, marker="|", markersize=4.5, zorder=5)
    if _end(start) > axes.get_xlim()[1]:
        axes.plot([axes.get_xlim()[1]], [position], marker=">", markersize=5, color=INK, clip_on=False, zorder=5)
    beside(axes, position, interval(whole), fontsize=9, color=INK)


def _name_stages(axes: Axes, starts: Sequence[ColdStart], width_in: float) -> None:
    """Each stage's name in its colour above the bars, for the pieces that are too narrow to bear it."""
    found = dict.fromkeys(
        (stage, words(start, stage))
        for stage in STAGES
        for start in starts
        if stage != "imports" and start.stages_s[stage] > 0
    )
    place = 0.0
    for stage, name in found:
        hatch = {"compile": "//// ", "trace and compile": "xxxx "}.get(name, "")
        axes.annotate(
            f"{hatch}{name}",
            (place, 1),
            xycoords="axes fraction",
            xytext=(0, 4),
            textcoords="offset points",
            fontsize=8.5,
            fontweight="bold",
            color=stage_colour(stage),
            path_effects=HALO,
        )
        place += (len(name) + len(hatch) + 3) * SIGN_IN / width_in
