"""The items that are described like those of a history: also items that nobody has taken yet."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm import native
from samplew_gbm.data.item_tables import ContentTable
from samplew_gbm.data.queries import Queries
from samplew_gbm.data.subset import Subset
from samplew_gbm.kernels.tokens import score_by_tokens


class Content:
    """Dot product of an item's tokens and the summed tokens of the history.

    An item of the history counts ``decay`` times the one after it; a decay of 1 counts all alike.
    """

    name = "content"

    def __init__(self, content: ContentTable, decay: float) -> None:
        self._rows = (content.indptr, content.tokens, content.weight)
        self.reach = Subset.of(np.diff(content.indptr) > 0)
        by_token, items, weight = native.csr_transpose(*self._rows, content.n_tokens)
        self._columns = (by_token, self.reach.places(items), weight)
        self._decay = np.float32(decay)

    def score(self, queries: Queries, out: NDArray[np.float32]) -> None:
        """See ``Source``."""
        lists = queries.meant
        score_by_tokens(lists.indptr, lists.items, self._decay, *self._rows, *self._columns, out)
