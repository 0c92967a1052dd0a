"""Normalised discounted cumulative gain (Jarvelin and Kekalainen 2002), gain 2^label - 1."""

import numpy as np

from samplew_gbm.evaluation.ranked_rows import Float64, RankedRows


def dcg(rows: RankedRows, k: int) -> Float64:
    """Expected DCG@k of each query, ``float64[q]``; discount 1 / log2(rank + 1)."""
    return rows.sum_of(np.where(rows.rank <= k, rows.gain / np.log2(rows.rank + 1.0), 0.0))


def ideal_dcg(rows: RankedRows, k: int) -> Float64:
    """DCG@k of the best order of all positives of each query, ``float64[q]``; 0 without any."""
    ideal = np.where(rows.ideal_rank <= k, rows.ideal_gain / np.log2(rows.ideal_rank + 1.0), 0.0)
    return np.asarray(np.bincount(rows.ideal_query, ideal, minlength=rows.n_queries), np.float64)


def ndcg(rows: RankedRows, k: int) -> Float64:
    """Expected DCG@k over the DCG@k of the best order of all positives."""
    return rows.per_positive(dcg(rows, k), ideal_dcg(rows, k))
