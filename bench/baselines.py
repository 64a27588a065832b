"""Baselines: runs that later ones are held against, in the storage layout of pytest-benchmark.

``.benchmarks/Linux-CPython-3.11-64bit/0003_main.json``: so that ``pytest-benchmark list`` and ``compare`` see them, and
what ``--benchmark-autosave`` saved may be named here too. Returns data; prints nothing.
"""

import json
import re
from pathlib import Path

import msgspec

from eagerbench.errors import UserError, unknown
from eagerbench.results import Run, read_run, results_json, write_atomically
from eagerbench.summary import Summary, summarise

DEFAULT_STORAGE = Path(".benchmarks")
LATEST = "latest"
# Fewer give no bounds against any number of others that a default run has.
FEWEST_LAUNCHES = 4
_FILE = re.compile(r"(?P<number>[0-9]{4,9})_(?P<name>.+)\.json", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")


class Baseline(msgspec.Struct, frozen=True):
    """A file in a storage.

    Attributes:
        number: as it is written, such as ``0003``.
        name: behind the number.
        path: of the file.
    """

    number: str
    name: str
    path: Path


def save_baseline(results: Path, storage: Path, name: str | None = None) -> Baseline:
    """Make a run a baseline.

    Args:
        results: ``results.json``, ``launches.jsonl``, or a report folder.
        storage: such as ``.benchmarks``; made where it is missing.
        name: letters, digits, and ``. _ -`` between them; where not given, the commit, else ``baseline``.

    Raises:
        UserError: where the run is no baseline, the name is none, or the storage can't be written.
    """
    run = read_run(results)
    why_not = why_no_baseline(run, summarise(run))
    if why_not:
        raise UserError(f"{results} can't become a baseline: {why_not}")
    given = _commit_of(run) if name is None else name
    if not _NAME.fullmatch(given) or given.isdigit() or given == LATEST:
        raise UserError(
            f"--name {given!r}: expected letters, digits, and . _ - between them, not digits alone and not {LATEST!r}"
        )
    document = _document(results)
    folder = storage / _machine_id()
    number = max((int(own.number) for own in baselines(storage)), default=0) + 1
    path = folder / f"{number:04}_{given}.json"
    try:
        write_atomically(path, results_json(document, run))
    except UserError as error:
        raise UserError(str(error).replace("--report-dir", "--storage")) from error
    return Baseline(f"{number:04}", given, path)


def why_no_baseline(run: Run, summary: Summary) -> str | None:
    """Why a run can't be what others are held against; None where it can."""
    from eagerbench.comparable import why_not_whole

    not_whole = why_not_whole(run)
    if not_whole:
        return f"{not_whole}; measure again"
    red = [own for own in summary.cases if not (own.good or own.status == "unavailable")]
    if not summary.green:
        return f"{len(red)} of {len(summary.cases)} cases are red, the first is {red[0].case.id!r}: {red[0].status}"
    if len(run.races) < FEWEST_LAUNCHES:
        return (
            f"expected at least {FEWEST_LAUNCHES} launches, got {len(run.races)}; fewer give no bounds: "
            "measure with --launches 5"
        )
    return None


def baselines(storage: Path) -> list[Baseline]:
    """All files of a storage that are named like baselines, by number; of all machines."""
    found = []
    for path in storage.glob("*/*.json"):
        match = _FILE.fullmatch(path.name)
        if match:
            found.append(Baseline(match["number"], match["name"], path))
    return sorted(found, key=lambda own: (int(own.number), own.path))


def resolve_baseline(text: str, storage: Path = DEFAULT_STORAGE) -> Path:
    """The file that a user means.

    Args:
        text: a path that exists, a number such as ``3`` or ``0003``, a name (the last one that has it), or ``latest``.
        storage: where to look for the others.

    Raises:
        UserError: where there is no such thing, or more than one.
    """
    if text and (Path(text).exists() or Path(text).is_symlink()):
        return Path(text)
    if "/" in text or text.endswith((".json", ".jsonl")):
        raise UserError(f"cannot read {text}: no such file")
    known = baselines(storage)
    if not known:
        raise UserError(
            f"no baseline {text!r}: {storage} holds none, and there is no such file; make one with "
            "`eagerbench baseline save RESULTS`"
        )
    if text == LATEST:
        return known[-1].path
    numbered = [own for own in known if text.isdecimal() and int(own.number) == int(text)]
    if len(numbered) > 1:
        paths = ", ".join(str(own.path) for own in numbered)
        raise UserError(f"baseline {text} is there {len(numbered)} times; name one by its path: {paths}")
    named = numbered or [own for own in known if own.name == text]
    if not named:
        raise unknown("baseline", text, [LATEST, *(own.name for own in known), *(own.number for own in known)])
    return named[-1].path


def _document(results: Path) -> dict[str, object]:
    """What pytest-benchmark wrote in the file, so that its tools go on working; of a journal there is none.

    The file was read as a run before.
    """
    path = results / "results.json" if results.is_dir() else results
    if path.suffix == ".jsonl" or not path.is_file():
        raise UserError(
            f"{results} is a journal, which pytest-benchmark's tools can't read; expected the results.json of the run"
        )
    document: dict[str, object] = json.loads(path.read_bytes())
    return document


def _commit_of(run: Run) -> str:
    commit = str(run.start.machine.get("commit") or "").replace("+", "-changed")
    return commit if _NAME.fullmatch(commit) and not commit.isdigit() else "baseline"


def _machine_id() -> str:
    from pytest_benchmark.utils import get_machine_id

    identifier: str = get_machine_id()  # type: ignore[no-untyped-call]
    return identifier
