"""What a gate's test of itself shows: false alarms, slowdowns that were seen, and what a naive check would have said.

Returns data, from recorded gates: no printing, no paths, no TensorFlow.
"""

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from itertools import permutations

import msgspec

from eagerbench.gate import Change, Verdict, block_changes, compare_with_margin, judge_live
from eagerbench.gate_record import BASE, HEAD, SIDES, Block, GateRecord, Round
from eagerbench.sequential import bounds

PLANTED_EVERY = 4  # gates: one with planted slowdowns
REPLAYS = 3000
REPLAYED_ROUNDS = 15
NAIVE_THRESHOLDS = (0.05, 0.10)


class Tally(msgspec.Struct, frozen=True):
    """Verdicts on one kind of gates.

    Attributes:
        share: planted in head; 0 for unchanged code.
        gates: how many.
        verdicts: how many of each.
        rounds: mean number until a case was decided or the budget spent.
    """

    share: float
    gates: int
    verdicts: dict[Verdict, int]
    rounds: float


class Naive(msgspec.Struct, frozen=True):
    """What a threshold on medians of two runs, one after the other, would have said of the same processes.

    Attributes:
        threshold: 0.05 is red where head's median is more than 5 % above base's.
        cases: comparisons of one case of unchanged code.
        red_cases: of them red.
        runs: comparisons of all cases of unchanged code.
        red_runs: of them with a red case.
        planted: comparisons of a case that is 10 % slower.
        green: of them green.
    """

    threshold: float
    cases: int
    red_cases: int
    runs: int
    red_runs: int
    planted: int
    green: int


class SelfTested(msgspec.Struct, frozen=True):
    """What a self-test found.

    Attributes:
        command: what was typed.
        cpu: of the machine.
        cores: that may be used.
        versions: of Python and packages.
        cases: ids, of unchanged code.
        planted_cases: ids; each is a gate of its own.
        unchanged: live gates of unchanged code.
        planted: live gates of one slower case each, by share.
        replays: gates put together from recorded rounds.
        replay_alarms: of them with a regression.
        naive: what a threshold would have said.
        gate_seconds: of each gate that had nothing but unchanged code.
        seconds: of all.
    """

    command: str
    cpu: str
    cores: int | None
    versions: dict[str, str]
    cases: tuple[str, ...]
    planted_cases: tuple[str, ...]
    unchanged: Tally
    planted: tuple[Tally, ...]
    replays: int
    replay_alarms: int
    naive: tuple[Naive, ...]
    gate_seconds: tuple[float, ...]
    seconds: float


def evaluate(
    unchanged: Sequence[GateRecord], planted: Mapping[float, Sequence[GateRecord]], seed: int, seconds: float
) -> SelfTested:
    """What recorded gates show. Returns data.

    Args:
        unchanged: gates of unchanged code, at least one.
        planted: gates with slowdowns, by share.
        seed: of the replays.
        seconds: that all took.
    """
    first = unchanged[0]
    alone = [record.seconds for number, record in enumerate(unchanged) if number % PLANTED_EVERY]
    return SelfTested(
        command=first.command,
        cpu=str(first.machine.get("cpu", "unknown")),
        cores=first.machine.get("cores_usable"),
        versions=first.head.versions,
        cases=first.cases,
        planted_cases=next((record.cases for own in planted.values() for record in own), ()),
        unchanged=_tally(0.0, [(judge_live(record).verdict, len(record.rounds)) for record in unchanged]),
        planted=tuple(
            _tally(
                share,
                [
                    (own.verdict, own.change.rounds if own.change else 0)
                    for record in records
                    for own in judge_live(record).cases
                ],
            )
            for share, records in planted.items()
        ),
        replays=REPLAYS if any(taken.ended == "complete" for record in unchanged for taken in record.rounds) else 0,
        replay_alarms=replay_alarms(unchanged, REPLAYS, seed),
        naive=tuple(naive(unchanged, planted.get(0.10, ()), threshold) for threshold in NAIVE_THRESHOLDS),
        gate_seconds=tuple(alone),
        seconds=seconds,
    )


