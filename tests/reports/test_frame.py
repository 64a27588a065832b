"""The numbers of summary.csv, worked out again from the samples by other code."""

import csv
import gzip
import io
import math
from collections.abc import Callable

import pandas as pd
import pytest

from eagerbench import Run, summarise
from eagerbench.cases import EMPTY_CALL, SGEMM
from eagerbench.reports.frame import CASE_COLUMNS, SAMPLE_COLUMNS, cases_frame, packed, samples_frame
from eagerbench.reports.frame import csv as as_csv

# 97.5 % quantile of Student's t with 2 degrees of freedom, from a printed table.
T_2 = 4.302652729911275


def recomputed(values: list[float]) -> tuple[float, float, float]:
    """Geometric mean and 95 % interval of three launch medians."""
    logs = [math.log(value) for value in values]
    mean = sum(logs) / 3
    half = T_2 * math.sqrt(sum((value - mean) ** 2 for value in logs) / 2) / math.sqrt(3)
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


@pytest.fixture
def table(typical_run: Run) -> dict[str, dict[str, str]]:
    """Rows of summary.csv by case, as a program that is not pandas reads them."""
    content = as_csv(cases_frame(summarise(typical_run))).decode()
    return {row["case"]: row for row in csv.DictReader(io.StringIO(content))}


def test_columns_are_those_agreed(table: dict[str, dict[str, str]]):
    """Tools read them by name."""
    assert tuple(table["forward/eager/b1"]) == tuple(CASE_COLUMNS)


def test_times_are_those_of_the_samples(table: dict[str, dict[str, str]]):
    """Medians of the three launches by eye, then the formula by hand."""
    row = table["forward/function/b100"]
    expected = recomputed([0.021, 0.022, 0.020])
    assert [float(row[name]) for name in ("median_s", "ci_low_s", "ci_high_s")] == pytest.approx(expected, rel=1e-9)


def test_speedup_is_paired_by_launch(table: dict[str, dict[str, str]]):
    """Ratios of the launch medians 41/21, 44/22 and 41/20 ms."""
    row = table["forward/function/b100"]
    expected = recomputed([41 / 21, 44 / 22, 41 / 20])
    found = [float(row[name]) for name in ("speedup", "speedup_low", "speedup_high")]
    assert found == pytest.approx(expected, rel=1e-9)
    assert row["difference"] == "faster"


def test_break_even_is_that_of_the_formula(table: dict[str, dict[str, str]]):
    """Cold calls of 350 and 50 ms in every launch, paid back at gains of 20, 22 and 21 ms.

    With an exact debt, Fieller's interval is the debt over the interval of the gain.
    """
    row = table["forward/function/b100"]
    half = T_2 * 1.0 / math.sqrt(3)  # standard deviation of the gains: 1 ms
    expected = [1 + 300 / 21, 1 + 300 / (21 + half), 1 + 300 / (21 - half)]
    found = [float(row[name]) for name in ("break_even_calls", "break_even_low", "break_even_high")]
    assert found == pytest.approx(expected, rel=1e-9)
    assert row["break_even_kind"] == "after"


def test_cpu_seconds_are_means_of_a_call(table: dict[str, dict[str, str]]):
    """Hand-made samples use 1.5 times the wall time in user mode and a tenth of it in the kernel."""
    row = table["forward/function/b100"]
    mean = (0.063 / 3 + 0.066 / 3 + 0.061 / 3) / 3
    assert [float(row["cpu_user_s"]), float(row["cpu_sys_s"])] == pytest.approx([1.5 * mean, 0.1 * mean], rel=1e-9)


def test_limit_is_operations_over_measured_speed(table: dict[str, dict[str, str]]):
    """2,816 operations a row, 100 rows, 100 billion operations a second."""
    assert float(table["forward/eager/b100"]["limit_s"]) == pytest.approx(281_600 / 100e9, rel=1e-9)


