"""Bayesian personalised ranking, step by step in double precision, in the order of the C core."""

import numpy as np

from tests.reference import strata

DEAL, WEIGH, NEGATIVES, N_STREAMS = 1, 2, 3, 4


def left_blocks(indptr, n_blocks):
    """Users in contiguous blocks of about equal cost: entries, and one a row."""
    n_rows = len(indptr) - 1
    cost = np.asarray(indptr) + np.arange(n_rows + 1)
    total, bounds = int(cost[-1]), []
    for part in range(n_blocks):
        target = total // n_blocks * part + total % n_blocks * part // n_blocks
        bounds.append(int(np.searchsorted(cost[:n_rows], target)))
    bounds.append(n_rows)
    return np.repeat(np.arange(n_blocks), np.diff(bounds))


def fit(indptr, indices, n_items, d, rate, regularization, n_epochs, seed, negative_power=0.0, n_blocks=0):
    n_users = len(indptr) - 1
    n_blocks = n_blocks or strata.choose_blocks(n_users, n_items)
    x = strata.start(n_users, d, 0.5 / d, seed)
    y = strata.start(n_items, d, 0.5 / d, ~seed & strata.MASK)
    bias = np.zeros(n_items)
    weight = strata.weights(indices, n_items, negative_power)
    keep = 1 - rate * regularization
    users = np.repeat(np.arange(n_users), np.diff(indptr))
    pairs, left_block = list(zip(users, indices, strict=True)), left_blocks(indptr, n_blocks)
    taken = set(pairs)
    for epoch in range(n_epochs):
        keys = [strata.random_key(~seed & strata.MASK, epoch * N_STREAMS + stream) for stream in range(4)]
        right_block = strata.deal(n_items, n_blocks, keys[DEAL])
        tables = strata.weigh(right_block, n_blocks, weight, keys[WEIGH])
        for block, cell in strata.cells(pairs, left_block, right_block, n_blocks):
            for slot, user, better in cell:
                bits = strata.random_from(keys[NEGATIVES], slot)
                worse = strata.draw(tables[block], bits)
                if (user, worse) in taken:
                    worse = strata.draw(tables[block], bits >> 32)
                if worse < 0 or (user, worse) in taken:
                    continue
                u, up, down = x[user].copy(), y[better].copy(), y[worse].copy()
                step = rate * strata.sigmoid(u @ (down - up) + bias[worse] - bias[better])
                bias[better], bias[worse] = keep * bias[better] + step, keep * bias[worse] - step
                x[user] = keep * u + step * (up - down)
                y[better], y[worse] = keep * up + step * u, keep * down - step * u
    return x, y, bias
