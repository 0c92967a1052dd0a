"""What tests of several rooms share."""

import os
from collections.abc import Iterator

import pytest

from tests.data.postgres import Server, binaries, running_server

# Read when the first OpenMP library is loaded, and some tests load LightGBM by themselves: threads that wait
# without spinning leave the processors to whoever else works on the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real server for the whole run."""
    if binaries() is None:
        pytest.skip("no PostgreSQL server is installed (initdb and pg_ctl); apt-get install postgresql")
    with running_server() as server:
        yield server
