"""From options to a request, without a pytest session."""

from collections.abc import Iterable
from typing import Any

import pytest

from eagerbench.errors import UserError
from eagerbench.modes import REGISTRY
from eagerbench.options import OPTIONS, RUN_ARGUMENTS, filled_in, request, typed_command
from eagerbench.plan import PROFILES, Request
from eagerbench.workloads import WORKLOADS


def test_defaults_of_the_options_ask_for_the_default_request() -> None:
    """What the help says is the default is what an empty command line does."""
    values = filled_in({})
    assert request(values, "pytest --benchmark-only") == Request()


def test_values_are_split_and_handed_on() -> None:
    """Commas separate; pytest-benchmark's own budget comes with them."""
    values = filled_in({})
    values |= {"eagerbench_modes": "eager, numpy", "eagerbench_batch_sizes": "8,1", "eagerbench_launches": 3}
    found = request(values, "typed", case_seconds=2.0, min_rounds=7)
    assert (found.modes, found.batch_sizes, found.launches) == (("eager", "numpy"), (8, 1), 3)
    assert (found.case_seconds, found.min_rounds, found.command) == (2.0, 7, "typed")


def test_what_is_asked_of_trainings_is_handed_on() -> None:
    """Environments, how they are stepped, and seeds; no seeds at all is an answer too."""
    values = filled_in({})
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
    values = filled_in({})
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


def test_what_is_said_stays_and_the_rest_is_filled_in() -> None:
    """None is nothing said; nought, nothing and no are answers."""
    values = {"eagerbench_envs": None, "eagerbench_seeds": 0, "eagerbench_env": "", "eagerbench_launch_timeout": 5.0}
    found = filled_in(values)
    assert found.keys() == {option.destination for option in OPTIONS}
    assert (found["eagerbench_envs"], found["eagerbench_seeds"], found["eagerbench_env"]) == (1, 0, "")
    assert found["eagerbench_launch_timeout"] == 5.0
    assert found["eagerbench_profile"] == "quick"


def test_a_model_an_environment_and_observations_of_one_s_own_are_handed_on() -> None:
    """Numbers, literals and references, each as what it stands for."""
    said = {
        "model": "policy.py:make",
        "env": "LunarLander-v3",
        "env_kwargs": "continuous=False,gravity=-5.0",
        "env_wrappers": "a.b:C,d:E(size=(4,2))",
        "in_graph": "m:environment",
        "observations": "rows.npz",
        "observation_shape": "84,84,4",
        "hidden": "32,2_048",
    }
    found = request(filled_in({f"eagerbench_{name}": value for name, value in said.items()}), "typed")
    assert (found.model, found.env, found.in_graph, found.observations) == (
        "policy.py:make",
        "LunarLander-v3",
        "m:environment",
        "rows.npz",
    )
    assert found.env_kwargs == {"continuous": False, "gravity": -5.0}
    assert found.env_wrappers == ("a.b:C", "d:E(size=(4,2))")
    assert (found.observation_shape, found.hidden) == ((84, 84, 4), (32, 2048))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("batch_sizes", "1,x", "--batch-sizes '1,x': expected whole numbers with commas between them, such as 1,64"),
        ("hidden", "wide", "--hidden 'wide': expected whole numbers with commas between them, such as 32,128"),
        ("hidden", "1e3", "--hidden '1e3': expected whole numbers"),
        ("observation_shape", "84x84", "--observation-shape '84x84': expected whole numbers"),
        ("env_kwargs", "continuous", "--env-kwargs 'continuous': expected NAME=VALUE"),
        ("env_kwargs", "a=open('x')", "--env-kwargs \"a=open('x')\": expected NAME=VALUE"),
        ("env_wrappers", "NoColon", "--env-wrappers 'NoColon': expected module:name"),
        ("env_wrappers", "a:B(1)", "--env-wrappers 'a:B(1)': expected module:name"),
    ],
)
def test_what_can_not_be_read_is_told_with_its_flag(name: str, text: Any, said: str) -> None:
    """In one line that says what was expected."""
    with pytest.raises(UserError) as caught:
        request(filled_in({f"eagerbench_{name}": text}), "typed")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
