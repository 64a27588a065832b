"""A figure with what the page says beside it."""

import base64
from dataclasses import dataclass

from matplotlib.figure import Figure

from eagerbench.reports.axes import DOTS_PER_INCH
from eagerbench.reports.drawn import png, svg
from eagerbench.reports.escape import shorten

_LONGEST_DESCRIPTION = 1500


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it.

    Attributes:
        stem: of the names of its files, which lie beside the page.
        png: bytes of the one that the page shows.
        svg: bytes of the one to print or to enlarge.
        width: in pixels.
        height: in pixels.
        description: what it shows, for who can't see it.
        caption: what must be known to read it, or what to take from it.
    """

    stem: str
    png: bytes
    svg: bytes
    width: int
    height: int
    description: str
    caption: str

    @property
    def name(self) -> str:
        """Of the PNG."""
        return f"{self.stem}.png"

    @property
    def files(self) -> dict[str, bytes]:
        """Both files by name."""
        return {self.name: self.png, f"{self.stem}.svg": self.svg}

    @property
    def source(self) -> str:
        """The picture as a data address."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode('ascii')}"


def picture(figure: Figure, stem: str, description: str, caption: str) -> Picture:
    """A figure, drawn, with its description cut to a length that can be listened to."""
    width, height = (round(inches * DOTS_PER_INCH) for inches in figure.get_size_inches())
    told = shorten(description, _LONGEST_DESCRIPTION)
    return Picture(stem, png(figure), svg(figure, told), width, height, told, caption)
