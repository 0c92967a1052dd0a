"""The items nearest to a user's embedding, which is folded in from the history."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm import native
from samplew_gbm.data.item_tables import EmbeddingTable
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.data.subset import Subset
from samplew_gbm.kernels.scoring import score_by_embeddings


class Nearest:
    """Dot product of the folded-in user and each item."""

    name = "nearest"

    def __init__(self, embeddings: EmbeddingTable) -> None:
        self.embeddings = embeddings
        self.reach = Subset.of(np.any(embeddings.items != 0, axis=1))
        self._reached = self.reach.rows(embeddings.items)
        self._gram = native.als_gram(embeddings.items)

    def score(self, queries: Queries, out: NDArray[np.float32]) -> None:
        """See ``Source``."""
        users = fold_in(self.embeddings, queries.meant, self._gram)
        score_by_embeddings(users, self._reached, out)


def fold_in(embeddings: EmbeddingTable, histories: Lists, gram: NDArray[np.float64]) -> NDArray[np.float32]:
    """User embeddings ``float32[len(histories), n_factors]`` that the item embeddings imply."""
    pairs = histories.distinct(len(embeddings.items))
    confidence = (embeddings.confidence * pairs.counts).astype(np.float32)
    return native.als_fold_in(
        embeddings.items,
        pairs.lists.indptr,
        pairs.lists.items,
        confidence,
        embeddings.regularization,
        n_threads=1,
        gram=gram,
    )
