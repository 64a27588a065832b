"""The summary that fits a pull request comment."""

import re
from collections.abc import Callable

from eagerbench import Run, summarise
from eagerbench.reports.markdown import MOST_CAVEATS, MOST_ROWS, summary_markdown
from eagerbench.results import CaseOutcome, Model

OWN_TAGS = {"<sub>", "</sub>", "<details>", "</details>", "<summary>", "</summary>"}
# The model of a user.
OWN = Model("make_model", "pkg:make_model", True, (), (("logits", (2,)), ("value", (1,))), (10,), (None,))


def test_whole_summary(make_run: Callable[..., Run]):
    """Every line of a small one, so that a change of wording is seen."""
    run = make_run(
        {"forward/eager/b100": [[0.04], [0.04]], "forward/function/b100": [[0.02], [0.02]]},
        cold={"forward/eager/b100": 0.05, "forward/function/b100": 0.35},
    )
    assert summary_markdown(run, summarise(run)).splitlines() == [
        "### Eager or graph?",
        "",
        "**At 100 rows function is the fastest mode, 2.0× faster than eager (2.0–2.0).**",
        "",
        "| To do | Use | Because |",
        "|---|---|---|",
        (
            "| Many forward passes of 100 rows | **function** "
            "| 20.0 ms (20.0–20.0) a call, 2.0× faster than eager (2.0–2.0) |"
        ),
        "",
        "**Forward pass of 100 rows**",
        "",
        "| Mode | Time per call | Against eager | CPU per call | First call | Break-even with eager | Same numbers |",
        "|---|---:|---:|---:|---:|---:|---:|",
        (
            "| function | 20.0 ms (20.0–20.0) | 2.0× faster (2.0–2.0) | 32.0 ms | 350 ms (350–350) | after 16 calls "
            "| agree (off by 1.0e-07) |"
        ),
        "| eager | 40.0 ms (40.0–40.0) | the reference | 64.0 ms | 50.0 ms (50.0–50.0) | – | agree (off by 1.0e-07) |",
        "",
        (
            "<sub>Example CPU @ 2.00GHz · 2 usable cores · Linux 6.1 · Python 3.11.7 · tensorflow 2.21.0 · keras "
            "3.15.1 · eagerbench 0.1.0. Profile quick, 2 of 2 launches, seed 0. "
            "Times: geometric mean over launches, 95 % interval.</sub>"
        ),
    ]


def test_table_of_a_training(training_run: Run):
    """Columns of its own, fastest first."""
    content = summary_markdown(training_run, summarise(training_run)).splitlines()
    begin = content.index("**Training in 1 environment**")
    assert content[begin + 2 : begin + 8] == [
        (
            "| Mode | Steps per second | Against eager | First update | Break-even with eager | Time to target "
            "| Solved | Steps to target | Same numbers |"
        ),
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        (
            "| fused-xla | 100,000 (100,000–100,000) | 400× faster (400–400) | 100 ms (100–100) "
            "| from the first update | 1.50 s (1 of 3 runs kept) "
            "| 3 of 3 | 30,000 (1.00× others, 1.00–1.00) | agree (off by 1.0e-07) |"
        ),
        (
            "| graph-v1 | 2,000 (2,000–2,000) | 8.0× faster (8.0–8.0) | 100 ms (100–100) "
            "| from the first update | void: 2 of 3 failed "
            "| 1 of 3 (1 diverged, 1 failed) | 20,000 | agree (off by 1.0e-07) |"
        ),
        (
            "| function | 1,000 (1,000–1,000) | 4.0× faster (4.0–4.0) | 100 ms (100–100) "
            "| from the first update | 31.0 s (1 of 3 runs kept) "
            "| 2 of 3 (1 unsolved) | 25,000 (1.00× others, 1.00–1.00) | agree (off by 1.0e-07) |"
        ),
        (
            "| eager | 250 (250–250) | the reference | 100 ms (100–100) | – | 120 s (estimate) | not run "
            "| 30,000 (of other modes) | agree (off by 1.0e-07) |"
        ),
    ]
    assert "3 of 3 launches" in content[-1]


