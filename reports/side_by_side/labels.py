"""Short names that tell runs apart: the caller's, folders', TensorFlow's versions, or when they were started."""

import os
from collections.abc import Sequence
from pathlib import Path

from eagerbench.errors import UserError
from eagerbench.reports.escape import clean, shorten
from eagerbench.reports.facts import started
from eagerbench.results import Run

# What every run has that was not told otherwise: the folder above says more.
GENERIC_FILES = frozenset({"results.json", "launches.jsonl"})
GENERIC_FOLDER = "benchmark-report"
_SHORT = 24
_LONGEST = 40


def labels_of(paths: Sequence[Path], runs: Sequence[Run], given: str | None = None) -> list[str]:
    """A label for each run, no two alike.

    Where none are given: the part of each path that tells it from the others; where one of these is long and something
    shorter tells all apart, TensorFlow's versions or the times at which the runs were started.

    Args:
        paths: of the runs.
        runs: in the order of the paths.
        given: labels with commas between them.

    Raises:
        UserError: where the labels given are not one for each run, or two are alike.
    """
    if given is not None:
        return _given(given, len(paths))
    named = _from_paths(paths)
    found = named
    if not _tell_apart(named):
        others = ([_tensorflow(run) for run in runs], [started(run) for run in runs])
        found = next((labels for labels in others if _tell_apart(labels)), named)
    return _numbered([shorten(clean(label).strip() or "run", _LONGEST) for label in found])


def _given(text: str, count: int) -> list[str]:
    labels = [clean(label).strip() for label in text.split(",")]
    if len(labels) != count:
        raise UserError(f"--labels {text!r}: expected {count} with commas between them, got {len(labels)}")
    if len(set(labels)) != count or not all(labels):
        raise UserError(f"--labels {text!r}: expected {count} that differ, none of them empty")
    return labels


def _from_paths(paths: Sequence[Path]) -> list[str]:
    """The shortest ends of the paths that differ, less what all end in."""
    parts = [_parts(path) for path in paths]
    distinct = len(set(parts))
    while distinct > 1 and min(map(len, parts)) > 1 and len({own[-1] for own in parts}) == 1:
        parts = [own[:-1] for own in parts]
    longest = max(map(len, parts))
    ends = ([str(Path(*own[-length:])) for own in parts] for length in range(1, longest + 1))
    return next(labels for labels in ends if len(set(labels)) == distinct)


def _parts(path: Path) -> tuple[str, ...]:
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - a link's own name says more than what it points to
    if whole.name in GENERIC_FILES:
        whole = whole.parent
    if whole.name == GENERIC_FOLDER:
        whole = whole.parent
    return (*whole.parent.parts, whole.stem if whole.suffix in {".json", ".jsonl"} else whole.name)


def _tell_apart(labels: Sequence[str]) -> bool:
    return len(set(labels)) == len(labels) and max(map(len, labels)) <= _SHORT


def _tensorflow(run: Run) -> str:
    packages = run.start.machine.get("packages")
    version = packages.get("tensorflow") if isinstance(packages, dict) else None
    return f"TensorFlow {version}"


def _numbered(labels: Sequence[str]) -> list[str]:
    """The labels, a number after each that was there before."""
    found: list[str] = []
    for label in labels:
        candidate, number = label, 1
        while candidate in found:
            number += 1
            candidate = f"{label} ({number})"
        found.append(candidate)
    return found
