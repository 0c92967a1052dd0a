"""Mean reciprocal rank of the first positive."""

import numpy as np

from samplew_gbm.evaluation.metrics.chances import log_choose
from samplew_gbm.evaluation.ranked_rows import Float64, RankedRows


def mrr(rows: RankedRows, k: int) -> Float64:
    """Expected 1 / rank of the first positive, 0 where that is beyond k.

    In the first tie group with positives, g among m rows, the first of them stands at place j with
    probability C(m - j, g - 1) / C(m, g).
    """
    candidates = (rows.positives_above == 0) & (rows.tied_positives > 0) & (rows.rank <= k)
    tied, positives = rows.tied[candidates], rows.tied_positives[candidates]
    rank = rows.rank[candidates]
    place = rank - rows.above[candidates]
    chance = np.exp(log_choose(tied - place, positives - 1) - log_choose(tied, positives))
    reciprocal = np.bincount(rows.query[candidates], weights=chance / rank, minlength=rows.n_queries)
    return rows.per_positive(reciprocal, np.ones(rows.n_queries))
