"""Verdicts of a live gate, from blocks made by hand: no process, no clock."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from eagerbench.gate import (
    EXIT_CODES,
    SEVERITY,
    CaseVerdict,
    Change,
    Judgement,
    Verdict,
    block_changes,
    compare_with_margin,
    judge_live,
    undecided,
    worst,
)
from eagerbench.gate_record import BASE, CONTROL, HEAD, SIDES, Block, GateRecord, Round, SideRecord
from eagerbench.results import CaseOutcome

ONE, TWO, THREE = "forward/eager/b1", "forward/function/b1", "forward/function-xla/b4096"
ORDER = (HEAD, BASE, CONTROL, CONTROL, BASE, HEAD)
GOOD = CaseOutcome("ok", traces=1)
ENOUGH = 8


def block(case: str, number: int, head: float = 1.0, control: float = 1.0, base: float = 1.0) -> Block:
    """Seconds of one call of each side, the same on the way there and back."""
    times = {HEAD: head, BASE: base, CONTROL: control}
    return Block(case, number, 4, ORDER, tuple(times[side] for side in ORDER))


def complete(number: int, blocks: Sequence[Block], **differs: Any) -> Round:
    """A round in which every side said ok of every case."""
    cases = tuple(dict.fromkeys(own.case for own in blocks))
    outcomes = {side: dict.fromkeys(cases, GOOD) for side in SIDES}
    made = Round(number, number, cases, "complete", "", 9.0, 4.0, outcomes, {}, tuple(blocks))
    return msgspec.structs.replace(made, **differs)


def record(rounds: Sequence[Round], cases: Sequence[str] = (ONE,), **differs: Any) -> GateRecord:
    """A gate with a margin of 5 % that was decided."""
    made = GateRecord(
        schema_version=1,
        eagerbench="0.1.0",
        started="2026-01-02T03:04:05+00:00",
        command="eagerbench gate --base main",
        base=SideRecord("main", "1a2b", None, modes={"eager": ("forward",), "function": ("forward",)}),
        head=SideRecord("working tree", None, None, modes={"eager": ("forward",), "function": ("forward",)}),
        cases=tuple(cases),
        vanished=(),
        margins=dict.fromkeys(cases, 0.05),
        env="CartPole-v1",
        seed=0,
        budget_s=300.0,
        machine={},
        rounds=tuple(rounds),
        ended="decided",
        seconds=100.0,
    )
    return msgspec.structs.replace(made, **differs)


def steady(heads: Mapping[str, float], rounds: int = ENOUGH, control: float = 1.0, **differs: Any) -> GateRecord:
    """Rounds of three blocks that count, in which head takes so many times as long; 1 % more or less each round."""
    noise = (1.0, 1.01, 0.99)
    taken = [
        complete(
            number,
            [
                block(case, place, head * noise[number % 3], control * noise[(number + 1) % 3])
                for case, head in heads.items()
                for place in range(4)
            ],
        )
        for number in range(rounds)
    ]
    return record(taken, tuple(heads), **differs)


def with_outcomes(made: GateRecord, case: str, **sides: CaseOutcome) -> GateRecord:
    """The same, but what some sides said of a case in every round."""
    rounds = tuple(
        msgspec.structs.replace(
            taken,
            outcomes={
                side: {**own, **({case: sides[side]} if side in sides else {})} for side, own in taken.outcomes.items()
            },
        )
        for taken in made.rounds
    )
    return msgspec.structs.replace(made, rounds=rounds)


def only(judgement: Judgement, case: str = ONE) -> CaseVerdict:
    (found,) = [own for own in judgement.cases if own.case == case]
    return found


# How blocks become changes.


def test_head_is_held_against_the_mean_of_both_copies_of_base() -> None:
    """Of logarithms: 2 against 1 and 4 is no change. The control is held against base alone."""
    made = record([complete(0, [block(ONE, 0), block(ONE, 1, head=2.0, base=1.0, control=4.0)])])
    assert block_changes(made, ONE) == [[pytest.approx(0.0)]]
    assert block_changes(made, ONE, CONTROL) == [[pytest.approx(math.log(4.0))]]


def test_visits_of_one_side_are_averaged_in_the_logarithm() -> None:
    """Head took 1 on the way there and 4 on the way back: that is 2."""
    times = (1.0, 1.0, 1.0, 1.0, 1.0, 4.0)
    made = record([complete(0, [Block(ONE, 1, 4, ORDER, times)])])
    assert block_changes(made, ONE) == [[pytest.approx(math.log(2.0))]]


def test_a_block_without_the_way_back_counts_too() -> None:
    """Slow calls are made once by each side."""
    made = record([complete(0, [Block(ONE, 1, 1, (CONTROL, HEAD, BASE), (1.0, 3.0, 1.0))])])
    assert block_changes(made, ONE) == [[pytest.approx(math.log(3.0))]]


def test_the_first_block_of_a_case_does_not_count() -> None:
    """It brings the caches back that the case before has emptied."""
    made = record([complete(0, [block(ONE, 0, head=9.0), block(ONE, 1, head=2.0), block(ONE, 2, head=3.0)])])
    assert block_changes(made, ONE) == [[pytest.approx(math.log(2.0)), pytest.approx(math.log(3.0))]]
    assert only(judge_live(made)).blocks == 2


def test_rounds_that_were_not_complete_or_lack_the_case_do_not_count() -> None:
    """A round that failed has taken blocks of some cases under other circumstances than the rest."""
    blocks = [block(ONE, 1, head=2.0)]
    made = record(
        [
            complete(0, [block(ONE, 1)]),
            complete(1, blocks, ended="failed", reason="head: killed"),
            complete(2, blocks, ended="interrupted", reason="interrupted"),
            complete(3, [block(TWO, 1, head=2.0)]),
            complete(4, [block(ONE, 0, head=2.0)]),
        ],
        (ONE, TWO),
    )
    assert block_changes(made, ONE) == [[0.0]]
    assert only(judge_live(made), ONE).change == Change(1.0, None, None, 1)


def test_a_round_gives_its_median_whatever_the_number_of_its_blocks() -> None:
    """Blocks are not replicates: a round with fifty of them counts as one."""
    many = [block(ONE, number, head=1.0) for number in range(1, 50)]
    few = [block(ONE, 1, head=1.2), block(ONE, 2, head=1.1), block(ONE, 3, head=9.0)]
    found = only(judge_live(record([complete(0, many), complete(1, few)]))).change
    assert found is not None
    assert found.rounds == 2
    assert found.value == pytest.approx(math.exp((0.0 + math.log(1.2)) / 2))


def test_times_told_are_medians_of_one_call() -> None:
    """Of base's and head's blocks, each the geometric mean of its visits."""
    times = {1: 1.0, 2: 2.0, 3: 9.0}
    blocks = [block(ONE, number, head=3.0 * base, base=base) for number, base in times.items()]
    found = only(judge_live(record([complete(0, blocks)])))
    assert found.base_s == pytest.approx(2.0)
    assert found.head_s == pytest.approx(6.0)
    assert found.blocks == 3


# How a change becomes a verdict.


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.051, 1.2, "regression"),
        (1.05, 1.2, "inconclusive"),
        (1.0, 1.049, "pass"),
        (1.0, 1.05, "inconclusive"),
        (0.9, 1.049, "pass"),
        (0.8, 1 / 1.05, "pass"),
        (0.8, 0.95, "improvement"),
        (1.049, 1.051, "inconclusive"),
        (0.5, 2.0, "inconclusive"),
        (None, None, "inconclusive"),
        (None, 1.049, "pass"),
        (None, 0.9, "improvement"),
        (None, 1.2, "inconclusive"),
        (1.2, None, "regression"),
    ],
)
def test_a_verdict_needs_the_whole_interval(low: float | None, high: float | None, verdict: str) -> None:
    """Beyond the margin or within it, never on the edge; a bound that is not there yet decides nothing."""
    assert compare_with_margin(Change(1.0, low, high, 8), 0.05) == verdict


@pytest.mark.parametrize(
    ("head", "verdict", "code"),
    [(1.0, "pass", 0), (1.5, "regression", 1), (0.5, "improvement", 0), (1.05, "inconclusive", 3)],
)
def test_a_case_is_judged_by_its_change(head: float, verdict: str, code: int) -> None:
    """Eight rounds whose medians differ by 1 %."""
    found = judge_live(steady({ONE: head}))
    own = only(found)
    assert (found.verdict, own.verdict, found.exit_code) == (verdict, verdict, code)
    assert own.change is not None
    assert own.change.value == pytest.approx(head, rel=0.01)
    assert own.change.low is not None
    assert own.change.high is not None
    assert own.change.low < own.change.value < own.change.high
    assert own.change.high / own.change.low < 1.05
    assert (own.reason == "") == (verdict != "inconclusive")
    assert found.kind == "live"
    assert (found.base, found.head, found.rounds, found.seconds) == ("main", "working tree", ENOUGH, 100.0)


def test_each_case_has_its_own_margin() -> None:
    """20 % more are too much for one and nothing to the other."""
    found = judge_live(steady({ONE: 1.2, TWO: 1.2}, margins={ONE: 0.05, TWO: 0.5}))
    assert only(found, ONE).verdict == "regression"
    assert only(found, TWO).verdict == "pass"
    assert (only(found, ONE).margin, only(found, TWO).margin) == (0.05, 0.5)


@pytest.mark.parametrize(
    ("rounds", "head", "verdict"),
    [
        (0, 3.0, "inconclusive"),
        (1, 3.0, "inconclusive"),
        (5, 3.0, "inconclusive"),
        (6, 3.0, "regression"),
        (4, 1.0, "inconclusive"),
        (5, 1.0, "pass"),
        (4, 0.3, "inconclusive"),
        (5, 0.3, "improvement"),
    ],
)
def test_nobody_is_accused_before_six_rounds_nor_let_go_before_five(rounds: int, head: float, verdict: str) -> None:
    """However clear it looks; the reason says how many there must be."""
    made = steady({ONE: head}, rounds)
    own = only(judge_live(made))
    assert own.verdict == verdict
    assert undecided(made) == ((ONE,) if verdict == "inconclusive" else ())
    if rounds and verdict == "inconclusive":
        assert own.reason == f"{rounds} rounds are not enough: both bounds need 6 (--budget)"


def test_an_interval_that_holds_the_margin_asks_for_more_rounds() -> None:
    """There are enough rounds, and they don't agree."""
    own = only(judge_live(steady({ONE: 1.05}, 20)))
    assert own.reason == "the interval holds the margin: more rounds would tell (--budget)"


