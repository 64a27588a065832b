"""What ``eagerbench init`` writes into a project, and what it leaves alone."""

import ast
import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from eagerbench.ci_jobs import MARK, WORKFLOWS
from eagerbench.cli import main
from eagerbench.init_cli import BENCHMARK
from eagerbench.margins import read_margins
from eagerbench.options import OPTIONS
from eagerbench.settings import WANTED, merged, read_settings

POLICY, OTHER_POLICY = "policy.py", "eagerbench_policy.py"
FILES = (POLICY, BENCHMARK)
WRITTEN = ["pyproject.toml", *FILES, WORKFLOWS["github"], ".gitignore"]
WORKFLOW = WORKFLOWS["github"]


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What was said of each file."""
    lines = capsys.readouterr().out.partition("\n\n")[0].splitlines()
    return {path: what for path, _, what in (re.split(r"( {2,})", line.strip(), maxsplit=1) for line in lines)}


def test_an_empty_folder_gets_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each file is told, and what to type next; nothing is left to be added by hand."""
    assert main(["init", str(tmp_path)]) == 0
    assert sorted(contents(tmp_path)) == sorted(WRITTEN)
    out = capsys.readouterr().out
    assert "put into" not in out
    for path in WRITTEN:
        assert re.search(rf"^  {re.escape(path)} +written$", out, re.MULTILINE)
    assert f"cd {tmp_path}" in out
    assert "eagerbench run --profile smoke" in out


def test_a_folder_that_is_not_there_is_made_and_here_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both get the same."""
    assert main(["init", str(tmp_path / "a" / "b")]) == 0
    (tmp_path / "c").mkdir()
    monkeypatch.chdir(tmp_path / "c")
    capsys.readouterr()
    assert main(["init"]) == 0
    assert contents(tmp_path / "a" / "b") == contents(tmp_path / "c")
    assert "cd " not in capsys.readouterr().out


def test_a_second_time_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says so, of each file."""
    main(["init", str(tmp_path)])
    before = contents(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    capsys.readouterr()
    assert main(["init", str(tmp_path), "--force"]) == 0
    assert told(capsys) == dict.fromkeys(WRITTEN, "unchanged")
    assert contents(tmp_path) == before
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times


def test_the_settings_are_read_and_name_what_was_written(tmp_path: Path) -> None:
    """The model and the benchmarks are those beside the file, and nobody's margin is changed."""
    main(["init", str(tmp_path)])
    found = read_settings(tmp_path)
    assert found.benchmarks == (tmp_path / "benchmarks",)
    assert found.values == {
        "eagerbench_model": "policy.py:make_policy",
        "eagerbench_env": "CartPole-v1",
        "eagerbench_profile": "quick",
        "eagerbench_workloads": "forward,update",
    }
    assert read_margins(found.file).of("forward/predict/b1") == 0.05


def test_every_key_is_explained_and_takes_the_value_that_stands_there(tmp_path: Path) -> None:
    """Each once, with a line in words above it; with all comments taken away the file is read, too."""
    main(["init", str(tmp_path)])
    file = tmp_path / "pyproject.toml"
    text = file.read_text()
    ours, _, _ = text.partition("[tool.eagerbench.gate]")
    assert sorted(re.findall(r"^(?:# )?([a-z-]+) = ", ours, re.MULTILINE)) == sorted(WANTED)
    explained, _, _ = text.partition("[tool.pytest")
    for before, line in itertools.pairwise(explained.splitlines()):
        if re.match(r'(# )?[a-z"/*-]+ = ', line):
            assert re.match(r"# [A-Z].*\.$", before), line
    file.write_text(re.sub(r'^# (?=[a-z"/*-]+ = )', "", text, flags=re.MULTILINE))
    found = read_settings(tmp_path)
    assert {option.destination for option in OPTIONS if option.key in WANTED} == set(found.values)
    assert merged(dict.fromkeys(found.values), found) == found.values
    assert read_margins(file).of("forward/predict/b1") == 0.10


def test_pytest_measures_and_finds_the_model(tmp_path: Path) -> None:
    """``pytest --benchmark-only`` does what ``eagerbench run`` does, where pytest had no settings."""
    main(["init", str(tmp_path)])
    document = tomllib.loads((tmp_path / "pyproject.toml").read_text())
    assert document["tool"]["pytest"]["ini_options"] == {"eagerbench_suite": True, "pythonpath": ["."]}


INI, TABLE = ("eagerbench_suite = true", "pythonpath = ."), ("eagerbench_suite = true", 'pythonpath = ["."]')


@pytest.mark.parametrize(
    ("name", "content", "place", "lines"),
    [
        ("pytest.ini", "[pytest]\n", "[pytest]", INI),
        (".pytest.ini", "", "[pytest]", INI),
        ("pytest.toml", "[pytest]\n", "[pytest]", TABLE),
        ("pytest.toml", "[pytest\n", "[pytest]", TABLE),
        ("tox.ini", "[pytest]\naddopts = -q\n", "[pytest]", INI),
        ("tox.ini", "[pytest]\npythonpath = src\n", "[pytest]", (INI[0], "pythonpath = src .")),
        ("tox.ini", "[pytest]\neagerbench_suite = no\n", "[pytest]", INI[1:]),
        ("setup.cfg", "[tool:pytest]\naddopts = %x\n", "[tool:pytest]", INI),
        ("setup.cfg", "no section\n", "[tool:pytest]", INI),
        ("pyproject.toml", "[tool.pytest.ini_options]\n", "[tool.pytest.ini_options]", TABLE),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
            "[tool.pytest.ini_options]",
            (TABLE[0], 'pythonpath = ["src", "."]'),
        ),
        ("pyproject.toml", '[tool.pytest]\npythonpath = ["."]\n', "[tool.pytest]", TABLE[:1]),
        ("pyproject.toml", "[tool.eagerbench]\n", "[tool.pytest.ini_options]", TABLE),
    ],
)
def test_pytest_settings_that_are_there_are_neither_hidden_nor_doubled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, place: str, lines: tuple[str, ...]
) -> None:
    """A table in pyproject.toml would make pytest overlook those of other files; what is missing in them is told."""
    (tmp_path / name).write_text(content)
    assert main(["init", str(tmp_path)]) == 0
    assert "eagerbench_suite" not in (tmp_path / "pyproject.toml").read_text()
    if name != "pyproject.toml" or "pytest" in content:
        assert read_settings(tmp_path).values
    block = capsys.readouterr().out.split("\n\n")[1]
    assert block.splitlines() == [
        f"for `pytest --benchmark-only`, put into {place} in {name}:",
        *(f"  {line}" for line in lines),
    ]


