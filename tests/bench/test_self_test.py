"""The gate's test of itself: replays and the naive check on hand-made records, and gates with rounds that are none."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eagerbench import self_test, sensitivity
from eagerbench.contestant import Ready, Side
from eagerbench.errors import UserError
from eagerbench.gate_record import BASE, CONTROL, HEAD, SIDES, Block, GateRecord, Round, SideRecord
from eagerbench.gating import MOST_FAILURES, Contest
from eagerbench.results import CaseOutcome, Plan, Run
from eagerbench.self_test import PLANTED, PLANTED_CASES, SelfTest
from eagerbench.sensitivity import (
    NAIVE_THRESHOLDS,
    PLANTED_EVERY,
    REPLAYS,
    evaluate,
    naive,
    replay_alarms,
)

ONE, TWO = PLANTED_CASES
CASES = (ONE, TWO)
ORDER = (HEAD, BASE, CONTROL, CONTROL, BASE, HEAD)


def block(case: str, number: int, seconds: Mapping[str, float], spread: Sequence[float] = (1.0,) * 6) -> Block:
    return Block(case, number, 4, ORDER, tuple(seconds[side] * own for side, own in zip(ORDER, spread, strict=True)))


def taken(number: int, blocks: Sequence[Block], **differs: Any) -> Round:
    cases = tuple(dict.fromkeys(own.case for own in blocks))
    outcomes = {side: dict.fromkeys(cases, CaseOutcome("ok", traces=1)) for side in SIDES}
    made = Round(number, number, cases, "complete", "", 9.0, 4.0, outcomes, {}, tuple(blocks))
    return msgspec.structs.replace(made, **differs)


def record(rounds: Sequence[Round], cases: Sequence[str] = CASES, **differs: Any) -> GateRecord:
    made = GateRecord(
        schema_version=1,
        eagerbench="0.1.0",
        started="2026-01-02T03:04:05+00:00",
        command="eagerbench gate --self-test",
        base=SideRecord("eagerbench 0.1.0", None, None),
        head=SideRecord("eagerbench 0.1.0", None, None, {"python": "3.12"}),
        cases=tuple(cases),
        vanished=(),
        margins=dict.fromkeys(cases, 0.05),
        env="CartPole-v1",
        seed=0,
        budget_s=300.0,
        machine={"cpu": "Example CPU", "cores_usable": 2},
        rounds=tuple(rounds),
        ended="decided",
        seconds=60.0,
    )
    return msgspec.structs.replace(made, **differs)


def recorded(
    seed: int = 0, rounds: int = 6, noise: float = 0.01, cases: Sequence[str] = CASES, **factors: float
) -> GateRecord:
    """Rounds of processes that differ a little, in which a side may take so many times as long."""
    drawing = random.Random(seed)
    made = []
    for number in range(rounds):
        blocks = []
        for case in cases:
            seconds = {side: 0.001 * factors.get(side, 1.0) * math.exp(drawing.gauss(0, noise)) for side in SIDES}
            blocks += [
                block(case, place, seconds, [math.exp(drawing.gauss(0, noise)) for _ in ORDER]) for place in range(4)
            ]
        made.append(taken(number, blocks))
    return record(made, cases)


# Replays.


def test_replays_of_unchanged_code_cry_no_wolf() -> None:
    """Three gates with a percent of noise, put together anew a few hundred times."""
    assert replay_alarms([recorded(seed) for seed in range(3)], 300, seed=1) == 0


def test_replays_see_a_side_that_was_not_like_the_others() -> None:
    """A side that was 30 % faster all along: whoever else is called head looks slower in two draws of three."""
    assert replay_alarms([recorded(seed, control=1 / 1.3) for seed in range(3)], 300, seed=1) > 15


def test_every_side_may_be_called_head() -> None:
    """Whichever it is that stands out, the replays see it alike."""
    for side in (BASE, HEAD, CONTROL):
        assert replay_alarms([recorded(0, **{side: 1 / 1.3})], 200, seed=1) > 10


def test_every_name_is_given_in_every_way_that_there_is() -> None:
    """Of one block with times 1, 2 and 4, the six ways to name its sides give three changes, each twice."""
    times = {HEAD: 1.0, BASE: 2.0, CONTROL: 4.0}
    own = record([taken(0, [block(ONE, 0, dict.fromkeys(SIDES, 9.0)), block(ONE, 1, times)])], (ONE,))
    (ways,) = sensitivity._renamed_medians([own], ONE)
    two = math.log(2.0)
    assert sorted(ways) == pytest.approx([-1.5 * two, -1.5 * two, 0.0, 0.0, 1.5 * two, 1.5 * two])


def test_replays_know_only_complete_rounds() -> None:
    """One that failed is not replayed."""
    good = recorded(0, cases=(ONE,))
    slow = [block(ONE, place, {HEAD: 9.0, BASE: 1.0, CONTROL: 1.0}) for place in range(4)]
    own = msgspec.structs.replace(good, rounds=(*good.rounds, taken(9, slow, ended="failed", reason="x")))
    assert len(sensitivity._renamed_medians([own], ONE)) == len(good.rounds)


def test_a_replay_is_decided_as_a_live_gate_is() -> None:
    """Six rounds above the margin accuse, five within it let go, and whoever was let go is not accused any more."""
    slower, same = (math.log(1.2),), (0.0,)
    drawing = random.Random(0)
    assert sensitivity._accused([slower], 0.05, drawing)
    assert not sensitivity._accused([same], 0.05, drawing)
    assert not sensitivity._accused([slower], 0.5, drawing)

    class Draws:
        """Gives what comes next, whatever it is asked to choose from."""

        def __init__(self, values: Sequence[float]) -> None:
            self.left = [*values]
            self.drawn = 0

        def choice(self, own: Sequence[Any]) -> Any:
            if isinstance(own[0], tuple):
                return own[0]
            self.drawn += 1
            return self.left.pop(0)

    for values, accused, drawn in (
        ([0.1] * 15, True, 6),
        ([0.0] * 5 + [0.1] * 10, False, 5),
        ([0.1] * 5 + [0.0] + [0.1] * 9, True, 10),
        ([0.1, 0.0] * 7 + [0.1], False, 15),
    ):
        draws = Draws(values)
        assert sensitivity._accused([same], 0.05, draws) is accused  # type: ignore[arg-type]
        assert draws.drawn == drawn


def test_replays_are_the_same_for_the_same_seed() -> None:
    """And not for another."""
    records = [recorded(seed, control=1 / 1.3) for seed in range(2)]
    assert replay_alarms(records, 200, 1) == replay_alarms(records, 200, 1)
    assert len({replay_alarms(records, 200, seed) for seed in range(4)}) > 1


# The naive check.


def test_the_naive_check_holds_base_of_one_round_against_head_of_the_next() -> None:
    """Three rounds by hand: base 1, 1, 1 against head 1.06, 1.2 of the next ones; the first head is nobody's."""
    heads = (9.0, 1.06, 1.2)
    rounds = [
        taken(
            number,
            [
                block(ONE, 0, {HEAD: 99.0, BASE: 1.0, CONTROL: 1.0}),
                *[block(ONE, place, {HEAD: head, BASE: 1.0, CONTROL: 5.0}) for place in (1, 2, 3)],
                *[block(TWO, place, dict.fromkeys(SIDES, 1.0)) for place in (1, 2, 3)],
            ],
        )
        for number, head in enumerate(heads)
    ]
    unchanged = record(rounds)
    slower = record(rounds, (ONE,))
    found = naive([unchanged], [slower], 0.05)
    assert (found.threshold, found.cases, found.red_cases, found.runs, found.red_runs) == (0.05, 4, 2, 2, 2)
    assert (found.planted, found.green) == (2, 0)
    found = naive([unchanged, unchanged], [slower], 0.10)
    assert (found.cases, found.red_cases, found.runs, found.red_runs) == (8, 2, 4, 2)
    assert (found.planted, found.green) == (2, 1)
    assert naive([unchanged], (), 0.05).planted == 0


