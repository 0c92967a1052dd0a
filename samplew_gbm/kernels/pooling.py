"""How a candidate item looks from a history: attention-pooled, best, last and mean similarity.

For a candidate c of a query with history items j (only the last ``max_history``, oldest first)::

    sim_j    = <c, j>                       cosine, if the caller's rows have length 1
    attended = sum_j a_j sim_j,   a = softmax(sim_j / (sqrt(d) temperature))

as the attention over behaviours of a deep interest network, without learned weights.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from samplew_gbm.errors import DataError, SettingsError
from samplew_gbm.kernels import jit
from samplew_gbm.kernels.attention import Int32, checked_index, checked_table, dot_of_four
from samplew_gbm.kernels.prefetch import prefetch_row
from samplew_gbm.kernels.segments import (
    Float32,
    Int64,
    checked_indptr,
    checked_inverse,
    raise_first,
    run_segments,
    softmax_in_place,
)

ATTENDED, BEST, LAST, MEAN = range(4)
N_COLUMNS = 4


class Lists(NamedTuple):
    """The checked input of the kernel: C-contiguous, every index in range."""

    items: Float32
    history_indptr: Int64
    history_items: Int32
    candidate_indptr: Int64
    candidate_items: Int32


@jit()
def _similarities(items: Any, candidate: Any, history: Any, out: Any) -> None:
    """<items[candidate], history[j]> for every row j; the last rows repeat in their group of four."""
    query = items[candidate]
    last = history.shape[0] - 1
    for j in range(0, history.shape[0], 4):
        j1, j2, j3 = min(j + 1, last), min(j + 2, last), min(j + 3, last)
        out[j], out[j1], out[j2], out[j3] = dot_of_four(query, history, j, j1, j2, j3)


@jit(reassociate=True)
def _pooled(similarities: Any, weights: Any, inverse: Any, out: Any) -> Any:
    """The four columns of one candidate; False where a similarity is not finite."""
    n = similarities.shape[0]
    total = np.float64(0)
    best = similarities[0]
    for j in range(n):
        total += similarities[j]
        best = max(best, similarities[j])
        weights[j] = similarities[j]
    if not np.isfinite(total) or not softmax_in_place(weights, inverse, 1.0):
        return False
    attended = np.float64(0)
    for j in range(n):
        attended += np.float64(weights[j]) * similarities[j]
    out[ATTENDED] = np.float32(attended)
    out[BEST] = best
    out[LAST] = similarities[n - 1]
    out[MEAN] = np.float32(total / n)
    return True


@jit()
def _copy_rows(items: Any, index: Any, out: Any) -> None:
    for j in range(index.shape[0]):
        prefetch_row(items, index[min(j + 8, index.shape[0] - 1)])
        for k in range(items.shape[1]):
            out[j, k] = items[index[j], k]


@jit()
def _pool_queries(lists: Any, first: Any, last: Any, inverse: Any, max_history: Any, out: Any) -> Any:
    """Kernel of `attention_pool`; the first query with a similarity that is not finite, or -1."""
    history = np.empty((max_history, lists.items.shape[1]), np.float32)
    scratch = np.empty((2, max_history), np.float32)
    for query in range(first, last):
        stop = lists.history_indptr[query + 1]
        start = max(lists.history_indptr[query], stop - max_history)
        n = stop - start
        _copy_rows(lists.items, lists.history_items[start:stop], history)
        begin, end = lists.candidate_indptr[query], lists.candidate_indptr[query + 1]
        for row in range(begin, end):
            if n == 0:
                out[row, :] = 0
                continue
            prefetch_row(lists.items, lists.candidate_items[min(row + 1, end - 1)])
            similarities = scratch[0, :n]
            _similarities(lists.items, lists.candidate_items[row], history[:n], similarities)
            if not _pooled(similarities, scratch[1, :n], inverse, out[row]):
                return query
    return -1


def attention_pool(
    item_embeddings: ArrayLike,
    history_indptr: ArrayLike,
    history_items: ArrayLike,
    candidate_indptr: ArrayLike,
    candidate_items: ArrayLike,
    *,
    temperature: float = 1.0,
    max_history: int = 50,
    n_threads: int | None = None,
) -> Float32:
    """Similarity of every candidate to its query's history, pooled in four ways.

    Parameters
    ----------
    item_embeddings : float32[i, d]
        Rows of length 1 make the similarities cosines.
    history_indptr, history_items : int64[q + 1], int32[h]
        Items of each query's history, oldest first. That they lie before the query is the caller's care.
    candidate_indptr, candidate_items : int64[q + 1], int32[c]
        Items to judge, query by query.
    temperature : float
        Of the attention, above 0; inf makes the first column the mean.
    max_history : int
        Only that many of the latest history items are looked at; at least 1.

    Returns
    -------
    float32[c, 4]
        Columns ``ATTENDED, BEST, LAST, MEAN``; zeros for a query without history. The same bits for
        any number of threads.

    Raises
    ------
    DataError
        Wrong shape or dtype, an index out of range, or a similarity that is not finite.
    SettingsError
        The temperature is not above 0, or max_history not at least 1.
    """
    if max_history < 1:
        raise SettingsError(f"max_history is {max_history}; give a number of at least 1")
    items = checked_table(item_embeddings, "item_embeddings")
    inverse = checked_inverse(temperature * float(np.sqrt(items.shape[1])))
    history_edges = checked_indptr(history_indptr, np.size(history_items), "history_indptr")
    candidate_edges = checked_indptr(candidate_indptr, np.size(candidate_items), "candidate_indptr")
    if len(history_edges) != len(candidate_edges):
        raise DataError(
            f"history_indptr has {len(history_edges) - 1} queries"
            f" and candidate_indptr {len(candidate_edges) - 1}: both must list the same queries"
        )
    lists = Lists(
        items,
        history_edges,
        checked_index(history_items, len(items), int(history_edges[-1]), "history_items"),
        candidate_edges,
        checked_index(candidate_items, len(items), int(candidate_edges[-1]), "candidate_items"),
    )
    longest = int(np.clip(np.diff(history_edges).max(initial=1), 1, max_history))
    out = np.empty((len(lists.candidate_items), N_COLUMNS), np.float32)

    def kernel(first: int, last: int) -> int:
        return int(_pool_queries(lists, first, last, inverse, longest, out))

    if run_segments(kernel, candidate_edges, n_threads) >= 0:
        norms = np.sqrt(np.sum(np.square(items, dtype=np.float64), axis=1))
        raise_first("length of item_embeddings", norms, ~(norms < 1e18), "embeddings must be finite")
    return out


def attention_weights(
    item_embeddings: ArrayLike, history: ArrayLike, candidate: int, *, temperature: float = 1.0
) -> tuple[Float32, Float32]:
    """What `attention_pool` sees of one candidate: the similarity and the attention weight of each item.

    ``history`` is ``int32[h]``, h at least 1, all of it looked at. Both results are ``float32[h]``; the
    weights sum to 1, and with them the similarities to ``ATTENDED``. Parameters and errors as there.
    """
    items = checked_table(item_embeddings, "item_embeddings")
    inverse = checked_inverse(temperature * float(np.sqrt(items.shape[1])))
    own = checked_index(history, len(items), np.size(history), "history")
    (place,) = checked_index(np.array([candidate], np.int32), len(items), 1, "candidate")
    similarities, weights = np.empty(len(own), np.float32), np.empty(len(own), np.float32)
    _similarities(items, place, items[own], similarities)
    _weigh(similarities, inverse, weights)
    raise_first("similarity", similarities, ~np.isfinite(similarities), "embeddings must be finite")
    return similarities, weights


@jit()
def _weigh(similarities: Any, inverse: Any, weights: Any) -> None:
    weights[:] = similarities
    softmax_in_place(weights, inverse, 1.0)
