"""What memory shows, in sentences computed from its numbers, each with its uncertainty. Not yet escaped."""

from collections.abc import Sequence

from eagerbench.growth import FEWEST_CALLS, GROWTH_MB, Memory
from eagerbench.reports.leaders import is_yardstick, names
from eagerbench.reports.tables import amount, call_of, mean_in_words
from eagerbench.stats import Mean
from eagerbench.summary import CaseSummary, Summary

OBJECTS = 10  # in 1,000 calls: fewer that pile up are not worth a sentence
_MOST_TOLD = 4


def memory_of(summary: Summary, group: str) -> list[Memory]:
    """What is known of the memory of a group, least for the first call on top."""
    found = [own for own in summary.memory if own.case.group == group]
    return sorted(found, key=lambda own: own.first_peak_mb.value)


def verdict_in_words(own: Memory) -> str:
    """Whether memory grows, and where that is unclear, why."""
    if own.verdict != "unclear":
        return own.verdict
    if own.slope_mb is None or own.slope_mb.launches == 1 < own.processes:  # then the others made too few
        return "unclear: too few calls"
    return "unclear: one process gives no interval" if own.slope_mb.low is None else "unclear: more calls would tell"


def memory_sentences(summary: Summary, cases: Sequence[CaseSummary]) -> list[str]:
    """What is shown of the memory of one group, in a few sentences."""
    known = memory_of(summary, cases[0].case.group)
    if not known:
        return ["Of no mode is the memory known."]
    call = call_of(cases[0].case)
    return [_baseline(known), *_first_call(known, call), *growth_sentences(known, call), *_objects(known, call)]


def memory_in_short(summary: Summary) -> list[str]:
    """Whose memory grows, in one clause; none where nobody looked."""
    if not summary.of("memory"):
        return []
    if not summary.memory:
        return ["of no mode is the memory known"]
    growing = list(dict.fromkeys(own.case.mode for own in summary.memory if own.verdict == "grows"))
    if growing:
        return [f"memory grows from call to call in {names(growing)}"]
    unclear = any(own.verdict == "unclear" for own in summary.memory)
    return ["memory is shown to grow in no mode" if unclear else "memory grows in no mode"]


def _baseline(known: Sequence[Memory]) -> str:
    baselines = sorted(own.baseline_mb for own in known)
    middle = amount(sum(baselines) / len(baselines))
    least, most = amount(baselines[0]), amount(baselines[-1])
    between = f" ({least} to {most} from mode to mode)" if least != most else ""
    return (
        f"Before a mode begins, a process with everything imported holds {middle} MB{between}; all else is above that."
    )


def _first_call(known: Sequence[Memory], call: str) -> list[str]:
    contending = [own for own in known if not is_yardstick(own.case.mode)] or list(known)
    least, most = contending[0], contending[-1]
    if least is most:
        return [f"{least.case.mode} peaks at {mean_in_words(least.first_peak_mb, ' MB')} in its first {call}."]
    low, high = (mean_in_words(own.first_peak_mb, " MB") for own in (least, most))
    single = "; one process gives no interval" if least.first_peak_mb.low is None else ""
    told = f"In its first {call} {least.case.mode} peaked lowest, at {low}, and {most.case.mode} highest, at {high}"
    return [f"{told}{single}."]


def objects_of(own: Memory) -> Mean | None:
    """Objects that pile up in 1,000 calls; None where there were too few calls to tell from what happens only once."""
    return own.objects if own.calls >= FEWEST_CALLS else None


def growth_sentences(known: Sequence[Memory], call: str) -> list[str]:
    """Who grows by how much, who doesn't, and for whom more calls would tell."""
    growing = sorted(
        (own for own in known if own.verdict == "grows"), key=lambda own: -(own.slope_mb.value if own.slope_mb else 0)
    )
    told = [f"{own.case.mode} by {mean_in_words(own.slope_mb, ' MB')}" for own in growing[:_MOST_TOLD]]
    told += [f"{len(growing) - _MOST_TOLD} more by less"] if len(growing) > _MOST_TOLD else []
    listed = " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)
    found = [
        f"In 1,000 further {call}s memory grows in {listed}." if told else f"No mode is shown to grow with its {call}s."
    ]
    flat = [own.case.mode for own in known if own.verdict == "flat"]
    unclear = [own.case.mode for own in known if own.verdict == "unclear"]
    if flat:
        found.append(
            f"{names(flat, 99)} {'is' if len(flat) == 1 else 'are'} flat: below {GROWTH_MB:g} MB in 1,000 {call}s."
        )
    if unclear:
        who = "all modes" if 1 < len(unclear) == len(known) else names(unclear)
        found.append(f"For {who}, more {call}s, or more processes, would tell.")
    return found


def _objects(known: Sequence[Memory], call: str) -> list[str]:
    piling = [own for own in known if (kept := objects_of(own)) and kept.low is not None and kept.low > OBJECTS]
    told = [f"{mean_in_words(own.objects)} in {own.case.mode}" for own in piling[:_MOST_TOLD]]
    return [f"Python objects that stay after 1,000 {call}s: {', '.join(told)}."] if told else []
