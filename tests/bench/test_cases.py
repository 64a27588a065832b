"""Case ids and the cases of a workload."""

import pytest

from eagerbench.cases import Case, cases_of
from eagerbench.errors import UserError, unknown


def test_an_id_survives_the_round_trip() -> None:
    """Parsing an id gives the case that wrote it."""
    case = Case("forward", "function-xla", "b100000")
    assert case.id == "forward/function-xla/b100000"
    assert Case.parse(case.id) == case
    assert case.rows == 100_000
    assert case.group == "forward b100000"


@pytest.mark.parametrize("text", ["", "forward", "forward/eager", "forward//b1", "a/b/c/d"])
def test_a_malformed_id_is_refused(text: str) -> None:
    """The error shows what an id looks like and what came."""
    with pytest.raises(UserError, match="expected a case id like 'forward/eager/b1', got"):
        Case.parse(text)


@pytest.mark.parametrize("size", ["b0", "100", "b-1", "b1x", "env1"])
def test_a_size_that_is_no_batch_has_no_rows(size: str) -> None:
    """Only `b` and a positive number of rows is a batch."""
    with pytest.raises(UserError, match="expected a size like 'b100000'"):
        _ = Case("forward", "eager", size).rows


def test_a_training_has_environments() -> None:
    """As many as its size says."""
    case = Case.parse("train/fused-xla/env128")
    assert (case.workload, case.mode, case.environments) == ("train", "fused-xla", 128)
    assert case.group == "train env128"


@pytest.mark.parametrize("size", ["env0", "env", "env-1", "env1x", "env 1", "b1", "1"])
def test_a_size_that_is_no_number_of_environments_has_none(size: str) -> None:
    """Only `env` and a positive number is one; the error shows the form and what came."""
    with pytest.raises(UserError, match=f"expected a size like 'env1', got '{size}'"):
        _ = Case("train", "eager", size).environments


def test_cases_keep_modes_of_one_size_together() -> None:
    """The order of the report: sizes outside, modes inside; also of modes that can be gone through only once."""
    found = cases_of("update", ["b8", "b1"], iter(["eager", "numpy"]))
    assert [case.id for case in found] == ["update/eager/b8", "update/numpy/b8", "update/eager/b1", "update/numpy/b1"]
    assert cases_of("forward", ["b1"], []) == ()


def test_an_unknown_name_gets_the_nearest_known_one() -> None:
    """The line names what came, what may be meant, and all there is."""
    error = unknown("mode", "functoin", ["eager", "function"])
    assert str(error) == "unknown mode 'functoin' (did you mean 'function'?); known: eager, function"


def test_a_start_from_the_cache_is_a_case_of_its_own_that_executes_the_same_mode() -> None:
    """Its id says so, and its group is that of the start without."""
    case = Case.parse("cold/function-xla+cache/b1")
    assert case.id == "cold/function-xla+cache/b1"
    assert (case.mode, case.executed, case.group) == ("function-xla+cache", "function-xla", "cold b1")
    assert Case.parse("cold/function-xla/b1").executed == "function-xla"


@pytest.mark.parametrize(
    ("text", "trains"),
    [
        ("cold/eager/env1", True),
        ("memory/fused/env128", True),
        ("cold/eager/b1", False),
        ("traces/eager/update-fixed", False),
    ],
)
def test_what_trains_is_told_by_its_size(text: str, trains: bool) -> None:
    """Also in workloads that have both."""
    assert Case.parse(text).trains is trains


@pytest.mark.parametrize(
    ("size", "work", "hidden", "subject"),
    [
        ("b64", "b64", None, ""),
        ("b64-h512", "b64", 512, ""),
        ("b64@test_my_policy", "b64", None, "test_my_policy"),
        ("env1-h32@test_a[b1-h8@c]", "env1", 32, "test_a[b1-h8@c]"),
        ("b64@two\nlines", "b64", None, "two\nlines"),
        ("forward-shapes@own", "forward-shapes", None, "own"),
        ("b64-h0", "b64-h0", None, ""),
    ],
)
def test_width_and_benchmark_of_a_user_are_parts_of_a_size(
    size: str, work: str, hidden: int | None, subject: str
) -> None:
    """A test's name may have any sign; what is no width stays with the work."""
    case = Case("forward", "eager", size)
    assert (case.work_size, case.hidden, case.subject) == (work, hidden, subject)
