"""From what a user asked for to a plan that can be measured; every mistake is found here, before anything is timed."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar, cast, get_args

import msgspec

from eagerbench.cases import CACHED, Case, cases_of
from eagerbench.errors import UserError, unknown
from eagerbench.machine import available_memory_bytes, usable_cores
from eagerbench.models.a2c import ARTICLE, RELIABLE, EnvironmentSpec, Vectorization
from eagerbench.modes import REGISTRY
from eagerbench.results import Forking, Plan, Training, write_atomically
from eagerbench.workloads import SCENARIOS, WORKLOADS

Item = TypeVar("Item")

OBSERVATIONS = 100_000
HIDDEN = 128
UPDATE_ROWS = 64
CHECK_UPDATES = (1, 10, 50)
CHECK_STEPS = 4
WINDOW = 100
MOST_STEPS = 500_000
MOST_SEEDS = 10_000
MOST_ENVIRONMENTS = 10_000
DEFAULT_ENV = "CartPole-v0"

# Resident memory of a launch with all modes but the two slowest, as seen with TensorFlow 2.21 on two cores: 0.74 GiB at
# 1 row, 4.3 GiB at 1,000,000 rows, 7.8 GiB at 2,000,000. That is nearly four float32 copies of both hidden layers.
LAUNCH_BYTES = 800 * 2**20
BYTES_PER_ROW = 3800


class Profile(NamedTuple):
    """A budget.

    Attributes:
        launches: fresh processes.
        case_seconds: steady seconds for each case, over all launches.
        min_rounds: steady samples for each case, over all launches.
        slow_case_seconds: share of a case so slow that it can't take part in every launch.
        batch_sizes: rows of forward passes.
        seeds: training runs to the target for each mode.
        run_seconds: a run to the target that would take longer is estimated.
        cold: processes of each cold case.
        slow_cold_seconds: share of a cold case so slow that it can't have all of them.
        memory: processes of each memory case.
        memory_seconds: of calls in each of them.
    """

    launches: int
    case_seconds: float
    min_rounds: int
    slow_case_seconds: float
    batch_sizes: tuple[int, ...]
    seeds: int
    run_seconds: float
    cold: int
    slow_cold_seconds: float
    memory: int
    memory_seconds: float


PROFILES: dict[str, Profile] = {
    "smoke": Profile(2, 0.2, 2, 10.0, (10_000, 1), 1, 6.0, 1, 1.0, 1, 0.2),
    "quick": Profile(5, 1.5, 5, 45.0, (100_000, 1), 3, 8.0, 7, 12.0, 3, 0.25),
    "full": Profile(20, 10.0, 40, 400.0, (100_000, 4096, 64, 1), 10, 3600.0, 20, 100.0, 5, 20.0),
}
COLD_SECONDS = 0.04  # of later calls, in each process
MEMORY_CALLS = 2000  # at most, where nobody says how many
MOST_MEMORY_CALLS = 10_000_000
MEMORY_SHARE = 0.8  # of what is free, for all processes at once
DEFAULT_PROFILE = "quick"


class Request(msgspec.Struct, frozen=True):
    """What a user asked for; None where the profile decides.

    Attributes:
        profile: name of the budget.
        modes: names; empty for all.
        workloads: names; empty for all.
        batch_sizes: rows; empty for the profile's.
        env: Gymnasium id.
        launches: fresh processes.
        seed: root of all seeds.
        case_seconds: steady seconds for each case.
        min_rounds: steady samples for each case.
        launch_timeout_s: seconds of silence after which a launch counts as hanging.
        command: what was typed.
        envs: parallel environments of a training.
        vectorization: how they are stepped.
        seeds: training runs to the target.
        memory_calls: calls whose memory is watched; None for as many as the profile has time for.
        memory_limit_mb: resident memory above which a process is stopped; None for what is free.
    """

    profile: str = DEFAULT_PROFILE
    modes: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    batch_sizes: tuple[int, ...] = ()
    env: str = DEFAULT_ENV
    launches: int | None = None
    seed: int = 0
    case_seconds: float | None = None
    min_rounds: int | None = None
    launch_timeout_s: float = 120.0
    command: str = "pytest --benchmark-only"
    envs: int = 1
    vectorization: str = "sync"
    seeds: int | None = None
    memory_calls: int | None = None
    memory_limit_mb: float | None = None


def make_plan(request: Request) -> Plan:
    """Check a request and fill in what it leaves open.

    Raises:
        UserError: for anything that could not be measured as asked.
    """
    if request.profile not in PROFILES:
        raise unknown("profile", request.profile, PROFILES)
    profile = PROFILES[request.profile]
    for workload in request.workloads:
        if workload not in WORKLOADS:
            raise unknown("workload", workload, WORKLOADS)
    for mode in request.modes:
        if mode not in REGISTRY:
            raise unknown("mode", mode, REGISTRY)
    workloads = [workload for workload in WORKLOADS if workload in (request.workloads or WORKLOADS)]
    chosen = _distinct(request.modes or tuple(REGISTRY))
    batch_sizes = _distinct(request.batch_sizes or profile.batch_sizes)
    for rows in batch_sizes:
        _check_batch_size(rows)
    launches = profile.launches if request.launches is None else request.launches
    if launches < 1:
        raise UserError(f"--launches {launches}: expected at least 1; intervals need at least 2, better 5")
    if not 0 < request.launch_timeout_s < math.inf:  # also refuses NaN
        raise UserError(f"--launch-timeout {request.launch_timeout_s:g}: expected seconds above 0, such as 120")
    spec = _environment(request.env)
    cases: list[Case] = []
    for workload in workloads:
        cases += _cases(workload, chosen, [f"b{rows}" for rows in batch_sizes], f"env{request.envs}")
    if not cases:
        raise UserError(
            f"--modes {','.join(chosen)} --workloads {','.join(workloads)}: none of these modes does any of this; "
            + "; ".join(f"{mode} does {', '.join(sorted(REGISTRY[mode].workloads))}" for mode in chosen)
        )
    return Plan(
        profile=request.profile,
        cases=tuple(case.id for case in cases),
        env=request.env,
        launches=launches,
        seed=request.seed,
        case_seconds=profile.case_seconds if request.case_seconds is None else request.case_seconds,
        min_rounds=profile.min_rounds if request.min_rounds is None else request.min_rounds,
        slow_case_seconds=profile.slow_case_seconds,
        launch_timeout_s=request.launch_timeout_s,
        command=request.command,
        training=_training(request, profile, spec),
        forking=_forking(request, profile),
    )


def _cases(workload: str, modes: Sequence[str], batches: Sequence[str], environments: str) -> tuple[Case, ...]:
    """The cases of a workload, for the modes that can do it."""
    able = {
        work: [mode for mode in modes if work in REGISTRY[mode].workloads] for work in ("forward", "update", "train")
    }
    if workload == "traces":
        return tuple(
            case for scenario in SCENARIOS for case in cases_of(workload, [scenario], able[scenario.partition("-")[0]])
        )
    if workload in {"cold", "memory"}:
        found = (*cases_of(workload, batches, able["forward"]), *cases_of(workload, [environments], able["train"]))
        return tuple(case for one in found for case in (one, *_from_cache(one)))
    sizes = {"forward": batches, "update": [f"b{UPDATE_ROWS}"], "train": [environments]}
    return cases_of(workload, sizes[workload], able[workload])


def _from_cache(case: Case) -> tuple[Case, ...]:
    """The same start with what XLA compiled in an earlier process, where it is XLA that makes the start slow."""
    if case.workload != "cold" or not REGISTRY[case.mode].compiles:
        return ()
    return (msgspec.structs.replace(case, mode=case.mode + CACHED),)


def _forking(request: Request, profile: Profile) -> Forking:
    calls, limit_mb = request.memory_calls, request.memory_limit_mb
    if calls is not None and not 1 <= calls <= MOST_MEMORY_CALLS:
        raise UserError(
            f"--memory-calls {calls}: expected 1 to {MOST_MEMORY_CALLS:,} calls after the first, such as 2000; "
            "without a call there is no growth to see"
        )
    if limit_mb is not None and not limit_mb > 0:  # also refuses NaN
        raise UserError(f"--memory-limit {limit_mb:g}: expected megabytes above 0, such as 4000")
    share = available_memory_bytes() * MEMORY_SHARE / usable_cores()
    return Forking(
        cold=request.launches or profile.cold,
        cold_seconds=COLD_SECONDS,
        slow_cold_seconds=profile.slow_cold_seconds,
        memory=request.launches or profile.memory,
        memory_calls=calls or MEMORY_CALLS,
        memory_seconds=None if calls else profile.memory_seconds,
        memory_limit_bytes=int(share if limit_mb is None else min(limit_mb * 1e6, 2**62)),
    )


def _training(request: Request, profile: Profile, spec: EnvironmentSpec) -> Training:
    if request.envs < 1:
        raise UserError(f"--envs {request.envs}: expected at least 1 environment")
    if request.envs > MOST_ENVIRONMENTS:
        raise UserError(f"--envs {request.envs}: expected at most {MOST_ENVIRONMENTS:,} environments")
    if request.vectorization not in get_args(Vectorization):
        raise unknown("vectorization", request.vectorization, get_args(Vectorization))
    seeds = profile.seeds if request.seeds is None else request.seeds
    if seeds < 0:
        raise UserError(f"--seeds {seeds}: expected 0 (no training to the target) or more")
    if seeds > MOST_SEEDS:
        raise UserError(f"--seeds {seeds}: expected at most {MOST_SEEDS:,}")
    return Training(
        envs=request.envs,
        vectorization=cast("Vectorization", request.vectorization),
        timed=ARTICLE,
        to_target=RELIABLE,
        check_updates=CHECK_UPDATES,
        check_steps=CHECK_STEPS,
        # Without a threshold there is no target, and nothing to run to.
        seeds=tuple(range(request.seed, request.seed + seeds)) if spec.reward_threshold is not None else (),
        target=spec.reward_threshold,
        window=WINDOW,
        most_steps=MOST_STEPS,
        run_seconds=profile.run_seconds,
    )


def parse_batch_sizes(text: str) -> tuple[int, ...]:
    """``"1,64,100000"`` as numbers.

    Raises:
        UserError: where one of them is no whole number.
    """
    try:
        return tuple(int(part.replace("_", "")) for part in split_names(text))
    except ValueError as error:
        raise UserError(
            f"--batch-sizes {text!r}: expected whole numbers with commas between them, such as 1,64,100000"
        ) from error


def split_names(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def check_report_folder(folder: Path) -> None:
    """Make sure that a report can be written, before minutes are spent on measuring.

    Raises:
        UserError: where it can't.
    """
    probe = folder / ".writable"
    write_atomically(probe, b"")
    probe.unlink(missing_ok=True)


def _check_batch_size(rows: int) -> None:
    if rows < 1:
        raise UserError(f"--batch-sizes: expected rows of at least 1, got {rows}")
    needed, available = LAUNCH_BYTES + rows * BYTES_PER_ROW, available_memory_bytes()
    if needed > available:
        most = max(0, available - LAUNCH_BYTES) // BYTES_PER_ROW
        raise UserError(
            f"--batch-sizes: {rows} rows need about {needed / 2**30:.1f} GiB, {available / 2**30:.1f} GiB are free; "
            f"at most about {most} rows fit"
        )


def _environment(env: str) -> EnvironmentSpec:
    from eagerbench.models.envs import UnsuitableEnvironmentError, describe

    try:
        return describe(env)
    except UnsuitableEnvironmentError as error:
        raise UserError(f"--env: {error}") from error


def _distinct(items: Sequence[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(items))
