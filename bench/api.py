"""``eagerbench.compare``: the modes on a model of one's own, from Python."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from eagerbench.comparison import Comparison
from eagerbench.errors import UserError
from eagerbench.plan import Request, split_names

if TYPE_CHECKING:
    from eagerbench.campaign import Campaign, Watcher

Names = str | Sequence[str]


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
        profile=profile,
        modes=names_of(modes),
        workloads=names_of(workloads),
        batch_sizes=tuple(batch_sizes or ()),
        launches=launches,
        seed=seed,
        command="eagerbench.compare(…)",
    )
    with tempfile.TemporaryDirectory(prefix="eagerbench-") as scratch:
        target = Path(scratch if folder is None else folder)
        try:
            display = Display(sys.stdout)
            with own_campaign(model, observations, request, target, display) as campaign, display.live():
                comparison = Comparison(campaign.measure())
        except UserError as error:
            raise UserError(_as_python(str(error))) from error
    if folder is not None:
        comparison.report(folder)
    return comparison


@contextmanager
def own_campaign(
    model: Any,
    observations: Any,
    request: Request,
    folder: Path,
    watcher: "Watcher",
    *,
    subject: str = "",
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
        append: to the ``launches.jsonl`` that is there, instead of replacing it.

    Raises:
        UserError: where the model can't be measured as asked.
    """
    from eagerbench.campaign import Campaign
    from eagerbench.handover import hand_over, same_modules
    from eagerbench.inspection import inspect_source
    from eagerbench.observations import checked, read_observations
    from eagerbench.plan import check_report_folder, input_of, make_plan

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
        plan = make_plan(request, inspected=inspect_source(source, input_of(request), called))
        if subject:
            plan = msgspec.structs.replace(plan, cases=tuple(f"{case}@{subject}" for case in plan.cases))
        yield Campaign(plan, folder, watcher, source=source, append=append, given=None if named else rows)


def names_of(given: Names | None) -> tuple[str, ...]:
    """Names as a tuple, of a sequence or of a text with commas between them; none of None."""
    return split_names(given) if isinstance(given, str) else tuple(given or ())


def _as_python(message: str) -> str:
    """A message with parameters called as Python calls them: ``batch_sizes``, not ``--batch-sizes``."""
    return re.sub(r"--([a-z][a-z-]*)", lambda flag: flag[1].replace("-", "_"), message)
