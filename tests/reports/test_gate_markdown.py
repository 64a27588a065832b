"""The verdict as a pull request comment."""

import re
from collections.abc import Callable

import msgspec

from eagerbench.gate import CaseVerdict, Judgement, judge_live
from eagerbench.gate_record import GateRecord
from eagerbench.reports.gate.markdown import LONGEST, gate_markdown

MakeCases = Callable[..., tuple[CaseVerdict, ...]]


def test_whole_comment_of_a_live_gate(live_gate: GateRecord):
    """Every line, so that a change of wording is seen."""
    assert gate_markdown(judge_live(live_gate)).splitlines() == [
        "### ❌ Regression: 1 of 6 cases got worse",
        "",
        (
            "Head: the working tree. Base: main (1a2b3c4d5e6f). "
            "8 complete rounds of live processes, called in turn, in 123 s."
        ),
        "",
        "6 cases: 1 regression, 1 inconclusive, 3 passes, 1 improvement.",
        "",
        "| Case | Base | Head | Change | Margin | Verdict |",
        "|---|---:|---:|---:|---:|---|",
        "| forward/function-xla/b100000 | 3.00 ms | 3.66 ms | +21.8 % (+19.1 … +25.2 %) | 5 % | ❌ regression |",
        (
            "| forward/predict/b100000 | 4.00 ms | 4.25 ms | +5.9 % (+3.6 … +7.8 %) | 5 % "
            "| ⚠️ inconclusive: the interval holds the margin: more rounds would tell (--budget) |"
        ),
        "| update/eager/b64 | 5.00 ms | 4.43 ms | -11.1 % (-12.6 … -9.1 %) | 5 % | ⏬ improvement |",
        "| forward/function/b1 | 2.00 ms | 2.02 ms | +0.8 % (-1.5 … +3.6 %) | 5 % | ✅ pass |",
        "| forward/eager/b1 | 1.00 ms | 1.00 ms | -0.2 % (-2.5 … +2.5 %) | 5 % | ✅ pass |",
        "| train/graph-v1/env1 | 6.00 ms | 5.88 ms | -1.7 % (-4.4 … +0.5 %) | 5 % | ✅ pass |",
        "",
        "Control, a second copy of base over base, all cases together: 0.0 % (0.0 … 0.0 %), 8 rounds.",
    ]


def test_stored_results_are_told_as_ratios(stored_judgement: Judgement):
    """The heading says to what; counts that differ and notes follow; there is no control to speak of."""
    content = gate_markdown(stored_judgement)
    assert "| Case | Base, × function | Head, × function | Change | Margin | Verdict |" in content
    assert "| forward/graph-v1/b1 | – | – | – | 5 % | ❓ missing: head: failed: it broke |" in content
    assert "**Counts that differ**\n\n| Case | Count | Base | Head |\n" in content
    assert "| update/eager/b64 | traces | 1 | 10 |" in content
    assert content.endswith("- forward/function/b1 is what others are held against\n")
    assert "Control" not in content


def test_many_passes_are_folded_away(live_gate: GateRecord, make_cases: MakeCases):
    """Sixteen are, fifteen are not; what did not pass never is."""
    judgement = judge_live(live_gate)
    for count, folded in ((15, False), (16, True)):
        cases = (*make_cases(count), *make_cases(20, "regression"))
        content = gate_markdown(msgspec.structs.replace(judgement, cases=cases))
        assert ("<details>" in content) == folded
        assert content.count("<summary>16 cases passed</summary>") == folded
        assert content.partition("<details>")[0].count("❌ regression") == 20
        assert content.count("✅ pass") == count


def test_ten_thousand_cases_fit_a_comment(live_gate: GateRecord, make_cases: MakeCases):
    """All that did not pass are there, the passes as far as they go, and the rest is counted."""
    cases = (*make_cases(9_950), *make_cases(50, "regression"))
    content = gate_markdown(msgspec.structs.replace(judge_live(live_gate), cases=cases))
    assert 0.95 * LONGEST < len(content) <= LONGEST
    assert content.count("❌ regression") == 50
    shown = content.count("✅ pass")
    assert shown > 300
    assert f"Left out for lack of room: {9_950 - shown:,} cases that passed; all are in verdict.json." in content


def test_even_failures_are_cut_where_they_are_too_many(live_gate: GateRecord, make_cases: MakeCases):
    """And that is said too."""
    cases = (*make_cases(5_000), *make_cases(5_000, "regression"))
    content = gate_markdown(msgspec.structs.replace(judge_live(live_gate), cases=cases), longest=20_000)
    assert len(content) <= 20_000
    shown = content.count("❌ regression")
    assert shown > 100
    assert f"{5_000 - shown:,} cases that did not pass and 5,000 cases that passed" in content


def test_few_passes_are_cut_after_what_did_not_pass(live_gate: GateRecord, make_cases: MakeCases):
    """Both numbers are told, whichever of the two the room ends in."""
    judgement = judge_live(live_gate)
    cases = (*make_cases(10), *make_cases(90, "regression"))
    content = gate_markdown(msgspec.structs.replace(judgement, cases=cases), longest=5_000)
    shown = content.count("❌ regression")
    assert f"room: {90 - shown} cases that did not pass and 10 cases that passed; all" in content
    cases = (*make_cases(10), *make_cases(1, "regression"))
    content = gate_markdown(msgspec.structs.replace(judgement, cases=cases), longest=1_400)
    shown = content.count("✅ pass")
    assert 0 < shown < 10
    assert f"room: {10 - shown} cases that passed; all" in content


def test_hostile_text_is_text(hostile_judgement: Judgement):
    """No tag, no end of a table, no call of a person, no control character; every row as long as its heading."""
    content = gate_markdown(hostile_judgement)
    assert re.findall(r"(?<!\\)<[^>]*>", content) == []
    assert "@team" not in content
    assert not [sign for sign in content if not sign.isprintable() and sign not in "\n\u200b\ufe0f"]
    rows = [line for line in content.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {7, 5}
    assert len(rows) == 7


def test_degenerate_gates_have_a_comment(degenerate_gate: tuple[Judgement, GateRecord]):
    """The verdict is there whatever is missing, and a table only where there are cases."""
    judgement, _ = degenerate_gate
    content = gate_markdown(judgement)
    assert content.startswith("### ")
    assert judgement.reason in content.replace("\\", "")
    assert ("| Case |" in content) == bool(judgement.cases)
