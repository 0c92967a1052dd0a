"""Normalised discounted cumulative gain (Jarvelin and Kekalainen 2002), gain 2^label - 1."""

import numpy as np

from samplew_gbm.evaluation.ranked_rows import Float64, RankedRows


def ndcg(rows: RankedRows, k: int) -> Float64:
    """Expected DCG@k over the DCG@k of the best order of all positives; discount 1 / log2(rank + 1)."""
    gained = rows.sum_of(np.where(rows.rank <= k, rows.gain / np.log2(rows.rank + 1.0), 0.0))
    ideal = np.where(rows.ideal_rank <= k, rows.ideal_gain / np.log2(rows.ideal_rank + 1.0), 0.0)
    return rows.per_positive(gained, np.bincount(rows.ideal_query, weights=ideal, minlength=rows.n_queries))
