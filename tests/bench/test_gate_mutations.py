"""Damaged and altered results files against the real command: never a traceback, and never a verdict that is wrong.

Thousands of mutations of a valid file, each given to ``eagerbench gate`` as base or as head. Where it ends with 0 or 1,
that must be what an independent recomputation says: it reads the JSON by itself, goes through all pairs of launches by
itself, and knows by heart that four launches against four are bounded by the extremes of all pairs, and fewer by
nothing.
"""

import copy
import json
import math
import random
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eagerbench import cli
from eagerbench.results import Counts, Run, results_json

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")

MakeRun = Callable[..., Run]
Document = dict[str, Any]
Mutation = Callable[[Document, random.Random], None]

FACTORS = {"function": 1.0, "eager": 4.0, "predict": 100.0, "numpy": 0.5}
SPEEDS, NOISE = (1.0, 2.0, 0.5, 1.25), (1.0, 1.01, 0.99, 1.02)
EXAMPLES = 2400
DRAWN = 60  # one in so many is rendered with its figures, which take longest

ODD_VALUES: tuple[Any, ...] = (
    *(math.nan, math.inf, -math.inf, -1, 0, 1, 3, 10**400, 10**5000, 2**63, 1e308, 5e-324, 0.5),
    *("", "<script>alert(1)</script>\n\x1b[31m|`", "3", "ok", "failed", None, True, [], {}, [[[[1]]]]),
)


def valid(make_run: MakeRun, make_forked_run: MakeRun) -> Document:
    """What `results.json` holds of four launches, with counts."""
    times = {
        f"forward/{mode}/b1": [
            [factor * SPEEDS[launch] * (1.0 if mode == "function" else NOISE[launch]) * own for own in (0.9, 1.0, 1.5)]
            for launch in range(4)
        ]
        for mode, factor in FACTORS.items()
    }
    run = make_forked_run(counts=[Counts("traces/predict/forward-fixed", 10, 1, 0, 4)], run=make_run(times))
    found: Document = json.loads(results_json({"benchmarks": [{"name": "x"}]}, run))
    return found


# Mutations. Each changes a document in place, or its bytes.


def _place(document: Document, chance: random.Random) -> tuple[Any, Any]:
    """A container somewhere in our section and a key in it; the higher up, the likelier."""
    container: Any = document
    key: Any = "eagerbench"
    while (
        isinstance(container[key], dict | list) and container[key] and (chance.random() < 0.85 or key == "eagerbench")
    ):
        container = container[key]
        key = chance.choice(list(container)) if isinstance(container, dict) else chance.randrange(len(container))
    return container, key


def delete(document: Document, chance: random.Random) -> None:
    """A key or an item."""
    container, key = _place(document, chance)
    del container[key]


def duplicate(document: Document, chance: random.Random) -> None:
    """An item of a list, or a value under another key of the same table."""
    container, key = _place(document, chance)
    if isinstance(container, list):
        container.insert(chance.randrange(len(container) + 1), copy.deepcopy(container[key]))
    else:
        container[chance.choice(list(container))] = copy.deepcopy(container[key])


def rename(document: Document, chance: random.Random) -> None:
    """A key, or a text."""
    container, key = _place(document, chance)
    if isinstance(container, dict):
        container[f"{key}x"] = container.pop(key)
    elif isinstance(container[key], str):
        container[key] += "x"


def rename_case(document: Document, chance: random.Random) -> None:
    """Everywhere, so that the file stays whole."""
    case = chance.choice(list(document["eagerbench"]["start"]["plan"]["cases"]))
    text = json.dumps(document["eagerbench"]).replace(case, chance.choice([case + "2", "forward/saved-model/b1"]))
    document["eagerbench"] = json.loads(text)


def set_odd(document: Document, chance: random.Random) -> None:
    """Any value to something that it is not."""
    container, key = _place(document, chance)
    container[key] = chance.choice(ODD_VALUES)


def scale_times(document: Document, chance: random.Random) -> None:
    """Of one case in some launches or in all: a real slowdown or speed-up."""
    case = chance.choice(list(document["eagerbench"]["start"]["plan"]["cases"]))
    factor, share = chance.choice([0.1, 0.5, 0.97, 1.03, 1.06, 1.2, 2, 1e9, -1, 1e300]), chance.choice([0.5, 1.0])
    for launch in document["eagerbench"]["launches"]:
        if chance.random() < share:
            for sample in launch["samples"]:
                if sample["case"] == case:
                    sample["wall_s"] *= factor


