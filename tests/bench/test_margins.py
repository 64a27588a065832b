"""Margins: which one a case has, and what is none."""

from pathlib import Path

import pytest

from eagerbench.errors import UserError
from eagerbench.margins import Margins, parse_margin, read_margins


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a margin of its own and two globs that overlap."""
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[project]\nname = "x"\n[tool.eagerbench.gate]\nmargin = 0.03\n[tool.eagerbench.gate.margins]\n'
        '"forward/predict*/*" = 0.10\n"*/b1" = 1\n'
    )
    return path


@pytest.mark.parametrize(
    ("case", "margin"),
    [
        ("forward/eager/b64", 0.03),
        ("forward/predict-full/b64", 0.10),
        ("forward/predict/b1", 1.0),
        ("Forward/predict/b64", 0.03),
    ],
)
def test_the_last_glob_that_matches_counts(project: Path, case: str, margin: float) -> None:
    """On the whole id, by case; what none matches has the default."""
    assert read_margins(project).of(case) == margin


def test_the_command_line_replaces_the_margin_and_not_the_globs(project: Path) -> None:
    """A case that was given a margin by name keeps it."""
    margins = read_margins(project, override=0.2)
    assert margins.of("forward/eager/b64") == 0.2
    assert margins.of("forward/predict/b64") == 0.10


@pytest.mark.parametrize(
    "content", [None, "", "[tool.other]\nmargin = 7\n", "[tool.eagerbench]\nenvs = 2\n", "tool = 3\n"]
)
def test_where_nothing_is_said_it_is_five_percent(tmp_path: Path, content: str | None) -> None:
    """Without a file, and in a file about other things."""
    path = tmp_path / "pyproject.toml"
    if content is not None:
        path.write_text(content)
    assert read_margins(path).of("forward/eager/b1") == Margins().of("any") == 0.05


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("margin = 0", r"tool.eagerbench.gate.margin: expected a number above 0 and at most 10, .* got 0"),
        ("margin = -0.05", "got -0.05"),
        ("margin = nan", "got nan"),
        ("margin = inf", "got inf"),
        ("margin = 10.5", "got 10.5"),
        ("margin = true", "got True"),
        ('margin = "5%"', "got '5%'"),
        (f"margin = 1{'0' * 400}", "expected a number above 0"),
        ("margn = 0.05", r"unknown key 'margn' \(did you mean 'margin'\?\)"),
        ("margins = 3", r"\[tool.eagerbench.gate.margins\]: expected a table, got 3"),
        ('[tool.eagerbench.gate.margins]\n"a/*" = "x"', r"margins.'a/\*': expected a number above 0"),
        (f"margin = 0x{'f' * 5000}", "got a number of thousands of digits"),
        ("margin = ", "is not TOML"),
        ("margin = 0.05\nmargin = 0.06", "is not TOML"),
    ],
)
def test_what_is_no_margin_is_named_with_file_and_key(tmp_path: Path, content: str, message: str) -> None:
    """In one line."""
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[tool.eagerbench.gate]\n{content}\n")
    with pytest.raises(UserError, match=message) as caught:
        read_margins(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_project_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    """A folder of that name, and what is no text."""
    with pytest.raises(UserError, match="cannot read"):
        read_margins(tmp_path)
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is not TOML"):
        read_margins(tmp_path / "x")


@pytest.mark.parametrize(
    ("text", "margin"), [("5%", 0.05), (" 7.5% ", 0.075), ("0.05", 0.05), ("150%", 1.5), ("1000%", 10.0)]
)
def test_on_the_command_line_both_ways_of_writing_are_understood(text: str, margin: float) -> None:
    """Shares and percents."""
    assert parse_margin(text) == pytest.approx(margin)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5", r"did you mean 5%\?"),
        ("1", r"did you mean 1%\?"),
        ("0", "expected more than 0"),
        ("-3%", "expected more than 0"),
        ("nan", "expected more than 0"),
        ("inf", "expected more than 0"),
        ("1001%", "at most 1000%"),
        ("five", "expected a share such as 5% or 0.05"),
        ("5%%", "expected a share"),
        ("", "expected a share"),
    ],
)
def test_on_the_command_line_other_things_are_refused(text: str, message: str) -> None:
    """Five without a percent sign would be 500 %: nobody means that."""
    with pytest.raises(UserError, match=message):
        parse_margin(text)
