"""Ids as they arrive, in any Arrow type, brought to one of two: ``int64`` or ``string``.

An id is a name, not a quantity. Text stays text, whole numbers stay whole numbers, and nothing passes
through a float on its way. While the parts of a log are still apart, whole numbers that ``int64`` cannot
hold are kept as wide decimals, so that the type can be settled once over all parts.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.data.arrow import Column, as_array, as_floats, decoded, is_text, missing_values
from samplew_gbm.data.validation import one_line, reject_rows
from samplew_gbm.errors import SchemaError

WIDE = pa.decimal256(76, 0)
_FLOAT_EXACT = 2**53


def plain_ids(values: Column) -> Column:
    """``values`` as ``int64`` or ``string``, nulls kept; ``SchemaError`` for any other type of value."""
    return _settle(raw_ids(values, where="the ids", column="id"))


def raw_ids(values: Column, *, where: str, column: str, first_row: int = 1) -> Column:
    """``values`` as ``int64``, wide decimal or ``string``; floats only when each is an exact whole number.

    ``first_row`` is the number that errors give the first row.
    """
    values = decoded(values)
    kind = values.type
    if kind in (pa.int64(), pa.string(), WIDE):
        return values
    if is_text(kind) or pa.types.is_null(kind):
        return _cast_text(values, where, column)
    if pa.types.is_integer(kind):
        return values.cast(WIDE if _overflows(values) else pa.int64())
    if pa.types.is_decimal(kind):
        return _cast_decimals(values, where, column, first_row)
    if pa.types.is_floating(kind):
        return _cast_floats(values, where, column, first_row)
    raise SchemaError(
        f"{where}: column {column!r} is of type {kind}; ids must be text or whole numbers, so cast it first"
    )


def checked_ids(values: Column, *, where: str, column: str) -> Column:
    """``raw_ids`` that also refuses missing ids and empty text, naming the rows."""
    ids = raw_ids(values, where=where, column=column)
    missing = missing_values(ids)
    if missing is not None:
        reject_rows(missing, f"{where}: column {column!r} has no id in", "remove these rows or fill them in")
    return ids


def ids_of_values(values: Any, *, where: str) -> Column:
    """The ids of an Arrow column, a NumPy array or any sequence as ``int64`` or ``string``, none missing."""
    if not isinstance(values, pa.Array | pa.ChunkedArray):
        try:
            values = pa.array(np.asarray(values) if hasattr(values, "dtype") else list(values))
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise SchemaError(f"{where}: the ids cannot be read: {one_line(error)}") from None
    return _settle(checked_ids(values, where=where, column="ids"))


def join_ids(parts: Sequence[Column], names: Sequence[str], column: str, *, textual: bool) -> pa.ChunkedArray:
    """One id column from the ``raw_ids`` of several files, called ``names``, as ``int64`` or ``string``.

    ``textual``: the source writes everything as text (CSV), so text that spells integers only is numbers.
    """
    is_string = [part.type == pa.string() for part in parts]
    if any(is_string) and not all(is_string):
        other = is_string.index(not is_string[0])
        here, there = ("text", "numbers") if is_string[other] else ("numbers", "text")
        raise SchemaError(
            f"{names[other]}: column {column!r} holds {here}, but {there} in {names[0]}; use one kind of id"
        )
    wide = any(part.type == WIDE for part in parts)
    chunks = [chunk for part in parts for chunk in _chunks(part.cast(WIDE) if wide else part)]
    joined = _settle(pa.chunked_array(chunks, WIDE if wide else parts[0].type))
    return numbers_from_text(joined) if textual else joined


def numbers_from_text(ids: Column) -> Column:
    """Text as ``int64`` when every value is an integer in its only spelling; "007" stays text."""
    if ids.type != pa.string() or not len(ids):
        return ids
    try:
        numbers = ids.cast(pa.int64())
    except pa.ArrowInvalid:
        return ids
    return ids if _has_other_spellings(ids) else numbers


def _has_other_spellings(ids: Column) -> bool:
    """Whether text that reads as integers has one that is not written as Python would: "+1", "01", "-0"."""
    padded = pc.and_(pc.starts_with(ids, "0"), pc.greater(pc.binary_length(ids), 1))
    return any(
        pc.any(found).as_py() for found in (padded, pc.starts_with(ids, "-0"), pc.starts_with(ids, "+"))
    )


def _settle(ids: Column) -> Column:
    """Wide decimals as ``int64`` if all fit, else as text."""
    if ids.type != WIDE:
        return ids
    try:
        return ids.cast(pa.int64())
    except pa.ArrowInvalid:
        return ids.cast(pa.string())


def _chunks(column: Column) -> list[pa.Array]:
    return [column] if isinstance(column, pa.Array) else list(column.chunks)


def _overflows(values: Column) -> bool:
    largest = pc.max(values).as_py() if values.type == pa.uint64() else None
    return largest is not None and largest >= 2**63


def _cast_text(values: Column, where: str, column: str) -> Column:
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid as error:
        raise SchemaError(f"{where}: column {column!r} cannot be read as text: {one_line(error)}") from None


def _cast_decimals(values: Column, where: str, column: str, first_row: int) -> Column:
    try:
        return values.cast(WIDE)
    except pa.ArrowInvalid:
        fractions = [value is not None and value % 1 != 0 for value in values.to_pylist()]
        _reject_fractions(np.array(fractions, bool), values, where, column, first_row)
        raise SchemaError(f"{where}: column {column!r} has ids of more than 76 digits; use text") from None


def _cast_floats(values: Column, where: str, column: str, first_row: int) -> pa.Array:
    numbers = as_floats(values)
    missing = np.isnan(numbers)
    with np.errstate(invalid="ignore"):
        bad = ~missing & ((numbers != np.trunc(numbers)) | (np.abs(numbers) > _FLOAT_EXACT))
    _reject_fractions(bad, values, where, column, first_row)
    return pa.array(np.where(missing, 0, numbers).astype(np.int64), mask=missing)


def _reject_fractions(
    bad: NDArray[np.bool_], values: Column, where: str, column: str, first_row: int
) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        value = as_array(values)[row].as_py()
        raise SchemaError(
            f"{where}: column {column!r} holds {value} in row {first_row + row}, which is "
            "not an exact whole number; ids must be text or integers"
        )
