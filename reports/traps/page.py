"""The page of the traps. The template escapes all text."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from eagerbench import __version__
from eagerbench.reports.facts import Facts, flat, moment
from eagerbench.reports.headline import Banner
from eagerbench.reports.page import document
from eagerbench.reports.picture import Picture
from eagerbench.reports.traps.catalogue import LESSONS, Lesson
from eagerbench.reports.traps.rows import cells_table, findings_table, pairs_table
from eagerbench.reports.traps.words import (
    cell_times,
    headline,
    lead_in_words,
    lesson_sentences,
    pair_sentences,
    spread_sentences,
)
from eagerbench.traps.article import ARTICLE_ROWS, CELLS, CHANGES, SETUP
from eagerbench.traps.findings import ARTICLE, ARTICLE_CELLS, TrapsSummary
from eagerbench.traps.record import TrapsRecord

AS_WRITTEN = "alone/static-as-written"  # which is expected to fail


@dataclass(frozen=True)
class CellShown:
    """A cell of the article as the page shows it.

    Attributes:
        title: what it is.
        source: its lines.
        printed: what it printed, and what ``%%time`` says of it, in the first launch; or the exception.
    """

    title: str
    source: str
    printed: str


@dataclass(frozen=True)
class LessonShown:
    """A trap as the page shows it.

    Attributes:
        anchor: what an address may end in.
        lesson: its words and its code.
        sentences: what was found.
    """

    anchor: str
    lesson: Lesson
    sentences: list[str]


def traps_page(
    record: TrapsRecord, summary: TrapsSummary, pictures: Sequence[Picture], files: Sequence[str] = ()
) -> str:
    """The whole page.

    Args:
        record: what was measured.
        summary: of the record.
        pictures: none or one.
        files: names of files beside the page that it may link to.
    """
    asked = ARTICLE in record.traps and bool(record.launches)
    lessons = [
        LessonShown(trap, lesson, lesson_sentences(trap, record, summary))
        for trap, lesson in LESSONS.items()
        if trap in record.traps and record.launches
    ]
    contents = [
        *([("far", "How far off")] if lessons or pictures else []),
        *([("article", "The article's table"), ("single", "One run against many")] if asked else []),
        *((shown.anchor, shown.lesson.title) for shown in lessons),
        ("circumstances", "How it was measured"),
    ]
    return document(
        "traps.html.j2",
        title="eagerbench traps: the article's benchmark, corrected",
        contents=contents,
        headline=headline(record, summary),
        banners=banners(record, summary),
        pictures=pictures,
        findings=findings_table(summary) if summary.findings else None,
        article=asked,
        cells=cells_table(summary),
        naive=lead_in_words(summary.leads.get("naive", ())),
        right=lead_in_words(summary.leads.get("right", ())),
        pairs=pairs_table(summary),
        single=[*spread_sentences(summary), *pair_sentences(summary)],
        setup=SETUP,
        changes=changes(record),
        shown=_cells_shown(record) if asked else [],
        lessons=lessons,
        command=record.command,
        facts_of_run=_facts(record),
        machine=[fact for name, value in record.machine.items() for fact in flat(name, value)],
        files=files,
    )


def banners(record: TrapsRecord, summary: TrapsSummary) -> list[Banner]:
    """What must be read before any number."""
    found = []
    if record.ended == "interrupted":
        found.append(
            Banner(
                "warning",
                f"The run was stopped: {len(record.launches)} of {record.launches_asked} launches, the last perhaps "
                "not whole.",
            )
        )
    found += [
        Banner("warning", f"Launch {launch.index} {launch.ended}: {launch.reason}")
        for launch in record.launches
        if launch.ended not in {"complete", "interrupted"}
    ]
    reasons: dict[str, list[str]] = {}
    for name, why in summary.failures.items():
        if name != AS_WRITTEN:
            reasons.setdefault(why, []).append(name)
    if record.launches:
        found += [Banner("error", f"Without a number: {', '.join(names)}: {why}") for why, names in reasons.items()]
    return found


def changes(record: TrapsRecord) -> list[str]:
    """What differs from the article's code, and how its rows came out here."""
    dtypes = {
        str(outcome.resolved["dtype"])
        for launch in record.launches
        for outcome in launch.cases.values()
        if "dtype" in outcome.resolved
    }
    told = list(CHANGES)
    if dtypes:
        told.append(f"np.repeat of one observation gave {' and '.join(sorted(dtypes))} here.")
    if record.rows != ARTICLE_ROWS:
        told.append(f"The batch has {record.rows:,} rows here; the article's has {ARTICLE_ROWS:,}.")
    return told


def _cells_shown(record: TrapsRecord) -> list[CellShown]:
    """The cells in the notebook's order; the static one as written, which fails, before the one that runs."""
    names = {"eager": "notebook/eager", "static-as-written": AS_WRITTEN}
    names |= {cell: f"notebook/{cell}" for cell in ARTICLE_CELLS}
    return [CellShown(CELLS[cell].title, CELLS[cell].source, _printed(record, name)) for cell, name in names.items()]


def _printed(record: TrapsRecord, name: str) -> str:
    for launch in record.launches:
        outcome = launch.cases.get(name)
        if outcome is None:
            continue
        lines = [f"{flag}: {value}" for flag, value in outcome.resolved.items() if flag != "dtype"]
        if outcome.status != "ok":
            return "\n".join([*lines, *wrap(outcome.reason or outcome.status, 60)])
        for sample in launch.samples:
            if sample.case == name:
                return "\n".join([*lines, cell_times(sample.user_s, sample.sys_s, sample.wall_s)])
    return "not run"


def _facts(record: TrapsRecord) -> Facts:
    return [
        ("Started", moment(record.started)),
        ("Took", f"{record.seconds:,.0f} s"),
        ("Ended", record.ended),
        ("Launches", f"{len(record.launches)} of {record.launches_asked}"),
        ("Rows", f"{record.rows:,}"),
        ("Seed", f"{record.seed}"),
        ("Right measurements on", f"distinct float32 observations of {record.env}"),
        ("eagerbench, measuring", record.eagerbench),
        ("eagerbench, rendering", __version__),
    ]
