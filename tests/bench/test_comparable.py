"""Whether runs with a user's own benchmarks may be held against each other, on hand-made runs."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from eagerbench.cases import Case
from eagerbench.comparable import definition_differences, why_not_whole
from eagerbench.merging import merge
from eagerbench.results import Model, Run

MakeRun = Callable[..., Run]
SUITE, OWN = Case.parse("forward/eager/b1"), Case.parse("forward/eager/b1@test_policy")
POLICY = Model(name="Policy", own=True, outputs=(("logits", (2,)), ("value", (1,))), parameters=(99,))


@pytest.fixture
def session(make_run: MakeRun) -> Callable[..., Run]:
    """The suite and one benchmark of the user's own, three launches each."""

    def make(model: Model = POLICY, sha256: str = "cd" * 32, test: str = "test_a.py::test_policy", **plan: Any) -> Run:
        suite = make_run({SUITE.id: [[0.1]] * 3}, **plan)
        own = make_run({OWN.id: [[0.2]] * 3}, model=model, env="", test=test)
        seen = msgspec.structs.replace(own.start.observations, sha256=sha256)
        own = msgspec.structs.replace(own, start=msgspec.structs.replace(own.start, observations=seen))
        return merge([suite, own])

    return make


def test_the_same_session_twice_is_defined_alike(session: Callable[..., Run]) -> None:
    """Suite and own benchmark."""
    assert definition_differences(session(), session(), SUITE) == ()
    assert definition_differences(session(), session(), OWN) == ()


@pytest.mark.parametrize(
    ("changed", "case", "expected"),
    [
        (
            {"model": msgspec.structs.replace(POLICY, parameters=(100,))},
            OWN,
            (
                "model: a model of one's own with 99 parameters and outputs logits [2], value [1] against a model of "
                "one's own with 100 parameters and outputs logits [2], value [1]"
            ),
        ),
        ({"sha256": "ef" * 32}, OWN, f"their sha256: {'cd' * 32} against {'ef' * 32}"),
        ({"test": "test_b.py::test_policy"}, OWN, "test: test_a.py::test_policy against test_b.py::test_policy"),
        ({"env": "CartPole-v0"}, SUITE, "environment: CartPole-v1 against CartPole-v0"),
        ({"env_kwargs": {"gravity": 5}}, SUITE, "its arguments: {} against {'gravity': 5}"),
        ({"env_wrappers": ("a:B",)}, SUITE, "its wrappers: () against ('a:B',)"),
        ({"in_graph": "a:b"}, SUITE, "its in-graph form: '' against a:b"),
    ],
)
def test_another_definition_is_told_for_the_cases_that_it_concerns(
    session: Callable[..., Run], changed: dict[str, Any], case: Case, expected: str
) -> None:
    """And only for them."""
    other = session(**changed)
    assert definition_differences(session(), other, case) == (expected,)
    assert definition_differences(session(), other, SUITE if case is OWN else OWN) == ()


def test_where_a_model_lies_and_what_keras_calls_it_is_no_definition(session: Callable[..., Run]) -> None:
    """A checkout may be anywhere, and the second functional model of a process has another name."""
    moved = session(msgspec.structs.replace(POLICY, name="functional_1", factory="/elsewhere/policy.py:make"))
    assert definition_differences(session(), moved, OWN) == ()


def test_a_width_is_compared_with_itself(make_run: MakeRun) -> None:
    """Whatever other widths there were in the sweep."""
    case = Case.parse("forward/eager/b1-h8")
    few = Model(name="actor-critic", hidden=(4, 8), parameters=(10, 20), row_flops=(1, 2))
    many = Model(name="actor-critic", hidden=(8, 16), parameters=(20, 40), row_flops=(2, 4))
    runs = [make_run({case.id: [[0.1]]}, model=model) for model in (few, many)]
    assert definition_differences(*runs, case) == ()
    other = msgspec.structs.replace(many, parameters=(21, 40))
    assert definition_differences(runs[0], make_run({case.id: [[0.1]]}, model=other), case) != ()


def test_each_benchmark_needs_all_its_launches(session: Callable[..., Run]) -> None:
    """Those of the suite don't stand in for those of the user's own, nor the other way round."""
    run = session()
    assert why_not_whole(run) is None
    for missing, expected in ((5, "2 of its 3 launches of test_policy"), (0, "2 of its 3 launches are complete")):
        launches = tuple(launch for launch in run.launches if launch.index != missing)
        assert str(why_not_whole(msgspec.structs.replace(run, launches=launches))).startswith(expected)


def test_no_benchmark_has_more_launches_than_can_be_judged(make_run: MakeRun) -> None:
    """The limit is on each of them."""
    many = make_run({OWN.id: [[0.1]] * 201})
    assert why_not_whole(many) == "it has 201 launches of test_policy; at most 200 can be judged"
    half = [make_run({f"forward/eager/b1@test_{name}": [[0.1]] * 101}) for name in "ab"]
    assert why_not_whole(merge(half)) is None
