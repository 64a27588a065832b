"""A duel: live processes of several sides, called in turn, one at a time, there and back.

Each block visits all sides in an order drawn anew and then in the opposite order (of three: A B C C B A), so that what
drifts in the machine meets all alike. The processes take the times themselves; here nothing is timed.
"""

import os
import random
import selectors
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

import eagerbench
from eagerbench import graft
from eagerbench.contestant import (
    Answer,
    Command,
    Doing,
    Finish,
    Finished,
    Known,
    Paper,
    Ready,
    Refused,
    Rest,
    Rested,
    Taken,
    Visit,
    decode_answer,
)
from eagerbench.engines.local import describe, environment
from eagerbench.forking import kill_session
from eagerbench.gate_record import HEAD, Block
from eagerbench.results import CaseOutcome, Sample


class SilentError(Exception):
    """A process of a duel ended, hung, or refused; its text says which side and why, in one line.

    Args:
        side: name of the side.
        reason: why.
        case: that it was at; None where it was at none.
        refused: whether it said so itself: then it would do so again.
    """

    def __init__(self, side: str, reason: str, case: str | None = None, *, refused: bool = False) -> None:
        super().__init__(f"{side}: {reason}")
        self.side = side
        self.reason = reason
        self.case = case
        self.refused = refused


