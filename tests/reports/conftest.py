"""Runs that the tests of the reports share, a reader of pages that accepts only well-nested HTML, and a browser."""

import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eagerbench.gate import CaseVerdict, Change, Judgement, Verdict, judge_live
from eagerbench.gate_record import (
    BASE,
    CONTROL,
    GATE_SCHEMA_VERSION,
    HEAD,
    SIDES,
    Block,
    GateRecord,
    Round,
    SideRecord,
)
from eagerbench.models.a2c import ARTICLE, RELIABLE
from eagerbench.results import CaseOutcome, Counts, Launch, MemoryUse, Parity, Run, Sample, Training, TrainingRun

_VOID = {"meta", "link", "img", "br", "hr", "input"}

SCRIPT = "<script>alert(1)</script>"
TAG_MODE = "<img src=x onerror=alert(1)>"
FORMULA_MODE = "=cmd()"


class Page(HTMLParser):
    """A page taken apart; raises where its elements don't nest.

    Attributes:
        elements: tag and attributes of every element.
        text: everything that is shown as text, script and style left out.
        ids: every id.
    """

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.ids: list[str] = []
        self._open: list[str] = []
        self.feed(content)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and that it is open."""
        self.elements.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id" and value]
        assert len(dict(attrs)) == len(attrs), f"an attribute twice in <{tag}>"
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Only the element opened last may close."""
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect what is shown."""
        if not self._open or self._open[-1] not in {"script", "style"}:
            self.text += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of every element of one kind."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def take_apart() -> Callable[[str], Page]:
    """`Page`, which a test module can't import from a sibling."""
    return Page


@pytest.fixture
def typical_run(make_run: Callable[..., Run]) -> Run:
    """Two groups, three launches, one mode that disagrees and one that can't run."""
    times = {
        "forward/eager/b100": [[0.040, 0.041, 0.042], [0.044, 0.043, 0.045], [0.041, 0.042, 0.040]],
        "forward/function/b100": [[0.020, 0.021, 0.022], [0.022, 0.021, 0.023], [0.021, 0.020, 0.020]],
        "forward/predict/b100": [[2.0, 2.1, 2.2], [2.2, 2.2, 2.3], [2.1, 2.0, 2.1]],
        "forward/numpy/b100": [[0.080, 0.081, 0.082], [0.082, 0.081, 0.083], [0.081, 0.080, 0.080]],
        "forward/eager/b1": [[0.0024, 0.0025], [0.0023, 0.0024], [0.0024, 0.0024]],
        "forward/function/b1": [[0.0023, 0.0024], [0.0024, 0.0025], [0.0024, 0.0023]],
        "forward/saved-model/b1": [[0.001], [0.001], [0.001]],
        "forward/graph-v1/b1": [[0.001], [0.001], [0.001]],
    }
    wrong = Parity(False, "float64 NumPy reference", 0.5, "within 1e-5", "values differ by 0.5")
    return make_run(
        times,
        cold={"forward/eager/b100": 0.05, "forward/function/b100": 0.35, "forward/predict/b100": 3.0},
        outcomes={
            "forward/saved-model/b1": CaseOutcome("disagrees", "values differ by 0.5", parity=wrong),
            "forward/graph-v1/b1": CaseOutcome("unavailable", "there is no v1 here"),
        },
    )


