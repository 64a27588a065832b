"""The CI jobs that we ship and our own: whole files, and nothing in them that our command does not know."""

import configparser
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from eagerbench import gate_cli
from eagerbench.cli import _parser
from eagerbench.options import DEFAULT_REPORT_FOLDER
from eagerbench.plan import PROFILES

ROOT = Path(__file__).parent.parent
OWN = ROOT / ".github" / "workflows" / "ci.yml"
TEMPLATES = ROOT / "bench" / "templates"
FILES = {
    "github": TEMPLATES / "github.yml",
    "gitlab": TEMPLATES / "gitlab.yml",
    "init github": TEMPLATES / "init" / "github.yml",
    "init gitlab": TEMPLATES / "init" / "gitlab.yml",
    "own": OWN,
}
# What `init` writes leaves the model to the project's settings.
MODELS = {name: None if "init" in name else "my_package.my_module:make_model" for name in FILES}
# One line of the YAML that we write: indentation, an item's hyphens, perhaps a key, perhaps a value, perhaps a comment.
LINE = re.compile(
    r"""^(?P<indent>\ *)(?P<items>(?:-\ )*)(?:(?P<key>[\w."$-]+):(?:\ +|$))?(?P<value>.*?)(?:\ +\#.*)?$""", re.X
)


def commands(text: str) -> Iterator[str]:
    """Shell commands of a job: what ``run:`` and ``script:`` hold, folded lines put together."""
    lines = iter([*text.splitlines(), "end:"])
    folded: list[str] = []
    depth = -1
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if depth >= 0 and indent > depth and line.strip():
            folded.append(line.strip())
            continue
        if folded:
            yield " ".join(folded)
        folded, depth = [], -1
        stripped = line.strip()
        if stripped.startswith("#"):
            continue
        if re.fullmatch(r"-( run:)? >-|run: >-", stripped):
            depth = indent
        else:
            match = re.fullmatch(r"(?:- )?run: (.+)|- ([^:]+(?: .*)?)", stripped)
            if match:
                yield match.group(1) or match.group(2)


def ours(text: str) -> list[list[str]]:
    """Arguments of each call of our command in a job; of tox those that follow ``--``."""
    found = []
    for command in commands(text):
        words = shlex.split(re.sub(r"\$\{\{.*?\}\}", "REF", command))
        if words[0] == "eagerbench":
            found.append(words[1:])
        if words[:3] == ["python", "-m", "tox"]:
            environment = words[words.index("-e") + 1]
            settings = configparser.ConfigParser(interpolation=None)
            settings.read(ROOT / "tox.ini")
            (own,) = settings[f"testenv:{environment}"]["commands"].strip().splitlines()
            rest = " ".join(shlex.quote(word) for word in words[words.index("--") + 1 :])
            given = shlex.split(re.sub(r"\{posargs(:[^}]*)?\}", lambda _, rest=rest: rest, own))
            assert given[0] == "eagerbench"
            found.append(given[1:])
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_line_has_the_form_of_a_line(name: str) -> None:
    """Two spaces a level, no tabs, nothing at ends of lines, one newline at the end, quotes and brackets in pairs."""
    text = FILES[name].read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    before = 0
    for number, line in enumerate(text.splitlines(), start=1):
        where = f"{name}, line {number}: {line!r}"
        assert line == line.rstrip(), where
        assert "\t" not in line, where
        indent = len(line) - len(line.lstrip())
        assert indent % 2 == 0, where
        if line.strip() and not line.lstrip().startswith("#"):
            assert indent <= before + 4, where
            before = indent
            match = LINE.match(line)
            assert match, where
            value = match["value"]
            assert value.count('"') % 2 == 0, where
            assert value.count("[") == value.count("]"), where
            assert value.count("{") == value.count("}"), where


