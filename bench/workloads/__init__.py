"""What is timed. A workload turns cases into contenders of a race; it knows modes and models, and no clock."""

WORKLOADS: dict[str, str] = {
    "forward": "one batch of observations through the model, logits and value back on the host",
    "update": "one gradient step of the agent on a batch of 64",
    "train": "full A2C training: environment steps per second, and time to the solved environment",
    "cold": "from the start of a process to its first result, by stages, and what a slow start pays back",
    "memory": "peak memory, and its growth from call to call, in a process of its own",
    "traces": "traces and XLA compilations for a fixed shape, a changing one, and Python numbers as arguments",
}

# How a case of `traces` is called, and what changes from call to call.
CALLS = 10
SCENARIOS: dict[str, str] = {
    "forward-fixed": f"{CALLS} forward passes of one shape",
    "forward-shapes": f"{CALLS} forward passes, each of another number of rows",
    "forward-scalars": f"{CALLS} forward passes, each with another Python number as an argument",
    "update-fixed": f"{CALLS} gradient steps of one shape",
    "update-shapes": f"{CALLS} gradient steps, each on another number of rows",
}
