"""What the convolutional actor-critic is made of, and which sizes of an observation are its channels. No TensorFlow.

The two convolutions of Mnih et al. 2016, "Asynchronous methods for deep reinforcement learning", section 8.
"""

FILTERS = (16, 32)
KERNELS = (8, 4)  # pixels, in both directions
STRIDES = (4, 2)


def image_shape(observation_shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Height, width and channels of an observation of two sizes (grey) or three.

    Channels come last, except where the first size is smaller than both others, as in (4, 84, 84): those are frames
    that Gymnasium's wrapper has stacked.
    """
    if len(observation_shape) == 2:
        height, width = observation_shape
        return height, width, 1
    first, second, third = observation_shape
    return (second, third, first) if first < min(second, third) else (first, second, third)
