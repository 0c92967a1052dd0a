"""NDCG at k of binary labels and of grades, of each query, fast enough to be asked after every tree."""

from typing import Any

import numpy as np

from samplew_gbm.kernels import jit


@jit()
def mean_of_known(values: Any) -> Any:
    """Mean of what is not NaN, summed in the order given; NaN where nothing is known."""
    total, n_known = 0.0, 0
    for value in values:
        if not np.isnan(value):
            total += value
            n_known += 1
    return total / n_known if n_known > 0 else np.nan


@jit()
def binary_ndcg(scores: Any, labels: Any, indptr: Any, k: Any) -> Any:
    """NDCG at ``k`` of each query, ``float64[q]``; NaN of one without a positive.

    ``scores`` is ``float64[n]``, ``labels`` ``int32[n]`` (above 0: taken), ``indptr`` ``int64[q + 1]``.
    A negative that ties with a positive counts as ranked above it, so a constant score earns nothing by the
    order of its rows.
    """
    found = np.full(indptr.shape[0] - 1, np.nan)
    discount = 1.0 / np.log2(np.arange(k) + 2.0)
    for q in range(len(found)):
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
            found[q] = gain / discount[: min(k, n_positives)].sum()
    return found


@jit()
def graded_ndcg(scores: Any, labels: Any, indptr: Any, k: Any) -> Any:
    """NDCG at ``k`` with gains ``2^label - 1`` of each query, ``float64[q]``; NaN of one without a positive.

    Arrays and ties as of ``binary_ndcg``: of rows that tie the one of the lower label is ranked above.
    """
    found = np.full(indptr.shape[0] - 1, np.nan)
    discount = 1.0 / np.log2(np.arange(k) + 2.0)
    for q in range(len(found)):
        start, stop = indptr[q], indptr[q + 1]
        own = labels[start:stop]
        best = np.sort(own)[::-1]
        if own.shape[0] == 0 or best[0] <= 0:
            continue
        by_label = np.argsort(own, kind="mergesort")
        order = by_label[np.argsort(-scores[start:stop][by_label], kind="mergesort")]
        gained, ideal = 0.0, 0.0
        for place in range(min(k, own.shape[0])):
            gained += (2.0 ** own[order[place]] - 1.0) * discount[place]
            ideal += (2.0 ** best[place] - 1.0) * discount[place]
        found[q] = gained / ideal
    return found
