"""What a result has to say about where it came from: processor, threads, versions, commit."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("samplew_gbm", "lightgbm", "numba", "numpy", "pyarrow", "scikit-learn", "scipy")
REPOSITORY = Path(__file__).resolve().parent.parent


def cpu_model() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def n_cpus() -> int:
    """The CPUs that this process, and what it starts, may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def git(*words: str) -> str:
    command = ["git", "-C", str(REPOSITORY), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def describe() -> dict[str, object]:
    """``uncommitted`` names the tracked files that differ from ``commit``."""
    return {
        "cpu": cpu_model(),
        "n_threads": n_cpus(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": versions(),
        "commit": git("rev-parse", "HEAD") or "unknown",
        "uncommitted": git("diff", "--name-only", "HEAD").splitlines(),
    }
