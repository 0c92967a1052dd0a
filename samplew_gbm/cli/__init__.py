"""The command line: a thin skin over the package's public names."""

import sys
from collections.abc import Sequence
from typing import NoReturn

from samplew_gbm.cli._run import run


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``samplew`` with ``arguments`` (default: those of the process) and end with its exit code."""
    sys.exit(run(arguments))
