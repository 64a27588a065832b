"""Another commit checked out beside a repository, and gone again however it ends. Real repositories, made here."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from eagerbench.errors import UserError
from eagerbench.worktree import PREFIX, here, worktree

Git = Callable[..., str]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where worktrees go: a folder of the test's own, with a space in its name, without settings of whoever tests."""
    folder = tmp_path / "a place for it"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    return folder


def git(folder: Path, *arguments: str) -> str:
    """What git says."""
    own = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", "-C", str(folder), *own, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits, of which the first has a tag and a branch, and a name with a space."""
    folder = tmp_path / "my project"
    folder.mkdir()
    git(folder, "init", "--quiet")
    for content in ("old", "new"):
        (folder / "model.py").write_text(content)
        git(folder, "add", "model.py")
        git(folder, "commit", "--quiet", "-m", content)
        if content == "old":
            git(folder, "tag", "v1.0")
            git(folder, "tag", "-a", "annotated", "-m", "an object of its own")
            git(folder, "branch", "feature/old")
    return folder


def worktrees(repository: Path) -> list[str]:
    """Folders of all but the repository itself."""
    listed = git(repository, "worktree", "list", "--porcelain").splitlines()
    return [line.removeprefix("worktree ") for line in listed if line.startswith("worktree ")][1:]


def nothing_is_left(repository: Path, temporary: Path) -> bool:
    return not worktrees(repository) and not [*temporary.iterdir()] and not git(repository, "status", "--porcelain")


@pytest.mark.parametrize("reference", ["v1.0", "annotated", "feature/old", "HEAD~1", "HEAD^", "commit"])
def test_a_tag_a_branch_and_a_commit_are_checked_out(repository: Path, temporary: Path, reference: str) -> None:
    """Its files lie in a folder of their own; the working tree keeps its own."""
    old = git(repository, "rev-parse", "HEAD~1")
    with worktree(old if reference == "commit" else reference, repository) as base:
        assert (base.folder / "model.py").read_text() == "old"
        assert (base.commit, base.short) == (old, old[:12])
        assert (repository / "model.py").read_text() == "new"
        assert worktrees(repository) == [str(base.folder)]
        assert temporary in base.folder.parents
    assert nothing_is_left(repository, temporary)


def test_the_branch_that_is_checked_out_already_can_be_the_base(repository: Path, temporary: Path) -> None:
    """Also where head has changes that are not committed: they stay, and the base hasn't them."""
    (repository / "model.py").write_text("changed")
    with worktree("main", repository) as base:
        assert (base.folder / "model.py").read_text() == "new"
    assert (repository / "model.py").read_text() == "changed"
    assert git(repository, "branch", "--show-current") == "main"
    assert not worktrees(repository)
    assert not [*temporary.iterdir()]


@pytest.mark.parametrize(
    "reference", ["nowhere", "", "--help", "--quiet", "-1", "HEAD~99", "HEAD:model.py", "main..v1.0", "0" * 40, "a b"]
)
def test_what_is_no_commit_is_refused(repository: Path, temporary: Path, reference: str) -> None:
    """In one line that names it, also where git could take it for an option."""
    with pytest.raises(UserError) as caught, worktree(reference, repository):
        pass
    assert f"--base {reference!r}: this repository has no such commit, branch or tag" in str(caught.value)
    assert "fetch-depth: 0" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert nothing_is_left(repository, temporary)


def test_a_folder_outside_any_repository_is_told(tmp_path: Path) -> None:
    """For the working tree and for the base."""
    with pytest.raises(UserError, match="lies in no git repository") as caught:
        here(tmp_path)
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError), worktree("main", tmp_path):
        pass


