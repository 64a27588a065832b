"""The table of traces and compilations: modes down, scenarios across. Plain text, not yet escaped."""

from eagerbench.reports.forked.traces_words import TITLE, counted, counted_modes, made_apart, scenarios, traces_cases
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.tables import ABSENT, status_words
from eagerbench.results import Counts
from eagerbench.summary import Summary
from eagerbench.workloads import SCENARIOS


def traces_table(summary: Summary, *, brief: bool = False) -> Table | None:
    """Every count; None where there was nothing to count.

    Args:
        summary: of the run.
        brief: with the names of scenarios instead of what they are.
    """
    known, sizes = counted(summary), scenarios(summary)
    if not sizes:
        return None
    withheld = {(case.case.mode, case.case.size): status_words(case) for case in traces_cases(summary) if not case.good}
    stepping = any(own.steps is not None for own in known.values())
    rows = [
        [
            Cell(mode, "", mode),
            *(_cell(known.get((mode, size)), withheld.get((mode, size), "")) for size in sizes),
            *([_steps_cell([own for (of, _), own in known.items() if of == mode])] if stepping else []),
        ]
        for mode in counted_modes(summary)
    ]
    heads = sizes if brief else [SCENARIOS.get(size, size) for size in sizes]
    found = ["Mode", *heads, *(["Keras steps per call"] if stepping else [])]
    return Table(TITLE, found, rows, [False] * len(found))


def _cell(own: Counts | None, why: str) -> Cell:
    if own is None:
        return Cell(ABSENT, why)
    traced, compiled = made_apart(own)
    return Cell(traced, compiled, float((own.traces or 0) + own.compiles))


def _steps_cell(counts: list[Counts]) -> Cell:
    steps = sorted({own.steps for own in counts if own.steps is not None})
    if not steps:
        return Cell(ABSENT)
    return Cell(f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}", "", float(steps[-1]))