def swap_cases(document: Document, chance: random.Random) -> None:
    """The times of two cases, in some launches."""
    first, second = chance.sample(list(document["eagerbench"]["start"]["plan"]["cases"]), 2)
    names = {first: second, second: first}
    for launch in document["eagerbench"]["launches"]:
        if chance.random() < 0.7:
            for sample in launch["samples"]:
                sample["case"] = names.get(sample["case"], sample["case"])


def change_machine(document: Document, chance: random.Random) -> None:
    """A fact of the fingerprint."""
    machine = document["eagerbench"]["start"]["machine"]
    machine[chance.choice([*machine, "cores_logical"])] = chance.choice(ODD_VALUES)


def change_outcome(document: Document, chance: random.Random) -> None:
    """What a launch says of a case: status, parity, traces, threads."""
    launch = chance.choice(document["eagerbench"]["launches"])
    outcome = launch["cases"][chance.choice(list(launch["cases"]))]
    change = chance.randrange(4)
    if change == 0:
        outcome["status"] = chance.choice(["failed", "disagrees", "retraced", "unavailable", "ok"])
    elif change == 1:
        outcome["traces"] = chance.choice([None, 0, 1, 7])
    elif change == 2:
        outcome["parity"] = chance.choice([None, {**(outcome["parity"] or {}), "passed": False}])
    else:
        outcome["resolved"]["intra_op_threads"] = chance.choice([1, 2])


MUTATIONS: tuple[Mutation, ...] = (
    delete,
    duplicate,
    rename,
    rename_case,
    set_odd,
    scale_times,
    swap_cases,
    change_machine,
    change_outcome,
)


def cut(content: bytes, chance: random.Random) -> bytes:
    """Anywhere."""
    return content[: chance.randrange(len(content))]


