"""``eagerbench.compare``: the modes on a model of one's own, from Python."""

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from eagerbench.arguments import (
    MOST_SEED,
    OF_COMPARE,
    Names,
    checked_batch_sizes,
    checked_folder,
    checked_names,
    checked_number,
    checked_text,
    speaking_of,
)
from eagerbench.comparison import Comparison
from eagerbench.errors import UserError
from eagerbench.plan import Request

if TYPE_CHECKING:
    from eagerbench.campaign import Campaign, Watcher

JOURNAL = "launches.jsonl"


def compare(
    model: Any,
    observations: Any,
    modes: Names | None = None,
    *,
    workloads: Names = ("forward",),
    batch_sizes: Sequence[int] | None = None,
    launches: int | None = None,
    profile: str = "quick",
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
) -> Comparison:
    """Time the ways to execute a model of one's own, each in fresh processes, against eager.

    In a script the call belongs under ``if __name__ == "__main__":``, since the processes that measure import the file
    that defines the model.

    Args:
        model: a live Keras model, which is measured with its weights; a function or class that gives one, defined at
            the top level of a module, script or notebook; or ``pkg.module:factory`` or ``path/to/model.py:factory``.
            A factory may ask for ``observation_shape``; ``actions`` needs a default, since nothing here tells it.
        observations: array [rows, …] of numbers, or the path of a ``.npy`` or ``.npz`` file; batches are taken from the
            beginning, again and again where there are fewer rows.
        modes: names, as ``eagerbench modes`` lists them; all where not given.
        workloads: what to time, such as ``("forward", "update")``.
        batch_sizes: rows; one row and all of them where not given.
        launches: fresh processes, over which intervals are taken: 2 at least, better 5; the profile's where not given.
        profile: budget: ``smoke``, ``quick`` or ``full``.
        seed: root of all seeds.
        folder: where to write the report; nowhere where not given.

    Returns:
        What was measured, as a table, a data frame, or figures.

    Raises:
        UserError: where the model can't be measured as asked; one line that says why.
    """
    from eagerbench.engines.local import MEASURING
    from eagerbench.progress import Display

    if MEASURING in os.environ:
        raise UserError(
            "eagerbench.compare() is called while a measuring process imports the file that calls it; put the call "
            'under if __name__ == "__main__":'
        )
    request = Request(
        profile=checked_text("profile", profile),
        modes=checked_names("modes", modes),
        workloads=checked_names("workloads", workloads),
        batch_sizes=checked_batch_sizes(batch_sizes),
        launches=None if launches is None else checked_number("launches", launches, least=1),
        seed=checked_number("seed", seed, least=0, most=MOST_SEED),
        command="eagerbench.compare(…)",
    )
    target = None if folder is None else checked_folder(folder)
    with tempfile.TemporaryDirectory(prefix="eagerbench-") as scratch, speaking_of(OF_COMPARE):
        display = Display(sys.stdout)
        with own_campaign(model, observations, request, target or Path(scratch), display) as campaign:
            try:
                with display.live():
                    comparison = Comparison(campaign.measure())
            except KeyboardInterrupt:
                _keep(campaign, Path(scratch), target, display)
                raise
    if target is not None:
        comparison.report(target)
    return comparison


def _keep(campaign: "Campaign", scratch: Path, folder: Path | None, watcher: "Watcher") -> None:
    """Say where the launches are that were complete when Ctrl-C came; in a folder that stays."""
    complete = sum(launch.ended == "complete" for launch in campaign.run.launches) if campaign.run else 0
    if not complete:
        return
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="eagerbench-interrupted-"))
        shutil.move(scratch / JOURNAL, folder)
    kept = folder / JOURNAL
    watcher.say(
        f"interrupted after {complete} whole launch{'es' if complete > 1 else ''}; kept in {kept}, and rendered by: "
        f"eagerbench report {shlex.quote(str(kept))}"
    )


@contextmanager
def own_campaign(
    model: Any,
    observations: Any,
    request: Request,
    folder: Path,
    watcher: "Watcher",
    *,
    subject: str = "",
    test: str = "",
    append: bool = False,
) -> "Iterator[Campaign]":
    """A campaign on a user's own model, ready to measure as long as the context lasts.

    Args:
        model: as `compare` takes it.
        observations: as `compare` takes it.
        request: what else is wanted; where it names no batch sizes, one row and all of them.
        folder: where ``launches.jsonl`` goes.
        watcher: the live display.
        subject: name of the user's own benchmark; its cases have it after an ``@``.
        test: where that benchmark stands.
        append: to the ``launches.jsonl`` that is there, instead of replacing it.

    Raises:
        UserError: where the model can't be measured as asked.
    """
    from eagerbench.campaign import Campaign
    from eagerbench.handover import hand_over, same_modules
    from eagerbench.inspection import inspect_source
    from eagerbench.observations import checked, read_observations
    from eagerbench.plan import check_report_folder, check_request, input_of, make_plan

    check_request(request)
    if "train" in request.workloads:
        raise UserError("--workloads: trainings need an environment, so the command runs them: eagerbench run --env …")
    check_report_folder(folder)
    with tempfile.TemporaryDirectory(prefix="eagerbench-handover-") as name, same_modules():
        scratch = Path(name)
        named = isinstance(observations, str | os.PathLike)
        rows = read_observations(Path(observations)) if named else checked(observations, "observations")
        request = msgspec.structs.replace(
            request,
            observations=os.fspath(observations) if named else "",
            observation_shape=rows.shape[1:],
            batch_sizes=request.batch_sizes or (1, len(rows)),
        )
        source, called = hand_over(model, rows, scratch)
        watcher.say(f"looking at the model {called}")
        plan = make_plan(request, inspected=inspect_source(source, input_of(request), called, rows))
        if subject:
            cases = tuple(f"{case}@{subject}" for case in plan.cases)
            plan = msgspec.structs.replace(plan, cases=cases, test=test)
        yield Campaign(plan, folder, watcher, source=source, append=append, given=None if named else rows)
