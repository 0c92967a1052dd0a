"""Small conveniences over Arrow columns."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.data.validation import check_kind, columns_text
from samplew_gbm.errors import SchemaError

Column: TypeAlias = pa.Array | pa.ChunkedArray


def check_table(value: object, name: str, columns: Iterable[str]) -> None:
    """Refuse an argument ``name`` that is no Arrow table (``SettingsError``) or lacks one of the columns."""
    advice = "give a pyarrow.Table; read_log makes one of a file, a folder or a table of another kind"
    check_kind(value, pa.Table, name, advice)
    there = value.column_names  # type: ignore[attr-defined]
    for column in columns:
        if column not in there:
            raise SchemaError(f"{name}: no column {column!r} among {columns_text(there)}; add or rename it")


def as_array(column: Column) -> pa.Array:
    """A column as one Arrow array."""
    if isinstance(column, pa.Array):
        return column
    chunks = column.chunks
    return (
        chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks) if chunks else pa.array([], column.type)
    )


def as_mask(column: Column) -> NDArray[np.bool_]:
    """A Boolean column without nulls as a NumPy mask."""
    mask: NDArray[np.bool_] = as_array(column).to_numpy(zero_copy_only=False)
    return mask


def missing_values(column: Column) -> NDArray[np.bool_] | None:
    """Mask of nulls, NaN and empty text; ``None`` where no value is missing."""
    if pa.types.is_floating(column.type):
        missing = column.is_null(nan_is_null=True)
    elif is_text(column.type):
        missing = pc.fill_null(pc.equal(pc.binary_length(column), 0), True)
    elif column.null_count == 0:
        return None
    else:
        missing = column.is_null()
    return as_mask(missing) if pc.any(missing).as_py() else None


def as_floats(column: Column) -> NDArray[np.float64]:
    """A numeric column as ``float64[n]``, nulls as NaN."""
    return np.asarray(
        as_array(column).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64
    )


def decoded(column: Column) -> Column:
    """A dictionary-encoded column as plain values; any other as it is."""
    if not pa.types.is_dictionary(column.type):
        return column
    if isinstance(column, pa.Array):
        return _decode(column)
    return pa.chunked_array([_decode(chunk) for chunk in column.chunks] or [pa.nulls(0, pa.string())])


def _decode(column: pa.DictionaryArray) -> pa.Array:
    # Arrow cannot take from its view layout of text, so text is brought to one layout first.
    names = column.dictionary
    return (names.cast(pa.string()) if is_text(names.type) else names).take(column.indices)


def is_text(kind: pa.DataType) -> bool:
    """Whether a type holds text, in any of Arrow's layouts."""
    is_view = getattr(pa.types, "is_string_view", lambda kind: False)  # pyarrow 16 and later
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or is_view(kind))


def with_plain_text(table: pa.Table) -> pa.Table:
    """The same table with text in the layouts that Arrow can take rows from."""
    plain = (pa.string(), pa.large_string())
    for place, field in enumerate(table.schema):
        if is_text(field.type) and field.type not in plain:
            table = table.set_column(place, field.name, table[field.name].cast(pa.string()))
    return table


def try_cast(values: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """``values`` as ``kind``, or ``None`` when some cannot be."""
    try:
        return values.cast(kind)
    except pa.ArrowInvalid:
        return None


def first_uncastable(values: pa.Array, kind: pa.DataType) -> int:
    """Place of the first value that does not read as ``kind``, by bisection; at least one does not."""
    low, high = 0, len(values)
    while high - low > 1:
        middle = (low + high) // 2
        if try_cast(values[low:middle], kind) is None:
            high = middle
        else:
            low = middle
    return low


def table_of(columns: Mapping[str, Any]) -> pa.Table:
    """A table of Arrow or NumPy columns of one length, in their order."""
    return pa.table(dict(columns))


def list_column(indptr: NDArray[np.int64], values: Any) -> pa.Array:
    """A column of lists: that of row ``j`` is ``values[indptr[j]:indptr[j + 1]]``."""
    return pa.ListArray.from_arrays(pa.array(indptr.astype(np.int32)), pa.array(values))
