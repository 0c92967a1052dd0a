"""Scores of the items of a catalogue by what similar users took near the items they share with a history."""

from typing import Any

import numpy as np

from samplew_gbm.kernels import jit
from samplew_gbm.kernels.scoring import LEAST_WEIGHT


@jit()
def score_by_neighbours(
    query_indptr: Any,
    query_items: Any,
    taker_indptr: Any,
    takers: Any,
    taker_places: Any,
    user_indptr: Any,
    user_items: Any,
    item_weight: Any,
    user_weight: Any,
    column_weight: Any,
    decay: Any,
    after: Any,
    before: Any,
    n_neighbours: Any,
    out: Any,
) -> None:
    """``out[q, i] = column_weight[i] * sum_u similarity(q, u) * sum_p near(p)``, ``p`` the places of ``i``.

    ``similarity = user_weight[u] * sum decay^(places from the end of h) * item_weight[h]`` over the history
    items that ``u`` took; users below the ``n_neighbours``-th similarity are left out, ties with it are not.
    The heaviest shared item stands at place ``m`` of ``u``; ``near`` is ``after^(p - m)`` behind it,
    ``before^(m - p)`` in front of it, 0 at it.

    Item ``i`` was taken by ``takers[taker_indptr[i]:taker_indptr[i + 1]]``, at ``taker_places`` of their
    lists. ``out`` is ``float32[q, n_columns]`` and is overwritten; ``user_items`` and ``column_weight`` go by
    its columns. Indices are the caller's care.
    """
    n_users = user_indptr.shape[0] - 1
    shared = np.zeros(n_users, np.float32)
    heaviest = np.zeros(n_users, np.float32)
    meeting = np.zeros(n_users, np.int32)
    met = np.empty(n_users, np.int32)
    for q in range(out.shape[0]):
        out[q, :] = np.float32(0)
        n_met, weight = 0, np.float32(1)
        for h in range(query_indptr[q + 1] - 1, query_indptr[q] - 1, -1):
            item = query_items[h]
            part = weight * item_weight[item]
            for e in range(taker_indptr[item], taker_indptr[item + 1]):
                user = takers[e]
                if shared[user] == 0:
                    met[n_met] = user
                    n_met += 1
                    heaviest[user] = 0
                shared[user] += part
                if part > heaviest[user]:
                    heaviest[user] = part
                    meeting[user] = taker_places[e]
            weight *= decay
            if weight < LEAST_WEIGHT:
                break
        similarity = np.empty(n_met, np.float32)
        for n in range(n_met):
            similarity[n] = shared[met[n]] * user_weight[met[n]]
            shared[met[n]] = 0
        least = np.float32(0)
        if n_met > n_neighbours:
            least = np.partition(similarity, n_met - n_neighbours)[n_met - n_neighbours]
        for n in range(n_met):
            if similarity[n] >= least:
                user = met[n]
                own = user_items[user_indptr[user] : user_indptr[user + 1]]
                _add_near(own, meeting[user], similarity[n], after, before, out[q])
        for i in range(out.shape[1]):
            out[q, i] *= column_weight[i]


@jit(inline=True)
def _add_near(own: Any, meeting: Any, similarity: Any, after: Any, before: Any, row: Any) -> None:
    weight = similarity
    for p in range(meeting + 1, own.shape[0]):
        weight *= after
        if weight < similarity * LEAST_WEIGHT:
            break
        row[own[p]] += weight
    weight = similarity
    for p in range(meeting - 1, -1, -1):
        weight *= before
        if weight < similarity * LEAST_WEIGHT:
            break
        row[own[p]] += weight
