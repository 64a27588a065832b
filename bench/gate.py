"""Verdicts: what a gate says of each case, and of all. Returns data: no printing, no paths, no exit, no TensorFlow.

A change is head's time over base's. It is judged against a margin by its interval, one-sided and three-way: a
regression where the whole interval lies above the margin, a pass where it lies below, and inconclusive otherwise. What
can't be compared is never a pass.
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from eagerbench.cases import Case
from eagerbench.gate_record import BASE, CONTROL, HEAD, Block, GateRecord, Round
from eagerbench.results import CaseOutcome
from eagerbench.sequential import ACCUSING, bounds

Verdict = Literal[
    "pass", "improvement", "new", "unavailable", "inconclusive", "missing", "not comparable", "regression"
]
EXIT_CODES: dict[Verdict, int] = {
    "pass": 0,
    "improvement": 0,
    "new": 0,
    "unavailable": 0,
    "regression": 1,
    "inconclusive": 3,
    "missing": 4,
    "not comparable": 4,
}
# The worst verdict of a case is the verdict of all; a measured slowdown says more than what could not be measured.
SEVERITY: tuple[Verdict, ...] = (
    "unavailable",
    "new",
    "improvement",
    "pass",
    "inconclusive",
    "not comparable",
    "missing",
    "regression",
)


class Change(msgspec.Struct, frozen=True):
    """How one side's time stands to another's.

    Attributes:
        value: 1.1 takes 10 % longer.
        low: lower bound; None where there are too few rounds (or launches).
        high: upper bound; None where there are too few.
        rounds: that it rests on; for stored results, the launches of the run that has fewer.
    """

    value: float
    low: float | None
    high: float | None
    rounds: int


class CaseVerdict(msgspec.Struct, frozen=True):
    """What is said of one case.

    Attributes:
        case: its id.
        verdict: of it.
        reason: one line; empty where the numbers say all.
        margin: 0.05 lets it be 5 % slower.
        change: head over base; None where there is none.
        control: a second copy of base over base, in the same blocks; None for stored results.
        base_s: median seconds of one call of base; for stored results, base's ratio to the reference mode.
        head_s: the same of head.
        blocks: that the change rests on; for stored results, the samples.
        counts: of what is exact, where the two differ: name, base's and head's.
        worse_counts: whether head's are worse, which no noise can make.
    """

    case: str
    verdict: Verdict
    reason: str
    margin: float
    change: Change | None = None
    control: Change | None = None
    base_s: float | None = None
    head_s: float | None = None
    blocks: int = 0
    counts: tuple[tuple[str, str, str], ...] = ()
    worse_counts: bool = False


class Judgement(msgspec.Struct, frozen=True):
    """What a gate says.

    Attributes:
        kind: ``live``: processes called in turn. ``stored``: ratios to a reference mode from two results files.
        verdict: the worst of the cases', or what contaminates them all.
        reason: in one line, what decided it.
        base: label of base.
        head: label of head.
        cases: in the order of the plan.
        control: a second copy of base over base, all cases together; None for stored results.
        reference: mode that stored times are ratios to; None for a live gate.
        notes: what a reader must know beside.
        seconds: that it took; None for stored results.
        rounds: complete ones; None for stored results.
    """

    kind: Literal["live", "stored"]
    verdict: Verdict
    reason: str
    base: str
    head: str
    cases: tuple[CaseVerdict, ...]
    control: Change | None = None
    reference: str | None = None
    notes: tuple[str, ...] = ()
    seconds: float | None = None
    rounds: int | None = None

    @property
    def exit_code(self) -> int:
        """0 pass, 1 regression, 3 inconclusive, 4 not comparable or a case missing."""
        return EXIT_CODES[self.verdict]


def block_changes(record: GateRecord, case: str, side: str = HEAD) -> list[list[float]]:
    """How a side stood to base in each counted block, by round: natural logarithms of the ratio of times.

    The first block of a case in a round is not counted: it brings the caches back that the cases before have emptied.
    Visits of one side in a block are averaged in the logarithm. Base and control run the same code, so head is held
    against the mean of both, which is steadier than either; the control is held against base alone. In a block without
    noise the two numbers have nothing to do with each other.

    Args:
        record: of the gate.
        case: its id.
        side: ``head``, or ``control``.
    """
    return [[_contrast(block, side) for block in counted] for counted in _counted(record, case)]


def _counted(record: GateRecord, case: str) -> list[list[Block]]:
    """Blocks of a case that count, by round; rounds that have none are left out."""
    found = []
    for taken in record.rounds:
        blocks = [block for block in taken.blocks if block.case == case and block.number > 0]
        if blocks and taken.ended == "complete":
            found.append(blocks)
    return found


def _contrast(block: Block, side: str) -> float:
    logs = {name: _log_of(block, name) for name in (BASE, CONTROL, side)}
    return logs[HEAD] - (logs[BASE] + logs[CONTROL]) / 2 if side == HEAD else logs[side] - logs[BASE]


def _log_of(block: Block, side: str) -> float:
    return statistics.fmean(
        math.log(seconds) for name, seconds in zip(block.sides, block.seconds, strict=True) if name == side
    )


def _change(rounds: Sequence[Sequence[float]]) -> Change | None:
    """Of logarithms by round: each round gives its median; None where there is no round."""
    return _change_of([statistics.median(own) for own in rounds])


def _change_of(medians: Sequence[float]) -> Change | None:
    if not medians:
        return None
    found = bounds(medians)
    return Change(
        math.exp(found.value),
        None if found.low is None else math.exp(found.low),
        None if found.high is None else math.exp(found.high),
        found.rounds,
    )


def compare_with_margin(change: Change, margin: float) -> Verdict:
    """What the whole interval of a change says.

    ``regression``: it lies above ``1 + margin``. ``improvement``: below ``1 / (1 + margin)``. ``pass``: below
    ``1 + margin``. Else, or where there are no bounds yet, ``inconclusive``.
    """
    if change.low is not None and change.low > 1 + margin:
        return "regression"
    if change.high is not None and change.high < 1 + margin:
        return "improvement" if change.high < 1 / (1 + margin) else "pass"
    return "inconclusive"


def judge_live(record: GateRecord) -> Judgement:
    """What a live gate says, from its blocks; also of one that is still going on."""
    control = _pooled_control(record)
    contaminated = _leaves(control, min(record.margins.values(), default=0.0) / 2)
    cases = [_judge_case(own, case) for case, own in _by_case(record).items()]
    if contaminated:
        cases = [_doubted(own) for own in cases]
    cases += [
        CaseVerdict(
            case,
            "missing",
            f"{record.head.label} has no such mode, {record.base.label} has",
            min(record.margins.values(), default=0.0),
        )
        for case in record.vanished
    ]
    verdict, reason = overall(cases)
    if record.ended == "failed":
        verdict, reason = "not comparable", record.reason
    elif record.ended == "interrupted":
        verdict, reason = _doubt(verdict, reason, "interrupted before every case was decided")
    elif contaminated:
        verdict, reason = _doubt(verdict, reason, _CONTAMINATED)
    return Judgement(
        "live",
        verdict,
        reason,
        record.base.label,
        record.head.label,
        tuple(cases),
        control,
        notes=_notes(record),
        seconds=record.seconds,
        rounds=sum(taken.ended == "complete" for taken in record.rounds),
    )


_CONTAMINATED = (
    "the second copy of base is not as fast as base: something other than the code makes the difference, so no time "
    "here may be called a regression or a pass"
)


def _doubted(own: CaseVerdict) -> CaseVerdict:
    """A verdict on a time, where times can't be trusted; what is exact or missing stays."""
    if own.change is None or own.worse_counts or own.verdict not in {"pass", "improvement", "regression"}:
        return own
    return msgspec.structs.replace(own, verdict="inconclusive", reason="the control was not still")


