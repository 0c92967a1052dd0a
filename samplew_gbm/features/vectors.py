"""How like a candidate's ready vectors are to those of the history's items, pooled four ways."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.features.base import FeatureContext
from samplew_gbm.kernels.pooling import attention_pool

SHARPNESS = 5.0  # how much more a history item counts per unit of cosine, in the attention


def vectors(context: FeatureContext) -> dict[str, NDArray[np.float32]]:
    """Attended, best, last and mean cosine by each model's vectors; an item without one is like none."""
    side = context.tables.side
    columns: dict[str, NDArray[np.float32]] = {}
    histories, candidates = context.queries.meant, context.candidates.lists
    for each in () if side is None else side.item_vectors:
        pooled = attention_pool(
            each.unit,
            histories.indptr,
            histories.items,
            candidates.indptr,
            candidates.items,
            temperature=1.0 / (SHARPNESS * float(np.sqrt(each.unit.shape[1]))),
            max_history=context.max_history,
            n_threads=1,
        )
        name = f"{each.name}_vectors"
        columns |= {f"{name}_attended": pooled[:, 0], f"{name}_best": pooled[:, 1]}
        if context.tables.transitions is not None:
            columns[f"{name}_last"] = pooled[:, 2]
        columns[f"{name}_mean"] = pooled[:, 3]
    return columns
