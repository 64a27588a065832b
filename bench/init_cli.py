"""The command ``eagerbench init``: settings, a policy, a benchmark and a CI job, written into a project.

Nothing that is there is written over, but what an earlier ``init`` wrote, with ``--force``.
"""

import argparse
import configparser
import os
import shlex
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from eagerbench.errors import UserError, unknown
from eagerbench.project import PROJECT, read_document
from eagerbench.results import write_atomically

TEMPLATES = resources.files("eagerbench") / "templates" / "init"
# Where a template goes, beside the one of the CI.
FILES = {"policy.py": "policy.py.in", "benchmarks/test_policy.py": "test_policy.py.in"}
WORKFLOWS = {"github": ".github/workflows/eagerbench.yml", "gitlab": ".gitlab-ci.yml"}
IGNORE = ".gitignore"
IGNORED = ("benchmark-report/", "gate-report/")
# Whatever init writes says so: that is how it knows its own.
MARK = "`eagerbench init`"
PYTEST_FILES = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml")
PYTEST_SECTIONS = {"tox.ini": "pytest", "setup.cfg": "tool:pytest"}
INSTALLING = ("- run: python -m pip install", "- python -m pip install")

DESCRIPTION = """\
Write into a project what eagerbench needs there: [tool.eagerbench] in pyproject.toml, with every key explained; in
policy.py a small Keras model to begin with; in benchmarks/test_policy.py a benchmark of your own; a CI job. What is
there already is left alone."""


class Draft(NamedTuple):
    """What is to become of a file.

    Attributes:
        path: of it, below the project.
        content: to be written; None where it stays as it is.
        told: in the words of a user.
    """

    path: str
    content: str | None
    told: str


UNCHANGED = "unchanged"


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
    for line in ["", "next:", *(f"  {command}" for command in _next(folder))]:
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
    job = _with_installation(_template(f"{ci}.yml"), folder, document)
    return [
        _settings(folder, document),
        *(_file(folder, path, _template(name), force=force) for path, name in FILES.items()),
        _file(folder, WORKFLOWS[ci], job, force=force),
        _ignore(folder),
    ]


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _file(folder: Path, path: str, content: str, *, force: bool) -> Draft:
    target = folder / path
    if not os.path.lexists(target):
        return Draft(path, content, "written")
    found = _read(target) if target.is_file() else ""
    if found == content:
        return Draft(path, None, UNCHANGED)
    if force and MARK in found:
        return Draft(path, content, "written over")
    return Draft(path, None, f"is there already, left alone{' (--force writes over it)' if MARK in found else ''}")


def _settings(folder: Path, document: Mapping[str, Any]) -> Draft:
    target = folder / PROJECT
    ours = _template("pyproject.toml.in")
    addition = ours if _pytest_is_set_up(folder, document) else ours + _template("pytest.toml.in")
    if not os.path.lexists(target):
        return Draft(PROJECT, addition, "written")
    text = _read(target)
    tools = document.get("tool", {})
    if isinstance(tools, dict) and "eagerbench" in tools:
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


def _with_installation(job: str, folder: Path, document: Mapping[str, Any]) -> str:
    """The job with the line that installs the project, where it is one that can be installed."""
    if {"project", "build-system"} & set(document) or (folder / "setup.py").is_file():
        arguments = "--editable ."
    elif (folder / "requirements.txt").is_file():
        arguments = "--requirement requirements.txt"
    else:
        return job
    for start in INSTALLING:
        job = job.replace(f"# {start} --editable .", f"{start} {arguments}")
    return job


def _pytest_is_set_up(folder: Path, document: Mapping[str, Any]) -> bool:
    """Whether pytest has settings here, which a table of ours could contradict or hide."""
    tools = document.get("tool", {})
    if isinstance(tools, dict) and "pytest" in tools:
        return True
    if any((folder / name).exists() for name in PYTEST_FILES):
        return True
    for name, section in PYTEST_SECTIONS.items():
        parser = configparser.ConfigParser()
        try:
            parser.read(folder / name, encoding="utf-8")
        except (configparser.Error, ValueError, OSError):
            return True  # whatever it is: nothing of ours shall hide it
        if parser.has_section(section):
            return True
    return False


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


def _next(folder: Path) -> list[str]:
    commands = {
        "eagerbench run --profile smoke": "two minutes, to see that it works",
        "eagerbench run": "measure; see benchmark-report/index.html",
        "eagerbench gate --base main": "is the model slower than on main?",
    }
    width = max(map(len, commands))
    there = [] if folder.resolve() == Path.cwd() else [f"cd {shlex.quote(str(folder))}"]
    return [*there, *(f"{command:<{width}}  {what}" for command, what in commands.items())]