class _Contestant:
    """One live process, as its parent sees it."""

    def __init__(
        self, name: str, paper: Paper, folder: Path, timeout_s: float, outcomes: dict[str, CaseOutcome]
    ) -> None:
        self.name = name
        self._outcomes = outcomes
        self.case: str | None = None
        self._timeout_s = timeout_s
        self._rest = b""
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        file = folder / f"{name}.json"
        file.write_bytes(msgspec.json.encode(msgspec.structs.replace(paper, hears=commands, tells=answers)))
        self._stderr = (folder / f"{name}.stderr").open("w+b")
        try:
            self._process = subprocess.Popen(
                [paper.side.python, "-P", str(graft.__file__), str(file)],
                stdin=subprocess.DEVNULL,
                stdout=self._stderr,
                stderr=self._stderr,
                pass_fds=[commands, answers],
                # What it leaves behind when it is killed goes with the folder.
                env={**environment(), "TMPDIR": str(folder)},
                start_new_session=True,  # Ctrl-C in the terminal is for us
            )
        except OSError as error:
            os.close(self._commands)
            os.close(self._answers)
            self._stderr.close()
            reason = f"{paper.side.python} can't be started: {error.strerror or error}"
            raise SilentError(name, reason, refused=True) from error
        finally:
            os.close(commands)
            os.close(answers)

    def tell(self, command: Command) -> None:
        """Give an order; where nobody is there to hear it, the answer's absence will say so."""
        with suppress(BrokenPipeError):
            os.write(self._commands, msgspec.json.encode(command) + b"\n")

    def answer(self, wanted: type[Any]) -> Any:
        """Wait for an answer of a kind; what is heard before it is noted."""
        while True:
            heard = self._hear()
            if isinstance(heard, wanted):
                return heard
            if isinstance(heard, Known):
                self._outcomes[heard.case] = heard.outcome
            elif isinstance(heard, Refused):
                raise SilentError(self.name, heard.reason, refused=True)
            elif isinstance(heard, Doing):
                self.case = heard.case
            else:
                raise SilentError(self.name, f"expected {wanted.__name__}, heard {type(heard).__name__}", self.case)

    def _hear(self) -> Answer:
        while b"\n" not in self._rest:
            with selectors.DefaultSelector() as selector:
                selector.register(self._answers, selectors.EVENT_READ)
                if not selector.select(self._timeout_s):
                    raise SilentError(self.name, f"no word for {self._timeout_s:g} s", self.case)
            chunk = os.read(self._answers, 1 << 16)
            if not chunk:
                raise SilentError(self.name, self._ending(), self.case)
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            answer: Answer = decode_answer(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SilentError(self.name, f"said {line[:80]!r}, which no process of a duel says", self.case) from error
        return answer

    def _ending(self) -> str:
        """How it ended, after it has closed its pipe."""
        try:
            return describe(self._process.wait(self._timeout_s), self._stderr)
        except subprocess.TimeoutExpired:
            return f"closed its pipe, and has not ended within {self._timeout_s:g} s"

    def end(self) -> None:
        """End it, however it is."""
        os.close(self._commands)
        kill_session(self._process.pid)
        self._process.wait()
        os.close(self._answers)
        self._stderr.close()


class Duel:
    """Live processes of several sides; a context, at whose end none of them is left.

    Args:
        papers: what each side's process is to do, by its name.
        seed: of the orders.
        timeout_s: seconds without a word after which a process counts as hanging.

    Attributes:
        ready: what each side said when it was.
        outcomes: what each side has said of its cases by now.
    """

    def __init__(self, papers: Mapping[str, Paper], seed: int, timeout_s: float) -> None:
        self._papers = papers
        self._random = random.Random(seed)  # noqa: S311 - an order, not a secret
        self._timeout_s = timeout_s
        self._contestants: dict[str, _Contestant] = {}
        self.ready: dict[str, Ready] = {}
        self.outcomes: dict[str, dict[str, CaseOutcome]] = {name: {} for name in papers}

    def __enter__(self) -> Self:
        """Start all of them at once, and wait until each has made its cases ready.

        Raises:
            SilentError: where one didn't get so far.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="eagerbench-", ignore_cleanup_errors=True)
        try:
            # In an order drawn anew: who comes first may find more memory in large pages.
            for name in self._random.sample(list(self._papers), len(self._papers)):
                folder = Path(self._folder.name)
                self._contestants[name] = _Contestant(
                    name, self._papers[name], folder, self._timeout_s, self.outcomes[name]
                )
            for name, contestant in self._contestants.items():
                self.ready[name] = contestant.answer(Ready)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them."""
        self.close()

    def close(self) -> None:
        """End all processes."""
        for contestant in self._contestants.values():
            contestant.end()
        self._contestants.clear()
        self._folder.cleanup()

    def block(self, case: str, calls: int, number: int, *, back: bool = True, extra: int = 0) -> Block | None:
        """One turn; None where the case raised on some side, of which that side's outcome tells.

        Args:
            case: its id.
            calls: in each sample.
            number: of the block.
            back: whether there is a second visit to each side, in the opposite order.
            extra: executions that head makes beside these: a planted slowdown.
        """
        order = self._random.sample(list(self._contestants), len(self._contestants))
        sides = [*order, *reversed(order)] if back else order
        # A process that has slept needs some calls until it is as quick as it was: two milliseconds, as seen here.
        primes = max(1, calls // 2)
        seconds = []
        for name in sides:
            contestant = self._contestants[name]
            contestant.case = case
            contestant.tell(Visit(case, calls, number, primes, extra if name == HEAD else 0))
            sample: Sample | None = contestant.answer(Taken).sample
            if sample is None:
                return None
            seconds.append(sample.call_s)
        return Block(case, number, calls, tuple(sides), tuple(seconds))

    def rest(self) -> None:
        """All do what would disturb a sample."""
        for contestant in self._contestants.values():
            contestant.tell(Rest())
        for contestant in self._contestants.values():
            contestant.answer(Rested)

    def finish(self) -> dict[str, dict[str, int]]:
        """No more samples: every side says what became of its cases, also of those that traced while timed.

        Returns:
            Steps that Keras cuts a call into, by side and case.
        """
        found = {}
        for name, contestant in self._contestants.items():
            contestant.case = None
            contestant.tell(Finish())
            found[name] = contestant.answer(Finished).steps
        return found


def own_packages() -> dict[str, str]:
    """Where the eagerbench that is running lies, package by package."""
    from eagerbench import models, modes

    return {package.__name__: str(Path(str(package.__file__)).parent) for package in (eagerbench, models, modes)}
