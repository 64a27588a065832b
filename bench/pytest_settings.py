"""Where a project has its settings of pytest, and what ``pytest --benchmark-only`` misses in them. Only reads."""

import configparser
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from eagerbench.errors import UserError
from eagerbench.project import PROJECT, read_document

# In the order in which pytest looks for them: the first that is there, or has such a section, counts.
TOML_FILES = ("pytest.toml", ".pytest.toml")
INI_FILES = ("pytest.ini", ".pytest.ini")
INI_SECTIONS = {"tox.ini": "pytest", "setup.cfg": "tool:pytest"}


class PytestSettings(NamedTuple):
    """Settings of pytest.

    Attributes:
        place: where they stand, in the words of a user.
        toml: whether they are written as TOML, and not as an INI file.
        values: what they say; empty where that can't be read.
    """

    place: str = f"[tool.pytest.ini_options] in {PROJECT}"
    toml: bool = True
    values: Mapping[str, Any] = {}

    def missing(self) -> list[str]:
        """Lines to add, or to change, so that ``pytest --benchmark-only`` measures and finds a model beside them."""
        lines = [] if "eagerbench_suite" in self.values else ["eagerbench_suite = true"]
        found = self.values.get("pythonpath", [])
        folders = [str(folder) for folder in found] if isinstance(found, list) else str(found).split()
        if "." not in folders:
            folders.append(".")
            lines.append(f"pythonpath = {json.dumps(folders) if self.toml else ' '.join(folders)}")
        return lines


def find_pytest_settings(folder: Path, document: Mapping[str, Any]) -> PytestSettings | None:
    """Settings of pytest in a project; None where it has none.

    Args:
        folder: of the project.
        document: its ``pyproject.toml``.
    """
    for name in TOML_FILES:
        if (folder / name).exists():
            return PytestSettings(f"[pytest] in {name}", values=_table(_document(folder / name), "pytest"))
    for name in INI_FILES:
        if (folder / name).exists():
            return PytestSettings(f"[pytest] in {name}", toml=False, values=_section(folder / name, "pytest") or {})
    tools = _table(document, "tool")
    if "pytest" in tools:
        table = _table(tools, "pytest")
        if table and "ini_options" not in table:  # pytest 9 and later
            return PytestSettings(f"[tool.pytest] in {PROJECT}", values=table)
        return PytestSettings(values=_table(table, "ini_options"))
    for name, section in INI_SECTIONS.items():
        found = _section(folder / name, section)
        if found is not None:
            return PytestSettings(f"[{section}] in {name}", toml=False, values=found)
    return None


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = table.get(key, {})
    return found if isinstance(found, dict) else {}


def _document(path: Path) -> Mapping[str, Any]:
    try:
        return read_document(path)
    except UserError:  # pytest will say so
        return {}


def _section(path: Path, section: str) -> Mapping[str, str] | None:
    """A section of an INI file; None where it has none, or there is no such file."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, ValueError, OSError):
        return {}  # whatever it is: nothing of ours shall hide it
    return dict(parser.items(section)) if parser.has_section(section) else None