@pytest.fixture
def hostile_run(make_run: Callable[..., Run]) -> Run:
    """A run in which every text that a file may hold tries to be something else."""
    evil = f"={SCRIPT}|`a`\n# b ![c](d) \x1b[31m\u202e\ud800 $x$ @team"
    times = {
        "forward/eager/b1": [[0.004, 0.004], [0.005, 0.005]],
        f"forward/{TAG_MODE}/b1": [[0.002, 0.002], [0.003, 0.003]],
        f"forward/{FORMULA_MODE}/b1": [[0.002, 0.002], [0.002, 0.002]],
        "forward/$\\frac{$/b1": [[0.001, 0.002], [0.001, 0.003]],
        "forward/failing/b1": [[0.002], [0.002]],
    }
    run = make_run(
        times,
        outcomes={"forward/failing/b1": CaseOutcome("failed", evil)},
        env=evil,
        profile=evil,
        command=evil,
    )
    resolved = {"description": evil, evil: evil}
    launches = tuple(
        msgspec.structs.replace(
            launch,
            reason=evil,
            ended="crashed" if launch.index else "complete",
            cases={case: msgspec.structs.replace(outcome, resolved=resolved) for case, outcome in launch.cases.items()},
        )
        for launch in run.launches
    )
    start = msgspec.structs.replace(
        run.start,
        started=evil,
        eagerbench=evil,
        machine={"cpu": evil, evil: evil, "packages": {"tensorflow": evil, evil: None}, "environment": {evil: [evil]}},
        observations=msgspec.structs.replace(run.start.observations, env=evil, policy=evil, sha256=evil, dtype=evil),
    )
    return msgspec.structs.replace(run, launches=launches, start=start)


TRAINED = {
    "train/eager/env1": 0.256,  # seconds of an update, 64 steps: 250 steps a second
    "train/function/env1": 0.064,
    "train/graph-v1/env1": 0.032,
    "train/fused-xla/env1": 0.00064,
}
PARTS = {
    "train/eager/env1": {"act": 0.75, "environment": 0.15, "update": 0.06, "bookkeeping": 0.04},
    "train/fused-xla/env1": {"program": 0.99, "bookkeeping": 0.01},
}


@pytest.fixture
def training_run(make_run: Callable[..., Run], make_training_run: Callable[..., TrainingRun]) -> Run:
    """A training in each of four modes: all runs solved, one unsolved, two failed of three, and only an estimate."""
    solved, unsolved, void = "train/fused-xla/env1", "train/function/env1", "train/graph-v1/env1"
    runs = [
        make_training_run(solved, 0, 1.0, 20_000),
        make_training_run(unsolved, 0, 21.0, 20_000),
        make_training_run(void, 0, 11.0, 20_000),
        make_training_run(solved, 1, 1.5, 30_000),
        make_training_run(unsolved, 1, 31.0, 30_000),
        make_training_run(void, 1, 5.0, 10_000, "diverged", "the loss is not a number at update 9"),
        make_training_run(solved, 2, 2.5, 40_000),
        make_training_run(unsolved, 2, 500.0, 500_000, "unsolved", "not reached in 500,000 steps"),
        make_training_run(void, 2, 0.1, 64, "failed", "it broke"),
    ]
    return make_run(
        {case: [[update_s] * 2] * 3 for case, update_s in TRAINED.items()},
        parts=PARTS,
        training_runs=runs,
        training=trained_from(0, 1, 2),
    )


def trained_from(*seeds: int) -> Training:
    """A plan whose runs to the target have some seeds."""
    return Training(1, "sync", ARTICLE, RELIABLE, (1, 10, 50), 4, seeds, 195.0, 100, 500_000, 8.0)


