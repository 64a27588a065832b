"""Baselines: what may become one, where it lies, and how it is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.storage.file import FileStorage
from pytest_benchmark.utils import get_machine_id

from eagerbench import cli
from eagerbench.baselines import Baseline, baselines, resolve_baseline, save_baseline
from eagerbench.errors import UserError
from eagerbench.results import CaseOutcome, End, Journal, Run, read_run, results_json

MakeRun = Callable[..., Run]
Store = Callable[..., Path]
TIMES = {"forward/function/b1": [[0.1, 0.2]] * 4, "forward/eager/b1": [[0.4, 0.5]] * 4}


@pytest.fixture
def store(make_run: MakeRun, tmp_path: Path) -> Store:
    """Writes a run's `results.json`."""

    def write(times: Any = TIMES, name: str = "results.json", **options: Any) -> Path:
        path = tmp_path / name
        path.write_bytes(results_json({"benchmarks": [], "version": "5.3.1"}, make_run(times, **options)))
        return path

    return write


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """Where baselines go; made by the first."""
    return tmp_path / "storage"


def test_a_baseline_lies_where_pytest_benchmark_looks_for_it(store: Store, storage: Path) -> None:
    """Numbered after what is there, with everything that pytest-benchmark had written."""
    results = store()
    first, second = save_baseline(results, storage, "main"), save_baseline(results, storage, "main")
    assert (first.number, second.number) == ("0001", "0002")
    assert second.path == storage / get_machine_id() / "0002_main.json"
    assert read_run(second.path) == read_run(results)
    assert json.loads(second.path.read_text())["version"] == "5.3.1"
    seen = FileStorage(str(storage), logger=None, default_machine_id=get_machine_id())
    assert [file.name for file in seen.query()] == ["0001_main.json", "0002_main.json"]
    assert seen._next_num == "0003"


def test_without_a_name_it_is_the_commit(store: Store, storage: Path) -> None:
    """With a mark where it had changes; without a commit, a plain word."""
    results = store()
    assert save_baseline(results, storage).name == "baseline"
    document = json.loads(results.read_text())
    document["eagerbench"]["start"]["machine"]["commit"] = "1a2b3c+"
    results.write_text(json.dumps(document))
    assert save_baseline(results, storage).name == "1a2b3c-changed"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"end": None}, "it was interrupted; measure again"),
        ({"end": End("interrupted", 1.0)}, "it was interrupted"),
        ({"launches": 5}, "4 of its 5 launches are complete"),
        (
            {"outcomes": {"forward/eager/b1": CaseOutcome("failed", "x")}},
            "1 of 2 cases are red, the first is 'forward/",
        ),
        ({"times": {case: own[:3] for case, own in TIMES.items()}}, "expected at least 4 launches, got 3"),
    ],
)
def test_only_a_whole_green_run_may_become_one(
    store: Store, storage: Path, options: dict[str, Any], message: str
) -> None:
    """Else every later run would be held against something that nobody measured."""
    with pytest.raises(UserError, match=f"can't become a baseline: {message}"):
        save_baseline(store(**options), storage)
    assert not storage.exists()


def test_a_mode_that_can_not_run_here_is_no_obstacle(store: Store, storage: Path) -> None:
    """It is not red."""
    save_baseline(store(outcomes={"forward/eager/b1": CaseOutcome("unavailable", "x")}), storage)


@pytest.mark.parametrize("name", ["", "a/b", "../x", "12", "latest", "a b", "x\n", ".hidden", "a" * 101, "<b>", "x."])
def test_a_name_that_would_not_be_found_again_is_refused(store: Store, storage: Path, name: str) -> None:
    """Numbers and `latest` mean something else; the rest is no part of a file name."""
    with pytest.raises(UserError, match="expected letters, digits"):
        save_baseline(store(), storage, name)
    assert not storage.exists()


def test_a_journal_is_refused_since_pytest_benchmark_could_not_read_it(
    make_run: MakeRun, storage: Path, tmp_path: Path
) -> None:
    """Though it holds the same run."""
    run = make_run(TIMES)
    journal = Journal(tmp_path / "launches.jsonl", run.start)
    for record in (*run.launches, End("complete", 1.0)):
        journal.append(record)
    with pytest.raises(UserError, match=r"is a journal.*expected the results.json"):
        save_baseline(journal.path, storage)


