"""What a gate says, in words: changes in percent, verdicts, who was held against whom. Plain text, not yet escaped."""

import math
from collections import Counter
from collections.abc import Iterable

from eagerbench.gate import SEVERITY, CaseVerdict, Change, Judgement, Verdict
from eagerbench.reports.tables import ABSENT, seconds, significant

# Told apart by their shapes, and always followed by the word.
SIGNS: dict[Verdict, str] = {
    "pass": "✅",
    "improvement": "⏬",
    "new": "🆕",
    "unavailable": "⚪",
    "inconclusive": "⚠️",
    "not comparable": "⛔",
    "missing": "❓",
    "regression": "❌",
}
_OVERALL: dict[Verdict, str] = {
    "pass": "No regression",
    "improvement": "Improvement",
    "new": "Nothing to compare with",
    "unavailable": "Nothing can run here",
    "inconclusive": "Inconclusive",
    "not comparable": "Not comparable",
    "missing": "Missing",
    "regression": "Regression",
}
_SEVERAL: dict[Verdict, str] = {"pass": "passes", "improvement": "improvements", "regression": "regressions"}


def worst_first(cases: Iterable[CaseVerdict]) -> list[CaseVerdict]:
    """By verdict; of one verdict, what is slowest for its margin first, what has no change last."""

    def place(own: CaseVerdict) -> tuple[int, float]:
        known = own.change is not None and own.change.value > 0
        excess = math.log(own.change.value) / math.log1p(own.margin) if own.change and known else -math.inf
        return -SEVERITY.index(own.verdict), -excess

    return sorted(cases, key=place)


def headline(judgement: Judgement) -> str:
    """The verdict and what decided it: ``Regression: 2 of 8 cases got worse``."""
    return ": ".join(filter(None, (_OVERALL[judgement.verdict], judgement.reason)))


def tally(judgement: Judgement) -> str:
    """How many cases have which verdict, worst first: ``8 cases: 1 regression, 7 passes``."""
    counted = Counter(own.verdict for own in judgement.cases)
    told = ", ".join(
        f"{counted[verdict]:,} {verdict if counted[verdict] == 1 else _SEVERAL.get(verdict, verdict)}"
        for verdict in reversed(SEVERITY)
        if counted[verdict]
    )
    return f"{cases_in_words(len(judgement.cases))}: {told}" if told else "No cases"


def cases_in_words(count: int) -> str:
    """``1 case``, ``2 cases``."""
    return "1 case" if count == 1 else f"{count:,} cases"


def compared(judgement: Judgement) -> str:
    """Who was held against whom, and how."""
    told = f"Head: {judgement.head}. Base: {judgement.base}."
    if judgement.kind == "stored":
        return (
            f"{told} From stored results: times are ratios to {judgement.reference}, "
            "divided inside each launch; absolute times never gate."
        )
    if judgement.rounds is None or judgement.seconds is None:
        return told
    rounds = "1 complete round" if judgement.rounds == 1 else f"{judgement.rounds:,} complete rounds"
    return f"{told} {rounds} of live processes, called in turn, in {judgement.seconds:,.0f} s."


def control_sentence(judgement: Judgement) -> str:
    """What the second copy of base shows; empty where there was none."""
    if judgement.control is None:
        return ""
    rounds = f"{judgement.control.rounds:,} round{'' if judgement.control.rounds == 1 else 's'}"
    return (
        f"Control, a second copy of base over base, all cases together: {change_in_words(judgement.control)}, {rounds}."
    )


def percent(ratio: float) -> str:
    """A ratio as a change: ``+3.1 %``, ``-0.4 %``, ``+150 %``."""
    return f"{_signed(ratio)} %"


def _signed(ratio: float) -> str:
    change = 100 * (ratio - 1)
    if not math.isfinite(change):
        return f"{change:+.0f}"
    told = f"{change:+.1f}" if abs(change) < 99.95 else f"{'+' if change > 0 else ''}{significant(change)}"
    return "0.0" if told in {"+0.0", "-0.0"} else told


def limits(change: Change | None) -> str:
    """The interval of a change: ``-0.4 … +6.2 %``, ``at most +6.2 %``; empty where there is none."""
    if change is None or (change.low is None and change.high is None):
        return ""
    if change.low is None or change.high is None:
        return f"at most {percent(change.high)}" if change.high is not None else f"at least {percent(change.low or 0)}"
    return f"{_signed(change.low)} … {percent(change.high)}"


def change_in_words(change: Change | None) -> str:
    """A change with its interval: ``+3.1 % (-0.4 … +6.2 %)``."""
    if change is None:
        return ABSENT
    told = limits(change)
    return f"{percent(change.value)} ({told or 'no interval'})"


def margin_in_words(margin: float) -> str:
    """``5 %``."""
    return f"{100 * margin:.3g} %"


def amount(judgement: Judgement, value: float | None) -> str:
    """Base's or head's time: seconds of a call; for stored results, the ratio to the reference mode."""
    if judgement.kind == "live" or value is None:
        return seconds(value)
    return f"{significant(value)}×"


def column(judgement: Judgement, side: str) -> str:
    """What stands over base's or head's times."""
    return side if judgement.kind == "live" else f"{side}, × {judgement.reference}"


def numbers_sentence(judgement: Judgement, own: CaseVerdict) -> str:
    """The numbers and the reason of one case on one line."""
    parts = [own.reason] if own.reason else []
    if own.change is not None:
        parts.append(f"{change_in_words(own.change)} with a margin of {margin_in_words(own.margin)}")
    if own.base_s is not None and own.head_s is not None:
        parts.append(f"base {amount(judgement, own.base_s)}, head {amount(judgement, own.head_s)}")
    parts += [f"{name}: {before} in base, {now} in head" for name, before, now in own.counts]
    return "; ".join(parts)
