"""item2vec, by the C core.

Barkan, Koenigstein, "Item2Vec: Neural Item Embedding for Collaborative Filtering", MLSP 2016: skip-gram with
negative sampling, where a history is the sentence and its items are the words. Items that stand among the
same neighbours get the same direction. A log without order has its histories dealt anew in each pass.
"""

from collections.abc import Callable

from samplew_gbm import native
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.item_tables import EmbeddingTable
from samplew_gbm.embeddings.directions import directions
from samplew_gbm.embeddings.width import width_of
from samplew_gbm.settings import Settings

RATE = 0.05
WINDOW = 5
NEGATIVES = 5
PASSES = 4  # over the rows for each epoch of the settings


def learn_item2vec(
    interactions: Interactions,
    settings: Settings,
    *,
    n_threads: int,
    progress: Callable[[int], None] | None = None,
) -> EmbeddingTable:
    """Item embeddings of length 1; a user is folded in from the items of his history."""
    items, _ = native.item2vec_fit(
        interactions.indptr,
        interactions.item_index,
        interactions.n_items,
        n_factors=width_of(interactions, settings),
        learning_rate=RATE,
        window=WINDOW,
        n_negatives=NEGATIVES,
        n_epochs=PASSES * settings.n_epochs,
        random_state=settings.random_state,
        n_threads=n_threads,
        shuffle=interactions.order is Order.NONE,
        progress=progress,
    )
    return directions(items, interactions, settings)


def item2vec_units(interactions: Interactions, settings: Settings) -> int:
    """Units of progress."""
    return PASSES * settings.n_epochs * len(interactions)
