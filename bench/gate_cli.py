"""The command ``eagerbench gate``: what may be typed, progress, and where everything goes."""

import argparse
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from eagerbench.errors import UserError, unknown
from eagerbench.gate_record import DEFAULT_BUDGET_S
from eagerbench.margins import Margins, parse_margin, read_margins
from eagerbench.options import filled_in, request
from eagerbench.plan import DEFAULT_ENV, parse_numbers, split_names
from eagerbench.settings import Settings, read_settings
from eagerbench.stopping import stoppable

if TYPE_CHECKING:
    from eagerbench.gate import Judgement
    from eagerbench.gate_record import GateRecord

REPORT_FOLDER = "gate-report"
WORKFLOWS = {"github": "github.yml", "gitlab": "gitlab.yml"}
DEFAULT_GATES = 4
INTERRUPTED = 3  # inconclusive
DEFAULT_TIMEOUT_S = 120.0
SIDE_OPTIONS = ("base", "base_python", "head_python", "base_model", "head_model")
LIVE_OPTIONS = (*SIDE_OPTIONS, "modes", "workloads", "batch_sizes", "env", "budget", "seed", "launch_timeout")

DESCRIPTION = """\
Is head slower than base? Red on slowdowns, never on noise.

Live processes of base, head and a second copy of base are called in turn, there and back, case after case, in round
after round of fresh processes, until every case is decided or the budget is spent. Or two results files are compared by
their ratios to a reference mode."""
EXAMPLES = """\
examples:
  eagerbench gate --base main                         the working tree against the branch main
  eagerbench gate --base v1.0 --workloads forward --batch-sizes 1,100000 --budget 900
  eagerbench gate --base main --base-model my.policy:make --head-model my.policy:make
                                                      two commits of your own model
  eagerbench gate --base-python old/bin/python --head-python new/bin/python
                                                      two environments, such as two versions of TensorFlow
  eagerbench gate BASE.json HEAD.json                 two stored results, by their ratios to `function`
  eagerbench gate latest benchmark-report             the last saved baseline against the last run
  eagerbench gate --self-test                         how often this machine would cry wolf, and what it would miss
  eagerbench gate --workflow github > .github/workflows/eagerbench.yml

exit codes:
  0  pass            no case is slower than its margin allows
  1  regression      the whole interval of a case lies above its margin
  2  usage           wrong options, or a file that can't be read
  3  inconclusive    the budget was spent before every case was decided, or the control was not still
  4  not comparable  or a case is missing in head
"""


