"""Which rows item tables are not learned from: those that suit their user least, beyond popularity.

A sample weight reaches the ranker only; an accident that the tables count stays in every feature. So the rows
that tables are learned from are judged among themselves, as a set, in whatever order: dealt into folds,
each by the rest. A function of those rows alone, it adds nothing of what the tables may not know.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.crossfit import Fold, judged_queries
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.splitting import random_folds
from samplew_gbm.importance.centred import residual_of
from samplew_gbm.importance.measured.closeness import closeness
from samplew_gbm.importance.measured.items import log_counts
from samplew_gbm.settings import Settings

FOLDS = 5
LEAST_CLOSE = 1e-6  # of an item that nobody took beside any of the user's


def denoised(interactions: Interactions, settings: Settings, *, n_threads: int) -> Interactions:
    """The rows without the share ``settings.denoise`` of the least fitting; without it all of them."""
    if not settings.denoise:
        return interactions
    fit = fitness(interactions, settings.random_state, n_threads=n_threads)
    order = np.argsort(fit, kind="stable")
    return interactions.take(order[int(settings.denoise * len(order)) :])


def fitness(interactions: Interactions, random_state: int, *, n_threads: int) -> NDArray[np.float32]:
    """How much better each row suits its user's others than its item's popularity explains, ``float32[n]``.

    The log of the closeness of the item to the user's other items, by rows of other folds; less the curve by
    which it rises with the item's popularity, and less the mean of the user.
    """
    rows = replace(interactions, order=Order.NONE, timestamp=None, query=None, grade=None, impressions=None)
    fold = random_folds(rows, n_folds=FOLDS, random_state=random_state)
    close = np.zeros(len(rows), np.float32)
    for number in range(FOLDS):
        held = fold == number
        judged = judged_queries(rows, Fold(np.flatnonzero(~held), np.flatnonzero(held)))
        close[judged.rows] = closeness(
            rows.take(~held), judged.queries.histories, judged.positives, n_threads=n_threads
        )
    beyond = residual_of(np.log(np.maximum(close, LEAST_CLOSE)), log_counts(rows)[rows.item_index])
    mean = np.bincount(rows.user_index, beyond, rows.n_users) / np.maximum(np.diff(rows.indptr), 1)
    return (beyond - mean[rows.user_index]).astype(np.float32)