def undecided(record: GateRecord) -> tuple[str, ...]:
    """Ids of cases of which more rounds could still say something."""
    judged = (_judge_case(own, case) for case, own in _by_case(record).items())
    return tuple(own.case for own in judged if own.verdict == "inconclusive")


def _by_case(record: GateRecord) -> dict[str, GateRecord]:
    """For each case a record that knows of nothing else: each block is looked at once, however many cases there are."""
    rounds: dict[str, list[Round]] = {case: [] for case in record.cases}
    for taken in record.rounds:
        blocks: dict[str, list[Block]] = {case: [] for case in taken.cases}
        for block in taken.blocks:
            blocks.setdefault(block.case, []).append(block)
        for case, own in blocks.items():
            if case in rounds:
                rounds[case].append(
                    msgspec.structs.replace(
                        taken,
                        blocks=tuple(own),
                        outcomes={side: {case: said[case]} for side, said in taken.outcomes.items() if case in said},
                        steps={side: {case: said[case]} for side, said in taken.steps.items() if case in said},
                    )
                )
    return {case: msgspec.structs.replace(record, rounds=tuple(own)) for case, own in rounds.items()}


def _judge_case(record: GateRecord, case: str) -> CaseVerdict:
    margin = record.margins[case]
    unfit = _unfit(record, case)
    if unfit:
        return CaseVerdict(case, *unfit, margin)
    counts, retraced = _count_checks(record, case)
    counted = _counted(record, case)
    change, control = _change(block_changes(record, case)), _change(block_changes(record, case, CONTROL))
    blocks = [block for own in counted for block in own]
    verdict: Verdict
    if change is None:
        verdict, reason = "inconclusive", "no round of it came to its end"
    else:
        verdict, reason = compare_with_margin(change, margin), ""
        if verdict == "inconclusive":
            reason = "the interval holds the margin: more rounds would tell (--budget)"
            if change.low is None:
                reason = f"{change.rounds} rounds are not enough: both bounds need {ACCUSING} (--budget)"
    if _leaves(control, margin):
        verdict, reason = "inconclusive", "the second copy of base is not as fast as base in this case"
    if retraced:
        verdict, reason = "regression", "; ".join(f"{name}: {now}, was {before}" for name, before, now in retraced)
    return CaseVerdict(
        case,
        verdict,
        reason,
        margin,
        change,
        control,
        base_s=_median_s(blocks, BASE),
        head_s=_median_s(blocks, HEAD),
        blocks=len(blocks),
        counts=counts,
        worse_counts=bool(retraced),
    )


