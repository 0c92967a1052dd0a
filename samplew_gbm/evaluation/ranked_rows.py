"""What every metric reads: the rows of all queries in rank order, with their ties spelled out.

Rows of a query with equal scores have no order. A metric here is its exact *expected value* over all
orders of such a tie group, so a constant score earns what a random order earns, and never what the
order of the input gives away.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samplew_gbm.errors import DataError

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

HIGHEST_LABEL = 60  # 2^label - 1 and sums of it stay exact enough in float64


@dataclass(frozen=True, slots=True)
class RankedRows:
    """Rows sorted by query, then from the highest score down; n rows in q queries.

    A *positive* is a row with a gain above 0. A metric may use any of these, and nothing else.
    """

    n_queries: int
    query: Int64
    """[n] the query of the row"""
    rank: Int64
    """[n] 1-based place in the query, in any one of the orders that the ties allow"""
    above: Int64
    """[n] rows above the row's tie group"""
    tied: Int64
    """[n] rows in the tie group, at least 1"""
    gain: Float64
    """[n] expected gain at this rank: the mean of the tie group"""
    tied_positives: Int64
    """[n] positives in the tie group"""
    positives_above: Int64
    """[n] positives above the tie group"""
    ideal_query: Int64
    """[p] the query of every positive there is, ranked or not"""
    ideal_rank: Int64
    """[p] its 1-based place in the best possible order"""
    ideal_gain: Float64
    """[p] its gain, falling inside a query"""
    n_positives: Int64
    """[q] positives there are"""

    @property
    def chance(self) -> Float64:
        """[n] probability that the row at this rank is a positive."""
        return self.tied_positives / self.tied

    def sum_of(self, values: Float64) -> Float64:
        """[q] sum over the rows of each query."""
        return np.asarray(np.bincount(self.query, weights=values, minlength=self.n_queries), dtype=np.float64)

    def per_positive(self, values: NDArray[Any], n_positives: ArrayLike) -> Float64:
        """[q] values / n_positives, NaN for a query without positives."""
        result = np.full(self.n_queries, np.nan)
        np.divide(values, n_positives, out=result, where=self.n_positives > 0)
        return result


def _checked(
    scores: ArrayLike, labels: ArrayLike, indptr: ArrayLike
) -> tuple[NDArray[np.floating], Int64, Int64]:
    score, label, edges = np.asarray(scores), np.asarray(labels), np.asarray(indptr)
    if edges.ndim != 1 or edges.size == 0 or edges.dtype.kind not in "iu":
        raise DataError("indptr must be a one-dimensional array of at least one integer, the first of them 0")
    edges = edges.astype(np.int64)
    if edges[0] != 0 or np.any(np.diff(edges) < 0):
        raise DataError("indptr must start at 0 and never fall: sort the rows by query")
    for name, values in (("scores", score), ("labels", label)):
        if values.shape != (edges[-1],):
            raise DataError(
                f"{name} has shape {values.shape} but indptr ends at {edges[-1]}: they must agree"
            )
    if score.dtype.kind not in "fiu":
        raise DataError(f"scores must be numbers, got {score.dtype}")
    _refuse("scores", score, np.isnan(score), "give a number for every row")
    return score if score.dtype.kind == "f" else score.astype(np.float64), _checked_labels(label), edges


def _checked_labels(labels: NDArray[np.generic]) -> Int64:
    if labels.dtype.kind not in "fiub":
        raise DataError(f"labels must be whole numbers, got {labels.dtype}")
    with np.errstate(invalid="ignore"):
        whole = labels.astype(np.int64)
    bad = (whole != labels) | (whole < 0) | (whole > HIGHEST_LABEL)
    _refuse("labels", labels, bad, f"give whole numbers from 0 to {HIGHEST_LABEL}")
    return whole


