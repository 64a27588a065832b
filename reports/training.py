"""The figures of trainings in rows: where the time of a step goes, and how soon each mode reached the target.

Each returns a `Figure` and needs something to draw: ask `with_parts` or `with_target` first.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eagerbench.learning import ToTarget
from eagerbench.reports.axes import HALO, LEFT_IN, SIGN_IN, WIDTH_IN, beside, drawing, log_axis, name_rows, rows_axes
from eagerbench.reports.escape import for_figure
from eagerbench.reports.palette import CARD, INK, MUTED, PARTS, WITHHELD, look, part_colour
from eagerbench.reports.reached import is_void, kept_runs, solved_in_words, solved_runs, soonest_first, target_in_words
from eagerbench.reports.tables import group_title, ranked, seconds
from eagerbench.results import Run
from eagerbench.summary import CaseSummary, Summary

_SPLIT_RIGHT_IN = 1.2
_BAR_IN = WIDTH_IN - LEFT_IN - _SPLIT_RIGHT_IN

_MOST_CROSSES = 8


def with_parts(summary: Summary, group: str) -> list[CaseSummary]:
    """Cases whose steps can be split into parts, fastest first."""
    return [case for case in ranked(summary.groups.get(group, ())) if case.timed and sum(case.parts_s.values()) > 0]


def with_target(summary: Summary, group: str) -> list[CaseSummary]:
    """Cases with runs to the target or an estimate of one, soonest first; none where nobody's time is known."""
    cases = [case for case in soonest_first(summary.groups.get(group, ())) if case.to_target]
    return cases if any(_times(case.to_target) for case in cases if case.to_target) else []


def ordered_parts(cases: Sequence[CaseSummary]) -> list[str]:
    """The parts that occur, in the order of a step; those without a place in it last."""
    names = dict.fromkeys(name for case in cases for name in case.parts_s)
    known = [name for name in PARTS if name in names]
    return known + sorted(set(names) - set(known))


def shares(case: CaseSummary) -> dict[str, float]:
    """The share of each part in the seconds of a step; together they are 1."""
    whole = sum(case.parts_s.values())
    return {name: own / whole for name, own in case.parts_s.items()}


def split(summary: Summary, group: str) -> Figure:
    """A bar of 100 % for each mode, cut into the parts of an environment step; fastest on top.

    Args:
        summary: of the run.
        group: as in ``summary.groups``.

    Raises:
        ValueError: where no case of the group tells parts apart.
    """
    cases = with_parts(summary, group)
    if not cases:
        raise ValueError(f"no case of {group!r} tells parts apart; ask with_parts() first")
    parts = ordered_parts(cases)
    with drawing():
        figure, axes = rows_axes(
            f"{for_figure(group_title(cases[0].case), 60)}: where the time of a step goes",
            "Share of each part in the wall-clock time of one environment step. Fastest on top.",
            len(cases),
            right_in=_SPLIT_RIGHT_IN,
        )
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        name_rows(axes, cases)
        for position, case in enumerate(cases):
            _bar(axes, position, case, parts)
            beside(axes, position, seconds(sum(case.parts_s.values())), fontsize=9, color=INK)
        beside(axes, -0.75, "of one step", color=MUTED, fontsize=8.5)
        _name_parts(axes, parts)
        axes.set_xlabel("share of the time of an environment step", color=MUTED)
    return figure


def _bar(axes: Axes, position: int, case: CaseSummary, parts: Sequence[str]) -> None:
    begin = 0.0
    for part, share in ((part, shares(case).get(part, 0.0)) for part in parts):
        axes.barh(
            position, share, left=begin, height=0.72, color=part_colour(part), edgecolor=CARD, linewidth=1.2, zorder=3
        )
        told = f"{share:.0%}".replace("%", " %")
        label = next((text for text in (f"{for_figure(part)} {told}", told) if _fits(text, share)), "")
        if label:
            axes.text(begin + share / 2, position, label, ha="center", va="center", fontsize=8.5, color=CARD, zorder=4)
        begin += share


def _fits(text: str, share: float) -> bool:
    return (len(text) + 1) * SIGN_IN < share * _BAR_IN


def _name_parts(axes: Axes, parts: Sequence[str]) -> None:
    """Each part's name in its colour above the bars, for the pieces that are too narrow to bear it."""
    place = 0.0
    for part in parts:
        name = for_figure(part)
        axes.annotate(
            name,
            (place, 1),
            xycoords="axes fraction",
            xytext=(0, 4),
            textcoords="offset points",
            fontsize=8.5,
            fontweight="bold",
            color=part_colour(part),
        )
        place += (len(name) + 3) * SIGN_IN / _BAR_IN


