"""The memory workload on a fake clock, with programs that are none: how often it calls, and what it says of that."""

import mmap
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest

from eagerbench.cases import Case
from eagerbench.race import Contender
from eagerbench.results import CaseOutcome, Forking, MemoryUse, Parity

pytestmark = pytest.mark.tensorflow  # what it may call lies beside TensorFlow, which is imported and not used

CASE = Case.parse("memory/eager/b1")
GOOD, BAD = Parity(True, "reference", 0.0, "rule"), Parity(False, "reference", 3.0, "rule", "off by three")


class FakeClock:
    """A clock that moves only when a program says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def wall(self) -> float:
        return self.now


class FakeProgram:
    """Whose n-th call takes the n-th of the given seconds, and the last of them from then on."""

    traces = staticmethod(lambda: 3)
    resolved: dict[str, Any] = {"made": True}  # noqa: RUF012

    def __init__(self, clock: FakeClock, seconds: Sequence[float]) -> None:
        self.clock = clock
        self.seconds = seconds
        self.calls = 0
        self.reset_after: list[int] = []
        self.closed = False

    def call(self) -> int:
        self.clock.now += self.seconds[min(self.calls, len(self.seconds) - 1)]
        self.calls += 1
        return self.calls

    def reset(self) -> None:
        self.reset_after.append(self.calls)

    def close(self) -> None:
        self.closed = True


def measured(
    program: FakeProgram,
    *,
    check: bool = False,
    check_with: Callable[[int], Parity] | None = None,
    calls: int = 10,
    seconds: float | None = None,
    unavailable: Callable[[], str | None] = lambda: None,
    excluded: str | None = None,
) -> tuple[list[MemoryUse | CaseOutcome], int]:
    """All that is said of a case, and how often a heart beat."""
    from eagerbench.workloads.memory import Memory

    class Only:
        @staticmethod
        def apart(case: Case) -> Contender:
            return Contender(case.id, lambda: lambda: program, check_with, unavailable, excluded=excluded)

    plan = Forking(1, 0.1, 1.0, 1, calls, seconds, 2**40)
    beats: list[int] = []
    memory = Memory(Only(), plan, program.clock)  # type: ignore[arg-type]
    found = list(memory.measure(CASE, lambda: beats.append(program.calls), check=check))
    assert beats == list(range(2, 2 + len(beats)))  # one after each call but the first
    return found, len(beats)


def use(found: Sequence[MemoryUse | CaseOutcome]) -> MemoryUse:
    (own,) = [one for one in found if isinstance(one, MemoryUse)]
    return own


def test_what_is_known_not_to_run_is_not_called() -> None:
    """It has a reason instead of memory."""
    program = FakeProgram(FakeClock(), [1.0])
    found, _ = measured(program, excluded="another model")
    assert found == [CaseOutcome("unavailable", "another model")]
    assert program.calls == 0


def test_as_many_calls_are_made_as_were_asked_for() -> None:
    """However long they take; after the first, and with a size for each."""
    program = FakeProgram(FakeClock(), [100.0])
    found, beats = measured(program, calls=10)
    own = use(found)
    assert (own.calls, beats, program.calls, program.closed) == (10, 10, 11, True)
    assert [made for made, _ in own.checkpoints] == list(range(11))
    assert own.checkpoints[0][1] == own.first_bytes
    assert own.checkpoints[-1][1] == own.last_bytes
    assert 0 < own.baseline_bytes <= own.last_peak_bytes
    assert own.first_bytes <= own.first_peak_bytes <= own.last_peak_bytes
    assert own.sampled_peak_bytes == 0  # which is seen from outside
    assert found[-1] == CaseOutcome("ok", traces=3, resolved={"made": True})


def test_calls_end_with_the_time_for_them() -> None:
    """Of a quarter of a second each, in one second and a half: the one that begins then is the seventh and last."""
    found, _ = measured(FakeProgram(FakeClock(), [0.25]), calls=2000, seconds=1.5)
    assert use(found).calls == 7


@pytest.mark.parametrize(("first", "calls"), [(10.0, 5), (10.25, 0)])
def test_a_first_call_that_took_too_long_is_the_only_one(first: float, calls: int) -> None:
    """More than ten times the seconds of a process; what it left in memory is told all the same."""
    found, _ = measured(FakeProgram(FakeClock(), [first, 0.25]), calls=2000, seconds=1.0)
    own = use(found)
    assert own.calls == calls
    assert own.checkpoints[0] == (0, own.first_bytes)
    assert isinstance(found[-1], CaseOutcome)


def test_what_is_checked_is_what_a_first_call_gives() -> None:
    """After all these calls the program is brought back, once; without other calls the first one's result is held."""
    held: list[int] = []

    def check(outputs: int) -> Parity:
        held.append(outputs)
        return GOOD

    program = FakeProgram(FakeClock(), [0.25])
    found, _ = measured(program, check=True, calls=10, check_with=check)
    assert (program.reset_after, held) == ([11], [12])
    assert found[-1] == CaseOutcome("ok", parity=GOOD, traces=3, resolved={"made": True})
    alone = FakeProgram(FakeClock(), [99.0])
    measured(alone, check=True, seconds=1.0, check_with=check)
    assert (alone.reset_after, held[1:]) == ([], [1])