def test_a_storage_that_can_not_be_written_is_named(store: Store, tmp_path: Path) -> None:
    """With the option that chooses another."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match="choose another --storage"):
        save_baseline(store(), tmp_path / "taken")


@pytest.fixture
def three(store: Store, storage: Path) -> list[Baseline]:
    """Two of one name and one of another."""
    return [save_baseline(store(), storage, name) for name in ("main", "old", "main")]


@pytest.mark.parametrize(
    ("text", "place"), [("latest", 2), ("main", 2), ("old", 1), ("0001", 0), ("1", 0), ("2", 1), ("0003", 2)]
)
def test_a_baseline_is_named_by_number_name_or_latest(
    three: list[Baseline], storage: Path, text: str, place: int
) -> None:
    """Of two with one name, the later one."""
    assert resolve_baseline(text, storage) == three[place].path


def test_a_path_that_exists_is_itself(three: list[Baseline], storage: Path, tmp_path: Path) -> None:
    """Files, folders, and links that lead nowhere, which reading will complain of."""
    assert resolve_baseline(str(three[0].path), storage) == three[0].path
    assert resolve_baseline(str(tmp_path), storage) == tmp_path
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert resolve_baseline(str(loop), storage) == loop


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("man", r"unknown baseline 'man' \(did you mean 'main'\?\)"),
        ("4", "unknown baseline '4'"),
        ("", "unknown baseline ''"),
        ("gone.json", "cannot read gone.json: no such file"),
        ("some/where", "cannot read some/where"),
    ],
)
@pytest.mark.usefixtures("three")
def test_what_is_not_there_is_said(storage: Path, text: str, message: str) -> None:
    """With the nearest name."""
    with pytest.raises(UserError, match=message):
        resolve_baseline(text, storage)


def test_an_empty_storage_says_how_to_fill_it(storage: Path) -> None:
    """One that was never made, too."""
    with pytest.raises(UserError, match=r"holds none.*eagerbench baseline save RESULTS"):
        resolve_baseline("latest", storage)


def test_a_number_of_two_machines_is_ambiguous(three: list[Baseline], storage: Path) -> None:
    """Both paths are told."""
    other = storage / "Other-machine"
    other.mkdir()
    shutil.copy(three[0].path, other / "0001_main.json")
    with pytest.raises(UserError, match=r"is there 2 times; name one by its path: .*Other-machine"):
        resolve_baseline("0001", storage)


def test_what_other_tools_saved_is_listed_and_not_read_as_a_run(
    three: list[Baseline], storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """pytest-benchmark's own files lie in the same place."""
    (three[0].path.parent / "0007_other.json").write_text('{"benchmarks": []}')
    (three[0].path.parent / "notes.json").write_text("")
    assert [own.number for own in baselines(storage)] == ["0001", "0002", "0003", "0007"]
    assert cli.main(["baseline", "list", "--storage", str(storage)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["number", "name", "when", "commit", "machine", "TensorFlow", "cases", "launches"]
    assert lines[2].split()[:3] == ["0002", "old", "2026-01-02T03:04:05+00:00"]
    assert lines[2].split()[-3:] == ["2.21.0", "2", "4"]
    assert "0007" in lines[4]
    assert "not a run of this eagerbench" in lines[4]
    assert len(lines) == 5


def test_on_the_command_line(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Save, show, and what went wrong as one line with exit code 2."""
    monkeypatch.chdir(tmp_path)
    results = store()
    assert cli.main(["baseline", "list"]) == 0
    assert "holds no baseline" in capsys.readouterr().out
    assert cli.main(["baseline", "save", str(results), "--name", "main"]) == 0
    assert "baseline 0001 (main): .benchmarks/" in capsys.readouterr().out
    assert cli.main(["baseline", "show", "main"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].split() == ["forward/eager/b1", "ok", "3", "3", "to", "3"]
    assert any(line.startswith("machine:  Example CPU") for line in lines)
    assert cli.main(["baseline", "show", "mian"]) == 2
    assert cli.main(["baseline", "show", "main", "--reference", "graf"]) == 2
    assert cli.main(["baseline", "save", str(tmp_path / "none.json")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert all(line.startswith("eagerbench: error: ") for line in said)
