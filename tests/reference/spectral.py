"""The low-pass filter of the graph of users and items, whole: by the eigenvectors of its item-item matrix."""

import numpy as np


def low_pass(matrix, n_factors):
    """``D^-1/2 P D^1/2`` of ``matrix``, bool[users, items], with ``P`` the projection on what passes.

    Users and items without anything are left out: what they have is 0.
    """
    matrix = np.asarray(matrix, np.float64)
    users, items = matrix.sum(axis=1), matrix.sum(axis=0)
    scaled = matrix[users > 0] / np.sqrt(users[users > 0])[:, None] / np.sqrt(np.maximum(items, 1))
    values, vectors = np.linalg.eigh(scaled.T @ scaled)
    largest = vectors[:, np.argsort(-values)[:n_factors]]
    root = np.sqrt(np.maximum(items, 1))
    return largest @ largest.T / root[:, None] * root
