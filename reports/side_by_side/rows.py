"""The rows of the tables of runs side by side: a row for each case and each run but the first. Not yet escaped."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

from eagerbench.reports.escape import shorten
from eagerbench.reports.measures import measure
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.side_by_side.words import NOT_SHOWN, change_in_words, changed, memory_in_words, verdict_in_words
from eagerbench.reports.tables import (
    ABSENT,
    amount,
    bounds,
    call_of,
    ends,
    group_title,
    mean_limits,
    seconds,
    significant,
)
from eagerbench.side_by_side import COMPARED, Comparison, SideBySide
from eagerbench.stats import Difference, Estimate, Mean
from eagerbench.summary import REFERENCE_MODE

_MEMORY_COLUMNS = ("More or less", "Growth with every call")
_TIME_COLUMNS = ("Change in time", f"Change against {REFERENCE_MODE}")
_LONGEST_REASON = 80  # in a cell; all of it is told where nothing else is
# What a reader looks for first.
_ORDERS = ("slower", "differs", "more", "faster", "less", "no difference shown", "equal", "no interval")


def in_order(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Cases of a group as the first run ranks them, fastest or smallest first; of a case, runs in their order."""
    places: dict[str, float] = {}
    for own in comparisons:
        value = own.before.value if own.before else math.inf
        # More steps a second are faster; what the first run lacks stands at the end.
        places[own.case.id] = -value if own.case.workload == "train" and own.before else value
    return sorted(comparisons, key=lambda own: (places[own.case.id], list(places).index(own.case.id), own.run))


def quantity(own: Comparison) -> str:
    """What the numbers of a group are: ``time per call``."""
    if own.case.workload == "memory":
        return f"memory by the first {call_of(own.case)}, above a process with everything imported"
    if own.case.workload == "cold":
        return "time from the end of the imports to the first result"
    return measure(own.case).name


def group_table(told: SideBySide, comparisons: Sequence[Comparison]) -> Table:
    """All numbers of a group of times or of memory.

    Args:
        told: what the group is of.
        comparisons: of the group, in order.
    """
    memory = comparisons[0].case.workload == "memory"
    return _table(told, group_title(comparisons[0].case), "Mode", lambda own: own.case.mode, comparisons, memory=memory)


def changes_table(told: SideBySide, *, memory: bool, most: int) -> tuple[Table | None, int]:
    """Cases that are shown to have changed, and how many there was no room for.

    Those that changed against eager come first, of them and of the others the largest changes.

    Args:
        told: what to look in.
        memory: changes of memory, else of times.
        most: rows.
    """
    shown = [own for own in told.comparisons if changed(own) and (own.case.workload == "memory") == memory]
    shown = [own for own in shown if own.case.workload != "traces"]
    # What no machine can have done first.
    shown.sort(key=lambda own: (own.against_eager in {"slower", "faster"}, _size(own)), reverse=True)
    if not shown:
        return None, 0
    title = "Memory that changed" if memory else "Times that changed"
    left_out = max(0, len(shown) - most)
    return _table(told, title, "Case", lambda own: own.case.id, shown[:most], memory=memory), left_out


def counts_table(told: SideBySide) -> Table | None:
    """Exact counts that differ; None where none does."""
    rows = [
        [
            Cell(own.case.mode, "", own.case.mode),
            *_run_cell(told, own),
            Cell(own.case.size, "", own.case.size),
            Cell(name),
            _count_cell(before),
            _count_cell(after),
        ]
        for own in told.comparisons
        for name, before, after in own.counts
    ]
    names = ["Mode", *_run_name(told), "What is called", "Count", *_value_names(told)]
    return Table("Exact counts that differ", names, rows, [False] * len(names)) if rows else None


def not_compared(told: SideBySide) -> list[tuple[str, ...]]:
    """Case, run, verdict and reason of what can't be compared."""
    return [
        (own.case.id, told.labels[own.run], own.verdict, own.reason)
        for own in told.comparisons
        if own.verdict not in COMPARED or own.verdict == "no interval"
    ]


