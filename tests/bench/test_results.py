"""Files: what is written can be read, and what is damaged is refused in one line."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eagerbench.errors import UserError
from eagerbench.results import (
    SCHEMA_VERSION,
    CaseOutcome,
    Counts,
    Forking,
    Journal,
    Launch,
    MemoryUse,
    Run,
    TrainingRun,
    read_run,
    results_json,
    write_atomically,
)

Change = Callable[[dict[str, Any]], None]


TRAIN = "train/eager/env1"


@pytest.fixture
def run(make_run: Callable[..., Run], make_training_run: Callable[..., TrainingRun]) -> Run:
    """Three cases, three launches; one of the cases has parts, and runs to the target in two launches more."""
    return make_run(
        {"forward/eager/b1": [[0.2, 0.3]] * 3, "forward/numpy/b1": [[0.1, 0.1]] * 3, TRAIN: [[0.5, 0.5]] * 3},
        parts={TRAIN: {"environment": 0.25, "bookkeeping": 0.75}},
        training_runs=[
            make_training_run(TRAIN, 0, 4.0),
            make_training_run(TRAIN, 1, 8.0, ended="stopped", reason="cut short after 8 s"),
        ],
    )


@pytest.fixture
def stored(run: Run, tmp_path: Path) -> Path:
    """The run as `results.json`."""
    path = tmp_path / "results.json"
    path.write_bytes(results_json({"benchmarks": [], "version": "5.3.1"}, run))
    return path


@pytest.fixture
def journal(run: Run, tmp_path: Path) -> Path:
    """The run as `launches.jsonl`."""
    path = tmp_path / "launches.jsonl"
    written = Journal(path, run.start)
    for launch in run.launches:
        written.append(launch)
    assert run.end is not None
    written.append(run.end)
    return path


def test_both_files_give_back_the_run(run: Run, stored: Path, journal: Path) -> None:
    """Nothing is lost on the way, and both files say the same."""
    assert read_run(stored) == run
    assert read_run(journal) == run
    assert [launch.kind for launch in run.launches] == ["race"] * 3 + ["training"] * 2


def test_trainings_and_parts_are_read_as_they_were_written(run: Run, stored: Path) -> None:
    """Types and all: a tuple stays one, and a float is no integer."""
    found = read_run(stored)
    assert found.training_runs == run.training_runs
    assert found.training_runs[0].losses == ((0.5, 20.0), (0.25, 10.0))
    assert found.training_runs[1].steps_to_target is None
    assert found.start.plan.training == run.start.plan.training
    assert found.races == found.launches[:3]
    steady = [sample for sample in found.launches[0].samples if (sample.case, sample.stage) == (TRAIN, "steady")]
    assert [sample.parts for sample in steady] == [{"environment": 0.125, "bookkeeping": 0.375}] * 2


def test_a_loss_that_is_no_number_is_read_as_none(run: Run, tmp_path: Path) -> None:
    """The journal's format has no word for it."""
    training = run.launches[-1]
    lost = msgspec.structs.replace(training.runs[0], losses=((float("nan"), 1.0),))
    journal = Journal(tmp_path / "launches.jsonl", run.start)
    journal.append(msgspec.structs.replace(training, runs=(lost,)))
    assert read_run(journal.path).training_runs[0].losses == ((None, 1.0),)


COLD, MEMORY, COUNTED = "cold/function-xla+cache/b1", "memory/eager/env1", "traces/predict/forward-fixed"


@pytest.fixture
def forked(
    run: Run, make_forked_run: Callable[..., Run], make_memory_use: Callable[..., MemoryUse], tmp_path: Path
) -> Path:
    """The run with cold starts, memory and counts in three launches more, as `results.json`."""
    parts = {"imports": 3.0, "model": 0.25, "prepare": 0.0, "trace": 0.5, "first call": 1.25}
    whole = make_forked_run(
        cold={COLD: [(parts, [0.5, 0.25])]},
        memory=[make_memory_use(MEMORY, [10.0, 10.5, 11.0], peak_mb=12.0, objects=7)],
        counts=[Counts(COUNTED, 10, 2, 0, 4)],
        outcomes={"memory/fused/env1": CaseOutcome("out-of-memory", "more than 9 MB resident, so it was stopped")},
        run=run,
    )
    path = tmp_path / "forked.json"
    path.write_bytes(results_json({"benchmarks": []}, whole))
    return path


