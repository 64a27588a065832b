"""What the figures share: a canvas without global state, a logarithmic axis of seconds, one row for each mode."""

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from eagerbench.reports.escape import for_figure
from eagerbench.reports.palette import CARD, INK, MUTED, RULE, WITHHELD
from eagerbench.reports.tables import seconds, status_words
from eagerbench.summary import CaseSummary

WIDTH_IN = 9.0
ROW_IN = 0.36
DOTS_PER_INCH = 160
_TOP_IN, _BOTTOM_IN = 0.95, 0.62
_LEFT_IN, _RIGHT_IN = 1.55, 1.75

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
        }
    ):
        yield


def rows_axes(
    title: str, subtitle: str, rows: int, *, row_in: float = ROW_IN, right_in: float = _RIGHT_IN
) -> tuple[Figure, Axes]:
    """A figure with a title, and axes with a row for each of 0 to ``rows - 1``, the first on top."""
    height = _TOP_IN + rows * row_in + _BOTTOM_IN
    figure = Figure(figsize=(WIDTH_IN, height), dpi=DOTS_PER_INCH, facecolor=CARD)
    axes = figure.add_axes(
        (
            _LEFT_IN / WIDTH_IN,
            _BOTTOM_IN / height,
            (WIDTH_IN - _LEFT_IN - right_in) / WIDTH_IN,
            rows * row_in / height,
        )
    )
    left = 0.15 / WIDTH_IN
    figure.text(left, 1 - 0.30 / height, title, fontsize=12.5, fontweight="bold", color=INK, va="center")
    figure.text(left, 1 - 0.55 / height, subtitle, fontsize=9, color=MUTED, va="center")
    axes.set_facecolor(CARD)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.tick_params(axis="both", length=0, colors=MUTED)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    return figure, axes


def name_rows(axes: Axes, cases: Sequence[CaseSummary]) -> None:
    """Write each mode's name left of its row, grey where it has no times."""
    axes.set_yticks(range(len(cases)), [for_figure(case.case.mode) for case in cases])
    for label, case in zip(axes.get_yticklabels(), cases, strict=True):
        label.set_color(INK if case.timed else WITHHELD)
        label.set_fontsize(10)


def write_withheld(axes: Axes, cases: Sequence[CaseSummary]) -> None:
    """In the rows of cases without times, say why instead of drawing a point."""
    for position, case in enumerate(cases):
        if not case.timed:
            words = "no time" if case.status == "unavailable" else "time withheld"
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


def beside(axes: Axes, position: float, text: str, **options: Any) -> None:
    """Write in the column right of the axes."""
    axes.text(1.02, position, text, transform=axes.get_yaxis_transform(), va="center", clip_on=False, **options)


def seconds_axis(axes: Axes, smallest: float, largest: float) -> None:
    """A logarithmic axis of seconds that holds both ends, labelled in the units of the tables."""
    low, high = math.log10(smallest), math.log10(largest)
    # Wide enough for the label of a single point.
    margin = max(0.06 * (high - low), 0.35 - (high - low) / 2, 0.08)
    limits = 10 ** (low - margin), 10 ** (high + margin)
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    axes.xaxis.set_major_locator(FixedLocator(log_ticks(*limits)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick_label(value)))
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten between two ends; where they are fewer than three, 1-2-5 steps too."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks: list[float] = []
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        ticks = [step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high]
        if len(ticks) >= 3:
            break
    return ticks


def _tick_label(value: float) -> str:
    number, _, unit = seconds(value).partition(" ")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {unit}"


def png(figure: Figure) -> bytes:
    """The figure as PNG, the same bytes for the same numbers."""
    buffer = io.BytesIO()
    with drawing():
        figure.savefig(
            buffer, format="png", dpi=DOTS_PER_INCH, facecolor=CARD, edgecolor="none", metadata={"Software": None}
        )
    return buffer.getvalue()
