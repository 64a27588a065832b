"""Real Gymnasium environments: observations collected from them, and N of them at once."""

import os
import subprocess
import sys
import tracemalloc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from eagerbench.models import envs, unsuitable
from eagerbench.models.a2c import EnvironmentSpec, Transition, Vectorization
from eagerbench.models.envs import ParallelEnvironments, collect, count_distinct, describe, make_one
from eagerbench.models.unsuitable import UnsuitableEnvironmentError

# What a user may put around an environment, in a file of theirs.
WRAPPERS = """
import gymnasium
import numpy as np

class Drawn(gymnasium.ObservationWrapper):  # CartPole as a grey image: where the cart is, and how the pole leans
    def __init__(self, env, colours=0):
        super().__init__(env)
        shape = (12, 16, colours) if colours else (12, 16)
        self.observation_space = gymnasium.spaces.Box(0, 255, shape, np.uint8)

    def observation(self, observation):
        image = np.zeros(self.observation_space.shape, np.uint8)
        image[:, int(8 + 3 * observation[0])] = 100
        image[6, :] = np.uint8(128 + 300 * observation[2])
        image[7, 3] = np.uint8(128 + 20 * observation[1])
        image[7, 4] = np.uint8(128 + 20 * observation[3])
        return image

class Shaped(gymnasium.ObservationWrapper):
    def __init__(self, env, shape, dtype="float32", high=1.0):
        super().__init__(env)
        self.observation_space = gymnasium.spaces.Box(0, high, tuple(shape), np.dtype(dtype))

class Graph(gymnasium.Wrapper):
    def __init__(self, env):
        super().__init__(env)
        self.observation_space = gymnasium.spaces.Graph(gymnasium.spaces.Box(0, 1), None)

def doubled(env):
    return gymnasium.wrappers.TransformObservation(env, lambda seen: 2 * seen, env.observation_space)

def nothing(env):
    return 5

def broken(env):
    raise OSError("no such\\ndevice")

number = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """With wrappers in it."""
    path = tmp_path / "wrapping.py"
    path.write_text(WRAPPERS)
    return path


def test_cartpole_is_what_the_article_says() -> None:
    """Four numbers in, two actions out; solved at 195 of at most 200 steps, and at 475 of 500."""
    assert describe("CartPole-v0") == EnvironmentSpec("CartPole-v0", (4,), 2, 195.0, 200)
    assert describe("CartPole-v1") == EnvironmentSpec("CartPole-v1", (4,), 2, 475.0, 500)


@pytest.mark.parametrize("env", ["CartPole-v1", "Acrobot-v1", "MountainCar-v0"])
def test_observations_are_distinct_single_precision_and_repeatable(env: str) -> None:
    """The same seed gives the same rows; another seed gives others."""
    spec = describe(env)
    first, again, other = collect(spec, 5000, 1), collect(spec, 5000, 1), collect(spec, 5000, 2)
    assert first.shape == (5000, *spec.observation_shape)
    assert first.dtype == np.float32
    assert count_distinct(first) == 5000
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_environment_with_few_observations_repeats_them() -> None:
    """FrozenLake has sixteen places: those seen come in the order seen, and then from the beginning again."""
    spec = describe("FrozenLake-v1", {}, ["gymnasium.wrappers:FlattenObservation"])
    assert (spec.observation_shape, spec.scale) == ((16,), 1.0)
    observations = collect(spec, 100, 0)
    distinct = count_distinct(observations)
    assert 5 < distinct <= 16
    np.testing.assert_array_equal(observations, np.resize(observations[:distinct], (100, 16)))


def test_collecting_images_takes_no_more_memory_than_twice_the_images(file: Path) -> None:
    """Nothing is kept but what is asked for, and what eight environments show at a time."""
    spec = describe("CartPole-v1", {}, [f"{file}:Drawn(colours=3)"])
    collect(spec, 1, 0)
    tracemalloc.start()
    observations = collect(spec, 1000, 0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert observations.shape == (1000, 12, 16, 3)
    assert most < 1.5 * observations.nbytes


def test_few_environments_show_images_at_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that do start slowly."""
    made: list[int] = []
    original = envs._vectorized

    def noted(spec: EnvironmentSpec, count: int) -> Any:
        made.append(count)
        return original(spec, count)

    monkeypatch.setattr(envs, "_vectorized", noted)
    collect(describe("CartPole-v1"), 10, 0)
    collect(describe("CartPole-v1", {}, [f"{file}:Drawn"]), 10, 0)
    assert made == [64, 8]


