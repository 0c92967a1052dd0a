"""Times as they arrive, in any common form, brought to Unix seconds."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.data.arrow import (
    Column,
    as_array,
    as_floats,
    decoded,
    first_uncastable,
    is_text,
    missing_values,
    try_cast,
)
from samplew_gbm.data.validation import one_line, reject_rows
from samplew_gbm.errors import DataError, SchemaError

# Upper ends of what is read as seconds, milliseconds and microseconds; beyond are nanoseconds. A count of
# 1e11 is the year 5138 in seconds and 1973 in milliseconds, and so on: no real log is near an edge.
UNIT_EDGES = (1e11, 1e14, 1e17)
UNITS_PER_SECOND = (1.0, 1e3, 1e6, 1e9)
_UNITS = ("seconds", "milliseconds", "microseconds", "nanoseconds")
_YEAR_10000 = 253402300800.0
_TICKS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_ZONED = (pa.timestamp("us", "UTC"), pa.timestamp("ns", "UTC"))
_NAIVE = (pa.timestamp("us"), pa.timestamp("ns"))


def unix_seconds(values: Column, *, where: str, column: str) -> NDArray[np.float64]:
    """Times as ``float64[n]`` Unix seconds.

    Numbers are Unix times; the unit is recognised by the size of the median (below 1e11 seconds, below 1e14
    milliseconds, below 1e17 microseconds, else nanoseconds) and must fit every row. Arrow timestamps and
    dates, and ISO 8601 text with or without a zone, are taken as they are; without a zone means UTC.
    ``DataError`` for missing, non-finite and impossible times, naming the rows.
    """
    values = decoded(values)
    kind = values.type
    _reject_missing(values, where, column)
    if is_text(kind):
        values = _parse_text(as_array(values), where, column)
        kind = values.type
    if pa.types.is_timestamp(kind):
        return _bounded(as_floats(values.cast(pa.int64())) / _TICKS[kind.unit], values, where, column)
    if pa.types.is_date(kind):
        return _bounded(
            as_floats(values.cast(pa.timestamp("ms")).cast(pa.int64())) / 1e3, values, where, column
        )
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _scaled(as_floats(values), values, where, column)
    raise SchemaError(
        f"{where}: column {column!r} is of type {kind}; times must be Unix seconds, timestamps or ISO text"
    )


def _reject_missing(values: Column, where: str, column: str) -> None:
    missing = missing_values(values)
    if missing is not None:
        advice = "remove or fill these rows, or leave the column out for a log without times"
        reject_rows(missing, f"{where}: column {column!r} has no time in", advice)


def _scaled(numbers: NDArray[np.float64], values: Column, where: str, column: str) -> NDArray[np.float64]:
    """Divide by the unit that the median shows; a row of another unit is an error, not a guess."""
    if not len(numbers):
        return numbers
    sizes = np.abs(numbers)
    least, most = sizes.min(), sizes.max()
    if not np.isfinite(most):
        advice = "remove or correct these rows"
        reject_rows(~np.isfinite(numbers), f"{where}: column {column!r} has NaN or infinite times in", advice)
    unit = _unit_of(most)
    if unit != _unit_of(least):
        unit = _unit_of(np.median(sizes))
        other = sizes < (UNIT_EDGES[unit - 1] if unit else 0.0)
        fault = f"{where}: column {column!r} is in {_UNITS[unit]} but for smaller numbers in"
        reject_rows(other, fault, "write all times in one unit")
    return _bounded(numbers / UNITS_PER_SECOND[unit], values, where, column)


def _unit_of(size: float) -> int:
    return int(np.searchsorted(UNIT_EDGES, size, side="right"))


def _bounded(seconds: NDArray[np.float64], values: Column, where: str, column: str) -> NDArray[np.float64]:
    if len(seconds) and not (seconds.min() > -_YEAR_10000 and seconds.max() < _YEAR_10000):
        bad = ~(np.abs(seconds) < _YEAR_10000)
        example = one_line(as_array(values)[int(np.argmax(bad))])
        fault = (
            f"{where}: column {column!r} has impossible times (such as {example}, beyond the year 9999) in"
        )
        reject_rows(bad, fault, "write all times in one unit and correct these rows")
    return seconds


def _parse_text(values: pa.Array, where: str, column: str) -> pa.Array:
    """Text as numbers or timestamps, whichever reads every row."""
    reads: list[int] = []
    for kind in (pa.float64(), *_ZONED, *_NAIVE):
        parsed = try_cast(values, kind)
        if parsed is not None:
            return parsed
        reads.append(first_uncastable(values, kind))
    row = max(reads)
    fault = "does not read like the times before it" if row else "is neither a Unix time nor an ISO time"
    raise DataError(
        f"{where}: column {column!r} holds {one_line(values[row])[:40]!r} in row {row + 1}, which {fault}; "
        "write all times as numbers, or all as text such as 2024-05-31T12:00:00Z"
    )
