"""Few colours for many."""

import numpy as np
from PIL import Image

from eagerbench.reports.shades import COLOURS, few_colours


def drawn(pixels: np.ndarray) -> Image.Image:
    """A picture of given colours."""
    return Image.fromarray(pixels.astype(np.uint8))


def test_few_colours_are_exact():
    """Where a palette holds them all, nothing changes."""
    pixels = np.zeros((12, COLOURS // 12, 3))
    pixels[..., 0] = np.arange(COLOURS).reshape(12, -1)
    few = few_colours(drawn(pixels))
    assert (few.mode, few.size) == ("P", (COLOURS // 12, 12))
    assert (np.asarray(few.convert("RGB")) == pixels).all()


def test_runs_of_one_colour_keep_their_places():
    """What is looked up is where a colour changes: across the ends of lines too."""
    pixels = np.zeros((3, 4, 3))
    pixels[0, 2:], pixels[1, 0], pixels[2, 3] = (10, 20, 30), (10, 20, 30), (200, 100, 0)
    assert (np.asarray(few_colours(drawn(pixels)).convert("RGB")) == pixels).all()


def test_areas_stay_what_they_are_and_rare_colours_are_not_lost():
    """Two thousand greys nobody minds, a white ground and one red dot."""
    pixels = np.full((100, 100, 3), 255)
    generator = np.random.default_rng(0)
    pixels[:20] = 100 + generator.integers(0, 40, (20, 100, 3))
    pixels[50, 50] = (255, 0, 0)
    after = np.asarray(few_colours(drawn(pixels)).convert("RGB")).astype(int)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 1000
    assert len(np.unique(after.reshape(-1, 3), axis=0)) == COLOURS
    assert (after[20:] == pixels[20:]).all()
    assert np.abs(after - pixels).max() < 20


def test_the_same_picture_gives_the_same_bytes():
    """Nothing is drawn by lot."""
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3))
    assert few_colours(drawn(pixels)).tobytes() == few_colours(drawn(pixels)).tobytes()
