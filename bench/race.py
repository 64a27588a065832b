"""The interleaved timing of many cases inside one process, and the only code that reads a clock.

Takes zero-argument callables; knows no mode, no model and no TensorFlow. The clock can be injected.

A race has three parts. Every contender starts once, in shuffled order: preparing and the first call are its `cold`
sample, and its outputs are checked. (In a process that was started for one contender alone, that sample goes back to
the start of the process.) Then each is warmed up until it no longer gets faster. Then come the rounds: in
every round the contenders that are due run in a newly shuffled order, slow ones in few rounds, spread evenly.
"""

import gc
import math
import random
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Protocol, TypeVar

from eagerbench.errors import out_of_memory
from eagerbench.results import CaseOutcome, Parity, Sample, Stage, Status


class Clock(Protocol):
    """Where the race gets its times from."""

    def wall(self) -> float:
        """Seconds on a monotonic clock."""

    def cpu(self) -> tuple[float, float]:
        """CPU seconds of this process so far, all threads: user, system."""


class SystemClock:
    """The real one."""

    wall = staticmethod(time.perf_counter)

    @staticmethod
    def cpu() -> tuple[float, float]:
        """From ``getrusage``, in microseconds."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime, usage.ru_stime


class Runnable(Protocol):
    """What a mode makes ready, as far as the race cares."""

    @property
    def call(self) -> Callable[[], Any]:
        """Executes once; what it returns is on the host."""

    @property
    def repeat(self) -> Callable[[int], Any] | None:
        """Executes so many times as one; None where that is the same as calling one after the other."""

    @property
    def reset(self) -> Callable[[], None]:
        """Brings back the state before the first call; done before every sample, outside the clock."""

    @property
    def resolved(self) -> dict[str, Any]:
        """What the mode turned out to be."""

    @property
    def traces(self) -> Callable[[], int] | None:
        """Counts traces; None where nothing is ever traced."""

    @property
    def trace(self) -> Callable[[], Any] | None:
        """Traces without executing; None where that can't be told apart, or nothing is traced."""

    @property
    def close(self) -> Callable[[], None]:
        """Gives back what Python's own clean-up would not."""


