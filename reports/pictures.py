"""The figures of each group with what the page says beside them: file name, description, caption."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from eagerbench.reports.axes import DOTS_PER_INCH, png
from eagerbench.reports.drift import samples_in_order
from eagerbench.reports.escape import shorten
from eagerbench.reports.figures import drawable, first_call, limit_in_sight, ranking
from eagerbench.reports.page import Picture
from eagerbench.reports.tables import breaking_even, group_title, interval, ranked, seconds, status_words
from eagerbench.results import Run
from eagerbench.summary import CaseSummary, Summary

_LONGEST_DESCRIPTION = 1500


def pictures(run: Run, summary: Summary, stems: Mapping[str, str]) -> dict[str, list[Picture]]:
    """The figures of each group that has times, drawn.

    Args:
        run: where the samples are.
        summary: of the run.
        stems: by group, the part of the file names that stands for it.
    """
    return {
        group: [_ranking(summary, group, stem), _first_call(summary, group, stem), _samples(run, summary, group, stem)]
        for group, stem in stems.items()
        if drawable(summary, group)
    }


def _picture(figure: Figure, name: str, description: str, caption: str) -> Picture:
    width, height = (round(inches * DOTS_PER_INCH) for inches in figure.get_size_inches())
    return Picture(name, png(figure), width, height, shorten(description, _LONGEST_DESCRIPTION), caption)


def _ranking(summary: Summary, group: str, stem: str) -> Picture:
    cases = ranked(summary.groups[group])
    listed = "; ".join(
        f"{case.case.mode} {interval(case.time_s) if case.timed else status_words(case)}" for case in cases
    )
    return _picture(
        ranking(summary, group),
        f"ranking-{stem}.png",
        f"{_title(cases)}: time per call with its 95 % interval, fastest first: {listed}.",
        f"Time per call on a logarithmic axis; the dotted line is eager. {_about_the_limit(cases)}",
    )


def _first_call(summary: Summary, group: str, stem: str) -> Picture:
    cases = [case for case in ranked(summary.groups[group]) if case.timed]
    listed = "; ".join(
        f"{case.case.mode} {seconds(case.cold_s.value if case.cold_s else None)} then {interval(case.time_s)}, "
        f"break-even with eager: {breaking_even(case.break_even)}"
        for case in cases
    )
    return _picture(
        first_call(summary, group),
        f"first-call-{stem}.png",
        f"{_title(cases)}: first call with preparing, and a later call: {listed}.",
        "What a mode's start costs, and from which call on it is ahead of eager, start included.",
    )


def _samples(run: Run, summary: Summary, group: str, stem: str) -> Picture:
    cases = [case for case in ranked(summary.groups[group]) if case.timed]
    listed = "; ".join(f"{case.case.mode} {case.samples:,} in {case.launches}" for case in cases)
    return _picture(
        samples_in_order(run, summary, group),
        f"samples-{stem}.png",
        f"{_title(cases)}: every steady sample relative to its mode's time, in the order taken. "
        f"Samples and launches: {listed}.",
        "A level row is a steady mode. A slope inside a launch is drift, a step between launches is what one process "
        "differs from the next: the intervals are taken over launches for its sake.",
    )


def _title(cases: Sequence[CaseSummary]) -> str:
    return group_title(cases[0].case)


def _about_the_limit(cases: Sequence[CaseSummary]) -> str:
    limit = next((case.limit_s for case in cases if case.limit_s), None)
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