def test_a_repository_without_a_commit_is_told(tmp_path: Path) -> None:
    """There is nothing to compare with."""
    git(tmp_path, "init", "--quiet")
    with pytest.raises(UserError, match="has no commit yet: there is nothing to compare with") as caught:
        here(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_working_tree_is_told_from_any_of_its_folders(repository: Path) -> None:
    """Its top, its commit; a plus where what git knows has changed, and not for files that it doesn't know."""
    inside = repository / "deep" / "down"
    inside.mkdir(parents=True)
    (inside / "unknown.txt").write_text("")
    commit = git(repository, "rev-parse", "HEAD")
    assert here(inside) == (repository, commit)
    (repository / "model.py").write_text("changed")
    assert here(inside) == (repository, commit + "+")
    assert here(inside).short == commit[:12] + "+"
    git(repository, "add", "model.py")
    assert here(inside).commit == commit + "+"


def test_a_worktree_can_be_head(repository: Path, temporary: Path, tmp_path: Path) -> None:
    """Who works in a worktree of their own compares it like any other, and keeps it."""
    own = tmp_path / "own tree"
    git(repository, "worktree", "add", "--quiet", "--detach", str(own), "v1.0")
    assert here(own).folder == own
    with worktree("main", own) as base:
        assert (base.folder / "model.py").read_text() == "new"
    assert worktrees(repository) == [str(own)]
    assert not [*temporary.iterdir()]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_whatever_ends_it(repository: Path, temporary: Path, error: type[BaseException]) -> None:
    """Also files that were made in it meanwhile, such as byte code."""

    def fails() -> None:
        with worktree("v1.0", repository) as base:
            (base.folder / "__pycache__").mkdir()
            (base.folder / "__pycache__" / "model.pyc").write_bytes(b"")
            (base.folder / "model.py").write_text("changed")
            raise error

    with pytest.raises(error):
        fails()
    assert nothing_is_left(repository, temporary)


def test_two_gates_at_once_leave_each_other_alone(repository: Path, temporary: Path) -> None:
    """The second clears away only what nobody needs any more."""
    with worktree("v1.0", repository) as one:
        with worktree("main", repository) as two:
            assert (one.folder / "model.py").read_text() == "old"
            assert (two.folder / "model.py").read_text() == "new"
        assert (one.folder / "model.py").read_text() == "old"
        assert worktrees(repository) == [str(one.folder)]
    assert nothing_is_left(repository, temporary)


KILLED = """
import os, signal, sys, tempfile
from pathlib import Path
from eagerbench.worktree import worktree
tempfile.tempdir = sys.argv[2]
with worktree("v1.0", Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_gate_has_left_is_cleared_by_the_next(repository: Path, temporary: Path) -> None:
    """Nobody could clear up after ``kill -9``; the worktree names the process that it belonged to."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(repository), str(temporary)], check=False)
    assert done.returncode == -9
    (left,) = worktrees(repository)
    assert Path(left).parent.name.startswith(PREFIX)
    with worktree("main", repository) as base:
        assert worktrees(repository) == [str(base.folder)]
        assert not Path(left).exists()
    assert nothing_is_left(repository, temporary)


def test_a_worktree_whose_folder_is_gone_is_no_hindrance(repository: Path, temporary: Path) -> None:
    """A machine that empties its temporary folder leaves only git's own note of it."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(repository), str(temporary)], check=False)
    assert done.returncode == -9
    for folder in temporary.iterdir():
        folder.rename(temporary.parent / folder.name)
    with worktree("main", repository) as base:
        assert worktrees(repository) == [str(base.folder)]
    assert nothing_is_left(repository, temporary)


def test_without_git_the_error_says_who_needs_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slim container image may have none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="git is not installed; --base needs it"):
        here(repository)


def test_a_gate_called_by_a_hook_of_git_works_on_its_own_worktree(
    repository: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git tells its hooks where index and repository are, and so everything that they call."""
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository / ".git" / "index"))
    with worktree("v1.0", repository) as base:
        assert (base.folder / "model.py").read_text() == "old"
    monkeypatch.undo()
    assert nothing_is_left(repository, temporary)
