"""The gate on stored results: ratios to a reference mode, base's against head's. Returns data: no printing, no paths.

Absolute times of two runs are never held against each other: the machine was in another state. What is compared is how
long a mode takes for each second of the reference mode in the same launch. So a reference that got slower makes all
others look faster, and a slowdown of everything alike is not seen; the live gate is what sees it.
"""

import math
import statistics
from collections.abc import Mapping, Sequence

import msgspec

from eagerbench.cases import FORKED, Case
from eagerbench.comparable import definition_differences, machine_differences, resolved_differences, why_not_whole
from eagerbench.errors import unknown
from eagerbench.gate import CaseVerdict, Change, Judgement, Verdict, compare_with_margin, overall
from eagerbench.margins import Margins
from eagerbench.modes import REGISTRY
from eagerbench.results import Counts, Run
from eagerbench.shift import shift
from eagerbench.summary import CaseSummary, by_case, launch_medians, summarise

DEFAULT_REFERENCE = "function"
# Ratios to `function` were seen to move by 19 % between two runs of one machine, six hours apart, and by 35 % between
# two versions of TensorFlow. Another processor may do more; nobody should call a regression what is less.
ACROSS_MACHINES_MARGIN = 0.5
# Launches in either run that give bounds, and one that may crash.
ENOUGH_LAUNCHES = 5
NOT_GATED = frozenset({"cold", "memory"})
# Of so many cases of a group that all move the same way, it is the reference that moved.
FEWEST_TO_ACCUSE_THE_REFERENCE = 3


def judge_stored(
    base: Run,
    head: Run,
    *,
    margins: Margins,
    reference: str = DEFAULT_REFERENCE,
    across_machines: bool = False,
    labels: tuple[str, str] = ("base", "head"),
) -> Judgement:
    """What two stored runs say of head.

    Args:
        base: what head is held against.
        head: what is judged.
        margins: of each case.
        reference: mode that times are ratios to.
        across_machines: compare what other machines measured too, with a margin of `ACROSS_MACHINES_MARGIN` at least.
        labels: of base and of head.

    Raises:
        UserError: where there is no such reference mode.
    """
    if reference not in REGISTRY:
        raise unknown("reference mode", reference, REGISTRY)
    comparison = _Comparison(_Side(base, labels[0]), _Side(head, labels[1]), reference)
    differing = comparison.machine_differences()
    wide = bool(differing) and across_machines
    unfit = [f"{side.label} is not whole: {why}" for side in comparison.sides if (why := why_not_whole(side.run))]
    if differing and not across_machines:
        unfit.append(f"measured on different machines ({_listed(differing)}); --across-machines compares all the same")
    if not unfit and not any(all(case.id in side.summaries for side in comparison.sides) for case in comparison.cases):
        unfit.append("no case that is gated is in both")
    cases = []
    for case in comparison.cases:
        margin = max(margins.of(case.id), ACROSS_MACHINES_MARGIN if wide else 0.0)
        if unfit:
            cases.append(CaseVerdict(case.id, "not comparable", "; ".join(unfit), margin))
        elif (told := comparison.judge(case, margin)) is not None:
            cases.append(told)
    cases = _without_shared_moves(cases, reference)
    verdict, reason = overall(cases)
    return Judgement(
        "stored",
        "not comparable" if unfit else verdict,
        "; ".join(unfit) or reason,
        *labels,
        tuple(cases),
        reference=reference,
        notes=tuple(_notes(comparison, differing if wide else ())),
    )


class _Side:
    """One of the two runs, looked up by case."""

    def __init__(self, run: Run, label: str) -> None:
        self.run = run
        self.label = label
        self.summaries = {own.case.id: own for own in summarise(run).cases}
        self.counts = {counted.case: counted for counted in run.counts}
        self.samples: dict[str, int] = {}
        self.medians: dict[str, dict[int, float]] = {}
        complete = {launch.index: launch for launch in run.races if launch.ended == "complete"}
        for (case, stage), samples in by_case(run).items():
            if stage == "steady":
                own = {
                    index: taken
                    for index, taken in samples.items()
                    if index in complete and case in complete[index].cases  # without an outcome nobody vouches for it
                }
                self.samples[case] = sum(map(len, own.values()))
                self.medians[case] = launch_medians(own)

    def ok(self, case: str) -> bool:
        """Whether the run has what was asked of a case."""
        return case in self.summaries and self.summaries[case].status == "ok"

    def told(self, case: str) -> str:
        """The status of a case and the reason of it, with whose it is."""
        if case not in self.summaries:
            return f"not in {self.label}"
        own = self.summaries[case]
        return f"{own.status} in {self.label}: {own.reason}"

    def ratios(self, case: str, reference: str) -> list[float]:
        """Logarithms of a case's median over the reference's, one for each launch that timed both."""
        own, other = self.medians.get(case, {}), self.medians.get(reference, {})
        return [math.log(own[launch]) - math.log(other[launch]) for launch in sorted(own.keys() & other.keys())]


