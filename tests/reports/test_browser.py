"""The page in a real browser."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from eagerbench import Run
from eagerbench.reports import render

pytestmark = pytest.mark.browser

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n')
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture
def browser() -> str:
    """Path of a Chromium or Chrome."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(_NAMES)} is on the path")
    return found


def dom(browser: str, page: Path, *options: str) -> str:
    """The document as the browser has it after its scripts ran."""
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={page.parent / 'profile'}"]
    command += ["--virtual-time-budget=2000", *options, "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return done.stdout.decode()


def with_probe(page: Path, script: str) -> Path:
    """A copy of the page with one more script, which its policy would not let run."""
    content, replaced = _POLICY.subn("", page.read_text(encoding="utf-8"))
    assert replaced == 1
    copy = page.with_name("probe.html")
    copy.write_text(content.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    return copy


def test_the_script_runs_under_its_policy(browser: str, typical_run: Run, tmp_path: Path):
    """Headings have become buttons: seven in each of two tables."""
    content = dom(browser, render(typical_run, tmp_path).index)
    assert content.count('<button type="button">') == 14
    assert content.count("<img ") == 6


def test_a_heading_sorts_its_table(browser: str, typical_run: Run, tmp_path: Path):
    """Twice on the times: slowest first, and the state is told to who can't see the arrow."""
    page = with_probe(
        render(typical_run, tmp_path).index,
        """
        const table = document.querySelectorAll("table.sortable")[1];
        const [name, heading] = table.tHead.rows[0].cells;
        // By name downwards first, which puts the two without times on top.
        for (const clicked of [name, name, heading, heading]) clicked.querySelector("button").click();
        document.body.dataset.sort = heading.getAttribute("aria-sort");
        document.body.dataset.names = [...table.tBodies[0].rows].map((row) => row.cells[0].dataset.order).join(" ");
        """,
    )
    content = dom(browser, page)
    assert 'data-sort="descending"' in content
    # The two without times stay last, whichever way the others are turned.
    assert re.findall(r'data-names="(.*?)"', content) == ["eager function saved-model graph-v1"]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["typical_run", "training_run", "forked_run"])
def test_the_page_never_scrolls_sideways(
    browser: str, request: pytest.FixtureRequest, tmp_path: Path, name: str, width: int
):
    """Wide tables and figures scroll inside themselves, down to the width of a phone.

    Chromium's window is at least 500 pixels wide, so the page is shown in a frame of the width asked for.
    """
    inner = with_probe(
        render(request.getfixturevalue(name), tmp_path).index,
        "const root = document.documentElement;"
        "parent.postMessage(`${innerWidth} wide, ${root.scrollWidth - root.clientWidth} beyond`, '*');",
    )
    outer = tmp_path / "outer.html"
    outer.write_text(
        "<script>addEventListener('message', (event) => { document.title = event.data; });</script>"
        f'<iframe src="{inner.name}" width="{width}" height="800" style="border:0"></iframe>',
        encoding="utf-8",
    )
    content = dom(browser, outer, f"--window-size={width + 100},900")
    assert re.findall(r"<title>(.*?)</title>", content) == [f"{width} wide, 0 beyond"]
