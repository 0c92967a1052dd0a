"""Mean average precision."""

import numpy as np

from samplew_gbm.evaluation.ranked_rows import Float64, RankedRows


def average_precision(rows: RankedRows, k: int) -> Float64:
    """Expected sum of precision@rank over the positives among the first k, / min(k, number of positives).

    At place j of a tie group with g positives among m rows stands a positive with probability g / m;
    given that, the j - 1 places before it hold (j - 1) (g - 1) / (m - 1) of the others.
    """
    place = rows.rank - rows.above
    others = np.where(rows.tied > 1, (rows.tied_positives - 1) / np.maximum(rows.tied - 1, 1), 0.0)
    hits = rows.positives_above + 1 + (place - 1) * others
    total = rows.sum_of(np.where(rows.rank <= k, rows.chance * hits / rows.rank, 0.0))
    return rows.per_positive(total, np.minimum(rows.n_positives, k))
