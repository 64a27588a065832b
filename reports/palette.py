"""One colour and one marker for each mode, the same in every figure.

Sixteen colours can't all be told apart by everyone, so no figure relies on them: every mode is named where it is drawn,
and families of modes share a marker. All reach a contrast of 3 to 1 on white (WCAG 2.2, 1.4.11), and within a family
they differ in what who lacks red or green cones sees of them (Machado, Oliveira & Fernandes 2009).
"""

import zlib
from typing import NamedTuple

from eagerbench.cases import CACHED


class Look(NamedTuple):
    """How a mode is drawn."""

    colour: str
    marker: str


INK = "#1c1e21"
MUTED = "#62686f"
WITHHELD = "#8a8f96"
RULE = "#d5d9de"
BAND = "#f2f4f6"
CARD = "#ffffff"

_LOOKS = {
    "eager": Look("#1c1e21", "o"),
    "function": Look("#0072b2", "o"),
    "function-xla": Look("#2b90c9", "o"),
    "blocked-xla": Look("#1f3b8c", "o"),
    "predict": Look("#d55e00", "s"),
    "predict-full": Look("#6e4300", "s"),
    "predict-on-batch": Look("#d9573b", "s"),
    "predict-eager": Look("#8b1e3f", "s"),
    "graph-v1": Look("#00765a", "D"),
    "graph-v1-feed": Look("#2a9d6f", "D"),
    "saved-model": Look("#a23b8f", "D"),
    "numpy": Look("#7a6a00", "^"),
    "rollout": Look("#8a5a2b", ">"),
    "fused": Look("#5f3dc4", ">"),
    "fused-xla": Look("#c81e8a", ">"),
    "fused-jax": Look("#5d8a12", ">"),
}
_OTHERS = tuple(
    Look(colour, marker)
    for marker in ("P", "X", "v")
    for colour in ("#5b4db2", "#0f7c86", "#b3365b", "#6b7a1e", "#7d4e2d")
)


# Parts of a training step. White text stands on them, so that they reach 4.5 to 1.
_PARTS = {
    "act": "#3b6ea5",
    "environment": "#3d7a4d",
    "update": "#a3581c",
    "program": "#6c57a6",
    "bookkeeping": "#6a6f75",
}
PARTS = tuple(_PARTS)


def part_colour(part: str) -> str:
    """The colour of a part of a training step; grey for one that is not known."""
    return _PARTS.get(part, INK)


# Stages of a cold start, in their order. White text stands on these too.
_STAGES = {
    "imports": "#6a6f75",
    "model": "#3b6ea5",
    "trace": "#3d7a4d",
    "compile": "#a3581c",
    "call": "#6c57a6",
}


def stage_colour(stage: str) -> str:
    """The colour of a stage of a cold start; the darkest for one that is not known."""
    return _STAGES.get(stage, INK)


def look(mode: str) -> Look:
    """The look of a mode; of a mode that is in no table, one that follows from its name alone.

    A mode that starts with a filled cache looks like itself: what tells both apart is that it is `hollow`.
    """
    name = mode.removesuffix(CACHED)
    return _LOOKS.get(name) or _OTHERS[zlib.crc32(name.encode("utf-8", "replace")) % len(_OTHERS)]


def hollow(mode: str) -> bool:
    """Whether a mode is drawn with a hollow marker and a dashed line: it starts with a filled cache."""
    return mode.endswith(CACHED)


# Light to dark, all with a contrast of 3 to 1 on white: wider is darker.
_WIDTHS = ("#c68400", "#c0602a", "#a83e55", "#7d2a6c", "#4d2270", "#1f1147")


def width_colour(place: int, count: int) -> str:
    """The colour of the so-manieth of some widths, ascending.

    Args:
        place: from 0.
        count: of all.
    """
    return _WIDTHS[round(place * (len(_WIDTHS) - 1) / max(1, count - 1))]
