"""The linear model of what comes next, in closed form by LAPACK.

At every place of every history let ``s`` be what was taken up to there, an item counting ``PAST`` times the
one after it, and ``t`` what is taken after it, an item counting ``FUTURE`` times the one before. The model
minimises ``sum |t - s B|^2 + lambda |B|^2``, so ``B = (S'S + lambda I)^-1 S'T``: where co-visitation counts
every path from item to item, this explains what comes next by the items that it needs (Choi et al.,
"Session-aware Linear Item-Item Models for Session-based Recommendation", WWW 2021, the transition part).

Neither ``S`` nor ``T`` is made: two places ``g`` apart add ``PAST^g / (1 - PAST^2)`` to ``S'S`` and
``(FUTURE^g - PAST^g) / (FUTURE - PAST)`` to ``S'T``, which are co-visitation counts with decay. That takes
every history to go on for ever, with nothing taken after its end. Taking an item again says nothing of other
items: pairs of an item with itself are left out.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg.lapack as lapack
from numpy.typing import NDArray

from samplew_gbm import native
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.item_tables import ItemTable
from samplew_gbm.embeddings.present import Present, present_items
from samplew_gbm.errors import NativeError

PAST = 0.3
FUTURE = 0.7
WINDOW = 20  # places; what is further apart counts nothing
STRENGTH = 30.0  # lambda for items taken once; it grows with the root of the events an item


class _Equations(NamedTuple):
    """``S'S`` and ``S'T`` of the present items, ``float32[p, p]`` in column order."""

    gram: NDArray[np.float32]
    wanted: NDArray[np.float32]


def learn_linear_next(interactions: Interactions, *, n_threads: int) -> ItemTable | None:
    """Weights from an item of the history (row) to the next ones; None where rows have no order."""
    if interactions.order is Order.NONE:
        return None
    present = present_items(interactions)
    if not len(present):
        return present.table(np.empty((0, 0), np.float32))
    events = np.bincount(interactions.item_index, minlength=interactions.n_items)[present.items]
    strength = STRENGTH * float(np.sqrt(events.mean()))
    return present.table(_solve(_equations(interactions, present, events, n_threads), strength))


def _equations(
    interactions: Interactions, present: Present, events: NDArray[np.int64], n_threads: int
) -> _Equations:
    gram = present.dense(_pairs(interactions, PAST, 1.0, n_threads))
    gram[np.diag_indices(len(gram))] += events
    gram /= np.float32(1 - PAST**2)
    wanted = present.dense(_pairs(interactions, FUTURE, 0.0, n_threads))
    wanted -= present.dense(_pairs(interactions, PAST, 0.0, n_threads))
    wanted /= np.float32(FUTURE - PAST)
    return _Equations(gram, wanted)


def _pairs(interactions: Interactions, decay: float, backward: float, n_threads: int) -> native.Csr:
    """Pairs of two items, ``decay^gap`` each."""
    table = native.covisit_count(
        interactions.indptr,
        interactions.item_index,
        interactions.n_items,
        window=WINDOW,
        decay=decay,
        forward=1.0,
        backward=backward,
        n_threads=n_threads,
    )
    return native.Csr(table.indptr, table.indices, table.data * np.float32(decay))


def _solve(equations: _Equations, strength: float) -> NDArray[np.float32]:
    """Overwrites the equations: they are the largest arrays of a training."""
    gram, wanted = equations
    gram[np.diag_indices(len(gram))] += np.float32(strength)
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1, clean=0)
    if not failed:
        weights, failed = lapack.spotrs(factor, wanted, lower=1, overwrite_b=1)
    if failed:
        raise NativeError(
            f"the linear model of what comes next could not be solved (LAPACK info {failed}); "
            "set linear_items=0"
        )
    np.fill_diagonal(weights, 0)
    return np.ascontiguousarray(weights)
