"""The tables of cold starts: each start by its stages, and who is ahead of whom when. Plain text, not yet escaped."""

from collections.abc import Callable, Sequence

from eagerbench.reports.forked.cold_facts import starts_of
from eagerbench.reports.rows import Cell, Column, Table, listed_first, table, withheld_cell
from eagerbench.reports.tables import ABSENT, bounds, breaking_even, call_of, figure_title, group_title, seconds
from eagerbench.starting import STAGES, ColdStart
from eagerbench.stats import BreakEven, Estimate
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary

# What stands over the column of a stage.
STAGE_NAMES = {
    "imports": "Imports",
    "model": "Model",
    "trace": "Trace, prepare",
    "compile": "Compile",
    "call": "Call",
}


def ordered_starts(summary: Summary, cases: Sequence[CaseSummary]) -> list[CaseSummary]:
    """Quickest start first; then those without one."""
    return listed_first(cases, [start.case.id for start in starts_of(summary, cases[0].case.group)])


def start_table(summary: Summary, cases: Sequence[CaseSummary]) -> Table:
    """Every number of the starts of a group, for the page."""
    starts = _by_case(summary, cases)
    call = call_of(cases[0].case)
    columns = [
        _mode_column(),
        _column("To the first result", starts, lambda start: _time_cell(start.total_s), first=True),
        _column("After imports", starts, lambda start: _time_cell(start.after_imports_s)),
        *(_stage_column(stage, starts) for stage in STAGES),
        _column(f"Second {call}", starts, lambda start: _time_cell(start.second_s)),
        _column(f"Later {call}", starts, lambda start: _time_cell(start.warm_s)),
    ]
    if any(case.traces is not None for case in cases):
        columns.append(Column("Traces", _traces_cell))
    columns.append(_column("Processes", starts, lambda start: Cell(f"{start.processes}", "", float(start.processes))))
    return table(group_title(cases[0].case), columns, ordered_starts(summary, cases))


def brief_start_table(summary: Summary, cases: Sequence[CaseSummary]) -> Table:
    """The starts of a group in as few columns as a comment or a terminal has room for."""
    starts = _by_case(summary, cases)
    call = call_of(cases[0].case)
    columns = [
        _mode_column(),
        _column("To the first result", starts, lambda start: _time_cell(start.total_s), first=True),
        _column("After imports", starts, lambda start: _time_cell(start.after_imports_s)),
        _stage_column("compile", starts),
        _column(f"Later {call}", starts, lambda start: _time_cell(start.warm_s)),
        Column(f"Ahead of {REFERENCE_MODE}", lambda case: ahead_cell(_pair(summary, case, REFERENCE_MODE), call)),
    ]
    return table(group_title(cases[0].case), columns, ordered_starts(summary, cases))


def matrix(summary: Summary, group: str) -> Table | None:
    """When the mode of each row is ahead of the mode of each column; None where fewer than two started."""
    starts = starts_of(summary, group)
    if len(starts) < 2:
        return None
    modes = [start.case.mode for start in starts]
    call = call_of(starts[0].case)
    pairs = summary.cold[group].pairs
    return Table(
        f"{figure_title(starts[0].case)}: when the mode of a row is ahead of the mode of a column, starts included",
        ["", *modes],
        [
            [Cell(mode), *(ahead_cell(None if mode == other else pairs[mode, other], call) for other in modes)]
            for mode in modes
        ],
        [False] * (len(modes) + 1),
    )


def ahead_cell(pair: BreakEven | None, call: str) -> Cell:
    """When one mode is ahead of another; a dash where there is nothing to compare."""
    if pair is None:
        return Cell(ABSENT)
    text, _, limits = breaking_even(pair, call).removeprefix("ahead ").partition(" (")
    orders = {"always": 0.0, "after": pair.calls.value if pair.calls else None, "until": 1e18, "never": 1e19}
    return Cell(text, limits.removesuffix(")"), orders.get(pair.kind))


def _by_case(summary: Summary, cases: Sequence[CaseSummary]) -> dict[str, ColdStart]:
    return {start.case.id: start for start in starts_of(summary, cases[0].case.group)}


def _pair(summary: Summary, case: CaseSummary, other: str) -> BreakEven | None:
    group = summary.cold.get(case.case.group)
    return group.pairs.get((case.case.mode, other)) if group else None


def _mode_column() -> Column:
    return Column("Mode", lambda case: Cell(case.case.mode, "", case.case.mode))


def _column(
    name: str, starts: dict[str, ColdStart], cell: Callable[[ColdStart], Cell], *, first: bool = False
) -> Column:
    def of(case: CaseSummary) -> Cell:
        start = starts.get(case.case.id)
        if start is None:
            return withheld_cell(case) if first else Cell(ABSENT)
        return cell(start)

    return Column(name, of)


def _stage_column(stage: str, starts: dict[str, ColdStart]) -> Column:
    def cell(start: ColdStart) -> Cell:
        if start.warm_s is None and stage == "compile":
            return Cell(ABSENT, "in the call")  # nothing to hold the first call against
        together = stage == "compile" and not start.apart
        # What was traced inside of the first call is in the next column.
        traced_later = stage == "trace" and not start.apart and not start.stages_s[stage]
        text = ABSENT if traced_later else seconds(start.stages_s[stage])
        return Cell(text, "with tracing" if together else "", start.stages_s[stage])

    return _column(STAGE_NAMES[stage], starts, cell)


def _time_cell(estimate: Estimate | None) -> Cell:
    if estimate is None:
        return Cell(ABSENT)
    return Cell(seconds(estimate.value), bounds(estimate), estimate.value)


def _traces_cell(case: CaseSummary) -> Cell:
    return Cell(ABSENT) if case.traces is None else Cell(f"{case.traces}", "", float(case.traces))
