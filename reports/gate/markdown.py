"""The verdict of a gate as Markdown: fits a pull request comment and the summary of a CI job."""

from collections.abc import Sequence

from eagerbench.gate import CaseVerdict, Judgement
from eagerbench.reports.escape import for_markdown
from eagerbench.reports.gate.words import (
    SIGNS,
    amount,
    cases_in_words,
    change_in_words,
    column,
    compared,
    control_sentence,
    headline,
    margin_in_words,
    tally,
    worst_first,
)

# GitHub refuses comments above 65,536 signs, so long tables are cut, and the cut is said.
LONGEST = 60_000
MOST_PASSES_UNFOLDED = 15
MOST_NOTES = 15
MOST_COUNTS = 30


def gate_markdown(judgement: Judgement, longest: int = LONGEST) -> str:
    """The verdict, a table of the cases worst first, what is exact and differs, the control, and notes.

    All that did not simply pass is shown before any pass is; many passes are folded away. All text from files is
    escaped for Markdown and for the HTML inside it.

    Args:
        judgement: to be told.
        longest: signs that the tables of cases are cut to fit in.
    """
    ordered = worst_first(judgement.cases)
    above = [
        f"### {SIGNS[judgement.verdict]} {for_markdown(headline(judgement), 1000)}",
        for_markdown(compared(judgement), 1000),
        f"{tally(judgement)}.",
    ]
    below = [
        _counts(ordered),
        for_markdown(control_sentence(judgement), 1000),
        _notes(judgement.notes),
    ]
    room = longest - sum(len(block) + 2 for block in above + below)
    others = [own for own in ordered if own.verdict != "pass"]
    passes = [own for own in ordered if own.verdict == "pass"]
    if len(passes) > MOST_PASSES_UNFOLDED:
        shown, left_out = _table(judgement, others, room)
        passed, passes_left_out = _table(judgement, passes, room - len(shown))
        if passed:
            passed = f"<details><summary>{cases_in_words(len(passes))} passed</summary>\n\n{passed}\n\n</details>"
    else:
        shown, cut = _table(judgement, [*others, *passes], room)
        passed, passes_left_out = "", min(cut, len(passes))
        left_out = cut - passes_left_out
    blocks = [*above, shown, passed, _cut(left_out, passes_left_out), *below]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _table(judgement: Judgement, cases: Sequence[CaseVerdict], room: int) -> tuple[str, int]:
    """Rows of as many cases as there is room for, and how many were left out; no table for no cases."""
    names = ("Case", column(judgement, "Base"), column(judgement, "Head"), "Change", "Margin", "Verdict")
    lines = [f"| {' | '.join(for_markdown(name, 80) for name in names)} |", "|---|---:|---:|---:|---:|---|"]
    room -= sum(map(len, lines)) + 300  # the words around the table
    for place, own in enumerate(cases):
        row = _row(judgement, own)
        room -= len(row) + 1
        if room < 0:
            return ("\n".join(lines) if place else ""), len(cases) - place
        lines.append(row)
    return ("\n".join(lines) if cases else ""), 0


def _row(judgement: Judgement, own: CaseVerdict) -> str:
    verdict = f"{own.verdict}: {own.reason}" if own.reason else own.verdict
    cells = (
        for_markdown(own.case, 120),
        amount(judgement, own.base_s),
        amount(judgement, own.head_s),
        change_in_words(own.change),
        margin_in_words(own.margin),
        f"{SIGNS[own.verdict]} {for_markdown(verdict)}",
    )
    return f"| {' | '.join(cells)} |"


def _cut(others: int, passes: int) -> str:
    told = [f"{cases_in_words(others)} that did not pass"] if others else []
    told += [f"{cases_in_words(passes)} that passed"] if passes else []
    return f"Left out for lack of room: {' and '.join(told)}; all are in verdict.json." if told else ""


def _counts(ordered: Sequence[CaseVerdict]) -> str:
    found = [(own.case, *count) for own in ordered for count in own.counts]
    if not found:
        return ""
    lines = ["**Counts that differ**", "", "| Case | Count | Base | Head |", "|---|---|---:|---:|"]
    lines += [f"| {' | '.join(for_markdown(cell, 120) for cell in cells)} |" for cells in found[:MOST_COUNTS]]
    left_out = len(found) - MOST_COUNTS
    return "\n".join([*lines, *([f"\n{left_out:,} more are in verdict.json."] if left_out > 0 else [])])


def _notes(notes: Sequence[str]) -> str:
    lines = [f"- {for_markdown(note)}" for note in notes[:MOST_NOTES]]
    left_out = len(notes) - MOST_NOTES
    return "\n".join([*lines, *([f"- … and {left_out:,} more in verdict.json"] if left_out > 0 else [])])
