"""``module:name`` with arguments, as people write it on a command line: read, imported, and nothing else executed.

Arguments are Python's literals: numbers, text in quotes, tuples, lists, dicts, True, False, None. Knows no TensorFlow.
"""

import ast
import difflib
import hashlib
import importlib
import importlib.util
import math
import re
import sys
from pathlib import Path
from typing import Any

CALL = "module:name or module:name(argument=value)"
ARGUMENTS = "NAME=VALUE with commas between them, such as continuous=False,gravity=-5"
# The first colon that is followed by a name which ends the text or opens a bracket: paths may have others.
FORM = re.compile(r"(?P<reference>.+?:[^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*(?:\((?P<arguments>.*)\))?", re.DOTALL)
MOST_INTEGER = 2**63 - 1


def parse_arguments(text: str) -> dict[str, Any]:
    """``"continuous=False,gravity=-5"`` as a dict, of what JSON can hold: tuples become lists.

    Args:
        text: names and literals; empty for none.

    Raises:
        ValueError: where it isn't of that form.
    """
    try:
        return {name: _as_json(value) for name, value in _arguments(text).items()}
    except ValueError as error:
        raise ValueError(f"{text!r}: expected {ARGUMENTS}; {error}") from error


def split_calls(text: str) -> tuple[str, ...]:
    """``"a:B,c:D(x=1,y=2)"`` as its parts, each checked.

    Raises:
        ValueError: where a part isn't of the form ``module:name`` or ``module:name(argument=value)``.
    """
    parts, depth, quote, start, escaped = [], 0, "", 0, False
    for place, sign in enumerate(text):
        if quote:
            if sign == quote and not escaped:
                quote = ""
            escaped = sign == "\\" and not escaped
        elif sign in "\"'" and depth:  # elsewhere it is part of a path
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == "," and not depth:
            parts.append(text[start:place].strip())
            start = place + 1
    parts.append(text[start:].strip())
    found = tuple(part for part in parts if part)
    for part in found:
        split_call(part)
    return found


def split_call(text: str) -> tuple[str, dict[str, Any]]:
    """``"c:D(x=1)"`` as ``"c:D"`` and its arguments.

    Raises:
        ValueError: where it isn't of that form.
    """
    found = FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r}: expected {CALL}")
    try:
        arguments = _arguments(found["arguments"] or "")
    except ValueError as error:
        raise ValueError(f"{text!r}: expected {CALL}; {error}") from error
    return found["reference"], arguments


def import_reference(text: str) -> Any:
    """What ``pkg.module:name`` or ``path/to/file.py:name`` stands for. Raises whatever importing raises.

    A file is imported once, under a name of its own, with its folder where Python looks for its neighbours.
    """
    module, _, name = text.rpartition(":")
    if not module or not name:
        raise ValueError(f"{text!r}: expected module:name or path/to/file.py:name")
    found: Any = import_file(Path(module)) if module.endswith(".py") else importlib.import_module(module)
    told = module
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            nearest = difflib.get_close_matches(part, dir(found), n=1)
            meant = f"; did you mean {nearest[0]!r}?" if nearest else ""
            raise AttributeError(f"{told} has no {part!r}{meant}") from error
        told = f"{told}:{part}" if told == module else f"{told}.{part}"
    return found


def import_file(path: Path) -> Any:
    """A Python file as a module, imported once."""
    file = path.expanduser().resolve()
    alias = f"eagerbench_file_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
    if alias in sys.modules:
        return sys.modules[alias]
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    specification = importlib.util.spec_from_file_location(alias, file)
    if specification is None or specification.loader is None:
        raise ImportError(f"{path} is no Python file")
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    module = importlib.util.module_from_spec(specification)
    sys.modules[alias] = module  # before it runs, as Python does: its classes are looked up there
    try:
        specification.loader.exec_module(module)
    except BaseException:
        del sys.modules[alias]
        raise
    return module


def _arguments(text: str) -> dict[str, Any]:
    """Literals by name, each of which survives a journey to another process.

    Raises:
        ValueError: what is expected of values.
    """
    code = f"_({text})"
    try:
        call = ast.parse(code, mode="eval").body
        # The call is all that there is: nothing behind it, and no call of what a call gives.
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            raise ValueError
        if (call.end_lineno, call.end_col_offset) != (1, len(code.encode())):
            raise ValueError
        names = [keyword.arg for keyword in call.keywords]
        if call.args or None in names or len(set(names)) < len(names):
            raise ValueError
        arguments = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
        for value in arguments.values():
            _as_json(value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError("values are Python literals that JSON can hold: numbers, 'text', lists, …") from error
    return arguments


def _as_json(value: Any) -> Any:
    """A literal as another process gets it: with lists for tuples.

    Raises:
        ValueError: where it would be another value there.
    """
    if value is None or isinstance(value, bool):
        return value
    if (isinstance(value, int) and abs(value) <= MOST_INTEGER) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, str):
        value.encode()  # no halves of letters
        return value
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _as_json(item) for key, item in value.items()}
    raise ValueError(f"{value!r} is nothing that JSON can hold")
