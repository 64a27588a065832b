"""The tables that a comment and a terminal have room for: one for each group, one of all traces. Not yet escaped."""

from eagerbench.reports.forked.cold_rows import brief_start_table
from eagerbench.reports.forked.memory_rows import memory_table
from eagerbench.reports.forked.traces_rows import traces_table
from eagerbench.reports.rows import Table, columns, table
from eagerbench.reports.tables import group_title, ranked
from eagerbench.summary import Summary


def brief_tables(summary: Summary) -> list[Table]:
    """Raced groups, then cold starts, memory and traces."""
    found = [table(group_title(cases[0].case), columns(cases), ranked(cases)) for cases in summary.groups.values()]
    found += [brief_start_table(summary, cases) for cases in summary.of("cold").values()]
    found += [memory_table(summary, cases, brief=True) for cases in summary.of("memory").values()]
    counts = traces_table(summary, brief=True)
    return [*found, *([counts] if counts else [])]
