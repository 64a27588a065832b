"""What stands on the page beside raced groups: cold starts, memory and traces, whole or in part."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eagerbench import Run, summarise
from eagerbench.reports import render
from eagerbench.reports.escape import clean, file_stems
from eagerbench.reports.forked.pictures import forked_pictures
from eagerbench.reports.headline import headline
from eagerbench.reports.sections import anchors_of, section_names, sections
from eagerbench.summary import Summary

TakeApart = Callable[[str], Any]


def _anchors(summary: Summary) -> dict[str, str]:
    return anchors_of(summary, file_stems(section_names(summary)))


def test_sections_in_their_order(forked_run: Run, typical_run: Run):
    """Raced groups have none here; cold starts come first, traces last and once; then what is over batch sizes."""
    assert section_names(summarise(forked_run)) == ["cold b1", "memory b1", "traces"]
    assert section_names(summarise(typical_run)) == ["forward b100", "forward b1", "forward"]


def test_what_a_section_holds(forked_run: Run):
    """The figures on either side of the table, the matrix of starts only, and why a case is not shown."""
    summary = summarise(forked_run)
    found = sections(forked_run, summary, forked_pictures(forked_run, summary), _anchors(summary))
    assert [one.title for one in found] == [
        "Cold start: forward pass of 1 row",
        "Memory: forward pass of 1 row",
        "Traces and compilations",
    ]
    assert [[picture.name for picture in one.above] for one in found] == [
        ["cold-stages-b1.png"],
        ["memory-peak-b1.png", "memory-growth-b1.png"],
        ["traces.png"],
    ]
    assert [[picture.name for picture in one.below] for one in found] == [["cold-cumulative-b1.png"], [], []]
    assert [one.matrix is not None for one in found] == [True, False, False]
    assert [one.withheld for one in found] == [
        [("predict", "out of memory", "killed above 8 GiB")],
        [("fused", "timed out", "no word for 120 s")],
        [("predict, forward-shapes", "can't run here", "takes no other shape")],
    ]


def test_modes_are_told_beside_their_names(forked_run: Run):
    """In the words of the run, and that a cache is filled."""
    summary = summarise(forked_run)
    cold, *_ = sections(forked_run, summary, {}, _anchors(summary))
    assert {row[0].text: row[0].detail for row in cold.table.rows}["function-xla"] == "what function-xla is"


def test_two_batch_sizes_have_a_section(make_run: Callable[..., Run]):
    """After the groups, with the crossing that is in their numbers."""
    run = make_run(
        {
            f"forward/{mode}/b{rows}": [[s], [s]]
            for mode, rows, s in (("eager", 8, 0.01), ("eager", 64, 0.04), ("numpy", 8, 0.005), ("numpy", 64, 0.08))
        }
    )
    summary = summarise(run)
    *_, found = sections(run, summary, {}, _anchors(summary))
    assert (found.anchor, found.title) == ("sizes-forward", "Forward pass over batch sizes")
    assert found.table is not None
    assert [cell.text for cell in found.table.rows[0]][:2] == ["numpy", "eager"]


def test_the_page_of_all_three(forked_run: Run, tmp_path: Path, take_apart: TakeApart):
    """Contents, tables, a matrix with headings on both sides, what is not shown, and how to read it."""
    page = take_apart(render(forked_run, tmp_path).index.read_text(encoding="utf-8"))
    for expected in (
        "After imports eager is the quickest to a first result: 60.0 ms (60.0–60.0).",
        "Break-even of any two modes",
        "after 22 calls",
        "for the first 21 calls only",
        "killed above 8 GiB",
        "Growth per 1,000 calls",
        "10 compilations",
        "Keras steps per call",
        "Theil and Sen",
        "above 0.1 MB in 1,000 calls",
        "after the first 50 % of them",
        "Cold starts of each case",
        "8.00 GiB",
        "float64 NumPy reference",
    ):
        assert expected in page.text.replace("\xa0", " ")
    links = [link["href"] for link in page.attributes("a")]
    assert {"#group-cold-b1", "#group-memory-b1", "#group-traces"} <= set(links)
    assert all(link[1:] in page.ids for link in links if link.startswith("#"))
    scopes = [heading["scope"] for heading in page.attributes("th")]
    assert len(scopes) == len(page.attributes("th"))
    assert len(page.attributes("img")) == 5
    for absent in ("CPU per call", "Arithmetic alone", "First call\n", "A slow case sits launches out above"):
        assert absent not in page.text


def test_a_page_without_them_says_nothing_of_them(typical_run: Run, tmp_path: Path, take_apart: TakeApart):
    """What is not in the run is not explained."""
    text = take_apart(render(typical_run, tmp_path).index.read_text(encoding="utf-8")).text
    for word in ("Cold start", "Theil", "Keras steps", "Break-even of two modes", "Not shown"):
        assert word not in text


def test_degenerate_runs_render(degenerate_forked_run: Run, tmp_path: Path, take_apart: TakeApart):
    """Whatever is missing, the page is whole, no figure is empty, its policy holds, and text is text."""
    rendered = render(degenerate_forked_run, tmp_path)
    content = rendered.index.read_text(encoding="utf-8")
    page = take_apart(content)
    assert len(page.attributes("img")) == len(list(tmp_path.glob("*.png")))
    assert all(len(image["alt"]) > 40 for image in page.attributes("img"))
    assert len(page.ids) == len(set(page.ids))
    assert content.count("<script>") == 1
    assert "onerror" not in {name for _, attributes in page.elements for name in attributes}
    assert "\x1b" not in content
    assert not re.findall(r"\bnan\b|\binf\b|None", page.text)
    told = headline(degenerate_forked_run, rendered.summary)
    assert told.endswith(".")
    assert clean(told) in page.text


@pytest.mark.parametrize("degenerate_forked_run", ["all failed"], indirect=True)
def test_all_failed_is_said(degenerate_forked_run: Run, tmp_path: Path, take_apart: TakeApart):
    """In the headline, in a banner, in each section and with each reason; there are no figures."""
    rendered = render(degenerate_forked_run, tmp_path)
    assert headline(degenerate_forked_run, rendered.summary) == (
        "No cold start counts; of no mode is the memory known; of no mode were traces counted."
    )
    text = take_apart(rendered.index.read_text(encoding="utf-8")).text
    assert "4 of 4 cases have nothing that counts" in text
    assert text.count("No mode has a cold start that counts.") == 2
    assert text.count("it broke") >= 4
    assert list(tmp_path.glob("*.png")) == []


@pytest.mark.parametrize("degenerate_forked_run", ["hostile"], indirect=True)
def test_hostile_text_is_text(degenerate_forked_run: Run, tmp_path: Path, take_apart: TakeApart):
    """A script in a reason and a tag in a mode are read by the reader and not by the browser."""
    text = take_apart(render(degenerate_forked_run, tmp_path).index.read_text(encoding="utf-8")).text
    assert "=<script>alert(1)</script>|`a`" in text
    assert "<img src=x onerror=alert(1)>+cache" in text
    assert "=cmd()" in text


def test_captions_are_computed(forked_run: Run):
    """One sentence under each figure, with the numbers of this run."""
    drawn = [one for own in forked_pictures(forked_run, summarise(forked_run)).values() for one in own]
    assert {picture.name: picture.caption for picture in drawn} == {
        "cold-stages-b1.png": (
            "Between imports and the first result lie 60.0 ms (60.0–60.0) in eager and 621 ms (621–621) in "
            "function-xla, of which the stage “compile” takes 500 ms."
        ),
        "cold-cumulative-b1.png": (
            "The least time in all: eager for few calls, function after 22 calls and function-xla+cache after 78 calls."
        ),
        "memory-peak-b1.png": (
            "For the first call modes need from 21.0 MB (18.5–23.5) to 35.0 MB (35.0–35.0); later calls are shown to "
            "need more in predict."
        ),
        "memory-growth-b1.png": "In 1,000 further calls memory grows in predict by 100 MB (100–100).",
        "traces.png": (
            "In 10 forward passes, each of another number of rows, function-xla traces and compiles in every call; "
            "function traces more often than where nothing changes."
        ),
    }


def test_descriptions_hold_the_numbers(forked_run: Run):
    """Nothing is for the eye alone."""
    drawn = [one for own in forked_pictures(forked_run, summarise(forked_run)).values() for one in own]
    told = {picture.name: picture.description for picture in drawn}
    assert (
        "function 224 ms (224–224): model 20.0 ms, trace and compile 202 ms, call 2.00 ms" in told["cold-stages-b1.png"]
    )
    assert "Least: eager from the first call, function after 22 calls" in told["cold-cumulative-b1.png"]
    assert "predict 35.0 MB (35.0–35.0), then 40.0 MB (40.0–40.0)" in told["memory-peak-b1.png"]
    assert "function unknown, unclear: too few calls" in told["memory-growth-b1.png"]
    assert "function-xla, forward-shapes: 10 traces, 10 compilations" in told["traces.png"]


@pytest.mark.parametrize("degenerate_forked_run", ["one case each"], indirect=True)
def test_no_further_calls_no_figure_of_growth(degenerate_forked_run: Run):
    """A single reading shows a peak and no growth."""
    drawn = forked_pictures(degenerate_forked_run, summarise(degenerate_forked_run))
    assert [picture.name for picture in drawn["memory env1"]] == ["memory-peak-env1.png"]
