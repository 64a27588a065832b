"""What races show, in sentences computed from their numbers, each with its uncertainty. Not yet escaped."""

from collections.abc import Sequence

from eagerbench.cases import Case
from eagerbench.reports.leaders import contenders, is_yardstick, leaders, names, recommended, unknown
from eagerbench.reports.measures import measure
from eagerbench.reports.reached import soonest_first, target_in_words, time_in_words
from eagerbench.reports.tables import against, also, environments_in_words, ranked, rows_in_words
from eagerbench.results import Run
from eagerbench.summary import REFERENCE_MODE, CaseSummary


def group_sentences(run: Run, cases: Sequence[CaseSummary]) -> list[str]:
    """What is shown of the cases of one group, in a few sentences."""
    timed = [case for case in ranked(cases) if case.timed]
    place = place_in_words(cases[0].case)
    if not timed:
        return [f"{place} no mode has times that count."]
    contending = contenders(timed)
    sentences = _first_sentences(place, contending, leaders(run, contending))
    sentences += _unknown_sentence(unknown(run, contending))
    sentences += [
        f"The yardstick {case.case.mode}, which is not TensorFlow, {_does(case)}."
        for case in timed
        if is_yardstick(case.case.mode) and case not in contending
    ]
    sentences += _slow_sentence(contending) + _target_sentence(run, cases)
    if all(case.case.mode != REFERENCE_MODE for case in timed):
        sentences.append(f"There is no time of {REFERENCE_MODE} to compare with, hence no speed-up and no break-even.")
    return sentences


def place_in_words(case: Case) -> str:
    """Where the modes of a group are compared, as a sentence begins: ``At 100 rows``."""
    places = {
        "forward": f"At {rows_in_words(case)}{',' if also(case) else ''}",
        "update": f"In a gradient step on {rows_in_words(case)}{',' if also(case) else ''}",
        "train": f"Training in {environments_in_words(case)},",
    }
    return places.get(case.workload, f"In {case.group}")


def _does(case: CaseSummary) -> str:
    told = measure(case.case)
    return f"{told.verb} {told.amount(case)}"


def _first_sentences(place: str, contending: list[CaseSummary], first: list[CaseSummary]) -> list[str]:
    """Who is ahead, with the numbers of the first that is recommended; that nobody is where nothing shows it."""
    if not first:
        return [f"{place} {_shortest(contending[0])}, so nothing shows that it is the fastest."]
    chosen = recommended(first)[0]
    told = measure(chosen.case)
    took = told.amount(chosen) + told.each
    if len(contending) == 1:
        return [f"{place} one mode was timed, {chosen.case.mode}: {took}{than_eager(chosen)}."]
    if len(first) == 1:
        return [f"{place} {chosen.case.mode} is the fastest mode: {took}{than_eager(chosen)}."]
    if chosen.case.mode == REFERENCE_MODE:
        found = [f"{place} no TensorFlow mode is shown to be faster than {REFERENCE_MODE}, which {told.verb} {took}."]
        best = first[0]
        if best is not chosen:
            found.append(f"{best.case.mode} {told.best}: {told.amount(best)}{told.each}{than_eager(best)}.")
        return found
    who = names([case.case.mode for case in first])
    tied = f"{place} {who} are the fastest modes, and nothing tells them apart"
    return [f"{tied}; {chosen.case.mode} {told.verb} {took}{than_eager(chosen)}."]


def _shortest(case: CaseSummary) -> str:
    """Which mode has the best value where nothing can be compared, and why that is so."""
    told = measure(case.case)
    single = case.time_s is None or case.time_s.low is None
    why = "one launch gives no interval" if single else "launches in common are too few"
    return f"{case.case.mode} {told.best}, {told.amount(case)}{told.each}; {why}"


def _unknown_sentence(cases: Sequence[CaseSummary]) -> list[str]:
    if not cases:
        return []
    return [f"Of {names([case.case.mode for case in cases])} nothing is shown: too few launches in common."]


def than_eager(case: CaseSummary) -> str:
    """How a mode compares with eager, with the interval, as a sentence goes on; empty where nothing compares."""
    words, limits = against(case.speedup)
    if not limits:
        return ""
    if words == "no difference shown":
        return f", with no difference to {REFERENCE_MODE} shown ({limits})"
    return f", {words} than {REFERENCE_MODE} ({limits})"


def _slow_sentence(contending: list[CaseSummary]) -> list[str]:
    """On Keras' own ``predict``, which most people call, where it is shown slower than eager; else on the slowest."""
    for case in contending:
        if case.case.mode == "predict" and case.difference == "slower":
            return [f"Keras predict with its default arguments {_does(case)}{than_eager(case)}."]
    slowest = contending[-1]
    if len(contending) < 3:
        return []
    told = measure(slowest.case)
    return [f"{slowest.case.mode} {told.worst}: {told.amount(slowest)}{than_eager(slowest)}."]


def _target_sentence(run: Run, cases: Sequence[CaseSummary]) -> list[str]:
    """Who reached the target, the soonest and eager; nothing where nobody did. One seed shows no difference."""
    told = [case for case in soonest_first(cases) if case.to_target and case.to_target.seconds is not None]
    if not told:
        return []
    chosen = [case for case in told if case is told[0] or case.case.mode == REFERENCE_MODE]
    single = "; one seed gives no interval" if len(run.start.plan.training.seeds) == 1 else ""
    return [f"The target, {target_in_words(run)}, took {' and '.join(_reached(case) for case in chosen)}{single}."]


def _reached(case: CaseSummary) -> str:
    words, detail = time_in_words(case.to_target)
    return f"{case.case.mode} {words}{f' ({detail})' if detail else ''}"
