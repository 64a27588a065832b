"""Verdicts on stored results, with hand-made runs: what is judged, what is not, and what is never a pass."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pytest

from eagerbench.errors import UserError
from eagerbench.gate import CaseVerdict, Judgement
from eagerbench.margins import Margins
from eagerbench.results import CaseOutcome, Counts, End, MemoryUse, Parity, Run
from eagerbench.stored_gate import ACROSS_MACHINES_MARGIN, judge_stored

MakeRun = Callable[..., Run]
FUNCTION, EAGER, PREDICT, XLA = (f"forward/{mode}/b1" for mode in ("function", "eager", "predict", "function-xla"))
# Four launches on a machine that is now fast and now slow: only ratios stay the same.
SPEEDS = (1.0, 2.0, 0.5, 1.25)
WITHIN = (1.0, 1.01, 0.99, 1.02)


def times(factors: Mapping[str, float], launches: int = 4, speed: float = 1.0) -> dict[str, list[list[float]]]:
    """Three samples of each launch, whose median is the case's factor times that launch's speed."""
    return {
        case: [
            [factor * noise * speed * SPEEDS[index % 4] * spread for spread in (0.9, 1.0, 1.5)]
            for index in range(launches)
            for noise in [1.0 if case == FUNCTION else WITHIN[index % 4]]
        ]
        for case, factor in factors.items()
    }


BASE = {FUNCTION: 1.0, EAGER: 4.0, PREDICT: 100.0}


def judged(base: Run, head: Run, **options: Any) -> Judgement:
    return judge_stored(base, head, **{"margins": Margins(), "labels": ("A", "B"), **options})


def only(judgement: Judgement, case: str) -> CaseVerdict:
    (found,) = [own for own in judgement.cases if own.case == case]
    return found


@pytest.mark.parametrize(
    ("slowdown", "verdict", "code"),
    [(1.0, "pass", 0), (1.5, "regression", 1), (0.5, "improvement", 0), (1.05, "inconclusive", 3)],
)
def test_a_case_is_judged_by_its_ratio_to_the_reference(
    make_run: MakeRun, slowdown: float, verdict: str, code: int
) -> None:
    """Whatever the machine did meanwhile: head's was three times as slow."""
    base = make_run(times(BASE))
    head = make_run(times({**BASE, EAGER: 4.0 * slowdown}, speed=3.0))
    found = judged(base, head)
    own = only(found, EAGER)
    assert own.verdict == verdict
    assert found.exit_code == code
    assert own.change is not None
    assert own.change.value == pytest.approx(slowdown)
    assert own.change.low == pytest.approx(slowdown * 0.99 / 1.02)
    assert own.change.high == pytest.approx(slowdown * 1.02 / 0.99)
    assert own.change.rounds == 4
    assert own.base_s == pytest.approx(4.0 * math.sqrt(1.0 * 1.01))
    assert own.head_s == pytest.approx(4.0 * slowdown * math.sqrt(1.0 * 1.01))
    assert own.blocks == 24
    assert only(found, PREDICT).verdict == "pass"


def test_the_reference_is_not_judged_and_a_note_says_so(make_run: MakeRun) -> None:
    """Absolute times never gate: it became ten times slower, and its ratio to itself is one."""
    found = judged(make_run(times(BASE)), make_run(times(BASE, speed=10.0)))
    assert [own.case for own in found.cases] == [EAGER, PREDICT]
    assert found.reference == "function"
    assert found.verdict == "pass"
    assert any("ratios to function" in note for note in found.notes)


@pytest.mark.parametrize(("before", "after", "bounded"), [(3, 3, False), (4, 4, True), (3, 5, True), (1, 8, False)])
def test_few_launches_are_inconclusive(make_run: MakeRun, before: int, after: int, bounded: bool) -> None:
    """However large the difference looks; the reason says how many there are and what to type."""
    base, head = make_run(times(BASE, before)), make_run(times({**BASE, EAGER: 40.0}, after))
    own = only(judged(base, head), EAGER)
    assert own.verdict == ("regression" if bounded else "inconclusive")
    if not bounded:
        assert own.reason.startswith(f"{before} launches of A and {after} of B timed it")
        assert "--launches 5" in own.reason


