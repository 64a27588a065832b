"""The figures of each group with what the page says beside them: file name, description, caption."""

from collections.abc import Mapping, Sequence
from functools import partial

from eagerbench.reports.batch_curves import Curves, batch_curves, curved, found_crossings, found_doublings
from eagerbench.reports.crossing_words import place_in_words
from eagerbench.reports.curves import curves, learning_curves
from eagerbench.reports.distribution import distribution, spreads
from eagerbench.reports.drift import samples_in_order
from eagerbench.reports.figures import drawable, first_call, limit_in_sight, ranking
from eagerbench.reports.measures import TIME, measure
from eagerbench.reports.overhead import TITLE, dense, overhead_table
from eagerbench.reports.overview import MOST_PANELS, drawable_overview, overview, told_groups, with_ratio
from eagerbench.reports.picture import Picture, picture
from eagerbench.reports.reached import solved_in_words, target_in_words, time_in_words
from eagerbench.reports.rewards import reward_history, told_run
from eagerbench.reports.sweep import Sweep, apart, sweeps
from eagerbench.reports.tables import against, breaking_even, group_title, interval, ranked, seconds, status_words
from eagerbench.reports.training import shares, split, time_to_target, with_parts, with_target
from eagerbench.reports.widths_figure import crossings_over_widths, overhead_ends, told_pairs
from eagerbench.reports.workers import by_key
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary, Summary


def pictures(run: Run, summary: Summary, stems: Mapping[str, str]) -> dict[str, list[Picture]]:
    """The figures of each group that has times and is in no sweep, and of everything over batch sizes, drawn.

    Args:
        run: where the samples are.
        summary: of the run.
        stems: by group, line of curves or sweep, the part of the file names that stands for it.
    """
    over_sizes = {key: [partial(_curves, run, own, stems[key])] for key, own in curved(summary).items()}
    over_widths = {own.key: [partial(_over_widths, run, own, stems[own.key])] for own in sweeps(summary).values()}
    alone = apart(summary)
    tasks = (
        over_sizes
        | over_widths
        | {
            group: [
                partial(_ranking, summary, group, stem),
                partial(_split, summary, group, stem),
                partial(_target, run, summary, group, stem),
                partial(_learning, run, summary, group, stem),
                partial(_history, run, summary, group, stem),
                partial(_first_call, summary, group, stem),
                partial(_samples, run, summary, group, stem),
                partial(_distribution, run, summary, group, stem),
            ]
            for group, stem in stems.items()
            if group in alone and drawable(summary, group)
        }
    )
    return by_key(tasks, Picture)


def overview_picture(summary: Summary) -> Picture | None:
    """How many times faster than eager each mode is in each group, drawn; None where there is no ratio at all.

    Args:
        summary: of the run.
    """
    if not drawable_overview(summary):
        return None
    groups = told_groups(summary)
    drawn = dict(list(groups.items())[:MOST_PANELS])
    listed = "; ".join(
        f"{group_title(cases[0].case)}: "
        + ", ".join(f"{case.case.mode} {against(case.speedup)[0]}" for case in ranked(cases) if with_ratio(case))
        for cases in drawn.values()
    )
    left_out = [group_title(cases[0].case) for group, cases in apart(summary).items() if group not in drawn]
    return picture(
        overview(summary),
        "overview",
        f"How many times faster than {REFERENCE_MODE} each mode is: {listed}.",
        "Rows and axis are the same in all panels. Modes that are faster over all panels stand higher; those that are "
        f"slower than {REFERENCE_MODE} lie left of the line."
        + (f" Not drawn: {'; '.join(left_out)}." if left_out else ""),
    )


def _curves(run: Run, own: Curves, stem: str) -> list[Picture]:
    found = found_crossings(run, own)
    listed = "; ".join(
        f"{mode} " + ", ".join(f"{interval(case.time_s)} at {size:,}" for size, case in cases.items())
        for mode, cases in own.modes.items()
    )
    return [
        picture(
            batch_curves(own, found),
            f"curves-{stem}",
            f"{own.work}: time per call against rows of the batch: {listed}.",
            "A level line is a mode that pays for the call and not for the rows; where lines rise alike, rows are what "
            "is paid for. A ring marks where two modes change places, as far as the sizes measured show it.",
        )
    ]


