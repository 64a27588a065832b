"""What a pytest session is told of a run, with hand-made runs instead of measured ones."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from eagerbench.cases import YARDSTICKS, Case
from eagerbench.results import CaseOutcome, Counts, MemoryUse, Run
from eagerbench.session import CaseFailedError, Session

MakeRun = Callable[..., Run]
MakeUse = Callable[..., MemoryUse]
RACED, COLD, MEMORY, COUNTED = "forward/eager/b1", "cold/eager/b1", "memory/eager/b1", "traces/eager/forward-fixed"
STARTED = ({"imports": 3.0, "model": 0.25, "prepare": 0.0, "first call": 1.25}, [0.5, 0.25, 0.125])


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], Session]:
    """A session that has measured a run."""

    def measure(run: Run) -> Session:
        class Measured:
            def __init__(self, *_: object) -> None:
                self.run = run

            def measure(self) -> Run:
                return run

        monkeypatch.setattr("eagerbench.session.Campaign", Measured)
        session = Session(run.start.plan, Path())
        session.measure(None)  # type: ignore[arg-type]
        return session

    return measure


def test_of_a_cold_start_pytest_benchmark_is_told_the_starts(
    measured: Callable[[Run], Session], make_forked_run: MakeRun
) -> None:
    """From the start of each process to its first result, not the calls that came after it."""
    slower = ({**STARTED[0], "first call": 2.25}, [0.5])
    session = measured(make_forked_run(cold={COLD: [STARTED, slower]}))
    assert session.durations(COLD) == [4.5, 5.5]
    session.judge(COLD)
    session.target(COLD)()
    info = session.extra_info(COLD)
    assert (info["workload"], info["mode"], info["size"]) == ("cold", "eager", "b1")
    assert info["cold_s"] == pytest.approx((4.5 * 5.5) ** 0.5)


def test_of_a_race_it_is_told_the_steady_calls(measured: Callable[[Run], Session], make_run: MakeRun) -> None:
    """And of the yardsticks in it."""
    session = measured(make_run({RACED: [[0.5, 0.25], [0.125]]}))
    assert session.durations(RACED) == [0.5, 0.25, 0.125]
    assert all(session.durations(yardstick.id) for yardstick in YARDSTICKS)


def test_memory_and_counts_have_no_durations_and_are_judged_all_the_same(
    measured: Callable[[Run], Session], make_forked_run: MakeRun, make_memory_use: MakeUse
) -> None:
    """What was asked of them is known."""
    run = make_forked_run(memory=[make_memory_use(MEMORY, [1.0])], counts=[Counts(COUNTED, 10, None, 0)])
    session = measured(run)
    for case in (MEMORY, COUNTED):
        assert session.durations(case) == []
        session.judge(case)


@pytest.mark.parametrize("case", [COLD, MEMORY, COUNTED])
def test_a_forked_case_that_went_wrong_says_why(
    measured: Callable[[Run], Session], make_forked_run: MakeRun, case: str
) -> None:
    """Judged directly or as what pytest-benchmark believes that it times."""
    session = measured(make_forked_run(outcomes={case: CaseOutcome("out-of-memory", "more than 9 MB")}))
    assert session.durations(case) == []
    for judged in (lambda: session.judge(case), session.target(case)):
        with pytest.raises(CaseFailedError, match=f"^{case}: out-of-memory: more than 9 MB$"):
            judged()
    assert session.unavailable(case) is None


def test_a_forked_case_that_can_not_run_here_is_skipped_with_its_reason(
    measured: Callable[[Run], Session], make_forked_run: MakeRun
) -> None:
    """It is not a failure."""
    session = measured(make_forked_run(outcomes={COLD: CaseOutcome("unavailable", "its cache stayed empty")}))
    assert session.unavailable(COLD) == "its cache stayed empty"


def test_starts_of_a_case_that_disagreed_are_not_told(
    measured: Callable[[Run], Session], make_forked_run: MakeRun
) -> None:
    """They are in the file, and don't count."""
    session = measured(make_forked_run(cold={COLD: [STARTED]}, outcomes={COLD: CaseOutcome("disagrees", "by one")}))
    assert session.durations(COLD) == []


@pytest.mark.parametrize(
    ("cases", "yardsticks"), [([COLD, MEMORY, COUNTED], ()), ([COLD, RACED], YARDSTICKS), ([RACED], YARDSTICKS)]
)
def test_there_are_no_yardsticks_where_there_is_no_race(
    make_run: MakeRun, cases: list[str], yardsticks: tuple[Case, ...]
) -> None:
    """They are raced, or nobody times them; also after cases were deselected."""
    plan = msgspec.structs.replace(make_run({RACED: [[0.1]]}).start.plan, cases=(*cases, "update/eager/b64"))
    session = Session(plan, Path())
    session.select(set(cases))
    assert session.cases == (*(Case.parse(case) for case in cases), *yardsticks)
