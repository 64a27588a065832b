"""The cold workload: from the start of a process to its first result, by stages; then a second call, and later ones."""

import dataclasses

from eagerbench.cases import Case
from eagerbench.race import Budget, Contender, Listener, Origin, Race
from eagerbench.workloads.contenders import Contenders

# Enough calls to see how fast later ones are. A slow one gets its second call and no more, and one whose first call
# took longer than this not even that.
WARMUP_SECONDS = 0.06
LONGEST_FIRST_SECONDS = 5.0
SAMPLE_SECONDS = 0.03  # of a training, shorter than in a race


class Cold:
    """Contenders that are alone in their process.

    Args:
        contenders: what may be started.
        origin: what was before.
        steady_seconds: of later calls.
    """

    def __init__(self, contenders: Contenders, origin: Origin, steady_seconds: float) -> None:
        self._contenders = contenders
        self._origin = origin
        self._budget = Budget(
            steady_seconds,
            min_rounds=0,
            warmup_seconds=WARMUP_SECONDS,
            max_rounds=20,
            longest_start=LONGEST_FIRST_SECONDS / WARMUP_SECONDS,
            fewest_rounds=3,
        )

    def run(self, case: Case, listener: Listener, *, check: bool) -> None:
        """Start, call, call again; all of it goes to the listener.

        Args:
            case: which.
            listener: hears of it.
            check: whether the first result is held against the reference, after the clock has stopped.
        """
        contender = self._contender(case)
        if not check:
            contender = dataclasses.replace(contender, check=None)
        Race([contender], self._budget, 0, listener, origin=self._origin).run()

    def _contender(self, case: Case) -> Contender:
        """What a case does; nobody else runs between its calls, so none of them has to be primed."""
        contender = dataclasses.replace(self._contenders.apart(case), primed=False)
        return dataclasses.replace(contender, sample_seconds=SAMPLE_SECONDS) if case.trains else contender