def test_an_environment_is_made_with_its_arguments_and_its_wrappers(file: Path) -> None:
    """Innermost first, also in what is collected and in a test episode."""
    wrappers = (f"{file}:doubled", f"{file}:Drawn")
    spec = describe("CartPole-v1", {"max_episode_steps": 30}, wrappers)
    assert spec == EnvironmentSpec(
        "CartPole-v1", (12, 16), 2, 475.0, 30, {"max_episode_steps": 30}, wrappers, scale=255.0
    )
    made = make_one(spec)
    assert (type(made).__name__, type(made.env).__name__) == ("Drawn", "TransformObservation")
    assert make_one(spec, render=True).render_mode == "rgb_array"
    stacked = describe("CartPole-v1", {}, [f"{file}:Drawn", "gymnasium.wrappers:FrameStackObservation(stack_size=4)"])
    assert (stacked.observation_shape, stacked.scale) == ((4, 12, 16), 255.0)
    assert collect(stacked, 3, 0).max() > 1


@pytest.mark.parametrize(
    ("wrapper", "scale"),
    [
        ("Shaped(shape=(4, 5), dtype='uint8', high=255)", 255.0),
        ("Shaped(shape=(4, 5, 3), dtype='uint8', high=7)", 255.0),
        ("Shaped(shape=(4, 5), high=255)", 255.0),
        ("Shaped(shape=(4, 5), high=1)", 1.0),
        ("Shaped(shape=(4,), dtype='uint8', high=255)", 1.0),
    ],
)
def test_images_of_bytes_are_scaled_and_nothing_else_is(file: Path, wrapper: str, scale: float) -> None:
    """Told by their dtype or their bounds."""
    assert describe("CartPole-v1", {}, [f"{file}:{wrapper}"]).scale == scale


@pytest.mark.parametrize("vectorization", ["sync", "async"])
def test_wrapped_environments_run_in_parallel(file: Path, vectorization: Vectorization) -> None:
    """Also in processes of their own, which must find what a user's file defines; images become float32."""
    spec = describe("CartPole-v0", {}, [f"{file}:Drawn"])
    made = ParallelEnvironments(spec, 2, vectorization)
    alone = make_one(spec)
    try:
        observations = made.reset([3, 4])
        assert (observations.shape, observations.dtype) == ((2, 12, 16), np.float32)
        np.testing.assert_array_equal(observations[1], alone.reset(seed=4)[0])
        for _ in range(15):
            step, wanted = made.step(np.ones(2, np.int32)), alone.step(1)[0]
            np.testing.assert_array_equal(step.successors[1], wanted)
            if step.terminated[1]:
                break
            np.testing.assert_array_equal(step.observations[1], wanted)
        assert step.terminated[1]
        assert not np.array_equal(step.successors[1], step.observations[1])
    finally:
        made.close()


def test_no_window_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are drawn in memory; what the user has set stays."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "mine")
    make_one(describe("CartPole-v1")).close()
    assert os.environ["SDL_VIDEODRIVER"] == "mine"
    monkeypatch.delenv("SDL_VIDEODRIVER")
    make_one(describe("CartPole-v1")).close()
    assert os.environ["SDL_VIDEODRIVER"] == "dummy"


def test_cartpole_can_be_seen_as_images() -> None:
    """As Gymnasium draws it, with its own wrappers."""
    pytest.importorskip("pygame", reason="pygame draws CartPole")
    pytest.importorskip("cv2", reason="OpenCV makes images smaller")
    wrappers = [
        "gymnasium.wrappers:AddRenderObservation",
        "gymnasium.wrappers:ResizeObservation(shape=(64, 64))",
        "gymnasium.wrappers:GrayscaleObservation",
        "gymnasium.wrappers:FrameStackObservation(stack_size=4)",
    ]
    spec = describe("CartPole-v1", {"render_mode": "rgb_array"}, wrappers)
    assert (spec.observation_shape, spec.actions, spec.scale) == ((4, 64, 64), 2, 255.0)
    assert count_distinct(collect(spec, 16, 0)) == 16