def _refuse(name: str, values: NDArray[np.generic], bad: NDArray[np.bool_], advice: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{name} is {values[row]} in row {row}: {advice}")


def _place_in_query(query: Int64, n_queries: int) -> Int64:
    """1-based place of every row among the rows of its query; rows are sorted by query."""
    sizes = np.bincount(query, minlength=n_queries)
    starts = np.cumsum(sizes) - sizes
    return np.arange(1, len(query) + 1) - starts[query]


def _ideal(query: Int64, gain: Float64, n_queries: int) -> tuple[Int64, Int64, Float64]:
    """Positives in the best possible order: query, rank, gain."""
    found = np.flatnonzero(gain > 0)
    order = found[np.lexsort((-gain[found], query[found]))]
    return query[order], _place_in_query(query[order], n_queries), gain[order]


def rows_from_scores(scores: ArrayLike, labels: ArrayLike, indptr: ArrayLike) -> RankedRows:
    """Rank the rows ``indptr[q]:indptr[q + 1]`` of every query by their scores, the highest first.

    Scores float[n] without NaN, labels whole numbers [n] from 0 on; gain 2^label - 1. DataError names
    the first row that cannot be used.
    """
    score, label, edges = _checked(scores, labels, indptr)
    n_queries, n = len(edges) - 1, len(score)
    unsorted_query = np.repeat(np.arange(n_queries), np.diff(edges))
    order = np.lexsort((-score, unsorted_query))
    query, sorted_score = unsorted_query[order], score[order]
    gain = np.exp2(label[order].astype(np.float64)) - 1

    starts_group = np.ones(n, dtype=np.bool_)
    starts_group[1:] = (query[1:] != query[:-1]) | (sorted_score[1:] != sorted_score[:-1])
    first = np.flatnonzero(starts_group)
    group = np.cumsum(starts_group) - 1
    sizes = np.diff(first, append=n)
    positives = np.add.reduceat((gain > 0).astype(np.int64), first) if n else np.empty(0, np.int64)
    group_gain = np.add.reduceat(gain, first) if n else np.empty(0)

    rank = _place_in_query(query, n_queries)
    above = rank[first] - 1
    before = np.cumsum(positives) - positives
    n_positives = np.bincount(query[gain > 0], minlength=n_queries)
    positives_above = before - (np.cumsum(n_positives) - n_positives)[query[first]]
    ideal_query, ideal_rank, ideal_gain = _ideal(query, gain, n_queries)
    return RankedRows(
        n_queries=n_queries,
        query=query,
        rank=rank,
        above=above[group],
        tied=sizes[group],
        gain=(group_gain / sizes)[group],
        tied_positives=positives[group],
        positives_above=positives_above[group],
        ideal_query=ideal_query,
        ideal_rank=ideal_rank,
        ideal_gain=ideal_gain,
        n_positives=n_positives,
    )


def rows_from_lists(
    ranked_items: ArrayLike, positive_indptr: ArrayLike, positive_items: ArrayLike
) -> RankedRows:
    """Ranked lists [q, k] of item indices (-1 = no item at this place), each against its query's positives.

    All positives have gain 1, whether they are listed or not; a positive given twice counts once, and
    a k beyond the length of the lists finds nothing more.
    DataError where an item is listed twice for a query.
    """
    lists = np.asarray(ranked_items)
    edges, positives = np.asarray(positive_indptr, dtype=np.int64), np.asarray(positive_items)
    if lists.ndim != 2 or lists.dtype.kind not in "iu":
        raise DataError(f"ranked_items must be int32[queries, k], got {lists.dtype} of shape {lists.shape}")
    n_queries, k = lists.shape
    if edges.shape != (n_queries + 1,) or edges[0] != 0 or np.any(np.diff(edges) < 0):
        raise DataError(f"positive_indptr must be int64[{n_queries + 1}], from 0 and never falling")
    if positives.shape != (edges[-1],) or (positives.size and positives.dtype.kind not in "iu"):
        raise DataError(f"positive_items must be int32[{edges[-1]}], as many as positive_indptr says")
    _refuse("positive_items", positives, positives < 0, "give item indices from 0 on")
    _refuse_repeats(lists)
    width = np.int64(max(lists.max(initial=0), positives.max(initial=0)) + 1)
    owner = np.repeat(np.arange(n_queries), np.diff(edges))
    keys = np.unique(owner * width + positives.astype(np.int64))
    query = np.repeat(np.arange(n_queries), k)
    hit = (np.isin(query * width + lists.ravel(), keys)) & (lists.ravel() >= 0)
    return _rows_without_ties(query, hit.astype(np.int64), keys // width, n_queries)


def _rows_without_ties(query: Int64, hit: Int64, owner: Int64, n_queries: int) -> RankedRows:
    rank = _place_in_query(query, n_queries)
    hits_per_query = np.bincount(query, weights=hit, minlength=n_queries).astype(np.int64)
    earlier_queries = (np.cumsum(hits_per_query) - hits_per_query)[query]
    return RankedRows(
        n_queries=n_queries,
        query=query,
        rank=rank,
        above=rank - 1,
        tied=np.ones_like(rank),
        gain=hit.astype(np.float64),
        tied_positives=hit,
        positives_above=np.cumsum(hit) - hit - earlier_queries,
        ideal_query=owner,
        ideal_rank=_place_in_query(owner, n_queries),
        ideal_gain=np.ones(len(owner)),
        n_positives=np.bincount(owner, minlength=n_queries),
    )


def _refuse_repeats(lists: NDArray[np.integer]) -> None:
    ordered = np.sort(lists, axis=1)
    twice = np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0), axis=1)
    if twice.any():
        raise DataError(
            f"ranked_items lists an item twice for query {int(np.argmax(twice))}: list each item once"
        )
