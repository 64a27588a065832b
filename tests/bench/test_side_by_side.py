"""Runs held against each other, on hand-made samples."""

import math
import random
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from eagerbench import Run
from eagerbench.results import CaseOutcome, Counts, MemoryUse
from eagerbench.side_by_side import Comparison, SideBySide, side_by_side, times_over, welch
from eagerbench.stats import quantile
from eagerbench.summary import summarise

MakeRun = Callable[..., Run]
EAGER, FUNCTION, XLA = "forward/eager/b1", "forward/function/b1", "forward/function-xla/b1"
BASE = {EAGER: [[0.010], [0.011], [0.012]], FUNCTION: [[0.005], [0.0055], [0.006]]}


def held(*runs: Run) -> SideBySide:
    return side_by_side(runs, [summarise(run) for run in runs], [chr(ord("A") + place) for place in range(len(runs))])


def by_id(told: SideBySide, run: int = 1) -> dict[str, Comparison]:
    return {own.case.id: own for own in told.comparisons if own.run == run}


def scaled(times: dict[str, list[list[float]]], **factors: float) -> dict[str, list[list[float]]]:
    """The times, those of a mode longer by a factor; of all modes where it is called ``every``."""
    return {
        case: [
            [wall * factors.get("every", 1.0) * factors.get(case.split("/")[1], 1.0) for wall in launch]
            for launch in launches
        ]
        for case, launches in times.items()
    }


def test_welch_is_the_textbook_formula():
    """Value, half width and degrees of freedom, written out for one pair of samples."""
    first, second = [1.0, 2.0, 4.0], [3.0, 5.0, 4.0, 9.0]
    a, b = statistics.variance(first) / 3, statistics.variance(second) / 4
    freedom = (a + b) ** 2 / (a**2 / 2 + b**2 / 3)
    half = quantile(freedom) * math.sqrt(a + b)
    found = welch(first, second)
    assert found.value == pytest.approx(5.25 - 7 / 3)
    assert (found.low, found.high) == (pytest.approx(found.value - half), pytest.approx(found.value + half))


def test_welch_of_two_equal_samples_without_spread_is_exact():
    """No division by nothing: the interval has no width."""
    found = welch([2.0, 2.0], [3.0, 3.0])
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(("first", "second"), [([1.0], [2.0, 3.0]), ([1.0, 2.0], [3.0]), ([1.0], [2.0])])
def test_one_number_gives_no_interval_and_hence_no_ratio(first: list[float], second: list[float]):
    """A shift has a value without bounds; times over are not told at all."""
    assert (welch(first, second).low, welch(first, second).high) == (None, None)
    assert times_over(first, second) is None


def test_no_numbers_are_refused():
    """There is no shift of nothing."""
    with pytest.raises(ValueError, match="needs two samples, got 0 and 1 numbers"):
        welch([], [1.0])


@pytest.mark.parametrize(
    ("first", "second", "spread", "least", "most"),
    [(2, 2, 1.0, 0.01, 0.05), (5, 5, 1.0, 0.03, 0.07), (2, 5, 1.0, 0.04, 0.09), (2, 5, 3.0, 0.08, 0.14)],
)
def test_how_often_an_interval_misses(first: int, second: int, spread: float, least: float, most: float):
    """What the docstring quotes, on draws with a seed."""
    draws = random.Random(1)
    missed = 0
    for _ in range(1500):
        found = welch([draws.gauss(0, spread) for _ in range(first)], [draws.gauss(0, 1) for _ in range(second)])
        assert found.low is not None
        assert found.high is not None
        missed += not found.low <= 0 <= found.high
    assert least < missed / 1500 < most


def test_a_slowdown_of_one_mode_moves_its_time_and_its_ratio(make_run: MakeRun):
    """Twice as long, in time and against eager; eager is as it was and has no ratio to itself."""
    told = by_id(held(make_run(BASE), make_run(scaled(BASE, function=2.0))))
    own = told[FUNCTION]
    assert (own.verdict, own.against_eager) == ("slower", "slower")
    assert own.change is not None
    assert own.to_eager is not None
    assert own.change.value == pytest.approx(2.0)
    assert own.to_eager.value == pytest.approx(2.0)
    assert own.to_eager.low == pytest.approx(2.0)  # every launch has the same ratio
    assert own.change.low is not None
    assert 1 < own.change.low < 2
    assert told[EAGER].verdict == "no difference shown"
    assert told[EAGER].to_eager is None