def test_tables_of_cold_starts_memory_and_traces(forked_run: Run):
    """Every line, so that a change of wording is seen."""
    content = summary_markdown(forked_run, summarise(forked_run))
    blocks = content.replace("\n\n</details>", "").split("\n\n")
    assert blocks[blocks.index("**Cold start: forward pass of 1 row**") : -2] == [
        "**Cold start: forward pass of 1 row**",
        (
            "| Mode | To the first result | After imports | Compile | Later call | Ahead of eager |\n"
            "|---|---:|---:|---:|---:|---:|\n"
            "| eager | 4.06 s (4.06–4.06) | 60.0 ms (60.0–60.0) | 20.0 ms | 10.0 ms (10.0–10.0) | – |\n"
            "| function | 4.22 s (4.22–4.22) | 224 ms (224–224) | 202 ms (with tracing) | 2.00 ms (2.00–2.00) "
            "| after 22 calls |\n"
            "| function-xla+cache | 4.30 s (4.30–4.30) | 300 ms (300–300) | 180 ms | 1.00 ms (1.00–1.00) "
            "| after 28 calls |\n"
            "| function-xla | 4.62 s (4.62–4.62) | 621 ms (621–621) | 500 ms | 1.00 ms (1.00–1.00) | after 64 calls |\n"
            "| predict | withheld (out of memory) | – | – | – | – |"
        ),
        "<details>\n<summary>Memory: forward pass of 1 row</summary>",
        (
            "| Mode | Peak after first call | Peak after up to 100 more | Growth per 1,000 calls "
            "| Objects per 1,000 calls | Calls | Verdict |\n"
            "|---|---:|---:|---:|---:|---:|---:|\n"
            "| eager | 21.0 MB (18.5–23.5) | 21.0 MB (18.5–23.5) | 0 MB (0–0) | 0 (0–0) | 100 | flat |\n"
            "| function | 25.0 MB (25.0–25.0) | 25.0 MB (25.0–25.0) | – | – | 10 | unclear (too few calls) |\n"
            "| predict | 35.0 MB (35.0–35.0) | 40.0 MB (40.0–40.0) | 100 MB (100–100) | 500 (500–500) | 100 | grows |\n"
            "| fused | withheld (timed out) | – | – | – | – | – |"
        ),
        "<details>\n<summary>Traces and compilations</summary>",
        (
            "| Mode | forward-fixed | forward-shapes | Keras steps per call |\n"
            "|---|---:|---:|---:|\n"
            "| eager | traces nothing | traces nothing | – |\n"
            "| function | 1 trace | 2 traces | – |\n"
            "| function-xla | 1 trace (1 compilation) | 10 traces (10 compilations) | – |\n"
            "| predict | 1 trace | – (can't run here) | 4 |"
        ),
    ]
    assert summary_markdown(forked_run, summarise(forked_run)).endswith(
        "Profile quick, seed 0. Times: geometric mean over launches, 95 % interval. Memory: mean over processes, 95 % "
        "interval.</sub>\n"
    )


def test_degenerate_runs_of_a_process_each_have_a_summary(degenerate_forked_run: Run):
    """No tag but our own, and every row as long as its heading."""
    content = summary_markdown(degenerate_forked_run, summarise(degenerate_forked_run))
    assert set(re.findall(r"<[^>]*>", content)) <= OWN_TAGS
    assert "@team" not in content
    for block in content.split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in rows}) <= 1


def test_degenerate_trainings_have_a_summary(degenerate_training: Run):
    """No tag but our own, and every row as long as its heading."""
    content = summary_markdown(degenerate_training, summarise(degenerate_training))
    assert set(re.findall(r"<[^>]*>", content)) <= OWN_TAGS
    assert "@team" not in content
    for block in content.split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in rows}) <= 1