def _tally(share: float, told: Sequence[tuple[Verdict, int]]) -> Tally:
    verdicts: dict[Verdict, int] = {}
    for verdict, _ in told:
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    return Tally(share, len(told), verdicts, statistics.fmean(rounds for _, rounds in told) if told else 0.0)


def replay_alarms(records: Sequence[GateRecord], replays: int, seed: int) -> int:
    """Gates put together from rounds of unchanged code in which a case would have been called a regression.

    All three sides ran the same code, so in each round any of them may be called head. A replay draws rounds with
    replacement from all gates, gives out the names anew, and judges after every round as a live gate does.

    Args:
        records: of unchanged code.
        replays: how many.
        seed: of the drawing.
    """
    drawing = random.Random(seed)  # noqa: S311 - an order, not a secret
    pools = {case: _renamed_medians(records, case) for case in records[0].cases}
    margins = records[0].margins
    return sum(
        any(_accused(pool, margins[case], drawing) for case, pool in pools.items() if pool) for _ in range(replays)
    )


def _renamed_medians(records: Sequence[GateRecord], case: str) -> list[tuple[float, ...]]:
    """For each recorded round of a case, its median change under every way to name the three sides."""
    names = [dict(zip(SIDES, order, strict=True)) for order in permutations(SIDES)]
    found: list[list[float]] = []
    for record in records:
        ways = [[statistics.median(own) for own in block_changes(_renamed(record, case, way), case)] for way in names]
        found += [list(medians) for medians in zip(*ways, strict=True)]
    return [tuple(medians) for medians in found]


def _renamed(record: GateRecord, case: str, names: Mapping[str, str]) -> GateRecord:
    def other(block: Block) -> Block:
        return msgspec.structs.replace(block, sides=tuple(names[side] for side in block.sides))

    rounds = tuple(
        msgspec.structs.replace(taken, blocks=tuple(other(block) for block in taken.blocks if block.case == case))
        for taken in record.rounds
    )
    return msgspec.structs.replace(record, rounds=rounds)


def _accused(pool: Sequence[tuple[float, ...]], margin: float, drawing: random.Random) -> bool:
    """Whether a case is called a regression, looked at after every round until it is decided."""
    medians: list[float] = []
    for _ in range(REPLAYED_ROUNDS):
        medians.append(drawing.choice(drawing.choice(pool)))
        found = bounds(medians)
        low, high = (None if end is None else math.exp(end) for end in (found.low, found.high))
        verdict = compare_with_margin(Change(math.exp(found.value), low, high, found.rounds), margin)
        if verdict != "inconclusive":
            return verdict == "regression"
    return False


def naive(unchanged: Sequence[GateRecord], slower: Sequence[GateRecord], threshold: float) -> Naive:
    """What a threshold on medians would have said: base of one round against head of the next, in other processes.

    Args:
        unchanged: gates of unchanged code.
        slower: gates whose head is 10 % slower.
        threshold: 0.05 is red where head's median is more than 5 % above base's.
    """
    told = [own for record in unchanged for own in _one_after_the_other(record, threshold)]
    planted = [red for record in slower for own in _one_after_the_other(record, threshold) for red in own]
    return Naive(
        threshold,
        cases=sum(map(len, told)),
        red_cases=sum(map(sum, told)),
        runs=len(told),
        red_runs=sum(map(any, told)),
        planted=len(planted),
        green=planted.count(False),
    )


def _one_after_the_other(record: GateRecord, threshold: float) -> list[list[bool]]:
    """For each two rounds in a row, whether each case that both have is red."""
    found = []
    for before, after in zip(record.rounds, record.rounds[1:], strict=False):
        base, head = _medians(before, BASE), _medians(after, HEAD)
        both = [case for case in record.cases if case in base and case in head]
        if both:
            found.append([head[case] > (1 + threshold) * base[case] for case in both])
    return found


def _medians(taken: Round, side: str) -> dict[str, float]:
    """Median seconds of a call of each case, of one side's process alone."""
    seconds: dict[str, list[float]] = {}
    for block in taken.blocks:
        if block.number:
            own = [second for name, second in zip(block.sides, block.seconds, strict=True) if name == side]
            seconds.setdefault(block.case, []).extend(own)
    return {case: statistics.median(own) for case, own in seconds.items()}
