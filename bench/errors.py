"""What goes wrong for a reason that the user can mend."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Bad input, told in one line: what was expected, what came, what to do. Becomes exit code 2, never a traceback."""


def unknown(kind: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a name that is in no table, with the nearest known one if any is near."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return UserError(f"unknown {kind} {name!r}{hint}; known: {', '.join(names)}")


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that there was not enough memory, in Python's words or in TensorFlow's."""
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"
