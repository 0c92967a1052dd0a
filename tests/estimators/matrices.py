"""Small feature matrices whose truth is known."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from samplew_gbm import ImportanceRanker

SMALL = {"n_trees": 15, "n_rankers": 1, "n_threads": 1, "n_folds": 3}


@dataclass(frozen=True)
class Search:
    """Rows of queries: features, grades, and what may be given beside them."""

    X: Any
    y: np.ndarray
    query_id: np.ndarray
    user_id: np.ndarray
    item_id: np.ndarray

    def take(self, rows):
        return Search(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @property
    def ids(self):
        return {name: getattr(self, name) for name in ("query_id", "user_id", "item_id")}


def search(n_queries=120, size=10, *, noise=0.5, seed=0, queries_per_user=3):
    """Grades 0 to 2 that follow the first column; users of two tastes, items of two kinds."""
    rng = np.random.default_rng(seed)
    n = n_queries * size
    query = np.repeat(np.arange(n_queries), size)
    user = query // queries_per_user
    item = rng.integers(0, 40, n)
    X = rng.normal(size=(n, 4))
    liked = (item % 2 == user % 2) * 1.5
    y = np.clip(np.round(X[:, 0] + liked + noise * rng.normal(size=n)), 0, 2).astype(int)
    return Search(X, y, query, user, item)


def ranker(**changes):
    return ImportanceRanker(**{**SMALL, **changes})


def with_features(rows, X):
    return replace(rows, X=X)
