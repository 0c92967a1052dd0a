"""Mean closeness of judged items to histories, item by item: pairs are counted when they are asked for."""

from typing import Any

import numpy as np

from samplew_gbm.kernels import jit


@jit()
def mean_closeness(
    taker_indptr: Any,
    takers: Any,
    user_indptr: Any,
    user_items: Any,
    history_indptr: Any,
    history_items: Any,
    judged_indptr: Any,
    judged_history: Any,
    row_weight: Any,
    column_weight: Any,
    first: Any,
    last: Any,
    out: Any,
) -> None:
    """``out[j] = column_weight[t] * mean_h row_weight[h] * g[h, t]``, ``h`` the history's items but ``t``.

    Item ``t`` in ``first:last`` is judged in ``j = judged_indptr[t]:judged_indptr[t + 1]``, against history
    ``judged_history[j]``; ``g[h, t]`` counts the users that have both. Item ``t`` has the takers
    ``takers[taker_indptr[t]:taker_indptr[t + 1]]``, users their distinct items; what a history repeats
    counts once. Sums are ``float64``; 0 without other items. Indices are the caller's care.
    """
    together = np.zeros(taker_indptr.shape[0] - 1, np.float64)
    seen_in = np.full(taker_indptr.shape[0] - 1, -1, np.int64)
    for item in range(first, last):
        begin, end = judged_indptr[item], judged_indptr[item + 1]
        if begin == end:
            continue
        for t in range(taker_indptr[item], taker_indptr[item + 1]):
            for p in range(user_indptr[takers[t]], user_indptr[takers[t] + 1]):
                together[user_items[p]] += row_weight[user_items[p]]
        for j in range(begin, end):
            total, n_others = 0.0, 0
            for p in range(history_indptr[judged_history[j]], history_indptr[judged_history[j] + 1]):
                if history_items[p] != item and seen_in[history_items[p]] != j:
                    seen_in[history_items[p]] = j
                    total += together[history_items[p]]
                    n_others += 1
            out[j] = np.float32(column_weight[item] * total / max(1, n_others))
        for t in range(taker_indptr[item], taker_indptr[item + 1]):
            for p in range(user_indptr[takers[t]], user_indptr[takers[t] + 1]):
                together[user_items[p]] = 0.0
