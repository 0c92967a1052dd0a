"""The kernels run as plain Python too: a debugger steps through them, and coverage sees them."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NAMES = (
    "segments",
    "attention_kernel",
    "pooling",
    "scoring",
    "closeness",
    "topics_kernel",
    "selection",
    "event_windows",
    "ndcg",
)


def test_kernel_tests_pass_without_jit():
    files = [str(HERE / f"test_{name}.py") for name in NAMES]
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *files]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
