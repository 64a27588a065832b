"""The race on a fake clock: order, budgets, warm-up, inner loops, parts, trace counts, and contenders that fail."""

import dataclasses
import gc
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from eagerbench.race import Budget, Contender, Origin, Race, Stopwatch, failure, in_one_line, spread
from eagerbench.results import CaseOutcome, Parity, Sample, Stage


class FakeClock:
    """A clock that moves only when a program says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.user = 0.0

    def wall(self) -> float:
        return self.now

    def cpu(self) -> tuple[float, float]:
        return self.user, 0.25 * self.user


class FakeProgram:
    """A program whose n-th call takes the n-th of the given seconds, and the last of them from then on."""

    def __init__(self, clock: FakeClock, seconds: Sequence[float], traced: Callable[[int], int] | None = None) -> None:
        self.clock = clock
        self.seconds = list(seconds)
        self.calls = 0
        self.closed = False
        self.collecting: list[bool] = []
        self.resolved: dict[str, Any] = {"made": True}
        self.traces = (lambda: traced(self.calls)) if traced else None
        self.repeat: Callable[[int], Any] | None = None
        self.trace: Callable[[], Any] | None = None
        self.resets: list[int] = []  # calls made before each of them

    def reset(self) -> None:
        self.resets.append(self.calls)
        self.clock.now += 50

    def call(self) -> str:
        spent = self.seconds[min(self.calls, len(self.seconds) - 1)]
        self.calls += 1
        self.clock.now += spent
        self.clock.user += 2 * spent
        self.collecting.append(gc.isenabled())
        return "outputs"

    def close(self) -> None:
        self.closed = True


class Notebook:
    """A listener that writes everything down."""

    def __init__(self) -> None:
        self.taken: list[Sample] = []
        self.outcomes: dict[str, CaseOutcome] = {}
        self.ran: list[str] = []
        self.stages: list[Stage] = []

    def running(self, case: str) -> None:
        self.ran.append(case)

    def progress(self, stage: Stage, done: int, total: int) -> None:
        assert 0 <= done < total
        self.stages.append(stage)

    def samples(self, samples: Sequence[Sample]) -> None:
        self.taken += samples

    def outcome(self, case: str, outcome: CaseOutcome) -> None:
        self.outcomes[case] = outcome

    def of(self, case: str, stage: Stage) -> list[Sample]:
        return [sample for sample in self.taken if sample.case == case and sample.stage == stage]


BUDGET = Budget(case_seconds=2.5, min_rounds=2, sample_seconds=0.01, warmup_seconds=3.0, max_rounds=20)


def race(programs: dict[str, FakeProgram], clock: FakeClock, budget: Budget = BUDGET, seed: int = 1) -> Notebook:
    notebook = Notebook()
    contenders = [Contender(case, lambda program=program: lambda: program) for case, program in programs.items()]
    Race(contenders, budget, seed, notebook, clock).run()
    return notebook


def test_the_first_call_is_cold_and_later_ones_are_not() -> None:
    """The cold sample holds the first call alone; steady samples never include it."""
    clock = FakeClock()
    found = race({"a": FakeProgram(clock, [0.5, 0.25])}, clock)
    (cold,) = found.of("a", "cold")
    assert (cold.wall_s, cold.user_s, cold.sys_s) == pytest.approx((0.5, 1.0, 0.25))
    assert [sample.wall_s for sample in found.of("a", "steady")] == [0.25] * 5


def test_preparing_counts_as_cold_and_what_comes_before_it_does_not() -> None:
    """Building the model is the same for all modes; what a mode makes ready is its own cost."""
    clock = FakeClock()
    program = FakeProgram(clock, [0.5])

    def ready() -> Callable[[], FakeProgram]:
        clock.now += 100

        def make() -> FakeProgram:
            clock.now += 7
            return program

        return make

    notebook = Notebook()
    Race([Contender("a", ready)], BUDGET, 1, notebook, clock).run()
    assert notebook.of("a", "cold")[0].wall_s == pytest.approx(7.5)


def test_a_fast_call_is_timed_several_at_a_time() -> None:
    """Calls of 1/1024 s and samples of at least 1/64 s make 16 calls a sample; a call of 1/8 s is a sample alone."""
    clock = FakeClock()
    budget = Budget(case_seconds=1.0, min_rounds=2, sample_seconds=2**-6, warmup_seconds=3.0, max_rounds=20)
    found = race({"fast": FakeProgram(clock, [2**-10]), "slow": FakeProgram(clock, [2**-3])}, clock, budget)
    assert {sample.calls for sample in found.of("fast", "steady")} == {16}
    assert {sample.call_s for sample in found.of("fast", "steady")} == {2**-10}
    assert {sample.calls for sample in found.of("slow", "steady")} == {1}


def test_a_slow_case_gets_its_few_rounds_spread_over_the_race() -> None:
    """Three rounds of twenty: one in each third, whatever the offset."""
    clock = FakeClock()
    budget = Budget(1.0, 3, 0.01, 3.0, 20)
    found = race({"slow": FakeProgram(clock, [5.0]), "fast": FakeProgram(clock, [0.05])}, clock, budget)
    rounds = [sample.round for sample in found.of("slow", "steady")]
    total = max(sample.round for sample in found.taken) + 1
    assert [round_ * 3 // total for round_ in rounds] == [0, 1, 2]


def test_rounds_visit_cases_in_changing_order_and_the_seed_repeats_it() -> None:
    """The same seed gives the same order, another seed another, and no round's order is the fixed one."""

    def order(seed: int) -> list[str]:
        clock = FakeClock()
        cases = {name: FakeProgram(clock, [0.25]) for name in "abcdef"}
        return [sample.case for sample in race(cases, clock, seed=seed).taken if sample.stage == "steady"]

    assert order(1) == order(1)
    assert order(1) != order(2)
    rounds = {tuple(order(1)[start : start + 6]) for start in range(0, 30, 6)}
    assert len(rounds) == 5
    assert all(sorted(round_) == list("abcdef") for round_ in rounds)


