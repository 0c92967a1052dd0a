"""A connection to a database for reading, and what it raises: one error that holds no secret."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from samplew_gbm.data.database_url import DatabaseUrl
from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import DataError, SamplewError, SchemaError, SettingsError

# SQLite has no types of columns: the driver takes those of the first batch, so that one is large.
FIRST_BATCH = 1 << 16
# Without them a table may be read from its middle on, or by several workers at once.
_PHYSICAL_ORDER = (
    "SET synchronize_seqscans = off",
    "SET max_parallel_workers_per_gather = 0",
    "SET enable_indexonlyscan = off",
)


@contextmanager
def connected(url: DatabaseUrl) -> Iterator[Any]:
    """A connection that can change nothing: SQLite is opened for reading, PostgreSQL told to read only.

    Whatever its driver raises while it is open becomes one ``DataError`` that names the address.
    """
    with _speaking_of(url):
        connection = _sqlite(url) if url.kind == "sqlite" else _postgresql(url)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def opened(
    connection: Any,
    url: DatabaseUrl,
    statement: str,
    values: Sequence[Any] = (),
    *,
    n_first: int = FIRST_BATCH,
) -> Iterator[pa.RecordBatchReader]:
    """The rows that a statement gives for the ``values`` of its parameters."""
    options = {"adbc.sqlite.query.batch_rows": str(n_first)} if url.kind == "sqlite" else {}
    with connection.cursor(adbc_stmt_kwargs=options) as cursor:
        cursor.execute(statement, tuple(values) or None)
        if not cursor.description:
            raise DataError(f"{url}: the query gives no columns; write one that begins with SELECT or WITH")
        with cursor.fetch_record_batch() as reader:
            yield reader


def rows_of(connection: Any, url: DatabaseUrl, statement: str, values: Sequence[Any] = ()) -> list[list[Any]]:
    """All rows of a small answer."""
    with opened(connection, url, statement, values) as reader:
        columns = [column.to_pylist() for column in reader.read_all().columns]
    return [list(row) for row in zip(*columns, strict=True)]


@contextmanager
def _speaking_of(url: DatabaseUrl) -> Iterator[None]:
    try:
        yield
    except (SamplewError, MemoryError):
        raise
    except Exception as error:
        if not isinstance(error, OSError | pa.ArrowException) and "adbc" not in type(error).__module__:
            raise
        raise _fault(url, url.redacted(str(error))) from None


def _fault(url: DatabaseUrl, text: str) -> DataError:
    text = re.split(r"\s*Query was:|\nquery:", text)[0]
    text = re.sub(r"^[A-Z_]+: |\[(?:libpq|SQLite)\] ", "", text)
    line = one_line(text).rstrip(".")
    if "Type mismatch" in line:
        return SchemaError(f"{url}: a column mixes text and numbers ({line}); cast it in a query")
    if "connect" in line or "failed to open" in line:
        return DataError(f"{url}: cannot be opened ({line}); check the address, user and password")
    return DataError(f"{url}: cannot be read ({line}); check the names of table and columns, or the query")


def _sqlite(url: DatabaseUrl) -> Any:
    try:
        import adbc_driver_sqlite.dbapi as driver
    except ImportError:
        raise _no_driver(url) from None
    if not os.path.isfile(url.file):
        raise DataError(f"{url}: there is no file {url.file}")
    return driver.connect(f"file:{quote(url.file)}?mode=ro")


def _postgresql(url: DatabaseUrl) -> Any:
    try:
        import adbc_driver_postgresql.dbapi as driver
    except ImportError:
        raise _no_driver(url) from None
    connection = driver.connect(url.uri)
    with connection.cursor() as cursor:
        for statement in ("SET TRANSACTION READ ONLY", *(_PHYSICAL_ORDER if url.table else ())):
            cursor.execute(statement)
    return connection


def _no_driver(url: DatabaseUrl) -> SettingsError:
    return SettingsError(
        f"{url}: reading {url.kind} needs its driver; install it with pip install 'samplew_gbm[sql]'"
    )