def test_no_rounds_at_all_are_no_pass() -> None:
    """A gate that has not begun, or whose folder was emptied."""
    found = judge_live(record([], ended="budget"))
    assert (found.verdict, found.exit_code, found.rounds, found.control) == ("inconclusive", 3, 0, None)
    assert only(found).reason == "no round of it came to its end"
    assert only(found).base_s is None


def test_no_cases_are_no_pass() -> None:
    """Nothing was compared."""
    found = judge_live(record([], ()))
    assert (found.verdict, found.exit_code, found.reason) == ("not comparable", 4, "no case to compare")


# Noise.


def noisy(seed: int, head: float, noise: float, rounds: int, cases: Sequence[str] = (ONE,)) -> GateRecord:
    """Rounds of processes that each have a speed of their own, and blocks with noise on top."""
    drawing = random.Random(seed)
    taken = []
    for number in range(rounds):
        speeds = {
            (case, side): math.exp(drawing.gauss(math.log(head) if side == HEAD else 0.0, noise))
            for case in cases
            for side in SIDES
        }
        blocks = [
            Block(
                case, place, 4, ORDER, tuple(speeds[case, side] * math.exp(drawing.gauss(0, noise)) for side in ORDER)
            )
            for case in cases
            for place in range(5)
        ]
        taken.append(complete(number, blocks))
    return record(taken, cases)