def test_one_table_for_each_group(typical_run: Run):
    """Cases of different work are never in one table; the first is open, each other is folded under its title."""
    content = summary_markdown(typical_run, summarise(typical_run))
    assert content.count("|---|---:|") == 2
    assert "\n\n**Forward pass of 100 rows**\n\n| Mode |" in content
    # GitHub takes what follows for Markdown only after an empty line.
    assert "\n\n<details>\n<summary>Forward pass of 1 row</summary>\n\n| Mode |" in content
    assert content.count("|\n\n</details>\n\n") == content.count("<details>") == 1


def test_what_cannot_run_a_users_model_is_said_once(make_run: Callable[..., Run]):
    """Above the tables: neither in a row of each nor among the caveats, of which others stay."""
    times = {f"forward/{mode}/b{rows}": [[0.1]] for mode in ("eager", "function", "numpy") for rows in (1, 64)}
    outcomes = {case: CaseOutcome("unavailable", "computes another model") for case in times if "numpy" in case}
    run = make_run(times, outcomes=outcomes, model=OWN)
    content = summary_markdown(run, summarise(run))
    assert content.count("computes another model") == content.count("numpy") == 1
    assert "One launch gives no interval" in content


def test_what_cannot_run_stays_in_the_tables_where_no_list_says_so(make_run: Callable[..., Run]):
    """Of the suite's own model: that JAX is missing is in the row and among the caveats."""
    times = {f"forward/{mode}/b1": [[0.1], [0.1]] for mode in ("eager", "function", "numpy")}
    run = make_run(times, outcomes={"forward/numpy/b1": CaseOutcome("unavailable", "is not installed")})
    content = summary_markdown(run, summarise(run))
    assert "| numpy | none (can't run here) |" in content
    assert "can't run here: is not installed" in content


def test_caveats_and_withheld_times_are_told(typical_run: Run):
    """A red case is red here too."""
    content = summary_markdown(typical_run, summarise(typical_run))
    assert "❌ **1 of 8 cases have nothing that counts: forward/saved-model/b1**" in content
    assert "- ❌ forward/saved-model/b1: disagrees: values differ by 0.5; its times are withheld" in content
    assert (
        "| saved-model | withheld (disagrees with the reference) | – | – | – | – | disagree (off by 5.0e-01) |"
        in content
    )


def test_hostile_text_is_shown_and_nothing_else(hostile_run: Run):
    """No tag but our own, no broken table, no line of their making."""
    content = summary_markdown(hostile_run, summarise(hostile_run))
    assert set(re.findall(r"<[^>]*>", content)) <= OWN_TAGS
    assert "&lt;img src=x onerror=alert(1)&gt;" in content
    assert "=cmd()" in content
    for block in content.split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in rows}) <= 1
    assert "\n# b" not in content
    assert "@team" not in content


def test_degenerate_runs_have_a_summary(degenerate_run: Run):
    """Whatever is missing, there is a headline and the machine."""
    content = summary_markdown(degenerate_run, summarise(degenerate_run))
    assert content.startswith("### ")
    assert content.endswith("</sub>\n")


def test_a_huge_run_still_fits_a_comment(make_run: Callable[..., Run]):
    """GitHub takes 65,536 signs; what is left out is counted."""
    cases = [f"forward/mode-{number}/b1" for number in range(100)]
    run = make_run(
        {case: [[0.1], [0.1]] for case in cases},
        outcomes={case: CaseOutcome("failed", "x" * 10_000) for case in cases[:50]},
    )
    content = summary_markdown(run, summarise(run))
    assert len(content) < 65_536
    assert f"{100 - MOST_ROWS} more cases are in summary.csv." in content
    assert f"… and {50 - MOST_CAVEATS} more in index.html" in content
