"""The verdict in a terminal."""

from collections.abc import Callable

import msgspec

from eagerbench.gate import CaseVerdict, Judgement, judge_live
from eagerbench.gate_record import GateRecord
from eagerbench.reports.gate.terminal import MOST_ROWS, gate_lines

MakeCases = Callable[..., tuple[CaseVerdict, ...]]


def test_all_lines_of_a_live_gate(live_gate: GateRecord):
    """Aligned, worst first, the verdict last."""
    assert gate_lines(judge_live(live_gate)) == [
        (
            "Head: the working tree. Base: main (1a2b3c4d5e6f). "
            "8 complete rounds of live processes, called in turn, in 123 s."
        ),
        "",
        "  case                          base     head     change                     margin  verdict",
        "  forward/function-xla/b100000  3.00 ms  3.66 ms  +21.8 % (+19.1 … +25.2 %)  5 %     regression",
        "  forward/predict/b100000       4.00 ms  4.25 ms  +5.9 % (+3.6 … +7.8 %)     5 %     inconclusive",
        "  forward/function/b1           2.00 ms  2.02 ms  +0.8 % (-1.5 … +3.6 %)     5 %     pass",
        "  forward/eager/b1              1.00 ms  1.00 ms  -0.2 % (-2.5 … +2.5 %)     5 %     pass",
        "  train/graph-v1/env1           6.00 ms  5.88 ms  -1.7 % (-4.4 … +0.5 %)     5 %     pass",
        "  update/eager/b64              5.00 ms  4.43 ms  -11.1 % (-12.6 … -9.1 %)   5 %     improvement",
        "",
        ("forward/predict/b100000: inconclusive: the interval holds the margin: more rounds would tell (--budget)"),
        "Control, a second copy of base over base, all cases together: 0.0 % (0.0 … 0.0 %), 8 rounds.",
        "",
        "Regression: 1 of 6 cases got worse",
    ]


def test_reasons_counts_and_notes_follow_the_table(stored_judgement: Judgement):
    """One line each."""
    lines = gate_lines(stored_judgement)
    table_ends = lines.index("", 2)
    below = lines[table_ends + 1 :]
    assert "forward/graph-v1/b1: missing: head: failed: it broke" in below
    assert "update/eager/b64: traces: 1 in base, 10 in head" in below
    assert "forward/function/b1 is what others are held against" in below
    assert "base, × function" in lines[2]


def test_a_reason_of_several_cases_is_told_once(live_gate: GateRecord, make_cases: MakeCases):
    """With their number; the table says which they are."""
    cases = [msgspec.structs.replace(own, reason="too few rounds") for own in make_cases(3, "inconclusive")]
    lines = gate_lines(msgspec.structs.replace(judge_live(live_gate), cases=(*cases, *make_cases(1, "missing"))))
    assert [line for line in lines if "too few rounds" in line] == ["3 cases: inconclusive: too few rounds"]
    assert "forward/missing/b1: missing: what is said of number 0" in lines


def test_ten_thousand_cases_are_cut(live_gate: GateRecord, make_cases: MakeCases):
    """The worst are shown, the others are counted."""
    cases = (*make_cases(9_999), *make_cases(1, "regression"))
    lines = gate_lines(msgspec.structs.replace(judge_live(live_gate), cases=cases))
    assert lines[3].endswith("regression")
    assert f"  … and {10_000 - MOST_ROWS:,} cases more, none of them worse: see verdict.json" in lines
    assert len(lines) < 3 * MOST_ROWS


def test_nothing_steers_the_terminal(hostile_judgement: Judgement):
    """Not even where a reason has escape sequences and line ends."""
    assert all(line.isprintable() for line in gate_lines(hostile_judgement))


def test_degenerate_gates_have_lines(degenerate_gate: tuple[Judgement, GateRecord]):
    """The last one is the verdict with its reason; there is a table only of cases."""
    judgement, _ = degenerate_gate
    lines = gate_lines(judgement)
    assert lines[-1].endswith(judgement.reason)
    assert any(line.startswith("  case ") for line in lines) == bool(judgement.cases)
