"""Scores of the items of a catalogue for a block of queries: by item-item tables and by embeddings."""

from typing import Any

import numpy as np

from samplew_gbm.kernels import jit
from samplew_gbm.kernels.attention import dot_of_four
from samplew_gbm.kernels.segments import softmax_in_place

TILE_BYTES = 1 << 18  # of the items that all queries are held against before the next: they stay in cache
LEAST_WEIGHT = np.float32(1e-3)  # a history item that counts less than this is left out
LONG_HISTORY = (
    3000  # items; a longer one is summed from its beginning, so that the next query goes on from there
)


@jit()
def score_by_table(
    history_indptr: Any,
    history_items: Any,
    decay: Any,
    table_indptr: Any,
    table_indices: Any,
    table_data: Any,
    out: Any,
) -> None:
    """``out[q, i] = sum_p decay^(places from the end of p) * table[history[p], i]``.

    ``out`` is ``float32[q, n_columns]`` and is overwritten. Indices are the caller's care. Of queries that
    follow each other in one user's history each costs, beyond ``LONG_HISTORY``, only what it adds.
    """
    for q in range(out.shape[0]):
        row = out[q]
        if decay == 1 and history_indptr[q + 1] - history_indptr[q] > LONG_HISTORY:
            n_summed = _summed_before(history_indptr, history_items, q)
            if n_summed:
                row[:] = out[q - 1]
            else:
                row[:] = np.float32(0)
            for p in range(history_indptr[q] + n_summed, history_indptr[q + 1]):
                item = history_items[p]
                for e in range(table_indptr[item], table_indptr[item + 1]):
                    row[table_indices[e]] += table_data[e]
            continue
        row[:] = np.float32(0)
        weight = np.float32(1)
        for p in range(history_indptr[q + 1] - 1, history_indptr[q] - 1, -1):
            item = history_items[p]
            for e in range(table_indptr[item], table_indptr[item + 1]):
                row[table_indices[e]] += weight * table_data[e]
            weight *= decay
            if weight < LEAST_WEIGHT:
                break


@jit(inline=True)
def _summed_before(history_indptr: Any, history_items: Any, q: Any) -> Any:
    """How many first items of query ``q`` the query before sums, from its beginning too: all it has, or 0."""
    if q == 0:
        return 0
    begin, before = history_indptr[q], history_indptr[q - 1]
    length = begin - before
    if length <= LONG_HISTORY or length > history_indptr[q + 1] - begin:
        return 0
    for p in range(length):
        if history_items[before + p] != history_items[begin + p]:
            return 0
    return length


@jit(reassociate=True)
def score_by_embeddings(users: Any, items: Any, out: Any) -> None:
    """``out[q, i] = <users[q], items[i]>``; ``float32[q, n_items]``. A user of zeros costs no product."""
    last = items.shape[0] - 1
    speaks = np.empty(out.shape[0], np.bool_)
    for q in range(out.shape[0]):
        speaks[q] = np.any(users[q] != 0)
        if not speaks[q]:
            out[q] = np.float32(0)
    tile = max(4, TILE_BYTES // (4 * items.shape[1]) // 4 * 4)
    for begin in range(0, last + 1, tile):
        end = min(begin + tile, last + 1)
        for q in range(out.shape[0]):
            if not speaks[q]:
                continue
            for i in range(begin, end, 4):
                b, c, d = min(i + 1, last), min(i + 2, last), min(i + 3, last)
                out[q, i], out[q, b], out[q, c], out[q, d] = dot_of_four(users[q], items, i, b, c, d)


@jit()
def decayed_sum(history_indptr: Any, history_items: Any, decay: Any, items: Any, out: Any) -> None:
    """``out[q] = sum_p decay^(places from the end of p) * items[history[p]]``; ``float32[q, d]``.

    Indices are the caller's care.
    """
    for q in range(out.shape[0]):
        out[q, :] = np.float32(0)
        weight = np.float32(1)
        for p in range(history_indptr[q + 1] - 1, history_indptr[q] - 1, -1):
            row = items[history_items[p]]
            for k in range(row.shape[0]):
                out[q, k] += weight * row[k]
            weight *= decay
            if weight < LEAST_WEIGHT:
                break


@jit()
def lagged_mean(history_indptr: Any, history_items: Any, lag_weights: Any, items: Any, out: Any) -> None:
    """``out[q] = sum_k a_k items[k-th item from the end of history q]``; ``float32[q, d]``.

    ``a`` is the softmax of the first ``lag_weights``, as many as the history has items; older items count
    nothing, and an empty history gives zeros. Indices are the caller's care.
    """
    for q in range(out.shape[0]):
        out[q, :] = np.float32(0)
        end = history_indptr[q + 1]
        n = min(end - history_indptr[q], len(lag_weights))
        if n == 0:
            continue
        highest = lag_weights[0]
        for k in range(1, n):
            highest = max(highest, lag_weights[k])
        total = np.float32(0)
        for k in range(n):
            share = np.exp(lag_weights[k] - highest)
            total += share
            row = items[history_items[end - 1 - k]]
            for t in range(row.shape[0]):
                out[q, t] += share * row[t]
        for t in range(out.shape[1]):
            out[q, t] /= total


@jit()
def softmax_rows(scores: Any, bias: Any, speaks: Any, total: Any) -> None:
    """Rows of ``float32[q, n]`` that speak become ``total * softmax(row + bias)``; the others are left."""
    for q in range(scores.shape[0]):
        if speaks[q]:
            row = scores[q]
            for i in range(row.shape[0]):
                row[i] += bias[i]
            softmax_in_place(row, np.float32(1), total)
