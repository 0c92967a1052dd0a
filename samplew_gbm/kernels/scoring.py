"""Scores of the items of a catalogue for a block of queries: by item-item tables and by embeddings."""

from typing import Any

import numpy as np

from samplew_gbm.kernels import jit
from samplew_gbm.kernels.attention import dot_of_four

TILE_BYTES = 1 << 18  # of the items that all queries are held against before the next: they stay in cache
LEAST_WEIGHT = np.float32(1e-3)  # a history item that counts less than this is left out


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

    ``out`` is ``float32[q, n_columns]`` and is overwritten. Indices are the caller's care.
    """
    for q in range(out.shape[0]):
        row = out[q]
        row[:] = np.float32(0)
        weight = np.float32(1)
        for p in range(history_indptr[q + 1] - 1, history_indptr[q] - 1, -1):
            item = history_items[p]
            for e in range(table_indptr[item], table_indptr[item + 1]):
                row[table_indices[e]] += weight * table_data[e]
            weight *= decay
            if weight < LEAST_WEIGHT:
                break


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
