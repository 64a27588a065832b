"""An interval for a median that may be looked at after every round. Returns data; knows no clock and no file.

Each round gives one number. Whether a number lies below the true median is the toss of a fair coin, whatever the
distribution: so bounds that are order statistics need no assumption about noise, and no random numbers (Thompson 1936,
"On confidence ranges for the median"). Looking after each round and stopping when one likes what one sees would make
such bounds err more often than they say. So the bounds here are paid for all looks at once: the lower bound is the
smallest number for as long as there are few, and moves up by one for every `STRIDE` rounds more. The probability that
it ever lies above the true median, in however many rounds, is that of a random walk that crosses a line
(`error_probability`), and is held by a test.
"""

from collections.abc import Sequence

import msgspec

# Rounds from which there is a bound, and rounds for which one number more may lie beyond it. Six rounds before anyone
# is accused: 2.6 % in all looks together. Five before somebody is let go: 4.8 %.
ACCUSING = 6
ACQUITTING = 5
STRIDE = 4


class Bounds(msgspec.Struct, frozen=True):
    """The median of some numbers, with bounds for the true one.

    Attributes:
        value: median of the numbers.
        low: lower bound; None where there are too few numbers.
        high: upper bound; None where there are too few numbers.
        rounds: how many numbers.
    """

    value: float
    low: float | None
    high: float | None
    rounds: int


def beyond(rounds: int, first: int) -> int | None:
    """How many numbers may lie beyond a bound after so many rounds; None where there is no bound yet.

    Args:
        rounds: so far.
        first: `ACCUSING` or `ACQUITTING`.
    """
    return (rounds - first) // STRIDE if rounds >= first else None


def bounds(values: Sequence[float], first_low: int = ACCUSING, first_high: int = ACQUITTING) -> Bounds:
    """Median and bounds of numbers, one for each round.

    Args:
        values: finite, at least one.
        first_low: rounds from which there is a lower bound.
        first_high: rounds from which there is an upper bound.

    Raises:
        ValueError: where there is no number.
    """
    if not values:
        raise ValueError("bounds need at least one round, got none")
    ordered = sorted(values)
    count = len(ordered)
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    below, above = beyond(count, first_low), beyond(count, first_high)
    return Bounds(
        value=middle,
        low=None if below is None else ordered[below],
        high=None if above is None else ordered[count - 1 - above],
        rounds=count,
    )


def error_probability(first: int, rounds: int) -> float:
    """How likely a bound is ever to be on the wrong side of the true median, looked at after every round.

    The number of values beyond the bound is a walk of fair coin tosses; the bound errs where after ``n`` rounds at most
    ``beyond(n, first)`` of them fell the other way. Exact, by counting paths.

    Args:
        first: rounds from which there is a bound.
        rounds: after which nobody looks any more.
    """
    alive = {0: 1.0}  # probability by number of tosses that fell the other way, of walks that have not erred yet
    erred = 0.0
    for number in range(1, rounds + 1):
        moved: dict[int, float] = {}
        for count, probability in alive.items():
            for after in (count, count + 1):
                moved[after] = moved.get(after, 0.0) + probability / 2
        line = beyond(number, first)
        if line is not None:
            erred += sum(moved.pop(count) for count in list(moved) if count <= line)
        alive = moved
    return erred
