"""The loss of a judged row, from the affinity that tables give it which have not seen it."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Lists


def cross_entropy(
    candidates: Lists,
    candidate_affinity: NDArray[np.float32],
    taken: Lists,
    taken_affinity: NDArray[np.float32],
) -> NDArray[np.float32]:
    """``-log softmax(z)`` of every taken item among the natural candidates of its query and itself.

    ``z`` is the affinity standardised over the query's candidates. This stands for the loss of a ranker in
    training, and costs next to nothing: the candidates are there, and no second model has to be cross-fitted.
    ``float32`` beside ``taken.items``, not below 0; 0 where a query has no candidate but the item. The
    candidates of a query must ascend.
    """
    owner, n = candidates.owner, len(candidates)
    sizes = np.maximum(candidates.sizes, 1)
    affinity = candidate_affinity.astype(np.float64)
    mean = np.bincount(owner, affinity, n) / sizes
    centred = affinity - mean[owner]
    variance = np.bincount(owner, np.square(centred), n) / sizes
    scale = np.divide(1.0, np.sqrt(variance), out=np.zeros(n), where=variance > 0)
    # A standardised value is below the root of the number of candidates, so no sum can overflow.
    total = np.bincount(owner, np.exp(centred * scale[owner]), n)
    query = taken.owner
    own = (taken_affinity - mean[query]) * scale[query]
    with np.errstate(divide="ignore"):
        others = np.log(total)[query]
    among = np.where(_listed(taken, candidates), others, np.logaddexp(others, own))
    return np.maximum(among - own, 0).astype(np.float32)


def _listed(taken: Lists, candidates: Lists) -> NDArray[np.bool_]:
    """Which of ``taken`` are candidates of their query."""
    n_items = 1 + max(int(taken.items.max(initial=0)), int(candidates.items.max(initial=0)))
    wanted = taken.owner * n_items + taken.items
    keys = np.append(candidates.owner * n_items + candidates.items, len(candidates) * n_items)
    listed: NDArray[np.bool_] = keys[np.searchsorted(keys, wanted)] == wanted
    return listed