def test_cold_starts_memory_and_counts_are_read_as_they_were_written(forked: Path) -> None:
    """Each from the launch of its kind; types and all."""
    found = read_run(forked)
    assert [launch.kind for launch in found.launches[5:]] == ["cold", "memory", "count", "cold"]
    cold = found.launches[5].samples[0]
    assert (cold.case, cold.wall_s) == (COLD, 5.0)
    assert cold.parts == {"imports": 3.0, "model": 0.25, "prepare": 0.0, "trace": 0.5, "first call": 1.25}
    assert found.memory == (
        MemoryUse(
            case=MEMORY,
            baseline_bytes=500_000_000,
            first_bytes=510_000_000,
            first_peak_bytes=512_000_000,
            last_bytes=511_000_000,
            last_peak_bytes=512_000_000,
            sampled_peak_bytes=512_000_000,
            calls=20,
            checkpoints=((0, 510_000_000), (10, 510_500_000), (20, 511_000_000)),
            first_objects=100_000,
            last_objects=100_007,
        ),
    )
    assert found.counts == (Counts(COUNTED, 10, 2, 0, 4),)
    assert found.launches[8].cases["memory/fused/env1"].status == "out-of-memory"
    assert found.start.plan.forking == Forking(7, 0.1, 20.0, 3, 2000, 0.5, 8 * 2**30)
    assert len(found.races) == 3


def test_what_traces_nothing_and_has_no_steps_has_none_of_them(
    make_forked_run: Callable[..., Run], tmp_path: Path
) -> None:
    """Nothing is not zero."""
    path = tmp_path / "results.json"
    path.write_bytes(results_json({}, make_forked_run(counts=[Counts("traces/eager/update-fixed", 10, None, 0)])))
    (counted,) = read_run(path).counts
    assert (counted.traces, counted.compiles, counted.steps) == (None, 0, None)


def _second_version(document: dict[str, Any]) -> None:
    document["eagerbench"]["schema_version"] = 2


def _in_memory(**changes: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        document["eagerbench"]["launches"][6]["memory"][0].update(changes)

    return change


def _in_counts(**changes: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        document["eagerbench"]["launches"][7]["counts"][0].update(changes)

    return change


def _in_stages(**changes: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        document["eagerbench"]["launches"][5]["samples"][0]["parts"].update(changes)

    return change


def _without_forking(document: dict[str, Any]) -> None:
    del document["eagerbench"]["start"]["plan"]["forking"]


def _unknown_kind(document: dict[str, Any]) -> None:
    document["eagerbench"]["launches"][5]["kind"] = "warm"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_in_memory(case="memory/other/env1"), "memory of 'memory/other/env1', which was not planned"),
        (_in_memory(baseline_bytes=-1), "memory of 'memory/eager/env1' below nothing"),
        (_in_memory(first_bytes=-1), "below nothing"),
        (_in_memory(first_peak_bytes=-1), "below nothing"),
        (_in_memory(last_bytes=-1), "below nothing"),
        (_in_memory(last_peak_bytes=-1), "below nothing"),
        (_in_memory(calls=-1), "below nothing"),
        (_in_memory(first_objects=-1), "below nothing"),
        (_in_memory(last_objects=-1), "below nothing"),
        (_in_memory(checkpoints=[[0, -1]]), "below nothing"),
        (_in_memory(checkpoints=[[-1, 5]]), "below nothing"),
        (_in_memory(checkpoints=[[10, 5], [0, 5]]), "whose checkpoints are out of order"),
        (_in_memory(checkpoints=[[0, 5], [0, 6]]), "whose checkpoints are out of order"),
        (_in_memory(last_bytes="much"), "Expected `int`, got `str`"),
        (_in_counts(case="traces/other/forward-fixed"), "impossible counts of 'traces/other/forward-fixed'"),
        (_in_counts(calls=-1), "impossible counts of 'traces/predict/forward-fixed'"),
        (_in_counts(traces=-1), "impossible counts"),
        (_in_counts(compiles=-1), "impossible counts"),
        (_in_counts(steps=-1), "impossible counts"),
        (_in_stages(imports=-0.5), "impossible sample of 'cold/function-xla\\+cache/b1'"),
        (_in_stages(trace=float("nan")), "impossible sample"),
        (_in_stages(imports=1e6), "impossible sample"),
        (_without_forking, "missing required field `forking`"),
        (_unknown_kind, "Invalid enum value 'warm'"),
        (_second_version, "has schema version 2, this eagerbench reads 4"),
    ],
)
def test_impossible_memory_and_counts_are_refused_in_one_line(forked: Path, change: Change, message: str) -> None:
    """Each is named with its case; none becomes a report."""
    read_run(forked)
    document = json.loads(forked.read_text())
    change(document)
    forked.write_text(json.dumps(document))
    with pytest.raises(UserError, match=message) as caught:
        read_run(forked)
    assert "\n" not in str(caught.value)


