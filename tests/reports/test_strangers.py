"""Text from a results file that a stranger made shows as text, in whatever is written or printed of it."""

import csv
import gzip
import html
import io
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from markdown_it import MarkdownIt

from eagerbench import Run
from eagerbench.gate import Judgement
from eagerbench.reports import render
from eagerbench.reports.escape import clean, for_markdown, for_spreadsheet
from eagerbench.reports.gate.render import render_gate
from eagerbench.reports.gate.terminal import gate_lines
from eagerbench.reports.terminal import terminal_lines
from eagerbench.results import CaseOutcome, Model, Parity, Subject, TrainingRun, read_run, results_json

SHORT = [
    "<script>window.taken=1</script>",
    "<img src=x onerror='window.taken=2'>",
    '" onmouseover="window.taken=3" x=\'',
    "--></td></table></section></style></script></title><b>bold</b>",
    "&lt;script&gt; &#60;b&#62; &amp;",
    "{{ 7 * 7 }}{% raw %}{# x #}",
    "[a link](https://example.invalid) <https://example.invalid> ![picture](https://example.invalid/x.png)",
    "# heading\n- item\n> quote\n***\n| a | b |\n|---|---|\n`code` *a* **b** _c_ ~~d~~ <!-- x -->",
    "@team and @a-person",
    "one\r\ntwo\u2028three\x0bfour\x85five",
    'a"b""c,d;e\'f',
    "\x1b[31mred\x1b]0;title\x07",
    "a\x00b",
    "\u202egnp.exe\u2066",
    "a\u200bb\u200dc\ufeffd",
    "half \ud800 of a pair \udfff",
    "$\\frac{$ $x$",
]
TEXTS = {
    "all at once": " ".join(SHORT),
    "formula": "=cmd()",
    "mention": "@SUM(1)",
    "tab": "\t=1+1",
    "return": "\r-1+1",
    "long": "x" * 10_000,
    "long words": "+HYPERLINK " * 1000,
}
every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def strangers_run(make_run: Callable[..., Run], make_training_run: Callable[..., TrainingRun], text: str) -> Run:
    """A run in which a text stands wherever a file may hold one; in an id it has no slash."""
    replace, word = msgspec.structs.replace, text.replace("/", "")
    parity = Parity(True, text, 1e-7, text)
    good = CaseOutcome("ok", parity=parity, warm=True, traces=1, resolved={text: text, "flag": [text]})
    run = make_run(
        {
            "forward/eager/b1": [[0.004, 0.004], [0.005, 0.005]],
            f"forward/{word}/b1": [[0.002, 0.002], [0.003, 0.003]],
            f"{word}/eager/{word}": [[0.1, 0.1], [0.1, 0.2]],
            "forward/failing/b1": [[0.002], [0.002]],
            "forward/absent/b1": [[0.002], [0.002]],
            f"update/eager/b8-h32@{word}": [[0.25, 0.25], [0.25, 0.26]],
            "train/eager/env1": [[0.25, 0.25], [0.25, 0.26]],
        },
        outcomes={
            "forward/failing/b1": CaseOutcome("failed", text, parity=replace(parity, passed=False, detail=text)),
            "forward/absent/b1": CaseOutcome("unavailable", text),
        },
        parts={"train/eager/env1": {text: 1.0}},
        training_runs=[make_training_run("train/eager/env1", 0, 9.0, 64, "failed", text)],
        env=text,
        env_kwargs={text: text},
        env_wrappers=(text,),
        in_graph=text,
        observations=text,
        model=Model(text, text, True, (32,), ((text, (2,)),), (1,), (None,)),
        profile=text,
        command=text,
    )
    launches = tuple(
        replace(
            launch,
            reason=text,
            ended="crashed" if launch.index else "complete",
            cases={case: good if own.status == "ok" else own for case, own in launch.cases.items()},
        )
        for launch in run.launches
    )
    seen = replace(run.start.observations, env=text, policy=text, dtype=text, sha256=text)
    start = replace(
        run.start,
        started=text,
        eagerbench=text,
        modes={"eager": text, word: text},
        machine={"cpu": text, text: text, "packages": {"tensorflow": text, text: text}, "environment": {text: text}},
        observations=seen,
        subjects={
            text: Subject(run.start.plan.model, replace(seen, env="")),
            word: Subject(run.start.plan.model, seen),
        },
    )
    return replace(run, start=start, launches=launches)


