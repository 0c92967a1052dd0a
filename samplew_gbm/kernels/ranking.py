"""NDCG at k of binary labels and of grades, fast enough to be asked after every tree."""

from typing import Any

import numpy as np

from samplew_gbm.kernels import jit


@jit()
def binary_ndcg(scores: Any, labels: Any, indptr: Any, k: Any) -> Any:
    """Mean NDCG at ``k`` over the queries with a positive; NaN without any.

    ``scores`` is ``float64[n]``, ``labels`` ``int32[n]`` (above 0: taken), ``indptr`` ``int64[q + 1]``.
    A negative that ties with a positive counts as ranked above it, so a constant score earns nothing by the
    order of its rows.
    """
    total, n_queries = 0.0, 0
    discount = 1.0 / np.log2(np.arange(k) + 2.0)
    for q in range(indptr.shape[0] - 1):
        start, stop = indptr[q], indptr[q + 1]
        gain, n_positives = 0.0, 0
        for i in range(start, stop):
            if labels[i] <= 0:
                continue
            above = 0
            for j in range(start, stop):
                if scores[j] > scores[i] or (scores[j] == scores[i] and (labels[j] <= 0 or j < i)):
                    above += 1
            if above < k:
                gain += discount[above]
            n_positives += 1
        if n_positives > 0:
            total += gain / discount[: min(k, n_positives)].sum()
            n_queries += 1
    return total / n_queries if n_queries > 0 else np.nan


@jit()
def graded_ndcg(scores: Any, labels: Any, indptr: Any, k: Any) -> Any:
    """Mean NDCG at ``k`` with gains ``2^label - 1`` over the queries with a positive; NaN without any.

    Arrays and ties as of ``binary_ndcg``: of rows that tie the one of the lower label is ranked above.
    """
    total, n_queries = 0.0, 0
    discount = 1.0 / np.log2(np.arange(k) + 2.0)
    for q in range(indptr.shape[0] - 1):
        start, stop = indptr[q], indptr[q + 1]
        gained, ideal = 0.0, 0.0
        for i in range(start, stop):
            if labels[i] <= 0:
                continue
            above, better = 0, 0
            for j in range(start, stop):
                lower = labels[j] < labels[i] or (labels[j] == labels[i] and j < i)
                if scores[j] > scores[i] or (scores[j] == scores[i] and lower):
                    above += 1
                if labels[j] > labels[i] or (labels[j] == labels[i] and j < i):
                    better += 1
            gain = 2.0 ** labels[i] - 1.0
            if above < k:
                gained += gain * discount[above]
            if better < k:
                ideal += gain * discount[better]
        if ideal > 0:
            total += gained / ideal
            n_queries += 1
    return total / n_queries if n_queries > 0 else np.nan