@pytest.fixture(
    params=[
        "no runs",
        "one run",
        "one launch",
        "all failed",
        "estimates and one run",
        "stopped",
        "no episodes",
        "without eager",
        "withheld",
        "no target",
        "hostile",
        "huge returns",
    ]
)
def degenerate_training(
    request: pytest.FixtureRequest, make_run: Callable[..., Run], make_training_run: Callable[..., TrainingRun]
) -> Run:
    """A run of trainings that lacks something that a whole one has, or has too much of it."""
    eager, fused = "train/eager/env1", "train/fused/env1"
    times = {case: [[update_s] * 2] * 2 for case, update_s in ((eager, 0.25), (fused, 0.01))}
    one = make_training_run(fused, 0, 2.0)
    own = make_training_run(eager, 0, 60.0)
    replace, plan = msgspec.structs.replace, {"training": trained_from(0, 1)}
    empty = {"episode_steps": (), "episode_returns": (), "episode_seconds": (), "losses": ()}
    evil = f"={SCRIPT}|`a`\n\x1b[31m\ud800 $\\frac{{$ @team"
    runs: dict[str, Callable[[], Run]] = {
        "no runs": lambda: make_run(times),
        "one run": lambda: make_run({fused: times[fused]}, training_runs=[one], **plan),
        "one launch": lambda: make_run({case: own[:1] for case, own in times.items()}, training_runs=[one], **plan),
        "all failed": lambda: make_run(
            times,
            training_runs=[
                make_training_run(case, seed, 3.0, 64, "diverged", "not a number")
                for seed in (0, 1)
                for case in (eager, fused)
            ],
            **plan,
        ),
        "estimates and one run": lambda: make_run(times, training_runs=[one], parts={eager: {"act": 0.5}}, **plan),
        "stopped": lambda: make_run(
            times, training_runs=[make_training_run(eager, 0, 8.0, 64, "stopped", "too slow")], **plan
        ),
        "no episodes": lambda: make_run(
            times,
            training_runs=[
                replace(one, **empty),
                replace(own, ended="diverged", steps_to_target=None, seconds_to_target=None, **empty),
            ],
            **plan,
        ),
        "without eager": lambda: make_run({fused: times[fused]}, training_runs=[one], parts=PARTS, **plan),
        "withheld": lambda: make_run(
            times, outcomes={fused: CaseOutcome("disagrees", "it learns otherwise")}, training_runs=[one, own], **plan
        ),
        "no target": lambda: make_run(times, training=replace(trained_from(), target=None)),
        "hostile": lambda: make_run(
            {**times, f"train/{FORMULA_MODE}/env1": [[0.1, 0.1], [0.1, 0.2]], f"train/{TAG_MODE}/x": [[0.1], [0.1]]},
            training_runs=[
                make_training_run(f"train/{FORMULA_MODE}/env1", 0, 9.0, 64, "failed", evil),
                make_training_run(f"train/{FORMULA_MODE}/env1", 1, 9.0),
                make_training_run(f"train/{TAG_MODE}/x", 0, 9.0),
            ],
            parts={f"train/{FORMULA_MODE}/env1": {evil: 0.5, TAG_MODE: 0.5}},
            **plan,
        ),
        "huge returns": lambda: make_run(
            times,
            training_runs=[
                replace(one, episode_returns=(1e308, -1e308, 5.0, 6.0), losses=((None, 1e308), (-1e308, None)))
            ],
            **plan,
        ),
    }
    return runs[request.param]()


COLD = {
    "cold/eager/b1": ({"imports": 4.0, "model": 0.02, "prepare": 0.01, "first call": 0.03}, (0.005, 0.01, 0.01)),
    "cold/function/b1": ({"imports": 4.0, "model": 0.02, "first call": 0.204}, (0.004, 0.002, 0.002)),
    "cold/function-xla/b1": (
        {"imports": 4.0, "model": 0.02, "trace": 0.1, "first call": 0.5009},
        (0.001, 0.001, 0.001),
    ),
    "cold/function-xla+cache/b1": (
        {"imports": 4.0, "model": 0.02, "trace": 0.1, "first call": 0.1805},
        (0.001, 0.001, 0.001),
    ),
}
COUNTS = (
    Counts("traces/eager/forward-fixed", 10, None, 0),
    Counts("traces/eager/forward-shapes", 10, None, 0),
    Counts("traces/function/forward-fixed", 10, 1, 0),
    Counts("traces/function/forward-shapes", 10, 2, 0),
    Counts("traces/function-xla/forward-fixed", 10, 1, 1),
    Counts("traces/function-xla/forward-shapes", 10, 10, 10),
    Counts("traces/predict/forward-fixed", 10, 1, 0, 4),
)
FORKED_OUTCOMES = {
    "cold/predict/b1": CaseOutcome("out-of-memory", "killed above 8 GiB"),
    "memory/fused/b1": CaseOutcome("timed-out", "no word for 120 s"),
    "traces/predict/forward-shapes": CaseOutcome("unavailable", "takes no other shape"),
}