def _over_widths(run: Run, sweep: Sweep, stem: str) -> list[Picture]:
    """Where modes change places, and where overhead ends, over all widths."""
    found = []
    crossings = {own.hidden: found_crossings(run, own) for own in sweep.lines if own.hidden and not own.subject}
    widths = {width: crossings[width] for width in sorted(crossings)}
    if len(widths) > 1 and told_pairs(widths):
        listed = "; ".join(
            f"{one.faster_after} passes {one.faster_before} {place_in_words(one)} with {width:,} hidden units"
            for own in told_pairs(widths).values()
            for width, crossed in own.items()
            for one in crossed
        )
        found.append(
            picture(
                crossings_over_widths(
                    sweep.work, widths, sweep.sizes, {mode for own in sweep.lines for mode in own.modes}
                ),
                f"crossings-{stem}",
                f"{sweep.title}: rows at which two modes are equally fast, against the width: {listed}.",
                "Batches larger than at a point belong to the mode that is named for them. Where a line falls to the "
                "right, wider layers need fewer rows to outweigh what a call costs.",
            )
        )
    lines = [(own, {one.mode: one for one in found_doublings(run, own)}) for own in sweep.lines if dense(own)]
    table = overhead_table(lines)
    if table is not None:
        listed = "; ".join(
            f"{row[0].text} "
            + ", ".join(f"{name}: {cell.text}" for name, cell in zip(table.names[1:], row[1:], strict=True))
            for row in table.rows
        )
        found.append(
            picture(
                overhead_ends(sweep.work, lines),
                f"overhead-{stem}",
                f"{sweep.title}: {TITLE.lower()}: {listed}.",
                "If time grows in a straight line with rows, about half of what a call costs at a point is fixed cost: "
                "Hockney and Jesshope's half-performance length. Left of it most is fixed cost, right of it most is "
                "computing.",
            )
        )
    return found


def _ranking(summary: Summary, group: str, stem: str) -> list[Picture]:
    cases = ranked(summary.groups[group])
    told = measure(cases[0].case)
    listed = "; ".join(f"{case.case.mode} {told.short(case) if case.timed else status_words(case)}" for case in cases)
    return [
        picture(
            ranking(summary, group),
            f"ranking-{stem}",
            f"{_title(cases)}: {told.name} with 95 % interval, fastest first: {listed}.",
            f"{told.name.capitalize()} on a logarithmic axis; the dotted line is eager. "
            + (
                _about_the_limit(summary, cases)
                if told is TIME
                else "Further right is faster. A step counts in full: acting, the environment, its share of learning."
            ),
        )
    ]


def _first_call(summary: Summary, group: str, stem: str) -> list[Picture]:
    cases = [case for case in ranked(summary.groups[group]) if case.timed]
    call = measure(cases[0].case).call
    listed = "; ".join(
        f"{case.case.mode} {seconds(case.cold_s.value if case.cold_s else None)} then {interval(case.time_s)}, "
        f"break-even with eager: {breaking_even(case.break_even, call)}"
        for case in cases
    )
    return [
        picture(
            first_call(summary, group),
            f"first-call-{stem}",
            f"{_title(cases)}: first {call} with preparing, and a later {call}: {listed}.",
            f"What a mode's start costs, and from which {call} on it is ahead of eager, start included.",
        )
    ]


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
            f"split-{stem}",
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
            f"time-to-target-{stem}",
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
            f"learning-{stem}",
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
            f"rewards-{stem}",
            f"{_title([case])}: return of each of the {len(own.episode_returns):,} episodes of {case.case.mode} from "
            f"seed {own.seed}, their running mean, and the losses of {len(own.losses):,} updates; "
            f"the target was reached after {own.steps_to_target or 0:,} steps and {seconds(own.seconds_to_target)}.",
            "Single episodes scatter widely, which is why the target is a mean over many.",
        )
    ]


def _samples(run: Run, summary: Summary, group: str, stem: str) -> list[Picture]:
    cases = [case for case in ranked(summary.groups[group]) if case.timed]
    listed = "; ".join(f"{case.case.mode} {case.samples:,} in {case.launches}" for case in cases)
    return [
        picture(
            samples_in_order(run, summary, group),
            f"samples-{stem}",
            f"{_title(cases)}: every steady sample relative to its mode's time, in the order taken. "
            f"Samples and launches: {listed}.",
            "A level row is a steady mode. A slope inside a launch is drift, a step between launches is what one "
            "process differs from the next: the intervals are taken over launches for its sake.",
        )
    ]


def _distribution(run: Run, summary: Summary, group: str, stem: str) -> list[Picture]:
    found = spreads(run, ranked(summary.groups[group]))
    listed = "; ".join(
        f"{one.case.case.mode} {seconds(one.median_s)}"
        + "".join(f", {share:.0%} within {one.quantiles[share]:.2f}×" for share in one.quantiles if share > 0.5)
        + f", longest {one.longest:.3g}×"
        for one in found
    )
    return [
        picture(
            distribution(run, summary, group),
            f"distribution-{stem}",
            f"{_title(summary.groups[group])}: how the samples of each mode scatter over the mode's own time. Median, "
            f"quantiles and longest sample: {listed}.",
            "One number hides two kinds of scatter: that of samples inside a launch, and that of launches, whose dark "
            "marks stand apart however many samples each has. Quantiles describe the samples taken and have no "
            "interval; “–”: too few samples. Triangles: beyond the axis.",
        )
    ]


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
