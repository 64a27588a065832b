"""What the page shows of each group of cases, in order: sentences, figures, tables. Not yet escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from eagerbench.reports.batch_curves import Curves, curved, found_crossings, found_doublings
from eagerbench.reports.crossing_words import CAPTION as CROSSINGS
from eagerbench.reports.crossing_words import crossings_sentences, crossings_table
from eagerbench.reports.facts import run_rows
from eagerbench.reports.forked.cold_rows import matrix, start_table
from eagerbench.reports.forked.cold_words import cold_sentences
from eagerbench.reports.forked.memory_rows import memory_table
from eagerbench.reports.forked.memory_words import memory_sentences
from eagerbench.reports.forked.pictures import TRACES
from eagerbench.reports.forked.traces_rows import traces_table
from eagerbench.reports.forked.traces_words import TITLE, traces_cases, traces_sentences
from eagerbench.reports.overhead import CAPTION, dense, overhead_sentences, overhead_table
from eagerbench.reports.overhead import TITLE as OVERHEAD
from eagerbench.reports.picture import Picture
from eagerbench.reports.raced_words import group_sentences
from eagerbench.reports.rows import Table, circumstances, columns, reasons, table
from eagerbench.reports.sweep import CAPTION as GRID
from eagerbench.reports.sweep import Sweep, apart, grid, sweeps
from eagerbench.reports.sweep_words import ALONE, sweep_sentences, with_intervals, yardstick_sentences
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
        parts: with headings of their own, at the end.
        folded: sections of which only the title is seen until somebody opens them.
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
    parts: list["Section"] = field(default_factory=list)
    folded: list["Section"] = field(default_factory=list)


def section_names(summary: Summary) -> list[str]:
    """What each section is known by: its group, or `TRACES`; raced groups first, then lines of curves and sweeps."""
    forked = [*summary.of("cold"), *summary.of("memory"), *([TRACES] if traces_cases(summary) else [])]
    swept = sweeps(summary).values()
    over = dict.fromkeys([*curved(summary), *(own.key for sweep in swept for own in sweep.lines)])
    return [*summary.groups, *forked, *over, *(sweep.key for sweep in swept)]


def anchors_of(summary: Summary, stems: Mapping[str, str]) -> dict[str, str]:
    """What an address of each section may end in.

    Args:
        summary: of the run.
        stems: by name of the section.
    """
    groups = {*summary.groups, *summary.of("cold"), *summary.of("memory"), TRACES}
    return {name: f"{'group' if name in groups else 'sizes'}-{stem}" for name, stem in stems.items()}


def sections(
    run: Run, summary: Summary, pictures: Mapping[str, Sequence[Picture]], anchors: Mapping[str, str]
) -> list[Section]:
    """All sections of groups: sweeps, raced, over batch sizes, then cold starts, memory and traces.

    Args:
        run: what was measured.
        summary: of the run.
        pictures: by name of the section.
        anchors: by name of the section, what an address may end in.
    """
    swept = sweeps(summary)
    found = [_swept(run, sweep, pictures, anchors) for sweep in swept.values()]
    found += [_raced(run, cases, pictures.get(group, ()), anchors[group]) for group, cases in apart(summary).items()]
    found += [
        _over_sizes(run, own, pictures.get(key, ()), anchors[key])
        for key, own in curved(summary).items()
        if own.workload not in swept
    ]
    found += [
        _cold(run, summary, cases, pictures.get(group, ()), anchors[group])
        for group, cases in summary.of("cold").items()
    ]
    found += [
        _memory(run, summary, cases, pictures.get(group, ()), anchors[group])
        for group, cases in summary.of("memory").items()
    ]
    return found + _traces(run, summary, pictures.get(TRACES, ()), anchors)


def _swept(run: Run, sweep: Sweep, pictures: Mapping[str, Sequence[Picture]], anchors: Mapping[str, str]) -> Section:
    """The grid of who is the fastest, what changes over widths, then each line with its groups folded."""
    drawn = {picture.stem.partition("-")[0]: picture for picture in pictures.get(sweep.key, ())}
    lines = [(own, {one.mode: one for one in found_doublings(run, own)}) for own in sweep.lines if dense(own)]
    overhead = overhead_table(lines)
    shown = with_intervals(sweep.groups.values())
    parts = []
    if "crossings" in drawn:
        parts.append(
            Section(
                f"{anchors[sweep.key]}-crossings",
                "Where modes change places",
                yardstick_sentences(run, sweep),
                [drawn["crossings"]],
                "",
                None,
            )
        )
    if overhead:
        figures = [drawn["overhead"]] if "overhead" in drawn else []
        parts.append(
            Section(f"{anchors[sweep.key]}-overhead", OVERHEAD, overhead_sentences(lines), figures, CAPTION, overhead)
        )
    for own in sweep.lines:
        groups = [_raced(run, cases, (), anchors[cases[0].case.group]) for cases in own.groups.values()]
        part = _over_sizes(run, own, pictures.get(own.key, ()), anchors[own.key])
        crossed = [Section(f"{part.anchor}-crossings", "All crossings", [], [], part.caption, part.table)]
        title = own.line[:1].upper() + own.line[1:] if own.line else "Every batch size"
        parts.append(
            replace(
                part,
                title=title,
                sentences=part.sentences if shown else [],
                table=None,
                parts=[],
                folded=[*(crossed if part.table else []), *groups],
            )
        )
    return Section(
        anchor=anchors[sweep.key],
        title=sweep.title,
        sentences=sweep_sentences(sweep),
        above=[],
        caption=GRID,
        table=grid(run, sweep) if shown else None,
        parts=parts,
    )


def _raced(run: Run, cases: list[CaseSummary], pictures: Sequence[Picture], anchor: str) -> Section:
    title = group_title(cases[0].case)
    return Section(
        anchor=anchor,
        title=title,
        sentences=group_sentences(run, cases),
        above=list(pictures[:1]),
        caption="All numbers, fastest first",
        table=_described(run, table(title, columns(cases), ranked(cases))),
        below=list(pictures[1:]),
        circumstances=[circumstances(case) for case in ranked(cases)],
        runs=run_rows(run, {case.case.id for case in cases}),
    )


def _over_sizes(run: Run, own: Curves, pictures: Sequence[Picture], anchor: str) -> Section:
    found = found_crossings(run, own)
    lines = [(own, {one.mode: one for one in found_doublings(run, own)})] if dense(own) else []
    overhead = overhead_table(lines)
    part = Section(f"{anchor}-overhead", OVERHEAD, overhead_sentences(lines), [], CAPTION, overhead)
    told = crossings_sentences(own.sizes, found, own.references) if len(own.sizes) > 1 else []
    return Section(
        anchor=anchor,
        title=f"{own.work} over batch sizes",
        sentences=told if with_intervals(own.groups.values()) else [ALONE],
        above=list(pictures),
        caption=CROSSINGS,
        table=crossings_table(found),
        parts=[part] if overhead else [],
    )


def _cold(run: Run, summary: Summary, cases: list[CaseSummary], pictures: Sequence[Picture], anchor: str) -> Section:
    own = matrix(summary, cases[0].case.group)
    return Section(
        anchor=anchor,
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
        anchor=anchor,
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
            anchor=anchors[TRACES],
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
