"""Nothing is printed that ``docs/numbers.md`` doesn't explain, and the documents point at what is there."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from eagerbench import Run
from eagerbench.cases import Case
from eagerbench.gate import Judgement, judge_live
from eagerbench.gate import Verdict as GateVerdict
from eagerbench.gate_record import GateRecord
from eagerbench.growth import Verdict as Growth
from eagerbench.reports import render
from eagerbench.reports.frame import CASE_COLUMNS, SAMPLE_COLUMNS
from eagerbench.reports.gate.render import render_gate
from eagerbench.reports.side_by_side.render import render_side_by_side
from eagerbench.reports.tables import group_title, line_in_words
from eagerbench.results import LaunchKind, RunEnded, Status
from eagerbench.stats import Difference
from eagerbench.workloads import SCENARIOS

ROOT = Path(__file__).parent.parent.parent
NUMBERS = (ROOT / "docs" / "numbers.md").read_text(encoding="utf-8")
# One heading for each entry; names that are explained together have a dot between them.
ENTRIES = {name for line in re.findall(r"^### (.+)$", NUMBERS, re.MULTILINE) for name in line.split(" · ")}
TO_BE_WRITTEN = {"bench/modes/halves.py"}  # by those who follow how a mode is added
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def as_entry(name: str) -> str:
    """A name as its entry has it: of an update what is said of a call, whatever the number of calls."""
    name = re.sub(r"\bupdate(s?)\b", r"call\1", name)
    name = re.sub(r"^(Base|Head), × .*$", r"\1", name)
    name = re.sub(r"^Peak after (up to )?[\d,]+ more$", "Peak after more calls", name)
    return "Calls" if name == "Updates" else name


def unexplained(page: Path, take_apart: Callable[[str], Any], known: set[str]) -> set[str]:
    """Names over columns and of explanations that have no entry; what is in ``known`` needs none."""
    content = page.read_text(encoding="utf-8")
    take_apart(content)  # well nested, or what follows would mean nothing
    names = re.findall(r'<th scope="col"[^>]*>(.*?)</th>|<dt>(.*?)</dt>', content)
    told = {re.sub(r"<[^>]*>", "", column or term).strip() for column, term in names}
    return {name for name in told if name not in known and as_entry(name) not in ENTRIES}


def own_names(run: Run) -> set[str]:
    """What a column may be named after instead: a mode, a group, a scenario."""
    cases = [Case.parse(case.id) for case in run.cases]
    lines = {line_in_words(case) for case in cases}
    return {case.mode for case in cases} | {group_title(case) for case in cases} | set(SCENARIOS.values()) | lines


@pytest.mark.parametrize("name", ["typical_run", "training_run", "forked_run"])
def test_every_name_on_the_page_is_explained(
    request: pytest.FixtureRequest, take_apart: Callable[[str], Any], tmp_path: Path, name: str
):
    """Columns of tables, and terms that the page itself explains in short."""
    run = request.getfixturevalue(name)
    assert unexplained(render(run, tmp_path).index, take_apart, own_names(run)) == set()


def test_every_name_on_a_page_of_two_sizes_is_explained(
    make_run: Callable[..., Run], take_apart: Callable[[str], Any], tmp_path: Path
):
    """Where modes cross."""
    times = {
        f"forward/{mode}/b{rows}": [[base + slope * rows] * 3] * 3
        for mode, base, slope in (("eager", 0.001, 1e-7), ("function", 0.0005, 1e-6))
        for rows in (1, 100, 10_000)
    }
    run = make_run(times)
    assert unexplained(render(run, tmp_path).index, take_apart, own_names(run)) == set()


def test_every_name_on_the_page_of_a_gate_is_explained(
    live_gate: GateRecord, stored_judgement: Judgement, take_apart: Callable[[str], Any], tmp_path: Path
):
    """Of a live gate and of one on stored results."""
    live = render_gate(judge_live(live_gate), tmp_path / "live", live_gate).index
    stored = render_gate(stored_judgement, tmp_path / "stored").index
    assert unexplained(live, take_apart, set()) == set()
    assert unexplained(stored, take_apart, set()) == set()


def test_every_name_on_a_page_of_two_runs_is_explained(
    typical_run: Run, forked_run: Run, take_apart: Callable[[str], Any], tmp_path: Path
):
    """What was raced, and what had a process of its own."""
    for name, run in (("raced", typical_run), ("forked", forked_run)):
        index = render_side_by_side([run, run], ["first", "second"], tmp_path / name).index
        assert unexplained(index, take_apart, {"first", "second"}) == set()


@pytest.mark.parametrize("name", [*CASE_COLUMNS, *SAMPLE_COLUMNS])
def test_every_column_of_the_spreadsheets_is_explained(name: str):
    """By its very name."""
    assert f"`{name}`" in NUMBERS


@pytest.mark.parametrize("kind", [Difference, Growth, GateVerdict])
def test_every_verdict_is_explained(kind: Any):
    """In bold type, where it is said what it takes."""
    told = set(re.findall(r"\*\*(.+?)\*\*", NUMBERS)) | set(re.findall(r"`([\w -]+)`", NUMBERS))
    assert set(get_args(kind)) <= told


@pytest.mark.parametrize("kind", [Status, LaunchKind])
def test_every_status_and_kind_is_named(kind: Any):
    """As files and tables have it."""
    assert {word for word in get_args(kind) if f"`{word}`" not in NUMBERS} == set()


def test_every_end_of_a_training_is_named():
    """As the table of runs has it."""
    assert {word for word in get_args(RunEnded) if f"*{word}*" not in NUMBERS} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=[path.stem for path in DOCUMENTS])
def test_what_a_document_points_at_is_there(document: Path):
    """Files that it links to, and source files that it names."""
    text = document.read_text(encoding="utf-8")
    links = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert [target for target in links if target and not (document.parent / target).exists()] == []
    named = set(re.findall(r"`((?:bench|models|reports|tests)/[\w./-]*)`", text)) - TO_BE_WRITTEN
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_links_inside_a_document_lead_to_headings():
    """An anchor is a heading in small letters, with hyphens."""
    for document in DOCUMENTS:
        for target, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", document.read_text(encoding="utf-8")):
            other = document.parent / target if target else document
            headings = re.findall(r"^#+ (.+)$", other.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
