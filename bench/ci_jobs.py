"""The CI job that ``eagerbench init`` writes: where its CI looks for it, and what is in it. Writes nothing itself."""

import json
import os
import re
import shlex
from collections.abc import Mapping
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

TEMPLATES = resources.files("eagerbench") / "templates" / "init"
WORKFLOWS = {"github": ".github/workflows/eagerbench.yml", "gitlab": ".gitlab-ci.yml"}
# Whatever init writes says so: that is how it knows its own.
MARK = "`eagerbench init`"
INSTALLING = ("- run: python -m pip install", "- python -m pip install")


class Job(NamedTuple):
    """A job for a project.

    Attributes:
        path: of its file, below the project; absolute where the project is a folder of a larger repository, since its
            CI reads what stands at the root.
        content: of it.
        mark: what is in each such file that an earlier ``init`` wrote for the same folder.
    """

    path: str
    content: str
    mark: str


def job_of(ci: str, folder: Path, document: Mapping[str, Any]) -> Job:
    """The job of a project.

    Args:
        ci: a key of `WORKFLOWS`.
        folder: of the project, there or not.
        document: its ``pyproject.toml``.
    """
    content = _with_installation((TEMPLATES / f"{ci}.yml").read_text(encoding="utf-8"), folder, document)
    project = folder.resolve()
    root = next((one for one in (project, *project.parents) if os.path.lexists(one / ".git")), project)
    if root == project:
        return Job(WORKFLOWS[ci], content, MARK)
    below = project.relative_to(root).as_posix()
    path = PurePosixPath(WORKFLOWS[ci])
    if ci == "github":  # it reads every file there, so each folder has its own
        path = path.with_stem(f"{path.stem}-{below.replace('/', '-')}")
    mark = f"`eagerbench init {shlex.quote(below)}`"
    return Job(str(root / path), _below(content, below).replace(MARK, mark), mark)


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


def _below(job: str, folder: str) -> str:
    """The job for a folder of a repository: its commands run there, and what is kept lies there."""
    job = job.replace("name: eagerbench\n", f"name: {_quoted(f'eagerbench {folder}')}\n", 1)
    job = job.replace("\njobs:\n", f"\ndefaults:\n  run:\n    working-directory: {_quoted(folder)}\n\njobs:\n")
    job = job.replace("  script:\n", f"  script:\n    - {_quoted(f'cd {shlex.quote(folder)}')}\n")
    return re.sub(r"(?:benchmark|gate)-report/\S*$", lambda found: _quoted(f"{folder}/{found[0]}"), job, flags=re.M)


def _quoted(text: str) -> str:
    """A text as YAML has it, whatever letters are in it."""
    return json.dumps(text, ensure_ascii=False)