def _median_s(blocks: Sequence[Block], side: str) -> float | None:
    seconds = [math.exp(_log_of(block, side)) for block in blocks]
    return statistics.median(seconds) if seconds else None


def _leaves(control: Change | None, band: float) -> bool:
    """Whether the whole interval of the control lies outside its band, on either side."""
    if control is None:
        return False
    # A bound that must not err more often than the one that accuses.
    return (control.low is not None and control.low > 1 + band) or (
        control.low is not None and control.high is not None and control.high < 1 / (1 + band)
    )


def _pooled_control(record: GateRecord) -> Change | None:
    """The control of all cases together: in each round, the median over its cases."""
    by_round: dict[int, dict[str, list[float]]] = {}
    for taken in record.rounds:
        if taken.ended == "complete":
            for block in taken.blocks:
                if block.number > 0:
                    by_round.setdefault(taken.number, {}).setdefault(block.case, []).append(_contrast(block, CONTROL))
    return _change_of(
        [statistics.median(statistics.median(own) for own in cases.values()) for cases in by_round.values()]
    )


def _unfit(record: GateRecord, case: str) -> tuple[Verdict, str] | None:
    """Why a case can't be compared at all; None where it can."""
    base, head = _worst(record.rounds, case, (BASE, CONTROL)), _worst(record.rounds, case, (HEAD,))
    if base is None or head is None or base.status == head.status == "ok":
        return None
    if base.status == head.status == "unavailable":
        return "unavailable", head.reason
    told = f"{record.head.label}: {head.status}: {head.reason}"
    new = base.status == "unavailable" and _lacks(record.base.modes, case)
    if new and head.status == "ok":
        return "new", f"{record.base.label} has no such mode: nothing to compare with"
    if (new or base.status == "ok") and head.status in {"disagrees", "retraced"}:
        return "regression", told
    if new or base.status == "ok":
        return "missing", told
    return "not comparable", f"{record.base.label}: {base.status}: {base.reason}"


