"""How close an item is to the rest of a history: the mean cosine, of pairs that rows without it show."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.queries import Lists
from samplew_gbm.importance.measured.items import distinct_pairs
from samplew_gbm.kernels.closeness import mean_closeness
from samplew_gbm.runtime import run_blocks

DAMPING = 0.3  # of an item of the history by its takers
JUDGED_DAMPING = 0.5  # of the item judged: 0 would say popularity, 1 that rare items suit everyone


def closeness(
    learned: Interactions, histories: Lists, taken: Lists, *, n_threads: int
) -> NDArray[np.float32]:
    """Mean of ``g_ij / (c_i^DAMPING c_j^JUDGED_DAMPING)`` over the other items ``i`` of the history.

    ``g`` counts the users of ``learned`` that took both, ``c`` its takers; an item counts once in a history.
    ``float32`` beside ``taken.items``, 0 without other items. Exact, and only of the pairs asked for: no
    matrix of items by items is made. The time goes with the squares of the users' lengths, as that of
    co-visitation does; the memory is the pairs of the log, the histories, and two numbers an item and thread.
    """
    users, items = distinct_pairs(learned)
    order = np.argsort(items, kind="stable")
    counts = np.bincount(items, minlength=learned.n_items)
    damped = np.maximum(counts, 1).astype(np.float64)
    judged = np.argsort(taken.items, kind="stable")
    ends = np.bincount(taken.items, minlength=learned.n_items)
    found = np.empty(len(judged), np.float32)
    arrays = (
        _indptr(counts),
        users[order].astype(np.int32),
        _indptr(np.bincount(users, minlength=learned.n_users)),
        items.astype(np.int32),
        histories.indptr,
        histories.items,
        _indptr(ends),
        taken.owner[judged],
        damped**-DAMPING,
        damped**-JUDGED_DAMPING,
    )
    run_blocks(lambda start, stop: mean_closeness(*arrays, start, stop, found), learned.n_items, n_threads)
    placed = np.empty(len(judged), np.float32)
    placed[judged] = found
    return placed


def _indptr(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
