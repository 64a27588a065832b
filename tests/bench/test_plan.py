"""From a request to a plan: defaults of profiles, and every mistake found before anything is measured."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from eagerbench.cases import Case
from eagerbench.errors import UserError
from eagerbench.models.a2c import ARTICLE, RELIABLE, SEEDS_APART
from eagerbench.plan import MOST_ENVIRONMENTS, PROFILES, Request, check_report_folder, make_plan, parse_batch_sizes
from eagerbench.workloads import WORKLOADS

FORWARD_ONLY = ("blocked-xla", "predict-full", "predict-eager", "saved-model", "numpy")
EVERYTHING = ("eager", "function", "function-xla", "predict", "predict-on-batch", "graph-v1", "graph-v1-feed")
TRAIN_ONLY = ("rollout", "fused", "fused-xla", "fused-jax")


def _modes(cases: Iterable[str], workload: str, size: str) -> list[str]:
    parsed = [Case.parse(case) for case in cases]
    return [case.mode for case in parsed if (case.workload, case.size) == (workload, size)]


def test_quick_is_the_default_and_each_mode_does_all_that_it_can() -> None:
    """Forward passes at 100,000 rows and at one, updates of 64 rows, trainings of one environment."""
    plan = make_plan(Request(workloads=("forward", "update", "train")))
    assert plan.profile == "quick"
    for size in ("b100000", "b1"):
        assert sorted(_modes(plan.cases, "forward", size)) == sorted((*FORWARD_ONLY, *EVERYTHING))
    assert sorted(_modes(plan.cases, "update", "b64")) == sorted(EVERYTHING)
    assert sorted(_modes(plan.cases, "train", "env1")) == sorted((*EVERYTHING, *TRAIN_ONLY))
    assert len(plan.cases) == 2 * 12 + 7 + 11


def test_cold_starts_and_memory_are_those_of_forward_passes_and_of_trainings() -> None:
    """Twelve modes at two sizes and eleven trainings; what XLA compiles is started from its cache as well."""
    cases = make_plan(Request(workloads=("cold", "memory"))).cases
    for size in ("b100000", "b1"):
        assert sorted(_modes(cases, "memory", size)) == sorted((*FORWARD_ONLY, *EVERYTHING))
        cached = {"function-xla+cache", "blocked-xla+cache"}
        assert set(_modes(cases, "cold", size)) == {*FORWARD_ONLY, *EVERYTHING, *cached}
    assert sorted(_modes(cases, "memory", "env1")) == sorted((*EVERYTHING, *TRAIN_ONLY))
    cached = {"function-xla+cache", "fused-xla+cache"}
    assert set(_modes(cases, "cold", "env1")) == {*EVERYTHING, *TRAIN_ONLY, *cached}
    assert len(cases) == (2 * 14 + 13) + (2 * 12 + 11)


def test_counted_are_five_scenarios_whatever_the_batches_are() -> None:
    """Three of forward passes for twelve modes, two of gradient steps for seven."""
    cases = make_plan(Request(workloads=("traces",), batch_sizes=(7,), envs=3)).cases
    for scenario in ("forward-fixed", "forward-shapes", "forward-scalars"):
        assert sorted(_modes(cases, "traces", scenario)) == sorted((*FORWARD_ONLY, *EVERYTHING))
    for scenario in ("update-fixed", "update-shapes"):
        assert sorted(_modes(cases, "traces", scenario)) == sorted(EVERYTHING)
    assert len(cases) == 3 * 12 + 2 * 7


def test_by_default_everything_is_planned() -> None:
    """All workloads, in the order of their table."""
    cases = make_plan(Request()).cases
    assert list(dict.fromkeys(Case.parse(case).workload for case in cases)) == list(WORKLOADS)
    assert len(cases) == 42 + 41 + 35 + 50


def test_a_start_from_the_cache_stands_beside_the_one_without() -> None:
    """Only of cold starts, only where XLA compiles; the mode that is executed is the same."""
    asked = Request(modes=("function-xla", "eager"), workloads=("cold", "memory"), batch_sizes=(1,), envs=2)
    assert make_plan(asked).cases == (
        "cold/function-xla/b1",
        "cold/function-xla+cache/b1",
        "cold/eager/b1",
        "cold/function-xla/env2",
        "cold/function-xla+cache/env2",
        "cold/eager/env2",
        "memory/function-xla/b1",
        "memory/eager/b1",
        "memory/function-xla/env2",
        "memory/eager/env2",
    )
    assert Case.parse("cold/function-xla+cache/b1").executed == "function-xla"


def test_processes_of_a_case_are_the_profile_s_or_as_many_as_launches() -> None:
    """Seven cold starts and three of memory; whoever asks for launches gets so many of each."""
    forking, asked = make_plan(Request()).forking, make_plan(Request(launches=2)).forking
    assert (forking.cold, forking.memory) == (PROFILES["quick"].cold, PROFILES["quick"].memory) == (7, 3)
    assert (asked.cold, asked.memory) == (2, 2)
    assert forking.slow_cold_seconds == PROFILES["quick"].slow_cold_seconds


def test_calls_for_memory_are_made_for_a_time_or_all_of_them() -> None:
    """The profile's seconds, and at most two thousand; what is asked for is made to the last."""
    forking = make_plan(Request()).forking
    assert (forking.memory_calls, forking.memory_seconds) == (2000, PROFILES["quick"].memory_seconds)
    asked = make_plan(Request(memory_calls=12_345)).forking
    assert (asked.memory_calls, asked.memory_seconds) == (12_345, None)


