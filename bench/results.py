"""What a run leaves behind: the schema, and the only code that reads or writes it.

Raw samples are the truth; every other number is computed from them. A run is one folder with ``launches.jsonl``, to
which one line is appended as each launch ends, and ``results.json``: pytest-benchmark's own schema with everything of
ours under the top-level key ``eagerbench``. Both files hold the same structures.

Knows no TensorFlow, no pandas and no terminal.
"""

import json
import math
import os
import stat
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from eagerbench.cases import YARDSTICKS, Case
from eagerbench.errors import UserError
from eagerbench.models.a2c import Hyperparameters
from eagerbench.models.heads import Heads

# History of the schema. A reader refuses every version but its own, and says so.
#   1  first edition: forward passes
#   2  training: kinds of launches, runs to the target, parts of a sample, the plan of a training
#   3  cold starts, memory, traces: kinds of launches, parts of a cold sample, memory and counts of a launch, their plan
#   4  models, environments and observations of one's own; several widths; a user's own benchmarks in the same run
SCHEMA_VERSION = 4

# Read in four seconds into 1 GB of memory: 200 MB. The largest profile writes less than a tenth of that.
MOST_BYTES = 512 * 2**20

# What no clock has shown: beyond these, sums and ratios would leave the range of a float.
SHORTEST_S = 1e-12
LONGEST_S = 1e12
LARGEST = 2**63 - 1

Stage = Literal["cold", "warmup", "steady"]
Status = Literal["ok", "disagrees", "retraced", "failed", "crashed", "timed-out", "out-of-memory", "unavailable"]
Ended = Literal["complete", "crashed", "timed-out", "interrupted"]
# race: every case is timed. check: agents of all modes are compared over many updates. training: runs to the target.
# cold, memory, count: every case has a process of its own, forked from one that has imported all and done nothing.
# fill: so that the persistent XLA cache has in it what is to start from it; nothing of it is timed.
LaunchKind = Literal["race", "check", "training", "fill", "cold", "memory", "count"]
# solved: reached the target. unsolved: didn't within the steps it may take. diverged: a loss was no number. failed:
# something raised. stopped: would have taken longer than it may, and was cut short.
RunEnded = Literal["solved", "unsolved", "diverged", "failed", "stopped"]


