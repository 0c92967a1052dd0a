"""Implicit-feedback ALS as in Hu, Koren, Volinsky (2008), in double precision and textbook form."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def fold_in(
    item_factors: Array,
    indptr: npt.NDArray[np.int64],
    indices: npt.NDArray[np.int32],
    data: npt.NDArray[np.float32],
    regularization: float,
) -> Array:
    """(Y'Y + Y'(C - I)Y + regularization I)^-1 Y'Cp for every row; ``data`` is confidence minus one."""
    factors = np.asarray(item_factors, np.float64)
    d = factors.shape[1]
    out = np.zeros((len(indptr) - 1, d))
    for row in range(len(out)):
        own = slice(indptr[row], indptr[row + 1])
        if own.start == own.stop:
            continue
        weight, items = data[own].astype(np.float64), factors[indices[own]]
        system = factors.T @ factors + regularization * np.eye(d) + items.T @ (weight[:, None] * items)
        out[row] = np.linalg.solve(system, items.T @ (1.0 + weight))
    return out


def loss(
    user_factors: Array,
    item_factors: Array,
    indptr: npt.NDArray[np.int64],
    indices: npt.NDArray[np.int32],
    data: npt.NDArray[np.float32],
    regularization: float,
) -> float:
    """sum c (p - x.y)^2 + regularization (|X|^2 + |Y|^2) over all pairs."""
    users, items = np.asarray(user_factors, np.float64), np.asarray(item_factors, np.float64)
    preference, confidence = np.zeros((len(users), len(items))), np.ones((len(users), len(items)))
    rows = np.repeat(np.arange(len(users)), np.diff(indptr))
    preference[rows, indices] = 1.0
    confidence[rows, indices] += data
    error = confidence * (preference - users @ items.T) ** 2
    return float(error.sum() + regularization * ((users**2).sum() + (items**2).sum()))
