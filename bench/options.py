"""The options of a measuring run: one table for ``pytest`` and for ``eagerbench run``, so that they can't differ."""

import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple

from eagerbench.modes import REGISTRY
from eagerbench.plan import DEFAULT_ENV, DEFAULT_PROFILE, PROFILES, Request, parse_batch_sizes, split_names
from eagerbench.workloads import WORKLOADS

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
    """One option: its flag, and what argparse wants to know."""

    flag: str
    settings: dict[str, Any]

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
        {
            "metavar": "NAME",
            "default": DEFAULT_PROFILE,
            "help": f"How much to measure. {_profiles()}. Default: {DEFAULT_PROFILE}.",
        },
    ),
    Option(
        "--modes",
        {
            "metavar": "A,B",
            "default": "",
            "help": f"Ways to execute the model, with commas between them. Default: all. Known: {', '.join(REGISTRY)}.",
        },
    ),
    Option(
        "--workloads",
        {
            "metavar": "A,B",
            "default": "",
            "help": f"What to time. Default: all. Known: {'; '.join(map(': '.join, WORKLOADS.items()))}.",
        },
    ),
    Option("--batch-sizes", {"metavar": "N,M", "default": "", "help": "Rows of a batch. Default: the profile's."}),
    Option(
        "--env",
        {
            "metavar": "ID",
            "default": DEFAULT_ENV,
            "help": "Gymnasium environment to train in and to take observations from; discrete actions, flat "
            f"observations. Default: {DEFAULT_ENV}, the article's.",
        },
    ),
    Option(
        "--envs",
        {
            "metavar": "N",
            "type": int,
            "default": 1,
            "help": "Parallel environments of a training, each with a seed of its own. Default: 1.",
        },
    ),
    Option(
        "--vectorization",
        {
            "metavar": "HOW",
            "default": "sync",
            "help": "How parallel environments are stepped: sync, one after the other in the training process; async, "
            "each in a process of its own. Default: sync.",
        },
    ),
    Option(
        "--seeds",
        {
            "metavar": "N",
            "type": int,
            "default": None,
            "help": "Train each mode to the solved environment from so many seeds, the same for all; 0 for none. The "
            "fastest and the slowest of a mode are dropped. Default: the profile's.",
        },
    ),
    Option(
        "--launches",
        {
            "metavar": "N",
            "type": int,
            "default": None,
            "help": "Fresh processes. Intervals are taken over them: 2 at least, better 5. Default: the profile's.",
        },
    ),
    Option(
        "--memory-calls",
        {
            "metavar": "N",
            "type": int,
            "default": None,
            "help": "Calls after the first whose memory is watched. Default: as many as the profile has time for, at "
            "most 2,000; slow leaks of slow modes need more time, such as --workloads memory --memory-calls 2000.",
        },
    ),
    Option(
        "--memory-limit",
        {
            "metavar": "MB",
            "type": float,
            "default": None,
            "help": "Stop a process of the workloads memory and traces that has more resident, and report it as out of "
            "memory; the others go on. Default: four fifths of what is free, shared by those that run at once.",
        },
    ),
    Option(
        "--launch-timeout",
        {
            "metavar": "SECONDS",
            "type": float,
            "default": 120.0,
            "help": "Stop a launch that is silent for so long, and go on without the case that hung. Default: 120.",
        },
    ),
    Option(
        "--report-dir",
        {
            "metavar": "FOLDER",
            "default": DEFAULT_REPORT_FOLDER,
            "help": f"Where results and report go. Default: {DEFAULT_REPORT_FOLDER}/.",
        },
    ),
    Option(
        "--gate",
        {
            "metavar": "BASE",
            "default": None,
            "help": "Hold the run against an earlier one: a results.json, a report folder, or a baseline (number, "
            "name, latest). A green session then ends with the gate's exit code: 0 pass, 1 regression, 3 inconclusive, "
            "4 not comparable or a case missing.",
        },
    ),
    Option(
        "--gate-reference",
        {
            "metavar": "MODE",
            "default": "function",
            "help": "Mode that a gate's times are ratios to. Default: function.",
        },
    ),
    Option(
        "--gate-margin",
        {
            "metavar": "SHARE",
            "default": None,
            "help": "How much slower a case may be for --gate, such as 5%% or 0.05. Default: 5%%, or what "
            "pyproject.toml says in [tool.eagerbench.gate].",
        },
    ),
    Option(
        "--across-machines",
        {
            "action": "store_true",
            "default": False,
            "help": "With --gate: compare although the machines differ, with a margin wide enough for that.",
        },
    ),
)


def typed_command(arguments: Sequence[str]) -> str:
    """What a user typed, from pytest's arguments: enough to do it again."""
    first = len(RUN_ARGUMENTS)
    if tuple(arguments[:first]) == RUN_ARGUMENTS:
        return shlex.join(["eagerbench", "run", *arguments[first:]])
    return shlex.join(["pytest", *arguments])


def request(
    values: dict[str, Any], command: str, case_seconds: float | None = None, min_rounds: int | None = None
) -> Request:
    """What the values of the options ask for.

    Args:
        values: by destination.
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
        batch_sizes=parse_batch_sizes(values["eagerbench_batch_sizes"]),
        env=values["eagerbench_env"],
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