def test_launches_that_timed_only_one_of_the_two_do_not_count(make_run: MakeRun) -> None:
    """A slow case sits some of them out: then there are too few."""
    slow = times(BASE, 5)
    slow[PREDICT] = slow[PREDICT][:3]
    own = only(judged(make_run(slow), make_run(slow)), PREDICT)
    assert (own.verdict, own.change and own.change.rounds) == ("inconclusive", 3)
    assert "--profile full" in own.reason


def test_launches_without_the_reference_do_not_count(make_run: MakeRun) -> None:
    """A ratio needs both."""
    cut = times(BASE, 5)
    cut[FUNCTION] = cut[FUNCTION][:4]
    own = only(judged(make_run(cut), make_run(times(BASE, 5))), EAGER)
    assert own.change is not None
    assert own.change.rounds == 4


def test_samples_that_no_outcome_vouches_for_do_not_count(make_run: MakeRun) -> None:
    """Whether their outputs agreed is not known."""
    run = make_run(times(BASE, 5))
    first = run.launches[0]
    without = {case: own for case, own in first.cases.items() if case != EAGER}
    launches = (msgspec.structs.replace(first, cases=without), *run.launches[1:])
    own = only(judged(run, msgspec.structs.replace(run, launches=launches)), EAGER)
    assert own.change is not None
    assert own.change.rounds == 4


def test_margins_are_the_case_s_own(make_run: MakeRun) -> None:
    """What is red at 5 % passes at 60 %."""
    base, head = make_run(times(BASE)), make_run(times({**BASE, EAGER: 6.0, PREDICT: 150.0}))
    found = judged(base, head, margins=Margins(0.05, {"forward/pred*/*": 0.6}))
    assert (only(found, EAGER).verdict, only(found, EAGER).margin) == ("regression", 0.05)
    assert (only(found, PREDICT).verdict, only(found, PREDICT).margin) == ("pass", 0.6)
    assert found.verdict == "regression"
    assert found.exit_code == 1


FAILED, ABSENT = CaseOutcome("failed", "it broke"), CaseOutcome("unavailable", "not here")


@pytest.mark.parametrize(
    ("base", "head", "verdict", "said"),
    [
        ({}, {EAGER: FAILED}, "missing", "failed in B: it broke"),
        ({}, {EAGER: CaseOutcome("disagrees", "by 1")}, "missing", "disagrees in B: by 1"),
        ({}, {EAGER: CaseOutcome("retraced", "again")}, "missing", "retraced in B"),
        ({}, {EAGER: ABSENT}, "missing", "unavailable in B: not here"),
        ({EAGER: ABSENT}, {EAGER: ABSENT}, "unavailable", "not here"),
        ({EAGER: FAILED}, {}, "new", "failed in A: it broke"),
        ({EAGER: FAILED}, {EAGER: FAILED}, "not comparable", "failed in A: it broke; failed in B: it broke"),
        ({EAGER: ABSENT}, {EAGER: FAILED}, "not comparable", "failed in B"),
        ({FUNCTION: FAILED}, {}, "not comparable", "failed in A: it broke; choose another --reference"),
        ({}, {FUNCTION: FAILED}, "not comparable", "failed in B: it broke; choose another --reference"),
    ],
)
def test_what_went_wrong_in_a_run_is_said_and_never_a_pass(
    make_run: MakeRun, base: Mapping[str, CaseOutcome], head: Mapping[str, CaseOutcome], verdict: str, said: str
) -> None:
    """With the status and the reason of the run that has it."""
    found = judged(make_run(times(BASE), outcomes=base), make_run(times(BASE), outcomes=head))
    own = only(found, EAGER)
    assert own.verdict == verdict
    assert said in own.reason
    assert found.exit_code == (0 if verdict in {"unavailable", "new"} else 4)


