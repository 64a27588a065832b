"""The figures of a group of cases. Each returns a `Figure`; nothing global is set and nothing is written.

A figure needs at least one case with times: ask `drawable` first.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eagerbench.reports.axes import (
    HALO,
    SIGN_IN,
    beside,
    draw_interval,
    drawing,
    in_sight,
    log_axis,
    name_rows,
    room_for,
    rows_axes,
    time_of,
    width_of,
    write_withheld,
)
from eagerbench.reports.escape import for_figure
from eagerbench.reports.measures import TIME, Measure, measure
from eagerbench.reports.palette import CARD, INK, MUTED, RULE, WITHHELD, look
from eagerbench.reports.tables import breaking_even, compared, group_title, ranked, seconds
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary

# A limit this many times below the fastest mode says nothing and would squeeze all points into a corner.
LIMIT_OUT_OF_SIGHT = 100
# Inches between a label and its point, generously.
_LABEL_OFF_IN = 0.2


def drawable(summary: Summary, group: str) -> bool:
    """Whether any case of the group has times."""
    return any(case.timed for case in summary.groups.get(group, ()))


def limit_in_sight(cases: Sequence[CaseSummary]) -> float | None:
    """Seconds of the arithmetic alone, where that is near enough to the fastest mode to be drawn."""
    fastest = min((case.time_s.value for case in cases if case.time_s), default=None)
    limit = next((case.limit_s for case in cases if case.limit_s), None)
    if fastest is None or limit is None or limit * LIMIT_OUT_OF_SIGHT < fastest:
        return None
    return limit


def ranking(summary: Summary, group: str) -> Figure:
    """Seconds of a call, or environment steps a second, for each mode with its interval, fastest on top.

    Args:
        summary: of the run.
        group: as in ``summary.groups``.

    Raises:
        ValueError: where no case of the group has times.
    """
    cases, timed = _cases(summary, group)
    told = measure(cases[0].case)
    low, high = in_sight(map(told.value, timed), [end for case in timed for end in told.ends(case)])
    limit = limit_in_sight(cases) if told is TIME else None
    with drawing():
        figure, axes = rows_axes(
            f"{for_figure(group_title(cases[0].case), 60)}: {told.name}",
            "Point: geometric mean over launches. Bar and brackets: its 95 % interval, an arrow where it is cut. "
            "Fastest on top."
            if any(case.time_s and case.time_s.low for case in timed)
            else "Point: median of the one launch, which gives no interval. Fastest on top.",
            len(cases),
            right_in=room_for(compared(case.speedup) for case in timed if _has_ratio(case)),
        )
        log_axis(axes, min(low, limit or low), high, told.number)
        name_rows(axes, cases)
        for position, case in enumerate(timed):
            _dot_and_interval(axes, position, case, told)
        write_withheld(axes, cases)
        for case in timed:
            if case.case.mode == REFERENCE_MODE:
                axes.axvline(told.value(case), color=WITHHELD, linewidth=0.8, linestyle=":", zorder=1)
        if any(_has_ratio(case) for case in timed):
            beside(axes, -0.75, f"against {REFERENCE_MODE} (95 %)", color=MUTED, fontsize=8.5)
        if limit:
            axes.axvline(limit, color=INK, linestyle=(0, (4, 3)), linewidth=1.1, zorder=1)
            axes.annotate(
                f"arithmetic alone: {seconds(limit)}",
                (limit, 1),
                xycoords=axes.get_xaxis_transform(),
                xytext=(0, 4),
                textcoords="offset points",
                ha="left" if _share(axes, limit) < 0.5 else "right",
                fontsize=8.5,
                color=INK,
            )
        axes.set_xlabel(f"{told.name}, logarithmic", color=MUTED)
    return figure


def first_call(summary: Summary, group: str) -> Figure:
    """Seconds of preparing and the first call, joined to the seconds of a later call, fastest later call on top.

    What is called a call is an update where the group is a training.

    Args:
        summary: of the run.
        group: as in ``summary.groups``.

    Raises:
        ValueError: where no case of the group has times.
    """
    cases, timed = _cases(summary, group)
    call = measure(cases[0].case).call
    starts = [case for case in timed if case.cold_s]
    values = [*map(time_of, timed), *(case.cold_s.value for case in starts if case.cold_s)]
    interval = any(case.cold_s and case.cold_s.low for case in starts)
    bar = ", bar: its 95 % interval, an arrow where it is cut" if interval else ""
    with drawing():
        figure, axes = rows_axes(
            f"{for_figure(group_title(cases[0].case), 60)}: first {call} and later {call}s",
            f"Hollow: preparing and the first {call} together{bar}. Filled: a later {call}.",
            len(cases),
            right_in=2.2,
        )
        log_axis(axes, *in_sight(values, [end for case in starts for end in _start_ends(case)]))
        name_rows(axes, cases)
        for position, case in enumerate(timed):
            _later_and_first(axes, position, case, call)
        write_withheld(axes, cases)
        if any(case.break_even for case in timed):
            beside(axes, -0.75, f"ahead of {REFERENCE_MODE} (95 %)", color=MUTED, fontsize=8.5)
        axes.set_xlabel("time, logarithmic", color=MUTED)
    return figure


def _cases(summary: Summary, group: str) -> tuple[list[CaseSummary], list[CaseSummary]]:
    cases = ranked(summary.groups.get(group, ()))
    timed = [case for case in cases if case.timed]
    if not timed:
        raise ValueError(f"no case of {group!r} has times; ask drawable() first")
    return cases, timed


def _start_ends(case: CaseSummary) -> tuple[float, float]:
    """Both ends of the interval of the first call; twice its value where there is none."""
    if case.cold_s is None:
        raise ValueError(f"{case.case.id} has no first call")
    return case.cold_s.low or case.cold_s.value, case.cold_s.high or case.cold_s.value


def _has_ratio(case: CaseSummary) -> bool:
    return case.difference not in {None, "no interval"}


def _share(axes: Axes, value: float) -> float:
    """Where on the axis a value lies: 0 on the left, 1 on the right."""
    return float(axes.transAxes.inverted().transform(axes.transData.transform((value, 0)))[0])


def _dot_and_interval(axes: Axes, position: int, case: CaseSummary, told: Measure) -> None:
    colour, marker = look(case.case.mode)
    value = told.value(case)
    draw_interval(axes, position, told.ends(case), colour)
    axes.plot(
        [value],
        [position],
        marker=marker,
        color=colour,
        markersize=6,
        markeredgecolor=CARD,
        markeredgewidth=0.7,
        zorder=4,
    )
    label = told.short(case)
    share, side = _label_place(
        axes, label, *(_share(axes, place) for place in (told.ends(case)[0], value, told.ends(case)[1]))
    )
    axes.annotate(
        label,
        (share, position),
        xycoords=axes.get_yaxis_transform(),
        xytext=(8 * side, 0 if side else 9),
        textcoords="offset points",
        ha=("center", "left", "right")[side],
        va="center",
        fontsize=9,
        color=INK,
        path_effects=HALO,
        zorder=5,
    )
    if case.case.mode == REFERENCE_MODE:
        beside(axes, position, "the reference", fontsize=9, color=MUTED)
    elif _has_ratio(case):
        beside(axes, position, compared(case.speedup), fontsize=9, color=INK)


def _label_place(axes: Axes, label: str, low: float, value: float, high: float) -> tuple[float, int]:
    """Where a label goes: right (1) or left (-1) of its interval, or above it (0) for lack of room.

    Args:
        axes: of the point.
        label: to be written.
        low: where the interval begins, as a share of the axis.
        value: where the point is.
        high: where the interval ends.
    """
    width = (SIGN_IN * len(label) + _LABEL_OFF_IN) / width_of(axes)
    rooms = {1: 1 - high, -1: low}
    side = -1 if value > 0.62 else 1
    if rooms[side] < width:
        side = -side
    if rooms[side] < width:
        return min(max(value, width / 2), 1 - width / 2), 0
    return (high if side == 1 else low), side


def _later_and_first(axes: Axes, position: int, case: CaseSummary, call: str) -> None:
    colour, marker = look(case.case.mode)
    later = time_of(case)
    if case.cold_s:
        axes.plot([later, case.cold_s.value], [position, position], color=RULE, linewidth=2.5, zorder=2)
        draw_interval(axes, position, _start_ends(case), colour, alpha=0.3)
        axes.plot(
            [case.cold_s.value],
            [position],
            marker=marker,
            color=colour,
            markerfacecolor=CARD,
            markersize=6.5,
            markeredgewidth=1.5,
            zorder=4,
        )
    axes.plot(
        [later],
        [position],
        marker=marker,
        color=colour,
        markersize=6,
        markeredgecolor=CARD,
        markeredgewidth=0.7,
        zorder=4,
    )
    if case.case.mode == REFERENCE_MODE:
        beside(axes, position, "the reference", fontsize=9, color=MUTED)
    elif case.break_even:
        beside(axes, position, breaking_even(case.break_even, call).removeprefix("ahead "), fontsize=9, color=INK)
