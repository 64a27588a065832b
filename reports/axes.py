"""What the figures share: a canvas without global state, a logarithmic axis, one row for each mode."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.figure import Figure
from matplotlib.markers import CARETLEFT, CARETRIGHT
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from eagerbench.reports.escape import for_figure
from eagerbench.reports.palette import CARD, INK, MUTED, RULE, WITHHELD
from eagerbench.reports.tables import plain, seconds, status_words
from eagerbench.summary import CaseSummary

WIDTH_IN = 9.0
ROW_IN = 0.36
SIGN_IN = 0.078  # room that a sign of a label takes, generously
DOTS_PER_INCH = 160
_TOP_IN, _BOTTOM_IN = 0.95, 0.62
LEFT_IN, _RIGHT_IN = 1.55, 1.75
MARGIN_IN = 0.15  # left of titles
_TICKS_APART_IN = 0.05
# Two launches that disagree give an interval of many decades, which would leave no room for anything else: it is cut so
# many times beyond all points, and an arrow says so.
_BEYOND = 10

HALO = [withStroke(linewidth=3, foreground=CARD)]


@contextmanager
def drawing() -> Iterator[None]:
    """Our settings of Matplotlib while a figure is made or saved; the caller's come back afterwards.

    Whatever a user's matplotlibrc says, the figures look alike, need no LaTeX, and take no text for a formula.
    """
    with rc_context(
        {
            "font.family": ["DejaVu Sans"],
            "font.size": 9.5,
            "text.usetex": False,
            "text.parse_math": False,
            "savefig.bbox": "standard",
        }
    ):
        yield


def rows_axes(
    title: str, subtitle: str, rows: int, *, row_in: float = ROW_IN, right_in: float = _RIGHT_IN
) -> tuple[Figure, Axes]:
    """A figure with a title, and axes with a row for each of 0 to ``rows - 1``, the first on top."""
    figure = canvas(title, subtitle, _TOP_IN + rows * row_in + _BOTTOM_IN)
    axes = panel(figure, LEFT_IN, _TOP_IN, WIDTH_IN - LEFT_IN - right_in, rows * row_in)
    axes.set_ylim(rows - 0.5, -0.5)
    return figure, axes


def canvas(title: str, subtitle: str, height_in: float) -> Figure:
    """A figure with a title and nothing else."""
    figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DOTS_PER_INCH, facecolor=CARD)
    left = MARGIN_IN / WIDTH_IN
    figure.text(left, 1 - 0.30 / height_in, title, fontsize=12.5, fontweight="bold", color=INK, va="center")
    figure.text(left, 1 - 0.55 / height_in, subtitle, fontsize=9, color=MUTED, va="center")
    return figure


def panel(figure: Figure, left_in: float, top_in: float, width_in: float, height_in: float) -> Axes:
    """Axes in a figure, placed in inches from its left and from its top."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((left_in / width, 1 - (top_in + height_in) / height, width_in / width, height_in / height))
    axes.set_facecolor(CARD)
    axes.tick_params(axis="both", length=0, colors=MUTED)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    return axes


def has_times(case: CaseSummary) -> bool:
    """Whether the times of a case may be shown."""
    return case.timed


def name_rows(axes: Axes, cases: Sequence[CaseSummary], shown: Callable[[CaseSummary], bool] = has_times) -> None:
    """Write each mode's name left of its row, grey where nothing of it is shown."""
    axes.set_yticks(range(len(cases)), [for_figure(case.case.mode) for case in cases])
    for label, case in zip(axes.get_yticklabels(), cases, strict=True):
        label.set_color(INK if shown(case) else WITHHELD)
        label.set_fontsize(10)


def write_withheld(
    axes: Axes, cases: Sequence[CaseSummary], shown: Callable[[CaseSummary], bool] = has_times, what: str = "time"
) -> None:
    """In the rows of cases of which nothing is shown, say why instead of drawing a point."""
    for position, case in enumerate(cases):
        if not shown(case):
            words = f"no {what}" if case.status == "unavailable" else f"{what} withheld"
            axes.text(
                0.01,
                position,
                f"{words}: {for_figure(status_words(case), 60)}",
                transform=axes.get_yaxis_transform(),
                va="center",
                color=WITHHELD,
                style="italic",
            )


