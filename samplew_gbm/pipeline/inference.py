"""Recommend, score and evaluate with a trained model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from samplew_gbm.columns import ITEM_ID, RANK, SCORE, USER_ID
from samplew_gbm.data.arrow import check_table
from samplew_gbm.data.candidates import CandidateTable
from samplew_gbm.data.impression_columns import without_impressions
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.data.vocabulary import UNKNOWN
from samplew_gbm.errors import SettingsError
from samplew_gbm.evaluation.evaluate import evaluate_lists
from samplew_gbm.features.base import FeatureContext
from samplew_gbm.features.matrix import feature_matrix
from samplew_gbm.pipeline.known_rows import count_known
from samplew_gbm.pipeline.model import Model
from samplew_gbm.pipeline.near_users import candidates_for, counts_near
from samplew_gbm.pipeline.ready import ReadyModel, as_ready
from samplew_gbm.pipeline.requests import Requests, requests_of, slots_of, users_in
from samplew_gbm.progress import Progress
from samplew_gbm.ranking.scoring import Scorer
from samplew_gbm.runtime import map_blocks, resolve_threads

COLD_PENALTY = 1e3  # below every ranker score: what is known of popularity only, or of nothing
MOST = np.iinfo(np.int64).max  # that a length of lists can be
READY, RECOMMEND = "make ready", "recommend"  # stages
METRIC_NAMES = {"ndcg": "NDCG", "recall": "Recall", "hit_rate": "HR", "mrr": "MRR", "map": "MAP"}


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Means over ``n_users`` users of the test log of metrics named like "NDCG@10".

    ``n_unknown_users`` and ``n_unknown_items`` (rows) were not in the model: they count as they fall.
    ``n_known_rows`` are in their users' histories already (``known_rows``), and count as missed.
    """

    metrics: dict[str, float]
    n_users: int
    n_unknown_users: int
    n_unknown_items: int
    n_known_rows: int


@dataclass(frozen=True, slots=True, eq=False)
class UserEvaluation:
    """``per_user`` holds metrics as in ``Evaluation``, ``float64[u]`` each, beside ``user_id``.

    ``items`` are the lists that were judged, ``int32[u, k]`` (-1: none).
    """

    user_id: pa.Array
    per_user: dict[str, NDArray[np.float64]]
    items: NDArray[np.int32]
    n_unknown_users: int
    n_unknown_items: int
    n_known_rows: int


@dataclass(frozen=True, slots=True, eq=False)
class _Top:
    """Best items of queries: ``items`` ``int32[q, k]`` (-1: none), ``scores`` ``float64`` beside."""

    items: NDArray[np.int32]
    scores: NDArray[np.float64]