@pytest.fixture
def stranger(
    make_run: Callable[..., Run], make_training_run: Callable[..., TrainingRun], tmp_path: Path
) -> Callable[[str], Run]:
    """A run that holds a text everywhere, as it comes out of its file."""

    def made(text: str) -> Run:
        path = tmp_path / "results.json"
        path.write_bytes(results_json({}, strangers_run(make_run, make_training_run, text)))
        return read_run(path)

    return made


def strangers_judgement(judgement: Judgement, text: str) -> Judgement:
    """A judgement in which a text stands wherever a file may hold one."""
    replace = msgspec.structs.replace
    cases = tuple(
        replace(own, case=f"forward/{text}/b{number}", reason=text, counts=((text, text, text),))
        for number, own in enumerate(judgement.cases)
    )
    return replace(judgement, reason=text, base=text, head=text, notes=(text, text), cases=cases)


MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PLAIN = {"inline", "text", "softbreak", "paragraph", "heading", "strong", "table", "thead", "tbody", "tr", "th", "td"}
OURS = {"<sub>", "</sub>", "<details>", "</details>", "<summary>", "</summary>"}


def tokens(text: str) -> Iterator[Any]:
    """Everything that a renderer of Markdown makes of a text."""
    for token in MARKDOWN.parse(text):
        yield token
        yield from token.children or ()


def foreign(text: str) -> list[str]:
    """What a renderer makes of a Markdown file that we never write: links, pictures, tags, code, lists."""
    found = []
    for token in tokens(text):
        kind = token.type.removesuffix("_open").removesuffix("_close")
        if kind.startswith("html"):
            found += set(re.findall(r"<[^>]*>?", token.content)) - OURS
        elif kind not in PLAIN | {"bullet_list", "list_item"}:
            found.append(kind)
    return found


def spreadsheet_cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@every_text
def test_a_stranger_changes_no_file(stranger: Callable[[str], Run], take_apart: Any, tmp_path: Path, text: str):
    """Page, Markdown, spreadsheets, figures and terminal: text stays text, each in its own way."""
    run = stranger(text)
    rendered = render(run, tmp_path / "report")
    content = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    page = take_apart(content)
    assert not {name for _, attributes in page.elements for name in attributes if name.startswith("on")}
    assert {tag for tag, _ in page.elements} <= {*TAGS}
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert {own.get("src", "data:")[:5] for own in page.attributes("img")} == {"data:"}
    assert " ".join(clean(text).split()) in " ".join(page.text.split())

    assert foreign((tmp_path / "report" / "summary.md").read_text(encoding="utf-8")) == []
    assert not re.search(r"(?<!\w)@\w", (tmp_path / "report" / "summary.md").read_text(encoding="utf-8"))

    cases = spreadsheet_cells((tmp_path / "report" / "summary.csv").read_bytes())
    samples = spreadsheet_cells(gzip.decompress((tmp_path / "report" / "samples.csv.gz").read_bytes()))
    assert len(cases) == 1 + len(run.cases)
    assert len(samples) == 1 + sum(len(launch.samples) for launch in run.launches)
    for rows in (cases, samples):
        assert {len(row) for row in rows} == {len(rows[0])}
        assert [own for row in rows for own in row if is_formula(own)] == []

    for path in (tmp_path / "report").glob("*.svg"):
        drawn = ET.fromstring(path.read_bytes())  # noqa: S314 - our own file
        assert {own.tag.rpartition("}")[2] for own in drawn.iter()}.isdisjoint({"script", "foreignObject", "a"})
        assert not [name for own in drawn.iter() for name in own.attrib if name.startswith("on")]

    lines = list(terminal_lines(run, rendered))
    assert [line for line in lines if not line.isprintable()] == []


