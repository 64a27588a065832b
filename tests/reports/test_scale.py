"""What a report of very many samples weighs. How long it takes is not asserted: shared machines say nothing of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from eagerbench import Run
from eagerbench.reports import render

MILLION = 1_000_000


def many(make_run: Callable[..., Run], groups: tuple[str, ...], modes: int, launches: int, samples: int) -> Run:
    """A run of random times, the same in every test; no two cases are alike, so that no picture packs too well."""
    random = np.random.default_rng(6)
    times = {}
    for group in groups:
        workload, size = group.split()
        for mode in range(modes):
            middle = 0.001 * 1.3**mode * np.exp(random.normal(0, 0.1, (launches, 1)))
            own = middle * np.exp(random.gamma(2, 0.03, (launches, samples)))
            times[f"{workload}/{'eager' if mode == 0 else f'mode-{mode}'}/{size}"] = own.tolist()
    return make_run(times)


def test_a_million_samples_make_a_page_below_five_megabytes(make_run: Callable[..., Run], tmp_path: Path):
    """Ten cases of 20,000 samples in each of five launches: points are drawn, and raw samples lie beside the page."""
    run = many(make_run, ("forward b1",), 10, 5, 20_000)
    assert sum(len(launch.samples) for launch in run.launches) > MILLION
    rendered = render(run, tmp_path)
    assert rendered.index.stat().st_size < 5_000_000
    assert rendered.summary.cases[0].samples == 100_000


def test_the_page_of_a_quick_run_is_below_three_megabytes(make_run: Callable[..., Run], tmp_path: Path):
    """Four groups of twelve modes, six launches, 40 samples each: about what the default profile measures in races."""
    run = many(make_run, ("forward b1", "forward b100000", "update b64", "train env1"), 12, 6, 40)
    assert render(run, tmp_path).index.stat().st_size < 3_000_000