def recommend(
    model: Model | ReadyModel,
    *,
    users: pa.Array | None = None,
    history: pa.Table | None = None,
    k: int = 10,
    include_seen: bool = False,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> pa.Table:
    """The best ``k`` items of each user: ``user_id, item_id, score, rank``, best first, users as asked.

    Unknown users get the popular items; users with a ready vector but no history those that the users nearest
    to them took (``with_new_users``). A user with fewer than ``k`` items left to see gets those. Who asks
    often gives a model that was made ready, and saves what every call would build again.
    """
    progress = progress or Progress()
    ready = _ready(model, progress)
    requests = requests_of(ready.model, users, history)
    top = _recommend(ready, requests, k, include_seen, resolve_threads(n_threads), progress)
    query, place = np.nonzero(top.items >= 0)
    return pa.table(
        {
            USER_ID: requests.user_id.take(pa.array(query)),
            ITEM_ID: ready.model.items.decode(top.items[query, place]),
            SCORE: top.scores[query, place],
            RANK: (place + 1).astype(np.int32),
        }
    )


def score(
    model: Model | ReadyModel,
    pairs: pa.Table,
    *,
    history: pa.Table | None = None,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> pa.Table:
    """Score of every row of ``pairs``: its columns ``user_id, item_id``, and ``score``, in their order.

    Scores compare within a user. Unknown items come last; for an unknown user popularity decides.
    """
    ready = as_ready(model)
    requests = requests_of(ready.model, users_in(pairs, "pairs"), history)
    slot = slots_of(pairs[USER_ID], requests.user_id)
    item = ready.model.items.encode(pairs[ITEM_ID])
    order = np.argsort(slot, kind="stable")
    order = order[item[order] != UNKNOWN]
    sizes = np.bincount(slot[order], minlength=len(requests.queries))
    scores = np.full(len(item), -2 * COLD_PENALTY)
    given = Lists.from_sizes(sizes, item[order])
    blocks = _score_given(ready, requests.queries, given, resolve_threads(n_threads), progress or Progress())
    scores[order] = np.concatenate([np.empty(0), *blocks])
    return pa.table({USER_ID: pairs[USER_ID], ITEM_ID: pairs[ITEM_ID], SCORE: scores})


def evaluate(
    model: Model,
    test: pa.Table,
    *,
    history: pa.Table | None = None,
    ks: Sequence[int] = (5, 10, 20),
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Rank the whole catalogue for every user of ``test`` and look where the items taken there stand."""
    found = evaluate_users(model, test, history=history, ks=ks, n_threads=n_threads, progress=progress)
    means = {name: float(np.mean(values)) for name, values in found.per_user.items()}
    return Evaluation(
        means, len(found.user_id), found.n_unknown_users, found.n_unknown_items, found.n_known_rows
    )


def evaluate_users(
    model: Model,
    test: pa.Table,
    *,
    history: pa.Table | None = None,
    ks: Sequence[int] = (5, 10, 20),
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> UserEvaluation:
    """``evaluate`` before the mean: every metric of every user of ``test``, as they first occur."""
    if not ks or min(ks) < 1 or max(ks) > MOST:
        raise SettingsError(f"ks is {list(ks)}; give at least one k, each from 1 to {MOST}")
    check_table(test, "test", (USER_ID, ITEM_ID))
    test = without_impressions(test)
    requests = requests_of(model, users_in(test, "test"), history)
    progress = progress or Progress()
    ready = _ready(model, progress)
    top = _recommend(ready, requests, max(ks), False, resolve_threads(n_threads), progress)
    return judged_lists(model, test, requests, top.items, ks)


def judged_lists(
    model: Model, test: pa.Table, requests: Requests, items: NDArray[np.int32], ks: Sequence[int]
) -> UserEvaluation:
    """How good lists ``int32[q, k]`` (-1: none) are for the users of ``test``, whose requests they answer."""
    item = model.items.encode(test[ITEM_ID]).astype(np.int64)
    unknown = item == UNKNOWN
    item[unknown] = len(model.items) + np.arange(np.count_nonzero(unknown))
    slot = slots_of(test[USER_ID], requests.user_id)
    wanted = np.unique(np.stack([slot, item], axis=1), axis=0)
    indptr = np.searchsorted(wanted[:, 0], np.arange(len(requests.queries) + 1))
    found = evaluate_lists(items, indptr, wanted[:, 1], metrics=tuple(METRIC_NAMES), ks=ks)
    per_user = {}
    for name, values in found.per_query.items():
        metric, _, k = name.partition("@")
        per_user[f"{METRIC_NAMES[metric]}@{k}"] = values
    n_unknown_users = int(np.count_nonzero(model.users.encode(requests.user_id) == UNKNOWN))
    n_known = count_known(test, requests.queries, slot, item)
    return UserEvaluation(requests.user_id, per_user, items, n_unknown_users, int(unknown.sum()), n_known)


def _ready(model: Model | ReadyModel, progress: Progress) -> ReadyModel:
    with progress.stage(READY):
        return as_ready(model)


def _recommend(
    ready: ReadyModel, requests: Requests, k: int, include_seen: bool, n_threads: int, progress: Progress
) -> _Top:
    if k < 1:
        raise SettingsError(f"k is {k}; give a number of at least 1")
    model, scorer = ready.model, ready.scorer
    k = min(k, len(model.items))  # what is set aside for places that no item can take adds up
    queries = requests.queries
    finder = ready.finder.asked(hide_history=not include_seen, least=k)

    def block(start: int, stop: int) -> _Top:
        part = queries.slice(start, stop)
        candidates = candidates_for(model, finder, part, k)
        scores = scores_of(model, scorer, part, candidates)
        return _Top(*_best(candidates.lists, scores, k))

    blocks = _run(RECOMMEND, block, len(queries), finder.block_size, n_threads, progress)
    parts = list(blocks) or [_Top(np.empty((0, k), np.int32), np.empty((0, k)))]
    return _Top(np.concatenate([p.items for p in parts]), np.concatenate([p.scores for p in parts]))


def _score_given(
    ready: ReadyModel, queries: Queries, given: Lists, n_threads: int, progress: Progress
) -> Iterator[NDArray[np.float64]]:
    model, finder, scorer = ready.model, ready.finder, ready.scorer

    def block(start: int, stop: int) -> NDArray[np.float64]:
        part, lists = queries.slice(start, stop), given.slice(start, stop)
        return scores_of(model, scorer, part, finder.judge(part, lists))

    yield from _run("score", block, len(queries), finder.block_size, n_threads, progress)


def _run(name: str, block, n: int, size: int, n_threads: int, progress: Progress):  # type: ignore[no-untyped-def]
    with progress.stage(name, n) as advance:
        for done, value in enumerate(map_blocks(block, n, size, n_threads), 1):
            advance(min(done * size, n))
            yield value


def scores_of(
    model: Model, scorer: Scorer, queries: Queries, candidates: CandidateTable
) -> NDArray[np.float64]:
    """The ranker's score of every candidate; of a query without a history the popularity.

    It is that among the users nearest to who asks where his vector is known, else among all.
    """
    context = FeatureContext(queries, candidates, model.tables, model.settings.max_history)
    scores = scorer(feature_matrix(context).values)
    lists = candidates.lists
    cold = (queries.histories.sizes == 0)[lists.owner]
    scores[cold] = popularity_score(model.tables.counts[lists.items[cold]])
    for query, counts in counts_near(model, queries).items():
        rows = slice(lists.indptr[query], lists.indptr[query + 1])
        scores[rows] = popularity_score(counts[lists.items[rows]])
    return scores


def popularity_score(counts: NDArray[np.floating]) -> NDArray[np.float64]:
    """Score by popularity alone, below all scores of the ranker."""
    return np.log1p(counts.astype(np.float64)) - COLD_PENALTY


def _best(lists: Lists, scores: NDArray[np.float64], k: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The ``k`` best of each list, ties by item index."""
    owner = lists.owner
    order = np.lexsort((lists.items, -scores, owner))
    place = np.arange(len(order)) - lists.indptr[owner]
    kept = order[place < k]
    items = np.full((len(lists), k), -1, np.int32)
    values = np.zeros((len(lists), k))
    items[owner[kept], place[place < k]] = lists.items[kept]
    values[owner[kept], place[place < k]] = scores[kept]
    return items, values
