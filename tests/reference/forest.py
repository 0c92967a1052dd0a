"""A forest walked row by row."""

import numpy as np

NAN_LEFT, NAN_RIGHT, ZERO_LEFT, ZERO_RIGHT, IN_SET = range(5)


def forest_scores(forest, features):
    """Numbers too small to tell from zero count as zero, as in LightGBM."""
    rows = np.where(np.abs(features) <= np.float32(1e-35), 0, features)
    return np.array([_score(forest, [float(x) for x in row]) for row in rows], np.float64)


def _score(forest, row):
    total = 0.0
    for tree, base in enumerate(forest.indptr[:-1]):
        at = 0 if forest.indptr[tree + 1] > base else -1
        while at >= 0:
            left = _goes_left(forest, base + at, row[forest.feature[base + at]])
            at = (forest.left if left else forest.right)[base + at]
        total += forest.value[base + tree - 1 - at]
    return total


def _goes_left(forest, split, x):
    rule = forest.rule[split]
    if rule == IN_SET:
        return -1 < x < 2**31 and int(x) in _categories(forest, forest.set[split])
    if np.isnan(x) or (rule in (ZERO_LEFT, ZERO_RIGHT) and x == 0):
        return rule in (NAN_LEFT, ZERO_LEFT)
    return x <= forest.threshold[split]


def _categories(forest, number):
    words = forest.words[forest.set_indptr[number] : forest.set_indptr[number + 1]]
    return {32 * place + bit for place, word in enumerate(words) for bit in range(32) if int(word) >> bit & 1}
