"""Runs to the target, with an agent and a clock made by hand."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest

from eagerbench.errors import UserError
from eagerbench.models.a2c import ARTICLE, RELIABLE, DivergedError, Progress
from eagerbench.results import Training, TrainingRun
from eagerbench.target import LOOK_SECONDS, Standing, train_to_target

CASE = "train/eager/env1"
STEPS = 10  # of an update
NEVER = 1e9
PLAN = Training(
    envs=1,
    vectorization="sync",
    timed=ARTICLE,
    to_target=RELIABLE,
    check_updates=(1,),
    check_steps=4,
    seeds=(0,),
    target=60.0,
    window=3,
    most_steps=1_000_000,
    run_seconds=1000.0,
)


class FakeClock:
    """A clock that moves only when an agent says so; it doesn't begin at 0."""

    def __init__(self) -> None:
        self.now = 1000.0

    def wall(self) -> float:
        return self.now

    def cpu(self) -> tuple[float, float]:
        return 0.0, 0.0


class Learned(NamedTuple):
    """Where an agent has got to."""

    weights: list[np.ndarray]
    gradients: list[np.ndarray]


class Agent:
    """One whose episodes are given: for each update the returns of those that end in it, none after the last.

    The n-th episode of an update ends with its n-th step. Making it ready takes five seconds.

    Args:
        clock: moves by ``seconds`` for each update.
        returns: for each update.
        seconds: of an update; of the n-th one, where a function.
        breaks: raised by ``advance`` when it comes to the update of that number.
    """

    def __init__(
        self,
        clock: FakeClock,
        returns: Sequence[Sequence[float]] = (),
        seconds: float | Callable[[int], float] = 1.0,
        breaks: tuple[int, BaseException] | None = None,
    ) -> None:
        self.clock = clock
        self.returns = returns
        self.seconds = seconds if callable(seconds) else lambda _: seconds
        self.breaks = breaks
        self.begun: list[int] = []
        self.batches: list[int] = []
        self.closed = False
        self.updates = 0
        self.weight_is_nan_from = math.inf  # this number of updates on

    @property
    def learner(self) -> "Agent":
        return self

    def learned(self) -> Learned:
        nan = self.updates >= self.weight_is_nan_from
        return Learned([np.zeros(2, np.float32), np.array([0, np.nan if nan else 0], np.float32)], [])

    @contextmanager
    def ready(self) -> Iterator["Agent"]:
        self.clock.now += 5.0
        try:
            yield self
        finally:
            self.closed = True

    def begin(self, seed: int) -> None:
        self.begun.append(seed)

    def advance(self, updates: int) -> Progress:
        self.batches.append(updates)
        steps: list[int] = []
        returns: list[float] = []
        losses = np.empty((updates, 2), np.float32)
        for number in range(updates):
            self.clock.now += self.seconds(self.updates)
            if self.breaks and self.breaks[0] == self.updates + 1:
                raise self.breaks[1]
            ended = self.returns[self.updates] if self.updates < len(self.returns) else ()
            steps += [STEPS * self.updates + 1 + place for place in range(len(ended))]
            returns += ended
            self.updates += 1
            losses[number] = self.updates, 0.5
        return Progress(np.array(steps, np.int64), np.array(returns, np.float64), losses)


def _train(agent: Agent, seed: int = 7, **plan: Any) -> tuple[TrainingRun, list[Standing]]:
    told: list[Standing] = []
    settings = msgspec.structs.replace(PLAN, **plan)
    return train_to_target(CASE, seed, agent.ready, settings, STEPS, agent.clock, told.append), told


def test_a_run_is_solved_at_the_step_of_the_episode_with_which_the_mean_is_reached() -> None:
    """Three in a row with a mean of 60 for the first time with the second of the three that end in update 4."""
    agent = Agent(FakeClock(), [(0, 0), (0, 60), (60,), (59, 61, 90), (1000,)])
    run, _ = _train(agent)
    assert run == TrainingRun(
        case=CASE,
        seed=7,
        ended="solved",
        reason="",
        steps=40,
        seconds=9.0,
        steps_to_target=32,
        seconds_to_target=9.0,
        episode_steps=(1, 2, 11, 12, 21, 31, 32, 33),
        episode_returns=(0, 0, 0, 60, 60, 59, 61, 90),
        episode_seconds=(6.0, 6.0, 7.0, 7.0, 8.0, 9.0, 9.0, 9.0),
        losses=((1.0, 0.5), (2.0, 0.5), (3.0, 0.5), (4.0, 0.5)),
    )
    assert agent.begun == [7]
    assert agent.closed


