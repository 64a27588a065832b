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