def uses(make_memory_use: Callable[..., MemoryUse], processes: int = 3) -> list[MemoryUse]:
    """Memory of a mode that is flat, of one that grows by 0.1 MB a call, and of one that made ten calls only."""
    return [
        use
        for process in range(processes)
        for use in (
            make_memory_use("memory/eager/b1", [20.0 + process] * 11),
            make_memory_use("memory/predict/b1", [30.0 + number for number in range(11)], peak_mb=35.0, objects=50),
            make_memory_use("memory/function/b1", [25.0, 25.0]),
        )
    ]


@pytest.fixture
def forked_run(make_forked_run: Callable[..., Run], make_memory_use: Callable[..., MemoryUse]) -> Run:
    """Cold starts in three exact processes, memory and traces; of each workload one case has nothing to show."""
    return make_forked_run(
        cold={case: [own] * 3 for case, own in COLD.items()},
        traces={"cold/function/b1": 1, "cold/function-xla/b1": 1, "cold/function-xla+cache/b1": 1},
        memory=uses(make_memory_use),
        counts=COUNTS,
        outcomes=FORKED_OUTCOMES,
    )


@pytest.fixture(
    params=[
        "only cold",
        "only memory",
        "only traces",
        "all failed",
        "one process",
        "one case each",
        "no later calls",
        "no eager",
        "no imports told",
        "sizes without words",
        "with races",
        "hostile",
        "no launches",
    ]
)
def degenerate_forked_run(
    request: pytest.FixtureRequest,
    make_forked_run: Callable[..., Run],
    make_memory_use: Callable[..., MemoryUse],
    typical_run: Run,
) -> Run:
    """Cases with a process each that lack something that a whole run has, or have too much of it."""
    cold = {case: [own] * 3 for case, own in COLD.items()}
    known = ["cold/eager/b1", "cold/function-xla/env1", "memory/eager/b1", "traces/eager/forward-fixed"]
    evil = f"={SCRIPT}|`a`\n\x1b[31m\ud800 $\\frac{{$ @team"
    eager = "cold/eager/b1"
    runs: dict[str, Callable[[], Run]] = {
        "only cold": lambda: make_forked_run(cold=cold),
        "only memory": lambda: make_forked_run(memory=uses(make_memory_use)),
        "only traces": lambda: make_forked_run(counts=COUNTS),
        "all failed": lambda: make_forked_run(outcomes=dict.fromkeys(known, CaseOutcome("failed", "it broke"))),
        "one process": lambda: make_forked_run(
            cold={case: own[:1] for case, own in cold.items()}, memory=uses(make_memory_use, 1), counts=COUNTS
        ),
        "one case each": lambda: make_forked_run(
            cold={eager: cold[eager]},
            memory=[make_memory_use("memory/eager/env1", [0.0])],
            counts=COUNTS[:1],
        ),
        "no later calls": lambda: make_forked_run(cold={case: [(own[0][0], ())] * 3 for case, own in cold.items()}),
        "no eager": lambda: make_forked_run(cold={case: own for case, own in cold.items() if case != eager}),
        "no imports told": lambda: make_forked_run(
            cold={case: [({"first call": 0.5}, (0.1, 0.1))] * 2 for case in cold}
        ),
        "sizes without words": lambda: make_forked_run(
            cold={f"cold/{mode}/x": cold[eager] for mode in ("eager", "numpy", "fused-jax+cache")},
            memory=[make_memory_use("memory/eager/y", [1.0, 2.0])],
            counts=[Counts("traces/eager/z", 0, 0, 0)],
        ),
        "with races": lambda: make_forked_run(
            cold=cold, memory=uses(make_memory_use), counts=COUNTS, outcomes=FORKED_OUTCOMES, run=typical_run
        ),
        "hostile": lambda: make_forked_run(
            cold={**cold, f"cold/{FORMULA_MODE}/b1": cold[eager], f"cold/{TAG_MODE}+cache/b1": cold[eager]},
            memory=[make_memory_use(f"memory/{mode}/b1", [5.0] * 9) for mode in (FORMULA_MODE, TAG_MODE)],
            counts=[Counts(f"traces/{mode}/$\\frac{{$", 10, 10, 10) for mode in (FORMULA_MODE, TAG_MODE)],
            outcomes={
                f"{workload}/failing/{size}": CaseOutcome("failed", evil)
                for workload, size in (("cold", "b1"), ("memory", "b1"), ("traces", "$\\frac{$"), ("cold", TAG_MODE))
            },
        ),
        "no launches": lambda: msgspec.structs.replace(make_forked_run(cold=cold), launches=(), end=None),
    }
    return runs[request.param]()


