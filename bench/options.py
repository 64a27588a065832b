"""The options of a measuring run: one table for ``pytest`` and for ``eagerbench run``, so that they can't differ."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from eagerbench.errors import UserError
from eagerbench.models.calls import parse_arguments, split_calls
from eagerbench.modes import REGISTRY
from eagerbench.plan import (
    DEFAULT_ENV,
    DEFAULT_PROFILE,
    HIDDEN,
    PROFILES,
    Request,
    parse_numbers,
    parse_shape,
    split_names,
)
from eagerbench.workloads import WORKLOADS

Parsed = TypeVar("Parsed")

DEFAULT_REPORT_FOLDER = "benchmark-report"


# What `eagerbench run` says to pytest before the user's own arguments. The plugin is imported before pytest could
# rewrite its assertions; it has none.
RUN_ARGUMENTS = (
    "--benchmark-only",
    *("-o", "eagerbench_suite=true"),
    *("-p", "no:cacheprovider"),
    *("-W", "ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning"),
)


class Option(NamedTuple):
    """One option: its flag, what argparse wants to know, and what holds where nobody says anything.

    The default is not argparse's, so that a value from the command line can be told from none: then the project's
    settings are asked (`eagerbench.settings`), and only then the default holds.
    """

    flag: str
    settings: dict[str, Any]
    default: Any = ""

    @property
    def key(self) -> str:
        """Name in ``[tool.eagerbench]``."""
        return self.flag.removeprefix("--")

    @property
    def destination(self) -> str:
        """Name of the attribute: prefixed, since a pytest session has one name space for all plugins."""
        return "eagerbench_" + self.flag.removeprefix("--").replace("-", "_")


def _profiles() -> str:
    return "; ".join(
        f"{name}: {profile.launches} launches, {profile.case_seconds:g} s a case, batches of "
        + " and ".join(f"{rows:,}" for rows in profile.batch_sizes)
        + f", {profile.seeds} training seed{'s' if profile.seeds > 1 else ''} of at most {profile.run_seconds:g} s, "
        f"{profile.cold} cold start{'s' if profile.cold > 1 else ''} of a case, {profile.memory} for memory"
        for name, profile in PROFILES.items()
    )


OPTIONS = (
    Option(
        "--profile",
        {"metavar": "NAME", "help": f"How much to measure. {_profiles()}. Default: {DEFAULT_PROFILE}."},
        DEFAULT_PROFILE,
    ),
    Option(
        "--modes",
        {
            "metavar": "A,B",
            "help": "Ways to execute the model, with commas between them. Default: all (in a sweep over widths all but "
            f"those that cut a batch into steps of 32 rows). Known: {', '.join(REGISTRY)}.",
        },
    ),
    Option(
        "--workloads",
        {
            "metavar": "A,B",
            "help": "What to time. Default: all that the model and its input allow (in a sweep over widths: forward). "
            f"Known: {'; '.join(map(': '.join, WORKLOADS.items()))}.",
        },
    ),
    Option(
        "--batch-sizes",
        {
            "metavar": "N,M",
            "help": "Rows of a batch, such as 1,8,64,512,4096,32768,100000. Default: the profile's, as far as "
            "observations of this size fit.",
        },
    ),
    Option(
        "--hidden",
        {
            "metavar": "N,M",
            "help": "Width of the hidden layers of the shipped model; several, such as 32,128,512,2048, are a sweep: "
            f"where does overhead end, and computing begin? Default: {HIDDEN}.",
        },
    ),
    Option(
        "--model",
        {
            "metavar": "PATH:NAME",
            "help": "Your own Keras model in place of the shipped one: pkg.module:factory or path/to/model.py:factory, "
            "a function or a class that takes nothing, or observation_shape and actions. It maps observations to "
            "(logits, value), to a dict of them, or to a single output, which has forward passes only.",
        },
    ),
    Option(
        "--env",
        {
            "metavar": "ID",
            "help": "Gymnasium environment to train in and to take observations from: discrete actions, box "
            f"observations, images too. Default: {DEFAULT_ENV}, as in the article, unless observations come from "
            "elsewhere.",
        },
    ),
    Option(
        "--env-kwargs",
        {
            "metavar": "NAME=VALUE,…",
            "help": "What the environment is made with, as Python would write it, such as continuous=False,gravity=-5.",
        },
    ),
    Option(
        "--env-wrappers",
        {
            "metavar": "MODULE:NAME,…",
            "help": "Wrappers around the environment, innermost first, such as gymnasium.wrappers:GrayscaleObservation,"
            "gymnasium.wrappers:FrameStackObservation(stack_size=4).",
        },
    ),
    Option(
        "--in-graph",
        {
            "metavar": "MODULE:NAME",
            "help": "The same environment written in array operations, which modes of one program need (fused and the "
            "like): pkg.module:environment or path/to/file.py:environment. The suite has CartPole's.",
        },
    ),
    Option(
        "--observations",
        {
            "metavar": "FILE",
            "help": "Observations for forward passes and gradient steps: a .npy file, or an .npz file with one array, "
            "of shape [rows, …]. Without --env nothing is trained.",
        },
    ),
    Option(
        "--observation-shape",
        {
            "metavar": "N,M",
            "help": "Shape of one observation, such as 8 or 84,84,4: without --env and --observations they are drawn "
            "at random, and nothing is trained.",
        },
    ),
    Option(
        "--envs",
        {
            "metavar": "N",
            "type": int,
            "help": "Parallel environments of a training, each with a seed of its own. Default: 1.",
        },
        1,
    ),
    Option(
        "--vectorization",
        {
            "metavar": "HOW",
            "help": "How parallel environments are stepped: sync, one after the other in the training process; async, "
            "each in a process of its own. Default: sync.",
        },
        "sync",
    ),
    Option(
        "--seeds",
        {
            "metavar": "N",
            "type": int,
            "help": "Train each mode to the solved environment from so many seeds, the same for all; 0 for none. The "
            "fastest and the slowest of a mode are dropped. Default: the profile's.",
        },
        None,
    ),
    Option(
        "--launches",
        {
            "metavar": "N",
            "type": int,
            "help": "Fresh processes. Intervals are taken over them: 2 at least, better 5. Default: the profile's.",
        },
        None,
    ),
    Option(
        "--memory-calls",
        {
            "metavar": "N",
            "type": int,
            "help": "Calls after the first whose memory is watched. Default: as many as the profile has time for, at "
            "most 2,000; slow leaks of slow modes need more time, such as --workloads memory --memory-calls 2000.",
        },
        None,
    ),
    Option(
        "--memory-limit",
        {
            "metavar": "MB",
            "type": float,
            "help": "Stop a process of the workloads memory and traces that has more resident, and report it as out of "
            "memory; the others go on. Default: four fifths of what is free, shared by those that run at once.",
        },
        None,
    ),
    Option(
        "--launch-timeout",
        {
            "metavar": "SECONDS",
            "type": float,
            "help": "Stop a launch that is silent for so long, and go on without the case that hung. Default: 120.",
        },
        120.0,
    ),
    Option(
        "--report-dir",
        {
            "metavar": "FOLDER",
            "help": f"Where results and report go. Default: {DEFAULT_REPORT_FOLDER}/.",
        },
        DEFAULT_REPORT_FOLDER,
    ),
    Option(
        "--gate",
        {
            "metavar": "BASE",
            "help": "Hold the run against an earlier one: a results.json, a report folder, or a baseline (number, "
            "name, latest). A green session then ends with the gate's exit code: 0 pass, 1 regression, 3 inconclusive, "
            "4 not comparable or a case missing.",
        },
        None,
    ),
    Option(
        "--gate-reference",
        {
            "metavar": "MODE",
            "help": "Mode that a gate's times are ratios to. Default: function.",
        },
        "function",
    ),
    Option(
        "--gate-margin",
        {
            "metavar": "SHARE",
            "help": "How much slower a case may be for --gate, such as 5%% or 0.05. Default: 5%%, or what "
            "pyproject.toml says in [tool.eagerbench.gate].",
        },
        None,
    ),
    Option(
        "--across-machines",
        {
            "action": "store_true",
            "help": "With --gate: compare although the machines differ, with a margin wide enough for that.",
        },
        False,
    ),
)


def typed_command(arguments: Sequence[str]) -> str:
    """What a user typed, from pytest's arguments: enough to do it again."""
    first = len(RUN_ARGUMENTS)
    if tuple(arguments[:first]) == RUN_ARGUMENTS:
        return shlex.join(["eagerbench", "run", *arguments[first:]])
    return shlex.join(["pytest", *arguments])


