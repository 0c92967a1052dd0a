"""The columns of a ready matrix that are no features: ids, labels, weights, positions, of all its files."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.columns import LABEL, POSITION, WEIGHT
from samplew_gbm.data.identifiers import checked_ids, join_ids, raw_ids
from samplew_gbm.data.numbers import numbers_of
from samplew_gbm.data.request import Part, Request
from samplew_gbm.data.validation import reject_rows
from samplew_gbm.errors import DataError, SchemaError

ADVICE = "write it as numbers"
LARGEST_LABEL = 30  # LightGBM's table of gains has 31 entries; it refuses a label beyond it


def ids_in(parts: list[Part], name: str, *, needed: bool = True) -> pa.ChunkedArray:
    """One column of ids of all files, ``int64`` or ``string``.

    ``DataError`` for a row without one where they are ``needed``, and not only carried along.
    """
    check_in_all(parts, name)
    read = checked_ids if needed else raw_ids
    ids = [read(part.table[name], where=part.where, column=name) for part in parts]
    textual = all(name in part.textual for part in parts)
    return join_ids(ids, [part.where for part in parts], name, textual=textual)


def numbers_in(parts: list[Part], name: str) -> NDArray[np.float64]:
    """One column of all files as numbers, NaN where missing."""
    check_in_all(parts, name)
    return np.concatenate([numbers_of(part, name, ADVICE) for part in parts])


def numbers_in_any(parts: list[Part], name: str) -> NDArray[np.float64] | None:
    """The same of a column that all files have, or none."""
    return numbers_in(parts, name) if has(parts, name) else None


def has(parts: list[Part], name: str) -> bool:
    """Whether any file has a column."""
    return any(name in part.table.column_names for part in parts)


def check_in_all(parts: list[Part], name: str) -> None:
    """``SchemaError`` where a file lacks a column that another has."""
    for part in parts:
        if name not in part.table.column_names:
            having = next(other for other in parts if name in other.table.column_names)
            raise SchemaError(
                f"{part.where}: no column {name!r}, which {having.where} has; write it in all files"
            )


def check_values(part: Part, request: Request) -> None:
    """Refuse labels, weights and positions that no ranker should see."""
    for column, check in ((LABEL, _check_label), (WEIGHT, _check_weight), (POSITION, _check_position)):
        name = request.mapped.get(column)
        if name is not None and name in part.table.column_names:
            check(numbers_of(part, name, ADVICE), f"{part.where}: column {name!r}")


def _check_label(label: NDArray[np.float64], where: str) -> None:
    reject_rows(np.isnan(label), f"{where} has no label in", "fill it in, or remove the whole query")
    reject_rows(
        label != np.trunc(label), f"{where} is not a whole number in", "labels are grades: 0, 1, 2 and so on"
    )
    reject_rows(
        (label < 0) | (label > LARGEST_LABEL),
        f"{where} is not from 0 to {LARGEST_LABEL} in",
        "map the labels to a few grades",
    )


def _check_weight(weight: NDArray[np.float64], where: str) -> None:
    bad = ~(np.isfinite(weight) & (weight >= 0))
    reject_rows(bad, f"{where} is missing, infinite or negative in", "a weight is a number from 0 on")
    if not weight.any():
        raise DataError(f"{where} is 0 in every row; give at least one row a weight")


def _check_position(position: NDArray[np.float64], where: str) -> None:
    bad = ~((position >= 1) & (position == np.trunc(position)) & (position < 2**31))
    reject_rows(bad, f"{where} is no place from 1 on in", "count the places of a list from 1")
