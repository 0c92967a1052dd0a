"""What importing the package and asking the command line for help load, seen from a process of its own."""

import os
import subprocess
import sys

import pytest

HEAVY = ("lightgbm", "sklearn", "numba", "scipy", "pyarrow", "pandas", "polars", "joblib")
HELP = """
from samplew_gbm.cli import main
sys.argv = ["samplew", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end
"""


def modules_loaded_by(code: str) -> set[str]:
    """The heavy packages in ``sys.modules`` after ``code`` ran in a fresh interpreter, told nothing."""
    report = f"import sys\n{code}\nprint('\\nloaded', *(name for name in {HEAVY!r} if name in sys.modules))"
    told = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    command = [sys.executable, "-c", report]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, env=told)
    assert shown.returncode == 0, shown.stderr
    return set(shown.stdout.splitlines()[-1].split()[1:])


def test_the_probe_sees_a_heavy_import() -> None:
    assert "scipy" in modules_loaded_by("import scipy")


def test_importing_the_package_is_light() -> None:
    assert modules_loaded_by("import samplew_gbm") == set()


@pytest.mark.parametrize("room", ["pipeline", "estimator", "ranking.joining", "ranking.scoring"])
def test_the_threads_of_lightgbm_are_told_not_to_spin_before_it_is_loaded(room: str) -> None:
    """On two busy cores a training took ten times as long when it was loaded first."""
    told = "import os; assert os.environ['OMP_WAIT_POLICY'] == 'PASSIVE'"
    code = f"import samplew_gbm.{room}\n{told}"
    assert "lightgbm" not in modules_loaded_by(code)


def test_scoring_needs_neither_lightgbm_nor_scikit_learn() -> None:
    """Their import would take longer than all else that a command which only scores does."""
    loaded = modules_loaded_by("from samplew_gbm.pipeline import load_model, recommend, score, evaluate")
    assert not loaded & {"lightgbm", "sklearn", "pandas"}
    pipeline = "from samplew_gbm.pipeline import matrix_inference, matrix_storage"
    assert not modules_loaded_by(pipeline) & {"lightgbm", "sklearn"}


def test_help_is_light() -> None:
    assert modules_loaded_by(HELP) == set()


def test_help_names_the_main_commands() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "import sys" + HELP], capture_output=True, text=True, timeout=120
    )
    for command in ("train", "score", "recommend"):
        assert command in shown.stdout