def decided_after(seed: int, head: float, noise: float = 0.02, most: int = 40) -> str:
    """The verdict of a gate that is looked at after every round until it is decided."""
    whole = noisy(seed, head, noise, most)
    for rounds in range(1, most + 1):
        seen = msgspec.structs.replace(whole, rounds=whole.rounds[:rounds])
        if not undecided(seen):
            return judge_live(seen).verdict
    return "inconclusive"


def test_noise_makes_no_regression_of_unchanged_code() -> None:
    """A hundred gates of the same code whose processes differ by 2 %: all pass."""
    assert [decided_after(seed, 1.0) for seed in range(100)].count("pass") == 100


def test_ten_percent_more_are_seen() -> None:
    """A hundred gates with 2 % noise: at least 98 are red, and not one is green."""
    found = [decided_after(seed, 1.1) for seed in range(100)]
    assert found.count("regression") >= 98
    assert "pass" not in found


def test_wide_noise_is_undecided_rather_than_red() -> None:
    """Processes that differ by 20 %, the same code: hardly a gate in fifty is red."""
    assert [decided_after(seed, 1.0, noise=0.2, most=12) for seed in range(100)].count("regression") <= 2


# The control.


def test_a_case_whose_control_is_not_still_is_not_judged() -> None:
    """A second copy of base that is 20 % slower than base: what made it so may have made head so."""
    made = steady({ONE: 1.5, TWO: 1.0, THREE: 1.0})
    for number, taken in enumerate(made.rounds):
        blocks = tuple(block(own.case, own.number, 1.5, 1.2) if own.case == ONE else own for own in taken.blocks)
        rounds = list(made.rounds)
        rounds[number] = msgspec.structs.replace(taken, blocks=blocks)
        made = msgspec.structs.replace(made, rounds=tuple(rounds))
    found = judge_live(made)
    assert only(found, ONE).verdict == "inconclusive"
    assert "second copy of base is not as fast as base" in only(found, ONE).reason
    assert only(found, ONE).control is not None
    assert only(found, TWO).verdict == "pass"
    assert (found.verdict, found.exit_code) == ("inconclusive", 3)
    assert undecided(made) == (ONE,)


