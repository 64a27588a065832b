"""Numbers and verdicts of a gate in words."""

import math

import pytest

from eagerbench.gate import EXIT_CODES, CaseVerdict, Change, Judgement, Verdict, judge_live
from eagerbench.gate_record import GateRecord
from eagerbench.reports.gate.words import (
    SIGNS,
    amount,
    change_in_words,
    compared,
    control_sentence,
    headline,
    margin_in_words,
    numbers_sentence,
    percent,
    tally,
    worst_first,
)


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (1.031, "+3.1 %"),
        (0.996, "-0.4 %"),
        (1.0, "0.0 %"),
        (0.99999, "0.0 %"),
        (1.00001, "0.0 %"),
        (2.5, "+150 %"),
        (25.0, "+2,400 %"),
        (0.001, "-99.9 %"),
        (math.inf, "+inf %"),
    ],
)
def test_ratios_are_told_as_changes(ratio: float, expected: str):
    """With a sign, to a tenth of a percent; no sign where nothing is left after rounding."""
    assert percent(ratio) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (None, "–"),
        (Change(1.031, 0.996, 1.062, 8), "+3.1 % (-0.4 … +6.2 %)"),
        (Change(1.031, None, 1.062, 5), "+3.1 % (at most +6.2 %)"),
        (Change(1.031, 0.996, None, 5), "+3.1 % (at least -0.4 %)"),
        (Change(1.031, None, None, 2), "+3.1 % (no interval)"),
    ],
)
def test_a_change_has_its_interval_beside_it(change: Change | None, expected: str):
    """Also where one bound is known, or none."""
    assert change_in_words(change) == expected


def test_margins_are_percent():
    """To three digits."""
    assert [margin_in_words(margin) for margin in (0.05, 0.125, 1.0)] == ["5 %", "12.5 %", "100 %"]


def test_worst_case_is_first(live_gate: GateRecord):
    """By verdict, then by how far a case is beyond its margin."""
    judgement = judge_live(live_gate)
    assert [own.case for own in worst_first(judgement.cases)] == [
        "forward/function-xla/b100000",
        "forward/predict/b100000",
        "forward/function/b1",
        "forward/eager/b1",
        "train/graph-v1/env1",
        "update/eager/b64",
    ]


def test_a_wider_margin_makes_a_change_less_bad():
    """Twice as slow with a margin of 100 % is not as bad as 8 % with one of 5 %; what has no change is last."""
    cases = (
        CaseVerdict("a/b/none", "regression", "traces: 2, was 1", 0.05),
        CaseVerdict("a/b/wide", "regression", "", 1.0, Change(2.05, 2.01, 2.1, 8)),
        CaseVerdict("a/b/narrow", "regression", "", 0.05, Change(1.08, 1.06, 1.1, 8)),
    )
    assert [own.case for own in worst_first(cases)] == ["a/b/narrow", "a/b/wide", "a/b/none"]


def test_every_verdict_has_a_sign_and_a_word():
    """A new verdict can't be forgotten here."""
    for verdict in EXIT_CODES:
        judgement = Judgement("stored", verdict, "so", "b", "h", ())
        assert SIGNS[verdict]
        assert headline(judgement).endswith(": so")


def test_verdicts_are_counted(stored_judgement: Judgement, live_gate: GateRecord):
    """Worst first, and in the plural where there are several."""
    assert tally(judge_live(live_gate)) == "6 cases: 1 regression, 1 inconclusive, 3 passes, 1 improvement"
    assert tally(stored_judgement) == (
        "8 cases: 1 regression, 1 missing, 1 not comparable, 1 inconclusive, 1 pass, 1 improvement, 1 new, "
        "1 unavailable"
    )


def test_who_is_compared(stored_judgement: Judgement, live_gate: GateRecord):
    """A live gate says how long it took, a stored one what its numbers are."""
    assert compared(judge_live(live_gate)) == (
        "Head: the working tree. Base: main (1a2b3c4d5e6f). "
        "8 complete rounds of live processes, called in turn, in 123 s."
    )
    assert compared(stored_judgement) == (
        "Head: results.json. Base: baseline 0003. From stored results: times are ratios to function, divided inside "
        "each launch; absolute times never gate."
    )


def test_only_a_live_gate_has_a_control(stored_judgement: Judgement, live_gate: GateRecord):
    """Without one there is no sentence."""
    assert control_sentence(judge_live(live_gate)) == (
        "Control, a second copy of base over base, all cases together: 0.0 % (0.0 … 0.0 %), 8 rounds."
    )
    assert control_sentence(stored_judgement) == ""


def test_stored_times_are_ratios(stored_judgement: Judgement, live_gate: GateRecord):
    """Never seconds, which nobody measured."""
    assert amount(stored_judgement, 4.2) == "4.20×"
    assert amount(judge_live(live_gate), 0.0042) == "4.20 ms"
    assert [amount(stored_judgement, None), amount(judge_live(live_gate), None)] == ["–", "–"]


def test_one_case_on_one_line(stored_judgement: Judgement):
    """Reason, change, times, counts."""
    cases: dict[Verdict, CaseVerdict] = {own.verdict: own for own in stored_judgement.cases}
    assert numbers_sentence(stored_judgement, cases["regression"]) == (
        "traces: 10, was 1; 0.0 % (-1.0 … +1.0 %) with a margin of 10 %; base 1.00×, head 1.00×; "
        "traces: 1 in base, 10 in head"
    )
    assert numbers_sentence(stored_judgement, cases["new"]) == "only in head"
