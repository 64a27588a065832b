"""Where the episodes of environments in array operations start. Knows no TensorFlow."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

# So many starts, float64 [count, S], the next ones of a generator.
Draw = Callable[[np.random.Generator, int], npt.NDArray[np.float64]]


class Starts:
    """Drawn as Gymnasium's environments draw with the same seeds, each environment from a generator of its own.

    Args:
        seeds: one for each environment.
        draw: the next so many starts of a generator, float64 [count, S]; many at once are the same as one by one.
    """

    def __init__(self, seeds: Sequence[int], draw: Draw) -> None:
        self._draw = draw
        # As `gymnasium.utils.seeding.np_random` makes them.
        self._generators = [np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed))) for seed in seeds]
        self._waiting = [draw(generator, 1) for generator in self._generators]

    def peek(self, count: int) -> npt.NDArray[np.float64]:
        """The next starts of each environment: float64 [N, count, S]."""
        for number, generator in enumerate(self._generators):
            missing = count - len(self._waiting[number])
            if missing > 0:
                drawn = self._draw(generator, missing)
                self._waiting[number] = np.concatenate([self._waiting[number], drawn])
        return np.stack([own[:count] for own in self._waiting])

    def take(self, used: npt.NDArray[np.integer]) -> None:
        """So many of each environment's are used; int [N]."""
        self.peek(int(used.max(initial=0)))
        self._waiting = [own[count:] for own, count in zip(self._waiting, used, strict=True)]