@pytest.mark.parametrize(
    ("name", "start", "lines"),
    [("pytest.ini", "[pytest]", INI), ("pyproject.toml", "[tool.pytest.ini_options]", TABLE)],
)
def test_pytest_settings_that_have_the_lines_are_not_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, start: str, lines: tuple[str, ...]
) -> None:
    """What was told is enough."""
    (tmp_path / name).write_text("\n".join((start, *lines)) + "\n")
    assert main(["init", str(tmp_path)]) == 0
    assert "put into" not in capsys.readouterr().out


def test_settings_of_other_tools_are_no_settings_of_pytest(tmp_path: Path) -> None:
    """A tox.ini and a setup.cfg without a word for pytest."""
    (tmp_path / "tox.ini").write_text("[tox]\n")
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = %(x)s\n")
    main(["init", str(tmp_path)])
    assert "eagerbench_suite" in (tmp_path / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    "content",
    [
        b'[project]\nname = "x"\n',
        b'[project]\nname = "x"',
        b'# \xc3\xa4\r\n[project]\r\nname = "x"\r\n\r\n[tool.other]\r\na = 1\r\n',
        b"[tool.pytest.ini_options]\nxfail_strict = true\n",
        b"",
    ],
)
def test_a_project_keeps_every_byte_that_it_had(tmp_path: Path, content: bytes) -> None:
    """Ours is appended, in lines that end as its lines do; the rest means what it meant."""
    file = tmp_path / "pyproject.toml"
    file.write_bytes(content)
    file.chmod(0o640)
    assert main(["init", str(tmp_path)]) == 0
    found = file.read_bytes()
    assert found.startswith(content or b"# Settings of eagerbench")
    assert (b"\r\n" in content) == (b"\r\n" in found)
    assert not re.search(rb"(?<!\r)\n", found) or b"\r\n" not in found
    assert file.stat().st_mode & 0o777 == 0o640
    before, after = tomllib.loads(content.decode()), tomllib.loads(found.decode())
    assert after["tool"].pop("eagerbench")["profile"] == "quick"
    if "pytest" not in before.get("tool", {}):
        after["tool"].pop("pytest")
    assert {key: value for key, value in after.items() if value} == before


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What is written to is what it leads to."""
    (tmp_path / "real.toml").write_text("[project]\n")
    (tmp_path / "pyproject.toml").symlink_to("real.toml")
    main(["init", str(tmp_path)])
    assert (tmp_path / "pyproject.toml").is_symlink()
    assert "[tool.eagerbench]" in (tmp_path / "real.toml").read_text()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("[tool.eagerbench]\nenvs = 2\n", "has [tool.eagerbench] already, left alone"),
        ("tool.eagerbench.envs = 2\n", "has [tool.eagerbench] already, left alone"),
        ("tool = {other = {a = 1}}\n", "left alone: a table [tool.eagerbench] can't be appended to it"),
        ("tool = 3\n", "left alone: a table [tool.eagerbench] can't be appended to it"),
    ],
)
def test_a_project_with_settings_of_its_own_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, what: str
) -> None:
    """Also with --force; the other files are written."""
    (tmp_path / "pyproject.toml").write_text(content)
    assert main(["init", str(tmp_path), "--force"]) == 0
    assert (tmp_path / "pyproject.toml").read_text() == content
    assert told(capsys)["pyproject.toml"] == what
    assert (tmp_path / POLICY).is_file()


def test_what_is_there_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files of the user, also with --force; a link that leads nowhere; a folder of that name."""
    (tmp_path / POLICY).write_text("make_policy = mine")
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / BENCHMARK).symlink_to("nowhere")
    (tmp_path / WORKFLOW).mkdir(parents=True)
    assert main(["init", str(tmp_path), "--force"]) == 0
    found = told(capsys)
    for path in (POLICY, BENCHMARK, WORKFLOW):
        assert found[path] == "is there already, left alone"
    assert (tmp_path / POLICY).read_text() == "make_policy = mine"
    assert (tmp_path / BENCHMARK).is_symlink()
    assert (tmp_path / WORKFLOW).is_dir()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (POLICY, "X = 1\n"),
        (POLICY, "class Agent:\n    def make_policy(self): ...\n"),
        (POLICY, "print(make_policy)\n"),
        (POLICY, "no Python\n"),
        (POLICY, "\0"),
        ("policy/__init__.py", "def make_policy(): ...\n"),
    ],
)
def test_beside_a_policy_of_another_kind_ours_has_another_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, content: str
) -> None:
    """Settings and benchmark name what is there, so that they run; a second time changes nothing."""
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(content)
    assert main(["init", str(tmp_path)]) == 0
    assert (tmp_path / path).read_text() == content
    assert told(capsys)[OTHER_POLICY].startswith("written; your own policy is left alone: name your model in pyproject")
    assert "def make_policy(" in (tmp_path / OTHER_POLICY).read_text()
    assert read_settings(tmp_path).values["eagerbench_model"] == "eagerbench_policy.py:make_policy"
    assert "    from eagerbench_policy import make_policy\n" in (tmp_path / BENCHMARK).read_text()
    before = contents(tmp_path)
    for arguments in ([], ["--force"]):
        assert main(["init", str(tmp_path), *arguments]) == 0
        assert set(told(capsys).values()) == {"unchanged"}
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "content",
    [
        "def make_policy(): ...\n",
        "\ufeffclass make_policy: ...\n",
        "from .x import f as make_policy\n",
        "try:\n    import a as make_policy\nexcept ImportError:\n    make_policy = None\n",
    ],
)
def test_a_policy_that_has_the_factory_is_the_model(tmp_path: Path, content: str) -> None:
    """However it comes by the name, which is read and not imported."""
    (tmp_path / POLICY).write_text(content)
    main(["init", str(tmp_path)])
    assert read_settings(tmp_path).values["eagerbench_model"] == "policy.py:make_policy"
    assert not (tmp_path / OTHER_POLICY).exists()


