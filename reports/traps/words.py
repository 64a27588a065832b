"""What the traps show, in sentences computed from the numbers. Not yet escaped."""

import math
from collections.abc import Sequence

from eagerbench.reports.tables import factor, interval, seconds, times_limits
from eagerbench.reports.traps.catalogue import LESSONS
from eagerbench.stats import Difference, Estimate
from eagerbench.traps.article import STEP_ROWS
from eagerbench.traps.findings import PROTOCOLS, Finding, PairResult, TrapsSummary
from eagerbench.traps.record import TrapsRecord

Lead = Sequence[tuple[str, Estimate | None]]


def headline(record: TrapsRecord, summary: TrapsSummary) -> str:
    """What the article's cells suggest, what is so, and how far the traps get off."""
    if not record.launches:
        return "Nothing was measured."
    told = []
    naive, right = summary.leads.get("naive", ()), summary.leads.get("right", ())
    if naive and right:
        told.append(f"Run as written, the article's cells say: {lead_in_words(naive)}")
        told.append(f"Measured right: {lead_in_words(right)}")
    if worst := worst_finding(summary):
        apart = off_in_words(worst.off, worst.difference)
        told.append(f"The trap that gets farthest off is “{LESSONS[worst.trap].title}” ({worst.label}): {apart}")
    return " ".join(f"{sentence}." for sentence in told) or "No two measurements can be compared."


def lead_in_words(lead: Lead) -> str:
    """Who is fastest, and how much longer others take: ``eager is fastest; static takes 3.2× (2.9–3.5) as long``."""
    if not lead:
        return "no cell has a time"
    (fastest, _), *others = lead
    if not others:
        return f"only {fastest} has a time"
    if all(ratio is None or ratio.low is None for _, ratio in others):
        return f"one launch gives no interval, so nothing shows that {fastest} is the fastest"
    return f"{fastest} is fastest; " + ", ".join(_behind(cell, ratio) for cell, ratio in others)


def _behind(cell: str, ratio: Estimate | None) -> str:
    if ratio is None or ratio.low is None:
        return f"{cell} can't be compared"
    if ratio.low <= 1:
        return f"no difference from {cell} is shown"
    times, limits = factor(ratio)
    return f"{cell} takes {times} ({limits}) as long"


def off_in_words(off: Estimate | None, shown: Difference) -> str:
    """How far a naive measurement is off: ``32× too long (28–36)``, or that no difference is shown."""
    text, limits = off_apart(off, shown)
    return f"{text} ({limits})" if limits else text


def off_apart(off: Estimate | None, shown: Difference) -> tuple[str, str]:
    """The two parts of `off_in_words`: words and limits."""
    if off is None or off.low is None or off.high is None:
        return "no interval", ""
    if shown == "no difference shown":
        return shown, f"{times_limits(off)}×"
    times, limits = factor(off if shown == "slower" else off.reciprocal())
    return f"{times} too {'long' if shown == 'slower' else 'short'}", limits


def worst_finding(summary: TrapsSummary) -> Finding | None:
    """The trap whose naive number is shown to be farthest off."""
    shown = [one for one in summary.findings if one.off and one.difference in {"slower", "faster"}]
    return max(shown, key=lambda one: abs(math.log(one.off.value)) if one.off else 0.0, default=None)


def finding_in_words(one: Finding) -> str:
    """One comparison as a sentence."""
    if one.off is None:
        return f"{_capital(one.label)}: not compared, because {one.reason.rstrip('.')}."
    numbers = f"{_capital(one.label)}: naive {interval(one.naive_s)}, right {interval(one.right_s)}"
    if one.difference == "no interval":
        return f"{numbers}; one launch gives no interval, hence no ratio."
    return f"{numbers}: {off_in_words(one.off, one.difference)}."


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def lesson_sentences(trap: str, record: TrapsRecord, summary: TrapsSummary) -> list[str]:
    """What was found of a trap: a sentence for each comparison, exact counts, and what to say where it did no harm."""
    own = [one for one in summary.findings if one.trap == trap]
    told = [finding_in_words(one) for one in own]
    if trap == "steps":
        steps = math.ceil(record.rows / STEP_ROWS)
        told.insert(0, f"Here predict cuts {record.rows:,} rows into {steps:,} step{'s' if steps > 1 else ''}.")
    counted = (summary.traces.get("warm/function"), summary.traces.get("float64/function"))
    if trap == "float64" and None not in counted:
        told.append(f"Traces of a tf.function: {counted[0]} for float32, {counted[1]} once float64 has come too.")
    compared = [one for one in own if one.difference != "no interval"]
    if compared and all(one.difference == "no difference shown" for one in compared):
        told.append(LESSONS[trap].harmless)
    return told


def pair_sentences(summary: TrapsSummary) -> list[str]:
    """How often a single naive run names the wrong winner, counted from the launches made."""
    told = []
    decided = [pair for pair in summary.pairs if pair.truth in {"faster", "slower"}]
    for protocol in PROTOCOLS:
        runs = sum(pair.launches[protocol.name] for pair in decided)
        if runs:
            wrong = sum(pair.wrong[protocol.name] for pair in decided)
            pairs = "one pair" if len(decided) == 1 else f"{len(decided)} pairs"
            told.append(
                f"With the cells run {protocol.words}, a single run names the wrong winner in {wrong} of {runs} "
                f"comparisons, counted over {pairs} of which the right measurement shows a winner."
            )
    return told + [
        f"Between {pair.one} and {pair.other} the right measurement shows no difference; a single run names a winner "
        "all the same."
        for pair in summary.pairs
        if pair.truth == "no difference shown"
    ]


def spread_sentences(summary: TrapsSummary) -> list[str]:
    """How far single runs of the same cell lie apart."""
    told = []
    for protocol in PROTOCOLS:
        spreads = {one.cell: one.spread[protocol.name] for one in summary.cells if protocol.name in one.spread}
        if spreads:
            listed = ", ".join(f"{cell} {spread:.2f}×" for cell, spread in spreads.items())
            told.append(f"Slowest over fastest launch of the same cell, {protocol.words}: {listed}.")
    return told


def winner_in_words(pair: PairResult) -> str:
    """Which of two cells the right measurement shows to be faster."""
    if pair.ratio is None or pair.truth == "no interval":
        return "no interval"
    if pair.truth == "no difference shown":
        return f"no difference shown ({times_limits(pair.ratio)}×)"
    winner, ratio = (pair.one, pair.ratio.reciprocal()) if pair.truth == "faster" else (pair.other, pair.ratio)
    times, limits = factor(ratio)
    return f"{winner}, {times} ({limits})"


def cell_times(user_s: float, sys_s: float, wall_s: float) -> str:
    """What ``%%time`` prints: two lines."""
    total = _ipython(user_s + sys_s)
    return f"CPU times: user {_ipython(user_s)}, sys: {_ipython(sys_s)}, total: {total}\nWall time: {_ipython(wall_s)}"


def _ipython(value_s: float) -> str:
    """A time as IPython writes it: three digits, and no zeros at their end."""
    if value_s >= 60:
        return f"{int(value_s // 60)}min {int(value_s % 60)}s"
    if value_s == 0:
        return "0 ns"
    number, _, unit = seconds(value_s).partition(" ")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {unit}"
