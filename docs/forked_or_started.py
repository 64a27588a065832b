"""Does a forked process start as one that was started? Starts the same cases both ways in turn, and prints the ratio.

    python docs/forked_or_started.py [ROUNDS]

What is compared is the time from the end of the imports to the first result, by case and round, in shuffled order. Nine
rounds take about seven minutes on two cores; nothing else should run meanwhile.
"""

import gc
import io
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from eagerbench.cases import Case
from eagerbench.engines.local import environment, run_launch
from eagerbench.factory import Source
from eagerbench.launch import Event, Job, Pipe, Samples
from eagerbench.models import envs
from eagerbench.plan import Request, make_plan
from eagerbench.results import Sample
from eagerbench.stats import estimate, ratio

CASES = (
    "cold/eager/b1",
    "cold/function/b1",
    "cold/function-xla/b1",
    "cold/graph-v1/b1",
    "cold/eager/b100000",
    "cold/function-xla/b100000",
    "cold/fused-xla/env1",
)


def main(rounds: int) -> None:
    """Measure both ways and print a table."""
    plan = make_plan(Request(workloads=("cold",)))
    spec = envs.describe(plan.env)
    after_imports: dict[str, dict[str, dict[int, float]]] = {way: {case: {} for case in CASES} for way in WAYS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        observations = folder / "observations.npy"
        np.save(observations, envs.collect(spec, 100_000, plan.seed))
        for number in range(rounds):
            job = Job(
                kind="cold",
                cases=CASES,
                observations=str(observations),
                spec=spec,
                source=Source(),
                model=plan.model,
                training=plan.training,
                seed=plan.seed,
                launch_seed=number,
                case_seconds=0.0,
                min_rounds=0,
                warmup_seconds=plan.warmup_seconds,
                fewest_rounds=plan.fewest_rounds,
                longest_start_s=plan.longest_start_s,
                steps_per_s={},
                forking=plan.forking,
                timeout_s=120.0,
                checked=False,
                cache=str(folder / "cache"),
                started_s=0.0,
                pipe=-1,
                recorder="",
            )
            for way in random.Random(number).sample(sorted(WAYS), len(WAYS)):
                for sample in WAYS[way](job, folder):
                    after_imports[way][sample.case][number] = sample.wall_s - sample.parts["imports"]
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
    print("| case | forked | started | forked / started (95 %) |\n|---|---:|---:|---:|")
    for case in CASES:
        forked, started = (after_imports[way][case] for way in ("forked", "started"))
        shown = ratio(forked, started)
        means = [f"{estimate(list(own.values())).value * 1e3:.0f} ms" for own in (forked, started)]
        limits = f"{shown.value:.2f} ({shown.low:.2f}–{shown.high:.2f})" if shown and shown.low and shown.high else "–"
        print(f"| {case} | {' | '.join(means)} | {limits} |")


def forked(job: Job, _: Path) -> list[Sample]:
    """All cases of one launch, as eagerbench starts them."""
    found: list[Sample] = []

    def hear(event: Event) -> None:
        if isinstance(event, Samples):
            found.extend(sample for sample in event.samples if sample.stage == "cold")

    end = run_launch(job, hear, job.timeout_s)
    if end.ended != "complete":
        raise SystemExit(f"the launch ended early: {end.reason}")
    return found


def started(job: Job, folder: Path) -> list[Sample]:
    """Each case in a process that imports everything itself."""
    found = []
    for case in random.Random(job.launch_seed).sample(job.cases, len(job.cases)):
        paper = folder / "job.json"
        paper.write_bytes(msgspec.json.encode(msgspec.structs.replace(job, cases=(case,))))
        said = subprocess.run(
            [sys.executable, __file__, "--alone", str(paper)], env=environment(), capture_output=True, check=True
        ).stdout
        found.append(msgspec.json.decode(said.splitlines()[-1], type=Sample))
    return found


WAYS = {"forked": forked, "started": started}


def alone(paper: Path) -> None:
    """In a process of its own: import, start the one case, print its cold sample."""
    from eagerbench.launch import contenders_of, decode_event
    from eagerbench.quiet import import_tensorflow
    from eagerbench.race import Origin
    from eagerbench.workloads.cold import Cold

    import_tensorflow(use=False)
    from eagerbench import modes

    job = msgspec.json.decode(paper.read_bytes(), type=Job)
    case = Case.parse(job.cases[0])
    modes.load(case.executed)
    gc.collect()
    gc.freeze()
    told = io.BytesIO()
    cold = Cold(contenders_of(job), Origin({"imports": 0.0}, 0.0, 0.0), 0.0)
    cold.run(case, Pipe(told, None, {}), check=False)
    events = [decode_event(line) for line in told.getvalue().splitlines()]
    print(msgspec.json.encode(next(event for event in events if isinstance(event, Samples)).samples[0]).decode())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        alone(Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