@pytest.mark.parametrize(
    ("env", "kwargs", "shape", "actions", "scale"),
    [("LunarLander-v3", {}, (8,), 4, 1.0), ("CarRacing-v3", {"continuous": False}, (96, 96, 3), 5, 255.0)],
)
def test_environments_of_box2d_are_described_and_collected_from(
    env: str, kwargs: dict[str, Any], shape: tuple[int, ...], actions: int, scale: float
) -> None:
    """Numbers of one, images of the other."""
    pytest.importorskip("Box2D", reason="needs the extra box2d")
    spec = describe(env, kwargs)
    assert (spec.observation_shape, spec.actions, spec.scale) == (shape, actions, scale)
    assert count_distinct(collect(spec, 10, 0)) == 10


def test_distinct_rows_are_counted() -> None:
    """Two of these three rows are equal."""
    assert count_distinct(np.array([[1, 2], [3, 4], [1, 2]], np.float32)) == 2


@pytest.mark.parametrize(
    ("env", "kwargs", "message"),
    [
        ("CartPol-v1", {}, "'CartPol-v1' is unknown; did you mean 'CartPole-v1'?; expected a Gymnasium id such as"),
        ("Zzzzz-v0", {}, "'Zzzzz-v0' is unknown; expected a Gymnasium id such as 'CartPole-v1'"),
        ("LunarLander-v2", {}, "Please use `LunarLander-v3` instead"),
        ("CartPole-v9", {}, "provides versioned environments: [ `v0`, `v1` ]"),
        ("ALE/Pong-v5", {}, "Have you installed the proper package for ALE?; the package that registers it goes in"),
        ("no_such_package:Foo-v0", {}, "No module named 'no_such_package'"),
        ("", {}, "Malformed environment ID"),
        (
            "CartPole-v1",
            {"suton": 1},
            "'CartPole-v1' takes no argument 'suton'; it takes sutton_barto_reward, render_m",
        ),
        ("CartPole-v1", {"rendermode": 1}, "takes no argument 'rendermode'; did you mean 'render_mode'?"),
        ("CartPole-v1", {"render_mode": "human"}, "with render_mode='human' waits for a screen after every step"),
        ("CartPole-v1", {"id": "x"}, "can't be made with id='x': make() got multiple values"),
        ("Pendulum-v1", {}, "expected discrete actions, got Box(-2.0, 2.0, (1,), float32)"),
        ("FrozenLake-v1", {}, "got Discrete(16); try --env-wrappers gymnasium.wrappers:FlattenObservation"),
        ("Blackjack-v1", {}, "Discrete(2)); try --env-wrappers gymnasium.wrappers:FlattenObservation"),
    ],
)
def test_an_environment_that_does_not_fit_says_why(env: str, kwargs: dict[str, Any], message: str) -> None:
    """One line, with what was expected, what came, and what to do."""
    with pytest.raises(UnsuitableEnvironmentError) as caught:
        describe(env, kwargs)
    assert message in str(caught.value)
    assert str(caught.value).startswith("environment ")
    assert "\n" not in str(caught.value)


