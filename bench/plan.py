"""From what a user asked for to a plan that can be measured; every mistake is found here, before anything is timed."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast, get_args

import msgspec

from eagerbench.cases import CACHED, Case, cases_of
from eagerbench.errors import UserError, unknown
from eagerbench.inspection import Inspected, inspect_factory
from eagerbench.machine import available_memory_bytes, usable_cores
from eagerbench.models import reference
from eagerbench.models.a2c import ARTICLE, RELIABLE, EnvironmentSpec, Floats, Vectorization
from eagerbench.models.heads import rows_of
from eagerbench.modes import REGISTRY, STEPS_OF_32_ROWS
from eagerbench.observations import read_observations
from eagerbench.results import Forking, Model, Plan, Training, write_atomically
from eagerbench.workloads import SCENARIOS, WORKLOADS

Item = TypeVar("Item")

HIDDEN = 128
UPDATE_ROWS = 64
CHECK_UPDATES = (1, 10, 50)
CHECK_STEPS = 4
# Batch normalisation divides by how far the rows of a batch lie apart: with four of them that turns rounding into
# differences of 2e-2 within 50 updates, with 32 it stays at 1e-6.
NORMALISED_CHECK_UPDATES = (1, 10)
NORMALISED_CHECK_STEPS = 32
WINDOW = 100
MOST_STEPS = 500_000
MOST_SEEDS = 10_000
MOST_ENVIRONMENTS = 10_000
DEFAULT_ENV = "CartPole-v0"
DEFAULT_ACTIONS = 2  # of the suite's own model, where no environment says
SWEPT = frozenset({"forward", "update"})
NEEDS_NO_POLICY = frozenset({"forward", "cold", "memory", "traces"})

# Resident memory of a launch with all modes but the two slowest, as seen with TensorFlow 2.21 on two cores: 0.74 GiB at
# 1 row, 4.3 GiB at 1,000,000 rows, 7.8 GiB at 2,000,000. That is nearly four float32 copies of both hidden layers and
# of the input: 3,800 bytes a row.
LAUNCH_BYTES = 800 * 2**20
BYTES_PER_NUMBER = 15
# Where nobody says how many rows: no more than a second of arithmetic and a gigabyte of numbers.
MOST_DEFAULT_BYTES = 2**30
MOST_DEFAULT_FLOPS = 2e10
DEFAULT_SIZES = (100_000, 32_768, 10_000, 4096, 1024, 512, 256, 64, 16, 4)


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


class Sweep(NamedTuple):
    """What differs from a profile in a sweep over widths; see `Plan`."""

    case_seconds: float
    min_rounds: int
    slow_case_seconds: float
    warmup_seconds: float
    fewest_rounds: int
    longest_start_s: float


PROFILES: dict[str, Profile] = {
    "smoke": Profile(2, 0.2, 2, 10.0, (10_000, 1), 1, 6.0, 1, 1.0, 1, 0.2),
    "quick": Profile(5, 1.5, 5, 45.0, (100_000, 1), 3, 8.0, 7, 12.0, 3, 0.25),
    "full": Profile(20, 10.0, 40, 400.0, (100_000, 4096, 64, 1), 10, 3600.0, 20, 100.0, 5, 20.0),
}
# In a sweep over widths there are many cases, so each gets less. `slow_case_seconds` is for all launches of a case,
# first calls included: slow cases take part in fewer launches, the slowest in three, with one timed call in each.
SWEEP = Sweep(
    case_seconds=0.4, min_rounds=5, slow_case_seconds=3.0, warmup_seconds=0.2, fewest_rounds=2, longest_start_s=1.0
)
MOST_WIDTH = 65_536
COLD_SECONDS = 0.04  # of later calls, in each process
MEMORY_CALLS = 2000  # at most, where nobody says how many
MOST_MEMORY_CALLS = 10_000_000
MEMORY_SHARE = 0.8  # of what is free, for all processes at once
DEFAULT_PROFILE = "quick"


class Request(msgspec.Struct, frozen=True):
    """What a user asked for; None, or nothing, where the profile decides.

    Attributes:
        profile: name of the budget.
        modes: names; empty for all.
        workloads: names; empty for all.
        batch_sizes: rows; empty for the profile's.
        env: Gymnasium id; empty for the article's, unless observations come from elsewhere.
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
        hidden: widths of the suite's own model; empty for the article's.
        model: ``pkg.module:factory`` or ``path/to/model.py:factory``; empty for the suite's own.
        env_kwargs: what the environment is made with.
        env_wrappers: around it, innermost first.
        in_graph: the environment in array operations.
        observations: path of a ``.npy`` or ``.npz`` file.
        observation_shape: of one observation.
    """

    profile: str = DEFAULT_PROFILE
    modes: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    batch_sizes: tuple[int, ...] = ()
    env: str = ""
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
    hidden: tuple[int, ...] = ()
    model: str = ""
    env_kwargs: dict[str, Any] = {}
    env_wrappers: tuple[str, ...] = ()
    in_graph: str = ""
    observations: str = ""
    observation_shape: tuple[int, ...] = ()


# Looks at a model that isn't the suite's: in a process of its own, since this one has no TensorFlow.
Inspect = Callable[[str, EnvironmentSpec, Floats | None], Inspected]


def make_plan(request: Request, inspect: Inspect = inspect_factory, inspected: Inspected | None = None) -> Plan:
    """Check a request and fill in what it leaves open.

    Args:
        request: what is wanted.
        inspect: looks at a user's model that is named.
        inspected: what is already known of the model, in place of ``request.model``.

    Raises:
        UserError: for anything that could not be measured as asked.
    """
    profile = check_request(request)
    _check_hidden(request)
    spec = input_of(request)
    model, numbers = _model(request, spec, inspect, inspected)
    spec = spec if spec.actions else spec._replace(actions=_actions(model))
    sweep = len(model.hidden) > 1
    workloads = _workloads(request, spec, model)
    chosen = _distinct(request.modes or tuple(mode for mode in REGISTRY if not sweep or mode not in STEPS_OF_32_ROWS))
    batch_sizes = _batch_sizes(request, profile, model, numbers)
    widths = [f"-h{width}" for width in model.hidden] if sweep else [""]
    cases: list[Case] = []
    for workload in workloads:
        for width in widths:
            batches = [f"b{rows}{width}" for rows in batch_sizes]
            cases += _cases(
                workload, chosen, batches, f"b{UPDATE_ROWS}{width}", f"env{request.envs}", trains=bool(spec.id)
            )
    cases = [case for case in cases if model.learns or not _learns(case)]
    if not cases:
        raise _unable(chosen, workloads)
    plan = Plan(
        profile=request.profile,
        cases=tuple(case.id for case in cases),
        env=spec.id,
        launches=profile.launches if request.launches is None else request.launches,
        seed=request.seed,
        case_seconds=profile.case_seconds if request.case_seconds is None else request.case_seconds,
        min_rounds=profile.min_rounds if request.min_rounds is None else request.min_rounds,
        slow_case_seconds=profile.slow_case_seconds,
        launch_timeout_s=request.launch_timeout_s,
        command=request.command,
        training=_training(request, profile, spec, model),
        forking=_forking(request, profile),
        model=model,
        observation_shape=spec.observation_shape,
        actions=spec.actions,
        env_kwargs=request.env_kwargs,
        env_wrappers=request.env_wrappers,
        in_graph=request.in_graph,
        observations=request.observations,
    )
    return _thinner(plan, request, profile) if sweep else plan


def _thinner(plan: Plan, request: Request, profile: Profile) -> Plan:
    """A sweep has so many cases that each gets a share of what it would get alone, in proportion to the profile."""
    share = profile.case_seconds / PROFILES[DEFAULT_PROFILE].case_seconds
    return msgspec.structs.replace(
        plan,
        case_seconds=SWEEP.case_seconds * share if request.case_seconds is None else request.case_seconds,
        min_rounds=SWEEP.min_rounds if request.min_rounds is None else request.min_rounds,
        slow_case_seconds=SWEEP.slow_case_seconds * share,
        warmup_seconds=SWEEP.warmup_seconds * share,
        fewest_rounds=SWEEP.fewest_rounds,
        longest_start_s=SWEEP.longest_start_s,
    )


def check_request(request: Request) -> Profile:
    """Find the mistakes that can be found without a look at model and environment.

    Returns:
        The budget that is asked for.

    Raises:
        UserError: for a name that nobody knows, or a number that is none of launches, seconds or rows.
    """
    if request.profile not in PROFILES:
        raise unknown("profile", request.profile, PROFILES)
    for workload in request.workloads:
        if workload not in WORKLOADS:
            raise unknown("workload", workload, WORKLOADS)
    for mode in request.modes:
        if mode not in REGISTRY:
            raise unknown("mode", mode, REGISTRY)
    if request.launches is not None and request.launches < 1:
        raise UserError(f"--launches {request.launches}: expected at least 1; intervals need at least 2, better 5")
    if not 0 < request.launch_timeout_s < math.inf:  # also refuses NaN
        raise UserError(f"--launch-timeout {request.launch_timeout_s:g}: expected seconds above 0, such as 120")
    for rows in request.batch_sizes:
        if rows < 1:
            raise UserError(f"--batch-sizes: expected rows of at least 1, got {rows}")
    if (
        request.modes
        and request.workloads
        and not any(
            _cases(workload, request.modes, ["b1"], "b1", "env1", trains=True) for workload in request.workloads
        )
    ):
        raise _unable(request.modes, request.workloads)
    return PROFILES[request.profile]


def _unable(modes: Sequence[str], workloads: Sequence[str]) -> UserError:
    return UserError(
        f"--modes {','.join(modes)} --workloads {','.join(workloads)}: none of these modes does any of this; "
        + "; ".join(f"{mode} does {', '.join(sorted(REGISTRY[mode].workloads))}" for mode in modes)
    )


def _check_hidden(request: Request) -> None:
    if request.hidden and request.model:
        raise UserError(
            f"--hidden {','.join(map(str, request.hidden))}: that is the width of the suite's own model; --model "
            f"{request.model} decides its own"
        )
    for width in request.hidden:
        if not 1 <= width <= MOST_WIDTH:
            raise UserError(f"--hidden: expected widths of 1 to {MOST_WIDTH:,} units, got {width}")
    swept = sorted(set(request.workloads) - SWEPT)
    if len(set(request.hidden)) > 1 and swept:
        raise UserError(
            f"--hidden {','.join(map(str, request.hidden))}: only {' and '.join(sorted(SWEPT))} can be swept over "
            f"several widths; --workloads {','.join(swept)} takes one"
        )


def input_of(request: Request) -> EnvironmentSpec:
    """Where observations come from and what they look like; its ``actions`` are 0 where nobody has said.

    Raises:
        UserError: where the environment is unsuitable, the file unreadable, or the two don't fit together.
    """
    elsewhere = bool(request.observations or request.observation_shape)
    shape = request.observation_shape
    if request.observations:
        found = read_observations(Path(request.observations)).shape[1:]
        if shape and shape != found:
            raise UserError(f"--observations {request.observations}: expected rows of shape {shape}, got {found}")
        shape = found
    if elsewhere and not request.env:
        if request.env_kwargs or request.env_wrappers or request.in_graph:
            raise UserError("--env-kwargs, --env-wrappers and --in-graph are for an environment: add --env")
        if "train" in request.workloads:
            raise UserError("--workloads train needs an environment: add --env")
        return EnvironmentSpec("", shape, 0, None, None)
    spec = _environment(request)
    if shape and shape != spec.observation_shape:
        flag = "--observations" if request.observations else "--observation-shape"
        raise UserError(f"{flag}: shape {shape}, but {spec.id} has observations of shape {spec.observation_shape}")
    return spec


def spec_of(plan: Plan) -> EnvironmentSpec:
    """The environment of a plan, looked up again.

    Raises:
        UserError: where it can't be made any more.
    """
    if not plan.env:
        return EnvironmentSpec("", plan.observation_shape, plan.actions, None, None)
    return _environment(
        Request(env=plan.env, env_kwargs=plan.env_kwargs, env_wrappers=plan.env_wrappers, in_graph=plan.in_graph)
    )


def _environment(request: Request) -> EnvironmentSpec:
    from eagerbench.models.envs import describe
    from eagerbench.models.unsuitable import UnsuitableEnvironmentError

    try:
        return describe(request.env or DEFAULT_ENV, request.env_kwargs, request.env_wrappers, request.in_graph)
    except UnsuitableEnvironmentError as error:
        raise UserError(f"--env: {error}") from error


def _model(request: Request, spec: EnvironmentSpec, inspect: Inspect, inspected: Inspected | None) -> tuple[Model, int]:
    """What is executed, and how many numbers one row of it is in memory: input, activations and outputs."""
    if inspected is None and request.model:
        try:
            given = read_observations(Path(request.observations)) if request.observations else None
            inspected = inspect(request.model, spec, given)
        except UserError as error:
            raise UserError(f"--model: {error}") from error
    if inspected is not None:
        return inspected.model, inspected.numbers
    actions = spec.actions or DEFAULT_ACTIONS
    widths = _distinct(request.hidden) or (HIDDEN,)
    costs = [reference.cost(spec.observation_shape, actions, width) for width in widths]
    model = Model(
        name="actor-critic" if len(spec.observation_shape) == 1 else "convolutional actor-critic",
        hidden=widths,
        outputs=(("logits", (actions,)), ("value", (1,))),
        parameters=tuple(cost.parameters for cost in costs),
        row_flops=tuple(cost.flops for cost in costs),
    )
    return model, max(cost.numbers for cost in costs)


def _actions(model: Model) -> int:
    """Of a model without an environment: as many as it has logits."""
    return next((shape[-1] for name, shape in model.outputs if name == "logits"), DEFAULT_ACTIONS)


def _workloads(request: Request, spec: EnvironmentSpec, model: Model) -> list[str]:
    """What can be timed of what was asked for, in the table's order."""
    asked = request.workloads or (("forward",) if len(model.hidden) > 1 else tuple(WORKLOADS))
    if model.unteachable and not (set(request.workloads) <= NEEDS_NO_POLICY):
        raise UserError(
            f"--workloads {','.join(sorted(set(request.workloads) - NEEDS_NO_POLICY))}: the model can't learn: "
            f"{model.unteachable}; its forward passes can be timed"
        )
    if not model.learns and not (set(request.workloads) <= NEEDS_NO_POLICY):
        outputs = ", ".join(f"{name} {rows_of(shape)}" for name, shape in model.outputs)
        raise UserError(
            f"--workloads {','.join(sorted(set(request.workloads) - NEEDS_NO_POLICY))}: expected a model with logits "
            f"[rows, {spec.actions or 'actions'}] and a value [rows, 1], got {outputs}; its forward passes can be timed"
        )
    impossible = (set() if spec.id else {"train"}) | (set() if model.learns else set(WORKLOADS) - NEEDS_NO_POLICY)
    return [workload for workload in WORKLOADS if workload in asked and workload not in impossible]


