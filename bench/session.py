"""A measuring pytest session: what is planned, what was measured, and how it is handed to pytest-benchmark.

Knows no terminal and renders nothing; the plugin does.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from eagerbench.api import own_campaign
from eagerbench.baselines import resolve_baseline
from eagerbench.campaign import Campaign, Watcher
from eagerbench.cases import FORKED, YARDSTICKS, Case
from eagerbench.comparable import why_not_whole
from eagerbench.errors import UserError, unknown
from eagerbench.gate import Judgement
from eagerbench.margins import Margins, parse_margin, read_margins
from eagerbench.merging import merge
from eagerbench.modes import REGISTRY
from eagerbench.plan import Request
from eagerbench.results import Plan, Run, Stage, read_run
from eagerbench.stored_gate import NOT_GATED, judge_stored
from eagerbench.subjects import distinct
from eagerbench.summary import CaseSummary, by_case, summarise

Timer = Callable[[], float]


class CaseFailedError(Exception):
    """A case has no times that count; its text says why."""


class Gate(msgspec.Struct, frozen=True):
    """What a run will be held against.

    Attributes:
        label: as the user named it.
        base: the earlier run.
        reference: mode that times are ratios to.
        margins: of each case.
        across_machines: compare what another machine measured too.
    """

    label: str
    base: Run
    reference: str
    margins: Margins
    across_machines: bool

    @classmethod
    def asked_for(cls, values: Mapping[str, Any], storage: Path, project: Path) -> "Gate | None":
        """The gate of a session's options, with its base read; None where none was asked for.

        Args:
            values: by destination.
            storage: of baselines.
            project: its ``pyproject.toml``.

        Raises:
            UserError: where the base can't be read or isn't whole, or an option is wrong.
        """
        label, margin = values["eagerbench_gate"], values["eagerbench_gate_margin"]
        reference = values["eagerbench_gate_reference"]
        if label is None:
            return None
        if reference not in REGISTRY:
            raise unknown("reference mode", reference, REGISTRY)
        margins = read_margins(project, None if margin is None else parse_margin(margin))
        base = read_run(resolve_baseline(label, storage))
        not_whole = why_not_whole(base)
        if not_whole:
            raise UserError(f"--gate {label}: nothing can be held against it, since {not_whole}")
        return cls(label, base, reference, margins, values["eagerbench_across_machines"])

    def check(self, plan: Plan) -> None:
        """Find what could only end without a verdict, before minutes are spent on it.

        Raises:
            UserError: where no planned case is in base, or the reference is missing in a group.
        """
        planned = [case for text in plan.cases if (case := Case.parse(text)).workload not in NOT_GATED]
        if not set(planned) & set(self.base.cases):
            raise UserError(f"--gate {self.label}: none of the cases to be measured that are gated is in it")
        raced = [case for case in planned if case.workload not in FORKED]
        without = sorted({case.group for case in raced} - {case.group for case in raced if case.mode == self.reference})
        if without:
            raise UserError(
                f"--gate {self.label}: times are ratios to the mode {self.reference}, which won't be measured for "
                f"{', '.join(without)}; add it to --modes, choose another --gate-reference, or restrict --workloads"
            )

    def judge(self, run: Run) -> Judgement:
        """What is said of a run."""
        return judge_stored(
            self.base,
            run,
            margins=self.margins,
            reference=self.reference,
            across_machines=self.across_machines,
            labels=(self.label, "this run"),
        )


class Session:
    """What a pytest session measures: the suite, benchmarks of the user's own, or both.

    Args:
        plan: of the whole suite; `select` narrows it; None where the suite is not measured.
        folder: of the report.
        gate: that the run has to pass; None where there is none.
        request: what the user's own benchmarks are measured with, where they say nothing else.
    """

    def __init__(
        self, plan: Plan | None, folder: Path, gate: Gate | None = None, request: Request | None = None
    ) -> None:
        self.plan = plan
        self.folder = folder
        self.gate = gate
        self.request = request or Request()
        self._campaigns: list[Campaign] = []
        self._subjects: set[str] = set()
        self._durations: dict[str, list[float]] = {}
        self._cases: dict[str, CaseSummary] = {}

    @property
    def run(self) -> Run | None:
        """What is known by now, however far it got; None before anything was measured."""
        runs = [run for campaign in self._campaigns if (run := campaign.run)]
        return merge(runs) if runs else None

    def select(self, cases: set[str], *, own: bool = False) -> None:
        """Leave out what pytest deselected.

        Args:
            cases: of the suite, that are left.
            own: whether there are benchmarks of the user's own too, whose cases nobody knows before they are measured.

        Raises:
            UserError: where the gate could only end without a verdict.
        """
        if self.plan is None:
            return
        self.plan = msgspec.structs.replace(self.plan, cases=tuple(case for case in self.plan.cases if case in cases))
        if self.gate and self.plan.cases and not own:
            self.gate.check(self.plan)

    def measure(self, watcher: Watcher) -> None:
        """Measure all selected cases of the suite. Raises what `Campaign.measure` raises."""
        if self.plan is None:
            raise ValueError("this session has no suite to measure")
        self._measure(Campaign(self.plan, self.folder, watcher, append=self.run is not None))

    def measure_own(
        self,
        name: str,
        model: Any,
        observations: Any,
        watcher: Watcher,
        *,
        test: str = "",
        modes: Sequence[str] = (),
        workloads: Sequence[str] = (),
        batch_sizes: Sequence[int] = (),
    ) -> Run:
        """Measure a benchmark of the user's own.

        Args:
            name: of it; numbered where it was measured before.
            model: as `eagerbench.compare` takes it.
            observations: as `eagerbench.compare` takes it.
            watcher: the live display.
            test: where it stands.
            modes: names; the session's where there are none.
            workloads: names.
            batch_sizes: rows; one row and all of them where there are none.

        Returns:
            The run of its own cases.

        Raises:
            KeyboardInterrupt: after what was measured has been written.
            UserError: where the model can't be measured as asked.
        """
        wanted = Request(
            profile=self.request.profile,
            modes=tuple(modes) or self.request.modes,
            workloads=tuple(workloads),
            batch_sizes=tuple(batch_sizes),
            launches=self.request.launches,
            seed=self.request.seed,
            case_seconds=self.request.case_seconds,
            min_rounds=self.request.min_rounds,
            launch_timeout_s=self.request.launch_timeout_s,
            command=self.request.command,
            memory_calls=self.request.memory_calls,
            memory_limit_mb=self.request.memory_limit_mb,
        )
        subject = distinct(name, self._subjects)
        self._subjects.add(subject)
        appended = self.run is not None
        with own_campaign(
            model, observations, wanted, self.folder, watcher, subject=subject, test=test, append=appended
        ) as campaign:
            return self._measure(campaign)

    def _measure(self, campaign: Campaign) -> Run:
        self._campaigns.append(campaign)
        run = campaign.measure()
        summaries = {case.case.id: case for case in summarise(run).cases}
        index = by_case(run)
        good = [case for case, summary in summaries.items() if summary.good]
        self._cases |= summaries
        self._durations |= {
            case: [sample.call_s for launch in index[case, _told_stage(case)].values() for sample in launch]
            for case in [*good, *(case.id for case in YARDSTICKS)]
        }
        return run

    def judgement(self) -> Judgement | None:
        """What the gate says of the run; None without a gate, or before anything was measured."""
        return self.gate.judge(self.run) if self.gate and self.run else None

    @property
    def cases(self) -> tuple[Case, ...]:
        """The planned cases, and the yardsticks where there is a race."""
        cases = tuple(Case.parse(case) for case in (self.plan.cases if self.plan else ()))
        return (*cases, *(YARDSTICKS if any(case.workload not in FORKED for case in cases) else ()))

    def durations(self, case: str) -> list[float]:
        """Seconds of one call, for each steady sample of a case, in the order taken; empty where none counts.

        Of a cold start, seconds from the start of each process to its first result.
        """
        return self._durations.get(case, [])

    def judge(self, case: str) -> None:
        """Nothing where a case has what was asked of it.

        Raises:
            CaseFailedError: where it hasn't; says why.
        """
        summary = self._cases.get(case)
        if summary is None or not summary.good:
            raise CaseFailedError(f"{case}: {summary.status}: {summary.reason}" if summary else f"{case}: not measured")

    def target(self, case: str) -> Callable[[], None]:
        """What pytest-benchmark believes that it times: does nothing, or raises where the case has no times."""

        def replayed() -> None:
            if not self.durations(case):
                self.judge(case)

        return replayed

    def unavailable(self, case: str) -> str | None:
        """Why this machine can't run a case; None where it can."""
        summary = self._cases.get(case)
        return summary.reason if summary and summary.status == "unavailable" else None

    def extra_info(self, case: str) -> dict[str, Any]:
        """What pytest-benchmark's file shall say of a case beside its own statistics; see `CaseSummary` for units."""
        summary = self._cases.get(case)
        if summary is None:
            return {"case": case, "workload": "yardstick"}
        time = summary.time_s
        return {
            "case": case,
            "workload": summary.case.workload,
            "mode": summary.case.mode,
            "size": summary.case.size,
            "launches": summary.launches,
            "median_s": time.value if time else None,
            "ci_low_s": time.low if time else None,
            "ci_high_s": time.high if time else None,
            "cold_s": summary.cold_s.value if summary.cold_s else None,
            "cpu_user_s": summary.cpu_user_s,
            "cpu_sys_s": summary.cpu_sys_s,
            "traces": summary.traces,
            "parity": summary.parity.passed if summary.parity else None,
            **(_of_training(summary) if summary.steps_per_s else {}),
            **summary.resolved,
        }


def _told_stage(case: str) -> Stage:
    """The stage of the samples that pytest-benchmark is told of."""
    return "cold" if Case.parse(case).workload == "cold" else "steady"


def _of_training(summary: CaseSummary) -> dict[str, Any]:
    reached = summary.to_target
    return {
        "env_steps_per_s": summary.steps_per_s.value if summary.steps_per_s else None,
        "solved": reached.solved if reached else None,
        "seeds": [run.seed for run in reached.runs] if reached else [],
        "steps_to_target": reached.steps if reached else None,
        "seconds_to_target": reached.seconds if reached else None,
        "seconds_to_target_estimated": reached.estimated if reached else None,
    }


def replay_timer(durations: Callable[[], list[float]]) -> Timer:
    """A timer for pytest-benchmark whose differences are the recorded durations.

    pytest-benchmark asks a timer once before and once after each round; this one says 0 and then the duration, so that
    the difference is the recorded number to the last bit.

    Args:
        durations: asked when the first round begins, since nothing has been measured when the timer is made.
    """

    def ticks() -> Iterator[float]:
        for duration in durations():
            yield 0.0
            yield duration

    replayed = ticks()

    def recorded_samples() -> float:
        return next(replayed, 0.0)

    return recorded_samples