@pytest.mark.parametrize("control", [0.8, 1.25])
def test_a_control_may_leave_its_band_on_either_side(control: float) -> None:
    """Faster than base is as suspect as slower."""
    assert only(judge_live(steady({ONE: 1.0}, control=control))).verdict == "inconclusive"


def test_all_cases_together_have_a_narrower_band_for_their_control() -> None:
    """4 % in every case: within the margin of each, and more than half of it in all of them."""
    cases = (ONE, TWO, THREE)
    for head in (0.5, 1.0, 1.5):
        found = judge_live(steady(dict.fromkeys(cases, head), 12, control=1.04))
        assert {(own.verdict, own.reason) for own in found.cases} == {("inconclusive", "the control was not still")}
        assert (found.verdict, found.exit_code) == ("inconclusive", 3)
        assert "the second copy of base is not as fast as base" in found.reason
        assert found.control is not None
        assert found.control.value == pytest.approx(1.04, rel=0.01)
    still = judge_live(steady(dict.fromkeys(cases, 1.0), 12, control=1.01))
    assert (still.verdict, still.control is not None) == ("pass", True)


def test_the_control_of_all_cases_is_the_median_over_cases_of_each_round() -> None:
    """Three cases whose controls stand at 1, 1.1 and 8: together 1.1, in one round."""
    blocks = [block(ONE, 1), block(TWO, 1, control=1.1), block(THREE, 1, control=8.0), block(THREE, 0, control=99.0)]
    found = judge_live(record([complete(0, blocks)], (ONE, TWO, THREE)))
    assert found.control == Change(pytest.approx(1.1), None, None, 1)


def test_the_control_of_all_cases_knows_only_blocks_that_count() -> None:
    """Neither the first of a case nor those of a round that failed."""
    rounds = [
        complete(0, [block(ONE, 0, control=9.0), block(ONE, 1, control=1.1)]),
        complete(1, [block(ONE, 1, control=9.0)], ended="failed", reason="x"),
    ]
    assert judge_live(record(rounds)).control == Change(pytest.approx(1.1), None, None, 1)


# What can't be compared is never a pass.

UNAVAILABLE = CaseOutcome("unavailable", "no XLA here")
FAILED = CaseOutcome("failed", "ValueError: no")
DISAGREES = CaseOutcome("disagrees", "largest error 3")
RETRACED = CaseOutcome("retraced", "2 traces while timed")
CRASHED = CaseOutcome("crashed", "killed by SIGSEGV")