class Sample(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One timed interval.

    Attributes:
        case: id of the case.
        stage: ``cold``, ``warmup`` or ``steady``. In a race a cold sample is preparing and the first call; in a cold
            launch it goes from the start of the process to the first result.
        round: round of the race, from 0; -1 for cold and warm-up.
        position: order in which the launch took its samples, from 0.
        calls: calls inside the interval; fast calls are timed several at a time.
        wall_s: wall-clock seconds of the whole interval.
        user_s: CPU seconds of this process in user mode, all threads, in the interval.
        sys_s: the same in the kernel.
        parts: wall seconds of the parts of the interval by name, where the workload tells them apart. Of a cold sample:
            ``imports`` (with the interpreter's start) and ``model``, in cold launches only; ``prepare``; ``trace``,
            where the mode can trace before it executes; ``first call``.
    """

    case: str
    stage: Stage
    round: int
    position: int
    calls: int
    wall_s: float
    user_s: float
    sys_s: float
    parts: dict[str, float] = {}

    @property
    def call_s(self) -> float:
        """Wall seconds of one call."""
        return self.wall_s / self.calls


class Parity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a mode's first outputs were from the reference.

    Attributes:
        passed: whether every output was within the tolerance.
        reference: what it was held against.
        largest_error: largest of ``|got - expected|`` over all outputs; NaN becomes None.
        tolerance: the rule, in words.
        detail: what was wrong; empty where nothing was.
    """

    passed: bool
    reference: str
    largest_error: float | None
    tolerance: str
    detail: str = ""


class CaseOutcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one launch says of one case besides its samples.

    Attributes:
        status: ``ok``, or why the case's times don't count.
        reason: one line of words; empty where the status is ``ok``.
        parity: None where the case never gave a result.
        warm: whether warm-up was seen to have ended; None where calls are too slow to tell.
        traces: traces made in all, counted after the last call; None where the mode traces nothing.
        traces_steady: traces made while timing, which must be 0.
        resolved: what the mode turned out to be: flags, device, threads, rows per step.
    """

    status: Status
    reason: str = ""
    parity: Parity | None = None
    warm: bool | None = None
    traces: int | None = None
    traces_steady: int | None = None
    resolved: dict[str, Any] = {}


class TrainingRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One agent trained from one seed until it reached the target, or didn't.

    An episode is told by three numbers, in the order in which episodes ended.

    Attributes:
        case: id of the case.
        seed: of weights, environments and actions.
        ended: how.
        reason: why, in one line; empty where it reached the target.
        steps: of all environments together.
        seconds: wall-clock, from making the agent ready (tracing and compiling among it) to the end.
        steps_to_target: steps after which the last `Training.window` episodes had the mean return asked for; None where
            that never was.
        seconds_to_target: when the running process knew of it.
        episode_steps: steps of all environments together when the episode ended.
        episode_returns: sum of its rewards.
        episode_seconds: when the running process knew of its end.
        losses: policy's and value's, for each update.
    """

    case: str
    seed: int
    ended: RunEnded
    reason: str
    steps: int
    seconds: float
    steps_to_target: int | None
    seconds_to_target: float | None
    episode_steps: tuple[int, ...]
    episode_returns: tuple[float, ...]
    episode_seconds: tuple[float, ...]
    losses: tuple[tuple[float | None, float | None], ...]


class MemoryUse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Resident memory of one process that executed one case again and again.

    Attributes:
        case: id of the case.
        baseline_bytes: before anything of the mode, everything imported.
        first_bytes: after the first call.
        first_peak_bytes: the most by then, as the kernel says (``ru_maxrss``).
        last_bytes: after the last call.
        last_peak_bytes: the most by then.
        sampled_peak_bytes: the most that was seen from outside, looking every few milliseconds.
        calls: after the first.
        checkpoints: pairs of calls after the first, and resident bytes then.
        first_objects: objects that Python's garbage collector tracks, after the first call and a collection.
        last_objects: the same after the last call.
    """

    case: str
    baseline_bytes: int
    first_bytes: int
    first_peak_bytes: int
    last_bytes: int
    last_peak_bytes: int
    sampled_peak_bytes: int
    calls: int
    checkpoints: tuple[tuple[int, int], ...]
    first_objects: int
    last_objects: int


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What some calls made TensorFlow do. Exact: equal in every run on the same versions.

    Attributes:
        case: id of the case.
        calls: how many.
        traces: made in them; None where the mode traces nothing.
        compiles: programs that XLA compiled in them.
        steps: that Keras cut one call into; None where Keras is not asked.
    """

    case: str
    calls: int
    traces: int | None
    compiles: int
    steps: int | None = None


class Launch(msgspec.Struct, frozen=True, tag_field="record", tag="launch", forbid_unknown_fields=True):
    """One fresh process and what it did, such as a race: the unit of replication.

    Attributes:
        index: from 0; a launch that was run again to replace a crashed one has an index of its own.
        seed: of the order of the race.
        ended: how the process ended.
        seconds: from start to end, as the starting process saw it.
        reason: what is known of an end that was not ``complete``.
        cases: outcome by case id.
        samples: all samples, in the order taken.
        kind: what it was for; only races and cold launches have samples.
        runs: trained to the target; only of ``training``.
        memory: one for each case that got to its last call; only of ``memory``.
        counts: one for each case; only of ``count``.
    """

    index: int
    seed: int
    ended: Ended
    seconds: float
    reason: str = ""
    cases: dict[str, CaseOutcome] = {}
    samples: tuple[Sample, ...] = ()
    kind: LaunchKind = "race"
    runs: tuple[TrainingRun, ...] = ()
    memory: tuple[MemoryUse, ...] = ()
    counts: tuple[Counts, ...] = ()


class Forking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How cases are measured that get a process each.

    Attributes:
        cold: processes of each cold case.
        cold_seconds: steady seconds of each of them, after its first call.
        slow_cold_seconds: a case whose cost in one process is above this share has fewer of them.
        memory: processes of each memory case.
        memory_calls: after the first.
        memory_seconds: after which there are no more calls; None where all of `memory_calls` are made.
        memory_limit_bytes: resident memory above which a process is killed.
    """

    cold: int
    cold_seconds: float
    slow_cold_seconds: float
    memory: int
    memory_calls: int
    memory_seconds: float | None
    memory_limit_bytes: int


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How agents are trained.

    Attributes:
        envs: parallel environments.
        vectorization: ``sync`` or ``async``: stepped in the agent's process, or each in one of its own.
        timed: hyperparameters of the timed updates and trainings.
        to_target: hyperparameters of the runs to the target.
        check_updates: after so many updates agents of all modes are compared with an eager one.
        check_steps: of a rollout in these comparisons; short, so that the slowest mode is compared as often.
        seeds: of the runs to the target; none where there are no such runs.
        target: mean return to be reached; None where the environment doesn't say when it is solved.
        window: over so many episodes.
        most_steps: after which a run counts as unsolved.
        run_seconds: a run that would take longer is not begun, or is cut short.
    """

    envs: int
    vectorization: Literal["sync", "async"]
    timed: Hyperparameters
    to_target: Hyperparameters
    check_updates: tuple[int, ...]
    check_steps: int
    seeds: tuple[int, ...]
    target: float | None
    window: int
    most_steps: int
    run_seconds: float


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is executed.

    Attributes:
        name: what people call it: ``actor-critic``, ``convolutional actor-critic``, or as a user wrote it.
        factory: ``pkg.module:factory`` or ``path/to/model.py:factory``; empty for the suite's own models, and for one
            that was handed over live.
        own: whether it is the user's and not the suite's.
        hidden: widths of the hidden layers of the suite's own model; several in a sweep; none of a user's model.
        outputs: pairs of a name and the shape of one row, such as ``("logits", (2,))``.
        parameters: weights, of each width in turn; of a user's model one number.
        row_flops: floating-point operations of one row, of each width in turn; None where nobody knows.
        heads: which outputs are policy and value; None of a model with one output.
        random: whether it draws random numbers while it learns, as dropout does.
        stateful: whether it changes other weights than those that learn, as batch normalisation does.
        unteachable: why no agent with this model can learn; empty where one can, and of a model with one output.
    """

    name: str
    factory: str = ""
    own: bool = False
    hidden: tuple[int, ...] = ()
    outputs: tuple[tuple[str, tuple[int, ...]], ...] = ()
    parameters: tuple[int, ...] = ()
    row_flops: tuple[int | None, ...] = ()
    heads: Heads | None = Heads()
    random: bool = False
    stateful: bool = False
    unteachable: str = ""

    @property
    def learns(self) -> bool:
        """Whether it has a policy and a value, which an agent needs, and gradient steps of it can be compared."""
        return self.heads is not None and not self.unteachable


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was asked for: enough to run it again.

    Attributes:
        profile: name of the budget.
        cases: ids, in the order of the report.
        env: Gymnasium id of the environment; empty where there is none.
        launches: fresh processes asked for.
        seed: root of every other seed: observations, weights, order.
        case_seconds: steady seconds for each case, over all launches.
        min_rounds: steady samples for each case, over all launches, whatever they cost.
        slow_case_seconds: a case whose cost in one launch is above this share sits launches out.
        launch_timeout_s: seconds without a word from a launch after which it counts as hanging.
        command: what was typed.
        training: how agents are trained.
        forking: how cold starts and memory are measured.
        model: what is executed.
        observation_shape: of one observation.
        actions: how many discrete actions there are.
        observations: file that they come from; empty where it is the environment, or nothing but chance.
        env_kwargs: what the environment is made with.
        env_wrappers: around it, innermost first.
        in_graph: the same environment in array operations, as the user named it.
        warmup_seconds: for each case in each launch.
        fewest_rounds: steady samples for each quick case in each launch.
        longest_start_s: seconds of a first call after which a case is not warmed up.
        test: of a user's own benchmark, pytest's id of it; empty elsewhere.
    """

    profile: str
    cases: tuple[str, ...]
    env: str
    launches: int
    seed: int
    case_seconds: float
    min_rounds: int
    slow_case_seconds: float
    launch_timeout_s: float
    command: str
    training: Training
    forking: Forking
    model: Model
    observation_shape: tuple[int, ...] = (4,)
    actions: int = 2
    observations: str = ""
    env_kwargs: dict[str, Any] = {}
    env_wrappers: tuple[str, ...] = ()
    in_graph: str = ""
    warmup_seconds: float = 3.0
    fewest_rounds: int = 5
    longest_start_s: float = 4.5
    test: str = ""


class Observations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the input came from.

    Attributes:
        env: Gymnasium id; empty where they come from none.
        policy: how actions were chosen, or where the rows come from.
        seed: of environment and policy.
        rows: rows collected.
        distinct: how many of them differ from all others.
        shape: of one observation.
        dtype: name of it.
        sha256: of the raw bytes, so that two runs can tell that they saw the same.
    """

    env: str
    policy: str
    seed: int
    rows: int
    distinct: int
    shape: tuple[int, ...]
    dtype: str
    sha256: str


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a user's own benchmark executes, and on what.

    Attributes:
        model: of the user.
        observations: its input.
        test: pytest's id of it.
    """

    model: Model
    observations: Observations
    test: str = ""


class Start(msgspec.Struct, frozen=True, tag_field="record", tag="start", forbid_unknown_fields=True):
    """First line of ``launches.jsonl``: what every launch has in common.

    Attributes:
        schema_version: of this file.
        eagerbench: version of the suite.
        started: ISO 8601, UTC.
        plan: what was asked for.
        observations: the input.
        machine: fingerprint; strings, numbers and flat tables.
        flops: floating-point operations of one call, by case id; the arithmetic alone.
        modes: what each mode is, in a few words.
        subjects: of a user's own benchmarks, by name; their cases have it after an ``@``.
    """

    schema_version: int
    eagerbench: str
    started: str
    plan: Plan
    observations: Observations
    machine: dict[str, Any]
    flops: dict[str, int]
    modes: dict[str, str]
    subjects: dict[str, Subject] = {}

    def subject(self, case: Case) -> Subject:
        """What a case executes, and on what."""
        return self.subjects.get(case.subject) or Subject(self.plan.model, self.observations, self.plan.test)


class End(msgspec.Struct, frozen=True, tag_field="record", tag="end", forbid_unknown_fields=True):
    """Last line of ``launches.jsonl``; missing where the run was killed.

    Attributes:
        outcome: ``complete`` (whether green or red) or ``interrupted``.
        seconds: of the whole measurement.
    """

    outcome: Literal["complete", "interrupted"]
    seconds: float


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """A whole run, however far it got. ``end`` is None where the run was killed."""

    start: Start
    launches: tuple[Launch, ...]
    end: End | None = None

    @property
    def cases(self) -> tuple[Case, ...]:
        """The planned cases, in the plan's order."""
        return tuple(Case.parse(text) for text in self.start.plan.cases)

    @cached_property
    def samples(self) -> Mapping[tuple[str, Stage], dict[int, list[Sample]]]:
        """By case and stage, in each by index of launch; what nobody measured is empty. Sorted once: it may be long."""
        found: defaultdict[tuple[str, Stage], dict[int, list[Sample]]] = defaultdict(dict)
        for launch in self.launches:
            for sample in launch.samples:
                found[sample.case, sample.stage].setdefault(launch.index, []).append(sample)
        return found

    @property
    def races(self) -> tuple[Launch, ...]:
        """The launches that timed cases."""
        return tuple(launch for launch in self.launches if launch.kind == "race")

    @property
    def memory(self) -> tuple[MemoryUse, ...]:
        """Of all launches, in the order taken."""
        return tuple(use for launch in self.launches for use in launch.memory)

    @property
    def counts(self) -> tuple[Counts, ...]:
        """Of all launches, in the order taken."""
        return tuple(counted for launch in self.launches for counted in launch.counts)

    @property
    def training_runs(self) -> tuple[TrainingRun, ...]:
        """The runs to the target, in the order in which they ended."""
        return tuple(run for launch in self.launches for run in launch.runs)

    @property
    def interrupted(self) -> bool:
        """Whether less was measured than planned because somebody stopped it."""
        return self.end is None or self.end.outcome == "interrupted"


Versioned = TypeVar("Versioned", bound=msgspec.Struct)
_decode_line = msgspec.json.Decoder(Start | Launch | End).decode


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file in one step: a reader finds the old content or the new, never half of it.

    Raises:
        UserError: where the folder can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)  # mkstemp's 0600 would hide a report from the web server that shows it
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}; choose another --report-dir") from error


