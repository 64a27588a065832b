"""How far naive measurements are off, from hand-made records; and the file that keeps them."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eagerbench.errors import UserError
from eagerbench.results import CaseOutcome, Sample
from eagerbench.traps.findings import ARTICLE_CELLS, TRAPS, measurements, summarise_traps, times
from eagerbench.traps.record import (
    TRAPS_SCHEMA_VERSION,
    TrapsLaunch,
    TrapsRecord,
    find_traps,
    read_traps,
    write_traps,
)

SINGLE = ("notebook/", "alone/", "first/")


def record_of(
    seconds: Mapping[str, Sequence[float]], traps: Sequence[str], outcomes: Mapping[str, CaseOutcome] | None = None
) -> TrapsRecord:
    """A record in which each measurement has one time in each launch; ``outcomes`` are of those that failed."""
    made = []
    for index in range(max(map(len, seconds.values()), default=0)):
        samples = [
            Sample(name, "cold" if name.startswith(SINGLE) else "steady", 0, place, 1, own[index], 0.75, 0.25)
            for place, (name, own) in enumerate(seconds.items())
            if index < len(own)
        ]
        cases = {sample.case: CaseOutcome("ok") for sample in samples} | dict(outcomes or {})
        made.append(TrapsLaunch(index, 7 + index, "complete", 30.0, "", cases, tuple(samples)))
    return TrapsRecord(
        schema_version=TRAPS_SCHEMA_VERSION,
        eagerbench="0.1.0",
        started="2026-01-02T03:04:05+00:00",
        command="eagerbench traps",
        traps=tuple(traps),
        rows=100_000,
        launches_asked=len(made) or 1,
        seed=0,
        env="CartPole-v1",
        machine={"cpu": "Example CPU"},
        launches=tuple(made),
        ended="complete",
        seconds=60.0,
    )


def article(naive: Mapping[str, Sequence[float]], right: Mapping[str, Sequence[float]]) -> TrapsRecord:
    """A record of the article's cells: the same times in order and alone."""
    seconds = {f"{way}/{cell}": own for way in ("notebook", "alone") for cell, own in naive.items()}
    return record_of(seconds | {f"warm/{ARTICLE_CELLS[cell]}": own for cell, own in right.items()}, ["article"])


def test_a_ratio_is_paired_by_launch() -> None:
    """Launches that are slow as a whole leave the ratio alone, and its interval narrow."""
    record = record_of({"made/function": [0.4, 0.8, 1.6], "warm/function": [0.1, 0.2, 0.4]}, ["tracing"])
    found, _ = summarise_traps(record).findings
    assert found.off is not None
    assert (found.off.value, found.off.low, found.off.high) == pytest.approx((4, 4, 4))
    assert found.difference == "slower"
    assert found.naive_s is not None
    assert found.naive_s.value == pytest.approx(0.8)


def test_a_naive_time_may_be_too_short_or_right() -> None:
    """What is shown is what the whole interval shows."""
    short = record_of({"unread/eager": [0.1, 0.11], "warm/eager": [0.4, 0.43]}, ["unread-results"])
    assert summarise_traps(short).findings[0].difference == "faster"
    right = record_of({"unread/eager": [0.3, 0.5], "warm/eager": [0.4, 0.4]}, ["unread-results"])
    assert summarise_traps(right).findings[0].difference == "no difference shown"


def test_one_launch_gives_no_interval() -> None:
    """Hence nothing is shown."""
    record = record_of({"made/function": [0.4], "warm/function": [0.1]}, ["tracing"])
    assert summarise_traps(record).findings[0].difference == "no interval"


def test_a_measurement_that_failed_says_why() -> None:
    """Its times don't count, whatever samples it has."""
    failed = {"made/function": CaseOutcome("failed", "ValueError: no")}
    record = record_of({"made/function": [0.4, 0.4], "warm/function": [0.1, 0.1]}, ["tracing"], failed)
    summary = summarise_traps(record)
    assert summary.findings[0].off is None
    assert summary.findings[0].reason == "ValueError: no"
    assert summary.failures["made/function"] == "ValueError: no"


