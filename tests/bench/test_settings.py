"""Settings of a project: what each key may be, where they are looked for, and what wins."""

from pathlib import Path
from typing import Any

import pytest

from eagerbench.cli import main
from eagerbench.errors import UserError
from eagerbench.models.calls import parse_arguments, split_calls
from eagerbench.options import OPTIONS, filled_in, request
from eagerbench.plan import Request
from eagerbench.settings import ELSEWHERE, WANTED, Settings, merged, read_settings, with_origin

NOTHING_TYPED = {option.destination: None for option in OPTIONS}


def project(folder: Path, table: str) -> Path:
    """A project with these lines under ``[tool.eagerbench]``; returns its file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "pyproject.toml"
    file.write_text(f'[project]\nname = "x"\n[tool.other]\nmodes = 7\n[tool.eagerbench]\n{table}\n')
    return file


def asked(folder: Path, **typed: Any) -> Request:
    """What is measured in a folder where these options were typed."""
    values = merged(
        NOTHING_TYPED | {f"eagerbench_{name}": value for name, value in typed.items()}, read_settings(folder)
    )
    return request(filled_in(values), "typed")


def test_every_option_of_a_run_is_a_key() -> None:
    """But those that are told where else they go, and ``gate``, which is a table; and nothing else is a key."""
    keys = {option.key for option in OPTIONS}
    assert set(WANTED) == keys - set(ELSEWHERE) - {"gate"} | {"benchmarks"}
    assert {"gate-margin", "across-machines"} <= set(ELSEWHERE)


@pytest.mark.parametrize(
    ("line", "attribute", "value"),
    [
        ('profile = "full"', "profile", "full"),
        ('modes = ["eager", "function"]', "modes", ("eager", "function")),
        ('modes = "eager, function"', "modes", ("eager", "function")),
        ("modes = []", "modes", ()),
        ('workloads = ["forward"]', "workloads", ("forward",)),
        ("batch-sizes = [1, 64]", "batch_sizes", (1, 64)),
        ("batch-sizes = 64", "batch_sizes", (64,)),
        ('batch-sizes = "1,100_000"', "batch_sizes", (1, 100_000)),
        ("hidden = [32, 128]", "hidden", (32, 128)),
        ('model = "policy.py:make"', "model", "policy.py:make"),
        ('model = "package.module:Model.make"', "model", "package.module:Model.make"),
        ('model = ""', "model", ""),
        ('env = "Acrobot-v1"', "env", "Acrobot-v1"),
        ("env-kwargs = {continuous = false, gravity = -5.5}", "env_kwargs", {"continuous": False, "gravity": -5.5}),
        (
            "env-kwargs = {name = \"a,b='c'\", of = [1, {x = 2}]}",
            "env_kwargs",
            {"name": "a,b='c'", "of": [1, {"x": 2}]},
        ),
        ('env-kwargs = "continuous=False"', "env_kwargs", {"continuous": False}),
        ("env-kwargs = {}", "env_kwargs", {}),
        ('env-wrappers = ["a:B", "c:D(x=1, y=(2, 3))"]', "env_wrappers", ("a:B", "c:D(x=1, y=(2, 3))")),
        ('env-wrappers = "a:B,c:D(x=1)"', "env_wrappers", ("a:B", "c:D(x=1)")),
        ('in-graph = "pole.py:environment"', "in_graph", "pole.py:environment"),
        ('observations = "o.npy"', "observations", "o.npy"),
        ("observation-shape = [84, 84, 4]", "observation_shape", (84, 84, 4)),
        ("envs = 8", "envs", 8),
        ('vectorization = "async"', "vectorization", "async"),
        ("seeds = 0", "seeds", 0),
        ("launches = 3", "launches", 3),
        ("memory-calls = 10", "memory_calls", 10),
        ("memory-limit = 4000", "memory_limit_mb", 4000.0),
        ("launch-timeout = 2.5", "launch_timeout_s", 2.5),
    ],
)
def test_a_key_is_what_the_option_would_be(tmp_path: Path, line: str, attribute: str, value: object) -> None:
    """As TOML has it, and as the command line has it; the rest stays as by default."""
    project(tmp_path, line)
    found = asked(tmp_path)
    assert getattr(found, attribute) == value
    assert [name for name in Request.__struct_fields__ if getattr(found, name) != getattr(Request(), name)] in (
        ["command"],
        [attribute, "command"],
        ["command", attribute],
    )


@pytest.mark.parametrize(
    ("line", "destination", "value"),
    [
        ('report-dir = "out"', "eagerbench_report_dir", "out"),
        ('gate-reference = "eager"', "eagerbench_gate_reference", "eager"),
    ],
)
def test_keys_that_are_no_part_of_a_request(tmp_path: Path, line: str, destination: str, value: object) -> None:
    """Where the report goes, and what a gate divides by."""
    project(tmp_path, line)
    assert merged(NOTHING_TYPED, read_settings(tmp_path))[destination] == value


WRONG = [
    ("profile = 3", "profile: expected one of smoke, quick, full, got 3"),
    ('profile = "quik"', r"profile: unknown profile 'quik' \(did you mean 'quick'\?\)"),
    ("modes = 3", r'modes: expected a list of modes, such as \["eager", "function"\], or "eager,function", got 3'),
    ("modes = [3]", r"got \[3\]"),
    ('modes = [""]', r"got \[''\]"),
    ('modes = ["egar"]', r"modes: unknown mode 'egar' \(did you mean 'eager'\?\)"),
    ("workloads = {forward = true}", r"workloads: expected a list of workloads, .* got \{'forward': True\}"),
    ('workloads = ["forwrd"]', "workloads: unknown workload 'forwrd'"),
    ("batch-sizes = [0]", r"batch-sizes: expected a list of whole numbers of 1 or more, .* got \[0\]"),
    ('batch-sizes = "0"', "got '0'"),
    ("batch-sizes = [1.5]", r"got \[1.5\]"),
    ("batch-sizes = [true]", r"got \[True\]"),
    ('batch-sizes = "1,x"', "got '1,x'"),
    ('batch-sizes = ["1"]', r"got \['1'\]"),
    (f"batch-sizes = [{10**10}]", r"got \[10000000000\]"),
    ("hidden = -1", "hidden: expected a list of whole numbers .* got -1"),
    ("model = 3", 'model: expected a string such as "policy.py:make_policy" .* got 3'),
    ('model = "policy.py"', "got 'policy.py'"),
    ('model = ":make"', "got ':make'"),
    ('model = "policy:make(1)"', "got 'policy:make"),
    ('model = "a\\u0000b:make"', r"got 'a\\x00b:make'"),
    ("env = 1", "env: expected a string, the id of a Gymnasium environment"),
    ("env-kwargs = [1]", r"env-kwargs: expected a table of names and plain values, .* got \[1\]"),
    ("env-kwargs = {since = 2020-01-01}", r"got \{'since': datetime.date"),
    ("env-kwargs = {most = inf}", r"got \{'most': inf\}"),
    ('env-kwargs = {"a=1,b" = 2}', r"got \{'a=1,b': 2\}"),
    ("env-kwargs = {class = 2}", r"got \{'class': 2\}"),
    ('env-kwargs = "a"', "got 'a'"),
    ('env-kwargs = "a=open(1)"', r"got 'a=open\(1\)'"),
    ("env-wrappers = 3", "env-wrappers: expected a list of wrappers, innermost first"),
    ('env-wrappers = ["B"]', r"got \['B'\]"),
    ('env-wrappers = ["a:B(1)"]', r"got \['a:B\(1\)'\]"),
    ("in-graph = []", r"in-graph: expected a string such as .* got \[\]"),
    ("observations = 1", "observations: expected a string, the path of a file"),
    ("observation-shape = [1, 2, 3, 4]", "observation-shape: expected a list of one to three whole numbers"),
    ("observation-shape = [0]", r"got \[0\]"),
    ("envs = 0", "envs: expected a whole number of 1 or more, got 0"),
    ("envs = 1.0", "got 1.0"),
    ('envs = "2"', "got '2'"),
    ("vectorization = 1", "vectorization: expected one of sync, async, got 1"),
    ('vectorization = "asinc"', r"unknown vectorization 'asinc' \(did you mean 'async'\?\)"),
    ("seeds = -1", "seeds: expected a whole number of 0 or more, got -1"),
    ("launches = 0", "launches: expected a whole number of 1 or more, got 0"),
    ("launches = true", "got True"),
    ("memory-calls = 0", "memory-calls: expected a whole number of 1 or more"),
    ("memory-limit = 0", "memory-limit: expected megabytes above 0, such as 4000, got 0"),
    ("memory-limit = nan", "got nan"),
    ("memory-limit = true", "got True"),
    ("launch-timeout = inf", "launch-timeout: expected seconds above 0, such as 120, got inf"),
    ("launch-timeout = false", "got False"),
    ("report-dir = 1", "report-dir: expected a string, the path of a folder"),
    ('gate-reference = "functon"', "gate-reference: unknown reference mode 'functon'"),
    ("gate-reference = 1", "gate-reference: expected the name of a mode"),
    ("benchmarks = 1", "benchmarks: expected files or folders with benchmarks of your own that are there"),
    ('benchmarks = ["", 1]', r"got \['', 1\]"),
    ('benchmarks = ["missing"]', "'missing': No such file or directory"),
]


@pytest.mark.parametrize(("line", "message"), WRONG, ids=[line for line, _ in WRONG])
def test_what_a_key_may_not_be(tmp_path: Path, line: str, message: str) -> None:
    """File, key, what was expected and what came, in one line."""
    file = project(tmp_path, line)
    with pytest.raises(UserError, match=message) as caught:
        read_settings(tmp_path)
    assert str(caught.value).startswith(f"{file}, tool.eagerbench.{line.partition(' ')[0]}: ")
    assert "\n" not in str(caught.value)


def test_every_key_was_shown_wrong() -> None:
    """So that the table above grows with the keys."""
    assert {line.partition(" ")[0] for line, _ in WRONG} == set(WANTED)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            "batch_sizes",
            "unknown key 'batch_sizes' \\(did you mean 'batch-sizes'\\?\\); known: batch-sizes, benchmarks, env",
        ),
        ("env_kwargs", r"did you mean 'env-kwargs'\?"),
        ("mdel", r"did you mean 'model'\?"),
        ("benchmark", r"did you mean 'benchmarks'\?"),
        ("gat", r"did you mean 'gate'\?"),
        ("seed", r"did you mean 'seeds'\?"),
        ('"\\u001b[31m\\n"', r"unknown key '\\x1b\[31m\\n'"),
        ("zzz", "unknown key 'zzz'; known: "),
        ("margin", r"'margin' is no key; write margin = 0.05 in \[tool.eagerbench.gate\]"),
        ("gate-margin", r"'gate-margin' is no key; write margin = 0.05 in \[tool.eagerbench.gate\]"),
        ("across-machines", "'across-machines' is no key; give --across-machines where"),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest(tmp_path: Path, key: str, message: str) -> None:
    """Also with underscores, and where it belongs elsewhere."""
    file = project(tmp_path, f"{key} = 3")
    with pytest.raises(UserError, match=message) as caught:
        read_settings(tmp_path)
    assert str(caught.value).startswith(f"{file}, [tool.eagerbench]: ")
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[tool\n", "is not TOML"),
        ("[tool.eagerbench]\nenvs = 1\nenvs = 2\n", "is not TOML"),
        ("tool.eagerbench = 3\n", r"\[tool.eagerbench\]: expected a table, got 3"),
        ("[[tool.eagerbench]]\n", r"\[tool.eagerbench\]: expected a table, got \[\{\}\]"),
        ('[tool.eagerbench]\ngate = "latest"\n', r"\[tool.eagerbench.gate\]: expected a table, got 'latest'"),
        (
            "[tool.eagerbench.gate]\nmargn = 0.1\n",
            r"\[tool.eagerbench.gate\]: unknown key 'margn' \(did you mean 'margin'",
        ),
        ("[tool.eagerbench.gate]\nmargin = -1\n", "gate.margin: expected a number above 0 .*, got -1"),
        (f"[tool.eagerbench]\nlaunches = 1{'0' * 5000}\n", "is not TOML"),
        (f"[tool.eagerbench]\nlaunches = 0x{'f' * 5000}\n", "got a number of thousands of digits"),
        (f"a = {'[' * 5000}{']' * 5000}\n", "is not TOML"),
        (f'[tool.eagerbench]\nmodel = "{"x" * 100_000}"\n', "got 'xxx"),
    ],
)
def test_what_is_no_project_file_is_told_in_a_line(tmp_path: Path, content: str, message: str) -> None:
    """Whatever stands in it: no traceback, and nothing endless."""
    (tmp_path / "pyproject.toml").write_text(content)
    with pytest.raises(UserError, match=message) as caught:
        read_settings(tmp_path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_what_can_not_be_read_is_told(tmp_path: Path) -> None:
    """A folder in the place of the file, and bytes that are no text."""
    (tmp_path / "a" / "pyproject.toml").mkdir(parents=True)
    with pytest.raises(UserError, match="cannot read"):
        read_settings(tmp_path / "a")
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is not TOML"):
        read_settings(tmp_path)


@pytest.mark.parametrize("content", ["", "[project]\n", "tool = 3\n", "[tool]\n", "[tool.eagerbench]\n"])
def test_a_file_about_other_things_says_nothing(tmp_path: Path, content: str) -> None:
    """Other people's tables are not held to any form."""
    file = tmp_path / "pyproject.toml"
    file.write_text(content)
    assert read_settings(tmp_path) == Settings(file, {}, ())


