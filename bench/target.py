"""A training run until its target is reached: what is recorded of it, and when it ends. Knows no TensorFlow."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from eagerbench.errors import UserError
from eagerbench.factory import told
from eagerbench.models.a2c import DivergedError, Progress
from eagerbench.race import Clock
from eagerbench.results import RunEnded, Training, TrainingRun

if TYPE_CHECKING:
    from eagerbench.modes.base import Learned

# How often a run looks up from its work: to see whether it is done, and to tell of itself.
LOOK_SECONDS = 0.1


class HasLearned(Protocol):
    """Who learns."""

    @property
    def learned(self) -> "Callable[[], Learned]":
        """Tells where it has got to."""


class Trainable(Protocol):
    """What is trained."""

    @property
    def begin(self) -> Callable[[int], None]:
        """Starts over with a seed."""

    @property
    def advance(self) -> Callable[[int], Progress]:
        """Goes on by so many updates."""

    @property
    def learner(self) -> HasLearned:
        """Whose weights are looked at."""


class Standing(NamedTuple):
    """Where a run stands."""

    steps: int
    mean_return: float | None  # over the last episodes; None where there are none
    policy_loss: float  # of the last update
    value_loss: float


def train_to_target(
    case: str,
    seed: int,
    ready: Callable[[], AbstractContextManager[Trainable]],
    plan: Training,
    steps_of_an_update: int,
    clock: Clock,
    tell: Callable[[Standing], None],
) -> TrainingRun:
    """Train until the mean return of the last episodes is what is asked for, or until the run must end.

    Args:
        case: id of the case.
        seed: of weights, environments and actions.
        ready: makes the agent ready; that counts.
        plan: target, window, and how long it may take.
        steps_of_an_update: of all environments together.
        clock: where times come from.
        tell: hears where the run stands, a few times a second.
    """
    begin = clock.wall()
    record = _Record(plan)
    updates = 0
    ended: RunEnded = "stopped"
    reason = ""
    try:
        with ready() as trainable:
            trainable.begin(seed)
            batch = 1
            while True:
                before = clock.wall()
                progress = trainable.advance(batch)
                now = clock.wall()
                updates += batch
                record.add(progress, now - begin)
                tell(record.standing(updates * steps_of_an_update))
                if record.steps_to_target is not None:
                    ended = "solved"
                    break
                if not all(np.isfinite(weight).all() for weight in trainable.learner.learned().weights):
                    # Where a unit that gets NaN gives 0, as some do, no loss tells of it.
                    raise DivergedError(
                        f"its weights are no numbers after update {updates}; does the environment give NaN?"
                    )
                if updates * steps_of_an_update >= plan.most_steps:
                    ended, reason = "unsolved", f"not within {plan.most_steps:,} steps"
                    break
                if now - begin > plan.run_seconds:
                    reason = f"cut short after {plan.run_seconds:g} s"
                    break
                left = math.ceil((plan.most_steps - updates * steps_of_an_update) / steps_of_an_update)
                batch = min(left, max(1, int(batch * LOOK_SECONDS / max(now - before, 1e-9))), 2 * batch)
    except DivergedError as error:
        ended, reason = "diverged", str(error)
    except UserError as error:
        ended, reason = "failed", str(error)
    except Exception as error:  # noqa: BLE001 - environment and mode may raise anything; other runs go on
        ended, reason = "failed", told(error).removesuffix(": ")
    return record.run(case, seed, ended, reason, updates * steps_of_an_update, clock.wall() - begin)


class _Record:
    def __init__(self, plan: Training) -> None:
        self._target = math.inf if plan.target is None else plan.target
        self._window = plan.window
        self._steps: list[int] = []
        self._returns: list[float] = []
        self._seconds: list[float] = []
        self._losses: list[tuple[float | None, float | None]] = []
        self.steps_to_target: int | None = None
        self.seconds_to_target: float | None = None

    def add(self, progress: Progress, seconds: float) -> None:
        first_new = len(self._returns)
        self._steps += [int(step) for step in progress.episode_steps]
        self._returns += [float(value) for value in progress.episode_returns]
        self._seconds += [seconds] * len(progress.episode_steps)
        self._losses += [(float(policy), float(value)) for policy, value in progress.losses]
        reached = self._first_at_target(max(first_new, self._window - 1))
        if reached is not None and self.steps_to_target is None:
            self.steps_to_target, self.seconds_to_target = self._steps[reached], seconds

    def _first_at_target(self, first: int) -> int | None:
        """Number of the first episode, from ``first`` on, with which the last `window` have the mean asked for."""
        if first >= len(self._returns):
            return None
        sums = np.cumsum([0.0, *self._returns[first + 1 - self._window :]])
        means = (sums[self._window :] - sums[: -self._window]) / self._window
        good = np.flatnonzero(means >= self._target)
        return first + int(good[0]) if len(good) else None

    def standing(self, steps: int) -> Standing:
        last = self._returns[-self._window :]
        policy, value = self._losses[-1]
        return Standing(steps, float(np.mean(last)) if last else None, policy or 0.0, value or 0.0)

    def run(self, case: str, seed: int, ended: RunEnded, reason: str, steps: int, seconds: float) -> TrainingRun:
        return TrainingRun(
            case=case,
            seed=seed,
            ended=ended,
            reason=reason,
            steps=steps,
            seconds=seconds,
            steps_to_target=self.steps_to_target,
            seconds_to_target=self.seconds_to_target,
            episode_steps=tuple(self._steps),
            episode_returns=tuple(self._returns),
            episode_seconds=tuple(self._seconds),
            losses=tuple(self._losses),
        )