def test_the_median_of_steady_samples_counts() -> None:
    """The cold call of a race does not, and neither does its warm-up; of several calls in a sample, one."""
    record = record_of({"warm/function": [0.1], "made/function": [0.2]}, ["tracing"])
    own: tuple[Any, ...] = (
        Sample("warm/function", "cold", -1, 0, 1, 9.0, 9.0, 0.0),
        Sample("warm/function", "warmup", -1, 1, 1, 5.0, 5.0, 0.0),
        *(Sample("warm/function", "steady", n, n + 2, 2, 2 * wall, 1.0, 0.5) for n, wall in enumerate((1.0, 2.0, 4.0))),
    )
    launch = msgspec.structs.replace(record.launches[0], samples=own)
    record = msgspec.structs.replace(record, launches=(launch,))
    assert times(record, "warm/function") == {0: 2.0}
    assert times(record, "warm/function", cpu=True) == {0: 0.75}
    only_cold = msgspec.structs.replace(record, launches=(msgspec.structs.replace(launch, samples=own[:1]),))
    assert times(only_cold, "warm/function") == {}


def test_the_articles_table() -> None:
    """Wall and CPU of each cell, the right time beside it, and how far single runs lie apart."""
    record = article(
        {"eager": [0.2, 0.3], "static": [0.7, 0.7], "default": [3.0, 3.0]},
        {"eager": [0.04, 0.06], "static": [0.02, 0.03], "default": [0.08, 0.12]},
    )
    summary = summarise_traps(record)
    eager = summary.cells[0]
    assert (eager.cell, eager.mode) == ("eager", "eager")
    assert eager.off is not None
    assert eager.off.value == pytest.approx(5)
    assert eager.notebook_cpu_s is not None
    assert eager.notebook_cpu_s.value == pytest.approx(1.0)
    assert eager.spread == pytest.approx({"notebook": 1.5, "alone": 1.5})
    assert [cell for cell, _ in summary.leads["naive"]] == ["eager", "static", "default"]
    assert [cell for cell, _ in summary.leads["right"]] == ["static", "eager", "default"]
    behind = summary.leads["right"][1][1]
    assert behind is not None
    assert behind.value == pytest.approx(2)


def test_wrong_winners_are_counted() -> None:
    """A launch that names the slower one is wrong; where no difference is shown, nobody is."""
    record = article(
        {"eager": [0.2, 0.9, 0.2], "static": [0.7, 0.7, 0.7], "default": [3.0, 3.0, 0.1]},
        {"eager": [0.04, 0.04, 0.04], "static": [0.02, 0.02, 0.021], "default": [0.03, 0.05, 0.045]},
    )
    eager_static, eager_default, static_default = summarise_traps(record).pairs
    assert (eager_static.truth, eager_static.named["notebook"], eager_static.wrong["notebook"]) == ("slower", 2, 2)
    assert eager_default.truth == "no difference shown"
    assert (eager_default.named["alone"], eager_default.wrong["alone"]) == (2, 0)
    assert (static_default.truth, static_default.wrong, static_default.launches) == (
        "faster",
        {"notebook": 1, "alone": 1},
        {"notebook": 3, "alone": 3},
    )


def test_traces_are_told_where_all_launches_agree() -> None:
    """A count that differs between launches is none."""
    outcomes = {"float64/function": CaseOutcome("ok", traces=2), "warm/function": CaseOutcome("ok", traces=1)}
    record = record_of({"float64/function": [0.1, 0.1], "warm/function": [0.1, 0.1]}, ["float64"], outcomes)
    assert summarise_traps(record).traces == {"float64/function": 2, "warm/function": 1}
    other = {**record.launches[1].cases, "float64/function": CaseOutcome("ok", traces=3)}
    launches = (record.launches[0], msgspec.structs.replace(record.launches[1], cases=other))
    assert summarise_traps(msgspec.structs.replace(record, launches=launches)).traces == {"warm/function": 1}


