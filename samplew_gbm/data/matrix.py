"""A ready feature matrix: rows of queries with labels, as other tools hand them to a ranker."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.columns import LABEL, POSITION, QUERY_ID, WEIGHT, MatrixColumns
from samplew_gbm.data.arrow import as_array
from samplew_gbm.data.identifiers import checked_ids, join_ids
from samplew_gbm.data.numbers import numbers_of
from samplew_gbm.data.request import Part, Request, make_request
from samplew_gbm.data.sources import read_parts
from samplew_gbm.data.validation import check_column, reject_rows
from samplew_gbm.errors import DataError, SchemaError

DEFAULT_COLUMNS = MatrixColumns()
ADVICE = "write it as numbers"
FEATURE_ADVICE = "leave it out, or encode it as numbers"
LARGEST_LABEL = 30  # LightGBM's table of gains has 31 entries; it refuses a label beyond it


@dataclass(frozen=True, slots=True, eq=False)
class MatrixRows:
    """``n`` rows of ``q`` queries, with what the source says of them, whatever that is worth.

    Query ``i`` is ``indptr[i]:indptr[i + 1]`` (``int64[q + 1]``), queries in the order of their first row;
    ``row`` is the 0-based ``int64[n]`` row of the source, rising within a query. ``label``, ``weight`` and
    ``position`` are ``float64[n]``, NaN where missing; the last two None where the source lacks them.
    """

    indptr: NDArray[np.int64]
    row: NDArray[np.int64]
    label: NDArray[np.float64]
    weight: NDArray[np.float64] | None
    position: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True, eq=False)
class RankingMatrix:
    """``n`` rows of ``q`` queries that a ranker can be trained on.

    ``features`` is ``float32[n, f]`` with columns ``names``, NaN where missing; ``label`` ``int32[n]`` from 0
    to ``LARGEST_LABEL``; ``indptr`` and ``row`` as in ``MatrixRows``; ``weight`` ``float64[n]``, finite and
    not negative; ``position`` ``int32[n]``, at least 1; both None where the source lacks them.
    """

    names: tuple[str, ...]
    features: NDArray[np.float32]
    label: NDArray[np.int32]
    indptr: NDArray[np.int64]
    row: NDArray[np.int64]
    weight: NDArray[np.float64] | None
    position: NDArray[np.int32] | None

    def __len__(self) -> int:
        return len(self.label)

    @property
    def n_queries(self) -> int:
        """Queries, each of at least one row."""
        return len(self.indptr) - 1


def read_matrix_rows(source: Any, *, columns: MatrixColumns = DEFAULT_COLUMNS) -> MatrixRows:
    """Read queries, labels, weights and positions of a matrix, without its features and without judging them.

    ``source`` as in ``read_log``. ``SchemaError`` for a missing, doubled or unreadable column, ``DataError``
    for a row without a query.
    """
    request = make_request(columns, (QUERY_ID, LABEL), (WEIGHT, POSITION))
    return _rows_of(read_parts(source, request), request)


def read_matrix(
    source: Any, *, columns: MatrixColumns = DEFAULT_COLUMNS, leave_out: Collection[str] = ()
) -> RankingMatrix:
    """Read a matrix to train on; rows of a query may stand anywhere and are brought together.

    Every column that ``columns`` does not name, and that is not in ``leave_out``, is a feature and must be of
    numbers; values that ``float32`` cannot tell apart become equal. ``SchemaError`` and ``DataError`` name
    the file, the column and the first rows, counted from 1, for everything that LightGBM would refuse or take
    in silence.
    """
    request = make_request(columns, (QUERY_ID, LABEL), (WEIGHT, POSITION), keep_rest=True)
    parts = read_parts(source, request)
    for part in parts:
        _check_values(part, request)
    rows = _rows_of(parts, request)
    names = _feature_names(parts, request, leave_out)
    features = np.empty((len(rows.row), len(names)), np.float32)
    for place, name in enumerate(names):
        features[:, place] = _joined(parts, name, FEATURE_ADVICE)[rows.row]
    return RankingMatrix(
        names=names,
        features=features,
        label=rows.label.astype(np.int32),
        indptr=rows.indptr,
        row=rows.row,
        weight=rows.weight,
        position=None if rows.position is None else rows.position.astype(np.int32),
    )


def _rows_of(parts: list[Part], request: Request) -> MatrixRows:
    code = _query_codes(parts, request.mapped[QUERY_ID])
    row = np.argsort(code, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(code))]).astype(np.int64)
    label = _joined(parts, request.mapped[LABEL])
    weight, position = (_optional(parts, request.mapped[column]) for column in (WEIGHT, POSITION))
    return MatrixRows(
        indptr,
        row,
        label[row],
        None if weight is None else weight[row],
        None if position is None else position[row],
    )


def _query_codes(parts: list[Part], name: str) -> NDArray[np.int32]:
    """The number of each row's query, by first occurrence."""
    ids = [checked_ids(part.table[name], where=part.where, column=name) for part in parts]
    textual = all(name in part.textual for part in parts)
    joined = join_ids(ids, [part.where for part in parts], name, textual=textual)
    codes: NDArray[np.int32] = as_array(joined).dictionary_encode().indices.to_numpy(zero_copy_only=False)
    return codes


def _optional(parts: list[Part], name: str) -> NDArray[np.float64] | None:
    """A column that all files have, or none."""
    return _joined(parts, name) if any(name in part.table.column_names for part in parts) else None


def _joined(parts: list[Part], name: str, advice: str = ADVICE) -> NDArray[np.float64]:
    """One column of all files as numbers, NaN where missing."""
    for part in parts:
        if name not in part.table.column_names:
            having = next(other for other in parts if name in other.table.column_names)
            raise SchemaError(
                f"{part.where}: no column {name!r}, which {having.where} has; write it in all files"
            )
    return np.concatenate([numbers_of(part, name, advice) for part in parts])


def _feature_names(parts: list[Part], request: Request, leave_out: Collection[str]) -> tuple[str, ...]:
    known = list(dict.fromkeys(name for part in parts for name in part.table.column_names))
    for name in leave_out:
        check_column(name, known, parts[0].where, "the column", advice="leave out some of these")
    taken = {*request.mapped.values(), *leave_out}
    names = tuple(name for name in known if name not in taken)
    if not names:
        found = ", ".join(repr(name) for name in known)
        raise SchemaError(
            f"{parts[0].where}: no feature columns among {found}; give at least one column of numbers"
        )
    return names


def _check_values(part: Part, request: Request) -> None:
    """Refuse labels, weights and positions that no ranker should see."""
    for column, check in ((LABEL, _check_label), (WEIGHT, _check_weight), (POSITION, _check_position)):
        name = request.mapped[column]
        if name in part.table.column_names:
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
