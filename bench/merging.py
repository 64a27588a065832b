"""Several runs of one session as one: the suite's, and those of a user's own benchmarks. Returns data."""

from collections.abc import Iterator, Sequence

import msgspec

from eagerbench.results import End, Launch, Run, Subject


def merge(runs: Sequence[Run]) -> Run:
    """One run with the cases, launches and subjects of all.

    The suite's comes first, whenever it was measured; its plan, input and machine stand for all where there is one. No
    two runs share a case, so that whatever is paired by launch is paired inside the launch where it was measured.

    Args:
        runs: at least one, in the order measured.
    """
    ordered = sorted(runs, key=lambda run: any(case.subject for case in run.cases))  # stable
    if len(ordered) == 1 and not _subjects(ordered[0]):
        return ordered[0]
    starts = [run.start for run in ordered]
    return Run(
        start=msgspec.structs.replace(
            starts[0],
            started=min(start.started for start in starts),
            plan=msgspec.structs.replace(
                starts[0].plan, cases=tuple(case for start in starts for case in start.plan.cases)
            ),
            flops={case: flops for start in starts for case, flops in start.flops.items()},
            modes={mode: told for start in starts for mode, told in start.modes.items()},
            subjects={name: own for run in ordered for name, own in _subjects(run).items()},
        ),
        launches=tuple(_renumbered(ordered)),
        end=_end(ordered),
    )


def _renumbered(runs: Sequence[Run]) -> Iterator[Launch]:
    """All launches, those of each run after those of the run before it; an index that is there twice stays so."""
    first = 0
    for run in runs:
        yield from (msgspec.structs.replace(launch, index=first + launch.index) for launch in run.launches)
        first += 1 + max((launch.index for launch in run.launches), default=-1)


def _subjects(run: Run) -> dict[str, Subject]:
    """What each of the user's own benchmarks in a run executes."""
    return {case.subject: run.start.subject(case) for case in run.cases if case.subject}


def _end(runs: Sequence[Run]) -> End | None:
    """Complete where all are; None where one was killed."""
    ends = [run.end for run in runs]
    if any(end is None for end in ends):
        return None
    whole = all(end is not None and end.outcome == "complete" for end in ends)
    return End("complete" if whole else "interrupted", sum(end.seconds for end in ends if end))
