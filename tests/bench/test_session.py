"""What a pytest session is told of a run, with hand-made runs instead of measured ones."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from eagerbench.cases import YARDSTICKS, Case
from eagerbench.errors import UserError
from eagerbench.margins import Margins, parse_margin
from eagerbench.plan import Request
from eagerbench.results import CaseOutcome, Counts, MemoryUse, Run
from eagerbench.session import CaseFailedError, Gate, Session

MakeRun = Callable[..., Run]
MakeUse = Callable[..., MemoryUse]
RACED, COLD, MEMORY, COUNTED = "forward/eager/b1", "cold/eager/b1", "memory/eager/b1", "traces/eager/forward-fixed"
STARTED = ({"imports": 3.0, "model": 0.25, "prepare": 0.0, "first call": 1.25}, [0.5, 0.25, 0.125])


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], Session]:
    """A session that has measured a run."""

    def measure(run: Run) -> Session:
        class Measured:
            def __init__(self, *_: object, **__: object) -> None:
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


class Told:
    """What measuring a user's own benchmark was asked for, in place of doing it."""

    def __init__(self, runs: dict[str, Run], monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[Request] = []
        self.appended: list[bool] = []
        self.tests: list[str] = []
        self._runs = runs
        monkeypatch.setattr("eagerbench.session.own_campaign", self._campaign)

    @contextmanager
    def _campaign(
        self, model: str, _: object, request: Request, *__: object, subject: str, test: str, append: bool
    ) -> Iterator[object]:
        self.requests.append(request)
        self.tests.append(test)
        self.appended.append(append)
        run = self._runs[model]
        cases = {case: f"{case}@{subject}" for case in run.start.plan.cases}
        plan = msgspec.structs.replace(run.start.plan, cases=tuple(cases.values()))
        launches = tuple(
            msgspec.structs.replace(
                launch,
                cases={cases[case]: outcome for case, outcome in launch.cases.items()},
                samples=tuple(
                    msgspec.structs.replace(sample, case=cases.get(sample.case, sample.case))
                    for sample in launch.samples
                ),
            )
            for launch in run.launches
        )
        run = msgspec.structs.replace(run, start=msgspec.structs.replace(run.start, plan=plan), launches=launches)

        class Measured:
            def __init__(self) -> None:
                self.run = run

            def measure(self) -> Run:
                return run

        yield Measured()


@pytest.fixture
def own(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Runs of two models."""
    return Told({"a": make_run({RACED: [[0.5, 0.25]]}), "b": make_run({RACED: [[0.125]]})}, monkeypatch)


def test_a_benchmark_of_ones_own_joins_the_run(
    measured: Callable[[Run], Session], make_run: MakeRun, own: Told
) -> None:
    """Its cases have its name, and its launches are appended to the suite's."""
    session = measured(make_run({RACED: [[1.0]]}))
    told = session.measure_own("test_policy-a-b", "a", None, None, test="test_a.py::test_policy[a/b]")  # type: ignore[arg-type]
    assert [case.id for case in told.cases] == ["forward/eager/b1@test_policy-a-b"]
    assert session.run is not None
    assert [case.id for case in session.run.cases] == [RACED, "forward/eager/b1@test_policy-a-b"]
    assert len(session.run.launches) == 2
    assert session.durations("forward/eager/b1@test_policy-a-b") == [0.5, 0.25]
    assert session.durations(RACED) == [1.0]
    assert own.appended == [True]
    assert own.tests == ["test_a.py::test_policy[a/b]"]


def test_a_test_that_races_again_is_numbered(own: Told) -> None:
    """The first call begins the file of launches."""
    session = Session(None, Path())
    for model in ("a", "b", "a"):
        session.measure_own("test_policy", model, None, None)  # type: ignore[arg-type]
    assert session.run is not None
    assert [case.subject for case in session.run.cases] == ["test_policy", "test_policy-2", "test_policy-3"]
    assert own.appended == [False, True, True]


def test_a_benchmark_of_ones_own_is_measured_as_the_session_is(own: Told) -> None:
    """Budget, launches, seed and modes are the session's, unless the test says which modes; never its environment."""
    asked = Request(profile="smoke", modes=("eager",), launches=3, seed=7, env="Acrobot-v1", batch_sizes=(5,))
    session = Session(None, Path(), request=asked)
    session.measure_own("test_a", "a", None, None, workloads=("forward",))  # type: ignore[arg-type]
    session.measure_own("test_b", "a", None, None, modes=("function",), batch_sizes=(9,))  # type: ignore[arg-type]
    first, second = own.requests
    assert first == Request(profile="smoke", modes=("eager",), launches=3, seed=7, workloads=("forward",))
    assert (second.modes, second.batch_sizes) == (("function",), (9,))


def test_a_session_without_the_suite_has_no_cases_of_it() -> None:
    """And nothing was measured before something was."""
    session = Session(None, Path())
    session.select(set())
    assert session.cases == ()
    assert session.run is None


def test_the_gate_waits_for_benchmarks_whose_cases_nobody_knows_yet(make_run: MakeRun) -> None:
    """Without them a base that shares no case with the plan is refused before anything is measured."""
    base, head = make_run({"forward/function/b7@test_policy": [[1.0]]}), make_run({RACED: [[1.0]]})
    margins = parse_margin("5%")
    gate = Gate("base", base, "function", Margins(margins), across_machines=False)
    session = Session(head.start.plan, Path(), gate)
    session.select({RACED}, own=True)
    with pytest.raises(UserError, match="none of the cases to be measured that are gated is in it"):
        session.select({RACED})
