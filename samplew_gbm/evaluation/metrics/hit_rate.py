"""Hit rate: the share of queries with a positive among the first k."""

import numpy as np

from samplew_gbm.evaluation.metrics.chances import log_choose
from samplew_gbm.evaluation.ranked_rows import Float64, RankedRows


def hit_rate(rows: RankedRows, k: int) -> Float64:
    """Probability that at least one of the first k is a positive.

    Only the tie group that holds rank k is open: of its m rows, g positive, t places are within k, and
    no positive takes one with probability C(m - g, t) / C(m, t). Groups above miss only if they hold none.
    """
    at_k = np.flatnonzero((rows.rank == k) & (rows.positives_above == 0))
    tied, positives = rows.tied[at_k], rows.tied_positives[at_k]
    places = k - rows.above[at_k]
    missed = np.exp(log_choose(tied - positives, places) - log_choose(tied, places))
    surely = rows.query[(rows.rank <= k) & (rows.tied_positives > 0)]
    result = np.minimum(np.bincount(surely, minlength=rows.n_queries), 1).astype(np.float64)
    result[rows.query[at_k]] = 1.0 - missed
    return rows.per_positive(result, np.ones(rows.n_queries))
