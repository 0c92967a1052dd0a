"""Item vectors of learners whose lengths depend on how long they ran, made fit for folding users in.

A learner by gradient steps lets the vectors of frequent items grow. Their directions say what an item is
like, so only these are kept. Users are folded in as with least squares (``candidates/nearest.py``), strongly
held back: with a regularization of ``HOLD`` times the mean eigenvalue of the items' Gram matrix, a user's
vector is near the sum of his items', less what most items share.
"""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import EmbeddingTable
from samplew_gbm.settings import Settings

HOLD = 30.0


def directions(items: NDArray[np.float32], interactions: Interactions, settings: Settings) -> EmbeddingTable:
    """Vectors ``float32[n_items, n_factors]`` brought to length 1; those of items without a row to 0."""
    taken = np.bincount(interactions.item_index, minlength=len(items)) > 0
    lengths = np.linalg.norm(items, axis=1)
    scale = np.where(taken & (lengths > 0), 1 / np.maximum(lengths, np.float32(1e-12)), 0).astype(np.float32)
    mean_eigenvalue = max(1, int(taken.sum())) / items.shape[1]
    return EmbeddingTable(items * scale[:, None], settings.alpha, HOLD * mean_eigenvalue)
