"""Writes what a gate says into a folder: page, figures, Markdown, JUnit XML and JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from eagerbench.gate import Judgement
from eagerbench.gate_record import GateRecord
from eagerbench.reports.gate.junit import gate_junit
from eagerbench.reports.gate.markdown import gate_markdown
from eagerbench.reports.gate.page import gate_page
from eagerbench.reports.gate.pictures import gate_pictures
from eagerbench.reports.picture import Picture
from eagerbench.results import write_atomically

# History of the schema of ``verdict.json``.
#   1  first edition
VERDICT_SCHEMA_VERSION = 1


@dataclass(frozen=True)
class GateRendered:
    """What was written.

    Attributes:
        folder: where.
        index: the page.
        files: all files written, the page among them.
    """

    folder: Path
    index: Path
    files: tuple[Path, ...]


def render_gate(judgement: Judgement, folder: Path, record: GateRecord | None = None) -> GateRendered:
    """Write ``index.html``, ``gate.md``, ``gate.xml``, ``verdict.json`` and the figures; remove nothing.

    Args:
        judgement: to be told.
        folder: made where it is missing.
        record: of a live gate: its blocks are drawn and its circumstances told.

    Raises:
        UserError: where the folder can't be written.
    """
    pictures = gate_pictures(judgement, record)
    content = gate_files(judgement, pictures)
    linked = ["gate.md", "gate.xml", "verdict.json", *(["gate.json"] if (folder / "gate.json").is_file() else [])]
    # The page last: who sees it finds everything it links to.
    content["index.html"] = gate_page(judgement, pictures, record, linked).encode()
    for name, data in content.items():
        write_atomically(folder / name, data)
    return GateRendered(folder, folder / "index.html", tuple(folder / name for name in content))


def gate_files(judgement: Judgement, pictures: Sequence[Picture]) -> dict[str, bytes]:
    """All files of a gate but its page, by name."""
    return {
        **{name: data for picture in pictures for name, data in picture.files.items()},
        "gate.md": gate_markdown(judgement).encode(),
        "gate.xml": gate_junit(judgement),
        "verdict.json": verdict_json(judgement),
    }


def verdict_json(judgement: Judgement) -> bytes:
    """The judgement as JSON for other programs: ``verdict.json``.

    One object with ``schema_version``, ``exit_code``, and every field of `Judgement` under its name: ``kind``,
    ``verdict``, ``reason``, ``base``, ``head``, ``control``, ``reference``, ``notes``, ``seconds``, ``rounds``, and
    ``cases``, a list of objects with every field of `CaseVerdict`. A change is an object with ``value`` (1.1 takes 10 %
    longer), ``low`` and ``high`` (null where there is no bound) and ``rounds``; null where there is no change. Fields
    may be added within a schema version, none is taken away or gets another meaning.
    """
    told = {
        "schema_version": VERDICT_SCHEMA_VERSION,
        "exit_code": judgement.exit_code,
        **msgspec.to_builtins(judgement),
    }
    return msgspec.json.format(msgspec.json.encode(_encodable(told)), indent=1) + b"\n"


def _encodable(value: Any) -> Any:
    """The value with a question mark for each half of a surrogate pair, which a label may have from a file's name."""
    if isinstance(value, dict):
        return {name: _encodable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(inner) for inner in value]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
