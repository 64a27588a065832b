"""The direction of the arrows: who imports whom, read off the source."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# TensorFlow, Keras and gymnasium live left of the results file only; pandas and matplotlib right of it only.
LEFT = {"tensorflow", "keras", "gymnasium"}
RIGHT = {"pandas", "matplotlib", "jinja2"}
ARITHMETIC = [
    f"eagerbench.{name}"
    for name in (
        "stats",
        "summary",
        "starting",
        "growth",
        "learning",
        "cases",
        "parity",
        "gate",
        "sequential",
        "sensitivity",
        "shift",
        "side_by_side",
        "crossings",
        "comparable",
        "merging",
        "refusals",
    )
]


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = ("eagerbench", *parts[1:]) if parts[0] == "bench" else ("eagerbench", *parts)
    return ".".join(part for part in parts if part != "__init__")


SOURCES = {
    _module(path): path for folder in ("bench", "models", "reports") for path in sorted((ROOT / folder).rglob("*.py"))
}


def _imports(module: str, *, at_run_time: bool) -> Iterator[str]:
    """Modules that a module imports: ours by full name, others by the first part."""
    tree = ast.parse(SOURCES[module].read_text())
    late = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.walk(node)
    }
    only_typing = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in only_typing or (not at_run_time and node in late):
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names = [
                f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in SOURCES else str(node.module)
                for alias in node.names
            ]
        else:
            continue
        yield from (name if name.startswith("eagerbench") else name.split(".")[0] for name in names)


def _reached(module: str, *, at_run_time: bool) -> set[str]:
    """Everything a module imports, also by way of others of ours and of the packages that they lie in."""
    reached: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        if name in SOURCES:
            waiting += _imports(name, at_run_time=at_run_time)
            waiting += [name.rsplit(".", 1)[0]] if "." in name else []
    return reached


def _below(package: str) -> list[str]:
    return [module for module in SOURCES if module == package or module.startswith(package + ".")]


def test_the_walk_sees_what_there_is() -> None:
    """The known arrows are found, so that the tests below can't pass on an empty table."""
    assert {"eagerbench.modes.eager", "eagerbench.models.reference", "eagerbench.reports.page"} <= SOURCES.keys()
    assert "tensorflow" in _reached("eagerbench.modes.eager", at_run_time=True)
    assert "matplotlib" in _reached("eagerbench.reports.render", at_run_time=True)


@pytest.mark.parametrize("module", _below("eagerbench.models"))
def test_models_import_nothing_else_of_ours(module: str) -> None:
    """What is executed knows nothing of how it is measured."""
    ours = {name for name in _imports(module, at_run_time=True) if name.startswith("eagerbench")}
    assert all(name.startswith("eagerbench.models") for name in ours)


@pytest.mark.parametrize("module", _below("eagerbench.modes"))
def test_modes_know_no_clock_no_case_table_and_no_store(module: str) -> None:
    """A mode imports models, its base, and nothing that measures or stores."""
    imported = set(_imports(module, at_run_time=True))
    assert not imported & {"time", "timeit", "resource", "datetime"}
    ours = {name for name in imported if name.startswith("eagerbench")}
    assert all(name.startswith(("eagerbench.modes", "eagerbench.models", "eagerbench.errors")) for name in ours)


def test_only_the_race_reads_a_fine_clock() -> None:
    """`perf_counter` and CPU clocks stand in one file; ``getrusage`` is also asked for memory, elsewhere."""
    names = ("perf_counter", "process_time", "thread_time", "ru_utime", "ru_stime", "timeit")
    found = {module for module, path in SOURCES.items() if any(name in path.read_text() for name in names)}
    assert found == {"eagerbench.race"}


@pytest.mark.parametrize("module", [*_below("eagerbench.reports"), *ARITHMETIC, "eagerbench.results"])
def test_right_of_the_results_file_there_is_no_tensorflow(module: str) -> None:
    """Reports and verdicts work where TensorFlow is absent."""
    assert not _reached(module, at_run_time=True) & LEFT


@pytest.mark.parametrize("module", ARITHMETIC)
def test_arithmetic_returns_data(module: str) -> None:
    """No printing, no paths and no exit in what computes."""
    source = SOURCES[module].read_text()
    assert not {"pathlib", "sys", "logging", "rich"} & set(_imports(module, at_run_time=True))
    assert "print(" not in source


@pytest.mark.parametrize("module", ["eagerbench.launch", "eagerbench.contestant", "eagerbench.duel"])
def test_processes_that_measure_never_import_pandas_or_matplotlib(module: str) -> None:
    """They would take memory and seconds from what is measured."""
    assert not _reached(module, at_run_time=True) & RIGHT


def test_the_graft_imports_the_standard_library_only() -> None:
    """It runs before anything else can be found, and in environments where nothing of ours is installed."""
    imported = set(_imports("eagerbench.graft", at_run_time=True))
    assert imported
    assert imported <= sys.stdlib_module_names


def test_a_duel_reads_no_clock() -> None:
    """The processes take the times themselves."""
    assert not {"time", "datetime", "timeit"} & set(_imports("eagerbench.duel", at_run_time=True))


def test_forking_knows_no_mode_no_case_and_no_results() -> None:
    """It runs tasks: what they are is said by who calls it."""
    ours = {name for name in _imports("eagerbench.forking", at_run_time=True) if name.startswith("eagerbench")}
    assert ours == {"eagerbench.errors"}


@pytest.mark.parametrize(
    "module", ["eagerbench", "eagerbench.cli", "eagerbench.plugin", "eagerbench.modes", "eagerbench.plan"]
)
def test_help_does_not_wait_for_heavy_imports(module: str) -> None:
    """What every pytest session with the plugin installed imports is light: no TensorFlow, no pandas."""
    assert not _reached(module, at_run_time=False) & (LEFT | RIGHT)
