"""The linear item model, in closed form by LAPACK.

Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019: ``B = I - P diag(1 / diag P)`` with
``P = (X'X + lambda I)^-1`` predicts a user's row as ``x B``, with a diagonal of zeros so that no item
predicts itself.
"""

import numpy as np
import scipy.linalg.lapack as lapack
import scipy.sparse as sp
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import ItemTable
from samplew_gbm.errors import NativeError

STRENGTH = 50.0  # lambda for items that one user took; it grows with the root of the users an item
STORED = 4_000_000  # entries kept in all: each row keeps its largest in size
LEAST_ROW = 64
LEAST_EVENTS = 3  # an item with fewer has no weight that could be told from noise


def learn_linear(interactions: Interactions) -> ItemTable:
    """Item-item weights of the linear model, the largest of each row; items with too few events have none."""
    counts = np.bincount(interactions.item_index, minlength=interactions.n_items)
    present = np.flatnonzero(counts >= LEAST_EVENTS).astype(np.int32)
    if len(present) == 0:
        return ItemTable(np.zeros(len(counts) + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
    place = np.full(len(counts), -1, np.int32)
    place[present] = np.arange(len(present))
    known = place[interactions.item_index] >= 0
    users, items = interactions.user_index[known], place[interactions.item_index[known]]
    matrix = sp.csr_matrix((np.ones(len(users), np.float32), (users, items)))
    matrix.data[:] = 1
    weights = _solve(matrix, STRENGTH * float(np.sqrt(matrix.nnz / len(present))))
    n_kept = min(len(present), max(LEAST_ROW, STORED // len(present)))
    return _sparse(weights, n_kept, present, interactions.n_items)


def _solve(matrix: sp.csr_matrix, strength: float) -> NDArray[np.float32]:
    gram = (matrix.T @ matrix).toarray(order="F")
    diagonal = np.diag_indices(len(gram))
    gram[diagonal] += np.float32(strength)
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1, clean=0)
    if not failed:
        factor, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise NativeError(
            f"the linear item model could not be solved (LAPACK info {failed}); set linear_items=0"
        )
    scale = -1 / factor[diagonal]
    lower = np.tril(factor, -1)
    weights: NDArray[np.float32] = (lower + lower.T) * scale
    return np.ascontiguousarray(weights)


def _sparse(weights: NDArray[np.float32], n_kept: int, present: NDArray[np.int32], n_items: int) -> ItemTable:
    """Keep the ``n_kept`` largest in size of each row, and put the rows in their places of the catalogue."""
    n = len(weights)
    columns = np.empty((n, n_kept), np.int32)
    for start in range(0, n, 256):
        rows = slice(start, start + 256)
        if n_kept < n:
            columns[rows] = np.argpartition(-np.abs(weights[rows]), n_kept - 1, axis=1)[:, :n_kept]
        else:
            columns[rows] = np.arange(n)
    columns.sort(axis=1)
    sizes = np.zeros(n_items, np.int64)
    sizes[present] = n_kept
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    data = np.take_along_axis(weights, columns, axis=1)
    return ItemTable(indptr, present[columns].astype(np.int32).ravel(), data.ravel())
