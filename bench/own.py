"""A benchmark of the user's own, in their own test file: what the fixture ``race`` gives.

Measuring is the session's; this is pytest's side of it.
"""

import sys
from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from eagerbench.arguments import OF_RACE, Names, checked_batch_sizes, checked_names, speaking_of
from eagerbench.cases import UNTIMED
from eagerbench.comparison import Comparison
from eagerbench.errors import UserError
from eagerbench.plugin import uncaptured
from eagerbench.progress import Display
from eagerbench.session import Session, replay_timer
from eagerbench.summary import REFERENCE_MODE, CaseSummary


class Race:
    """Times a model in the modes; what the fixture ``race`` gives.

    Args:
        session: that the cases join.
        node: the test.
        name: of its cases.
    """

    def __init__(self, session: Session, node: pytest.Item, name: str) -> None:
        self._session = session
        self._node = node
        self._name = name

    def __call__(
        self,
        model: Any,
        observations: Any,
        modes: Names | None = None,
        *,
        batch_sizes: Sequence[int] | None = None,
        workloads: Names = ("forward",),
    ) -> Comparison:
        """Measure; the test fails where eager can't execute the model, or another mode gives other numbers.

        A mode that can't execute the model is reported with its reason, and fails nothing as long as another is timed.

        Args:
            model: a live Keras model, a function or class that gives one, or ``pkg.module:factory``.
            observations: array [rows, …] of numbers, or the path of a ``.npy`` or ``.npz`` file.
            modes: names; the session's where not given.
            batch_sizes: rows; one row and all of them where not given.
            workloads: what to time.

        Returns:
            What was measured of this model.
        """
        unfit = ""
        try:
            with speaking_of(OF_RACE), uncaptured(self._node.config):
                sys.stdout.write("\n")
                display = Display(sys.stdout)
                with display.live():
                    run = self._session.measure_own(
                        self._name,
                        model,
                        observations,
                        display,
                        test=self._node.nodeid,
                        modes=checked_names("modes", modes),
                        workloads=checked_names("workloads", workloads),
                        batch_sizes=checked_batch_sizes(batch_sizes),
                    )
        except UserError as error:
            unfit = str(error)
        if unfit:  # told here, where it has no other error behind it
            pytest.fail(unfit, pytrace=False)
        comparison = Comparison(run)
        for own in comparison.summary.cases:
            if own.good and own.case.workload not in UNTIMED:
                self._enter(own)
        wrong = _wrong(comparison.summary.cases)
        if wrong:
            pytest.fail("\n".join(wrong), pytrace=False)
        return comparison

    def _enter(self, own: CaseSummary) -> None:
        """A row of pytest-benchmark's table and an entry of its files: the samples that were recorded."""
        plugin: Any = self._node.config.pluginmanager.getplugin("pytest-benchmark")
        case = own.case.id
        entry = SimpleNamespace(
            name=f"{self._node.name}[{case}]",
            nodeid=f"{self._node.nodeid}[{case}]",
            callspec=SimpleNamespace(id=case, params={"case": case}),
        )
        recorded = replay_timer(partial(self._session.durations, case))
        make: Any = BenchmarkFixture  # which ships no types
        fixture = make(
            entry,
            add_stats=plugin.benchmarks.append,
            logger=plugin.logger,
            warner=self._node.warn,
            disabled=plugin.disabled,
            group=own.case.group,
            **{**plugin.options, "timer": SimpleNamespace(target=recorded)},
        )
        fixture.extra_info.update(self._session.extra_info(case))
        fixture.pedantic(self._session.target(case), rounds=len(self._session.durations(case)))


def _wrong(cases: Sequence[CaseSummary]) -> list[str]:
    """What fails the test, a line each."""
    found = [
        f"{own.case.id}: {own.status}: {own.reason}"
        for own in cases
        if not own.good and (own.status != "unavailable" or own.case.mode == REFERENCE_MODE)
    ]
    if not found and not any(own.good for own in cases):
        found = [f"{own.case.id}: {own.status}: {own.reason}" for own in cases]
    return found
