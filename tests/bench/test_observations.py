"""Observations of a user's own: what can't be given to a model is told in one line, and the rest arrives as float32."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eagerbench.errors import UserError
from eagerbench.models import envs
from eagerbench.models.a2c import EnvironmentSpec
from eagerbench.observations import (
    FEW,
    LEAST,
    MANY,
    MOST_NUMBERS,
    checked,
    found_or_drawn,
    gather,
    read_observations,
    repeated,
)
from eagerbench.observations import rows_needed as needed
from eagerbench.plan import Request, make_plan

ROWS = np.arange(12, dtype=np.float32).reshape(3, 4)


def _with(row: int, number: float, kind: Any = np.float32) -> np.ndarray:
    array = np.ones((5, 4), kind)
    array[row, 2] = number
    return array


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.ones((3, 4), bool), "of float or integer dtype; got dtype bool"),
        (np.ones((3, 4), np.complex64), "of float or integer dtype; got dtype complex64"),
        (np.full((3, 4), "x"), "of float or integer dtype; got dtype <U1"),
        (np.full((3, 4), None), "of float or integer dtype; got dtype object"),
        (np.ones(4), "one to three sizes after the rows; got shape (4,)"),
        (np.float32(1), "one to three sizes after the rows; got shape ()"),
        (np.ones((1, 2, 2, 2, 2)), "one to three sizes after the rows; got shape (1, 2, 2, 2, 2)"),
        (np.ones((0, 4)), "at least one row; got shape (0, 4)"),
        (np.ones((4, 0)), "at least one row; got shape (4, 0)"),
        (_with(3, np.nan), "finite in float32; 1 are not, the first of them in row 3"),
        (_with(0, -np.inf), "finite in float32; 1 are not, the first of them in row 0"),
        (_with(4, 1e300, np.float64), "finite in float32; 1 are not, the first of them in row 4"),
        (np.full((2, 3, 3), np.nan), "finite in float32; 18 are not, the first of them in row 0"),
    ],
)
def test_what_is_no_batch_of_numbers_is_refused(array: Any, said: str) -> None:
    """Dtype, shape and the row of the first number that is none, in one line with the name of the thing."""
    with pytest.raises(UserError) as caught:
        checked(array, "observations")
    assert str(caught.value).startswith("observations: expected numbers of shape [rows, …]")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float16, np.float64, ">f4"])
def test_numbers_of_any_width_become_float32(kind: Any) -> None:
    """In the same order and of the same shape, whatever the order of bytes or of axes in memory."""
    found = checked(np.asfortranarray(ROWS.astype(kind)), "observations")
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    assert np.array_equal(found, ROWS)


def _save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def _corrupt(path: Path) -> Path:
    """An archive with a byte changed in its array."""
    _save(path, observations=np.arange(4000, dtype=np.float32).reshape(1000, 4))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    return path


def _claims(path: Path) -> Path:
    """A header that speaks of more numbers than any machine has room for, and nothing behind it."""
    buffer = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (10**15, 4)}
    np.lib.format.write_array_header_1_0(buffer, header)
    path.write_bytes(buffer.getvalue() + b"\0" * 64)
    return path


def _overflows(path: Path) -> Path:
    """One that speaks of more than a size can be."""
    np.save(path, np.arange(4000, dtype=np.float32).reshape(1000, 4))
    path.write_bytes(path.read_bytes().replace(b"(1000, 4), }" + b" " * 20, b"(%d, 4), }" % 10**23, 1))
    return path


def _damaged(path: Path) -> Path:
    """A compressed archive in which what was compressed can't be read."""
    np.savez_compressed(path, observations=np.random.default_rng(0).normal(size=(1000, 4)))
    content = bytearray(path.read_bytes())
    for place in range(60, 100):
        content[place] ^= 0xFF
    path.write_bytes(bytes(content))
    return path


def _with_both(path: Path, place: int, value: int) -> Path:
    """An archive with a field of its entry changed, in front of the array (at ``place``) and in the directory."""
    _save(path, observations=ROWS)
    content = bytearray(path.read_bytes())
    content[place] = content[content.rfind(b"PK\x01\x02") + place + 2] = value
    path.write_bytes(bytes(content))
    return path


def _objects(path: Path) -> Path:
    np.save(path, np.array([[{"a": 1}]], object), allow_pickle=True)
    return path


