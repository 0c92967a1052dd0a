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
from samplew_gbm.embeddings.present import present_items
from samplew_gbm.errors import NativeError

STRENGTH = 50.0  # lambda for items that one user took; it grows with the root of the users an item


def learn_linear(interactions: Interactions) -> ItemTable:
    """Item-item weights of the linear model, the largest of each row; items with too few events have none."""
    present = present_items(interactions)
    matrix = present.matrix(interactions)
    if not matrix.nnz:
        return present.table(np.empty((0, 0), np.float32))
    return present.table(_solve(matrix, STRENGTH * float(np.sqrt(matrix.nnz / len(present)))))


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