def test_a_folder_stands_for_the_file_in_it(run: Run, journal: Path) -> None:
    """A report folder of a stopped run has only the journal."""
    assert read_run(journal.parent) == run


def test_a_killed_run_has_no_end_and_is_readable(run: Run, journal: Path) -> None:
    """Without the last line, and without the last launch, the rest is there and counts as interrupted."""
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:-2]))
    found = read_run(journal)
    assert found.launches == run.launches[:-1]
    assert found.interrupted


def test_results_keep_what_pytest_benchmark_wrote(stored: Path) -> None:
    """Our section stands beside pytest-benchmark's keys, which any reader of its format looks for."""
    document = json.loads(stored.read_text())
    assert document["benchmarks"] == []
    assert document["version"] == "5.3.1"
    assert document["eagerbench"]["schema_version"] == SCHEMA_VERSION == 4


def test_a_cut_journal_says_which_line_and_how_many_launches_are_whole(journal: Path) -> None:
    """The remedy is in the error."""
    content = journal.read_bytes()
    lines = content.splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:3]) + lines[3][:20])
    with pytest.raises(
        UserError, match=r"cut off in line 4; delete that line to render the 2 whole launches before it"
    ):
        read_run(journal)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_cut_results_are_refused_and_point_to_the_journal(stored: Path, share: float) -> None:
    """Wherever it is cut, it is not whole JSON."""
    content = stored.read_bytes()
    stored.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match=r"not whole JSON .* launches.jsonl beside it may be whole"):
        read_run(stored)


def _set_version(document: dict[str, Any]) -> None:
    document["eagerbench"]["schema_version"] = 99


def _first_version(document: dict[str, Any]) -> None:
    document["eagerbench"]["schema_version"] = 1


def _in_training(**changes: Any) -> Change:
    """Changes the run that reached the target."""

    def change(document: dict[str, Any]) -> None:
        document["eagerbench"]["launches"][3]["runs"][0].update(changes)

    return change


def _no_steps(document: dict[str, Any]) -> None:
    document["eagerbench"]["start"]["plan"]["training"]["timed"]["steps"] = 0


def _negative_part(document: dict[str, Any]) -> None:
    for sample in document["eagerbench"]["launches"][0]["samples"]:
        if "parts" in sample:
            sample["parts"]["environment"] = -0.1


def _drop_section(document: dict[str, Any]) -> None:
    del document["eagerbench"]


def _drop_plan(document: dict[str, Any]) -> None:
    del document["eagerbench"]["start"]["plan"]


def _negative_time(document: dict[str, Any]) -> None:
    document["eagerbench"]["launches"][0]["samples"][0]["wall_s"] = -1.0


def _zero_time(document: dict[str, Any]) -> None:
    document["eagerbench"]["launches"][0]["samples"][0]["wall_s"] = 0.0


def _unplanned_sample(document: dict[str, Any]) -> None:
    document["eagerbench"]["launches"][0]["samples"][0]["case"] = "forward/other/b1"


def _unplanned_outcome(document: dict[str, Any]) -> None:
    document["eagerbench"]["launches"][0]["cases"]["forward/other/b1"] = {"status": "ok"}


def _bad_case(document: dict[str, Any]) -> None:
    document["eagerbench"]["start"]["plan"]["cases"][0] = "nonsense"


