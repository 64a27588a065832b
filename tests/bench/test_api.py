"""What `eagerbench.compare` checks before it measures, and what its result shows, on hand-made runs."""

import html.parser
import io
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from rich.console import Console

import eagerbench
from eagerbench.api import compare
from eagerbench.comparison import Comparison
from eagerbench.engines.local import MEASURING
from eagerbench.errors import UserError
from eagerbench.results import CaseOutcome, Journal, Parity, Run, read_run

MakeRun = Callable[..., Run]
EAGER, GRAPH, BLOCKED = "forward/eager/b1", "forward/function/b1", "forward/blocked-xla/b1"
ROWS = np.zeros((3, 4), np.float32)


@pytest.fixture
def comparison(make_run: MakeRun) -> Comparison:
    """Three modes at one size; one of them can't run, and its reason is hostile."""
    outcomes = {BLOCKED: CaseOutcome("unavailable", "<script>alert(1)</script> [bold]no[/bold]")}
    times = {EAGER: [[0.4], [0.44], [0.36]], GRAPH: [[0.2], [0.22], [0.18]], BLOCKED: [[], [], []]}
    return Comparison(make_run(times, outcomes=outcomes))


@pytest.fixture
def sizes(make_run: MakeRun) -> Comparison:
    """Two modes at two sizes."""
    times = {f"forward/{mode}/b{rows}": [[s * rows], [s * rows * 1.01]] for rows in (1, 8) for mode, s in PACE.items()}
    return Comparison(make_run(times))


PACE = {"eager": 0.3, "function": 0.1}


def test_what_measures_is_imported_when_it_is_asked_for() -> None:
    """`import eagerbench` is what every measuring process begins with."""
    heavy = "('tensorflow', 'keras', 'pandas', 'matplotlib', 'gymnasium', 'rich', 'eagerbench.plan')"
    code = f"import sys, eagerbench; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    assert eagerbench.compare is compare
    assert eagerbench.Comparison is Comparison
    with pytest.raises(AttributeError, match="no attribute 'compaer'"):
        _ = eagerbench.compaer


@pytest.mark.parametrize(
    ("observations", "expected"),
    [
        ([["a"]], r"^observations: expected numbers of shape \[rows, …\], of float or integer dtype; got dtype <U1$"),
        ([[1.0], [1.0, 2.0]], r"^observations: expected numbers of shape \[rows, …\], got none: ValueError: "),
        (ROWS[0], r"got shape \(4,\)"),
        (ROWS[:0], r"at least one row; got shape \(0, 4\)"),
        (ROWS + np.nan, r"finite in float32; 12 are not, the first of them in row 0"),
        ("nowhere.npy", r"^observations nowhere.npy: there is no such file$"),
    ],
)
def test_observations_that_no_model_could_be_given_are_refused(observations: object, expected: str) -> None:
    """In one line, before any process is started, with the parameter's name as Python has it."""
    with pytest.raises(UserError, match=expected):
        compare("nowhere:make", observations)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"modes": ["egaer"]}, r"^unknown mode 'egaer' \(did you mean 'eager'\?\)"),
        ({"modes": []}, r"^modes: expected one name or more, got \[\]; leave it out for the default$"),
        ({"modes": 3}, "^modes: expected one name or more, got 3;"),
        ({"modes": [1]}, r"^modes: expected one name or more, got \[1\];"),
        ({"workloads": " , "}, "^workloads: expected one name or more, got ' , ';"),
        ({"workloads": "train"}, "^workloads: trainings need an environment, .*: eagerbench run --env …$"),
        ({"modes": "fused", "workloads": "forward"}, "none of these modes does any of this"),
        ({"batch_sizes": []}, r"^batch_sizes: expected whole numbers such as \[1, 64\], got \[\]; leave it out"),
        ({"batch_sizes": "1,2"}, "^batch_sizes: expected whole numbers .*, got '1,2'"),
        ({"batch_sizes": [1.5]}, r"^batch_sizes: expected whole numbers .*, got \[1.5\]"),
        ({"batch_sizes": [True]}, r"^batch_sizes: expected whole numbers .*, got \[True\]"),
        ({"batch_sizes": 4}, "^batch_sizes: expected whole numbers .*, got 4"),
        ({"batch_sizes": np.array([0])}, "^batch_sizes: expected rows of at least 1, got 0$"),
        ({"launches": 2.5}, "^launches: expected a whole number of at least 1, got 2.5$"),
        ({"launches": "3"}, "^launches: expected a whole number of at least 1, got '3'$"),
        ({"launches": 0}, "^launches: expected a whole number of at least 1, got 0$"),
        ({"seed": "a"}, "^seed: expected a whole number from 0 to 4294967295, got 'a'$"),
        ({"seed": 2**32}, "^seed: expected a whole number from 0 to 4294967295, got 4294967296$"),
        ({"profile": None}, "^profile: expected a name, got None$"),
        ({"profile": "smok"}, "^unknown profile 'smok'"),
        ({"folder": 3}, "^folder: expected the path of a folder, got 3$"),
        ({"folder": __file__}, r"^cannot write .*test_api.py.*; choose another folder$"),
    ],
)
def test_what_is_asked_for_is_checked_before_the_model_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], expected: str
) -> None:
    """A mistake is told at once, with the parameter's name, what was expected and what came."""
    monkeypatch.setattr("eagerbench.handover.hand_over", lambda *_: pytest.fail("a model was looked at"))
    with pytest.raises(UserError, match=expected):
        compare("nowhere:make", ROWS, **arguments)


