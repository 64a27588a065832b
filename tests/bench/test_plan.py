"""From a request to a plan: defaults of profiles, and every mistake found before anything is measured."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gymnasium
import msgspec
import numpy as np
import pytest

from eagerbench.cases import Case
from eagerbench.errors import UserError
from eagerbench.inspection import Inspected
from eagerbench.models import reference
from eagerbench.models.a2c import ARTICLE, RELIABLE, SEEDS_APART, EnvironmentSpec, Floats
from eagerbench.models.heads import Heads
from eagerbench.plan import (
    BYTES_PER_NUMBER,
    DEFAULT_SIZES,
    MOST_DEFAULT_BYTES,
    MOST_DEFAULT_FLOPS,
    MOST_ENVIRONMENTS,
    PROFILES,
    SWEEP,
    Request,
    check_report_folder,
    input_of,
    make_plan,
    parse_numbers,
    parse_shape,
    spec_of,
)
from eagerbench.results import Model, Plan
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
        ({"env": "CartPol-v1"}, "--env: environment 'CartPol-v1' is unknown; did you mean 'CartPole-v1'\\?"),
        ({"env": "Pendulum-v1"}, "--env: environment 'Pendulum-v1': expected discrete actions, got Box"),
        ({"env": "FrozenLake-v1"}, "expected box observations of one to three dimensions, got Discrete"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_was_expected(asked: dict[str, Any], message: str) -> None:
    """What was expected, what came, what to do."""
    with pytest.raises(UserError, match=message) as caught:
        make_plan(Request(**asked))
    assert "\n" not in str(caught.value)


def test_batch_sizes_are_numbers_with_commas() -> None:
    """Spaces and Python's underscores are fine, words are not."""
    assert parse_numbers("--batch-sizes", "1, 64,100_000", "1,64") == (1, 64, 100_000)
    assert parse_numbers("--batch-sizes", "", "1,64") == ()
    with pytest.raises(UserError, match="expected whole numbers with commas between them"):
        parse_numbers("--batch-sizes", "1,many", "1,64")


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


# Sweeps over widths.


def test_a_sweep_is_every_mode_at_every_batch_and_every_width() -> None:
    """The width stands in the id; the largest sweep of the issue has 7 · 4 cases of each mode."""
    asked = Request(modes=("eager", "numpy"), hidden=(8, 16), batch_sizes=(1, 16))
    plan = make_plan(asked)
    assert plan.cases == (
        "forward/eager/b1-h8",
        "forward/numpy/b1-h8",
        "forward/eager/b16-h8",
        "forward/numpy/b16-h8",
        "forward/eager/b1-h16",
        "forward/numpy/b1-h16",
        "forward/eager/b16-h16",
        "forward/numpy/b16-h16",
    )
    assert [Case.parse(case).hidden for case in plan.cases] == [8] * 4 + [16] * 4
    assert plan.model.hidden == (8, 16)
    assert plan.model.parameters == tuple(2 * (4 * width + width) + 3 * width + 3 for width in (8, 16))
    assert plan.model.row_flops == tuple(2 * (2 * 4 * width + 3 * width) for width in (8, 16))


def test_a_sweep_times_forward_passes_in_all_modes_but_those_that_take_steps_of_32_rows() -> None:
    """3,125 steps a call at 100,000 rows would be most of the sweep; asked for, they take part."""
    plan = make_plan(Request(hidden=(32, 128)))
    parsed = [Case.parse(case) for case in plan.cases]
    assert {case.workload for case in parsed} == {"forward"}
    assert {case.mode for case in parsed} == {*FORWARD_ONLY, *EVERYTHING} - {"predict", "predict-eager"}
    asked = make_plan(Request(hidden=(32, 128), modes=("predict",), batch_sizes=(64,)))
    assert asked.cases == ("forward/predict/b64-h32", "forward/predict/b64-h128")


def test_gradient_steps_can_be_swept_too() -> None:
    """Of as many rows as elsewhere."""
    plan = make_plan(Request(hidden=(8, 16), workloads=("update",), modes=("eager", "function")))
    assert plan.cases == (
        "update/eager/b64-h8",
        "update/function/b64-h8",
        "update/eager/b64-h16",
        "update/function/b64-h16",
    )


def test_one_width_is_no_sweep() -> None:
    """Nor is one that is named twice: all workloads, the profile's budget, and ids without a width."""
    for hidden in ((512,), (512, 512)):
        plan = make_plan(Request(hidden=hidden))
        assert len(plan.cases) == len(make_plan(Request()).cases)
        assert not any(Case.parse(case).hidden for case in plan.cases)
        assert plan.model.hidden == (512,)
        assert plan.case_seconds == PROFILES["quick"].case_seconds


