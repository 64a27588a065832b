"""What every test may use: hand-made runs, so that arithmetic and reports are tested without measuring."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pytest

from eagerbench.cases import EMPTY_CALL, SGEMM, SGEMM_FLOPS, Case
from eagerbench.models.a2c import ARTICLE, RELIABLE
from eagerbench.results import (
    SCHEMA_VERSION,
    CaseOutcome,
    Counts,
    End,
    Forking,
    Launch,
    MemoryUse,
    Model,
    Observations,
    Parity,
    Plan,
    Run,
    Sample,
    Start,
    Training,
    TrainingRun,
)

pytest_plugins = ["pytester"]

COMPLETE = End("complete", 12.5)
AGREES = Parity(True, "float64 NumPy reference", 1e-7, "|got - expected| <= 1e-5 + 1e-4 |expected|")


TRAINING = Training(
    envs=1,
    vectorization="sync",
    timed=ARTICLE,
    to_target=RELIABLE,
    check_updates=(1, 10, 50),
    check_steps=4,
    seeds=(),
    target=195.0,
    window=100,
    most_steps=500_000,
    run_seconds=8.0,
)


MODEL = Model(
    name="actor-critic",
    hidden=(128,),
    outputs=(("logits", (2,)), ("value", (1,))),
    parameters=(1667,),
    row_flops=(2816,),
)


FORKING = Forking(
    cold=7,
    cold_seconds=0.1,
    slow_cold_seconds=20.0,
    memory=3,
    memory_calls=2000,
    memory_seconds=0.5,
    memory_limit_bytes=8 * 2**30,
)


def hand_made_run(
    times: Mapping[str, Sequence[Sequence[float]]],
    *,
    cold: Mapping[str, float] | None = None,
    outcomes: Mapping[str, CaseOutcome] | None = None,
    end: End | None = COMPLETE,
    parts: Mapping[str, Mapping[str, float]] | None = None,
    training_runs: Sequence[TrainingRun] = (),
    **plan: Any,
) -> Run:
    """A run whose samples are given.

    Args:
        times: by case id, for each launch, the seconds of each steady call.
        cold: seconds of the cold call by case id; a tenth of a second where not given.
        outcomes: by case id, where it is not an ``ok`` one; such a case gets no steady samples.
        end: the last record; None for a run that was killed.
        parts: by case id, the share of each part in every steady sample.
        training_runs: to the target; those of one seed become one more launch.
        plan: what differs from a common plan.
    """
    outcomes = outcomes or {}
    launches = max(len(own) for own in times.values())
    made = []
    for index in range(launches):
        samples = []
        for case, own in times.items():
            if index < len(own):
                samples.append(Sample(case, "cold", -1, len(samples), 1, (cold or {}).get(case, 0.1), 0.05, 0.01))
        for case, own in times.items():
            if index < len(own) and case not in outcomes:
                samples += [
                    Sample(
                        case,
                        "steady",
                        number,
                        len(samples) + number,
                        1,
                        wall,
                        wall * 1.5,
                        wall * 0.1,
                        {name: share * wall for name, share in (parts or {}).get(case, {}).items()},
                    )
                    for number, wall in enumerate(own[index])
                ]
        samples.append(Sample(SGEMM.id, "steady", 0, len(samples), 1, SGEMM_FLOPS / 100e9, 0.1, 0.0))
        samples.append(Sample(EMPTY_CALL.id, "steady", 0, len(samples), 1000, 1e-4, 1e-4, 0.0))
        good = CaseOutcome("ok", parity=AGREES, warm=True, traces=1, traces_steady=0, resolved={"jit_compile": False})
        cases = {case: outcomes.get(case, good) for case, own in times.items() if index < len(own)}
        made.append(Launch(index, 100 + index, "complete", 6.0, cases=cases, samples=tuple(samples)))
    for seed in dict.fromkeys(one.seed for one in training_runs):
        own = tuple(one for one in training_runs if one.seed == seed)
        made.append(Launch(len(made), seed, "complete", 9.0, kind="training", runs=own))
    settings: dict[str, Any] = {
        "profile": "quick",
        "cases": tuple(times),
        "env": "CartPole-v1",
        "launches": launches,
        "seed": 0,
        "case_seconds": 1.0,
        "min_rounds": 5,
        "slow_case_seconds": 40.0,
        "launch_timeout_s": 120.0,
        "command": "pytest --benchmark-only",
        "training": TRAINING,
        "forking": FORKING,
        "model": MODEL,
    }
    start = Start(
        schema_version=SCHEMA_VERSION,
        eagerbench="0.1.0",
        started="2026-01-02T03:04:05+00:00",
        plan=Plan(**{**settings, **plan}),
        observations=Observations("CartPole-v1", "uniformly random", 0, 100_000, 100_000, (4,), "float32", "ab" * 32),
        machine={
            "cpu": "Example CPU @ 2.00GHz",
            "cores": 2,
            "cores_usable": 2,
            "memory_bytes": 24 * 2**30,
            "system": "Linux 6.1",
            "python": "3.11.7",
            "packages": {"tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6"},
            "environment": {"XLA_FLAGS": ""},
        },
        modes={case.split("/")[1]: f"what {case.split('/')[1]} is" for case in times},
        flops={
            case: 22 * (Case.parse(case).hidden or 128) * Case.parse(case).rows for case in times if "forward/" in case
        },
    )
    return Run(start=start, launches=tuple(made), end=end)


def hand_made_forked_run(
    *,
    cold: Mapping[str, Sequence[tuple[Mapping[str, float], Sequence[float]]]] | None = None,
    memory: Sequence[MemoryUse] = (),
    counts: Sequence[Counts] = (),
    outcomes: Mapping[str, CaseOutcome] | None = None,
    traces: Mapping[str, int] | None = None,
    run: Run | None = None,
) -> Run:
    """A run of cases with a process each: cold starts, memory and counts.

    Args:
        cold: by case id, for each launch, the parts of the first call's sample and the seconds of later calls, of which
            the first is a warm-up.
        memory: one launch for each of the first, second, … process of all cases.
        counts: of one launch.
        outcomes: of cases that are not ``ok``; planned too where nothing else speaks of them.
        traces: of cold cases, as their outcome says.
        run: to which all that is added; an empty one where not given.
    """
    outcomes, traces = outcomes or {}, traces or {}
    if run is None:
        run = hand_made_run({"forward/eager/b1": [[0.1]]}, cases=())
        run = msgspec.structs.replace(run, launches=())
    made = list(run.launches)

    def add(kind: Any, cases: Iterable[str], **what: Any) -> None:
        told = {
            case: outcomes.get(case, CaseOutcome("ok", parity=AGREES, traces=traces.get(case)))
            for case in dict.fromkeys(cases)
        }
        made.append(Launch(len(made), 100 + len(made), "complete", 7.0, kind=kind, cases=told, **what))

    for number in range(max(map(len, (cold or {}).values()), default=0)):
        samples: list[Sample] = []
        for case, own in (cold or {}).items():
            if number < len(own):
                parts, later = own[number]
                wall = sum(parts.values())
                samples.append(Sample(case, "cold", -1, len(samples), 1, wall, wall, 0.0, dict(parts)))
                for place, wall_s in enumerate(later):
                    stage: Any = "steady" if place else "warmup"
                    samples.append(Sample(case, stage, place - 1, len(samples), 1, wall_s, wall_s, 0.0))
        add("cold", [sample.case for sample in samples], samples=tuple(samples))
    processes: list[list[MemoryUse]] = []
    for use in memory:
        place = sum(any(other.case == use.case for other in own) for own in processes)
        processes += [[]] if place == len(processes) else []
        processes[place].append(use)
    for uses in processes:
        add("memory", [use.case for use in uses], memory=tuple(uses))
    if counts:
        add("count", [counted.case for counted in counts], counts=tuple(counts))
    known = {*(cold or {}), *(use.case for use in memory), *(counted.case for counted in counts)}
    if left := [case for case in outcomes if case not in known]:
        add("cold", left)
    planned = dict.fromkeys(
        [*run.start.plan.cases, *(cold or {}), *(use.case for use in memory), *(own.case for own in counts), *outcomes]
    )
    plan = msgspec.structs.replace(run.start.plan, cases=tuple(planned))
    modes = {case.split("/")[1]: f"what {case.split('/')[1]} is" for case in planned}
    start = msgspec.structs.replace(run.start, plan=plan, modes={**modes, **run.start.modes})
    return msgspec.structs.replace(run, launches=tuple(made), start=start)


def hand_made_memory_use(
    case: str, sizes_mb: Sequence[float], *, baseline_mb: float = 500.0, peak_mb: float | None = None, objects: int = 0
) -> MemoryUse:
    """Resident memory above the baseline after the first call and after each ten more, told once for all of them.

    Args:
        case: id of the case.
        sizes_mb: after 0, 10, 20, … further calls; one of them or more.
        baseline_mb: before the mode begins.
        peak_mb: the most by the first call, above the baseline; what is resident then where not given.
        objects: that pile up in all.
    """
    sizes = [round((baseline_mb + size) * 1e6) for size in sizes_mb]
    first_peak = sizes[0] if peak_mb is None else round((baseline_mb + peak_mb) * 1e6)
    return MemoryUse(
        case=case,
        baseline_bytes=round(baseline_mb * 1e6),
        first_bytes=sizes[0],
        first_peak_bytes=first_peak,
        last_bytes=sizes[-1],
        last_peak_bytes=max(first_peak, *sizes),
        sampled_peak_bytes=max(first_peak, *sizes),
        calls=10 * (len(sizes) - 1),
        checkpoints=tuple((10 * number, size) for number, size in enumerate(sizes)),
        first_objects=100_000,
        last_objects=100_000 + objects,
    )


def hand_made_training_run(
    case: str, seed: int, seconds: float, steps: int = 30_000, ended: Any = "solved", reason: str = ""
) -> TrainingRun:
    """A run of four episodes whose returns rise, over some steps and seconds."""
    quarters = range(1, 5)
    return TrainingRun(
        case=case,
        seed=seed,
        ended=ended,
        reason=reason,
        steps=steps,
        seconds=seconds,
        steps_to_target=steps if ended == "solved" else None,
        seconds_to_target=seconds if ended == "solved" else None,
        episode_steps=tuple(steps * quarter // 4 for quarter in quarters),
        episode_returns=(20.0, 90.0, 180.0, 200.0),
        episode_seconds=tuple(seconds * quarter / 4 for quarter in quarters),
        losses=((0.5, 20.0), (0.25, 10.0)),
    )


@pytest.fixture
def make_training_run() -> Callable[..., TrainingRun]:
    """`hand_made_training_run`."""
    return hand_made_training_run


@pytest.fixture
def make_forked_run() -> Callable[..., Run]:
    """`hand_made_forked_run`."""
    return hand_made_forked_run


@pytest.fixture
def make_memory_use() -> Callable[..., MemoryUse]:
    """`hand_made_memory_use`."""
    return hand_made_memory_use


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """`hand_made_run`: with importlib imports a test module can't import a sibling."""
    return hand_made_run
