"""Runs a process of a duel on the code of one side: the only file that is started by its path.

``python -P graft.py PAPER``: PAPER says in which folder each package lies. So the same benchmark definitions, those of
the eagerbench that was called, can time the models and modes of another commit, or run in another environment where
eagerbench isn't installed. Knows only the standard library, since nothing else is in place when it begins.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType


class Graft(importlib.abc.MetaPathFinder):
    """Finds packages where it was told that they lie, before Python looks anywhere else.

    Args:
        packages: folder by dotted name; what lies in such a folder is found there too.
    """

    def __init__(self, packages: Mapping[str, str]) -> None:
        self._packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Where a module is; None where somebody else must know."""
        del path, target
        folder = self._packages.get(fullname)
        if folder is None:
            return None
        return importlib.util.spec_from_file_location(
            fullname, Path(folder) / "__init__.py", submodule_search_locations=[folder]
        )


def main() -> int:
    """Put everything in place and begin."""
    paper = Path(sys.argv[1])
    side = json.loads(paper.read_bytes())["side"]
    sys.meta_path.insert(0, Graft(side["packages"]))
    sys.path[:0] = side["paths"]
    return int(importlib.import_module("eagerbench.contestant").main(paper))


if __name__ == "__main__":
    sys.exit(main())
