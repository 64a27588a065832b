"""The command ``eagerbench init``: settings, a policy, a benchmark and a CI job, written into a project.

Nothing that is there is written over, but what an earlier ``init`` wrote, with ``--force``.
"""

import argparse
import os
import shlex
import symtable
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from eagerbench.ci_jobs import MARK, TEMPLATES, WORKFLOWS, job_of
from eagerbench.errors import UserError, unknown
from eagerbench.project import PROJECT, read_document
from eagerbench.pytest_settings import PytestSettings, find_pytest_settings
from eagerbench.results import write_atomically

POLICY, FACTORY = "policy", "make_policy"
# Where a project has a policy of its own.
OTHER_POLICY = "eagerbench_policy"
BENCHMARK = "benchmarks/test_policy.py"
IGNORE = ".gitignore"
IGNORED = ("benchmark-report/", "gate-report/")

DESCRIPTION = """\
Write into a project what eagerbench needs there: [tool.eagerbench] in pyproject.toml, with every key explained; in
policy.py a small Keras model to begin with; in benchmarks/test_policy.py a benchmark of your own; a CI job. What is
there already is left alone."""


class Draft(NamedTuple):
    """What is to become of a file.

    Attributes:
        path: of it, below the project, or an absolute one.
        content: to be written; None where it stays as it is.
        told: in the words of a user.
    """

    path: str
    content: str | None
    told: str


UNCHANGED = "unchanged"
OWN_POLICY = f"; your own {POLICY} is left alone: name your model in {PROJECT} to have it measured"


