"""Steck's item model (EASE, WWW 2019) as its paper has it: a dense inverse in double precision."""

import numpy as np


def ease(matrix, strength):
    """``B = I - P diag(1 / diag P)`` with ``P = (X'X + strength I)^-1``; its diagonal is 0."""
    matrix = np.asarray(matrix, np.float64)
    inverse = np.linalg.inv(matrix.T @ matrix + strength * np.eye(matrix.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def linear_next(histories, n_items, *, past, future, strength, after=60):
    """``(S'S + strength I)^-1 S'T``, walking every history and ``after`` places beyond its end.

    ``histories`` are lists of items, none twice. At a place ``s`` is what was taken up to there, faded by
    ``past`` a place, and ``t`` what is taken after it, faded by ``future``.
    """
    gram, wanted = np.zeros((n_items, n_items)), np.zeros((n_items, n_items))
    for history in histories:
        s = np.zeros(n_items)
        for place in range(len(history) + after):
            s *= past
            if place < len(history):
                s[history[place]] += 1
            t = np.zeros(n_items)
            for gap, item in enumerate(history[place + 1 :]):
                t[item] += future**gap
            gram += np.outer(s, s)
            wanted += np.outer(s, t)
    weights = np.linalg.solve(gram + strength * np.eye(n_items), wanted)
    np.fill_diagonal(weights, 0.0)
    return weights
