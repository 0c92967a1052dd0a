"""What tests of several rooms share."""

from collections.abc import Iterator

import pytest

from tests.data.postgres import Server, binaries, running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real server for the whole run."""
    if binaries() is None:
        pytest.skip("no PostgreSQL server is installed (initdb and pg_ctl); apt-get install postgresql")
    with running_server() as server:
        yield server