def test_warm_up_goes_on_while_calls_get_faster() -> None:
    """Windows of three: 0.4, then 0.2, then 0.1 twice; the second 0.1 shows that it has stopped."""
    clock = FakeClock()
    program = FakeProgram(clock, [1.0, 0.5, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1])
    found = race({"a": program}, clock)
    assert [round(sample.wall_s, 3) for sample in found.of("a", "warmup")] == [0.5, *[0.4] * 3, *[0.2] * 3, *[0.1] * 6]
    assert found.outcomes["a"].warm is True


def test_warm_up_that_does_not_end_is_reported() -> None:
    """A case that halves its time in every window is timed in the end, and said not to be warm."""
    clock = FakeClock()
    seconds = [0.9, 0.3, *[0.3] * 3, *[0.15] * 3, *[0.07] * 3]
    found = race({"a": FakeProgram(clock, seconds)}, clock, Budget(1.0, 2, 0.01, 1.85, 20))
    assert found.outcomes["a"].warm is False


def test_a_call_too_slow_to_warm_up_is_neither_warm_nor_cold() -> None:
    """Where two windows of calls don't fit into the warm-up, the first call is all there is, and nothing is claimed."""
    clock = FakeClock()
    found = race({"a": FakeProgram(clock, [5.0])}, clock)
    assert found.of("a", "warmup") == []
    assert found.outcomes["a"].warm is None
    assert len(found.of("a", "steady")) == 2


def test_a_trace_while_timing_disqualifies() -> None:
    """A count that moves after warm-up means that something else than a warm call was timed."""
    clock = FakeClock()
    found = race({"a": FakeProgram(clock, [0.1], traced=lambda calls: 1 if calls < 12 else 2)}, clock)
    assert found.outcomes["a"].status == "retraced"
    assert found.outcomes["a"].traces_steady == 1


def test_traces_before_timing_are_counted_and_allowed() -> None:
    """One trace at the first call is what a function does."""
    clock = FakeClock()
    found = race({"a": FakeProgram(clock, [0.1], traced=lambda _calls: 1)}, clock)
    outcome = found.outcomes["a"]
    assert (outcome.status, outcome.traces, outcome.traces_steady) == ("ok", 1, 0)


