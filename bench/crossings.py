"""From which size on another mode is faster, and from which on a call takes a multiple of what the smallest size takes.

Returns data: no printing, no paths, no clock.
"""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise

import msgspec

from eagerbench.stats import ratio

_ROUNDING = 1e-9  # share of all places


class Crossing(msgspec.Struct, frozen=True):
    """A size at which one mode stops being the faster one and the other begins to be.

    Attributes:
        faster_before: the mode with less time at smaller sizes.
        faster_after: the mode with less time at larger sizes.
        size: where the mean ratio of their times is 1; between two measured sizes it is interpolated, not measured.
        low: lower end of its 95 % interval.
        high: upper end.
        around: the measured sizes from the one next below `low`, at which `faster_before` is shown to be faster, to
            the one next above `high`, at which `faster_after` is; ascending.
        otherwise: which of the two modes execute otherwise at some of these sizes than at the others, so that no line
            between them says where the crossing is.
    """

    faster_before: str
    faster_after: str
    size: float
    low: float
    high: float
    around: tuple[int, ...]
    otherwise: tuple[str, ...] = ()


class Doubling(msgspec.Struct, frozen=True):
    """The size from which on a call takes more than twice as long as at the smallest size: where overhead ends.

    Attributes:
        mode: whose calls.
        size: where the mean ratio to the smallest size is 2; between two measured sizes it is interpolated, not
            measured. None where the mean ratio is below 2 at the largest size.
        low: lower end of the 95 % interval; None where it lies above the largest size too, so that the mode is shown
            not to double.
        high: upper end; None where it lies above the largest size.
        around: the measured sizes from the one next below `low` to the one next above `high`, or to the largest where
            that is open; empty where `size` is None.
        measured: the smallest and the largest size that are compared.
        otherwise: the mode, where it executes otherwise at some of the sizes `around` than at the others; else nobody.
    """

    mode: str
    size: float | None
    low: float | None
    high: float | None
    around: tuple[int, ...]
    measured: tuple[int, int]
    otherwise: tuple[str, ...] = ()


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
    side of zero before that interval and on the other side of it afterwards: each mode is shown to be faster at some
    size. Where the band leaves zero on the side that it came from, or doesn't leave it, nothing is shown to cross.

    Assumes that the logarithm of the ratio is close to straight between measured sizes, as it is between two power
    laws; a mode that goes over to another algorithm between two sizes breaks that. What launches show without it is
    that the modes change places between the first and the last size `around`. Two crossings between neighbouring sizes
    are not seen. The band is pointwise: the 95 % are of one size, not of all of them at once.

    Args:
        one: name of a mode.
        other: name of the mode it is held against.
        times: seconds of a call in ``one``, by size and launch.
        other_times: the same of ``other``.
    """
    band = _band(times, other_times, place=math.log, height=math.log)
    if band is None:
        return []
    return [
        Crossing(
            faster_before=one if change.rises else other,
            faster_after=other if change.rises else one,
            size=math.exp(change.zero),
            low=math.exp(change.begin),
            high=math.exp(change.end),
            around=band.around(change.begin, change.end),
        )
        for change in _changes(band)
        if change.begin is not None and change.end is not None
    ]


def doubling(mode: str, times: Mapping[int, Mapping[int, float]]) -> Doubling | None:
    """Where a call of a mode begins to take more than twice as long as at the smallest size; None without intervals.

    Of a time ``t(n) = overhead + n · work`` this is ``n = overhead / work + 2 · smallest``: the half-performance length
    ``n½ = overhead / work`` (Hockney & Jesshope 1981, "Parallel Computers"), at which fixed cost and computing are
    equal, but for the rows that the smallest size has itself. Below it a call is mostly overhead, above it mostly
    computing. Found like a crossing (`crossings`) of the mode with twice its own time at the smallest size, paired by
    launch, but on lines that are straight over the size itself, as that law is; where there are several, the last from
    which on the mode stays above. A mode that goes over to another algorithm doubles somewhere else between the sizes
    `around`.

    Args:
        mode: its name.
        times: seconds of a call, by size and launch.
    """
    if not times:
        return None
    smallest = {launch: 2 * own for launch, own in times[min(times)].items()}
    band = _band(times, dict.fromkeys(times, smallest), place=float, height=lambda ratio: ratio - 1)
    if band is None:
        return None
    measured = (band.sizes[0], band.sizes[-1])
    last = next(iter(_changes(band)[-1:]), None)
    if last is not None and last.rises:
        return Doubling(mode, last.zero, last.begin, last.end, band.around(last.begin, last.end), measured)
    # The mean ends below twice; how sure that is, the last stretch in which the band holds twice says.
    undecided = _undecided(band.low, band.high)
    open_end = bool(undecided) and undecided[-1][1] == band.low.places[-1]
    return Doubling(mode, None, undecided[-1][0] if open_end else None, None, (), measured)


class _Band(msgspec.Struct, frozen=True):
    """Mean and both ends of the interval of a ratio, over the size; both on the scales on which lines are straight."""

    sizes: tuple[int, ...]
    mean: _Line
    low: _Line
    high: _Line

    def around(self, begin: float | None, end: float | None) -> tuple[int, ...]:
        """The sizes from the last one before a stretch to the first one after it; all on a side on which it is open."""
        known = list(zip(self.sizes, self.mean.places, strict=True))
        before = [size for size, place in known if begin is not None and place < begin - self.slack]
        after = [size for size, place in known if end is not None and place > end + self.slack]
        return (*before[-1:], *self.sizes[len(before) : len(known) - len(after)], *after[:1])

    @property
    def slack(self) -> float:
        """How far apart rounding may put what is one place."""
        return _ROUNDING * (self.mean.places[-1] - self.mean.places[0])


class _Change(msgspec.Struct, frozen=True):
    """Where the mean of a band changes its sign, shown by the band on one side at least.

    Attributes:
        rises: whether it is negative before.
        zero: where.
        begin: of the stretch around it in which the band holds zero; None where nothing before it is decided.
        end: of that stretch; None where nothing after it is decided.
    """

    rises: bool
    zero: float
    begin: float | None
    end: float | None


def _band(
    times: Mapping[int, Mapping[int, float]],
    other: Mapping[int, Mapping[int, float]],
    *,
    place: Callable[[int], float],
    height: Callable[[float], float],
) -> _Band | None:
    """Of the ratio of some times, paired by launch, at each size that has an interval; None where fewer than two do.

    Args:
        times: seconds of a call, by size and launch.
        other: what they are divided by.
        place: of a size, over which lines are straight.
        height: of a ratio; zero where it is 1.
    """
    ratios = {size: ratio(times[size], other[size]) for size in sorted(times.keys() & other.keys())}
    known = {size: own for size, own in ratios.items() if own is not None and own.low is not None}
    if len(known) < 2:
        return None
    places = tuple(map(place, known))
    ends = zip(*((own.value, own.low or own.value, own.high or own.value) for own in known.values()), strict=True)
    mean, low, high = (_Line(places, tuple(map(height, heights))) for heights in ends)
    return _Band(tuple(known), mean, low, high)


def _changes(band: _Band) -> list[_Change]:
    """Every change of sign that is shown, ascending."""
    found = []
    for begin, end, left, right in _undecided(band.low, band.high):
        before, after = left or -right, right or -left
        # Where a band has no width, its ends and the mean are zero at one place, but for rounding.
        zeros = [zero for zero in band.mean.zeros() if begin - band.slack <= zero <= end + band.slack]
        # An even number of zeros leaves the mean on the side that it came from.
        if before == after or len(zeros) % 2 == 0:
            continue
        middle = zeros[len(zeros) // 2]
        found.append(_Change(before < 0, middle, begin if left else None, end if right else None))
    return found


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
