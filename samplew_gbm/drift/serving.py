"""What a model makes of what arrives: the features and scores that it would serve, and what it still finds.

Features and scores are those of the next request of users who were active in the last days: before, with the
model's own histories, and after, with the new rows behind them. A model's tables stand still while time goes
on, so some features move without anything having changed. Hence the old requests are asked twice, as they
were and as late as the new ones: between these two lies the *age* of the model, between the late ones and
the new requests the drift.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.candidates.union import CandidateFinder
from samplew_gbm.columns import TIMESTAMP
from samplew_gbm.data.appending import Appended
from samplew_gbm.data.crossfit import Fold, judged_queries
from samplew_gbm.data.interactions import Interactions, Order, pairs_table
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.drift.rows import last_rows_of_equal_spans
from samplew_gbm.drift.shifts import STABLE, Shift, shift_of_share, shift_of_values
from samplew_gbm.embeddings.taste import with_meant
from samplew_gbm.features.base import FeatureContext
from samplew_gbm.features.matrix import feature_matrix
from samplew_gbm.pipeline import Model
from samplew_gbm.pipeline.requests import requests_of
from samplew_gbm.runtime import map_blocks

FEATURES, AGE, RECALL = "features", "age", "recall"


@dataclass(frozen=True, slots=True, eq=False)
class Sampling:
    """How much is looked at: ``n_queries`` requests, or rows, at most, drawn by ``random_state``."""

    n_queries: int
    random_state: int
    n_threads: int

    def some(self, n: int) -> NDArray[np.int64]:
        """Places among ``n``, rising."""
        rng = np.random.default_rng(self.random_state)
        return np.sort(rng.permutation(n)[: self.n_queries])


def shifts_of_features(
    model: Model,
    old: Interactions,
    new: Interactions,
    appended: Appended,
    sampling: Sampling,
    threshold: float,
) -> Iterator[Shift]:
    """One shift a feature and that of the score, and those of age that are not stable.

    Rows of one request are not independent: requests are counted as the samples.
    """
    before, after = last_rows_of_equal_spans(old, new)
    fresh = appended.interactions.take(appended.is_new)
    users = _active_users(before, sampling)
    then = late = _served(model, users, None, 0.0, sampling)
    if before.timestamp is not None and after.timestamp is not None:
        elapsed = float(after.timestamp.max() - before.timestamp.max())
        late = _served(model, users, None, elapsed, sampling)
    history = _log_table(fresh) if len(fresh) else None
    now = _served(model, _active_users(after, sampling), history, 0.0, sampling)
    if not (then.n_queries and now.n_queries):
        return
    aged = _shifts_between(AGE, model, then, late, threshold)
    yield from (shift for shift in aged if shift.level != STABLE)
    yield from _shifts_between(FEATURES, model, late, now, threshold)


@dataclass(frozen=True, slots=True, eq=False)
class _Served:
    """Candidate rows of ``n_queries`` requests: ``features`` ``float32[c, f]``, ``score`` ``float64[c]``."""

    n_queries: int
    features: NDArray[np.float32]
    score: NDArray[np.float64]


def _shifts_between(
    group: str, model: Model, before: _Served, after: _Served, threshold: float
) -> Iterator[Shift]:
    n = (before.n_queries, after.n_queries)
    for place, name in enumerate(model.feature_names):
        old, new = (side.features[:, place].astype(np.float64) for side in (before, after))
        yield shift_of_values(group, name, old, new, threshold=threshold, n=n)
    yield shift_of_values(group, "score", before.score, after.score, threshold=threshold, n=n)


def _served(model: Model, users: Any, history: Any, later: float, sampling: Sampling) -> _Served:
    """What the users would be served, ``later`` seconds after their last visit's own time."""
    queries = requests_of(model, users, history).queries
    if queries.time is not None:
        queries = replace(queries, time=queries.time + later)
    queries = queries.take(np.flatnonzero(queries.histories.sizes))  # of nothing known nothing is ranked
    finder = CandidateFinder(model.tables, n_candidates=model.settings.n_candidates)

    def block(start: int, stop: int) -> NDArray[np.float32]:
        part = queries.slice(start, stop)
        candidates = finder.find(part)[0]
        context = FeatureContext(part, candidates, model.tables, model.settings.max_history)
        return feature_matrix(context).values

    blocks = map_blocks(block, len(queries), finder.block_size, sampling.n_threads)
    features = np.concatenate([np.empty((0, len(model.feature_names)), np.float32), *blocks])
    return _Served(len(queries), features, model.ranker.scorer(sampling.n_threads)(features))


def _active_users(log: Interactions, sampling: Sampling) -> Any:
    active = np.flatnonzero(np.diff(log.indptr))
    return log.users.decode(active[sampling.some(len(active))])


def _log_table(log: Interactions) -> Any:
    table = pairs_table(log)
    return table if log.timestamp is None else table.append_column(TIMESTAMP, [log.timestamp])


def shift_of_recall(
    model: Model, appended: Appended, sampling: Sampling, threshold: float
) -> Iterator[Shift]:
    """Rows whose item is not among the candidates of the request before them, as training counted them.

    Looked for are new rows of users with a past; items that the model does not know are missed. Where a log
    says what was shown nothing is looked for, and nothing is compared.
    """
    log = appended.interactions
    if log.impressions is not None:
        return
    rows = np.flatnonzero(appended.is_new & _has_past(log, appended.is_new))
    if not len(rows):
        return
    judge = rows[sampling.some(len(rows))]
    judged = judged_queries(log, Fold(np.flatnonzero(~appended.is_new), judge))
    known, users = model.items.encode(log.items.ids), model.users.encode(log.users.ids)
    asked = judged.queries
    queries = Queries(_known(asked.histories, known), asked.time, users[judged.user_index])
    queries = with_meant(queries, model.tables)
    positives = _known(judged.positives, known)
    n_found = _n_found(model, queries, positives, sampling.n_threads)
    n_before = model.report.n_judged_rows
    n_missed_before = n_before - round(model.report.candidate_recall * n_before)
    yield shift_of_share(
        RECALL,
        "taken items that are not found",
        ("not found", "found"),
        (n_missed_before, n_before),
        (len(judge) - n_found, len(judge)),
        threshold=threshold,
    )


def _has_past(log: Interactions, is_new: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows behind another one of their user; in a set, behind one that is not new."""
    if log.order is Order.NONE:
        return np.bincount(log.user_index[~is_new], minlength=log.n_users)[log.user_index] > 0
    return np.arange(len(log)) > log.indptr[log.user_index]


def _known(lists: Lists, place: NDArray[np.int32]) -> Lists:
    """The lists in the indices of the model, without items that it does not know."""
    items = place[lists.items]
    sizes = np.bincount(lists.owner[items >= 0], minlength=len(lists))
    return Lists.from_sizes(sizes, items[items >= 0])


def _n_found(model: Model, queries: Queries, positives: Lists, n_threads: int) -> int:
    finder = CandidateFinder(model.tables, n_candidates=model.settings.n_candidates)
    n_items = len(model.items)

    def block(start: int, stop: int) -> int:
        lists = finder.find(queries.slice(start, stop))[0].lists
        wanted = positives.slice(start, stop)
        keys, candidates = (part.owner * n_items + part.items for part in (wanted, lists))
        return int(np.count_nonzero(np.isin(keys, candidates)))

    return sum(map_blocks(block, len(queries), finder.block_size, n_threads))
