"""One test per case, named by its id.

All cases are measured in launches before the first of these tests runs; each test then hands the samples of its case to
pytest-benchmark, so that its table, its files and its comparisons show what was really measured.
"""

from functools import partial
from typing import Any

import pytest

from eagerbench.cases import UNTIMED, Case
from eagerbench.plugin import SESSION
from eagerbench.session import CaseFailedError, Session, replay_timer


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A parameter for each planned case and each yardstick, with a timer of its own in the mark."""
    session = metafunc.config.stash[SESSION]
    metafunc.parametrize("case", [_parameter(session, case) for case in session.cases])


def _parameter(session: Session, case: Case) -> Any:
    marks = [pytest.mark.benchmark(timer=replay_timer(partial(session.durations, case.id)), group=case.group)]
    if case.workload in UNTIMED:
        marks.append(pytest.mark.filterwarnings("ignore:Benchmark fixture was not used"))
    return pytest.param(case.id, id=case.id, marks=marks)


def test_case(case: str, benchmark: Any, eagerbench_measured: Session) -> None:
    """Replay what was recorded of a case; red where what was asked of it is not known."""
    reason = eagerbench_measured.unavailable(case)
    if reason is not None:
        pytest.skip(reason)
    try:
        if Case.parse(case).workload in UNTIMED:
            # Bytes and counts stand in our own section: pytest-benchmark knows times only. Its fixture is asked for all
            # the same, since --benchmark-only leaves out a test that doesn't.
            eagerbench_measured.judge(case)
            return
        benchmark.extra_info.update(eagerbench_measured.extra_info(case))
        rounds = max(1, len(eagerbench_measured.durations(case)))
        benchmark.pedantic(eagerbench_measured.target(case), rounds=rounds)
    except CaseFailedError as error:
        pytest.fail(str(error), pytrace=False)
