"""A picture in a palette of 256 colours, so that its file is a third as large. Knows nothing of what is drawn."""

import numpy as np
from PIL import Image

COLOURS = 256
_EXACT = 160  # of the commonest colours, all that cover any area


def few_colours(picture: Image.Image) -> Image.Image:
    """The picture with as many colours as a palette holds.

    The commonest ones stay what they are; those left over, shades of edges and letters, become the nearest of the
    palette. Its other colours are chosen one by one, each the farthest from all before (Gonzalez 1985, "Clustering to
    minimize the maximum intercluster distance"), so that no rare colour is lost.

    Args:
        picture: without transparency.
    """
    pixels = np.asarray(picture.convert("RGB")).astype(np.int32)  # [height, width, 3]
    codes = (pixels[..., 0] << 16) + (pixels[..., 1] << 8) + pixels[..., 2]
    found, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
    colours = np.stack((found >> 16, found >> 8 & 255, found & 255), axis=1)  # [colours, 3]
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
    drawn = Image.fromarray(entry[places].reshape(codes.shape))
    few = Image.new("P", picture.size)
    few.putpalette(colours[chosen].astype(np.uint8).tobytes())
    few.paste(drawn)
    return few
