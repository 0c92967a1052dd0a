"""What items have in common, by the weighted tokens that describe them: sparse vectors, one an item."""

from typing import Any

import numpy as np

from samplew_gbm.kernels import jit
from samplew_gbm.kernels.scoring import LEAST_WEIGHT


@jit()
def score_by_tokens(
    history_indptr: Any,
    history_items: Any,
    decay: Any,
    item_indptr: Any,
    item_tokens: Any,
    item_weight: Any,
    token_indptr: Any,
    token_items: Any,
    token_weight: Any,
    out: Any,
) -> None:
    """``out[q, i] = <sum_p decay^(places from the end of p) * vector[history[p]], vector[i]>``.

    The vectors are given by item and, transposed, by token with the columns of ``out``, which is
    ``float32[q, n_columns]`` and is overwritten. Indices are the caller's care.
    """
    profile = np.zeros(token_indptr.shape[0] - 1, np.float32)
    for q in range(out.shape[0]):
        row = out[q]
        row[:] = np.float32(0)
        weight, begin = np.float32(1), history_indptr[q + 1]
        while begin > history_indptr[q] and weight >= LEAST_WEIGHT:
            begin -= 1
            item = history_items[begin]
            for e in range(item_indptr[item], item_indptr[item + 1]):
                profile[item_tokens[e]] += weight * item_weight[e]
            weight *= decay
        for p in range(begin, history_indptr[q + 1]):
            item = history_items[p]
            for e in range(item_indptr[item], item_indptr[item + 1]):
                token = item_tokens[e]
                value = profile[token]
                profile[token] = np.float32(0)  # a token met again has been counted
                if value != 0:
                    for t in range(token_indptr[token], token_indptr[token + 1]):
                        row[token_items[t]] += value * token_weight[t]


@jit(inline=True)
def _dot(tokens: Any, weight: Any, a: Any, a_stop: Any, b: Any, b_stop: Any) -> Any:
    """Dot product of two rows ``a:a_stop`` and ``b:b_stop`` whose tokens rise."""
    total = np.float32(0)
    while a < a_stop and b < b_stop:
        if tokens[a] == tokens[b]:
            total += weight[a] * weight[b]
            a += 1
            b += 1
        elif tokens[a] < tokens[b]:
            a += 1
        else:
            b += 1
    return total


@jit()
def pool_by_tokens(
    history_indptr: Any,
    history_items: Any,
    candidate_indptr: Any,
    candidate_items: Any,
    item_indptr: Any,
    item_tokens: Any,
    item_weight: Any,
    max_history: Any,
    out: Any,
) -> None:
    """Best, last and mean dot product of each candidate with the latest ``max_history`` items of its query.

    ``out`` is ``float32[c, 3]`` and is overwritten; without a history it is 0. The tokens of an item rise.
    Indices are the caller's care.
    """
    for q in range(candidate_indptr.shape[0] - 1):
        stop = history_indptr[q + 1]
        start = max(history_indptr[q], stop - max_history)
        for c in range(candidate_indptr[q], candidate_indptr[q + 1]):
            own, own_stop = item_indptr[candidate_items[c]], item_indptr[candidate_items[c] + 1]
            best, last, total = np.float32(0), np.float32(0), np.float32(0)
            for p in range(start, stop):
                item = history_items[p]
                last = _dot(item_tokens, item_weight, own, own_stop, item_indptr[item], item_indptr[item + 1])
                best = max(best, last)
                total += last
            out[c, 0] = best
            out[c, 1] = last
            out[c, 2] = total / np.float32(max(1, stop - start))
