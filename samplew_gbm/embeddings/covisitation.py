"""Co-visitation: how often items share a history, how close and in which order.

A pair of a history, ``gap`` places apart, counts ``decay^(gap - 1)`` forwards and ``BACKWARD`` times that
backwards; a log without order counts every pair once each way. Popular items co-occur with everything, so
columns are damped by a power of their users.
"""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm import native
from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.item_tables import ItemTable

WINDOW = 20
DECAY = 0.8
BACKWARD = 0.5
DAMPING = 0.3  # of columns, where rows have an order
COSINE = 0.5  # of rows and columns, where they have none, and for the second order
NEIGHBOURS = 500
SECOND_NEIGHBOURS = 200
SESSION_GAP = 86_400.0
SESSION_WINDOW = 50  # of a session, so that a bot's endless one costs no square
RARE = 5.0  # added to the users of an item before its transitions are divided by them


def learn_covisitation(
    interactions: Interactions, counts: NDArray[np.float32], *, n_threads: int
) -> tuple[ItemTable, ItemTable]:
    """Tables of the first order (items of one history) and of the second (by way of a third item)."""
    ordered = interactions.order is not Order.NONE
    window, decay, backward = (WINDOW, DECAY, BACKWARD) if ordered else (0, 1.0, 1.0)
    raw = native.covisit_count(
        interactions.indptr,
        interactions.item_index,
        interactions.n_items,
        window=window,
        decay=decay,
        forward=1.0,
        backward=backward,
        n_threads=n_threads,
    )
    cosine = _damp(raw, counts, COSINE, COSINE)
    first = _damp(raw, counts, 0.0, DAMPING) if ordered else cosine
    near = native.csr_top_n(*cosine, SECOND_NEIGHBOURS, n_threads)
    second = native.sparse_top_product(near, near, SECOND_NEIGHBOURS, n_threads=n_threads)
    return ItemTable(*native.csr_top_n(*first, NEIGHBOURS, n_threads)), ItemTable(*second)


def learn_transitions(
    interactions: Interactions, counts: NDArray[np.float32], *, n_threads: int
) -> ItemTable | None:
    """Share of an item's users who took another one right after it; None where rows have no order."""
    if interactions.order is Order.NONE:
        return None
    raw = native.covisit_count(
        interactions.indptr,
        interactions.item_index,
        interactions.n_items,
        window=1,
        decay=1.0,
        forward=1.0,
        backward=0.0,
        n_threads=n_threads,
    )
    rows = np.repeat(np.arange(interactions.n_items), np.diff(raw.indptr))
    return ItemTable(raw.indptr, raw.indices, raw.data / (counts[rows] + np.float32(RARE)))


def learn_sessions(
    interactions: Interactions, counts: NDArray[np.float32], *, n_threads: int
) -> ItemTable | None:
    """Co-visitation within a session, whatever the order in it; None where rows have no clock.

    Events of a user at most ``SESSION_GAP`` seconds apart are one session: what is taken together says more
    than what follows years later, and the order within one instant says nothing.
    """
    if interactions.timestamp is None:
        return None
    starts = np.ones(len(interactions), bool)
    starts[1:] = np.diff(interactions.timestamp) > SESSION_GAP
    starts[interactions.indptr[:-1][np.diff(interactions.indptr) > 0]] = True
    indptr = np.append(np.flatnonzero(starts), len(interactions)).astype(np.int64)
    raw = native.covisit_count(
        indptr,
        interactions.item_index,
        interactions.n_items,
        window=SESSION_WINDOW,
        decay=1.0,
        forward=1.0,
        backward=1.0,
        n_threads=n_threads,
    )
    damped = _damp(raw, counts, 0.0, DAMPING)
    return ItemTable(*native.csr_top_n(*damped, NEIGHBOURS, n_threads))


def _damp(
    table: native.Csr, counts: NDArray[np.float32], row_power: float, column_power: float
) -> native.Csr:
    rows = np.repeat(np.arange(len(table.indptr) - 1), np.diff(table.indptr))
    row_weight = (counts + 1) ** np.float32(-row_power)
    column_weight = (counts + 1) ** np.float32(-column_power)
    data = table.data * row_weight[rows] * column_weight[table.indices]
    return native.Csr(table.indptr, table.indices, data.astype(np.float32))