def value_in_words(own: Comparison, value: Estimate | Mean | None) -> tuple[str, str]:
    """A number of a run with its interval; no number where there is none."""
    if value is None:
        return ABSENT, ""
    if isinstance(value, Mean):
        return f"{amount(value.value)} MB", mean_limits(value)
    if own.case.workload == "train":
        return f"{significant(value.value)} steps/s", ends(value)
    return seconds(value.value), bounds(value)


def _table(
    told: SideBySide,
    title: str,
    first: str,
    name: Callable[[Comparison], str],
    comparisons: Sequence[Comparison],
    *,
    memory: bool,
) -> Table:
    names = [first, *_run_name(told), *_value_names(told), *(_MEMORY_COLUMNS if memory else _TIME_COLUMNS), "Verdict"]
    rows = [
        [
            Cell(name(own), "", name(own)),
            *_run_cell(told, own),
            _value_cell(own, own.before),
            _value_cell(own, own.after),
            *(_memory_cells(own) if memory else _time_cells(own)),
            _verdict_cell(own),
        ]
        for own in comparisons
    ]
    return Table(title, names, rows, [False] * len(names))


def _run_name(told: SideBySide) -> list[str]:
    return ["Run"] if len(told.labels) > 2 else []


def _run_cell(told: SideBySide, own: Comparison) -> list[Cell]:
    return [Cell(told.labels[own.run], "", float(own.run))] if len(told.labels) > 2 else []


def _value_names(told: SideBySide) -> list[str]:
    return [told.labels[0], told.labels[1] if len(told.labels) == 2 else "This run"]


def _value_cell(own: Comparison, value: Estimate | Mean | None) -> Cell:
    return Cell(*value_in_words(own, value), value.value if value else None)


def _count_cell(count: int | None) -> Cell:
    return Cell(ABSENT if count is None else f"{count:,}", "", None if count is None else float(count))


def _time_cells(own: Comparison) -> list[Cell]:
    relative = Cell("the reference") if own.case.mode == REFERENCE_MODE and own.change else None
    return [
        _change_cell(own.change, own.verdict),
        relative or _change_cell(own.to_eager, own.against_eager or ""),
    ]


def _change_cell(change: Estimate | None, shown: Difference | str) -> Cell:
    tone: Literal["", "faster", "slower"] = "faster" if shown == "faster" else "slower" if shown == "slower" else ""
    words, limits = change_in_words(change)
    # The verdict says it in full, in the same row.
    return Cell("not shown" if words == NOT_SHOWN else words, limits, change.value if change else None, tone)


def _memory_cells(own: Comparison) -> list[Cell]:
    order = own.more_mb.value if own.more_mb else None
    tone: Literal["", "faster", "slower"] = {"more": "slower", "less": "faster"}.get(own.verdict, "")  # type: ignore[assignment]
    words, limits = memory_in_words(own)
    return [Cell("not shown" if words == NOT_SHOWN else words, limits, order, tone), _growth_cell(own.growth)]


def _growth_cell(growth: tuple[str, str] | None) -> Cell:
    if growth is None:
        return Cell(ABSENT)
    before, after = growth
    return Cell(before if before == after else f"{before}, then {after}", "", float(before != after))


def _verdict_cell(own: Comparison) -> Cell:
    words = verdict_in_words(own)
    shown = own.against_eager if own.verdict == "no difference shown" and own.against_eager else own.verdict
    order = _ORDERS.index(shown) if shown in _ORDERS else len(_ORDERS)
    return Cell(words, "" if words == own.reason else shorten(own.reason, _LONGEST_REASON), float(order))


def _size(own: Comparison) -> float:
    """How large a change is that is shown: of the ratio to eager, else of the time; of memory, in megabytes."""
    if own.more_mb:
        return abs(own.more_mb.value)
    told = own.to_eager if own.against_eager in {"slower", "faster"} else own.change
    return abs(math.log(told.value)) if told else 0.0