def _lacks(modes: Mapping[str, tuple[str, ...]], case: str) -> bool:
    one = Case.parse(case)
    return one.workload not in modes.get(one.executed, ())


def _worst(rounds: Sequence[Round], case: str, sides: Iterable[str]) -> CaseOutcome | None:
    """What some sides say of a case: the first word that is not good, else the last; None where nothing was said."""
    said = [taken.outcomes[side][case] for taken in rounds for side in sides if case in taken.outcomes.get(side, {})]
    bad = [outcome for outcome in said if outcome.status != "ok"]
    return bad[0] if bad else said[-1] if said else None


_Counts = tuple[tuple[str, str, str], ...]


def _count_checks(record: GateRecord, case: str) -> tuple[_Counts, _Counts]:
    """What is exact and differs, and those of them that got worse: name, base's and head's."""
    differing, worse = [], []
    for name, before, now in (
        ("traces", _most_traces(record, case, BASE), _most_traces(record, case, HEAD)),
        ("Keras steps a call", _steps(record, case, BASE), _steps(record, case, HEAD)),
    ):
        if before != now:
            line = (name, "none" if before is None else str(before), "none" if now is None else str(now))
            differing.append(line)
            if (now or 0) > (before or 0):
                worse.append(line)
    return tuple(differing), tuple(worse)


def _most_traces(record: GateRecord, case: str, side: str) -> int | None:
    said = [taken.outcomes.get(side, {}).get(case) for taken in record.rounds]
    return max((outcome.traces for outcome in said if outcome and outcome.traces is not None), default=None)


def _steps(record: GateRecord, case: str, side: str) -> int | None:
    return max((taken.steps[side][case] for taken in record.rounds if case in taken.steps.get(side, {})), default=None)


def _notes(record: GateRecord) -> tuple[str, ...]:
    found = [
        f"Round {taken.number} was not complete and counts for nothing: {taken.reason}"
        for taken in record.rounds
        if taken.ended != "complete"
    ]
    for name in sorted(record.base.versions.keys() & record.head.versions.keys()):
        before, now = record.base.versions[name], record.head.versions[name]
        if before != now:
            found.append(f"{name}: {before} in base, {now} in head")
    if record.ended == "budget":
        found.append(f"The budget of {record.budget_s:g} s was spent before every case was decided")
    return tuple(found)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts; ``not comparable`` where nothing was compared."""
    return max(
        (verdict for verdict in verdicts if verdict not in {"new", "unavailable"}),
        key=SEVERITY.index,
        default="not comparable",
    )


def _doubt(verdict: Verdict, reason: str, doubt: str) -> tuple[Verdict, str]:
    """Inconclusive at best, and why; what is worse stays, and so does its reason."""
    if SEVERITY.index(verdict) <= SEVERITY.index("inconclusive"):
        return "inconclusive", doubt
    return verdict, f"{reason}; besides, {doubt}"


def overall(cases: Sequence[CaseVerdict]) -> tuple[Verdict, str]:
    """The verdict on all cases, and why, in one line."""
    verdict = worst(own.verdict for own in cases)
    which = [own.case for own in cases if own.verdict == verdict]
    return verdict, {
        "pass": "no case is slower than its margin allows",
        "improvement": "every case is faster",
        "not comparable": f"{len(which)} of {len(cases)} cases can't be compared" if which else "no case to compare",
        "missing": f"{len(which)} of {len(cases)} cases are missing in head",
        "regression": f"{len(which)} of {len(cases)} cases got worse",
        "inconclusive": f"{len(which)} of {len(cases)} cases are undecided",
    }[verdict]
