"""What was executed and on what, in words: a user's model, an environment, a file, a user's own benchmarks."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from eagerbench import Run, summarise
from eagerbench.reports.executed import (
    environment_facts,
    executed_in_words,
    input_facts,
    model_facts,
    refusals,
    refusals_title,
    source_in_words,
    subject_facts,
    told_first,
)
from eagerbench.reports.markdown import summary_markdown
from eagerbench.reports.render import render
from eagerbench.reports.terminal import LONGEST, terminal_lines
from eagerbench.results import CaseOutcome, Model, Observations, Subject

OWN = Model("my_policy", "pkg:make", True, (), (("logits", (6,)), ("value", (1,))), (120_345,), (None,))
FROM_FILE = Observations("", "read from obs.npy", 3, 512, 500, (84, 84, 4), "float32", "ab" * 32)


def with_subjects(run: Run, *names: str) -> Run:
    """The run with a user's own benchmarks."""
    start = msgspec.structs.replace(run.start, subjects=dict.fromkeys(names, Subject(OWN, FROM_FILE)))
    return msgspec.structs.replace(run, start=start)


def test_facts_of_the_suites_model_of_several_widths():
    """Parameters and arithmetic of each width in turn."""
    model = Model("actor-critic", "", False, (32, 128), (("logits", (2,)), ("value", (1,))), (419, 1667), (704, 2816))
    assert model_facts(model) == [
        ("Model", "actor-critic, shipped with the suite"),
        ("Hidden units", "32, 128"),
        ("Outputs of a row", "logits [2]; value [1]"),
        ("Parameters", "419, 1,667"),
        ("Arithmetic of a row, FLOP", "704, 2,816"),
    ]


def test_facts_of_a_users_model():
    """Who made it; what nobody counted is not known; what it does while it learns."""
    told = dict(model_facts(msgspec.structs.replace(OWN, random=True, stateful=True)))
    assert told["Model"] == "my_policy"
    assert told["Made by"] == "pkg:make"
    assert told["Arithmetic of a row, FLOP"] == "not known"
    assert "dropout" in told["Draws random numbers"]
    assert "batch normalisation" in told["Keeps a state"]
    assert "Hidden units" not in told


def test_facts_of_an_environment(make_run: Callable[..., Run]):
    """Its arguments and wrappers; nothing where there is none."""
    times = {"forward/eager/b1": [[0.1]]}
    run = make_run(
        times, env="LunarLander-v3", env_kwargs={"gravity": -5.0}, env_wrappers=("a:B", "c:D"), in_graph="e:F"
    )
    assert environment_facts(run) == [
        ("Environment", "LunarLander-v3"),
        ("Argument gravity", "-5.00"),
        ("Wrappers, innermost first", "a:B, c:D"),
        ("In array operations", "e:F"),
        ("Observation", "[4]"),
        ("Discrete actions", "2"),
    ]
    assert environment_facts(make_run(times, env="")) == []


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("read from obs.npy", "read from obs.npy"),
        ("none: drawn from a standard normal distribution", "drawn from a standard normal distribution"),
        ("", "of unknown origin"),
    ],
)
def test_observations_without_an_environment(make_run: Callable[..., Run], policy: str, expected: str):
    """Where they come from instead stands on the first screen and among the facts."""
    run = make_run({"forward/eager/b1": [[0.1]]}, env="")
    seen = msgspec.structs.replace(run.start.observations, env="", policy=policy)
    run = msgspec.structs.replace(run, start=msgspec.structs.replace(run.start, observations=seen))
    assert source_in_words(run) == expected
    assert input_facts(seen)[0] == ("Source", expected)


def test_the_title_tells_what_is_executed(make_run: Callable[..., Run]):
    """The suite's model, a user's, or that of a user's own benchmarks."""
    times = {"forward/eager/b1": [[0.1]]}
    assert executed_in_words(make_run(times)) == "One actor-critic model"
    assert executed_in_words(make_run(times, model=OWN)) == "The model my_policy"
    mine = make_run({"forward/eager/b1@test_it": [[0.1]]})
    assert executed_in_words(with_subjects(mine, "test_it")) == "The model of test_it"
    assert executed_in_words(with_subjects(mine, "test_it", "test_more")) == "2 models"
    assert executed_in_words(with_subjects(make_run(times), "test_it")) == "One actor-critic model"
    assert source_in_words(with_subjects(mine, "test_it")) == "read from obs.npy"


