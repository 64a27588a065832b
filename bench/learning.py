"""What may be said of training runs: who reached the target, after how many steps, and how soon. Arithmetic only.

After MLPerf's rules for time to target: every mode runs from the same logged seeds, the fastest and the slowest run are
dropped, one run that fails may be the slowest one, and more than one void the result.
"""

import statistics
from collections.abc import Mapping, Sequence

import msgspec

from eagerbench.results import Run, TrainingRun
from eagerbench.stats import Estimate, estimate

FEWEST_TO_DROP = 3  # runs, below which nothing can be dropped


class ToTarget(msgspec.Struct, frozen=True):
    """What may be said of one mode's runs to the target.

    Attributes:
        runs: in the order of the seeds.
        seeds: planned.
        solved: how many reached it.
        seconds: mean over the runs without the fastest and the slowest. None where more than one run failed, or too
            little is known.
        least_s: the fastest of the runs in that mean.
        most_s: the slowest of them.
        estimated: True where runs would have taken too long, some or all of them: their times are the steps that other
            modes needed from the same seeds, at this mode's measured speed.
        steps: median of the steps that it took; of other modes' where estimated.
        steps_ratio: its steps over those of the other modes, paired by seed; an interval around 1 says that it is
            execution, and not luck, that makes its time.
    """

    runs: tuple[TrainingRun, ...]
    seeds: int
    solved: int
    seconds: float | None
    least_s: float | None
    most_s: float | None
    estimated: bool
    steps: float | None
    steps_ratio: Estimate | None

    @property
    def failed(self) -> tuple[TrainingRun, ...]:
        """Runs that ended otherwise than by reaching the target, or by being cut short as planned."""
        return tuple(run for run in self.runs if run.ended not in {"solved", "stopped"})


def to_target(run: Run, steps_per_s: Mapping[str, float]) -> dict[str, ToTarget]:
    """What may be said of each training case; empty where nothing was trained.

    Args:
        run: what was measured.
        steps_per_s: environment steps per second, by id of the cases that have times.
    """
    seeds = run.start.plan.training.seeds
    by_case: dict[str, list[TrainingRun]] = {case.id: [] for case in run.cases if case.workload == "train"}
    for one in run.training_runs:
        by_case[one.case].append(one)
    if not any(by_case.values()):
        return {}
    steps = {
        case: {one.seed: one.steps_to_target for one in own if one.steps_to_target} for case, own in by_case.items()
    }
    return {
        case: _of_one(
            sorted(own, key=lambda one: seeds.index(one.seed) if one.seed in seeds else len(seeds)),
            seeds,
            others(steps, case),
            steps_per_s.get(case),
        )
        for case, own in by_case.items()
        if case in steps_per_s or own
    }


def others(steps: Mapping[str, Mapping[int, int]], case: str) -> dict[int, float]:
    """Geometric mean of the steps that all other cases needed, by seed."""
    found: dict[int, list[int]] = {}
    for other, own in steps.items():
        if other != case:
            for seed, count in own.items():
                found.setdefault(seed, []).append(count)
    return {seed: statistics.geometric_mean(counts) for seed, counts in found.items()}


def _of_one(
    runs: Sequence[TrainingRun],
    seeds: Sequence[int],
    other_steps: Mapping[int, float],
    steps_per_s: float | None,
) -> ToTarget:
    solved = {run.seed: run for run in runs if run.ended == "solved"}
    failed = {run.seed for run in runs if run.ended not in {"solved", "stopped"}}
    steps = {seed: float(run.steps_to_target or 0) for seed, run in solved.items()}
    seconds = {seed: run.seconds_to_target or 0.0 for seed, run in solved.items()}
    common = [steps[seed] / other_steps[seed] for seed in steps if seed in other_steps]
    # A seed that was not run to its end would have taken longest: without it the mean would be that of the lucky ones.
    missing = [seed for seed in seeds if seed not in solved and seed not in failed]
    if missing and (steps_per_s is None or any(seed not in other_steps for seed in missing)):
        seconds, missing = {}, []
    for seed in missing:
        steps[seed] = other_steps[seed]
        seconds[seed] = other_steps[seed] / (steps_per_s or 1.0)
    kept = without_extremes(list(seconds.values()), len(failed)) if seconds else []
    return ToTarget(
        runs=tuple(runs),
        seeds=len(seeds),
        solved=len(solved),
        seconds=statistics.fmean(kept) if kept else None,
        least_s=min(kept, default=None),
        most_s=max(kept, default=None),
        estimated=bool(missing),
        steps=statistics.median(steps.values()) if steps else None,
        steps_ratio=estimate(common) if common else None,
    )


def without_extremes(seconds: Sequence[float], failed: int) -> list[float]:
    """Times of solved runs without the fastest and the slowest; a failed run is the slowest there is.

    Args:
        seconds: of the solved runs.
        failed: how many failed.

    Returns:
        What is left, ascending; nothing where more than one failed, or one and there is nothing to drop it with.
    """
    count = len(seconds) + failed
    if failed > 1 or (failed and count < FEWEST_TO_DROP):
        return []
    if count < FEWEST_TO_DROP:
        return sorted(seconds)
    return sorted(seconds)[1:] if failed else sorted(seconds)[1:-1]


def moving_mean(values: Sequence[float], window: int) -> list[float]:
    """Mean of the last ``window`` values at each place, of fewer where there are not so many yet."""
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    return [
        (sums[place + 1] - sums[max(0, place + 1 - window)]) / min(place + 1, window) for place in range(len(values))
    ]