class Journal:
    """``launches.jsonl`` while a run goes on: every line is on disk before the next launch starts.

    A session that measures several things, the suite and a user's own benchmarks, appends one run after the other, each
    from its start to its end.

    Args:
        path: of the file.
        start: its first line, or the first of a further run.
        append: to what is there, instead of replacing it.
    """

    def __init__(self, path: Path, start: Start, *, append: bool = False) -> None:
        self.path = path
        if not append:
            write_atomically(path, b"")
        self.append(start)

    def append(self, record: Start | Launch | End) -> None:
        """Add one line and wait until the disk has it."""
        line = msgspec.json.encode(record) + b"\n"
        try:
            with self.path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror or error}") from error


def section(run: Run) -> dict[str, Any]:
    """A run as the ``eagerbench`` section of a pytest-benchmark file: builtins only."""
    return {"schema_version": SCHEMA_VERSION, **msgspec.to_builtins(run)}


def read_run(path: Path) -> Run:
    """Read ``results.json``, ``launches.jsonl``, or a report folder that holds one of them.

    Raises:
        UserError: where the file is missing, cut off, of another schema, or not ours.
    """
    try:
        if path.is_dir():
            named = [path / name for name in ("results.json", "launches.jsonl") if (path / name).is_file()]
            if not named:
                raise UserError(f"{path} holds neither results.json nor launches.jsonl; is it a report folder?")
            path = named[0]
        content = content_of(path)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    run = _from_journal(path, content) if path.suffix == ".jsonl" else _from_results(path, content)
    _check(path, run)
    return run


