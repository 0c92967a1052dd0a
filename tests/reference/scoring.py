"""Naive twins of `samplew_gbm.kernels.scoring`: one history item after another, in double precision."""

import numpy as np


def by_table(history, decay, table, least):
    """``table`` is dense; the last item of the history weighs 1, each one before it ``decay`` times less."""
    scores, weight = np.zeros(table.shape[1]), 1.0
    for item in reversed(history):
        scores += weight * table[item]
        weight *= decay
        if weight < least:
            break
    return scores


def by_embeddings(user, items):
    return np.array([sum(float(a) * float(b) for a, b in zip(user, item, strict=True)) for item in items])


def lagged_mean(history, lags, items):
    """The mean of the last items' vectors, the k-th from the end in proportion to exp(lags[k])."""
    last = history[::-1][: len(lags)]
    if not last:
        return np.zeros(items.shape[1])
    shares = np.exp(lags[: len(last)] - lags[: len(last)].max())
    return sum(share * items[item] for share, item in zip(shares / shares.sum(), last, strict=True))
