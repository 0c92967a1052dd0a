"""Exact search of the items of largest score."""

import numpy as np

from samplew_gbm import _native
from samplew_gbm.native.calling import Float32, Int32, Int64, ReportDone, checked_size, run


def top_k(
    queries: Float32,
    items: Float32,
    k: int,
    exclude_indptr: Int64 | None = None,
    exclude_indices: Int32 | None = None,
    item_bias: Float32 | None = None,
    n_threads: int = 1,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
) -> tuple[Int32, Float32]:
    """The exact ``k`` items of largest ``queries @ items.T + item_bias`` for every query.

    Best first, ties by the smaller item index; NaN scores are never returned. ``exclude_`` arrays are
    compressed rows of items left out, a row for each query. A query's result does not depend on the other
    queries. Units of progress are queries.

    Returns item indices int32[n, k] and scores float32[n, k]; places without an item hold -1 and minus
    infinity.
    """
    k = checked_size("k", k, 1, 2**31 - 1)
    if (exclude_indptr is None) != (exclude_indices is None):
        raise ValueError("exclude_indptr and exclude_indices: give both or neither")
    n = len(queries)
    indices, scores = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    work = float(np.size(queries)) * len(items)

    def call(cells: Int64 | None) -> object:
        return _native.top_k(
            queries, items, exclude_indptr, exclude_indices, item_bias, indices, scores, int(n_threads), cells
        )

    run(call, work, control, progress)
    return indices, scores
