"""The command ``eagerbench traps``: what may be typed, progress, and where everything goes."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from eagerbench.errors import UserError, unknown
from eagerbench.machine import available_memory_bytes
from eagerbench.models.reference import cost
from eagerbench.plan import BYTES_PER_NUMBER, HIDDEN, LAUNCH_BYTES, split_names
from eagerbench.stopping import stoppable
from eagerbench.traps.article import ARTICLE_ROWS
from eagerbench.traps.findings import TRAPS

if TYPE_CHECKING:
    from eagerbench.traps.record import TrapsLaunch, TrapsRecord

TRAPS_FOLDER = "traps-report"
BYTES_PER_ROW = BYTES_PER_NUMBER * cost((4,), 2, HIDDEN).numbers
DEFAULT_LAUNCHES = 5
NOTHING, INTERRUPTED = 1, 3
DESCRIPTION = """\
How far off do naive benchmarks get? The article's three cells run as written, and one experiment for each trap: a cold
run, thousands of steps against one, construction inside the clock, identical rows, float64 input, tracing in a loop,
the order of cells, results that nobody reads. Beside each stands the right measurement of the same question."""
EXAMPLES = """\
examples:
  eagerbench traps                                    all of them, about three minutes on two cores
  eagerbench traps --only article,steps --launches 3  only these
  eagerbench report traps-report --out again          render again what was measured

exit codes:
  0  measured
  1  no launch gave a single number
  2  wrong options, or a file that can't be read
  3  stopped by hand; what was measured is kept and rendered
"""


def add_traps(commands: Any) -> None:
    """Tell argparse of the command."""
    traps = commands.add_parser(
        "traps",
        help="the article's benchmark and its traps, beside the right measurement",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    traps.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path(TRAPS_FOLDER),
        help=f"where page, figure, tables and traps.json go (default: {TRAPS_FOLDER}/)",
    )
    traps.add_argument(
        "--launches",
        metavar="N",
        type=int,
        default=DEFAULT_LAUNCHES,
        help=f"fresh processes, one after the other; fewer than 2 give no interval (default: {DEFAULT_LAUNCHES})",
    )
    traps.add_argument(
        "--rows",
        metavar="N",
        type=int,
        default=ARTICLE_ROWS,
        help=f"in the batch (default: {ARTICLE_ROWS}, as in the article)",
    )
    traps.add_argument(
        "--only", metavar="A,B", default="", help=f"only these traps (default: all). Known: {', '.join(TRAPS)}."
    )
    traps.add_argument(
        "--seed", metavar="N", type=int, default=0, help="of weights, observations and orders (default: 0)"
    )


def traps(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code.

    Raises:
        UserError: for wrong usage, and where the folder can't be written.
    """
    from eagerbench.traps.campaign import measure_traps

    chosen = split_names(options.only) or tuple(TRAPS)
    for name in chosen:
        if name not in TRAPS:
            raise unknown("trap", name, TRAPS)
    if min(options.rows, options.launches) < 1 or options.seed < 0:
        raise UserError(
            f"--rows {options.rows} --launches {options.launches} --seed {options.seed}: expected at least one row and "
            "one launch, and a seed of 0 or more"
        )
    needed, available = LAUNCH_BYTES + options.rows * BYTES_PER_ROW, available_memory_bytes()
    if needed > available:
        raise UserError(
            f"--rows {options.rows}: they need about {needed / 2**30:.1f} GiB, {available / 2**30:.1f} GiB are free; "
            "ask for fewer"
        )
    command = shlex.join(["eagerbench", *arguments])
    try:
        with stoppable(), ExitStack() as stack:
            record = measure_traps(
                tuple(dict.fromkeys(chosen)),
                options.rows,
                options.launches,
                options.seed,
                options.out,
                command,
                TrapsDisplay(stack),
            )
        show_traps(record, options.out)
    except KeyboardInterrupt:  # before the first launch, or while the report is made: what is on the disk stays
        print("eagerbench: interrupted", file=sys.stderr)
        return INTERRUPTED
    if record.ended == "interrupted":
        return INTERRUPTED
    return 0 if any(launch.samples for launch in record.launches) else NOTHING


def show_traps(record: "TrapsRecord", out: Path) -> int:
    """Render a record and say what it shows; returns the exit code."""
    from eagerbench.reports.traps.render import render_traps, traps_lines

    for line in traps_lines(record, render_traps(record, out)):
        print(line)
    return 0


class TrapsDisplay:
    """Follows the launches: a bar in a terminal, a line for each launch elsewhere.

    Args:
        stack: ends it.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._console = Console(file=sys.stderr, highlight=False)
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
        self._task = self._bar.add_task("starting", total=1.0)
        self._number, self._total = 0, 1

    def launching(self, number: int, total: int) -> None:
        """A launch begins."""
        self._number, self._total = number, total
        self.progress(0, 0)

    def progress(self, done: int, total: int) -> None:
        """So many of its processes have ended."""
        doing = f"process {min(done + 1, total)}/{total}" if total else "importing TensorFlow"
        self._bar.update(
            self._task,
            description=f"launch {self._number + 1}/{self._total} · {doing}",
            completed=(self._number + (done / total if total else 0.0)) / self._total,
        )

    def launched(self, launch: "TrapsLaunch") -> None:
        """A launch has ended."""
        ending = "" if launch.ended == "complete" else f" ({launch.ended}: {launch.reason})"
        self._console.print(
            f"eagerbench: launch {launch.index + 1}/{self._total} took {launch.seconds:.0f} s{ending}",
            markup=False,
            soft_wrap=True,
        )
