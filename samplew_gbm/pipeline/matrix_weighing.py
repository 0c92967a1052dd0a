"""From the affinity of a matrix's rows to their importance and sample weight."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Lists
from samplew_gbm.importance.base import SampleSignals
from samplew_gbm.importance.measured.loss import cross_entropy
from samplew_gbm.importance.negatives import SIGNS, affinity_for, negative_weight
from samplew_gbm.importance.schemes import SCHEMES
from samplew_gbm.importance.weights import limited_product, mixed
from samplew_gbm.pipeline.matrix_rows import MatrixRows
from samplew_gbm.pipeline.weighing import temperature_of
from samplew_gbm.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class MatrixWeights:
    """Of every row its ``importance``, ``float64[n]`` with mean 1, and its ``weight``: None, all 1."""

    importance: NDArray[np.float64]
    weight: NDArray[np.float64] | None


def weigh_matrix(
    rows: MatrixRows, affinity: NDArray[np.float32], settings: Settings, *, n_threads: int
) -> MatrixWeights:
    """Importance of the positives within their segment and grade, and the weight of all rows.

    A segment is the user's rows of one label, and without users the query's: what a grade is worth is the
    label's to say. A positive that nobody could judge has importance 1. The caller's own weights multiply
    what came out: an order is not limited, nor does the twin lose it.
    """
    importance = np.ones(len(rows))
    if settings.importance == "none":
        return MatrixWeights(importance, rows.own)
    judged = np.flatnonzero((rows.label > 0) & ~np.isnan(affinity))
    if len(judged):
        scheme = partial(
            SCHEMES[settings.importance],
            _signals(rows, affinity, judged),
            random_state=settings.random_state,
            n_threads=n_threads,
        )
        importance[judged] = scheme(temperature=temperature_of(scheme, settings))
    weight = _weight(rows, importance, affinity, settings, n_threads)
    return MatrixWeights(importance, weight if rows.own is None else weight * rows.own)


def _weight(
    rows: MatrixRows,
    importance: NDArray[np.float64],
    affinity: NDArray[np.float32],
    settings: Settings,
    n_threads: int,
) -> NDArray[np.float64]:
    positive = rows.label > 0
    factors = [mixed(importance[positive], settings.mix)]
    if rows.exposure is not None:
        factors.append(rows.exposure[positive])
    limited = limited_product(factors, low=settings.weight_low, high=settings.weight_high)
    weight = np.ones(len(rows))
    weight[positive] = limited / limited.mean()
    if settings.negatives in SIGNS:
        indptr = np.searchsorted(rows.query[~positive], np.arange(len(rows.owner) + 1))
        known = _filled(affinity, rows)[~positive]
        judge = affinity_for(settings.importance, known, indptr, settings.random_state)
        weight[~positive] = negative_weight(judge, indptr, settings.negatives, n_threads=n_threads)
    return weight


def _signals(rows: MatrixRows, affinity: NDArray[np.float32], judged: NDArray[np.int64]) -> SampleSignals:
    whose = rows.query if rows.user is None else rows.user.astype(np.int64)
    grade = rows.label[judged].astype(np.int64)
    segment = np.unique(whose[judged] * (grade.max() + 1) + grade, return_inverse=True)[1]
    return SampleSignals(
        affinity=affinity[judged],
        segment=segment.astype(np.int32),
        item=None if rows.item is None else rows.item[judged],
        loss=_loss(rows, affinity, judged),
        popularity=None if rows.item is None else _popularity(rows.item, rows.label > 0)[judged],
    )


def _loss(rows: MatrixRows, affinity: NDArray[np.float32], judged: NDArray[np.int64]) -> NDArray[np.float32]:
    """Cross-entropy of each judged row among all rows of its query."""
    every = Lists(rows.indptr, np.arange(len(rows), dtype=np.int32))
    taken = Lists(np.searchsorted(rows.query[judged], np.arange(len(every) + 1)), judged.astype(np.int32))
    return cross_entropy(every, _filled(affinity, rows), taken, affinity[judged])


def _filled(affinity: NDArray[np.float32], rows: MatrixRows) -> NDArray[np.float32]:
    """Unknown affinities as the mean of what is known of the query, 0 where nothing is."""
    known, query, n = ~np.isnan(affinity), rows.query, len(rows.owner)
    sums = np.bincount(query[known], affinity[known], n)
    mean = sums / np.maximum(np.bincount(query[known], minlength=n), 1)
    return np.where(known, affinity, mean[query]).astype(np.float32)


def _popularity(item: NDArray[np.int32], positive: NDArray[np.bool_]) -> NDArray[np.float32]:
    """log(1 + how often the item was taken in other rows), ``float32[n]``."""
    counts = np.bincount(item[positive], minlength=int(item.max()) + 1)
    return np.log1p(counts[item] - positive).astype(np.float32)