def test_each_benchmark_has_its_facts(make_run: Callable[..., Run]):
    """Its model and what it was given."""
    (told,) = subject_facts(with_subjects(make_run({"forward/eager/b1@test_it": [[0.1]]}), "test_it"))
    assert told.name == "test_it"
    assert told.model[0] == ("Model", "my_policy")
    assert ("Each row", "float32, shape [84, 84, 4]") in told.observations


def test_refusals_are_told_once_for_each_reason(make_run: Callable[..., Run]):
    """With what a mode can't do, where it does something else; with the benchmark that it is refused in."""
    no = CaseOutcome("unavailable", "not XLA-compilable")
    other = CaseOutcome("unavailable", "executes the suite's own model only")
    times = {
        f"{workload}/{mode}/b64{mine}": [[0.1]]
        for workload in ("forward", "update")
        for mode in ("eager", "function-xla", "numpy")
        for mine in ("", "@test_it")
    }
    outcomes = {case: other for case in times if "/numpy/" in case and "@" not in case}
    outcomes |= {"update/function-xla/b64": no, "forward/function-xla/b64@test_it": no}
    outcomes |= {"update/function-xla/b64@test_it": no}
    run = make_run(times, outcomes=outcomes, model=OWN)
    found = [(one.modes, one.reason) for one in refusals(summarise(run))]
    assert found == [
        ("function-xla in test_it, function-xla (gradient steps)", "not XLA-compilable"),
        ("numpy", "executes the suite's own model only"),
    ]
    assert refusals_title(run) == "Modes that can't execute this model"
    assert refusals_title(make_run(times)) == "Modes that can't run here"


def test_what_a_mode_can_not_start_is_told_by_what_is_started(
    make_run: Callable[..., Run], make_forked_run: Callable[..., Run]
):
    """Cold starts of forward passes ran: only those of trainings are refused; of another mode, all of them."""
    no = CaseOutcome("unavailable", "draws others")
    refused = ["cold/function-xla/env1", "memory/function-xla/env1", "cold/predict/b1", "cold/predict/env1"]
    run = make_run(
        {f"forward/{mode}/b{rows}": [[0.1]] for mode in ("eager", "function-xla", "predict") for rows in (1, 64)},
        outcomes={"forward/predict/b64": no},
        model=OWN,
    )
    run = make_forked_run(
        cold={"cold/function-xla/b1": [({"imports": 1.0, "first call": 0.1}, [0.1, 0.1])]},
        outcomes=dict.fromkeys(refused, no),
        run=run,
    )
    (told,) = refusals(summarise(run))
    predict = "predict (forward passes of some sizes, cold starts)"
    function = "function-xla (cold starts of trainings, memory)"
    assert told.modes == f"{predict}, {function}"


SYMBOLIC = (
    "this mode can't execute the model: NotImplementedError: Cannot convert a symbolic tf.Tensor{} to a numpy array."
)


def test_reasons_that_differ_in_names_alone_are_one(make_run: Callable[..., Run]):
    """Of a tensor, of a layer; cut or not. What else differs stays apart, and what the title says is not said again."""
    long = "no shape of 'py_{}' (of type Py): " + "x" * 300
    reasons = {
        "forward/function/b1": SYMBOLIC.format(" (batch:0)"),
        "forward/function/b64": SYMBOLIC.format(" (batch_0:0)"),
        "forward/predict/b1": SYMBOLIC.format(" (while/Placeholder_1:0)"),
        "forward/blocked-xla/b1": long.format(4)[:250],
        "forward/blocked-xla/b64": long.format(35)[:250],
        "forward/numpy/b1": "no shape of (3, 4)",
        "forward/numpy/b64": "no shape of (3, 5)",
    }
    outcomes = {case: CaseOutcome("unavailable", reason) for case, reason in reasons.items()}
    run = make_run({"forward/eager/b1": [[0.1]], **{case: [[0.1]] for case in reasons}}, outcomes=outcomes, model=OWN)
    found = [(one.modes, one.reason) for one in refusals(summarise(run))]
    assert found[0] == (
        "function, predict",
        "NotImplementedError: Cannot convert a symbolic tf.Tensor to a numpy array.",
    )
    assert found[1][0] == "blocked-xla"
    assert found[1][1].startswith("no shape of 'py' (of type Py): x")
    assert found[2:] == [("numpy", "no shape of (3, 4)"), ("numpy", "no shape of (3, 5)")]


