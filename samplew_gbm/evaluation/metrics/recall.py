"""Recall and precision: positives among the first k, of all positives and of k places."""

import numpy as np

from samplew_gbm.evaluation.ranked_rows import Float64, RankedRows


def hits(rows: RankedRows, k: int) -> Float64:
    """Expected number of positives among the first k."""
    return rows.sum_of(np.where(rows.rank <= k, rows.chance, 0.0))


def recall(rows: RankedRows, k: int) -> Float64:
    """Expected hits / number of positives, so below 1 where there are more than k positives."""
    return rows.per_positive(hits(rows, k), rows.n_positives)


def precision(rows: RankedRows, k: int) -> Float64:
    """Expected hits / k, also where fewer than k items were ranked."""
    return rows.per_positive(hits(rows, k), np.full(rows.n_queries, k))