class Stopwatch:
    """Tells the parts of a sample apart: the functions that it watches, and the rest.

    A part inside another is taken out of that other, so that all parts together are the whole. Parts may run in other
    threads as long as only one of them runs at a time.

    Args:
        rest: name of what no watched function takes.
        clock: where times come from.
    """

    def __init__(self, rest: str, clock: Clock | None = None) -> None:
        self._now = (clock or SystemClock()).wall
        self._rest = rest
        self.start()

    def start(self) -> None:
        """Forget what was; the rest begins."""
        self._seconds: dict[str, float] = {self._rest: 0.0}
        self._running = [self._rest]
        self._since = self._now()

    def stop(self) -> dict[str, float]:
        """Seconds of each part since `start`."""
        self._switch()
        return dict(self._seconds)

    def watch(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time taken under a name."""

        def watched(*arguments: Any) -> Any:
            self._switch()
            self._running.append(part)
            try:
                return function(*arguments)
            finally:
                self._switch()
                self._running.pop()

        return watched

    def _switch(self) -> None:
        now, part = self._now(), self._running[-1]
        self._seconds[part] = self._seconds.get(part, 0.0) + now - self._since
        self._since = now


@dataclass(frozen=True)
class Contender:
    """One case in a race.

    Attributes:
        case: its id.
        ready: does what belongs to no mode, such as building the model, and returns what makes the program. Only the
            latter is timed, together with the first call.
        check: holds the first outputs against the reference; None where there is nothing to check.
        unavailable: why it can't run on this machine; None where it can.
        sample_seconds: how long a sample should be; None for the budget's.
        primed: whether an untimed call comes before each sample; without use where a sample is long and a call of it
            starts from nothing.
        stopwatch: tells the parts of a sample apart; None where it has none.
        refuses: why something that was raised before the first result says that it can't run; None where it says that
            something is broken.
        excluded: why it can't run, where that is known without executing anything.
    """

    case: str
    ready: Callable[[], Callable[[], Runnable]]
    check: Callable[[Any], Parity] | None = None
    unavailable: Callable[[], str | None] = lambda: None
    sample_seconds: float | None = None
    primed: bool = True
    stopwatch: Stopwatch | None = None
    refuses: Callable[[Exception], str | None] = lambda _: None
    excluded: str | None = None


@dataclass(frozen=True)
class Budget:
    """How long a race may go on timing.

    Attributes:
        case_seconds: steady seconds for each contender.
        min_rounds: steady samples for each contender, whatever they cost; quick ones get ``fewest_rounds`` anyway.
        sample_seconds: faster calls are timed several at a time until a sample takes this long.
        warmup_seconds: after which a contender that still gets faster is timed all the same, and said to be cold.
            A call so slow that two windows of calls don't fit is neither warmed up nor primed.
        max_rounds: more samples than this teach nothing about one launch.
        longest_start: a first call of more than so many warm-up budgets is not followed by others for warming up.
        fewest_rounds: of a quick contender: the median of fewer samples is at the mercy of one of them.
    """

    case_seconds: float
    min_rounds: int
    sample_seconds: float = 4e-3
    warmup_seconds: float = 3.0
    max_rounds: int = 100
    # Compiling may take longer than many calls; where it is the calls that are slow, even one more costs too much.
    longest_start: float = 1.5
    fewest_rounds: int = 5


@dataclass(frozen=True)
class Origin:
    """What was before a race for which a process was started.

    Attributes:
        parts: wall seconds by name, from the start of the process on.
        user_s: CPU seconds in user mode.
        sys_s: CPU seconds in the kernel.
    """

    parts: Mapping[str, float]
    user_s: float
    sys_s: float


@dataclass
class _Entry:
    """A contender that got through its cold start."""

    contender: Contender
    program: Runnable
    parity: Parity | None
    cold_s: float
    calls: int = 1
    call_s: float = 0.0
    warm: bool | None = None
    traces_before: int | None = None
    rounds: int = 0


class Listener(Protocol):
    """Who hears of a race while it goes on. Called outside the clock."""

    def running(self, case: str) -> None:
        """A contender is about to run; says whom to blame if nothing more is heard. Must be cheap."""

    def progress(self, stage: Stage, done: int, total: int) -> None:
        """So much of a part of the race is over."""

    def samples(self, samples: Sequence[Sample]) -> None:
        """Samples taken since the last call."""

    def outcome(self, case: str, outcome: CaseOutcome) -> None:
        """What is known of a case by now; a later word replaces an earlier one."""


Item = TypeVar("Item")

WINDOW = 3  # calls whose median is compared in warm-up
STILL_FASTER = 0.95  # a window below this share of the one before it says that warm-up goes on


class Race:
    """One race.

    Args:
        contenders: who takes part.
        budget: how long.
        seed: of every shuffle.
        listener: who hears of it.
        clock: where times come from.
        origin: given where the process was started for this race: then cold samples go back to its start, what
            `Contender.ready` does is part of them, and whether a contender can run is asked only where it can't, since
            asking may be what it does first.
    """

    def __init__(
        self,
        contenders: Sequence[Contender],
        budget: Budget,
        seed: int,
        listener: Listener,
        clock: Clock | None = None,
        origin: Origin | None = None,
    ) -> None:
        self._contenders = list(contenders)
        self._budget = budget
        self._random = random.Random(seed)  # noqa: S311 - an order, not a secret
        self._listener = listener
        self._clock = clock or SystemClock()
        self._origin = origin
        self._position = 0
        self._taken: list[Sample] = []
        self._entries: dict[str, _Entry] = {}

    def run(self) -> None:
        """Everything, start to end; results go to the listener."""
        with self.ready():
            self._rounds(list(self._entries.values()))

    @contextmanager
    def ready(self) -> Iterator[dict[str, float]]:
        """Cold starts and warm-up: for as long as this lasts, cases can be timed.

        Yields:
            Seconds of one call, by id of each case that got so far.
        """
        started = self._cold()
        # What exists now lives until the end: take it out of the collector's sight, so that collecting between rounds
        # is quick, and let nothing be collected while the clock runs.
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            for entry in started:
                self._guard(entry, "warmup", self._warm_up)
            self._entries = {entry.contender.case: entry for entry in started if entry.rounds}
            yield {case: entry.call_s for case, entry in self._entries.items()}
        finally:
            gc.enable()
            gc.unfreeze()
            for entry in started:
                entry.program.close()

    def visit(self, case: str, calls: int, number: int, primes: int) -> Sample | None:
        """One steady sample of a case that is ready, for a duel; None where it raises, of which the listener hears.

        Args:
            case: its id.
            calls: inside the sample.
            number: of the block.
            primes: untimed calls before it, where it may be primed at all.
        """
        entry = self._entries[case]
        entry.calls = calls
        self._guard(entry, "steady", partial(self._steady, number, primes=primes))
        return self._taken.pop() if self._taken else None

    def close_books(self) -> None:
        """Say of every case what became of it; of those that traced while they were timed, that they did."""
        for entry in self._entries.values():
            if entry.rounds:
                self._close_books(entry)

    # cold

    def _cold(self) -> list[_Entry]:
        order = self._shuffled(self._contenders)
        entries = []
        for done, contender in enumerate(order):
            self._listener.progress("cold", done, len(order))
            self._listener.running(contender.case)
            entry = self._start(contender)
            if entry is not None:
                entries.append(entry)
        return entries

    def _start(self, contender: Contender) -> _Entry | None:
        program: Runnable | None = None
        origin = self._origin
        try:
            reason = contender.excluded or (None if origin else contender.unavailable())
            if reason is not None:
                self._listener.outcome(contender.case, CaseOutcome("unavailable", reason))
                return None
            if not origin:
                make = contender.ready()
            user, system = self._clock.cpu()
            laps = [self._clock.wall()]
            parts = ["prepare"]
            if origin:
                make = contender.ready()
                laps.append(self._clock.wall())
                parts.insert(0, "model")
            program = make()
            laps.append(self._clock.wall())
            if program.trace:
                program.trace()
                laps.append(self._clock.wall())
                parts.append("trace")
            outputs = program.call()
            laps.append(self._clock.wall())
            parts.append("first call")
            user_end, system_end = self._clock.cpu()
            parity = contender.check(outputs) if contender.check else None
        except Exception as error:  # noqa: BLE001 - a mode may raise anything; the others go on
            reason = (contender.unavailable() if origin else None) or contender.refuses(error)
            self._listener.outcome(
                contender.case, CaseOutcome("unavailable", reason) if reason else CaseOutcome(*failure(error))
            )
            if program is not None:
                program.close()
            return None
        if parity is not None and not parity.passed:
            self._listener.outcome(
                contender.case, CaseOutcome("disagrees", parity.detail, parity, resolved=program.resolved)
            )
            program.close()
            return None
        before = origin or Origin({}, 0.0, 0.0)
        sample = self._sample(
            contender.case,
            "cold",
            -1,
            1,
            sum(before.parts.values()) + laps[-1] - laps[0],
            before.user_s + user_end - user,
            before.sys_s + system_end - system,
            {**before.parts, **{name: end - begin for name, (begin, end) in zip(parts, pairwise(laps), strict=True)}},
        )
        self._listener.samples([sample])
        entry = _Entry(contender, program, parity, cold_s=laps[-1] - laps[0])
        self._say(entry, "ok")
        return entry

    # warm-up

    def _warm_up(self, entry: _Entry) -> None:
        """Call until two windows in a row take the same time; find out how many calls make a sample."""
        budget = self._budget
        aim = entry.contender.sample_seconds or budget.sample_seconds
        entry.call_s = entry.cold_s
        if entry.cold_s < budget.longest_start * budget.warmup_seconds:
            spent = self._warm_sample(entry)
            previous = math.inf
            while self._quick(entry):
                entry.calls = max(1, math.ceil(aim / entry.call_s))
                window = [self._warm_sample(entry) for _ in range(WINDOW)]
                spent += sum(window)
                median = statistics.median(window) / entry.calls
                entry.call_s = median
                entry.warm = median >= STILL_FASTER * previous
                if entry.warm or spent >= budget.warmup_seconds:
                    break
                previous = median
        cost = entry.call_s * (entry.calls + self._primed(entry))
        affordable = math.floor(budget.case_seconds / cost) if cost else budget.max_rounds
        fewest = max(budget.min_rounds, budget.fewest_rounds) if self._quick(entry) else budget.min_rounds
        entry.rounds = min(budget.max_rounds, max(fewest, affordable))
        traces = entry.program.traces
        entry.traces_before = traces() if traces else None

    def _warm_sample(self, entry: _Entry) -> float:
        sample = self._timed(entry, "warmup", -1)
        entry.call_s = sample.call_s
        self._listener.samples([sample])
        return sample.wall_s

    def _quick(self, entry: _Entry) -> bool:
        """Whether calls are quick enough to be warmed up."""
        return 2 * WINDOW * entry.call_s <= self._budget.warmup_seconds

    def _primed(self, entry: _Entry) -> bool:
        """Whether a call is run, untimed, before each sample.

        The contender before may have emptied the caches, left threads spinning, and let the system take back the memory
        that a call needs; what follows a call of the same kind is what a loop of such calls would see.
        """
        return entry.contender.primed and self._quick(entry)

    # rounds

    def _rounds(self, entries: list[_Entry]) -> None:
        total = max((entry.rounds for entry in entries), default=0)
        due = spread({entry.contender.case: entry.rounds for entry in entries}, total, self._random)
        for number, cases in enumerate(due):
            self._listener.progress("steady", number, total)
            for case in self._shuffled(cases):
                self._guard(self._entries[case], "steady", partial(self._steady, number))
            self._listener.samples(self._taken)  # outside the clock, a round at a time: a write wakes the reader
            self._taken.clear()
            gc.collect()
        self.close_books()

    def _steady(self, number: int, entry: _Entry, primes: int = 1) -> None:
        if self._primed(entry):
            entry.program.reset()
            for _ in range(primes):
                entry.program.call()
        self._taken.append(self._timed(entry, "steady", number))

    def _close_books(self, entry: _Entry) -> None:
        """Nothing may have been traced while timing: a retrace is work that a warm call doesn't do."""
        traces = entry.program.traces
        if traces is None or entry.traces_before is None:
            self._say(entry, "ok")
            return
        made = traces() - entry.traces_before
        if made:
            self._say(entry, "retraced", f"traced {made} more times while it was timed", made)
        else:
            self._say(entry, "ok", traces_steady=0)

    # shared

    def _timed(self, entry: _Entry, stage: Stage, number: int) -> Sample:
        program, watch, clock = entry.program, entry.contender.stopwatch, self._clock
        call, repeat, repeats = program.call, program.repeat, range(entry.calls)
        program.reset()
        if watch:
            watch.start()
        user, system = clock.cpu()
        begin = clock.wall()
        if repeat:
            repeat(entry.calls)
        else:
            for _ in repeats:
                call()
        end = clock.wall()
        user_end, system_end = clock.cpu()
        parts = watch.stop() if watch else {}
        return self._sample(
            entry.contender.case, stage, number, entry.calls, end - begin, user_end - user, system_end - system, parts
        )

    def _sample(
        self,
        case: str,
        stage: Stage,
        number: int,
        calls: int,
        wall_s: float,
        user_s: float,
        sys_s: float,
        parts: dict[str, float] | None = None,
    ) -> Sample:
        sample = Sample(
            case, stage, number, self._position, calls, wall_s, max(0.0, user_s), max(0.0, sys_s), parts or {}
        )
        self._position += 1
        return sample

    def _guard(self, entry: _Entry, stage: Stage, step: Callable[[_Entry], None]) -> None:
        """Run a step of one contender; if it raises, that contender is out and the others go on."""
        if stage == "steady" and not entry.rounds:
            return  # it raised in an earlier round
        self._listener.running(entry.contender.case)
        try:
            step(entry)
        except Exception as error:  # noqa: BLE001 - a mode may raise anything
            entry.rounds = 0
            self._say(entry, *failure(error))

    def _say(self, entry: _Entry, status: Status, reason: str = "", traces_steady: int | None = None) -> None:
        self._listener.outcome(
            entry.contender.case,
            CaseOutcome(
                status,
                reason,
                parity=entry.parity,
                warm=entry.warm,
                traces=entry.program.traces() if entry.program.traces else None,
                traces_steady=traces_steady,
                resolved=entry.program.resolved,
            ),
        )

    def _shuffled(self, items: Sequence[Item]) -> list[Item]:
        return self._random.sample(items, len(items))


def spread(rounds: dict[str, int], total: int, order: random.Random) -> list[list[str]]:
    """Who is due in which round: each evenly over the whole race, with an offset of its own.

    Args:
        rounds: how many samples each case gets.
        total: rounds of the race, at least the largest of them.
        order: draws the offsets, so that slow cases don't all meet in one round.

    Returns:
        For each round the cases that run in it.
    """
    due: list[list[str]] = [[] for _ in range(total)]
    for case, count in rounds.items():
        offset = order.random()
        for visit in range(count):
            due[math.floor((visit + offset) * total / count)].append(case)
    return due


def failure(error: BaseException) -> tuple[Status, str]:
    """What became of a case that raised, and why, in one line."""
    return ("out-of-memory" if out_of_memory(error) else "failed"), in_one_line(error)


def in_one_line(error: BaseException, limit: int = 300) -> str:
    """An exception as one line of text."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:limit] if text else type(error).__name__
