"""Scores of rows by a forest of decision trees."""

from typing import NamedTuple

import numpy as np

from samplew_gbm import _native
from samplew_gbm.native.calling import Float32, Float64, Int32, Int64, ReportDone, run

NAN_LEFT, NAN_RIGHT, ZERO_LEFT, ZERO_RIGHT, IN_SET = range(5)


class Forest(NamedTuple):
    """Trees of ``s`` splits in all, ``t`` of them; tree i holds splits ``indptr[i]:indptr[i + 1]``.

    A tree has one leaf more than splits; leaf ``l`` of tree i is ``value[indptr[i] + i + l]``. A child of 0
    or more is a split of the same tree, another one the leaf ``-1 - child``; split 0 is the root. ``rule``
    says which rows go left: ``NAN_LEFT`` and ``NAN_RIGHT`` those with ``row[feature] <= threshold``, and NaN
    as named; ``ZERO_LEFT`` and ``ZERO_RIGHT`` likewise, where both NaN and 0 go as named; ``IN_SET`` those
    whose ``row[feature]``, cut to a whole number, is a bit of set ``set``, words of 32 bits
    ``words[set_indptr[set]:set_indptr[set + 1]]``.
    """

    indptr: Int64
    feature: Int32
    threshold: Float32
    rule: Int32
    left: Int32
    right: Int32
    value: Float64
    set: Int32
    set_indptr: Int64
    words: Int32


def forest_score(
    forest: Forest,
    features: Float32,
    n_threads: int = 1,
    control: Int64 | None = None,
    progress: ReportDone | None = None,
) -> Float64:
    """Sum of the leaves that each row of ``features`` float32[n, f] falls into, float64[n].

    Sums are taken tree after tree: the bits of LightGBM's raw score. Every call checks the whole forest and
    names the first bad tree in a ``ValueError``. Units of progress are rows.
    """
    scores = np.empty(len(features), np.float64)
    work = 0.3 * float(len(features)) * len(forest.feature)

    def call(cells: Int64 | None) -> object:
        return _native.forest_score(*forest, features, scores, cells, int(n_threads))

    run(call, work, control, progress)
    return scores
