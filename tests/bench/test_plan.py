"""From a request to a plan: defaults of profiles, and every mistake found before anything is measured."""

from pathlib import Path
from typing import Any

import pytest

from eagerbench.errors import UserError
from eagerbench.modes import REGISTRY
from eagerbench.plan import PROFILES, Request, check_report_folder, make_plan, parse_batch_sizes


def test_quick_is_the_default_and_measures_every_mode_at_both_sizes() -> None:
    """Twelve modes at 100,000 rows and at one."""
    plan = make_plan(Request())
    assert plan.profile == "quick"
    assert plan.cases == tuple(f"forward/{mode}/b{rows}" for rows in (100_000, 1) for mode in REGISTRY)
    assert len(REGISTRY) == 12


def test_a_profile_sets_the_budget_and_the_user_overrides_it() -> None:
    """What is asked for wins; the rest is the profile's."""
    plan = make_plan(
        Request(profile="smoke", modes=("eager",), batch_sizes=(7,), launches=3, case_seconds=9.0, min_rounds=4)
    )
    assert (plan.launches, plan.case_seconds, plan.min_rounds) == (3, 9.0, 4)
    assert plan.slow_case_seconds == PROFILES["smoke"].slow_case_seconds
    assert plan.cases == ("forward/eager/b7",)


def test_repeated_names_count_once() -> None:
    """A case planned twice would be two tests of one name."""
    assert make_plan(Request(modes=("eager", "eager"), batch_sizes=(1, 1))).cases == ("forward/eager/b1",)


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
