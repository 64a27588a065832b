"""The pytest side: options, the packaged suite, results and report. Inert in sessions that don't measure with it.

`pytest --benchmark-only` measures with the packaged suite where the configuration says ``eagerbench_suite = true`` and
no paths are given; `eagerbench run` says so by itself.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from eagerbench.errors import UserError
from eagerbench.options import OPTIONS, filled_in, request, typed_command
from eagerbench.subjects import Benchmark, subjects

if TYPE_CHECKING:
    from eagerbench.gate import Judgement
    from eagerbench.own import Race
    from eagerbench.reports.render import Rendered
    from eagerbench.results import Run
    from eagerbench.session import Session

SESSION: "pytest.StashKey[Session]" = pytest.StashKey()
RENDERED: "pytest.StashKey[Rendered]" = pytest.StashKey()
JUDGEMENT: "pytest.StashKey[Judgement]" = pytest.StashKey()
SUBJECT: pytest.StashKey[str] = pytest.StashKey()
SUITE = "eagerbench.suite.benchmarks"
# pytest-benchmark's own defaults: another value is taken for the user's wish, and replaces the profile's.
MAX_TIME_DEFAULT_S = 1.0
MIN_ROUNDS_DEFAULT = 5


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our options, in one group of ``pytest --help``."""
    group = parser.getgroup("eagerbench", "eagerbench: eager or graph? (with --benchmark-only)")
    for option in OPTIONS:
        group.addoption(option.flag, dest=option.destination, default=None, **option.settings)
    parser.addini(
        "eagerbench_suite",
        "`pytest --benchmark-only` without paths measures with eagerbench",
        type="bool",
        default=False,
    )


@pytest.hookimpl(tryfirst=True)  # before pytest-benchmark finds fault with pytest-xdist in words of its own
def pytest_configure(config: pytest.Config) -> None:
    """Check everything that was asked for, before anything is collected."""
    if _measures(config):
        # The suite brings its tests itself; of the project's own only those are asked that its settings name.
        config.args = [str(path) for path in _prepare(config, suite=True)]


def _prepare(config: pytest.Config, *, suite: bool) -> tuple[Path, ...]:
    """Make the session that measures.

    Args:
        config: of pytest.
        suite: whether the packaged suite is measured, and not only benchmarks of the user's own.

    Returns:
        Files and folders of such benchmarks that the project's settings name.
    """
    if getattr(config.option, "dist", "no") != "no" or hasattr(config, "workerinput"):
        raise pytest.UsageError(
            "eagerbench can't measure under pytest-xdist: parallel workers would time each other, and pytest-benchmark "
            "switches itself off; run with -n 0 or -p no:xdist"
        )
    from eagerbench.plan import check_report_folder, make_plan
    from eagerbench.session import Gate, Session
    from eagerbench.settings import merged, read_settings, with_origin

    typed = {option.destination: config.getoption(option.destination) for option in OPTIONS}
    max_time = float(config.getoption("benchmark_max_time"))
    min_rounds = int(config.getoption("benchmark_min_rounds"))
    try:
        settings = read_settings(config.invocation_params.dir)
    except UserError as error:
        raise pytest.UsageError(str(error)) from error
    values = filled_in(merged(typed, settings))
    folder = Path(values["eagerbench_report_dir"])
    try:
        asked = request(
            values,
            command=typed_command([str(argument) for argument in config.invocation_params.args]),
            case_seconds=max_time if max_time != MAX_TIME_DEFAULT_S else None,
            min_rounds=min_rounds if min_rounds != MIN_ROUNDS_DEFAULT else None,
        )
        plan = make_plan(asked) if suite else None
        check_report_folder(folder)
        gate = Gate.asked_for(values, _storage(config), settings.file)
        config.stash[SESSION] = Session(plan, folder, gate, asked)
    except UserError as error:
        raise pytest.UsageError(str(with_origin(error, typed, settings))) from error
    return settings.benchmarks


def _storage(config: pytest.Config) -> Path:
    """Where baselines lie: pytest-benchmark's own storage, unless that is no folder."""
    from eagerbench.baselines import DEFAULT_STORAGE

    named = str(config.getoption("benchmark_storage"))
    return DEFAULT_STORAGE if named.startswith("elasticsearch+") else Path(named.removeprefix("file://"))


def _measures(config: pytest.Config) -> bool:
    """Whether this session runs the packaged suite."""
    return bool(
        config.getoption("benchmark_only", default=False)
        and config.getini("eagerbench_suite")
        and config.args_source is not pytest.Config.ArgsSource.ARGS
    )


@pytest.hookimpl(tryfirst=True)  # before -k, -m and --deselect choose
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Name the user's own benchmarks, and add the packaged ones.

    These hang from the session itself, not from the folder that they lie in: so their ids are the same wherever the
    package is installed, and ``-k eager`` doesn't match them all by the name of that folder.
    """
    own: list[Any] = [item for item in items if _races(item)]
    names = subjects([_benchmark(item) for item in own])
    for item in own:
        item.stash[SUBJECT] = names[item.nodeid]
        if config.pluginmanager.hasplugin("pytest-benchmark"):
            if "benchmark" not in item.fixturenames:  # --benchmark-only leaves out a test without it
                item.fixturenames.append("benchmark")
            # Entries are made for each case, and not with the fixture that pytest-benchmark hands to the test.
            item.add_marker(pytest.mark.filterwarnings("ignore:Benchmark fixture was not used"))
    if SESSION not in config.stash:
        return
    module = importlib.import_module(SUITE)
    node = pytest.Module.from_parent(session, path=Path(str(module.__file__)), name="suite", nodeid="suite")
    node.obj = module
    items.extend(session.genitems(node))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Measure only what is left after deselection."""
    config, own = session.config, any(_races(item) for item in session.items)
    if own and SESSION not in config.stash and config.getoption("benchmark_only", default=False):
        _prepare(config, suite=False)
    measuring = config.stash.get(SESSION, None)
    if measuring is not None:
        try:
            measuring.select(set(_suite_cases(session.items)), own=own)
        except UserError as error:
            raise pytest.UsageError(str(error)) from error