def _without_samples(run: Run) -> Run:
    launches = tuple(Launch(one.index, one.seed, "crashed", 1.0, "killed by signal 9") for one in run.launches)
    return msgspec.structs.replace(run, launches=launches)


@pytest.fixture(
    params=[
        "one case",
        "one launch",
        "all failed",
        "some modes",
        "no eager",
        "eager failed",
        "no launches",
        "killed",
        "crashed launches",
        "no yardstick",
        "nothing planned",
        "unknown sizes",
    ]
)
def degenerate_run(request: pytest.FixtureRequest, make_run: Callable[..., Run]) -> Run:
    """A run that lacks something that a whole one has."""
    eager, function = "forward/eager/b100", "forward/function/b100"
    two = {eager: [[0.04, 0.05], [0.04, 0.05]], function: [[0.02, 0.03], [0.02, 0.02]]}
    failed = CaseOutcome("failed", "it broke")
    whole = make_run(two)

    def no_yardstick(sample: Sample) -> bool:
        return not sample.case.startswith("yardstick/")

    runs: dict[str, Callable[[], Run]] = {
        "one case": lambda: make_run({eager: two[eager]}),
        "one launch": lambda: make_run({case: own[:1] for case, own in two.items()}),
        "all failed": lambda: make_run(two, outcomes={eager: failed, function: failed}),
        "some modes": lambda: make_run({**two, "forward/predict/b1": [[0.1, 0.1]]}),
        "no eager": lambda: make_run({function: two[function], "forward/numpy/b100": two[eager]}),
        "eager failed": lambda: make_run(two, outcomes={eager: failed}),
        "no launches": lambda: msgspec.structs.replace(whole, launches=(), end=None),
        "killed": lambda: make_run(two, end=None, launches=5),
        "crashed launches": lambda: _without_samples(whole),
        "no yardstick": lambda: msgspec.structs.replace(
            whole,
            launches=tuple(
                msgspec.structs.replace(one, samples=tuple(filter(no_yardstick, one.samples))) for one in whole.launches
            ),
        ),
        "nothing planned": lambda: msgspec.structs.replace(
            whole,
            launches=(),
            start=msgspec.structs.replace(
                whole.start, plan=msgspec.structs.replace(whole.start.plan, cases=()), flops={}
            ),
        ),
        "unknown sizes": lambda: make_run({f"other/{mode}/x2": [[0.1], [0.2]] for mode in ("eager", "function")}),
    }
    return runs[request.param]()