def test_the_nearest_file_counts_whatever_it_says(tmp_path: Path) -> None:
    """A parent's is found; one without our table still hides those above."""
    file = project(tmp_path, 'profile = "full"')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert read_settings(below) == Settings(file, {"eagerbench_profile": "full"}, ())
    (tmp_path / "a" / "pyproject.toml").write_text("")
    assert read_settings(below) == Settings(tmp_path / "a" / "pyproject.toml", {}, ())
    assert asked(below).profile == "quick"


def test_relative_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """Files of models, environments, wrappers, observations, reports and benchmarks; modules are no paths."""
    (tmp_path / "own").mkdir()
    file = project(
        tmp_path,
        'model = "policy.py:make"\nin-graph = "/abs/pole.py:Pole"\nobservations = "./data/o.npy"\nreport-dir = "out"\n'
        'env-wrappers = ["wrappers.py:Grey(x=1)", "package.module:Stack"]\nbenchmarks = ["own"]\n',
    )
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    found = read_settings(below)
    assert found.file == file
    assert found.benchmarks == (tmp_path / "own",)
    assert found.values == {
        "eagerbench_model": "../../policy.py:make",
        "eagerbench_in_graph": "/abs/pole.py:Pole",
        "eagerbench_observations": "../../data/o.npy",
        "eagerbench_report_dir": "../../out",
        "eagerbench_env_wrappers": "../../wrappers.py:Grey(x=1),package.module:Stack",
    }
    project(tmp_path / "c", 'model = "~/policy.py:make"')
    (tmp_path / "c" / "d").mkdir()
    assert read_settings(tmp_path / "c" / "d").values == {"eagerbench_model": "~/policy.py:make"}
    beside = read_settings(tmp_path).values
    assert beside["eagerbench_model"] == "policy.py:make"
    assert beside["eagerbench_env_wrappers"] == "wrappers.py:Grey(x=1),package.module:Stack"


