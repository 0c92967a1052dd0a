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
from samplew_gbm.settings import Settings

ITEMS_PER_FACTOR = 64
WIDTHS = (64, 192)  # narrowest and widest by default
ITEMS_PER_JUDGING_FACTOR = 100  # tells pairs kept out from others best, on MovieLens-100K and smaller logs
JUDGING_WIDTHS = (4, 64)


def learn_embeddings(
    interactions: Interactions,
    settings: Settings,
    *,
    n_threads: int,
    progress: Callable[[int], None] | None = None,
) -> EmbeddingTable:
    """Item embeddings; the users of the log are folded in when they are needed."""
    log = Lists(interactions.indptr, interactions.item_index)
    width = settings.n_factors or width_for(interactions.n_items)
    _, items = factorise(
        log, interactions.n_items, settings, n_factors=width, n_threads=n_threads, progress=progress
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


def width_for(n_items: int) -> int:
    """Factors for a catalogue of this size: sparse tastes over many items need a wider table."""
    return int(np.clip(n_items // ITEMS_PER_FACTOR, *WIDTHS))


def judging_width_for(n_items: int) -> int:
    """Factors for judging pairs by nothing but their own affinity: a table nearly as wide as the catalogue
    learns what was taken by heart, and says little of what was not.
    """
    return int(np.clip(n_items // ITEMS_PER_JUDGING_FACTOR, *JUDGING_WIDTHS))
