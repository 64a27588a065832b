"""Numbers to words. Pure functions of one number or one case; what they return is plain text, not yet escaped."""

import math
from collections.abc import Iterable, Mapping

from eagerbench.cases import CACHED, FORKED, Case
from eagerbench.errors import UserError
from eagerbench.stats import BreakEven, Estimate, Mean, difference
from eagerbench.summary import CaseSummary
from eagerbench.workloads import SCENARIOS

ABSENT = "–"
# An interval that reaches farther than so many times from its value bounds nothing that a reader could use.
OUT_OF_SIGHT = 100
# Of ends that lie farther apart than so many times, two digits say all there is to know.
_WIDE = 2
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_STATUS_WORDS = {
    "disagrees": "disagrees with the reference",
    "retraced": "traced again while timing",
    "timed-out": "timed out",
    "out-of-memory": "out of memory",
    "unavailable": "can't run here",
}


def significant(value: float) -> str:
    """Three significant digits: ``5.40``, ``40.0``, ``1,230``; an exponent only where zeros could not be counted."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    rounded = float(f"{value:.3g}")
    if not 1e-6 <= abs(rounded) < 1e12:
        return f"{rounded:.2e}"
    decimals = max(0, 2 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}"


def _unit(value_s: float) -> tuple[float, str]:
    rounded = float(f"{value_s:.3g}")  # so that 999.9 µs is 1.00 ms and not 1,000 µs
    return next(((size, name) for size, name in _UNITS if rounded >= size), _UNITS[-1])


def seconds(value_s: float | None) -> str:
    """A time: ``1.23 ms``."""
    if value_s is None:
        return ABSENT
    if value_s == 0:
        return "0 s"
    size, name = _unit(value_s)
    return f"{significant(value_s / size)} {name}"


def plain(number: str) -> str:
    """A number as an axis shows it, without zeros at its end: ``1.50 ms`` becomes ``1.5 ms``."""
    digits, space, unit = number.partition(" ")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}{space}{unit}"


def ends(estimate: Estimate | None) -> str:
    """The interval of a positive quantity: ``1.20–1.26``; empty where there is none.

    Two digits where its ends lie far apart, whole numbers from a hundred on. One that reaches farther than
    `OUT_OF_SIGHT` is told as that: its ends are of no use, and ``summary.csv`` has them.
    """
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    if estimate.low * OUT_OF_SIGHT < estimate.value or estimate.high > estimate.value * OUT_OF_SIGHT:
        return f"over {OUT_OF_SIGHT}× either way"
    if estimate.high <= _WIDE * estimate.low:
        return f"{significant(estimate.low)}–{significant(estimate.high)}"
    return "–".join(_times(end, _two_digits(end)) for end in (estimate.low, estimate.high))


def bounds(estimate: Estimate | None) -> str:
    """The interval of a time in the unit of its value: ``1.20–1.26``; empty where there is none."""
    return ends(estimate.scaled(1 / _unit(estimate.value)[0])) if estimate else ""


def interval(estimate: Estimate | None) -> str:
    """A time with its interval: ``1.23 ms (1.20–1.26)``."""
    if estimate is None:
        return ABSENT
    limits = bounds(estimate)
    return f"{seconds(estimate.value)} ({limits})" if limits else seconds(estimate.value)


def _times(value: float, decimals: int) -> str:
    return significant(value) if value >= 999.5 else f"{value:.{decimals}f}"


def _two_digits(value: float) -> int:
    """Behind the point, so that a number has two significant digits; none of a hundred and more."""
    return max(0, 1 - math.floor(math.log10(float(f"{value:.2g}")))) if 0 < value < math.inf else 0


def _beside_one(value: float, decimals: int) -> str:
    """The end of an interval of a ratio, never rounded to 1: on which side it lies is what it is told for."""
    while round(value, decimals) == 1 and not math.isclose(value, 1):
        decimals += 1
    return _times(value, decimals)


def times_limits(ratio: Estimate) -> str:
    """The interval of a ratio: ``1.9–2.3``, ``0.42 to above 100``; empty where there is none.

    An end is left untold where it is `OUT_OF_SIGHT`: from the value, or from 1 where the interval holds 1. The end
    that shows on which side of 1 the interval lies is always told.
    """
    if ratio.low is None or ratio.high is None:
        return ""
    holds_one = ratio.low <= 1 <= ratio.high
    far = 1.0 if holds_one else ratio.value
    least = 0.0 if ratio.low > 1 else far / OUT_OF_SIGHT
    most = math.inf if ratio.high < 1 else far * OUT_OF_SIGHT
    wide = ratio.high > _WIDE * ratio.low
    low, high = (
        _beside_one(end, _two_digits(end) if wide else _decimals(ratio.value)) for end in (ratio.low, ratio.high)
    )
    if least <= ratio.low and ratio.high <= most:
        return f"{low}–{high}"
    low = low if least <= ratio.low else f"below {plain(significant(least))}"
    return f"{low} to {high if ratio.high <= most else f'above {plain(significant(most))}'}"


def _decimals(value: float) -> int:
    return 2 if value < 1.5 else 1 if value < 10 else 0


def factor(ratio: Estimate) -> tuple[str, str]:
    """How many times, and its interval, to as many digits as a reader can use: ``2.1×`` and ``1.9–2.3``."""
    return f"{_times(ratio.value, _decimals(ratio.value))}×", times_limits(ratio)


def against(speedup: Estimate | None) -> tuple[str, str]:
    """A speed-up in words, and its interval: ``2.1× faster``, ``110× slower``, or that no difference is shown.

    A slowdown is told by its reciprocal: "110× slower (105–116)" says at a glance what "0.00909×" hides. Without an
    interval there is no ratio.
    """
    if speedup is None or speedup.low is None or speedup.high is None:
        return ABSENT, ""
    shown = difference(speedup)
    if shown == "no difference shown":
        return "no difference shown", f"{times_limits(speedup)}×"
    times, limits = factor(speedup if shown == "faster" else speedup.reciprocal())
    return f"{times} {shown}", limits


def compared(speedup: Estimate | None) -> str:
    """The two parts of `against` as one text: ``110× slower (105–116)``."""
    words, limits = against(speedup)
    return f"{words} ({limits})" if limits else words


def _whole_calls(estimate: Estimate, *, up: bool) -> str:
    turn = math.ceil if up else math.floor
    value, *limits = [
        significant(max(1, turn(number))) if number >= 1000 else f"{max(1, turn(number))}"
        for number in (estimate.value, estimate.low, estimate.high)
        if number is not None
    ]
    return f"{value} ({'–'.join(limits)})" if set(limits) - {value} else value


def breaking_even(result: BreakEven | None, call: str = "call") -> str:
    """After how many calls a mode has paid back its start, in words: ``after 14 calls (9–22)``.

    Args:
        result: to be told.
        call: what a call is named.
    """
    if result is None:
        return ABSENT
    if result.kind == "after" and result.calls:
        calls, _, limits = _whole_calls(result.calls, up=True).partition(" ")
        return f"after {calls} {call}{'' if calls == '1' else 's'} {limits}".rstrip()
    if result.kind == "until" and result.calls:
        calls, _, limits = _whole_calls(result.calls, up=False).partition(" ")
        counted = f"the first {call} only" if calls == "1" else f"the first {calls} {call}s only"
        return f"ahead for {counted} {limits}".rstrip()
    return f"from the first {call}" if result.kind == "always" else result.kind


def amount(value: float) -> str:
    """Three significant digits, at most two of them behind the point: ``0.04``, ``12.3``, ``1,230``, ``-0.50``."""
    if not math.isfinite(value):
        return f"{value:.0f}"
    rounded = float(f"{value:.3g}")
    decimals = 2 - max(0, math.floor(math.log10(abs(rounded)))) if rounded else 0
    # What was rounded to three digits is not rounded again: 0.5654 would be 0.565, and then 0.56.
    told = f"{value:,.{decimals}f}" if decimals > 0 else f"{rounded:,.0f}"
    return told if told.strip("-0.") else "0"  # neither 0.00 nor -0.00


def mean_limits(mean: Mean | None) -> str:
    """The interval of a quantity that may be negative: ``1.20–1.40``, ``-0.02 to 0.05``; empty where there is none."""
    if mean is None or mean.low is None or mean.high is None:
        return ""
    return f"{amount(mean.low)}{' to ' if mean.low < 0 else '–'}{amount(mean.high)}"


def mean_in_words(mean: Mean | None, unit: str = "") -> str:
    """A quantity with its unit and its interval: ``1.30 MB (1.20–1.40)``."""
    if mean is None:
        return ABSENT
    limits = mean_limits(mean)
    return f"{amount(mean.value)}{unit}{f' ({limits})' if limits else ''}"


def rows_in_words(case: Case) -> str:
    """The size of a case: ``100,000 rows``, ``64 rows, 512 hidden units``; as the file has it where it is no number."""
    try:
        rows = case.rows
    except (UserError, ValueError):  # no number, or one too long to read
        return case.size
    return counted(rows, "row") + also(case)


def environments_in_words(case: Case) -> str:
    """The size of a training: ``64 environments``; as the file has it where it is no number of environments."""
    try:
        count = case.environments
    except (UserError, ValueError):  # no number, or one too long to read
        return case.size
    return counted(count, "environment") + also(case)


def also(case: Case) -> str:
    """What is told after a size: width in a sweep, name of a user's own benchmark; begins with a comma, or is empty."""
    told = line_in_words(case)
    return f", {told}" if told else ""


