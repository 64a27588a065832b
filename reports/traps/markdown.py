"""The traps as Markdown that fits a pull request comment or a slide."""

from eagerbench.reports.escape import for_markdown
from eagerbench.reports.rows import Cell, Table
from eagerbench.reports.traps.page import banners
from eagerbench.reports.traps.rows import tables
from eagerbench.reports.traps.words import headline, pair_sentences, spread_sentences
from eagerbench.traps.findings import TrapsSummary
from eagerbench.traps.record import TrapsRecord


def traps_markdown(record: TrapsRecord, summary: TrapsSummary) -> str:
    """The finding, the tables, single runs, and the machine; all text escaped for Markdown and the HTML inside it."""
    blocks = ["### Traps of benchmarking", f"**{for_markdown(headline(record, summary), 2000)}**"]
    blocks += [f"⚠️ **{for_markdown(banner.text, 1000)}**" for banner in banners(record, summary)]
    blocks += [_table(table) for table in tables(summary)]
    told = [*spread_sentences(summary), *pair_sentences(summary)]
    if told:
        blocks.append("\n".join(f"- {for_markdown(sentence)}" for sentence in told))
    blocks.append(_circumstances(record))
    return "\n\n".join(blocks) + "\n"


def _table(table: Table) -> str:
    head = [
        f"**{for_markdown(table.title)}**",
        "",
        f"| {' | '.join(for_markdown(name, 80) for name in table.names)} |",
        f"|---|{'---:|' * (len(table.names) - 1)}",
    ]
    return "\n".join([*head, *(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in table.rows)])


def _cell(cell: Cell) -> str:
    return for_markdown(cell.text, 80) + (f" ({for_markdown(cell.detail, 80)})" if cell.detail else "")


def _circumstances(record: TrapsRecord) -> str:
    packages = record.machine.get("packages")
    versions = packages if isinstance(packages, dict) else {}
    parts = [
        record.machine.get("cpu"),
        *(f"{name} {versions[name]}" for name in ("tensorflow", "keras") if versions.get(name)),
        f"eagerbench {record.eagerbench}",
    ]
    told = " · ".join(for_markdown(str(part), 80) for part in parts if part)
    return (
        f"<sub>{told}. {record.rows:,} rows, {len(record.launches)} of {record.launches_asked} launches, seed "
        f"{record.seed}. Times: geometric mean over launches, 95 % interval; ratios are paired by launch. "
        f"Command: {for_markdown(record.command, 200)}</sub>"
    )
