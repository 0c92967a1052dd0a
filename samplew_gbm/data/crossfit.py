"""Cross-fitting: which rows the tables of a fold are learned from, and which rows they may judge.

One place for the leak rule. A row is judged (as a training label, and for its importance) only by tables
that have not seen it, and where rows have an order, by nothing that came after it:

- ``Order.CLOCK``: folds follow the clock. A fold judges the rows of a span of time, from tables of all rows
  strictly before the span and the user's own earlier rows.
- ``Order.FILE``: nothing is known of time across users, so each user's last rows are judged, from tables of
  everybody's earlier rows and the user's own rows before.
- ``Order.NONE``: the rows are dealt into folds; a fold's rows are judged from all other rows.

Where a log names queries, rows that share one are judged together, from what its user took before the first
of them, and no fold learns from one row of a query to judge another. Of rows with the same item in a query
one is judged.

``folds="last"`` takes a clocked log as ``Order.FILE``: other users' later rows are learned from, as they are
in a leave-last-out test.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.interactions import Interactions, Order
from samplew_gbm.data.queries import Lists, Queries, Windows, gather_ranges
from samplew_gbm.data.query_rows import first_rows, standing_rows
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

    ``histories`` and ``time`` are those of ``Queries``. ``positives`` lists the items taken in every query;
    ``rows`` is ``int64`` beside ``positives.items``: the row of the ``Interactions`` that each one is.
    ``user_index`` is ``int32[q]``; ``learned`` are the fold's rows to learn from. ``shown`` lists what each
    query had to choose from, empty where that is not known, or is ``None`` where it is known of none.
    """

    histories: Windows
    time: NDArray[np.float64] | None
    positives: Lists
    rows: NDArray[np.int64]
    user_index: NDArray[np.int32]
    learned: NDArray[np.int64]
    shown: Lists | None = None

    def __len__(self) -> int:
        return len(self.user_index)

    @property
    def queries(self) -> Queries:
        """All of them, whose histories are made only now."""
        return self.slice(0, len(self))

    def slice(self, start: int, stop: int) -> Queries:
        """The queries ``start:stop``."""
        time = None if self.time is None else self.time[start:stop]
        return Queries(self.histories.slice(start, stop), time, self.user_index[start:stop])

    def take(self, index: NDArray[np.int64]) -> "Judged":
        """The queries of ``index``, in that order."""
        taken = self.positives.indptr
        return replace(
            self,
            histories=self.histories.take(index),
            time=None if self.time is None else self.time[index],
            positives=self.positives.take(index),
            rows=self.rows[gather_ranges(taken[index], taken[index + 1])],
            user_index=self.user_index[index],
            shown=None if self.shown is None else self.shown.take(index),
        )

    def by_choice(self) -> list["Judged"]:
        """The queries whose candidates must be found, and those that showed a list; none of no queries."""
        if self.shown is None:
            return [self]
        listed = self.shown.sizes > 0
        found, chosen = self.take(np.flatnonzero(~listed)), self.take(np.flatnonzero(listed))
        return [part for part in (replace(found, shown=None), chosen) if len(part)]


def plan_folds(
    interactions: Interactions, settings: Settings, only: NDArray[np.bool_] | None = None
) -> list[Fold]:
    """Folds that judge at most about ``n_queries`` queries in all, the latest rows first.

    With ``only``, ``bool[n]``, no other rows are judged; the others are there to learn from, but for those
    that come after a judged row of their user.

    ``SettingsError`` where last rows are asked for and rows have no order.
    """
    last = settings.folds == "last"
    if interactions.order is Order.NONE:
        if last:
            raise SettingsError("folds=last needs an order: give a timestamp column or order=file")
        folds = _folds_of_set(interactions, settings.n_folds, settings.random_state, only)
    elif last or interactions.order is Order.FILE:
        folds = [_fold_of_last_rows(interactions, settings.n_queries, only)]
    else:
        folds = _folds_by_time(interactions, settings.n_folds, settings.n_queries, only)
    return [fold for fold in folds if len(fold.judge) and len(fold.learn)]


def judged_queries(interactions: Interactions, fold: Fold) -> Judged:
    """One query a judged row where rows have an order; one query a user where they have none.

    Rows that share a query of the log are one query.
    """
    if interactions.query is not None:
        return _queries_of_log(interactions, fold)
    if interactions.order is Order.NONE:
        return _queries_of_set(interactions, fold)
    rows = fold.judge
    users = interactions.user_index[rows]
    starts = interactions.indptr[users]
    history = Windows(interactions.item_index, starts, rows)
    positives = Lists.from_sizes(np.ones(len(rows), np.int64), interactions.item_index[rows])
    time = _time_before(interactions, rows)
    return Judged(history, time, positives, rows, users, fold.learn)