def test_trainings_have_their_numbers(training_run: Run):
    """Steps per second, seconds of a step by part, and the runs to the target."""
    content = as_csv(cases_frame(summarise(training_run))).decode()
    rows = {row["mode"]: row for row in csv.DictReader(io.StringIO(content))}
    eager, fused, void = rows["eager"], rows["fused-xla"], rows["graph-v1"]
    speeds = [float(fused[name]) for name in ("env_steps_per_s", "env_steps_low", "env_steps_high")]
    assert speeds == pytest.approx([100_000] * 3)
    parts = [eager[f"part_{part}_s"] for part in ("act", "environment", "update", "program", "bookkeeping")]
    assert [float(part) if part else None for part in parts] == pytest.approx([0.003, 0.0006, 0.00024, None, 0.00016])
    names = ("seeds", "solved", "seconds_to_target", "seconds_to_target_estimated", "steps_to_target")
    assert [fused[name] for name in names] == ["3", "3", "1.5", "False", "30000.0"]
    assert [eager[name] for name in names[:2]] == ["3", "0"]
    assert float(eager["seconds_to_target"]) == pytest.approx(120)
    assert eager["seconds_to_target_estimated"] == "True"
    assert [void[name] for name in names] == ["3", "1", "", "", "20000.0"]


def test_forward_passes_have_no_numbers_of_a_training(table: dict[str, dict[str, str]]):
    """Empty, not nought."""
    row = table["forward/function/b100"]
    names = ("env_steps_per_s", "part_act_s", "seeds", "solved", "seconds_to_target", "seconds_to_target_estimated")
    assert [row[name] for name in names] == [""] * len(names)


def test_cold_starts_memory_and_traces_have_their_numbers(forked_run: Run):
    """Unrounded, each in the row of its case; nothing in the rows of other workloads."""
    content = as_csv(cases_frame(summarise(forked_run))).decode()
    rows = {row["case"]: row for row in csv.DictReader(io.StringIO(content))}
    cold, memory, traces = rows["cold/function/b1"], rows["memory/eager/b1"], rows["traces/predict/forward-fixed"]
    stages = [float(cold[f"stage_{stage}_s"]) for stage in ("imports", "model", "trace", "compile", "call")]
    assert stages == pytest.approx([4.0, 0.02, 0.0, 0.202, 0.002])
    names = ("after_imports_s", "after_imports_low_s", "cold_s", "second_s", "median_s", "break_even_calls")
    assert [float(cold[name]) for name in names] == pytest.approx([0.224, 0.224, 4.224, 0.004, 0.002, 21.5])
    assert (cold["traced_apart"], cold["processes"], cold["traces"], cold["calls"]) == ("False", "3", "1", "")
    half = T_2 / math.sqrt(3)
    for name in ("first_peak_mb", "last_peak_mb", "sampled_peak_mb", "kept_mb"):
        found = [float(memory[f"{name}{end}"]) for end in ("", "_low", "_high")]
        assert found == pytest.approx([21, 21 - half, 21 + half], rel=1e-6)
    names = ("baseline_mb", "growth_mb", "growth_mb_high", "objects_per_1000")
    assert [float(memory[name]) for name in names] == pytest.approx([500, 0, 0, 0])
    assert (memory["verdict"], memory["calls"], memory["processes"], memory["after_imports_s"]) == (
        "flat",
        "100",
        "3",
        "",
    )
    assert [traces[name] for name in ("calls", "traces", "compiles", "keras_steps")] == ["10", "1", "0", "4"]
    assert rows["memory/fused/b1"]["status"] == "timed-out"


def test_raced_cases_have_no_numbers_of_a_process_each(table: dict[str, dict[str, str]]):
    """Empty, not nought."""
    row = table["forward/function/b100"]
    names = (
        "after_imports_s",
        "stage_call_s",
        "growth_mb",
        "verdict",
        "processes",
        "calls",
        "compiles",
        "traced_apart",
    )
    assert [row[name] for name in names] == [""] * len(names)


