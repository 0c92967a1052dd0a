"""Vectors out of columns of a table: one column of lists, or one column a dimension."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.data.arrow import Column, as_array
from samplew_gbm.data.numbers import numbers_of
from samplew_gbm.data.request import Part
from samplew_gbm.data.validation import columns_text, one_line, reject_rows
from samplew_gbm.errors import DataError, SchemaError

ADVICE = "give one column of lists of numbers, or one column of numbers a dimension"
WIDTH_ADVICE = "all vectors must be of one width"


def is_vector_type(kind: pa.DataType) -> bool:
    """Whether a type holds lists of decimal numbers; lists of whole numbers are names elsewhere."""
    return _is_list(kind) and pa.types.is_floating(kind.value_type)


def matrix_of_part(part: Part, id_column: str) -> NDArray[Any]:
    """The vectors of one file or frame, ``[n, d]`` of any float type."""
    names = [name for name in part.table.column_names if name != id_column]
    lists = [name for name in names if _is_numeric_list(part.table[name].type)]
    if len(lists) > 1:
        raise SchemaError(
            f"{part.where}: {columns_text(lists)} all hold lists of numbers; keep one beside {id_column!r}"
        )
    if lists:
        return matrix_of_lists(part.table[lists[0]], where=part.where, name=lists[0])
    if not names:
        raise SchemaError(f"{part.where}: no column beside {id_column!r}; {ADVICE}")
    return np.stack([numbers_of(part, name, ADVICE) for name in names], axis=1)


def matrix_of_lists(column: Column, *, where: str, name: str) -> NDArray[Any]:
    """A column of lists as ``[n, d]``; ``DataError`` names rows that are missing or of another width."""
    values = as_array(column)
    lengths = pc.fill_null(pc.list_value_length(values), -1).to_numpy(zero_copy_only=False)
    fault = f"{where}: column {name!r}"
    reject_rows(lengths < 0, f"{fault} has no vector in", "fill it in or remove these rows")
    width = int(lengths[0]) if len(lengths) else 0
    reject_rows(lengths != width, f"{fault} begins with {width} numbers, but not in", WIDTH_ADVICE)
    flat = as_array(pc.list_flatten(values))
    if flat.null_count:
        flat = flat.cast(pa.float64(), safe=False)  # nulls become NaN, which is refused by row
    numbers: NDArray[Any] = flat.to_numpy(zero_copy_only=False)
    return numbers.reshape(len(values), width)


def matrix_of_rows(rows: Any, where: str) -> NDArray[Any]:
    """An array or a sequence of vectors as ``[n, d]``; ``DataError`` names the first of another width."""
    if not isinstance(rows, np.ndarray):
        rows = _stacked(list(rows), where)
    if rows.ndim != 2 or rows.dtype.kind not in "fiu":
        raise DataError(
            f"{where}: vectors are {rows.dtype} of shape {list(rows.shape)}; give numbers, a row a vector"
        )
    matrix: NDArray[Any] = rows
    return matrix


def _stacked(rows: Sequence[Any], where: str) -> NDArray[Any]:
    try:
        arrays = [np.asarray(row) for row in rows]
    except ValueError as error:
        raise DataError(f"{where}: a vector is no list of numbers ({one_line(error)})") from None
    shape = arrays[0].shape if arrays else (0,)
    bad = np.array([array.shape != shape for array in arrays], bool)
    reject_rows(bad, f"{where}: the first vector has shape {list(shape)}, but not", WIDTH_ADVICE)
    return np.stack(arrays) if arrays else np.empty((0, 1))


def _is_numeric_list(kind: pa.DataType) -> bool:
    if not _is_list(kind):
        return False
    return bool(pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))


def _is_list(kind: pa.DataType) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests)