@pytest.mark.parametrize(
    ("returns", "steps"),
    [
        ([(100,), (100,), (0,)], 21),  # two are too few, however good; a third makes 66 of them
        ([(0,), (0,), (0,), (60,), (60,), (60,)], 51),  # not with the second 60, and not never, as over all six
        ([(0, 60, 60, 60)], 4),  # all in one update
        ([(60, 60, 60)], 3),
        ([(60, 60), (60,)], 11),  # the window goes over updates
        ([(200, -10, -10, 200, -10, -10)], 3),  # reached once is reached
    ],
)
def test_the_mean_is_over_exactly_as_many_episodes_as_the_window_has(
    returns: Sequence[Sequence[float]], steps: int
) -> None:
    """Three here: neither over fewer at the beginning, nor over more later on."""
    run, _ = _train(Agent(FakeClock(), returns))
    assert (run.ended, run.steps_to_target) == ("solved", steps)


def test_a_target_that_is_reached_inside_a_batch_has_the_step_of_the_episode_and_the_time_of_the_look() -> None:
    """Updates of a sixteenth of a second: the second and third come in one go, and the process sees them together."""
    agent = Agent(FakeClock(), [(), (60, 60, 60), ()], seconds=2**-6)
    run, _ = _train(agent)
    assert agent.batches == [1, 2]
    assert (run.steps_to_target, run.steps) == (13, 30)
    assert run.seconds_to_target == 5 + 3 * 2**-6


def test_a_run_that_takes_all_steps_is_unsolved() -> None:
    """The fourth update goes beyond 35 steps; no fifth is made."""
    agent = Agent(FakeClock(), [(59, 59)] * 9)
    run, _ = _train(agent, most_steps=35)
    assert (run.ended, run.reason, run.steps) == ("unsolved", "not within 35 steps", 40)
    assert (run.steps_to_target, run.seconds_to_target) == (None, None)
    assert len(run.episode_returns) == 8
    assert agent.closed


def test_a_run_that_is_solved_with_its_last_step_is_solved() -> None:
    """The target is looked at before the limits."""
    run, _ = _train(Agent(FakeClock(), [(60, 60, 60)]), most_steps=10, run_seconds=0.5)
    assert run.ended == "solved"


def test_a_run_that_takes_too_long_is_cut_short() -> None:
    """Five seconds to get ready and three updates are more than seven and a half."""
    run, _ = _train(Agent(FakeClock(), [(1,)] * 9), run_seconds=7.5)
    assert (run.ended, run.reason, run.steps, run.seconds) == ("stopped", "cut short after 7.5 s", 30, 8.0)
    assert (run.steps_to_target, run.seconds_to_target) == (None, None)


def test_a_run_that_diverges_names_the_update_and_keeps_the_episodes_before() -> None:
    """What the agent said of it, and everything of the two updates that came out well."""
    reason = "the loss is not a number at update 3 (policy nan, value 1)"
    agent = Agent(FakeClock(), [(1,), (2,), (3,)], breaks=(3, DivergedError(reason)))
    run, _ = _train(agent)
    assert (run.ended, run.reason, run.steps, run.seconds) == ("diverged", reason, 20, 8.0)
    assert (run.episode_returns, run.episode_steps) == ((1.0, 2.0), (1, 11))
    assert run.losses == ((1.0, 0.5), (2.0, 0.5))
    assert run.steps_to_target is None
    assert agent.closed


def test_a_run_whose_weights_are_no_numbers_has_diverged_though_no_loss_says_so() -> None:
    """A unit that gives 0 for NaN hides it; what was before it is kept, and what came out with it as well."""
    agent = Agent(FakeClock(), [(1,), (2,), (3,)])
    agent.weight_is_nan_from = 2
    run, _ = _train(agent)
    assert (run.ended, run.steps, run.episode_returns) == ("diverged", 20, (1.0, 2.0))
    assert run.reason == "its weights are no numbers after update 2; does the environment give NaN?"


