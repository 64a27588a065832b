"""Every number that a report prints, computed once more from ``results.json`` by code that shares nothing with ours.

The left side is NumPy and SciPy on plain JSON, the right side what a reader sees: cells of the page's tables and of
``summary.md``, sentences, and ``summary.csv``. A cell is held against a pattern and as many numbers as it prints: a
number that nothing here computes fails the test, and so does a column that nothing here knows.
"""

import csv
import itertools
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import numpy as np
import pytest
from scipy import stats

from eagerbench import Run
from eagerbench.models.a2c import ARTICLE, RELIABLE
from eagerbench.reports import render
from eagerbench.results import Counts, MemoryUse, Model, Training, TrainingRun, read_run, results_json

MEASURED = Path(__file__).parent.parent / "data" / "results.json"

# ---------------------------------------------------------------------------------------------------------------------
# What the file says, computed once more.


@dataclass(frozen=True)
class Spread:
    """A value and both ends of its interval; None where one launch can't give any."""

    value: float
    low: float | None
    high: float | None

    def times(self, factor: float) -> "Spread":
        """The spread of a multiple."""
        return Spread(
            self.value * factor,
            None if self.low is None else self.low * factor,
            None if self.high is None else self.high * factor,
        )

    def inverse(self) -> "Spread":
        """The spread of one over it."""
        return Spread(
            1 / self.value, None if self.high is None else 1 / self.high, None if self.low is None else 1 / self.low
        )


def student(values: Iterable[float]) -> Spread:
    """Mean and 95 % Student-t interval."""
    own = np.fromiter(values, float)
    if own.size == 1:
        return Spread(float(own[0]), None, None)
    middle, error = float(own.mean()), stats.sem(own)
    low, high = (middle, middle) if error == 0 else stats.t.interval(0.95, own.size - 1, loc=middle, scale=error)
    return Spread(middle, float(low), float(high))


def geometric(values: Iterable[float]) -> Spread:
    """The same on logarithms."""
    own = student(np.log(np.fromiter(values, float)))
    return Spread(*(None if end is None else math.exp(end) for end in (own.value, own.low, own.high)))  # type: ignore[arg-type]


def paired(one: Mapping[int, float], other: Mapping[int, float]) -> Spread | None:
    """Ratio inside launches, then over launches."""
    common = sorted(set(one) & set(other))
    return geometric(one[launch] / other[launch] for launch in common) if common else None


def crossing(
    cold: Mapping[int, float],
    warm: Mapping[int, float],
    other_cold: Mapping[int, float],
    other_warm: Mapping[int, float],
) -> tuple[str, Spread | None]:
    """Kind and number of calls of a break-even, with Fieller's interval as the roots of his quadratic."""
    common = sorted(set(cold) & set(warm) & set(other_cold) & set(other_warm))
    if len(common) < 2:
        return "undecided", None
    debts = np.array([cold[launch] - other_cold[launch] for launch in common])
    gains = np.array([other_warm[launch] - warm[launch] for launch in common])
    (dd, dg), (_, gg) = np.cov(debts, gains) * stats.t.ppf(0.975, len(common) - 1) ** 2 / len(common)
    debt, gain = debts.mean(), gains.mean()
    if gain**2 <= gg:
        return "undecided", None
    low, high = sorted(np.roots([gain**2 - gg, -2 * (debt * gain - dg), debt**2 - dd]).real)
    if high <= 0:
        return ("always" if gain > 0 else "never"), None
    return ("after" if gain > 0 else "until"), Spread(1 + max(0, debt / gain), 1 + max(0, low), 1 + high)


class Again:
    """The ``eagerbench`` section of a results file, and what follows from it."""

    def __init__(self, section: dict[str, Any]) -> None:
        self.plan = section["start"]["plan"]
        self.start = section["start"]
        self.launches = section["launches"]
        self.cases: list[str] = list(self.plan["cases"])
        self.samples: dict[tuple[str, str], dict[int, list[dict[str, Any]]]] = {}
        for launch in self.launches:
            for sample in launch.get("samples", ()):
                own = self.samples.setdefault((sample["case"], sample["stage"]), {})
                own.setdefault(launch["index"], []).append(sample)

    def outcomes(self, case: str, kinds: Sequence[str] = ()) -> list[dict[str, Any]]:
        """What launches say of a case."""
        return [
            launch["cases"][case]
            for launch in self.launches
            if case in launch.get("cases", {}) and (not kinds or launch.get("kind", "race") in kinds)
        ]

    def status(self, case: str) -> str:
        """``ok``, or the first reason against it."""
        bad = [one["status"] for one in self.outcomes(case) if one["status"] != "ok"]
        measured = (
            self.warm(case)
            or (case.startswith("cold/") and self.cold(case))
            or any(use["case"] == case for use in self.memory())
            or any(own["case"] == case for own in self.counts())
        )
        return bad[0] if bad else "ok" if measured else "failed"

    def memory(self) -> list[dict[str, Any]]:
        """Every process whose memory was watched."""
        return [use for launch in self.launches for use in launch.get("memory", ())]

    def counts(self) -> list[dict[str, Any]]:
        """Everything counted."""
        return [own for launch in self.launches for own in launch.get("counts", ())]

    def medians(self, case: str, stage: str) -> dict[int, float]:
        """Seconds of one call, by launch."""
        return {
            launch: float(np.median([one["wall_s"] / one["calls"] for one in own]))
            for launch, own in self.samples.get((case, stage), {}).items()
        }

    def warm(self, case: str) -> dict[int, float]:
        """Of steady calls."""
        return self.medians(case, "steady")

    def cold(self, case: str) -> dict[int, float]:
        """Of first calls."""
        return self.medians(case, "cold")

    def timed(self, case: str) -> bool:
        """Whether it has times that count."""
        return self.status(case) == "ok" and bool(self.warm(case))

    def time(self, case: str) -> Spread | None:
        """Seconds of a call."""
        return geometric(self.warm(case).values()) if self.timed(case) else None

    def first(self, case: str) -> Spread | None:
        """Seconds of the first call."""
        return geometric(self.cold(case).values()) if self.status(case) == "ok" and self.cold(case) else None

    def eager(self, case: str) -> str | None:
        """The case that it is held against."""
        workload, mode, size = case.split("/")
        other = f"{workload}/eager/{size}"
        return other if mode != "eager" and other in self.cases and self.status(other) == "ok" else None

    def speedup(self, case: str) -> Spread | None:
        """How many times faster than eager; None without an interval, too."""
        eager = self.eager(case)
        found = paired(self.warm(eager), self.warm(case)) if eager and self.timed(case) else None
        return found if found and found.low is not None else None

    def pays_back(self, case: str) -> tuple[str, Spread | None] | None:
        """Its break-even with eager."""
        eager = self.eager(case)
        if not eager or not self.timed(case):
            return None
        return crossing(self.cold(case), self.warm(case), self.cold(eager), self.warm(eager))

    def cpu(self, case: str, name: str) -> float | None:
        """CPU seconds of a call, mean over launches."""
        if not self.timed(case):
            return None
        return float(
            np.mean(
                [
                    sum(one[name] for one in own) / sum(one["calls"] for one in own)
                    for own in self.samples[case, "steady"].values()
                ]
            )
        )

    def sgemm(self) -> Spread | None:
        """Floating-point operations a second of the yardstick."""
        own = self.warm("yardstick/sgemm/n2048")
        return geometric(own.values()).inverse().times(2 * 2048**3) if own else None

    def steps(self) -> int:
        """Environment steps of one update."""
        training = self.plan["training"]
        return int(training["timed"]["steps"] * training["envs"])

    def rate(self, case: str) -> Spread | None:
        """Environment steps a second."""
        own = self.time(case)
        return own.times(1 / self.steps()).inverse() if own and case.startswith("train/") else None

    def parity(self, case: str) -> dict[str, Any] | None:
        """The first disagreement, else the first of all."""
        told = [one["parity"] for one in self.outcomes(case) if one.get("parity")]
        return next((one for one in told if not one["passed"]), told[0] if told else None)

    def traces(self, case: str) -> int | None:
        """The most of any launch."""
        told = [one.get("traces") for one in self.outcomes(case, ("race", "cold", "memory", "count", "fill"))]
        known = [count for count in told if count is not None]
        return max(known) if known else None

    def group(self, workload: str, size: str) -> list[str]:
        """Cases of a group."""
        return [case for case in self.cases if case.startswith(f"{workload}/") and case.endswith(f"/{size}")]

    # Cold starts.

    def starts(self, case: str) -> "Starts | None":
        """What its processes took."""
        if not case.startswith("cold/") or self.status(case) != "ok":
            return None
        own: dict[int, list[dict[str, Any]]] = {}
        for stage in ("cold", "warmup", "steady"):
            for launch, samples in self.samples.get((case, stage), {}).items():
                own.setdefault(launch, []).extend(samples)
        found = Starts(self, case)
        for launch, samples in own.items():
            begun, *later = sorted(samples, key=lambda one: int(one["position"]))
            if begun["stage"] == "cold":
                found.add(launch, begun, later)
        return found if found.total else None

    # Memory.

    def memory_of(self, case: str) -> dict[str, Any] | None:
        """What a case's processes took, in megabytes."""
        uses = [use for use in self.memory() if use["case"] == case]
        if not uses or self.status(case) != "ok":
            return None

        def above(name: str) -> Spread:
            return student(max(0.0, (use[name] - use["baseline_bytes"]) / 1e6) for use in uses)

        slopes = [slope for use in uses if (slope := self.slope(use)) is not None]
        risen = min((use["last_bytes"] - use["first_bytes"]) / 1e6 for use in uses)
        slope = student(slopes) if slopes else None
        verdict = "unclear"
        if slope and slope.low is not None and slope.high is not None:
            verdict = "grows" if slope.low > 0.1 and risen > 1 else "flat" if slope.high <= 0.1 else "unclear"
        objects = [1000 * (use["last_objects"] - use["first_objects"]) / use["calls"] for use in uses if use["calls"]]
        return {
            "baseline": float(np.mean([use["baseline_bytes"] / 1e6 for use in uses])),
            "first": above("first_peak_bytes"),
            "last": above("last_peak_bytes"),
            "outside": above("sampled_peak_bytes"),
            "kept": above("last_bytes"),
            "slope": slope,
            "objects": student(objects) if objects else None,
            "calls": min(use["calls"] for use in uses),
            "processes": len(uses),
            "verdict": verdict,
        }

    @staticmethod
    def slope(use: dict[str, Any]) -> float | None:
        """Megabytes in 1,000 calls: median over pairs of readings of the second half."""
        readings = [(calls, size) for calls, size in use["checkpoints"] if calls >= use["calls"] / 2]
        if use["calls"] < 50 or len(readings) < 2:
            return None
        pairs = itertools.combinations(readings, 2)
        return float(np.median([(size - before) / (calls - made) for (made, before), (calls, size) in pairs])) / 1000

    # Runs to the target.

    def runs(self) -> list[dict[str, Any]]:
        """Every run to the target."""
        return [own for launch in self.launches for own in launch.get("runs", ())]

    def target(self, case: str) -> dict[str, Any] | None:
        """What its runs to the target show."""
        runs = [own for own in self.runs() if own["case"] == case]
        if not self.runs() or not (runs or self.rate(case)):
            return None
        seeds = list(self.plan["training"]["seeds"])
        solved = {own["seed"]: own for own in runs if own["ended"] == "solved"}
        failed = {own["seed"] for own in runs if own["ended"] not in {"solved", "stopped"}}
        others: dict[int, list[int]] = {}
        for own in self.runs():
            if own["case"] != case and own["steps_to_target"]:
                others.setdefault(own["seed"], []).append(own["steps_to_target"])
        elsewhere = {seed: float(stats.gmean(steps)) for seed, steps in others.items()}
        steps = {seed: float(own["steps_to_target"]) for seed, own in solved.items()}
        seconds = {seed: float(own["seconds_to_target"]) for seed, own in solved.items()}
        luck = [steps[seed] / elsewhere[seed] for seed in steps if seed in elsewhere]
        missing = [seed for seed in seeds if seed not in solved and seed not in failed]
        rate = self.rate(case)
        if missing and (rate is None or not set(missing) <= set(elsewhere)):
            seconds, missing = {}, []
        for seed in missing:
            assert rate
            steps[seed], seconds[seed] = elsewhere[seed], elsewhere[seed] / rate.value
        ordered = sorted(seconds.values())
        count = len(ordered) + len(failed)
        if not ordered or len(failed) > 1 or (failed and count < 3):
            kept = []
        else:
            kept = ordered if count < 3 else ordered[1:] if failed else ordered[1:-1]
        return {
            "runs": runs,
            "seeds": seeds,
            "solved": len(solved),
            "failed": [own for own in runs if own["ended"] not in {"solved", "stopped"}],
            "seconds": float(np.mean(kept)) if kept else None,
            "least": min(kept, default=None),
            "most": max(kept, default=None),
            "estimated": bool(missing),
            "steps": float(np.median(list(steps.values()))) if steps else None,
            "luck": geometric(luck) if luck else None,
        }


