"""Implicit alternating least squares, by the C core.

Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008: minimise
``sum_ui c_ui (p_ui - <x_u, y_i>)^2 + regularization (sum_u |x_u|^2 + sum_i |y_i|^2)`` over all pairs, where
``p`` is 1 for pairs of the log and ``c = 1 + alpha * (events of the pair)``.
"""

from collections.abc import Callable

import numpy as np

from samplew_gbm import native
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import EmbeddingTable
from samplew_gbm.data.queries import Lists
from samplew_gbm.embeddings.width import width_of
from samplew_gbm.settings import Settings


def learn_als(
    interactions: Interactions,
    settings: Settings,
    *,
    n_threads: int,
    progress: Callable[[int], None] | None = None,
) -> EmbeddingTable:
    """Item embeddings; the users of the log are folded in when they are needed."""
    log = Lists(interactions.indptr, interactions.item_index).distinct(interactions.n_items)
    pairs = (log.lists.indptr, log.lists.items, (settings.alpha * log.counts).astype(np.float32))
    transposed = native.csr_transpose(*pairs, interactions.n_items)
    _, item_factors = native.als_fit(
        *pairs,
        *transposed,
        n_factors=width_of(interactions, settings),
        regularization=settings.regularization,
        n_epochs=settings.n_epochs,
        random_state=settings.random_state,
        n_threads=n_threads,
        progress=progress,
    )
    return EmbeddingTable(item_factors, settings.alpha, settings.regularization)


def als_units(interactions: Interactions, settings: Settings) -> int:
    """Units of progress: rows solved."""
    return (interactions.n_users + interactions.n_items) * settings.n_epochs