def test_an_unknown_trap_is_told_with_the_known_ones() -> None:
    """And with the nearest."""
    with pytest.raises(UserError, match=r"unknown trap 'stpes' \(did you mean 'steps'\?\)"):
        measurements(["stpes"])


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_alone_can_be_summarised(trap: str) -> None:
    """What it needs is what it asks for, and nothing was measured is a result."""
    summary = summarise_traps(record_of({}, [trap]))
    assert set(summary.failures) == measurements([trap])
    assert all(one.trap == trap and one.off is None for one in summary.findings)


# the file


RECORD = record_of({"made/function": [0.4, 0.4], "warm/function": [0.1, 0.1]}, ["tracing"])


def test_a_record_comes_back(tmp_path: Path) -> None:
    """Equal, by itself and by its folder."""
    write_traps(tmp_path / "traps.json", RECORD)
    assert find_traps(tmp_path) == tmp_path / "traps.json"
    assert read_traps(tmp_path / "traps.json") == RECORD


def test_a_folder_of_a_run_is_not_one_of_traps(tmp_path: Path) -> None:
    """Who has both in one folder names the file."""
    write_traps(tmp_path / "traps.json", RECORD)
    (tmp_path / "results.json").write_text("{}")
    assert find_traps(tmp_path) is None
    assert find_traps(tmp_path / "other") is None


def _edited(**changes: Any) -> dict[str, Any]:
    return {**msgspec.to_builtins(RECORD), **changes}


def _launch(**changes: Any) -> dict[str, Any]:
    first, *others = msgspec.to_builtins(RECORD)["launches"]
    return _edited(launches=[{**first, **changes}, *others])


def _sample(**changes: Any) -> dict[str, Any]:
    samples = msgspec.to_builtins(RECORD.launches[0])["samples"]
    return _launch(samples=[{**samples[0], **changes}])


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (_edited(schema_version=99), "has traps schema version 99, this eagerbench reads 1"),
        (_edited(traps=["nothing"]), "unknown trap 'nothing'"),
        (_edited(traps=[]), "expected each trap once"),
        (_edited(traps=["tracing", "tracing"]), "expected each trap once"),
        (_edited(rows=0), "at least one row"),
        (_edited(seconds=-1.0), "impossible seconds"),
        (_edited(surprise=1), "unknown field"),
        (_edited(launches=_edited()["launches"][:1] * 2), "a launch is there twice"),
        (_launch(cases={"warm/nothing": {"status": "ok"}}), "'warm/nothing', which was not asked for"),
        (_sample(case="warm/eager"), "'warm/eager', which was not asked for"),
        (_sample(wall_s=0.0), "impossible sample"),
        (_sample(wall_s=1e300), "impossible sample"),
        (_sample(calls=0), "impossible sample"),
    ],
)
def test_what_nobody_can_have_measured_is_refused(document: Any, told: str, tmp_path: Path) -> None:
    """In one line that names the file."""
    path = tmp_path / "traps.json"
    path.write_text(json.dumps(document))
    with pytest.raises(UserError, match=re.escape(told)) as caught:
        read_traps(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"schema_version": "1"}', b"[" * 100_000])
def test_a_broken_file_is_refused(content: bytes, tmp_path: Path) -> None:
    """Cut off, another thing, or made to hurt."""
    (tmp_path / "traps.json").write_bytes(content)
    with pytest.raises(UserError, match=r"is not a traps\.json"):
        read_traps(tmp_path / "traps.json")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """As the system says it."""
    with pytest.raises(UserError, match=r"cannot read .*No such file"):
        read_traps(tmp_path / "traps.json")
