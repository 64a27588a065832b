"""The page of a gate, and the circumstances under which it was measured. The template escapes all text."""

from collections.abc import Sequence
from dataclasses import dataclass

from eagerbench import __version__
from eagerbench.gate import Judgement
from eagerbench.gate_record import GateRecord, SideRecord
from eagerbench.reports.facts import Facts, flat, moment
from eagerbench.reports.gate.section import gate_section
from eagerbench.reports.page import document
from eagerbench.reports.picture import Picture
from eagerbench.reports.tables import significant


@dataclass(frozen=True)
class Circumstances:
    """How a live gate was measured.

    Attributes:
        command: what was typed.
        gate: when, how long, and how it ended.
        machine: fingerprint.
        base: whose code base ran.
        head: whose code head ran.
        rounds: number, how it ended, cases, blocks, seconds, seconds until ready, reason.
    """

    command: str
    gate: Facts
    machine: Facts
    base: Facts
    head: Facts
    rounds: list[tuple[str, ...]]


def gate_page(
    judgement: Judgement, pictures: Sequence[Picture], record: GateRecord | None = None, files: Sequence[str] = ()
) -> str:
    """The whole page of a gate.

    Args:
        judgement: to be shown.
        pictures: as `gate_pictures` gives them.
        record: of a live gate, for its circumstances.
        files: names of files beside the page that it may link to.
    """
    gate = gate_section(judgement, pictures)
    contents = [(gate.anchor, "Cases"), ("reading", "How to read this")]
    return document(
        "gate.html.j2",
        title=f"eagerbench gate: {gate.verdict}",
        contents=[*contents, *([("circumstances", "How it was measured")] if record else [])],
        gate=gate,
        circumstances=_circumstances(record) if record else None,
        files=files,
    )


def _circumstances(record: GateRecord) -> Circumstances:
    return Circumstances(
        command=record.command,
        gate=[
            ("Started", moment(record.started)),
            ("Took", f"{record.seconds:,.0f} s of a budget of {record.budget_s:,.0f} s"),
            ("Ended", f"{record.ended}: {record.reason}" if record.reason else record.ended),
            ("Cases", f"{len(record.cases):,}"),
            ("Observations from", record.env),
            ("Seed", f"{record.seed}"),
            ("eagerbench, measuring", record.eagerbench),
            ("eagerbench, rendering", __version__),
        ],
        machine=[fact for name, value in record.machine.items() for fact in flat(name, value)],
        base=_side(record.base),
        head=_side(record.head),
        rounds=[
            (
                f"{taken.number}",
                taken.ended,
                f"{len(taken.cases):,}",
                f"{len(taken.blocks):,}",
                significant(taken.seconds),
                significant(taken.ready_seconds),
                taken.reason,
            )
            for taken in record.rounds
        ],
    )


def _side(side: SideRecord) -> Facts:
    known = [("Code", side.label), *([("Commit", side.commit)] if side.commit else [])]
    return [*known, ("Model", side.model or "the article's, as packaged"), *side.versions.items()]
