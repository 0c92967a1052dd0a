"""Python objects, as JSON and object columns hold them, turned into Arrow columns without guessing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from samplew_gbm.data.identifiers import WIDE
from samplew_gbm.data.validation import one_line
from samplew_gbm.errors import SchemaError

_WHOLE = (int, np.integer)
_NUMBER = (int, float, np.integer, np.floating)


def ids_from_objects(values: Sequence[Any], *, where: str, column: str, first_row: int = 1) -> pa.Array:
    """Ids as ``int64``, wide decimal or ``string``; ``None`` and NaN become null.

    ``SchemaError`` names the first row that is neither text nor number, or that mixes the two.
    """
    kinds = _kinds(values)
    if any(issubclass(kind, float | np.floating) for kind in kinds):
        values = _without_nan(values)
        kinds = _kinds(values)
    if all(issubclass(kind, str) for kind in kinds):
        return _text(values, where, column)
    if all(issubclass(kind, _WHOLE) and kind is not bool for kind in kinds):
        return _whole_numbers(values, where, column)
    if all(issubclass(kind, float | np.floating) for kind in kinds):
        return pa.array(values, pa.float64())
    raise SchemaError(_mixed(values, where, column, first_row))


def column_from_objects(values: Sequence[Any], *, where: str, column: str, first_row: int = 1) -> pa.Array:
    """A column that is no id: numbers as ``int64`` or ``float64``, text as ``string``, else Arrow's guess."""
    kinds = _kinds(values)
    if kinds and all(issubclass(kind, str) for kind in kinds):
        return _text(values, where, column)
    try:
        if kinds and bool not in kinds and all(issubclass(kind, _NUMBER) for kind in kinds):
            whole = all(issubclass(kind, _WHOLE) for kind in kinds)
            exact = _as_int64(values) if whole else None
            return pa.array(_floats(values), pa.float64()) if exact is None else exact
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        row = _first_departure(values)
        at = (
            f" in row {first_row + row} ({_short(values[row])})"
            if row is not None
            else f": {one_line(error)}"
        )
        raise SchemaError(
            f"{where}: column {column!r} mixes kinds of values, first{at}; write one kind"
        ) from None


def _kinds(values: Sequence[Any]) -> set[type]:
    return set(map(type, values)) - {type(None)}


def _without_nan(values: Sequence[Any]) -> Sequence[Any]:
    return [None if isinstance(value, float | np.floating) and value != value else value for value in values]


def _floats(values: Sequence[Any]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]


def _text(values: Sequence[Any], where: str, column: str) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except (UnicodeEncodeError, pa.ArrowException) as error:
        raise SchemaError(
            f"{where}: column {column!r} cannot be stored as UTF-8: {one_line(error)}"
        ) from None


def _whole_numbers(values: Sequence[Any], where: str, column: str) -> pa.Array:
    exact = _as_int64(values)
    if exact is not None:
        return exact
    try:
        return pa.array([None if value is None else int(value) for value in values], WIDE)
    except pa.ArrowException:
        raise SchemaError(f"{where}: column {column!r} has ids of more than 76 digits; use text") from None


def _as_int64(values: Sequence[Any]) -> pa.Array | None:
    """Whole numbers as ``int64``, or ``None`` when some do not fit."""
    try:
        return pa.array(values, pa.int64())
    except (OverflowError, pa.ArrowInvalid):
        return None


def _first_departure(values: Sequence[Any]) -> int | None:
    """Place of the first value of another type than the first one."""
    first = next((value for value in values if value is not None), None)
    for place, value in enumerate(values):
        if value is not None and isinstance(value, str) != isinstance(first, str):
            return place
    return None


def _mixed(values: Sequence[Any], where: str, column: str, first_row: int) -> str:
    """Say which row is no id at all, or where text and numbers, or whole and broken numbers, first meet."""
    for row, value in enumerate(values, first_row):
        if isinstance(value, bool) or not isinstance(value, str | int | float | np.number | None):
            fault = f"holds {_short(value)} in row {row}"
            return f"{where}: column {column!r} {fault}; ids must be text or whole numbers"
    departure = _first_departure(values)
    if departure is not None:
        return (
            f"{where}: column {column!r} mixes text and numbers, first in row {first_row + departure} "
            f"({_short(values[departure])}); write all ids as text or all as numbers"
        )
    row = next(place for place, value in enumerate(values) if isinstance(value, float | np.floating))
    return (
        f"{where}: column {column!r} holds {_short(values[row])} in row {first_row + row} "
        "among whole numbers; write it as an integer"
    )


def _short(value: object) -> str:
    return one_line(repr(value))[:60]