class _Comparison:
    """Two runs and the mode that times are ratios to."""

    def __init__(self, base: _Side, head: _Side, reference: str) -> None:
        self.base, self.head, self.reference = base, head, reference
        self.sides = (base, head)
        planned = dict.fromkeys([*base.run.cases, *head.run.cases])
        self.cases = tuple(case for case in planned if case.workload not in NOT_GATED)

    def machine_differences(self) -> tuple[str, ...]:
        """Of the machines, and of where the cases ran."""
        found = list(machine_differences(self.base.run, self.head.run))
        for case in self.cases:
            if self.base.ok(case.id) and self.head.ok(case.id):
                resolved = (side.summaries[case.id].resolved for side in self.sides)
                found += resolved_differences(case.id, *resolved)
        return tuple(found)

    def judge(self, case: Case, margin: float) -> CaseVerdict | None:
        """What is said of a case; None of a reference that is as it was."""
        absent = self._absent(case)
        if absent:
            return CaseVerdict(case.id, *absent, margin)
        differing = (*definition_differences(self.base.run, self.head.run, case), *self._calls(case))
        if differing:
            return CaseVerdict(case.id, "not comparable", f"defined otherwise: {_listed(differing)}", margin)
        counts, worse = self._counts(case)
        lines = "; ".join(f"{name}: {now}, was {before}" for name, before, now in worse)
        if case.workload in FORKED:
            verdict: Verdict = "regression" if worse else "improvement" if counts else "pass"
            return CaseVerdict(case.id, verdict, lines, margin, counts=counts)
        if case.mode == self.reference:
            return CaseVerdict(case.id, "regression", lines, margin, counts=counts) if worse else None
        told = self._judge_time(case, margin)
        if worse:
            told = msgspec.structs.replace(told, verdict="regression", reason=lines)
        return msgspec.structs.replace(told, counts=counts)

    def _absent(self, case: Case) -> tuple[Verdict, str] | None:
        """Why a case can't be compared since one of the runs has nothing of it; None where both have."""
        base, head = self.base, self.head
        if base.ok(case.id) and head.ok(case.id):
            return None
        told = f"{base.told(case.id)}; {head.told(case.id)}"
        before, after = base.summaries.get(case.id), head.summaries.get(case.id)
        if before is None:
            fine = after is not None and after.status in {"ok", "unavailable"}
            return ("new", base.told(case.id)) if fine else ("not comparable", told)
        if after is None or base.ok(case.id):
            return "missing", head.told(case.id)
        if after.status == "ok":
            return "new", base.told(case.id)
        if before.status == after.status == "unavailable":
            return "unavailable", after.reason
        return "not comparable", told

    def _calls(self, case: Case) -> tuple[str, ...]:
        """How the numbers of counted calls differ; nothing where they are equal, or nothing was counted."""
        before, after = (own.calls if (own := side.counts.get(case.id)) else None for side in self.sides)
        return () if before == after else (f"calls: {before} against {after}",)

    def _judge_time(self, case: Case, margin: float) -> CaseVerdict:
        reference = Case(case.workload, self.reference, case.size)
        for side in self.sides:
            if not side.ok(reference.id):
                return CaseVerdict(
                    case.id,
                    "not comparable",
                    f"nothing to hold it against: {side.told(reference.id)}; choose another --reference",
                    margin,
                )
        differing = definition_differences(self.base.run, self.head.run, reference)
        if differing:
            return CaseVerdict(case.id, "not comparable", f"{reference.id} differs: {_listed(differing)}", margin)
        before, after = (side.ratios(case.id, reference.id) for side in self.sides)
        if not before or not after:
            label = (self.head if before else self.base).label
            return CaseVerdict(case.id, "not comparable", f"no launch of {label} timed it and {reference.id}", margin)
        found = shift(before, after)
        change = Change(
            math.exp(found.value),
            None if found.low is None else math.exp(found.low),
            None if found.high is None else math.exp(found.high),
            min(len(before), len(after)),
        )
        verdict = compare_with_margin(change, margin)
        reason = ""
        if verdict == "inconclusive":
            reason = (
                self._too_few(len(before), len(after))
                if change.low is None
                else "the interval holds the margin: more launches would tell (--launches)"
            )
        return CaseVerdict(
            case.id,
            verdict,
            reason,
            margin,
            change,
            base_s=math.exp(statistics.median(before)),
            head_s=math.exp(statistics.median(after)),
            blocks=sum(side.samples[case.id] for side in self.sides),
        )

    def _too_few(self, before: int, after: int) -> str:
        sat_out = min(side.run.start.plan.launches for side in self.sides) >= ENOUGH_LAUNCHES
        return (
            f"{before} launches of {self.base.label} and {after} of {self.head.label} timed it, which gives no bounds: "
            + (
                "slow cases sit launches out, so measure both with --profile full"
                if sat_out
                else f"measure both with --launches {ENOUGH_LAUNCHES}"
            )
        )

    def _counts(self, case: Case) -> tuple[tuple[tuple[str, str, str], ...], tuple[tuple[str, str, str], ...]]:
        """What is exact and differs, and those of them that got worse: name, base's and head's."""
        before, after = (side.summaries[case.id] for side in self.sides)
        differing, worse = [], []
        for name, was, now in (
            *_exact(self.base.counts.get(case.id), self.head.counts.get(case.id)),
            ("traces", before.traces, after.traces),
        ):
            if was != now:
                line = (name, "none" if was is None else str(was), "none" if now is None else str(now))
                differing.append(line)
                if (now or 0) > (was or 0):
                    worse.append(line)
        was_checked, is_checked = _parity(before), _parity(after)
        if was_checked != is_checked or is_checked == "failed":
            differing.append(("parity", was_checked, is_checked))
            if is_checked != "passed":
                worse.append(("parity", was_checked, is_checked))
        return tuple(differing), tuple(worse)