def _budget(plan: Plan) -> tuple[float, int, float, float, int, float]:
    return (
        plan.case_seconds,
        plan.min_rounds,
        plan.slow_case_seconds,
        plan.warmup_seconds,
        plan.fewest_rounds,
        plan.longest_start_s,
    )


@pytest.mark.parametrize("profile", ["smoke", "quick", "full"])
def test_a_case_of_a_sweep_costs_the_same_however_many_there_are(profile: str) -> None:
    """Twice the widths or three times the batches: so many times the cases, and the same budget for each."""
    small = make_plan(Request(profile, modes=("eager", "numpy"), hidden=(8, 16), batch_sizes=(1,)))
    wide = make_plan(Request(profile, modes=("eager", "numpy"), hidden=(8, 16, 32, 64), batch_sizes=(1,)))
    large = make_plan(Request(profile, modes=("eager", "numpy"), hidden=(8, 16), batch_sizes=(1, 2, 3)))
    assert (len(wide.cases), len(large.cases)) == (2 * len(small.cases), 3 * len(small.cases))
    assert _budget(small) == _budget(wide) == _budget(large)
    assert small.launches == PROFILES[profile].launches
    share = PROFILES[profile].case_seconds / PROFILES["quick"].case_seconds
    assert small.case_seconds == pytest.approx(SWEEP.case_seconds * share)
    assert small.case_seconds < PROFILES[profile].case_seconds
    assert small.slow_case_seconds == pytest.approx(SWEEP.slow_case_seconds * share)
    assert small.slow_case_seconds < PROFILES[profile].slow_case_seconds
    assert small.warmup_seconds == pytest.approx(SWEEP.warmup_seconds * share)


def test_one_width_named_twice_is_no_sweep() -> None:
    """So everything can be done with it."""
    assert make_plan(Request(hidden=(8, 8), workloads=("train",))).model.hidden == (8,)


def test_the_sweep_of_the_issue_fits_into_ten_minutes() -> None:
    """7 batch sizes and 4 widths in ten modes: what is planned for its cases is below 600 seconds."""
    sizes = (1, 8, 64, 512, 4096, 32768, 100_000)
    plan = make_plan(Request(hidden=(32, 128, 512, 2048), batch_sizes=sizes))
    assert len(plan.cases) == 7 * 4 * 10
    assert len(plan.cases) * (plan.case_seconds + plan.launches * plan.warmup_seconds) < 600


def test_a_budget_that_was_asked_for_is_kept_in_a_sweep() -> None:
    """The thinner one is a default."""
    plan = make_plan(Request(hidden=(8, 16), case_seconds=9.0, min_rounds=11))
    assert (plan.case_seconds, plan.min_rounds) == (9.0, 11)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"hidden": (0,)}, "--hidden: expected widths of 1 to 65,536 units, got 0"),
        ({"hidden": (32, -1)}, "--hidden: expected widths of 1 to 65,536 units, got -1"),
        ({"hidden": (65_537,)}, "--hidden: expected widths of 1 to 65,536 units, got 65537"),
        (
            {"hidden": (8, 16), "workloads": ("train", "forward", "cold")},
            "--hidden 8,16: only forward and update can be swept over several widths; --workloads cold,train takes one",
        ),
        (
            {"hidden": (8,), "model": "policy.py:make"},
            "--hidden 8: that is the width of the suite's own model; --model policy.py:make decides its own",
        ),
        ({"hidden": (8, 16), "modes": ("fused",)}, "none of these modes does any of this"),
    ],
)
def test_what_can_not_be_swept_is_refused(asked: dict[str, Any], message: str) -> None:
    """In one line, before a model is looked at."""
    with pytest.raises(UserError) as caught:
        make_plan(Request(**asked), inspect=_never)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


# A user's own model.


def _never(factory: str, spec: EnvironmentSpec) -> Inspected:
    raise AssertionError((factory, spec))


AGENT = Model(
    "policy.py:make",
    "policy.py:make",
    own=True,
    outputs=(("logits", (2,)), ("value", (1,))),
    parameters=(15,),
    row_flops=(24,),
)
NO_AGENT = Model(
    "net.py:make", "net.py:make", own=True, outputs=(("output", (7,)),), parameters=(35,), row_flops=(None,), heads=None
)


def test_a_model_is_looked_at_once_with_what_it_will_be_given() -> None:
    """What is found of it is what the plan says."""
    asked: list[tuple[str, EnvironmentSpec]] = []

    def inspect(factory: str, spec: EnvironmentSpec, observations: Floats | None) -> Inspected:
        assert observations is None
        asked.append((factory, spec))
        return Inspected(AGENT, 30)

    plan = make_plan(Request(model="policy.py:make", env="CartPole-v1"), inspect)
    assert [(factory, spec.id, spec.observation_shape, spec.actions) for factory, spec in asked] == [
        ("policy.py:make", "CartPole-v1", (4,), 2)
    ]
    assert plan.model == AGENT
    assert set(plan.cases) == set(make_plan(Request()).cases)
    assert not plan.model.hidden


