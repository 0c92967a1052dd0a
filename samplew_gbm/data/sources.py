"""Reading a log, pairs, users or items from a file, a folder or a table in memory."""

from collections.abc import Callable, Iterator, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.columns import (
    EVENT,
    ITEM_ID,
    LABEL,
    POSITION,
    QUERY_ID,
    TIMESTAMP,
    USER_ID,
    VALUE,
    WEIGHT,
    ColumnNames,
)
from samplew_gbm.data.arrow import Column, as_array, as_floats, decoded, first_uncastable
from samplew_gbm.data.conditions import parse_conditions
from samplew_gbm.data.database_url import DatabaseUrl, is_database_url, parse_database_url
from samplew_gbm.data.files import read_path, stream_path
from samplew_gbm.data.frames import is_frame, read_frame, stream_frame
from samplew_gbm.data.identifiers import checked_ids, join_ids
from samplew_gbm.data.impression_columns import (
    check_labels,
    check_positions,
    query_ids,
    wanted_columns,
    with_label,
)
from samplew_gbm.data.request import ID_COLUMNS, Part, Request, make_request
from samplew_gbm.data.sql_reader import read_sql, stream_sql
from samplew_gbm.data.timestamps import unix_seconds
from samplew_gbm.data.validation import check_not_empty, one_line, reject_rows
from samplew_gbm.errors import DataError, SchemaError, SettingsError

DEFAULT_NAMES = ColumnNames()


def read_log(
    source: Any,
    *,
    columns: ColumnNames = DEFAULT_NAMES,
    order: Literal["auto", "file"] = "auto",
    where: Sequence[str] = (),
) -> pa.Table:
    """Read an interaction log.

    ``source`` is a path to a Parquet, CSV, TSV or JSON-lines file (the text formats also as ``.gz``), a
    folder of such files (``name=value`` folders become columns), the address of a table or query in SQLite or
    PostgreSQL (``parse_database_url``), or a table in memory: pyarrow, pandas, polars, a dict of arrays,
    anything with ``__arrow_c_stream__``.

    Returns a table in the rows' order with ``user_id`` and ``item_id`` (each ``int64`` or ``string``) and,
    when the source has them, ``timestamp`` (``float64`` Unix seconds, see ``unix_seconds``), ``event``
    (``string``, may be null) and ``value`` (``float64``, NaN where missing); and ``weight`` (``float64``, 0
    or more) where ``columns`` names one. With ``order="file"`` no timestamp is read: the rows' order is each
    user's own order. Where ``columns`` names them: ``query_id`` (as ids, null for none), ``position``
    (``float64`` from 1 on, NaN where missing) and ``label`` (``float64``: 1 for what was taken, 0 for what
    was only shown, of which nothing is learned but what a query had to choose from).

    ``where`` keeps the rows for which all conditions hold, such as ``day>=2024-01-01``, on any columns of the
    source (``matching_rows`` says how they compare). Files and row groups of Parquet that cannot have such
    rows are not read.

    Raises ``SchemaError`` for a missing, doubled or unreadable column, ``DataError`` for bad rows and broken
    files, each naming the file, the column and the first rows, counted from 1 without the header.
    """
    request = log_request(columns, order, where)
    parts = read_parts(source, request)
    table = _canonical(parts, request)
    return with_label(table, columns, parts[0].where) if wanted_columns(columns) else table


def log_request(columns: ColumnNames, order: str, where: Sequence[str]) -> Request:
    """What is read of a log."""
    if order not in ("auto", "file"):
        raise SettingsError(f"order is {order!r}; give 'auto' or 'file'")
    required = (USER_ID, ITEM_ID, *((WEIGHT,) if columns.weight else ()), *wanted_columns(columns))
    known = (TIMESTAMP, EVENT, VALUE) if order == "auto" else (EVENT, VALUE)
    optional = tuple(name for name in known if name not in required)
    return make_request(columns, required, optional, conditions=parse_conditions(where))


