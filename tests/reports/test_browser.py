"""The page in a real browser: what a reader sees, hears, types and takes away."""

import base64
import csv
import gzip
import io
import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image, ImageStat

from eagerbench import Run
from eagerbench.gate import Judgement, judge_live
from eagerbench.gate_record import GateRecord
from eagerbench.reports import render
from eagerbench.reports.gate.render import render_gate
from eagerbench.reports.side_by_side.render import render_side_by_side
from eagerbench.reports.traps.render import render_traps
from eagerbench.results import CaseOutcome, Model, Sample
from eagerbench.traps.findings import TRAPS, measurements
from eagerbench.traps.record import TRAPS_SCHEMA_VERSION, TrapsLaunch, TrapsRecord

pytestmark = pytest.mark.browser

PHONE, LAPTOP = 380, 1280
THEMES = ("light", "dark")
# What a reader can come to with the Tab key; what is folded away or not shown is none.
REACHABLE = """
() => [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
  .filter((own) => own.checkVisibility({visibilityProperty: true}))
  .map((own) => { own.dataset.place = document.querySelectorAll("[data-place]").length; return own.dataset.place; })
"""
ORDER = "(table) => [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => row.cells[0].dataset.order)"
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def pages() -> dict[str, Path]:
    """Pages that are drawn already, by name."""
    return {}