def _written(content: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return write


def _archive_of_text(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("observations.npy", "no array")
    return path


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("missing.npy", lambda path: path, "there is no such file"),
        ("folder.npy", lambda path: path.mkdir() or path, "expected a .npy or .npz file of numbers"),
        ("empty.npy", _written(b""), "expected a .npy or .npz file of numbers"),
        ("text.npy", _written(b"1,2,3\n"), "expected a .npy or .npz file of numbers"),
        ("cut.npy", _written(b"\x93NUMPY\x01\x00"), "expected a .npy or .npz file of numbers"),
        ("broken.npz", _written(b"PK\x03\x04broken"), "expected a .npy or .npz file of numbers"),
        ("corrupt.npz", _corrupt, "expected a .npy or .npz file of numbers"),
        ("damaged.npz", _damaged, "expected a .npy or .npz file of numbers"),
        ("encrypted.npz", lambda path: _with_both(path, 6, 1), "is encrypted, password required"),
        ("method.npz", lambda path: _with_both(path, 8, 77), "That compression method is not supported"),
        ("overflow.npy", _overflows, "expected a .npy or .npz file of numbers"),
        ("text.npz", _archive_of_text, "expected"),
        ("objects.npy", _objects, "expected a .npy or .npz file of numbers"),
        ("huge.npy", _claims, "expected a .npy or .npz file of numbers"),
        ("two.npz", lambda path: _save(path, a=ROWS, b=ROWS), "expected one array, or one called 'observations'; got"),
        ("none.npz", _save, "expected one array, or one called 'observations'; got none"),
    ],
)
def test_a_file_that_holds_no_observations_is_told_in_one_line(
    tmp_path: Path, name: str, write: Callable[[Path], Path], said: str
) -> None:
    """With its path; nothing in it is executed, and nothing of it is believed before it is there."""
    path = write(tmp_path / name)
    with pytest.raises(UserError) as caught:
        read_observations(path)
    assert str(caught.value).startswith(f"--observations {path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_may_have_one_array_or_one_with_a_name(tmp_path: Path) -> None:
    """Of several the one that is called observations."""
    np.save(tmp_path / "plain.npy", ROWS)
    others = {"rewards": np.ones(3)}
    for path in (
        tmp_path / "plain.npy",
        _save(tmp_path / "one.npz", anything=ROWS),
        _save(tmp_path / "named.npz", observations=ROWS, **others),
    ):
        assert np.array_equal(read_observations(path), ROWS)


def test_an_environment_that_shows_what_is_no_number_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the model would be blamed: it computes NaN of it."""
    monkeypatch.setattr(envs, "collect", lambda *_: _with(3, np.nan))
    with pytest.raises(UserError) as caught:
        found_or_drawn(EnvironmentSpec("Odd-v0", (4,), 2, None, None), 5, 0)
    assert str(caught.value).startswith("--env Odd-v0: its observations: expected numbers")
    assert "finite in float32; 1 are not, the first of them in row 3" in str(caught.value)


def test_rows_begin_again_where_there_are_too_few() -> None:
    """Whole rows, in their order; of more than enough the first."""
    assert repeated(ROWS, 2).tolist() == ROWS[:2].tolist()
    assert repeated(ROWS, 8).tolist() == np.concatenate([ROWS, ROWS, ROWS[:2]]).tolist()
    images = np.arange(16, dtype=np.float32).reshape(2, 2, 2, 2)
    assert np.array_equal(repeated(images, 5), images[[0, 1, 0, 1, 0]])


@pytest.mark.parametrize("workload", ["forward", "update"])
def test_a_file_has_as_many_rows_as_the_largest_batch(tmp_path: Path, workload: str) -> None:
    """Or as gradient steps need: repeated rows are not distinct, and are said not to be."""
    path = tmp_path / "own.npy"
    np.save(path, ROWS)
    plan = make_plan(Request(workloads=(workload,), observations=str(path), batch_sizes=(300,)))
    rows = needed(plan, [300] if workload == "forward" else [], collected=False)
    assert rows == (300 if workload == "forward" else LEAST)
    observations, told = gather(plan, EnvironmentSpec("", (4,), 0, None, None), rows)
    assert (told.rows, told.distinct, told.shape, told.env) == (rows, 3, (4,), "")
    assert told.policy == "read from own.npy"
    assert np.array_equal(observations[3:6], ROWS)


def test_from_an_environment_come_as_many_as_can_be_compared_between_runs() -> None:
    """A hundred thousand where batches are timed, a few thousand where none is, and of images as many as fit."""
    plan = make_plan(Request(workloads=("forward",)))
    assert needed(plan, [64], collected=True) == MANY
    assert needed(plan, [], collected=True) == FEW
    assert needed(plan, [200_000], collected=True) == 200_000
    images = make_plan(Request(workloads=("forward",), observation_shape=(84, 84, 4)))
    assert needed(images, [1], collected=True) == MOST_NUMBERS // (84 * 84 * 4)


def test_without_any_they_are_drawn_and_said_to_be() -> None:
    """The same for the same seed, of the shape that was asked for."""
    plan = make_plan(Request(workloads=("forward",), observation_shape=(2, 3), seed=4))
    spec = EnvironmentSpec("", (2, 3), 0, None, None)
    one, told = gather(plan, spec, 50)
    assert one.shape == (50, 2, 3)
    assert one.dtype == np.float32
    assert np.array_equal(one, gather(plan, spec, 50)[0])
    assert told.policy == "none: drawn from a standard normal distribution"
    assert told.distinct == 50