def time_to_target(run: Run, summary: Summary, group: str) -> Figure:
    """Seconds to the target: each run of each mode and the mean of those kept, soonest on top.

    Args:
        run: what the target was.
        summary: of the run.
        group: as in ``summary.groups``.

    Raises:
        ValueError: where no time to the target is known.
    """
    cases = with_target(summary, group)
    if not cases:
        raise ValueError(f"no case of {group!r} has a time to the target; ask with_target() first")
    known = [time for case in cases if case.to_target for time in _times(case.to_target)]
    with drawing():
        figure, axes = rows_axes(
            f"{for_figure(group_title(cases[0].case), 60)}: time to the target",
            "Filled: a run that counts. Hollow: dropped as fastest or slowest. Bar: mean of those that count. "
            "Cross: never got there.",
            len(cases),
            right_in=2.35,
        )
        crosses = max(len(case.to_target.failed) for case in cases if case.to_target)
        log_axis(axes, min(known), max(known) * (max(known) / min(known)) ** (0.03 * min(crosses, _MOST_CROSSES)))
        name_rows(axes, cases)
        for position, case in enumerate(cases):
            if case.to_target:
                _runs(axes, position, case.case.mode, case.to_target)
        beside(axes, -0.75, "runs that reached it", color=MUTED, fontsize=8.5)
        axes.set_xlabel(f"time to {for_figure(target_in_words(run), 60)}, start included, logarithmic", color=MUTED)
    return figure


def _apart(count: int) -> float:
    """How far apart the runs of one row lie, in rows."""
    return min(0.22, 0.6 / max(1, count - 1))


def _times(result: ToTarget) -> list[float]:
    own = [run.seconds_to_target for run in solved_runs(result) if run.seconds_to_target]
    return own + ([result.seconds] if result.seconds else [])


def _runs(axes: Axes, position: int, mode: str, result: ToTarget) -> None:
    colour, marker = look(mode)
    kept = kept_runs(result)
    solved = [(run, run.seconds_to_target) for run in result.runs if run.seconds_to_target]
    for number, (run, time) in enumerate(solved):
        axes.plot(
            [time],
            [
                position + _apart(len(solved)) * (number - (len(solved) - 1) / 2)
            ],  # by seed, so that equal times don't hide each other
            marker=marker,
            markersize=5.5,
            color=colour,
            markerfacecolor=colour if run in kept else CARD,
            markeredgewidth=1.2,
            zorder=4,
        )
    if result.seconds and result.estimated:
        axes.plot([result.seconds], [position], marker="d", markersize=8, color=colour, markerfacecolor=CARD, zorder=4)
    elif result.seconds:
        axes.plot([result.seconds], [position], marker="|", markersize=17, markeredgewidth=2, color=colour, zorder=3)
    if _times(result):
        _write_time(axes, position, result)
    else:
        told = "" if result.failed else "no run was long enough, and no other mode reached it"
        axes.text(
            0.01, position, told, transform=axes.get_yaxis_transform(), va="center", color=WITHHELD, style="italic"
        )
    for number in range(min(len(result.failed), _MOST_CROSSES)):
        axes.plot(
            [0.985 - 0.025 * number],
            [position],
            transform=axes.get_yaxis_transform(),
            marker="x",
            markersize=6.5,
            markeredgewidth=1.8,
            color=colour,
            clip_on=False,
            zorder=4,
        )
    words, detail = solved_in_words(result)
    told = f"{words} solved" if " of " in words else words
    beside(axes, position, f"{told}, {detail}" if detail else told, fontsize=9, color=INK)


def _write_time(axes: Axes, position: int, result: ToTarget) -> None:
    """Beside the row's points, on the side where there is room."""
    times = _times(result)
    told = seconds(result.seconds) if result.seconds else "void" if is_void(result) else "too few runs"
    middle = (
        sum(
            axes.transAxes.inverted().transform(axes.transData.transform((end, 0)))[0]
            for end in (min(times), max(times))
        )
        / 2
    )
    left = middle > 0.5
    axes.annotate(
        f"{told}, estimate" if result.estimated else told,
        (min(times) if left else max(times), position),
        xytext=(-9 if left else 9, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        fontsize=9,
        color=INK,
        path_effects=HALO,
        zorder=5,
    )
