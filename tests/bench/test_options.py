"""From options to a request, without a pytest session."""

from collections.abc import Iterable

import pytest

from eagerbench.modes import REGISTRY
from eagerbench.options import OPTIONS, RUN_ARGUMENTS, request, typed_command
from eagerbench.plan import PROFILES, Request
from eagerbench.workloads import WORKLOADS


def test_defaults_of_the_options_ask_for_the_default_request() -> None:
    """What the help says is the default is what an empty command line does."""
    values = {option.destination: option.settings["default"] for option in OPTIONS}
    assert request(values, "pytest --benchmark-only") == Request()


def test_values_are_split_and_handed_on() -> None:
    """Commas separate; pytest-benchmark's own budget comes with them."""
    values = {option.destination: option.settings["default"] for option in OPTIONS}
    values |= {"eagerbench_modes": "eager, numpy", "eagerbench_batch_sizes": "8,1", "eagerbench_launches": 3}
    found = request(values, "typed", case_seconds=2.0, min_rounds=7)
    assert (found.modes, found.batch_sizes, found.launches) == (("eager", "numpy"), (8, 1), 3)
    assert (found.case_seconds, found.min_rounds, found.command) == (2.0, 7, "typed")


def test_what_is_asked_of_trainings_is_handed_on() -> None:
    """Environments, how they are stepped, and seeds; no seeds at all is an answer too."""
    values = {option.destination: option.settings["default"] for option in OPTIONS}
    values |= {"eagerbench_envs": 8, "eagerbench_vectorization": "async", "eagerbench_seeds": 0}
    found = request(values, "typed")
    assert (found.envs, found.vectorization, found.seeds) == (8, "async", 0)


def test_the_command_is_what_was_typed() -> None:
    """`eagerbench run` doesn't show what it says to pytest, and quotes what a shell would split."""
    assert typed_command([*RUN_ARGUMENTS, "-k", "eager and b1"]) == "eagerbench run -k 'eager and b1'"
    assert typed_command(["--benchmark-only", "--profile", "smoke"]) == "pytest --benchmark-only --profile smoke"


@pytest.mark.parametrize(
    ("flag", "names"), [("--modes", REGISTRY), ("--workloads", WORKLOADS), ("--profile", PROFILES)]
)
def test_help_names_everything_that_can_be_chosen(flag: str, names: Iterable[str]) -> None:
    """A user finds the names without the README."""
    (own,) = [option for option in OPTIONS if option.flag == flag]
    assert all(name in own.settings["help"] for name in names)


def test_what_is_asked_of_memory_is_handed_on() -> None:
    """How many calls, and how much a process may take; nothing asked leaves both open."""
    values = {option.destination: option.settings["default"] for option in OPTIONS}
    assert (request(values, "typed").memory_calls, request(values, "typed").memory_limit_mb) == (None, None)
    values |= {"eagerbench_memory_calls": 0, "eagerbench_memory_limit": 1500.5}
    found = request(values, "typed")
    assert (found.memory_calls, found.memory_limit_mb) == (0, 1500.5)


def test_help_tells_what_each_profile_starts_and_watches() -> None:
    """Processes of cold starts and of memory, beside launches."""
    (own,) = [option for option in OPTIONS if option.flag == "--profile"]
    for profile in PROFILES.values():
        starts = f"{profile.cold} cold start{'s' if profile.cold > 1 else ''} of a case"
        assert f"{starts}, {profile.memory} for memory" in own.settings["help"]
