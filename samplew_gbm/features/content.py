"""How like a candidate's description is to those of the history's items: the best, the last, the mean."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.features.base import FeatureContext
from samplew_gbm.kernels.tokens import pool_by_tokens


def content(context: FeatureContext) -> dict[str, NDArray[np.float32]]:
    """Cosine of the weighted tokens; no columns where nothing is said of the items."""
    table = context.tables.content
    if table is None:
        return {}
    histories, candidates = context.queries.meant, context.candidates.lists
    pooled = np.empty((len(candidates.items), 3), np.float32)
    pool_by_tokens(
        histories.indptr,
        histories.items,
        candidates.indptr,
        candidates.items,
        table.indptr,
        table.tokens,
        table.weight,
        context.max_history,
        pooled,
    )
    columns = {"content_best": pooled[:, 0]}
    if context.tables.transitions is not None:
        columns["content_last"] = pooled[:, 1]
    columns["content_mean"] = pooled[:, 2]
    return columns