class Starts:
    """Cold starts of one case."""

    def __init__(self, of: Again, case: str) -> None:
        self.of, self.case = of, case
        self.total: dict[int, float] = {}
        self.after: dict[int, float] = {}
        self.second: dict[int, float] = {}
        self.later: dict[int, float] = {}
        self.parts: list[dict[str, float]] = []
        self.traced_before = False

    def add(self, launch: int, begun: dict[str, Any], later: list[dict[str, Any]]) -> None:
        """One process."""
        parts = begun.get("parts", {})
        self.total[launch] = begun["wall_s"]
        self.after[launch] = begun["wall_s"] - parts.get("imports", 0)
        self.traced_before |= any("trace" in own.get("parts", {}) for own in [begun, *later])
        calls = [own["wall_s"] / own["calls"] for own in later]
        steady = [own["wall_s"] / own["calls"] for own in later if own["stage"] == "steady"]
        first = parts.get("first call", 0)
        call = first
        if later:
            self.second[launch] = calls[0]
            self.later[launch] = float(np.median(steady or calls))
            call = min(first, self.later[launch])
        self.parts.append(
            {
                "imports": parts.get("imports", 0),
                "model": parts.get("model", 0),
                "trace": parts.get("prepare", 0) + parts.get("trace", 0),
                "compile": first - call,
                "call": call,
            }
        )

    def stage(self, name: str) -> float:
        """Mean over processes."""
        return float(np.mean([own[name] for own in self.parts]))

    @property
    def apart(self) -> bool:
        """Whether nothing was traced inside the first call."""
        traces = [one.get("traces") or 0 for one in self.of.outcomes(self.case, ("cold",))]
        return self.traced_before or not any(traces)

    def ahead(self, other: "Starts") -> tuple[str, Spread | None]:
        """When it is ahead of another."""
        return crossing(self.after, self.later, other.after, other.later)


# ---------------------------------------------------------------------------------------------------------------------
# What a reader sees, as a pattern and numbers.

_NUMBER = re.compile(r"(?<![\w.])([-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?)(?:\s?(ns|µs|ms|s|MB|×|%)(?![\w/]))?")
_SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}


@dataclass(frozen=True)
class Printed:
    """A number as it is printed.

    Attributes:
        value: in seconds, where it is a time.
        half: of the last digit that is printed.
        unit: behind it.
    """

    value: float
    half: float
    unit: str

    def shows(self, expected: float) -> bool:
        """Whether it is what that number is printed as; a whole number below 1,000 must be that very number."""
        return abs(self.value - expected) <= self.half * (1 + 1e-9) + 1e-12 * abs(expected)


def printed(text: str) -> tuple[str, list[Printed]]:
    """The text with # for each number, and the numbers."""
    found: list[Printed] = []
    scale, family = 1.0, ""

    def take(match: re.Match[str]) -> str:
        nonlocal scale, family
        digits, unit = match.group(1), match.group(2) or ""
        if unit:
            scale, family = _SECONDS.get(unit, 1.0), "s" if unit in _SECONDS else unit
        elif not text[: match.start()].endswith(("(", "–", " to ")):  # no end of an interval in the unit of its value
            scale, family = 1.0, ""
        mantissa, _, exponent = digits.partition("e")
        decimals = len(mantissa.partition(".")[2])
        whole = mantissa.replace(",", "").lstrip("+-")
        half = 0.5 * 10.0 ** (int(exponent or 0) - decimals)
        if not decimals and not exponent and len(whole) > 3 and not whole[3:].strip("0"):
            half *= 10.0 ** (len(whole) - 3)  # three significant digits
        found.append(Printed(float(digits.replace(",", "")) * scale, half * scale, family))
        return "#"

    return _NUMBER.sub(take, text), found


@dataclass(frozen=True)
class Told:
    """What must be printed: a pattern with # for each number, and the numbers."""

    pattern: str
    numbers: tuple[float, ...] = ()

    def __add__(self, other: "Told") -> "Told":
        return Told(self.pattern + other.pattern, self.numbers + other.numbers)

    def held_against(self, text: str, where: str) -> None:
        """Fail where anything else is printed."""
        pattern, numbers = printed(text)
        assert pattern == self.pattern, f"{where}: {text!r} should read {self.pattern!r} of {self.numbers}"
        for number, expected in zip(numbers, self.numbers, strict=True):
            assert number.shows(expected), f"{where}: {text!r} should tell {self.numbers}"


@dataclass(frozen=True)
class ToldCell:
    """A cell: what it says, what is said smaller, and what its tag says."""

    text: Told
    detail: Told = Told("")
    tag: str = ""

    @property
    def line(self) -> Told:
        """Both on one line, as Markdown has them."""
        return self.text + Told(" (") + self.detail + Told(")") if self.detail.pattern else self.text

    def held_against(self, cell: tuple[str, str, str], where: str) -> int:
        """Fail where the cell prints anything else; how many numbers it prints."""
        # Together, since an interval is told in the unit of its value.
        self.line.held_against(f"{cell[0]} ({cell[1]})" if cell[1] else cell[0], where)
        assert cell[2] == self.tag, f"{where}: {cell[2]!r} should be {self.tag!r}"
        return len(self.line.numbers)


ABSENT = ToldCell(Told("–"))


def literal(text: str) -> Told:
    """Text from the file, whose numbers are its own."""
    pattern, numbers = printed(text)
    return Told(pattern, tuple(number.value for number in numbers))


def limits(own: Spread | None) -> Told:
    """An interval of a time or a rate; one that reaches more than a hundred times from its value is told as that."""
    if own is None or own.low is None or own.high is None:
        return Told("")
    if own.low < own.value / 100 or own.high > own.value * 100:
        return Told("over # either way", (100.0,))
    return Told("#–#", (own.low, own.high))


def ratio_limits(own: Spread | None) -> Told:
    """An interval of a ratio: no farther than a hundred times from 1, if it holds 1, or beyond the value."""
    if own is None or own.low is None or own.high is None:
        return Told("")
    decided = own.low > 1 or own.high < 1
    least = 0.0 if own.low > 1 else 0.01 * (own.value if decided else 1)
    most = math.inf if own.high < 1 else 100 * (own.value if decided else 1)
    if least <= own.low and own.high <= most:
        return Told("#–#", (own.low, own.high))
    pattern = f"{'below ' if own.low < least else ''}# to {'above ' if own.high > most else ''}#"
    return Told(pattern, (max(own.low, least), min(own.high, most)))


def quantity(own: Spread | None) -> ToldCell:
    """A time or a rate with its interval."""
    return ABSENT if own is None else ToldCell(Told("#", (own.value,)), limits(own))


