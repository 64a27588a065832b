"""The command ``eagerbench``. The only place, beside the pytest plugin, that prints and that sets exit codes."""

import argparse
import contextlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from eagerbench._version import __version__
from eagerbench.baselines_cli import add_baseline, baseline
from eagerbench.errors import UserError
from eagerbench.gate_cli import add_gate, gate, show
from eagerbench.init_cli import add_init, init
from eagerbench.modes import REGISTRY, load
from eagerbench.options import DEFAULT_REPORT_FOLDER, OPTIONS, RUN_ARGUMENTS, filled_in, request
from eagerbench.quiet import import_tensorflow
from eagerbench.results import write_atomically
from eagerbench.settings import merged, read_settings, with_origin
from eagerbench.stopping import stoppable
from eagerbench.traps.cli import add_traps, show_traps, traps

USAGE_ERROR = 2
PYTEST_USAGE_ERROR = 4
# Of a measuring run's options those that `eagerbench train` has too.
TRAIN_OPTIONS = frozenset(
    {"--model", "--hidden", "--env", "--env-kwargs", "--env-wrappers", "--in-graph", "--envs", "--vectorization"}
)
COMPARISON_FOLDER = "benchmark-comparison"  # not that of a run, whose page would be lost
KILLED_BY_PIPE = 128 + signal.SIGPIPE  # as a shell would say it, and never a pass

