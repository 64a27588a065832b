"""The report of the traps: its words, its files, and its page, also of records that are odd or hostile."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eagerbench.cli import main
from eagerbench.errors import UserError
from eagerbench.reports.traps.figure import drawable, how_far_off
from eagerbench.reports.traps.page import AS_WRITTEN
from eagerbench.reports.traps.render import render_traps, traps_lines
from eagerbench.reports.traps.words import cell_times, headline, lead_in_words, lesson_sentences, off_in_words
from eagerbench.results import CaseOutcome, Sample
from eagerbench.stats import Difference, Estimate
from eagerbench.traps.findings import ARTICLE_CELLS, TRAPS, measurements, summarise_traps
from eagerbench.traps.record import TRAPS_SCHEMA_VERSION, TrapsLaunch, TrapsRecord, write_traps

TakeApart = Callable[[str], Any]

SCRIPT = "<script>alert(1)</script>"
SINGLE = ("notebook/", "alone/", "first/")
NAIVE_S = {"eager": 0.22, "static": 0.70, "default": 3.2, "function": 0.24, "static-as-written": 0.1}
RIGHT_S = {"eager": 0.04, "function": 0.02, "graph-v1": 0.018, "predict-full": 0.07}
SLOW = {
    "made": 4.0,
    "model": 1.2,
    "identical": 1.0,
    "float64": 1.0,
    "unread": 1.0,
    "warm": 1.0,
    "warm-one": 0.01,
    "made-one": 0.3,
}
REASON = "RuntimeError: `tf.data.Dataset` only supports Python-style iteration in eager mode"


def _seconds(name: str) -> float:
    kind, _, what = name.partition("/")
    if kind in {"notebook", "alone", "first"}:
        return NAIVE_S[what.removesuffix("-again")] * (0.5 if what.endswith("again") else 1.0)
    if kind == "again":
        return {"eager": 0.04, "function": 0.02, "static": 0.65, "default": 3.1}[what]
    return 0.07 if what == "predict-full" else 0.04 if kind == "steps" else RIGHT_S[what] * SLOW[kind]


def a_record(launches: int = 4, traps: Sequence[str] = tuple(TRAPS), **changes: Any) -> TrapsRecord:
    """A record of all measurements of some traps, each launch two percent slower than the one before it."""
    names = sorted(measurements(traps))
    made = []
    for index in range(launches):
        cases = {name: CaseOutcome("ok", resolved=_printed(name)) for name in names}
        for name, traces in {"warm/function": 1, "float64/function": 2}.items():
            if name in cases:
                cases[name] = CaseOutcome("ok", traces=traces)
        if AS_WRITTEN in cases:
            cases[AS_WRITTEN] = CaseOutcome("failed", REASON, resolved={"Eager Execution": "False"})
        samples = [
            Sample(name, "cold" if name.startswith(SINGLE) else "steady", 0, place, 1, wall, wall, wall / 4)
            for place, name in enumerate(names)
            if name != AS_WRITTEN
            # Not all alike: a twitch of its own in each launch, or intervals would have no width.
            for wall in [_seconds(name) * (1 + 0.02 * index + 0.003 * ((place * 7 + index * 5) % 11))]
        ]
        made.append(TrapsLaunch(index, index, "complete", 30.0, "", cases, tuple(samples)))
    record = TrapsRecord(
        schema_version=TRAPS_SCHEMA_VERSION,
        eagerbench="0.1.0",
        started="2026-01-02T03:04:05+00:00",
        command="eagerbench traps",
        traps=tuple(traps),
        rows=100_000,
        launches_asked=max(1, launches),
        seed=0,
        env="CartPole-v1",
        machine={"cpu": "Example CPU @ 2.00GHz", "packages": {"tensorflow": "2.21.0", "keras": "3.15.1"}},
        launches=tuple(made),
        ended="complete",
        seconds=150.0,
    )
    return msgspec.structs.replace(record, **changes)


def _printed(name: str) -> Mapping[str, Any]:
    return {"dtype": "float32", "Eager Execution": "True"} if name.startswith(SINGLE) else {}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a whole record, with its file beside it."""
    folder = tmp_path_factory.mktemp("traps")
    write_traps(folder / "traps.json", a_record())
    render_traps(a_record(), folder)
    return folder


