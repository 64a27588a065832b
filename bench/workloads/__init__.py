"""What is timed. A workload turns cases into contenders of a race; it knows modes and models, and no clock."""

WORKLOADS: dict[str, str] = {
    "forward": "one batch of observations through the model, logits and value back on the host",
    "update": "one gradient step of the agent on a batch of 64",
    "train": "full A2C training: environment steps per second, and time to the solved environment",
}