def add_init(commands: Any) -> None:
    """Tell argparse of the command."""
    init = commands.add_parser(
        "init",
        help="write settings, a benchmark of your own and a CI job into a project",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    init.add_argument(
        "folder", metavar="FOLDER", type=Path, nargs="?", default=Path(), help="of the project (default: here)"
    )
    init.add_argument("--ci", metavar="NAME", default="github", help="github or gitlab (default: github)")
    init.add_argument(
        "--force",
        action="store_true",
        help=f"write over the files that an earlier init wrote, also changed ones; never over {PROJECT}",
    )


def init(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code.

    Raises:
        UserError: where something can't be written, or ``pyproject.toml`` can't be read.
    """
    folder: Path = options.folder
    if options.ci not in WORKFLOWS:
        raise unknown("CI", options.ci, WORKFLOWS)
    try:
        wrong = folder.exists() and not folder.is_dir()
    except OSError as error:  # such as a name that is too long
        raise UserError(f"{folder}: expected the folder of a project; {error.strerror or error}") from error
    if wrong:
        raise UserError(f"{folder}: expected the folder of a project, or one that is not there yet; this is a file")
    drafts = drafted(folder, options.ci, force=options.force)
    for draft in drafts:
        if draft.content is not None:
            _write(folder / draft.path, draft.content)
        print(f"  {draft.path:<{max(len(one.path) for one in drafts)}}  {draft.told}")
    for line in [*_pytest_lines(folder), "", "next:", *(f"  {command}" for command in _next(folder))]:
        print(line)
    return 0


def drafted(folder: Path, ci: str, *, force: bool = False) -> list[Draft]:
    """What is to become of each file of a project; nothing is written.

    Args:
        folder: of the project, there or not.
        ci: whose job it gets.
        force: write over what an earlier init wrote.

    Raises:
        UserError: where a file can't be read, or ``pyproject.toml`` isn't TOML.
    """
    document = read_document(folder / PROJECT)
    policy = _policy(folder, document, force=force)
    job = job_of(ci, folder, document)
    return [
        _settings(folder, document, policy),
        _file(folder, f"{policy}.py", _template("policy.py.in", policy), force=force),
        _file(folder, BENCHMARK, _template("test_policy.py.in", policy), force=force),
        _file(folder, job.path, job.content, force=force, mark=job.mark),
        _ignore(folder),
    ]


def _policy(folder: Path, document: Mapping[str, Any], *, force: bool) -> str:
    """Name of the module with the policy: another one where the project's own has not what is needed of it."""
    if os.path.lexists(folder / f"{OTHER_POLICY}.py"):  # by an earlier init
        return OTHER_POLICY
    if not force and _has_settings(document) and os.path.lexists(folder / BENCHMARK):
        return POLICY  # nothing that needs it is written
    file = folder / f"{POLICY}.py"
    if not os.path.lexists(file):
        return OTHER_POLICY if (folder / POLICY / "__init__.py").exists() else POLICY
    text = _read(file) if file.is_file() else ""
    return POLICY if _binds(text, FACTORY) or (force and MARK in text) else OTHER_POLICY


def _binds(source: str, name: str) -> bool:
    """Whether a module defines, assigns or imports a name; it is not executed."""
    try:
        table = symtable.symtable(source.removeprefix("\ufeff"), f"{POLICY}.py", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return False
    return name in table.get_identifiers() and (table.lookup(name).is_assigned() or table.lookup(name).is_imported())


def _has_settings(document: Mapping[str, Any]) -> bool:
    tools = document.get("tool", {})
    return isinstance(tools, dict) and "eagerbench" in tools


def _template(name: str, policy: str = POLICY) -> str:
    """A template, where the policy lies in this module."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    return text.replace(f'"{POLICY}.py:', f'"{policy}.py:').replace(f"from {POLICY} ", f"from {policy} ")


def _file(folder: Path, path: str, content: str, *, force: bool, mark: str = MARK) -> Draft:
    target = folder / path
    if not os.path.lexists(target):
        return Draft(path, content, f"written{OWN_POLICY if path == f'{OTHER_POLICY}.py' else ''}")
    found = _read(target) if target.is_file() else ""
    if found == content:
        return Draft(path, None, UNCHANGED)
    if force and mark in found:
        return Draft(path, content, "written over")
    return Draft(path, None, f"is there already, left alone{' (--force writes over it)' if mark in found else ''}")


def _settings(folder: Path, document: Mapping[str, Any], policy: str) -> Draft:
    target = folder / PROJECT
    ours = _template("pyproject.toml.in", policy)
    # A table of ours could contradict settings of pytest that are there, or hide them.
    addition = ours if find_pytest_settings(folder, document) else ours + _template("pytest.toml.in")
    if not os.path.lexists(target):
        return Draft(PROJECT, addition, "written")
    text = _read(target)
    if _has_settings(document):
        same = ours in text.replace("\r\n", "\n")
        return Draft(PROJECT, None, UNCHANGED if same else "has [tool.eagerbench] already, left alone")
    appended = _appended(text, "\n" + addition if text.strip() else addition)
    try:
        tomllib.loads(appended)
    except ValueError:  # such as `tool = {…}` in one line, which no later line may add to
        return Draft(PROJECT, None, "left alone: a table [tool.eagerbench] can't be appended to it")
    return Draft(PROJECT, appended, "[tool.eagerbench] appended")


def _ignore(folder: Path) -> Draft:
    target = folder / IGNORE
    text = _read(target) if os.path.lexists(target) else ""
    known = {line.strip().strip("/") for line in text.splitlines()}
    missing = [line for line in IGNORED if line.strip("/") not in known]
    if not missing:
        return Draft(IGNORE, None, UNCHANGED)
    return Draft(
        IGNORE, _appended(text, "".join(f"{line}\n" for line in missing)), "appended to" if text else "written"
    )


def _appended(text: str, addition: str) -> str:
    """Text with more at its end, in lines of their own that end as its lines do."""
    end = "\r\n" if "\r\n" in text else "\n"
    return text + (end if text and not text.endswith("\n") else "") + addition.replace("\n", end)


def _read(path: Path) -> str:
    """A file with its line ends as they are."""
    try:
        return path.read_bytes().decode("utf-8", errors="surrogateescape")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error


def _write(path: Path, content: str) -> None:
    """Write a file, where it leads to if it is a link, with the permissions that it had."""
    target = path.resolve()
    mode = target.stat().st_mode & 0o7777 if target.exists() else None
    try:
        write_atomically(target, content.encode("utf-8", errors="surrogateescape"))
        if mode is not None:
            target.chmod(mode)
    except (UserError, OSError) as error:
        reason = error.__cause__ or error
        told = reason.strerror if isinstance(reason, OSError) else reason
        raise UserError(f"cannot write {path}: {told}; nothing more was written") from error


def _pytest_lines(folder: Path) -> list[str]:
    """What is to be added by hand to settings of pytest that init leaves alone."""
    settings = find_pytest_settings(folder, read_document(folder / PROJECT)) or PytestSettings()
    missing = settings.missing()
    if not missing:
        return []
    return ["", f"for `pytest --benchmark-only`, put into {settings.place}:", *(f"  {line}" for line in missing)]


def _next(folder: Path) -> list[str]:
    commands = {
        "eagerbench run --profile smoke": "two minutes, to see that it works",
        "eagerbench run": "measure; see benchmark-report/index.html",
        "eagerbench gate --base main": "is the model slower than on main?",
    }
    width = max(map(len, commands))
    there = [] if folder.resolve() == Path.cwd() else [f"cd {shlex.quote(str(folder))}"]
    return [*there, *(f"{command:<{width}}  {what}" for command, what in commands.items())]
