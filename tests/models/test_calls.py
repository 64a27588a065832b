"""``module:name(argument=value)``: read, imported, and nothing else executed. No TensorFlow."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eagerbench.models.calls import import_reference, parse_arguments, split_call, split_calls


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", {}),
        ("continuous=False", {"continuous": False}),
        ("gravity=-5.5, enable_wind=True,name='a,b=(c'", {"gravity": -5.5, "enable_wind": True, "name": "a,b=(c"}),
        ("limits=(1, 2),options={'a': [None]}", {"limits": [1, 2], "options": {"a": [None]}}),
    ],
)
def test_arguments_are_literals(text: str, arguments: dict[str, object]) -> None:
    """As they will be in every process that they are sent to: what JSON has no word for is said in its words."""
    assert parse_arguments(text) == arguments


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "x=",
        "1",
        "*x",
        "**{'x': 1}",
        "x=y",
        "mode=rgb_array",
        "x=__import__('os').getpid()",
        "x=open('/etc/passwd')",
        "x=(1).bit_length()",
        "x=1)(y=2",
        "x=1) or _(y=2",
        "x=1)#",
        "x=1#",
        "x=1\ny=2",
        "x=1,x=2",
        "x={1: 2}",
        "x={1, 2}",
        "x=b'1'",
        "x=1j",
        "x=1e999",
        "x=[-1e999]",
        "x=99999999999999999999",
        "x='\\ud800'",
        "x='\0'",
        "x=" + "(" * 500 + ")" * 500,
    ],
)
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    """Nothing is evaluated, nothing is dropped, and nothing becomes another value on its way to a process."""
    with pytest.raises(ValueError, match="expected NAME=VALUE") as caught:
        parse_arguments(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reference", "arguments"),
    [
        ("a:B", "a:B", {}),
        (" a.b:C ", "a.b:C", {}),
        ("a:B()", "a:B", {}),
        ("a:B(shape=(64, 64), name='x:y()')", "a:B", {"shape": (64, 64), "name": "x:y()"}),
        ("./my (own)/file.py:B(x=1)", "./my (own)/file.py:B", {"x": 1}),
        ("C:\\dir\\file.py:make", "C:\\dir\\file.py:make", {}),
        ("a:B.c", "a:B.c", {}),
    ],
)
def test_a_call_is_a_reference_and_its_arguments(text: str, reference: str, arguments: dict[str, object]) -> None:
    """Tuples stay tuples: the text itself travels, and is read again."""
    assert split_call(text) == (reference, arguments)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a:", ":b", "a:b c", "a:B(", "a:B)", "a:B(1)", "a:B(x)", "a:B(x=1)(y=2)", "a:B(x=1) z", "a:1", "a:B."],
)
def test_what_is_no_call_says_what_one_is(text: str) -> None:
    """In one line, with what came."""
    with pytest.raises(ValueError, match="expected module:name or module:name"):
        split_call(text)


def test_calls_are_split_at_commas_between_them() -> None:
    """Not at those inside of brackets and quotes."""
    text = "a:B, c:D(x=(1, 2), y='),e:F'),g.py:H(z=\"it's, \\\",\"),"
    assert split_calls(text) == ("a:B", "c:D(x=(1, 2), y='),e:F')", 'g.py:H(z="it\'s, \\",")')
    assert split_calls("") == ()
    with pytest.raises(ValueError, match="'c'"):
        split_calls("a:B,c")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Of a user's files; what importing them leaves behind is taken back."""
    before, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = before
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def test_a_file_is_imported_once_and_finds_its_neighbours(folder: Path) -> None:
    """Two names of it are of the same module; its classes know which module they are of."""
    (folder / "neighbour_of_it.py").write_text("VALUE = 5\n")
    (folder / "model.py").write_text(
        "import neighbour_of_it\nclass Outer:\n    inner = neighbour_of_it.VALUE\nmade = Outer()\n"
    )
    outer = import_reference(f"{folder}/model.py:Outer")
    assert import_reference(f"{folder}/../{folder.name}/model.py:made").__class__ is outer
    assert import_reference(f"{folder}/model.py:Outer.inner") == 5
    assert getattr(sys.modules[outer.__module__], "Outer") is outer  # noqa: B009 - the name is what is looked up


def test_two_files_of_one_name_are_two_modules(folder: Path) -> None:
    """Each is known by its path."""
    for number in (1, 2):
        (folder / str(number)).mkdir()
        (folder / str(number) / "same.py").write_text(f"number = {number}\n")
    assert [import_reference(f"{folder}/{number}/same.py:number") for number in (1, 2)] == [1, 2]


def test_a_file_that_fails_can_be_imported_again(folder: Path) -> None:
    """No half of it stays behind; its error is its own."""
    file = folder / "late.py"
    file.write_text("raise KeyError('not yet')\n")
    with pytest.raises(KeyError, match="not yet"):
        import_reference(f"{file}:value")
    file.write_text("value = 'now, at last'\n")
    assert import_reference(f"{file}:value") == "now, at last"


def test_what_is_not_there_is_named(folder: Path) -> None:
    """A file by its path, a name with what may have been meant."""
    with pytest.raises(FileNotFoundError, match="there is no file"):
        import_reference(f"{folder}/nope.py:x")
    (folder / "shop.py").write_text("def make_model(): ...\n")
    with pytest.raises(AttributeError, match=r"shop\.py has no 'make_modell'; did you mean 'make_model'\?"):
        import_reference(f"{folder}/shop.py:make_modell")
    with pytest.raises(AttributeError, match=r"math has no 'quite_other'$"):
        import_reference("math:quite_other")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        import_reference("no_such_module:x")
    with pytest.raises(ValueError, match="expected module:name"):
        import_reference("math")