@pytest.mark.parametrize(
    ("refused", "own", "expected"),
    [
        ("fused-jax", False, False),
        ("fused-xla", False, False),
        ("numpy", False, False),
        ("function-xla", False, True),
        ("fused-jax", True, True),
    ],
)
def test_what_is_expected_to_be_refused_is_no_news(
    make_run: Callable[..., Run], refused: str, own: bool, expected: bool
):
    """Of the suite's own model: what needs JAX, or an environment in array operations; of a user's, everything is."""
    case = f"forward/{refused}/b1"
    outcomes = {case: CaseOutcome("unavailable", "needs more")}
    model = OWN if own else Model("actor-critic")
    run = make_run({"forward/eager/b1": [[0.1]], case: [[0.1]]}, outcomes=outcomes, model=model)
    assert bool(told_first(run, summarise(run))) == expected
    assert bool(refusals(summarise(run)))


def test_what_counted_calls_can_not_do_is_no_refusal_of_the_model(
    make_run: Callable[..., Run], make_forked_run: Callable[..., Run]
):
    """That Keras takes arrays only says nothing of a model: it stands with the counts."""
    arrays = CaseOutcome("unavailable", "this way of executing takes arrays only")
    run = make_run({f"forward/{mode}/b1": [[0.1]] for mode in ("eager", "predict")}, model=OWN)
    run = make_forked_run(outcomes={"traces/predict/forward-scalars": arrays}, run=run)
    summary = summarise(run)
    assert [case.status for case in summary.cases if case.case.workload == "traces"] == ["unavailable"]
    assert refusals(summary) == told_first(run, summary) == []


def test_refusals_of_a_users_model_stand_on_every_first_screen(make_run: Callable[..., Run], tmp_path: Path):
    """Once, without colours, before any table: on the page, in a comment, in a terminal."""
    outcomes = {
        f"forward/function/b{rows}": CaseOutcome("unavailable", SYMBOLIC.format(f"\x1b[1m (x_{rows}:0)\x1b[0m"))
        for rows in (1, 64)
    }
    times = {f"forward/{mode}/b{rows}": [[0.1], [0.1]] for mode in ("eager", "function") for rows in (1, 64)}
    run = make_run(times, outcomes=outcomes, model=OWN)
    rendered = render(run, tmp_path)
    told = "NotImplementedError: Cannot convert a symbolic tf.Tensor to a numpy array."
    page = rendered.index.read_text(encoding="utf-8")
    first = page[page.index('class="refusals"') :].partition("</div>")[0]
    assert first.count("<li>") == 1
    assert f"<strong>function</strong>: {told}" in first.replace("&#39;", "'")
    lines = list(terminal_lines(run, rendered))
    assert lines[lines.index("Modes that can't execute this model") + 1] == f"  function: {told}"
    assert f"**Modes that can't execute this model**\n\n- function: {told}\n" in summary_markdown(run, summarise(run))
    assert not [line for line in lines if "[1m" in line or not line.isprintable()]


def test_what_is_long_is_cut_in_a_terminal_and_folded_on_the_page(make_run: Callable[..., Run], tmp_path: Path):
    """A list of many cases; the page has all of them, below what one reads first."""
    times = {f"forward/{mode}/b{rows}": [[0.1], [0.1]] for mode in ("eager", "function") for rows in range(1, 41)}
    run = make_run(times, outcomes={case: CaseOutcome("unavailable", "no room") for case in times if "/f" in case})
    rendered = render(run, tmp_path)
    (told,) = (one.message for one in rendered.summary.conclusions if "no room" in one.message)
    (line,) = (line for line in terminal_lines(run, rendered) if line.startswith("info: forward/function/b1,"))
    assert (len(line), line[-1]) == (LONGEST, "…")
    page = rendered.index.read_text(encoding="utf-8").replace("&#39;", "'")
    assert f"<summary>All of it</summary>\n{told}\n</details>" in page
