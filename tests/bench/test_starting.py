"""What starting costs, on hand-made starts: stages, who is ahead of whom, and who leads for how many calls."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from eagerbench.cases import Case
from eagerbench.results import CaseOutcome, Run, Sample
from eagerbench.starting import STAGES, ColdStart, cold_group, cold_groups, cold_start, stages_of
from eagerbench.stats import BreakEven, estimate

MakeForkedRun = Callable[..., Run]
EAGER, FUNCTION = "cold/eager/b1", "cold/function/b1"
PARTS = {"imports": 3.0, "model": 0.25, "prepare": 0.125, "trace": 0.5, "first call": 2.0}


def _cold(parts: Mapping[str, float], position: int = 0) -> Sample:
    return Sample(EAGER, "cold", -1, position, 1, sum(parts.values()), 1.0, 0.0, dict(parts))


def _later(stage: Any, position: int, wall_s: float, calls: int = 1) -> Sample:
    return Sample(EAGER, stage, -1, position, calls, wall_s, wall_s, 0.0)


def _start(mode: str, totals: Sequence[float], warms: Sequence[float] | None) -> ColdStart:
    """Started so often, with these seconds after imports of one second, and these of a later call."""
    samples = {}
    for launch, total in enumerate(totals):
        samples[launch] = [_cold({"imports": 1.0, "first call": total})]
        if warms is not None:
            samples[launch].append(_later("warmup", 1, warms[launch]))
    found = cold_start(Case("cold", mode, "b1"), samples, apart=True)
    assert found is not None
    return found


def test_what_a_first_call_takes_beyond_a_warm_one_is_compiling() -> None:
    """Preparing belongs to the trace; the stages are all there is, and all of it."""
    found = stages_of(_cold(PARTS), 0.5)
    assert found == {"imports": 3.0, "model": 0.25, "trace": 0.625, "compile": 1.5, "call": 0.5}
    assert tuple(found) == STAGES
    assert sum(found.values()) == _cold(PARTS).wall_s


@pytest.mark.parametrize(("warm_s", "compiling"), [(2.5, 0.0), (2.0, 0.0), (None, 0.0), (0.5, 1.5)])
def test_no_stage_is_negative(warm_s: float | None, compiling: float) -> None:
    """A first call quicker than a warm one compiled nothing, and where there was no other it is just a call."""
    found = stages_of(_cold(PARTS), warm_s)
    assert (found["compile"], found["call"]) == (compiling, 2.0 - compiling)
    assert sum(found.values()) == _cold(PARTS).wall_s


def test_a_start_without_a_trace_of_its_own_has_none() -> None:
    """Keras traces inside of the first call: what isn't there is nothing, and no error."""
    found = stages_of(_cold({"imports": 3.0, "model": 0.25, "prepare": 0.0, "first call": 2.0}), 0.5)
    assert found == {"imports": 3.0, "model": 0.25, "trace": 0.0, "compile": 1.5, "call": 0.5}


def test_a_start_is_summed_up_over_its_processes() -> None:
    """Totals with and without imports, the second call, and the median of the steady ones; stages are means."""
    other = {**PARTS, "imports": 5.0, "first call": 4.0}
    samples = {
        3: [
            _cold(PARTS),
            _later("warmup", 1, 0.75),
            *(_later("steady", 2 + n, s) for n, s in enumerate((0.5, 9, 0.25))),
        ],
        8: [_cold(other), _later("warmup", 1, 1.5), _later("steady", 2, 2.0, calls=2)],
    }
    samples[3].reverse()  # what counts is the order in which they were taken
    found = cold_start(Case.parse(EAGER), samples, apart=True)
    assert found is not None
    assert found.total_s == estimate([5.875, 9.875])
    assert found.after_imports_s == estimate([2.875, 4.875])
    assert found.totals_s == {3: 2.875, 8: 4.875}
    assert found.second_s == estimate([0.75, 1.5])
    assert found.warm_s == estimate([0.5, 1.0])
    assert found.warms_s == {3: 0.5, 8: 1.0}
    assert found.stages_s == {"imports": 4.0, "model": 0.25, "trace": 0.625, "compile": (1.5 + 3.0) / 2, "call": 0.75}
    assert sum(found.stages_s.values()) == (5.875 + 9.875) / 2
    assert (found.processes, found.apart) == (2, True)


