"""Who is ahead, and how many modes are named."""

from collections.abc import Callable

import pytest

from eagerbench import Run, summarise
from eagerbench.reports.leaders import is_yardstick, leaders, least, names, recommended, unknown
from eagerbench.reports.tables import ranked
from eagerbench.summary import CaseSummary


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


def test_least_are_those_that_none_is_shown_to_be_less_than():
    """By the paired ratio: b is always a tenth more, c now more and now less."""
    a, b, c = {0: 1.0, 1: 2.0, 2: 4.0}, {0: 1.1, 1: 2.2, 2: 4.4}, {0: 1.2, 1: 1.9, 2: 4.4}
    assert least(["a", "b", "c"], [a, b, c]) == ["a", "c"]
    assert least([], []) == []


def test_one_that_scatters_ties_nobody():
    """The first can be told from none, and still the third takes less than the fourth: all pairs are looked at."""
    noisy, quick, slow = {0: 0.1, 1: 1.0, 2: 10.0}, {0: 2.0, 1: 2.0, 2: 2.1}, {0: 4.0, 1: 4.1, 2: 4.0}
    assert least(["noisy", "quick", "slow"], [noisy, quick, slow]) == ["noisy", "quick"]


def test_the_first_may_be_shown_to_take_more():
    """Its mean is the least, since it took part in quick launches only; in those that it shares it is behind."""
    first, other = {0: 1.0, 1: 1.0}, {0: 0.9, 1: 0.9, 2: 9.0, 3: 9.0}
    assert least(["first", "other"], [first, other]) == ["other"]


def test_without_two_launches_in_common_nothing_is_shown():
    """Of one such item nothing is said; where no two share launches nothing is the least, but one alone is."""
    a, b, single = {0: 1.0, 1: 1.1}, {0: 2.0, 1: 2.0}, {1: 0.5}
    assert least(["single", "a", "b"], [single, a, b]) == ["a"]
    assert least(["single", "a"], [single, a]) == []
    assert least(["single"], [single]) == ["single"]


def modes(cases: list[CaseSummary]) -> list[str]:
    """Their names."""
    return [case.case.mode for case in cases]


def test_of_the_leaders_those_that_beat_eager_are_recommended(make_run: Callable[..., Run]):
    """Graph-v1 has the least mean, but isn't shown to be faster than eager; function is."""
    run = make_run(
        {
            "forward/eager/b1": [[0.030], [0.030], [0.030]],
            "forward/function/b1": [[0.020], [0.021], [0.020]],
            "forward/graph-v1/b1": [[0.005], [0.030], [0.031]],
            "forward/predict/b1": [[0.3], [0.3], [0.3]],
        }
    )
    first = leaders(run, ranked(summarise(run).cases))
    assert (modes(first), modes(recommended(first))) == (["graph-v1", "function"], ["function"])
    assert unknown(run, ranked(summarise(run).cases)) == []


def test_eager_is_recommended_where_nothing_is_shown_to_be_faster(make_run: Callable[..., Run]):
    """However small another mean is; a mode that is shown to be slower than eager ties with nobody."""
    run = make_run(
        {
            "forward/eager/b1": [[0.030], [0.030], [0.030]],
            "forward/graph-v1/b1": [[0.005], [0.030], [0.031]],
            "forward/predict/b1": [[0.29], [0.3], [0.3]],
        }
    )
    first = leaders(run, ranked(summarise(run).cases))
    assert (modes(first), modes(recommended(first))) == (["graph-v1", "eager"], ["eager"])


def test_a_mode_that_sat_launches_out_is_told_apart_as_unknown(make_run: Callable[..., Run]):
    """It shares one launch with the others, so it is neither tied nor slower."""
    times = {"forward/eager/b1": [[0.4], [0.4]], "forward/function/b1": [[0.2], [0.2]], "forward/predict/b1": [[0.1]]}
    run = make_run(times)
    timed = ranked(summarise(run).cases)
    assert (modes(leaders(run, timed)), modes(unknown(run, timed))) == (["function"], ["predict"])
