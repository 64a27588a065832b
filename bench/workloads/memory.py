"""The memory workload: one case called again and again in a process of its own, and what stays resident."""

import gc
import os
from array import array
from collections.abc import Callable, Iterator

import psutil

from eagerbench.cases import Case
from eagerbench.forking import peak_bytes, resident_bytes
from eagerbench.race import Clock, SystemClock, failure
from eagerbench.results import CaseOutcome, Forking, MemoryUse
from eagerbench.workloads.contenders import Contenders

MOST_CHECKPOINTS = 100
# A first call that takes so many times the seconds of a process is the only one; less may be tracing and compiling.
LONGEST_START = 10.0


class Memory:
    """What cases leave in memory.

    Args:
        contenders: what may be called.
        plan: how many calls, or for how long.
        clock: for how long.
    """

    def __init__(self, contenders: Contenders, plan: Forking, clock: Clock | None = None) -> None:
        self._contenders = contenders
        self._plan = plan
        self._now = (clock or SystemClock()).wall

    def measure(self, case: Case, heartbeat: Callable[[], None], *, check: bool) -> Iterator[MemoryUse | CaseOutcome]:
        """Call a case again and again.

        Args:
            case: which.
            heartbeat: called between calls, so that a long loop is not taken for a hanging one.
            check: whether its results are held against the reference, in the end.

        Yields:
            Its memory, and what became of it.
        """
        contender = self._contenders.apart(case)
        if contender.excluded is not None:
            yield CaseOutcome("unavailable", contender.excluded)
            return
        process = psutil.Process(os.getpid())
        # All room that looking takes is taken before the first look.
        resident = array("q", bytes(8 * (self._plan.memory_calls + 1)))
        tracked_objects()
        baseline = resident_bytes(process)
        try:
            begin = self._now()
            program = contender.ready()()
            outputs = program.call()
            first_call_s = self._now() - begin
        except Exception as error:  # noqa: BLE001 - a mode may raise anything
            # Asked only now, since asking may be the first thing that takes memory.
            reason = contender.unavailable() or contender.refuses(error)
            yield CaseOutcome("unavailable", reason) if reason else CaseOutcome(*failure(error))
            return
        resident[0] = resident_bytes(process)
        first_peak, first_objects = max(peak_bytes(), resident[0]), tracked_objects()

        calls, begin = 0, self._now()
        for _ in range(self._calls_after(first_call_s)):
            if self._plan.memory_seconds is not None and self._now() - begin > self._plan.memory_seconds:
                break
            program.call()
            calls += 1
            resident[calls] = resident_bytes(process)
            heartbeat()
        last_peak, last_objects = max(peak_bytes(), first_peak, resident[calls]), tracked_objects()
        yield MemoryUse(
            case=case.id,
            baseline_bytes=baseline,
            first_bytes=resident[0],
            first_peak_bytes=first_peak,
            last_bytes=resident[calls],
            last_peak_bytes=last_peak,
            sampled_peak_bytes=0,  # known outside
            calls=calls,
            checkpoints=tuple((made, resident[made]) for made in checkpoints(calls)),
            first_objects=first_objects,
            last_objects=last_objects,
        )
        parity = None
        if check and contender.check:
            # Late, since checking takes memory: after all these calls, what the first one gave.
            if calls:
                program.reset()
                outputs = program.call()
            parity = contender.check(outputs)
        yield CaseOutcome(
            "ok" if parity is None or parity.passed else "disagrees",
            parity.detail if parity else "",
            parity=parity,
            traces=program.traces() if program.traces else None,
            resolved=program.resolved,
        )
        program.close()

    def _calls_after(self, first_call_s: float) -> int:
        seconds = self._plan.memory_seconds
        return 0 if seconds is not None and first_call_s > LONGEST_START * seconds else self._plan.memory_calls


def checkpoints(calls: int) -> list[int]:
    """At most a hundred numbers of calls, evenly spread from the first to the last."""
    count = min(calls, MOST_CHECKPOINTS)
    return sorted({round(number * calls / count) for number in range(count + 1)}) if count else [0]


def tracked_objects() -> int:
    """Objects that Python's garbage collector knows and that are not garbage."""
    gc.collect()
    return len(gc.get_objects())
