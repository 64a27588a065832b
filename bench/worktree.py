"""Another commit of a repository, checked out beside it for a while."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from eagerbench.errors import UserError

PREFIX = "eagerbench-base-"
OF_A_HOOK = {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"}


class Checkout(NamedTuple):
    """A commit in a folder.

    Attributes:
        folder: its files.
        commit: its full hash; with ``+`` where the folder has changes.
    """

    folder: Path
    commit: str

    @property
    def short(self) -> str:
        """As people write it."""
        return self.commit[:12] + ("+" if self.commit.endswith("+") else "")


def here(folder: Path) -> Checkout:
    """The working tree that a folder lies in.

    Raises:
        UserError: where there is none.
    """
    top = Path(_git(folder, "rev-parse", "--show-toplevel", otherwise=f"{folder} lies in no git repository"))
    try:
        commit = _git(top, "rev-parse", "HEAD", otherwise="no commit yet")
    except UserError as error:
        raise UserError(f"{top} has no commit yet: there is nothing to compare with") from error
    changed = _git(top, "status", "--porcelain", "--untracked-files=no", otherwise="git status failed")
    return Checkout(top, commit + ("+" if changed else ""))


@contextmanager
def worktree(reference: str, repository: Path) -> Iterator[Checkout]:
    """A commit's files in a folder of their own, gone at the end, also after Ctrl-C.

    What an earlier one has left behind because it was killed is cleared away first.

    Args:
        reference: branch, tag or commit.
        repository: its working tree.

    Raises:
        UserError: where there is no such commit, or no git.
    """
    _clear_abandoned(repository)
    commit = _git(
        repository,
        *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}"),
        otherwise=f"--base {reference!r}: this repository has no such commit, branch or tag; in CI fetch it first "
        "(fetch-depth: 0)",
    )
    # The name of the process that it belongs to: so the next one can tell whether it is still needed.
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "base"
        try:
            _git(
                repository,
                *("worktree", "add", "--detach", "--force", str(folder), commit),
                otherwise=f"--base {reference!r}: git could not check it out",
            )
            yield Checkout(folder, commit)
        finally:
            with suppress(UserError):
                _git(repository, "worktree", "remove", "--force", "--force", str(folder), otherwise="")


def _clear_abandoned(repository: Path) -> None:
    """Remove worktrees of gates that were killed."""
    listed = _git(repository, "worktree", "list", "--porcelain", otherwise="git worktree failed")
    for line in listed.splitlines():
        folder = Path(line.removeprefix("worktree "))
        if line.startswith("worktree ") and folder.parent.name.startswith(PREFIX):
            owner = folder.parent.name.removeprefix(PREFIX).partition("-")[0]
            if not owner.isdigit() or not psutil.pid_exists(int(owner)):
                with suppress(UserError):
                    _git(repository, "worktree", "remove", "--force", "--force", str(folder), otherwise="")
                shutil.rmtree(folder.parent, ignore_errors=True)
    _git(repository, "worktree", "prune", otherwise="git worktree failed")


def _git(folder: Path, *arguments: str, otherwise: str) -> str:
    """What git says, or an error in our words with its last line."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            # Ctrl-C in the terminal is for us: git must be able to finish clearing up.
            start_new_session=True,
            # Called by a git hook, git would tell its own commands of another repository or index.
            env={name: value for name, value in os.environ.items() if name not in OF_A_HOOK},
        )
    except FileNotFoundError as error:
        raise UserError("git is not installed; --base needs it") from error
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{otherwise}: git took more than five minutes") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise UserError(f"{otherwise}{': ' + said[-1] if said else ''}")
    return done.stdout.strip()