DESCRIPTION = (
    "Eager or graph? One actor-critic model, every way TensorFlow can execute it, timed so that the answer can be "
    "trusted."
)
EXAMPLES = """\
examples:
  eagerbench init                                    write settings, a benchmark of your own and a CI job into a project
  eagerbench run                                     measure everything, render benchmark-report/index.html
  eagerbench run --modes eager,function -k b1        only these, only batches of one row
  eagerbench run --profile smoke                     five minutes, to see that it works
  eagerbench train --mode fused-xla                  one agent, watched while it learns, and its test score
  eagerbench train --mode graph-v1 --render out.gif  the same in a static graph, with a film of the test episode
  eagerbench modes                                   every mode, available or why not
  eagerbench report benchmark-report --out again     render stored results again
  eagerbench report old new --out both               two runs side by side: what changed
  eagerbench traps                                   how far off naive benchmarks get, beside the right ones
  eagerbench baseline save benchmark-report          keep a run that later ones are held against
  eagerbench gate --base main                        is the working tree slower than the branch main?
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "run":
        parser.error(f"unrecognised arguments: {' '.join(rest)}")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # as `python -m` does, and so every launch: --env my_module:MyEnv-v0
    try:
        if options.command == "run":
            return run(_typed(arguments)[1:])
        if options.command == "init":
            return init(options)
        if options.command == "modes":
            return modes(options.json)
        if options.command == "train":
            return train(options)
        if options.command == "gate":
            return gate(options, _typed(arguments))
        if options.command == "baseline":
            return baseline(options)
        if options.command == "traps":
            return traps(options, _typed(arguments))
        return report(options.results, options.out, options.labels)
    except UserError as error:
        print(f"eagerbench: error: {error}", file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:  # `eagerbench modes | head`: whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return KILLED_BY_PIPE


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
        measuring.add_argument(option.flag, dest=option.destination, default=None, **option.settings)

    add_init(commands)
    _add_train(commands)
    add_gate(commands)
    add_baseline(commands)
    add_traps(commands)

    listing = commands.add_parser("modes", help="list every mode, available or why not")
    listing.add_argument("--json", action="store_true", help="as JSON")

    rendering = commands.add_parser(
        "report",
        help="render stored results again, or several runs side by side",
        description=(
            "Render stored results again: a report folder, its results.json, the launches.jsonl of a stopped run, the "
            "gate.json of a live gate (then with that gate's exit code), or a traps.json. Several runs are rendered "
            "side by side, each held against the first: other machines, versions, commits."
        ),
    )
    rendering.add_argument(
        "results", metavar="RESULTS", type=Path, nargs="+", help="results.json, launches.jsonl, or a folder with one"
    )
    rendering.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=None,
        help=f"where the report goes (default: {DEFAULT_REPORT_FOLDER}/, of several runs {COMPARISON_FOLDER}/)",
    )
    rendering.add_argument(
        "--labels",
        metavar="A,B,…",
        default=None,
        help="what several runs are called (default: what tells their folders apart)",
    )
    return parser


def _add_train(commands: Any) -> None:
    able = ", ".join(name for name, entry in REGISTRY.items() if "train" in entry.workloads)
    training = commands.add_parser(
        "train",
        help="train one agent in one mode, watch it learn, test it, film it",
        description="Train one agent with A2C until the environment counts as solved, then play test episodes with it. "
        "Ends with 0 where it was solved, with 1 where it wasn't.",
    )
    training.add_argument(
        "--mode", default="function", metavar="NAME", help=f"how it is executed (default: function). Known: {able}."
    )
    for option in OPTIONS:
        if option.flag in TRAIN_OPTIONS:
            told = {"help": "Width of the hidden layers of the shipped model."} if option.flag == "--hidden" else {}
            training.add_argument(option.flag, dest=option.destination, default=None, **{**option.settings, **told})
    training.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of weights, environments and actions (default: 0)"
    )
    training.add_argument(
        "--hyperparameters",
        default="reliable",
        metavar="SET",
        help="reliable (Adam, 6e-3: what runs to the target use) or article (RMSprop, 7e-3) (default: reliable)",
    )
    training.add_argument(
        "--test-episodes", type=int, default=1, metavar="N", help="to play after the training (default: 1)"
    )
    training.add_argument(
        "--render",
        type=Path,
        default=None,
        metavar="FILE",
        help="film the first test episode: a .gif or an .mp4 (extra: render)",
    )
    training.add_argument(
        "--history",
        type=Path,
        default=None,
        metavar="FILE",
        help="draw the rewards of all episodes, and the losses: a .png",
    )


def _typed(arguments: Sequence[str] | None) -> list[str]:
    return list(sys.argv[1:] if arguments is None else arguments)


def run(arguments: list[str]) -> int:
    """``eagerbench run``: the packaged suite, in a pytest session of its own."""
    import pytest

    from eagerbench.plugin import GateCode

    gated = GateCode()
    try:
        with stoppable():
            code = pytest.main([*RUN_ARGUMENTS, *arguments], plugins=[gated])
    except KeyboardInterrupt:  # a second one, while the report is made: what is on the disk stays
        print("eagerbench: interrupted", file=sys.stderr)
        return int(pytest.ExitCode.INTERRUPTED)
    # 4 is wrong usage to pytest, and what can't be compared to a gate.
    return USAGE_ERROR if code == PYTEST_USAGE_ERROR and gated.code != code else int(code)


def modes(as_json: bool) -> int:
    """``eagerbench modes``: every mode, and whether it can run here."""
    if not as_json:
        print("looking at what TensorFlow can do here …", file=sys.stderr)
    with contextlib.suppress(ImportError):  # each mode says so itself
        import_tensorflow()
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


def train(options: argparse.Namespace) -> int:
    """``eagerbench train``: one agent, one mode."""
    from eagerbench import training

    typed = {own.destination: getattr(options, own.destination) for own in OPTIONS if own.flag in TRAIN_OPTIONS}
    settings = read_settings(Path.cwd())
    try:
        asked = request(filled_in(merged(typed, settings)), command="eagerbench train")
        plan = training.prepare(msgspec.structs.replace(asked, modes=(options.mode,)), options.hyperparameters)
    except UserError as error:
        raise with_origin(error, typed, settings) from error
    if options.test_episodes < 0 or options.seed < 0:
        raise UserError("--test-episodes and --seed: expected 0 or more")
    training.check_film(options.render)
    lesson = training.teach(plan, options.seed, options.test_episodes, options.render, sys.stdout)
    for line in training.scores(lesson):
        print(line)
    if options.history:
        from eagerbench.reports.drawn import png
        from eagerbench.reports.rewards import reward_history

        if not lesson.run.episode_returns:
            raise UserError(f"--history {options.history}: not a single episode ended, so there is nothing to draw")
        write_atomically(options.history, png(reward_history(lesson.run, plan.training)))
        print(f"history: {options.history}")
    return 0 if lesson.run.ended == "solved" else 1


def _unavailable(name: str) -> str | None:
    try:
        return load(name).unavailable()
    except ImportError as error:
        return f"{error}; is TensorFlow installed?"


def report(results: Sequence[Path], out: Path | None, labels: str | None) -> int:
    """``eagerbench report``: render again what was measured once, or several runs side by side."""
    from eagerbench.gate import judge_live
    from eagerbench.gate_record import find_gate, read_gate
    from eagerbench.reports.render import render
    from eagerbench.reports.terminal import terminal_lines
    from eagerbench.results import read_run
    from eagerbench.traps.record import find_traps, read_traps

    if len(results) > 1:
        return _report_side_by_side(results, out or Path(COMPARISON_FOLDER), labels)
    if labels is not None:
        raise UserError(f"--labels {labels!r}: expected several runs to be called so, got one")
    (path,), out = results, out or Path(DEFAULT_REPORT_FOLDER)
    stored_gate = find_gate(path)
    if stored_gate:
        record = read_gate(stored_gate)
        return show(judge_live(record), out, record)
    stored_traps = find_traps(path)
    if stored_traps:
        return show_traps(read_traps(stored_traps), out)
    stored = read_run(path)
    for line in terminal_lines(stored, render(stored, out)):
        print(line)
    return 0


def _report_side_by_side(results: Sequence[Path], out: Path, labels: str | None) -> int:
    """Nothing is written before all are read."""
    from eagerbench.gate_record import find_gate
    from eagerbench.reports.side_by_side.brief import comparison_lines
    from eagerbench.reports.side_by_side.labels import labels_of
    from eagerbench.reports.side_by_side.render import render_side_by_side
    from eagerbench.results import read_run

    gates = [path for path in results if find_gate(path)]
    if gates:
        raise UserError(f"{gates[0]} is a gate, which is rendered alone; expected runs to be set side by side")
    runs = [read_run(path) for path in results]
    rendered = render_side_by_side(runs, labels_of(results, runs, labels), out)
    for line in comparison_lines(rendered.told):
        print(line)
    print(f"report: {rendered.index}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
