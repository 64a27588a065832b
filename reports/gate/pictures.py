"""The figures of a gate with what the page says beside them: name, description, caption."""

from eagerbench.gate import Judgement
from eagerbench.gate_record import GateRecord
from eagerbench.reports.gate.figures import MOST_PANELS, MOST_ROWS, blocks_in_order, intervals, told_with_change
from eagerbench.reports.gate.words import cases_in_words, change_in_words
from eagerbench.reports.picture import Picture, picture


def gate_pictures(judgement: Judgement, record: GateRecord | None = None) -> list[Picture]:
    """Intervals against the margin, then blocks in the order taken; nothing where no case has a change.

    Args:
        judgement: to be shown.
        record: where the blocks are; only a live gate has one.
    """
    told = told_with_change(judgement)
    if not told:
        return []
    listed = "; ".join(f"{own.case} {change_in_words(own.change)}, {own.verdict}" for own in told)
    found = [
        picture(
            intervals(judgement),
            "gate-intervals",
            f"Change of each case against its margin, worst first: {listed}.",
            "A regression lies right of its margin with its whole interval; a pass lies left of it with its whole "
            "interval; what straddles it is undecided. A count that got worse is a regression wherever its time lies. "
            "Arrows: beyond the axis." + _left_out(len(judgement.cases), min(len(told), MOST_ROWS)),
        )
    ]
    if record is not None:
        shown = told[:MOST_PANELS]
        found.append(
            picture(
                blocks_in_order(judgement, record),
                "gate-blocks",
                "Change of each block in the order taken, by round: "
                + "; ".join(
                    f"{own.case} {own.blocks:,} blocks in {own.change.rounds if own.change else 0} rounds, "
                    f"{own.verdict}"
                    for own in shown
                )
                + ".",
                "A level row of medians is a steady change. A step between rounds is what one set of processes "
                "differs from the next: the intervals are taken over rounds for its sake."
                + _left_out(len(judgement.cases), len(shown)),
            )
        )
    return found


def _left_out(cases: int, drawn: int) -> str:
    return (
        f" Not drawn: {cases_in_words(cases - drawn)}, which have no change or stand at the end of the list."
        if cases > drawn
        else ""
    )
