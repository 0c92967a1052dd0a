"""Times as they arrive, in any common form, brought to Unix seconds."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.data.arrow import (
    Column,
    as_array,
    as_floats,
    as_mask,
    decoded,
    first_uncastable,
    is_text,
    try_cast,
)
from samplew_gbm.data.validation import one_line, reject_rows
from samplew_gbm.errors import DataError, SchemaError

# Upper ends of what is read as seconds, milliseconds and microseconds; beyond are nanoseconds. A count of
# 1e11 is the year 5138 in seconds and 1973 in milliseconds, and so on: no real log is near an edge.
_EDGES = (1e11, 1e14, 1e17)
_PER_SECOND = (1.0, 1e3, 1e6, 1e9)
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
    missing = as_mask(values.is_null(nan_is_null=True))
    if is_text(values.type):
        missing = missing | as_mask(pc.fill_null(pc.equal(pc.binary_length(values), 0), False))
    advice = "remove or fill these rows, or leave the column out for a log without times"
    reject_rows(missing, f"{where}: column {column!r} has no time in", advice)


def _scaled(numbers: NDArray[np.float64], values: Column, where: str, column: str) -> NDArray[np.float64]:
    """Divide by the unit that the median shows; a row of another unit is an error, not a guess."""
    advice = "remove or correct these rows"
    reject_rows(~np.isfinite(numbers), f"{where}: column {column!r} has NaN or infinite times in", advice)
    if not len(numbers):
        return numbers
    unit = int(np.searchsorted(_EDGES, np.median(np.abs(numbers)), side="right"))
    if unit:
        other = np.abs(numbers) < _EDGES[unit - 1]
        fault = f"{where}: column {column!r} is in {_UNITS[unit]} but for smaller numbers in"
        reject_rows(other, fault, "write all times in one unit")
    return _bounded(numbers / _PER_SECOND[unit], values, where, column)


def _bounded(seconds: NDArray[np.float64], values: Column, where: str, column: str) -> NDArray[np.float64]:
    bad = ~(np.abs(seconds) < _YEAR_10000)
    if bad.any():
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
