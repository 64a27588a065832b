"""The live display of a run: a bar in a terminal, a line per launch elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from eagerbench.launch import Progress, Standing
from eagerbench.results import Launch, LaunchKind

# Shares of a launch, for the bar only: starting TensorFlow, cold calls with the warm-up behind them, rounds.
SHARES = {"starting": 0.2, "cold": 0.3, "steady": 0.5}
_DOING = {
    "check": "comparing",
    "training": "training",
    "fill": "filling",
    "cold": "starting",
    "memory": "calling",
    "count": "counting",
}
REFRESHES_PER_SECOND = 2  # the display runs on the cores that are being measured


class Display:
    """Follows a campaign.

    Args:
        stream: where to write.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._console = Console(file=stream, highlight=False)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[left]}"),
            TimeElapsedColumn(),
        )
        self._bar = Bar(
            *columns,
            console=self._console,
            refresh_per_second=REFRESHES_PER_SECOND,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("eagerbench", total=1.0, left="")
        self._kind: LaunchKind = "race"
        self._number = 0
        self._total = 1
        self._durations: list[float] = []
        self._began = time.monotonic()

    @contextmanager
    def live(self) -> Iterator[None]:
        """Show the bar while something runs."""
        with self._bar:
            yield

    def say(self, text: str) -> None:
        """A line that stays."""
        self._console.print(f"eagerbench: {text}", markup=False, soft_wrap=True)

    def launch(self, kind: LaunchKind, number: int, total: int, cases: int) -> None:
        """A launch begins."""
        if number == 0:
            self._durations.clear()
            self.say(
                {
                    "check": f"comparing the agents of {cases} modes with an eager one, update by update",
                    "race": f"measuring {cases} cases in {total} launch{'es' if total > 1 else ''}, each a new process",
                    "training": f"training {cases} modes to the target, from {total} seed{'s' if total > 1 else ''}",
                    "fill": f"filling the persistent XLA cache for {cases} cases",
                    "cold": f"starting {cases} cases cold, each {total} times in a process of its own",
                    "memory": f"watching the memory of {cases} cases, each in {total} processes of its own",
                    "count": f"counting traces and compilations of {cases} cases",
                }[kind]
            )
        self._kind, self._number, self._total, self._began = kind, number, total, time.monotonic()
        self._show(0.0, "starting TensorFlow")

    def progress(self, progress: Progress) -> None:
        """How far the launch is."""
        within = progress.done / max(1, progress.total)
        if self._kind != "race":
            self._show(within, f"{_DOING[self._kind]} {min(progress.done + 1, progress.total)}/{progress.total}")
        elif progress.stage == "cold":
            self._show(SHARES["starting"] + SHARES["cold"] * within, f"first call {progress.done + 1}/{progress.total}")
        else:
            before = SHARES["starting"] + SHARES["cold"]
            self._show(before + SHARES["steady"] * within, f"round {progress.done + 1}/{progress.total}")

    def standing(self, standing: Standing) -> None:
        """Where the training run of the moment stands."""
        self._bar.update(self._task, description=f"{self._name} · {standing.case}: {standing.words}")

    def launched(self, launch: Launch) -> None:
        """A launch has ended."""
        self._durations.append(launch.seconds)
        ending = "" if launch.ended == "complete" else f" ({launch.ended}: {launch.reason})"
        if launch.kind == "training":
            solved = sum(run.ended == "solved" for run in launch.runs)
            ending = f", {solved} of {len(launch.runs)} modes that tried reached the target{ending}"
        if launch.kind == "check":
            agree = sum(outcome.status == "ok" for outcome in launch.cases.values())
            ending = f", {agree} of {len(launch.cases)} agree{ending}"
        left = self._left(1.0)
        self.say(f"{self._name} took {launch.seconds:.0f} s{ending}{'; ' + left if left else ''}")

    @property
    def _name(self) -> str:
        if self._kind in {"check", "fill", "count"}:
            return _DOING[self._kind]
        return f"{'seed' if self._kind == 'training' else 'launch'} {self._number + 1}/{self._total}"

    def _show(self, share: float, text: str) -> None:
        self._bar.update(
            self._task,
            description=f"{self._name} · {text}",
            completed=(self._number + share) / self._total,
            left=self._left(share),
        )

    def _left(self, share: float) -> str:
        """How long the rest takes, from the launches so far; the first is the dearest, so it is rather less."""
        if self._durations:
            mean = sum(self._durations) / len(self._durations)
        elif share > SHARES["starting"]:
            mean = (time.monotonic() - self._began) / share
        else:
            return ""
        left = mean * (self._total - self._number - share)
        return f"about {_minutes(left)} left" if left >= 1 else ""


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"