def read_pairs(source: Any, *, columns: ColumnNames = DEFAULT_NAMES) -> pa.Table:
    """Read pairs to score: ``user_id`` and ``item_id`` as in ``read_log``, every other column kept."""
    request = make_request(columns, (USER_ID, ITEM_ID), keep_rest=True)
    return _canonical(read_parts(source, request), request)


def read_items(source: Any, *, columns: ColumnNames = DEFAULT_NAMES) -> pa.Table:
    """Read what is said of items: ``item_id`` as in ``read_log``, every other column as it is."""
    request = make_request(columns, (ITEM_ID,), keep_rest=True)
    return _canonical(read_parts(source, request), request)


def read_user_table(source: Any, *, columns: ColumnNames = DEFAULT_NAMES) -> pa.Table:
    """Read what is said of users: ``user_id`` as in ``read_log``, every other column as it is."""
    request = make_request(columns, (USER_ID,), keep_rest=True)
    return _canonical(read_parts(source, request), request)


def read_users(source: Any, *, columns: ColumnNames = DEFAULT_NAMES) -> pa.Table:
    """Read a list of users: a table with the one column ``user_id``, repeated users kept."""
    request = make_request(columns, (USER_ID,))
    return _canonical(read_parts(source, request), request)


def read_parts(source: Any, request: Request) -> list[Part]:
    """The wanted columns and rows of every file of a source, as they stand there."""
    if not request.conditions:
        return _all_parts(source, request)
    parts = [part.matching(request) for part in _all_parts(source, request)]
    filled = [part for part in parts if part.table.num_rows]
    if not filled:
        raise _no_rows(source, request)
    return filled


def stream_parts(source: Any, request: Request, n_rows: int) -> Iterator[Part]:
    """The same in batches of about ``n_rows`` rows."""
    n_parts = 0
    for part in _all_batches(source, request, n_rows):
        kept = part.matching(request)
        if kept.table.num_rows:
            n_parts += 1
            yield kept
    if request.conditions and not n_parts:
        raise _no_rows(source, request)


def _no_rows(source: Any, request: Request) -> DataError:
    words = " and ".join(map(str, request.conditions))
    return DataError(f"{source_text(source)}: has no rows where {words}; change the conditions")


def source_text(source: Any) -> str:
    """What errors call a source."""
    if isinstance(source, str) and is_database_url(source):
        return str(parse_database_url(source))
    return f"the {type(source).__name__}" if is_frame(source) else str(source)


def _all_parts(source: Any, request: Request) -> list[Part]:
    if is_frame(source):
        return [read_frame(source, request)]
    place = _place_of(source)
    if isinstance(place, Path):
        return read_path(place, request)
    part = read_sql(place, request)
    if not request.conditions:
        check_not_empty(part.table.num_rows, part.where)
    return [part]


def _all_batches(source: Any, request: Request, n_rows: int) -> Iterator[Part]:
    if is_frame(source):
        return stream_frame(source, request, n_rows)
    place = _place_of(source)
    return stream_path(place, request, n_rows) if isinstance(place, Path) else stream_sql(place, request)


def _place_of(source: Any) -> Path | DatabaseUrl:
    """Where the rows of a source that is not in memory lie."""
    if isinstance(source, DatabaseUrl):
        return source
    if isinstance(source, str) and is_database_url(source):
        return parse_database_url(source)
    if isinstance(source, str | PathLike):
        return Path(fspath(source))
    raise SettingsError(
        f"cannot read a log from {type(source).__name__}; give a path, a pyarrow, pandas or polars table, "
        "a dict of arrays or an object with __arrow_c_stream__"
    )


def _canonical(parts: list[Part], request: Request) -> pa.Table:
    """Check and convert each part, so that errors name its file, then join them under our column names."""
    ours = {name: column for column, name in request.mapped.items()}
    names = list(dict.fromkeys(name for part in parts for name in part.table.column_names))
    _check_renaming(names, ours, parts[0].where)
    joined = {ours.get(name, name): _joined(name, ours.get(name), parts) for name in names}
    first = [column for column in request.mapped if column in joined]
    return pa.table({column: joined[column] for column in dict.fromkeys([*first, *joined])})


