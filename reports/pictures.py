"""The figures of each group with what the page says beside them: file name, description, caption."""

from collections.abc import Mapping, Sequence

from eagerbench.reports.curves import curves, learning_curves
from eagerbench.reports.drift import samples_in_order
from eagerbench.reports.figures import drawable, first_call, limit_in_sight, ranking
from eagerbench.reports.measures import TIME, measure
from eagerbench.reports.picture import Picture, picture
from eagerbench.reports.reached import solved_in_words, target_in_words, time_in_words
from eagerbench.reports.rewards import reward_history, told_run
from eagerbench.reports.tables import breaking_even, group_title, interval, ranked, seconds, status_words
from eagerbench.reports.training import shares, split, time_to_target, with_parts, with_target
from eagerbench.results import Run
from eagerbench.summary import CaseSummary, Summary


def pictures(run: Run, summary: Summary, stems: Mapping[str, str]) -> dict[str, list[Picture]]:
    """The figures of each group that has times, drawn.

    Args:
        run: where the samples are.
        summary: of the run.
        stems: by group, the part of the file names that stands for it.
    """
    return {
        group: [
            _ranking(summary, group, stem),
            *_split(summary, group, stem),
            *_target(run, summary, group, stem),
            *_learning(run, summary, group, stem),
            *_history(run, summary, group, stem),
            _first_call(summary, group, stem),
            _samples(run, summary, group, stem),
        ]
        for group, stem in stems.items()
        if drawable(summary, group)
    }


def _ranking(summary: Summary, group: str, stem: str) -> Picture:
    cases = ranked(summary.groups[group])
    told = measure(cases[0].case)
    listed = "; ".join(f"{case.case.mode} {told.short(case) if case.timed else status_words(case)}" for case in cases)
    return picture(
        ranking(summary, group),
        f"ranking-{stem}.png",
        f"{_title(cases)}: {told.name} with 95 % interval, fastest first: {listed}.",
        f"{told.name.capitalize()} on a logarithmic axis; the dotted line is eager. "
        + (
            _about_the_limit(summary, cases)
            if told is TIME
            else "Further right is faster. A step counts in full: acting, the environment, its share of learning."
        ),
    )


def _first_call(summary: Summary, group: str, stem: str) -> Picture:
    cases = [case for case in ranked(summary.groups[group]) if case.timed]
    call = measure(cases[0].case).call
    listed = "; ".join(
        f"{case.case.mode} {seconds(case.cold_s.value if case.cold_s else None)} then {interval(case.time_s)}, "
        f"break-even with eager: {breaking_even(case.break_even, call)}"
        for case in cases
    )
    return picture(
        first_call(summary, group),
        f"first-call-{stem}.png",
        f"{_title(cases)}: first {call} with preparing, and a later {call}: {listed}.",
        f"What a mode's start costs, and from which {call} on it is ahead of eager, start included.",
    )


def _split(summary: Summary, group: str, stem: str) -> list[Picture]:
    cases = with_parts(summary, group)
    if not cases:
        return []
    told = "; ".join(
        f"{case.case.mode} {seconds(sum(case.parts_s.values()))} a step: "
        + ", ".join(f"{part} {share:.0%}" for part, share in shares(case).items())
        for case in cases
    )
    return [
        picture(
            split(summary, group),
            f"split-{stem}.png",
            f"{_title(cases)}: share of each part in the time of an environment step: {told}.",
            "What is left to win: a faster gradient step shortens only its own part. A mode that runs environment, "
            "acting and learning in one program has a single part.",
        )
    ]


def _target(run: Run, summary: Summary, group: str, stem: str) -> list[Picture]:
    cases = with_target(summary, group)
    if not cases:
        return []
    told = "; ".join(
        " ".join(filter(None, (case.case.mode, *time_in_words(case.to_target), *solved_in_words(case.to_target))))
        for case in cases
    )
    return [
        picture(
            time_to_target(run, summary, group),
            f"time-to-target-{stem}.png",
            f"{_title(cases)}: seconds to the target, {target_in_words(run)}: {told}.",
            "All modes train from the same seeds; the table's steps to target say how far luck, and not speed alone, "
            "sets them apart.",
        )
    ]


def _learning(run: Run, summary: Summary, group: str, stem: str) -> list[Picture]:
    drawn = curves(run, summary, group)
    if not drawn:
        return []
    told = "; ".join(
        f"{one.mode}, seed {one.run.seed}: {one.means[-1]:.0f} after {one.steps[-1]:,.0f} steps and "
        f"{seconds(one.seconds[-1])}"
        for one in drawn
    )
    return [
        picture(
            learning_curves(run, summary, group),
            f"learning-{stem}.png",
            f"{_title(summary.groups[group])}: running mean return at the end of each run: {told}.",
            "Counted in steps, runs of one seed begin alike and part as rounding grows, in any mode; counted in "
            "seconds, how the same agent is executed decides when it has learned.",
        )
    ]


def _history(run: Run, summary: Summary, group: str, stem: str) -> list[Picture]:
    told = told_run(run, summary, group)
    if told is None:
        return []
    case, own = told
    return [
        picture(
            reward_history(own, run.start.plan.training),
            f"rewards-{stem}.png",
            f"{_title([case])}: return of each of the {len(own.episode_returns):,} episodes of {case.case.mode} from "
            f"seed {own.seed}, their running mean, and the losses of {len(own.losses):,} updates; "
            f"the target was reached after {own.steps_to_target or 0:,} steps and {seconds(own.seconds_to_target)}.",
            "Single episodes scatter widely, which is why the target is a mean over many.",
        )
    ]


def _samples(run: Run, summary: Summary, group: str, stem: str) -> Picture:
    cases = [case for case in ranked(summary.groups[group]) if case.timed]
    listed = "; ".join(f"{case.case.mode} {case.samples:,} in {case.launches}" for case in cases)
    return picture(
        samples_in_order(run, summary, group),
        f"samples-{stem}.png",
        f"{_title(cases)}: every steady sample relative to its mode's time, in the order taken. "
        f"Samples and launches: {listed}.",
        "A level row is a steady mode. A slope inside a launch is drift, a step between launches is what one process "
        "differs from the next: the intervals are taken over launches for its sake.",
    )


def _title(cases: Sequence[CaseSummary]) -> str:
    return group_title(cases[0].case)


def _about_the_limit(summary: Summary, cases: Sequence[CaseSummary]) -> str:
    limit = next((case.limit_s for case in cases if case.limit_s), None)
    if limit is None and summary.sgemm_flops_per_s:
        return "Its arithmetic was not counted, so no limit is drawn."
    if limit is None:
        return "The limit of the arithmetic is not drawn: no matrix product was timed."
    if limit_in_sight(cases) is None:
        return (
            f"The limit of the arithmetic alone, {seconds(limit)}, is too far left to be drawn: "
            "here time goes into everything but arithmetic."
        )
    return (
        f"The dashed line, {seconds(limit)}, is what the arithmetic alone would take at the speed of a matrix product."
    )
