"""The gate on two files: finds and reads them, and names them."""

from pathlib import Path

from eagerbench.baselines import DEFAULT_STORAGE, resolve_baseline
from eagerbench.gate import Judgement
from eagerbench.margins import Margins
from eagerbench.results import read_run
from eagerbench.stored_gate import DEFAULT_REFERENCE, judge_stored


def gate_stored(
    base: str,
    head: str,
    *,
    margins: Margins,
    reference: str = DEFAULT_REFERENCE,
    across_machines: bool = False,
    storage: Path = DEFAULT_STORAGE,
) -> Judgement:
    """What two results files say of head; see `judge_stored`.

    Args:
        base: ``results.json``, ``launches.jsonl``, a report folder, or a baseline: number, name or ``latest``.
        head: the same.
        margins: of each case.
        reference: mode that times are ratios to.
        across_machines: compare what other machines measured too.
        storage: of baselines.

    Raises:
        UserError: where a file can't be read, or is none of ours.
    """
    return judge_stored(
        read_run(resolve_baseline(base, storage)),
        read_run(resolve_baseline(head, storage)),
        margins=margins,
        reference=reference,
        across_machines=across_machines,
        labels=(base, head),
    )