def test_the_naive_check_needs_two_rounds_of_a_case() -> None:
    """A gate with one round says nothing; of a case that was decided early, only the rounds that it had."""
    one = [block(ONE, 1, dict.fromkeys(SIDES, 1.0))]
    both = [*one, block(TWO, 1, dict.fromkeys(SIDES, 1.0))]
    assert naive([record([taken(0, both)])], (), 0.05).runs == 0
    found = naive([record([taken(0, both), taken(1, both), taken(2, one)])], (), 0.05)
    assert (found.runs, found.cases) == (2, 3)


def test_the_naive_check_takes_the_median_of_all_calls_of_one_side() -> None:
    """One slow visit of many is not seen."""
    spread = (9.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    blocks = [block(ONE, place, dict.fromkeys(SIDES, 1.0), spread if place == 1 else (1.0,) * 6) for place in (1, 2, 3)]
    assert naive([record([taken(0, blocks), taken(1, blocks)], (ONE,))], (), 0.05).red_cases == 0


def test_the_naive_check_does_not_count_the_first_block_either() -> None:
    """The check gets what the gate gets."""
    blocks = [block(ONE, 0, {HEAD: 9.0, BASE: 1.0, CONTROL: 1.0}), block(ONE, 1, dict.fromkeys(SIDES, 1.0))]
    assert naive([record([taken(0, blocks), taken(1, blocks)], (ONE,))], (), 0.05).red_cases == 0


# All of it.


def test_everything_is_put_together() -> None:
    """Live verdicts, rounds, replays, the naive check, and how long gates of unchanged code alone took."""
    unchanged = [msgspec.structs.replace(recorded(seed), seconds=60.0 + seed) for seed in range(4)]
    planted = {share: [recorded(9, rounds=7, head=1 + share)] for share in PLANTED}
    found = evaluate(unchanged, planted, seed=0, seconds=600.0)
    assert (found.command, found.cpu, found.cores) == ("eagerbench gate --self-test", "Example CPU", 2)
    assert (found.versions, found.cases, found.planted_cases) == ({"python": "3.12"}, CASES, CASES)
    assert (found.unchanged.share, found.unchanged.gates, found.unchanged.rounds) == (0.0, 4, 6.0)
    assert found.unchanged.verdicts == {"pass": 4}
    tallies = {tally.share: tally for tally in found.planted}
    assert [*tallies] == [*PLANTED]
    # Each planted case is a gate of its own.
    assert (tallies[1.00].gates, tallies[1.00].rounds, tallies[1.00].verdicts) == (2, 7.0, {"regression": 2})
    assert tallies[0.20].verdicts == {"regression": 2}
    assert (found.replays, found.replay_alarms) == (REPLAYS, 0)
    assert [own.threshold for own in found.naive] == [*NAIVE_THRESHOLDS]
    assert [own.planted for own in found.naive] == [12, 12]
    # Of the gates with 10 % more: of those with 5 % more about half were green.
    assert found.naive[0].green == 0
    # The first of every four also had planted slowdowns in it.
    assert PLANTED_EVERY == 4
    assert found.gate_seconds == (61.0, 62.0, 63.0)
    assert found.seconds == 600.0


def test_a_self_test_with_nothing_planted_says_so() -> None:
    """It was interrupted before."""
    found = evaluate([recorded(0)], {share: [] for share in PLANTED}, seed=0, seconds=60.0)
    assert {tally.gates for tally in found.planted} == {0}
    assert found.planted_cases == ()


def test_what_was_not_replayed_is_not_counted_as_silent() -> None:
    """Without one complete round there is no "0 of 3,000"."""
    whole = recorded(0)
    none = msgspec.structs.replace(
        whole, rounds=tuple(msgspec.structs.replace(own, ended="failed", reason="x") for own in whole.rounds)
    )
    assert evaluate([none], {}, seed=0, seconds=60.0).replays == 0


# Gates, with rounds that are none.


class StandInRounds:
    """Rounds in which head is exactly as much slower as was planted."""

    clock: Any
    does: Callable[[int, Round], Round]
    refuses: bool
    asked: list[dict[float, tuple[str, ...]]]

    def __init__(self, contest: Contest, plan: Plan, observations: Path, seed: int, watcher: Any) -> None:
        del contest, plan, observations, seed, watcher
        self.refused = self.refuses
        self.ready = {side: Ready({}, {}, {"python": side}) for side in SIDES}

    def take(self, number: int, planted: Mapping[float, Sequence[str]]) -> dict[float, Round]:
        self.asked.append({share: tuple(own) for share, own in planted.items()})
        self.clock.now += 10.0
        noise = (1.0, 1.005, 0.995)[number % 3]
        return {
            share: type(self).does(
                len(self.asked),
                taken(
                    number,
                    [
                        block(case, place, {HEAD: (1 + share) * noise, BASE: 1.0, CONTROL: 1.0})
                        for case in own
                        for place in range(3)
                    ],
                    seconds=10.0,
                ),
            )
            for share, own in planted.items()
        }


class Clock:
    """Stands still unless it is moved."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


class Quiet:
    """A display that notes what stays."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def say(self, text: str) -> None:
        self.told.append(text)

    def dueling(self, number: int, done: int, cases: int) -> None:
        """Nothing to note."""

    def decided(self, record: GateRecord, left: int, elapsed_s: float) -> None:
        """Nothing to note."""


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> type[StandInRounds]:
    """Rounds of ten seconds."""
    own = StandInRounds
    own.clock, own.asked, own.refuses = Clock(), [], False
    own.does = staticmethod(lambda _, made: made)
    monkeypatch.setattr(self_test, "RoundOfDuels", own)
    monkeypatch.setattr(self_test, "time", own.clock)
    return own


def run_gates(
    make_run: Callable[..., Run], folder: Path, gates: int, budget_s: float = 300.0
) -> tuple[SelfTest, Quiet]:
    plan = msgspec.structs.replace(make_run({case: [[0.1]] for case in CASES}).start.plan, cases=CASES)
    side = Side("python", {})
    watcher = Quiet()
    contest = Contest(side, side, SideRecord("x", None, None), SideRecord("x", None, None))
    empty = record([], ended="interrupted", seconds=0.0)
    own = SelfTest(empty, plan, contest, folder / "observations.npy", gates, budget_s, watcher, folder / "gates.json")
    own.run()
    return own, watcher


def test_one_gate_in_four_has_planted_slowdowns_beside_unchanged_code(
    rounds: type[StandInRounds], make_run: Callable[..., Run], tmp_path: Path
) -> None:
    """Each share until it is decided, in the same processes; then gates of unchanged code alone."""
    test, _ = run_gates(make_run, tmp_path, 5)
    assert len(test.unchanged) == 5
    assert {share: len(own) for share, own in test.planted.items()} == dict.fromkeys(PLANTED, 2)
    assert set(rounds.asked[0]) == {0.0, *PLANTED}
    # Unchanged code is let go after five rounds, a slowdown is accused after six; 5 % can't be told from the margin.
    assert 0.0 not in rounds.asked[5]
    assert set(rounds.asked[7]) == {0.05}
    for gate in test.unchanged:
        assert (len(gate.rounds), gate.ended) == (5, "decided")
    assert {gate.ended for gate in test.planted[0.10]} == {"decided"}
    assert {gate.ended for gate in test.planted[0.05]} == {"budget"}
    alone = [asked for asked in rounds.asked if set(asked) == {0.0}]
    assert len(alone) == 3 * 5
    found = evaluate(test.unchanged, test.planted, 0, 100.0)
    assert found.unchanged.verdicts == {"pass": 5}
    assert {tally.share: set(tally.verdicts) for tally in found.planted} == {
        0.05: {"inconclusive"},
        0.07: {"regression"},
        0.10: {"regression"},
        0.20: {"regression"},
        1.00: {"regression"},
    }
    assert found.gate_seconds == (50.0, 50.0, 50.0)
    assert found.versions == {"python": HEAD}


def test_no_round_is_begun_that_would_end_after_the_budget(
    rounds: type[StandInRounds], make_run: Callable[..., Run], tmp_path: Path
) -> None:
    """Of each gate."""
    test, _ = run_gates(make_run, tmp_path, 2, budget_s=25.0)
    assert [len(gate.rounds) for gate in test.unchanged] == [2, 2]
    assert {gate.ended for gate in test.unchanged} == {"budget"}
    assert len(rounds.asked) == 4


def test_after_every_gate_all_records_are_on_disk(
    rounds: type[StandInRounds], make_run: Callable[..., Run], tmp_path: Path
) -> None:
    """Readable as what they are."""
    assert rounds.asked == []
    test, _ = run_gates(make_run, tmp_path, 2)
    stored = msgspec.json.decode((tmp_path / "gates.json").read_bytes())
    assert msgspec.convert(stored["unchanged"], list[GateRecord]) == test.unchanged
    planted = msgspec.convert(stored["planted"], list[tuple[float, list[GateRecord]]])
    assert dict(planted) == test.planted


def test_ctrl_c_keeps_the_gates_that_were_finished(
    rounds: type[StandInRounds], make_run: Callable[..., Run], tmp_path: Path
) -> None:
    """What follows is of those."""

    def interrupted(count: int, made: Round) -> Round:
        return msgspec.structs.replace(made, ended="interrupted") if count == 38 else made

    rounds.does = staticmethod(interrupted)
    test, watcher = run_gates(make_run, tmp_path, 5)
    assert 0 < len(test.unchanged) < 5
    assert "interrupted: what follows is of the gates that were finished" in watcher.told


def test_a_side_that_never_runs_ends_it_and_does_not_use_up_its_budget(
    rounds: type[StandInRounds], make_run: Callable[..., Run], tmp_path: Path
) -> None:
    """Two rounds in a row that failed; with why."""
    rounds.does = staticmethod(
        lambda _, made: msgspec.structs.replace(made, ended="failed", reason="head: no keras", blocks=())
    )
    with pytest.raises(UserError, match="a process of the self-test could not run: head: no keras"):
        run_gates(make_run, tmp_path, 1, budget_s=1000.0)
    assert len(rounds.asked) == MOST_FAILURES


def test_a_refusal_ends_it_at_once(rounds: type[StandInRounds], make_run: Callable[..., Run], tmp_path: Path) -> None:
    """It would be said again."""
    rounds.refuses = True
    rounds.does = staticmethod(
        lambda _, made: msgspec.structs.replace(made, ended="failed", reason="head: no keras", blocks=())
    )
    with pytest.raises(UserError, match="head: no keras"):
        run_gates(make_run, tmp_path, 1)
    assert len(rounds.asked) == 1


def test_a_round_that_failed_once_is_taken_again(
    rounds: type[StandInRounds], make_run: Callable[..., Run], tmp_path: Path
) -> None:
    """It counts for nothing."""
    rounds.does = staticmethod(
        lambda count, made: msgspec.structs.replace(made, ended="failed", reason="x") if count == 2 else made
    )
    test, _ = run_gates(make_run, tmp_path, 1)
    assert len(test.unchanged[0].rounds) == 6
    assert test.unchanged[0].ended == "decided"


def test_planted_are_the_known_cases_or_the_first(make_run: Callable[..., Run], tmp_path: Path) -> None:
    """Where somebody chose other cases."""

    def planted(*cases: str) -> tuple[str, ...]:
        plan = msgspec.structs.replace(make_run({ONE: [[0.1]]}).start.plan, cases=cases)
        side = Side("python", {})
        contest = Contest(side, side, SideRecord("x", None, None), SideRecord("x", None, None))
        return SelfTest(record([]), plan, contest, tmp_path, 1, 1.0, Quiet(), tmp_path).planted_cases

    assert planted(*CASES) == CASES
    assert planted("forward/eager/b1", TWO) == (TWO,)
    assert planted("forward/eager/b1", "forward/eager/b9") == ("forward/eager/b1",)