def test_numbers_that_disagree_are_told_after_the_memory() -> None:
    """The last word counts; and in a launch that doesn't check, nobody looks."""
    found, _ = measured(FakeProgram(FakeClock(), [0.25]), check=True, check_with=lambda _: BAD)
    assert [type(one) for one in found] == [MemoryUse, CaseOutcome]
    assert found[-1] == CaseOutcome("disagrees", "off by three", BAD, traces=3, resolved={"made": True})
    unchecked, _ = measured(FakeProgram(FakeClock(), [0.25]), check_with=lambda _: BAD)
    assert found[-1] != unchecked[-1] == CaseOutcome("ok", traces=3, resolved={"made": True})


@pytest.mark.parametrize(
    ("error", "reason", "outcome"),
    [
        (ValueError("no luck"), None, CaseOutcome("failed", "ValueError: no luck")),
        (MemoryError("no room"), None, CaseOutcome("out-of-memory", "MemoryError: no room")),
        (ValueError("no luck"), "no such device", CaseOutcome("unavailable", "no such device")),
    ],
)
def test_a_first_call_that_raises_leaves_no_memory_to_speak_of(
    error: Exception, reason: str | None, outcome: CaseOutcome
) -> None:
    """Whether it could have run at all is asked then, and not before."""

    class Raises(FakeProgram):
        def call(self) -> int:
            raise error

    assert measured(Raises(FakeClock(), [0.25]), unavailable=lambda: reason)[0] == [outcome]


def test_whether_a_case_can_run_is_not_asked_where_it_does() -> None:
    """Asking takes memory, which would be taken for the mode's."""
    found, _ = measured(FakeProgram(FakeClock(), [0.25]), unavailable=lambda: pytest.fail("asked"))
    assert found[-1] == CaseOutcome("ok", traces=3, resolved={"made": True})


def test_what_a_program_keeps_is_seen() -> None:
    """A hundred thousand bytes with each of two hundred calls, and a list: twenty megabytes, and two objects a call."""
    kept: list[Any] = []

    class Keeps(FakeProgram):
        def call(self) -> int:
            room = mmap.mmap(-1, 100_000)  # new memory, whatever earlier tests have given back to Python
            room.write(b"x" * 100_000)
            kept.append([room])
            return super().call()

    own = use(measured(Keeps(FakeClock(), [0.25]), calls=200)[0])
    assert 16e6 < own.last_bytes - own.first_bytes < 30e6
    assert own.last_bytes - own.baseline_bytes > 16e6
    assert 400 <= own.last_objects - own.first_objects < 460


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        (0, [0]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (100, list(range(101))),
        (2000, list(range(0, 2001, 20))),
    ],
)
def test_checkpoints_are_spread_from_the_first_call_to_the_last(calls: int, expected: list[int]) -> None:
    """At most a hundred and one, of which one is before all of them."""
    from eagerbench.workloads.memory import checkpoints

    assert checkpoints(calls) == expected
    odd = checkpoints(12_345)
    assert (odd[0], odd[-1], len(odd)) == (0, 12_345, 101)
    assert {after - before for before, after in pairwise(odd)} <= {123, 124}