def flip(content: bytes, chance: random.Random) -> bytes:
    """One bit of a few bytes."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def write_twice(content: bytes, chance: random.Random) -> bytes:
    """A key of every table of its kind, the second time with another value."""
    key = chance.choice([b'"wall_s": ', b'"status": ', b'"launches": ', b'"cpu": '])
    return content.replace(key, key + b"0, " + key)


def as_it_is(content: bytes, chance: random.Random) -> bytes:  # noqa: ARG001 - has the form of the others
    """No damage to the bytes."""
    return content


# The recomputation.


def _outcomes(section: Document, case: str) -> list[Document]:
    return [launch["cases"][case] for launch in section["launches"] if case in launch.get("cases", {})]


def _is_ok(section: Document, case: str) -> bool:
    found = _outcomes(section, case)
    measured = any(
        sample["case"] == case and sample["stage"] == "steady"
        for launch in section["launches"]
        for sample in launch.get("samples", ())
    ) or any(own["case"] == case for launch in section["launches"] for own in launch.get("counts", ()))
    return measured and all(outcome["status"] == "ok" for outcome in found)


def _logs(section: Document, case: str) -> list[float]:
    found = []
    for launch in section["launches"]:
        if launch["ended"] != "complete" or launch.get("kind", "race") != "race":
            continue
        medians = []
        for name in (case, "forward/function/b1"):
            own = [
                sample["wall_s"] / sample["calls"]
                for sample in launch.get("samples", ())
                if sample["case"] == name and sample["stage"] == "steady"
            ]
            if own and launch.get("cases", {}).get(name, {}).get("status") == "ok":
                medians.append(statistics.median(own))
        if len(medians) == 2:
            found.append(math.log(medians[0] / medians[1]))
    return found


def _worse(base: Document, head: Document, case: str) -> bool:
    """Whether a count got worse."""
    traces = [
        max((own["traces"] for own in _outcomes(section, case) if own.get("traces") is not None), default=0)
        for section in (base, head)
    ]
    counts = [
        [own for launch in section["launches"] for own in launch.get("counts", ()) if own["case"] == case]
        for section in (base, head)
    ]
    more = bool(counts[0] and counts[1]) and any(
        (counts[1][-1].get(name) or 0) > (counts[0][-1].get(name) or 0) for name in ("traces", "compiles", "steps")
    )
    checked = [
        [own["parity"]["passed"] for own in _outcomes(section, case) if own.get("parity")] for section in (base, head)
    ]
    unchecked = (bool(checked[0]) and all(checked[0]) and not checked[1]) or not all(checked[1])
    return traces[1] > traces[0] or more or unchecked


def _fits(base: Document, head: Document) -> bool:
    """Whether the two may be compared at all."""
    machines = [section["start"]["machine"] for section in (base, head)]
    facts = ("cpu", "cores", "cores_logical", "cores_usable", "packages", "environment")
    whole = all(
        (section.get("end") or {}).get("outcome") == "complete"
        and sum(one["ended"] == "complete" and one.get("kind", "race") == "race" for one in section["launches"])
        >= section["start"]["plan"]["launches"]
        for section in (base, head)
    )
    return whole and all(machines[0].get(fact) == machines[1].get(fact) for fact in facts)


def recomputed(base: Document, head: Document) -> dict[str, str]:
    """What is to be said of each case that base has: pass, red, or nothing."""
    said = {}
    for case in base["start"]["plan"]["cases"]:
        if not _is_ok(base, case):
            continue
        if not _is_ok(head, case):
            said[case] = "nothing"
        elif _worse(base, head, case):
            said[case] = "red"
        elif not case.startswith("forward/"):
            said[case] = "pass"
        elif case != "forward/function/b1":
            before, after = _logs(base, case), _logs(head, case)
            changes = [math.exp(late - early) for early in before for late in after]
            bounded = len(before) == len(after) == 4
            said[case] = (
                "red" if bounded and min(changes) > 1.05 else "pass" if bounded and max(changes) < 1.05 else "nothing"
            )
    return said


def test_no_mutation_gives_a_traceback_or_a_wrong_verdict(
    make_run: MakeRun,
    make_forked_run: MakeRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit codes 2, 3 and 4, or 0 and 1 where the recomputation says so too; all five of them are met."""
    from eagerbench.reports.gate import render as gate_render

    monkeypatch.chdir(tmp_path)
    document = valid(make_run, make_forked_run)
    original = tmp_path / "valid.json"
    original.write_text(json.dumps(document))
    mutated = tmp_path / "mutated.json"
    draw = gate_render.gate_pictures
    number = 0
    monkeypatch.setattr(gate_render, "gate_pictures", lambda *given: draw(*given) if number % DRAWN == 0 else [])
    met: dict[int, int] = {}

    @hypothesis.settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None)
    @hypothesis.given(
        hypothesis.strategies.lists(hypothesis.strategies.sampled_from(MUTATIONS), max_size=3),
        hypothesis.strategies.sampled_from((as_it_is, as_it_is, as_it_is, as_it_is, cut, flip, write_twice)),
        hypothesis.strategies.integers(0, 2**32),
        hypothesis.strategies.booleans(),
    )
    def check(mutations: list[Mutation], damage: Callable[..., bytes], seed: int, is_head: bool) -> None:
        nonlocal number
        number += 1
        chance = random.Random(seed)
        changed = copy.deepcopy(document)
        for mutate in mutations:
            try:
                mutate(changed, chance)
            except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError):
                break  # an earlier one left nothing that this one could change
        mutated.write_bytes(damage(_dumped(changed), chance))
        files = (original, mutated) if is_head else (mutated, original)
        code = cli.main(["gate", *map(str, files), "--report-dir", str(tmp_path / "report")])
        told = capsys.readouterr()
        met[code] = met.get(code, 0) + 1
        assert "Traceback" not in told.out + told.err
        if code == 2:
            assert told.err.startswith("eagerbench: error: ")
            assert len(told.err.splitlines()) == 1
        if code in {0, 1}:
            base, head = (json.loads(path.read_bytes())["eagerbench"] for path in files)
            said = recomputed(base, head)
            assert _fits(base, head)
            assert "red" in said.values() if code == 1 else set(said.values()) == {"pass"}

    check()
    assert number >= 2000
    assert met.keys() == {0, 1, 2, 3, 4}


def _dumped(document: Document) -> bytes:
    """As JSON, numbers of any length among it."""
    import sys

    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(document, indent=1).encode()
    finally:
        sys.set_int_max_str_digits(limit)
