"""The table of verdicts: every mode against eager, in everything that was raced. Plain text, not yet escaped."""

from eagerbench.reports.leaders import is_yardstick
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.sweep import apart, fastest
from eagerbench.reports.tables import ABSENT, against, group_title, status_words
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary

CAPTION = (
    "Every mode against eager, as far as the whole interval shows it. Tied: no mode is shown to be faster than these. "
    "A yardstick is not TensorFlow, and never the fastest."
)


def verdict_table(run: Run, summary: Summary) -> Table | None:
    """A row for each mode, a column for each group that is in no sweep; None where there is no such group.

    Args:
        run: where the samples are.
        summary: of the run.
    """
    groups = apart(summary)
    if not groups:
        return None
    modes = dict.fromkeys(case.case.mode for cases in groups.values() for case in cases)
    first = {
        case.case.id: len(ahead) for cases in groups.values() for ahead in (fastest(run, cases),) for case in ahead
    }
    by_group = [{case.case.mode: case for case in cases} for cases in groups.values()]
    rows = [
        [
            Cell(mode, "", mode, tag="yardstick" if is_yardstick(mode) else ""),
            *(_cell(cases.get(mode), first) for cases in by_group),
        ]
        for mode in modes
    ]
    titles = [group_title(cases[0].case) for cases in groups.values()]
    return Table("Against eager", ["Mode", *titles], rows, [False] * (len(titles) + 1))


def _cell(case: CaseSummary | None, first: dict[str, int]) -> Cell:
    if case is None:
        return Cell(ABSENT)
    if not case.timed:
        return Cell("none" if case.status == "unavailable" else "withheld", status_words(case))
    ahead = first.get(case.case.id)
    tag = "" if ahead is None else "fastest" if ahead == 1 else "tied"
    if case.case.mode == REFERENCE_MODE:
        return Cell("the reference", "", 1.0, tag=tag)
    words, limits = against(case.speedup)
    shown = case.difference if limits and case.difference in {"faster", "slower"} else ""
    order = case.speedup.value if limits and case.speedup else None
    return Cell(words, limits, order, "faster" if shown == "faster" else "slower" if shown else "", tag)