def test_a_slower_machine_moves_all_times_and_no_ratio(make_run: MakeRun):
    """What the ratio inside a launch is for."""
    told = by_id(held(make_run(BASE), make_run(scaled(BASE, every=3.0))))
    assert [own.verdict for own in told.values()] == ["slower", "slower"]
    assert told[FUNCTION].against_eager == "no difference shown"
    assert told[FUNCTION].to_eager is not None
    assert told[FUNCTION].to_eager.value == pytest.approx(1.0)


def test_faster_is_below_one(make_run: MakeRun):
    """The other direction."""
    own = by_id(held(make_run(BASE), make_run(scaled(BASE, function=0.25))))[FUNCTION]
    assert (own.verdict, own.against_eager) == ("faster", "faster")
    assert own.change is not None
    assert own.change.value == pytest.approx(0.25)


def test_each_run_is_held_against_the_first(make_run: MakeRun):
    """Not against the one before it."""
    told = held(make_run(BASE), *(make_run(scaled(BASE, function=factor)) for factor in (2.0, 4.0)))
    changes = [by_id(told, run)[FUNCTION].change for run in (1, 2)]
    assert [change and round(change.value, 6) for change in changes] == [2.0, 4.0]


def test_the_same_run_twice_is_exactly_1_and_is_said(make_run: MakeRun):
    """Each change is 1.0, not nearly, and none is shown."""
    run = make_run(BASE)
    told = held(run, run)
    assert told.same == (1,)
    assert told.notes == ("B is the same run as A: every change is exactly 1",)
    assert [(own.verdict, own.change and own.change.value) for own in told.comparisons] == [
        ("no difference shown", 1.0)
    ] * 2
    assert by_id(told)[FUNCTION].to_eager is not None


def test_one_launch_gives_no_change(make_run: MakeRun):
    """Its number is shown, and why there is no ratio."""
    own = by_id(held(make_run(BASE), make_run({case: launches[:1] for case, launches in BASE.items()})))[FUNCTION]
    assert (own.verdict, own.change, own.to_eager) == ("no interval", None, None)
    assert own.reason == "3 and 1 launches; an interval needs 2 in each"
    assert own.after is not None
    assert own.after.value == pytest.approx(0.005)


def test_cases_of_one_run_only(make_run: MakeRun):
    """Missing or new, with the label of who has it and the number that there is."""
    told = by_id(held(make_run({EAGER: BASE[EAGER]}), make_run({FUNCTION: BASE[FUNCTION]})))
    assert {case: (own.verdict, own.reason) for case, own in told.items()} == {
        EAGER: ("missing", "only in A"),
        FUNCTION: ("new", "only in B"),
    }
    assert (told[EAGER].before is None, told[EAGER].after is None) == (False, True)
    assert (told[FUNCTION].before is None, told[FUNCTION].after is None) == (True, False)


def test_a_case_of_two_other_runs_is_not_told_of_a_run_without_it(make_run: MakeRun):
    """A and B don't have it, C does: B has nothing to say of it."""
    told = held(make_run({EAGER: BASE[EAGER]}), make_run({EAGER: BASE[EAGER]}), make_run(BASE))
    assert [(own.run, own.verdict) for own in told.comparisons if own.case.id == FUNCTION] == [(2, "new")]


def test_times_that_do_not_count_are_withheld_with_the_reason(make_run: MakeRun):
    """In one run, in both, and where a mode can't run."""
    bad = {FUNCTION: CaseOutcome("disagrees", "off by 0.5")}
    gone = {FUNCTION: CaseOutcome("unavailable", "not here")}
    good, failed, away = (make_run(BASE, outcomes=outcomes) for outcomes in ({}, bad, gone))
    reasons = [by_id(held(*pair))[FUNCTION] for pair in ((good, failed), (failed, away), (failed, good))]
    assert {own.verdict for own in reasons} == {"withheld"}
    assert [own.reason for own in reasons] == [
        "withheld in B: disagrees: off by 0.5",
        "withheld in A: disagrees: off by 0.5; can't run in B: not here",
        "withheld in A: disagrees: off by 0.5",
    ]
    assert {own.change for own in reasons} == {None}