def test_a_slow_case_has_its_second_call_for_a_warm_one() -> None:
    """And one without a second call has neither; all of its first call is the call."""
    second = cold_start(Case.parse(EAGER), {0: [_cold(PARTS), _later("warmup", 1, 1.5)]}, apart=True)
    alone = cold_start(Case.parse(EAGER), {0: [_cold(PARTS)]}, apart=True)
    assert second is not None
    assert alone is not None
    assert (second.second_s, second.warm_s) == (estimate([1.5]), estimate([1.5]))
    assert (alone.second_s, alone.warm_s, alone.warms_s) == (None, None, {})
    assert (alone.stages_s["compile"], alone.stages_s["call"]) == (0.0, 2.0)


def test_a_launch_that_never_got_to_a_first_result_does_not_count() -> None:
    """Without any there is no start."""
    assert cold_start(Case.parse(EAGER), {}, apart=True) is None
    assert cold_start(Case.parse(EAGER), {0: [_later("warmup", 0, 1.0)]}, apart=True) is None


def test_starts_are_ordered_by_what_modes_differ_in_and_paired_both_ways() -> None:
    """A second behind and 0.1 s a call ahead: even at the eleventh call, seen from both sides."""
    group = cold_group([_start("function", [1.5] * 2, [0.125] * 2), _start("eager", [0.5] * 2, [0.25] * 2)])
    assert [start.case.mode for start in group.starts] == ["eager", "function"]
    assert group.pairs.keys() == {("eager", "function"), ("function", "eager")}
    after, until = group.pairs["function", "eager"], group.pairs["eager", "function"]
    assert (after.kind, until.kind) == ("after", "until")
    assert after.calls is not None
    assert until.calls is not None
    assert after.calls.value == pytest.approx(9.0)
    assert until.calls.value == pytest.approx(9.0)


def test_imports_are_no_part_of_who_is_ahead() -> None:
    """A process whose imports took long doesn't make its mode slow."""
    slow_import = cold_start(
        Case.parse(FUNCTION),
        {0: [_cold({"imports": 99.0, "first call": 0.25}), _later("warmup", 1, 0.125)]},
        apart=True,
    )
    assert slow_import is not None
    group = cold_group([_start("eager", [0.5], [0.25]), slow_import])
    assert [start.case.mode for start in group.starts] == ["function", "eager"]
    assert [lead.mode for lead in group.leads] == ["function"]


def test_the_lead_changes_where_the_total_time_does() -> None:
    """0.5 + 0.25 (n - 1), 1.5625 + 0.125 (n - 1), 7.59375 + 0.0625 (n - 1): even at 9.5 and 97.5, so 10 and 98."""
    group = cold_group(
        [
            _start("xla", [7.59375] * 2, [0.0625] * 2),
            _start("eager", [0.5] * 2, [0.25] * 2),
            _start("function", [1.5625] * 2, [0.125] * 2),
        ]
    )
    assert [(lead.mode, lead.first) for lead in group.leads] == [("eager", 1), ("function", 10), ("xla", 98)]
    first, second, third = group.leads
    assert first.entered is None
    assert second.entered == group.pairs["function", "eager"]
    assert third.entered == group.pairs["xla", "function"]
    totals = {start.case.mode: (start.totals_s[0], start.warms_s[0]) for start in group.starts}
    for calls in (1, 9, 10, 97, 98, 10_000):
        least = min(totals, key=lambda mode: totals[mode][0] + (calls - 1) * totals[mode][1])
        assert [lead.mode for lead in group.leads if lead.first <= calls][-1] == least


