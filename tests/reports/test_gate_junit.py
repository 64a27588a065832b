"""The verdict as JUnit XML."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import msgspec
import pytest

from eagerbench.gate import EXIT_CODES, CaseVerdict, Judgement, Verdict, judge_live
from eagerbench.gate_record import GateRecord
from eagerbench.reports.gate.junit import gate_junit


def suite_of(judgement: Judgement) -> ET.Element:
    """The one test suite of the file."""
    root = ET.fromstring(gate_junit(judgement))  # noqa: S314 - our own file
    assert root.tag == "testsuites"
    (suite,) = root
    return suite


def kinds(suite: ET.Element) -> dict[str | None, list[str]]:
    """By name of the test case, the tags inside it that are not mere output."""
    return {case.get("name"): [child.tag for child in case if child.tag != "system-out"] for case in suite}


def test_a_test_case_for_each_case(stored_judgement: Judgement):
    """Every verdict has its place, and the numbers at the top agree."""
    suite = suite_of(stored_judgement)
    assert kinds(suite) == {
        "forward/eager/b1": [],
        "forward/predict/b1": [],
        "forward/numpy/b1": ["error"],
        "update/eager/b64": ["failure"],
        "forward/graph-v1/b1": ["failure"],
        "forward/saved-model/b1": ["error"],
        "forward/fused/b1": ["skipped"],
        "forward/fused-jax/b1": ["skipped"],
    }
    assert suite.attrib == {"name": "eagerbench.gate", "tests": "8", "failures": "2", "errors": "2", "skipped": "2"}
    assert {case.get("classname") for case in suite} == {"forward", "update"}


def test_messages_have_the_numbers(live_gate: GateRecord):
    """Who sees only the message knows how much slower, and no time is invented."""
    suite = suite_of(judge_live(live_gate))
    assert [case.get("message") for case in suite.iter("failure")] == [
        "regression: +21.8 % (+19.1 … +25.2 %) with a margin of 5 %; base 3.00 ms, head 3.66 ms"
    ]
    assert not [case for case in suite.iter("testcase") if "time" in case.attrib]
    assert "all cases together" not in kinds(suite)


def test_the_control_has_a_test_case_where_it_decides(make_gate: Callable[..., GateRecord]):
    """A second copy of base that is 20 % slower than base: every reader of the file must see that."""
    judgement = judge_live(make_gate({"forward/eager/b1": 0.0}, control=0.2))
    assert judgement.verdict == "inconclusive"
    judgement = msgspec.structs.replace(
        judgement, cases=tuple(msgspec.structs.replace(own, verdict="pass", reason="") for own in judgement.cases)
    )
    suite = suite_of(judgement)
    assert kinds(suite) == {"forward/eager/b1": [], "all cases together": ["error"]}
    (message,) = [error.get("message") or "" for error in suite.iter("error")]
    assert judgement.reason in message


@pytest.mark.parametrize("verdict", [verdict for verdict, code in EXIT_CODES.items() if code])
def test_the_file_is_red_whenever_the_exit_code_is(
    verdict: Verdict, make_cases: Callable[..., tuple[CaseVerdict, ...]]
):
    """Whether there are cases or none, and whatever they say."""
    for cases in ((), make_cases(2), make_cases(2, verdict)):
        suite = suite_of(Judgement("stored", verdict, "so", "b", "h", cases))
        assert int(suite.get("failures") or 0) + int(suite.get("errors") or 0) > 0
        assert int(suite.get("tests") or 0) == len(list(suite))


def test_a_pass_is_green(make_cases: Callable[..., tuple[CaseVerdict, ...]]):
    """No test case beside those of the cases."""
    suite = suite_of(Judgement("stored", "pass", "so", "b", "h", make_cases(2)))
    assert kinds(suite) == {"forward/pass/b1": [], "forward/pass/b2": []}


def test_hostile_text_is_text(hostile_judgement: Judgement):
    """What is no XML is left out, what would be markup is read back as text."""
    content = gate_junit(hostile_judgement)
    suite = suite_of(hostile_judgement)
    (failure,) = suite.iter("failure")
    assert "<script>alert(1)</script>" in (failure.get("message") or "")
    assert b"<script>" not in content
    text = content.decode("utf-8")
    assert not [sign for sign in text if not sign.isprintable() and sign != "\n"]


def test_degenerate_gates_have_a_file(degenerate_gate: tuple[Judgement, GateRecord]):
    """It is red exactly where the exit code is not 0."""
    judgement, _ = degenerate_gate
    suite = suite_of(judgement)
    red = int(suite.get("failures") or 0) + int(suite.get("errors") or 0) > 0
    assert red == (judgement.exit_code != 0)