def _twice_planned(document: dict[str, Any]) -> None:
    document["eagerbench"]["start"]["plan"]["cases"] *= 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set_version, "has schema version 99, this eagerbench reads 4"),
        (_first_version, "has schema version 1, this eagerbench reads 4"),
        (_drop_section, "has no 'eagerbench' section"),
        (_drop_plan, "missing required field `plan`"),
        (_negative_time, "impossible sample"),
        (_zero_time, "impossible sample"),
        (_unplanned_sample, "sample of 'forward/other/b1', which was not planned"),
        (_unplanned_outcome, "outcome of 'forward/other/b1', which was not planned"),
        (_bad_case, "expected a case id"),
        (_twice_planned, "a case is planned twice"),
        (_no_steps, "steps"),
        (_negative_part, "impossible sample of 'train/eager/env1'"),
        (_in_training(case="train/other/env1"), "training run of 'train/other/env1', which was not planned"),
        (_in_training(case="forward/eager/b1"), "training run of 'forward/eager/b1'"),
        (_in_training(episode_steps=[1, 2]), "whose episodes have not all three numbers"),
        (_in_training(episode_returns=[1.0, 2.0]), "whose episodes have not all three numbers"),
        (_in_training(episode_seconds=[]), "whose episodes have not all three numbers"),
        (_in_training(seconds=-1.0), "with impossible times or steps"),
        (_in_training(seconds=float("nan")), "with impossible times or steps"),
        (_in_training(steps=-1), "with impossible times or steps"),
        (_in_training(episode_steps=[1, 2, 3, -4]), "with impossible times or steps"),
        (_in_training(episode_seconds=[1.0, 2.0, 3.0, float("inf")]), "with impossible times or steps"),
        (_in_training(episode_returns=[1.0, 2.0, 3.0, float("nan")]), "with impossible"),
        (_in_training(steps_to_target=None), r"ended 'solved' with steps and seconds to the target of \(None, 4.0\)"),
        (_in_training(seconds_to_target=None), "ended 'solved' with steps and seconds to the target of"),
        (_in_training(steps_to_target=0), "ended 'solved' with steps and seconds to the target of"),
        (_in_training(seconds_to_target=float("inf")), "ended 'solved' with steps and seconds to the target of"),
        (_in_training(ended="unsolved"), "ended 'unsolved' with steps and seconds to the target of"),
        (_in_training(ended="lost"), "Invalid enum value 'lost'"),
    ],
)
def test_a_changed_file_is_refused_in_one_line(stored: Path, change: Change, message: str) -> None:
    """Each change is named; none gives a traceback or, worse, a report."""
    document = json.loads(stored.read_text())
    change(document)
    stored.write_text(json.dumps(document))
    with pytest.raises(UserError, match=message) as caught:
        read_run(stored)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_journal_of_an_earlier_version_is_refused(journal: Path, version: int) -> None:
    """It has no plan of a training, of cold starts, or no model; the line says which eagerbench can read it."""
    journal.write_text(journal.read_text().replace('"schema_version":4', f'"schema_version":{version}', 1))
    message = f"has schema version {version}, this eagerbench reads 4; render it with the version"
    with pytest.raises(UserError, match=message):
        read_run(journal)


def test_nan_in_a_file_is_refused(stored: Path) -> None:
    """Python's JSON reader accepts NaN; ours must not let it become a time."""
    stored.write_text(stored.read_text().replace('"wall_s": 0.2', '"wall_s": NaN', 1))
    with pytest.raises(UserError, match=r"impossible sample|not a results file"):
        read_run(stored)


@pytest.mark.parametrize("content", [b"", b"not json\n", b"[]\n", b'{"record": "launch"}\n', b"\xff\xfe\n"])
def test_a_journal_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    """Empty files, other formats and other orders of records."""
    path = tmp_path / "launches.jsonl"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"launches.jsonl"):
        read_run(path)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing file and a folder without results each say what was looked for."""
    with pytest.raises(UserError, match="cannot read"):
        read_run(tmp_path / "none.json")
    with pytest.raises(UserError, match="holds neither"):
        read_run(tmp_path)


def test_writing_replaces_in_one_step_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """The folder is made, the new content is there, no temporary file is left."""
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert [file.name for file in path.parent.iterdir()] == ["file"]


def test_a_folder_that_is_a_file_cannot_be_written_to(tmp_path: Path) -> None:
    """The error says which path and what to change."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot write .*; choose another --report-dir"):
        write_atomically(tmp_path / "file" / "index.html", b"")


def test_each_launch_is_on_disk_as_soon_as_it_is_appended(run: Run, tmp_path: Path) -> None:
    """A reader sees it while the run goes on."""
    path = tmp_path / "launches.jsonl"
    journal = Journal(path, run.start)
    for number, launch in enumerate(run.launches, start=1):
        journal.append(launch)
        assert len(read_run(path).launches) == number
    assert all(isinstance(launch, Launch) for launch in read_run(path).launches)


