"""The figure of one run in full: the return of each of its episodes, and its losses."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eagerbench.cases import Case
from eagerbench.reports.axes import HALO, WIDTH_IN, canvas, drawing, panel
from eagerbench.reports.curves import LARGEST, means_of, runs_of, target_line
from eagerbench.reports.escape import for_figure
from eagerbench.reports.palette import INK, MUTED, RULE, WITHHELD, look
from eagerbench.reports.tables import group_title, plain, ranked, significant
from eagerbench.results import Run, Training, TrainingRun
from eagerbench.summary import CaseSummary, Summary

_LEFT_IN, _GAP_IN, _TOP_IN = 0.65, 0.6, 0.85


def told_run(run: Run, summary: Summary, group: str) -> tuple[CaseSummary, TrainingRun] | None:
    """The run that is shown in full: of the fastest mode that reached the target, its first seed that did."""
    for case in ranked(summary.groups.get(group, ())):
        for own in runs_of(run, case) if case.timed else ():
            if own.ended == "solved" and own.episode_returns:
                return case, own
    return None


def reward_history(own: TrainingRun, training: Training) -> Figure:
    """The return of every episode of one run with the running mean, and below it both losses.

    Args:
        own: the run.
        training: how it was trained: target and window.

    Raises:
        ValueError: where not a single episode ended.
    """
    if not own.episode_returns:
        raise ValueError(f"{own.case}, seed {own.seed}: no episode ended")
    case = Case.parse(own.case)
    means = means_of(own, training.window)
    numbers = range(1, len(means) + 1)
    colour = look(case.mode).colour
    width = WIDTH_IN - _LEFT_IN - 1.1
    half = (width - _GAP_IN) / 2
    with drawing():
        figure = canvas(
            f"{for_figure(group_title(case), 60)}: one run in full, {for_figure(case.mode)}, seed {own.seed}",
            f"Dots: return of each episode. Line: mean of the last {training.window:,}. "
            "Below: both losses, update by update.",
            6.1,
        )
        returns = panel(figure, _LEFT_IN, _TOP_IN, width, 2.7)
        kept = [value if abs(value) < LARGEST else math.nan for value in own.episode_returns]
        returns.plot(
            numbers,
            kept,
            linestyle="none",
            marker=".",
            markersize=4,
            markeredgewidth=0,
            color=WITHHELD,
            rasterized=True,
        )
        returns.plot(numbers, means, color=colour, linewidth=1.6)
        _beside_end(returns, numbers[-1], means[-1], "running mean", colour)
        target_line(returns, training.target, written=True)
        _reached_line(returns, own)
        returns.set_xlabel("episode", color=MUTED)
        for number, name in enumerate(("policy", "value")):
            losses = panel(figure, _LEFT_IN + number * (half + _GAP_IN), _TOP_IN + 2.7 + 0.85, half, 1.1)
            values = [_drawable(pair[number]) for pair in own.losses]
            losses.plot(range(1, len(values) + 1), values, color=colour, linewidth=0.7)
            losses.set_title(f"{name} loss", fontsize=9, color=INK, loc="left")
            losses.set_xlabel("update", color=MUTED)
            losses.yaxis.set_major_formatter(lambda value, _: plain(significant(value)))
        for axes in figure.axes:
            axes.grid(axis="y", color=RULE, linewidth=0.6)
            axes.set_axisbelow(True)
    return figure


def _drawable(value: float | None) -> float:
    return math.nan if value is None or abs(value) > LARGEST else value


def _beside_end(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    axes.annotate(
        text, (x, y), xytext=(6, 0), textcoords="offset points", va="center", fontsize=8.5, color=colour, clip_on=False
    )


def _reached_line(axes: Axes, own: TrainingRun) -> None:
    """Where the target was reached: what came after was already under way."""
    reached = next(
        (number for number, steps in enumerate(own.episode_steps, 1) if steps >= (own.steps_to_target or math.inf)),
        None,
    )
    if reached is None:
        return
    axes.axvline(reached, color=INK, linewidth=0.8, linestyle=":", zorder=1)
    left = reached > len(own.episode_steps) / 2
    axes.annotate(
        f"reached in episode {reached:,}",
        (reached, 0),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-4 if left else 4, 5),
        textcoords="offset points",
        ha="right" if left else "left",
        fontsize=8.5,
        color=INK,
        path_effects=HALO,
    )