def test_a_model_is_looked_at_on_the_users_own_observations(tmp_path: Path) -> None:
    """One that takes tokens can't be given random numbers."""
    np.save(tmp_path / "tokens.npy", np.arange(20).reshape(5, 4))
    seen: list[Floats | None] = []

    def inspect(_: str, __: EnvironmentSpec, observations: Floats | None) -> Inspected:
        seen.append(observations)
        return Inspected(AGENT, 30)

    make_plan(Request(model="net.py:make", observations=str(tmp_path / "tokens.npy")), inspect)
    assert seen[0] is not None
    assert seen[0].tolist() == np.arange(20).reshape(5, 4).tolist()


def test_of_a_model_that_can_not_learn_forward_passes_are_timed() -> None:
    """By default; asked for more, the reason is told."""
    frozen = msgspec.structs.replace(AGENT, unteachable="it has no weight that learns")

    def inspect(_: str, __: EnvironmentSpec, ___: Floats | None) -> Inspected:
        return Inspected(frozen, 30)

    plan = make_plan(Request(model="net.py:make"), inspect)
    assert {case.split("/")[0] for case in plan.cases} == {"forward", "cold", "memory", "traces"}
    assert not [case for case in plan.cases if "/env" in case or "/update" in case]
    expected = r"^--workloads train,update: the model can't learn: it has no weight that learns; its forward passes can"
    with pytest.raises(UserError, match=expected):
        make_plan(Request(model="net.py:make", workloads=("update", "train", "forward")), inspect)


def test_what_is_wrong_with_a_model_is_told_with_its_option() -> None:
    """So that a project's settings can be named as its origin."""

    def inspect(_: str, __: EnvironmentSpec, ___: Floats | None) -> Inspected:
        raise UserError("model 'net.py:make' returned a NoneType")

    with pytest.raises(UserError, match=r"^--model: model 'net.py:make' returned a NoneType$"):
        make_plan(Request(model="net.py:make"), inspect)


def test_a_live_model_is_not_looked_at_again() -> None:
    """What is known of it is handed over."""
    plan = make_plan(Request(observation_shape=(4,)), _never, Inspected(AGENT, 30))
    assert plan.model == AGENT


def test_a_model_with_one_output_has_forward_passes_only() -> None:
    """And what can be told of them: cold starts, memory, traces; nothing that learns."""
    plan = make_plan(Request(model="net.py:make"), lambda *_: Inspected(NO_AGENT, 30))
    parsed = [Case.parse(case) for case in plan.cases]
    assert {case.workload for case in parsed} == {"forward", "cold", "memory", "traces"}
    assert not any(case.trains or "update" in case.size for case in parsed)
    assert {case.mode for case in parsed if case.workload == "forward"} == {*FORWARD_ONLY, *EVERYTHING}


@pytest.mark.parametrize("workloads", [("update",), ("train", "forward")])
def test_what_a_model_with_one_output_can_not_do_is_told(workloads: tuple[str, ...]) -> None:
    """What came, and what was expected of an agent."""
    with pytest.raises(UserError) as caught:
        make_plan(Request(model="net.py:make", workloads=workloads), lambda *_: Inspected(NO_AGENT, 30))
    unfit = next(name for name in workloads if name != "forward")
    assert str(caught.value) == (
        f"--workloads {unfit}: expected a model with logits [rows, 2] and a value [rows, 1], got output [rows, 7]; its "
        "forward passes can be timed"
    )


def test_a_model_with_batch_normalisation_is_checked_on_more_rows_and_fewer_updates() -> None:
    """It divides by how far a batch lies apart, which turns rounding into differences where there are four rows."""
    usual = make_plan(Request(model="m:make"), lambda *_: Inspected(AGENT, 30)).training
    stateful = msgspec.structs.replace(AGENT, stateful=True)
    own = make_plan(Request(model="m:make"), lambda *_: Inspected(stateful, 30)).training
    assert (usual.check_steps, usual.check_updates) == (4, (1, 10, 50))
    assert (own.check_steps, own.check_updates) == (32, (1, 10))


