"""Cosine of a candidate's embedding with the history's, pooled four ways."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.features.base import FeatureContext
from samplew_gbm.kernels.pooling import attention_pool

SHARPNESS = 5.0  # how much more a history item counts per unit of cosine, in the attention


def similarity(context: FeatureContext) -> dict[str, NDArray[np.float32]]:
    """Attended, best, last and mean similarity; which item is last means nothing without an order."""
    embeddings = context.tables.embeddings.items
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit = embeddings / np.maximum(lengths, np.float32(1e-12))
    histories, candidates = context.queries.histories, context.candidates.lists
    pooled = attention_pool(
        unit,
        histories.indptr,
        histories.items,
        candidates.indptr,
        candidates.items,
        temperature=1.0 / (SHARPNESS * float(np.sqrt(unit.shape[1]))),
        max_history=context.max_history,
        n_threads=1,
    )
    columns = {"similarity_attended": pooled[:, 0], "similarity_best": pooled[:, 1]}
    if context.tables.transitions is not None:
        columns["similarity_last"] = pooled[:, 2]
    columns["similarity_mean"] = pooled[:, 3]
    return columns
