"""What memory a mode takes, and whether it takes more with every call.

Returns data: no printing, no paths. Knows no TensorFlow and no pandas.
"""

import statistics
from typing import Literal

import msgspec

from eagerbench.cases import Case
from eagerbench.results import MemoryUse
from eagerbench.stats import Mean, mean, slope

MB = 1e6
# Growth below a tenth of a megabyte in a thousand calls, a hundred bytes a call, nobody will ever notice.
GROWTH_MB = 0.1
# At first caches fill and allocators find their size: half a megabyte in up to 3,000 calls was seen in modes that then
# stayed flat for 17,000 more. The slope is taken after this share of the calls, and nobody is said to grow who has not
# risen by more than that in every process.
SETTLING = 0.5
SETTLING_MB = 1.0
FEWEST_CALLS = 50

# grows: the whole interval of the slope lies above `GROWTH_MB`, and every process has risen by more than `SETTLING_MB`.
# flat: the whole interval lies below. unclear: neither, or there is no interval.
Verdict = Literal["grows", "flat", "unclear"]


class Memory(msgspec.Struct, frozen=True):
    """What the memory of one case does. Megabytes are 10⁶ bytes.

    Attributes:
        case: which.
        baseline_mb: resident when everything is imported, mean over processes.
        first_peak_mb: the most that was resident above the baseline until after the first call (``ru_maxrss``).
        last_peak_mb: the same until after the last call.
        sampled_peak_mb: the same as seen from outside, looking every few milliseconds.
        kept_mb: resident above the baseline after the last call.
        slope_mb: growth of resident memory in 1,000 calls; None where there were too few calls.
        objects: growth in 1,000 calls of the number of objects that Python's garbage collector tracks.
        calls: after the first, the fewest of any process.
        processes: so many.
        verdict: what the slope says.
        curve: pairs of calls and resident megabytes above the baseline, of the process with the median slope.
    """

    case: Case
    baseline_mb: float
    first_peak_mb: Mean
    last_peak_mb: Mean
    sampled_peak_mb: Mean
    kept_mb: Mean
    slope_mb: Mean | None
    objects: Mean | None
    calls: int
    processes: int
    verdict: Verdict
    curve: tuple[tuple[int, float], ...]


def memory(case: Case, uses: list[MemoryUse]) -> Memory:
    """What the processes of one case show; at least one."""
    slopes = [growth_mb(use) for use in uses]
    known = [own for own in slopes if own is not None]
    told = mean(known) if known else None
    middle = uses[slopes.index(sorted(known)[len(known) // 2])] if known else uses[0]
    objects = [1000 * (use.last_objects - use.first_objects) / use.calls for use in uses if use.calls]
    return Memory(
        case=case,
        baseline_mb=statistics.fmean(use.baseline_bytes for use in uses) / MB,
        first_peak_mb=_above(uses, "first_peak_bytes"),
        last_peak_mb=_above(uses, "last_peak_bytes"),
        sampled_peak_mb=_above(uses, "sampled_peak_bytes"),
        kept_mb=_above(uses, "last_bytes"),
        slope_mb=told,
        objects=mean(objects) if objects else None,
        calls=min(use.calls for use in uses),
        processes=len(uses),
        verdict=verdict(told, min((use.last_bytes - use.first_bytes) / MB for use in uses)),
        curve=tuple((calls, (size - middle.baseline_bytes) / MB) for calls, size in middle.checkpoints),
    )


def growth_mb(use: MemoryUse) -> float | None:
    """Megabytes in 1,000 calls, of one process; None where it made too few calls."""
    settled = [(float(calls), float(size)) for calls, size in use.checkpoints if calls >= SETTLING * use.calls]
    if use.calls < FEWEST_CALLS or len(settled) < 2:
        return None
    return slope(settled) * 1000 / MB


def verdict(slope_mb: Mean | None, risen_mb: float) -> Verdict:
    """What a slope shows: only what its whole interval says.

    Args:
        slope_mb: growth in 1,000 calls.
        risen_mb: growth from the first call to the last, in the process where it was least.
    """
    if slope_mb is None or slope_mb.low is None or slope_mb.high is None:
        return "unclear"
    if slope_mb.low > GROWTH_MB and risen_mb > SETTLING_MB:
        return "grows"
    return "flat" if slope_mb.high <= GROWTH_MB else "unclear"


def _above(uses: list[MemoryUse], name: str) -> Mean:
    return mean([max(0.0, (getattr(use, name) - use.baseline_bytes) / MB) for use in uses])
