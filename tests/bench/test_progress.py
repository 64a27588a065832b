"""The live display, as a stream that is no terminal hears it."""

import io
import re
from typing import get_args

import pytest

from eagerbench.launch import Progress, Standing
from eagerbench.progress import Display
from eagerbench.results import CaseOutcome, Ended, Launch, LaunchKind, TrainingRun


class Screen:
    """A display with what it has written."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.display = Display(self.stream)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()

    @property
    def bar(self) -> str:
        """What the bar would say in a terminal."""
        (task,) = self.display._bar.tasks
        return task.description


def _launch(kind: LaunchKind, seconds: float = 6.0, ended: Ended = "complete", reason: str = "") -> Launch:
    """A launch with two cases, one of which agrees, or with two runs, one of which reached the target."""
    outcomes = {"train/a/env1": CaseOutcome("ok"), "train/b/env1": CaseOutcome("disagrees", "wrong")}
    runs = tuple(
        TrainingRun("train/a/env1", 0, "solved" if good else "failed", "", 10, 1.0, good, good, (), (), (), ())
        for good in (1, None)
    )
    return Launch(
        index=3,
        seed=0,
        ended=ended,
        seconds=seconds,
        reason=reason,
        cases=outcomes if kind != "training" else {},
        kind=kind,
        runs=runs if kind == "training" else (),
    )


@pytest.mark.parametrize(
    ("kind", "total", "line"),
    [
        ("check", 1, "eagerbench: comparing the agents of 7 modes with an eager one, .*"),
        ("race", 5, "eagerbench: measuring 7 cases in 5 launches, .* process"),
        ("race", 1, "eagerbench: measuring 7 cases in 1 launch, .* process"),
        ("training", 3, "eagerbench: training 7 modes to the target, from 3 seeds"),
        ("training", 1, "eagerbench: training 7 modes to the target, from 1 seed"),
        ("fill", 1, "eagerbench: filling the persistent XLA cache for 7 cases"),
        ("cold", 5, "eagerbench: starting 7 cases cold, each 5 times in a process of its own"),
        ("memory", 3, "eagerbench: watching the memory of 7 cases, each in 3 processes of its own"),
        ("count", 1, "eagerbench: counting traces and compilations of 7 cases"),
    ],
)
def test_the_first_launch_of_a_kind_says_what_begins(kind: LaunchKind, total: int, line: str) -> None:
    """One line; the next launches of the kind say nothing when they begin."""
    screen = Screen()
    for number in range(total):
        screen.display.launch(kind, number, total, 7)
    (found,) = screen.lines
    assert re.fullmatch(line, found)


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("check", ["eagerbench: comparing took 6 s, 1 of 2 agree"]),
        ("race", ["eagerbench: launch 1/1 took 6 s"]),
        ("training", ["eagerbench: seed 1/1 took 6 s, 1 of 2 modes that tried reached the target"]),
        ("fill", ["eagerbench: filling took 6 s"]),
        ("cold", ["eagerbench: launch 1/1 took 6 s"]),
        ("memory", ["eagerbench: launch 1/1 took 6 s"]),
        ("count", ["eagerbench: counting took 6 s"]),
    ],
)
def test_a_launch_that_has_ended_says_what_came_of_it(kind: LaunchKind, lines: list[str]) -> None:
    """Agents that agree, times, or targets reached."""
    screen = Screen()
    screen.display.launch(kind, 0, 1, 2)
    screen.display.launched(_launch(kind))
    assert screen.lines[1:] == lines


def test_a_launch_that_ended_badly_says_why() -> None:
    """Beside what came of it until then."""
    screen = Screen()
    screen.display.launch("race", 0, 1, 2)
    screen.display.launched(_launch("race", ended="crashed", reason="killed by SIGKILL"))
    screen.display.launch("training", 0, 1, 2)
    screen.display.launched(_launch("training", ended="timed-out", reason="no word for 120 s"))
    assert screen.lines[1] == "eagerbench: launch 1/1 took 6 s (crashed: killed by SIGKILL)"
    assert screen.lines[3].endswith("1 of 2 modes that tried reached the target (timed-out: no word for 120 s)")


def test_what_is_left_is_told_from_launches_of_the_same_kind() -> None:
    """Two of five races took 10 and 20 s: 45 s are left; what races took says nothing about trainings."""
    screen = Screen()
    for number, seconds in enumerate((10.0, 20.0)):
        screen.display.launch("race", number, 5, 2)
        screen.display.launched(_launch("race", seconds))
    assert screen.lines[1:] == [
        "eagerbench: launch 1/5 took 10 s; about 40 s left",
        "eagerbench: launch 2/5 took 20 s; about 45 s left",
    ]
    screen.display.launch("training", 0, 3, 2)
    screen.display.launched(_launch("training", 90.0))
    assert screen.lines[-1].endswith("reached the target; about 3 min 0 s left")


@pytest.mark.parametrize(
    ("kind", "progress", "text"),
    [
        ("check", Progress("cold", 2, 7), "comparing · comparing 3/7"),
        ("race", Progress("cold", 2, 7), "launch 2/5 · first call 3/7"),
        ("race", Progress("steady", 2, 7), "launch 2/5 · round 3/7"),
        ("training", Progress("cold", 2, 7), "seed 2/5 · training 3/7"),
        ("fill", Progress("steady", 2, 7), "filling · filling 3/7"),
        ("cold", Progress("steady", 2, 7), "launch 2/5 · starting 3/7"),
        ("memory", Progress("steady", 7, 7), "launch 2/5 · calling 7/7"),
        ("count", Progress("steady", 2, 7), "counting · counting 3/7"),
    ],
)
def test_the_bar_says_where_a_launch_is(kind: LaunchKind, progress: Progress, text: str) -> None:
    """In words that belong to its kind; a stream that is no terminal hears nothing of it."""
    screen = Screen()
    screen.display.launch(kind, 1, 5, 7)
    screen.display.progress(progress)
    assert screen.bar == text
    assert screen.lines == []


@pytest.mark.parametrize(
    ("mean_return", "text"),
    [
        (123.45, "seed 1/3 · train/eager/env1: 12,800 steps, mean return 123.5, losses 0.25 (policy), 3.5 (value)"),
        (None, "seed 1/3 · train/eager/env1: 12,800 steps, no episode yet, losses 0.25 (policy), 3.5 (value)"),
    ],
)
def test_the_bar_says_where_a_training_stands(mean_return: float | None, text: str) -> None:
    """Steps, the mean return where an episode has ended, and both losses."""
    screen = Screen()
    screen.display.launch("training", 0, 3, 2)
    screen.display.standing(Standing("train/eager/env1", 12_800, mean_return, 0.25, 3.5))
    assert screen.bar == text


def test_what_is_said_is_taken_literally() -> None:
    """Brackets in a message are no markup, and a long line stays one."""
    screen = Screen()
    screen.display.say("an [bold]array[/bold] [1, 2]" + " and more" * 30)
    assert screen.lines == ["eagerbench: an [bold]array[/bold] [1, 2]" + " and more" * 30]


@pytest.mark.parametrize("kind", get_args(LaunchKind))
def test_every_kind_of_launch_has_words(kind: LaunchKind) -> None:
    """At its start, on the way and at its end: none is forgotten when there is one more."""
    screen = Screen()
    screen.display.launch(kind, 0, 2, 7)
    screen.display.progress(Progress("steady", 1, 7))
    assert re.fullmatch(r".* · \w+ 2/7", screen.bar)
    screen.display.launched(_launch(kind))
    assert [line.startswith("eagerbench: ") for line in screen.lines] == [True, True]
