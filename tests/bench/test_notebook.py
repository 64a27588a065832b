"""What is taken from a notebook's cells, and what is left there."""

from contextlib import suppress

import pytest

from eagerbench.errors import UserError
from eagerbench.notebook import definitions


def _namespace(cells: list[str]) -> dict[str, object]:
    """What the notebook has after these cells; those that fail change nothing more."""
    found: dict[str, object] = {}
    for cell in cells:
        with suppress(Exception):
            exec(cell, found)  # noqa: S102 - as a notebook does
    return found


def _text(cells: list[str], *wanted: str) -> str:
    """The module."""
    return definitions(cells, wanted, _namespace(cells))


def _defined(cells: list[str], *wanted: str) -> dict[str, object]:
    """What the module defines, when it is executed."""
    found: dict[str, object] = {}
    exec(_text(cells, *wanted), found)  # noqa: S102 - that is what it is for
    return found


def test_a_class_comes_with_all_that_it_uses() -> None:
    """Imports, base classes, functions and constants, from whatever cells."""
    cells = [
        "import math as m\nfrom collections import OrderedDict",
        "WIDTH = 2 * 16\nSHAPE: tuple = (WIDTH, 4)",
        "def area(shape): return m.prod(shape)",
        "class Base(OrderedDict): pass",
        "class Net(Base):\n    size = area(SHAPE)",
    ]
    assert _defined(cells, "Net")["Net"].size == 128  # type: ignore[attr-defined]


def test_nothing_else_of_the_notebook_is_executed() -> None:
    """No call, no measurement, no cell that failed, and no definition that isn't used."""
    cells = ["import os", "raise ValueError", "x = open('f')", "class (", "class Net: pass", "Net()", "y = 3"]
    assert _text(cells, "Net") == "class Net:\n    pass\n"


def test_a_later_definition_replaces_an_earlier_one() -> None:
    """As in the notebook, where the cell was executed again."""
    cells = ["UNITS = 1\nclass Net: size = 1", "UNITS = 2", "class Net: size = UNITS"]
    assert _defined(cells, "Net")["Net"].size == 2  # type: ignore[attr-defined]


def test_a_base_class_stands_before_what_is_derived_from_it() -> None:
    """Also where its cell was executed again after the other."""
    cells = ["class Base: size = 1", "class Net(Base): pass", "class Base: size = 2"]
    assert _defined(cells, "Net")["Net"].size == 2  # type: ignore[attr-defined]


def test_functions_that_call_each_other_are_both_there() -> None:
    """A circle has no first one."""
    cells = ["def even(n): return n == 0 or odd(n - 1)", "def odd(n): return n != 0 and even(n - 1)"]
    assert _defined(cells, "even")["even"](4)  # type: ignore[operator]


@pytest.mark.parametrize(
    "cells",
    [
        ["n = 1", "n = n + 1"],
        ["n = 1", "n *= 2"],
        ["n, m = 2, 3"],
        ["n = len('ab')"],
        ["n = 1", "for n in range(3): pass"],
        ["n = 1", "if True:\n    n = 2"],
        ["n = 1", "(n := 2)"],
    ],
)
def test_a_constant_is_what_it_is_now(cells: list[str]) -> None:
    """Whichever cells brought it there: a factory must not make a model of an earlier width."""
    text = _text([*cells, "def f(): return n"], "f")
    assert _defined([*cells, "def f(): return n"], "f")["f"]() == 2  # type: ignore[operator]
    assert text.startswith("n = 2\n")


def test_what_can_not_be_repeated_is_left_out() -> None:
    """An array that a call made: who needs it fails, instead of finding an older one."""
    assert "n" not in _defined(["n = 1", "n = object()", "def f(): return n"], "f")


def test_star_imports_are_kept() -> None:
    """Nobody knows what they define."""
    assert _defined(["from math import *", "def f(): return floor(2.5)"], "f")["f"]() == 2  # type: ignore[operator]


def test_a_cell_under_a_magic_is_python_all_the_same() -> None:
    """IPython keeps it as a call; other magics are no Python."""
    cells = [
        "get_ipython().run_cell_magic('time', '', 'class Net: pass\\n')",
        "get_ipython().run_cell_magic('html', '', '<b>')",
        "get_ipython().run_line_magic('pip', 'install x')",
    ]
    assert "Net" in _defined(cells, "Net")


def test_two_wanted_names_share_what_they_use() -> None:
    """It is there once."""
    text = _text(["N = 1", "def f(): return N", "def g(): return N"], "f", "g")
    assert text.count("N = 1") == 1


def test_a_name_that_no_cell_defines_is_told() -> None:
    """With the way out."""
    with pytest.raises(UserError, match=r"no cell of this notebook defines Net at its top level; .*%%writefile"):
        _text(["if True:\n    class Net: pass"], "Net")