@pytest.mark.parametrize("name", FILES)
def test_a_parser_of_yaml_reads_it(name: str) -> None:
    """Where one is installed; it is no dependency of ours."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    found = yaml.safe_load(FILES[name].read_text(encoding="utf-8"))
    jobs = found if "gitlab" in name else found["jobs"]
    assert jobs
    for job in jobs.values():
        assert job["script"] if "gitlab" in name else job["steps"]


@pytest.mark.parametrize("name", FILES)
def test_a_job_calls_the_gate_with_options_that_there_are(name: str) -> None:
    """Our own parser takes them, none is cut short, and the base is the commit that is merged into."""
    (arguments,) = [words for words in ours(FILES[name].read_text(encoding="utf-8")) if words[0] == "gate"]
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    assert not rest
    assert options.command == "gate"
    assert options.base
    (gate,) = [action for action in parser._actions if isinstance(action.choices, dict)]
    assert isinstance(gate.choices, dict)
    known = set(gate.choices["gate"]._option_string_actions)
    assert {word.partition("=")[0] for word in arguments if word.startswith("--")} <= known
    if name != "own":
        assert options.base_model == options.head_model == MODELS[name]


@pytest.mark.parametrize("name", ["init github", "init gitlab"])
def test_a_job_of_init_measures_and_keeps_the_report(name: str) -> None:
    """With options of ours and no others; its folder is the one that a run writes to."""
    text = FILES[name].read_text(encoding="utf-8")
    assert [words[0] for words in ours(text)] == ["run", "gate"]
    arguments, _ = ours(text)
    options, rest = _parser().parse_known_args(arguments)
    assert not rest
    assert options.eagerbench_profile in PROFILES
    assert f"{DEFAULT_REPORT_FOLDER}/" in text
    assert text.count("when: always" if "gitlab" in name else "if: always()") == 2


@pytest.mark.parametrize("name", FILES)
def test_a_job_keeps_the_report_and_has_the_commit_to_compare_with(name: str) -> None:
    """The folder that the gate writes to, whatever the verdict was; the whole history."""
    text = FILES[name].read_text(encoding="utf-8")
    assert f"{gate_cli.REPORT_FOLDER}/" in text
    assert ("when: always" if "gitlab" in name else "if: always()") in text
    assert ('GIT_DEPTH: "0"' if "gitlab" in name else "fetch-depth: 0") in text
    if "gitlab" in name:
        assert f"junit: {gate_cli.REPORT_FOLDER}/gate.xml" in text


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_templates_are_those_that_are_printed(name: str) -> None:
    """The comment at their head names the command that wrote them."""
    text = FILES[name].read_text(encoding="utf-8")
    assert gate_cli.workflow(name) == text
    assert f"eagerbench gate --workflow {name}" in text.splitlines()[0]
    assert set(gate_cli.WORKFLOWS) == {"github", "gitlab"}


@pytest.mark.parametrize("name", [name for name in FILES if name != "own"])
def test_exit_codes_are_told_as_the_command_tells_them(name: str) -> None:
    """In a comment of the job: whoever sees it red finds out why."""
    text = FILES[name].read_text(encoding="utf-8")
    (codes,) = re.findall(r"# Exit codes: (.*)\.", text)
    told = {int(code): word for code, word in re.findall(r"(\d) ([a-z]+)", codes)}
    by_command = {int(code): word for code, word in re.findall(r"^  (\d)  ([a-z]+)", gate_cli.EXAMPLES, re.MULTILINE)}
    assert told.keys() == by_command.keys()
    assert all(told[code] == by_command[code] for code in (0, 1, 3, 4))


def test_our_own_job_runs_what_there_is() -> None:
    """The script is there and can be executed; tox knows the environment."""
    text = OWN.read_text(encoding="utf-8")
    assert "- run: .ci/run" in text
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert "testenv:gate" in (ROOT / "tox.ini").read_text()


def test_the_package_brings_the_templates() -> None:
    """Declared as its data."""
    assert 'eagerbench = ["py.typed", "templates/*.yml", "templates/init/*"]' in (ROOT / "pyproject.toml").read_text()