def test_a_disagreeing_case_is_never_timed() -> None:
    """Its outcome says by how much; not one sample is taken, not even the cold one."""
    clock = FakeClock()
    program = FakeProgram(clock, [0.1])
    wrong = Parity(False, "reference", 3.0, "rule", "2 of 3 outputs differ")
    notebook = Notebook()
    Race([Contender("a", lambda: lambda: program, lambda _outputs: wrong)], BUDGET, 1, notebook, clock).run()
    assert notebook.taken == []
    assert notebook.outcomes["a"] == CaseOutcome("disagrees", "2 of 3 outputs differ", wrong, resolved={"made": True})
    assert program.calls == 1
    assert program.closed


def test_a_case_that_raises_is_out_and_the_others_go_on() -> None:
    """At its first call or in the middle of the rounds: its reason is kept, the other's samples are whole."""

    class Breaks(FakeProgram):
        def call(self) -> str:
            if self.calls == self.breaks_at:
                raise ValueError("no\nluck")
            return super().call()

        breaks_at = 0

    for breaks_at in (0, 3, 9):
        clock = FakeClock()
        broken = Breaks(clock, [0.25])
        broken.breaks_at = breaks_at
        found = race({"bad": broken, "good": FakeProgram(clock, [0.25])}, clock)
        assert found.outcomes["bad"].status == "failed"
        assert found.outcomes["bad"].reason == "ValueError: no luck"
        assert found.outcomes["good"].status == "ok"
        assert len(found.of("good", "steady")) == 5


def test_an_unavailable_case_says_why_and_is_not_made() -> None:
    """Its maker would fail; it is never asked."""
    notebook = Notebook()
    contender = Contender("a", lambda: pytest.fail("made"), unavailable=lambda: "no such device")
    Race([contender], BUDGET, 1, notebook, FakeClock()).run()
    assert notebook.outcomes == {"a": CaseOutcome("unavailable", "no such device")}


def test_nothing_is_collected_while_the_clock_runs() -> None:
    """Garbage collection is off in every warm call and on again after the race."""
    clock = FakeClock()
    program = FakeProgram(clock, [0.1])
    race({"a": program}, clock)
    assert set(program.collecting[1:]) == {False}
    assert gc.isenabled()


def test_positions_number_the_samples_in_the_order_taken() -> None:
    """Every sample of a race has a place in it, none twice."""
    clock = FakeClock()
    found = race({name: FakeProgram(clock, [0.1]) for name in "abc"}, clock)
    positions = [sample.position for sample in sorted(found.taken, key=lambda sample: sample.position)]
    assert positions == list(range(len(found.taken)))


def test_a_cheap_call_is_primed_and_a_dear_one_is_not() -> None:
    """A call that can be warmed up runs untimed before each sample; its time is part of what the case may cost."""
    clock = FakeClock()
    cheap, dear = FakeProgram(clock, [0.25]), FakeProgram(clock, [1.0])
    found = race({"cheap": cheap, "dear": dear}, clock)
    assert cheap.calls - 1 - len(found.of("cheap", "warmup")) == 2 * len(found.of("cheap", "steady")) == 10
    assert dear.calls - 1 - len(found.of("dear", "warmup")) == len(found.of("dear", "steady")) == 2


def test_spread_gives_every_case_its_rounds_and_no_round_twice_the_same_case() -> None:
    """Counts are kept, and a case is due at most once in a round."""
    due = spread({"a": 10, "b": 3, "c": 1}, 10, random.Random(3))
    assert {case: sum(case in round_ for round_ in due) for case in "abc"} == {"a": 10, "b": 3, "c": 1}
    assert all(len(set(round_)) == len(round_) for round_ in due)


def test_an_error_is_told_in_one_line() -> None:
    """Line breaks become spaces; an error without words is told by its type."""
    assert in_one_line(ValueError("a\n  b")) == "ValueError: a b"
    assert in_one_line(KeyError()) == "KeyError"


def test_every_sample_begins_where_the_first_call_began() -> None:
    """A program is brought back before each warm sample and each priming call, and the clock doesn't see it."""
    clock = FakeClock()
    program = FakeProgram(clock, [0.25])
    found = race({"a": program}, clock)
    warm_up, steady = found.of("a", "warmup"), found.of("a", "steady")
    assert {sample.wall_s for sample in found.taken} == {0.25}
    assert {sample.user_s for sample in found.taken} == {0.5}
    assert program.resets == list(range(1, 1 + len(warm_up) + 2 * len(steady)))  # one before each call but the first