def memory_quantity(own: Spread | None) -> ToldCell:
    """A number of megabytes or objects, which may be negative, with its interval."""
    if own is None:
        return ABSENT
    if own.low is None or own.high is None:
        return ToldCell(Told("#", (own.value,)))
    return ToldCell(Told("#", (own.value,)), Told(f"#{' to ' if own.low < 0 else '–'}#", (own.low, own.high)))


def withheld(status: str) -> ToldCell:
    words = {
        "disagrees": "disagrees with the reference",
        "retraced": "traced again while timing",
        "timed-out": "timed out",
        "out-of-memory": "out of memory",
        "unavailable": "can't run here",
    }
    return ToldCell(Told("none" if status == "unavailable" else "withheld"), Told(words.get(status, status)))


def comparison(own: Spread | None) -> ToldCell:
    """A speed-up in words."""
    if own is None or own.low is None or own.high is None:
        return ABSENT
    if own.low > 1:
        return ToldCell(Told("# faster", (own.value,)), ratio_limits(own))
    if own.high < 1:
        return ToldCell(Told("# slower", (1 / own.value,)), ratio_limits(own.inverse()))
    return ToldCell(Told("no difference shown"), ratio_limits(own))


def paid_back(own: tuple[str, Spread | None] | None, call: str = "call") -> ToldCell:
    """A break-even in words; calls are whole."""
    if own is None:
        return ABSENT
    kind, calls = own
    if calls is None:
        return ToldCell(Told(f"from the first {call}" if kind == "always" else kind))
    turn = math.ceil if kind == "after" else math.floor
    ends = (calls.value, calls.low or 0.0, calls.high or 0.0)
    value, low, high = (max(1, turn(end)) for end in ends)
    detail = Told("") if value == low == high else Told("#–#", (low, high))
    if kind == "after":
        return ToldCell(Told(f"after # {call}{'s' if value > 1 else ''}", (value,)), detail)
    first = Told(f"the first {call} only") if value == 1 else Told(f"the first # {call}s only", (value,))
    return ToldCell(Told("ahead for ") + first, detail)


# ---------------------------------------------------------------------------------------------------------------------
# Which number stands in which column.

Column = Callable[[Again, str], ToldCell]


def _speed(again: Again, case: str) -> ToldCell:
    own = again.rate(case) if case.startswith("train/") else again.time(case)
    return quantity(own) if own else withheld(again.status(case))


def _against(again: Again, case: str) -> ToldCell:
    if case.split("/")[1] == "eager" and again.timed(case):
        return ToldCell(Told("the reference"))
    return comparison(again.speedup(case))


def _cpu(again: Again, case: str) -> ToldCell:
    user, system = again.cpu(case, "user_s"), again.cpu(case, "sys_s")
    if user is None or system is None:
        return ABSENT
    return ToldCell(Told("#", (user + system,)), Told("kernel #", (system,)))


def _parity(again: Again, case: str) -> ToldCell:
    own = again.parity(case)
    if own is None:
        return ABSENT
    error = own["largest_error"]
    return ToldCell(
        Told("agree" if own["passed"] else "disagree"),
        Told("error not a number") if error is None else Told("off by #", (error,)),
    )


def _time_to_target(again: Again, case: str) -> ToldCell:
    own = again.target(case)
    if own is None:
        return ABSENT
    failed = len(own["failed"])
    if own["seconds"] is None:
        void = failed > 1 or (failed > 0 and own["solved"] + failed >= len(own["seeds"]))
        return ToldCell(Told("void: # of # failed", (failed, len(own["runs"])))) if void else ABSENT
    text, between = Told("#", (own["seconds"],)), Told("# to #", (own["least"], own["most"]))
    several = own["least"] != own["most"]
    if own["estimated"]:
        return ToldCell(text, Told("estimate, ") + between if several else Told("estimate"))
    if several:
        return ToldCell(text, Told("kept runs ") + between)
    ended = own["solved"] + failed
    return ToldCell(text, Told("# of # runs kept", (1, ended)) if ended > 1 else Told(""))


def _solved(again: Again, case: str) -> ToldCell:
    own = again.target(case)
    if own is None or not own["runs"]:
        return ToldCell(Told("not run"))
    ends = [run["ended"] for run in own["runs"] if run["ended"] != "solved"]
    if ends.count("stopped") == len(own["runs"]):
        return ToldCell(Told("cut short"))
    told = [(ends.count(end), "cut short" if end == "stopped" else end) for end in sorted(set(ends))]
    left = len(own["seeds"]) - len(own["runs"])
    told += [(left, "not run")] if left > 0 else []
    return ToldCell(
        Told("# of #", (own["solved"], max(len(own["seeds"]), len(own["runs"])))),
        Told(", ".join(f"# {words}" for _, words in told), tuple(count for count, _ in told)),
    )


def _steps_to_target(again: Again, case: str) -> ToldCell:
    own = again.target(case)
    if own is None or own["steps"] is None:
        return ABSENT
    text = Told("#", (own["steps"],))
    if own["estimated"]:
        return ToldCell(text, Told("partly of other modes" if own["solved"] else "of other modes"))
    luck = own["luck"]
    if luck is None or luck.low is None:
        return ToldCell(text)
    return ToldCell(text, Told("# others, ", (luck.value,)) + ratio_limits(luck))


def _started(what: Callable[[Starts], ToldCell], *, first: bool = False) -> Column:
    def of(again: Again, case: str) -> ToldCell:
        own = again.starts(case)
        if own is None:
            return withheld(again.status(case)) if first else ABSENT
        return what(own)

    return of


def _stage(name: str) -> Column:
    def of(own: Starts) -> ToldCell:
        if name == "compile" and not own.later:
            return ToldCell(Told("–"), Told("in the call"))
        if name == "trace" and not own.apart and not own.stage(name):
            return ABSENT
        return ToldCell(
            Told("#", (own.stage(name),)), Told("with tracing" if name == "compile" and not own.apart else "")
        )

    return _started(of)


def _cold_traces(again: Again, case: str) -> ToldCell:
    own = again.traces(case)
    return ABSENT if own is None else ToldCell(Told("#", (own,)))


def _ahead_of_eager(call: str) -> Column:
    def of(again: Again, case: str) -> ToldCell:
        _, mode, size = case.split("/")
        own, eager = again.starts(case), again.starts(f"cold/eager/{size}")
        return ABSENT if own is None or eager is None or mode == "eager" else _ahead(own, eager, call)

    return of


def _ahead(own: Starts, other: Starts, call: str) -> ToldCell:
    told = paid_back(own.ahead(other), call)
    return ToldCell(Told(told.text.pattern.removeprefix("ahead "), told.text.numbers), told.detail)


def _held(name: str, *, first: bool = False) -> Column:
    def of(again: Again, case: str) -> ToldCell:
        own = again.memory_of(case)
        if own is None:
            return withheld(again.status(case)) if first else ABSENT
        if name == "objects" and own["calls"] < 50:
            return ABSENT
        value = own[name]
        return ToldCell(Told("#", (value,))) if isinstance(value, int) else memory_quantity(value)

    return of


def _growth_verdict(again: Again, case: str) -> ToldCell:
    own = again.memory_of(case)
    if own is None:
        return ABSENT
    if own["verdict"] != "unclear":
        return ToldCell(Told(own["verdict"]))
    uses = [use for use in again.memory() if use["case"] == case]
    slopes = [slope for use in uses if again.slope(use) is not None for slope in [again.slope(use)]]
    if not slopes or len(slopes) == 1 < len(uses):
        return ToldCell(Told("unclear"), Told("too few calls"))
    return ToldCell(
        Told("unclear"), Told("one process gives no interval" if len(slopes) == 1 else "more calls would tell")
    )


def column(name: str, workload: str, call: str) -> Column:
    """What stands under a heading; fails where nothing here computes it."""
    tables: dict[str, dict[str, Column]] = {
        "raced": {
            "Time per call": _speed,
            "Steps per second": _speed,
            "Against eager": _against,
            "CPU per call": _cpu,
            "First call": lambda again, case: quantity(again.first(case)),
            "First update": lambda again, case: quantity(again.first(case)),
            "Break-even with eager": lambda again, case: paid_back(again.pays_back(case), call),
            "Same numbers": _parity,
            "Time to target": _time_to_target,
            "Solved": _solved,
            "Steps to target": _steps_to_target,
        },
        "cold": {
            "To the first result": _started(lambda own: quantity(geometric(own.total.values())), first=True),
            "After imports": _started(lambda own: quantity(geometric(own.after.values()))),
            "Imports": _stage("imports"),
            "Model": _stage("model"),
            "Trace, prepare": _stage("trace"),
            "Compile": _stage("compile"),
            "Call": _stage("call"),
            f"Second {call}": _started(lambda own: quantity(geometric(own.second.values())) if own.second else ABSENT),
            f"Later {call}": _started(lambda own: quantity(geometric(own.later.values())) if own.later else ABSENT),
            "Traces": _cold_traces,
            "Processes": _started(lambda own: ToldCell(Told("#", (len(own.total),)))),
            "Ahead of eager": _ahead_of_eager(call),
        },
        "memory": {
            f"Peak after first {call}": _held("first", first=True),
            "Seen from outside": _held("outside"),
            f"Growth per 1,000 {call}s": _held("slope"),
            f"Objects per 1,000 {call}s": _held("objects"),
            f"{call.capitalize()}s": _held("calls"),
            "Processes": _held("processes"),
            "Verdict": _growth_verdict,
        },
    }
    known = tables[workload if workload in tables else "raced"]
    if workload == "memory" and re.fullmatch(r"Peak after (up to )?[\d,]+ more", name):
        return _held("last")
    assert name in known, f"nothing here computes the column {name!r} of {workload}"
    return known[name]


# ---------------------------------------------------------------------------------------------------------------------
# Reading the page.

