"""The trees of a ranker as arrays, read from LightGBM's own text."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.errors import DataError
from samplew_gbm.ranking.joining import tree_texts
from samplew_gbm.ranking.ranker import Ranker

_CATEGORICAL, _DEFAULT_LEFT = 1, 2  # bits of LightGBM's decision_type
_ZERO, _NAN = 1, 2  # what is missing: the two bits above them; 0 is nothing


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A tree of ``s`` splits and ``s + 1`` leaves; split 0 is the root where there is one.

    A row goes left where ``row[feature] <= threshold``. ``feature``, ``left`` and ``right`` are ``int64[s]``,
    ``threshold`` is ``float64[s]``; a child of 0 or more is a split, another one the leaf ``-1 - child``.
    ``nan_left`` is ``bool[s]``: where a NaN goes. ``value`` is ``float64[s + 1]``.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    nan_left: NDArray[np.bool_]
    value: NDArray[np.float64]


def trees_of(ranker: Ranker) -> list[Tree]:
    """All trees, in order. ``DataError`` for splits that this package never trains."""
    return [_tree(text) for text in tree_texts(ranker.text)]


def _tree(text: str) -> Tree:
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    threshold = _floats(lines, "threshold")
    return Tree(
        feature=_integers(lines, "split_feature"),
        threshold=threshold,
        left=_integers(lines, "left_child"),
        right=_integers(lines, "right_child"),
        nan_left=_nan_left(_integers(lines, "decision_type"), threshold),
        value=_floats(lines, "leaf_value"),
    )


def _nan_left(decision: NDArray[np.int64], threshold: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a column had no NaN in training LightGBM takes one for 0; else the split says where it goes."""
    missing = decision >> 2 & 3
    if (decision & _CATEGORICAL).any() or (missing == _ZERO).any():
        raise DataError(
            "the model splits on categories or takes zeros for missing; train it with this package"
        )
    default_left = (decision & _DEFAULT_LEFT) > 0
    left: NDArray[np.bool_] = np.where(missing == _NAN, default_left, threshold >= 0)
    return left


def _integers(lines: dict[str, str], name: str) -> NDArray[np.int64]:
    return np.array(lines.get(name, "").split(), np.int64)


def _floats(lines: dict[str, str], name: str) -> NDArray[np.float64]:
    return np.array(lines.get(name, "").split(), np.float64)
