"""What rows say of every item by itself: how often it is taken, and by whom."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions

PRIOR = 5.0  # takers of the average kind that every item is given


def log_counts(learned: Interactions) -> NDArray[np.float32]:
    """log(1 + rows) of every item, ``float32[n_items]``."""
    counts = np.bincount(learned.item_index, minlength=learned.n_items)
    return np.log1p(counts).astype(np.float32)


def mainstream_takers(learned: Interactions) -> NDArray[np.float32]:
    """Mean over the item's takers of how mainstream they are, shrunk to the average; ``float32[n_items]``.

    How mainstream a user is: the mean of log(1 + takers) over what he takes. Who takes what nobody else does
    takes more by accident, and items live off such users. A pair counts once, however often it is there.
    """
    users, items = distinct_pairs(learned)
    takers = np.bincount(items, minlength=learned.n_items)
    taken = np.bincount(users, minlength=learned.n_users)
    summed = np.bincount(users, np.log1p(takers)[items], learned.n_users)
    user = summed / np.maximum(taken, 1)
    average = user[taken > 0].mean() if len(users) else 0.0
    total = np.bincount(items, user[users], learned.n_items)
    mean: NDArray[np.float32] = ((total + PRIOR * average) / (takers + PRIOR)).astype(np.float32)
    return mean


def distinct_pairs(learned: Interactions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Users and items of the pairs that occur, each once, by user and then by item; ``int64``."""
    keys = np.unique(learned.user_index.astype(np.int64) * learned.n_items + learned.item_index)
    return keys // learned.n_items, keys % learned.n_items
