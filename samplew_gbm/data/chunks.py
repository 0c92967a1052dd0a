"""A column that was read in pieces, each with the type that its own values showed."""

from collections.abc import Sequence

import pyarrow as pa

from samplew_gbm.data.arrow import Column, is_text
from samplew_gbm.data.identifiers import WIDE
from samplew_gbm.errors import SchemaError


def join_chunks(chunks: Sequence[pa.Array], where: str, name: str) -> pa.ChunkedArray:
    """All pieces under one type; ``SchemaError`` when two hold different kinds of values."""
    kinds = {chunk.type for chunk in chunks} - {pa.null()}
    if len(kinds) > 1:
        kind = _common(kinds)
        if kind is None:
            raise SchemaError(_mixed(chunks, where, name))
        kinds = {kind}
    kind = kinds.pop() if kinds else pa.null()
    return pa.chunked_array([chunk.cast(kind) for chunk in chunks], kind)


def join_tables(tables: Sequence[pa.Table], where: str) -> pa.Table:
    """Batches of one source, all with the same columns, as one table."""
    names = tables[0].column_names
    return pa.table({name: join_chunks(_chunks(tables, name), where, name) for name in names})


def without_empty_types(column: Column) -> Column:
    """A column of nulls only has no type that its values showed."""
    return pa.nulls(len(column)) if column.null_count == len(column) else column


def _chunks(tables: Sequence[pa.Table], name: str) -> list[pa.Array]:
    return [chunk for table in tables for chunk in table[name].chunks]


def _mixed(chunks: Sequence[pa.Array], where: str, name: str) -> str:
    first = next(chunk.type for chunk in chunks if chunk.type != pa.null())
    row = 1
    for chunk in chunks:
        if chunk.type not in (first, pa.null()) and _common({first, chunk.type}) is None:
            break
        row += len(chunk)
    return (
        f"{where}: column {name!r} mixes {first} and {chunk.type}, first near row {row}; "
        "write one kind of value"
    )


def _common(kinds: set[pa.DataType]) -> pa.DataType | None:
    """The type that holds numbers of several types, or ``None`` for kinds that do not mix."""
    if kinds <= {pa.int64(), WIDE}:
        return WIDE
    if all(is_text(kind) for kind in kinds):
        return pa.string()
    return pa.float64() if kinds <= {pa.int64(), pa.float64()} else None
