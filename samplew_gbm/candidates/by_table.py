"""Sources that score by an item-item table: co-visited, second order, transitions, the linear item model."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.item_tables import ItemTable
from samplew_gbm.data.queries import Queries
from samplew_gbm.data.subset import Subset
from samplew_gbm.kernels.scoring import score_by_table


class ByTable:
    """Sum of the history items' rows, an item counting ``decay`` times the one after it.

    A decay of 1 counts all alike, 0 the last item only.
    """

    def __init__(self, name: str, table: ItemTable, decay: float) -> None:
        self.name = name
        self.reach = Subset.of_items(table.n_items, table.indices)
        self._table = (table.indptr, self.reach.places(table.indices), table.data)
        self._decay = np.float32(decay)

    def score(self, queries: Queries, out: NDArray[np.float32]) -> None:
        """See ``Source``."""
        lists = queries.meant
        score_by_table(lists.indptr, lists.items, self._decay, *self._table, out)
