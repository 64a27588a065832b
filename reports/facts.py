"""The circumstances of a run as pairs of words: plan, input, machine, versions, launches. Not yet escaped."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from eagerbench import __version__
from eagerbench.cases import FORKED
from eagerbench.models.a2c import Hyperparameters
from eagerbench.reports.reached import target_in_words
from eagerbench.reports.tables import ABSENT, ends, interval, seconds, significant
from eagerbench.results import Run
from eagerbench.summary import Summary

Facts = list[tuple[str, str]]


def started(run: Run) -> str:
    """When the run began, as a person writes it."""
    return moment(run.start.started)


def moment(text: str) -> str:
    """A time of ISO 8601 as a person writes it; as the file has it where it is none."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return text
    zone = read.tzname()
    return f"{read:%Y-%m-%d %H:%M}{f' {zone}' if zone else ''}"


def plan_facts(run: Run) -> Facts:
    """What was asked for, and how far it got."""
    plan = run.start.plan
    complete = sum(launch.ended == "complete" for launch in run.races)
    raced = [
        ("Launches", f"{plan.launches} planned, {len(run.races)} recorded, {complete} complete"),
        ("Steady time for each case", f"{significant(plan.case_seconds)} s over all launches"),
        ("Fewest samples for each case", f"{plan.min_rounds} over all launches"),
        ("A slow case sits launches out above", f"{significant(plan.slow_case_seconds)} s in one launch"),
    ]
    return [
        ("Started", started(run)),
        ("Took", f"{run.end.seconds:,.0f} s" if run.end else "unknown: the run was killed"),
        ("Profile", plan.profile),
        ("Cases", f"{len(plan.cases)}"),
        *(raced if any(case.workload not in FORKED for case in run.cases) or not run.cases else []),
        ("Seed", f"{plan.seed}"),
    ]


def forking_facts(run: Run) -> Facts:
    """How cold starts and memory were measured; nothing where neither was."""
    forking, workloads = run.start.plan.forking, {case.workload for case in run.cases}
    found = []
    if "cold" in workloads:
        found += [
            ("Cold starts of each case", f"{forking.cold:,}"),
            ("Later calls of each of them", f"for {significant(forking.cold_seconds)} s"),
            ("A slow case has fewer of them above", f"{significant(forking.slow_cold_seconds)} s for one"),
        ]
    if "memory" in workloads:
        seconds_told = "" if forking.memory_seconds is None else f", at most {significant(forking.memory_seconds)} s"
        found += [
            ("Processes for the memory of each case", f"{forking.memory:,}"),
            ("Calls of each of them after the first", f"{forking.memory_calls:,}{seconds_told}"),
            ("Stopped above", f"{significant(forking.memory_limit_bytes / 2**30)} GiB"),
        ]
    return found


def training_facts(run: Run) -> Facts:
    """How agents were trained; nothing where none were, and no gradient step was timed."""
    training = run.start.plan.training
    workloads = {case.workload for case in run.cases}
    if not workloads & {"update", "train"} and not any(case.trains for case in run.cases):
        return []
    found = [("Timed with", _hyperparameters(training.timed))]
    if "train" not in workloads:
        return found
    return [
        *found,
        ("Environments", f"{training.envs:,}, stepped {training.vectorization}hronously"),
        (
            "Agents compared after",
            f"{listed(training.check_updates)} updates, rollouts of {training.check_steps} steps",
        ),
        ("Target", target_in_words(run)),
        ("Seeds of the runs to it", listed(training.seeds) or "none, no run to it was planned"),
        ("Trained to it with", _hyperparameters(training.to_target)),
        ("Unsolved after", f"{training.most_steps:,} steps"),
        ("Cut short, or not begun, above", f"{significant(training.run_seconds)} s"),
    ]


def _hyperparameters(settings: Hyperparameters) -> str:
    return (
        f"{settings.optimizer}, learning rate {settings.learning_rate:g}, {settings.steps} steps a rollout, "
        f"discount {settings.discount:g}, value weight {settings.value_weight:g}, "
        f"entropy weight {settings.entropy_weight:g}"
    )


def listed(numbers: Sequence[int]) -> str:
    """Numbers in words: ``1, 10 and 50``; empty where there are none."""
    words = [f"{number:,}" for number in numbers]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def parity_rules(summary: Summary) -> list[str]:
    """What the outputs were held against and how near they had to be; one line for each rule that was used."""
    parities = [case.parity for case in summary.cases if case.parity]
    return list(dict.fromkeys(f"{parity.reference}, {parity.tolerance}" for parity in parities))


def machine_facts(run: Run, summary: Summary) -> Facts:
    """The fingerprint of the machine, nested tables flattened, and what the yardsticks measured."""
    found: Facts = []
    for name, value in run.start.machine.items():
        if name != "packages":
            found += flat(name, value)
    if summary.sgemm_flops_per_s:
        speed = summary.sgemm_flops_per_s.scaled(1e-9)
        limits = f" ({ends(speed)})" if speed.low else ""
        found.append(("Matrix product, 2048 × 2048, float32", f"{significant(speed.value)} GFLOP/s{limits}"))
    if summary.harness_s:
        found.append(("The timing loop adds to a call", interval(summary.harness_s)))
    return found


def version_facts(run: Run) -> Facts:
    """The software that was measured and that which rendered the report."""
    packages = run.start.machine.get("packages")
    found = [("eagerbench, measuring", run.start.eagerbench), ("eagerbench, rendering", __version__)]
    return found + (flat("", packages) if isinstance(packages, dict) else [])


def launch_rows(run: Run) -> list[tuple[str, ...]]:
    """One row for each launch: number, what for, seed, how it ended, seconds, why."""
    return [
        (
            f"{launch.index}",
            launch.kind,
            f"{launch.seed}",
            launch.ended,
            f"{launch.seconds:,.1f}",
            launch.reason or ABSENT,
        )
        for launch in run.launches
    ]


def run_rows(run: Run, cases: Collection[str]) -> list[tuple[str, ...]]:
    """One row for each run to the target of some cases: case, seed, how it ended, steps to the target, seconds, why."""
    return [
        (
            own.case,
            f"{own.seed}",
            own.ended,
            ABSENT if own.steps_to_target is None else f"{own.steps_to_target:,}",
            seconds(own.seconds if own.seconds_to_target is None else own.seconds_to_target),
            own.reason or ABSENT,
        )
        for own in run.training_runs
        if own.case in cases
    ]


def flat(name: str, value: Any) -> Facts:
    """A value under its name; a table as one pair for each of its values."""
    if isinstance(value, dict):
        return [fact for key, inner in value.items() for fact in flat(f"{name} {key}".strip(), inner)]
    if name.endswith("_bytes") and isinstance(value, int | float):
        return [(_words(name.removesuffix("_bytes")), f"{significant(value / 2**30)} GiB")]
    if value is None:
        return [(_words(name), "none")]
    if isinstance(value, float):
        return [(_words(name), significant(value))]
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return [(_words(name), text or "(empty)")]


def _words(name: str) -> str:
    # The name of an environment variable or a package is not ours to rewrite.
    return name if any(sign.isupper() for sign in name) else name.replace("_", " ")
