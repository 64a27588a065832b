"""The tables that a comment and a terminal have room for: one for each group, one of all traces. Not yet escaped."""

from dataclasses import replace

from eagerbench.reports.batch_curves import found_doublings
from eagerbench.reports.forked.cold_rows import brief_start_table
from eagerbench.reports.forked.memory_rows import memory_table
from eagerbench.reports.forked.traces_rows import traces_table
from eagerbench.reports.overhead import CAPTION, TITLE, dense, overhead_table
from eagerbench.reports.rows import Table, columns, table
from eagerbench.reports.sweep import Sweep, apart, grid, sweeps
from eagerbench.reports.sweep_words import with_intervals
from eagerbench.reports.tables import group_title, ranked
from eagerbench.results import Run
from eagerbench.summary import Summary


def brief_tables(run: Run, summary: Summary) -> list[Table]:
    """Of each sweep who is the fastest where, and where overhead ends; raced groups, cold starts, memory and traces."""
    found = [told for sweep in sweeps(summary).values() for told in _swept(run, sweep)]
    found += [table(group_title(cases[0].case), columns(cases), ranked(cases)) for cases in apart(summary).values()]
    found += [brief_start_table(summary, cases) for cases in summary.of("cold").values()]
    found += [memory_table(summary, cases, brief=True) for cases in summary.of("memory").values()]
    counts = traces_table(summary, brief=True)
    return [*found, *([counts] if counts else [])]


def _swept(run: Run, sweep: Sweep) -> list[Table]:
    lines = [(own, {one.mode: one for one in found_doublings(run, own)}) for own in sweep.lines if dense(own)]
    overhead = overhead_table(lines)
    shown = [grid(run, sweep)] if with_intervals(sweep.groups.values()) else []
    found = [replace(own, title=f"{sweep.title}: the fastest mode, against eager", bare=True) for own in shown]
    return [*found, *([replace(overhead, title=f"{TITLE}: {CAPTION[0].lower()}{CAPTION[1:]}")] if overhead else [])]