def _learns(case: Case) -> bool:
    """Whether a case needs a policy and a value."""
    return case.workload in {"update", "train"} or case.trains or case.size.startswith("update")


def _batch_sizes(request: Request, profile: Profile, model: Model, numbers: int) -> tuple[int, ...]:
    """What was asked for, or the profile's: fewer rows where they would take too much memory or time."""
    bytes_per_row = BYTES_PER_NUMBER * numbers
    if request.batch_sizes:
        sizes = _distinct(request.batch_sizes)
        for rows in sizes:
            _check_batch_size(rows, bytes_per_row)
        return sizes
    flops = max((flops or 0 for flops in model.row_flops), default=0)
    most = min(MOST_DEFAULT_BYTES / bytes_per_row, MOST_DEFAULT_FLOPS / max(1, flops))
    fitting = [rows for rows in DEFAULT_SIZES if rows <= most]
    return _distinct([rows if rows <= most else (fitting or [1])[0] for rows in profile.batch_sizes])


def _cases(
    workload: str, modes: Sequence[str], batches: Sequence[str], update: str, environments: str, *, trains: bool
) -> tuple[Case, ...]:
    """The cases of a workload, for the modes that can do it."""
    able = {
        work: [mode for mode in modes if work in REGISTRY[mode].workloads] for work in ("forward", "update", "train")
    }
    if workload == "traces":
        return tuple(
            case for scenario in SCENARIOS for case in cases_of(workload, [scenario], able[scenario.partition("-")[0]])
        )
    if workload in {"cold", "memory"}:
        trainings = cases_of(workload, [environments], able["train"]) if trains else ()
        found = (*cases_of(workload, batches, able["forward"]), *trainings)
        return tuple(case for one in found for case in (one, *_from_cache(one)))
    sizes = {"forward": batches, "update": [update], "train": [environments]}
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


