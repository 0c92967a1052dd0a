"""Items whose ready vectors point where a history's do, or the user's own: also items nobody has taken."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Queries
from samplew_gbm.data.side import NamedVectors, unit_rows
from samplew_gbm.data.subset import Subset
from samplew_gbm.kernels.scoring import decayed_sum, score_by_embeddings


class Vectors:
    """Cosine of an item's vector and the sum of the history's.

    An item of the history counts ``decay`` times the one after it; a decay of 1 counts all alike.
    """

    def __init__(self, vectors: NamedVectors, decay: float) -> None:
        self.name = f"{vectors.name}_vectors"
        self._unit = vectors.unit
        self.reach = Subset.of(vectors.known)
        self._reached = self.reach.rows(vectors.unit)
        self._decay = np.float32(decay)

    def score(self, queries: Queries, out: NDArray[np.float32]) -> None:
        """See ``Source``."""
        lists = queries.meant
        profiles = np.empty((len(queries), self._unit.shape[1]), np.float32)
        decayed_sum(lists.indptr, lists.items, self._decay, self._unit, profiles)
        score_by_embeddings(unit_rows(profiles), self._reached, out)


class UserVectors:
    """Cosine of an item's vector and the user's own, of one model that has both."""

    def __init__(self, users: NamedVectors, items: NamedVectors) -> None:
        self.name = f"{users.name}_user_vectors"
        self._users = users
        self.reach = Subset.of(items.known)
        self._reached = self.reach.rows(items.unit)

    def score(self, queries: Queries, out: NDArray[np.float32]) -> None:
        """See ``Source``. Strangers have no vector, and all items 0."""
        index = queries.user_index
        if index is None:
            out.fill(0)
        else:
            score_by_embeddings(self._users.take(index.astype(np.int64)).unit, self._reached, out)