def test_who_has_settings_and_a_benchmark_gets_no_other_policy(tmp_path: Path) -> None:
    """A policy that was put in the place of ours, under another name, is named by settings that are left alone."""
    main(["init", str(tmp_path)])
    (tmp_path / POLICY).write_text("def make_tactics(): ...\n")
    before = contents(tmp_path)
    main(["init", str(tmp_path)])
    assert contents(tmp_path) == before


def test_force_writes_over_what_init_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And only then; of pyproject.toml nothing is written over."""
    main(["init", str(tmp_path)])
    before = contents(tmp_path)
    for path in (*FILES, WORKFLOW, "pyproject.toml"):
        (tmp_path / path).write_text((tmp_path / path).read_text().replace("policy", "tactics"))
    changed = contents(tmp_path)
    capsys.readouterr()
    assert main(["init", str(tmp_path)]) == 0
    assert contents(tmp_path) == changed
    assert told(capsys)[POLICY] == "is there already, left alone (--force writes over it)"
    assert main(["init", str(tmp_path), "--force"]) == 0
    assert contents(tmp_path) == before | {"pyproject.toml": changed["pyproject.toml"]}
    assert told(capsys) == {
        "pyproject.toml": "has [tool.eagerbench] already, left alone",
        ".gitignore": "unchanged",
        **dict.fromkeys((*FILES, WORKFLOW), "written over"),
    }


def test_a_project_that_is_no_toml_gets_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told before anything is written."""
    (tmp_path / "pyproject.toml").write_text("[tool.eagerbench\n")
    assert main(["init", str(tmp_path)]) == 2
    assert "is not TOML" in capsys.readouterr().err
    assert sorted(contents(tmp_path)) == ["pyproject.toml"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "benchmark-report/\ngate-report/\n"),
        ("*.pyc", "*.pyc\nbenchmark-report/\ngate-report/\n"),
        ("/benchmark-report\n", "/benchmark-report\ngate-report/\n"),
        ("a\r\n", "a\r\nbenchmark-report/\r\ngate-report/\r\n"),
        ("gate-report/\nbenchmark-report\n", "gate-report/\nbenchmark-report\n"),
    ],
)
def test_git_ignores_the_reports(tmp_path: Path, before: str | None, after: str) -> None:
    """Lines that are missing are appended, and no others."""
    if before is not None:
        (tmp_path / ".gitignore").write_bytes(before.encode())
    main(["init", str(tmp_path)])
    assert (tmp_path / ".gitignore").read_bytes().decode() == after


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("pyproject.toml", '[project]\nname = "x"\n', "python -m pip install --editable ."),
        ("pyproject.toml", "[build-system]\n", "python -m pip install --editable ."),
        ("setup.py", "", "python -m pip install --editable ."),
        ("requirements.txt", "", "python -m pip install --requirement requirements.txt"),
    ],
)
@pytest.mark.parametrize("ci", WORKFLOWS)
def test_the_job_installs_a_project_that_can_be_installed(
    tmp_path: Path, ci: str, name: str, content: str, line: str
) -> None:
    """In both of its parts; else the line is a comment."""
    main(["init", str(tmp_path / "empty"), "--ci", ci])
    commented = (tmp_path / "empty" / WORKFLOWS[ci]).read_text()
    assert len(re.findall(r"^ +# - (?:run: )?python -m pip install --editable \.$", commented, re.MULTILINE)) == 2
    (tmp_path / name).write_text(content)
    main(["init", str(tmp_path), "--ci", ci])
    found = (tmp_path / WORKFLOWS[ci]).read_text()
    assert len(re.findall(rf"^ +- (?:run: )?{re.escape(line)}$", found, re.MULTILINE)) == 2
    assert len(found.splitlines()) == len(commented.splitlines())