def test_calls_of_a_sample_follow_each_other_without_going_back() -> None:
    """Sixteen calls from one beginning: what a loop of such calls would see."""
    clock = FakeClock()
    budget = Budget(case_seconds=1.0, min_rounds=2, sample_seconds=2**-6, warmup_seconds=3.0, max_rounds=20)
    program = FakeProgram(clock, [2**-10])
    found = race({"a": program}, clock, budget)
    (calls,) = {sample.calls for sample in found.of("a", "steady")}
    assert calls == 16
    steady = program.resets[-2 * len(found.of("a", "steady")) :]
    assert {after - before for before, after in zip(steady[::2], steady[1::2], strict=True)} == {1}  # a priming call
    assert {after - before for before, after in zip(steady[1::2], steady[2::2], strict=False)} == {16}


def test_a_program_that_can_repeat_is_asked_once_for_a_sample() -> None:
    """Sixteen updates are one request, and half as dear here as sixteen requests; the first call is a single one."""
    clock = FakeClock()
    program = FakeProgram(clock, [2**-9])
    asked: list[int] = []

    def repeat(calls: int) -> None:
        asked.append(calls)
        clock.now += calls * 2**-10

    program.repeat = repeat
    budget = Budget(case_seconds=1.0, min_rounds=2, sample_seconds=2**-6, warmup_seconds=3.0, max_rounds=20)
    found = race({"a": program}, clock, budget)
    steady = found.of("a", "steady")
    assert found.of("a", "cold")[0].wall_s == 2**-9
    assert {(sample.calls, sample.call_s) for sample in steady} == {(16, 2**-10)}
    assert asked == [sample.calls for sample in found.taken if sample.stage != "cold"]
    assert program.calls == 1 + len(steady)  # the first one, and one to prime each sample


def test_a_contender_may_ask_for_longer_samples() -> None:
    """An eighth of a second instead of the budget's sixty-fourth: 128 calls of 1/1024 s; others keep the budget's."""
    clock = FakeClock()
    budget = Budget(case_seconds=1.0, min_rounds=2, sample_seconds=2**-6, warmup_seconds=3.0, max_rounds=20)
    programs = {name: FakeProgram(clock, [2**-10]) for name in ("long", "short")}
    contenders = [
        Contender(name, lambda program=program: lambda: program, sample_seconds=2**-3 if name == "long" else None)
        for name, program in programs.items()
    ]
    found = Notebook()
    Race(contenders, budget, 1, found, clock).run()
    assert {sample.calls for sample in found.of("long", "steady")} == {128}
    assert {sample.calls for sample in found.of("short", "steady")} == {16}


def test_parts_of_a_sample_are_the_sample() -> None:
    """Warm samples tell the stopwatch's parts apart, of all calls in them and of nothing else; the cold one its own."""
    clock = FakeClock()
    watch = Stopwatch("rest", clock)

    class InParts(FakeProgram):
        def call(self) -> str:
            clock.now += 2**-4
            self.step()
            self.step()
            return super().call()

        step = staticmethod(watch.watch("environment", lambda: setattr(clock, "now", clock.now + 2**-3)))

    program = InParts(clock, [2**-5])
    found = Notebook()
    budget = Budget(case_seconds=8.0, min_rounds=2, sample_seconds=0.5, warmup_seconds=5.0, max_rounds=20)
    Race([Contender("a", lambda: lambda: program, stopwatch=watch)], budget, 1, found, clock).run()
    assert found.of("a", "cold")[0].parts == {"prepare": 0.0, "first call": 2**-4 + 2**-2 + 2**-5}
    for sample in found.of("a", "steady"):
        assert sample.calls == 2
        assert sample.parts == {"rest": 2 * (2**-4 + 2**-5), "environment": 2 * 2**-2}
        assert sum(sample.parts.values()) == sample.wall_s
    assert all(sum(sample.parts.values()) == sample.wall_s for sample in found.of("a", "warmup"))


def test_a_sample_without_a_stopwatch_has_no_parts() -> None:
    """There is nothing to tell apart."""
    clock = FakeClock()
    found = race({"a": FakeProgram(clock, [0.25])}, clock)
    assert all(sample.parts == {} for sample in found.taken if sample.stage != "cold")


