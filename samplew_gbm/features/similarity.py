"""Cosine of a candidate's embedding with the history's, pooled four ways."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.subset import Subset
from samplew_gbm.features.base import FeatureContext
from samplew_gbm.kernels.pooling import attention_pool, attention_weights

SHARPNESS = 5.0  # how much more a history item counts per unit of cosine, in the attention


def similarity(context: FeatureContext) -> dict[str, NDArray[np.float32]]:
    """Attended, best, last and mean similarity; which item is last means nothing without an order."""
    histories, candidates = context.queries.meant, context.candidates.lists
    met = Subset.of_items(context.tables.n_items, histories.items, candidates.items)
    unit = _unit_rows(met.rows(context.tables.embeddings.items))
    pooled = attention_pool(
        unit,
        histories.indptr,
        met.places(histories.items),
        candidates.indptr,
        met.places(candidates.items),
        temperature=_temperature(unit),
        max_history=context.max_history,
        n_threads=1,
    )
    columns = {"similarity_attended": pooled[:, 0], "similarity_best": pooled[:, 1]}
    if context.tables.transitions is not None:
        columns["similarity_last"] = pooled[:, 2]
    columns["similarity_mean"] = pooled[:, 3]
    return columns


def attention_of(
    embeddings: NDArray[np.float32], history: NDArray[np.int32], item: int, max_history: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What ``similarity_attended`` looked at: of the latest ``max_history`` items of a history, oldest first.

    Their cosine with ``item`` and their attention weight, ``float32`` each; the weights sum to 1.
    """
    latest = history[-max_history:]
    if not len(latest):
        return np.empty(0, np.float32), np.empty(0, np.float32)
    unit = _unit_rows(embeddings[np.append(latest, item)])
    own = np.arange(len(latest), dtype=np.int32)
    return attention_weights(unit, own, len(latest), temperature=_temperature(unit))


def _unit_rows(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit: NDArray[np.float32] = embeddings / np.maximum(lengths, np.float32(1e-12))
    return unit


def _temperature(unit: NDArray[np.float32]) -> float:
    return 1.0 / (SHARPNESS * float(np.sqrt(unit.shape[1])))
