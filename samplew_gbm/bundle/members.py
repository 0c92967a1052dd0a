"""How the members of a bundle become plain arrays and JSON, and come back.

Nothing here can run code when it is read: arrays are raw little-endian numbers, Arrow columns are taken
apart into such arrays (so that no compressed, dictionary or extension type of Arrow's own file format
reaches a parser), and everything else is JSON.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.errors import BundleError

BYTES, JSON, ARRAY, COLUMN, TABLE = "bytes", "json", "array", "column", "table"

DTYPES = {np.dtype(name).str: np.dtype(name) for name in ("?", *"bhiq", *"BHIQ", "f2", "f4", "f8")}
_NUMBERS = (
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
    *(pa.float32(), pa.float64(), pa.bool_()),
)
_STRINGS = (pa.string(), pa.large_string())
_COLUMN_TYPES = {str(kind): kind for kind in (*_NUMBERS, *_STRINGS)}
_MAX_DIMENSIONS = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One blob to store: its name, kind and bytes; dtype and shape of an array."""

    name: str
    kind: str
    data: Any
    dtype: str = ""
    shape: tuple[int, ...] = ()


class ColumnHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a column's arrays mean."""

    type: str
    has_nulls: bool


def parts_of(name: str, value: Any) -> Iterator[Part]:
    """Every blob that stores ``value``; BundleError for what a bundle cannot hold."""
    if isinstance(value, bytes | bytearray | memoryview):
        yield Part(name, BYTES, bytes(value))
    elif isinstance(value, np.ndarray):
        yield _array_part(name, value)
    elif isinstance(value, pa.Array | pa.ChunkedArray):
        yield from _column_parts(name, value)
    elif isinstance(value, pa.Table):
        yield Part(name, TABLE, msgspec.json.encode(value.column_names))
        for place, column in enumerate(value.columns):
            yield from _column_parts(f"{name}/{place}", column)
    else:
        yield _json_part(name, value)


def _json_part(name: str, value: Any) -> Part:
    try:
        return Part(name, JSON, msgspec.json.encode(value, order="deterministic"))
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise BundleError(f"member {name} of type {type(value).__name__} cannot be saved: {error}") from None


def _array_part(name: str, value: NDArray[Any]) -> Part:
    if value.dtype.str not in DTYPES:
        raise BundleError(
            f"array {name} of dtype {value.dtype.str} cannot be saved: use little-endian numbers or bool"
        )
    packed = np.ascontiguousarray(value)
    return Part(name, ARRAY, packed.reshape(-1).view(np.uint8).data, value.dtype.str, value.shape)


def _column_parts(name: str, column: pa.Array | pa.ChunkedArray) -> Iterator[Part]:
    if str(column.type) not in _COLUMN_TYPES:
        raise BundleError(f"column {name} of type {column.type} cannot be saved: use numbers, bool or string")
    array = (
        pa.concat_arrays(column.chunks)
        if isinstance(column, pa.ChunkedArray) and column.num_chunks
        else column
    )
    if isinstance(array, pa.ChunkedArray):
        array = pa.array([], column.type)
    has_nulls = array.null_count > 0
    yield Part(name, COLUMN, msgspec.json.encode(ColumnHeader(str(array.type), has_nulls)))
    if has_nulls:
        yield _array_part(f"{name}/valid", array.is_valid().to_numpy(zero_copy_only=False))
    if array.type in _STRINGS:
        offsets, characters = _string_arrays(array)
        yield _array_part(f"{name}/offsets", offsets)
        yield _array_part(f"{name}/values", characters)
    else:
        zero = pa.scalar(0).cast(array.type)
        yield _array_part(f"{name}/values", array.fill_null(zero).to_numpy(zero_copy_only=False))


def _string_arrays(array: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Offsets [n + 1] from 0, and UTF-8 bytes; nulls are empty."""
    large = array.cast(pa.large_string()).fill_null("")
    if len(large) == 0:
        return np.zeros(1, np.int64), np.empty(0, np.uint8)
    _, offsets_buffer, data_buffer = large.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64, len(large) + 1, large.offset * 8)
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer is not None else np.empty(0, np.uint8)
    return offsets - offsets[0], data[offsets[0] : offsets[-1]]


def array_from(data: NDArray[np.uint8], dtype: str, shape: list[int]) -> NDArray[Any]:
    """The array that these bytes are; ValueError where dtype, shape and size do not fit."""
    if dtype not in DTYPES or len(shape) > _MAX_DIMENSIONS or any(length < 0 for length in shape):
        raise ValueError("array of unknown type or shape")
    if dtype == "|b1" and np.any(data > 1):
        raise ValueError("array of bool holds other bytes than 0 and 1")
    array: NDArray[Any] = data.view(DTYPES[dtype]).reshape(shape)
    return array


def column_from(header: ColumnHeader, part: Callable[[str], NDArray[Any]]) -> pa.Array:
    """Rebuild a column from its arrays; ValueError or an Arrow error where they do not fit."""
    kind = _COLUMN_TYPES[header.type]
    valid = part("valid") if header.has_nulls else None
    if valid is not None and (valid.dtype != np.bool_ or valid.ndim != 1):
        raise ValueError("validity of the wrong type")
    if kind in _STRINGS:
        return _strings(part("offsets"), part("values"), valid).cast(kind)
    return _numbers(part("values"), kind, valid)


def _numbers(values: NDArray[Any], kind: pa.DataType, valid: NDArray[np.bool_] | None) -> pa.Array:
    if values.dtype != np.dtype(kind.to_pandas_dtype()) or values.ndim != 1:
        raise ValueError("values do not fit the type of the column")
    if valid is not None and len(valid) != len(values):
        raise ValueError("validity does not fit the values")
    return pa.array(values, kind, mask=None if valid is None else ~valid, from_pandas=False)


def _strings(offsets: NDArray[Any], data: NDArray[Any], valid: NDArray[np.bool_] | None) -> pa.Array:
    if offsets.dtype != np.int64 or offsets.ndim != 1 or data.dtype != np.uint8 or data.ndim != 1:
        raise ValueError("offsets or characters of the wrong type")
    if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(data) or np.any(np.diff(offsets) < 0):
        raise ValueError("offsets do not fit the characters")
    if valid is not None and len(valid) != len(offsets) - 1:
        raise ValueError("validity does not fit the values")
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    array = pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)
    array.validate(full=True)
    if valid is None:
        return array
    return pc.if_else(pa.array(valid), array, pa.scalar(None, pa.large_string()))