@pytest.mark.parametrize(
    ("base", "head", "verdict", "said"),
    [
        (GOOD, GOOD, "pass", ""),
        (GOOD, FAILED, "missing", "working tree: failed: ValueError: no"),
        (GOOD, CRASHED, "missing", "working tree: crashed: killed by SIGSEGV"),
        (GOOD, UNAVAILABLE, "missing", "working tree: unavailable: no XLA here"),
        (GOOD, DISAGREES, "regression", "working tree: disagrees: largest error 3"),
        (GOOD, RETRACED, "regression", "working tree: retraced: 2 traces while timed"),
        (UNAVAILABLE, UNAVAILABLE, "unavailable", "no XLA here"),
        (UNAVAILABLE, GOOD, "not comparable", "main: unavailable: no XLA here"),
        (RETRACED, RETRACED, "not comparable", "main: retraced: 2 traces while timed"),
        (DISAGREES, DISAGREES, "not comparable", "main: disagrees: largest error 3"),
        (FAILED, GOOD, "not comparable", "main: failed: ValueError: no"),
        (FAILED, FAILED, "not comparable", "main: failed: ValueError: no"),
        (FAILED, UNAVAILABLE, "not comparable", "main: failed: ValueError: no"),
    ],
)
def test_what_sides_say_of_a_case_comes_before_its_times(
    base: CaseOutcome, head: CaseOutcome, verdict: str, said: str
) -> None:
    """However fast it was."""
    made = with_outcomes(steady({ONE: 0.5 if verdict != "pass" else 1.0}), ONE, base=base, head=head, control=base)
    own = only(judge_live(made))
    assert (own.verdict, own.reason) == (verdict, said)
    assert undecided(made) == ()
    if verdict != "pass":
        assert own.change is None


def test_one_bad_word_in_one_round_is_enough() -> None:
    """A case that failed once is not good because it was well another time; of the control too."""
    made = steady({ONE: 1.0})
    for side, verdict in ((HEAD, "missing"), (BASE, "not comparable"), (CONTROL, "not comparable")):
        third = made.rounds[2]
        bad = msgspec.structs.replace(third, outcomes={**third.outcomes, side: {ONE: FAILED}})
        changed = msgspec.structs.replace(made, rounds=(*made.rounds[:2], bad, *made.rounds[3:]))
        assert only(judge_live(changed)).verdict == verdict


def test_a_crash_in_a_round_that_failed_is_told_of_the_case() -> None:
    """The round counts for nothing; that head crashed at the case does."""
    outcomes = {BASE: {ONE: GOOD}, CONTROL: {ONE: GOOD}, HEAD: {ONE: CRASHED}}
    failed = complete(ENOUGH, [], ended="failed", reason="head: killed", outcomes=outcomes, cases=(ONE,))
    made = steady({ONE: 1.0, TWO: 1.0})
    made = msgspec.structs.replace(made, rounds=(*made.rounds, failed))
    found = judge_live(made)
    assert only(found, ONE).verdict == "missing"
    assert only(found, TWO).verdict == "pass"
    assert (found.verdict, found.exit_code) == ("missing", 4)
    assert found.notes == (f"Round {ENOUGH} was not complete and counts for nothing: head: killed",)
    assert found.rounds == ENOUGH


def test_a_mode_that_base_has_not_is_new() -> None:
    """Nothing to compare with; what is left decides. Where base has the mode, it is not comparable."""
    away = CaseOutcome("unavailable", "unknown mode")
    case = "forward/function-xla/b4096"
    made = with_outcomes(steady({ONE: 1.0, case: 1.0}), case, base=away, control=away)
    found = judge_live(made)
    assert only(found, case).verdict == "new"
    assert "nothing to compare with" in only(found, case).reason
    assert (found.verdict, found.exit_code) == ("pass", 0)
    known = msgspec.structs.replace(made.base, modes={**made.base.modes, "function-xla": ("forward",)})
    assert only(judge_live(msgspec.structs.replace(made, base=known)), case).verdict == "not comparable"
    other = msgspec.structs.replace(made.base, modes={**made.base.modes, "function-xla": ("update",)})
    assert only(judge_live(msgspec.structs.replace(made, base=other)), case).verdict == "new"


@pytest.mark.parametrize(
    ("head", "verdict", "code"),
    [(FAILED, "missing", 4), (CRASHED, "missing", 4), (DISAGREES, "regression", 1), (RETRACED, "regression", 1)],
)
def test_a_new_mode_that_does_not_work_is_no_pass(head: CaseOutcome, verdict: str, code: int) -> None:
    """Nothing to compare it with, and still wrong."""
    away = CaseOutcome("unavailable", "unknown mode")
    made = with_outcomes(steady({ONE: 1.0, THREE: 1.0}), THREE, base=away, control=away, head=head)
    found = judge_live(made)
    assert (only(found, THREE).verdict, found.verdict, found.exit_code) == (verdict, verdict, code)
    assert only(found, THREE).reason == f"working tree: {head.status}: {head.reason}"


