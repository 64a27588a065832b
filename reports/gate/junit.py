"""The verdict of a gate as JUnit XML, as GitLab and Jenkins read it."""

from typing import Literal
from xml.etree import ElementTree as ET

from eagerbench.gate import EXIT_CODES, Judgement, Verdict, worst
from eagerbench.reports.escape import clean
from eagerbench.reports.gate.words import headline, numbers_sentence

_NAME = "eagerbench.gate"
_Kind = Literal["failure", "error", "skipped"]
_KINDS: dict[Verdict, _Kind | None] = {
    "pass": None,
    "improvement": None,
    "new": "skipped",
    "unavailable": "skipped",
    "inconclusive": "error",
    "not comparable": "error",
    "missing": "failure",
    "regression": "failure",
}


def gate_junit(judgement: Judgement) -> bytes:
    """A test case for each case, and one for all together where the verdict is not that of the worst of them.

    That is so where the control decided it, or where the gate was interrupted or failed: whoever reads the file alone
    must see red whenever the exit code is not 0. No test case has a time, since none was measured in seconds.
    """
    suite = ET.Element("testsuite", name=_NAME)
    kinds = []
    for own in judgement.cases:
        workload = own.case.partition("/")[0]
        kinds.append(_add(suite, workload, own.case, own.verdict, numbers_sentence(judgement, own)))
    unseen = EXIT_CODES[judgement.verdict] != 0 and not {"failure", "error"} & set(kinds)
    if unseen or judgement.verdict != worst(own.verdict for own in judgement.cases):
        kinds.append(_add(suite, _NAME, "all cases together", judgement.verdict, headline(judgement)))
    suite.set("tests", str(len(kinds)))
    suite.set("failures", str(kinds.count("failure")))
    suite.set("errors", str(kinds.count("error")))
    suite.set("skipped", str(kinds.count("skipped")))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _add(suite: ET.Element, classname: str, name: str, verdict: Verdict, told: str) -> _Kind | None:
    # Control characters are no XML at all, escaped or not; `clean` leaves none.
    case = ET.SubElement(suite, "testcase", classname=clean(classname), name=clean(name))
    kind = _KINDS[verdict]
    if kind is not None:
        message = clean(f"{verdict}: {told}" if told else verdict)
        ET.SubElement(case, kind, message=message, type=verdict)
    elif told:
        ET.SubElement(case, "system-out").text = clean(f"{verdict}: {told}")
    return kind