def _races(item: pytest.Item) -> bool:
    """Whether a test is a benchmark of the user's own."""
    return "race" in getattr(item, "fixturenames", ())


def _benchmark(item: pytest.Item) -> Benchmark:
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    return Benchmark(item.nodeid, item.path.stem, ".".join([*classes, item.name]))


def _suite_cases(items: list[pytest.Item]) -> Iterator[str]:
    for item in items:
        module = item.getparent(pytest.Module)
        if isinstance(item, pytest.Function) and module is not None and module.obj.__name__ == SUITE:
            yield str(item.callspec.params["case"])


@pytest.fixture
def race(request: pytest.FixtureRequest) -> "Race":
    """Time a model of your own in the modes: ``race(model, observations, modes=["eager", "function"])``.

    The cases join the session's results, report and gate, called ``forward/eager/b1@`` and the name of the test.
    """
    session = request.config.stash.get(SESSION, None)
    if session is None:
        pytest.skip(f"a benchmark, measured by: pytest --benchmark-only {request.node.nodeid.partition('::')[0]}")
    from eagerbench.own import Race

    return Race(session, request.node, request.node.stash[SUBJECT])


@pytest.fixture(scope="session")
def eagerbench_measured(request: pytest.FixtureRequest) -> "Session":
    """All selected cases, measured: the first test that asks pays for all."""
    from eagerbench.progress import Display

    session = request.config.stash[SESSION]
    with uncaptured(request.config):
        sys.stdout.write("\n")
        display = Display(sys.stdout)
        with display.live():
            try:
                session.measure(display)
            except UserError as error:
                # Told as pytest tells a wrong option; what ends a session it tells on stdout only.
                sys.stderr.write(f"ERROR: {error}\n")
                pytest.exit("nothing more is measured", returncode=2)
    return session


def uncaptured(config: pytest.Config) -> AbstractContextManager[None]:
    """While this lasts, what is written is seen at once, whatever pytest does with the output of tests."""
    capture = config.pluginmanager.getplugin("capturemanager")
    return capture.global_and_fixture_disabled() if capture else nullcontext()


@pytest.hookimpl(optionalhook=True)  # with `-p no:benchmark` there is no such hook
def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Our section, in every file that pytest-benchmark writes."""
    from eagerbench.results import section

    run = _run(config)
    if run is not None:
        output_json["eagerbench"] = section(run)


@pytest.hookimpl(
    trylast=True
)  # inside pytest's and pytest-benchmark's wrappers: after its statistics, before the summary
def pytest_sessionfinish(session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
    """Write results and report, also after Ctrl-C; a gate may turn a green session red, never a red one green."""
    config = session.config
    run = _run(config)
    if run is not None and run.launches:
        from eagerbench.reports.render import render
        from eagerbench.results import results_json

        folder = config.stash[SESSION].folder
        judgement = config.stash[SESSION].judgement()
        try:
            config.stash[RENDERED] = render(
                run, folder, results_json(_pytest_benchmark_document(config), run), judgement
            )
        except UserError as error:
            raise pytest.UsageError(str(error)) from error
        if judgement is not None:
            config.stash[JUDGEMENT] = judgement
            if exitstatus == pytest.ExitCode.OK:
                session.exitstatus = judgement.exit_code


class GateCode:
    """A plugin that remembers what a gate said, for who started the session.

    Attributes:
        code: exit code of the gate; None where nothing was judged.
    """

    def __init__(self) -> None:
        self.code: int | None = None

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Look before the session is gone."""
        judgement = config.stash.get(JUDGEMENT, None)
        self.code = judgement.exit_code if judgement else None


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The findings, and where the report is."""
    rendered, run = config.stash.get(RENDERED, None), _run(config)
    if rendered is None or run is None:
        return
    from eagerbench.reports.terminal import terminal_lines

    terminalreporter.section("eagerbench")
    for line in terminal_lines(run, rendered):
        terminalreporter.write_line(line)
    judgement = config.stash.get(JUDGEMENT, None)
    if judgement is not None:
        from eagerbench.reports.gate.terminal import gate_lines

        terminalreporter.section("eagerbench gate")
        for line in gate_lines(judgement):
            terminalreporter.write_line(line)


def _run(config: pytest.Config) -> "Run | None":
    session = config.stash.get(SESSION, None)
    return session.run if session else None


def _pytest_benchmark_document(config: pytest.Config) -> dict[str, Any]:
    """What pytest-benchmark would write with ``--benchmark-json``, from its public hooks."""
    plugin = config.pluginmanager.getplugin("pytest-benchmark")
    machine = plugin.get_machine_info()
    commit = config.hook.pytest_benchmark_generate_commit_info(config=config)
    config.hook.pytest_benchmark_update_commit_info(config=config, commit_info=commit)
    document: dict[str, Any] = config.hook.pytest_benchmark_generate_json(
        config=config,
        benchmarks=[benchmark for benchmark in plugin.benchmarks if benchmark],
        include_data=True,
        machine_info=machine,
        commit_info=commit,
    )
    return document