def filled_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by destination, with the default where there is none."""
    return {
        option.destination: option.default if values.get(option.destination) is None else values[option.destination]
        for option in OPTIONS
    }


def request(
    values: dict[str, Any], command: str, case_seconds: float | None = None, min_rounds: int | None = None
) -> Request:
    """What the values of the options ask for.

    Args:
        values: by destination, all of them.
        command: what was typed.
        case_seconds: pytest-benchmark's ``--benchmark-max-time``, where the user set it.
        min_rounds: pytest-benchmark's ``--benchmark-min-rounds``, where the user set it.

    Raises:
        UserError: where a value can't be read.
    """
    return Request(
        profile=values["eagerbench_profile"],
        modes=split_names(values["eagerbench_modes"]),
        workloads=split_names(values["eagerbench_workloads"]),
        batch_sizes=parse_numbers("--batch-sizes", values["eagerbench_batch_sizes"], "1,64,100000"),
        hidden=parse_numbers("--hidden", values["eagerbench_hidden"], "32,128,512,2048"),
        model=values["eagerbench_model"],
        env=values["eagerbench_env"],
        env_kwargs=_parsed(parse_arguments, "--env-kwargs", values["eagerbench_env_kwargs"]),
        env_wrappers=_parsed(split_calls, "--env-wrappers", values["eagerbench_env_wrappers"]),
        in_graph=values["eagerbench_in_graph"],
        observations=values["eagerbench_observations"],
        observation_shape=parse_shape(values["eagerbench_observation_shape"]),
        launches=values["eagerbench_launches"],
        case_seconds=case_seconds,
        min_rounds=min_rounds,
        launch_timeout_s=values["eagerbench_launch_timeout"],
        command=command,
        envs=values["eagerbench_envs"],
        vectorization=values["eagerbench_vectorization"],
        seeds=values["eagerbench_seeds"],
        memory_calls=values["eagerbench_memory_calls"],
        memory_limit_mb=values["eagerbench_memory_limit"],
    )


def _parsed(parse: Callable[[str], Parsed], flag: str, text: str) -> Parsed:
    try:
        return parse(text)
    except ValueError as error:
        raise UserError(f"{flag} {error}") from error