def test_only_new_cases_are_no_pass() -> None:
    """Nothing was compared at all."""
    away = CaseOutcome("unavailable", "unknown mode")
    found = judge_live(with_outcomes(steady({THREE: 1.0}), THREE, base=away, control=away))
    assert only(found, THREE).verdict == "new"
    assert (found.verdict, found.exit_code, found.reason) == ("not comparable", 4, "no case to compare")


def test_what_head_has_lost_is_missing() -> None:
    """A mode that was deleted or renamed has no case in the plan, which is head's."""
    found = judge_live(steady({ONE: 1.0}, vanished=("forward/graph-v1/b1",)))
    lost = only(found, "forward/graph-v1/b1")
    assert (lost.verdict, lost.reason) == ("missing", "working tree has no such mode, main has")
    assert (found.verdict, found.exit_code, found.reason) == ("missing", 4, "1 of 2 cases are missing in head")


# Counts.


def counted(before: int | None, now: int | None, head: float = 1.0) -> GateRecord:
    """A gate whose head traces so often."""
    traced = {side: CaseOutcome("ok", traces=count) for side, count in (("base", before), ("control", before))}
    return with_outcomes(steady({ONE: head, TWO: 1.0}), ONE, head=CaseOutcome("ok", traces=now), **traced)


@pytest.mark.parametrize(
    ("before", "now", "verdict", "told"),
    [
        (1, 1, "pass", ()),
        (1, 2, "regression", (("traces", "1", "2"),)),
        (None, 1, "regression", (("traces", "none", "1"),)),
        (2, 1, "pass", (("traces", "2", "1"),)),
        (1, None, "pass", (("traces", "1", "none"),)),
        (None, None, "pass", ()),
    ],
)
def test_traces_gate_exactly(before: int | None, now: int | None, verdict: str, told: Sequence[Any]) -> None:
    """One more is a regression, however fast it is; fewer are told."""
    found = judge_live(counted(before, now))
    own = only(found)
    assert (own.verdict, own.counts) == (verdict, told)
    if verdict == "regression":
        assert own.reason == f"traces: {told[0][2]}, was {told[0][1]}"
        assert (found.verdict, found.exit_code) == ("regression", 1)
        assert only(judge_live(counted(before, now, head=0.5))).verdict == "regression"
    assert own.change is not None


def test_steps_of_keras_gate_exactly() -> None:
    """The same of the steps that Keras cuts a call into; one round's word is enough."""
    made = steady({ONE: 1.0, TWO: 1.0})

    def stepped(before: int, now: int) -> GateRecord:
        first = msgspec.structs.replace(
            made.rounds[0], steps={BASE: {ONE: before}, CONTROL: {ONE: before}, HEAD: {ONE: now}}
        )
        return msgspec.structs.replace(made, rounds=(first, *made.rounds[1:]))

    assert only(judge_live(stepped(4, 4))).counts == ()
    assert only(judge_live(stepped(4, 3))).counts == (("Keras steps a call", "4", "3"),)
    assert only(judge_live(stepped(4, 3))).verdict == "pass"
    worse = only(judge_live(stepped(4, 5)))
    assert (worse.verdict, worse.reason) == ("regression", "Keras steps a call: 5, was 4")
    assert only(judge_live(stepped(4, 5)), TWO).verdict == "pass"


def test_a_count_that_got_worse_needs_no_more_rounds() -> None:
    """It is decided after one; what is only fewer still has to be timed."""
    one = counted(1, 2)
    assert undecided(msgspec.structs.replace(one, rounds=one.rounds[:1])) == (TWO,)
    fewer = counted(2, 1)
    assert undecided(msgspec.structs.replace(fewer, rounds=fewer.rounds[:1])) == (ONE, TWO)


