"""Which columns of a table of items or users are quantities, as numbers a tree can split."""

import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from samplew_gbm.data.arrow import Column, as_array, as_floats, decoded, is_text
from samplew_gbm.data.side import NumberTable
from samplew_gbm.data.validation import reject_rows
from samplew_gbm.errors import SchemaError

_LARGEST = float(np.finfo(np.float32).max)
MANY = 100  # different whole numbers that are a quantity, such as cents, beside being names
MILLISECONDS_A_DAY = 86_400_000.0


def item_numbers(
    table: pa.Table, names: Iterable[str], item_of_row: NDArray[np.int64], n_items: int, *, where: str
) -> NumberTable | None:
    """The quantities among the columns ``names``, or ``None``; of several rows of an item the mean.

    Decimals and dates (in days) are quantities; whole numbers where more than ``MANY`` different ones occur:
    few are grades and categories, which tokens serve better. ``DataError`` for infinite numbers.
    """
    kept = {name: as_array(decoded(table[name])) for name in names}
    kept = {name: values for name, values in kept.items() if _is_quantity(values)}
    return _table({name: _numbers(values) for name, values in kept.items()}, item_of_row, n_items, where)


def user_numbers(
    table: pa.Table, names: Iterable[str], user_of_row: NDArray[np.int64], n_users: int, *, where: str
) -> NumberTable | None:
    """Every column of ``names`` as numbers; rows of -1 are left out, of several rows of a user the mean.

    Truth values are 0 and 1; of text, categories, the number is the place by how many users have it, 0 the
    most frequent. ``SchemaError`` for lists and other types.
    """
    rows = np.flatnonzero(user_of_row >= 0)
    columns = {}
    for name in names:
        values = as_array(decoded(table[name]))
        numbers = _codes(values, rows) if is_text(values.type) else _user_numbers(values, name, where)
        columns[name] = numbers[rows]
    return _table(columns, user_of_row[rows], n_users, where)


def _is_quantity(values: pa.Array) -> bool:
    kind = values.type
    if pa.types.is_integer(kind):
        return len(values.unique()) > MANY
    tests = (pa.types.is_floating, pa.types.is_decimal, pa.types.is_date, pa.types.is_timestamp)
    return any(test(kind) for test in tests)


def _numbers(values: pa.Array) -> NDArray[np.float64]:
    if pa.types.is_date(values.type) or pa.types.is_timestamp(values.type):
        moments = values.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
        return as_floats(moments) / MILLISECONDS_A_DAY
    return as_floats(values)


def _user_numbers(values: pa.Array, name: str, where: str) -> NDArray[np.float64]:
    kind = values.type
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind):
        return as_floats(values)
    if not _is_quantity(values):
        raise SchemaError(
            f"{where}: column {name!r} is of type {kind}; users are described by numbers, dates and text, "
            "so convert or drop it"
        )
    return _numbers(values)


def _codes(values: Column, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Place of each text by its frequency in ``rows``, ties by the text; NaN where missing."""
    text = as_array(values).cast(pa.string())
    counted = text.take(pa.array(rows)).drop_null().value_counts()
    names, counts = counted.field(0), counted.field(1).to_numpy(zero_copy_only=False)
    place = np.empty(len(names), np.int64)
    by_text = np.argsort(pc.array_sort_indices(names).to_numpy(zero_copy_only=False))
    place[np.lexsort((by_text, -counts))] = np.arange(len(names))
    found = pc.index_in(text, value_set=names, skip_nulls=True)
    index = pc.fill_null(found, -1).to_numpy(zero_copy_only=False)
    codes = np.full(len(text), np.nan)
    codes[index >= 0] = place[index[index >= 0]]
    return codes


def _table(
    columns: dict[str, NDArray[np.float64]], row_index: NDArray[np.int64], n: int, where: str
) -> NumberTable | None:
    if not columns:
        return None
    names = [re.sub(r"\W", "_", name) for name in columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SchemaError(f"{where}: two columns are called like {twice!r}; rename one of them")
    values = np.empty((n, len(names)), np.float32)
    for place, (name, column) in enumerate(columns.items()):
        fault = f"{where}: column {name!r} has infinite values, or such beyond {_LARGEST:.1g}, in"
        reject_rows(np.abs(column) > _LARGEST, fault, "correct or remove these rows")
        values[:, place] = _means(column, row_index, n)
    return NumberTable(tuple(names), values)


def _means(column: NDArray[np.float64], row_index: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    known = ~np.isnan(column)
    total = np.bincount(row_index[known], column[known], n)
    count = np.bincount(row_index[known], minlength=n)
    means: NDArray[np.float64] = np.divide(total, count, out=np.full(n, np.nan), where=count > 0)
    return means
