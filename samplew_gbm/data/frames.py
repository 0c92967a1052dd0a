"""Tables that are already in memory: pyarrow, pandas, polars, dicts, anything with ``__arrow_c_stream__``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from samplew_gbm.data.objects import column_from_objects, ids_from_objects
from samplew_gbm.data.request import Part, Request
from samplew_gbm.data.validation import check_not_empty, one_line
from samplew_gbm.errors import DataError, SchemaError


def is_frame(source: object) -> bool:
    """Whether ``source`` is a table in memory rather than a path."""
    known = (pa.Table, pa.RecordBatch, pa.RecordBatchReader, Mapping)
    return isinstance(source, known) or hasattr(source, "__arrow_c_stream__") or _is_pandas(source)


def read_frame(source: Any, request: Request) -> Part:
    """The wanted columns of a table in memory."""
    where = f"the {type(source).__name__}"
    if _is_pandas(source):
        table = _from_pandas(source, request, where)
    elif isinstance(source, Mapping):
        table = _from_mapping(source, request, where)
    else:
        table = _from_arrow(source, request, where)
    check_not_empty(table.num_rows, where)
    return Part(table, where)


def stream_frame(source: Any, request: Request, n_rows: int) -> Iterator[Part]:
    """The same in batches; a ``RecordBatchReader`` is read as they are taken."""
    if isinstance(source, pa.RecordBatchReader):
        wanted = request.resolve(source.schema.names, "the RecordBatchReader")
        for batch in source:
            yield Part(pa.Table.from_batches([batch]).select(wanted), "the RecordBatchReader")
        return
    part = read_frame(source, request)
    for start in range(0, part.table.num_rows, n_rows):
        yield Part(part.table.slice(start, n_rows), part.where, part.textual)


def _is_pandas(source: object) -> bool:
    return type(source).__module__.partition(".")[0] == "pandas" and hasattr(source, "columns")


def _from_arrow(source: Any, request: Request, where: str) -> pa.Table:
    try:
        table = source if isinstance(source, pa.Table) else _imported(source)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SchemaError(f"{where}: cannot be read as an Arrow table: {one_line(error)}") from None
    wanted = request.resolve(table.column_names, where)
    return table.select(wanted)


def _imported(source: Any) -> pa.Table:
    if isinstance(source, pa.RecordBatchReader):
        return source.read_all()
    if isinstance(source, pa.RecordBatch):
        return pa.Table.from_batches([source])
    return pa.table(source)


def _from_pandas(source: Any, request: Request, where: str) -> pa.Table:
    names = [str(name) for name in source.columns]
    wanted = request.resolve(names, where)
    columns = {name: _column(source.iloc[:, names.index(name)], name, request, where) for name in wanted}
    return pa.table(columns)


def _from_mapping(source: Mapping[Any, Any], request: Request, where: str) -> pa.Table:
    wanted = request.resolve([str(name) for name in source], where)
    values = {str(name): column for name, column in source.items()}
    columns = {name: _column(values[name], name, request, where) for name in wanted}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        text = ", ".join(f"{name!r} has {length}" for name, length in lengths.items())
        raise DataError(
            f"{where}: columns differ in length ({text}); give every column the same number of rows"
        )
    return pa.table(columns)


def _column(values: Any, name: str, request: Request, where: str) -> pa.Array | pa.ChunkedArray:
    return column_of(values, name, where, ids=name in request.ids)


def column_of(values: Any, name: str, where: str, *, ids: bool = False) -> pa.Array | pa.ChunkedArray:
    """One column of any kind; only columns of Python objects are looked at value by value."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if _holds_objects(values):
        convert = ids_from_objects if ids else column_from_objects
        return convert(_objects(values), where=where, column=name)
    try:
        if hasattr(values, "__arrow_c_stream__"):
            return pa.chunked_array(values)
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SchemaError(f"{where}: column {name!r} cannot be read: {one_line(error)}") from None


def _holds_objects(values: Any) -> bool:
    return isinstance(values, list | tuple) or getattr(values, "dtype", None) == np.dtype(object)


def _objects(values: Any) -> Sequence[Any]:
    """Python objects with ``None`` for what pandas calls missing."""
    if hasattr(values, "notna"):
        return list(values.where(values.notna(), None))
    return list(values)
