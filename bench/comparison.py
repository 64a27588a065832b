"""What `eagerbench.compare` returns: the run, and ways to look at it. Reports are imported when they are asked for."""

import html
import importlib
import os
from collections.abc import Iterator
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from eagerbench.arguments import OF_REPORT, checked_folder, speaking_of
from eagerbench.cases import Case
from eagerbench.errors import UserError, unknown
from eagerbench.results import Run, results_json
from eagerbench.stats import Estimate, difference, ratio
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary, by_case, launch_medians, summarise

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType

FRAME_COLUMNS = (
    "median_s",
    "ci_low_s",
    "ci_high_s",
    "speedup",
    "speedup_low",
    "speedup_high",
    "difference",
    "cold_s",
    "cold_low_s",
    "cold_high_s",
    "launches",
    "samples",
    "parity",
    "status",
    "reason",
)
NAMES = ("mode", "a call", f"against {REFERENCE_MODE}", "first call", "same numbers")


class Comparison:
    """What was measured of one model.

    Shows itself as a table in a terminal and in a notebook. Times are seconds of one call, with 95 % intervals over
    launches; a ratio without an interval is not shown.

    Args:
        run: of cases with times.

    Attributes:
        run: every raw sample, and what was asked for.
    """

    def __init__(self, run: Run) -> None:
        self.run = run

    @cached_property
    def summary(self) -> Summary:
        """Every number that the run gives."""
        return summarise(self.run)

    @property
    def frame(self) -> "pd.DataFrame":
        """The same as `to_frame`."""
        return self.to_frame()

    def to_frame(self) -> "pd.DataFrame":
        """One row for each case: what it is, and its numbers, called as in ``summary.csv``; seconds are of one call."""
        from eagerbench.reports.frame import cases_frame

        whole = cases_frame(self.summary)
        rows = [_rows(own.case) for own in self.summary.cases]
        chosen = whole[["mode", "workload", *FRAME_COLUMNS]].copy()
        chosen.insert(2, "rows", rows)
        return chosen.astype({"rows": "Int64"})

    @property
    def samples(self) -> "pd.DataFrame":
        """Every raw sample, in the order taken; seconds are of an interval with so many ``calls`` in it."""
        from eagerbench.reports.frame import samples_frame

        return samples_frame(self.run)

    def plot(self, workload: str = "forward", rows: int | None = None) -> "Figure":
        """Times of all modes with their intervals: over the batch size where there are several, else as a ranking.

        Args:
            workload: which one.
            rows: of the batch; then the ranking of this size.

        Raises:
            UserError: where nothing of it has times.
        """
        from eagerbench.reports.batch_curves import batch_curves, curved, found_crossings
        from eagerbench.reports.figures import drawable, ranking

        _show_figures()
        curves = next((own for own in curved(self.summary).values() if own.workload == workload), None)
        if rows is None and curves is not None:
            return batch_curves(curves, found_crossings(self.run, curves))
        group = self._cases(workload, rows)[0].case.group
        if not drawable(self.summary, group):
            raise UserError(f"no mode has times for {group}: {self._cases(workload, rows)[0].reason}")
        return ranking(self.summary, group)

    def report(self, folder: str | os.PathLike[str]) -> Path:
        """Write the whole report into a folder: page, figures, tables, and the results to render it again.

        Returns:
            The page.

        Raises:
            UserError: where the folder can't be written.
        """
        from eagerbench.reports.render import render

        with speaking_of(OF_REPORT):
            return render(self.run, checked_folder(folder), results_json({"benchmarks": []}, self.run)).index

    def time(self, mode: str, rows: int | None = None, workload: str = "forward") -> Estimate:
        """Seconds of one call, with its interval.

        Args:
            mode: which.
            rows: of the batch; may be left out where there is one size.
            workload: which.

        Raises:
            UserError: where it has no times; says why.
        """
        case = self._case(mode, rows, workload)
        if case.time_s is None:
            raise UserError(f"{case.case.id} has no times: {case.status}: {case.reason}")
        return case.time_s

    def ratio(
        self, mode: str, other: str = REFERENCE_MODE, rows: int | None = None, workload: str = "forward"
    ) -> Estimate:
        """How many times faster a mode is than another, paired by launch, with its interval.

        Args:
            mode: which.
            other: that it is held against.
            rows: of the batch; may be left out where there is one size.
            workload: which.

        Raises:
            UserError: where one of them has no times, or there is no interval, without which there is no ratio.
        """
        for own in (mode, other):
            self.time(own, rows, workload)
        found = ratio(*(self._medians(self._case(own, rows, workload)) for own in (other, mode)))
        if found is None or difference(found) == "no interval":
            raise UserError(f"{mode} against {other}: one launch gives no interval, so there is no ratio; launches=5")
        return found

    def fastest(self, rows: int | None = None, workload: str = "forward") -> tuple[str, ...]:
        """The modes of TensorFlow that no other is shown to be faster than.

        Args:
            rows: of the batch; may be left out where there is one size.
            workload: which.

        Returns:
            Names, fastest first; none where no mode has times, or one launch shows nothing.
        """
        from eagerbench.reports.leaders import contenders, leaders
        from eagerbench.reports.tables import ranked

        timed = [case for case in ranked(self._cases(workload, rows)) if case.timed]
        return tuple(case.case.mode for case in leaders(self.run, contenders(timed))) if timed else ()

    def _medians(self, case: CaseSummary) -> dict[int, float]:
        return launch_medians(by_case(self.run)[case.case.id, "steady"])

    def _cases(self, workload: str, rows: int | None) -> list[CaseSummary]:
        """Of one workload and one size, in the plan's order; at least one."""
        own = [case for case in self.summary.cases if case.case.workload == workload]
        if not own:
            raise unknown("workload", workload, {case.case.workload for case in self.summary.cases})
        sizes = dict.fromkeys(_rows(case.case) for case in own)
        if rows is None and len(sizes) == 1:
            return own
        if rows not in sizes or rows is None:
            raise UserError(f"rows: expected one of {', '.join(map(str, sizes))}, got {rows!r}")
        return [case for case in own if _rows(case.case) == rows]

    def _case(self, mode: str, rows: int | None, workload: str) -> CaseSummary:
        cases = {case.case.mode: case for case in self._cases(workload, rows)}
        if mode not in cases:
            raise unknown("mode", mode, cases)
        return cases[mode]

    def _tables(self) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
        """A title and rows of text for each group."""
        from eagerbench.reports.tables import compared, group_title, interval, ranked, status_words

        for group in self._groups():
            lines: list[tuple[str, ...]] = []
            for case in ranked(group):
                parity = case.parity
                agrees = "" if parity is None else "yes" if parity.passed else "no"
                if case.timed:
                    against = "the reference" if case.case.mode == REFERENCE_MODE else compared(case.speedup)
                    numbers = (interval(case.time_s), against, interval(case.cold_s))
                elif case.good:
                    numbers = ("", "", interval(case.cold_s) if case.cold_s else "")
                else:
                    numbers = (f"{status_words(case)}: {case.reason}", "", "")
                lines.append((case.case.mode, *numbers, agrees))
            yield group_title(group[0].case), lines

    def _groups(self) -> Iterator[list[CaseSummary]]:
        for workload in dict.fromkeys(case.case.workload for case in self.summary.cases):
            yield from self.summary.of(workload).values()

    def __rich__(self) -> "RenderableType":
        """A table for each group."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        from eagerbench.reports.escape import clean

        drawn = []
        for title, lines in self._tables():
            table = Table(*NAMES, title=Text(clean(title)), title_justify="left", title_style="bold")
            for line in lines:
                table.add_row(*(Text(clean(text)) for text in line))
            drawn.append(table)
        return Group(*drawn, *(Text(clean(f"{own.level}: {own.message}")) for own in self.summary.conclusions))

    def _repr_html_(self) -> str:
        """Tables in a notebook's own style, which is light or dark as the notebook is."""
        drawn = []
        for title, lines in self._tables():
            head = "".join(_cell("th", name) for name in NAMES)
            body = "".join(f"<tr>{''.join(_cell('td', text) for text in line)}</tr>" for line in lines)
            drawn.append(
                f"<h4>{html.escape(title)}</h4><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            )
        notes = "".join(f"<p>{own.level}: {html.escape(own.message)}</p>" for own in self.summary.conclusions)
        return "".join(drawn) + notes

    def __str__(self) -> str:
        from rich.console import Console

        written = StringIO()
        Console(file=written, width=120, color_system=None, force_terminal=False, force_jupyter=False).print(self)
        return written.getvalue()

    def __repr__(self) -> str:
        modes = ", ".join(dict.fromkeys(case.case.mode for case in self.summary.cases))
        return f"<Comparison of {self.run.start.plan.model.name}: {modes}>"


def _rows(case: Case) -> int | None:
    """Rows of the batch; None where it has none, such as a count of traces."""
    try:
        return case.rows
    except UserError:
        return None


def _cell(kind: str, text: str) -> str:
    # The one thing that a notebook's style sheet gets wrong for words: it sets them flush right.
    return f'<{kind} style="text-align: left">{html.escape(text)}</{kind}>'


def _show_figures() -> None:
    """Have a notebook show Matplotlib figures as pictures, also where nobody has imported pyplot."""
    from eagerbench.notebook import shell

    running = shell()
    if running is None:
        return
    from matplotlib.figure import Figure

    # By name: IPython may be missing where types are checked, and is untyped where it isn't.
    pylabtools = importlib.import_module("IPython.core.pylabtools")
    if Figure not in running.display_formatter.formatters["image/png"].type_printers:
        pylabtools.select_figure_formats(running, {"png"})
