"""Cross-fitting: which rows the tables of a fold are learned from, and which rows they may judge.

One place for the leak rule. A row is judged (as a training label, and for its importance) only by tables
that have not seen it, and where rows have an order, by nothing that came after it:

- ``Order.CLOCK``: folds follow the clock. A fold judges the rows of a span of time, from tables of all rows
  strictly before the span and the user's own earlier rows.
- ``Order.FILE``: nothing is known of time across users, so each user's last rows are judged, from tables of
  everybody's earlier rows and the user's own rows before.
- ``Order.NONE``: the rows are dealt into folds; a fold's rows are judged from all other rows.

``folds="last"`` takes a clocked log as ``Order.FILE``: other users' later rows are learned from, as they are
in a leave-last-out test.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.queries import Lists, Queries, gather_ranges
from samplew_gbm.data.splitting import random_folds
from samplew_gbm.errors import SettingsError
from samplew_gbm.settings import Settings

FIRST_CUT = 0.5  # share of a timed log that is only learned from
LAST_ROWS = 3  # rows of each user that are judged where only the user's own order is known


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Rows of an ``Interactions``: ``learn`` and ``judge`` are disjoint ``int64`` index arrays, ascending."""

    learn: NDArray[np.int64]
    judge: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The queries of one fold and the rows taken in each.

    ``positives`` lists the items taken in every query; ``rows`` is ``int64`` beside ``positives.items``:
    the row of the ``Interactions`` that each one is. ``user_index`` is ``int32[q]``; ``learned`` are the
    fold's rows to learn from.
    """

    queries: Queries
    positives: Lists
    rows: NDArray[np.int64]
    user_index: NDArray[np.int32]
    learned: NDArray[np.int64]


def plan_folds(interactions: Interactions, settings: Settings) -> list[Fold]:
    """Folds that judge at most about ``n_queries`` queries in all, the latest rows first.

    ``SettingsError`` where last rows are asked for and rows have no order.
    """
    last = settings.folds == "last"
    if interactions.order is Order.NONE:
        if last:
            raise SettingsError("folds=last needs an order: give a timestamp column or order=file")
        folds = _folds_of_set(interactions, settings.n_folds, settings.random_state)
    elif last or interactions.order is Order.FILE:
        folds = [_fold_of_last_rows(interactions, settings.n_queries)]
    else:
        folds = _folds_by_time(interactions, settings.n_folds, settings.n_queries)
    return [fold for fold in folds if len(fold.judge) and len(fold.learn)]


def judged_queries(interactions: Interactions, fold: Fold) -> Judged:
    """One query a judged row where rows have an order; one query a user where they have none."""
    if interactions.order is Order.NONE:
        return _queries_of_set(interactions, fold)
    rows = fold.judge
    users = interactions.user_index[rows]
    starts = interactions.indptr[users]
    history = Lists.from_sizes(rows - starts, interactions.item_index[gather_ranges(starts, rows)])
    positives = Lists.from_sizes(np.ones(len(rows), np.int64), interactions.item_index[rows])
    queries = Queries(history, _time_before(interactions, rows), users)
    return Judged(queries, positives, rows, users, fold.learn)


def current_queries(interactions: Interactions) -> Queries:
    """The next request of every user of the vocabulary, after all rows of the log."""
    time = None
    if interactions.timestamp is not None:
        ends = interactions.indptr[1:]
        time = np.where(np.diff(interactions.indptr) > 0, interactions.timestamp[ends - 1], np.nan)
    users = np.arange(interactions.n_users, dtype=np.int32)
    return Queries(Lists(interactions.indptr, interactions.item_index), time, users)


def _time_before(interactions: Interactions, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
    if interactions.timestamp is None:
        return None
    first = interactions.indptr[interactions.user_index[rows]] == rows
    return np.where(first, np.nan, interactions.timestamp[rows - 1])


def _has_history(interactions: Interactions) -> NDArray[np.bool_]:
    """Rows that are not their user's first."""
    return np.arange(len(interactions)) > interactions.indptr[interactions.user_index]


def _folds_by_time(interactions: Interactions, n_folds: int, n_queries: int) -> list[Fold]:
    time = interactions.timestamp
    assert time is not None
    usable = _has_history(interactions)
    first = max(FIRST_CUT, 1 - n_queries / max(1, int(np.count_nonzero(usable))))
    cuts = np.unique(np.quantile(time, np.linspace(first, 1, n_folds + 1)[:-1], method="higher"))
    edges = [*cuts.tolist(), np.inf]
    return [
        Fold(np.flatnonzero(time < begin), np.flatnonzero(usable & (time >= begin) & (time < end)))
        for begin, end in pairwise(edges)
    ]


def _fold_of_last_rows(interactions: Interactions, n_queries: int) -> Fold:
    """Each user's last rows, but at most half of the history; fewer a user where that makes too many."""
    from_end = interactions.indptr[interactions.user_index + 1] - np.arange(len(interactions))
    length = np.diff(interactions.indptr)[interactions.user_index]
    reach = np.minimum(LAST_ROWS, length // 2)
    judge = from_end <= reach
    while np.count_nonzero(judge) > n_queries and reach.max() > 1:
        reach = np.minimum(reach, reach.max() - 1)
        judge = from_end <= reach
    return Fold(np.flatnonzero(~judge), np.flatnonzero(judge))


def _folds_of_set(interactions: Interactions, n_folds: int, random_state: int) -> list[Fold]:
    fold_of_row = random_folds(interactions, n_folds=n_folds, random_state=random_state)
    return [Fold(np.flatnonzero(fold_of_row != f), np.flatnonzero(fold_of_row == f)) for f in range(n_folds)]


def _queries_of_set(interactions: Interactions, fold: Fold) -> Judged:
    users, sizes = np.unique(interactions.user_index[fold.judge], return_counts=True)
    kept = interactions.take(fold.learn)
    starts, stops = kept.indptr[users], kept.indptr[users + 1]
    history = Lists.from_sizes(stops - starts, kept.item_index[gather_ranges(starts, stops)])
    positives = Lists.from_sizes(sizes, interactions.item_index[fold.judge])
    users = users.astype(np.int32)
    return Judged(Queries(history, None, users), positives, fold.judge, users, fold.learn)
