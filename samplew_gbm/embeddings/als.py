"""Implicit alternating least squares, by the C core.

Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008: minimise
``sum_ui c_ui (p_ui - <x_u, y_i>)^2 + regularization (sum_u |x_u|^2 + sum_i |y_i|^2)`` over all pairs, where
``p`` is 1 for pairs of the log and ``c = 1 + alpha * (events of the pair)``.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

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
    log = Lists(interactions.indptr, interactions.item_index)
    _, items = factorise(
        log,
        interactions.n_items,
        settings,
        n_factors=width_of(interactions, settings),
        n_threads=n_threads,
        progress=progress,
    )
    return EmbeddingTable(items, settings.alpha, settings.regularization)


def factorise(
    taken: Lists,
    n_items: int,
    settings: Settings,
    *,
    n_factors: int,
    n_threads: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Embeddings of the owners of ``q`` lists and of their items.

    ``float32[q, n_factors]`` and ``float32[n_items, n_factors]``; all 0 for an owner of an empty list and for
    an item of no list.
    """
    counted = taken.distinct(n_items)
    pairs = (counted.lists.indptr, counted.lists.items, (settings.alpha * counted.counts).astype(np.float32))
    transposed = native.csr_transpose(*pairs, n_items)
    factors: tuple[NDArray[np.float32], NDArray[np.float32]] = native.als_fit(
        *pairs,
        *transposed,
        n_factors=min(n_factors, n_items),
        regularization=settings.regularization,
        n_epochs=settings.n_epochs,
        random_state=settings.random_state,
        n_threads=n_threads,
        progress=progress,
    )
    return factors


def als_units(interactions: Interactions, settings: Settings) -> int:
    """Units of progress: rows solved."""
    return (interactions.n_users + interactions.n_items) * settings.n_epochs
