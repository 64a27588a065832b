"""Why modes can't run: cases that were refused for one reason, together.

Returns data: no printing, no paths, no clock.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eagerbench.summary import CaseSummary

# What differs from trace to trace and tells nobody anything: the name of a tensor, the number that Keras gives a layer.
_TENSOR = re.compile(r" ?\((?:[\w./]+:\d+)\)")
_NUMBERED = re.compile(r"'([A-Za-z_]\w*?)_\d+'")
# Reasons are cut where they are recorded, after so many signs at least: what follows may be there or not.
_TELLING = 200


def by_reason(cases: Iterable["CaseSummary"]) -> dict[str, list["CaseSummary"]]:
    """The cases that can't run, by their reason, in order.

    Reasons that differ in nothing but the names of tensors and the numbers of layers are one; it is told without them.
    """
    found: dict[str, tuple[str, list[CaseSummary]]] = {}
    for case in cases:
        if case.status == "unavailable":
            told = general(case.reason) or "no reason is known"
            found.setdefault(told[:_TELLING], (told, []))[1].append(case)
    return dict(found.values())


def general(reason: str) -> str:
    """A reason without what differs from case to case.

    >>> general("Cannot convert a symbolic tf.Tensor (batch:0) to a numpy array")
    'Cannot convert a symbolic tf.Tensor to a numpy array'
    """
    return _NUMBERED.sub(r"'\1'", _TENSOR.sub("", reason))
