"""What calls made TensorFlow trace and XLA compile, in sentences. The counts are exact. Not yet escaped."""

from collections.abc import Sequence

from eagerbench.reports.leaders import names
from eagerbench.results import Counts
from eagerbench.summary import CaseSummary, Summary
from eagerbench.workloads import SCENARIOS

FIXED = "fixed"
TITLE = "Traces and compilations"


def traces_cases(summary: Summary) -> list[CaseSummary]:
    """All cases that were to be counted."""
    return [case for cases in summary.of("traces").values() for case in cases]


def counted(summary: Summary) -> dict[tuple[str, str], Counts]:
    """The counts by mode and scenario."""
    by_id = {own.case: own for own in summary.counts}
    return {
        (case.case.mode, case.case.size): by_id[case.case.id] for case in traces_cases(summary) if case.case.id in by_id
    }


def scenarios(summary: Summary) -> list[str]:
    """The scenarios that were planned, in the order of the table of scenarios."""
    known = list(SCENARIOS)
    found = dict.fromkeys(case.case.size for case in traces_cases(summary))
    return sorted(found, key=lambda size: known.index(size) if size in known else len(known))


def counted_modes(summary: Summary) -> list[str]:
    """The modes that were planned, in the plan's order."""
    return list(dict.fromkeys(case.case.mode for case in traces_cases(summary)))


def more_often(summary: Summary, size: str) -> list[Counts]:
    """Counts of a scenario that are above those of the same work when nothing changes from call to call.

    Where that was not counted, above one.
    """
    known = counted(summary)
    fixed = f"{size.partition('-')[0]}-{FIXED}"
    found = []
    for mode in counted_modes(summary):
        own, base = known.get((mode, size)), known.get((mode, fixed)) if size != fixed else None
        least = (base.traces or 0, base.compiles) if base else (1, 1)
        if own and ((own.traces or 0) > least[0] or own.compiles > least[1]):
            found.append(own)
    return found


def made(own: Counts) -> str:
    """What some calls made happen: ``10 traces, 10 compilations``."""
    return ", ".join(filter(None, made_apart(own)))


def made_apart(own: Counts) -> tuple[str, str]:
    """Traces, and compilations where there are any to speak of: ``10 traces`` and ``10 compilations``."""
    traced = "traces nothing" if own.traces is None else _plural(own.traces, "trace")
    return traced, _plural(own.compiles, "compilation") if own.compiles else ""


def traces_sentences(summary: Summary) -> list[str]:
    """What is to be learned from all counts, in a few sentences."""
    known = counted(summary)
    if not known:
        return ["Of no mode was anything counted."]
    found = []
    quiet = []
    for size in scenarios(summary):
        if not any(scenario == size for _, scenario in known):
            continue
        told = SCENARIOS.get(size, size)
        often = more_often(summary, size)
        always = [own for own in often if own.calls > 1 and max(own.traces or 0, own.compiles) >= own.calls]
        sometimes = [own for own in often if own not in always]
        clauses = [f"{_modes(always)} {_verb(always)} in every call"] if always else []
        if sometimes:
            usual = "more than once" if size.endswith(f"-{FIXED}") else "more often than where nothing changes"
            clauses.append(f"{_modes(sometimes)} {_verb(sometimes)} {usual}")
        found += [f"In {told}, {'; '.join(clauses)}."] if clauses else []
        quiet += [] if often else [told]
    if quiet:
        found.append(
            f"No mode traces or compiles {'again' if found else 'more than once'} in {'; nor in '.join(quiet)}."
        )
    nothing = [
        mode for mode in counted_modes(summary) if _nothing([own for (of, _), own in known.items() if of == mode])
    ]
    if nothing:
        found.append(f"{names(nothing)} {'traces' if len(nothing) == 1 else 'trace'} nothing.")
    return found + _steps(known)


def traces_in_short(summary: Summary) -> list[str]:
    """Which modes trace or compile again, in one clause; none where nothing was to be counted."""
    if not traces_cases(summary):
        return []
    if not summary.counts:
        return ["of no mode were traces counted"]
    again = {
        own.case.split("/")[1]
        for size in scenarios(summary)
        if not size.endswith(f"-{FIXED}")
        for own in more_often(summary, size)
    }
    if again:
        modes = names([mode for mode in counted_modes(summary) if mode in again])
        return [f"calls that differ make {modes} trace or compile again"]
    if all(size.endswith(f"-{FIXED}") for size in scenarios(summary)):
        once = not any(more_often(summary, size) for size in scenarios(summary))
        return [
            "no mode traces more than once for one shape" if once else "some modes trace more than once for one shape"
        ]
    return ["no mode traces again when calls differ"]


def _nothing(own: Sequence[Counts]) -> bool:
    return bool(own) and all(one.traces is None and not one.compiles for one in own)


def _modes(counts: Sequence[Counts]) -> str:
    return names([own.case.split("/")[1] for own in counts])


def _verb(counts: Sequence[Counts]) -> str:
    traced, compiled = any(own.traces for own in counts), any(own.compiles for own in counts)
    ending = "s" if len(counts) == 1 else ""
    words = [f"trace{ending}"] * traced + [f"compile{ending}"] * compiled
    # Of several modes some may do the one and some the other.
    return (" and " if len(counts) == 1 else " or ").join(words)


def _steps(known: dict[tuple[str, str], Counts]) -> list[str]:
    told = {mode: own.steps for (mode, _), own in known.items() if own.steps and own.steps > 1}
    listed = names([f"{mode} into {steps:,}" for mode, steps in told.items()]) if told else ""
    return [f"Keras cuts one call of {listed} steps."] if listed else []


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