def test_the_headline_says_what_is_suggested_and_what_is_so() -> None:
    """And which trap gets farthest off, from the numbers."""
    record = a_record()
    told = headline(record, summarise_traps(record))
    assert re.search(r"cells say: eager is fastest; static takes 3\.\d× \([\d.–]+\) as long, default takes 1\d×", told)
    assert re.search(r"Measured right: static is fastest; eager takes 2\.\d× \([\d.–]+\) as long", told)
    assert re.search(r"“Thousands of steps against one” \(against model\(x\)\): 7\d× too long \([\d–]+\)\.", told)


def test_a_lead_says_no_more_than_its_intervals() -> None:
    """Where one holds 1 no difference is shown, and one launch shows nothing."""
    lead = [("eager", None), ("static", Estimate(1.1, 0.9, 1.3, 3)), ("default", Estimate(20.0, 18.0, 22.0, 3))]
    assert lead_in_words(lead) == (
        "eager is fastest; no difference from static is shown, default takes 20× (18–22) as long"
    )
    alone = [("eager", None), ("static", Estimate(1.1, None, None, 1))]
    assert lead_in_words(alone) == "one launch gives no interval, so nothing shows that eager is the fastest"
    assert lead_in_words([("eager", None)]) == "only eager has a time"
    assert lead_in_words([]) == "no cell has a time"


@pytest.mark.parametrize(
    ("off", "shown", "told"),
    [
        (Estimate(32.0, 28.0, 36.0, 5), "slower", "32× too long (28–36)"),
        (Estimate(0.25, 0.2, 0.3125, 5), "faster", "4.0× too short (3.2–5.0)"),
        (Estimate(1.0, 0.9, 1.1, 5), "no difference shown", "no difference shown (0.90–1.10×)"),
        (Estimate(32.0, None, None, 1), "no interval", "no interval"),
        (None, "no interval", "no interval"),
    ],
)
def test_how_far_off_in_words(off: Estimate | None, shown: Difference, told: str) -> None:
    """Too long, too short, or neither; without an interval no ratio."""
    assert off_in_words(off, shown) == told


def test_no_difference_is_said_exactly_so() -> None:
    """With what it may mean nevertheless."""
    record = a_record()
    told = lesson_sentences("identical-rows", record, summarise_traps(record))
    assert all("no difference shown (" in sentence for sentence in told[:2])
    assert "wrong answer" in told[2]


def test_counts_stand_beside_times() -> None:
    """Steps of predict, and traces of a function that is given another dtype."""
    record = a_record()
    summary = summarise_traps(record)
    assert lesson_sentences("steps", record, summary)[0] == "Here predict cuts 100,000 rows into 3,125 steps."
    few = msgspec.structs.replace(record, rows=5)
    assert lesson_sentences("steps", few, summary)[0] == "Here predict cuts 5 rows into 1 step."
    assert "1 for float32, 2 once float64 has come too" in " ".join(lesson_sentences("float64", record, summary))


@pytest.mark.parametrize(
    ("user_s", "sys_s", "wall_s", "told"),
    [
        (0.639, 0.736, 1.4, "CPU times: user 639 ms, sys: 736 ms, total: 1.38 s\nWall time: 1.4 s"),
        (0.994, 0.0231, 0.0, "CPU times: user 994 ms, sys: 23.1 ms, total: 1.02 s\nWall time: 0 ns"),
        (59.0, 66.0, 125.5, "CPU times: user 59 s, sys: 1min 6s, total: 2min 5s\nWall time: 2min 5s"),
    ],
)
def test_times_of_a_cell_are_written_as_ipython_writes_them(
    user_s: float, sys_s: float, wall_s: float, told: str
) -> None:
    """The first two are the article's."""
    assert cell_times(user_s, sys_s, wall_s) == told


