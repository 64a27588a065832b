"""The figure of time against the number of calls, starts included: who has paid back when.

It needs at least one start: ask `starts_of` first.
"""

import math

import msgspec
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eagerbench.reports.axes import HALO, SIGN_IN, WIDTH_IN, canvas, drawing, label_log, panel
from eagerbench.reports.escape import for_figure
from eagerbench.reports.forked.cold_facts import leads, starts_of
from eagerbench.reports.forked.cold_lines import Line, crossings, lines, most_calls, passed
from eagerbench.reports.forked.cold_words import led
from eagerbench.reports.line_ends import name_ends
from eagerbench.reports.palette import CARD, INK, MUTED, RULE, WITHHELD, hollow, look
from eagerbench.reports.tables import call_of, figure_title, seconds
from eagerbench.starting import ColdGroup
from eagerbench.summary import Summary

_LEFT_IN, _TOP_IN, _BOTTOM_IN = 0.9, 0.9, 0.62
_PANEL_IN, _LEVEL_IN = 4.3, 0.2
_POINTS = 90


def cumulative(summary: Summary, group: str) -> Figure:
    """Seconds of all calls together against their number, a line for each mode.

    Args:
        summary: of the run.
        group: as in ``summary.cold``.

    Raises:
        ValueError: where the group has no start.
    """
    starts = starts_of(summary, group)
    if not starts:
        raise ValueError(f"no case of {group!r} has a cold start; ask starts_of() first")
    own = summary.cold[group]
    call = call_of(starts[0].case)
    drawn, most, marks = lines(own), most_calls(own), passed(own)
    right_in = 0.45 + SIGN_IN * max((len(for_figure(line.mode)) for line in drawn), default=0)
    panel_in = max(_PANEL_IN, 0.24 * len(drawn) + 1)
    low = min(line.first_s for line in drawn) / 1.4
    high = max(line.at(most) for line in drawn) * 1.4
    room = ((len(marks) + 1) * _LEVEL_IN + 0.12) / panel_in  # below the lowest line, for what is told of the leaders
    bottom = 10 ** (math.log10(low) - math.log10(high / low) * room / (1 - room))
    with drawing():
        figure = canvas(
            f"{for_figure(figure_title(starts[0].case), 60)}: time of all {call}s together",
            "From the end of imports, both axes logarithmic. Dot: new leader (no yardstick). Ring: break-even. "
            "Dashed: cache filled.",
            _TOP_IN + panel_in + _BOTTOM_IN,
        )
        axes = panel(figure, _LEFT_IN, _TOP_IN, WIDTH_IN - _LEFT_IN - right_in, panel_in)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(1, most)
        axes.set_ylim(bottom, high)
        label_log(axes.xaxis, (1, most * 1.001), lambda value: f"{value:,.0f}", 10)
        label_log(axes.yaxis, (low, high), seconds)
        axes.tick_params(axis="y", pad=8)
        axes.grid(axis="both", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.set_xlabel(f"{call}s", color=MUTED)
        for line in reversed(drawn):  # the quickest over the others
            _draw(axes, line, most)
        name_ends(axes, [(line.mode, line.at(most)) for line in drawn if line.later_s is not None], panel_in)
        for calls, time_s in crossings(own):
            if calls <= most:
                axes.plot(
                    [calls],
                    [time_s],
                    marker="o",
                    markersize=4,
                    markerfacecolor=CARD,
                    markeredgecolor=WITHHELD,
                    markeredgewidth=0.9,
                    zorder=5,
                )
        _name_leads(axes, own, call, panel_in)
    return figure


def _draw(axes: Axes, line: Line, most: float) -> None:
    colour, marker = look(line.mode)
    if line.later_s is not None:
        calls = [most ** (number / (_POINTS - 1)) for number in range(_POINTS)]
        axes.plot(
            calls,
            [line.at(own) for own in calls],
            color=colour,
            linewidth=1.5,
            linestyle=(0, (4, 2)) if hollow(line.mode) else "-",
            zorder=3,
        )
    axes.plot(
        [1],
        [line.first_s],
        marker=marker,
        markersize=5,
        color=colour,
        markerfacecolor=CARD if hollow(line.mode) else colour,
        clip_on=False,
        zorder=4,
    )


def _name_leads(axes: Axes, group: ColdGroup, call: str, panel_in: float) -> None:
    """A dot where a mode takes the lead, and below it who leads from how many calls on."""
    left, right = axes.get_xlim()
    width_in = axes.get_position().width * WIDTH_IN
    texts = {lead.mode: led(msgspec.structs.replace(lead, mode=for_figure(lead.mode)), call) for lead in leads(group)}
    first_s = {line.mode: line.first_s for line in lines(group)}
    told = [(1.0, first_s[lead.mode], lead.mode) for lead in leads(group)[:1]] + passed(group)
    for level, (calls, time_s, mode) in enumerate(told):
        height = (0.12 + level * _LEVEL_IN) / panel_in
        low, high = (math.log10(end) for end in axes.get_ylim())
        seconds_there = 10 ** (low + (high - low) * (height - 0.04 / panel_in))
        colour = look(mode).colour
        axes.plot([calls, calls], [seconds_there, time_s], color=colour, linewidth=0.8, zorder=2)
        if level:
            axes.plot([calls], [time_s], marker="o", markersize=6, color=colour, markeredgecolor=CARD, zorder=6)
        share = math.log(calls / left) / math.log(right / left)
        leftwards = share * width_in + len(texts[mode]) * SIGN_IN * 0.92 > width_in + 1.0
        axes.annotate(
            texts[mode],
            (share, height),
            xycoords="axes fraction",
            xytext=(-4 if leftwards else 4, 0),
            textcoords="offset points",
            ha="right" if leftwards else "left",
            va="center",
            fontsize=8.5,
            color=INK,
            path_effects=HALO,
            annotation_clip=False,
            zorder=7,
        )
