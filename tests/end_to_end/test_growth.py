"""A leak that was planted is found, and nobody else is accused: real processes, real memory."""

import subprocess
import sys

import pytest

from eagerbench.results import Run, read_run
from eagerbench.summary import Summary, summarise

pytestmark = pytest.mark.end_to_end

# A mode of its own, in a registry of its own: launches are done in this process, which forks them as ever.
PLANTED = """
import dataclasses
import os
from pathlib import Path

from eagerbench.modes import REGISTRY, Entry

if __name__ != "__main__":
    from eagerbench.modes.numpy import NumPy

    class Leaks(NumPy):
        def forward(self, subject, observations):
            program, kept = super().forward(subject, observations), []

            def call():
                kept.append(bytearray(b"x" * 1000))
                return program.call()

            return dataclasses.replace(program, call=call)


class Events:
    def __init__(self, hear):
        self.hear = hear

    def write(self, line):
        self.hear(decode_event(line))


class Silent:
    def __getattr__(self, name):
        return lambda *_: None


if __name__ == "__main__":
    import msgspec

    import eagerbench.campaign
    from eagerbench.engines.local import LaunchEnd
    from eagerbench.family import raise_cases
    from eagerbench.launch import Pipe, decode_event
    from eagerbench.plan import Request, make_plan
    from eagerbench.race import SystemClock

    def launch(job, hear, _):
        nowhere = os.open(os.devnull, os.O_WRONLY)  # the pipe that each case's process closes
        job = msgspec.structs.replace(job, pipe=nowhere, started_s=SystemClock.wall())
        raise_cases(job, Pipe(Events(hear), None, {}))
        os.close(nowhere)
        return LaunchEnd("complete")

    REGISTRY["leaks"] = Entry("planted:Leaks", "keeps a thousand bytes of each call")
    eagerbench.campaign.OBSERVATIONS = 100
    asked = Request("smoke", ("leaks", "numpy", "eager"), ("memory",), (1,), launches=2, memory_calls=3000)
    plan = make_plan(asked)
    plan = msgspec.structs.replace(plan, cases=tuple(case for case in plan.cases if case.endswith("/b1")))
    eagerbench.campaign.Campaign(plan, Path(), Silent(), launch).measure()
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Summary]:
    """Three modes, each called three thousand times in two processes."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "planted.py").write_text(PLANTED)
    result = subprocess.run(
        [sys.executable, "planted.py"], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert result.returncode == 0, result.stderr
    run = read_run(folder)
    return run, summarise(run)


def test_a_leak_of_a_thousand_bytes_a_call_is_told_and_nobody_else_grows(watched: tuple[Run, Summary]) -> None:
    """A megabyte in a thousand calls; eager execution and NumPy keep nothing."""
    memory = {own.case.mode: own for own in watched[1].memory}
    assert {mode: own.verdict == "grows" for mode, own in memory.items()} == {
        "leaks": True,
        "numpy": False,
        "eager": False,
    }
    slope = memory["leaks"].slope_mb
    assert slope is not None
    assert 0.9 < slope.value < 1.3  # with what an allocator and a list add to a thousand bytes
    assert all((own.calls, own.processes) == (3000, 2) for own in memory.values())


def test_memory_is_told_in_the_order_of_its_sizes(watched: tuple[Run, Summary]) -> None:
    """The baseline first; no peak below what is resident, and none of the kernel's below what was seen outside."""
    run, summary = watched
    assert summary.green
    assert len(run.memory) == 6
    for use in run.memory:
        assert 0 < use.baseline_bytes <= use.first_bytes <= use.first_peak_bytes <= use.last_peak_bytes
        assert use.last_bytes <= use.last_peak_bytes
        assert use.first_bytes * 0.95 < use.sampled_peak_bytes
        assert use.checkpoints[0] == (0, use.first_bytes)
        assert use.checkpoints[-1] == (3000, use.last_bytes)


def test_numbers_of_all_modes_were_checked_after_their_calls(watched: tuple[Run, Summary]) -> None:
    """In the first process of each; the other needn't show the same again."""
    parities = [[outcome.parity for outcome in launch.cases.values()] for launch in watched[0].launches]
    assert [[parity is not None and parity.passed for parity in own] for own in parities] == [
        [True] * 3,
        [False] * 3,
    ]