_SMALLER = ("detail", "tag")
_VOID = {"meta", "link", "img", "br", "hr", "input", "source", "wbr"}


class Tree(HTMLParser):
    """A page as a tree."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self._builder = ET.TreeBuilder()
        self._builder.start("page", {})
        self.feed(content)
        self.close()
        self._builder.end("page")
        self.root = self._builder.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in _VOID:
            self._builder.end(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        self._builder.end(tag)

    def handle_data(self, data: str) -> None:
        """Text."""
        self._builder.data(data)


def words(element: ET.Element | None) -> str:
    """What an element shows, on one line."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def classes(element: ET.Element) -> list[str]:
    return element.get("class", "").split()


def cell_of(element: ET.Element) -> tuple[str, str, str]:
    """What a cell says, what is said smaller in it, and what its tag says."""
    texts = {name: " ".join(words(own) for own in element.iter("span") if name in classes(own)) for name in _SMALLER}
    text = words(element).removesuffix(texts["detail"]).strip().removesuffix(texts["tag"]).strip()
    return text, texts["detail"], texts["tag"]


@dataclass
class Shown:
    """A table as it is shown."""

    names: list[str]
    rows: list[list[tuple[str, str, str]]]
    title: str
    element: ET.Element
    line: str = ""


def shown_tables(root: ET.Element) -> Iterator[Shown]:
    """All tables, each with the heading of its section, or of what is folded in it."""
    for section in root.iter("section"):
        title = next((words(own).removesuffix("#").strip() for own in section.iter("h2")), "")
        yield from tables_in(section, title, "")


def tables_in(element: ET.Element, title: str, line: str) -> Iterator[Shown]:
    """Tables of an element, with what is above them."""
    for own in element:
        if own.tag == "table":
            heads = [words(head) for head in own.findall("./thead/tr/*")]
            rows = [[cell_of(cell) for cell in row] for row in own.findall("./tbody/tr")]
            yield Shown(heads, rows, title, own, line)
        elif "part" in classes(own):
            yield from tables_in(own, title, line_of(words(own.find("h3"))))
        elif "folded" in classes(own) and words(own.find("summary")) != "All crossings":
            yield from tables_in(own, words(own.find("summary")), line)
        else:
            yield from tables_in(own, title, line)


def line_of(text: str) -> str:
    """How a size ends, of a width in words: ``-h512``."""
    width = re.search(r"([\d,]+) hidden units?", text)
    return f"-h{width[1].replace(',', '')}" if width else ""


def work(size: str) -> str:
    rows, environments = re.fullmatch(r"b(\d+)(?:-h(\d+))?", size), re.fullmatch(r"env(\d+)", size)
    if environments:
        return f"{int(environments[1]):,} environment{'' if environments[1] == '1' else 's'}"
    width = f", {int(rows[2]):,} hidden units" if rows and rows[2] else ""
    return f"{int(rows[1]):,} row{'' if rows[1] == '1' else 's'}{width}" if rows else size


def title_of(workload: str, size: str) -> str:
    """What stands over the section of a group."""
    if workload == "traces":
        return "Traces and compilations"
    doing = f"training in {work(size)}" if size.startswith("env") else f"forward pass of {work(size)}"
    return {
        "forward": f"Forward pass of {work(size)}",
        "update": f"Gradient step on {work(size)}",
        "train": f"Training in {work(size)}",
        "cold": f"Cold start: {doing}",
        "memory": f"Memory: {doing}",
    }[workload]


def groups_of(again: Again) -> dict[str, tuple[str, str]]:
    """Workload and size by the title of the section; of traces there is one."""
    parts = [case.split("/") for case in again.cases]
    return {title_of(workload, size): (workload, size) for workload, _, size in parts}


SCENARIOS = {
    "forward-fixed": "10 forward passes of one shape",
    "forward-shapes": "10 forward passes, each of another number of rows",
    "forward-scalars": "10 forward passes, each with another Python number as an argument",
    "update-fixed": "10 gradient steps of one shape",
    "update-shapes": "10 gradient steps, each on another number of rows",
}


def plural(count: int, noun: str) -> Told:
    return Told(f"# {noun}{'' if count == 1 else 's'}", (count,))


def counted_cell(again: Again, case: str) -> ToldCell:
    """Traces and compilations of one scenario."""
    own = next((one for one in again.counts() if one["case"] == case), None)
    if own is None or again.status(case) != "ok":
        told = withheld(again.status(case)).detail if case in again.cases else Told("")
        return ToldCell(Told("–"), told)
    traced = Told("traces nothing") if own["traces"] is None else plural(own["traces"], "trace")
    return ToldCell(traced, plural(own["compiles"], "compilation") if own["compiles"] else Told(""))


def keras_cell(again: Again, mode: str) -> ToldCell:
    """Into how many steps Keras cut a call."""
    steps = sorted({own["steps"] for own in again.counts() if own["case"].split("/")[1] == mode and own["steps"]})
    if not steps:
        return ABSENT
    return ToldCell(Told("#", (steps[0],)) if len(steps) == 1 else Told("# to #", (steps[0], steps[-1])))


def expected_row(again: Again, group: tuple[str, str], names: Sequence[str], mode: str) -> list[ToldCell]:
    """What must stand behind the name of a mode."""
    workload, size = group
    if workload == "traces":
        sizes = {told: own for own, told in SCENARIOS.items()} | {own: own for own in SCENARIOS}
        return [
            keras_cell(again, mode)
            if name == "Keras steps per call"
            else counted_cell(again, f"traces/{mode}/{sizes[name]}")
            for name in names[1:]
        ]
    call = "update" if size.startswith("env") else "call"
    return [column(name, workload, call)(again, f"{workload}/{mode}/{size}") for name in names[1:]]


def check_numbers(again: Again, shown: Shown, group: tuple[str, str]) -> int:
    """The large table of a group; how many numbers it shows."""
    workload, size = group
    modes = [case.split("/")[1] for case in again.cases if case.startswith(f"{workload}/")]
    if workload != "traces":
        modes = [case.split("/")[1] for case in again.group(workload, size)]
    assert sorted(row[0][0] for row in shown.rows) == sorted(set(modes)), f"{shown.title}: not all modes"
    count = 0
    for row in shown.rows:
        mode, described, _ = row[0]
        known = again.start["modes"]
        base = known.get(mode.removesuffix("+cache"), "")
        assert described in {known.get(mode), base and f"{base}; XLA's cache on disk is filled", ""}
        for name, cell, expected in zip(
            shown.names[1:], row[1:], expected_row(again, group, shown.names, mode), strict=True
        ):
            count += expected.held_against(cell, f"{shown.title}, {mode}, {name}")
    return count


def check_matrix(again: Again, shown: Shown, group: tuple[str, str]) -> int:
    """Who is ahead of whom, when."""
    workload, size = group
    assert workload == "cold"
    call = "update" if size.startswith("env") else "call"
    count = 0
    for (mode, *_), *cells in shown.rows:
        for other, cell in zip(shown.names[1:], cells, strict=True):
            one, two = again.starts(f"cold/{mode}/{size}"), again.starts(f"cold/{other}/{size}")
            assert one
            assert two
            expected = ABSENT if mode == other else _ahead(one, two, call)
            count += expected.held_against(cell, f"{shown.title}, {mode} against {other}")
    return count


def check_samples(again: Again, shown: Shown, group: tuple[str, str]) -> int:
    """How many samples and launches are behind the numbers; what a mode resolved to is from the file."""
    workload, size = group
    for (mode, *_), (text, *_), _ in shown.rows:
        case = f"{workload}/{mode}/{size}"
        own = again.samples.get((case, "steady"), {})
        samples = sum(map(len, own.values()))
        literal(f"{samples} in {len(own)} launch{'' if len(own) == 1 else 'es'}").held_against(text, case)
    return 2 * len(shown.rows)


def check_runs(again: Again, shown: Shown, group: tuple[str, str]) -> int:
    """Every run to the target, as the file has it."""
    workload, size = group
    own = [run for run in again.runs() if run["case"] in again.group(workload, size)]
    assert len(shown.rows) == len(own)
    for row, run in zip(shown.rows, own, strict=True):
        case, seed, ended, steps, seconds, reason = (text for text, *_ in row)
        assert (case, seed, ended, reason) == (run["case"], f"{run['seed']}", run["ended"], run["reason"] or "–")
        Told(
            "–" if run["steps_to_target"] is None else "#", tuple(filter(None, [run["steps_to_target"]]))
        ).held_against(steps, case)
        took = run["seconds"] if run["seconds_to_target"] is None else run["seconds_to_target"]
        Told("#", (took,)).held_against(seconds, case)
    return 2 * len(own)


def check_launches(again: Again, shown: Shown) -> int:
    """Every launch, as the file has it."""
    for row, launch in zip(shown.rows, again.launches, strict=True):
        index, kind, seed, ended, seconds, reason = (text for text, *_ in row)
        told = (f"{launch['index']}", launch.get("kind", "race"), f"{launch['seed']}", launch["ended"])
        assert (index, kind, seed, ended) == told
        assert reason == (launch.get("reason") or "–")
        Told("#", (launch["seconds"],)).held_against(seconds, f"launch {index}")
    return len(shown.rows)


def check_facts(again: Again, shown: Shown) -> int:
    """What the yardsticks measured; other facts stand in the file."""
    count = 0
    for (name, *_), (text, *_) in shown.rows:
        expected: Told | None = None
        speed = again.sgemm()
        if name.startswith("Matrix product") and speed:
            limit = Told(" (") + limits(speed.times(1e-9)) + Told(")") if speed.low is not None else Told("")
            expected = Told("# GFLOP/s", (speed.value / 1e9,)) + limit
        if name == "The timing loop adds to a call":
            own = geometric(again.warm("yardstick/empty-call/n1").values())
            expected = quantity(own).line
        if expected:
            expected.held_against(text, name)
            count += len(expected.numbers)
    return count


