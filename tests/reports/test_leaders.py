"""Who is ahead, and how many modes are named."""

import pytest

from eagerbench.reports.leaders import is_yardstick, least, names


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (["eager"], "eager"),
        (["eager", "predict"], "eager and predict"),
        (["a", "b", "c", "d"], "a, b, c and d"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_names(modes: list[str], expected: str):
    """As a person writes them; of many, three and a number."""
    assert names(modes) == expected


def test_all_names_where_that_is_asked_for():
    """A limit may be set higher."""
    assert names(["a", "b", "c", "d", "e"], 5) == "a, b, c, d and e"


def test_a_yardstick_with_a_filled_cache_is_one():
    """The mark changes nothing about what it is."""
    assert [is_yardstick(mode) for mode in ("numpy", "fused-jax+cache", "eager", "function-xla+cache")] == [
        True,
        True,
        False,
        False,
    ]


def test_least_are_those_that_no_interval_tells_apart():
    """By the paired ratio: b is always a tenth more, c now more and now less, and of d no launch is shared."""
    a, b, c, d = {0: 1.0, 1: 2.0, 2: 4.0}, {0: 1.1, 1: 2.2, 2: 4.4}, {0: 1.2, 1: 1.9, 2: 4.4}, {7: 9.0}
    assert least(["a", "b", "c", "d"], [a, b, c, d]) == ["a", "c", "d"]
    assert least([], []) == []
