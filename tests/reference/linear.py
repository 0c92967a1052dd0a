"""Steck's item model (EASE, WWW 2019) as its paper has it: a dense inverse in double precision."""

import numpy as np


def ease(matrix, strength):
    """``B = I - P diag(1 / diag P)`` with ``P = (X'X + strength I)^-1``; its diagonal is 0."""
    matrix = np.asarray(matrix, np.float64)
    inverse = np.linalg.inv(matrix.T @ matrix + strength * np.eye(matrix.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights
