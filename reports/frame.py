"""A run as data frames: every raw sample, and one row for each case with its numbers unrounded (``summary.csv``)."""

import gzip
import json
from typing import Any

import pandas as pd

from eagerbench.cases import Case
from eagerbench.growth import Memory
from eagerbench.learning import ToTarget
from eagerbench.reports.escape import for_spreadsheet
from eagerbench.reports.palette import PARTS
from eagerbench.results import Counts, Run
from eagerbench.starting import STAGES, ColdStart
from eagerbench.stats import Estimate, Mean
from eagerbench.summary import CaseSummary, Summary

SAMPLE_COLUMNS = (
    "case",
    "workload",
    "mode",
    "size",
    "launch",
    "stage",
    "round",
    "position",
    "calls",
    "wall_s",
    "user_s",
    "sys_s",
)
_MEMORY = ("first_peak_mb", "last_peak_mb", "sampled_peak_mb", "kept_mb", "growth_mb", "objects_per_1000")
CASE_COLUMNS = {
    "case": "str",
    "workload": "str",
    "mode": "str",
    "size": "str",
    "status": "str",
    "reason": "str",
    "launches": "Int64",
    "samples": "Int64",
    "median_s": "float64",
    "ci_low_s": "float64",
    "ci_high_s": "float64",
    "speedup": "float64",
    "speedup_low": "float64",
    "speedup_high": "float64",
    "difference": "str",
    "cpu_user_s": "float64",
    "cpu_sys_s": "float64",
    "cold_s": "float64",
    "cold_low_s": "float64",
    "cold_high_s": "float64",
    "break_even_kind": "str",
    "break_even_calls": "float64",
    "break_even_low": "float64",
    "break_even_high": "float64",
    "limit_s": "float64",
    "env_steps_per_s": "float64",
    "env_steps_low": "float64",
    "env_steps_high": "float64",
    **{f"part_{part}_s": "float64" for part in PARTS},
    "seeds": "Int64",
    "solved": "Int64",
    "seconds_to_target": "float64",
    "seconds_to_target_estimated": "boolean",
    "steps_to_target": "float64",
    "after_imports_s": "float64",
    "after_imports_low_s": "float64",
    "after_imports_high_s": "float64",
    **{f"stage_{stage}_s": "float64" for stage in STAGES},
    "traced_apart": "boolean",
    "second_s": "float64",
    "second_low_s": "float64",
    "second_high_s": "float64",
    "baseline_mb": "float64",
    **{f"{name}{end}": "float64" for name in _MEMORY for end in ("", "_low", "_high")},
    "verdict": "str",
    "processes": "Int64",
    "calls": "Int64",
    "compiles": "Int64",
    "keras_steps": "Int64",
    "parity": "str",
    "largest_error": "float64",
    "traces": "Int64",
    "resolved": "str",
}


def samples_frame(run: Run) -> pd.DataFrame:
    """Every sample of every launch, yardsticks among them, in the order taken. Text is safe to open in a spreadsheet.

    Seconds are of the whole interval, in which so many ``calls`` were made; rounded to what the clocks can tell,
    nanoseconds of wall time and microseconds of the processor's.
    """
    taken = [(launch.index, sample) for launch in run.launches for sample in launch.samples]
    samples = [sample for _, sample in taken]
    cases = {case: _identity(Case.parse(case)) for case in {sample.case for sample in samples}}
    safe = {case: {name: for_spreadsheet(text) for name, text in own.items()} for case, own in cases.items()}
    columns: dict[str, list[Any]] = {
        **{name: [safe[sample.case][name] for sample in samples] for name in ("case", "workload", "mode", "size")},
        "launch": [launch for launch, _ in taken],
        "stage": [sample.stage for sample in samples],
        "round": [sample.round for sample in samples],
        "position": [sample.position for sample in samples],
        "calls": [sample.calls for sample in samples],
        "wall_s": [round(sample.wall_s, 9) for sample in samples],
        "user_s": [round(sample.user_s, 6) for sample in samples],
        "sys_s": [round(sample.sys_s, 6) for sample in samples],
    }
    return pd.DataFrame(columns, columns=list(SAMPLE_COLUMNS))


def cases_frame(summary: Summary) -> pd.DataFrame:
    """One row for each case, in the plan's order; seconds are of one call. Text is safe to open in a spreadsheet."""
    starts = {start.case.id: start for group in summary.cold.values() for start in group.starts}
    memory = {own.case.id: own for own in summary.memory}
    counts = {own.case: own for own in summary.counts}
    records = [
        _record(case)
        | _start(starts.get(case.case.id))
        | _memory(memory.get(case.case.id))
        | _whole_numbers(case, starts.get(case.case.id), memory.get(case.case.id), counts.get(case.case.id))
        for case in summary.cases
    ]
    columns = {
        name: pd.Series([record[name] for record in records], dtype="object" if kind == "str" else kind)
        for name, kind in CASE_COLUMNS.items()
    }
    return pd.DataFrame(columns)