def test_a_reference_that_broke_is_missing_itself(make_run: MakeRun) -> None:
    """Else a group that has nothing but it would be lost unseen."""
    found = judged(make_run(times(BASE)), make_run(times(BASE), outcomes={FUNCTION: FAILED}))
    assert only(found, FUNCTION).verdict == "missing"


def test_cases_of_one_run_alone(make_run: MakeRun) -> None:
    """Only in base: missing. Only in head: new, unless it is broken there."""
    less = {case: own for case, own in BASE.items() if case != PREDICT}
    lost = judged(make_run(times(BASE)), make_run(times(less)))
    assert (lost.verdict, only(lost, PREDICT).reason) == ("missing", "not in B")
    gained = judged(make_run(times(less)), make_run(times(BASE)))
    assert (gained.verdict, only(gained, PREDICT).verdict) == ("pass", "new")
    broken = judged(make_run(times(less)), make_run(times(BASE), outcomes={PREDICT: FAILED}))
    assert only(broken, PREDICT).verdict == "not comparable"
    assert broken.exit_code == 4


def test_no_common_case_is_not_comparable(make_run: MakeRun) -> None:
    """Also where both have cases that are not gated."""
    other = {case.replace("b1", "b2"): own for case, own in BASE.items()}
    found = judged(make_run(times(BASE)), make_run(times(other)))
    assert (found.verdict, found.exit_code) == ("not comparable", 4)
    assert "no case" in found.reason
    alone = judged(make_run(times({FUNCTION: 1.0})), make_run(times({FUNCTION: 1.0})))
    assert (alone.verdict, alone.exit_code) == ("not comparable", 4)


def test_an_unknown_reference_is_the_user_s_mistake(make_run: MakeRun) -> None:
    """With the nearest known one."""
    run = make_run(times(BASE))
    with pytest.raises(UserError, match=r"unknown reference mode 'functon' \(did you mean 'function'\?\)"):
        judged(run, run, reference="functon")


def test_another_reference_may_be_chosen(make_run: MakeRun) -> None:
    """Where a group has none, its cases can't be compared, and the reason says what to do."""
    run = make_run(times(BASE))
    assert [own.case for own in judged(run, run, reference="eager").cases] == [FUNCTION, PREDICT]
    found = judged(run, run, reference="numpy")
    assert {own.verdict for own in found.cases} == {"not comparable"}
    assert "not in A; choose another --reference" in found.cases[0].reason


def test_a_reference_that_moved_accuses_nobody(make_run: MakeRun) -> None:
    """All three others of the group look half as fast: it became twice as fast. Of two, nobody can tell."""
    many = {**BASE, XLA: 0.5}
    for changed, verdict in ((0.5, "regression"), (2.0, "improvement")):
        moved = judged(make_run(times(many)), make_run(times({**many, FUNCTION: changed})))
        assert {own.verdict for own in moved.cases} == {"inconclusive"}
        assert "the reference mode function has moved" in moved.cases[0].reason
        assert moved.exit_code == 3
        few = judged(make_run(times(BASE)), make_run(times({**BASE, FUNCTION: changed})))
        assert {own.verdict for own in few.cases} == {verdict}
    mixed = judged(make_run(times(many)), make_run(times({**many, EAGER: 40.0, PREDICT: 1000.0})))
    assert [own.verdict for own in mixed.cases] == ["regression", "regression", "pass"]


