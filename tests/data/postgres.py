"""A PostgreSQL server of our own, thrown away after the tests."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

PASSWORD = "pass/word@:%"
ENCODED = "pass%2Fword%40%3A%25"
USER = "tester"


@dataclass(frozen=True)
class Server:
    """Where a running server listens; on the loopback interface only."""

    port: int

    def url(self, *, user: str = USER, password: str = ENCODED, database: str = "postgres") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def table(self, name: str) -> str:
        return f"{self.url()}?table={name}"

    def query(self, text: str) -> str:
        return f"{self.url()}?query={text}"

    def execute(self, *statements: str) -> None:
        import adbc_driver_postgresql.dbapi as driver

        with driver.connect(self.url()) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def write(self, name: str, table: pa.Table) -> None:
        import adbc_driver_postgresql.dbapi as driver

        with driver.connect(self.url()) as connection, connection.cursor() as cursor:
            cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
            cursor.adbc_ingest(name, table)
            connection.commit()


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``; ``None`` where no server is installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    found = shutil.which("pg_ctl")
    folders += [Path(os.path.realpath(found)).parent] if found else []
    return next((f for f in reversed(folders) if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


@contextmanager
def running_server() -> Iterator[Server]:
    """A server in a folder of its own; ``initdb`` refuses root, so root hands it to another user."""
    programs = binaries()
    assert programs is not None
    port = free_port()
    as_user = ["runuser", "-u", server_account(), "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="pg") as folder:  # a socket's path has to be short
        home = Path(folder)
        (home / "password").write_text(PASSWORD)
        if as_user:
            shutil.chown(home, server_account())
            shutil.chown(home / "password", server_account())
        data = f"{home}/data"
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
        login = ["-A", "scram-sha-256", "-U", USER, f"--pwfile={home}/password"]
        run(
            as_user, [f"{programs}/initdb", "-D", data, "--no-sync", "-E", "UTF8", "--locale=C", *login], home
        )
        pg_ctl = [f"{programs}/pg_ctl", "-D", data, "-w", "-s", "-l", f"{home}/log"]
        run(as_user, [*pg_ctl, "-o", options, "start"], home)
        try:
            yield Server(port)
        finally:
            run(as_user, [*pg_ctl, "-m", "immediate", "stop"], home)


def run(prefix: list[str], command: list[str], folder: Path) -> None:
    subprocess.run([*prefix, *command], cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=60)


def server_account() -> str:
    """A user who is not root: the server's own where there is one."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
