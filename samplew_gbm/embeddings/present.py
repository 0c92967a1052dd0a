"""The items that a dense item-item model covers: those with enough events to tell a weight from noise."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from samplew_gbm import native
from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import ItemTable

LEAST_EVENTS = 3
STORED = 4_000_000  # entries kept in all: each row keeps its largest in size
LEAST_ROW = 64
ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Present:
    """``items`` is ``int32[p]``, ascending; ``n_items`` the size of the whole catalogue."""

    items: NDArray[np.int32]
    n_items: int

    def __len__(self) -> int:
        return len(self.items)

    def matrix(self, interactions: Interactions) -> sp.csr_matrix:
        """1 where a user took a present item: ``float32[n_users, p]``."""
        place = np.full(self.n_items, -1, np.int32)
        place[self.items] = np.arange(len(self.items))
        known = place[interactions.item_index] >= 0
        users, items = interactions.user_index[known], place[interactions.item_index[known]]
        shape = (interactions.n_users, len(self.items))
        matrix = sp.csr_matrix((np.ones(len(users), np.float32), (users, items)), shape)
        matrix.data[:] = 1
        return matrix

    def dense(self, table: native.Csr) -> NDArray[np.float32]:
        """Rows and columns of the present items, ``float32[p, p]`` in column order, as LAPACK wants it."""
        shape = (self.n_items, self.n_items)
        matrix = sp.csr_matrix((table.data, table.indices, table.indptr), shape)
        dense: NDArray[np.float32] = matrix[self.items][:, self.items].toarray(order="F")
        return dense

    def table(self, weights: NDArray[np.float32]) -> ItemTable:
        """The largest in size of each row of ``float32[p, p]``, in their places of the catalogue."""
        n = len(self)
        if not n:
            return ItemTable(
                np.zeros(self.n_items + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32)
            )
        n_kept = min(n, max(LEAST_ROW, STORED // n))
        columns = np.empty((n, n_kept), np.int32)
        for start in range(0, n, ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            if n_kept < n:
                columns[rows] = np.argpartition(-np.abs(weights[rows]), n_kept - 1, axis=1)[:, :n_kept]
            else:
                columns[rows] = np.arange(n)
        columns.sort(axis=1)
        sizes = np.zeros(self.n_items, np.int64)
        sizes[self.items] = n_kept
        indptr = np.concatenate([[0], np.cumsum(sizes)])
        data = np.take_along_axis(weights, columns, axis=1)
        return ItemTable(indptr, self.items[columns].ravel(), data.ravel())


def present_items(interactions: Interactions) -> Present:
    """Items with at least ``LEAST_EVENTS`` events."""
    counts = np.bincount(interactions.item_index, minlength=interactions.n_items)
    return Present(np.flatnonzero(counts >= LEAST_EVENTS).astype(np.int32), interactions.n_items)
