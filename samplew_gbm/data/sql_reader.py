"""Rows of a database, by table or by query, through ADBC: Arrow batches without Python objects between."""

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from samplew_gbm.data.arrow import Column, as_array
from samplew_gbm.data.chunks import join_tables, without_empty_types
from samplew_gbm.data.database_url import DatabaseUrl
from samplew_gbm.data.request import Part, Request
from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import DataError, SamplewError, SchemaError, SettingsError

# SQLite has no types of columns: the driver takes those of the first batch, so that one is large.
_FIRST_BATCH = 1 << 16
# Without them a table may be read from its middle on, or by several workers at once.
_PHYSICAL_ORDER = (
    "SET synchronize_seqscans = off",
    "SET max_parallel_workers_per_gather = 0",
    "SET enable_indexonlyscan = off",
)
_EXACT = pa.decimal256(76, 20)  # of a numeric that is an id, so that a broken one is seen
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_UUID_PLACES = np.array([place for place in range(36) if place not in (8, 13, 18, 23)])


def read_sql(url: DatabaseUrl, request: Request) -> Part:
    """The wanted columns of a table or query.

    A table is read in the order in which it lies in the database: by rowid in SQLite where it has one. A
    query is run as it stands and says its own order. Nothing can be changed: SQLite is opened for reading,
    and PostgreSQL gets a read-only transaction.
    """
    return Part(join_tables([part.table for part in stream_sql(url, request)], str(url)), str(url))


def stream_sql(url: DatabaseUrl, request: Request) -> Iterator[Part]:
    """The same in batches, at least one."""
    with _speaking_of(url), _connection(url) as connection:
        wanted = request.resolve(_columns_of(connection, url), str(url))
        for table in _batches(connection, url, wanted):
            yield Part(pa.table({name: _plain(table, name, request) for name in wanted}), str(url))
        if url.kind == "sqlite" and url.table:
            for name in set(request.ids) & set(wanted):
                _check_one_kind(connection, url, name)


def _batches(connection: Any, url: DatabaseUrl, wanted: list[str]) -> Iterator[pa.Table]:
    """Tables of some rows each.

    SQLite's columns have no types. The driver takes those that the first batch shows, and gives up at a row
    that is of another: then the rest is read once more, with a first batch that reaches further.
    """
    n_done, n_first = 0, _FIRST_BATCH
    while True:
        n_before = 0
        try:
            with _rows(connection, url, wanted, n_first) as reader:
                yield reader.schema.empty_table()
                for batch in reader:
                    n_before += len(batch)
                    if n_before > n_done:
                        yield pa.Table.from_batches([batch.slice(max(0, len(batch) - n_before + n_done))])
                        n_done = n_before
            return
        except OSError as error:
            if "Type mismatch" not in str(error) or n_first > max(n_before, _FIRST_BATCH) * 64:
                raise
            n_first *= 16


def _check_one_kind(connection: Any, url: DatabaseUrl, name: str) -> None:
    """Refuse ids that are text in some rows and numbers in others: the driver makes text of both."""
    column = _quoted((name,))
    statement = f"SELECT typeof({column}) AS kind FROM {_quoted(url.table)} WHERE {column} IS NOT NULL"
    with _opened(connection, url, f"{statement} GROUP BY 1 ORDER BY 1") as reader:
        kinds = reader.read_all()["kind"].to_pylist()
    if len(set(kinds) & {"text", "integer", "real", "blob"}) > 1 and set(kinds) != {"integer", "real"}:
        raise SchemaError(f"{url}: column {name!r} mixes {' and '.join(kinds)}; write one kind of id")


def sql_columns(url: DatabaseUrl) -> list[str]:
    """The columns of a table or query."""
    with _speaking_of(url), _connection(url) as connection:
        return _columns_of(connection, url)


@contextmanager
def _speaking_of(url: DatabaseUrl) -> Iterator[None]:
    """Whatever the driver raises becomes one ``DataError`` that names the address and holds no secret."""
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


@contextmanager
def _connection(url: DatabaseUrl) -> Iterator[Any]:
    connection = _sqlite(url) if url.kind == "sqlite" else _postgresql(url)
    try:
        yield connection
    finally:
        connection.close()


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


def _columns_of(connection: Any, url: DatabaseUrl) -> list[str]:
    statement = f"SELECT * FROM {_quoted(url.table)} LIMIT 0" if url.table else url.query
    with _opened(connection, url, statement) as rows:
        return list(rows.schema.names)


def _rows(
    connection: Any, url: DatabaseUrl, wanted: list[str], n_first: int
) -> AbstractContextManager[pa.RecordBatchReader]:
    """A reader of the wanted columns of a table, or of all columns of a query."""
    if url.query:
        return _opened(connection, url, url.query, n_first)
    columns = ", ".join(_quoted((name,)) for name in wanted)
    ordered = " ORDER BY rowid" if url.kind == "sqlite" and _has_rowid(connection, url) else ""
    return _opened(connection, url, f"SELECT {columns} FROM {_quoted(url.table)}{ordered}", n_first)


@contextmanager
def _opened(
    connection: Any, url: DatabaseUrl, statement: str, n_first: int = _FIRST_BATCH
) -> Iterator[pa.RecordBatchReader]:
    options = {"adbc.sqlite.query.batch_rows": str(n_first)} if url.kind == "sqlite" else {}
    with connection.cursor(adbc_stmt_kwargs=options) as cursor:
        cursor.execute(statement)
        if not cursor.description:
            raise DataError(f"{url}: the query gives no columns; write one that begins with SELECT or WITH")
        with cursor.fetch_record_batch() as reader:
            yield reader


def _has_rowid(connection: Any, url: DatabaseUrl) -> bool:
    """Whether rows of the table are numbered: views and tables WITHOUT ROWID are not."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SELECT rowid FROM {_quoted(url.table)} LIMIT 0")
        except Exception as error:
            if "no such column" in str(error):
                return False
            raise
    return True


def _quoted(names: tuple[str, ...]) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def _plain(table: pa.Table, name: str, request: Request) -> Column:
    """A column of PostgreSQL's own types as Arrow's plain ones: numeric, uuid, and what comes as text."""
    column, kind = table[name], table.schema.field(name)
    if not isinstance(kind.type, pa.BaseExtensionType):
        return without_empty_types(column)
    storage = as_array(column).storage
    named = (kind.metadata or {}).get(b"POSTGRESQL:type", b"")
    if named == b"numeric":
        return storage.cast(_EXACT if name in request.ids else pa.float64())
    return _uuid_text(storage) if named == b"uuid" else storage


def _uuid_text(values: pa.FixedSizeBinaryArray) -> pa.Array:
    """16 bytes each as 36 characters."""
    filled = values.fill_null(bytes(16))
    octets = np.frombuffer(filled.buffers()[1], np.uint8)[16 * filled.offset :][: 16 * len(filled)]
    text = np.full((len(filled), 36), ord("-"), np.uint8)
    text[:, _UUID_PLACES[0::2]] = _HEX[octets.reshape(-1, 16) >> 4]
    text[:, _UUID_PLACES[1::2]] = _HEX[octets.reshape(-1, 16) & 15]
    offsets = pa.py_buffer(36 * np.arange(len(filled) + 1, dtype=np.int32))
    ids = pa.StringArray.from_buffers(len(filled), offsets, pa.py_buffer(text))
    return pc.if_else(values.is_valid(), ids, pa.scalar(None, pa.string()))