@pytest.mark.parametrize("degenerate_forked_run", ["hostile"], indirect=True)
def test_no_cell_of_a_process_each_is_a_formula(degenerate_forked_run: Run):
    """Whatever a mode, a size or a reason is called."""
    content = as_csv(cases_frame(summarise(degenerate_forked_run))).decode()
    cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def test_no_cell_of_a_training_is_a_formula(degenerate_training: Run):
    """Whatever a mode, a part or a reason is called."""
    content = as_csv(cases_frame(summarise(degenerate_training))).decode()
    cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def test_counts_are_whole_numbers(table: dict[str, dict[str, str]]):
    """Not 3.0, although other rows have none."""
    row = table["forward/function/b100"]
    assert (row["launches"], row["samples"], row["traces"]) == ("3", "9", "1")


def test_withheld_times_are_empty(table: dict[str, dict[str, str]]):
    """A case that disagrees has its verdict and no number that could be quoted."""
    row = table["forward/saved-model/b1"]
    numbers = ("median_s", "ci_low_s", "ci_high_s", "speedup", "cold_s", "cpu_user_s", "break_even_kind")
    assert [row[name] for name in numbers] == [""] * len(numbers)
    assert (row["status"], row["parity"], row["largest_error"]) == ("disagrees", "disagrees", "0.5")


def test_one_launch_gives_no_ratio(make_run: Callable[..., Run]):
    """Neither does the file have one that the page hides."""
    frame = cases_frame(summarise(make_run({"forward/eager/b1": [[0.2]], "forward/function/b1": [[0.1]]})))
    row = frame.iloc[1]
    assert (row["median_s"], row["difference"]) == (pytest.approx(0.1), "no interval")
    assert frame[["ci_low_s", "speedup", "speedup_low"]].isna().all().all()


def test_no_cell_is_a_formula(hostile_run: Run):
    """Every cell of text is safe to open, and the file has one line for each case."""
    content = as_csv(cases_frame(summarise(hostile_run))).decode()
    rows = list(csv.reader(io.StringIO(content)))
    assert len(content.splitlines()) == len(rows) == 1 + 5
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert rows[3][2] == "'=cmd()"


def test_samples_frame_holds_every_sample(typical_run: Run):
    """As many rows as samples, the two yardsticks of each launch among them, in the order taken."""
    frame = samples_frame(typical_run)
    assert tuple(frame.columns) == SAMPLE_COLUMNS
    assert len(frame) == sum(len(launch.samples) for launch in typical_run.launches)
    assert set(frame.loc[frame["workload"] == "yardstick", "case"]) == {SGEMM.id, EMPTY_CALL.id}
    own = frame[(frame["case"] == "forward/function/b100") & (frame["stage"] == "steady") & (frame["launch"] == 1)]
    assert own["wall_s"].tolist() == [0.022, 0.021, 0.023]


def test_samples_frame_tells_calls_and_their_seconds(typical_run: Run):
    """A thousand empty calls took 100 µs."""
    own = samples_frame(typical_run).loc[lambda frame: frame["case"] == EMPTY_CALL.id]
    assert own[["calls", "wall_s"]].to_numpy().tolist() == [[1000, 1e-4]] * 3


def test_samples_can_be_opened_in_a_spreadsheet(hostile_run: Run):
    """No text begins as a formula does; every one is printable."""
    frame = samples_frame(hostile_run)
    texts = {text for name in ("case", "workload", "mode", "size") for text in frame[name]}
    assert "'=cmd()" in texts
    assert all(text.isprintable() and not text.startswith(("=", "+", "-", "@")) for text in texts)


def test_packed_is_the_same_for_the_same_bytes():
    """No time of day is in it."""
    assert gzip.decompress(packed(b"a,b\n")) == b"a,b\n"
    assert packed(b"a,b\n")[4:8] == bytes(4)


def test_empty_run_has_empty_frames(typical_run: Run):
    """The columns are there all the same."""
    empty = samples_frame(type(typical_run)(start=typical_run.start, launches=()))
    assert isinstance(empty, pd.DataFrame)
    assert (len(empty), tuple(empty.columns)) == (0, SAMPLE_COLUMNS)
