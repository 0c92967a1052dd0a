"""Small random logs as compressed rows."""

import numpy as np

from samplew_gbm.native import Csr


def random_csr(n_rows: int, n_columns: int, density: float, seed: int = 0, scale: float = 5.0) -> Csr:
    """Distinct columns in each row, values in [0, scale), the first row empty."""
    rng = np.random.default_rng(seed)
    mask = rng.random((n_rows, n_columns)) < density
    mask[:1] = False
    indptr = np.concatenate([[0], np.cumsum(mask.sum(axis=1))]).astype(np.int64)
    indices = np.nonzero(mask)[1].astype(np.int32)
    return Csr(indptr, indices, (scale * rng.random(len(indices))).astype(np.float32))


def histories_csr(histories: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    indptr = np.concatenate([[0], np.cumsum([len(items) for items in histories])]).astype(np.int64)
    return indptr, np.array([item for items in histories for item in items], np.int32)


def factors(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
