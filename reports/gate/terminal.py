"""The verdict of a gate as lines for a terminal. Plain text without control characters and without colours."""

from collections.abc import Sequence

from eagerbench.gate import CaseVerdict, Judgement
from eagerbench.reports.escape import clean
from eagerbench.reports.gate.words import (
    amount,
    cases_in_words,
    change_in_words,
    column,
    compared,
    control_sentence,
    headline,
    margin_in_words,
    worst_first,
)
from eagerbench.reports.terminal import aligned

MOST_ROWS = 100


def gate_lines(judgement: Judgement) -> list[str]:
    """Who was held against whom, the cases worst first, why, the control, notes; last the verdict and its reason."""
    ordered = worst_first(judgement.cases)
    lines = [compared(judgement)]
    if ordered:
        names = ["case", column(judgement, "base"), column(judgement, "head"), "change", "margin", "verdict"]
        rows = [_row(judgement, own) for own in ordered[:MOST_ROWS]]
        lines += ["", *aligned([[clean(cell) for cell in row] for row in (names, *rows)])]
    if len(ordered) > MOST_ROWS:
        lines.append(f"  … and {cases_in_words(len(ordered) - MOST_ROWS)} more, none of them worse: see verdict.json")
    below = _reasons(ordered[:MOST_ROWS])
    below += [
        f"{own.case}: {name}: {before} in base, {now} in head"
        for own in ordered[:MOST_ROWS]
        for name, before, now in own.counts
    ]
    below += [control_sentence(judgement), *judgement.notes]
    lines += ["", *filter(None, below), "", headline(judgement)]
    return [clean(line) for line in lines]


def _reasons(cases: Sequence[CaseVerdict]) -> list[str]:
    """Each reason once, with the case that has it, or the number of those that do."""
    found: dict[tuple[str, str], list[str]] = {}
    for own in cases:
        if own.reason:
            found.setdefault((own.verdict, own.reason), []).append(own.case)
    return [
        f"{ids[0] if len(ids) == 1 else cases_in_words(len(ids))}: {verdict}: {reason}"
        for (verdict, reason), ids in found.items()
    ]


def _row(judgement: Judgement, own: CaseVerdict) -> list[str]:
    return [
        own.case,
        amount(judgement, own.base_s),
        amount(judgement, own.head_s),
        change_in_words(own.change),
        margin_in_words(own.margin),
        own.verdict,
    ]
