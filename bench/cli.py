"""The command ``eagerbench``. The only place, beside the pytest plugin, that prints and that sets exit codes."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from eagerbench._version import __version__
from eagerbench.errors import UserError
from eagerbench.modes import REGISTRY, load
from eagerbench.options import DEFAULT_REPORT_FOLDER, OPTIONS, RUN_ARGUMENTS

USAGE_ERROR = 2
PYTEST_USAGE_ERROR = 4

DESCRIPTION = (
    "Eager or graph? One actor-critic model, every way TensorFlow can execute it, timed so that the answer can be "
    "trusted."
)
EXAMPLES = """\
examples:
  eagerbench run                                     measure everything, render benchmark-report/index.html
  eagerbench run --modes eager,function -k b1        only these, only batches of one row
  eagerbench run --profile smoke                     half a minute, to see that it works
  eagerbench modes                                   every mode, available or why not
  eagerbench report benchmark-report --out again     render stored results again
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "run":
        parser.error(f"unrecognised arguments: {' '.join(rest)}")
    try:
        if options.command == "run":
            return run(_typed(arguments)[1:])
        if options.command == "modes":
            return modes(options.json)
        return report(options.results, options.out)
    except UserError as error:
        print(f"eagerbench: error: {error}", file=sys.stderr)
        return USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "eagerbench", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"eagerbench {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    measuring = commands.add_parser(
        "run",
        help="measure, write results, render the report",
        description="Measure, write results, render the report: `pytest --benchmark-only` without a checkout.",
        epilog="Every other pytest option works too, such as -k, --benchmark-autosave, --benchmark-compare, "
        "--benchmark-max-time (steady seconds for each case) and --benchmark-min-rounds (samples for each case).",
        allow_abbrev=False,
    )
    for option in OPTIONS:
        measuring.add_argument(option.flag, dest=option.destination, **option.settings)

    listing = commands.add_parser("modes", help="list every mode, available or why not")
    listing.add_argument("--json", action="store_true", help="as JSON")

    rendering = commands.add_parser(
        "report",
        help="render stored results again",
        description=(
            "Render stored results again: a report folder, its results.json, or the launches.jsonl of a stopped run."
        ),
    )
    rendering.add_argument(
        "results", metavar="RESULTS", type=Path, help="results.json, launches.jsonl, or a folder with one"
    )
    rendering.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path(DEFAULT_REPORT_FOLDER),
        help=f"where the report goes (default: {DEFAULT_REPORT_FOLDER}/)",
    )
    return parser


def _typed(arguments: Sequence[str] | None) -> list[str]:
    return list(sys.argv[1:] if arguments is None else arguments)


def run(arguments: list[str]) -> int:
    """``eagerbench run``: the packaged suite, in a pytest session of its own."""
    import pytest

    code = pytest.main([*RUN_ARGUMENTS, *arguments])
    return USAGE_ERROR if code == PYTEST_USAGE_ERROR else int(code)


def modes(as_json: bool) -> int:
    """``eagerbench modes``: every mode, and whether it can run here."""
    if not as_json:
        print("looking at what TensorFlow can do here …", file=sys.stderr)
    found = {name: (entry.summary, _unavailable(name)) for name, entry in REGISTRY.items()}
    if as_json:
        print(
            json.dumps(
                {
                    name: {"summary": summary, "available": reason is None, "reason": reason}
                    for name, (summary, reason) in found.items()
                },
                indent=2,
            )
        )
        return 0
    width = max(map(len, REGISTRY))
    for name, (summary, reason) in found.items():
        print(f"{name:<{width}}  {summary}" if reason is None else f"{name:<{width}}  NOT AVAILABLE: {reason}")
    return 0


def _unavailable(name: str) -> str | None:
    try:
        return load(name).unavailable()
    except ImportError as error:
        return f"{error}; is TensorFlow installed?"


def report(results: Path, out: Path) -> int:
    """``eagerbench report``: render again what was measured once."""
    from eagerbench.reports.render import render
    from eagerbench.reports.terminal import terminal_lines
    from eagerbench.results import read_run

    stored = read_run(results)
    for line in terminal_lines(stored, render(stored, out)):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
