"""The statement that reads a table: its columns, the rows that conditions leave, in the table's order."""

from dataclasses import dataclass
from typing import Any

from samplew_gbm.columns import EVENT
from samplew_gbm.data.database_url import DatabaseUrl
from samplew_gbm.data.request import Request
from samplew_gbm.data.sql_conditions import Dialect, Kind, Value, quoted_name, sql_clauses
from samplew_gbm.data.sql_connection import rows_of
from samplew_gbm.data.sql_kinds import declared_kinds, only_kinds, stored_kinds
from samplew_gbm.errors import SchemaError

_CAST: dict[Kind, str] = {
    "integer": "int8",
    "real": "float8",
    "text": "text",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What is asked of a database, and the values of its parameters."""

    text: str
    values: tuple[Value, ...] = ()


def select_statement(connection: Any, url: DatabaseUrl, wanted: list[str], request: Request) -> Statement:
    """A query as it stands; of a table its rows, less those that it can tell to be refused by the conditions.

    ``SchemaError`` for ids of more than one kind.
    """
    if url.query:
        return Statement(url.query)
    return (_of_sqlite if url.kind == "sqlite" else _of_postgresql)(connection, url, wanted, request)


def _of_sqlite(connection: Any, url: DatabaseUrl, wanted: list[str], request: Request) -> Statement:
    ids = [name for name in request.ids if name in wanted]
    stored = stored_kinds(connection, url, wanted if request.conditions else ids)
    for name in ids:
        _check_one_kind(stored[name], name, url)
    if not _has_rowid(connection, url):
        return Statement(_selected(url, wanted, []))
    values: list[Value] = []

    def place(value: Value, kind: Kind) -> str:
        values.append(value)
        return "?"

    bytewise = "(+{} COLLATE BINARY)"  # the sign keeps the type of a column from changing the value
    dialect = Dialect(bytewise, bytewise, "{} NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'", place)
    kinds = _kinds_of_sqlite(connection, url, stored, request) if request.conditions else {}
    clauses = sql_clauses(request.conditions, kinds, request.time_column, dialect)
    return Statement(f"{_selected(url, wanted, clauses)} ORDER BY rowid", tuple(values))


def _kinds_of_sqlite(
    connection: Any, url: DatabaseUrl, stored: dict[str, set[str]], request: Request
) -> dict[str, Kind]:
    """Kinds of columns; none where some rows could come as another kind than all, or text is not UTF-8."""
    event = request.mapped.get(EVENT)
    mixed = any(
        len(kinds) > 1 and (kinds != {"integer", "real"} or name == event) for name, kinds in stored.items()
    )
    return {} if mixed or rows_of(connection, url, "PRAGMA encoding") != [["UTF-8"]] else only_kinds(stored)


def _check_one_kind(kinds: set[str], name: str, url: DatabaseUrl) -> None:
    """Refuse ids that are text in some rows and numbers in others: the driver makes text of both."""
    if len(kinds) > 1 and kinds != {"integer", "real"}:
        words = " and ".join(sorted(kinds))
        raise SchemaError(f"{url}: column {name!r} mixes {words}; write one kind of id")


def _has_rowid(connection: Any, url: DatabaseUrl) -> bool:
    """Whether rows of the table are numbered: views and tables WITHOUT ROWID are not."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SELECT rowid FROM {quoted_name(url.table)} LIMIT 0")
        except Exception as error:
            if "no such column" in str(error):
                return False
            raise
    return True


def _of_postgresql(connection: Any, url: DatabaseUrl, wanted: list[str], request: Request) -> Statement:
    def place(value: Value, kind: Kind) -> str:
        # Rows are streamed by COPY, which has no parameters: so the server is given the value and quotes it.
        [[literal]] = rows_of(connection, url, "SELECT quote_literal($1)", (str(value),))
        return f"{literal}::{_CAST[kind]}"

    dialect = Dialect("{}", '({} COLLATE "C")', "{} !~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'", place)
    kinds = declared_kinds(connection, url) if request.conditions else {}
    clauses = sql_clauses(request.conditions, kinds, request.time_column, dialect)
    if clauses:
        with connection.cursor() as cursor:  # an index may say which pages are read, not their order
            cursor.execute("SET enable_indexscan = off")
    return Statement(_selected(url, wanted, clauses))


def _selected(url: DatabaseUrl, wanted: list[str], clauses: list[str]) -> str:
    columns = ", ".join(quoted_name((name,)) for name in wanted)
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    return f"SELECT {columns} FROM {quoted_name(url.table)}{where}"
