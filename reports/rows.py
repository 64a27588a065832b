"""The rows of the tables that the page and the Markdown summary show. Plain text, not yet escaped."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from eagerbench.reports.measures import STEPS, Measure, measure
from eagerbench.reports.reached import solved_in_words, steps_in_words, time_in_words
from eagerbench.reports.tables import ABSENT, against, bounds, breaking_even, seconds, status_words
from eagerbench.stats import Estimate
from eagerbench.summary import REFERENCE_MODE, CaseSummary


@dataclass(frozen=True)
class Cell:
    """One cell of the table.

    Attributes:
        text: what it says.
        detail: what is said smaller beside it, such as an interval.
        order: what a column is sorted by; None where there is nothing to compare.
        tone: what it says at a glance, for its colour: what a whole interval shows, or nothing.
        tag: a word or two beside the text that are to be seen first.
    """

    text: str
    detail: str = ""
    order: float | str | None = None
    tone: Literal["", "faster", "slower"] = ""
    tag: str = ""


@dataclass(frozen=True)
class Column:
    """One column of the table of a group.

    Attributes:
        name: what stands over it.
        cell: of a case.
        brief: whether the details of its cells are for the page alone.
    """

    name: str
    cell: Callable[[CaseSummary], Cell]
    brief: bool = False


@dataclass(frozen=True)
class Table:
    """A table as page, Markdown and terminal show it.

    Attributes:
        title: what stands above it.
        names: what stands over its columns; the first column names the rows.
        rows: its cells.
        brief: for each column, whether the details of its cells are for the page alone.
        bare: whether all cells say enough without their details where a line is short.
    """

    title: str
    names: list[str]
    rows: list[list[Cell]]
    brief: list[bool]
    bare: bool = False


def table(title: str, columns: Sequence[Column], cases: Iterable[CaseSummary]) -> Table:
    """A row for each case, in the order given."""
    return Table(
        title,
        [column.name for column in columns],
        [[column.cell(case) for column in columns] for case in cases],
        [column.brief for column in columns],
    )


def listed_first(cases: Iterable[CaseSummary], ids: Sequence[str]) -> list[CaseSummary]:
    """Cases in the order of some ids; then those that are not among them, in the order given."""
    places = {case: place for place, case in enumerate(ids)}
    return sorted(cases, key=lambda case: places.get(case.case.id, len(places)))


def withheld_cell(case: CaseSummary) -> Cell:
    """Instead of a number: why there is none."""
    return Cell("none" if case.status == "unavailable" else "withheld", status_words(case))


def reasons(cases: Iterable[CaseSummary]) -> list[tuple[str, str, str]]:
    """Of cases of which nothing is known: mode, status and reason."""
    return [(case.case.mode, status_words(case), case.reason or ABSENT) for case in cases if not case.good]


def columns(cases: Sequence[CaseSummary]) -> list[Column]:
    """The columns of the table of a group; those of the target only where something was trained to it."""
    told = measure(cases[0].case)
    first = [
        Column("Mode", lambda case: Cell(case.case.mode, "", case.case.mode)),
        Column(told.column, lambda case: _speed_cell(case, told)),
        Column(f"Against {REFERENCE_MODE}", _against_cell),
    ]
    start = [
        Column(f"First {told.call}", _start_cell),
        Column(f"Break-even with {REFERENCE_MODE}", lambda case: _break_even_cell(case, told)),
    ]
    last = [Column("Same numbers", _parity_cell)]
    if told is not STEPS:
        return [*first, Column("CPU per call", _cpu_cell, brief=True), *start, *last]
    target = [
        Column("Time to target", lambda case: Cell(*time_in_words(case.to_target), _reached(case, "seconds"))),
        Column("Solved", lambda case: Cell(*solved_in_words(case.to_target), _reached(case, "solved"))),
        Column("Steps to target", lambda case: Cell(*steps_in_words(case.to_target), _reached(case, "steps"))),
    ]
    return [*first, *start, *(target if any(case.to_target for case in cases) else []), *last]


def circumstances(case: CaseSummary) -> tuple[str, str, str]:
    """What stands behind the numbers of a case: its mode, its samples, and what the mode turned out to be."""
    launches = "launch" if case.launches == 1 else "launches"
    return case.case.mode, f"{case.samples:,} in {case.launches} {launches}", resolved_in_words(case) or ABSENT


def _apart(estimate: Estimate | None) -> tuple[str, str]:
    return (seconds(estimate.value) if estimate else ABSENT), bounds(estimate)


def _speed_cell(case: CaseSummary, told: Measure) -> Cell:
    found = told.of(case)
    if found is None:
        return withheld_cell(case)
    return Cell(told.number(found.value), told.limits(found), found.value)


def _against_cell(case: CaseSummary) -> Cell:
    if case.case.mode == REFERENCE_MODE and case.timed:
        return Cell("the reference")
    faster, limits = against(case.speedup)
    return Cell(faster, limits, case.speedup.value if limits and case.speedup else None)


def _start_cell(case: CaseSummary) -> Cell:
    return Cell(*_apart(case.cold_s), case.cold_s.value if case.cold_s else None)


def _cpu_cell(case: CaseSummary) -> Cell:
    if case.cpu_user_s is None or case.cpu_sys_s is None:
        return Cell(ABSENT)
    cpu = case.cpu_user_s + case.cpu_sys_s
    return Cell(seconds(cpu), f"kernel {seconds(case.cpu_sys_s)}", cpu)


def _break_even_cell(case: CaseSummary, told: Measure) -> Cell:
    if case.break_even is None:
        return Cell(ABSENT)
    calls = case.break_even.calls.value if case.break_even.calls else None
    orders = {"always": 0.0, "after": calls, "until": 1e18, "never": 1e19}
    text, _, limits = breaking_even(case.break_even, told.call).partition(" (")
    return Cell(text, limits.removesuffix(")"), orders.get(case.break_even.kind))


def _reached(case: CaseSummary, name: str) -> float | None:
    """A number of the runs to the target, to be sorted by."""
    found = getattr(case.to_target, name, None)
    return None if found is None else float(found)


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