def check_verdicts(again: Again, shown: Shown) -> int:
    """Every mode against eager in every group."""
    groups, count = groups_of(again), 0
    swept = sweep_of(again)
    assert shown.names[1:] == [
        title for title, (workload, _) in groups.items() if workload in RACED and workload != swept
    ]
    for (mode, _, tag), *cells in shown.rows:
        assert tag == ("yardstick" if mode in YARDSTICKS else "")
        for title, cell in zip(shown.names[1:], cells, strict=True):
            workload, size = groups[title]
            case = f"{workload}/{mode}/{size}"
            count += verdict(again, case, ahead(again, workload, size)).held_against(cell, f"verdict on {case}")
    return count


RACED = ("forward", "update", "train")
YARDSTICKS = {"numpy", "fused-jax"}
FAR = 10  # times: sizes so far apart don't show where between them modes change places


def ahead(again: Again, workload: str, size: str) -> list[str]:
    """The cases of a group that none is shown to be faster than, over all pairs; no yardsticks."""
    timed = [case for case in again.group(workload, size) if again.timed(case)]
    contending = [case for case in timed if case.split("/")[1] not in YARDSTICKS] or timed
    contending.sort(key=lambda case: geometric(again.warm(case).values()).value)
    pairs = {
        (case, other): own
        for case, other in itertools.permutations(contending, 2)
        if (own := paired(again.warm(case), again.warm(other))) and own.low is not None
    }
    slower = {case for (case, _), own in pairs.items() if own.low is not None and own.low > 1}
    first = [case for case in contending if any(case in pair for pair in pairs) and case not in slower]
    return [case for case in first if case == first[0] or (case, first[0]) in pairs]


def verdict(again: Again, case: str, first: Sequence[str]) -> ToldCell:
    """A cell of the table of verdicts."""
    mode = case.split("/")[1]
    if case not in again.cases:
        return ABSENT
    if not again.timed(case):
        return withheld(again.status(case))
    tag = "" if case not in first else "fastest" if len(first) == 1 else "tied"
    told = ToldCell(Told("the reference")) if mode == "eager" else comparison(again.speedup(case))
    return ToldCell(told.text, told.detail, tag)


@dataclass(frozen=True)
class Change:
    """Where two modes change places."""

    before: str
    after: str
    size: float
    low: float
    high: float
    around: tuple[int, ...]


def at_sizes(again: Again, workload: str, line: str) -> dict[int, str]:
    """Rows and how the size is written, of one width."""
    sizes = {case.split("/")[2] for case in again.cases if case.startswith(f"{workload}/")}
    found = {int(match[1]): size for size in sizes if (match := re.fullmatch(rf"b(\d+){line}", size))}
    return dict(sorted(found.items()))


def changes(again: Again, workload: str, one: str, other: str, line: str = "") -> list[Change]:
    """Where the mean logarithm of the ratio of two modes is zero, and where its band holds zero."""
    cases = [
        (rows, f"{workload}/{one}/{size}", f"{workload}/{other}/{size}")
        for rows, size in at_sizes(again, workload, line).items()
    ]
    known = {
        rows: own
        for rows, mine, theirs in cases
        if again.timed(mine) and again.timed(theirs) and (own := paired(again.warm(mine), again.warm(theirs)))
    }
    return [
        Change(*((one, other) if rises else (other, one)), size, low, high, around(known, low, high))
        for rises, size, low, high in zeros(known)
        if low is not None and high is not None
    ]


def around(known: Collection[int], low: float | None, high: float | None) -> tuple[int, ...]:
    """The sizes from the last one below an interval to the first one above it."""
    first = max((size for size in known if low is not None and size < low), default=min(known))
    last = min((size for size in known if high is not None and size > high), default=max(known))
    return tuple(sorted(size for size in known if first <= size <= last))


def is_near(sizes: Sequence[int]) -> bool:
    """Whether a line between some sizes says where something is; no mode here executes otherwise on some."""
    return all(after <= FAR * before for before, after in itertools.pairwise(sizes))


def ends_of(sizes: Sequence[int]) -> tuple[int, int]:
    return sizes[0], sizes[-1]