def test_the_figure_has_a_row_for_each_comparison() -> None:
    """Farthest off on top, named and told."""
    summary = summarise_traps(a_record())
    drawn = drawable(summary)
    assert len(drawn) == len(summary.findings) + len(ARTICLE_CELLS)
    assert [one[1].value for one in drawn] == sorted((one[1].value for one in drawn), reverse=True)
    (axes,) = how_far_off(summary).axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[0] == "many steps: against model(x)"
    written = [text.get_text() for text in axes.texts]
    assert sum("no difference shown" in text for text in written) == sum(
        one[2] == "no difference shown" for one in drawn
    )
    low, high = axes.get_xlim()
    assert all(low <= one[1].value <= high for one in drawn)


def test_one_launch_draws_nothing() -> None:
    """No ratio without an interval."""
    summary = summarise_traps(a_record(1))
    assert drawable(summary) == []
    with pytest.raises(ValueError, match="no comparison has an interval"):
        how_far_off(summary)


def test_files(report: Path, tmp_path: Path) -> None:
    """The list is what lies there; the same record gives the same bytes."""
    rendered = render_traps(a_record(), tmp_path)
    assert {path.name for path in rendered.files} == {"index.html", "traps.md", "traps.csv", "traps.png", "traps.svg"}
    assert rendered.index == tmp_path / "index.html" == rendered.files[-1]
    for path in rendered.files[:-1]:
        assert path.read_bytes() == (report / path.name).read_bytes()


def test_the_page(report: Path, take_apart: TakeApart) -> None:
    """Well formed, its links lead somewhere, and everything that was asked for is told with its code."""
    content = (report / "index.html").read_text()
    page = take_apart(content)
    assert len(page.ids) == len(set(page.ids))
    for link in page.attributes("a"):
        target = link["href"]
        assert target[1:] in page.ids if target.startswith("#") else (report / target).is_file()
    assert "traps.json" in [link["href"] for link in page.attributes("a")]
    assert not any("banner" in (one.get("class") or "") for one in page.attributes("p"))  # its failure was expected
    assert len(page.attributes("img")) == 1
    assert len(page.attributes("img")[0]["alt"] or "") > 100
    assert not any("style" in attributes for _, attributes in page.elements)
    for expected in (
        "The article's table, corrected",
        "873 ms",
        "model.predict(observations)  # 32 rows a step\npredict_s = clock() - start",
        "with tf.Graph().as_default():\n    model = Model(int(env.action_space.n))",
        "RuntimeError: `tf.data.Dataset` only supports",
        "Eager Execution: True\nCPU times: user",
        "a single run names the wrong winner in 4 of 12 comparisons",
        "np.repeat of one observation gave float32 here",
        "no difference shown",
        "eagerbench traps",
    ):
        assert expected in page.text


def test_the_csv_has_every_number(report: Path) -> None:
    """Unrounded, and read back equal to what is computed."""
    rows = list(csv.DictReader(io.StringIO((report / "traps.csv").read_text())))
    summary = summarise_traps(a_record())
    assert len(rows) == len(summary.findings) + len(summary.cells)
    by_name = {(row["trap"], row["what"]): row for row in rows}
    for one in summary.findings:
        row = by_name[one.trap, one.label]
        assert one.off is not None
        assert [float(row[name]) for name in ("off", "off_low", "off_high")] == [
            one.off.value,
            one.off.low,
            one.off.high,
        ]
        assert row["says"] == one.difference


def test_the_csv_of_one_launch_has_no_ratio(tmp_path: Path) -> None:
    """Its times are there."""
    render_traps(a_record(1), tmp_path)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "traps.csv").read_text())))
    assert {row["off"] for row in rows} == {""}
    assert all(float(row["naive_s"]) > 0 for row in rows)


def test_markdown_fits_a_comment(report: Path) -> None:
    """Tables are whole: each row has as many cells as its head."""
    text = (report / "traps.md").read_text()
    assert len(text) < 20_000
    for block in text.split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) <= 1
    assert "| many steps (against model(x)) |" in text