def hand_made_gate(
    changes: Mapping[str, float],
    *,
    rounds: int = 8,
    blocks: int = 5,
    control: float = 0.0,
    cases: Sequence[str] = (),
    **record: Any,
) -> GateRecord:
    """A live gate whose blocks are made of given changes and a little noise that is the same in every test.

    Args:
        changes: by case id, the logarithm of head over base.
        rounds: complete ones.
        blocks: of each case in each of them, the one that is not counted among them.
        control: logarithm of the second copy of base over base.
        cases: ids of cases that were planned and never begun.
        record: what differs from a common record.
    """
    good = CaseOutcome("ok", traces=1)
    order = (HEAD, BASE, CONTROL, CONTROL, BASE, HEAD)
    taken = []
    for number in range(rounds):
        made = []
        for place, (case, change) in enumerate(changes.items()):
            for block in range(blocks):
                noise = 0.01 * ((7 * number + 3 * block + place) % 9 - 4)
                base = 0.001 * (place + 1)
                times = {HEAD: base * math.exp(change + noise), BASE: base, CONTROL: base * math.exp(control)}
                made.append(Block(case, block, 4, order, tuple(times[side] for side in order)))
        outcomes = {side: dict.fromkeys(changes, good) for side in SIDES}
        taken.append(Round(number, 100 + number, tuple(changes), "complete", "", 9.5, 4.5, outcomes, {}, tuple(made)))
    planned = (*changes, *cases)
    settings: dict[str, Any] = {
        "schema_version": GATE_SCHEMA_VERSION,
        "eagerbench": "0.1.0",
        "started": "2026-01-02T03:04:05+00:00",
        "command": "eagerbench gate --base main",
        "base": SideRecord("main (1a2b3c4d5e6f)", "1a2b3c4d5e6f", None, {"python": "3.11.7", "keras": "3.15.1"}),
        "head": SideRecord("the working tree", None, None, {"python": "3.11.7", "keras": "3.15.1"}),
        "cases": planned,
        "vanished": (),
        "margins": dict.fromkeys(planned, 0.05),
        "env": "CartPole-v1",
        "seed": 0,
        "budget_s": 300.0,
        "machine": {"cpu": "Example CPU @ 2.00GHz", "cores": 2, "memory_bytes": 24 * 2**30},
        "rounds": tuple(taken),
        "ended": "decided",
        "seconds": 123.4,
    }
    return GateRecord(**{**settings, **record})


@pytest.fixture
def make_gate() -> Callable[..., GateRecord]:
    """See `hand_made_gate`."""
    return hand_made_gate


LIVE_CHANGES = {
    "forward/eager/b1": 0.0,
    "forward/function/b1": 0.01,
    "forward/function-xla/b100000": 0.2,
    "forward/predict/b100000": 0.06,
    "update/eager/b64": -0.12,
    "train/graph-v1/env1": -0.02,
}


@pytest.fixture
def live_gate() -> GateRecord:
    """Eight rounds of six cases: a regression, an undecided one, an improvement, three that pass."""
    return hand_made_gate(LIVE_CHANGES)


@pytest.fixture
def stored_judgement() -> Judgement:
    """A gate on stored results with every verdict in it."""
    cases = (
        CaseVerdict("forward/eager/b1", "pass", "", 0.05, Change(1.01, 0.98, 1.04, 6), None, 4.2, 4.24, 120),
        CaseVerdict("forward/predict/b1", "improvement", "", 0.05, Change(0.8, 0.75, 0.85, 6), None, 30.0, 24.0, 60),
        CaseVerdict(
            "forward/numpy/b1", "inconclusive", "3 launches", 0.05, Change(1.02, None, None, 3), None, 0.1, 0.1
        ),
        CaseVerdict(
            "update/eager/b64",
            "regression",
            "traces: 10, was 1",
            0.1,
            Change(1.0, 0.99, 1.01, 6),
            None,
            1.0,
            1.0,
            counts=(("traces", "1", "10"),),
        ),
        CaseVerdict("forward/graph-v1/b1", "missing", "head: failed: it broke", 0.05),
        CaseVerdict("forward/saved-model/b1", "not comparable", "flops: 10 against 20", 0.05),
        CaseVerdict("forward/fused/b1", "new", "only in head", 0.05),
        CaseVerdict("forward/fused-jax/b1", "unavailable", "no jax here", 0.05),
    )
    return Judgement(
        "stored",
        "regression",
        "1 of 8 cases got worse",
        "baseline 0003",
        "results.json",
        cases,
        reference="function",
        notes=("forward/function/b1 is what others are held against",),
    )


