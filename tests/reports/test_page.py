"""The page: well-formed, self-contained, accessible, and safe to open whoever wrote the results."""

import base64
import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eagerbench import Run
from eagerbench.reports import render

TakeApart = Callable[[str], Any]


_rendered: dict[str, Path] = {}


def page_of(run: Run, folder: Path) -> str:
    """The content of the rendered page, with all its files in the folder; a run that was rendered before is copied."""
    key = repr(run)
    if key in _rendered:
        shutil.copytree(_rendered[key], folder, dirs_exist_ok=True)
    else:
        render(run, folder)
        _rendered[key] = folder
    return (folder / "index.html").read_text(encoding="utf-8")


def test_page_is_well_formed(typical_run: Run, tmp_path: Path, take_apart: TakeApart):
    """Elements nest, ids differ, the language and the encoding are declared, there is one h1."""
    content = page_of(typical_run, tmp_path)
    page = take_apart(content)
    assert content.startswith("<!DOCTYPE html>\n")
    assert page.attributes("html") == [{"lang": "en"}]
    assert {"charset": "utf-8"} in page.attributes("meta")
    assert len(page.ids) == len(set(page.ids))
    tags = [tag for tag, _ in page.elements]
    assert (tags.count("h1"), tags.count("title"), tags.count("main")) == (1, 1, 1)


def test_links_inside_the_page_lead_somewhere(typical_run: Run, tmp_path: Path, take_apart: TakeApart):
    """Every address is an id of the page or a file beside it."""
    page = take_apart(page_of(typical_run, tmp_path))
    for link in page.attributes("a"):
        target = link["href"]
        if "download" in link:
            assert target.startswith("data:application/gzip;base64,")
            continue
        assert target[1:] in page.ids if target.startswith("#") else (tmp_path / target).is_file()
    for element in page.elements:
        assert all(name in page.ids for name in (element[1].get("aria-labelledby") or "").split())


def test_every_image_says_what_it_shows(typical_run: Run, tmp_path: Path, take_apart: TakeApart):
    """The numbers of a figure are in its alternative text, so that nothing is for the eye alone."""
    images = take_apart(page_of(typical_run, tmp_path)).attributes("img")
    assert len(images) == 1 + 2 * 4 + 1  # of everything, of each group, over batch sizes
    assert all(len(image["alt"]) > 40 for image in images)
    assert "function 2.0× faster" in images[0]["alt"]
    assert "function 21.0 ms (" in images[1]["alt"]


def test_page_loads_nothing(typical_run: Run, tmp_path: Path, take_apart: TakeApart):
    """No address of a network, no reference to another file but links to follow."""
    content = page_of(typical_run, tmp_path)
    assert re.findall(r"https?:|//[a-z]+\.|@import|url\(", content.replace("// ", "")) == []
    page = take_apart(content)
    assert all(image["src"].startswith("data:image/png;base64,") for image in page.attributes("img"))
    assert page.attributes("link") == [{"rel": "icon", "href": "data:,"}]
    assert page.attributes("script") == [{}]


