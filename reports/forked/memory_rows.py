"""The table of what modes take of memory. Plain text, not yet escaped."""

from collections.abc import Callable, Sequence

from eagerbench.growth import Memory
from eagerbench.reports.forked.memory_words import memory_of, objects_of, verdict_in_words
from eagerbench.reports.rows import Cell, Column, Table, listed_first, table, withheld_cell
from eagerbench.reports.tables import ABSENT, amount, call_of, group_title, mean_limits
from eagerbench.stats import Mean
from eagerbench.summary import CaseSummary, Summary

_ORDERS = {"grows": 0.0, "unclear": 1.0, "flat": 2.0}


def ordered_memory(summary: Summary, cases: Sequence[CaseSummary]) -> list[CaseSummary]:
    """Least memory for the first call first; then those of which nothing is known."""
    return listed_first(cases, [own.case.id for own in memory_of(summary, cases[0].case.group)])


def memory_table(summary: Summary, cases: Sequence[CaseSummary], *, brief: bool = False) -> Table:
    """The memory of a group.

    Args:
        summary: of the run.
        cases: of the group.
        brief: without the columns for which a comment or a terminal has no room.
    """
    known = {own.case.id: own for own in memory_of(summary, cases[0].case.group)}
    call = call_of(cases[0].case)
    calls = max((own.calls for own in known.values()), default=0)
    fewer = any(own.calls != calls for own in known.values())
    columns = [
        Column("Mode", lambda case: Cell(case.case.mode, "", case.case.mode)),
        _column(f"Peak after first {call}", known, lambda own: _mean_cell(own.first_peak_mb, " MB"), first=True),
        _column(
            f"Peak after {'up to ' if fewer else ''}{calls:,} more",
            known,
            lambda own: _mean_cell(own.last_peak_mb, " MB"),
        ),
        _column("Seen from outside", known, lambda own: _mean_cell(own.sampled_peak_mb, " MB")),
        _column(f"Growth per 1,000 {call}s", known, lambda own: _mean_cell(own.slope_mb, " MB")),
        _column(f"Objects per 1,000 {call}s", known, lambda own: _mean_cell(objects_of(own))),
        _column(f"{call.capitalize()}s", known, lambda own: Cell(f"{own.calls:,}", "", float(own.calls))),
        _column("Processes", known, lambda own: Cell(f"{own.processes}", "", float(own.processes))),
        _column("Verdict", known, _verdict_cell),
    ]
    if brief:
        columns = [column for column in columns if column.name not in {"Seen from outside", "Processes"}]
    return table(group_title(cases[0].case), columns, ordered_memory(summary, cases))


def _column(name: str, known: dict[str, Memory], cell: Callable[[Memory], Cell], *, first: bool = False) -> Column:
    def of(case: CaseSummary) -> Cell:
        own = known.get(case.case.id)
        if own is None:
            return withheld_cell(case) if first else Cell(ABSENT)
        return cell(own)

    return Column(name, of)


def _mean_cell(mean: Mean | None, unit: str = "") -> Cell:
    return Cell(f"{amount(mean.value)}{unit}", mean_limits(mean), mean.value) if mean else Cell(ABSENT)


def _verdict_cell(own: Memory) -> Cell:
    text, _, detail = verdict_in_words(own).partition(": ")
    return Cell(text, detail, _ORDERS[own.verdict])
