"""Sources that score by an item-item table: co-visited, second order, transitions, the linear item model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.item_tables import ItemTable
from samplew_gbm.data.queries import Queries
from samplew_gbm.kernels.scoring import score_by_table


@dataclass(frozen=True, slots=True)
class ByTable:
    """Sum of the history items' rows, an item counting ``decay`` times the one after it.

    A decay of 1 counts all alike, 0 the last item only.
    """

    name: str
    table: ItemTable
    decay: float

    def score(self, queries: Queries, out: NDArray[np.float32]) -> None:
        """See ``Source``."""
        lists, table = queries.histories, self.table
        decay = np.float32(self.decay)
        score_by_table(lists.indptr, lists.items, decay, table.indptr, table.indices, table.data, out)