def _changed(change: Change) -> Callable[[bytes], bytes]:
    def content(original: bytes) -> bytes:
        document = json.loads(original)
        change(document["eagerbench"])
        return json.dumps(document).encode()

    return content


def _nested(ours: dict[str, Any]) -> None:
    ours["start"]["machine"]["x"] = [[["deep"]]]


def _nested_flag(ours: dict[str, Any]) -> None:
    ours["launches"][0]["cases"]["forward/eager/b1"]["resolved"] = {"x": {"y": {"z": 1}}}


def _setting(value: object, *path: Any) -> Callable[[bytes], bytes]:
    def change(ours: Any) -> None:
        for key in path[:-1]:
            ours = ours[key]
        ours[path[-1]] = value

    return _changed(change)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda _: b"", "is not whole JSON"),
        (lambda _: b"\x89PNG\r\n\x1a\n\x00\xff", "is not whole JSON"),
        (lambda original: original.replace(b"Example CPU", b"Example \xff"), "is not whole JSON"),
        (lambda _: b"[" * 200_000, "is not whole JSON"),
        (lambda _: b'{"eagerbench": ' + b'{"a": ' * 200_000, "is not whole JSON"),
        (lambda original: original.replace(b'"seed": 100', b'"seed": 1' + b"0" * 5000), "is not whole JSON"),
        (lambda original: original.replace(b'"seed": 100', b'"seed": 1, "seed": 2'), "key 'seed' is there twice"),
        (_changed(lambda ours: ours["launches"].append(ours["launches"][0])), "a launch is there twice"),
        (
            _changed(lambda ours: ours["launches"][0]["samples"].append(ours["launches"][0]["samples"][0])),
            "launch 0 has a sample twice",
        ),
        (_changed(_nested), "expected a machine of strings, numbers and flat tables"),
        (_changed(_nested_flag), "launch 0 has flags of 'forward/eager/b1' that are no plain values"),
        (_setting(10**30, "start", "machine", "cores"), "expected a machine of strings"),
        (_setting(float("nan"), "start", "machine", "cores"), "expected a machine of strings"),
        (_setting(10**30, "start", "flops", "forward/eager/b1"), "impossible floating-point operations"),
        (_setting(-1, "start", "flops", "forward/eager/b1"), "impossible floating-point operations"),
        (_setting(0, "start", "plan", "launches"), "impossible plan: launches"),
        (_setting(10**30, "start", "plan", "launches"), "impossible plan: launches"),
        (_setting(float("nan"), "start", "plan", "case_seconds"), "impossible plan: seconds"),
        (_setting(float("inf"), "launches", 1, "seconds"), "took impossible seconds"),
        (_setting(-1.0, "end", "seconds"), "took impossible seconds"),
        (_setting(1e300, "launches", 0, "samples", 0, "wall_s"), "impossible sample"),
        (_setting(1e-300, "launches", 0, "samples", 0, "wall_s"), "impossible sample"),
        (_setting(10**30, "launches", 0, "samples", 0, "calls"), "impossible sample"),
        (_setting(-1, "launches", 0, "cases", "forward/eager/b1", "traces"), "impossible traces"),
        (_setting([], "launches", 0, "sampels"), "unknown field `sampels`"),
    ],
)
def test_what_no_run_can_have_written_is_refused_in_one_line(
    stored: Path, content: Callable[[bytes], bytes], message: str
) -> None:
    """Damage, numbers beyond all bounds, and what is there twice: each would else become a number somewhere."""
    changed = content(stored.read_bytes())
    assert changed != stored.read_bytes()
    stored.write_bytes(changed)
    with pytest.raises(UserError, match=message) as caught:
        read_run(stored)
    assert "\n" not in str(caught.value)


def test_only_regular_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe would never say anything, a link that leads to itself has nothing, and no run is that large."""
    pipe, loop, large = tmp_path / "pipe", tmp_path / "loop", tmp_path / "large.json"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    large.write_bytes(b"x" * 11)
    monkeypatch.setattr("eagerbench.results.MOST_BYTES", 10)
    for path, message in (
        (pipe, "is no regular file"),
        (loop, "cannot read"),
        (large, "more than any run writes"),
        (tmp_path / ("x" * 300), "cannot read"),
    ):
        with pytest.raises(UserError, match=message):
            read_run(path)