def test_counts_gate_whatever_the_control_did() -> None:
    """They are exact: a restless machine is no excuse for a second trace, nor for a mode that is gone."""
    restless = counted(1, 2)
    rounds = tuple(
        msgspec.structs.replace(taken, blocks=tuple(block(own.case, own.number, 1.0, 1.3) for own in taken.blocks))
        for taken in restless.rounds
    )
    restless = msgspec.structs.replace(restless, rounds=rounds)
    assert only(judge_live(restless)).verdict == "regression"
    assert judge_live(restless).exit_code == 1
    lost = msgspec.structs.replace(steady({TWO: 1.0}, control=1.3), vanished=(ONE,))
    assert judge_live(lost).exit_code == 4


# All cases together.


def test_the_worst_verdict_is_the_verdict_of_all() -> None:
    """A measured slowdown says more than what could not be measured."""
    assert set(SEVERITY) == set(EXIT_CODES)
    ladder: list[Verdict] = ["pass", "inconclusive", "not comparable", "missing", "regression"]
    for place, verdict in enumerate(ladder):
        assert worst([*ladder[: place + 1], "improvement", "new", "unavailable"]) == verdict
    assert worst([]) == worst(["new", "unavailable"]) == "not comparable"
    assert worst(["improvement", "improvement", "new"]) == "improvement"
    assert [EXIT_CODES[verdict] for verdict in ladder] == [0, 3, 4, 4, 1]
    assert {EXIT_CODES[verdict] for verdict in ("improvement", "new", "unavailable")} == {0}


@pytest.mark.parametrize(
    ("heads", "verdict", "reason"),
    [
        ((1.0, 1.0, 1.0), "pass", "no case is slower than its margin allows"),
        ((0.5, 1.0, 1.0), "pass", "no case is slower than its margin allows"),
        ((0.5, 0.5, 0.5), "improvement", "every case is faster"),
        ((1.5, 1.0, 0.5), "regression", "1 of 3 cases got worse"),
        ((1.5, 1.5, 1.05), "regression", "2 of 3 cases got worse"),
        ((1.05, 1.0, 0.5), "inconclusive", "1 of 3 cases are undecided"),
    ],
)
def test_what_is_said_of_all_cases(heads: Sequence[float], verdict: str, reason: str) -> None:
    """In one line, with how many cases decided it."""
    found = judge_live(steady(dict(zip((ONE, TWO, THREE), heads, strict=True))))
    assert (found.verdict, found.reason) == (verdict, reason)


def test_a_gate_that_failed_is_not_comparable_whatever_it_had_measured() -> None:
    """Its own reason stands."""
    found = judge_live(steady({ONE: 1.0}, ended="failed", reason="head: ImportError: no keras"))
    assert (found.verdict, found.exit_code, found.reason) == ("not comparable", 4, "head: ImportError: no keras")


@pytest.mark.parametrize(
    ("head", "verdict", "code"), [(1.0, "inconclusive", 3), (1.5, "regression", 1), (0.5, "inconclusive", 3)]
)
def test_a_gate_that_was_interrupted_is_no_pass(head: float, verdict: str, code: int) -> None:
    """A regression that was found stays one."""
    found = judge_live(steady({ONE: head}, ended="interrupted"))
    assert (found.verdict, found.exit_code) == (verdict, code)
    assert "interrupted" in found.reason


def test_notes_say_what_a_reader_must_know() -> None:
    """Versions that differ, and a budget that was spent."""
    made = steady({ONE: 1.05}, ended="budget", budget_s=60.0)

    def versions(keras: str) -> SideRecord:
        return SideRecord("x", None, None, {"keras": keras, "python": "3.12"})

    made = msgspec.structs.replace(made, base=versions("3.3"), head=versions("3.15"))
    assert judge_live(made).notes == (
        "keras: 3.3 in base, 3.15 in head",
        "The budget of 60 s was spent before every case was decided",
    )


def test_a_gate_can_be_judged_while_it_goes_on() -> None:
    """What is decided after which round: a case that is decided takes no part in later rounds, and stays so."""
    late = complete(ENOUGH, [block(TWO, place, 1.05) for place in range(4)])
    made = steady({ONE: 1.0, TWO: 1.05})
    assert undecided(made) == (TWO,)
    made = msgspec.structs.replace(made, rounds=(*made.rounds, late))
    found = judge_live(made)
    assert [own.change.rounds for own in found.cases if own.change] == [ENOUGH, ENOUGH + 1]
    assert only(found, ONE).verdict == "pass"