def _time_before(interactions: Interactions, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
    if interactions.timestamp is None:
        return None
    first = interactions.indptr[interactions.user_index[rows]] == rows
    return np.where(first, np.nan, interactions.timestamp[rows - 1])


def _usable(interactions: Interactions, first: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Rows whose query, which begins at the row ``first``, has a history; of an item's rows in it one."""
    has_history = first > interactions.indptr[interactions.user_index]
    usable: NDArray[np.bool_] = has_history & _stands(interactions)
    return usable


def _stands(interactions: Interactions) -> NDArray[np.bool_]:
    """Rows that stand for their item in their query.

    Where the log tells what queries showed, a row of no query was no answer to one: it is history only.
    """
    stands: NDArray[np.bool_] = standing_rows(interactions) == np.arange(len(interactions))
    if interactions.query is not None and interactions.impressions is not None:
        stands &= interactions.query >= 0
    return stands


def _folds_by_time(
    interactions: Interactions, n_folds: int, n_queries: int, only: NDArray[np.bool_] | None
) -> list[Fold]:
    time = interactions.timestamp
    assert time is not None
    begins = first_rows(interactions)
    usable, asked = _usable(interactions, begins), time[begins]
    spanned, first = time, FIRST_CUT
    if only is not None:
        usable, spanned, first = usable & only, time[only], 0.0
        if not len(spanned):
            return []
    first = max(first, 1 - n_queries / max(1, int(np.count_nonzero(usable))))
    cuts = np.unique(np.quantile(spanned, np.linspace(first, 1, n_folds + 1)[:-1], method="higher"))
    edges = [*cuts.tolist(), np.inf]
    return [
        Fold(np.flatnonzero(time < begin), np.flatnonzero(usable & (asked >= begin) & (asked < end)))
        for begin, end in pairwise(edges)
    ]


def _fold_of_last_rows(interactions: Interactions, n_queries: int, only: NDArray[np.bool_] | None) -> Fold:
    """Each user's last rows, but at most half of the history; fewer a user where that makes too many."""
    from_end = interactions.indptr[interactions.user_index + 1] - np.arange(len(interactions))
    length = np.diff(interactions.indptr)[interactions.user_index]
    reach = np.minimum(LAST_ROWS, length // 2)
    may = np.ones(len(interactions), bool) if only is None else only
    judge = may & (from_end <= reach)
    while np.count_nonzero(judge) > n_queries and reach.max() > 1:
        reach = np.minimum(reach, reach.max() - 1)
        judge = may & (from_end <= reach)
    whole = judge & judge[first_rows(interactions)] & _stands(interactions)
    first = np.zeros(interactions.n_users, np.int64)  # the first judged row of each user, from the end
    np.maximum.at(first, interactions.user_index[judge], from_end[judge])
    return Fold(np.flatnonzero(from_end > first[interactions.user_index]), np.flatnonzero(whole))


def _folds_of_set(
    interactions: Interactions, n_folds: int, random_state: int, only: NDArray[np.bool_] | None
) -> list[Fold]:
    fold_of_row = random_folds(interactions, n_folds=n_folds, random_state=random_state)
    fold_of_row = fold_of_row[standing_rows(interactions)][first_rows(interactions)]
    if only is not None:
        fold_of_row[~only] = -1  # of no fold: learned from in all
    stands = _stands(interactions)
    return [
        Fold(np.flatnonzero(fold_of_row != f), np.flatnonzero(stands & (fold_of_row == f)))
        for f in range(n_folds)
    ]


def _queries_of_set(interactions: Interactions, fold: Fold) -> Judged:
    users, sizes = np.unique(interactions.user_index[fold.judge], return_counts=True)
    kept = interactions.take(fold.learn)
    history = Windows(kept.item_index, kept.indptr[users], kept.indptr[users + 1])
    positives = Lists.from_sizes(sizes, interactions.item_index[fold.judge])
    users = users.astype(np.int32)
    return Judged(history, None, positives, fold.judge, users, fold.learn)


def _queries_of_log(interactions: Interactions, fold: Fold) -> Judged:
    """The queries that the log names, oldest row first; a row of none is one of its own."""
    first = first_rows(interactions)[fold.judge]
    order = np.argsort(first, kind="stable")
    rows, begins = fold.judge[order], first[order]
    starts, sizes = np.unique(begins, return_counts=True)
    users = interactions.user_index[starts]
    if interactions.order is Order.NONE:
        kept = interactions.take(fold.learn)
        time, own, begin, end = None, kept.item_index, kept.indptr[users], kept.indptr[users + 1]
    else:
        time = _time_before(interactions, starts)
        own, begin, end = interactions.item_index, interactions.indptr[users], starts
    return Judged(
        Windows(own, begin, end),
        time,
        Lists.from_sizes(sizes, interactions.item_index[rows]),
        rows,
        users,
        fold.learn,
        _shown(interactions, starts),
    )


def _shown(interactions: Interactions, starts: NDArray[np.int64]) -> Lists | None:
    """What the queries that begin at these rows showed."""
    if interactions.impressions is None or interactions.query is None:
        return None
    query = interactions.query[starts]
    shown = interactions.impressions.known(
        interactions.query, interactions.item_index, interactions.n_items
    ).take(np.maximum(query, 0))
    sizes = np.where(query >= 0, shown.sizes, 0)
    return Lists.from_sizes(sizes, shown.items[sizes[shown.owner] > 0])