def _taking(clock: FakeClock, seconds: float) -> Callable[[], None]:
    return lambda: setattr(clock, "now", clock.now + seconds)


def test_a_stopwatch_takes_a_part_inside_another_out_of_it() -> None:
    """One second before the inner part of two seconds and four after it, between eight and sixteen of the rest."""
    clock = FakeClock()
    watch = Stopwatch("rest", clock)
    inner = watch.watch("inner", _taking(clock, 2.0))

    def around(first: float, second: float) -> str:
        _taking(clock, first)()
        inner()
        _taking(clock, second)()
        return "returned"

    outer = watch.watch("outer", around)
    watch.start()
    _taking(clock, 8.0)()
    assert outer(1.0, 4.0) == "returned"
    _taking(clock, 16.0)()
    parts = watch.stop()
    assert parts == {"rest": 24.0, "outer": 5.0, "inner": 2.0}
    assert sum(parts.values()) == clock.now


def test_a_part_that_is_called_again_adds_up() -> None:
    """Also inside itself: it is one part, however deep."""
    clock = FakeClock()
    watch = Stopwatch("rest", clock)

    def count_down(left: int) -> None:
        _taking(clock, 1.0)()
        if left:
            watched(left - 1)

    watched = watch.watch("part", count_down)
    watch.start()
    watched(2)
    watched(0)
    assert watch.stop() == {"rest": 0.0, "part": 4.0}


def test_a_stopwatch_survives_a_part_that_raises() -> None:
    """Its time counts, the error goes on, and what follows is the rest again, also two parts deep."""
    clock = FakeClock()
    watch = Stopwatch("rest", clock)

    def fail() -> None:
        _taking(clock, 1.0)()
        raise ValueError("no luck")

    failing = watch.watch("inner", fail)

    def around() -> None:
        _taking(clock, 2.0)()
        failing()

    watch.start()
    with pytest.raises(ValueError, match="no luck"):
        watch.watch("outer", around)()
    _taking(clock, 4.0)()
    assert watch.stop() == {"rest": 4.0, "outer": 2.0, "inner": 1.0}


def test_a_stopwatch_forgets_when_it_starts() -> None:
    """A sample holds its own parts only."""
    clock = FakeClock()
    watch = Stopwatch("rest", clock)
    part = watch.watch("part", _taking(clock, 1.0))
    part()
    _taking(clock, 32.0)()
    watch.start()
    _taking(clock, 2.0)()
    assert watch.stop() == {"rest": 2.0}


def test_tracing_is_a_part_of_the_cold_sample_where_the_mode_can_do_it_apart() -> None:
    """Four seconds of preparing, two of tracing, half a second of the first call: together the sample."""
    clock = FakeClock()
    program = FakeProgram(clock, [0.5])
    program.trace = _taking(clock, 2.0)

    def make() -> FakeProgram:
        clock.now += 4
        return program

    found = Notebook()
    Race([Contender("a", lambda: make)], BUDGET, 1, found, clock).run()
    (cold,) = found.of("a", "cold")
    assert cold.parts == {"prepare": 4.0, "trace": 2.0, "first call": 0.5}
    assert cold.wall_s == 6.5
    assert all("trace" not in sample.parts for sample in found.taken if sample.stage != "cold")


ORIGIN = Origin({"imports": 3.0}, 2.5, 0.25)


def _started(clock: FakeClock, program: FakeProgram, **contender: Any) -> Contender:
    """Whose model takes sixteen seconds, and whose preparing takes four."""

    def ready() -> Callable[[], FakeProgram]:
        clock.now += 16
        clock.user += 16

        def make() -> FakeProgram:
            clock.now += 4
            return program

        return make

    return Contender("a", ready, **contender)


@pytest.mark.parametrize("origin", [None, ORIGIN])
def test_what_is_known_not_to_run_is_not_tried(origin: Origin | None) -> None:
    """Not even where asking whether it can run is left until it has failed."""

    def never() -> Callable[[], FakeProgram]:
        raise AssertionError("it was tried")

    found = Notebook()
    Race([Contender("a", never, excluded="another model")], BUDGET, 1, found, FakeClock(), origin).run()
    assert (found.outcomes["a"].status, found.outcomes["a"].reason) == ("unavailable", "another model")
    assert not found.taken