def test_only_our_script_may_run(typical_run: Run, tmp_path: Path):
    """The policy names the hash of the one script, so that no other text can run even if it got in."""
    content = page_of(typical_run, tmp_path)
    script = re.findall(r"<script>(.*?)</script>", content, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in content
    assert "unsafe-inline" not in content


def test_figures_on_the_page_are_the_files_beside_it(typical_run: Run, tmp_path: Path, take_apart: TakeApart):
    """Drawn once, shown twice."""
    images = take_apart(page_of(typical_run, tmp_path)).attributes("img")
    shown = {base64.b64decode(image["src"].partition(",")[2]) for image in images}
    assert shown == {path.read_bytes() for path in tmp_path.glob("*.png")}


def test_numbers_and_circumstances_are_on_the_page(typical_run: Run, tmp_path: Path, take_apart: TakeApart):
    """What a reader needs to believe a number, and to measure it again."""
    text = take_apart(page_of(typical_run, tmp_path)).text
    for expected in (
        "At 100 rows function is the fastest mode",
        "the reference",
        "after 16 calls",
        "disagrees with the reference",
        "pytest --benchmark-only",
        "Example CPU @ 2.00GHz",
        "24.0 GiB",
        "2.21.0",
        "100 GFLOP/s",
        "2026-01-02 03:04 UTC",
        "100,000, of which 100,000 distinct",
        "ab" * 32,
        "9 in 3 launches",
        "float64 NumPy reference, |got - expected| <= 1e-5 + 1e-4 |expected|",
        "jit_compile=false, traces=1",
    ):
        assert expected in text


def test_table_cells_carry_what_they_are_sorted_by(typical_run: Run, tmp_path: Path, take_apart: TakeApart):
    """Seconds sort as numbers although they are shown in different units."""
    page = take_apart(page_of(typical_run, tmp_path))
    assert {heading["data-sorts"] for heading in page.attributes("th") if "data-sorts" in heading} == {
        "words",
        "numbers",
    }
    orders = [float(cell["data-order"]) for cell in page.attributes("td") if "data-order" in cell]
    assert min(orders) > 0


def test_samples_that_are_too_many_lie_beside_the_page(
    typical_run: Run, tmp_path: Path, take_apart: TakeApart, monkeypatch: pytest.MonkeyPatch
):
    """A page must open in a moment."""
    monkeypatch.setattr("eagerbench.reports.page.MOST_EMBEDDED_BYTES", 10)
    page = take_apart(render(typical_run, tmp_path).index.read_text(encoding="utf-8"))
    assert [link["href"] for link in page.attributes("a") if "samples.csv.gz" in (link["href"] or "")] == [
        "samples.csv.gz"
    ]
    assert not any("download" in link for link in page.attributes("a"))
    assert "too many for this page" in page.text


def test_hostile_text_is_text(hostile_run: Run, tmp_path: Path, take_apart: TakeApart):
    """A script in a reason and a tag in a mode are read by the reader and not by the browser."""
    content = page_of(hostile_run, tmp_path)
    page = take_apart(content)
    assert content.count("<script>") == 1
    assert "onerror" not in {name for _, attributes in page.elements for name in attributes}
    assert all(image["src"].startswith("data:image/png") for image in page.attributes("img"))
    assert "<script>alert(1)</script>" in page.text
    assert "<img src=x onerror=alert(1)>" in page.text
    assert "=cmd()" in page.text
    assert "\x1b" not in content
    assert "\u202e" not in content


def test_degenerate_runs_render(degenerate_run: Run, tmp_path: Path, take_apart: TakeApart):
    """Whatever is missing, the page is whole, and a figure is there only where there is something to draw."""
    rendered = render(degenerate_run, tmp_path)
    page = take_apart(rendered.index.read_text(encoding="utf-8"))
    groups = rendered.summary.groups.values()
    drawn = sum(any(case.timed for case in cases) for cases in groups)
    compared = any(case.difference not in {None, "no interval"} for case in rendered.summary.cases)
    modes = [case.case.mode for cases in groups for case in cases if case.timed and case.case.workload == "forward"]
    over_sizes = len(modes) > len(set(modes))
    expected = 4 * drawn + compared + over_sizes
    assert len(page.attributes("img")) == expected == len(list(tmp_path.glob("*.png")))


def test_a_training_is_on_the_page(training_run: Run, tmp_path: Path, take_apart: TakeApart):
    """Its figures, its table, every run, how it was trained, and what each kind of launch was for."""
    content = page_of(training_run, tmp_path)
    page = take_apart(content)
    assert len(page.attributes("img")) == 9
    for expected in (
        "Steps per second",
        "First update",
        "100,000",
        "void: 2 of 3 failed",
        "Every run to the target",
        "the loss is not a number at update 9",
        "500,000 steps",
        "rmsprop, learning rate 0.007, 64 steps a rollout",
        "adam, learning rate 0.006",
        "1, 10 and 50 updates, rollouts of 4 steps",
        "a mean return of 195 over 100 episodes",
        "0, 1 and 2",
        "1, stepped synchronously",
        "3 planned, 3 recorded, 3 complete",
        "MLPerf",
    ):
        assert expected in page.text
    assert [content.count(f"<td>{kind}</td>") for kind in ("race", "check", "training")] == [3, 0, 3]


def test_a_forward_pass_needs_no_words_on_training(typical_run: Run, tmp_path: Path, take_apart: TakeApart):
    """What is not in the run is not explained."""
    text = take_apart(page_of(typical_run, tmp_path)).text
    for word in ("MLPerf", "Gradient step", "Steps to target", "rmsprop"):
        assert word not in text


def test_degenerate_trainings_render(degenerate_training: Run, tmp_path: Path, take_apart: TakeApart):
    """Whatever is missing, the page is whole, its policy allows one script, and text is text."""
    content = page_of(degenerate_training, tmp_path)
    page = take_apart(content)
    assert content.count("<script>") == 1
    assert "onerror" not in {name for _, attributes in page.elements for name in attributes}
    assert len(page.attributes("img")) == len(list(tmp_path.glob("*.png")))
    assert "\x1b" not in content


@pytest.mark.parametrize("degenerate_training", ["hostile"], indirect=True)
def test_reasons_of_runs_are_text(degenerate_training: Run, tmp_path: Path, take_apart: TakeApart):
    """A script in the reason of a run is read by the reader and not by the browser."""
    text = take_apart(page_of(degenerate_training, tmp_path)).text
    assert "=<script>alert(1)</script>|`a`" in text
    assert "train/=cmd()/env1" in text


@pytest.mark.parametrize("degenerate_run", ["all failed", "no launches", "crashed launches", "killed"], indirect=True)
def test_what_is_missing_is_said(degenerate_run: Run, tmp_path: Path, take_apart: TakeApart):
    """A run that is not whole and green begins with a banner."""
    page = take_apart(page_of(degenerate_run, tmp_path))
    classes = [attributes.get("class") or "" for attributes in page.attributes("p")]
    assert any(name.startswith("banner") for name in classes)


@pytest.mark.parametrize("degenerate_run", ["one launch"], indirect=True)
def test_one_launch_shows_no_ratio(degenerate_run: Run, tmp_path: Path, take_apart: TakeApart):
    """Times stand alone, and the caveat says what to do."""
    results, explained, caveats = take_apart(page_of(degenerate_run, tmp_path)).text.rpartition("How to read this")
    assert explained
    assert re.findall(r"[0-9.]+× (?:faster|slower)", results) == []
    assert "one launch, no interval" in results
    assert "One launch gives no interval" in caveats
