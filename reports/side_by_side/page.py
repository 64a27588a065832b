"""Runs side by side as one HTML page that needs nothing but itself. The template escapes all text."""

from collections.abc import Sequence
from dataclasses import dataclass

from eagerbench.cases import UNTIMED
from eagerbench.reports.escape import file_stems
from eagerbench.reports.facts import started
from eagerbench.reports.page import document
from eagerbench.reports.picture import Picture, picture
from eagerbench.reports.rows import Table
from eagerbench.reports.side_by_side.facts import circumstances
from eagerbench.reports.side_by_side.figures import MOST_PANELS, changes, drawable
from eagerbench.reports.side_by_side.rows import counts_table, group_table, in_order, not_compared, quantity
from eagerbench.reports.side_by_side.words import (
    WHAT_TIMES_HOLD,
    by_chance,
    cases_in_words,
    change_in_words,
    headline,
    run_row,
    run_sentences,
)
from eagerbench.reports.tables import group_title
from eagerbench.results import Run
from eagerbench.side_by_side import COMPARED, Comparison, SideBySide
from eagerbench.summary import REFERENCE_MODE, Summary

_MOST_DESCRIBED = 40


@dataclass(frozen=True)
class Group:
    """Cases that do the same work, as the page shows them.

    Attributes:
        anchor: what an address may end in.
        title: what the cases do.
        caption: of the table.
        table: its numbers.
    """

    anchor: str
    title: str
    caption: str
    table: Table


@dataclass(frozen=True)
class Told:
    """One run as the page introduces it.

    Attributes:
        anchor: of its command.
        label: its name.
        started: when.
        command: what was typed.
        sentences: what it shows against the first run; nothing of the first.
    """

    anchor: str
    label: str
    started: str
    command: str
    sentences: str


def page(
    runs: Sequence[Run], summaries: Sequence[Summary], told: SideBySide, drawn: Sequence[Picture], files: Sequence[str]
) -> str:
    """The whole page.

    Args:
        runs: what was measured.
        summaries: of the runs.
        told: the runs held against the first.
        drawn: see `pictures`.
        files: names of files beside the page that it links to.
    """
    groups, counts, left_out = _groups(told), counts_table(told), not_compared(told)
    contents = [
        ("changes", "What changed"),
        ("differences", "What differs"),
        *((group.anchor, group.title) for group in groups),
        *([("counts", "Exact counts")] if counts else []),
        *([("not-compared", "Not compared")] if left_out else []),
        ("reading", "How to read this"),
        ("runs", "To measure again"),
    ]
    return document(
        "side_by_side.html.j2",
        title=f"eagerbench: {', '.join(told.labels)}",
        contents=contents,
        headline=headline(told),
        notes=told.notes,
        what_times_hold=WHAT_TIMES_HOLD,
        by_chance=by_chance(told),
        labels=told.labels,
        runs=[
            Told(
                f"run-{place + 1}",
                told.labels[place],
                started(run),
                run.start.plan.command,
                " ".join(run_sentences(told, place)) if place else "",
            )
            for place, run in enumerate(runs)
        ],
        overview=[run_row(told, place) for place in range(1, len(runs))],
        circumstances=circumstances(runs, summaries),
        figures=drawn,
        groups=groups,
        counts=counts,
        not_compared=left_out,
        files=files,
    )


def _groups(told: SideBySide) -> list[Group]:
    groups = {
        group: own
        for group, own in told.groups.items()
        if own[0].case.workload != "traces" and any(one.verdict in COMPARED for one in own)
    }
    stems = file_stems(groups)
    return [
        Group(
            f"group-{stems[group]}",
            group_title(own[0].case),
            f"{quantity(own[0])[:1].upper()}{quantity(own[0])[1:]}, in the order of {told.labels[0]}",
            group_table(told, in_order(own)),
        )
        for group, own in groups.items()
    ]


def pictures(told: SideBySide) -> list[Picture]:
    """The changes of raced cases, then those of cold starts; a figure for each few runs. Nothing without intervals."""
    found: list[Picture] = []
    timed = [own for own in told.groups.values() if own[0].case.workload not in UNTIMED]
    ordered = [one for own in timed for one in in_order(own)]
    for what, cold in (("", False), ("cold", True)):
        comparisons = [own for own in ordered if (own.case.workload == "cold") == cold]
        shown = drawable(comparisons)
        places = sorted({own.run for own in shown})
        name = what if found else ""
        for begin in range(0, len(places), MOST_PANELS):
            chosen = places[begin : begin + MOST_PANELS]
            number = f"{begin // MOST_PANELS + 1}" if begin else ""
            stem = "-".join(filter(None, ("comparison", name, number)))
            found.append(_picture(told, stem, comparisons, shown, chosen))
    return found


def _picture(
    told: SideBySide, stem: str, comparisons: Sequence[Comparison], shown: Sequence[Comparison], places: Sequence[int]
) -> Picture:
    own = [one for one in shown if one.run in places]
    listed = "; ".join(_described(told, one) for one in own[:_MOST_DESCRIBED])
    more = len(own) - _MOST_DESCRIBED
    missing = len({one.case for one in comparisons}) - len({one.case for one in shown})
    return picture(
        changes(told, shown, places),
        stem,
        f"Change of each case against {told.labels[0]}: {listed}{f'; and {more:,} more' if more > 0 else ''}.",
        f"What stands on the line at 1× is as it was in {told.labels[0]}. Where grey moves and colour doesn't, all "
        f"modes moved alike, {REFERENCE_MODE} among them. A bar that ends at the edge goes on beyond it."
        + (f" Not drawn: {cases_in_words(missing)}, for lack of an interval or of room." if missing else ""),
    )


def _described(told: SideBySide, own: Comparison) -> str:
    words, limits = change_in_words(own.to_eager)
    relative = f", against {REFERENCE_MODE} {words} ({limits})" if own.to_eager else ""
    time, ends = change_in_words(own.change)
    run = f" in {told.labels[own.run]}" if len(told.labels) > 2 else ""
    return f"{own.case.id}{run}: {time} ({ends}){relative}"
