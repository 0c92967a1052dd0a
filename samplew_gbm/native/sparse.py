"""Compressed rows: transpose, co-visitation, the largest entries of rows and of products."""

from typing import Any

import numpy as np

from samplew_gbm import _native
from samplew_gbm.native.calling import Csr, Float32, Int32, Int64, ReportDone, checked_size, run


def csr_transpose(indptr: Int64, indices: Int32, data: Float32, n_columns: int) -> Csr:
    """Transpose of compressed rows; columns of each result row rise."""
    n_columns = checked_size("n_columns", n_columns, 0, 2**31 - 1)
    n_stored = len(indices)
    out = Csr(np.empty(n_columns + 1, np.int64), np.empty(n_stored, np.int32), np.empty(n_stored, np.float32))
    _native.csr_transpose(indptr, indices, data, *out)
    return out


def covisit_count(
    indptr: Int64,
    items: Int32,
    n_items: int,
    window: int,
    decay: float,
    forward: float,
    backward: float,
    n_threads: int,
    row_weight: Float32 | None = None,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
) -> Csr:
    """Count how often items follow each other in histories (compressed rows of items, oldest first).

    For positions p < q of a history with ``q - p <= window`` (0 = no limit) the value ``decay**(q - p - 1)
    * row_weight[history]`` is added to entry (item p, item q) times ``forward`` and to entry (item q, item
    p) times ``backward``; pairs of the same item are skipped. ``decay`` is from 0 to 1, the weights at
    least 0. Columns of each result row rise. Units of progress are items, ``2 * n_items`` in all.
    """
    n_items = checked_size("n_items", n_items, 0, 2**31 - 1)
    options = (
        n_items,
        int(window),
        float(decay),
        float(forward),
        float(backward),
        int(n_threads),
        row_weight,
    )
    sizes, out_indptr = np.zeros(n_items, np.int64), np.zeros(n_items + 1, np.int64)
    reach = window if window > 0 else len(items) / max(1, len(indptr) - 1)
    out: list[Any] = []

    def call(cells: Int64 | None) -> None:
        _native.covisit(indptr, items, *options, cells, sizes, None, None, None)
        np.cumsum(sizes, out=out_indptr[1:])
        out.append(np.empty(out_indptr[-1], np.int32))
        out.append(np.empty(out_indptr[-1], np.float32))
        _native.covisit(indptr, items, *options, cells, None, out_indptr, *out)

    run(call, 100.0 * len(items) * reach, control, progress)
    return Csr(out_indptr, *out)


def csr_top_n(indptr: Int64, indices: Int32, data: Float32, n: int, n_threads: int = 1) -> Csr:
    """Keep the ``n`` largest values of each row: largest first, ties by the smaller column."""
    n = checked_size("n", n, 1, 2**31 - 1)
    out_indptr = np.zeros(max(1, len(indptr)), np.int64)
    np.cumsum(np.clip(np.diff(indptr), 0, n), out=out_indptr[1:])
    columns, values = np.empty(out_indptr[-1], np.int32), np.empty(out_indptr[-1], np.float32)
    _native.csr_top_n(indptr, indices, data, n, int(n_threads), out_indptr, columns, values)
    return Csr(out_indptr, columns, values)


def sparse_top_product(
    a: Csr,
    b: Csr,
    n: int,
    exclude_diagonal: bool = True,
    n_threads: int = 1,
    n_columns: int | None = None,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
) -> Csr:
    """The ``n`` largest entries of each row of the product of two sparse matrices.

    ``a`` and ``b`` are compressed rows; ``b`` has ``n_columns`` columns, as many as rows when None. Largest
    first, ties by the smaller column; with ``exclude_diagonal`` entry (r, r) is left out. Units of progress
    are rows.
    """
    n = checked_size("n", n, 1, 2**31 - 1)
    n_rows = max(0, len(a[0]) - 1)
    width = max(0, len(b[0]) - 1) if n_columns is None else int(n_columns)
    n = max(1, min(n, width))
    sizes = np.zeros(n_rows, np.int64)
    columns, values = np.empty((n_rows, n), np.int32), np.empty((n_rows, n), np.float32)
    mean_row = len(b[1]) / max(1, len(b[0]) - 1)

    def call(cells: Int64 | None) -> object:
        return _native.sparse_top_product(
            *a, *b, width, bool(exclude_diagonal), int(n_threads), cells, sizes, columns, values
        )

    run(call, 20.0 * len(a[1]) * mean_row, control, progress)
    indptr = np.zeros(n_rows + 1, np.int64)
    np.cumsum(sizes, out=indptr[1:])
    kept = np.arange(n) < sizes[:, None]
    return Csr(indptr, columns[kept], values[kept])
