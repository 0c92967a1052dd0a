"""Rows of a database, by table or by query, through ADBC: Arrow batches without Python objects between."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from samplew_gbm.data.arrow import Column, as_array
from samplew_gbm.data.chunks import join_tables, without_empty_types
from samplew_gbm.data.database_url import DatabaseUrl
from samplew_gbm.data.request import Part, Request
from samplew_gbm.data.sql_conditions import quoted_name
from samplew_gbm.data.sql_connection import FIRST_BATCH, connected, opened
from samplew_gbm.data.sql_statements import Statement, select_statement

_EXACT = pa.decimal256(76, 20)  # of a numeric that is an id, so that a broken one is seen
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_UUID_PLACES = np.array([place for place in range(36) if place not in (8, 13, 18, 23)])


def read_sql(url: DatabaseUrl, request: Request) -> Part:
    """The wanted columns of a table or query.

    A table is read in the order in which it lies in the database: by rowid in SQLite where it has one. Of
    its rows the database leaves out what it can tell that the conditions of ``request`` refuse; the rest is
    judged here. A query is run as it stands and says its own order.
    """
    return Part(join_tables([part.table for part in stream_sql(url, request)], str(url)), str(url))


def stream_sql(url: DatabaseUrl, request: Request) -> Iterator[Part]:
    """The same in batches, at least one."""
    with connected(url) as connection:
        wanted = request.resolve(_columns_of(connection, url), str(url))
        statement = select_statement(connection, url, wanted, request)
        for table in _batches(connection, url, statement):
            yield Part(pa.table({name: _plain(table, name, request) for name in wanted}), str(url))


def sql_columns(url: DatabaseUrl) -> list[str]:
    """The columns of a table or query."""
    with connected(url) as connection:
        return _columns_of(connection, url)


def _columns_of(connection: Any, url: DatabaseUrl) -> list[str]:
    statement = f"SELECT * FROM {quoted_name(url.table)} LIMIT 0" if url.table else url.query
    with opened(connection, url, statement) as rows:
        return list(rows.schema.names)


def _batches(connection: Any, url: DatabaseUrl, statement: Statement) -> Iterator[pa.Table]:
    """Tables of some rows each.

    SQLite's columns have no types. The driver takes those that the first batch shows, and gives up at a row
    that is of another: then the rest is read once more, with a first batch that reaches further.
    """
    n_done, n_first = 0, FIRST_BATCH
    while True:
        n_before = 0
        try:
            with opened(connection, url, statement.text, statement.values, n_first=n_first) as reader:
                yield reader.schema.empty_table()
                for batch in reader:
                    n_before += len(batch)
                    if n_before > n_done:
                        yield pa.Table.from_batches([batch.slice(max(0, len(batch) - n_before + n_done))])
                        n_done = n_before
            return
        except OSError as error:
            if "Type mismatch" not in str(error) or n_first > max(n_before, FIRST_BATCH) * 64:
                raise
            n_first *= 16


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
