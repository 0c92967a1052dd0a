"""The rows of a ready matrix, without its features and as they stand: what the doctor looks at."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.columns import LABEL, POSITION, QUERY_ID, WEIGHT, MatrixColumns
from samplew_gbm.data.arrow import as_array
from samplew_gbm.data.matrix_columns import ids_in, numbers_in, numbers_in_any
from samplew_gbm.data.request import make_request
from samplew_gbm.data.sources import read_parts

DEFAULT_COLUMNS = MatrixColumns()


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


def read_matrix_rows(source: Any, *, columns: MatrixColumns = DEFAULT_COLUMNS) -> MatrixRows:
    """Read queries, labels, weights and positions of a matrix, without its features and without judging them.

    ``source`` as in ``read_log``. ``SchemaError`` for a missing, doubled or unreadable column, ``DataError``
    for a row without a query.
    """
    request = make_request(columns, (QUERY_ID, LABEL), (WEIGHT, POSITION))
    parts = read_parts(source, request)
    code = as_array(ids_in(parts, request.mapped[QUERY_ID])).dictionary_encode().indices.to_numpy()
    row = np.argsort(code, kind="stable")
    weight, position = (numbers_in_any(parts, request.mapped[column]) for column in (WEIGHT, POSITION))
    return MatrixRows(
        indptr=np.concatenate([[0], np.cumsum(np.bincount(code))]).astype(np.int64),
        row=row,
        label=numbers_in(parts, request.mapped[LABEL])[row],
        weight=None if weight is None else weight[row],
        position=None if position is None else position[row],
    )