def time_of(case: CaseSummary) -> float:
    """Seconds of a call of a case that is known to have times."""
    if case.time_s is None:
        raise ValueError(f"{case.case.id} has no times")
    return case.time_s.value


def room_for(texts: Iterable[str]) -> float:
    """Inches right of the axes in which each text fits as `beside` writes it."""
    return max(_RIGHT_IN, 0.2 + SIGN_IN * max(map(len, texts), default=0))


def beside(axes: Axes, position: float, text: str, **options: Any) -> None:
    """Write in the column right of the axes."""
    axes.text(1.02, position, text, transform=axes.get_yaxis_transform(), va="center", clip_on=False, **options)


def log_limits(smallest: float, largest: float) -> tuple[float, float]:
    """Where a logarithmic axis that holds both ends begins and ends."""
    low, high = math.log10(smallest), math.log10(largest)
    # Wide enough for the label of a single point.
    margin = max(0.06 * (high - low), 0.35 - (high - low) / 2, 0.08)
    return 10 ** (low - margin), 10 ** (high + margin)


def log_axis(
    axes: Axes, smallest: float, largest: float, words: Callable[[float], str] = seconds, most_ticks: int = 9
) -> None:
    """A logarithmic axis that holds both ends, labelled in the words of the tables; of seconds where not said."""
    limits = log_limits(smallest, largest)
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    label_log(axes.xaxis, limits, words, most_ticks)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)


def in_sight(values: Iterable[float], ends: Iterable[float], beyond: float = _BEYOND) -> tuple[float, float]:
    """What an axis must hold: all values, and of their intervals what isn't far beyond all values.

    Args:
        values: the points.
        ends: of their intervals.
        beyond: how many times an interval may reach beyond all values.
    """
    points = list(values)
    near = [min(max(end, min(points) / beyond), max(points) * beyond) for end in ends]
    return min(points + near), max(points + near)


def draw_interval(axes: Axes, row: float, ends: tuple[float, float], colour: str, alpha: float = 0.35) -> None:
    """A bar from one end to the other; an arrow at the edge of the axes for an end beyond it."""
    first, last = axes.get_xlim()
    low, high = ends
    axes.plot(
        [max(low, first), min(high, last)],
        [row, row],
        color=colour,
        linewidth=6,
        alpha=alpha,
        solid_capstyle="butt",
        zorder=3,
    )
    for beyond, edge, arrow in ((low < first, first, CARETLEFT), (high > last, last, CARETRIGHT)):
        if beyond:
            axes.plot([edge], [row], marker=arrow, color=colour, markersize=7, clip_on=False, zorder=4)


def width_of(axes: Axes) -> float:
    """Inches from the left of some axes to their right."""
    return float(axes.get_position().width) * WIDTH_IN


def label_log(axis: Axis, limits: tuple[float, float], words: Callable[[float], str], most_ticks: int = 9) -> None:
    """Round numbers along a logarithmic axis between two ends, in words; on an abscissa as many as have room."""
    ticks = log_ticks(*limits)
    step = math.ceil(len(ticks) / most_ticks)
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain(words(value))))
    if isinstance(axis, XAxis):
        locate_apart(axis, (ticks[::coarser] for coarser in range(step, len(ticks) + 1)))
    else:
        axis.set_major_locator(FixedLocator(ticks[::step]))


def locate_apart(axis: Axis, choices: Iterable[Sequence[float]]) -> None:
    """Label an abscissa at the first choice of places at which no two labels touch, or else at the last."""
    gap = _TICKS_APART_IN * DOTS_PER_INCH
    for places in choices:
        axis.set_major_locator(FixedLocator(places))
        boxes = [label.get_window_extent() for label in axis.get_ticklabels()]
        if all(one.x1 + gap <= other.x0 for one, other in pairwise(boxes)):
            break


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten between two ends; where they are fewer than three, 1-2-5 steps too."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks: list[float] = []
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        ticks = [step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high]
        if len(ticks) >= 3:
            break
    return ticks
