"""What was executed and on what: model, environment, observations, a user's own benchmarks, and who refused.

Plain text, not yet escaped.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from eagerbench.cases import Case
from eagerbench.refusals import by_reason
from eagerbench.reports.facts import Facts, flat
from eagerbench.reports.leaders import is_in_graph, is_yardstick
from eagerbench.reports.tables import ABSENT
from eagerbench.results import Model, Observations, Run
from eagerbench.summary import CaseSummary, Summary

_NEEDLESS = "this mode can't execute the model: "  # of a reason below a title that says so
_WORK = {
    "forward": "forward passes",
    "update": "gradient steps",
    "train": "trainings",
    "cold": "cold starts",
    "memory": "memory",
    "traces": "traces",
}


def executed_in_words(run: Run) -> str:
    """What was executed, as a title begins: ``One actor-critic model``, ``The model pkg.module:factory``."""
    plan = run.start.plan
    if run.start.subjects and all(case.subject for case in run.cases):
        names = list(run.start.subjects)
        return f"The model of {names[0]}" if len(names) == 1 else f"{len(names)} models"
    return f"The model {plan.model.name}" if plan.model.own else f"One {plan.model.name} model"


def source_in_words(run: Run) -> str:
    """Where observations came from: ``from CartPole-v1``, ``read from observations.npy``."""
    seen, subjects = run.start.observations, run.start.subjects
    if subjects and all(case.subject for case in run.cases):
        seen = next(iter(subjects.values())).observations
    return f"from {seen.env}" if seen.env else _without_environment(seen.policy)


def _without_environment(policy: str) -> str:
    return policy.removeprefix("none: ") or "of unknown origin"


def model_facts(model: Model) -> Facts:
    """What is executed."""
    widths = [f"{width:,}" for width in model.hidden]
    return [
        ("Model", f"{model.name}{'' if model.own else ', shipped with the suite'}"),
        *([("Made by", model.factory)] if model.factory else []),
        *([("Hidden units", ", ".join(widths))] if widths else []),
        ("Outputs of a row", "; ".join(f"{name} {_shape(shape)}" for name, shape in model.outputs) or ABSENT),
        *([("Draws random numbers", "while it learns, as dropout does")] if model.random else []),
        *([("Keeps a state", "changed while it learns, as batch normalisation does")] if model.stateful else []),
        *([("Learns", f"no: {model.unteachable}")] if model.unteachable else []),
        ("Parameters", _by_width(model.parameters)),
        ("Arithmetic of a row, FLOP", _by_width(model.row_flops)),
    ]


def _by_width(numbers: Sequence[int | None]) -> str:
    """Of each width in turn."""
    told = ["not known" if number is None else f"{number:,}" for number in numbers]
    return ", ".join(dict.fromkeys(told) if set(told) == {"not known"} else told) or "not known"


def _shape(shape: Sequence[int]) -> str:
    return f"[{', '.join(str(size) for size in shape)}]"


def environment_facts(run: Run) -> Facts:
    """How the environment is made; nothing where there is none."""
    plan = run.start.plan
    if not plan.env:
        return []
    kwargs = [fact for name, value in plan.env_kwargs.items() for fact in flat(f"Argument {name}", value)]
    return [
        ("Environment", plan.env),
        *kwargs,
        *([("Wrappers, innermost first", ", ".join(plan.env_wrappers))] if plan.env_wrappers else []),
        *([("In array operations", plan.in_graph)] if plan.in_graph else []),
        ("Observation", _shape(plan.observation_shape)),
        ("Discrete actions", f"{plan.actions:,}"),
    ]


def input_facts(seen: Observations) -> Facts:
    """What the model was given."""
    return [
        *(
            [("Environment", seen.env), ("Actions", seen.policy)]
            if seen.env
            else [("Source", _without_environment(seen.policy))]
        ),
        ("Seed", f"{seen.seed}"),
        ("Rows", f"{seen.rows:,}, of which {seen.distinct:,} distinct"),
        ("Each row", f"{seen.dtype}, shape {_shape(seen.shape)}"),
        ("SHA-256", seen.sha256),
    ]


@dataclass(frozen=True)
class SubjectFacts:
    """A user's own benchmark.

    Attributes:
        name: of it.
        model: what it executes.
        observations: on what.
    """

    name: str
    model: Facts
    observations: Facts


def subject_facts(run: Run) -> list[SubjectFacts]:
    """The user's own benchmarks, in the order in which they ran."""
    return [
        SubjectFacts(name, model_facts(subject.model), input_facts(subject.observations))
        for name, subject in run.start.subjects.items()
    ]


@dataclass(frozen=True)
class Refusal:
    """Modes that can't run, for one reason.

    Attributes:
        modes: their names; with what they can't do, where they can do something else.
        reason: in a line.
    """

    modes: str
    reason: str


def refusals(summary: Summary) -> list[Refusal]:
    """Modes that can't run, those of one reason together; with what they can't do, where they can do something else.

    Counted calls are left out: that a way of executing takes arrays only says nothing of the model, and stands there.
    """
    executed = [case for case in summary.cases if case.case.workload != "traces"]
    able: dict[tuple[str, str], set[str]] = {}
    for case in executed:
        if case.status != "unavailable":
            able.setdefault(_whose(case), set()).add(case.case.workload)
    found = []
    for reason, cases in by_reason(executed).items():
        refused: dict[tuple[str, str], dict[str, list[Case]]] = {}
        for case in cases:
            refused.setdefault(_whose(case), {}).setdefault(case.case.workload, []).append(case.case)
        told = [
            f"{mode}{f' in {subject}' if subject else ''}{_limited(own, able.get((mode, subject), set()))}"
            for (mode, subject), own in refused.items()
        ]
        found.append(Refusal(", ".join(told), reason.removeprefix(_NEEDLESS)))
    return found


def told_first(run: Run, summary: Summary) -> list[Refusal]:
    """The `refusals` that a reader must know before anything else; none where the suite says that there are some.

    A user wants to know what can't execute a model of his own. The suite's own model runs in every mode but those that
    need what isn't everywhere: JAX, or an environment in array operations.
    """
    refused = [
        case.case.mode for case in summary.cases if case.status == "unavailable" and case.case.workload != "traces"
    ]
    surprising = any(not is_yardstick(mode) and not is_in_graph(mode) for mode in refused)
    unteachable = run.start.plan.model.unteachable
    everywhere = [Refusal("every mode (gradient steps, trainings)", unteachable)] if unteachable else []
    return everywhere + refusals(summary) if surprising or _has_own(run) else []


def _has_own(run: Run) -> bool:
    models = [run.start.plan.model, *(subject.model for subject in run.start.subjects.values())]
    return any(model.own for model in models)


def _limited(refused: Mapping[str, Sequence[Case]], able: Collection[str]) -> str:
    """What a mode can't do, by workload; empty where there is nothing that it can.

    Args:
        refused: cases of each workload.
        able: workloads of which it executes some case.
    """
    if not able:
        return ""
    told = []
    for workload, cases in refused.items():
        some = " of trainings" if all(case.trains for case in cases) else " of some sizes"
        told.append(f"{_WORK.get(workload, workload)}{some if workload in able else ''}")
    return f" ({', '.join(told)})"


def _whose(case: CaseSummary) -> tuple[str, str]:
    return case.case.mode, case.case.subject


def refusals_title(run: Run) -> str:
    """What stands over `refusals`."""
    return "Modes that can't execute this model" if _has_own(run) else "Modes that can't run here"