def with_start(run: Run, **changes: Any) -> Run:
    return msgspec.structs.replace(run, start=msgspec.structs.replace(run.start, **changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cpu": "Other CPU"}, "cpu: Example CPU @ 2.00GHz against Other CPU"),
        ({"cores": 4}, "cores: 2 against 4"),
        ({"cores_logical": 4}, "cores_logical: nothing against 4"),
        ({"cores_usable": 1}, "cores_usable: 2 against 1"),
        ({"packages": {"tensorflow": "2.16.1", "keras": "3.15.1", "numpy": "2.4.6"}}, "tensorflow: 2.21.0 against 2.1"),
        ({"packages": {"tensorflow": "2.21.0", "keras": "3.0", "numpy": "2.4.6"}}, "keras: 3.15.1 against 3.0"),
        ({"packages": {"tensorflow": "2.21.0", "keras": "3.15.1"}}, "numpy: 2.4.6 against nothing"),
        ({"packages": 3}, "package tensorflow: 2.21.0 against nothing"),
        ({"environment": {"XLA_FLAGS": "--x"}}, "flag XLA_FLAGS: '' against --x"),
        ({"environment": {"XLA_FLAGS": "", "TF_X": "1"}}, "flag TF_X: nothing against 1"),
    ],
)
def test_other_machines_are_not_comparable_unless_the_user_says_so(
    make_run: MakeRun, changes: dict[str, Any], said: str
) -> None:
    """Then the margin is wide, and a note says so and what differs."""
    run = make_run(times(BASE))
    other = with_start(make_run(times({**BASE, EAGER: 5.0})), machine={**run.start.machine, **changes})
    found = judged(run, other)
    assert (found.verdict, found.exit_code) == ("not comparable", 4)
    assert {own.verdict for own in found.cases} == {"not comparable"}
    assert said in found.reason
    wide = judged(run, other, across_machines=True, margins=Margins(0.05, {"*/predict/*": 0.9}))
    assert wide.verdict == "pass"
    assert [own.margin for own in wide.cases] == [ACROSS_MACHINES_MARGIN, 0.9]
    assert any(said in note and "50%" in note for note in wide.notes)
    assert judged(run, run, across_machines=True).cases[0].margin == 0.05


@pytest.mark.parametrize("ignored", ["memory_bytes", "system", "load_average_1min", "python", "commit"])
def test_what_does_not_move_ratios_may_differ(make_run: MakeRun, ignored: str) -> None:
    """Else no two runs could ever be compared."""
    run = make_run(times(BASE))
    assert judged(run, with_start(run, machine={**run.start.machine, ignored: "other"})).verdict == "pass"


def resolved(run: Run, **facts: Any) -> Run:
    """The run with other flags of `EAGER`."""
    launches = tuple(
        msgspec.structs.replace(
            one, cases={**one.cases, EAGER: msgspec.structs.replace(one.cases[EAGER], resolved=facts)}
        )
        for one in run.launches
    )
    return msgspec.structs.replace(run, launches=launches)


def test_threads_and_device_are_part_of_the_machine(make_run: MakeRun) -> None:
    """As each mode found them; whether XLA compiled is what may be compared."""
    run = make_run(times(BASE))
    two = resolved(run, intra_op_threads=2, device="CPU:0", jit_compile=False)
    found = judged(two, resolved(run, intra_op_threads=4, device="GPU:0", jit_compile=True))
    assert found.verdict == "not comparable"
    assert f"intra_op_threads of {EAGER}: 2 against 4" in found.reason
    assert f"device of {EAGER}: CPU:0 against GPU:0" in found.reason
    assert judged(two, resolved(run, intra_op_threads=2, device="CPU:0", jit_compile=True)).verdict == "pass"


TRAIN = {f"train/{mode}/env1": factor for mode, factor in (("function", 1.0), ("eager", 4.0))}


