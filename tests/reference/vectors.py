"""Naive twins of what is made of ready vectors: one pair after another, in double precision."""

import numpy as np


def profile(history, decay, items, least):
    """The last item of the history weighs 1, each one before it ``decay`` times less."""
    total, weight = np.zeros(items.shape[1]), 1.0
    for item in reversed(history):
        total += weight * items[item].astype(np.float64)
        weight *= decay
        if weight < least:
            break
    return total


def cosine(a, b):
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.dot(a, b) / lengths) if lengths > 1e-9 else np.nan


def closeness(vectors, history, item):
    """Cosine of an item to the mean of the others of a history; NaN where one of them has no direction."""
    others = [vectors[other].astype(np.float64) for other in history if other != item]
    return cosine(vectors[item].astype(np.float64), np.mean(others, axis=0)) if others else np.nan
