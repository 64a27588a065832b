"""What a gate's test of itself found, as Markdown for a README."""

from typing import Any

import msgspec

from eagerbench.reports.gate.self_test import self_test_markdown
from eagerbench.sensitivity import Naive, SelfTested, Tally

FOUND = SelfTested(
    command="eagerbench gate --self-test --gates 40",
    cpu="Example CPU @ 2.00GHz",
    cores=2,
    versions={"python": "3.12.1", "keras": "3.15.1"},
    cases=("forward/eager/b1", "forward/function/b1"),
    planted_cases=("forward/function/b1",),
    unchanged=Tally(0.0, 40, {"pass": 37, "improvement": 1, "inconclusive": 2}, 5.55),
    planted=(
        Tally(0.05, 14, {"inconclusive": 14}, 20.0),
        Tally(0.07, 14, {"regression": 14}, 6.0),
        Tally(1.0, 0, {}, 0.0),
    ),
    replays=3000,
    replay_alarms=1,
    naive=(Naive(0.05, 200, 56, 40, 24, 20, 6), Naive(0.10, 0, 0, 0, 0, 0, 0)),
    gate_seconds=(61.0, 95.4, 70.0),
    seconds=7200.0,
)


def rows(text: str) -> list[list[str]]:
    """Cells of all rows of tables, without the lines under their heads."""
    found = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [row for row in found if not set(row[0]) <= set("-: ")]


def test_every_figure_stands_in_its_cell() -> None:
    """Undecided is what is neither red nor let go; a gate that found it faster let it go."""
    first, second = rows(self_test_markdown(FOUND))[1:6], rows(self_test_markdown(FOUND))[6:]
    assert first[0] == ["nothing: unchanged code, 2 cases a gate", "40", "0", "38", "2", "5.5"]
    assert first[1] == ["executed one case 5 % more often", "14", "0", "0", "14", "20.0"]
    assert first[2] == ["executed one case 7 % more often", "14", "14", "0", "0", "6.0"]
    assert first[3] == ["nothing: replays of recorded rounds, 2 cases a gate", "3,000", "1", "", "", ""]
    assert [first[4], *second] == [
        [
            "red where a median is above the other's by",
            "unchanged cases red",
            "unchanged runs red",
            "10 % slower cases green",
        ],
        ["5 %", "56 of 200 (28 %)", "24 of 40 (60 %)", "6 of 20 (30 %)"],
        ["10 %", "–", "–", "–"],
    ]


def test_where_and_with_what_it_was_measured_stands_above() -> None:
    """With the command that does it again."""
    lines = self_test_markdown(FOUND).splitlines()
    assert lines[0] == (
        "Measured with `eagerbench gate --self-test --gates 40` in 120 minutes on Example CPU @ 2.00GHz (2 cores), "
        "python 3.12.1, keras 3.15.1."
    )
    assert lines[-1] == "A gate of unchanged code over these 2 cases took 70 s (median; longest 95 s)."


def test_without_a_gate_of_unchanged_code_alone_there_is_no_time_of_one() -> None:
    """A self-test of one gate has slowdowns in it."""
    assert "took" not in self_test_markdown(msgspec.structs.replace(FOUND, gate_seconds=()))


def test_every_table_has_as_many_cells_in_each_row_and_a_blank_line_before_it() -> None:
    """Whatever was measured: GitHub shows anything else as text."""
    texts: dict[str, Any] = {"command": "a `b` | c\n# d", "cpu": "<script>alert(1)</script>\x1b[31m"}
    for own in (FOUND, msgspec.structs.replace(FOUND, **texts)):
        text = self_test_markdown(own)
        lines = text.splitlines()
        assert text.endswith("\n")
        assert "\x1b" not in text
        assert not any(line.startswith("#") for line in lines)
        for place, line in enumerate(lines):
            if line.startswith("| ---"):
                assert lines[place - 2] == ""
                width = line.count("|")
                for row in lines[place - 1 :]:
                    if not row.startswith("|"):
                        break
                    assert row.count("|") == width


def test_texts_are_shown_as_they_are() -> None:
    """The name of a processor is no HTML."""
    text = self_test_markdown(msgspec.structs.replace(FOUND, cpu="<b>CPU</b>"))
    assert "<b>" not in text