def zeros(
    known: Mapping[int, Spread], *, straight: bool = False
) -> list[tuple[bool, float, float | None, float | None]]:
    """Where some ratios go through 1: whether upwards, where, the ends of the interval.

    On a fine grid over the logarithm of the size, or over the size itself where the ratio is straight there, with the
    measured sizes among its points; what lies between two points is straight, so that a zero between them is exact.
    """
    if len(known) < 2 or any(own.low is None for own in known.values()):
        return []
    scale, back = (np.asarray, float) if straight else (np.log, np.exp)
    places = scale(list(known)).astype(float)
    grid = np.unique(np.concatenate([places, np.linspace(places[0], places[-1], 20_001)]))
    mean, low, high = (
        np.interp(grid, places, np.array([scale(getattr(own, name)) for own in known.values()]) - scale(1.0))
        for name in ("value", "low", "high")
    )

    def zero(line: np.ndarray[Any, Any], left: int) -> float:
        share = line[left] / (line[left] - line[left + 1])
        return float(back(grid[left] + share * (grid[left + 1] - grid[left])))

    sides = (low > 0).astype(int) - (high < 0)
    edges = [-1, *np.flatnonzero(np.diff(sides)), len(grid) - 1]
    found = []
    for begin, end in itertools.pairwise(edges):
        if sides[end]:
            continue
        before = sides[begin] if begin >= 0 else 0
        after = sides[end + 1] if end + 1 < len(grid) else 0
        crossed = np.flatnonzero(np.diff(np.sign(mean[max(begin, 0) : end + 2]))) + max(begin, 0)
        if not len(crossed) % 2 or not (before or after):
            continue
        size = zero(mean, int(crossed[len(crossed) // 2]))
        found.append(
            (
                bool((after or -before) > 0),
                size,
                zero(low if before > 0 else high, begin) if before else None,
                zero(low if after > 0 else high, end) if after else None,
            )
        )
    return found


@dataclass(frozen=True)
class End:
    """Where overhead ends: as far as it is within the sizes measured."""

    size: float | None
    low: float | None
    high: float | None
    largest: int
    around: tuple[int, ...] = ()


def overhead_end(again: Again, workload: str, mode: str, line: str) -> End | None:
    """Where a mode takes twice what it takes at the smallest size; None without intervals."""
    sizes = at_sizes(again, workload, line)
    times = {
        rows: again.warm(f"{workload}/{mode}/{size}")
        for rows, size in sizes.items()
        if again.timed(f"{workload}/{mode}/{size}")
    }
    if min(sizes) not in times:
        return None
    twice = {launch: 2 * own for launch, own in times[min(sizes)].items()}
    known = {rows: own for rows, times_s in times.items() if (own := paired(times_s, twice))}
    if len(known) < 2 or any(own.low is None for own in known.values()):
        return None
    largest = max(known)
    found = zeros(known, straight=True)
    if found and found[-1][0]:
        _, size, low, high = found[-1]
        return End(size, low, high, largest, around(known, low, high))
    last = known[largest]
    assert last.high is not None
    if last.high < 1:
        return End(None, None, None, largest)
    before = max(rows for rows, own in known.items() if own.high is not None and own.high < 1)
    after = min(rows for rows in known if rows > before)
    one, two = ((known[rows].high or 0) - 1 for rows in (before, after))
    return End(None, before + (after - before) * one / (one - two), None, largest)


def overhead_cell(own: End | None) -> ToldCell:
    """Where overhead ends, as it is told."""
    if own is None:
        return ABSENT
    if own.size is None:
        told = Told("shown not to double") if own.low is None else Told("# to above #", (own.low, own.largest))
        return ToldCell(Told("above # rows", (own.largest,)), told)
    assert own.low is not None
    if not is_near(own.around):
        beside = Told("above # rows", own.around[:1]) if own.high is None else None
        return ToldCell(beside or Told("between # and # rows", ends_of(own.around)))
    if own.high is None:
        return ToldCell(Told("# rows", (own.size,)), Told("# to above #", (own.low, own.largest)))
    told = Told("#–#; between # and #", (own.low, own.high, *ends_of(own.around)))
    return ToldCell(Told("# rows", (own.size,)), told)


def check_overhead(again: Again, names: Sequence[str], rows: Sequence[Sequence[Any]], told: Callable[..., int]) -> int:
    """Where overhead ends in each mode, at each width."""
    modes = {case.split("/")[1] for case in again.cases if case.startswith("forward/") and again.timed(case)}
    assert sorted(modes) == sorted(row[0][0] for row in rows)
    return sum(
        told(overhead_cell(overhead_end(again, "forward", row[0][0], line_of(name))), cell, f"{row[0][0]}, {name}")
        for row in rows
        for name, cell in zip(names[1:], row[1:], strict=True)
    )


def check_grid(again: Again, names: Sequence[str], rows: Sequence[Sequence[Any]], told: Callable[..., int]) -> int:
    """The fastest mode at each size and width."""
    count = 0
    for row in rows:
        number = int(row[0][0].split()[0].replace(",", ""))
        for name, cell in zip(names[1:], row[1:], strict=True):
            size = at_sizes(again, "forward", line_of(name))[number]
            count += told(fastest_cell(again, f"forward/{size}"), cell, f"{size}")
    return count


def fastest_cell(again: Again, group: str) -> ToldCell:
    """Who is the fastest, and who is tied with it."""
    workload, size = group.split("/")
    first = ahead(again, workload, size)
    if not first:
        return ToldCell(Told("–"), Told("nothing shows who"))
    modes = {case.split("/")[1]: case for case in first}
    if "eager" in modes and len(modes) > 1:
        return ToldCell(Told("eager"), literal("no mode is shown to be faster"))
    known = {mode: again.speedup(case) for mode, case in modes.items() if mode != "eager"}
    faster = [mode for mode, own in known.items() if own and own.low is not None and own.low > 1]
    fastest = next(iter(faster or modes))
    others = [mode for mode in modes if mode != fastest]
    tied = (
        literal(f"tied: {f'{len(others)} others' if len(others) > 2 else ' and '.join(others)}") if others else Told("")
    )
    if fastest == "eager":
        return ToldCell(Told("eager"), tied)
    ratio = comparison(again.speedup(modes[fastest]))
    joint = Told("; ") if others else Told("")
    return ToldCell(Told(fastest), ratio.text + Told(", ") + ratio.detail + joint + tied)


def sweep_of(again: Again) -> str:
    """The workload of so many groups that they are told as a whole; empty where there is none."""
    groups = {(case.split("/")[0], case.split("/")[2]) for case in again.cases}
    return next((own for own in ("forward", "update") if sum(workload == own for workload, _ in groups) > 6), "")


def check_changes(again: Again, shown: Shown) -> int:
    """Where modes change places."""
    workload = next(
        own for own, title in (("forward", "Forward"), ("update", "Gradient")) if shown.title.startswith(title)
    )
    count = 0
    for (before, *_), (after, *_), cell in shown.rows:
        known = [
            own
            for own in changes(again, workload, before, after, shown.line)
            if (own.before, own.after) == (before, after)
        ]
        assert len(known) == 1, f"{before} and {after} change places {len(known)} times"
        own = known[0]
        beside = Told("between # and # rows", ends_of(own.around))
        told = Told("#–#; between # and #", (own.low, own.high, *ends_of(own.around)))
        expected = ToldCell(Told("# rows", (own.size,)), told) if is_near(own.around) else ToldCell(beside)
        count += expected.held_against(cell, f"{before} and {after}")
    return count


def check_table(again: Again, shown: Shown) -> int:
    """One table of the page; how many numbers were computed anew."""
    named = tuple(shown.names)
    if shown.element.get("id") == "verdicts":
        return check_verdicts(again, shown)
    if shown.element.get("id") == "which":
        told = [text for need, answer, why, _ in shown.rows for text in (need[0], f"{answer[0]}: {why[0]}")]
        return sum(check_prose(again, text) for text in told)
    group = groups_of(again).get(shown.title)
    if "facts" in classes(shown.element):
        return check_facts(again, shown)
    if named == ("Faster at smaller batches", "Faster at larger batches", "Equal at"):
        return check_changes(again, shown)
    if named and named[0] == "Launch":
        return check_launches(again, shown)
    if shown.element.get("id", "").endswith("-overhead-table"):
        return check_overhead(again, shown.names, shown.rows, ToldCell.held_against)
    if named and named[0] == "Batch":
        return check_grid(again, shown.names, shown.rows, ToldCell.held_against)
    assert group, f"nothing here knows the table {named} of {shown.title!r}"
    if named == ("Mode", "Status", "Reason"):
        return 0  # words from the file
    if named == ("Mode", "Samples", "Resolved to"):
        return check_samples(again, shown, group)
    if named == ("Case", "Seed", "Ended", "Steps to target", "Time", "Reason"):
        return check_runs(again, shown, group)
    if "matrix" in classes(shown.element):
        return check_matrix(again, shown, group)
    return check_numbers(again, shown, group)


# ---------------------------------------------------------------------------------------------------------------------
# Sentences: who says a number names the modes that it is of.

_ENDS = r"\((?:over #|[^#()]*#(?:–| to (?:above )?)#)[^#()]*\)"
_APART = re.compile(rf"#[^#()]*{_ENDS}|{_ENDS}|#")


@dataclass(frozen=True)
class Claim:
    """A number that a sentence may print: a value and its interval, a value, or only an interval; and of what.

    Attributes:
        unit: as `Printed` has it.
        numbers: value, low and high; the value alone; or low and high.
        word: that stands behind the value, where there must be one.
    """

    unit: str
    numbers: tuple[float, ...]
    word: str = ""

    def told_by(self, numbers: Sequence[Printed], word: str) -> bool:
        """Whether it is what was printed, with that word behind it."""
        return (
            len(numbers) == len(self.numbers)
            and self.unit in {number.unit for number in numbers}
            and self.word in {"", word}
            and all(number.shows(own) for number, own in zip(numbers, self.numbers, strict=True))
        )


def spread_claims(unit: str, own: Spread | None, word: str = "") -> list[Claim]:
    if own is None:
        return []
    whole = (ratio_limits if unit == "×" else limits)(own).numbers
    return [Claim(unit, (own.value,), word), *([Claim(unit, (own.value, *whole), word)] if whole else [])]


def ratio_claims(own: Spread | None) -> list[Claim]:
    """A ratio is never told without its interval."""
    if own is None or own.low is None or own.high is None:
        return []
    if own.low > 1:
        return spread_claims("×", own, "faster")[1:]
    return spread_claims("×", own.inverse(), "slower")[1:] if own.high < 1 else [Claim("×", ratio_limits(own).numbers)]


def crossing_claims(own: tuple[str, Spread | None]) -> list[Claim]:
    kind, calls = own
    if calls is None or calls.low is None or calls.high is None:
        return []
    turn = math.ceil if kind == "after" else math.floor
    value, low, high = (float(max(1, turn(end))) for end in (calls.value, calls.low, calls.high))
    return [Claim("", (value,)), Claim("", (value, low, high))]


def raced_claims(again: Again, case: str) -> list[Claim]:
    """What a sentence may say of a raced case."""
    target = again.target(case)
    found = [*spread_claims("s", again.time(case)), *spread_claims("", again.rate(case))]
    found += ratio_claims(again.speedup(case))
    if target and target["seconds"] is not None:
        found += [Claim("s", (target["seconds"],)), Claim("s", (target["seconds"], target["least"], target["most"]))]
    return found


def cold_claims(again: Again, case: str, named: Sequence[str]) -> list[Claim]:
    """What a sentence may say of a cold start, on its own and against others."""
    own, size = again.starts(case), case.split("/")[2]
    if own is None:
        return []
    stages = {name: own.stage(name) for name in ("model", "trace", "compile", "call")}
    shares = [Claim("%", (100 * stage / sum(stages.values()),)) for stage in stages.values()]
    found = [*spread_claims("s", geometric(own.after.values())), Claim("s", (stages["compile"],)), *shares]
    for other in filter(None, (again.starts(f"cold/{mode}/{size}") for mode in named)):
        if other.case == case:
            continue
        found += [*crossing_claims(own.ahead(other)), *ratio_claims(paired(other.after, own.after))]
        if own.later and other.later:  # "about", where no interval can be given
            total, later, others, others_later = (
                geometric(numbers.values()).value for numbers in (own.after, own.later, other.after, other.later)
            )
            if later < others_later:
                found.append(Claim("", (max(1.0, float(int(1 + (total - others) / (others_later - later)))),)))
    return found


def memory_claims(again: Again, case: str) -> list[Claim]:
    """What a sentence may say of the memory of a case."""
    own = again.memory_of(case)
    if own is None:
        return []
    return [claim for name in ("first", "slope") for claim in spread_claims("MB", own[name])] + spread_claims(
        "", own["objects"]
    )


def shared_claims(again: Again) -> list[Claim]:
    """What is said of no mode in particular: imports and baselines, of each group."""
    found = []
    for workload, size in groups_of(again).values():
        cases = again.group(workload, size)
        if workload == "cold":
            imports = [
                float(np.median(own))
                for launch in again.launches
                if (
                    own := [
                        sample["parts"]["imports"]
                        for sample in launch.get("samples", ())
                        if sample["case"] in cases
                        and sample["stage"] == "cold"
                        and sample.get("parts", {}).get("imports")
                    ]
                )
            ]
            found += spread_claims("s", geometric(imports)) if imports else []
        baselines = sorted(own["baseline"] for case in cases if (own := again.memory_of(case)))
        if baselines:
            middle = float(np.mean(baselines))
            found += [Claim("MB", (middle,)), Claim("MB", (middle, baselines[0], baselines[-1]))]
    return found


def without_circumstances(again: Again, text: str) -> str:
    """The text without what is no measurement: sizes, scenarios, the target, units of growth."""
    training = again.plan["training"]
    if training["target"] is not None:
        text = text.replace(
            f"a mean return of {training['target']:g} over {training['window']:,} episodes", "the target"
        )
    for told in SCENARIOS.values():
        text = text.replace(told, "a scenario")
    text = text.replace("below 0.1 MB in", "below the limit in")
    text = text.replace("--launches 5 would", "--launches would")
    text = re.sub(r"(?<![\d,])\d[\d,]*(?:(?:, | and )\d[\d,]*)* hidden units?", "a width", text)
    text = re.sub(r"between [\d,]+ (rows? )?and [\d,]+ rows", "between sizes", text)
    # A crossing is "at about 21 rows": that number is found, and stays.
    text = re.sub(r"(?<!about )(?<![\d,.])[\d,]+ (rows?|environments?(?! steps))\b", "a size", text)
    return re.sub(r"\b[\d,]+ (further )?(calls|updates)(?= memory|\.|:)", "so many calls", text)


def without_the_rest(element: ET.Element) -> str:
    """What is shown of a section, without how many crossings only its table has, which must be right."""
    text = words(element.find("p"))
    rest = re.search(r" The table has (\d+) more crossings?\.", text)
    if rest is None:
        return text
    (crossings,) = (own for own in element.iter("table") if words(own).startswith("All crossings"))
    assert int(rest[1]) == len(crossings.findall("./tbody/tr")) - text.count(" passes ")
    return text.replace(rest[0], "")


def without_counts(again: Again, text: str) -> str:
    """The text without how often each mode is shown to be faster than eager, which must be right."""
    told = re.search(r"Of (\d+) batch sizes and widths, so many show a mode to be faster than eager: (.*?)\.", text)
    if told is None:
        return text
    own = [case for case in again.cases if case.startswith("forward/") and again.timed(case)]
    sizes = {case.split("/")[2] for case in own if again.speedup(case)}
    faster = [case.split("/")[1] for case in own if (ratio := again.speedup(case)) and ratio.low and ratio.low > 1]
    known = {mode: faster.count(mode) for mode in faster if mode not in YARDSTICKS}
    assert int(told[1]) == len(sizes)
    assert {mode: int(count) for mode, count in re.findall(r"([\w-]+) at (\d+)", told[2])} == known
    return text.replace(told[0], "")


def check_prose(again: Again, text: str) -> int:
    """Sentences: each number in them must be one of the modes that they name; how many there were."""
    count = 0
    modes = sorted({case.split("/")[1] for case in again.cases}, key=len, reverse=True)
    # Of a long list of modes only some are named: how many are left out is no measurement, and is less than all.
    assert all(0 < int(left_out) < len(modes) for left_out in re.findall(r"\b(\d+) more\b(?! crossings)", text))
    text = re.sub(r"\b\d+ more\b", "some more", text)
    for sentence in re.split(r"(?<=[.;])\s", without_circumstances(again, text)):
        named = [mode for mode in modes if re.search(rf"(?<![\w+-]){re.escape(mode)}(?![\w+-])", sentence)]
        known = shared_claims(again)
        for case in again.cases:
            workload, mode, _ = case.split("/")
            if mode in named or mode.removesuffix("+cache") in named:
                cached = [f"{own}+cache" for own in named]
                known += raced_claims(again, case) + memory_claims(again, case)
                known += cold_claims(again, case, [*named, *cached, "eager"]) if workload == "cold" else []
        pairs = [(one, other) for one, other in itertools.combinations(named, 2) if "+cache" not in one + other]
        lines = sorted({re.sub(r"^b\d+", "", case.split("/")[2]) for case in again.cases if "/b" in case})
        known += [
            claim
            for workload in ("forward", "update")
            for line in lines
            for one, other in pairs
            for own in changes(again, workload, one, other, line)
            for claim in (Claim("", (own.size,)), Claim("", (own.size, own.low, own.high)))
        ]
        ends = [
            overhead_end(again, "forward", mode, line)
            for mode in named
            for line in lines
            if again.plan["cases"][0].startswith("forward/")
        ]
        # A sentence has no sizes beside the interval.
        known += [Claim("", overhead_cell(own).line.numbers[:3]) for own in ends if own]
        known += [
            Claim("", (own["steps"],)) for own in again.counts() if own["steps"] and own["case"].split("/")[1] in named
        ]
        pattern, numbers = printed(sentence)
        taken = iter(numbers)
        for match in _APART.finditer(pattern):
            own = [next(taken) for _ in range(match.group().count("#"))]
            word = re.search("faster|slower|$", pattern[match.start() :])
            assert any(claim.told_by(own, word.group() if word else "") for claim in known), (
                f"nobody computed {[number.value for number in own]} in {sentence!r}"
            )
            count += len(own)
        assert next(taken, None) is None
    return count


# ---------------------------------------------------------------------------------------------------------------------
# The spreadsheet.


def spread_columns(own: Spread | None, name: str, low: str, high: str) -> dict[str, float | None]:
    return dict(zip((name, low, high), (own.value, own.low, own.high) if own else (None,) * 3, strict=True))


def csv_row(again: Again, case: str) -> dict[str, Any]:
    """What ``summary.csv`` must say of a case, unrounded."""
    workload, mode, size = case.split("/")
    timed, pays, parity, target = again.timed(case), again.pays_back(case), again.parity(case), again.target(case)
    start, memory = again.starts(case), again.memory_of(case)
    counts = next((own for own in again.counts() if own["case"] == case and again.status(case) == "ok"), None)
    limit = again.start["flops"].get(case)
    sgemm = again.sgemm()
    steady = again.samples.get((case, "steady"), {})
    eager, faster = again.eager(case), None
    if eager and timed:
        faster = paired(again.warm(eager), again.warm(case))
    shown = again.speedup(case)
    parts: dict[str, float] = {}
    if again.rate(case):
        names = {name for own in steady.values() for one in own for name in one.get("parts", {})}
        parts = {
            name: float(
                np.mean(
                    [
                        sum(one.get("parts", {}).get(name, 0) for one in own) / sum(one["calls"] for one in own)
                        for own in steady.values()
                    ]
                )
            )
            / again.steps()
            for name in names
        }
    found: dict[str, Any] = {
        "case": case,
        "workload": workload,
        "mode": mode,
        "size": size,
        "status": again.status(case),
        "launches": len(again.cold(case) if workload == "cold" else steady),
        "samples": sum(map(len, steady.values())),
        **spread_columns(again.time(case), "median_s", "ci_low_s", "ci_high_s"),
        **spread_columns(shown, "speedup", "speedup_low", "speedup_high"),
        "difference": None
        if faster is None
        else "no interval"
        if shown is None
        else re.sub(r"# ", "", comparison(shown).text.pattern),
        "cpu_user_s": again.cpu(case, "user_s"),
        "cpu_sys_s": again.cpu(case, "sys_s"),
        **spread_columns(again.first(case), "cold_s", "cold_low_s", "cold_high_s"),
        "break_even_kind": pays[0] if pays else None,
        **spread_columns(pays[1] if pays else None, "break_even_calls", "break_even_low", "break_even_high"),
        "limit_s": limit / sgemm.value if limit is not None and sgemm else None,
        **spread_columns(again.rate(case), "env_steps_per_s", "env_steps_low", "env_steps_high"),
        **{f"part_{name}_s": parts.get(name) for name in ("act", "environment", "update", "bookkeeping", "program")},
        "seeds": len(target["seeds"]) if target else None,
        "solved": target["solved"] if target else None,
        "seconds_to_target": target["seconds"] if target else None,
        "seconds_to_target_estimated": target["estimated"] if target and target["seconds"] is not None else None,
        "steps_to_target": target["steps"] if target else None,
        **spread_columns(
            geometric(start.after.values()) if start else None,
            "after_imports_s",
            "after_imports_low_s",
            "after_imports_high_s",
        ),
        **{
            f"stage_{name}_s": start.stage(name) if start else None
            for name in ("imports", "model", "trace", "compile", "call")
        },
        "traced_apart": start.apart if start else None,
        **spread_columns(
            geometric(start.second.values()) if start and start.second else None,
            "second_s",
            "second_low_s",
            "second_high_s",
        ),
        "baseline_mb": memory["baseline"] if memory else None,
        "verdict": memory["verdict"] if memory else None,
        "processes": len(start.total) if start else memory["processes"] if memory else None,
        "calls": memory["calls"] if memory else counts["calls"] if counts else None,
        "compiles": counts["compiles"] if counts else None,
        "keras_steps": counts["steps"] if counts else None,
        "parity": None if parity is None else "agrees" if parity["passed"] else "disagrees",
        "largest_error": parity["largest_error"] if parity else None,
        "traces": counts["traces"] if counts else again.traces(case),
    }
    for name, own in (
        ("first_peak_mb", "first"),
        ("last_peak_mb", "last"),
        ("sampled_peak_mb", "outside"),
        ("kept_mb", "kept"),
        ("growth_mb", "slope"),
        ("objects_per_1000", "objects"),
    ):
        found |= spread_columns(memory[own] if memory else None, name, f"{name}_low", f"{name}_high")
    return found


def check_spreadsheet(again: Again, text: str) -> int:
    """Every column of every row; how many numbers there were."""
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["case"] for row in rows] == again.cases
    count = 0
    for row in rows:
        expected = csv_row(again, row["case"])
        unknown = set(row) - set(expected) - {"reason", "resolved"}  # text from the file
        assert not unknown, f"nothing here computes {sorted(unknown)}"
        for name, value in expected.items():
            where = f"{row['case']}, {name}: {row[name]!r}, expected {value!r}"
            if value is None:
                assert row[name] == "", where
            elif isinstance(value, str | bool):
                assert row[name] == str(value), where
            else:
                assert float(row[name]) == pytest.approx(value, rel=1e-7, abs=1e-12), where
                count += 1
    return count


# ---------------------------------------------------------------------------------------------------------------------
# The summary in Markdown.


def plain_markdown(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).replace("\u200b", "")


def on_one_line(expected: ToldCell, cell: str, where: str) -> int:
    """A cell of a table in Markdown."""
    expected.line.held_against(cell, where)
    return len(expected.line.numbers)


def check_markdown(again: Again, text: str) -> int:
    """The finding and every table of ``summary.md``; how many numbers there were."""
    groups, count, title = groups_of(again), 0, ""
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        if not lines:
            title = plain_markdown(re.sub(r"</?(?:details|summary)>", "", block).strip().strip("*"))
            continue
        if lines[0].startswith("| To do |"):
            told = [[plain_markdown(cell.strip(" *")) for cell in line.split(" | ")] for line in lines[2:]]
            count += sum(
                check_prose(again, own) for need, answer, why in told for own in (need.strip("| "), f"{answer}: {why}")
            )
            continue
        names, _, *rows = [
            [plain_markdown(cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines
        ]
        special = check_grid if names[0] == "Batch" else check_overhead if title.startswith("Where overhead") else None
        if special:
            count += special(
                again,
                names,
                [[(cell, "", "") if not place else cell for place, cell in enumerate(row)] for row in rows],
                on_one_line,
            )
            continue
        group = groups[title]
        for row in rows:
            for name, cell, expected in zip(names[1:], row[1:], expected_row(again, group, names, row[0]), strict=True):
                told = expected.text if name == "CPU per call" else expected.line
                told.held_against(cell, f"summary.md, {title}, {row[0]}, {name}")
                count += len(told.numbers)
    return count


# ---------------------------------------------------------------------------------------------------------------------
# Runs: random numbers from fixed seeds, in several shapes, and one that was measured.

PARTS = {"eager": {"act": 0.7, "environment": 0.2, "update": 0.07, "bookkeeping": 0.03}, "fused": {"program": 1.0}}


def noisy(random: np.random.Generator, middle: float, launches: int, samples: int) -> list[list[float]]:
    """Seconds of calls whose launches differ by a tenth and whose samples differ by a twentieth."""
    own = middle * np.exp(random.normal(0, 0.1, (launches, 1)) + random.normal(0, 0.05, (launches, samples)))
    return [[float(value) for value in row] for row in own]


def several_at_a_time(run: Run, random: np.random.Generator) -> Run:
    """The same run, its steady samples of one to five calls each."""
    replace = msgspec.structs.replace

    def of(sample: Any) -> Any:
        calls = int(random.integers(1, 6)) if sample.stage == "steady" and "yardstick" not in sample.case else 1
        return sample if calls == 1 else replace(sample, calls=calls, wall_s=sample.wall_s * calls)

    launches = tuple(replace(one, samples=tuple(map(of, one.samples))) for one in run.launches)
    return replace(run, launches=launches)


def raced(make_run: Callable[..., Run], launches: int) -> Run:
    """Groups of modes that are far apart, near each other, as fast as eager, and ahead of it at small sizes only."""
    random = np.random.default_rng(6)
    modes = {"eager": 1.0, "function": 0.3, "function-xla": 0.29, "graph-v1": 0.99, "predict": 31.0, "numpy": 0.02}
    sizes = {"forward": (1, 8, 64, 4096) if launches > 1 else (1, 64), "update": (64,)}
    times = {
        f"{workload}/{mode}/b{rows}": noisy(random, middle * (1e-3 + 1e-6 * rows), launches, 7)
        for workload, own in sizes.items()
        for rows in own
        for mode, middle in modes.items()
    }
    for mode, first, more in (("saved-model", 3e-4, 3e-5), ("predict-full", 9e-4, 2e-6)):
        times |= {
            f"forward/{mode}/b{rows}": noisy(random, first + more * rows, launches, 7) for rows in sizes["forward"]
        }
    if launches > 1:  # a slow case sits a launch out
        times["forward/predict-eager/b1"] = noisy(random, 1.2, launches - 1, 3)
    cold = {case: float(own) for case, own in zip(times, random.uniform(0.01, 3, len(times)), strict=True)}
    return several_at_a_time(make_run(times, cold=cold), random)


def swept(make_run: Callable[..., Run]) -> Run:
    """Four sizes of two widths: modes with much and with little overhead, one that never doubles, one that may."""
    random = np.random.default_rng(9)
    modes = {
        "eager": (9e-4, 1e-8),
        "function": (3e-4, 1e-8),
        "graph-v1": (1e-4, 1.1e-8),
        "blocked-xla": (3e-4, 0.4e-8),
        "numpy": (2e-5, 3e-8),
        "predict-full": (0.2, 1e-8),
        "saved-model": (4e-3, 1.5e-8),
    }
    times = {
        f"forward/{mode}/b{rows}-h{width}": noisy(random, fixed + row * rows * width**2 / 100, 5, 6)
        for width in (32, 512)
        for rows in (1, 8, 64, 512)
        for mode, (fixed, row) in modes.items()
    }
    return make_run(times, model=msgspec.structs.replace(MODEL, hidden=(32, 512)))


MODEL = Model("actor-critic", hidden=(128,), outputs=(("logits", (2,)), ("value", (1,))))


def trained(make_run: Callable[..., Run], make_training_run: Callable[..., TrainingRun]) -> Run:
    """Four modes, of which one has runs of all seeds, one a failed one, one only two, and one none."""
    random = np.random.default_rng(7)
    times = {
        f"train/{mode}/env1": noisy(random, middle, 4, 6)
        for mode, middle in (("eager", 0.25), ("function", 0.06), ("graph-v1", 0.05), ("fused", 0.0007))
    }
    runs = [
        make_training_run(f"train/{mode}/env1", seed, float(random.uniform(1, 40)), int(random.integers(9e3, 9e4)))
        for mode in ("function", "fused", "graph-v1")
        for seed in range(5)
        if mode != "graph-v1" or seed < 2
    ]
    runs[3] = make_training_run("train/function/env1", 3, 500.0, 500_000, "unsolved", "not in 500,000 steps")
    training = Training(1, "sync", ARTICLE, RELIABLE, (1, 10, 50), 4, (0, 1, 2, 3, 4), 195.0, 100, 500_000, 8.0)
    parts = {f"train/{mode}/env1": own for mode, own in PARTS.items()}
    return make_run(times, parts=parts, training_runs=runs, training=training)


def forked(make_forked_run: Callable[..., Run], make_memory_use: Callable[..., MemoryUse]) -> Run:
    """Cold starts, memory and counts of two sizes; memory that stays, grows, shrinks, and may grow."""
    random = np.random.default_rng(8)

    def started(rest: float, later: float) -> list[tuple[dict[str, float], list[float]]]:
        return [
            (
                {
                    "imports": 3.0 * float(random.uniform(0.95, 1.05)),
                    "model": 0.02 * float(random.uniform(0.9, 1.1)),
                    "prepare": 0.01,
                    "trace": rest * 0.3,
                    "first call": rest * float(random.uniform(0.8, 1.2)),
                },
                [later * float(random.uniform(0.9, 1.1)) for _ in range(4)],
            )
            for _ in range(7)
        ]

    modes = {
        "eager": (0.03, 0.01),
        "function": (0.2, 0.002),
        "function-xla": (0.5, 0.001),
        "function-xla+cache": (0.2, 0.001),
        "numpy": (0.001, 0.0001),
    }
    cold = {f"cold/{mode}/{size}": started(*own) for size in ("b1", "env1") for mode, own in modes.items()}
    uses = [
        make_memory_use(
            f"memory/{mode}/{size}",
            [float(20 + growth * number + random.normal(0, 0.2)) for number in range(1, 21)],
            objects=int(random.integers(0, 400)),
        )
        for _ in range(4)
        for size in ("b1", "env1")
        for mode, growth in (("eager", 0.0), ("predict", 1.3), ("function", 0.01), ("fused", -0.05))
    ]
    counts = [
        Counts(f"traces/{mode}/{size}", 10, *((None, 0) if mode == "eager" else made), 4 if mode == "predict" else None)
        for size, made in (("forward-fixed", (1, 0)), ("forward-shapes", (9, 3)))
        for mode in ("eager", "function", "predict")
    ]
    return make_forked_run(cold=cold, memory=uses, counts=counts, traces={"cold/function/b1": 1})


@pytest.fixture
def shapes(
    make_run: Callable[..., Run],
    make_training_run: Callable[..., TrainingRun],
    make_forked_run: Callable[..., Run],
    make_memory_use: Callable[..., MemoryUse],
) -> Callable[[str], Run]:
    """The run of a name."""
    runs: dict[str, Callable[[], Run]] = {
        "raced": lambda: raced(make_run, 5),
        "swept": lambda: swept(make_run),
        "one launch": lambda: raced(make_run, 1),
        "trained": lambda: trained(make_run, make_training_run),
        "forked": lambda: forked(make_forked_run, make_memory_use),
        "measured": lambda: read_run(MEASURED),
    }
    return lambda name: runs[name]()


@dataclass
class Reported:
    """What was rendered, and the file computed anew."""

    again: Again
    root: ET.Element
    folder: Path


@pytest.fixture(scope="module")
def rendered() -> dict[str, Reported]:
    """What was rendered already: drawing takes longer than all else here."""
    return {}


@pytest.fixture
def reported(
    request: pytest.FixtureRequest, rendered: dict[str, Reported], tmp_path_factory: pytest.TempPathFactory
) -> Reported:
    """The report of a run that has been through its file; the name of the run is the parameter."""
    if request.param not in rendered:
        folder = tmp_path_factory.mktemp("recomputed")
        content = results_json({}, request.getfixturevalue("shapes")(request.param))
        (folder / "results.json").write_bytes(content)
        render(read_run(folder / "results.json"), folder / "report")
        page = (folder / "report" / "index.html").read_text(encoding="utf-8")
        rendered[request.param] = Reported(Again(json.loads(content)["eagerbench"]), Tree(page).root, folder / "report")
    return rendered[request.param]


every_shape = pytest.mark.parametrize(
    "reported", ["raced", "swept", "one launch", "trained", "forked", "measured"], indirect=True
)


@every_shape
def test_every_number_of_the_tables_is_computed_anew(reported: Reported):
    """Each cell of each table on the page prints what other code computes from the file, and nothing more."""
    counts = [check_table(reported.again, shown) for shown in shown_tables(reported.root)]
    assert sum(counts) > 20


@every_shape
def test_every_number_of_the_sentences_is_computed_anew(reported: Reported):
    """Of the finding at the top, and of what each section says is shown; a ratio has its interval."""
    headline = next(own for own in reported.root.iter("p") if "headline" in classes(own))
    sections = [own for own in reported.root.iter("section") if own.get("id", "").startswith(("group-", "sizes-"))]
    assert sections
    found = check_prose(reported.again, words(headline))
    sections += [own for section in sections for own in section.iter() if {"part", "folded"} & {*classes(own)}]
    told = [without_counts(reported.again, without_the_rest(section)) for section in sections]
    found += sum(check_prose(reported.again, text) for text in told)
    assert found > 5


@every_shape
def test_every_number_of_the_spreadsheet_is_computed_anew(reported: Reported):
    """Each column of each case, to seven digits."""
    text = (reported.folder / "summary.csv").read_text(encoding="utf-8")
    assert check_spreadsheet(reported.again, text) > 20


@every_shape
def test_every_number_of_the_markdown_is_computed_anew(reported: Reported):
    """Each cell of each table in ``summary.md``."""
    text = (reported.folder / "summary.md").read_text(encoding="utf-8")
    assert check_markdown(reported.again, text) > 20
