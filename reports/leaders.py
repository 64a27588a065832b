"""Who is ahead: the modes that no other mode is shown to be faster than. Pure; not yet escaped."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from eagerbench.cases import CACHED
from eagerbench.results import Run
from eagerbench.stats import ratio
from eagerbench.summary import REFERENCE_MODE, CaseSummary, by_case, launch_medians

# Not TensorFlow, so never "the fastest mode": it says what the machine could do.
YARDSTICK = "numpy"
YARDSTICK_MODES = frozenset({YARDSTICK, "fused-jax"})
# Environment and all in one program: only where the environment is written in array operations.
IN_GRAPH_MODES = frozenset({"fused", "fused-xla", "fused-jax"})
_MOST_NAMES = 4

Item = TypeVar("Item")


def is_yardstick(mode: str) -> bool:
    """Whether a mode, with a filled cache or without, is not TensorFlow."""
    return mode.removesuffix(CACHED) in YARDSTICK_MODES


def is_in_graph(mode: str) -> bool:
    """Whether a mode needs the environment inside its program."""
    return mode.removesuffix(CACHED) in IN_GRAPH_MODES


def contenders(timed: Sequence[CaseSummary]) -> list[CaseSummary]:
    """The cases among which the fastest is sought: without yardsticks, where there is anything else."""
    return [case for case in timed if not is_yardstick(case.case.mode)] or list(timed)


def leaders(run: Run, contending: Sequence[CaseSummary]) -> list[CaseSummary]:
    """The cases that no other is shown to be faster than, as `least` has it.

    Args:
        run: where the samples are.
        contending: timed cases, fastest first.
    """
    return least(contending, _medians(run, contending))


def recommended(first: Sequence[CaseSummary]) -> list[CaseSummary]:
    """Of `leaders` those to use: eager where it is among them, since nothing is shown to be faster.

    Else those that are shown to be faster than eager; all where none is, as without times of eager.
    """
    eager = [case for case in first if case.case.mode == REFERENCE_MODE]
    return eager or [case for case in first if case.difference == "faster"] or list(first)


def unknown(run: Run, contending: Sequence[CaseSummary]) -> list[CaseSummary]:
    """The cases of which nothing shows whether they are as fast as the leaders: too few launches have both.

    Args:
        run: where the samples are.
        contending: timed cases, fastest first.
    """
    first = leaders(run, contending)
    values = _medians(run, contending)
    return [
        case
        for case, own in zip(contending, values, strict=True)
        if first and case not in first and not any(_shown_more(own, other) for other in values)
    ]


def least(items: Sequence[Item], values: Sequence[Mapping[int, float]]) -> list[Item]:
    """The items that no other is shown to take less than, over all pairs; none where no pair can be compared.

    A pair is compared by its ratio inside each launch, which takes two launches that have both. An item that can't be
    compared with the first of those returned is left out, since nothing ties them. One item alone is the least.

    Args:
        items: least value first.
        values: of each item, by launch.
    """
    if len(items) < 2:
        return list(items)
    places = range(len(items))
    compared = [
        place for place in places if any(place != other and _compared(values[place], values[other]) for other in places)
    ]
    best = [place for place in compared if not any(_shown_more(values[place], values[other]) for other in compared)]
    return [items[place] for place in best if place == best[0] or _compared(values[place], values[best[0]])]


def names(modes: Sequence[str], most: int = _MOST_NAMES) -> str:
    """Modes in a sentence: ``eager, predict and numpy``; where they are too many, some of them and a number."""
    told = [*modes[: most - 1], f"{len(modes) - most + 1} more"] if len(modes) > most else list(modes)
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def _medians(run: Run, cases: Sequence[CaseSummary]) -> list[dict[int, float]]:
    index = by_case(run)
    return [launch_medians(index[case.case.id, "steady"]) for case in cases]


def _compared(own: Mapping[int, float], other: Mapping[int, float]) -> bool:
    return len(own.keys() & other.keys()) > 1


def _shown_more(own: Mapping[int, float], other: Mapping[int, float]) -> bool:
    """Whether the whole interval of the ratio of two lies above one."""
    paired = ratio(own, other)
    return paired is not None and paired.low is not None and paired.low > 1