def content_of(path: Path) -> bytes:
    """The bytes of a file that a stranger may have made; of a regular one, since a pipe might never say anything.

    Raises:
        OSError: where it can't be read.
        UserError: where it is no regular file, or larger than anything that was ever written.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise UserError(f"{path} is no regular file; expected one that eagerbench wrote")
    if found.st_size > MOST_BYTES:
        raise UserError(
            f"{path} has {found.st_size / 1e6:,.0f} MB, more than any run writes; expected at most "
            f"{MOST_BYTES / 1e6:,.0f} MB"
        )
    return path.read_bytes()


def read_versioned(path: Path, kind: type[Versioned], what: str, version: int) -> Versioned:
    """Read a JSON file of ours that holds one record, whose schema version is read before all else.

    Args:
        path: of the file.
        kind: of the record.
        what: it is, in a word.
        version: of its schema.

    Raises:
        UserError: where the file is missing, cut off, or of another schema.
    """
    try:
        content = content_of(path)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        found = msgspec.json.decode(content, type=_VersionAlone).schema_version
        if found != version:
            raise UserError(
                f"{path} has {what} schema version {found}, this eagerbench reads {version}; "
                "render it with the version that wrote it"
            )
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path} is not a {what}.json of schema {version}: {error}") from error


class _VersionAlone(msgspec.Struct):
    schema_version: int


def record_in(path: Path, name: str) -> Path | None:
    """The file of that name that a path means: itself, or in a folder that holds no run; None for anything else."""
    if path.name == name:
        return path
    inside = path / name
    return inside if inside.is_file() and not (path / "results.json").is_file() else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object without a key that is there twice, of which one would be lost unseen."""
    found = dict(pairs)
    if len(found) != len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"key {name!r} is there twice")
    return found