def test_definitions_must_be_equal_for_what_they_touch(make_run: MakeRun) -> None:
    """Each kind of case by what it depends on, and no other."""
    run = make_run(times({**BASE, **TRAIN}))
    start = run.start
    training = start.plan.training
    other_observations = msgspec.structs.replace(start.observations, sha256="cd" * 32)
    fewer = msgspec.structs.replace(start.observations, rows=5)
    timed = dataclasses.replace(training.timed, steps=training.timed.steps + 1)

    def planned(**changes: Any) -> dict[str, Any]:
        return {"plan": msgspec.structs.replace(start.plan, **changes)}

    for changes, touched, said in (
        ({"flops": {**start.flops, EAGER: 1}}, {EAGER}, "floating-point operations of a call: 2816 against 1"),
        ({"flops": {**start.flops, FUNCTION: 1}}, {FUNCTION, EAGER, PREDICT}, "floating-point operations"),
        ({"observations": other_observations}, set(BASE), "their sha256: abab"),
        ({"observations": fewer}, set(BASE), "observations: 100000 against 5"),
        (planned(env="Other-v0"), {*BASE, *TRAIN}, "environment: CartPole-v1 against Other-v0"),
        (planned(training=msgspec.structs.replace(training, envs=2)), set(TRAIN), "parallel environments: 1 against 2"),
        (planned(training=msgspec.structs.replace(training, vectorization="async")), set(TRAIN), "vectorization: sync"),
        (planned(training=msgspec.structs.replace(training, timed=timed)), set(TRAIN), "hyperparameters"),
        (planned(seed=7, case_seconds=9.0, profile="full", command="other"), set(), ""),
    ):
        found = judged(run, with_start(run, **changes))
        told = {own.case: own for own in found.cases}
        assert {case for case, own in told.items() if own.verdict == "not comparable"} == touched
        assert all(said in told[case].reason for case in touched if case in told)
        assert (found.exit_code == 4) == bool(touched)


@pytest.mark.parametrize(
    ("end", "planned", "said"),
    [
        (None, 4, "B is not whole: it was interrupted"),
        (End("interrupted", 3.0), 4, "B is not whole: it was interrupted"),
        (End("complete", 3.0), 5, "B is not whole: 4 of its 5 launches are complete"),
    ],
)
def test_a_run_that_is_not_whole_is_never_a_pass(make_run: MakeRun, end: End | None, planned: int, said: str) -> None:
    """Neither as head nor as base."""
    whole, part = make_run(times(BASE)), make_run(times(BASE), end=end, launches=planned)
    for found in (judged(whole, part), judged(part, whole, labels=("B", "A"))):
        assert (found.verdict, found.exit_code) == ("not comparable", 4)
        assert said in found.reason
        assert {own.verdict for own in found.cases} == {"not comparable"}


def test_crashed_launches_do_not_count(make_run: MakeRun) -> None:
    """What they had timed by then may be what made them crash; a launch in their place makes the run whole."""
    five = make_run(times({**BASE, EAGER: 40.0}, 5), launches=4)
    crashed = tuple(msgspec.structs.replace(one, ended="crashed") if one.index == 1 else one for one in five.launches)
    own = only(judged(five, msgspec.structs.replace(five, launches=crashed)), EAGER)
    assert own.change is not None
    assert own.change.rounds == 4
    assert own.blocks == 15 + 12


def test_the_same_run_twice_is_allowed_and_noted(make_run: MakeRun) -> None:
    """It passes, and the reader learns why."""
    run = make_run(times(BASE))
    assert "Both are the same run" in judged(run, run).notes
    assert "Both are the same run" not in judged(run, make_run(times(BASE, speed=2.0))).notes


def outcome(traces: int | None, parity: bool | None = True) -> CaseOutcome:
    checked = None if parity is None else Parity(parity, "x", 0.0, "y")
    return CaseOutcome("ok", parity=checked, warm=True, traces=traces, traces_steady=0)


def with_outcome(run: Run, case: str, own: CaseOutcome) -> Run:
    launches = tuple(msgspec.structs.replace(one, cases={**one.cases, case: own}) for one in run.launches)
    return msgspec.structs.replace(run, launches=launches)