@pytest.mark.parametrize("folder", [None, "report"])
def test_whole_launches_survive_an_interruption(
    make_run: MakeRun,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    folder: str | None,
) -> None:
    """In the folder, or in one that stays; and the line that says so names a file that can be rendered."""
    run = make_run({EAGER: [[0.4], [0.44]]})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("eagerbench.api.own_campaign", lambda *given: nullcontext(_Interrupted(run, given[3])))
    with pytest.raises(KeyboardInterrupt):
        compare("nowhere:make", ROWS, folder=folder)
    told = capsys.readouterr().out
    assert "eagerbench: interrupted after 2 whole launches; kept in " in told
    kept = Path(told.split()[-1])
    assert read_run(kept).launches == run.launches
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == [str((tmp_path / kept).relative_to(tmp_path))]


def test_of_an_interruption_without_a_whole_launch_nothing_is_kept(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor said."""
    run = make_run({EAGER: [[0.4]]})
    begun = msgspec.structs.replace(run, launches=(msgspec.structs.replace(run.launches[0], ended="interrupted"),))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("eagerbench.api.own_campaign", lambda *given: nullcontext(_Interrupted(begun, given[3])))
    with pytest.raises(KeyboardInterrupt):
        compare("nowhere:make", ROWS)
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []


class _Interrupted:
    """A campaign that Ctrl-C ends after some launches."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run = run
        self._folder = folder

    def measure(self) -> Run:
        journal = Journal(self._folder / "launches.jsonl", self.run.start)
        for launch in self.run.launches:
            journal.append(launch)
        raise KeyboardInterrupt


def test_a_script_without_a_guard_is_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A measuring process that imports it doesn't begin to measure."""
    monkeypatch.setenv(MEASURING, "1")
    with pytest.raises(UserError, match=r'put the call under if __name__ == "__main__":$'):
        compare("nowhere:make", ROWS)


def test_a_time_has_its_interval(comparison: Comparison) -> None:
    """Of the only size, without saying which."""
    time = comparison.time("function")
    assert time.value == pytest.approx((0.2 * 0.22 * 0.18) ** (1 / 3))
    assert time.low is not None
    assert time.low < time.value
    assert comparison.time("function", 1) == time


def test_a_ratio_is_paired_by_launch(comparison: Comparison) -> None:
    """Twice as fast in each launch is twice as fast, however the launches differ."""
    ratio = comparison.ratio("function")
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2.0, 2.0, 2.0))
    assert comparison.ratio("eager", "function").value == pytest.approx(0.5)


def test_without_an_interval_there_is_no_ratio(make_run: MakeRun) -> None:
    """One launch gives none."""
    comparison = Comparison(make_run({EAGER: [[0.4]], GRAPH: [[0.2]]}))
    with pytest.raises(UserError, match="one launch gives no interval, so there is no ratio; launches=5"):
        comparison.ratio("function")
    assert comparison.frame["speedup"].isna().all()


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda own: own.time("blocked-xla"), "forward/blocked-xla/b1 has no times: unavailable: <script>"),
        (lambda own: own.ratio("blocked-xla"), "forward/blocked-xla/b1 has no times"),
        (lambda own: own.time("functoin"), r"unknown mode 'functoin' \(did you mean 'function'\?\)"),
        (lambda own: own.time("eager", 7), "rows: expected one of 1, got 7"),
        (lambda own: own.time("eager", "1"), "rows: expected one of 1, got '1'"),
        (lambda own: own.report(__file__), "cannot write .*; choose another folder$"),
        (lambda own: own.report(3), "folder: expected the path of a folder, got 3"),
        (lambda own: own.time("eager", workload="update"), "unknown workload 'update'"),
        (lambda own: own.plot(workload="update"), "unknown workload 'update'"),
    ],
)
def test_what_was_not_measured_is_told(
    comparison: Comparison, ask: Callable[[Comparison], object], expected: str
) -> None:
    """Instead of a number."""
    with pytest.raises(UserError, match=expected):
        ask(comparison)


