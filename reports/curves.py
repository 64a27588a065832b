"""The figure of what was learned: mean returns of all runs over steps and over seconds, side by side.

It needs something to draw: ask `curves` first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from eagerbench.learning import moving_mean
from eagerbench.reports.axes import HALO, SIGN_IN, WIDTH_IN, canvas, drawing, log_axis, log_limits, panel
from eagerbench.reports.escape import for_figure
from eagerbench.reports.palette import INK, MUTED, RULE, look
from eagerbench.reports.tables import group_title, plain, ranked, significant
from eagerbench.results import Run, TrainingRun
from eagerbench.summary import CaseSummary, Summary

_LEFT_IN, _GAP_IN, _RIGHT_IN = 0.65, 0.6, 0.3
_HALF_IN = (WIDTH_IN - _LEFT_IN - _GAP_IN - _RIGHT_IN) / 2
_TOP_IN, _LEVEL_IN, _PANEL_IN = 0.85, 0.17, 3.0
LARGEST = 1e100  # beyond it no axis can be drawn
_MOST_SEEDS = 12  # that are named


@dataclass(frozen=True)
class Curve:
    """The running mean return of one run, up to where it reached the target.

    Attributes:
        mode: of the run.
        run: whose it is.
        steps: at the end of each episode.
        seconds: the same.
        means: of the last episodes, as many as the target asks for.
    """

    mode: str
    run: TrainingRun
    steps: list[float]
    seconds: list[float]
    means: list[float]


def curves(run: Run, summary: Summary, group: str) -> list[Curve]:
    """A curve for each run of a case that has times, fastest mode first; none of a run without a finished episode."""
    found = []
    window = run.start.plan.training.window
    for case in ranked(summary.groups.get(group, ())):
        for own in runs_of(run, case) if case.timed else ():
            told = zip(own.episode_steps, own.episode_seconds, means_of(own, window), strict=True)
            points = [
                (float(steps), seconds, mean)
                for steps, seconds, mean in told
                if seconds > 0 and math.isfinite(mean) and steps <= (own.steps_to_target or math.inf)
            ]
            if points:
                found.append(Curve(case.case.mode, own, *(list(column) for column in zip(*points, strict=True))))
    return found


def means_of(own: TrainingRun, window: int) -> list[float]:
    """The mean return of the last episodes at the end of each."""
    returns = [value if abs(value) < LARGEST else math.nan for value in own.episode_returns]
    return moving_mean(returns, window)


def learning_curves(run: Run, summary: Summary, group: str) -> Figure:
    """The running mean return of every run, over environment steps and over seconds.

    Args:
        run: where the training runs are.
        summary: of the run.
        group: as in ``summary.groups``.

    Raises:
        ValueError: where no run of the group finished an episode.
    """
    drawn = curves(run, summary, group)
    if not drawn:
        raise ValueError(f"no run of {group!r} finished an episode; ask curves() first")
    training = run.start.plan.training
    most_steps = 1.04 * max(curve.steps[-1] for curve in drawn)
    ends = min(curve.seconds[0] for curve in drawn), max(curve.seconds[-1] for curve in drawn)
    modes, seeds = _labels(drawn, most_steps, log_limits(*ends))
    top = _TOP_IN + (1 + max(label.level for label in modes + seeds)) * _LEVEL_IN
    with drawing():
        figure = canvas(
            f"{for_figure(group_title(ranked(summary.groups[group])[0].case), 60)}: what was learned",
            f"Mean return of the last {training.window:,} episodes; a line for each run, up to where it reached the "
            "target. Right: start included.",
            top + _PANEL_IN + 0.62,
        )
        by_steps = panel(figure, _LEFT_IN, top, _HALF_IN, _PANEL_IN)
        by_time = panel(figure, _LEFT_IN + _HALF_IN + _GAP_IN, top, _HALF_IN, _PANEL_IN)
        for curve in reversed(drawn):  # the fastest over the others
            for axes, places in ((by_steps, curve.steps), (by_time, curve.seconds)):
                axes.plot(places, curve.means, color=look(curve.mode).colour, linewidth=0.9, alpha=0.85)
        by_steps.set_xlim(0, most_steps)
        by_steps.xaxis.set_major_locator(MaxNLocator(5))
        by_steps.xaxis.set_major_formatter(lambda value, _: plain(significant(value)))
        log_axis(by_time, *ends, most_ticks=5)
        for axes, label in ((by_steps, "environment steps"), (by_time, "seconds since the start, logarithmic")):
            target_line(axes, training.target, written=axes is by_steps)
            axes.grid(axis="both", color=RULE, linewidth=0.6)
            axes.set_axisbelow(True)
            axes.set_xlabel(label, color=MUTED)
        by_time.set_ylim(by_steps.get_ylim())
        by_time.set_yticklabels([])
        for axes, labels in ((by_steps, seeds), (by_time, modes)):
            for own in labels:
                _write(axes, own)
    return figure


@dataclass(frozen=True)
class _Label:
    """A name above a panel, joined to the end of a line.

    Attributes:
        text: the name.
        colour: of it.
        end: where the line ends.
        share: how far from the left of the panel that is; 1 is its right.
        level: how high above the panel the name stands, from 0.
        leftwards: whether it ends over the line, or begins there.
    """

    text: str
    colour: str
    end: tuple[float, float]
    share: float
    level: int
    leftwards: bool


def _labels(
    drawn: Sequence[Curve], most_steps: float, limits: tuple[float, float]
) -> tuple[list[_Label], list[_Label]]:
    """Names of all modes, at their first runs' ends in time, and of the fastest mode's seeds, at theirs in steps."""
    firsts = {curve.mode: curve for curve in reversed(drawn)}
    modes = _placed(
        [
            (for_figure(mode), look(mode).colour, (curve.seconds[-1], curve.means[-1]), _log_share(curve, limits))
            for mode, curve in firsts.items()
        ]
    )
    seeds = [curve for curve in drawn if curve.mode == drawn[0].mode][:_MOST_SEEDS]
    return modes, _placed(
        [
            (
                for_figure(f"seed {curve.run.seed}"),
                look(curve.mode).colour,
                (curve.steps[-1], curve.means[-1]),
                curve.steps[-1] / most_steps,
            )
            for curve in seeds
        ]
    )


def _log_share(curve: Curve, limits: tuple[float, float]) -> float:
    return math.log(curve.seconds[-1] / limits[0]) / math.log(limits[1] / limits[0])


def _placed(wanted: Sequence[tuple[str, str, tuple[float, float], float]]) -> list[_Label]:
    ordered = sorted(wanted, key=lambda one: one[3])
    lengths = [(len(text) + 1) * SIGN_IN / _HALF_IN for text, *_ in ordered]
    shares = [share for *_, share in ordered]
    return [
        _Label(*one, level=level, leftwards=one[3] >= length)
        for one, length, level in zip(ordered, lengths, levels(shares, lengths), strict=True)
    ]


def levels(places: Sequence[float], lengths: Sequence[float]) -> list[int]:
    """How high each name stands so that no two overlap and no line to a higher name crosses a lower one.

    A name ends at its place, or begins there where there is no room on its left.

    Args:
        places: ascending.
        lengths: of the names, in the same unit.
    """
    found: list[int] = []
    for number, (place, length) in enumerate(zip(places, lengths, strict=True)):
        below = [
            level
            for other, other_length, level in zip(places[:number], lengths[:number], found, strict=True)
            if other > place - length or (other < other_length and other + other_length > place - length)
        ]
        found.append(1 + max(below, default=-1))
    return found


def _write(axes: Axes, label: _Label) -> None:
    above = 1 + (0.08 + label.level * _LEVEL_IN) / _PANEL_IN
    low, high = axes.get_ylim()
    axes.plot(
        [label.share, label.share],
        [(label.end[1] - low) / (high - low), above + 0.06 / _PANEL_IN],
        transform=axes.transAxes,
        color=label.colour,
        linewidth=0.6,
        alpha=0.6,
        clip_on=False,
    )
    axes.annotate(
        label.text,
        (label.share, above),
        xycoords="axes fraction",
        xytext=(-3 if label.leftwards else 3, 0),
        textcoords="offset points",
        ha="right" if label.leftwards else "left",
        va="bottom",
        fontsize=8.5,
        color=label.colour,
        annotation_clip=False,
    )


def target_line(axes: Axes, target: float | None, *, written: bool) -> None:
    """The target as a dashed line across the axes, with its number where asked for."""
    if target is None or abs(target) > LARGEST:
        return
    axes.axhline(target, color=INK, linestyle=(0, (4, 3)), linewidth=1.1, zorder=2)
    if written:
        axes.annotate(
            f"target {target:g}",
            (0, target),
            xycoords=axes.get_yaxis_transform(),
            xytext=(4, -3),
            textcoords="offset points",
            va="top",
            fontsize=8.5,
            color=INK,
            path_effects=HALO,
        )


def runs_of(run: Run, case: CaseSummary) -> list[TrainingRun]:
    """Runs of one case in the order of the planned seeds."""
    seeds = run.start.plan.training.seeds
    own = [one for one in run.training_runs if one.case == case.case.id]
    return sorted(own, key=lambda one: seeds.index(one.seed) if one.seed in seeds else len(seeds))