def test_box2d_is_imported_where_warnings_are_errors() -> None:
    """As in many projects' tests; Python would crash, since Box2D's extension doesn't expect an exception there."""
    pytest.importorskip("Box2D", reason="needs the extra box2d")
    code = (
        "import warnings; from eagerbench.models.envs import describe; warnings.simplefilter('error'); "
        "print(describe('LunarLander-v3').actions)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout.strip()) == (0, "4"), found.stderr


def test_continuous_actions_can_be_made_discrete_where_the_environment_says_so() -> None:
    """CarRacing takes ``continuous``, a pendulum doesn't."""
    pytest.importorskip("Box2D", reason="needs the extra box2d")
    with pytest.raises(UnsuitableEnvironmentError, match=r"got Box.*; try --env-kwargs continuous=False$"):
        describe("CarRacing-v3")
    with pytest.raises(UnsuitableEnvironmentError, match=r"no argument 'continous'; did you mean 'continuous'\?"):
        describe("CarRacing-v3", {"continous": False})


@pytest.mark.parametrize(
    ("wrapper", "message"),
    [
        ("Drawn", "wrapper 'Drawn': expected module:name or module:name(argument=value)"),
        ("{file}:Drawn(x)", "expected module:name or module:name(argument=value)"),
        ("{file}:Drown", "wrapping.py has no 'Drown'; did you mean 'Drawn'?"),
        ("no_such_package:W", "can't be imported: No module named 'no_such_package'"),
        ("{file}x.py:W", "can't be imported: there is no file"),
        ("{file}:number", "expected what takes an environment, got an object of type int"),
        ("{file}:nothing", "expected an environment of it, got an object of type int"),
        ("{file}:broken", "can't be put around it: no such device"),
        ("{file}:Drawn(colour=1)", "unexpected keyword argument 'colour'"),
        (
            "{file}:Shaped(shape=(1, 2, 3, 4))",
            "of shape (1, 2, 3, 4), float32; images can be made grey before they are",
        ),
        ("{file}:Shaped(shape=())", "try --env-wrappers gymnasium.wrappers:FlattenObservation"),
        ("{file}:Shaped(shape=(0,))", "expected observations with numbers"),
        ("{file}:Graph", "expected box observations of one to three dimensions, got Graph"),
        ("gymnasium.wrappers:AddRenderObservation", "try --env-kwargs \"render_mode='rgb_array'\""),
    ],
)
def test_a_wrapper_that_does_not_fit_says_why(file: Path, wrapper: str, message: str) -> None:
    """One line, whatever a stranger's code does."""
    with pytest.raises(UnsuitableEnvironmentError) as caught:
        describe("CartPole-v1", {}, [wrapper.format(file=file)])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_flattening_is_told_only_where_it_helps(file: Path) -> None:
    """A graph stays one, however it is flattened."""
    with pytest.raises(UnsuitableEnvironmentError) as caught:
        describe("CartPole-v1", {}, [f"{file}:Graph"])
    assert "FlattenObservation" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            'Box2D is not installed, you can install it by run `pip install swig` and `pip install "gymnasium[box2d]"`',
            "Box2D is not installed: pip install 'eagerbench[box2d]'",
        ),
        (
            'pygame is not installed, run `pip install "gymnasium[classic_control]"`',
            "pygame is not installed: pip install 'eagerbench[render]'",
        ),
        (
            'pygame is not installed, run `pip install "gymnasium[classic-control]"`',
            "pygame is not installed: pip install 'eagerbench[render]'",
        ),
        (
            'MuJoCo is not installed, run `pip install "gymnasium[mujoco]"`',
            'MuJoCo is not installed, run `pip install "gymnasium[mujoco]"`',
        ),
        (
            'opencv (cv2) is not installed, run `pip install "gymnasium[other]"`',
            'opencv (cv2) is not installed, run `pip install "gymnasium[other]"`',
        ),
    ],
)
def test_a_package_that_is_missing_is_told_with_the_extra_that_has_it(
    said: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suite's own where it has one, and Gymnasium's words elsewhere: of an environment, and of a wrapper."""
    error = gymnasium.error.DependencyNotInstalled(said)
    assert unsuitable.why_not_made("X-v0", {}, error) == f"environment 'X-v0' can't be made: {told}"
    assert unsuitable.why_not_installed(ValueError(said)) is None

    def missing(*_: Any) -> None:
        raise error

    monkeypatch.setattr(envs, "import_reference", lambda _: missing)
    with pytest.raises(UnsuitableEnvironmentError) as caught:
        describe("CartPole-v1", {}, ["a:B"])
    assert str(caught.value) == f"wrapper 'a:B' can't be put around it: {told}"


@contextmanager
def _environments(count: int, vectorization: Vectorization = "sync") -> Iterator[ParallelEnvironments]:
    made = ParallelEnvironments(describe("CartPole-v0"), count, vectorization)
    try:
        yield made
    finally:
        made.close()


def _balance(observations: np.ndarray) -> np.ndarray:
    """A policy that holds the pole: push to where it leans and falls."""
    return (observations[:, 2] + observations[:, 3] > 0).astype(np.int32)


def test_stepped_here_or_in_processes_of_their_own_they_do_the_same() -> None:
    """Three environments, sixty random steps: observations, successors, rewards and ends are equal."""
    actions = np.random.default_rng(0).integers(2, size=(60, 3), dtype=np.int32)
    found: list[tuple[np.ndarray, list[Transition]]] = []
    for vectorization in ("sync", "async"):
        with _environments(3, vectorization) as environments:
            found.append((environments.reset([5, 17, 6]), [environments.step(own) for own in actions]))
    (first, here), (other, elsewhere) = found
    np.testing.assert_array_equal(first, other)
    for one, same in zip(here, elsewhere, strict=True):
        for part, other_part in zip(one, same, strict=True):
            np.testing.assert_array_equal(part, other_part)
    assert sum(one.terminated.sum() for one in here) > 3


def test_each_environment_is_that_of_its_seed() -> None:
    """Three together begin and go on as each alone, whatever stands beside them."""
    actions = np.random.default_rng(0).integers(2, size=(60, 3), dtype=np.int32)
    with _environments(3) as together:
        firsts = together.reset([5, 17, 6])
        steps = [together.step(own) for own in actions]
    for number, seed in enumerate((5, 17, 6)):
        with _environments(1) as alone:
            np.testing.assert_array_equal(alone.reset([seed])[0], firsts[number])
            for own, wanted in zip(actions, steps, strict=True):
                found = alone.step(own[number : number + 1])
                np.testing.assert_array_equal(found.observations[0], wanted.observations[number])
                np.testing.assert_array_equal(found.successors[0], wanted.successors[number])


def test_a_successor_differs_from_the_observation_exactly_where_an_episode_ended() -> None:
    """There, the observation is near the middle, where episodes begin; the successor is where the last one ended."""
    actions = np.random.default_rng(1).integers(2, size=(200, 4), dtype=np.int32)
    ends = 0
    with _environments(4) as environments:
        environments.reset([1, 2, 3, 4])
        for own in actions:
            step = environments.step(own)
            ended = step.terminated | step.truncated
            ends += ended.sum()
            np.testing.assert_array_equal((step.successors != step.observations).any(axis=1), ended)
            assert (np.abs(step.observations[ended]) <= 0.05).all()
            assert (np.abs(step.successors[ended])[:, [0, 2]] > [2.4, 0.2094]).any(axis=1).all()
            assert {part.dtype for part in step[:3]} == {np.dtype(np.float32)}
            assert {part.dtype for part in step[3:]} == {np.dtype(np.bool_)}
    assert ends > 10


def test_a_pole_that_is_held_is_stopped_at_the_time_limit() -> None:
    """The 200th step truncates, and terminates nothing; the next one is the first of another episode."""
    with _environments(2) as environments:
        observations = environments.reset([0, 1])
        for number in range(1, 202):
            step = environments.step(_balance(observations))
            observations = step.observations
            assert (step.truncated.tolist(), step.terminated.tolist()) == ([number == 200] * 2, [False] * 2)


def test_a_pole_that_falls_is_terminated_and_not_truncated() -> None:
    """Pushed one way only."""
    with _environments(1) as environments:
        environments.reset([0])
        steps = [environments.step(np.ones(1, np.int32)) for _ in range(12)]
    ends = [number for number, step in enumerate(steps, start=1) if step.terminated[0]]
    assert len(ends) == 1
    assert 8 <= ends[0] <= 12
    assert not any(step.truncated[0] for step in steps)
    assert all(step.rewards[0] == 1 for step in steps)


def test_resetting_with_the_same_seeds_begins_again() -> None:
    """Also the starts of the episodes after the first."""
    actions = np.random.default_rng(0).integers(2, size=(60, 2), dtype=np.int32)
    with _environments(2) as environments:
        runs = [
            (environments.reset([8, 9]), *(environments.step(own).observations for own in actions)) for _ in range(2)
        ]
    np.testing.assert_array_equal(runs[0], runs[1])


def test_the_article_s_old_environment_is_made_without_a_warning() -> None:
    """Gymnasium says that CartPole-v0 is out of date; it was chosen on purpose."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        spec = describe("CartPole-v0")
        collect(spec, 100, 0)
        make_one(spec).close()
        with _environments(1) as environments:
            environments.reset([0])
    assert [str(warning.message) for warning in heard] == []