@pytest.mark.parametrize(
    ("before", "after", "verdict", "counts"),
    [
        (outcome(1), outcome(1), "pass", ()),
        (outcome(1), outcome(10), "regression", (("traces", "1", "10"),)),
        (outcome(None), outcome(1), "regression", (("traces", "none", "1"),)),
        (outcome(10), outcome(1), "pass", (("traces", "10", "1"),)),
        (outcome(1), outcome(1, False), "regression", (("parity", "passed", "failed"),)),
        (outcome(1), outcome(1, None), "regression", (("parity", "passed", "not checked"),)),
        (outcome(1, False), outcome(1, False), "regression", (("parity", "failed", "failed"),)),
        (outcome(1, None), outcome(1), "pass", (("parity", "not checked", "passed"),)),
    ],
)
def test_counts_gate_exactly(
    make_run: MakeRun, before: CaseOutcome, after: CaseOutcome, verdict: str, counts: Sequence[Any]
) -> None:
    """One trace more is a regression, however fast it is; so it is of the reference."""
    run = make_run(times(BASE))
    for case in (EAGER, FUNCTION):
        found = judged(with_outcome(run, case, before), with_outcome(run, case, after))
        assert found.verdict == verdict
        told = [own for own in found.cases if own.case == case]
        assert all(own.counts == counts for own in told)
        if verdict == "regression":
            assert f"{counts[0][0]}: {counts[0][2]}, was {counts[0][1]}" in told[0].reason


def test_what_was_counted_stays_a_regression_where_the_reference_moved(make_run: MakeRun) -> None:
    """Counts know no reference."""
    many = {**BASE, XLA: 0.5}
    head = with_outcome(make_run(times({**many, FUNCTION: 0.5})), EAGER, outcome(9))
    found = judged(make_run(times(many)), head)
    assert [own.verdict for own in found.cases] == ["regression", "inconclusive", "inconclusive"]


COUNTED = "traces/predict/forward-fixed"


@pytest.mark.parametrize(
    ("after", "verdict", "said"),
    [
        (Counts(COUNTED, 10, 1, 0, 4), "pass", ""),
        (Counts(COUNTED, 10, 10, 0, 4), "regression", "traces: 10, was 1"),
        (Counts(COUNTED, 10, 1, 2, 4), "regression", "compiled programs: 2, was 0"),
        (Counts(COUNTED, 10, 1, 0, 5), "regression", "Keras steps a call: 5, was 4"),
        (Counts(COUNTED, 10, 0, 0, 4), "improvement", ""),
        (Counts(COUNTED, 20, 1, 0, 4), "not comparable", "calls: 10 against 20"),
    ],
)
def test_what_was_counted_in_processes_of_their_own_gates_too(
    make_forked_run: MakeRun, after: Counts, verdict: str, said: str
) -> None:
    """No interval: they are equal in every run of the same versions."""
    found = judged(make_forked_run(counts=[Counts(COUNTED, 10, 1, 0, 4)]), make_forked_run(counts=[after]))
    assert (found.verdict, only(found, COUNTED).reason) == (verdict, only(found, COUNTED).reason)
    assert said in only(found, COUNTED).reason


def test_cold_starts_and_memory_are_not_gated_and_a_note_says_so(
    make_run: MakeRun, make_forked_run: MakeRun, make_memory_use: Callable[..., MemoryUse]
) -> None:
    """A start ten times slower and thrice the memory pass."""

    def run(factor: float) -> Run:
        cold = {"cold/eager/b1": [({"imports": factor, "first call": factor}, (0.1, 0.1))] * 4}
        memory = [make_memory_use("memory/eager/b1", [10.0 * factor] * 3)]
        return make_forked_run(cold=cold, memory=memory, run=make_run(times(BASE)))

    found = judged(run(1.0), run(10.0))
    assert found.verdict == "pass"
    assert {own.case for own in found.cases} == {EAGER, PREDICT}
    assert "Cold starts and memory are not gated" in found.notes
