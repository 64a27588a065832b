"""Arithmetic on measured numbers. Returns data: no printing, no paths, no clock, no results file.

Samples inside a launch are not independent, launches are (Kalibera & Jones 2013, "Rigorous benchmarking in reasonable
time"; Georges, Buytaert & Eeckhout 2007, "Statistically rigorous Java performance evaluation"). So each launch gives
one number per case, its median, and every interval here is taken over launches.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

CONFIDENCE = 0.95
WIDEST = 230.0  # half an interval's width in the logarithm, a factor of 1e100: wider would overflow and says no less


class Estimate(msgspec.Struct, frozen=True):
    """A positive quantity with its interval.

    Attributes:
        value: geometric mean over launches.
        low: lower end of the 95 % interval; None where one launch cannot give any.
        high: upper end.
        launches: how many numbers it rests on.
    """

    value: float
    low: float | None
    high: float | None
    launches: int

    @property
    def relative_error(self) -> float | None:
        """Half the width of the interval on the logarithmic scale: 0.05 reads "within 5 %"."""
        if self.low is None or self.high is None:
            return None
        return math.sqrt(self.high / self.low) - 1

    def reciprocal(self) -> "Estimate":
        """The estimate of one over the quantity; exact, since the interval is symmetric in the logarithm."""
        low = None if self.high is None else 1 / self.high
        high = None if self.low is None else 1 / self.low
        return Estimate(1 / self.value, low, high, self.launches)

    def scaled(self, factor: float) -> "Estimate":
        """The estimate of the quantity times an exactly known positive factor."""
        low = None if self.low is None else self.low * factor
        high = None if self.high is None else self.high * factor
        return Estimate(self.value * factor, low, high, self.launches)


class Mean(msgspec.Struct, frozen=True):
    """A quantity that may be zero or negative, with its interval.

    Attributes:
        value: arithmetic mean over launches.
        low: lower end of the 95 % interval; None where one launch cannot give any.
        high: upper end.
        launches: how many numbers it rests on.
    """

    value: float
    low: float | None
    high: float | None
    launches: int


Difference = Literal["faster", "slower", "no difference shown", "no interval"]


def estimate(values: Sequence[float]) -> Estimate:
    """Geometric mean and its Student-t interval on the logarithmic scale.

    With ``x_i`` the logarithms of ``n`` launch medians: ``exp(mean(x) ± t(0.975, n - 1) · stdev(x) / sqrt(n))``
    (Georges et al. 2007, section 3.2.2). The logarithm because times are positive, their errors are relative, and so
    that a ratio and its reciprocal get matching intervals.

    Args:
        values: one positive number per launch.

    Raises:
        ValueError: where there is no number, or one that is not positive and finite.
    """
    if not values:
        raise ValueError("an estimate needs at least one launch, got none")
    if not all(math.isfinite(value) and value > 0 for value in values):
        raise ValueError(f"expected positive finite numbers, got {list(values)}")
    center = mean([math.log(value) for value in values])
    if center.low is None or center.high is None:
        return Estimate(math.exp(center.value), None, None, 1)
    half = min((center.high - center.low) / 2, WIDEST)
    return Estimate(math.exp(center.value), math.exp(center.value - half), math.exp(center.value + half), len(values))


def mean(values: Sequence[float]) -> Mean:
    """Arithmetic mean and its Student-t interval: ``mean(x) ± t(0.975, n - 1) · stdev(x) / sqrt(n)``.

    Args:
        values: one finite number per launch.

    Raises:
        ValueError: where there is no number, or one that is not finite.
    """
    if not values or not all(math.isfinite(value) for value in values):
        raise ValueError(f"expected finite numbers, got {list(values)}")
    center = statistics.fmean(values)
    if len(values) == 1:
        return Mean(center, None, None, 1)
    half = quantile(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return Mean(center, center - half, center + half, len(values))


def slope(points: Sequence[tuple[float, float]]) -> float:
    """How much the second number grows for each one of the first: the median slope between all pairs of points.

    Theil (1950) and Sen (1968): up to 29 % of the points may be anything, so that a step which an allocator takes once
    is not mistaken for growth.

    Args:
        points: with different first numbers; at least two.

    Raises:
        ValueError: where there are fewer.
    """
    if len(points) < 2:
        raise ValueError(f"a slope needs at least two points, got {len(points)}")
    from scipy.stats import theilslopes  # here, since a pytest session that only has the plugin must not wait for it

    first, second = zip(*points, strict=True)
    return float(theilslopes(second, first).slope)


def ratio(numerator: Mapping[int, float], denominator: Mapping[int, float]) -> Estimate | None:
    """The ratio of two cases, paired by launch, or None where no launch has both.

    Two cases of one launch share its process, its memory layout and its neighbours on the machine; dividing inside the
    launch takes that out.

    Args:
        numerator: seconds by launch.
        denominator: seconds by launch.
    """
    common = sorted(numerator.keys() & denominator.keys())
    if not common:
        return None
    return estimate([numerator[launch] / denominator[launch] for launch in common])


def difference(speedup: Estimate) -> Difference:
    """What may be said of a speed-up: only what its whole interval says."""
    if speedup.low is None or speedup.high is None:
        return "no interval"
    if speedup.low > 1:
        return "faster"
    if speedup.high < 1:
        return "slower"
    return "no difference shown"


class BreakEven(msgspec.Struct, frozen=True):
    """After how many calls a mode has paid back what its start cost, against another mode.

    Attributes:
        kind: ``always``: ahead from the first call. ``after``: ahead from ``calls`` on. ``until``: behind from
            ``calls`` on. ``never``: behind from the first call. ``undecided``: it isn't shown that later calls differ,
            or launches differ too much to say by how many seconds.
        calls: for ``after`` and ``until``, with its interval. Where the interval reaches down to one call, the launches
            don't show who is ahead at first.
    """

    kind: Literal["always", "after", "until", "never", "undecided"]
    calls: Estimate | None = None


def break_even(
    cold: Mapping[int, float],
    warm: Mapping[int, float],
    cold_reference: Mapping[int, float],
    warm_reference: Mapping[int, float],
) -> BreakEven:
    """Solve ``cold + (n - 1) · warm = cold_ref + (n - 1) · warm_ref`` for the number of calls ``n``.

    That is ``n = 1 + (cold - cold_ref) / (warm_ref - warm)``, with the means over launches that have all four. The
    interval is Fieller's for the ratio of two means of paired numbers (Fieller 1954, "Some problems in interval
    estimation"), so that a start which is dearer in one launch and cheaper in the next still has one. Whether later
    calls differ at all is asked of their `ratio`, as it is wherever two modes are compared: one question, one answer.

    Args:
        cold: seconds of preparing and the first call, by launch.
        warm: seconds of a later call, by launch.
        cold_reference: the same of the mode it is held against.
        warm_reference: the same.
    """
    common = sorted(cold.keys() & warm.keys() & cold_reference.keys() & warm_reference.keys())
    debts = [cold[launch] - cold_reference[launch] for launch in common]
    gains = [warm_reference[launch] - warm[launch] for launch in common]
    speedup = ratio(warm_reference, warm)
    solved = _ratio_of_means(debts, gains)
    if solved is None or speedup is None or difference(speedup) not in {"faster", "slower"}:
        return BreakEven("undecided")
    value, low, high = solved
    pays_in_the_end = statistics.fmean(gains) > 0
    if high <= 0:
        return BreakEven("always" if pays_in_the_end else "never")
    calls = Estimate(1 + max(0.0, value), 1 + max(0.0, low), 1 + high, len(common))
    return BreakEven("after" if pays_in_the_end else "until", calls)


def _ratio_of_means(numerators: Sequence[float], denominators: Sequence[float]) -> tuple[float, float, float] | None:
    """Ratio of the means of paired numbers, and both ends of its interval; None where the denominator may be zero."""
    count = len(numerators)
    if count < 2:
        return None
    above, below = statistics.fmean(numerators), statistics.fmean(denominators)
    squared = quantile(count - 1) ** 2 / count
    # The ratio r lies in the interval where (above - r · below)² ≤ t² · variance of the mean of (numerator - r ·
    # denominator): a · r² - 2 · b · r + c ≤ 0.
    a = below**2 - squared * statistics.variance(denominators)
    b = above * below - squared * statistics.covariance(numerators, denominators)
    c = above**2 - squared * statistics.variance(numerators)
    if a <= 0:
        return None
    root = math.sqrt(max(0.0, b**2 - a * c))
    return above / below, (b - root) / a, (b + root) / a


def quantile(degrees_of_freedom: float) -> float:
    """Of Student's t distribution, so that `CONFIDENCE` lies between minus and plus it."""
    from scipy.special import stdtrit  # here, since a pytest session that only has the plugin must not wait for it

    return float(stdtrit(degrees_of_freedom, 0.5 + CONFIDENCE / 2))