def test_a_process_may_take_its_share_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four fifths of ten gigabytes, for four at once; or what is asked for, in megabytes of 10⁶ bytes."""
    monkeypatch.setattr("eagerbench.plan.available_memory_bytes", lambda: 10_000_000_000)
    monkeypatch.setattr("eagerbench.plan.usable_cores", lambda: 4)
    assert make_plan(Request(workloads=("traces",))).forking.memory_limit_bytes == 2_000_000_000
    asked = make_plan(Request(workloads=("traces",), memory_limit_mb=1.5))
    assert asked.forking.memory_limit_bytes == 1_500_000
    endless = make_plan(Request(workloads=("traces",), memory_limit_mb=float("inf"))).forking
    assert endless.memory_limit_bytes == 2**62


def test_cases_come_by_workload_and_size_in_the_order_of_the_table() -> None:
    """Whatever order they were asked for in."""
    asked = Request(modes=("fused", "numpy", "eager"), workloads=("train", "update", "forward"), batch_sizes=(8, 1))
    assert make_plan(asked).cases == (
        "forward/numpy/b8",
        "forward/eager/b8",
        "forward/numpy/b1",
        "forward/eager/b1",
        "update/eager/b64",
        "train/fused/env1",
        "train/eager/env1",
    )


def test_a_restricted_request_makes_only_its_cases() -> None:
    """A mode that can't do a workload is left out of it, and of no other."""
    assert make_plan(Request(modes=("fused", "eager"), workloads=("update",))).cases == ("update/eager/b64",)
    assert make_plan(Request(modes=("fused",))).cases == ("train/fused/env1", "cold/fused/env1", "memory/fused/env1")
    assert make_plan(Request(modes=("eager",), workloads=("train",), envs=8)).cases == ("train/eager/env8",)


def test_modes_that_do_none_of_the_workloads_are_a_mistake() -> None:
    """The line says what each of them does."""
    with pytest.raises(UserError) as caught:
        make_plan(Request(modes=("fused", "numpy"), workloads=("update",)))
    assert str(caught.value) == (
        "--modes fused,numpy --workloads update: none of these modes does any of this; "
        "fused does train; numpy does forward"
    )


def test_a_training_is_planned_with_its_profile() -> None:
    """Three seeds of at most eight seconds to the threshold of the default environment; timed as the article has it."""
    training = make_plan(Request()).training
    assert (training.envs, training.vectorization, training.seeds) == (1, "sync", (0, 1, 2))
    assert (training.target, training.window, training.run_seconds) == (195.0, 100, PROFILES["quick"].run_seconds)
    assert (training.timed, training.to_target) == (ARTICLE, RELIABLE)


def test_seeds_are_counted_from_the_root_and_may_be_none() -> None:
    """As many as asked for; 0 is no training to the target."""
    assert make_plan(Request(seed=40, seeds=2)).training.seeds == (40, 41)
    assert make_plan(Request(seeds=0)).training.seeds == ()
    asked = Request(envs=8, vectorization="async")
    assert (make_plan(asked).training.envs, make_plan(asked).training.vectorization) == (8, "async")


def test_without_a_threshold_there_is_nothing_to_train_to() -> None:
    """An environment that doesn't say when it is solved gets no seeds, and its trainings are timed all the same."""
    gymnasium.register("Endless-v0", entry_point="gymnasium.envs.classic_control:CartPoleEnv", max_episode_steps=50)
    try:
        plan = make_plan(Request(env="Endless-v0", modes=("eager",), seeds=5))
    finally:
        del gymnasium.registry["Endless-v0"]
    assert (plan.training.target, plan.training.seeds) == (None, ())
    assert "train/eager/env1" in plan.cases


