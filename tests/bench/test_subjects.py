"""What a user's own benchmarks are called: alone as together, and never two alike."""

import subprocess
import sys
from pathlib import Path

from eagerbench.subjects import LONGEST, Benchmark, distinct, subjects


def _benchmark(file: str, name: str) -> Benchmark:
    return Benchmark(f"{file}.py::{name.replace('.', '::')}", file.rpartition("/")[2], name)


def _named(*benchmarks: Benchmark) -> list[str]:
    names = subjects(benchmarks)
    return [names[own.id] for own in benchmarks]


def test_a_benchmark_is_called_as_its_test_and_the_classes_around_it() -> None:
    """With the signs that an id can hold; also where nothing is left of it."""
    assert _named(_benchmark("test_a", "test_policy[a/b-1]"), _benchmark("test_a", "TestB.TestC.test_x")) == [
        "test_policy-a-b-1",
        "TestB.TestC.test_x",
    ]
    assert _named(Benchmark("a", "a", "///")) == ["own"]


def test_in_whatever_order_they_are_called_the_same() -> None:
    """Which are alike is a question of all, and not of those that came before."""
    tests = [_benchmark("test_a", "test_x"), _benchmark("test_b", "test_x"), _benchmark("test_b", "test_y")]
    assert subjects(tests) == subjects(tests[::-1])


def test_of_two_files_each_has_its_own() -> None:
    """And who is called like nobody else isn't changed by it."""
    tests = [_benchmark("test_a", "test_x"), _benchmark("test_b", "test_x"), _benchmark("test_b", "test_y")]
    assert _named(*tests) == ["test_a.test_x", "test_b.test_x", "test_y"]
    assert _named(*tests, _benchmark("test_c", "test_b.test_x"))[1].startswith("test_x-")  # the other has the name


def test_what_else_looks_alike_has_a_hash() -> None:
    """Files of one name, parameters that differ in what a name can't hold, and what is too long."""
    folders = _named(_benchmark("a/test_a", "test_x"), _benchmark("b/test_a", "test_x"))
    signs = _named(_benchmark("test_a", "test_x[<]"), _benchmark("test_a", "test_x[>]"))
    long = _named(*(_benchmark("test_a", f"test_x[{'a' * LONGEST}{end}]") for end in "bc"))
    for names in (folders, signs, long):
        assert len(set(names)) == 2
        assert all(name.startswith("test_x-") and len(name) <= LONGEST for name in names)


def test_a_test_that_measures_again_is_numbered() -> None:
    """Within itself."""
    assert distinct("test_x", {"test_y"}) == "test_x"
    assert distinct("test_x", {"test_x", "test_x-2"}) == "test_x-3"


def test_deselection_and_order_change_no_name(tmp_path: Path) -> None:
    """Names are given to all that were collected, before `-k` chooses."""
    (tmp_path / "test_one.py").write_text(
        "class TestA:\n    def test_x(self, race): pass\n\n\n"
        "class TestB:\n    def test_x(self, race): pass\n\n\ndef test_y(race): pass\n"
    )
    (tmp_path / "test_two.py").write_text("def test_y(race): pass\n")
    (tmp_path / "conftest.py").write_text(
        "from eagerbench.plugin import SUBJECT\n\n\n"
        "def pytest_collection_finish(session):\n"
        "    print('names:', *(item.stash[SUBJECT] for item in session.items))\n"
    )

    def names(*arguments: str) -> list[str]:
        result = subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-q", "-s", "-p", "no:cacheprovider", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        (line,) = (line for line in result.stdout.splitlines() if line.startswith("names:"))
        return line.split()[1:]

    assert names() == ["TestA.test_x", "TestB.test_x", "test_one.test_y", "test_two.test_y"]
    assert names("-k", "TestB or test_two") == ["TestB.test_x", "test_two.test_y"]
    assert names("-k", "TestB", "test_one.py") == ["TestB.test_x"]
    assert names("-p", "no:benchmark", "test_two.py") == ["test_y"]
