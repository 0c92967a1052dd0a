"""Items made new on purpose, so that the ranker learns how items fare that nobody has taken.

Side tables bring such items into the catalogue. Without examples of their kind the ranker knows of an item
without takers only that it was rarely the one taken. So each fold hides all that it could learn of some items
(Volkovs et al. 2017, DropoutNet, section 4, for whole items): as large a share of them as the catalogue has
items without takers, at most ``MOST``. Which ones is drawn at random and knows nothing of what is judged.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.crossfit import Fold
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import EventTimes
from samplew_gbm.data.queries import Lists

MOST = 0.1


def hidden_items(interactions: Interactions, random_state: int, fold: int) -> NDArray[np.bool_]:
    """Which items a fold hides, ``bool[n_items]``: none without side tables, or where all were taken."""
    hidden = np.zeros(interactions.n_items, bool)
    if not _nominates_new(interactions):
        return hidden
    taken = np.unique(interactions.item_index)
    share = min(MOST, 1 - len(taken) / interactions.n_items)
    rng = np.random.default_rng((random_state, fold))
    hidden[taken] = rng.random(len(taken)) < share
    return hidden


def offered_items(interactions: Interactions, fold: Fold) -> NDArray[np.bool_] | None:
    """Items that somebody took by the end of the fold's own rows, ``bool[n_items]``; ``None``: all matter.

    Side tables nominate items that nobody has taken. Such a one could only be a negative of the fold, and the
    ranker would learn that whatever is new is never wanted. Without side tables no source nominates one. What
    a query showed is no matter of nominating: it stays whole.
    """
    if not _nominates_new(interactions):
        return None
    offered = np.zeros(interactions.n_items, bool)
    offered[interactions.item_index[fold.learn]] = True
    offered[interactions.item_index[fold.judge]] = True
    return offered


def _nominates_new(interactions: Interactions) -> bool:
    side = interactions.side
    return interactions.content is not None or (side is not None and bool(side.item_vectors))


def without_items(interactions: Interactions, hidden: NDArray[np.bool_]) -> Interactions:
    """The rows of all other items; the vocabularies stay."""
    return interactions.take(~hidden[interactions.item_index]) if hidden.any() else interactions


def without_events(events: EventTimes | None, hidden: NDArray[np.bool_]) -> EventTimes | None:
    """The times of all other items."""
    if events is None or not hidden.any():
        return events
    sizes = np.diff(events.indptr)
    kept = np.repeat(~hidden, sizes)
    lists = Lists.from_sizes(np.where(hidden, 0, sizes), np.empty(0, np.int32))
    return replace(events, indptr=lists.indptr, time=events.time[kept])
