"""Which environment in array operations is used, and what one must be like. No TensorFlow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eagerbench.models.a2c import EnvironmentSpec
from eagerbench.models.envs import describe
from eagerbench.models.in_graph import IN_GRAPH, MEMBERS, find_in_graph
from eagerbench.models.starts import Starts
from eagerbench.models.unsuitable import UnsuitableEnvironmentError

FILE = """
import numpy as np

class Own:
    state_size, step_limit, shortest_episode = 3, 200, 1

    def step(self, state, actions, operations):
        return state + 1, operations.ones_like(state[:, 0], dtype="float32"), state[:, 0] > 2

    def observe(self, state, operations):
        return operations.array(state[:, :2], dtype="float32")

    def starts(self, seeds):
        return self

    def peek(self, count):
        return np.zeros((2, count, 3))

own = Own()

def made():
    return own

class Callable(Own):
    def __call__(self):
        raise AssertionError("it is one already")

callable_one = Callable()

def refuses():
    raise RuntimeError("not today\\nand not tomorrow")

class Float32(Own):
    def peek(self, count):
        return np.zeros((2, count, 3), np.float32)

class Blind(Own):
    def observe(self, state, operations):
        return state

class Generous(Own):
    def step(self, state, actions, operations):
        return state, state[:, 0], state[:, 0] > 2

class Endless(Own):
    def step(self, state, actions, operations):
        return state, np.ones(2, np.float32), state[:, 0]

class Growing(Own):
    def step(self, state, actions, operations):
        return np.ones((2, 4)), np.ones(2, np.float32), state[:, 0] > 2

class Short(Own):
    def step(self, state, actions, operations):
        return state, np.ones(2, np.float32)

class Raising(Own):
    def step(self, state, actions, operations):
        return operations.cast(state)

class Never(Own):
    shortest_episode = 0

class Later(Own):
    step_limit = 100

class Half:
    state_size = 3
    def step(self, state, actions, operations):
        return state
"""


@pytest.fixture
def spec(tmp_path: Path) -> EnvironmentSpec:
    """Of an environment with two numbers and three actions; its array operations are to be filled in."""
    (tmp_path / "own.py").write_text(FILE)
    return EnvironmentSpec("Two-v0", (2,), 3, None, 200, in_graph=f"{tmp_path}/own.py:")


def _named(spec: EnvironmentSpec, name: str) -> EnvironmentSpec:
    return spec._replace(in_graph=spec.in_graph + name)


@pytest.mark.parametrize(
    ("name", "kind"), [("own", "Own"), ("Own", "Own"), ("made", "Own"), ("callable_one", "Callable")]
)
def test_an_object_or_what_makes_one_can_be_named(spec: EnvironmentSpec, name: str, kind: str) -> None:
    """An object that could be called is not."""
    assert type(find_in_graph(_named(spec, name))).__name__ == kind


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nope", "can't be imported and made: AttributeError"),
        ("refuses", "can't be imported and made: RuntimeError: not today and not tomorrow"),
        ("Half", "this Half lacks step_limit, shortest_episode, observe, starts"),
        ("FILE", "can't be imported and made: AttributeError"),
        ("Float32", r"expected starts(seeds).peek(3) to be float64 of shape (2, 3, 3), got float32 of shape (2, 3, 3)"),
        ("Blind", "expected observe's result to be float32 of shape (2, 2), got float64 of shape (2, 3)"),
        ("Generous", "expected step's rewards to be float32 of shape (2,), got float64 of shape (2,)"),
        ("Endless", "expected step's terminated to be bool of shape (2,), got float64 of shape (2,)"),
        ("Growing", "expected step's next state to be float64 of shape (2, 3), got float64 of shape (2, 4)"),
        ("Short", "expected two copies to start and take a step with NumPy, got ValueError"),
        ("Raising", "expected two copies to start and take a step with NumPy, got AttributeError"),
        ("Never", "expected shortest_episode to be an integer of at least 1, got 0"),
        ("Later", "expected a step_limit of 200, as Two-v0 has, got 100"),
    ],
)
def test_what_is_none_says_what_was_expected(spec: EnvironmentSpec, name: str, message: str) -> None:
    """In one line, with the name that was given."""
    with pytest.raises(ValueError, match=r"own\.py:") as caught:
        find_in_graph(_named(spec, name))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_suite_s_own_are_used_for_what_they_are_and_nothing_else() -> None:
    """CartPole with other arguments or with wrappers is another environment, and so is any other id."""
    for name, environment in IN_GRAPH.items():
        assert find_in_graph(describe(name)) is environment
        assert all(hasattr(environment, member) for member in MEMBERS)
    assert find_in_graph(describe("CartPole-v1", {"sutton_barto_reward": True})) is None
    assert find_in_graph(describe("CartPole-v1", {}, ["gymnasium.wrappers:FlattenObservation"])) is None
    assert find_in_graph(describe("Acrobot-v1")) is None


def test_what_is_named_wins(spec: EnvironmentSpec) -> None:
    """Also over the suite's own, and over arguments and wrappers: whoever names it says that it fits."""
    for changed in (spec._replace(id="CartPole-v0"), spec._replace(kwargs={"x": 1}), spec._replace(wrappers=("a:B",))):
        assert type(find_in_graph(_named(changed, "Own"))).__name__ == "Own"


def test_an_environment_is_described_with_what_stands_for_it_only_where_that_fits(spec: EnvironmentSpec) -> None:
    """Said before anything is measured."""
    with pytest.raises(
        UnsuitableEnvironmentError, match=r"'CartPole-v0' in array operations: .*\(2, 4\), got .*\(2, 2\)"
    ):
        describe("CartPole-v0", in_graph=f"{spec.in_graph}Own")
    described = describe("MountainCar-v0", in_graph=f"{spec.in_graph}Own")
    assert described.in_graph == f"{spec.in_graph}Own"


def test_starts_go_on_where_their_generators_are() -> None:
    """Whatever is drawn, however many at once: the seed's stream, as wide as a start is."""

    def draw(generator: np.random.Generator, count: int) -> Any:
        return generator.uniform(size=(count, 3))

    def starts(seeds: Sequence[int]) -> Starts:
        return Starts(seeds, draw)

    assert starts([5, 6]).peek(4).shape == (2, 4, 3)
    wanted = np.random.default_rng(5).uniform(size=(6, 3))
    own = starts([5])
    np.testing.assert_array_equal(own.peek(2)[0], wanted[:2])
    own.take(np.array([1]))
    np.testing.assert_array_equal(own.peek(5)[0], wanted[1:])
