"""A picture in a palette of few colours, so that its file is a third as large. Knows nothing of what is drawn."""

import numpy as np
from PIL import Image

COLOURS = 192
_EXACT = 96  # of the commonest colours, all that cover any area


def few_colours(picture: Image.Image) -> Image.Image:
    """The picture with as many colours as a palette holds.

    The commonest ones stay what they are; those left over, shades of edges and letters, become the nearest of the
    palette. Its other colours are chosen one by one, each the farthest from all before (Gonzalez 1985, "Clustering to
    minimize the maximum intercluster distance"), so that no rare colour is lost.

    Args:
        picture: without transparency.
    """
    signs = np.asarray(picture.convert("RGBA"), order="C").view(">u4").ravel() >> 8  # [pixels], red first
    # Most of a figure is one colour beside the same: only where it changes is there anything to look up.
    begins = np.flatnonzero(np.concatenate(([True], signs[1:] != signs[:-1])))  # [runs]
    lengths = np.diff(begins, append=signs.size)
    found, places = np.unique(signs[begins], return_inverse=True)
    counts = np.bincount(places, weights=lengths)
    codes = found.astype(np.int32)
    colours = np.stack((codes >> 16, codes >> 8 & 255, codes & 255), axis=1)  # [colours, 3]
    chosen = list(np.argsort(-counts, kind="stable")[: _EXACT if len(found) > COLOURS else COLOURS])
    nearest = np.full(len(found), np.iinfo(np.int32).max, np.int32)  # squared distance
    entry = np.zeros(len(found), np.uint8)  # of the palette
    number = 0
    while number < len(chosen):
        distance = ((colours - colours[chosen[number]]) ** 2).sum(axis=1).astype(np.int32)
        nearer = distance < nearest
        nearest[nearer], entry[nearer] = distance[nearer], number
        number += 1
        if number == len(chosen) < min(COLOURS, len(found)):
            chosen.append(int(nearest.argmax()))
    drawn = Image.fromarray(np.repeat(entry[places], lengths).reshape(picture.height, picture.width))
    few = Image.new("P", picture.size)
    few.putpalette(colours[chosen].astype(np.uint8).tobytes())
    few.paste(drawn)
    return few
