"""The rows of the tables that the page and the Markdown summary show. Plain text, not yet escaped."""

import json
from dataclasses import dataclass

from eagerbench.reports.tables import ABSENT, against, bounds, breaking_even, seconds, status_words
from eagerbench.stats import Estimate
from eagerbench.summary import REFERENCE_MODE, CaseSummary

COLUMNS = (
    "Mode",
    "Time per call",
    "Against eager",
    "CPU per call",
    "First call",
    "Break-even with eager",
    "Same numbers",
)


@dataclass(frozen=True)
class Cell:
    """One cell of the table.

    Attributes:
        text: what it says.
        detail: what is said smaller beside it, such as an interval.
        order: what a column is sorted by; None where there is nothing to compare.
    """

    text: str
    detail: str = ""
    order: float | str | None = None


def row(case: CaseSummary, description: str = "") -> list[Cell]:
    """One row, a cell for each of `COLUMNS`; the description is of the mode."""
    faster, faster_limits = against(case.speedup)
    if case.case.mode == REFERENCE_MODE and case.timed:
        faster = "the reference"
    cpu = None if case.cpu_user_s is None or case.cpu_sys_s is None else case.cpu_user_s + case.cpu_sys_s
    calls = case.break_even.calls.value if case.break_even and case.break_even.calls else None
    orders = {"always": 0.0, "after": calls, "until": 1e18, "never": 1e19}
    calls_text, _, limits = breaking_even(case.break_even).partition(" (")
    return [
        Cell(case.case.mode, description, case.case.mode),
        _time_cell(case),
        Cell(faster, faster_limits, case.speedup.value if faster_limits and case.speedup else None),
        Cell(seconds(cpu), "" if cpu is None else f"kernel {seconds(case.cpu_sys_s)}", cpu),
        Cell(*_apart(case.cold_s), case.cold_s.value if case.cold_s else None),
        Cell(calls_text, limits.removesuffix(")"), orders.get(case.break_even.kind) if case.break_even else None),
        _parity_cell(case),
    ]


def circumstances(case: CaseSummary) -> tuple[str, str, str]:
    """What stands behind the numbers of a case: its mode, its samples, and what the mode turned out to be."""
    launches = "launch" if case.launches == 1 else "launches"
    return case.case.mode, f"{case.samples:,} in {case.launches} {launches}", resolved_in_words(case) or ABSENT


def _apart(estimate: Estimate | None) -> tuple[str, str]:
    return (seconds(estimate.value) if estimate else ABSENT), bounds(estimate)


def _time_cell(case: CaseSummary) -> Cell:
    if case.time_s is None:
        return Cell("none" if case.status == "unavailable" else "withheld", status_words(case))
    return Cell(*_apart(case.time_s), case.time_s.value)


def _parity_cell(case: CaseSummary) -> Cell:
    if case.parity is None:
        return Cell(ABSENT)
    error = case.parity.largest_error
    largest = "error not a number" if error is None else f"off by {error:.1e}"
    return Cell("agree" if case.parity.passed else "disagree", largest, error)


def resolved_in_words(case: CaseSummary) -> str:
    """What the mode turned out to be: ``jit_compile=false, traces=1``."""
    flags = dict(case.resolved)
    if case.traces is not None:
        flags["traces"] = case.traces
    return ", ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, default=str)}" for name, value in flags.items()
    )
