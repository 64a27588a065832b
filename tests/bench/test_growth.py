"""What the memory of a mode does, on hand-made processes: a leak is told, and a step of an allocator is none."""

from collections.abc import Callable

import msgspec
import pytest

from eagerbench.cases import Case
from eagerbench.growth import GROWTH_MB, Memory, Verdict, growth_mb, memory, verdict
from eagerbench.results import MemoryUse
from eagerbench.stats import Mean

CASE = "memory/eager/b1"
MakeUse = Callable[..., MemoryUse]
CALLS = range(0, 2001, 10)  # of the checkpoints


def _leaking(make: MakeUse, mb_in_1000_calls: float, **more: float) -> MemoryUse:
    """A process whose resident memory goes up in a straight line."""
    return make(CASE, [5.0 + mb_in_1000_calls * calls / 1000 for calls in CALLS], **more)


def _memory(uses: list[MemoryUse]) -> Memory:
    return memory(Case.parse(CASE), uses)


def test_a_leak_of_a_megabyte_in_a_thousand_calls_grows(make_memory_use: MakeUse) -> None:
    """0.9, 1.0 and 1.1 MB: one on average, and t(0.975, 2) / sqrt(3) of 0.1 around it lies far above a tenth."""
    found = _memory([_leaking(make_memory_use, leak) for leak in (0.9, 1.0, 1.1)])
    assert found.verdict == "grows"
    assert found.slope_mb is not None
    assert found.slope_mb.value == pytest.approx(1.0)
    assert found.slope_mb.high == pytest.approx(1.0 + 4.302653 * 0.1 / 3**0.5)
    assert (found.calls, found.processes) == (2000, 3)


def test_one_step_of_an_allocator_is_no_leak(make_memory_use: MakeUse) -> None:
    """A megabyte or ten taken once, after 30 % of the calls, or after 60 %, when all else has settled."""
    for size, after in ((1.0, 600), (10.0, 600), (10.0, 1200)):
        stepped = make_memory_use(CASE, [5.0 + size * (calls > after) for calls in CALLS])
        found = _memory([stepped] * 3)
        assert (found.verdict, found.slope_mb) == ("flat", Mean(0.0, 0.0, 0.0, 3))
        assert found.kept_mb.value == pytest.approx(5.0 + size)


def test_what_fills_up_at_the_start_is_no_leak(make_memory_use: MakeUse) -> None:
    """Caches grow for the first half of the calls; the slope begins behind it."""
    settling = make_memory_use(CASE, [min(calls, 1000) / 100 for calls in CALLS])
    assert growth_mb(settling) == 0.0
    assert _memory([settling] * 2).verdict == "flat"


def test_memory_that_is_given_back_does_not_grow(make_memory_use: MakeUse) -> None:
    """A negative slope is told as it is."""
    found = _memory([_leaking(make_memory_use, -leak) for leak in (0.9, 1.0, 1.1)])
    assert found.verdict == "flat"
    assert found.slope_mb is not None
    assert found.slope_mb.value == pytest.approx(-1.0)
    assert found.slope_mb.low == pytest.approx(-1.0 - 4.302653 * 0.1 / 3**0.5)


@pytest.mark.parametrize(("points", "slope", "expected"), [(5, None, "unclear"), (6, 100.0, "grows")])
def test_too_few_calls_say_nothing(
    make_memory_use: MakeUse, points: int, slope: float | None, expected: Verdict
) -> None:
    """Forty calls are too few, fifty are enough; what is known besides is told all the same."""
    use = make_memory_use(CASE, [1.0 * number for number in range(points)], peak_mb=7.0)
    assert growth_mb(use) == (None if slope is None else pytest.approx(slope))
    found = _memory([use] * 2)
    assert (found.slope_mb is None, found.verdict) == (slope is None, expected)
    assert (found.calls, found.first_peak_mb.value) == (10 * (points - 1), 7.0)