def _from_results(path: Path, content: bytes) -> Run:
    try:
        document = json.loads(content, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:  # also no UTF-8, and numbers of thousands of digits
        raise UserError(
            f"{path} is not whole JSON ({error}); was it cut off? launches.jsonl beside it may be whole"
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("eagerbench"), dict):
        raise UserError(f"{path} has no 'eagerbench' section; expected a results.json written by eagerbench")
    ours = dict(document["eagerbench"])
    _check_version(path, ours.pop("schema_version", None))
    try:
        return msgspec.convert(ours, Run)
    except (msgspec.ValidationError, RecursionError) as error:
        raise UserError(f"{path} is not a results file of schema {SCHEMA_VERSION}: {error}") from error


def _from_journal(path: Path, content: bytes) -> Run:
    from eagerbench.merging import merge

    records = list(_records(path, content))
    if not records or not isinstance(records[0], Start):
        raise UserError(f"{path} does not begin with a start record; expected a launches.jsonl written by eagerbench")
    starts = [place for place, record in enumerate(records) if isinstance(record, Start)]
    for record in records:
        if isinstance(record, Start):
            _check_version(path, record.schema_version)
    return merge([_run_of(records[begin:end]) for begin, end in pairwise([*starts, len(records)])])


def _run_of(records: Sequence[Start | Launch | End]) -> Run:
    """The run of one start record and all that follows it."""
    start = next(record for record in records if isinstance(record, Start))
    launches = tuple(record for record in records if isinstance(record, Launch))
    ends = [record for record in records if isinstance(record, End)]
    return Run(start=start, launches=launches, end=ends[-1] if ends else None)


def _records(path: Path, content: bytes) -> Iterator[Start | Launch | End]:
    lines = content.split(b"\n")
    if lines[-1]:
        whole = max(0, len(lines) - 2)
        raise UserError(
            f"{path} is cut off in line {len(lines)}; delete that line to render the {whole} whole launches before it"
        )
    for number, line in enumerate(lines[:-1], start=1):
        if number == 1:
            _check_version(path, _version_of(line))
        try:
            yield _decode_line(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UserError(f"{path}, line {number}, is not a record of schema {SCHEMA_VERSION}: {error}") from error


def _version_of(line: bytes) -> object:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return SCHEMA_VERSION  # not JSON at all: let the decoder say so
    return record.get("schema_version") if isinstance(record, dict) else None


def _check_version(path: Path, version: object) -> None:
    if version != SCHEMA_VERSION:
        raise UserError(
            f"{path} has schema version {version!r}, this eagerbench reads {SCHEMA_VERSION}; "
            "render it with the version that wrote it"
        )


def _check(path: Path, run: Run) -> None:
    """Refuse what the types let through but no run can have written."""
    if run.start.schema_version != SCHEMA_VERSION:
        _check_version(path, run.start.schema_version)
    _check_start(path, run.start)
    planned = set(run.start.plan.cases)
    if len(planned) != len(run.start.plan.cases):
        raise UserError(f"{path}: a case is planned twice")
    _ = run.cases  # every id must parse
    if len({launch.index for launch in run.launches}) != len(run.launches):
        raise UserError(f"{path}: a launch is there twice")
    seconds = [launch.seconds for launch in run.launches] + ([run.end.seconds] if run.end else [])
    if not all(0 <= own <= LONGEST_S for own in seconds):
        raise UserError(f"{path}: a launch, or all of them, took impossible seconds")
    timed = planned | {case.id for case in YARDSTICKS}
    for launch in run.launches:
        taken = {(sample.case, sample.position) for sample in launch.samples}
        if len(taken) != len(launch.samples):
            raise UserError(f"{path}: launch {launch.index} has a sample twice")
        for sample in launch.samples:
            times = (sample.wall_s, sample.user_s, sample.sys_s, *sample.parts.values())
            possible = all(0 <= seconds <= LONGEST_S for seconds in times)  # NaN isn't
            if sample.stage == "cold" and sample.parts.get("imports", 0.0) >= sample.wall_s:
                possible = False  # a start that was over before everything was imported
            if not possible or not 1 <= sample.calls <= LARGEST or sample.call_s < SHORTEST_S:
                raise UserError(f"{path}: launch {launch.index} has an impossible sample of {sample.case!r}: {times}")
            if sample.case not in timed:
                raise UserError(f"{path}: launch {launch.index} has a sample of {sample.case!r}, which was not planned")
        for own in launch.runs:
            _check_training_run(path, launch.index, own, planned)
        for use in launch.memory:
            _check_memory(path, launch.index, use, planned)
        for counted in launch.counts:
            numbers = (counted.calls, counted.traces or 0, counted.compiles, counted.steps or 0)
            if counted.case not in planned or min(numbers) < 0 or max(numbers) > LARGEST:
                raise UserError(f"{path}: launch {launch.index} has impossible counts of {counted.case!r}: {numbers}")
        for case, outcome in launch.cases.items():
            if case not in timed:
                raise UserError(f"{path}: launch {launch.index} has an outcome of {case!r}, which was not planned")
            if not all(0 <= traces <= LARGEST for traces in (outcome.traces or 0, outcome.traces_steady or 0)):
                raise UserError(f"{path}: launch {launch.index} has impossible traces of {case!r}")
            if not _is_flat(outcome.resolved):
                raise UserError(f"{path}: launch {launch.index} has flags of {case!r} that are no plain values")


def _check_start(path: Path, start: Start) -> None:
    plan, training = start.plan, start.plan.training
    whole = (training.envs, training.timed.steps, training.to_target.steps, training.window, plan.launches)
    if not all(1 <= number <= LARGEST for number in whole):
        raise UserError(f"{path}: impossible plan: launches, environments, steps and window must be at least 1")
    seconds = (plan.case_seconds, plan.slow_case_seconds, plan.launch_timeout_s, training.run_seconds)
    if not all(map(math.isfinite, (*seconds, training.target or 0.0))):
        raise UserError(f"{path}: impossible plan: seconds or a target that are no numbers: {seconds}")
    if not all(0 <= flops <= LARGEST for flops in start.flops.values()):
        raise UserError(f"{path}: impossible floating-point operations of a call")
    if not _is_flat(start.machine):
        raise UserError(f"{path}: expected a machine of strings, numbers and flat tables")


def _is_flat(table: Mapping[str, Any], levels: int = 2) -> bool:
    """Whether the values of a table are plain, or tables and lists of plain values."""
    for value in table.values():
        inner = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(inner, dict):
            if levels == 1 or not _is_flat(inner, levels - 1):
                return False
        elif isinstance(value, float | int) and not abs(value) <= LARGEST:
            return False
    return True


def _check_training_run(path: Path, launch: int, run: TrainingRun, planned: set[str]) -> None:
    where = f"{path}: launch {launch} has a training run of {run.case!r}"
    if run.case not in planned or Case.parse(run.case).workload != "train":
        raise UserError(f"{where}, which was not planned")
    if len({len(run.episode_steps), len(run.episode_returns), len(run.episode_seconds)}) != 1:
        raise UserError(f"{where} whose episodes have not all three numbers")
    if not all(math.isfinite(value) for value in run.episode_returns):
        raise UserError(f"{where} with impossible returns")
    numbers = (run.seconds, run.steps, *run.episode_steps, *run.episode_seconds)
    if not all(0 <= number <= LARGEST for number in numbers):
        raise UserError(f"{where} with impossible times or steps")
    reached = (run.steps_to_target, run.seconds_to_target)
    if (run.ended == "solved") != all(number is not None and 0 < number < math.inf for number in reached):
        raise UserError(f"{where} that ended {run.ended!r} with steps and seconds to the target of {reached}")


def _check_memory(path: Path, launch: int, use: MemoryUse, planned: set[str]) -> None:
    where = f"{path}: launch {launch} has memory of {use.case!r}"
    if use.case not in planned:
        raise UserError(f"{where}, which was not planned")
    sizes = (
        use.baseline_bytes,
        use.first_bytes,
        use.last_bytes,
        use.first_peak_bytes,
        use.last_peak_bytes,
        use.sampled_peak_bytes,
    )
    objects = (use.calls, use.first_objects, use.last_objects)
    numbers = (*sizes, *objects, *(end for pair in use.checkpoints for end in pair))
    if not all(0 <= number <= LARGEST for number in numbers):
        raise UserError(f"{where} below nothing or beyond all bounds: {sizes}")
    calls = [made for made, _ in use.checkpoints]
    if calls != sorted(set(calls)):
        raise UserError(f"{where} whose checkpoints are out of order")


def results_json(document: Mapping[str, Any], run: Run) -> bytes:
    """pytest-benchmark's document with our section, as the bytes of ``results.json``."""
    return json.dumps(
        {**document, "eagerbench": section(run)}, indent=1, ensure_ascii=True, allow_nan=False, default=str
    ).encode()