def test_with_several_sizes_one_must_be_named(sizes: Comparison) -> None:
    """A number of nobody knows what is none."""
    with pytest.raises(UserError, match="rows: expected one of 1, 8, got None"):
        sizes.time("eager")
    assert sizes.time("eager", 8).value > sizes.time("eager", 1).value


def test_the_fastest_are_those_that_nothing_tells_apart(sizes: Comparison, make_run: MakeRun) -> None:
    """One where an interval shows it, all where none does; none where nothing has times."""
    assert sizes.fastest(8) == ("function",)
    tied = Comparison(make_run({EAGER: [[0.4], [0.2]], GRAPH: [[0.2], [0.41]]}))
    assert set(tied.fastest()) == {"eager", "function"}
    withheld = {EAGER: CaseOutcome("failed", "no"), GRAPH: CaseOutcome("failed", "no")}
    assert Comparison(make_run({EAGER: [[]], GRAPH: [[]]}, outcomes=withheld)).fastest() == ()


def test_the_frame_has_a_row_for_each_case(comparison: Comparison) -> None:
    """Columns are called as in `summary.csv`; what was not measured is missing, and says why."""
    frame = comparison.frame
    assert list(frame["mode"]) == ["eager", "function", "blocked-xla"]
    assert list(frame["rows"]) == [1, 1, 1]
    assert frame["speedup"][1] == pytest.approx(2.0)
    assert frame["median_s"].isna().tolist() == [False, False, True]
    assert frame["status"][2] == "unavailable"
    assert "<script>" in frame["reason"][2]
    assert len(comparison.samples) == sum(len(launch.samples) for launch in comparison.run.launches)


class _Text(html.parser.HTMLParser):
    """The tags and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_notebook_shows_a_table_of_text(comparison: Comparison) -> None:
    """Whatever is in it: nothing from a model's code becomes a tag."""
    read = _Text()
    read.feed(comparison._repr_html_())
    assert read.tags == {"h4", "table", "thead", "tbody", "tr", "th", "td", "p"}
    assert "2.0× faster" in read.text
    assert "<script>alert(1)</script>" in read.text


def test_a_terminal_shows_the_same(comparison: Comparison) -> None:
    """And plain text has no colours; what looks like markup is text."""
    written = io.StringIO()
    Console(file=written, width=160, force_terminal=True).print(comparison)
    plain = str(comparison)
    for text in (written.getvalue(), plain):
        assert "2.0× faster (2.0–2.0)" in text
        assert "[bold]no[/bold]" in text
    assert "\x1b" not in plain
    assert repr(comparison) == "<Comparison of actor-critic: eager, function, blocked-xla>"


def test_whether_numbers_agree_is_shown(make_run: MakeRun) -> None:
    """A mode that disagrees has no time."""
    wrong = CaseOutcome("disagrees", "by one", Parity(False, "eager", 1.0, "exact", "by one"))
    plain = str(Comparison(make_run({EAGER: [[0.5], [0.5]], GRAPH: [[], []]}, outcomes={GRAPH: wrong})))
    line = next(line for line in plain.splitlines() if "function" in line)
    assert "disagrees with the reference: by one" in line
    assert line.rstrip("│ ").endswith("no")


def test_figures_are_curves_of_several_sizes_and_a_ranking_of_one(sizes: Comparison, comparison: Comparison) -> None:
    """Of the size that is asked for."""
    assert sizes.plot().axes[0].get_xscale() == "log"
    assert "8 rows" in "".join(
        text.get_text() for text in sizes.plot(rows=8).findobj(lambda own: hasattr(own, "get_text"))
    )
    assert comparison.plot().axes


def test_a_figure_needs_times(make_run: MakeRun) -> None:
    """What nobody timed is not drawn."""
    run = make_run({EAGER: [[]]}, outcomes={EAGER: CaseOutcome("failed", "it broke")})
    with pytest.raises(UserError, match="no mode has times for forward b1: it broke"):
        Comparison(run).plot()


def test_the_report_is_whole_and_can_be_read_again(comparison: Comparison, tmp_path: Path) -> None:
    """Its results are the run."""
    page = comparison.report(tmp_path / "report")
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert read_run(tmp_path / "report") == comparison.run


def test_counts_have_neither_rows_nor_times(make_forked_run: MakeRun) -> None:
    """A workload that times nothing is in the frame and in the table all the same."""
    counted = eagerbench.results.Counts("traces/eager/forward-fixed", 10, None, 0)
    run = make_forked_run(counts=[counted])
    plan = msgspec.structs.replace(run.start.plan, cases=("traces/eager/forward-fixed",))
    own = Comparison(msgspec.structs.replace(run, start=msgspec.structs.replace(run.start, plan=plan)))
    assert own.frame["rows"].isna().all()
    assert "eager" in str(own)