@pytest.mark.parametrize(
    ("ci", "path"), [("github", ".github/workflows/eagerbench-a-b c.yml"), ("gitlab", ".gitlab-ci.yml")]
)
def test_in_a_folder_of_a_repository_the_job_goes_to_its_root(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ci: str, path: str
) -> None:
    """There its CI reads it; it is told where, is rewritten with --force, and nobody else's file is."""
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "a" / "b c"
    assert main(["init", str(folder), "--ci", ci]) == 0
    assert told(capsys)[str(tmp_path / path)] == "written"
    assert not (folder / WORKFLOWS[ci]).exists()
    assert "By `eagerbench init 'a/b c'`." in (tmp_path / path).read_text().splitlines()[0]
    before = contents(tmp_path)
    main(["init", str(folder), "--ci", ci, "--force"])
    assert contents(tmp_path) == before
    for content, what in (
        ("By `eagerbench init 'a/b c'`.", "written over"),
        ("By `eagerbench init a`.", "is there already, left alone"),
        ("mine", "is there already, left alone"),
    ):
        (tmp_path / path).write_text(content)
        capsys.readouterr()
        main(["init", str(folder), "--ci", ci, "--force"])
        assert told(capsys)[str(tmp_path / path)] == what


def job_below(folder: Path, ci: str) -> Any:
    """The job of a project in the folder ``it's here`` of a repository, as its CI reads it."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    (folder / ".git").write_text("gitdir: elsewhere\n")
    main(["init", str(folder / "it's here"), "--ci", ci])
    (path,) = folder.rglob("*.yml")
    return yaml.safe_load(path.read_text())


def test_github_runs_the_job_of_a_folder_in_that_folder(tmp_path: Path) -> None:
    """Its commands; paths of what is kept are relative to the repository all the same."""
    job = job_below(tmp_path, "github")
    assert job["name"] == "eagerbench it's here"
    assert job["defaults"] == {"run": {"working-directory": "it's here"}}
    kept = [step["with"] for one in job["jobs"].values() for step in one["steps"] if "upload" in step.get("uses", "")]
    assert kept == [
        {"name": "benchmark-report", "path": "it's here/benchmark-report/"},
        {"name": "gate-report", "path": "it's here/gate-report/"},
    ]


def test_gitlab_runs_the_job_of_a_folder_in_that_folder(tmp_path: Path) -> None:
    """The same for GitLab, which has no such key."""
    job = job_below(tmp_path, "gitlab")
    measure, gate = job["eagerbench-measure"], job["eagerbench-gate"]
    assert measure["script"][0] == gate["script"][0] == """cd 'it'"'"'s here'"""
    assert measure["artifacts"]["paths"] == ["it's here/benchmark-report/"]
    assert gate["artifacts"]["paths"] == ["it's here/gate-report/"]
    assert gate["artifacts"]["reports"] == {"junit": "it's here/gate-report/gate.xml"}


def test_at_the_root_of_a_repository_the_job_is_the_usual_one(tmp_path: Path) -> None:
    """As in a folder that belongs to none."""
    main(["init", str(tmp_path / "a")])
    (tmp_path / "b" / ".git").mkdir(parents=True)
    main(["init", str(tmp_path / "b")])
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize("name", FILES)
def test_code_that_is_written_is_python(tmp_path: Path, name: str) -> None:
    """It compiles, says where it comes from, ends with one newline, and has lines as short as most projects want."""
    main(["init", str(tmp_path)])
    text = (tmp_path / name).read_text()
    assert MARK in str(ast.get_docstring(ast.parse(text)))
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert max(map(len, text.splitlines())) <= 88


@pytest.mark.parametrize("taken", [False, True])
def test_ruff_finds_nothing_in_code_that_is_written(tmp_path: Path, taken: bool) -> None:
    """With its default settings, sorted imports and long lines; whichever name the policy has."""
    ruff = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if ruff is None:
        pytest.skip("ruff is not installed")
    if taken:
        (tmp_path / POLICY).write_text("X = 1\n")
    main(["init", str(tmp_path)])
    for command in (["check", "--extend-select", "E501,I", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run(
            [ruff, *command, "--isolated", str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_another_ci_is_told_with_those_that_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is written."""
    assert main(["init", str(tmp_path), "--ci", "gitlub"]) == 2
    assert "unknown CI 'gitlub' (did you mean 'gitlab'?); known: github, gitlab" in capsys.readouterr().err
    assert not contents(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the project, and of a folder in it; and a name that no folder can have."""
    assert main(["init", "x" * 5000]) == 2
    assert "File name too long" in capsys.readouterr().err
    (tmp_path / "x").write_text("mine")
    assert main(["init", str(tmp_path / "x")]) == 2
    assert "expected the folder of a project" in capsys.readouterr().err
    assert main(["init", str(tmp_path / "x" / "y")]) == 2
    assert "Not a directory" in capsys.readouterr().err
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / ".github").write_text("mine")
    assert main(["init", str(tmp_path / "z")]) == 2
    caught = capsys.readouterr()
    assert re.fullmatch(r"eagerbench: error: cannot write .*eagerbench.yml: .*; nothing more was written\n", caught.err)
    assert "report-dir" not in caught.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_must_not_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, with the reason of the system."""
    tmp_path.chmod(0o500)
    assert main(["init", str(tmp_path)]) == 2
    assert "Permission denied; nothing more was written" in capsys.readouterr().err
    tmp_path.chmod(0o700)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody may write")
def test_a_folder_that_nobody_may_write_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even root."""
    assert main(["init", "/proc/self"]) == 2
    caught = capsys.readouterr()
    assert re.fullmatch(r"eagerbench: error: cannot write /proc/self/pyproject.toml: .*\n", caught.err)
    assert not caught.out
