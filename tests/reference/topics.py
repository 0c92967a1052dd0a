"""Naive twins of topics beside a background: loops, float64, from the formulas of their docstrings."""

import numpy as np


def mixture_step(rows, of_others, noise, prior, normalised, own):
    """``rows`` are the others of each own, ``noise`` beside them; a new array."""
    found = np.array(own, np.float64)
    for o, (others, beside) in enumerate(zip(rows, noise, strict=True)):
        pulled = np.zeros(own.shape[1])
        for other, extra in zip(others, beside, strict=True):
            chance = float(np.dot(own[o].astype(np.float64), of_others[other].astype(np.float64))) + float(
                extra
            )
            if chance > 0:
                pulled += of_others[other] / chance
        found[o] = own[o] * pulled + prior
        if normalised:
            found[o] /= found[o].sum()
    return found


def log_posterior(pairs, users, items, noise, user_prior, item_prior):
    """What each step of learning raises; ``users`` and ``items`` are distributions, ``share`` is 1/2."""
    of_rows = sum(np.log(users[u] @ items[i] + noise[i]) for u, i in pairs)
    return of_rows + user_prior * np.log(users).sum() + item_prior * np.log(items).sum()
