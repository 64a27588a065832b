"""What runs to the target show, in words and in the order of a reader. Pure; not yet escaped."""

import math
from collections import Counter
from collections.abc import Iterable

from eagerbench.learning import ToTarget, without_extremes
from eagerbench.reports.tables import ABSENT, factor, seconds, significant
from eagerbench.results import Run, TrainingRun
from eagerbench.summary import CaseSummary


def soonest_first(cases: Iterable[CaseSummary]) -> list[CaseSummary]:
    """Cases with something to say of the target, by their time to it; those without one last, in the order given."""
    return sorted(
        (case for case in cases if case.to_target),
        key=lambda case: case.to_target.seconds if case.to_target and case.to_target.seconds else math.inf,
    )


def solved_runs(result: ToTarget) -> list[TrainingRun]:
    """Runs that reached the target, fastest first."""
    return sorted(
        (run for run in result.runs if run.seconds_to_target), key=lambda run: run.seconds_to_target or math.inf
    )


def kept_runs(result: ToTarget) -> list[TrainingRun]:
    """Those of the solved runs that are in the mean; none where there is no mean."""
    solved = solved_runs(result)
    if result.seconds is None:
        return []
    if result.estimated:  # then estimates may be among those dropped
        least, most = result.least_s or 0.0, result.most_s or math.inf
        return [run for run in solved if least <= (run.seconds_to_target or 0.0) <= most]
    return [solved[int(place)] for place in without_extremes(range(len(solved)), len(result.failed))]


def is_void(result: ToTarget) -> bool:
    """Whether it is for failed runs, and not for missing ones, that there is no time."""
    failed = len(result.failed)
    return result.seconds is None and (failed > 1 or (failed > 0 and result.solved + failed >= result.seeds))


def time_in_words(result: ToTarget | None) -> tuple[str, str]:
    """The time to the target, and what it rests on: ``3.05 s`` and ``kept runs 2.90 s to 3.20 s``."""
    if result is None:
        return ABSENT, ""
    if result.seconds is None:
        return (f"void: {len(result.failed)} of {len(result.runs)} failed" if is_void(result) else ABSENT), ""
    between = "" if result.least_s == result.most_s else f"{seconds(result.least_s)} to {seconds(result.most_s)}"
    if result.estimated:
        return seconds(result.seconds), f"estimate, {between}" if between else "estimate"
    if not between:
        ended = result.solved + len(result.failed)
        return seconds(result.seconds), f"1 of {ended} runs kept" if ended > 1 else ""
    return seconds(result.seconds), f"kept runs {between}"


def solved_in_words(result: ToTarget | None) -> tuple[str, str]:
    """How many runs reached the target, and what became of the others: ``2 of 3`` and ``1 diverged``."""
    if result is None or not result.runs:
        return "not run", ""
    ends = Counter(run.ended for run in result.runs if run.ended != "solved")
    if ends["stopped"] == len(result.runs):
        return "cut short", ""
    told = [f"{count} {'cut short' if ended == 'stopped' else ended}" for ended, count in sorted(ends.items())]
    left = result.seeds - len(result.runs)
    told += [f"{left} not run"] if left > 0 else []
    return f"{result.solved} of {max(result.seeds, len(result.runs))}", ", ".join(told)


def steps_in_words(result: ToTarget | None) -> tuple[str, str]:
    """Steps to the target, and how many times those of the other modes: ``32,000`` and ``1.02× others, 0.91–1.14``."""
    if result is None or result.steps is None:
        return ABSENT, ""
    if result.estimated:
        return significant(result.steps), "of other modes" if not result.solved else "partly of other modes"
    times, limits = factor(result.steps_ratio) if result.steps_ratio else ("", "")
    # Without an interval there is no ratio.
    return significant(result.steps), f"{times} others, {limits}" if limits else ""


def target_in_words(run: Run) -> str:
    """What is to be reached: ``a mean return of 195 over 100 episodes``."""
    training = run.start.plan.training
    if training.target is None:
        return "none: the environment does not say when it is solved"
    return f"a mean return of {training.target:g} over {training.window:,} episodes"
