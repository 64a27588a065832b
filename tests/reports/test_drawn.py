"""The bytes of a figure: SVG beside PNG."""

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from matplotlib.figure import Figure

from eagerbench import Run, summarise
from eagerbench.reports.distribution import distribution
from eagerbench.reports.drawn import svg
from eagerbench.reports.figures import ranking
from eagerbench.reports.picture import picture

NAMES = {"svg": "http://www.w3.org/2000/svg", "xlink": "http://www.w3.org/1999/xlink"}


def parsed(content: bytes) -> ET.Element:
    """An SVG of ours."""
    return ET.fromstring(content)  # noqa: S314 - our own bytes


@pytest.fixture
def drawn(typical_run: Run) -> Figure:
    """A figure with all that figures have."""
    return ranking(summarise(typical_run), "forward b100")


def test_the_same_numbers_give_the_same_svg(typical_run: Run, drawn: Figure):
    """No date and no random id is in the file."""
    again = ranking(summarise(typical_run), "forward b100")
    assert svg(drawn, "what it shows") == svg(again, "what it shows")


def test_svg_tells_what_it_shows(drawn: Figure):
    """Heading and description are there for who can't see it, as text and not as markup."""
    root = parsed(svg(drawn, "a <script> & \x1b a \ud800 mode"))
    assert root.attrib["role"] == "img"
    assert [child.tag for child in root[:2]] == [f"{{{NAMES['svg']}}}title", f"{{{NAMES['svg']}}}desc"]
    assert root[0].text == "Forward pass of 100 rows: time per call"
    assert root[1].text == "a <script> &   a   mode"


def test_svg_needs_nothing_but_itself(typical_run: Run):
    """No document type, no font, no address but the names of its own vocabulary; what is linked is inside."""
    found = svg(distribution(typical_run, summarise(typical_run), "forward b100"), "").decode()
    root = parsed(found.encode())
    assert "<!DOCTYPE" not in found
    assert not list(root.iter(f"{{{NAMES['svg']}}}text"))
    assert set(re.findall(r"[a-z]+://[^\"'<> ]*", found)) == set(NAMES.values())
    links = {element.attrib.get(f"{{{NAMES['xlink']}}}href", "#") for element in root.iter()}
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)


def test_thousands_of_points_are_one_image(make_run: Callable[..., Run]):
    """A file does not grow with the samples."""
    few, many = (
        make_run({"forward/eager/b1": [[0.001 * (1 + number % 97 / 300) for number in range(count)]] * 2})
        for count in (200, 20_000)
    )
    sizes = [len(svg(distribution(run, summarise(run), "forward b1"), "")) for run in (few, many)]
    assert sizes[1] < 1.3 * sizes[0]
    assert b"<image" in svg(distribution(many, summarise(many), "forward b1"), "")


def test_a_picture_has_both_files(drawn: Figure):
    """Under one stem; the description that the page has is in the SVG too."""
    found = picture(drawn, "ranking-x", "fastest first", "a caption")
    assert found.name == "ranking-x.png"
    assert list(found.files) == ["ranking-x.png", "ranking-x.svg"]
    assert found.files["ranking-x.png"] == found.png
    assert parsed(found.svg).findtext("svg:desc", namespaces=NAMES) == "fastest first"
