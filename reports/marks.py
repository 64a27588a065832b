"""The marker of a mode as a drawing inside a page, so that a row of a table is found again in the figures."""

from typing import NamedTuple

from eagerbench.reports.palette import hollow, look

# What Matplotlib's markers are called, in a square of ten by ten.
_PATHS = {
    "o": "M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8z",
    "s": "M1.4 1.4h7.2v7.2h-7.2z",
    "D": "M5 .2L9.8 5L5 9.8L.2 5z",
    "^": "M5 .8L9.4 9H.6z",
    "v": "M5 9.2L9.4 1H.6z",
    ">": "M9.2 5L1 9.4V.6z",
    "P": "M3.4.6h3.2v2.8h2.8v3.2h-2.8v2.8h-3.2v-2.8h-2.8v-3.2h2.8z",
    "X": "M2.6.4L5 2.8L7.4.4L9.6 2.6L7.2 5L9.6 7.4L7.4 9.6L5 7.2L2.6 9.6L.4 7.4L2.8 5L.4 2.6z",
}


class Mark(NamedTuple):
    """A marker.

    Attributes:
        path: outline, in a square of ten by ten.
        colour: of the mode, on white.
        hollow: whether only the outline is drawn.
    """

    path: str
    colour: str
    hollow: bool


def mark(mode: str) -> Mark:
    """The marker of a mode, known or not, as the figures draw it."""
    drawn = look(mode)
    return Mark(_PATHS[drawn.marker], drawn.colour, hollow(mode))
