"""What a page shows of a gate: its verdict, figures, a table of cases. Not yet escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eagerbench.gate import EXIT_CODES, SEVERITY, CaseVerdict, Change, Judgement, Verdict
from eagerbench.reports.escape import shorten
from eagerbench.reports.gate.words import (
    amount,
    cases_in_words,
    column,
    compared,
    control_sentence,
    headline,
    limits,
    margin_in_words,
    percent,
    tally,
    worst_first,
)
from eagerbench.reports.picture import Picture
from eagerbench.reports.rows import Cell
from eagerbench.reports.tables import ABSENT

ANCHOR = "gate"
TITLE = "Regression gate"
# A browser shows no more rows at ease, and a page must not grow without end.
MOST_ROWS = 1000
MOST_COUNTS = 200
MOST_NOTES = 100
_LONGEST_CASE = 160
_LONGEST_REASON = 300

Level = Literal["good", "warning", "error"]


@dataclass(frozen=True)
class GateRow:
    """One case.

    Attributes:
        case: its id.
        verdict: of it.
        level: how the verdict is coloured; empty where there is nothing to point at.
        reason: why; may be empty.
        severity: what the column of verdicts is sorted by.
        cells: its numbers.
    """

    case: str
    verdict: Verdict
    level: str
    reason: str
    severity: int
    cells: list[Cell]


@dataclass(frozen=True)
class GateSection:
    """A gate as a page shows it.

    Attributes:
        anchor: what an address may end in.
        title: of the section.
        verdict: in one sentence, with what decided it.
        level: of the verdict.
        live: whether processes were called in turn.
        reference: mode that stored times are ratios to; None for a live gate.
        tally: how many cases have which verdict.
        sentences: who was compared with whom, and the control.
        pictures: the figures.
        names: what stands over the numbers of the table.
        rows: cases, worst first.
        left_out: what is said of cases that the table leaves out; may be empty.
        counts: what is exact and differs: case, name, base's and head's.
        notes: what must be known beside.
    """

    anchor: str
    title: str
    verdict: str
    level: Level
    live: bool
    reference: str | None
    tally: str
    sentences: list[str]
    pictures: list[Picture]
    names: list[str]
    rows: list[GateRow]
    left_out: str
    counts: list[tuple[str, str, str, str]]
    notes: list[str]


def gate_section(judgement: Judgement, pictures: Sequence[Picture]) -> GateSection:
    """What a page shows of a judgement.

    Args:
        judgement: to be shown.
        pictures: as `gate_pictures` gives them.
    """
    ordered = worst_first(judgement.cases)
    live = judgement.kind == "live"
    counts = [(shorten(own.case, _LONGEST_CASE), *count) for own in ordered for count in own.counts]
    names = [column(judgement, "Base"), column(judgement, "Head"), "Change", "Margin"]
    return GateSection(
        anchor=ANCHOR,
        title=TITLE,
        verdict=headline(judgement),
        level=_level(judgement.verdict) or "good",
        live=live,
        reference=judgement.reference,
        tally=tally(judgement),
        sentences=list(filter(None, (compared(judgement), control_sentence(judgement)))),
        pictures=list(pictures),
        names=[*names, *(["Control", "Rounds"] if live else ["Launches"])],
        rows=[_row(judgement, own) for own in ordered[:MOST_ROWS]],
        left_out=_left_out(len(ordered) - MOST_ROWS),
        counts=counts[:MOST_COUNTS],
        notes=[shorten(note, 2 * _LONGEST_REASON) for note in judgement.notes[:MOST_NOTES]],
    )


def _left_out(count: int) -> str:
    return f"{cases_in_words(count)} more, none of them worse, are in verdict.json." if count > 0 else ""


def _level(verdict: Verdict) -> Level | None:
    """How much a verdict is to be pointed at; None for what passes."""
    levels: dict[int, Level] = {1: "error", 3: "warning", 4: "error"}
    return levels.get(EXIT_CODES[verdict])


def _row(judgement: Judgement, own: CaseVerdict) -> GateRow:
    counted = "block" if judgement.kind == "live" else "sample"
    numbers = [
        Cell(amount(judgement, own.base_s), "", own.base_s),
        Cell(amount(judgement, own.head_s), "", own.head_s),
        _change_cell(own.change),
        Cell(margin_in_words(own.margin), "", own.margin),
        *([_change_cell(own.control)] if judgement.kind == "live" else []),
        Cell(
            f"{own.change.rounds:,}" if own.change else ABSENT,
            f"{own.blocks:,} {counted}{'' if own.blocks == 1 else 's'}" if own.blocks else "",
            own.change.rounds if own.change else None,
        ),
    ]
    return GateRow(
        shorten(own.case, _LONGEST_CASE),
        own.verdict,
        _level(own.verdict) or "",
        shorten(own.reason, _LONGEST_REASON),
        SEVERITY.index(own.verdict),
        numbers,
    )


def _change_cell(change: Change | None) -> Cell:
    if change is None:
        return Cell(ABSENT)
    return Cell(percent(change.value), limits(change) or "no interval", change.value)
