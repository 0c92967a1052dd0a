"""What suits a user without a history whose ready vector is known: what the users nearest to it took.

The ranker learned from requests of users with a history, and says nothing of a user who has none. So the
items are ranked by popularity among his neighbours, which is that among everybody where he has none.
"""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.candidates.union import CandidateFinder
from samplew_gbm.data.candidates import CandidateTable
from samplew_gbm.data.queries import Lists, Queries
from samplew_gbm.kernels.scoring import score_by_embeddings
from samplew_gbm.pipeline.model import Model

NEIGHBOURS = 100
PRIOR = 5.0  # neighbours of the same vector that the taste of everybody weighs as much as


def counts_near(model: Model, queries: Queries) -> dict[int, NDArray[np.float64]]:
    """How many users would take each item, ``float64[n_items]``, if all were like the neighbours of a user.

    By the place of each query that has no history, but a user with a vector.
    """
    side, index = model.tables.side, queries.user_index
    if side is None or not side.user_vectors or index is None:
        return {}
    cold = np.flatnonzero((queries.histories.sizes == 0) & (index >= 0))
    found = {int(query): _counts(model, int(index[query])) for query in cold}
    return {query: counts for query, counts in found.items() if counts is not None}


def candidates_for(model: Model, finder: CandidateFinder, queries: Queries, least: int = 0) -> CandidateTable:
    """What the finder nominates; for users without a history but a vector what their neighbours took most."""
    found = finder.find(queries)[0]
    near = counts_near(model, queries)
    if not near:
        return found
    n = min(max(model.settings.n_candidates, least), len(model.items))
    parts = np.split(found.lists.items, found.lists.indptr[1:-1])
    for query, counts in near.items():
        parts[query] = np.sort(np.argsort(-counts, kind="stable")[:n]).astype(np.int32)
    lists = Lists.from_sizes(np.array([len(part) for part in parts]), np.concatenate(parts))
    return finder.judge(queries, lists)


def _counts(model: Model, user: int) -> NDArray[np.float64] | None:
    likeness = _likeness(model, user)
    if likeness is None:
        return None
    near = np.flatnonzero(likeness > 0)
    if len(near) > NEIGHBOURS:
        least = np.partition(likeness[near], -NEIGHBOURS)[-NEIGHBOURS]
        near = near[likeness[near] >= least]
    weight = likeness[near].astype(np.float64)
    took = model.histories.take(near).distinct(len(model.items)).lists
    counts = np.bincount(took.items, weight[took.owner], len(model.items))
    n_users = np.count_nonzero(model.histories.sizes)
    everybody = model.tables.counts.astype(np.float64) / n_users
    return np.asarray(n_users * (counts + PRIOR * everybody) / (weight.sum() + PRIOR))


def _likeness(model: Model, user: int) -> NDArray[np.float32] | None:
    """The cosine to each user with a history, summed over models, ``float32[n_users]``; None without any."""
    total = np.zeros((1, len(model.users)), np.float32)
    known = False
    for vectors in model.tables.side.user_vectors if model.tables.side is not None else ():
        own = vectors.unit[user : user + 1]
        if own.any():
            known = True
            cosine = np.empty_like(total)
            score_by_embeddings(own, vectors.unit, cosine)
            total += cosine
    return np.where(model.histories.sizes > 0, total[0], np.float32(0)) if known else None
