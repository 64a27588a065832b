"""Who is ahead: the best of some modes and those that no paired interval tells from it. Pure; not yet escaped."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from eagerbench.cases import CACHED
from eagerbench.results import Run
from eagerbench.stats import difference, ratio
from eagerbench.summary import CaseSummary, by_case, launch_medians

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
    """The fastest case and those that no paired interval tells from it.

    Args:
        run: where the samples are.
        contending: timed cases, fastest first.
    """
    index = by_case(run)
    return least(contending, [launch_medians(index[case.case.id, "steady"]) for case in contending])


def least(items: Sequence[Item], values: Sequence[Mapping[int, float]]) -> list[Item]:
    """The first item and those that no paired interval tells from it.

    Args:
        items: least value first.
        values: of each item, by launch.
    """
    return list(items[:1]) + [
        item for item, own in zip(items[1:], values[1:], strict=True) if not _shown_more(own, values[0])
    ]


def names(modes: Sequence[str], most: int = _MOST_NAMES) -> str:
    """Modes in a sentence: ``eager, predict and numpy``; where they are too many, some of them and a number."""
    told = [*modes[: most - 1], f"{len(modes) - most + 1} more"] if len(modes) > most else list(modes)
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def _shown_more(own: Mapping[int, float], first: Mapping[int, float]) -> bool:
    paired = ratio(own, first)
    return paired is not None and difference(paired) == "faster"  # a ratio above one: more seconds than the first