def test_with_an_origin_a_cold_sample_goes_back_to_the_start_of_the_process() -> None:
    """Imports were before, the model is part of it, and all parts together are the whole; CPU times as well."""
    clock = FakeClock()
    clock.now = 1000.0
    program = FakeProgram(clock, [0.5, 0.25])
    program.trace = _taking(clock, 2.0)
    found = Notebook()
    Race([_started(clock, program)], BUDGET, 1, found, clock, ORIGIN).run()
    (cold,) = found.of("a", "cold")
    assert list(cold.parts) == ["imports", "model", "prepare", "trace", "first call"]
    assert cold.parts == {"imports": 3.0, "model": 16.0, "prepare": 4.0, "trace": 2.0, "first call": 0.5}
    assert cold.wall_s == sum(cold.parts.values()) == 25.5
    assert (cold.user_s, cold.sys_s) == (2.5 + 16.0 + 1.0, 0.25 + 0.25 * 17.0)
    assert {sample.wall_s for sample in found.of("a", "steady")} == {0.25}


def test_what_was_before_the_process_says_nothing_of_how_long_to_warm_up() -> None:
    """Imports of an hour and a quick first call: it is warmed up as ever."""
    clock = FakeClock()
    contender = Contender("a", lambda: lambda: FakeProgram(clock, [0.25]))
    found = Notebook()
    Race([contender], BUDGET, 1, found, clock, Origin({"imports": 3600.0}, 0.0, 0.0)).run()
    assert found.of("a", "warmup")
    assert found.outcomes["a"].warm is True


def test_with_an_origin_whether_a_case_can_run_is_asked_only_where_it_can_not() -> None:
    """Asking may be the first thing that a process does; then it would be charged to the mode."""
    clock = FakeClock()
    asked: list[int] = []
    program = FakeProgram(clock, [0.25])

    def reason() -> str:
        asked.append(program.calls)
        return "no such device"

    found = Notebook()
    Race([_started(clock, program, unavailable=reason)], BUDGET, 1, found, clock, ORIGIN).run()
    assert (asked, found.outcomes["a"].status) == ([], "ok")
    program.call = lambda: 1 / 0  # type: ignore[assignment,return-value]
    Race([_started(clock, program, unavailable=reason)], BUDGET, 1, found, clock, ORIGIN).run()
    assert found.outcomes["a"] == CaseOutcome("unavailable", "no such device")
    assert len(asked) == 1
    assert program.closed


def test_a_case_that_could_run_and_raises_has_failed_also_with_an_origin() -> None:
    """There is no reason why it couldn't; so the error is the reason."""
    clock = FakeClock()

    def ready() -> Callable[[], FakeProgram]:
        raise ValueError("no luck")

    found = Notebook()
    Race([Contender("a", ready)], BUDGET, 1, found, clock, ORIGIN).run()
    assert found.outcomes == {"a": CaseOutcome("failed", "ValueError: no luck")}
    assert found.taken == []


class ResourceExhaustedError(Exception):
    """Named as TensorFlow's."""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MemoryError("no room"), "out-of-memory"),
        (ResourceExhaustedError("OOM"), "out-of-memory"),
        (KeyError(), "failed"),
    ],
)
@pytest.mark.parametrize("breaks_at", [0, 3, 9])
def test_what_ran_out_of_memory_is_told_apart(error: Exception, status: str, breaks_at: int) -> None:
    """In the first call, while warming up, and in the rounds; in Python's words and in TensorFlow's."""
    clock = FakeClock()

    class Breaks(FakeProgram):
        def call(self) -> str:
            if self.calls == breaks_at:
                raise error
            return super().call()

    found = race({"a": Breaks(clock, [0.25]), "good": FakeProgram(clock, [0.25])}, clock)
    outcome = found.outcomes["a"]
    assert (outcome.status, outcome.reason) == failure(error) == (status, in_one_line(error))
    assert found.outcomes["good"].status == "ok"


