"""The affinity of a matrix's rows, from models that have not seen the query they stand in.

Who judges depends on what is known: ready embeddings of the items, embeddings learned from the users and
items of the rows, or, of a matrix without either, the score of rankers trained on the other queries.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Lists
from samplew_gbm.embeddings.als import factorise
from samplew_gbm.embeddings.width import judging_width_for
from samplew_gbm.pipeline.forms import without_weights
from samplew_gbm.pipeline.matrix_pairs import pair_affinity
from samplew_gbm.pipeline.matrix_rows import Learner, MatrixRows
from samplew_gbm.settings import Settings

LEAST_OWNERS = 20  # of fewer, the others know too little to judge one

Float32 = NDArray[np.float32]


def affinity_of(rows: MatrixRows, settings: Settings, learner: Learner, *, n_threads: int) -> Float32:
    """How well each row suits its user or its query, ``float32[n]``; NaN where nobody can tell."""
    if rows.user is None or rows.item is None:
        return _by_score(rows, settings, learner, n_threads)
    user, item, positive = rows.user, rows.item, rows.label > 0
    fold = _fold_of_row(rows, settings)
    affinity = np.full(len(rows), np.nan, np.float32)
    n_items = int(item.max(initial=0)) + 1 if rows.vectors is None else len(rows.vectors)
    for number in range(settings.n_folds):
        judged = fold == number
        learned = positive & ~judged & ~_pairs_of(user, item, judged & positive, n_items)
        if judged.any() and learned.any():
            taken = _lists(user, item, learned, int(user.max()) + 1)
            users, items = _embeddings(rows, taken, n_items, settings, n_threads)
            affinity[judged] = pair_affinity(users, items, user[judged], item[judged])
    return affinity


def _embeddings(
    rows: MatrixRows, taken: Lists, n_items: int, settings: Settings, n_threads: int
) -> tuple[Float32, Float32]:
    """Of users and items, from what the users took: ready ones of items make a user their mean."""
    if rows.vectors is None:
        width = settings.n_factors or judging_width_for(n_items)
        return factorise(taken, n_items, settings, n_factors=width, n_threads=n_threads)
    length = np.linalg.norm(rows.vectors, axis=1, keepdims=True)
    items = (rows.vectors / np.where(length > 0, length, 1)).astype(np.float32)
    users = np.zeros((len(taken), items.shape[1]), np.float32)
    np.add.at(users, taken.owner, items[taken.items])
    users /= np.maximum(taken.sizes, 1)[:, None]
    return users, items


def _by_score(rows: MatrixRows, settings: Settings, learner: Learner, n_threads: int) -> Float32:
    """The score of a ranker that was trained on other queries."""
    affinity = np.full(len(rows), np.nan, np.float32)
    if len(np.unique(rows.owner)) < LEAST_OWNERS:
        return affinity
    fold = _dealt(rows.owner, settings)
    alone = msgspec.structs.replace(without_weights(settings), n_rankers=1)
    for number in range(settings.n_folds):
        others, own = (rows.take(np.flatnonzero(part)) for part in (fold != number, fold == number))
        ranker = learner(others, others.own, alone)
        affinity[np.repeat(fold == number, np.diff(rows.indptr))] = ranker.scorer(n_threads)(own.features)
    return affinity


def _fold_of_row(rows: MatrixRows, settings: Settings) -> NDArray[np.int64]:
    """Queries are dealt into folds whole; of a user with one query only, every item for itself.

    Such a user would be unknown to everyone who has not seen the one query.
    """
    assert rows.user is not None
    assert rows.item is not None
    query, positive = rows.query, rows.label > 0
    fold = _dealt(np.arange(len(rows.owner)), settings)[query]
    pairs = np.unique(np.stack([rows.user[positive], query[positive]]), axis=1)
    n_queries = np.bincount(pairs[0], minlength=int(rows.user.max()) + 1)
    single = n_queries[rows.user] <= 1
    return np.where(single, (rows.item + fold) % settings.n_folds, fold)


def _dealt(owner: NDArray[np.int64], settings: Settings) -> NDArray[np.int64]:
    """A fold for each query, the same for all of an owner, and folds of about equal size."""
    owners, place = np.unique(owner, return_inverse=True)
    dealt = np.random.default_rng((settings.random_state, 3)).permutation(len(owners))
    fold: NDArray[np.int64] = (dealt % settings.n_folds)[place]
    return fold


def _pairs_of(
    user: NDArray[np.int32], item: NDArray[np.int32], judged: NDArray[np.bool_], n_items: int
) -> NDArray[np.bool_]:
    """Rows of a pair that is judged: taken again in another query it would vouch for itself."""
    key = user.astype(np.int64) * n_items + item
    found: NDArray[np.bool_] = np.isin(key, key[judged])
    return found


def _lists(user: NDArray[np.int32], item: NDArray[np.int32], kept: NDArray[np.bool_], n_users: int) -> Lists:
    order = np.lexsort((item[kept], user[kept]))
    sizes = np.bincount(user[kept], minlength=n_users)
    return Lists.from_sizes(sizes, item[kept][order])