def add_gate(commands: Any) -> None:
    """Tell argparse of the command."""
    gate = commands.add_parser(
        "gate",
        help="is head slower than base? a check for CI that noise can't turn red",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    gate.add_argument(
        "results",
        nargs="*",
        metavar="RESULTS",
        help="two stored results, base first: results.json, a report folder, or a baseline (number, name, latest)",
    )
    live = gate.add_argument_group("live: what is compared")
    live.add_argument("--base", metavar="REF", help="git branch, tag or commit that the working tree is held against")
    live.add_argument("--base-python", metavar="PATH", help="interpreter that runs base (default: this one)")
    live.add_argument("--head-python", metavar="PATH", help="interpreter that runs head (default: this one)")
    live.add_argument(
        "--base-model",
        metavar="PATH:NAME",
        help="model of base in place of the shipped one, pkg.module:factory or path/to/model.py:factory, as for "
        "`eagerbench run`; a relative path is looked for in either tree (default with --base: the project's)",
    )
    live.add_argument("--head-model", metavar="PATH:NAME", help="the same of head")
    live.add_argument("--modes", metavar="A,B", help="ways to execute the model (default: 4 quick ones)")
    live.add_argument(
        "--workloads",
        metavar="A,B",
        help="forward, update, train (default: forward and update; of your own model forward)",
    )
    live.add_argument("--batch-sizes", metavar="N,M", help="rows of forward passes (default: 1,4096)")
    live.add_argument("--env", metavar="ID", help=f"Gymnasium id (default: the project's, or {DEFAULT_ENV})")
    live.add_argument(
        "--budget",
        metavar="SECONDS",
        type=float,
        help=f"begin no round that would end later (default: {DEFAULT_BUDGET_S:g}; self-test: for each gate)",
    )
    live.add_argument("--seed", metavar="N", type=int, help="of weights, input and orders (default: 0)")
    live.add_argument(
        "--launch-timeout",
        metavar="SECONDS",
        type=float,
        help=f"a process that is silent for so long counts as hanging (default: {DEFAULT_TIMEOUT_S:g})",
    )
    stored = gate.add_argument_group("stored results")
    stored.add_argument(
        "--reference", metavar="MODE", default=None, help="mode that times are ratios to (default: function)"
    )
    stored.add_argument(
        "--across-machines",
        action="store_true",
        help="compare although the machines differ, with a margin wide enough for that",
    )
    stored.add_argument(
        "--storage", metavar="DIR", type=Path, default=Path(".benchmarks"), help="of baselines (default: .benchmarks)"
    )
    gate.add_argument(
        "--margin",
        metavar="SHARE",
        default=None,
        help="how much slower a case may be, such as 5%% or 0.05 (default: 5%%, or what pyproject.toml says in "
        "[tool.eagerbench.gate], there also case by case)",
    )
    gate.add_argument(
        "--report-dir",
        metavar="DIR",
        type=Path,
        default=Path(REPORT_FOLDER),
        help=f"where the page, gate.md, gate.xml (JUnit), verdict.json and gate.json go (default: {REPORT_FOLDER}/)",
    )
    gate.add_argument(
        "--self-test",
        action="store_true",
        help="measure this machine's own false alarms and sensitivity, with slowdowns that are planted for real",
    )
    gate.add_argument("--gates", metavar="N", type=int, help=f"of a self-test (default: {DEFAULT_GATES})")
    gate.add_argument("--workflow", metavar="CI", default=None, help="print a job for github or gitlab, and end")


def gate(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code.

    Raises:
        UserError: for wrong usage, and for files that can't be read.
    """
    if options.workflow:
        sys.stdout.write(workflow(options.workflow))
        return 0
    settings = read_settings(Path.cwd())
    margins = read_margins(settings.file, parse_margin(options.margin) if options.margin else None)
    command = shlex.join(["eagerbench", *arguments])
    try:
        with stoppable():
            if options.self_test:
                _refuse_stored(options, "--self-test")
                return _self_test(options, margins, command)
            if options.gates is not None:
                raise UserError("--gates is for --self-test, which makes so many of them")
            if options.results:
                return _stored(options, margins)
            _refuse_stored(options, "a live gate")
            return _live(options, margins, command, settings)
    except KeyboardInterrupt:  # before the first round, or while the report is made: what is on the disk stays
        print("eagerbench: interrupted", file=sys.stderr)
        return INTERRUPTED


def workflow(name: str) -> str:
    """A CI job that uses the gate.

    Raises:
        UserError: for a CI that we have none for.
    """
    if name not in WORKFLOWS:
        raise unknown("workflow", name, WORKFLOWS)
    return (resources.files("eagerbench") / "templates" / WORKFLOWS[name]).read_text(encoding="utf-8")


def _refuse_stored(options: argparse.Namespace, what: str) -> None:
    if options.reference or options.across_machines:
        raise UserError(f"--reference and --across-machines are for two stored results; {what} compares times directly")


def _live(options: argparse.Namespace, margins: Margins, command: str, settings: Settings) -> int:
    from eagerbench.gate import judge_live
    from eagerbench.gating import Gating, plan_gate, prepare

    request = _request(options, command, filled_in(settings.values))
    plan = plan_gate(request)
    _check_folder(options.report_dir)
    with ExitStack() as stack:
        contest = prepare(request, stack, Path.cwd())
        display = GateDisplay(stack, request.budget_s)
        display.say(
            f"{contest.head_record.label} against {contest.base_record.label}: {len(plan.cases)} cases, at most "
            f"{request.budget_s:g} s"
        )
        record = Gating(request, plan, contest, margins, options.report_dir / "gate.json", display).run()
    return show(judge_live(record), options.report_dir, record)


def _request(options: argparse.Namespace, command: str, settings: Mapping[str, Any]) -> "Any":
    """What is to be compared; the project's settings say where the command line doesn't."""
    from eagerbench.gating import GateRequest

    project = request(dict(settings), command)
    same_environment = options.env is None
    # Two commits of the project's own model, where nobody names two models or two environments of Python.
    model = project.model if options.base and not (options.base_model or options.head_model) else None
    return GateRequest(
        base=options.base,
        base_python=options.base_python or sys.executable,
        head_python=options.head_python or sys.executable,
        base_model=options.base_model or model or None,
        head_model=options.head_model or model or None,
        modes=split_names(options.modes or ""),
        workloads=split_names(options.workloads or ""),
        batch_sizes=parse_numbers("--batch-sizes", options.batch_sizes or "", "1,4096"),
        env=(project.env or DEFAULT_ENV) if same_environment else options.env,
        env_kwargs=project.env_kwargs if same_environment else {},
        env_wrappers=project.env_wrappers if same_environment else (),
        budget_s=DEFAULT_BUDGET_S if options.budget is None else options.budget,
        seed=0 if options.seed is None else options.seed,
        timeout_s=DEFAULT_TIMEOUT_S if options.launch_timeout is None else options.launch_timeout,
        command=command,
    )


def _stored(options: argparse.Namespace, margins: Margins) -> int:
    from eagerbench.stored_gate_io import gate_stored

    named = [name for name in LIVE_OPTIONS if getattr(options, name) is not None]
    if named:
        raise UserError(
            f"--{named[0].replace('_', '-')} is for a live gate; two stored results are compared as they are"
        )
    if len(options.results) != 2:
        raise UserError(
            f"expected two results, base and head, got {len(options.results)}: eagerbench gate BASE.json HEAD.json"
        )
    _check_folder(options.report_dir)
    base, head = options.results
    judgement = gate_stored(
        base,
        head,
        margins=margins,
        reference=options.reference or "function",
        across_machines=options.across_machines,
        storage=options.storage,
    )
    return show(judgement, options.report_dir)


def _self_test(options: argparse.Namespace, margins: Margins, command: str) -> int:
    import msgspec

    from eagerbench.gating import collect, empty_record, itself, plan_gate
    from eagerbench.reports.gate.self_test import self_test_markdown
    from eagerbench.results import write_atomically
    from eagerbench.self_test import SELF_TEST_BATCH_SIZES, SELF_TEST_MODES, SelfTest
    from eagerbench.sensitivity import evaluate

    named = [name for name in SIDE_OPTIONS if getattr(options, name) is not None]
    if named or options.results:
        raise UserError("--self-test compares the installed eagerbench with itself: it takes no base, head or results")
    gates = DEFAULT_GATES if options.gates is None else options.gates
    if gates < 1:
        raise UserError(f"--gates {gates}: expected at least 1")
    asked = _request(options, command, filled_in({}))
    request = msgspec.structs.replace(
        asked,
        modes=asked.modes or SELF_TEST_MODES,
        batch_sizes=asked.batch_sizes or SELF_TEST_BATCH_SIZES,
        workloads=asked.workloads or ("forward",),
    )
    plan = plan_gate(request)
    folder: Path = options.report_dir
    _check_folder(folder)
    began = time.monotonic()
    with ExitStack() as stack:
        contest = itself()
        display = GateDisplay(stack, request.budget_s)
        file = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="eagerbench-self-test-"))) / "observations.npy"
        )
        collect(plan, file, display)
        test = SelfTest(
            empty_record(request, plan, contest, margins),
            plan,
            contest,
            file,
            gates,
            request.budget_s,
            display,
            folder / "self-test-gates.json",
        )
        test.run()
    if not test.unchanged:
        raise UserError("not one gate was finished, so there is nothing to say")
    display.say("replaying the recorded rounds")
    found = evaluate(test.unchanged, test.planted, request.seed, time.monotonic() - began)
    write_atomically(folder / "self-test.json", msgspec.json.format(msgspec.json.encode(found), indent=1))
    told = self_test_markdown(found)
    write_atomically(folder / "self-test.md", told.encode())
    print(told)
    return 0


def show(judgement: "Judgement", folder: Path, record: "GateRecord | None" = None) -> int:
    """Write everything, print the table, and say where the report is; returns the exit code."""
    from eagerbench.reports.gate.render import render_gate
    from eagerbench.reports.gate.terminal import gate_lines

    rendered = render_gate(judgement, folder, record)
    for line in gate_lines(judgement):
        print(line)
    print(f"report: {rendered.index}")
    told = os.environ.get("GITHUB_STEP_SUMMARY")
    if told:
        try:
            with Path(told).open("a", encoding="utf-8") as summary:
                summary.write((folder / "gate.md").read_text(encoding="utf-8") + "\n")
        except OSError as error:
            print(f"eagerbench: $GITHUB_STEP_SUMMARY can't be written: {error.strerror or error}", file=sys.stderr)
    return judgement.exit_code


def _check_folder(folder: Path) -> None:
    from eagerbench.plan import check_report_folder

    check_report_folder(folder)


class GateDisplay:
    """Follows a gate: a bar in a terminal, a line per round elsewhere.

    Args:
        stack: ends it.
        budget_s: of the gate.
    """

    def __init__(self, stack: ExitStack, budget_s: float) -> None:
        self._console = Console(file=sys.stderr, highlight=False)
        self._budget_s = budget_s
        self._bar = stack.enter_context(
            Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TimeElapsedColumn(),
                console=self._console,
                refresh_per_second=2,  # the display runs on the cores that are being measured
                transient=True,
                disable=not self._console.is_terminal,
            )
        )
        self._task = self._bar.add_task("starting", total=budget_s)
        self._elapsed_s = 0.0

    def say(self, text: str) -> None:
        """A line that stays."""
        self._console.print(f"eagerbench: {text}", markup=False, soft_wrap=True)

    def dueling(self, number: int, done: int, cases: int) -> None:
        """So many cases of a round are done."""
        self._bar.update(
            self._task, completed=self._elapsed_s, description=f"round {number + 1} · case {done + 1}/{cases}"
        )

    def decided(self, record: "GateRecord", left: int, elapsed_s: float) -> None:
        """A round has ended."""
        self._elapsed_s = elapsed_s
        last = record.rounds[-1]
        ending = "" if last.ended == "complete" else f" ({last.ended}: {last.reason})"
        self.say(
            f"round {last.number + 1} took {last.seconds:.0f} s{ending}; {len(record.cases) - left} of "
            f"{len(record.cases)} cases are decided after {elapsed_s:.0f} of {self._budget_s:g} s"
        )
