"""The traces workload: what some calls make TensorFlow trace and XLA compile. Exact counts; nothing is timed.

Traces are what `tf.function` says of itself. XLA is asked to dump what it compiles, and each program is a file there: a
program that is compiled again for another shape, without a trace, is counted too.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from eagerbench import modes
from eagerbench.cases import Case
from eagerbench.models.a2c import Floats
from eagerbench.modes.base import Learner, Program
from eagerbench.results import CaseOutcome, Counts, Parity
from eagerbench.workloads import CALLS
from eagerbench.workloads.contenders import Contenders
from eagerbench.workloads.forward import Forward
from eagerbench.workloads.update import Update

# Four steps of Keras's 32 rows; in the changing scenario the last of them has another shape in every call.
ROWS = 100
UPDATE_ROWS = 64
ARRAYS_ONLY = "this way of executing takes arrays only, so no Python number can be its argument"
ONE_BATCH = "its program is made for one batch; Program.execute would take others through it"

# Takes observations [B, observation] and a temperature; gives all outputs.
Call = Callable[[Floats, float], Any]


class Traces:
    """Counts what cases make happen.

    Args:
        contenders: what may be called.
        dump: folder that XLA dumps into.
    """

    def __init__(self, contenders: Contenders, dump: Path) -> None:
        self._contenders = contenders
        self._dump = dump

    def count(self, case: Case) -> tuple[CaseOutcome, Counts | None]:
        """Make the calls of a case.

        Returns:
            What became of it, and its counts where it did what it should.
        """
        try:
            return self._count(case)
        except Exception as error:
            reason = self._contenders.maker(case).refused(case, error)
            if reason is None:
                raise
            return CaseOutcome("unavailable", reason), None

    def _count(self, case: Case) -> tuple[CaseOutcome, Counts | None]:
        mode = modes.load(case.executed)
        work, _, scenario = case.work_size.partition("-")
        forward, update = self._contenders.forward(case), self._contenders.update(case)
        reason = (update if work == "update" else forward).refusal(case)
        if reason is not None:
            return CaseOutcome("unavailable", reason), None
        compiled_before = self._compiled()
        if work == "update":
            learner = mode.learner(update.subject(), update.hyperparameters)
            calls = _updates(update, learner, scenario)
            traces, steps = learner.traces, None
        else:
            program = mode.forward(forward.subject(), forward.observations[:ROWS])
            call = _call(program, scenario)
            if call is None:
                return CaseOutcome("unavailable", ARRAYS_ONLY if scenario == "scalars" else ONE_BATCH), None
            calls = _passes(forward, call, scenario)
            traces, steps = program.traces, program.steps if scenario == "fixed" else None
        worst: Parity | None = None
        made = 0
        for parity in calls:
            made += 1
            if not parity.passed:
                return CaseOutcome("disagrees", parity.detail, parity), None
            worst = max(worst or parity, parity, key=lambda one: one.largest_error or 0.0)
        counts = Counts(
            case=case.id,
            calls=made,
            traces=traces() if traces else None,
            compiles=self._compiled() - compiled_before,
            steps=steps() if steps else None,
        )
        return CaseOutcome("ok", parity=worst, traces=counts.traces), counts

    def _compiled(self) -> int:
        """Programs that XLA has compiled in this process."""
        return len({path.name.split(".")[0] for path in self._dump.glob("module_*")})


def _passes(forward: Forward, call: Call, scenario: str) -> Iterator[Parity]:
    for number in range(CALLS):
        rows = ROWS + (number + 1 if scenario == "shapes" else 0)
        temperature = 1.0 + (number + 1) / 10 if scenario == "scalars" else 1.0
        batch = np.ascontiguousarray(forward.observations[:rows])
        yield forward.check(rows, call(batch, temperature), temperature)


def _updates(update: Update, learner: Learner, scenario: str) -> Iterator[Parity]:
    for number in range(CALLS):
        rows = UPDATE_ROWS + (number + 1 if scenario == "shapes" else 0)
        learner.restore(update.weights)
        losses = learner.update(update.batch(rows))
        yield update.check(rows, losses, learner)


def _call(program: Program, scenario: str) -> Call | None:
    """How a batch goes through a program, with a temperature where the scenario has one; None where it can't."""
    if scenario == "scalars":
        return program.scaled
    execute = program.execute
    return (lambda batch, _: execute(batch)) if execute else None
