"""What the page shows of each group of cases, in order: sentences, figures, tables. Not yet escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from eagerbench.reports.batch_curves import Curves, crossings_sentences, crossings_table, curved, found_crossings
from eagerbench.reports.facts import run_rows
from eagerbench.reports.forked.cold_rows import matrix, start_table
from eagerbench.reports.forked.cold_words import cold_sentences
from eagerbench.reports.forked.memory_rows import memory_table
from eagerbench.reports.forked.memory_words import memory_sentences
from eagerbench.reports.forked.pictures import TRACES
from eagerbench.reports.forked.traces_rows import traces_table
from eagerbench.reports.forked.traces_words import TITLE, traces_cases, traces_sentences
from eagerbench.reports.picture import Picture
from eagerbench.reports.raced_words import group_sentences
from eagerbench.reports.rows import Table, circumstances, columns, reasons, table
from eagerbench.reports.tables import group_title, mode_in_words, ranked
from eagerbench.results import Run
from eagerbench.summary import CaseSummary, Summary


@dataclass(frozen=True)
class Section:
    """One group of cases as the page shows it.

    Attributes:
        anchor: what an address may end in.
        title: of the section.
        sentences: what is shown.
        above: figures above the table.
        caption: of the table.
        table: its numbers; None where there is none to tell.
        below: figures below the table.
        matrix: each mode against each other one.
        withheld: mode, status and reason of cases of which nothing is shown.
        circumstances: mode, samples and settings behind the numbers.
        runs: to the target.
        whole: whether what is said smaller in a cell of numbers stays on one line.
    """

    anchor: str
    title: str
    sentences: list[str]
    above: list[Picture]
    caption: str
    table: Table | None
    below: list[Picture] = field(default_factory=list)
    matrix: Table | None = None
    withheld: list[tuple[str, str, str]] = field(default_factory=list)
    circumstances: list[tuple[str, str, str]] = field(default_factory=list)
    runs: list[tuple[str, ...]] = field(default_factory=list)
    whole: bool = False


def section_names(summary: Summary) -> list[str]:
    """What each section is known by: its group, or `TRACES`; raced groups first."""
    forked = [*summary.of("cold"), *summary.of("memory"), *([TRACES] if traces_cases(summary) else [])]
    return [*summary.groups, *forked]


def sections(
    run: Run,
    summary: Summary,
    pictures: Mapping[str, Sequence[Picture]],
    anchors: Mapping[str, str],
    curves: Mapping[str, Sequence[Picture]],
) -> list[Section]:
    """All sections of groups: raced, over batch sizes, then cold starts, memory and traces.

    Args:
        run: what was measured.
        summary: of the run.
        pictures: by name of the section.
        anchors: by name of the section, what an address may end in.
        curves: by workload, figures over its batch sizes.
    """
    found = [_raced(run, cases, pictures.get(group, ()), anchors[group]) for group, cases in summary.groups.items()]
    found += [_over_sizes(run, own, curves.get(own.workload, ())) for own in curved(summary).values()]
    found += [
        _cold(run, summary, cases, pictures.get(group, ()), anchors[group])
        for group, cases in summary.of("cold").items()
    ]
    found += [
        _memory(run, summary, cases, pictures.get(group, ()), anchors[group])
        for group, cases in summary.of("memory").items()
    ]
    return found + _traces(run, summary, pictures.get(TRACES, ()), anchors)


def _raced(run: Run, cases: list[CaseSummary], pictures: Sequence[Picture], anchor: str) -> Section:
    title = group_title(cases[0].case)
    return Section(
        anchor=f"group-{anchor}",
        title=title,
        sentences=group_sentences(run, cases),
        above=list(pictures[:1]),
        caption="All numbers, fastest first",
        table=_described(run, table(title, columns(cases), ranked(cases))),
        below=list(pictures[1:]),
        circumstances=[circumstances(case) for case in ranked(cases)],
        runs=run_rows(run, {case.case.id for case in cases}),
    )


def _over_sizes(run: Run, own: Curves, pictures: Sequence[Picture]) -> Section:
    found = found_crossings(run, own)
    told = crossings_table(found)
    return Section(
        anchor=f"sizes-{own.workload}",
        title=f"{own.work} over batch sizes",
        sentences=crossings_sentences(own, found),
        above=list(pictures),
        caption="All crossings, where one of two modes ceases to be ahead",
        table=told,
    )


def _cold(run: Run, summary: Summary, cases: list[CaseSummary], pictures: Sequence[Picture], anchor: str) -> Section:
    own = matrix(summary, cases[0].case.group)
    return Section(
        anchor=f"group-{anchor}",
        title=group_title(cases[0].case),
        sentences=cold_sentences(run, summary, cases),
        above=list(pictures[:1]),
        caption="All starts, quickest after imports first; stages are means over processes",
        table=_described(run, start_table(summary, cases)),
        below=list(pictures[1:]),
        matrix=own,
        whole=True,
        withheld=reasons(cases),
    )


def _memory(run: Run, summary: Summary, cases: list[CaseSummary], pictures: Sequence[Picture], anchor: str) -> Section:
    return Section(
        anchor=f"group-{anchor}",
        title=group_title(cases[0].case),
        sentences=memory_sentences(summary, cases),
        above=list(pictures),
        caption="All numbers, above the memory of a process with everything imported; least for the first call first",
        table=_described(run, memory_table(summary, cases)),
        whole=True,
        withheld=reasons(cases),
    )


def _traces(run: Run, summary: Summary, pictures: Sequence[Picture], anchors: Mapping[str, str]) -> list[Section]:
    own = traces_table(summary)
    if own is None:
        return []
    withheld = [
        (f"{case.case.mode}, {case.case.size}", status, reason)
        for case in traces_cases(summary)
        for _, status, reason in reasons([case])
    ]
    return [
        Section(
            anchor=f"group-{anchors[TRACES]}",
            title=TITLE,
            sentences=traces_sentences(summary),
            above=list(pictures),
            caption="All counts; they are exact. Compilations by XLA are told where there were any",
            table=_described(run, own),
            withheld=withheld,
        )
    ]


def _described(run: Run, told: Table) -> Table:
    """The table with what each mode is beside its name."""
    rows = [
        [replace(cells[0], detail=mode_in_words(cells[0].text, run.start.modes)), *cells[1:]] for cells in told.rows
    ]
    return replace(told, rows=rows)
