"""The figure of every steady sample in the order taken, so that a reader sees drift, steps and outliers for himself."""

import math
import statistics
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eagerbench.reports.axes import beside, drawing, name_rows, rows_axes, time_of
from eagerbench.reports.escape import for_figure
from eagerbench.reports.measures import STEPS, measure
from eagerbench.reports.palette import BAND, CARD, INK, MUTED, RULE, look
from eagerbench.reports.tables import group_title, ranked
from eagerbench.results import Run
from eagerbench.summary import CaseSummary, Summary, by_case

SCALES = (1.25, 1.5, 2.0, 3.0)
SHARE_IN_SCALE = 0.95
_HALF_ROW = 0.44


@dataclass(frozen=True)
class Ordered:
    """The steady samples of one case, in the order of the whole run.

    Attributes:
        case: whose they are.
        places: by launch, where each sample lies on the shared axis.
        ratios: by launch, each sample over the case's estimate.
    """

    case: CaseSummary
    places: dict[int, list[int]]
    ratios: dict[int, list[float]]


def in_order(run: Run, cases: list[CaseSummary]) -> tuple[list[Ordered], dict[int, tuple[int, int]]]:
    """The samples of timed cases on one axis on which launches follow each other.

    Returns:
        The cases' samples, and for each launch where it begins and ends on the axis.
    """
    index = by_case(run)
    timed = [case for case in cases if case.timed]
    steady = {case.case.id: index[case.case.id, "steady"] for case in timed}
    spans: dict[int, tuple[int, int]] = {}
    place: dict[tuple[int, int], int] = {}  # by launch and position
    for launch in sorted({launch for own in steady.values() for launch in own}):
        begin = len(place)
        positions = sorted({sample.position for own in steady.values() for sample in own.get(launch, ())})
        place |= {(launch, position): begin + rank for rank, position in enumerate(positions)}
        spans[launch] = begin, len(place)
    found = [
        Ordered(
            case,
            {
                launch: [place[launch, sample.position] for sample in own]
                for launch, own in steady[case.case.id].items()
            },
            {launch: [sample.call_s / time_of(case) for sample in own] for launch, own in steady[case.case.id].items()},
        )
        for case in timed
    ]
    return found, spans


def scale(ratios: list[float]) -> float:
    """How far from 1 the rows reach: the smallest of `SCALES` that holds nearly all ratios."""
    for reach in SCALES:
        if sum(1 / reach <= ratio <= reach for ratio in ratios) >= SHARE_IN_SCALE * len(ratios):
            return reach
    return SCALES[-1]


def samples_in_order(run: Run, summary: Summary, group: str) -> Figure:
    """Every steady sample relative to its mode's time, in the order taken; a row for each mode, a band for each launch.

    Args:
        run: where the samples are.
        summary: of the run.
        group: as in ``summary.groups``.

    Raises:
        ValueError: where no case of the group has times.
    """
    ordered, spans = in_order(run, ranked(summary.groups.get(group, ())))
    if not ordered:
        raise ValueError(f"no case of {group!r} has times; ask drawable() first")
    reach = scale([ratio for one in ordered for own in one.ratios.values() for ratio in own])
    with drawing():
        figure, axes = rows_axes(
            f"{for_figure(group_title(ordered[0].case.case), 60)}: every sample, in the order taken",
            f"Each row: sample over the mode's time, from {1 / reach:.2g}× to {reach:.3g}×, logarithmic. "
            "Dark line: median of the launch. Triangles: beyond the row.",
            len(ordered),
            row_in=0.5,
            right_in=1.05,
        )
        _bands(axes, spans)
        name_rows(axes, [one.case for one in ordered])
        for position, one in enumerate(ordered):
            _row(axes, position, one, spans, reach)
        axes.set_xlabel(
            "order in which the samples were taken, launch after launch; all modes share the axis", color=MUTED
        )
    return figure


def _bands(axes: Axes, spans: dict[int, tuple[int, int]]) -> None:
    last = max(end for _, end in spans.values())
    axes.set_xlim(-0.5, last - 0.5)
    axes.set_xticks([])
    every = math.ceil(len(spans) / 12)  # more labels than that run into each other
    for number, (launch, (begin, end)) in enumerate(spans.items()):
        if number % 2 == 0:
            axes.axvspan(begin - 0.5, end - 0.5, color=BAND, zorder=0, linewidth=0)
        if number % every == 0:
            axes.annotate(
                f"launch {launch}",
                ((begin + end - 1) / 2, 1),
                xycoords=axes.get_xaxis_transform(),
                xytext=(0, 4),
                textcoords="offset points",
                ha="center",
                fontsize=8.5,
                color=MUTED,
            )


def _row(axes: Axes, position: int, one: Ordered, spans: dict[int, tuple[int, int]], reach: float) -> None:
    colour = look(one.case.case.mode).colour
    axes.axhline(position, color=RULE, linewidth=0.8, zorder=1)
    axes.axhline(position + 0.5, color=CARD, linewidth=2.5, zorder=1)
    for launch, ratios in one.ratios.items():
        places = one.places[launch]
        size = 3.6 if len(ratios) > 12 else 5.5  # a few points must not drown
        heights = [_height(ratio, reach) for ratio in ratios]
        for beyond, marker in ((0, "."), (1, "^"), (-1, "v")):
            chosen = [number for number, height in enumerate(heights) if _side(height) == beyond]
            axes.plot(
                [places[number] for number in chosen],
                [position - _HALF_ROW * max(-1.0, min(1.0, heights[number])) for number in chosen],
                linestyle="none",
                marker=marker,
                markersize=size if beyond == 0 else 4.5,
                markeredgewidth=0,
                color=colour,
                alpha=0.7 if beyond == 0 else 1.0,
                rasterized=True,
                zorder=4,
            )
        middle = position - _HALF_ROW * max(-1.0, min(1.0, _height(statistics.median(ratios), reach)))
        axes.plot(
            [spans[launch][0], spans[launch][1] - 1], [middle, middle], color=INK, linewidth=1.1, alpha=0.75, zorder=3
        )
    told = measure(one.case.case)
    beside(axes, position, f"{told.number(told.value(one.case))}{'/s' if told is STEPS else ''}", fontsize=9, color=INK)


def _height(ratio: float, reach: float) -> float:
    """0 on the row's middle, 1 and -1 on its edges."""
    return math.log(ratio) / math.log(reach)


def _side(height: float) -> int:
    return 1 if height > 1 else -1 if height < -1 else 0
