"""Which rows item tables are not learned from: those that were most likely taken by accident.

A sample weight reaches the ranker only; an accident that the tables count stays in every feature. So the rows
that tables are learned from are judged among themselves, as a set, in whatever order: dealt into folds, each
by the rest. A function of those rows alone, it adds nothing of what the tables may not know.
"""

from dataclasses import replace

import numpy as np

from samplew_gbm.data.crossfit import Fold
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.splitting import random_folds
from samplew_gbm.pipeline.accidents import TasteOdds, judge_rows
from samplew_gbm.settings import FIND, Settings

FOLDS = 5
ENOUGH = 100_000  # rows tell the share of accidents


def denoised(interactions: Interactions, settings: Settings, *, n_threads: int) -> Interactions:
    """The rows without the share ``settings.denoise`` likeliest to be accidents; with none all of them."""
    if not settings.denoise:
        return interactions
    judged = judge_as_set(interactions, settings.random_state, n_threads=n_threads)
    share = judged.share if settings.denoise == FIND else settings.denoise
    order = np.argsort(judged.log_odds, kind="stable")
    return interactions.take(order[int(share * len(order)) :])


def accident_share_of(interactions: Interactions, random_state: int, *, n_threads: int) -> float:
    """The share of accidents that the rows tell of; of a long log those of some whole users."""
    sizes = np.diff(interactions.indptr)
    order = np.random.default_rng(random_state).permutation(len(sizes))
    asked = np.zeros(len(sizes), bool)
    asked[order[np.cumsum(sizes[order]) - sizes[order] < ENOUGH]] = True
    some = interactions.take(asked[interactions.user_index])
    return judge_as_set(some, random_state, n_threads=n_threads).share


def judge_as_set(interactions: Interactions, random_state: int, *, n_threads: int) -> TasteOdds:
    """Every row by the rows of other folds, ``log_odds`` in the order of the rows."""
    rows = replace(interactions, order=Order.NONE, timestamp=None, query=None, grade=None, impressions=None)
    fold = random_folds(rows, n_folds=FOLDS, random_state=random_state)
    folds = [Fold(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(FOLDS)]
    judged = judge_rows(rows, folds, random_state, n_threads=n_threads)
    place = np.concatenate([each.judge for each in folds])
    log_odds = np.empty(len(rows), np.float32)
    log_odds[place] = judged.log_odds
    return replace(judged, log_odds=log_odds)
