"""Random forests of every kind of split."""

import numpy as np

from samplew_gbm import native
from samplew_gbm.native.forest import IN_SET


def grown(n_splits: int, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """Children of a tree in which a random leaf became a split, again and again."""
    left, right, homes = [], [], {0: None}
    for split in range(n_splits):
        leaf = int(rng.integers(split + 1))
        home = homes[leaf]
        if home is not None:
            side, parent = home
            side[parent] = split
        left.append(-1 - leaf)
        right.append(-2 - split)
        homes[leaf], homes[split + 1] = (left, split), (right, split)
    return left, right


def random_forest(sizes: list[int], n_features: int = 5, seed: int = 0) -> native.Forest:
    """A tree of each size; thresholds are quarters, so that rows of quarters meet them."""
    rng = np.random.default_rng(seed)
    trees = [grown(size, rng) for size in sizes]
    n, n_sets = sum(sizes), 4
    set_indptr = np.cumsum([0, 1, 0, 2, 1])
    rule = rng.integers(0, 5, n)
    return native.Forest(
        indptr=np.cumsum([0, *sizes]).astype(np.int64),
        feature=rng.integers(0, n_features, n).astype(np.int32),
        threshold=(rng.integers(-8, 9, n) / 4).astype(np.float32),
        rule=rule.astype(np.int32),
        left=np.array([child for left, _ in trees for child in left], np.int32),
        right=np.array([child for _, right in trees for child in right], np.int32),
        value=rng.normal(size=n + len(sizes)),
        set=np.where(rule == IN_SET, rng.integers(0, n_sets, n), 0).astype(np.int32),
        set_indptr=set_indptr,
        words=rng.integers(-(2**31), 2**31, set_indptr[-1]).astype(np.int32),
    )


def random_rows(n: int, n_features: int = 5, seed: int = 0) -> np.ndarray:
    """Quarters, categories, and what is odd: NaN, infinities, both zeros, numbers that count as zero."""
    rng = np.random.default_rng(seed)
    quarters = rng.integers(-9, 10, (n, n_features)) / 4
    odd = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-35, 31, 32, 63.5, 64, -0.5, 3e9, 1e38])
    strange = rng.choice(odd, (n, n_features))
    return np.where(rng.random((n, n_features)) < 0.4, strange, quarters).astype(np.float32)
