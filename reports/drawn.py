"""A figure as the bytes of a file: PNG for a page, SVG for paper. The same numbers give the same bytes."""

import io
from xml.sax.saxutils import escape

from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from eagerbench.reports.axes import DOTS_PER_INCH, drawing
from eagerbench.reports.escape import clean
from eagerbench.reports.palette import CARD
from eagerbench.reports.shades import few_colours

_COMPRESSION = 8  # of 9: the last level takes three times as long for three parts in a hundred of the size
_NO_METADATA = {"Creator": None, "Date": None, "Format": None, "Type": None}


def png(figure: Figure) -> bytes:
    """The figure as PNG.

    In a palette: what antialiasing makes of our few colours is a thousand shades, which 192 can't be told from.
    """
    pixels = io.BytesIO()
    with drawing():
        figure.savefig(pixels, format="rgba", dpi=DOTS_PER_INCH, facecolor=CARD, edgecolor="none")
    width, height = (int(inches * DOTS_PER_INCH) for inches in figure.get_size_inches())
    few = few_colours(Image.frombuffer("RGBA", (width, height), pixels.getvalue()))
    small = io.BytesIO()
    few.save(small, "png", compress_level=_COMPRESSION)
    return small.getvalue()


def svg(figure: Figure, description: str) -> bytes:
    """The figure as SVG that refers to nothing outside of itself, with its heading and a description for who can't see.

    Letters are outlines: who opens the file may lack the font, and in another one labels would run into each other.

    Args:
        figure: whose first text is its heading.
        description: plain text, not yet escaped.
    """
    buffer = io.StringIO()
    with drawing(), rc_context({"svg.fonttype": "path", "svg.hashsalt": "eagerbench", "svg.image_inline": True}):
        # The resolution is that of what is rasterized inside.
        figure.savefig(buffer, format="svg", dpi=DOTS_PER_INCH, facecolor=CARD, metadata=_NO_METADATA)
    # Without what stands before it: a document type that lies elsewhere. The head has no text of ours, hence no ">".
    head, _, body = buffer.getvalue().partition("<svg ")[2].partition(">")
    heading = figure.texts[0].get_text() if figure.texts else ""
    told = f"<title>{escape(clean(heading))}</title>\n <desc>{escape(clean(description))}</desc>"
    return f'<svg role="img" {head}>\n {told}{body}'.encode()