def _training(request: Request, profile: Profile, spec: EnvironmentSpec, model: Model) -> Training:
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
        check_updates=NORMALISED_CHECK_UPDATES if model.stateful else CHECK_UPDATES,
        check_steps=NORMALISED_CHECK_STEPS if model.stateful else CHECK_STEPS,
        # Without a threshold there is no target, and nothing to run to.
        seeds=tuple(range(request.seed, request.seed + seeds)) if spec.reward_threshold is not None else (),
        target=spec.reward_threshold,
        window=WINDOW,
        most_steps=MOST_STEPS,
        run_seconds=profile.run_seconds,
    )


def parse_numbers(flag: str, text: str, example: str) -> tuple[int, ...]:
    """``"1,64,100000"`` as numbers.

    Args:
        flag: that it was given to.
        text: of it.
        example: of what is expected.

    Raises:
        UserError: where one of them is no whole number.
    """
    try:
        return tuple(int(part.replace("_", "")) for part in split_names(text))
    except ValueError as error:
        raise UserError(
            f"{flag} {text!r}: expected whole numbers with commas between them, such as {example}"
        ) from error


def parse_shape(text: str) -> tuple[int, ...]:
    """``"84,84,4"`` as the shape of one observation.

    Raises:
        UserError: where it is none.
    """
    shape = parse_numbers("--observation-shape", text, "8 or 84,84,4")
    if len(shape) > 3 or any(size < 1 for size in shape):
        raise UserError(f"--observation-shape {text!r}: expected one to three numbers above 0, such as 8 or 84,84,4")
    return shape


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


def _check_batch_size(rows: int, bytes_per_row: int) -> None:
    needed, available = LAUNCH_BYTES + rows * bytes_per_row, available_memory_bytes()
    if needed > available:
        most = max(0, available - LAUNCH_BYTES) // bytes_per_row
        raise UserError(
            f"--batch-sizes: {rows} rows need about {needed / 2**30:.1f} GiB, {available / 2**30:.1f} GiB are free; "
            f"at most about {most} rows fit"
        )


def _distinct(items: Sequence[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(items))