@pytest.fixture
def page_of(
    request: pytest.FixtureRequest, pages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """The page of a run or of a gate, by the name of its fixture, drawn once."""

    def drawn(name: str) -> Path:
        if name not in pages:
            folder, told = tmp_path_factory.mktemp(name), request.getfixturevalue(name)
            if isinstance(told, Run):
                pages[name] = render(told, folder).index
            elif isinstance(told, GateRecord):
                pages[name] = render_gate(judge_live(told), folder, told).index
            elif isinstance(told, Judgement):
                pages[name] = render_gate(told, folder).index
            else:
                pages[name] = told(folder)
        return pages[name]

    return drawn


@pytest.fixture
def side_by_side(typical_run: Run) -> Callable[[Path], Path]:
    """The page of two runs, of which the second is faster in one case."""

    def slower(sample: Sample) -> Sample:
        factor = 2.0 if sample.case == "forward/function/b100" else 1.0
        return msgspec.structs.replace(sample, wall_s=sample.wall_s * factor)

    launches = tuple(
        msgspec.structs.replace(launch, samples=tuple(map(slower, launch.samples))) for launch in typical_run.launches
    )
    other = msgspec.structs.replace(typical_run, launches=launches)
    return lambda folder: render_side_by_side([typical_run, other], ["one", "two"], folder).index


@pytest.fixture
def traps() -> Callable[[Path], Path]:
    """The page of the traps: four launches of all measurements."""
    names = sorted(measurements(tuple(TRAPS)))
    launches = []
    for index in range(4):
        samples = tuple(
            Sample(name, "cold" if name.startswith(SINGLE) else "steady", 0, place, 1, *[0.01 * (place + index)] * 3)
            for place, name in enumerate(names, start=1)
        )
        outcomes = {name: CaseOutcome("ok", resolved={"Eager Execution": "True"}) for name in names}
        launches.append(TrapsLaunch(index, index, "complete", 30.0, "", outcomes, samples))
    machine = {"cpu": "Example CPU @ 2.00GHz", "packages": {"tensorflow": "2.21.0", "keras": "3.15.1"}}
    record = TrapsRecord(
        TRAPS_SCHEMA_VERSION,
        "0.1.0",
        "2026-01-02T03:04:05+00:00",
        "eagerbench traps",
        tuple(TRAPS),
        100_000,
        4,
        0,
        "CartPole-v1",
        machine,
        tuple(launches),
        "complete",
        120.0,
    )
    return lambda folder: render_traps(record, folder).index


@pytest.fixture
def own_run(make_run: Callable[..., Run]) -> Run:
    """A user's model in a file, whose address has no place to break a line at."""
    name = "examples/convolutional_model_of_a_user.py:make_model"
    model = Model(name, name, True, (), (("logits", (6,)), ("value", (1,))), (120_345,), (None,))
    times = {f"forward/{mode}/b{rows}": [[0.1], [0.1]] for mode in ("eager", "function", "numpy") for rows in (1, 64)}
    outcomes = {case: CaseOutcome("unavailable", "computes another model") for case in times if "numpy" in case}
    return make_run(times, outcomes=outcomes, model=model)


SINGLE = ("notebook/", "alone/", "first/")
RUNS = ["own_run", "typical_run", "training_run", "forked_run", "hostile_run"]
EVERY_PAGE = [*RUNS, "live_gate", "stored_judgement", "side_by_side", "traps"]
every_page = pytest.mark.parametrize("name", EVERY_PAGE)


@every_page
def test_a_page_opens_from_a_file_and_asks_for_nothing(page_of: Any, open_page: Any, name: str):
    """No request but for the file itself, nothing in the console, no error; each figure is there and told in words."""
    tab = open_page(page_of(name))
    tab.page.mouse.wheel(0, 100_000)
    assert (tab.requests, tab.console, tab.errors) == ([], [], [])
    images = tab.page.evaluate("[...document.images].map((own) => [own.complete, own.naturalWidth, own.alt.length])")
    assert all(complete and width > 100 and words > 20 for complete, width, words in images)
    assert len(images) >= 1


@pytest.mark.parametrize("width", [PHONE, LAPTOP])
@every_page
def test_a_page_never_scrolls_sideways(page_of: Any, open_page: Any, name: str, width: int):
    """Wide tables and figures scroll inside themselves, down to the width of a phone; also what is folded away."""
    page = open_page(page_of(name), width=width).page
    page.evaluate("for (const own of document.querySelectorAll('details')) own.open = true")
    assert page.evaluate("innerWidth") == width
    assert page.evaluate(BEYOND) == 0


@pytest.mark.parametrize("width", [PHONE, LAPTOP])
@every_page
def test_what_a_table_says_above_itself_is_in_sight(page_of: Any, open_page: Any, name: str, width: int):
    """A table may be wider than what is seen of it; its caption isn't, and stays when the table is scrolled."""
    page = open_page(page_of(name), width=width).page
    page.evaluate("for (const own of document.querySelectorAll('details')) own.open = true")
    page.evaluate("for (const own of document.querySelectorAll('.scroll')) own.scrollLeft = own.scrollWidth")
    outside = """own => {
        const [text, seen] = [own, own.closest(".scroll")].map((one) => one.getBoundingClientRect());
        return Math.max(seen.left - text.left, text.right - seen.right);
    }"""
    captions = page.locator("caption > span").all()
    assert len(captions) == page.locator("caption").count()
    assert all(one.evaluate(outside) <= 1 for one in captions)


def test_advice_is_read_on_a_phone_without_scrolling(page_of: Any, open_page: Any):
    """What to use, why, and where that is shown stand below each other, each under its name."""
    page = open_page(page_of("own_run"), width=PHONE).page
    table = page.locator("#which")
    assert table.evaluate("own => own.parentElement.scrollWidth - own.parentElement.clientWidth") == 0
    cells = table.locator("tbody tr").first.locator("th, td").all()
    tops = [cell.bounding_box()["y"] for cell in cells]
    assert tops == sorted(set(tops))
    named = [cell.evaluate("own => getComputedStyle(own, '::before').content") for cell in cells[1:]]
    assert named == ['"Use: "', '"Because: "', '"Shown in: "']


@pytest.mark.parametrize("theme", THEMES)
@every_page
def test_no_barrier_is_found(page_of: Any, open_page: Any, name: str, theme: str):
    """Axe, which judges roles, names, order and contrast, finds nothing serious in either theme."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = open_page(page_of(name), color_scheme=theme, bypass_csp=True).page
    page.evaluate("for (const own of document.querySelectorAll('details')) own.open = true")
    found = axe.Axe().run(page).response
    assert len(found["passes"]) > 10
    told = [
        (own["id"], own["impact"], [node["html"][:200] for node in own["nodes"]][:3])
        for own in found["violations"]
        if own["impact"] in {"serious", "critical"}
    ]
    assert told == []


@every_page
def test_the_html_is_valid(page_of: Any, name: str):
    """A strict parser of HTML accepts every byte."""
    html5lib = pytest.importorskip("html5lib", reason="html5lib is not installed")
    content = re.sub(r'(src|href)="data:[^"]*"', r'\1="data:,"', page_of(name).read_text(encoding="utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the parser's own insides
        html5lib.HTMLParser(strict=True).parse(content)


def test_a_heading_sorts_its_table(page_of: Any, open_page: Any):
    """Upwards, then downwards; what has no value stays last; the state is told to who can't see the arrow."""
    page = open_page(page_of("typical_run")).page
    table = page.locator("section[id^=group-] table.sortable").nth(1)
    heading = table.locator("thead th").nth(1)
    for _ in range(2):  # by name downwards, which puts the two without times on top
        table.locator("thead th").nth(0).get_by_role("button").click()
    assert table.evaluate(ORDER) == ["saved-model", "graph-v1", "function", "eager"]
    for state in ("ascending", "descending"):
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == state
        assert table.evaluate(ORDER)[2:] == ["saved-model", "graph-v1"]
        times = [float(own) for own in table.evaluate(VALUES) if own is not None]
        assert times == sorted(times, reverse=state == "descending")
        assert len(times) == 2
    assert table.locator("[aria-sort]").count() == 1


VALUES = "(table) => [...table.tBodies[0].rows].map((row) => row.cells[1].dataset.order ?? null)"


def test_a_field_filters_its_table(page_of: Any, open_page: Any):
    """Rows without the words are hidden and how many are left is told; Escape and an empty field bring all back."""
    page = open_page(page_of("typical_run")).page
    section = page.locator("section[id^=group-]").first
    field, rows = section.locator("input[type=search]"), section.locator("table.sortable tbody tr")
    told = section.locator("[aria-live]")
    assert (rows.count(), told.inner_text()) == (4, "")
    field.fill("PRED")
    assert rows.locator("visible=true").count() == 1
    assert told.inner_text() == "1 of 4 rows"
    field.fill("no such mode")
    assert rows.locator("visible=true").count() == 0
    assert told.inner_text() == "No row matches."
    field.press("Escape")
    assert (field.input_value(), rows.locator("visible=true").count(), told.inner_text()) == ("", 4, "")
    field.fill("eager")
    field.fill("")
    assert (rows.locator("visible=true").count(), told.inner_text()) == (4, "")


def test_a_filter_and_a_sorting_go_together(page_of: Any, open_page: Any):
    """Rows that are hidden stay hidden when others change places."""
    page = open_page(page_of("typical_run")).page
    section = page.locator("section[id^=group-]").first
    section.locator("input[type=search]").fill("e")
    before = sorted(section.locator("table.sortable").evaluate(ORDER))
    for _ in range(2):
        section.locator("thead th").nth(1).get_by_role("button").click()
        assert sorted(section.locator("table.sortable").evaluate(ORDER)) == before


def colours(page: Any) -> tuple[int, int]:
    """How light the page and its text are, from 0 to 255."""
    return tuple(
        page.evaluate(
            """() => { const own = getComputedStyle(document.body);
            return [own.backgroundColor, own.color].map((told) => Math.round(
              told.match(/[\\d.]+/g).slice(0, 3).map(Number).reduce((sum, part) => sum + part) / 3)); }"""
        )
    )


@pytest.mark.parametrize("theme", THEMES)
def test_colours_follow_the_system_until_a_reader_chooses(page_of: Any, open_page: Any, theme: str):
    """The button goes from the system's colours to light to dark and back, and the choice outlives the visit."""
    page = open_page(page_of("typical_run"), color_scheme=theme).page
    button = page.locator("button.theme")
    shown = []
    for _ in range(4):
        background, ink = colours(page)
        assert abs(background - ink) > 120
        shown.append((page.evaluate("document.documentElement.dataset.theme ?? 'auto'"), background > ink))
        button.click()
    assert shown == [("auto", theme == "light"), ("light", True), ("dark", False), ("auto", theme == "light")]
    button.click()  # light has become dark
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert "dark" in page.locator("button.theme").inner_text()


@every_page
def test_all_can_be_reached_with_the_keyboard(page_of: Any, open_page: Any, name: str):
    """Tab visits every control in the order of the page, and shows which one it is at."""
    page = open_page(page_of(name)).page
    places = page.evaluate(REACHABLE)
    assert len(places) > 10
    visited = []
    for _ in places:
        page.keyboard.press("Tab")
        place, outline, width = page.evaluate(
            """() => { const own = document.activeElement, style = getComputedStyle(own);
            const width = parseFloat(style.outlineWidth);
            return [own.dataset.place ?? own.outerHTML.slice(0, 200), style.outlineStyle, width]; }"""
        )
        assert outline != "none", page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        assert width >= 2
        visited.append(place)
    assert visited == places


def test_the_first_stop_skips_to_the_results(page_of: Any, open_page: Any):
    """Who listens to a page need not listen to its contents again."""
    page = open_page(page_of("typical_run")).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_heading_sorts_by_key(page_of: Any, open_page: Any, key: str):
    """As a button does."""
    page = open_page(page_of("typical_run")).page
    heading = page.locator("table.sortable thead th").first
    heading.get_by_role("button").focus()
    for state in ("ascending", "descending"):
        page.keyboard.press(key)
        assert heading.get_attribute("aria-sort") == state


@every_page
def test_every_section_has_an_address(page_of: Any, open_page: Any, name: str):
    """Contents and the sign behind a heading lead to it, and it comes into sight; no link of the page leads nowhere."""
    page = open_page(page_of(name)).page
    found = page.evaluate("[...document.querySelectorAll('main > section')].map((own) => own.id)")
    assert all(found)
    assert page.evaluate("[...document.querySelectorAll('nav ol a')].map((own) => own.hash.slice(1))") == found
    assert page.evaluate("[...document.querySelectorAll('h2 .anchor')].map((own) => own.hash.slice(1))") == found
    lost = (
        "[...document.querySelectorAll('a[href^=\"#\"]')].filter((own) => !document.getElementById(own.hash.slice(1)))"
    )
    assert page.evaluate(f"{lost}.length") == 0
    last = found[-1]
    page.locator(f"nav a[href='#{last}']").click()
    assert page.evaluate("location.hash") == f"#{last}"
    assert page.locator(f"section#{last} h2").is_visible()
    page.wait_for_function(f"document.getElementById('{last}').getBoundingClientRect().top < innerHeight")


def test_the_first_screen_tells_the_finding(page_of: Any, open_page: Any):
    """On a laptop: the finding, and the way to the sections; each answer on modes leads to its evidence."""
    page = open_page(page_of("typical_run")).page
    headline = page.locator("p.headline").bounding_box()
    assert headline is not None
    assert headline["y"] + headline["height"] < 450
    assert page.locator("p.headline").inner_text().count(". ") <= 1
    assert page.locator("nav ol a").first.bounding_box()["y"] < 900
    assert page.locator("table#verdicts tbody tr").count() >= 4
    for link in page.locator("table#which tbody a").all():
        assert page.locator((link.get_attribute("href") or "") + " table").count() >= 1


def test_the_raw_samples_can_be_taken_away(page_of: Any, open_page: Any, typical_run: Run):
    """A gzip-compressed CSV inside the page, with a row for each sample; what the browser saves is that file."""
    page = open_page(page_of("typical_run"), accept_downloads=True).page
    link = page.locator("a[download]")
    with page.expect_download() as started:
        link.click()
    saved = Path(started.value.path()).read_bytes()
    assert started.value.suggested_filename == link.get_attribute("download") == "samples.csv.gz"
    assert saved == base64.b64decode((link.get_attribute("href") or "").partition(",")[2])
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(saved).decode(), newline="")))
    samples = [sample for launch in typical_run.launches for sample in launch.samples]
    assert [row["case"] for row in rows] == [own.case for own in samples]
    assert [float(row["wall_s"]) for row in rows] == pytest.approx([own.wall_s for own in samples], rel=1e-8)


