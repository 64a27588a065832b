"""Case ids and the cases of a workload."""

import pytest

from eagerbench.cases import Case, forward_cases
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


def test_forward_cases_keep_modes_of_one_size_together() -> None:
    """The order of the report: sizes outside, modes inside."""
    ids = [case.id for case in forward_cases(["eager", "numpy"], [8, 1])]
    assert ids == ["forward/eager/b8", "forward/numpy/b8", "forward/eager/b1", "forward/numpy/b1"]


def test_an_unknown_name_gets_the_nearest_known_one() -> None:
    """The line names what came, what may be meant, and all there is."""
    error = unknown("mode", "functoin", ["eager", "function"])
    assert str(error) == "unknown mode 'functoin' (did you mean 'function'?); known: eager, function"
