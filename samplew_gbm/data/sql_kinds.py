"""What the columns of a table in a database hold: declared in PostgreSQL, seen in the rows in SQLite."""

from collections.abc import Mapping, Sequence
from typing import Any

from samplew_gbm.data.database_url import DatabaseUrl
from samplew_gbm.data.sql_conditions import Kind, quoted_name
from samplew_gbm.data.sql_connection import rows_of

_DECLARED: dict[str, Kind] = {
    "int2": "integer",
    "int4": "integer",
    "int8": "integer",
    "float8": "real",
    "text": "text",
    "varchar": "text",
    "timestamp": "timestamp",
    "date": "timestamp",
    "timestamptz": "timestamptz",
}
# Of tables only: what a view gives may come in another order where it gives less. Text of another encoding
# has another order of bytes.
_CATALOGUE = """
SELECT a.attname::text, t.typname::text
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'm', 'p')
AND t.typnamespace = 'pg_catalog'::regnamespace AND getdatabaseencoding() = 'UTF8'
"""


def declared_kinds(connection: Any, url: DatabaseUrl) -> dict[str, Kind]:
    """The columns of a table of PostgreSQL whose values compare as Arrow compares them."""
    rows = rows_of(connection, url, _CATALOGUE, (quoted_name(url.table),))
    return {name: _DECLARED[kind] for name, kind in rows if kind in _DECLARED}


def stored_kinds(connection: Any, url: DatabaseUrl, names: Sequence[str]) -> dict[str, set[str]]:
    """What SQLite stores in each column: integer, real, text, blob. One pass over the table."""
    columns = ", ".join(f"typeof({quoted_name((name,))})" for name in names)
    rows = rows_of(connection, url, f"SELECT DISTINCT {columns} FROM {quoted_name(url.table)}")
    return {name: {row[at] for row in rows} - {"null"} for at, name in enumerate(names)}


def only_kinds(stored: Mapping[str, set[str]]) -> dict[str, Kind]:
    """The columns that hold one kind of value, which they come as, whichever rows are asked for."""
    known: dict[frozenset[str], Kind] = {
        frozenset({"integer"}): "integer",
        frozenset({"real"}): "real",
        frozenset({"integer", "real"}): "real",
        frozenset({"text"}): "text",
    }
    found = {name: known.get(frozenset(kinds)) for name, kinds in stored.items()}
    return {name: kind for name, kind in found.items() if kind}
