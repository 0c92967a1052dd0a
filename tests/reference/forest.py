"""A forest walked row by row."""

import numpy as np


def forest_scores(trees, features):
    return np.array([sum(_leaf(tree, row) for tree in trees) for row in features])


def _leaf(tree, row):
    at = 0 if len(tree.feature) else -1
    while at >= 0:
        x = float(row[tree.feature[at]])
        left = tree.nan_left[at] if np.isnan(x) else x <= tree.threshold[at]
        at = tree.left[at] if left else tree.right[at]
    return tree.value[-1 - at]