def line_in_words(case: Case) -> str:
    """Width and benchmark of a case, without its rows: ``512 hidden units``, ``test_my_policy``; empty for neither."""
    width = [] if case.hidden is None else [counted(case.hidden, "hidden unit")]
    return ", ".join([*width, *([case.subject] if case.subject else [])])


def counted(count: int, noun: str) -> str:
    """How many of something: ``1 row``, ``1,000 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def size_of(case: Case) -> int:
    """How many rows, or environments, a case has, to be put in order; 0 where its size is no number."""
    try:
        return case.environments if case.trains else case.rows
    except (UserError, ValueError):  # no number, or one too long to read
        return 0


def work_in_words(case: Case) -> str:
    """What a case does in a process of its own: ``forward pass of 1 row``, ``training in 1 environment``."""
    if case.workload == "traces":
        return SCENARIOS.get(case.size, case.size)
    return f"training in {environments_in_words(case)}" if case.trains else f"forward pass of {rows_in_words(case)}"


def call_of(case: Case) -> str:
    """What a call of a case that has a process of its own is named."""
    return "update" if case.trains else "call"


def mode_in_words(mode: str, descriptions: Mapping[str, str]) -> str:
    """What a mode is, in the words of the run; empty where the run doesn't say.

    Args:
        mode: its name, with the mark of a filled cache or without.
        descriptions: by name.
    """
    if mode in descriptions:
        return descriptions[mode]
    told = descriptions.get(mode.removesuffix(CACHED), "")
    return f"{told}; XLA's cache on disk is filled" if told else ""


def group_title(case: Case) -> str:
    """What the cases of a group do: ``Forward pass of 100,000 rows``."""
    if case.workload == "train":
        return f"Training in {environments_in_words(case)}"
    if case.workload in FORKED:
        return {"cold": "Cold start: ", "memory": "Memory: "}.get(case.workload, "Traces: ") + work_in_words(case)
    work = {"forward": "Forward pass of", "update": "Gradient step on"}.get(case.workload, f"{case.workload},")
    return f"{work} {rows_in_words(case)}"


def figure_title(case: Case) -> str:
    """The same where something follows after a colon: ``Cold start, forward pass of 1 row``."""
    return group_title(case).replace(": ", ", ", 1)


def ranked(cases: Iterable[CaseSummary]) -> list[CaseSummary]:
    """Fastest first; then those without times, in the plan's order."""
    return sorted(cases, key=lambda case: case.time_s.value if case.time_s else math.inf)


def status_words(case: CaseSummary) -> str:
    """Why a case has no times, in a few words."""
    return _STATUS_WORDS.get(case.status, case.status)
