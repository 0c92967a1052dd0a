"""What similar users took near the items they share with a history.

The nearest neighbours of session-based recommendation (Jannach and Ludewig, "When Recurrent Neural Networks
meet the Neighborhood for Session-Based Recommendation", RecSys 2017; the decay of Ludewig and Jannach, 2018),
with items further from the shared one counting less. Where co-visitation adds up pairs, a user who shares
several items counts for more here.
"""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.data.subset import Subset
from samplew_gbm.kernels.neighbours import score_by_neighbours

NEIGHBOURS = 200
DECAY = 0.7  # of a history item against the one after it
AFTER = 0.85  # of a neighbour's item against the one before it, behind the shared item
BEFORE = 0.6  # the same in front of it
TAKERS = 5_000  # of an item that are looked at; of more, an even part
USER_DAMPING = 0.5  # of long histories, which share something with everybody
SHORT = 5.0  # added to their length
COLUMN_DAMPING = 0.1  # of popular items
LEAST_RARITY = 0.1  # of an item that nearly everybody took


class Neighbours:
    """See the module; ``histories`` are those of the users to find neighbours among.

    The asking user may be among them: what he took before is no candidate, so he tells himself nothing new.
    """

    name = "neighbours"

    def __init__(self, histories: Lists, n_items: int) -> None:
        self.reach = Subset.of_items(n_items, histories.items)
        self._histories = Lists(histories.indptr, self.reach.places(histories.items))
        self._takers = _takers_of(histories, n_items)
        counts = np.bincount(histories.items, minlength=n_items)
        n_users = max(1, int(np.count_nonzero(histories.sizes)))
        self._item_weight = np.maximum(np.log(n_users / (counts + 1)), LEAST_RARITY).astype(np.float32)
        self._user_weight = ((histories.sizes + SHORT) ** -USER_DAMPING).astype(np.float32)
        self._column_weight = self.reach.rows(((counts + 1.0) ** -COLUMN_DAMPING).astype(np.float32))

    def score(self, queries: Queries, out: NDArray[np.float32]) -> None:
        """See ``Source``."""
        asking, own = queries.meant, self._histories
        score_by_neighbours(
            asking.indptr,
            asking.items,
            *self._takers,
            own.indptr,
            own.items,
            self._item_weight,
            self._user_weight,
            self._column_weight,
            np.float32(DECAY),
            np.float32(AFTER),
            np.float32(BEFORE),
            NEIGHBOURS,
            out,
        )


def _takers_of(
    histories: Lists, n_items: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Of each item the users who took it, ascending, and at which place: ``indptr``, users, places."""
    owner = histories.owner
    place = np.arange(len(owner)) - histories.indptr[owner]
    order = np.argsort(histories.items, kind="stable")
    counts = np.bincount(histories.items, minlength=n_items)
    item = histories.items[order]
    within = np.arange(len(order)) - (np.cumsum(counts) - counts)[item]
    # Kept is where the running number of kept ones steps up: an even part, the same for the same rows.
    share = np.minimum(1.0, TAKERS / np.maximum(counts, 1))[item]
    kept = np.floor((within + 1) * share + 1e-9) > np.floor(within * share + 1e-9)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(item[kept], minlength=n_items))]).astype(np.int64)
    return indptr, owner[order][kept].astype(np.int32), place[order][kept].astype(np.int32)
