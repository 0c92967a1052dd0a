"""What comes next by the softmax model of histories."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.item_tables import NextTable
from samplew_gbm.data.queries import Queries
from samplew_gbm.data.subset import Subset
from samplew_gbm.kernels.scoring import lagged_mean, score_by_embeddings, softmax_rows


class SoftmaxNext:
    """How many times likelier an item is to come next than one drawn evenly; nothing of an empty history."""

    name = "softmax_next"

    def __init__(self, table: NextTable) -> None:
        taken = np.any(table.items != 0, axis=1)
        bias = np.where(taken, table.bias, np.float32(-np.inf))
        self.reach = Subset.of(taken)
        self._n_taken = int(np.count_nonzero(taken))
        self._items = table.items
        self._lag_weights = table.lag_weights
        self._reached, self._bias = self.reach.rows(table.following), self.reach.rows(bias)

    def score(self, queries: Queries, out: NDArray[np.float32]) -> None:
        """See ``Source``."""
        lists = queries.meant
        means = np.empty((len(queries), self._items.shape[1]), np.float32)
        lagged_mean(lists.indptr, lists.items, self._lag_weights, self._items, means)
        score_by_embeddings(means, self._reached, out)
        softmax_rows(out, self._bias, np.any(means != 0, axis=1), self._n_taken)