def _exact(before: Counts | None, after: Counts | None) -> list[tuple[str, int | None, int | None]]:
    """What was counted in processes of their own; nothing where a run has no counts of the case."""
    if before is None or after is None:
        return []
    return [
        ("traces", before.traces, after.traces),
        ("compiled programs", before.compiles, after.compiles),
        ("Keras steps a call", before.steps, after.steps),
    ]


def _parity(summary: CaseSummary) -> str:
    return "not checked" if summary.parity is None else "passed" if summary.parity.passed else "failed"


def _without_shared_moves(cases: Sequence[CaseVerdict], reference: str) -> list[CaseVerdict]:
    """Nobody is accused or praised where all cases of a group moved alike: it was the reference."""
    groups: dict[str, list[CaseVerdict]] = {}
    for own in cases:
        if own.change is not None:
            groups.setdefault(Case.parse(own.case).group, []).append(own)
    moved: Mapping[str, str] = {
        own.case: (
            f"all {len(group)} cases of its group got {word} alike: the reference mode {reference} has moved, or all "
            "of them; the live gate can tell (eagerbench gate --base)"
        )
        for group in groups.values()
        for word, verdict in (("slower", "regression"), ("faster", "improvement"))
        if len(group) >= FEWEST_TO_ACCUSE_THE_REFERENCE
        and all(own.change and compare_with_margin(own.change, own.margin) == verdict for own in group)
        for own in group
    }
    return [
        msgspec.structs.replace(own, verdict="inconclusive", reason=moved[own.case])
        if own.case in moved and not own.reason  # what was counted has one, and stays
        else own
        for own in cases
    ]


def _notes(comparison: _Comparison, differing: Sequence[str]) -> list[str]:
    reference = comparison.reference
    found = [f"Times are ratios to {reference} in the same launch, which is not judged itself"]
    if differing:
        found.append(
            f"Measured on different machines ({_listed(differing)}): margins are {ACROSS_MACHINES_MARGIN:.0%} at least"
        )
    if any(case.workload in NOT_GATED for side in comparison.sides for case in side.run.cases):
        found.append("Cold starts and memory are not gated")
    if comparison.base.run == comparison.head.run:
        found.append("Both are the same run")
    return found


def _listed(differences: Sequence[str], most: int = 6) -> str:
    left = len(differences) - most
    return "; ".join([*differences[:most], *([f"and {left} more"] if left > 0 else [])])
