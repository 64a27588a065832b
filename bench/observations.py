"""The input: collected from an environment, read from a file, or drawn at random. Knows no TensorFlow."""

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eagerbench.errors import UserError
from eagerbench.models.a2c import EnvironmentSpec, Floats
from eagerbench.race import in_one_line
from eagerbench.results import Observations, Plan

EXPECTED = "expected numbers of shape [rows, …]"
IN_ARCHIVE = "observations"
LEAST = 256  # for gradient steps and counted calls, whatever the batches of forward passes


MANY = 100_000
MOST_NUMBERS = 2**25  # of an image there are as many rows as this has room for
FEW = 4096  # enough where no batch of them is timed


def rows_needed(plan: Plan, batches: Sequence[int], *, collected: bool) -> int:
    """How many observations a run should have.

    Args:
        plan: of the run.
        batches: rows of its batches.
        collected: whether they come from an environment, where more of them cost little, and runs of other batch sizes
            then share them.
    """
    if not collected:
        return max([*batches, LEAST])
    fitting = max(LEAST, MOST_NUMBERS // math.prod(plan.observation_shape))
    return max(min(MANY if batches else FEW, fitting), *batches, LEAST)


def collecting(plan: Plan, rows: int) -> str:
    """What is going on while observations are gathered, in words."""
    many = f"{rows:,} observation{'' if rows == 1 else 's'}"
    if plan.observations:
        return f"reading {many} from {plan.observations}"
    return f"collecting {many} from {plan.env}" if plan.env else f"drawing {many} at random"


def gather(plan: Plan, spec: EnvironmentSpec, rows: int, given: Floats | None = None) -> tuple[Floats, Observations]:
    """As many observations as the largest batch has rows, and where they came from.

    Args:
        plan: where they come from.
        spec: of one of them.
        rows: so many.
        given: a user's own, float32 [rows, …], in place of what the plan says.

    Raises:
        UserError: where the file can't be used, or the environment fails.
    """
    if given is not None:
        return repeated(given, rows), describe(repeated(given, rows), plan, "given as an array")
    if plan.observations:
        read = read_observations(Path(plan.observations))
        return repeated(read, rows), describe(repeated(read, rows), plan, f"read from {Path(plan.observations).name}")
    found = found_or_drawn(spec, rows, plan.seed)
    return found, describe(
        found, plan, "uniformly random" if spec.id else "none: drawn from a standard normal distribution"
    )


def found_or_drawn(spec: EnvironmentSpec, rows: int, seed: int) -> Floats:
    """Observations of an environment in which actions are random; random numbers where there is no environment.

    Args:
        spec: of one of them.
        rows: so many.
        seed: of the environment and its actions, or of the numbers.

    Returns:
        float32 [rows, …].

    Raises:
        UserError: where the environment fails, or shows what is no number.
    """
    from eagerbench.models import envs

    if not spec.id:
        return np.random.default_rng(seed).standard_normal((rows, *spec.observation_shape), np.float32)
    try:
        collected = envs.collect(spec, rows, seed)
    except Exception as error:  # an environment may raise anything
        raise UserError(
            f"--env {spec.id}: it failed while observations were collected: {in_one_line(error)}"
        ) from error
    return checked(collected, f"--env {spec.id}: its observations")


def describe(observations: Floats, plan: Plan, policy: str) -> Observations:
    """Where observations came from, and enough to know them again."""
    from eagerbench.models import envs

    return Observations(
        env="" if plan.observations else plan.env,
        policy=policy,
        seed=plan.seed,
        rows=len(observations),
        distinct=envs.count_distinct(observations),
        shape=observations.shape[1:],
        dtype=str(observations.dtype),
        sha256=hashlib.sha256(observations.tobytes()).hexdigest(),
    )


def repeated(observations: Floats, rows: int) -> Floats:
    """The first so many, from the beginning again where there are fewer."""
    return np.resize(observations, (rows, *observations.shape[1:])) if len(observations) < rows else observations[:rows]


def read_observations(path: Path) -> Floats:
    """Observations of a ``.npy`` file, or of an ``.npz`` file with one array or one that is called ``observations``.

    Returns:
        float32 [rows, …].

    Raises:
        UserError: where there are none that a model could be given.
    """
    told = f"--observations {path}"
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.lib.npyio.NpzFile):
                names = loaded.files
                if IN_ARCHIVE not in names and len(names) != 1:
                    raise UserError(f"{told}: expected one array, or one called {IN_ARCHIVE!r}; got {names or 'none'}")
                array = loaded[IN_ARCHIVE if IN_ARCHIVE in names else names[0]]
            else:
                array = loaded
    except UserError:
        raise
    except FileNotFoundError as error:
        raise UserError(f"{told}: there is no such file") from error
    except Exception as error:  # of a damaged archive, zipfile and what decompresses it raise errors of many kinds
        # NumPy takes whatever it doesn't know for a pickle, and would have it loaded unsafely.
        what = "something else, or Python objects" if "pickle" in str(error) else in_one_line(error)
        raise UserError(f"{told}: expected a .npy or .npz file of numbers, got {what}") from error
    return checked(array, told)


def checked(array: npt.ArrayLike, told: str) -> Floats:
    """Observations that a model can be given, as float32.

    Args:
        array: of the user.
        told: what to call it in an error.

    Raises:
        UserError: where its dtype, its shape or a number in it is none for observations.
    """
    try:
        found = np.asarray(array)
    except Exception as error:  # rows of several lengths, or an object that raises anything when it is asked
        raise UserError(f"{told}: {EXPECTED}, got none: {in_one_line(error)}") from error
    if found.dtype.kind not in "fiu":
        raise UserError(f"{told}: {EXPECTED}, of float or integer dtype; got dtype {found.dtype}")
    if found.ndim < 2 or found.ndim > 4:
        raise UserError(f"{told}: {EXPECTED}, with one to three sizes after the rows; got shape {found.shape}")
    if not found.size:
        raise UserError(f"{told}: {EXPECTED}, at least one row; got shape {found.shape}")
    with np.errstate(over="ignore"):
        narrow = np.ascontiguousarray(found, np.float32)
    wrong = ~np.isfinite(narrow)
    if wrong.any():
        row = int(np.argmax(wrong.reshape(len(narrow), -1).any(axis=1)))
        raise UserError(
            f"{told}: {EXPECTED}, finite in float32; {int(wrong.sum()):,} are not, the first of them in row {row}"
        )
    return narrow
