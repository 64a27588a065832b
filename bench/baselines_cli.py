"""``eagerbench baseline save|list|show``."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from eagerbench.errors import UserError


def add_baseline(commands: Any) -> None:
    """The command, its three actions and their options, on a parser's table of commands."""
    from eagerbench.baselines import DEFAULT_STORAGE, FEWEST_LAUNCHES

    parser = commands.add_parser(
        "baseline",
        help="keep a run that later ones are held against",
        description="Baselines lie in pytest-benchmark's own storage: `pytest-benchmark list` sees them too. A gate "
        "takes the number or the name of one in place of a file.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    saving = actions.add_parser(
        "save", help="make a run a baseline: complete, green, of at least " + f"{FEWEST_LAUNCHES} launches"
    )
    saving.add_argument("results", metavar="RESULTS", type=Path, help="results.json, or a report folder that has one")
    saving.add_argument("--name", default=None, help="behind its number (default: the commit that was measured)")
    listing = actions.add_parser("list", help="all of them, one line each")
    showing = actions.add_parser("show", help="one of them, case by case")
    showing.add_argument("baseline", metavar="NUMBER|NAME|latest", help="which")
    showing.add_argument(
        "--reference", metavar="MODE", default="function", help="mode that times are ratios to (default: function)"
    )
    for action in (saving, listing, showing):
        action.add_argument(
            "--storage",
            metavar="DIR",
            type=Path,
            default=DEFAULT_STORAGE,
            help=f"where they lie (default: {DEFAULT_STORAGE}/)",
        )


def baseline(options: argparse.Namespace) -> int:
    """Do what was asked for; returns the exit code."""
    from eagerbench.reports.escape import clean

    lines = {"save": _save, "list": _list, "show": _show}[options.action](options)
    for line in lines:
        print(clean(line))
    return 0


def _save(options: argparse.Namespace) -> Iterator[str]:
    from eagerbench.baselines import save_baseline

    saved = save_baseline(options.results, options.storage, options.name)
    yield f"baseline {saved.number} ({saved.name}): {saved.path}"


def _list(options: argparse.Namespace) -> Iterator[str]:
    from eagerbench.baselines import baselines
    from eagerbench.results import read_run

    found = baselines(options.storage)
    if not found:
        yield f"{options.storage} holds no baseline; make one with `eagerbench baseline save RESULTS`"
        return
    rows: list[Sequence[str]] = [("number", "name", "when", "commit", "machine", "TensorFlow", "cases", "launches")]
    for own in found:
        try:
            run = read_run(own.path)
        except UserError:  # saved by pytest-benchmark for other benchmarks, or damaged: still there, and told
            rows.append((own.number, own.name, "not a run of this eagerbench", *[""] * 5))
            continue
        machine = run.start.machine
        rows.append(
            (
                own.number,
                own.name,
                run.start.started,
                str(machine.get("commit") or "unknown"),
                str(machine.get("cpu") or "unknown"),
                _version(machine, "tensorflow"),
                str(len(run.cases)),
                str(len(run.races)),
            )
        )
    yield from _aligned(rows)


def _show(options: argparse.Namespace) -> Iterator[str]:
    from eagerbench.baselines import resolve_baseline
    from eagerbench.cases import FORKED, Case
    from eagerbench.errors import unknown
    from eagerbench.modes import REGISTRY
    from eagerbench.results import read_run
    from eagerbench.stats import ratio
    from eagerbench.summary import by_case, launch_medians, summarise

    if options.reference not in REGISTRY:
        raise unknown("reference mode", options.reference, REGISTRY)
    path = resolve_baseline(options.baseline, options.storage)
    run = read_run(path)
    machine = run.start.machine
    for name, value in (
        ("file", str(path)),
        ("when", run.start.started),
        ("command", run.start.plan.command),
        ("commit", str(machine.get("commit") or "unknown")),
        ("machine", f"{machine.get('cpu')}, {machine.get('cores_usable')} cores, {machine.get('system')}"),
        ("versions", ", ".join(f"{one} {_version(machine, one)}" for one in ("tensorflow", "keras", "numpy"))),
        ("launches", str(len(run.races))),
    ):
        yield f"{name + ':':<10}{value}"
    yield ""
    index = by_case(run)
    rows: list[Sequence[str]] = [("case", "status", f"time over {options.reference}", "95 % interval")]
    for own in summarise(run).cases:
        if own.case.workload in FORKED:
            continue
        reference = Case(own.case.workload, options.reference, own.case.size).id
        found = ratio(launch_medians(index[own.case.id, "steady"]), launch_medians(index[reference, "steady"]))
        rows.append(
            (
                own.case.id,
                own.status,
                f"{found.value:.3g}" if found and own.good else "",
                f"{found.low:.3g} to {found.high:.3g}" if found and own.good and found.low and found.high else "",
            )
        )
    yield from _aligned(rows)


def _version(machine: dict[str, Any], package: str) -> str:
    packages = machine.get("packages")
    return str(packages.get(package) or "none") if isinstance(packages, dict) else "unknown"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for cells in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(cells, widths, strict=True)).rstrip()
