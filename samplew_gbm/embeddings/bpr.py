"""Bayesian personalised ranking, by the C core.

Rendle, Freudenthaler, Gantner, Schmidt-Thieme, "BPR: Bayesian Personalized Ranking from Implicit Feedback",
UAI 2009: a user's items are to score above items that he did not take, by ``<x_u, y_i> + b_i``. The bias
soaks up how popular an item is, which other features say anyway; the table keeps the directions of ``y``.
"""

from collections.abc import Callable

from samplew_gbm import native
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import EmbeddingTable
from samplew_gbm.data.queries import Lists
from samplew_gbm.embeddings.directions import directions
from samplew_gbm.embeddings.width import width_of
from samplew_gbm.settings import Settings

RATE = 0.05
SHRINKAGE = 0.01
PASSES = 4  # over the pairs for each epoch of the settings: one costs less than a sweep of least squares


def learn_bpr(
    interactions: Interactions,
    settings: Settings,
    *,
    n_threads: int,
    progress: Callable[[int], None] | None = None,
) -> EmbeddingTable:
    """Item embeddings of length 1; the users of the log are folded in when they are needed."""
    pairs = Lists(interactions.indptr, interactions.item_index).distinct(interactions.n_items).lists
    _, items, _ = native.bpr_fit(
        pairs.indptr,
        pairs.items,
        interactions.n_items,
        n_factors=width_of(interactions, settings),
        learning_rate=RATE,
        regularization=SHRINKAGE,
        n_epochs=PASSES * settings.n_epochs,
        random_state=settings.random_state,
        n_threads=n_threads,
        progress=progress,
    )
    return directions(items, interactions, settings)


def bpr_units(interactions: Interactions, settings: Settings) -> int:
    """Units of progress, at most: the pairs of the log may be fewer than its rows."""
    return PASSES * settings.n_epochs * len(interactions)