def test_without_eager_there_is_a_time_and_no_ratio(make_run: MakeRun):
    """Where eager failed in one of the runs too."""
    failed = make_run(BASE, outcomes={EAGER: CaseOutcome("failed", "it broke")})
    own = by_id(held(make_run(BASE), failed))[FUNCTION]
    assert (own.verdict, own.to_eager, own.against_eager) == ("no difference shown", None, None)


def with_start(run: Run, **what: Any) -> Run:
    return msgspec.structs.replace(run, start=msgspec.structs.replace(run.start, **what))


def test_other_definitions_are_not_comparable(make_run: MakeRun):
    """Environment, observations, operations: neither time nor ratio, and why."""
    run = make_run(BASE)
    seen = run.start.observations
    others = {
        "environment: CartPole-v1 against Other-v0": make_run(BASE, env="Other-v0"),
        "their sha256": with_start(run, observations=msgspec.structs.replace(seen, sha256="cd" * 32)),
        "floating-point operations of a call: 2816 against 9": with_start(run, flops={**run.start.flops, FUNCTION: 9}),
    }
    for reason, other in others.items():
        own = by_id(held(run, other))[FUNCTION]
        assert own.verdict == "not comparable"
        assert reason in own.reason
        assert (own.change, own.to_eager) == (None, None)


def test_where_eager_is_defined_otherwise_there_is_no_ratio_to_it(make_run: MakeRun):
    """Its own definition counts too."""
    run = make_run(BASE)
    other = with_start(run, flops={**run.start.flops, EAGER: 9})
    told = by_id(held(run, other))
    assert told[EAGER].verdict == "not comparable"
    assert (told[FUNCTION].verdict, told[FUNCTION].to_eager) == ("no difference shown", None)


def test_other_hyperparameters_are_another_training(make_run: MakeRun):
    """Of a training, and of a cold start of one, but not of a forward pass."""
    times = {"train/eager/env1": [[0.2], [0.21]], EAGER: [[0.1], [0.11]]}
    run = make_run(times)
    training = run.start.plan.training
    other = make_run(times, training=msgspec.structs.replace(training, timed=training.to_target))
    told = by_id(held(run, other))
    assert told["train/eager/env1"].verdict == "not comparable"
    assert "hyperparameters" in told["train/eager/env1"].reason
    assert told[EAGER].verdict == "no difference shown"


def test_a_cold_start_of_another_training_is_another_start(make_forked_run: MakeRun):
    """Hyperparameters make it, observations don't."""
    cold: dict[str, Any] = {"cold/eager/env1": [({"imports": 4.0, "first call": own}, ()) for own in (0.2, 0.21)]}
    run = make_forked_run(cold=cold)
    training = run.start.plan.training
    plan = msgspec.structs.replace(run.start.plan, training=msgspec.structs.replace(training, timed=training.to_target))
    seen = msgspec.structs.replace(run.start.observations, sha256="cd" * 32)
    assert by_id(held(run, with_start(run, plan=plan)))["cold/eager/env1"].verdict == "not comparable"
    assert by_id(held(run, with_start(run, observations=seen)))["cold/eager/env1"].verdict == "no difference shown"


def test_other_machines_and_versions_are_compared_and_told(make_run: MakeRun):
    """It is what one wants to compare."""
    run = make_run(BASE)
    packages = {**run.start.machine["packages"], "tensorflow": "2.16.2"}
    told = held(run, with_start(run, machine={**run.start.machine, "packages": packages}))
    assert told.machines == (("package tensorflow: 2.21.0 against 2.16.2",),)
    assert {own.verdict for own in told.comparisons} == {"no difference shown"}
    assert told.same == ()


def test_a_training_shows_steps_and_compares_seconds(make_run: MakeRun):
    """Twice the seconds are half the steps, and slower."""
    times = {"train/eager/env1": [[0.32], [0.33]]}
    own = by_id(held(make_run(times), make_run(scaled(times, every=2.0))))["train/eager/env1"]
    assert own.before is not None
    assert own.after is not None
    assert own.before.value == pytest.approx(2 * own.after.value)
    assert own.verdict == "slower"
    assert own.change is not None
    assert own.change.value == pytest.approx(2.0)


def starts(first_calls: Sequence[float], imports: float = 4.0) -> list[tuple[dict[str, float], tuple[float, ...]]]:
    return [({"imports": imports, "first call": own}, (0.01, 0.01)) for own in first_calls]