def test_a_long_start_is_followed_by_others_where_the_budget_says_so() -> None:
    """Eight seconds are more than one and a half warm-ups of three; without that bound the quick calls are seen."""
    clock = FakeClock()
    bounded = race({"a": FakeProgram(clock, [8.0, 0.25])}, clock)
    assert bounded.of("a", "warmup") == []
    assert bounded.outcomes["a"].warm is None
    unbounded = race({"a": FakeProgram(clock, [8.0, 0.25])}, clock, dataclasses.replace(BUDGET, longest_start=math.inf))
    assert {sample.wall_s for sample in unbounded.of("a", "warmup")} == {0.25}
    assert unbounded.outcomes["a"].warm is True
    just = race({"a": FakeProgram(clock, [4.25, 0.25])}, clock)
    assert just.outcomes["a"].warm is True


@pytest.mark.parametrize("fewest", [3, 5, 9])
def test_a_quick_case_has_so_many_rounds_however_little_time_there_is(fewest: int) -> None:
    """A median of fewer samples is at the mercy of one; a slow case has those that it can pay for."""
    clock = FakeClock()
    budget = dataclasses.replace(BUDGET, case_seconds=0.0, fewest_rounds=fewest)
    found = race({"quick": FakeProgram(clock, [0.25]), "slow": FakeProgram(clock, [2.0])}, clock, budget)
    assert len(found.of("quick", "steady")) == fewest
    assert len(found.of("slow", "steady")) == BUDGET.min_rounds


def test_a_slow_cold_start_gets_its_second_call_and_no_more() -> None:
    """Where no round has to be, as the cold workload asks for it; and none follows a start beyond its bound."""
    clock = FakeClock()
    budget = Budget(
        0.06,
        min_rounds=0,
        warmup_seconds=0.1,
        max_rounds=20,
        longest_start=math.inf,
        fewest_rounds=3,
        sample_seconds=0.01,
    )
    found = Notebook()
    for case, seconds in (("slow", [9.0, 5.0]), ("quick", [9.0, 2**-7])):
        contender = Contender(case, lambda seconds=seconds: lambda: FakeProgram(clock, seconds), primed=False)  # type: ignore[misc]
        Race([contender], budget, 0, found, clock, ORIGIN).run()
    assert [sample.wall_s for sample in found.of("slow", "warmup")] == [5.0]
    assert found.of("slow", "steady") == []
    assert found.outcomes["slow"].status == "ok"
    assert found.of("quick", "warmup")[0].call_s == 2**-7
    assert {sample.call_s for sample in found.of("quick", "steady")} == {2**-7}
    assert len(found.of("quick", "steady")) == 3
    found = Notebook()
    contender = Contender("long", lambda: lambda: FakeProgram(clock, [9.0, 2**-7]), primed=False)
    Race([contender], dataclasses.replace(budget, longest_start=89.0), 0, found, clock, ORIGIN).run()
    assert [sample.stage for sample in found.taken] == ["cold"]  # nine seconds are ninety warm-ups
    assert found.outcomes["long"].status == "ok"


def test_what_can_not_be_executed_is_told_apart_from_what_is_broken() -> None:
    """Before its first result a contender may say what an exception means; later nothing is an excuse."""
    clock = FakeClock()

    class Raises(FakeProgram):
        def __init__(self, at: int) -> None:
            super().__init__(clock, [0.25])
            self.at = at

        def call(self) -> str:
            if self.calls == self.at:
                raise ValueError("no such kernel")
            return super().call()

    def refuses(error: Exception) -> str | None:
        return f"can't: {error}" if isinstance(error, ValueError) else None

    def broken() -> FakeProgram:
        raise KeyError("somewhere else")

    programs = {"first": Raises(0), "later": Raises(3), "fine": FakeProgram(clock, [0.25])}
    notebook = Notebook()
    contenders = [
        Contender(case, lambda program=program: lambda: program, refuses=refuses) for case, program in programs.items()
    ]
    contenders.append(Contender("preparing", lambda: broken, refuses=refuses))
    Race(contenders, BUDGET, 1, notebook, clock).run()
    told = {case: (outcome.status, outcome.reason) for case, outcome in notebook.outcomes.items()}
    assert told["first"] == ("unavailable", "can't: no such kernel")
    assert told["later"][0] == "failed"
    assert told["preparing"][0] == "failed"
    assert told["fine"][0] == "ok"
    assert programs["first"].closed