def test_a_model_that_can_not_be_used_is_told_in_words() -> None:
    """What Keras puts around an exception is left out, and of an error that is made for people nothing is added."""
    agent = Agent(FakeClock(), breaks=(1, UserError("it has a train_step of its own")))
    run, _ = _train(agent)
    assert (run.ended, run.reason) == ("failed", "it has a train_step of its own")
    keras = (
        "Exception encountered when calling Own.call().\n\n\x1b[1mno NumPy\x1b[0m\n\nArguments received by Own.call():"
    )
    agent = Agent(FakeClock(), breaks=(1, TypeError(keras)))
    assert _train(agent)[0].reason == "TypeError: no NumPy"


def test_a_run_that_fails_keeps_its_reason_in_one_line() -> None:
    """And what was recorded before."""
    agent = Agent(FakeClock(), [(1,), (2,)], breaks=(2, ValueError("no\nluck")))
    run, _ = _train(agent)
    assert (run.ended, run.reason, run.steps) == ("failed", "ValueError: no luck", 10)
    assert run.episode_returns == (1.0,)
    assert agent.closed


def test_an_agent_that_cannot_be_made_ready_has_failed() -> None:
    """Before the first step; the time that it took is known."""
    clock = FakeClock()

    @contextmanager
    def ready() -> Iterator[Agent]:
        clock.now += 2.0
        raise MemoryError
        yield

    run = train_to_target(CASE, 0, ready, PLAN, STEPS, clock, lambda _: None)
    assert (run.ended, run.reason, run.steps, run.seconds) == ("failed", "MemoryError", 0, 2.0)
    assert (run.episode_returns, run.losses) == ((), ())


def test_ctrl_c_is_nobody_s_failure() -> None:
    """It goes on to whoever ends the process, and the agent is closed."""
    agent = Agent(FakeClock(), breaks=(1, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        _train(agent)
    assert agent.closed


def test_without_a_target_nothing_is_ever_reached() -> None:
    """However good."""
    run, _ = _train(Agent(FakeClock(), [(NEVER,) * 5]), target=None, most_steps=20)
    assert run.ended == "unsolved"


def test_updates_come_in_batches_that_grow_until_a_look_is_due() -> None:
    """At 1/128 s an update twelve fit between two looks: doubled from one on, and no more than twelve."""
    assert LOOK_SECONDS == 0.1
    agent = Agent(FakeClock(), seconds=2**-7)
    _train(agent, most_steps=10 * (1 + 2 + 4 + 8 + 12 + 12))
    assert agent.batches == [1, 2, 4, 8, 12, 12]


def test_a_batch_does_not_go_beyond_the_steps_that_are_left() -> None:
    """Of ten updates three are left after one, two and four."""
    agent = Agent(FakeClock(), seconds=0.0)
    run, _ = _train(agent, most_steps=100)
    assert (agent.batches, run.steps) == ([1, 2, 4, 3], 100)


def test_a_batch_shrinks_when_updates_get_slow() -> None:
    """From eight quick ones to single slow ones: a run that is cut short must not go on for long."""
    agent = Agent(FakeClock(), seconds=lambda number: 2**-7 if number < 15 else 1.0)
    _train(agent, most_steps=10 * (1 + 2 + 4 + 8 + 12 + 1 + 1))
    assert agent.batches == [1, 2, 4, 8, 12, 1, 1]


def test_where_a_run_stands_is_told_after_every_batch() -> None:
    """Steps, the mean of the last three episodes or of as many as there are, and both losses."""
    _, told = _train(Agent(FakeClock(), [(), (10,), (20, 30), (40,)]), most_steps=40)
    assert told == [
        Standing(10, None, 1.0, 0.5),
        Standing(20, 10.0, 2.0, 0.5),
        Standing(30, 20.0, 3.0, 0.5),
        Standing(40, 30.0, 4.0, 0.5),
    ]