def csv(frame: pd.DataFrame) -> bytes:
    """The frame as UTF-8 CSV, each number with all its digits."""
    text: str = frame.to_csv(index=False, lineterminator="\n")
    return text.encode()


def packed(content: bytes) -> bytes:
    """Bytes as gzip has them, the same for the same bytes."""
    return gzip.compress(content, compresslevel=6, mtime=0)


def _record(case: CaseSummary) -> dict[str, Any]:
    calls = case.break_even.calls if case.break_even else None
    parity = case.parity
    values = {
        **_identity(case.case),
        "status": case.status,
        "reason": case.reason,
        "launches": case.launches,
        "samples": case.samples,
        **_spread(case.time_s, "median_s", "ci_low_s", "ci_high_s"),
        # Without an interval there is no ratio, here as little as on the page.
        **_spread(case.speedup if case.difference != "no interval" else None, "speedup", "speedup_low", "speedup_high"),
        "difference": case.difference,
        "cpu_user_s": case.cpu_user_s,
        "cpu_sys_s": case.cpu_sys_s,
        **_spread(case.cold_s, "cold_s", "cold_low_s", "cold_high_s"),
        "break_even_kind": case.break_even.kind if case.break_even else None,
        **_spread(calls, "break_even_calls", "break_even_low", "break_even_high"),
        "limit_s": case.limit_s,
        **_spread(case.steps_per_s, "env_steps_per_s", "env_steps_low", "env_steps_high"),
        **{f"part_{part}_s": case.parts_s.get(part) for part in PARTS},
        **_target(case.to_target),
        "parity": None if parity is None else "agrees" if parity.passed else "disagrees",
        "largest_error": parity.largest_error if parity else None,
        "resolved": json.dumps(case.resolved, default=str, ensure_ascii=False),
    }
    return {name: for_spreadsheet(value) if isinstance(value, str) else value for name, value in values.items()}


def _identity(case: Case) -> dict[str, str]:
    return {"case": case.id, "workload": case.workload, "mode": case.mode, "size": case.size}


def _target(result: ToTarget | None) -> dict[str, Any]:
    return {
        "seeds": result.seeds if result else None,
        "solved": result.solved if result else None,
        "seconds_to_target": result.seconds if result else None,
        "seconds_to_target_estimated": result.estimated if result and result.seconds is not None else None,
        "steps_to_target": result.steps if result else None,
    }


def _start(start: ColdStart | None) -> dict[str, Any]:
    return {
        **_spread(
            start.after_imports_s if start else None, "after_imports_s", "after_imports_low_s", "after_imports_high_s"
        ),
        **{f"stage_{stage}_s": start.stages_s[stage] if start else None for stage in STAGES},
        "traced_apart": start.apart if start else None,
        **_spread(start.second_s if start else None, "second_s", "second_low_s", "second_high_s"),
    }


def _memory(own: Memory | None) -> dict[str, Any]:
    means: tuple[Mean | None, ...] = (None,) * len(_MEMORY)
    if own:
        means = (
            own.first_peak_mb,
            own.last_peak_mb,
            own.sampled_peak_mb,
            own.kept_mb,
            own.slope_mb,
            own.objects,
        )
    found: dict[str, Any] = {"baseline_mb": own.baseline_mb if own else None, "verdict": own.verdict if own else None}
    for name, mean in zip(_MEMORY, means, strict=True):
        found |= _spread(mean, name, f"{name}_low", f"{name}_high")
    return found


def _whole_numbers(
    case: CaseSummary, start: ColdStart | None, memory: Memory | None, counts: Counts | None
) -> dict[str, int | None]:
    """How many processes and calls there were, and what the calls made happen."""
    return {
        "processes": start.processes if start else memory.processes if memory else None,
        "calls": memory.calls if memory else counts.calls if counts else None,
        "traces": counts.traces if counts else case.traces,
        "compiles": counts.compiles if counts else None,
        "keras_steps": counts.steps if counts else None,
    }


def _spread(estimate: Estimate | Mean | None, value: str, low: str, high: str) -> dict[str, float | None]:
    if estimate is None:
        return {value: None, low: None, high: None}
    return {value: estimate.value, low: estimate.low, high: estimate.high}