def test_the_command_line_wins_over_the_settings_and_they_over_the_defaults(tmp_path: Path) -> None:
    """Key by key; nothing typed, and nothing set, is the default."""
    project(tmp_path, 'profile = "smoke"\nlaunches = 9\nseeds = 4')
    found = asked(tmp_path, launches=2, seeds=0, envs=3)
    assert (found.profile, found.launches, found.seeds, found.envs, found.env) == ("smoke", 2, 0, 3, "")


def test_an_empty_text_that_was_typed_wins_too(tmp_path: Path) -> None:
    """``--model ""`` is the suite's own model in a project that has another."""
    project(tmp_path, 'model = "policy.py:make"')
    assert asked(tmp_path).model == "policy.py:make"
    assert asked(tmp_path, model="").model == ""


def test_what_is_typed_sets_aside_what_was_set_for_something_else(tmp_path: Path) -> None:
    """Arguments of another environment, widths of another model; what is typed with it stays."""
    project(
        tmp_path,
        'env = "A-v0"\nenv-kwargs = {a = 1}\nenv-wrappers = ["a:B"]\nin-graph = "a:E"\nmodel = "policy.py:make"\n',
    )
    found = asked(tmp_path, env="B-v0", env_wrappers="c:D")
    assert (found.env, found.env_kwargs, found.env_wrappers, found.in_graph) == ("B-v0", {}, ("c:D",), "")
    assert asked(tmp_path, hidden="32,64").model == ""
    assert asked(tmp_path, hidden="32,64").env_kwargs == {"a": 1}
    project(tmp_path, 'hidden = [32]\nobservations = "o.npy"')
    assert asked(tmp_path, model="m:f").hidden == ()
    assert (asked(tmp_path, observation_shape="8").observations, asked(tmp_path).observations) == ("", "o.npy")