def test_a_table_can_be_copied_as_markdown(page_of: Any, open_page: Any):
    """What the filter leaves, as a table for a pull request."""
    page = open_page(page_of("typical_run"), permissions=["clipboard-read", "clipboard-write"]).page
    section = page.locator("section[id^=group-]").first
    section.locator("input[type=search]").fill("function")
    section.get_by_role("button", name=re.compile("^Copy as Markdown")).click()
    page.wait_for_function("document.querySelector('section[id^=group-] [aria-live]').textContent === 'Copied.'")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].startswith("| Mode | Time per call |")
    assert lines[1].startswith("|---|---:|")
    assert len(lines) == 3
    assert lines[2].startswith("| function")


@every_page
def test_without_scripts_all_is_there(page_of: Any, open_page: Any, name: str):
    """Tables are whole and in the order of the page; nothing offers what can't work then."""
    whole, bare = (open_page(page_of(name), java_script_enabled=runs).page for runs in (True, False))
    for selector in ("table", "tbody tr", "tbody td", "img", "section"):
        assert bare.locator(selector).count() == whole.locator(selector).count()
    assert bare.locator("table.sortable tbody tr:visible").count() == whole.locator("table.sortable tbody tr").count()
    assert bare.locator("main button, input").count() == 0


@every_page
def test_a_printed_page_has_no_controls(page_of: Any, open_page: Any, name: str):
    """Contents, fields and buttons stay on the screen; numbers and figures go to paper, dark on white."""
    page = open_page(page_of(name), color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.locator("nav, input, button.theme, .skip").locator("visible=true").count() == 0
    assert page.locator(".bar").locator("visible=true").count() == 0
    assert page.locator("p.headline").is_visible()
    background, ink = colours(page)
    assert background > 250
    assert ink < 80
    assert page.pdf().startswith(b"%PDF-")


@every_page
def test_screenshots_of_both_themes(
    page_of: Callable[[str], Path], open_page: Callable[..., Any], tmp_path: Path, name: str
):
    """The dark page is dark and the light one light, figures included; for review they are kept in a folder.

    ``EAGERBENCH_SCREENSHOTS=folder pytest -m browser -k screenshots`` keeps them.
    """
    folder = Path(os.environ.get("EAGERBENCH_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    brightness = {}
    for theme in THEMES:
        file = folder / f"{name.replace('_', '-')}-{theme}.png"
        tab = open_page(page_of(name), LAPTOP, color_scheme=theme)
        tab.page.screenshot(path=file, full_page=True)
        with Image.open(file) as shot:
            brightness[theme] = ImageStat.Stat(shot.convert("L")).mean[0] / 255
    assert brightness["light"] > 0.8
    assert brightness["dark"] < 0.25