def _check_renaming(names: list[str], ours: dict[str, str], where: str) -> None:
    for name in names:
        if name not in ours and name in ours.values():
            raise SchemaError(
                f"{where}: column {name!r} stands beside the one mapped to it; rename or drop it"
            )


def _joined(name: str, column: str | None, parts: list[Part]) -> Column:
    """One column of all parts; ``column`` is our name for it, ``None`` for one that is only carried along."""
    having = [part for part in parts if name in part.table.column_names]
    if len(having) < len(parts) and column == TIMESTAMP:
        lacking = next(part for part in parts if name not in part.table.column_names)
        raise SchemaError(
            f"{lacking.where}: no column {name!r}, which {having[0].where} has; write it in all files"
        )
    if column in ID_COLUMNS:
        checked = query_ids if column == QUERY_ID else checked_ids
        ids = [checked(part.table[name], where=part.where, column=name) for part in parts]
        textual = all(name in part.textual for part in parts)
        return join_ids(ids, [part.where for part in parts], name, textual=textual)
    tables = [
        pa.table({name: converted(part.table[name], column, part.where, name)})
        if name in part.table.column_names
        else pa.table({name: pa.nulls(part.table.num_rows)})
        for part in parts
    ]
    try:
        return pa.concat_tables(tables, promote_options="permissive")[name]
    except pa.ArrowException as error:
        raise SchemaError(
            f"{parts[0].where}: column {name!r} differs between files: {one_line(error)}"
        ) from None


def converted(values: Column, column: str | None, where: str, name: str) -> Column:
    """A column as ``read_log`` gives it; ``column`` is our name for it, ``name`` the source\'s."""
    if column == TIMESTAMP:
        return pa.array(unix_seconds(values, where=where, column=name))
    if column == EVENT:
        return _events(values, where, name)
    if column == WEIGHT:
        return _weights(values, where, name)
    if column in (LABEL, POSITION):
        return _checked_values(values, where, name, check_labels if column == LABEL else check_positions)
    return _values(values, where, name) if column == VALUE else values


def _events(values: Column, where: str, name: str) -> Column:
    try:
        return decoded(values).cast(pa.string())
    except pa.ArrowException as error:
        raise SchemaError(f"{where}: column {name!r} cannot be read as text: {one_line(error)}") from None


def _values(values: Column, where: str, name: str) -> pa.Array:
    """Numbers with NaN where the log has none; infinite values are refused."""
    plain = as_array(decoded(values))
    try:
        numbers = as_floats(plain)
    except pa.ArrowInvalid:
        row = first_uncastable(plain, pa.float64())
        fault = f"holds {one_line(plain[row])[:40]!r} in row {row + 1}, which is not a number"
        raise SchemaError(f"{where}: column {name!r} {fault}; correct it or name another column") from None
    except pa.ArrowException:
        raise SchemaError(
            f"{where}: column {name!r} is of type {plain.type}; values must be numbers"
        ) from None
    infinite = abs(numbers) == float("inf")
    reject_rows(infinite, f"{where}: column {name!r} has infinite values in", "correct or remove these rows")
    return pa.array(numbers)


def _checked_values(
    values: Column, where: str, name: str, check: Callable[[NDArray[np.float64], str, str], None]
) -> pa.Array:
    numbers = _values(_as_numbers(values), where, name)
    check(as_floats(numbers), where, name)
    return numbers


def _as_numbers(values: Column) -> Column:
    """True and false, which labels may be, as 1 and 0."""
    return values.cast(pa.int8()) if pa.types.is_boolean(values.type) else values


def _weights(values: Column, where: str, name: str) -> pa.Array:
    """Numbers from 0 on, every row one."""
    weights = _values(values, where, name)
    bad = ~(as_floats(weights) >= 0)
    reject_rows(bad, f"{where}: column {name!r} is missing or negative in", "a weight is a number from 0 on")
    return weights