def test_cold_starts_are_compared_after_imports(make_forked_run: MakeRun):
    """Imports that take twice as long change nothing; the ratio to eager is that of the same launch."""
    base = make_forked_run(
        cold={"cold/eager/b1": starts([0.10, 0.12, 0.14]), "cold/function/b1": starts([0.20, 0.24, 0.28])}
    )
    head = make_forked_run(
        cold={"cold/eager/b1": starts([0.10, 0.12, 0.14], 8.0), "cold/function/b1": starts([0.4, 0.48, 0.56], 8.0)}
    )
    told = by_id(held(base, head))
    assert told["cold/eager/b1"].verdict == "no difference shown"
    assert told["cold/eager/b1"].change is not None
    assert told["cold/eager/b1"].change.value == pytest.approx(1.0)
    own = told["cold/function/b1"]
    assert own.to_eager is not None
    assert (own.verdict, own.against_eager, own.to_eager.low) == ("slower", "slower", pytest.approx(2.0))


def test_memory_differs_in_megabytes(make_forked_run: MakeRun, make_memory_use: Callable[..., MemoryUse]):
    """Peak by the first call above the baseline: more, less, and not shown."""

    def run(*sizes: float) -> Run:
        return make_forked_run(memory=[make_memory_use("memory/eager/b1", [size] * 11) for size in sizes])

    base = run(20.0, 20.5, 21.0)
    more, less, alike = (by_id(held(base, run(*own)))["memory/eager/b1"] for own in ((30, 31), (10, 11), (20.4, 21.2)))
    assert [own.verdict for own in (more, less, alike)] == ["more", "less", "no difference shown"]
    assert more.more_mb is not None
    assert (more.more_mb.value, more.more_mb.launches) == (pytest.approx(10.0), 2)
    assert more.growth == ("flat", "flat")
    assert more.before is not None
    assert more.before.value == pytest.approx(20.5)
    assert alike.more_mb is not None
    assert alike.more_mb.value == pytest.approx(0.3)
    single = by_id(held(base, run(30.0)))["memory/eager/b1"]
    assert (single.verdict, single.more_mb) == ("no interval", None)
    assert single.reason == "3 and 1 processes; an interval needs 2 in each"


def test_memory_that_grows_later_is_told_by_its_growth(
    make_forked_run: MakeRun, make_memory_use: Callable[..., MemoryUse]
):
    """The peak is that of the first call, which all runs make; how many follow depends on the machine."""

    def run(each_mb: float) -> Run:
        sizes = ([20.0 + start + each_mb * number for number in range(11)] for start in (0.0, 0.5, 1.0))
        return make_forked_run(memory=[make_memory_use("memory/eager/b1", own) for own in sizes])

    own = by_id(held(run(0.0), run(1.0)))["memory/eager/b1"]
    assert (own.verdict, own.more_mb and own.more_mb.value) == ("no difference shown", 0.0)
    assert own.growth == ("flat", "grows")


def test_exact_counts_are_equal_or_differ(make_forked_run: MakeRun):
    """Each count that differs is named; another number of calls is no comparison."""
    case = "traces/function/forward-shapes"

    def run(*counts: Any) -> Run:
        return make_forked_run(counts=[Counts(case, *counts)])

    base = run(10, 2, 0)
    assert by_id(held(base, run(10, 2, 0)))[case].verdict == "equal"
    own = by_id(held(base, run(10, 5, 1)))[case]
    assert (own.verdict, own.counts) == ("differs", (("traces", 2, 5), ("compiled programs", 0, 1)))
    other = by_id(held(base, run(20, 2, 0)))[case]
    assert (other.verdict, other.reason) == ("not comparable", "defined otherwise: calls: 10 against 20")


def test_groups_are_raced_ones_first(make_run: MakeRun, make_forked_run: MakeRun):
    """In the order of the plans, cold starts behind."""
    cold = {"cold/eager/b1": starts([0.1, 0.2])}
    run = make_forked_run(cold=cold, run=make_run({"update/eager/b64": [[0.1], [0.2]], **BASE}))
    first = make_forked_run(cold=cold)
    assert list(held(first, run).groups) == ["update b64", "forward b1", "cold b1"]


def test_a_run_that_was_stopped_is_said_to_be(make_run: MakeRun):
    """Its numbers count, and a reader knows."""
    told = held(make_run(BASE), make_run(BASE, end=None))
    assert told.notes == ("B is not whole: it was interrupted",)
    assert {own.verdict for own in told.comparisons} == {"no difference shown"}
