"""The figure of how the samples of each mode scatter: inside a launch, between launches, and far out.

It shows why one number is not enough; in which order samples came is for `drift` to show. It needs at least one case
with times: ask `figures.drawable` first.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from eagerbench.reports.axes import LEFT_IN, WIDTH_IN, drawing, name_rows, rows_axes, time_of
from eagerbench.reports.escape import for_figure
from eagerbench.reports.measures import measure
from eagerbench.reports.palette import BAND, INK, MUTED, RULE, look
from eagerbench.reports.tables import ABSENT, group_title, plain, ranked, seconds
from eagerbench.results import Run
from eagerbench.summary import CaseSummary, Summary, by_case

Numbers = npt.NDArray[np.float64]

# Of the quantiles that are told, each with the fewest samples: about one of them lies beyond.
QUANTILES = {0.5: 1, 0.95: 20, 0.99: 100}
FEWEST_FOR_SHAPE = 50  # fewer are shown as points alone: a curve through them would be made up
_SHARE_IN_SIGHT = 0.005  # of the samples of a mode may lie beyond either end of the axis
_LEAST_REACH, _MOST_REACH = 1.25, 20.0
_MULTIPLES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.1, 1.2, 1.3, 1.5, 2, 3, 5, 10, 20)
_TICK_IN = 0.4
_BINS, _PIXELS = 240, 1200
_ROW_IN, _RIGHT_IN = 0.58, 2.65
_HILL, _BASE, _FLOOR = -0.42, 0.02, 0.44  # top and foot of the curve, foot of the launches, in rows
_COLUMNS = {"median": 0.18, "95th": 0.92, "99th": 1.48, "longest": 2.04}  # inches right of the axes


@dataclass(frozen=True)
class Spread:
    """The steady samples of one case.

    Attributes:
        case: whose they are.
        launches: by launch, each sample over the case's time, ascending.
        quantiles: by share, of all samples over the case's time; those for which there are samples enough.
        longest: the longest sample over the case's time.
        median_s: seconds; of all samples, whatever their launch.
    """

    case: CaseSummary
    launches: dict[int, Numbers]
    quantiles: dict[float, float]
    longest: float
    median_s: float


def spreads(run: Run, cases: list[CaseSummary]) -> list[Spread]:
    """How the samples of each timed case scatter.

    Quantiles are those of all samples together, by linear interpolation (Hyndman & Fan 1996, definition 7): a
    description of the samples taken, without an interval, and no estimate of what another launch would give.
    """
    index = by_case(run)
    found = []
    for case in (case for case in cases if case.timed):
        launches = {
            launch: np.sort(np.array([sample.call_s for sample in own])) / time_of(case)
            for launch, own in index[case.case.id, "steady"].items()
        }
        ratios = np.concatenate(list(launches.values()))
        told = [share for share, fewest in QUANTILES.items() if len(ratios) >= fewest]
        quantiles = dict(zip(told, map(float, np.quantile(ratios, told)), strict=True))
        found.append(Spread(case, launches, quantiles, float(ratios.max()), quantiles[0.5] * time_of(case)))
    return found


def reach(found: list[Spread]) -> tuple[float, float]:
    """Where the axis begins and ends: with nearly all samples of nearly every mode in sight, and 1 among them."""
    ends = [
        np.quantile(np.concatenate(list(one.launches.values())), [_SHARE_IN_SIGHT, 1 - _SHARE_IN_SIGHT])
        for one in found
    ]
    low = min(float(own[0]) for own in ends) / 1.03
    high = max(float(own[1]) for own in ends) * 1.03
    return max(min(low, 1 / _LEAST_REACH), 1 / _MOST_REACH), min(max(high, _LEAST_REACH), _MOST_REACH)


def distribution(run: Run, summary: Summary, group: str) -> Figure:
    """All samples of each mode over the mode's own time: their shape, below it each launch, right of it quantiles.

    Args:
        run: where the samples are.
        summary: of the run.
        group: as in ``summary.groups``.

    Raises:
        ValueError: where no case of the group has times.
    """
    found = spreads(run, ranked(summary.groups.get(group, ())))
    if not found:
        raise ValueError(f"no case of {group!r} has times; ask drawable() first")
    low, high = reach(found)
    with drawing():
        figure, axes = rows_axes(
            f"{for_figure(group_title(found[0].case.case), 60)}: how samples scatter",
            "Curve: all samples; marks: median, 95th and 99th percentile. Below: a line of points for each launch; "
            "dark: its median.",
            len(found),
            row_in=_ROW_IN,
            right_in=_RIGHT_IN,
        )
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.xaxis.set_major_locator(FixedLocator(_ticks(low, high)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}×"))
        axes.grid(axis="x", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.axvline(1, color=MUTED, linewidth=0.9, zorder=1)
        call = measure(found[0].case.case).call
        axes.set_xlabel(f"sample over the mode's own time of one {call}, logarithmic", color=MUTED)
        name_rows(axes, [one.case for one in found])
        for row, one in enumerate(found):
            if row % 2 == 0:
                axes.axhspan(row - 0.5, row + 0.5, color=BAND, zorder=0, linewidth=0)
            _launches(axes, row, one, (low, high))
            _shape(axes, row, one, (low, high))
            _numbers(axes, row, one)
        for name, right_in in _COLUMNS.items():
            _beside(axes, -0.72, right_in, name, color=MUTED, fontsize=8.5)
    return figure


def _ticks(low: float, high: float) -> list[float]:
    """Round multiples from 1 outwards, as many as have room for their numbers."""
    least = _TICK_IN / (WIDTH_IN - LEFT_IN - _RIGHT_IN) * math.log(high / low)
    found = [1.0]
    for place in (place for place in _MULTIPLES if 1 < place <= high):
        if math.log(place / found[-1]) >= least:
            found.append(place)
    for place in (place for place in reversed(_MULTIPLES) if low <= place < 1):
        if math.log(found[0] / place) >= least:
            found.insert(0, place)
    return found


def _shape(axes: Axes, row: int, one: Spread, ends: tuple[float, float]) -> None:
    """The density of all samples over the logarithm, with its quantiles marked; nothing where they are too few."""
    ratios = np.concatenate(list(one.launches.values()))
    colour = look(one.case.case.mode).colour
    if len(ratios) >= FEWEST_FOR_SHAPE:
        places, heights = density(np.log(ratios), math.log(ends[0]), math.log(ends[1]))
        axes.fill_between(
            np.exp(places),
            row + _BASE,
            row + _BASE + (_HILL - _BASE) * heights,
            color=colour,
            alpha=0.35,
            linewidth=0,
            zorder=3,
        )
        axes.plot(np.exp(places), row + _BASE + (_HILL - _BASE) * heights, color=colour, linewidth=1.0, zorder=3)
    else:
        whole = np.clip([ratios.min(), ratios.max()], *ends)
        axes.plot(whole, [row + _BASE, row + _BASE], color=colour, linewidth=1.0, zorder=3)
    for share, value in one.quantiles.items():
        if ends[0] <= value <= ends[1]:
            axes.plot(
                [value, value],
                [row + _BASE, row + (_HILL if share == 0.5 else _BASE - 0.16)],
                color=INK,
                linewidth=1.4 if share == 0.5 else 1.0,
                solid_capstyle="butt",
                zorder=4,
            )


def density(values: Numbers, low: float, high: float) -> tuple[Numbers, Numbers]:
    """Where values lie, as a smooth curve whose highest point is 1.

    A histogram of fine bins, smoothed with a Gaussian of Silverman's width, ``0.9 · min(s, IQR / 1.34) · n^(-1/5)``
    (Silverman 1986, equation 3.31), at least one bin wide.

    Args:
        values: at least one.
        low: where the curve begins.
        high: where it ends.

    Returns:
        Places, and heights there.
    """
    counts, edges = np.histogram(values, bins=_BINS, range=(low, high))
    quartiles = np.quantile(values, [0.25, 0.75])
    width = 0.9 * min(float(np.std(values)), float(quartiles[1] - quartiles[0]) / 1.34) * len(values) ** -0.2
    bins = max(1.0, width / (edges[1] - edges[0]))
    reach = math.ceil(4 * bins)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / bins) ** 2)
    smooth = np.convolve(counts, kernel)[reach : reach + _BINS]
    return (edges[:-1] + edges[1:]) / 2, smooth / max(float(smooth.max()), 1e-300)


def _launches(axes: Axes, row: int, one: Spread, ends: tuple[float, float]) -> None:
    """A line of points for each launch, and its median."""
    colour = look(one.case.case.mode).colour
    size = 1.9 if sum(map(len, one.launches.values())) >= FEWEST_FOR_SHAPE else 3.0  # a few points must not drown
    step = (_FLOOR - _BASE) / (len(one.launches) + 1)
    for number, ratios in enumerate(one.launches[launch] for launch in sorted(one.launches)):
        height = row + _BASE + step * (number + 1)
        inside = ratios[(ratios >= ends[0]) & (ratios <= ends[1])]
        for places, marker, large in (
            (_apart(inside, ends), "o", size),
            (np.full(min(1, int((ratios > ends[1]).sum())), ends[1]), ">", 3.6),
            (np.full(min(1, int((ratios < ends[0]).sum())), ends[0]), "<", 3.6),
        ):
            if len(places):
                axes.plot(
                    places,
                    np.full(len(places), height),
                    linestyle="none",
                    marker=marker,
                    markersize=large,
                    markeredgewidth=0,
                    color=colour,
                    alpha=0.55 if marker == "o" else 1.0,
                    rasterized=True,
                    clip_on=marker == "o",
                    zorder=2.5,
                )
        middle = min(max(float(np.median(ratios)), ends[0]), ends[1])
        axes.plot([middle, middle], [height - step / 2, height + step / 2], color=INK, linewidth=1.8, zorder=4)


def _apart(ratios: Numbers, ends: tuple[float, float]) -> Numbers:
    """Of points that would lie on the same dot, one: a hundred thousand of them draw no other picture."""
    shares = np.log(ratios / ends[0]) / math.log(ends[1] / ends[0])
    _, firsts = np.unique(np.round(shares * _PIXELS), return_index=True)
    return ratios[firsts]


def _numbers(axes: Axes, row: int, one: Spread) -> None:
    """The quantiles in words."""
    texts = [plain(seconds(one.median_s))]
    texts += [_times(one.quantiles.get(share)) for share in QUANTILES if share != 0.5]
    for right_in, text in zip(_COLUMNS.values(), [*texts, _times(one.longest)], strict=True):
        _beside(axes, row, right_in, text, color=INK, fontsize=9)


def _times(ratio: float | None) -> str:
    if ratio is None:
        return ABSENT
    return f"{ratio:.2f}×" if ratio < 10 else f"{ratio:.3g}×" if ratio < 1000 else f"{ratio:,.0f}×"


def _beside(axes: Axes, row: float, right_in: float, text: str, **options: object) -> None:
    """Write right of the axes, some inches away."""
    place = 1 + right_in / (WIDTH_IN - LEFT_IN - _RIGHT_IN)
    axes.text(place, row, text, transform=axes.get_yaxis_transform(), va="center", clip_on=False, **options)  # type: ignore[arg-type]
