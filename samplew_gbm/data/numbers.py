"""A column of numbers as ``float64``, and nothing else taken for one."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.data.arrow import Column, as_array, as_floats, first_uncastable, is_text, try_cast
from samplew_gbm.data.request import Part
from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import SchemaError


def numbers_of(part: Part, name: str, advice: str) -> NDArray[np.float64]:
    """The column ``name`` of a file as ``float64[n]``, NaN where missing.

    Text is read as numbers only where the format can write nothing else. ``SchemaError`` for categories,
    dates, lists and text, ending in ``advice``.
    """
    column = part.table[name]
    kind = column.type
    if is_text(kind) and name in part.textual:
        return _from_text(column, f"{part.where}: column {name!r}", advice)
    if not _is_number(kind):
        raise SchemaError(f"{part.where}: column {name!r} is {_kind_text(kind)}, not numbers; {advice}")
    return as_floats(column)


def _is_number(kind: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean)
    return pa.types.is_null(kind) or any(test(kind) for test in tests)


def _from_text(column: Column, where: str, advice: str) -> NDArray[np.float64]:
    text = as_array(column)
    numbers = numbers_in_text(text)
    if numbers is None:
        row, value = first_no_number(text)
        raise SchemaError(f"{where} holds {value!r} in row {row + 1}, which is not a number; {advice}")
    return as_floats(numbers)


def numbers_in_text(text: pa.Array) -> pa.Array | None:
    """Text as ``float64``, whatever space is around it; None where some of it is no number."""
    numbers = try_cast(text, pa.float64())
    return try_cast(_bare(text), pa.float64()) if numbers is None else numbers


def first_no_number(text: pa.Array) -> tuple[int, str]:
    """The first row of such text, from 0, and what it holds, to be told."""
    row = first_uncastable(_bare(text), pa.float64())
    return row, one_line(text[row])[:40]


def _bare(text: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(text.cast(pa.string()))


def _kind_text(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return "of categories"
    return "text" if is_text(kind) else f"of type {kind}"
