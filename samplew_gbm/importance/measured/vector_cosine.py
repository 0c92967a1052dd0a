"""How close an item is to the rest of a history by ready vectors, which no row of the log has shaped."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.queries import Lists
from samplew_gbm.data.side import NamedVectors
from samplew_gbm.errors import DataError

BLOCK_BYTES = 16 << 20  # of the gathered vectors of histories


def check_item_vectors(interactions: Interactions, scheme: str) -> None:
    """``DataError`` for a log whose items have no ready vectors."""
    side = interactions.side
    if side is None or not side.item_vectors:
        raise DataError(
            f"importance {scheme!r} needs ready vectors of the items; this log has none: give --item-vectors "
            "FILE (join_item_vectors in Python), or choose another scheme"
        )


def vector_cosines(
    models: Sequence[NamedVectors], histories: Lists, taken: Lists, users: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Cosine of each taken item to the mean vector of the history's other items, the mean over the models.

    ``users`` is ``int32``, whose query each history is. ``float32`` beside ``taken.items``. Where a model has
    no vector of the item, or of no other item of the history, the sample gets the mean of the user's samples
    that have one: it is neither close nor far; 0 where the user has none.
    """
    total = np.zeros(len(taken.items))
    for model in models:
        cosine = _cosines(model, histories, taken)
        known = ~np.isnan(cosine)
        owner = users[taken.owner]
        n_users = int(owner.max(initial=-1)) + 1
        count = np.bincount(owner[known], minlength=n_users)
        mean = np.bincount(owner[known], cosine[known], n_users) / np.maximum(count, 1)
        total += np.where(known, cosine, mean[owner])
    return (total / len(models)).astype(np.float32)


def _cosines(model: NamedVectors, histories: Lists, taken: Lists) -> NDArray[np.float64]:
    """Of one model; NaN where it cannot say."""
    found = np.empty(len(taken.items))
    per_query = max(1, int(histories.sizes.max(initial=1))) * model.unit.shape[1] * 4
    size = max(1, BLOCK_BYTES // per_query)
    for start in range(0, len(histories), size):
        stop = min(start + size, len(histories))
        own = taken.slice(start, stop)
        rows = slice(taken.indptr[start], taken.indptr[stop])
        found[rows] = _block(model.unit, histories.slice(start, stop), own)
    return found


def _block(unit: NDArray[np.float32], histories: Lists, taken: Lists) -> NDArray[np.float64]:
    """Against the history without the item itself: what a user takes again is no evidence."""
    sums = np.zeros((len(histories), unit.shape[1]), np.float64)
    np.add.at(sums, histories.owner, unit[histories.items])
    n_items = len(unit)
    keys, counts = np.unique(histories.owner * n_items + histories.items, return_counts=True)
    wanted = taken.owner * n_items + taken.items
    place = np.minimum(np.searchsorted(keys, wanted), max(0, len(keys) - 1))
    again = np.where(keys[place] == wanted, counts[place], 0) if len(keys) else np.zeros(len(wanted))
    vectors = unit[taken.items].astype(np.float64)
    others = sums[taken.owner] - again[:, None] * vectors
    length = np.sqrt(np.square(others).sum(axis=1))
    dots = np.einsum("ij,ij->i", others, vectors)
    unknown = (length < 1e-6) | ~vectors.any(axis=1)
    return np.where(unknown, np.nan, dots / np.where(unknown, 1.0, length))
