"""Runs side by side as a data frame: one row for each case and each run but the first (``comparison.csv``)."""

import json
from typing import Any

import pandas as pd

from eagerbench.reports.escape import for_spreadsheet
from eagerbench.side_by_side import Comparison, SideBySide
from eagerbench.stats import Estimate, Mean

# Text, or numbers with all their digits.
COLUMNS = {
    **dict.fromkeys(("case", "workload", "mode", "size", "run", "verdict", "against_eager", "reason"), "object"),
    "unit": "object",
    **{f"{name}{end}": "float64" for name in ("before", "after") for end in ("", "_low", "_high")},
    **{
        f"{name}{end}": "float64"
        for name in ("times_over", "times_over_against_eager", "more_mb")
        for end in ("", "_low", "_high")
    },
    "growth_before": "object",
    "growth_after": "object",
    "counts": "object",
}


def comparisons_frame(told: SideBySide) -> pd.DataFrame:
    """One row for each case and each run but the first. Text is safe to open in a spreadsheet.

    ``before`` is the first run's number, ``after`` this run's, both in ``unit``. ``times_over`` is seconds over those
    of the first run: 2 is twice as long; ``times_over_against_eager`` is the same of the ratio to eager in the same
    launch.
    """
    records = [_record(told, own) for own in told.comparisons]
    return pd.DataFrame(
        {name: pd.Series([record[name] for record in records], dtype=kind) for name, kind in COLUMNS.items()}
    )


def _record(told: SideBySide, own: Comparison) -> dict[str, Any]:
    units = {"memory": "MB", "train": "environment steps per second", "traces": None}
    before, after = own.growth or (None, None)
    values: dict[str, Any] = {
        "case": own.case.id,
        "workload": own.case.workload,
        "mode": own.case.mode,
        "size": own.case.size,
        "run": told.labels[own.run],
        "verdict": own.verdict,
        "against_eager": own.against_eager,
        "reason": own.reason,
        "unit": units.get(own.case.workload, "s"),
        **_spread("before", own.before),
        **_spread("after", own.after),
        **_spread("times_over", own.change),
        **_spread("times_over_against_eager", own.to_eager),
        **_spread("more_mb", own.more_mb),
        "growth_before": before,
        "growth_after": after,
        "counts": json.dumps({name: pair for name, *pair in own.counts}) if own.counts else None,
    }
    return {name: for_spreadsheet(value) if isinstance(value, str) else value for name, value in values.items()}


def _spread(name: str, value: Estimate | Mean | None) -> dict[str, float | None]:
    if value is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: value.value, f"{name}_low": value.low, f"{name}_high": value.high}
