"""What groups of takers share with a history, by the low frequencies of the graph of users and items."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.item_tables import SpectralTable
from samplew_gbm.data.queries import Queries
from samplew_gbm.data.subset import Subset
from samplew_gbm.kernels.scoring import decayed_sum, score_by_embeddings

ALL_ALIKE = np.float32(1)  # a decay: how long ago an item was taken does not count


class Spectral:
    """The history's items through the filter, see ``SpectralTable``."""

    name = "spectral"

    def __init__(self, table: SpectralTable) -> None:
        self.reach = Subset.of(np.any(table.vectors != 0, axis=1))
        root = table.root[:, None]
        self._history = table.vectors / root
        self._reached = self.reach.rows(table.vectors * root)

    def score(self, queries: Queries, out: NDArray[np.float32]) -> None:
        """See ``Source``."""
        lists = queries.meant
        profiles = np.empty((len(queries), self._history.shape[1]), np.float32)
        decayed_sum(lists.indptr, lists.items, ALL_ALIKE, self._history, profiles)
        score_by_embeddings(profiles, self._reached, out)
