"""Where two modes cross: from which size on the other one is faster. Returns data: no printing, no paths, no clock."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from eagerbench.stats import Estimate, ratio


class Crossing(msgspec.Struct, frozen=True):
    """A size at which one mode stops being the faster one and the other begins to be.

    Attributes:
        faster_before: the mode with less time at smaller sizes.
        faster_after: the mode with less time at larger sizes.
        size: where the mean ratio of their times is 1; between two measured sizes it is interpolated, not measured.
        low: lower end of its 95 % interval; None where it lies below the smallest size, so that the sizes measured
            don't show `faster_before` to be faster anywhere.
        high: upper end; None where it lies above the largest size.
        between: the measured sizes next to `size` on either side.
        measured: the smallest and the largest size at which both modes have an interval.
    """

    faster_before: str
    faster_after: str
    size: float
    low: float | None
    high: float | None
    between: tuple[int, int]
    measured: tuple[int, int]


class _Line(msgspec.Struct, frozen=True):
    """A line through some points, straight between neighbours."""

    places: tuple[float, ...]
    heights: tuple[float, ...]

    def at(self, place: float) -> float:
        for (left, before), (right, after) in pairwise(zip(self.places, self.heights, strict=True)):
            if left <= place <= right:
                share = (place - left) / (right - left)
                return before * (1 - share) + after * share
        raise ValueError(f"{place} lies outside of {self.places[0]} to {self.places[-1]}")

    def zeros(self) -> list[float]:
        """Where it changes its sign, ascending."""
        found = []
        for (left, before), (right, after) in pairwise(zip(self.places, self.heights, strict=True)):
            if before < 0 <= after or after <= 0 < before:
                found.append(left + (right - left) * before / (before - after))
        return found


def crossings(
    one: str, other: str, times: Mapping[int, Mapping[int, float]], other_times: Mapping[int, Mapping[int, float]]
) -> list[Crossing]:
    """Every size at which two modes change places, ascending; empty where no such change is shown.

    At each size, with ``d_i = log(time / other time)`` of the launches that have both, the mean of ``d`` has the
    Student-t interval ``mean ± t(0.975, n - 1) · stdev / sqrt(n)`` (`stats.ratio`). Mean and both ends are joined
    between neighbouring sizes by straight lines over the logarithm of the size. A crossing is where the mean is zero;
    its interval holds every size at which the band holds zero, which is to invert the test of "no difference at this
    size", as Fieller (1954) does for the zero of a single line. A crossing counts as shown where the band lies on one
    side of zero before that interval, or on the other side of it afterwards; where it does so on one side only, the
    other end is open. Where the band leaves zero on the side that it came from, nothing is shown to cross.

    Assumes that the logarithm of the ratio is close to straight between measured sizes, as it is between two power
    laws: what happens between two sizes is not measured, and two crossings between them are not seen. The band is
    pointwise: the 95 % are of one size, not of all of them at once.

    Args:
        one: name of a mode.
        other: name of the mode it is held against.
        times: seconds of a call in ``one``, by size and launch.
        other_times: the same of ``other``.
    """
    ratios = {size: ratio(times[size], other_times[size]) for size in sorted(times.keys() & other_times.keys())}
    known = {size: own for size, own in ratios.items() if own is not None and own.low is not None}
    if len(known) < 2:
        return []
    sizes = list(known)
    places = tuple(map(math.log, sizes))
    mean, low, high = (_Line(places, heights) for heights in zip(*map(_logarithms, known.values()), strict=True))
    found = []
    for begin, end, left, right in _undecided(low, high):
        before, after = left or -right, right or -left
        zeros = [zero for zero in mean.zeros() if begin <= zero <= end]
        # An even number of zeros leaves the mean on the side that it came from.
        if before == after or len(zeros) % 2 == 0:
            continue
        zero = zeros[len(zeros) // 2]
        found.append(
            Crossing(
                faster_before=one if before < 0 else other,
                faster_after=other if before < 0 else one,
                size=math.exp(zero),
                low=math.exp(begin) if left else None,
                high=math.exp(end) if right else None,
                between=_neighbours(sizes, places, zero),
                measured=(sizes[0], sizes[-1]),
            )
        )
    return found


def _logarithms(own: Estimate) -> tuple[float, float, float]:
    return math.log(own.value), math.log(own.low or own.value), math.log(own.high or own.value)


def _undecided(low: _Line, high: _Line) -> list[tuple[float, float, int, int]]:
    """Each stretch in which the band holds zero: its ends, and on which side the band lies before and after.

    1 is above zero, -1 below; 0 where no size was measured there. A band without width leaves a stretch without length
    between both its sides.
    """
    marks = sorted({low.places[0], *low.zeros(), *high.zeros(), low.places[-1]})
    merged: list[tuple[float, float, int]] = []
    for begin, end in pairwise(marks):
        middle = (begin + end) / 2
        side = (low.at(middle) > 0) - (high.at(middle) < 0)
        if merged and merged[-1][2] == side:
            merged[-1] = merged[-1][0], end, side
        elif merged and side and merged[-1][2]:
            merged += [(begin, begin, 0), (begin, end, side)]
        else:
            merged.append((begin, end, side))
    return [
        (begin, end, merged[place - 1][2] if place else 0, merged[place + 1][2] if place + 1 < len(merged) else 0)
        for place, (begin, end, side) in enumerate(merged)
        if side == 0
    ]


def _neighbours(sizes: Sequence[int], places: Sequence[float], zero: float) -> tuple[int, int]:
    return (
        max(size for size, place in zip(sizes, places, strict=True) if place <= zero),
        min(size for size, place in zip(sizes, places, strict=True) if place >= zero),
    )
