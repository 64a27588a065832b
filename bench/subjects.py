"""What a user's own benchmarks are called in the ids of their cases, and in the gate. Knows no pytest."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

LONGEST = 80


class Benchmark(NamedTuple):
    """Where a benchmark stands.

    Attributes:
        id: pytest's of the test, which no other has.
        file: name of its file, without the ending.
        name: inside of it, with its classes: ``TestPolicy.test_small[1]``.
    """

    id: str
    file: str
    name: str


def subjects(benchmarks: Collection[Benchmark]) -> dict[str, str]:
    """A name for each benchmark, by its id: its own, so that it is the same whatever else is run.

    Where several are called the same, each has its file's name before it; where that doesn't tell them apart either, a
    hash of its id behind it.

    Args:
        benchmarks: all that there are, also those that are not run.
    """
    found: dict[str, str] = {}
    for in_file in (False, True):
        left = {
            own.id: _sign(f"{own.file}.{own.name}" if in_file else own.name)
            for own in benchmarks
            if own.id not in found
        }
        often = Counter([*left.values(), *found.values()])
        found |= {place: name for place, name in left.items() if often[name] == 1}
    return {own.id: _hashed(own) for own in benchmarks} | found


def distinct(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken: by an earlier call of the same test."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found


def _hashed(own: Benchmark) -> str:
    digest = hashlib.sha256(own.id.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{_sign(own.name, LONGEST - len(digest) - 1)}-{digest}"


def _sign(text: str, longest: int = LONGEST) -> str:
    """The letters, digits, points, hyphens and underscores of a text."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", text).strip("-.")[:longest] or "own"