def test_who_rose_by_less_than_settling_takes_is_not_accused(make_memory_use: MakeUse) -> None:
    """2 MB in 1,000 calls, seen over 400 of them, may still be settling; over 600 it is not, in every process."""
    short, long = ([0.002 * calls for calls in range(0, most + 1, 10)] for most in (400, 600))
    assert _memory([make_memory_use(CASE, short)] * 3).verdict == "unclear"
    assert _memory([make_memory_use(CASE, long)] * 3).verdict == "grows"
    assert _memory([make_memory_use(CASE, sizes) for sizes in (long, short, long)]).verdict == "unclear"


def test_a_single_process_accuses_nobody(make_memory_use: MakeUse) -> None:
    """Its slope is told, but without an interval nothing is shown."""
    found = _memory([_leaking(make_memory_use, 5.0)])
    assert found.verdict == "unclear"
    assert found.slope_mb is not None
    assert (found.slope_mb.value, found.slope_mb.low) == (pytest.approx(5.0), None)


def test_a_process_of_too_few_calls_is_left_out_of_the_slope(make_memory_use: MakeUse) -> None:
    """The others have one; the fewest calls of any are told."""
    short = make_memory_use(CASE, [0.0, 9.0])
    found = _memory([short, _leaking(make_memory_use, 1.0), _leaking(make_memory_use, 1.0)])
    assert found.slope_mb is not None
    assert (found.slope_mb.launches, found.slope_mb.value) == (2, pytest.approx(1.0))
    assert (found.calls, found.processes, found.verdict) == (10, 3, "grows")


@pytest.mark.parametrize(
    ("slope", "risen_mb", "expected"),
    [
        (Mean(1.0, 0.11, 1.89, 3), 1.01, "grows"),
        (Mean(1.0, 0.11, 1.89, 3), 1.0, "unclear"),
        (Mean(1.0, 0.09, 1.91, 3), 9.0, "unclear"),
        (Mean(0.05, 0.0, GROWTH_MB, 3), 9.0, "flat"),
        (Mean(0.05, -0.1, 0.2, 3), 9.0, "unclear"),
        (Mean(-3.0, -5.0, -1.0, 3), -9.0, "flat"),
        (Mean(9.0, None, None, 1), 9.0, "unclear"),
        (None, 9.0, "unclear"),
    ],
)
def test_a_verdict_needs_the_whole_interval(slope: Mean | None, risen_mb: float, expected: Verdict) -> None:
    """A hundred bytes a call are the border: above it, below it, or not known."""
    assert verdict(slope, risen_mb) == expected


def test_memory_is_told_above_the_baseline(make_memory_use: MakeUse) -> None:
    """Peaks and what is kept, in megabytes of 10⁶ bytes; below the baseline is nothing."""
    uses = [
        make_memory_use(CASE, [20.0, 30.0, 25.0], baseline_mb=500.0, peak_mb=100.0),
        make_memory_use(CASE, [10.0, 10.0, -5.0], baseline_mb=700.0),
    ]
    uses[0] = msgspec.structs.replace(uses[0], last_peak_bytes=620_000_000, sampled_peak_bytes=560_000_000)
    found = _memory(uses)
    assert found.baseline_mb == 600.0
    assert found.first_peak_mb.value == pytest.approx((100 + 10) / 2)
    assert found.last_peak_mb.value == pytest.approx((120 + 10) / 2)
    assert found.sampled_peak_mb.value == pytest.approx((60 + 10) / 2)
    assert found.kept_mb.value == pytest.approx((25 + 0) / 2)


def test_objects_are_counted_for_a_thousand_calls(make_memory_use: MakeUse) -> None:
    """Thirty objects more after 2,000 calls are fifteen; without a call after the first there is nothing to say."""
    found = _memory([_leaking(make_memory_use, 0.0, objects=30)] * 2)
    assert found.objects == Mean(15.0, 15.0, 15.0, 2)
    assert _memory([make_memory_use(CASE, [1.0])]).objects is None


def test_the_curve_is_that_of_the_process_in_the_middle(make_memory_use: MakeUse) -> None:
    """Neither the steepest nor the flattest; megabytes above its own baseline."""
    found = _memory([_leaking(make_memory_use, leak, baseline_mb=100.0 * leak) for leak in (3.0, 1.0, 2.0)])
    assert found.curve[0] == (0, pytest.approx(5.0))
    assert found.curve[-1] == (2000, pytest.approx(9.0))