def test_an_error_says_which_of_its_options_the_project_has_set(tmp_path: Path) -> None:
    """Those that were not typed and of which it speaks, by whole flags."""
    file = project(tmp_path, 'env = "A-v0"\nlaunches = 7\nmodel = "policy.py:make"')
    found = read_settings(tmp_path)
    error = UserError("--env: A-v0 can't be made with --model policy.py:make")
    assert str(with_origin(error, NOTHING_TYPED, found)) == f"{error} (model, env: set in {file})"
    typed = NOTHING_TYPED | {"eagerbench_model": "policy.py:make"}
    assert str(with_origin(error, typed, found)) == f"{error} (env: set in {file})"
    assert with_origin(UserError("--envs, --env-kwargs"), NOTHING_TYPED, found).args == ("--envs, --env-kwargs",)
    aside = NOTHING_TYPED | {"eagerbench_hidden": "3"}
    assert str(with_origin(error, aside, found)) == f"{error} (env: set in {file})"


def test_texts_of_tables_and_lists_are_read_back_as_what_they_were(tmp_path: Path) -> None:
    """Nothing in a value can become another argument or another wrapper."""
    project(
        tmp_path,
        "env-kwargs = {a = \"1,b=2)\", c = '''x\n'y\"''', d = [true, {e = -0.5}]}\n"
        "env-wrappers = ['a:B(text=\"(,\")', 'c:D']\n",
    )
    values = read_settings(tmp_path).values
    expected = {"a": "1,b=2)", "c": "x\n'y\"", "d": [True, {"e": -0.5}]}
    assert parse_arguments(values["eagerbench_env_kwargs"]) == expected
    assert split_calls(values["eagerbench_env_wrappers"]) == ('a:B(text="(,")', "c:D")


def test_a_gate_and_a_training_ask_the_project_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For the environment that nobody typed; a mistake in the file ends them before anything else is looked at."""
    project(tmp_path, 'env = "Missing-v0"\n')
    monkeypatch.chdir(tmp_path)
    for command in (["gate", "--base", "main"], ["train"]):
        assert main(command) == 2
        assert "Missing-v0" in capsys.readouterr().err
        assert main([*command, "--env", "Typed-v0"]) == 2
        assert "Typed-v0" in capsys.readouterr().err
    project(tmp_path, "[tool.eagerbench.gat]\n")
    for command in (["gate", "--base", "main"], ["gate", "a", "b"], ["train"]):
        assert main(command) == 2
        assert "unknown key 'gat' (did you mean 'gate'?)" in capsys.readouterr().err
