"""Text from files made harmless for the place where it is shown.

A results file may come from a stranger: a mode may be called ``<script>`` and a reason may begin with ``=cmd()``. HTML
is not here because Jinja escapes it on its own. Knows no numbers and no layout.
"""

import html
import re
from collections.abc import Iterable

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]|~$])")
_MENTION = re.compile(r"@(?=\w)")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 80
# Colours and the like, as a terminal takes them (ECMA-48, "control sequences").
_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def clean(text: str) -> str:
    """The text on one line, a space for whatever can't be seen: line ends, control codes, halves of surrogate pairs.

    Colours of a terminal are left out whole: without its first sign, the rest of such a code would be text.
    """
    if text.isprintable():  # as almost all text is, pictures of a million signs among it
        return text
    return "".join(sign if sign.isprintable() else " " for sign in _COLOURS.sub("", text))


def shorten(text: str, longest: int) -> str:
    """The text, cut to ``longest`` signs; the cut is shown by an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def for_markdown(text: str, longest: int = 300) -> str:
    """The text as it must be written so that GitHub's Markdown shows it as it is, also inside a table."""
    escaped = _MARKDOWN_SIGNS.sub(r"\\\1", html.escape(shorten(clean(text), longest).strip(), quote=False))
    # A mention calls a person; a zero-width space keeps it from being one.
    return _MENTION.sub("@\u200b", escaped)


def for_spreadsheet(text: str) -> str:
    """The text as it must be written so that no spreadsheet takes it for a formula (OWASP, "CSV injection")."""
    defused = "'" + text if text.startswith(_FORMULA_STARTS) else text
    return clean(defused)


def for_figure(text: str, longest: int = 24) -> str:
    """The text as Matplotlib draws it: without signs that its font lacks."""
    plain = shorten(clean(text), longest).replace("…", "...")
    return plain.encode("ascii", "replace").decode()


def file_stems(groups: Iterable[str]) -> dict[str, str]:
    """For each group, the part of a file name that stands for it: a to z, 0 to 9 and hyphens, no two alike."""
    stems: dict[str, str] = {}
    for group in groups:
        stem = _NOT_IN_A_NAME.sub("-", group.lower()).strip("-")[:_LONGEST_NAME] or "group"
        candidate, number = stem, 1
        while candidate in stems.values():
            number += 1
            candidate = f"{stem}-{number}"
        stems[group] = candidate
    return stems