HOSTILE = a_record(
    2,
    command=f"eagerbench traps {SCRIPT} | `x` =cmd()",
    machine={"cpu": SCRIPT, "packages": {"tensorflow": "=1+1|<b>"}, SCRIPT: "\x1b[31m"},
    env=SCRIPT,
    eagerbench="<i>",
    started=SCRIPT,
)


def _with_reasons(record: TrapsRecord, reason: str) -> TrapsRecord:
    launches = tuple(
        msgspec.structs.replace(
            launch,
            reason=reason,
            ended="crashed",
            cases={
                name: CaseOutcome("failed", reason, resolved={f"Eager {SCRIPT}": SCRIPT, "dtype": SCRIPT})
                for name in launch.cases
            },
        )
        for launch in record.launches
    )
    return msgspec.structs.replace(record, launches=launches)


@pytest.mark.parametrize("reason", [SCRIPT, "=cmd()|calc", "\x1b[31mred\ud800", "| a | b |\n# head"])
def test_hostile_text_shows_as_text(reason: str, tmp_path: Path, take_apart: TakeApart) -> None:
    """In page, Markdown, CSV and terminal."""
    record = _with_reasons(HOSTILE, reason)
    rendered = render_traps(record, tmp_path)
    content = (tmp_path / "index.html").read_text()
    page = take_apart(content)
    assert SCRIPT not in content
    assert SCRIPT in page.text
    assert content.count("<script") == 1
    markdown = (tmp_path / "traps.md").read_text()
    assert "<script" not in markdown
    assert "\n# head" not in markdown
    cells = [cell for row in csv.reader(io.StringIO((tmp_path / "traps.csv").read_text())) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert "\x1b" not in "".join(traps_lines(record, rendered)) + content + markdown


@pytest.mark.parametrize(
    "record",
    [
        a_record(0),
        a_record(1),
        a_record(2, traps=["tracing"]),
        a_record(2, traps=["article"]),
        a_record(3, ended="interrupted", launches_asked=9),
        _with_reasons(a_record(2), "everything failed"),
    ],
    ids=["no launch", "one launch", "one trap", "only the article", "stopped", "all failed"],
)
def test_a_degenerate_record_is_a_page_that_says_so(record: TrapsRecord, tmp_path: Path, take_apart: TakeApart) -> None:
    """No empty figure, no ratio from nowhere, and no traceback."""
    rendered = render_traps(record, tmp_path)
    page = take_apart((tmp_path / "index.html").read_text())
    summary = rendered.summary
    assert len(page.attributes("img")) == bool(drawable(summary))
    lines = "\n".join(traps_lines(record, rendered))
    if not record.launches:
        assert "Nothing was measured." in page.text
    if len(record.launches) == 1:
        assert "no interval" in page.text
        assert "too long" not in page.text
    if record.ended == "interrupted":
        assert "The run was stopped: 3 of 9 launches" in page.text
    if any(launch.ended == "crashed" for launch in record.launches):
        assert "everything failed" in page.text
        assert "No two measurements can be compared." in lines


def test_report_renders_it_again(report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the folder or the file; what isn't one is the user's error."""
    for path in (report, report / "traps.json"):
        assert main(["report", str(path), "--out", str(tmp_path / "again")]) == 0
        assert (tmp_path / "again" / "traps.md").read_bytes() == (report / "traps.md").read_bytes()
    assert "The article's table, corrected" in capsys.readouterr().out
    (tmp_path / "traps.json").write_text("{}")
    assert main(["report", str(tmp_path / "traps.json")]) == 2
    assert "is not a traps.json" in capsys.readouterr().err


def test_a_folder_that_cannot_be_is_the_users_error(tmp_path: Path) -> None:
    """A file in its place: one line, no traceback."""
    (tmp_path / "report").write_text("a file")
    with pytest.raises(UserError, match="cannot write"):
        render_traps(a_record(1), tmp_path / "report")
