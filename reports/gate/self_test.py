"""What a gate's test of itself found, as Markdown that one can put into a README."""

import statistics

from eagerbench.reports.escape import clean, for_markdown
from eagerbench.sensitivity import Naive, SelfTested, Tally

_GATES = """\
| what head did | gates | regression | pass | undecided | rounds, mean |
| --- | ---: | ---: | ---: | ---: | ---: |"""
_NAIVE = """\
| red where a median is above the other's by | unchanged cases red | unchanged runs red | 10 % slower cases green |
| --- | ---: | ---: | ---: |"""


def self_test_markdown(found: SelfTested) -> str:
    """Where it was measured, the live gates, the replays, and the naive check beside them."""
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    where = f"{for_markdown(found.cpu)} ({found.cores} cores), {for_markdown(versions)}"
    cases = len(found.cases)
    live = [_row(f"nothing: unchanged code, {cases} cases a gate", found.unchanged)]
    live += [_row(f"executed one case {100 * own.share:.0f} % more often", own) for own in found.planted if own.gates]
    replays = f"nothing: replays of recorded rounds, {cases} cases a gate"
    lines = [
        f"Measured with `{clean(found.command).replace('`', '')}` in {found.seconds / 60:.0f} minutes on {where}.",
        "",
        _GATES,
        *live,
        f"| {replays} | {found.replays:,} | {found.replay_alarms} | | | |",
        "",
        _NAIVE,
        *(_naive(own) for own in found.naive),
    ]
    if found.gate_seconds:
        middle, longest = statistics.median(found.gate_seconds), max(found.gate_seconds)
        told = (
            f"A gate of unchanged code over these {cases} cases took {middle:.0f} s (median; longest {longest:.0f} s)."
        )
        lines += ["", told]
    return "\n".join(lines) + "\n"


def _row(what: str, tally: Tally) -> str:
    red = tally.verdicts.get("regression", 0)
    passed = tally.verdicts.get("pass", 0) + tally.verdicts.get("improvement", 0)
    return f"| {what} | {tally.gates} | {red} | {passed} | {tally.gates - red - passed} | {tally.rounds:.1f} |"


def _naive(own: Naive) -> str:
    cells = (_share(own.red_cases, own.cases), _share(own.red_runs, own.runs), _share(own.green, own.planted))
    return f"| {100 * own.threshold:.0f} % | {' | '.join(cells)} |"


def _share(some: int, all_of_them: int) -> str:
    return f"{some} of {all_of_them} ({100 * some / all_of_them:.0f} %)" if all_of_them else "–"
