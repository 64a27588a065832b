"""What differs between the circumstances of runs, and what is equal. Plain text, not yet escaped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eagerbench.reports.executed import environment_facts, input_facts, model_facts
from eagerbench.reports.facts import (
    Facts,
    flat,
    forking_facts,
    machine_facts,
    plan_facts,
    training_facts,
    version_facts,
)
from eagerbench.reports.tables import ABSENT
from eagerbench.results import Run
from eagerbench.summary import Summary

_OF_THE_PAGE = "eagerbench, rendering"
# What was measured or happened to be so, and is hardly ever alike.
_MEASURED = ("load average 1min", "Matrix product, 2048 × 2048, float32", "The timing loop adds to a call", "Took")


@dataclass(frozen=True)
class Circumstances:
    """Facts of runs, each as a name and what each run has.

    Attributes:
        differing: of machine and versions, and of what all runs have otherwise.
        partial: what some runs don't have since they measured something else.
        equal: name, and what all have.
    """

    differing: list[tuple[str, ...]]
    partial: list[tuple[str, ...]]
    equal: Facts


def circumstances(runs: Sequence[Run], summaries: Sequence[Summary]) -> Circumstances:
    """Machine, versions, plan and input of runs, held against each other."""
    machines = [dict(_machine(*own)) for own in zip(runs, summaries, strict=True)]
    for name, values in _lists([run.start.machine for run in runs]).items():
        for own, value in zip(machines, values, strict=True):
            own[name] = value
    plans = [dict(_plan(run)) for run in runs]
    whole = _rows(machines)
    told = sorted([*whole, *_rows(plans)], key=lambda row: row[0] in _MEASURED)
    other = [row for row in told if len(set(row[1:])) > 1]
    partial = [row for row in other if ABSENT in row[1:] and (row not in whole or row[0] in _MEASURED)]
    return Circumstances(
        [row for row in other if row not in partial], partial, [(row[0], row[1]) for row in told if row not in other]
    )


def _rows(told: Sequence[Mapping[str, str]]) -> list[tuple[str, ...]]:
    """Name and what each run has, in the order in which names were first told."""
    names = dict.fromkeys(name for own in told for name in own)
    return [(name, *(own.get(name, ABSENT) for own in told)) for name in names]


def _machine(run: Run, summary: Summary) -> Iterator[tuple[str, str]]:
    yield from (fact for fact in version_facts(run) if fact[0] != _OF_THE_PAGE)
    yield from machine_facts(run, summary)


def _plan(run: Run) -> Iterator[tuple[str, str]]:
    """Plan and input of a run; what is also known by the name of another is told by whose it is."""
    yield from plan_facts(run)
    yield from ((f"Model: {name}", value) for name, value in model_facts(run.start.plan.model))
    yield from ((f"Environment: {name}", value) for name, value in environment_facts(run))
    yield from ((f"Observations: {name}", value) for name, value in input_facts(run.start.observations))
    yield from ((f"Training: {name}", value) for name, value in training_facts(run))
    yield from forking_facts(run)


def _lists(machines: Sequence[Mapping[str, object]]) -> dict[str, list[str]]:
    """For each list that all machines have and that differs: what each has that not all have."""
    found = {}
    for name, first in machines[0].items():
        own = [machine.get(name) for machine in machines]
        lists = [list(map(str, value)) for value in own if isinstance(value, list)]
        if len(lists) == len(own) and any(value != first for value in own):
            common = set(lists[0]).intersection(*lists[1:])
            found[flat(name, first)[0][0]] = [
                ", ".join(["those of all", *(item for item in value if item not in common)]) for value in lists
            ]
    return found
