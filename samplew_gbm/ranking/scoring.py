"""Scores by a ranker's text: by our own forest wherever it holds what the text says, else by LightGBM.

The sums are LightGBM's bits, at a twentieth of its time and without OpenMP. What a caller's own ranker may be
beyond that - linear leaves, several classes, averaged trees, transformed outputs - LightGBM scores itself.
"""

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from samplew_gbm import native
from samplew_gbm.errors import DataError
from samplew_gbm.ranking.trees import trees_of

Scorer = Callable[[NDArray[np.float32]], NDArray[np.float64]]

_OBJECTIVE = re.compile(r"^objective=(.*)$", re.MULTILINE)
_SIGMOID = re.compile(r"binary sigmoid:([0-9.e+-]+)")
_SUMS = ("", "lambdarank", "rank_xendcg", "custom")  # objectives whose score is the sum of the trees
_OTHER = re.compile(
    r"^(average_output|is_linear=1|num_class=(?!1$).*|num_tree_per_iteration=(?!1$).*)$", re.MULTILINE
)


def is_sum_of_trees(text: str) -> bool:
    """Whether a score is the sum of plain trees, with nothing done to it."""
    return _objective_in(text) in _SUMS and _OTHER.search(text) is None


def scorer_of(text: str, names: tuple[str, ...], *, n_threads: int, raw: bool) -> Scorer:
    """A function from features ``float32[n, f]`` to scores ``float64[n]``, safe to call from threads.

    A ``raw`` score is the sum of the trees. ``DataError`` for trees that cannot be, and for rows of another
    number of columns.
    """
    transform = _transform_of(text, raw)
    if transform is None or _OTHER.search(text):
        return _by_lightgbm(text, n_threads, raw)
    forest = trees_of(text).forest()

    def score(features: NDArray[np.float32]) -> NDArray[np.float64]:
        if features.shape[1] != len(names):
            raise DataError(f"rows have {features.shape[1]} columns; the ranker was trained on {len(names)}")
        return transform(native.forest_score(forest, np.ascontiguousarray(features, np.float32), n_threads))

    try:
        score(np.empty((0, len(names)), np.float32))
    except ValueError as error:
        raise DataError(f"the ranker cannot be read: {error}; train it again") from None
    return score


def _transform_of(text: str, raw: bool) -> Callable[[NDArray[np.float64]], NDArray[np.float64]] | None:
    """What makes a score of a sum of trees; None where LightGBM knows it."""
    objective = _objective_in(text)
    if raw or objective in _SUMS:
        return lambda sums: sums
    sigmoid = _SIGMOID.fullmatch(objective)
    if sigmoid is None:
        return None
    slope = float(sigmoid[1])
    return lambda sums: np.asarray(expit(slope * sums), np.float64)


def _objective_in(text: str) -> str:
    found = _OBJECTIVE.search(text)
    return found[1] if found else ""


def _by_lightgbm(text: str, n_threads: int, raw: bool) -> Scorer:
    import lightgbm as lgb

    booster = lgb.Booster(model_str=text)

    def score(features: NDArray[np.float32]) -> NDArray[np.float64]:
        if not len(features):
            return np.empty(0)
        return np.asarray(booster.predict(features, num_threads=n_threads, raw_score=raw), np.float64)

    return score
