"""A figure with what the page says beside it."""

import base64
from dataclasses import dataclass

from matplotlib.figure import Figure

from eagerbench.reports.axes import DOTS_PER_INCH, png
from eagerbench.reports.escape import shorten

_LONGEST_DESCRIPTION = 1500


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it.

    Attributes:
        name: of the file beside the page.
        png: its bytes.
        width: in pixels.
        height: in pixels.
        description: what it shows, for who can't see it.
        caption: what must be known to read it, or what to take from it.
    """

    name: str
    png: bytes
    width: int
    height: int
    description: str
    caption: str

    @property
    def source(self) -> str:
        """The picture as a data address."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode('ascii')}"


def picture(figure: Figure, name: str, description: str, caption: str) -> Picture:
    """A figure, drawn, with its description cut to a length that can be listened to."""
    width, height = (round(inches * DOTS_PER_INCH) for inches in figure.get_size_inches())
    return Picture(name, png(figure), width, height, shorten(description, _LONGEST_DESCRIPTION), caption)
