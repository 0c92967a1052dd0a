"""Metrics at k, a value a query before the mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samplew_gbm.errors import SettingsError
from samplew_gbm.evaluation.metrics import METRICS
from samplew_gbm.evaluation.ranked_rows import Float64, RankedRows, rows_from_lists, rows_from_scores

DEFAULT_METRICS = ("ndcg", "recall", "hit_rate", "mrr", "map")
DEFAULT_KS = (5, 10, 20)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Values of metrics; names are "ndcg@10"."""

    per_query: dict[str, Float64]
    """float64[q] each, NaN for a query without positives"""
    n_queries: int
    n_without_positives: int
    """queries left out of the means"""

    @property
    def mean(self) -> dict[str, float]:
        """Mean over the queries with positives; NaN where there are none."""
        if self.n_queries == self.n_without_positives:
            return dict.fromkeys(self.per_query, float("nan"))
        return {name: float(np.nanmean(values)) for name, values in self.per_query.items()}


def _metrics_of(rows: RankedRows, metrics: Sequence[str], ks: Sequence[int]) -> dict[str, Float64]:
    unknown = [name for name in metrics if name not in METRICS]
    if unknown:
        raise SettingsError(f"unknown metric {unknown[0]!r}; choose from {', '.join(METRICS)}")
    wrong = [k for k in ks if k != int(k) or k < 1]
    if wrong or not len(ks) or not metrics:
        raise SettingsError(
            f"ks is {list(ks)}, metrics {list(metrics)}; give at least one metric and one k >= 1"
        )
    return {f"{name}@{int(k)}": METRICS[name](rows, int(k)) for name in metrics for k in ks}


def _evaluation(rows: RankedRows, values: dict[str, Float64]) -> Evaluation:
    return Evaluation(values, rows.n_queries, int(np.count_nonzero(rows.n_positives == 0)))


def evaluate(
    scores: ArrayLike,
    labels: ArrayLike,
    indptr: ArrayLike,
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    ks: Sequence[int] = DEFAULT_KS,
) -> Evaluation:
    """Metrics of scored candidate rows.

    Parameters
    ----------
    scores : float[n]
        Higher is better; infinities are fine, NaN is not. Ties count as random orders do on average.
    labels : int[n]
        Whole numbers from 0 on; gain 2^label - 1; a positive is a label above 0.
    indptr : int64[q + 1]
        Rows ``indptr[q]:indptr[q + 1]`` are query q.

    Raises
    ------
    DataError
        Shapes disagree, or a score or label cannot be used (names the row).
    SettingsError
        An unknown metric or a k below 1.
    """
    rows = rows_from_scores(scores, labels, indptr)
    return _evaluation(rows, _metrics_of(rows, metrics, ks))


def evaluate_rows(
    scores: ArrayLike,
    labels: ArrayLike,
    query: NDArray[np.int64],
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    ks: Sequence[int] = DEFAULT_KS,
) -> Evaluation:
    """The same of rows in any order: ``query`` is ``int64[n]``, the number of each row's query, from 0 on."""
    order = np.argsort(query, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(query))])
    return evaluate(np.asarray(scores)[order], np.asarray(labels)[order], indptr, metrics=metrics, ks=ks)


def evaluate_lists(
    ranked_items: ArrayLike,
    positive_indptr: ArrayLike,
    positive_items: ArrayLike,
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    ks: Sequence[int] = DEFAULT_KS,
) -> Evaluation:
    """Metrics of recommendations from the full catalogue.

    Parameters
    ----------
    ranked_items : int32[q, k]
        Item indices, the best first; -1 where there is no item.
    positive_indptr, positive_items : int64[q + 1], int32[p]
        The positives of each query, listed or not: they all count in the denominators.

    Raises DataError for disagreeing shapes or an item listed twice for a query; SettingsError as above.
    """
    rows = rows_from_lists(ranked_items, positive_indptr, positive_items)
    return _evaluation(rows, _metrics_of(rows, metrics, ks))


def ranked_metrics(
    ranked_items: ArrayLike,
    positive_indptr: ArrayLike,
    positive_items: ArrayLike,
    ks: Sequence[int] = DEFAULT_KS,
) -> dict[str, Float64]:
    """Every metric of `evaluate_lists` per query, float64[q] each, NaN for a query without positives."""
    values = evaluate_lists(ranked_items, positive_indptr, positive_items, metrics=tuple(METRICS), ks=ks)
    return values.per_query