TAGS = [
    "strong",
    "h4",
    "h5",
    "html",
    "head",
    "meta",
    "title",
    "link",
    "style",
    "body",
    "a",
    "div",
    "header",
    "h1",
    "h2",
    "h3",
    "p",
    "nav",
    "ol",
    "ul",
    "li",
    "main",
    "section",
    "span",
    "figure",
    "img",
    "figcaption",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "dl",
    "dt",
    "dd",
    "em",
    "code",
    "pre",
    "footer",
    "script",
    "svg",
    "path",
]


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would take a cell for a formula; a negative number is none."""
    return cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not re.fullmatch(r"-?[\d.]+(e[-+]\d+)?", cell)


@every_text
def test_a_stranger_changes_no_gate(stored_judgement: Judgement, take_apart: Any, tmp_path: Path, text: str):
    """The page of a gate, its Markdown, its XML and its lines in a terminal."""
    judgement = strangers_judgement(stored_judgement, text)
    render_gate(judgement, tmp_path)
    page = take_apart((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert not {name for _, attributes in page.elements for name in attributes if name.startswith("on")}
    assert {tag for tag, _ in page.elements} <= {*TAGS}
    assert " ".join(clean(text).split()) in " ".join(page.text.split())
    markdown = (tmp_path / "gate.md").read_text(encoding="utf-8")
    assert foreign(markdown) == []
    assert not re.search(r"(?<!\w)@\w", markdown)
    assert ET.fromstring((tmp_path / "gate.xml").read_bytes()).tag == "testsuites"  # noqa: S314 - our own file
    assert [line for line in gate_lines(judgement) if not line.isprintable()] == []


@pytest.mark.browser
def test_a_browser_runs_nothing_of_a_stranger(
    stranger: Callable[[str], Run], stored_judgement: Judgement, open_page: Any, tmp_path: Path
):
    """All texts at once: no script ran, no element was made, nothing was fetched, and all can be read."""
    text = TEXTS["all at once"]
    index = render(stranger(text), tmp_path / "report").index
    gate = render_gate(strangers_judgement(stored_judgement, text), tmp_path / "gate").index
    for file in (index, gate):
        tab = open_page(file)
        tab.page.mouse.move(300, 300)
        assert tab.page.evaluate("window.taken") is None
        assert tab.page.locator("b, img[src='x'], [onmouseover], a[href*='example.invalid']").count() == 0
        assert tab.page.locator("script").count() == 1
        assert (tab.console, tab.errors, tab.requests) == ([], [], [])
        shown = " ".join(tab.page.evaluate("document.body.textContent").split())
        assert " ".join(clean(text).split()) in shown


anything = some.text(some.characters(codec=None, exclude_categories=()), max_size=80)
telling = some.text(some.sampled_from("<>&\"'`*_[]()|~$\\@=+-#!\t\r\n /:x1{}^.;"), max_size=30)


@given(anything | telling)
@example("a\\")
@example("\\|")
@example("1. x")
@example("&amp;")
@example("www.example.invalid")
def test_markdown_of_any_text_is_that_text(text: str):
    """In a cell a renderer shows the very signs, but for a zero-width space that keeps mentions from being any."""
    table = f"| a | b |\n|---|---|\n| {for_markdown(text)} | next |\n"
    found = list(tokens(table))
    cells = [token for before, token in itertools.pairwise(found) if before.type == "td_open"]
    assert len(cells) == 2
    assert [own.type for own in cells[0].children or ()] in ([], ["text"], ["text"] * len(cells[0].children or ()))
    told = "".join(own.content for own in cells[0].children or ()).replace("\u200b", "")
    assert told == clean(text).strip().replace("\u200b", "")


@given(anything | telling)
def test_a_spreadsheet_shows_any_text(text: str):
    """A cell is read back as it is shown, and is no formula."""
    told = for_spreadsheet(text)
    assert not is_formula(told) or re.fullmatch(r"-?[\d.]+(e[-+]\d+)?", text)
    assert told.removeprefix("'") == clean(text).removeprefix("'")


@given(anything | telling)
def test_clean_text_stays_on_its_line(text: str):
    """Whatever it holds: no control code, no line end, nothing that turns what follows; a sign for each sign."""
    assert clean(text).isprintable()
    assert len(clean(text)) == len(text)
    assert html.unescape(html.escape(clean(text))) == clean(text)
