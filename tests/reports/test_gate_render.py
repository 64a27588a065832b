"""The folder and the page of a gate, and the gate in the report of a run."""

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eagerbench import Run, UserError
from eagerbench.gate import CaseVerdict, Change, Judgement, judge_live
from eagerbench.gate_record import GateRecord
from eagerbench.reports import render
from eagerbench.reports.gate.render import render_gate, verdict_json

TakeApart = Callable[[str], Any]
FILES = {"index.html", "gate.md", "gate.xml", "verdict.json", "gate-intervals.png", "gate-intervals.svg"}


def content_of(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


def check_whole(content: str, page: Any, folder: Path) -> None:
    """Well-formed, self-contained, one script under its policy, every link leads somewhere, every image has words."""
    assert content.startswith("<!DOCTYPE html>\n")
    assert page.attributes("html") == [{"lang": "en"}]
    assert len(page.ids) == len(set(page.ids))
    tags = [tag for tag, _ in page.elements]
    assert (tags.count("h1"), tags.count("title"), tags.count("main")) == (1, 1, 1)
    for link in page.attributes("a"):
        target = link["href"]
        if "download" in link:
            assert target.startswith("data:application/gzip;base64,")
            continue
        assert target[1:] in page.ids if target.startswith("#") else (folder / target).is_file()
    for element in page.elements:
        assert all(name in page.ids for name in (element[1].get("aria-labelledby") or "").split())
    assert all(image["src"].startswith("data:image/png;base64,") for image in page.attributes("img"))
    assert all(len(image["alt"]) > 40 for image in page.attributes("img"))
    scripts = re.findall(r"<script>(.*?)</script>", content, re.DOTALL)
    assert len(scripts) == content.count("<script") == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in content
    assert "onerror" not in {name for _, attributes in page.elements for name in attributes}


def test_files_of_a_live_gate(live_gate: GateRecord, tmp_path: Path):
    """The list is what lies there; the same gate gives the same bytes."""
    judgement = judge_live(live_gate)
    one, two = (render_gate(judgement, tmp_path / name, live_gate) for name in ("one", "two"))
    assert {path.name for path in one.files} == FILES | {"gate-blocks.png", "gate-blocks.svg"}
    assert {path.name for path in (tmp_path / "one").iterdir()} == {path.name for path in one.files}
    assert one.index == tmp_path / "one" / "index.html" == one.files[-1]
    assert [path.read_bytes() for path in one.files] == [path.read_bytes() for path in two.files]


def test_files_of_stored_results(stored_judgement: Judgement, tmp_path: Path):
    """No blocks."""
    assert {path.name for path in render_gate(stored_judgement, tmp_path).files} == FILES


def test_the_raw_record_is_linked_where_it_lies(live_gate: GateRecord, tmp_path: Path, take_apart: TakeApart):
    """And left as it is."""
    (tmp_path / "gate.json").write_bytes(b"raw")
    render_gate(judge_live(live_gate), tmp_path, live_gate)
    links = [link["href"] for link in take_apart(content_of(tmp_path)).attributes("a")]
    assert "gate.json" in links
    assert (tmp_path / "gate.json").read_bytes() == b"raw"


def test_a_folder_that_cannot_be_is_the_users_error(stored_judgement: Judgement, tmp_path: Path):
    """A file in its place: one line, no traceback."""
    (tmp_path / "report").write_text("a file")
    with pytest.raises(UserError, match="cannot write"):
        render_gate(stored_judgement, tmp_path / "report")


def test_page_of_a_live_gate(live_gate: GateRecord, tmp_path: Path, take_apart: TakeApart):
    """Verdict, cases worst first, how to read it, and how it was measured."""
    render_gate(judge_live(live_gate), tmp_path, live_gate)
    content = content_of(tmp_path)
    page = take_apart(content)
    check_whole(content, page, tmp_path)
    assert len(page.attributes("img")) == 2
    for expected in (
        "Regression: 1 of 6 cases got worse",
        "6 cases: 1 regression, 1 inconclusive, 3 passes, 1 improvement",
        "Head: the working tree. Base: main (1a2b3c4d5e6f).",
        "Control, a second copy of base over base",
        "+19.1 … +25.2 %",
        "32 blocks",
        "the interval holds the margin: more rounds would tell",
        "eagerbench gate --base main",
        "2026-01-02 03:04 UTC",
        "123 s of a budget of 300 s",
        "Example CPU @ 2.00GHz",
        "24.0 GiB",
        "the article's, as packaged",
    ):
        assert expected in page.text
    cases = re.findall(r'<th scope="row" data-order="([^"]*)">', content)
    assert cases[0] == "forward/function-xla/b100000"
    assert cases[-1] == "update/eager/b64"
    assert content.count('class="tag error"') == content.count('class="tag warning"') == 1
    assert page.text.count("complete") >= 8


def test_page_of_stored_results(stored_judgement: Judgement, tmp_path: Path, take_apart: TakeApart):
    """Ratios, counts and notes; no control and no rounds."""
    render_gate(stored_judgement, tmp_path)
    content = content_of(tmp_path)
    page = take_apart(content)
    check_whole(content, page, tmp_path)
    for expected in ("Base, × function", "4.20×", "no interval", "Counts that differ", "what others are held against"):
        assert expected in page.text
    for absent in ("Control", "How it was measured", "To measure again"):
        assert absent not in page.text


@pytest.mark.parametrize(
    ("verdict", "level"),
    [
        ("pass", "good"),
        ("improvement", "good"),
        ("inconclusive", "warning"),
        ("regression", "error"),
        ("missing", "error"),
        ("not comparable", "error"),
    ],
)
def test_the_banner_is_as_loud_as_the_exit_code(
    stored_judgement: Judgement, tmp_path: Path, take_apart: TakeApart, verdict: Any, level: str
):
    """Only 0 is quiet."""
    render_gate(msgspec.structs.replace(stored_judgement, verdict=verdict), tmp_path)
    page = take_apart(content_of(tmp_path))
    assert [attributes["class"] for attributes in page.attributes("p") if attributes.get("role") == "note"] == [
        f"banner {level}"
    ]


def test_hostile_text_is_text(hostile_judgement: Judgement, make_gate: Callable[..., GateRecord], tmp_path: Path):
    """In every file."""
    hostile = hostile_judgement.reason
    record = make_gate({}, rounds=0, command=hostile, reason=hostile, machine={hostile: hostile}, started=hostile)
    record = msgspec.structs.replace(record, head=msgspec.structs.replace(record.head, versions={hostile: hostile}))
    render_gate(msgspec.structs.replace(hostile_judgement, kind="live"), tmp_path)
    files = render_gate(msgspec.structs.replace(hostile_judgement, cases=()), tmp_path / "with-record", record).files
    for path in [*tmp_path.glob("*.*"), *files]:
        if path.suffix in {".html", ".md", ".xml"}:
            content = path.read_text(encoding="utf-8")
            assert "<script>alert" not in content
            assert "\x1b" not in content
            assert "alert(1)" in content
    assert len(list(tmp_path.glob("*.*"))) == len(FILES)


def test_hostile_text_can_be_read_on_the_page(hostile_judgement: Judgement, tmp_path: Path, take_apart: TakeApart):
    """A script in a reason is read by the reader and not by the browser."""
    render_gate(hostile_judgement, tmp_path)
    content = content_of(tmp_path)
    page = take_apart(content)
    check_whole(content, page, tmp_path)
    assert page.text.count("=cmd()|`a`*b*<script>alert(1)</script>") >= 6


def test_degenerate_gates_render(degenerate_gate: tuple[Judgement, GateRecord], tmp_path: Path, take_apart: TakeApart):
    """Whatever is missing, the page is whole and says why."""
    judgement, record = degenerate_gate
    render_gate(judgement, tmp_path, record)
    content = content_of(tmp_path)
    page = take_apart(content)
    check_whole(content, page, tmp_path)
    assert judgement.reason in page.text
    assert bool(page.attributes("img")) == any(own.change for own in judgement.cases)
    assert ("All cases, worst first" in page.text) == bool(judgement.cases)


def test_verdict_as_json(live_gate: GateRecord):
    """The judgement can be read back out of it, word for word."""
    judgement = judge_live(live_gate)
    told = json.loads(verdict_json(judgement))
    assert (told["schema_version"], told["exit_code"], told["verdict"]) == (1, 1, "regression")
    assert set(told) == {"schema_version", "exit_code", *Judgement.__struct_fields__}
    assert set(told["cases"][0]) == set(CaseVerdict.__struct_fields__)
    assert msgspec.convert(told, Judgement) == judgement


def test_verdict_as_json_has_only_what_json_has(hostile_judgement: Judgement):
    """No NaN, no infinity, and no halves of surrogate pairs, which many readers refuse."""
    odd = CaseVerdict("a/b/c", "inconclusive", "", 0.05, Change(math.nan, -math.inf, math.inf, 1))
    content = verdict_json(msgspec.structs.replace(hostile_judgement, cases=(odd,)))
    told = json.loads(content, parse_constant=pytest.fail)
    assert told["cases"][0]["change"] == {"value": None, "low": None, "high": None, "rounds": 1}
    assert told["reason"] == hostile_judgement.reason.replace("\ud800", "?")


def test_ten_thousand_cases(live_gate: GateRecord, make_cases: Callable[..., tuple[CaseVerdict, ...]], tmp_path: Path):
    """The page stays small, the worst are on it, and every case is in the files for programs."""
    long = tuple(
        msgspec.structs.replace(own, reason="<&'\"" * 500, case="forward/" + "x" * 500 + f"/b{number}")
        for number, own in enumerate(make_cases(2_000, "regression"))
    )
    judgement = msgspec.structs.replace(
        judge_live(live_gate), cases=(*make_cases(7_900), *long, *make_cases(100, "new"))
    )
    render_gate(judgement, tmp_path, live_gate)
    assert (tmp_path / "index.html").stat().st_size < 5_000_000
    assert content_of(tmp_path).count('class="tag error"') == 1_000
    assert "9,000 cases more, none of them worse, are in verdict.json." in content_of(tmp_path)
    assert len(json.loads((tmp_path / "verdict.json").read_bytes())["cases"]) == 10_000
    assert (tmp_path / "gate.xml").read_bytes().count(b"<testcase ") == 10_000
    assert len((tmp_path / "gate.md").read_text(encoding="utf-8")) < 65_536


def test_a_run_held_against_a_baseline(
    typical_run: Run, stored_judgement: Judgement, tmp_path: Path, take_apart: TakeApart
):
    """Its report has a section near the top, the gate's files beside it, and the verdict first in its summary."""
    rendered = render(typical_run, tmp_path, judgement=stored_judgement)
    content = content_of(tmp_path)
    page = take_apart(content)
    check_whole(content, page, tmp_path)
    assert {path.name for path in rendered.files} >= FILES
    links = [link["href"] for link in page.attributes("a")]
    assert links.index("#gate") < links.index("#glance")
    assert next(element.get("id") for element in page.attributes("section")) == "gate"
    assert "Regression: 1 of 8 cases got worse. 8 cases: 1 regression" in page.text
    assert "Change, in a gate" in page.text
    assert {"gate.md", "gate.xml", "verdict.json"} <= {link["href"] for link in page.attributes("a")}
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("### ❌ Regression: 1 of 8 cases got worse\n")
    assert summary.count("\n### ") == 1


def test_a_run_without_a_gate_says_nothing_of_one(typical_run: Run, tmp_path: Path, take_apart: TakeApart):
    """Neither section nor files."""
    rendered = render(typical_run, tmp_path)
    page = take_apart(content_of(tmp_path))
    assert "gate" not in page.ids
    assert "Regression" not in page.text
    assert not any("gate" in path.name or path.name == "verdict.json" for path in rendered.files)