HOSTILE = f"=cmd()|`a`*b*{SCRIPT}\n\r\x1b[31m\x00\ud800\ufffe@team ]]>&"


@pytest.fixture
def hostile_judgement() -> Judgement:
    """Every text that may come from a file is a script, a formula, a table's end and no XML, all at once."""
    case = f"forward/{HOSTILE}/b1"
    return Judgement(
        "live",
        "regression",
        HOSTILE,
        HOSTILE,
        HOSTILE,
        (
            CaseVerdict(
                case, "regression", HOSTILE, 0.05, Change(1.2, 1.1, 1.3, 8), counts=((HOSTILE, HOSTILE, HOSTILE),)
            ),
            CaseVerdict(case + "0", "pass", HOSTILE, 0.05, Change(1.0, 0.99, 1.01, 8)),
        ),
        Change(1.0, 0.99, 1.01, 8),
        notes=(HOSTILE,),
        seconds=12.0,
        rounds=8,
    )


@pytest.fixture(params=["no cases", "one case", "all unavailable", "too few rounds", "interrupted", "failed"])
def degenerate_gate(request: pytest.FixtureRequest) -> tuple[Judgement, GateRecord]:
    """A live gate that lacks something that a whole one has, and what it says."""
    one = {"forward/eager/b1": 0.0}
    whole = hand_made_gate(one)
    away = {side: dict.fromkeys(one, CaseOutcome("unavailable", "not here")) for side in SIDES}
    records: dict[str, Callable[[], GateRecord]] = {
        "no cases": lambda: hand_made_gate({}, rounds=0),
        "one case": lambda: whole,
        "all unavailable": lambda: msgspec.structs.replace(
            whole,
            rounds=tuple(msgspec.structs.replace(taken, blocks=(), outcomes=away) for taken in whole.rounds),
        ),
        "too few rounds": lambda: hand_made_gate(one, rounds=2, ended="budget"),
        "interrupted": lambda: hand_made_gate(one, rounds=1, cases=("forward/function/b1",), ended="interrupted"),
        "failed": lambda: hand_made_gate(one, rounds=0, ended="failed", reason="base: No module named 'keras'"),
    }
    record = records[request.param]()
    return judge_live(record), record


def hand_made_cases(count: int, verdict: Verdict = "pass") -> tuple[CaseVerdict, ...]:
    """Cases of one verdict, each with a change, a control and a reason of its own."""
    return tuple(
        CaseVerdict(
            f"forward/{verdict.replace(' ', '-')}/b{number + 1}",
            verdict,
            f"what is said of number {number}",
            0.05,
            Change(1 + number / 1e6, 0.98, 1.03, 8),
            Change(1.0, 0.99, 1.01, 8),
            0.001,
            0.001,
            40,
        )
        for number in range(count)
    )


@pytest.fixture
def make_cases() -> Callable[..., tuple[CaseVerdict, ...]]:
    """See `hand_made_cases`."""
    return hand_made_cases


_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class Tab:
    """A page in a browser, and what went on while it was open.

    Attributes:
        page: as Playwright drives it.
        console: what the page wrote to the console.
        errors: what its scripts raised.
        requests: addresses that it asked for, but the page itself and what is inside of it.
    """

    def __init__(self, context: Any, file: Path) -> None:
        self.console: list[str] = []
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page = context.new_page()
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url, file.as_uri()))
        self.page.goto(file.as_uri())

    def _note(self, address: str, own: str) -> None:
        if not address.startswith("data:") and address.partition("#")[0] != own:
            self.requests.append(address)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium or Chrome, driven by Playwright."""
    driver = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(_BROWSERS)} is on the path")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # root has none
    with driver.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=sandbox)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Tab]]:
    """Opens a file; further arguments are Playwright's for a context, such as ``color_scheme``."""
    contexts = []

    def opened(file: Path, width: int = 1280, height: int = 900, **options: Any) -> Tab:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        return Tab(contexts[-1], file)

    yield opened
    for context in contexts:
        context.close()
