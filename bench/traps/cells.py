"""The article's cells, executed as a notebook executes them, and timed from outside.

Knows no TensorFlow by name: the cells import it.
"""

import contextlib
import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from eagerbench import parity
from eagerbench.launch import Pipe
from eagerbench.race import Clock, SystemClock, failure
from eagerbench.results import CaseOutcome, Parity, Sample, Stage
from eagerbench.traps.article import CELLS, SETUP

# Of a warm call: so many, or fewer where they take long.
AGAIN = 5
AGAIN_S = 1.0


class Notebook:
    """A notebook whose cells before the timed ones have run.

    Args:
        rows: of the batch.
        listener: hears of samples and outcomes.
        clock: where times come from.
    """

    def __init__(self, rows: int, listener: Pipe, clock: Clock | None = None) -> None:
        self._listener = listener
        self._clock = clock or SystemClock()
        self._position = 0
        self.names: dict[str, Any] = {"rows": rows}
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*is out of date.*")  # CartPole-v0 is the article's
            _execute(SETUP, "<setup>", self.names)

    def run(self, cell: str, name: str, first: str = "") -> bool:
        """Time a cell, once, from its first line to its last, as ``%%time`` does.

        Args:
            cell: of `CELLS`.
            name: of the measurement.
            first: name of the measurement of its last line alone; empty where that is not asked for.

        Returns:
            Whether it came to its end.
        """
        # Compiled outside of the clock, as IPython does.
        build, call = (compile(part, f"<{cell}>", "exec") for part in (CELLS[cell].build, CELLS[cell].call))
        printed = io.StringIO()
        laps: list[tuple[float, float, float]] = []
        outcome = CaseOutcome("ok")
        self._listener.running(name)
        try:
            with contextlib.redirect_stdout(printed):
                laps.append(self._now())
                exec(build, self.names)  # noqa: S102 - our own text, run as a notebook runs it
                laps.append(self._now())
                exec(call, self.names)  # noqa: S102
                laps.append(self._now())
        except Exception as error:  # noqa: BLE001 - a cell may raise anything, and what it raises is a finding
            outcome = CaseOutcome(*failure(error))
        outcome = _with_flags(outcome, printed.getvalue(), self.names)
        if len(laps) == 3:
            self._samples(name, "cold", [_between(laps[0], laps[2])])
            if first:
                self._samples(first, "cold", [_between(laps[1], laps[2])])
        for told in filter(None, (name, first)):
            self._listener.outcome(told, outcome)
        return len(laps) == 3

    def again(self, code: str, name: str, check: Callable[[Any], Parity] | None = None) -> None:
        """Time a line that has run before, until it has run `AGAIN` times or for `AGAIN_S`.

        Args:
            code: the line; its result is ``_``.
            name: of the measurement.
            check: holds ``_`` against what it should be.
        """
        outcome = CaseOutcome("ok")
        compiled = compile(code, f"<{name}>", "exec")
        taken: list[tuple[float, float, float]] = []
        self._listener.running(name)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                while len(taken) < AGAIN and sum(wall for wall, _, _ in taken) < AGAIN_S:
                    before = self._now()
                    exec(compiled, self.names)  # noqa: S102 - our own text
                    taken.append(_between(before, self._now()))
            found = check(self.names["_"]) if check else None
        except Exception as error:  # noqa: BLE001 - as above
            outcome = CaseOutcome(*failure(error))
        else:
            if found and not found.passed:
                outcome = CaseOutcome("disagrees", found.detail, found)
            elif found:
                outcome = CaseOutcome("ok", parity=found)
        self._samples(name, "steady", taken)
        self._listener.outcome(name, outcome)

    def _now(self) -> tuple[float, float, float]:
        return self._clock.wall(), *self._clock.cpu()

    def _samples(self, name: str, stage: Stage, taken: Sequence[tuple[float, float, float]]) -> None:
        samples = []
        for number, (wall_s, user_s, sys_s) in enumerate(taken):
            round_number = number if stage == "steady" else -1
            samples.append(Sample(name, stage, round_number, self._position, 1, wall_s, user_s, sys_s))
            self._position += 1
        self._listener.samples(samples)


def in_order(notebook: Notebook) -> None:
    """The article's three cells as a notebook runs them, and then the first of them again."""
    for cell in ("eager", "static", "default"):
        notebook.run(cell, f"notebook/{cell}")
    notebook.run("eager", "notebook/eager-again")


def alone(notebook: Notebook, cell: str, steps: bool) -> None:
    """A cell, its last line again, and after the default cell the same rows in one step.

    Args:
        notebook: new.
        cell: of `CELLS`.
        steps: whether the rows are also taken in one step.
    """
    if not notebook.run(cell, f"alone/{cell}", f"first/{cell}"):
        return
    code = CELLS[cell]
    if code.build:
        notebook.again(code.call, f"again/{cell}")
    if steps:
        expected = [output.numpy() for output in notebook.names["model"](notebook.names["obs"])]

        def same(outputs: Any) -> Parity:
            return parity.compare(list(outputs), expected, "eager call of the same model")

        for line, name in STEPS.items():
            _execute(line, f"<{name}>", notebook.names)  # cold, untimed
            notebook.again(line, name, same)


# All rows in one step, by what is executed; `_` is on the host.
STEPS = {
    "_ = model.predict(obs, batch_size=len(obs))\n": "steps/predict-full",
    "_ = [output.numpy() for output in model(obs)]\n": "steps/call",
}


def _execute(code: str, where: str, names: dict[str, Any]) -> None:
    exec(compile(code, where, "exec"), names)  # noqa: S102 - our own text, run as a notebook runs it


def _between(before: tuple[float, float, float], after: tuple[float, float, float]) -> tuple[float, float, float]:
    wall_s, user_s, sys_s = (max(0.0, end - begin) for begin, end in zip(before, after, strict=True))
    return wall_s, user_s, sys_s


def _with_flags(outcome: CaseOutcome, printed: str, names: dict[str, Any]) -> CaseOutcome:
    """The outcome with what the cell printed about how it is executed, and the type of its rows."""
    flags: dict[str, Any] = {"dtype": str(names["obs"].dtype)}
    for line in printed.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.startswith("Eager "):
            flags[name] = value.strip()
    return CaseOutcome(outcome.status, outcome.reason, resolved=flags)