def test_a_profile_sets_the_budget_and_the_user_overrides_it() -> None:
    """What is asked for wins; the rest is the profile's."""
    asked = Request("smoke", ("eager",), ("forward",), (7,), launches=3, case_seconds=9.0, min_rounds=4)
    plan = make_plan(asked)
    assert (plan.launches, plan.case_seconds, plan.min_rounds) == (3, 9.0, 4)
    assert plan.slow_case_seconds == PROFILES["smoke"].slow_case_seconds
    assert plan.cases == ("forward/eager/b7",)


def test_repeated_names_count_once() -> None:
    """A case planned twice would be two tests of one name."""
    asked = Request(modes=("eager", "eager"), workloads=("forward", "forward"), batch_sizes=(1, 1))
    assert make_plan(asked).cases == ("forward/eager/b1",)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"profile": "quik"}, r"unknown profile 'quik' \(did you mean 'quick'\?\); known: full, quick, smoke"),
        ({"modes": ("graf-v1",)}, r"unknown mode 'graf-v1' \(did you mean 'graph-v1'\?\); known: "),
        ({"workloads": ("fordward",)}, r"unknown workload 'fordward' \(did you mean 'forward'\?\)"),
        ({"batch_sizes": (0,)}, "expected rows of at least 1, got 0"),
        ({"batch_sizes": (-5,)}, "expected rows of at least 1, got -5"),
        (
            {"batch_sizes": (10**12,)},
            r"1000000000000 rows need about .* GiB, .* GiB are free; at most about \d+ rows fit",
        ),
        ({"launches": 0}, "--launches 0: expected at least 1"),
        ({"launch_timeout_s": 0.0}, "--launch-timeout 0: expected seconds above 0"),
        ({"launch_timeout_s": float("nan")}, "--launch-timeout nan: expected seconds above 0"),
        ({"envs": 0}, "--envs 0: expected at least 1 environment"),
        ({"envs": -2}, "--envs -2: expected at least 1 environment"),
        ({"envs": 10_001}, "--envs 10001: expected at most 10,000 environments"),
        ({"vectorization": "asinc"}, r"unknown vectorization 'asinc' \(did you mean 'async'\?\); known: async, sync"),
        (
            {"memory_calls": 0},
            "--memory-calls 0: expected 1 to 10,000,000 calls after the first, such as 2000; without",
        ),
        ({"memory_calls": -1}, "--memory-calls -1: expected 1 to 10,000,000 calls"),
        ({"memory_calls": 10_000_001}, "--memory-calls 10000001: expected 1 to 10,000,000 calls"),
        ({"memory_limit_mb": 0.0}, "--memory-limit 0: expected megabytes above 0, such as 4000"),
        ({"memory_limit_mb": -4.0}, "--memory-limit -4: expected megabytes above 0, such as 4000"),
        ({"memory_limit_mb": float("nan")}, "--memory-limit nan: expected megabytes above 0, such as 4000"),
        ({"seeds": -1}, r"--seeds -1: expected 0 \(no training to the target\) or more"),
        ({"env": "CartPol-v1"}, "--env: environment 'CartPol-v1' can't be made"),
        ({"env": "Pendulum-v1"}, "--env: environment 'Pendulum-v1': expected discrete actions, got Box"),
        ({"env": "FrozenLake-v1"}, "expected box observations of one dimension, got Discrete"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_was_expected(asked: dict[str, Any], message: str) -> None:
    """What was expected, what came, what to do."""
    with pytest.raises(UserError, match=message) as caught:
        make_plan(Request(**asked))
    assert "\n" not in str(caught.value)


def test_batch_sizes_are_numbers_with_commas() -> None:
    """Spaces and Python's underscores are fine, words are not."""
    assert parse_batch_sizes("1, 64,100_000") == (1, 64, 100_000)
    assert parse_batch_sizes("") == ()
    with pytest.raises(UserError, match="expected whole numbers with commas between them"):
        parse_batch_sizes("1,many")


def test_a_report_folder_is_tried_before_measuring(tmp_path: Path) -> None:
    """It is made if missing and left empty; a file in its place is an error."""
    check_report_folder(tmp_path / "report")
    assert list((tmp_path / "report").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        check_report_folder(tmp_path / "file" / "report")


def test_no_two_seeds_of_the_largest_training_share_an_environment_s_seed() -> None:
    """The largest number of environments is below the distance between the seeds of two runs."""
    assert MOST_ENVIRONMENTS <= SEEDS_APART
