"""Skip-gram with negative sampling, step by step in double precision, in the order of the C core."""

import itertools

import numpy as np

from tests.reference import strata

DEAL_LEFT, DEAL_RIGHT, WEIGH, REACH, SHUFFLE, NEGATIVES, N_STREAMS = range(1, 8)
LAST_RATE, POWER = 1e-3, 0.75


def shuffled(indptr, indices, key):
    dealt = np.array(indices)
    for first, stop in itertools.pairwise(indptr):
        for i in range(stop - first - 1, 0, -1):
            j = strata.random_from(key, int(first) + i) % (i + 1)
            dealt[[first + i, first + j]] = dealt[[first + j, first + i]]
    return dealt


def window_pairs(indptr, items, window, key):
    for first, stop in itertools.pairwise(indptr):
        for at in range(first, stop):
            reach = 1 + strata.random_from(key, at) % window
            for other in range(max(first, at - reach), min(stop, at + reach + 1)):
                if items[other] != items[at]:
                    yield items[other], items[at]


def step(y, z, left, rows, rate):
    """One pair: all gradients from the values before it, rows in order."""
    label = np.arange(len(rows)) == 0
    steps = rate * (label - strata.sigmoid(z[rows] @ y[left]))
    x, total = y[left].copy(), np.zeros(y.shape[1])
    for row, size in zip(rows, steps, strict=True):
        total += size * z[row]
        z[row] += size * x
    y[left] += total


def fit(indptr, indices, n_items, d, rate, window, n_negatives, n_epochs, seed, shuffle=False, n_blocks=0):
    """For logs of one chunk, at most 2^17 places."""
    n_blocks = n_blocks or strata.choose_blocks(n_items, n_items)
    y, z = strata.start(n_items, d, 1 / d, seed), np.zeros((n_items, d))
    weight = strata.weights(indices, n_items, POWER)
    for epoch in range(n_epochs):
        keys = [strata.random_key(~seed & strata.MASK, epoch * N_STREAMS + stream) for stream in range(7)]
        left_block = strata.deal(n_items, n_blocks, keys[DEAL_LEFT])
        right_block = strata.deal(n_items, n_blocks, keys[DEAL_RIGHT])
        tables = strata.weigh(right_block, n_blocks, weight, keys[WEIGH])
        items = shuffled(indptr, indices, keys[SHUFFLE]) if shuffle else indices
        pairs = list(window_pairs(indptr, items, window, keys[REACH]))
        now = rate * max(LAST_RATE, 1 - epoch / n_epochs)
        for block, cell in strata.cells(pairs, left_block, right_block, n_blocks):
            for slot, left, right in cell:
                rows = [right]
                for k in range(n_negatives):
                    bits = strata.random_from(keys[NEGATIVES], slot * ((n_negatives + 1) // 2) + k // 2)
                    row = strata.draw(tables[block], bits >> 32 if k % 2 else bits)
                    rows += [row] if row != right else []
                step(y, z, left, rows, now)
    return y, z
