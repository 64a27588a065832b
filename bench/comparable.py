"""Whether two stored runs may be held against each other: whole, of the same definitions, from like machines.

Returns data: reasons in words, for a reader. Knows no verdict and no time.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from eagerbench.cases import FORKED, YARDSTICKS, Case
from eagerbench.results import Launch, Model, Plan, Run

# What moves the ratio of two modes of one process; memory, load and kernel don't, or can't be told.
MACHINE_FACTS = ("cpu", "cores", "cores_logical", "cores_usable")
PACKAGES = ("tensorflow", "keras", "numpy")
# What a mode says of where it ran.
RESOLVED_FACTS = ("device", "intra_op_threads", "inter_op_threads", "blas", "blas_threads")
# More launches than anybody makes, and as many as can be counted exactly in a moment.
MOST_LAUNCHES = 200


def why_not_whole(run: Run) -> str | None:
    """Why a run is less than what was asked for; None where it is all of it.

    Whether its cases are green is another question.
    """
    if run.interrupted:
        return "it was interrupted"
    # The suite, and each of the user's own benchmarks, has launches of its own.
    raced = dict.fromkeys(case.subject for case in run.cases if case.workload not in FORKED)
    launches = {subject: [launch for launch in run.races if subject in _subjects(launch)] for subject in raced}
    for subject, own in launches.items():
        whose = f" of {subject}" if subject else ""
        complete = sum(launch.ended == "complete" for launch in own)
        if complete < run.start.plan.launches:
            return f"{complete} of its {run.start.plan.launches} launches{whose} are complete"
        if len(own) > MOST_LAUNCHES:
            return f"it has {len(own)} launches{whose}; at most {MOST_LAUNCHES} can be judged"
    return None


def _subjects(launch: Launch) -> set[str]:
    """Whose cases were in a launch."""
    yardsticks = {case.id for case in YARDSTICKS}
    return {Case.parse(case).subject for case in launch.cases if case not in yardsticks}


def machine_differences(base: Run, head: Run) -> tuple[str, ...]:
    """What differs between the machines of two runs and moves ratios, each as ``cpu: A against B``."""
    before, after = _facts(base), _facts(head)
    return tuple(
        f"{name}: {_in_words(before.get(name))} against {_in_words(after.get(name))}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    )


def resolved_differences(case: str, base: Mapping[str, Any], head: Mapping[str, Any]) -> tuple[str, ...]:
    """What differs in where a case ran: device and threads, as its mode said.

    Args:
        case: its id.
        base: what its mode turned out to be.
        head: the same of the other run.
    """
    return tuple(
        f"{fact} of {case}: {_in_words(base.get(fact))} against {_in_words(head.get(fact))}"
        for fact in RESOLVED_FACTS
        if base.get(fact) != head.get(fact)
    )


def definition_differences(base: Run, head: Run, case: Case) -> tuple[str, ...]:
    """What differs between two runs in what a case is, each as ``environment: A against B``."""
    return tuple(
        f"{name}: {_in_words(before)} against {_in_words(after)}"
        for (name, before), (_, after) in zip(_definition(base, case), _definition(head, case), strict=True)
        if before != after
    )


def _definition(run: Run, case: Case) -> Iterator[tuple[str, object]]:
    plan: Plan = run.start.plan
    subject = run.start.subject(case)
    yield "test", subject.test
    yield "model", _model(subject.model, case)
    if not case.subject:
        yield "environment", plan.env
        yield "its arguments", plan.env_kwargs
        yield "its wrappers", plan.env_wrappers
        yield "its in-graph form", plan.in_graph
    if not case.trains:
        seen = subject.observations
        yield "observations", seen.rows
        yield "their sha256", seen.sha256
        yield "floating-point operations of a call", run.start.flops.get(case.id)
    if case.trains or case.workload in {"update", "traces"}:
        yield "parallel environments", plan.training.envs
        yield "vectorization", plan.training.vectorization
        yield "hyperparameters", plan.training.timed


def _model(model: Model, case: Case) -> str:
    """What is executed, in words that a change of it changes.

    Not where a user's model lies, and not its name: a checkout may be anywhere, and Keras numbers names.
    """
    width = model.hidden.index(case.hidden) if case.hidden in model.hidden else 0
    outputs = ", ".join(f"{name} {list(shape)}" for name, shape in model.outputs)
    whose = "a model of one's own" if model.own else model.name
    parameters = model.parameters[width] if width < len(model.parameters) else "unknown"
    return f"{whose} with {parameters} parameters and outputs {outputs}"


def _facts(run: Run) -> dict[str, object]:
    machine = run.start.machine
    return {
        **{name: machine.get(name) for name in MACHINE_FACTS},
        **{f"package {name}": _table(machine, "packages").get(name) for name in PACKAGES},
        **{f"flag {name}": value for name, value in sorted(_table(machine, "environment").items())},
    }


def _table(machine: Mapping[str, Any], name: str) -> dict[str, object]:
    value = machine.get(name)
    return value if isinstance(value, dict) else {"": value}


def _in_words(value: object) -> str:
    return "nothing" if value is None else str(value) or "''"