def test_a_mode_that_is_overtaken_before_it_overtakes_never_leads() -> None:
    """0.5 + (n - 1), 4.5 + 0.5 (n - 1), 4.5 + 0.25 (n - 1): the middle one is never the least."""
    group = cold_group([_start("eager", [0.5], [1.0]), _start("function", [4.5], [0.5]), _start("xla", [4.5], [0.25])])
    assert [(lead.mode, lead.first) for lead in group.leads] == [("eager", 1), ("xla", 7)]


def test_of_two_that_start_alike_the_one_with_quicker_calls_leads() -> None:
    """And of two that are alike in both, the first; nobody takes the lead from its equal."""
    group = cold_group([_start("eager", [0.5], [0.25]), _start("function", [0.5], [0.125])])
    assert [(lead.mode, lead.first) for lead in group.leads] == [("function", 1)]
    equal = cold_group([_start("eager", [0.5], [0.25]), _start("function", [0.5], [0.25])])
    assert [(lead.mode, lead.first) for lead in equal.leads] == [("eager", 1)]


def test_a_lead_that_ends_before_the_next_whole_call_is_none() -> None:
    """1 + (n - 1), 6 + 0.5 (n - 1) and 11.1 without end: the middle one is ahead between calls 11 and 11.2 only."""
    group = cold_group(
        [_start("eager", [1.0], [1.0]), _start("function", [6.0], [0.5]), _start("xla", [11.1], [2**-30])]
    )
    assert [(lead.mode, lead.first) for lead in group.leads] == [("eager", 1), ("xla", 12)]


def test_a_case_without_a_warm_time_leads_nowhere() -> None:
    """It is listed, it is paired with nobody's calls, and the others lead without it."""
    group = cold_group([_start("eager", [0.25] * 2, None), _start("function", [0.5] * 2, [0.125] * 2)])
    assert [start.case.mode for start in group.starts] == ["eager", "function"]
    assert group.pairs["eager", "function"] == group.pairs["function", "eager"] == BreakEven("undecided")
    assert [(lead.mode, lead.first) for lead in group.leads] == [("function", 1)]
    assert cold_group([_start("eager", [0.25], None)]).leads == ()


def test_groups_are_those_of_the_plan_whose_times_count(make_forked_run: MakeForkedRun) -> None:
    """In the plan's order; a case that is not given is not there."""
    start = ({"imports": 3.0, "model": 0.25, "prepare": 0.0, "first call": 1.0}, [0.5, 0.25])
    run = make_forked_run(
        cold={"cold/eager/b8": [start], EAGER: [start], FUNCTION: [start]},
        outcomes={FUNCTION: CaseOutcome("disagrees", "off by one")},
    )
    samples = {
        case: {launch.index: [one for one in launch.samples if one.case == case] for launch in run.launches}
        for case in ("cold/eager/b8", EAGER)
    }
    groups = cold_groups(run, samples)
    assert {group: [start.case.id for start in found.starts] for group, found in groups.items()} == {
        "cold b8": ["cold/eager/b8"],
        "cold b1": [EAGER],
    }


@pytest.mark.parametrize(
    ("parts", "traces", "apart"),
    [
        ({"trace": 0.5}, 1, True),  # traced before it executed
        ({}, 1, False),  # traced inside of the first call
        ({}, None, True),  # never traces
        ({}, 0, True),
    ],
)
def test_tracing_is_told_apart_or_said_not_to_be(
    make_forked_run: MakeForkedRun, parts: dict[str, float], traces: int | None, apart: bool
) -> None:
    """Where a mode traced, and no part of the sample is the trace, compiling has the tracing in it."""
    start = ({"imports": 3.0, "model": 0.25, "prepare": 0.0, **parts, "first call": 1.0}, [0.5])
    run = make_forked_run(cold={EAGER: [start]}, traces={} if traces is None else {EAGER: traces})
    samples = {EAGER: {launch.index: list(launch.samples) for launch in run.launches}}
    assert cold_groups(run, samples)["cold b1"].starts[0].apart is apart
