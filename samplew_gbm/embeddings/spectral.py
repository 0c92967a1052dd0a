"""The low frequencies of the graph of users and items: what whole groups of takers share.

With ``R`` the matrix of who took what, scaled by the roots of its users' and its items' counts,
``R = D_u^-1/2 X D_i^-1/2``, and ``V`` its leading right singular vectors, a history ``x`` scores the items
as ``x D_i^-1/2 V V' D_i^1/2``: all but the lowest frequencies are filtered out, and with them much of what
single rows say, and accidents among them. Shen et al., "How powerful is graph convolution for
recommendation?", CIKM 2021. The vectors are those of ARPACK.
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import svds

from samplew_gbm.data.interactions import Interactions
from samplew_gbm.data.item_tables import SpectralTable
from samplew_gbm.embeddings.present import present_items

LEAST_VALUE = 1e-6  # of a singular value; below it vectors are those of no row


def learn_spectral(interactions: Interactions, n_factors: int) -> SpectralTable:
    """Vectors ``float32[n_items, n_factors]``: the rows of items with too few events are zeros, and so are
    columns beyond what the other rows tell apart.
    """
    present = present_items(interactions)
    vectors = np.zeros((interactions.n_items, n_factors), np.float32)
    root = np.ones(interactions.n_items, np.float32)
    matrix = sp.csr_array(present.matrix(interactions), dtype=np.float64)
    matrix = matrix[np.diff(matrix.indptr) > 0]
    if matrix.nnz:
        takers, taken = matrix.sum(axis=0), matrix.sum(axis=1)
        found = _leading(sp.diags_array(taken**-0.5) @ matrix @ sp.diags_array(takers**-0.5), n_factors)
        vectors[present.items, : found.shape[1]] = found
        root[present.items] = np.sqrt(takers)
    return SpectralTable(vectors, root)


def _leading(matrix: sp.csr_array, n_factors: int) -> NDArray[np.float64]:
    """Right singular vectors ``float64[n, k]`` of the largest values, at most ``n_factors``."""
    if min(matrix.shape) <= n_factors:  # ARPACK finds fewer than all
        _, values, vectors = np.linalg.svd(matrix.toarray(), full_matrices=False)
    else:
        start = np.random.default_rng(0).random(min(matrix.shape))
        _, values, vectors = svds(matrix, k=n_factors, v0=start)
    leading: NDArray[np.float64] = vectors[values > LEAST_VALUE].T
    return leading