def test_a_heavy_model_gets_fewer_rows_by_default_and_as_many_as_asked_for() -> None:
    """No more than a second of arithmetic and a gigabyte of numbers."""
    heavy = msgspec.structs.replace(AGENT, row_flops=(20_000_000,))
    inspect = lambda *_: Inspected(heavy, 1000)  # noqa: E731
    plan = make_plan(Request(model="m:make", workloads=("forward",), modes=("eager",)), inspect)
    assert plan.cases == ("forward/eager/b512", "forward/eager/b1")
    large = lambda *_: Inspected(AGENT, 70_000)  # noqa: E731
    plan = make_plan(Request(model="m:make", workloads=("forward",), modes=("eager",)), large)
    assert plan.cases == ("forward/eager/b512", "forward/eager/b1")
    asked = Request(model="m:make", workloads=("forward",), modes=("eager",), batch_sizes=(600,))
    assert make_plan(asked, inspect).cases == ("forward/eager/b600",)


# Where observations come from.


def test_images_get_batches_that_fit() -> None:
    """The largest of the table that takes neither a gigabyte nor a second, in place of the profile's 100,000 rows."""
    plan = make_plan(Request(workloads=("forward",), modes=("eager",), observation_shape=(84, 84, 4)))
    cost = reference.cost((84, 84, 4), 2, 128)
    most = min(MOST_DEFAULT_BYTES / (BYTES_PER_NUMBER * cost.numbers), MOST_DEFAULT_FLOPS / cost.flops)
    largest, one = (Case.parse(case).rows for case in plan.cases)
    assert one == 1
    assert 1 < largest <= most
    assert all(size <= largest or size > most for size in DEFAULT_SIZES)
    assert plan.model.name == "convolutional actor-critic"
    assert plan.model.parameters == (cost.parameters,)


@pytest.fixture
def own(tmp_path: Path) -> str:
    """A file of 20 observations of four numbers."""
    np.save(tmp_path / "own.npy", np.ones((20, 4), np.float32))
    return str(tmp_path / "own.npy")


def test_a_file_alone_says_what_an_observation_is(own: str) -> None:
    """Without an environment nothing is trained, and two actions are as good as any."""
    plan = make_plan(Request(observations=own))
    assert (plan.env, plan.observation_shape, plan.actions, plan.observations) == ("", (4,), 2, own)
    assert not any(Case.parse(case).trains for case in plan.cases)
    assert {Case.parse(case).workload for case in plan.cases} == set(WORKLOADS) - {"train"}
    assert plan.training.seeds == ()
    assert spec_of(plan) == EnvironmentSpec("", (4,), 2, None, None)


def test_a_model_without_an_environment_has_as_many_actions_as_logits(own: str) -> None:
    """That is what gradient steps draw from."""
    wide = msgspec.structs.replace(AGENT, outputs=(("logits", (6,)), ("value", (1,))), heads=Heads())
    assert make_plan(Request(observations=own, model="m:make"), lambda *_: Inspected(wide, 30)).actions == 6


def test_a_file_an_environment_and_a_shape_may_agree(own: str) -> None:
    """Then it is trained in the environment, and forward passes get what the file has."""
    plan = make_plan(Request(observations=own, env="CartPole-v1", observation_shape=(4,)))
    assert (plan.env, plan.observations, plan.observation_shape) == ("CartPole-v1", own, (4,))
    assert any(Case.parse(case).workload == "train" for case in plan.cases)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"observation_shape": (5,)}, r"--observations .*: expected rows of shape \(5,\), got \(4,\)"),
        (
            {"env": "Acrobot-v1"},
            r"--observations: shape \(4,\), but Acrobot-v1 has observations of shape \(6,\)",
        ),
        ({"env_kwargs": {"x": 1}}, "--env-kwargs, --env-wrappers and --in-graph are for an environment: add --env"),
        ({"env_wrappers": ("m:W",)}, "are for an environment: add --env"),
        ({"in_graph": "m:environment"}, "are for an environment: add --env"),
        ({"workloads": ("train",)}, "--workloads train needs an environment: add --env"),
    ],
)
def test_what_does_not_fit_to_a_file_is_refused(own: str, asked: dict[str, Any], message: str) -> None:
    """Both sides are named."""
    with pytest.raises(UserError, match=message) as caught:
        make_plan(Request(observations=own, **asked))
    assert "\n" not in str(caught.value)


def test_a_shape_that_is_not_the_environment_s_is_refused() -> None:
    """By the name of its own option."""
    with pytest.raises(UserError, match=r"--observation-shape: shape \(5,\), but CartPole-v1 has"):
        input_of(Request(observation_shape=(5,), env="CartPole-v1"))


@pytest.mark.parametrize("text", ["0", "8,0", "-1", "1,2,3,4", "a", "8x8"])
def test_a_shape_is_one_to_three_numbers(text: str) -> None:
    """Anything else is told with examples."""
    with pytest.raises(UserError, match=r"--observation-shape '.*': expected .*8 or 84,84,4"):
        parse_shape(text)
    assert (parse_shape(""), parse_shape("8"), parse_shape("84, 84,4")) == ((), (8,), (84, 84, 4))
