"""The machine's fingerprint: what must be equal before two runs may be compared, and what a reader wants to know."""

import os
import platform
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from eagerbench.engines.local import ALLOWED_PREFIXES

PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "gymnasium", "jax", "pytest-benchmark")

# Variables of other programs that begin alike: Terraform's.
OF_OTHERS = (
    "TF_CLI_", "TF_CLOUD_", "TF_DATA_DIR", "TF_IGNORE", "TF_INPUT", "TF_IN_AUTOMATION", "TF_LOG", "TF_PLUGIN_",
    "TF_REATTACH_", "TF_REGISTRY_", "TF_STATE_", "TF_TOKEN_", "TF_VAR_", "TF_WORKSPACE",
)  # fmt: skip
# Results are shared: whatever may be a secret stays at home.
SECRETS = ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "_KEY")


def fingerprint() -> dict[str, Any]:
    """What is known of this machine and its software; imports none of it."""
    import cpuinfo

    cpu = cpuinfo.get_cpu_info()
    return {
        "cpu": cpu.get("brand_raw") or platform.processor() or "unknown",
        "cpu_flags": [
            flag for flag in cpu.get("flags", []) if flag.startswith(("avx", "amx", "fma", "sse4", "neon", "sve"))
        ],
        "cores": psutil.cpu_count(logical=False),
        "cores_logical": psutil.cpu_count(),
        "cores_usable": usable_cores(),
        "memory_bytes": psutil.virtual_memory().total,
        "load_average_1min": os.getloadavg()[0],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: _version(name) for name in PACKAGES},
        # Flags that TensorFlow, XLA and the BLAS libraries read; a launch inherits them.
        "environment": flags(os.environ),
        "commit": _commit(),
    }


def flags(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that TensorFlow, XLA and the BLAS libraries read, by name; none that may be a secret.

    Args:
        environment: all variables of a process.
    """
    return {
        name: value
        for name, value in sorted(environment.items())
        if name.startswith(ALLOWED_PREFIXES)
        and not name.startswith(OF_OTHERS)
        and not any(word in name for word in SECRETS)
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Commit of the folder that the run was started in, with ``+`` where it has changes; None outside a repository."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
            cwd=Path.cwd(),
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip() or None


def available_memory_bytes() -> int:
    """Memory that a process could take now without swapping."""
    return int(psutil.virtual_memory().available)


def usable_cores() -> int:
    """Cores that this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
