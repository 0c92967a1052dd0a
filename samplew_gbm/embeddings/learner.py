"""The learners of item embeddings by name, for the setting ``embeddings``."""

from collections.abc import Callable
from dataclasses import dataclass

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import EmbeddingTable
from samplew_gbm.embeddings.als import als_units, learn_als
from samplew_gbm.embeddings.bpr import bpr_units, learn_bpr
from samplew_gbm.embeddings.item2vec import item2vec_units, learn_item2vec
from samplew_gbm.settings import Settings


@dataclass(frozen=True, slots=True)
class _Learner:
    learn: Callable[..., EmbeddingTable]
    units: Callable[[Interactions, Settings], int]


LEARNERS = {
    "als": _Learner(learn_als, als_units),
    "bpr": _Learner(learn_bpr, bpr_units),
    "item2vec": _Learner(learn_item2vec, item2vec_units),
}


def learn_embeddings(
    interactions: Interactions,
    settings: Settings,
    *,
    n_threads: int,
    progress: Callable[[int], None] | None = None,
) -> EmbeddingTable:
    """Item embeddings by the learner that the settings name; ``progress`` is told the units done so far."""
    learner = LEARNERS[settings.embeddings]
    return learner.learn(interactions, settings, n_threads=n_threads, progress=progress)


def embedding_units(interactions: Interactions, settings: Settings) -> int:
    """Units of progress of that learner in all."""
    return LEARNERS[settings.embeddings].units(interactions, settings)
