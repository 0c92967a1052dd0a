"""The best items of score rows, and where given items stand among them."""

from typing import Any

import numpy as np

from samplew_gbm.kernels import jit


@jit()
def _sift_down(scores: Any, items: Any, start: Any, size: Any) -> None:
    """Restore a heap whose root is the worst entry (lowest score, then largest item)."""
    root = start
    while True:
        child = 2 * root + 1
        if child >= size:
            return
        other = child + 1
        if other < size and _worse(scores[other], items[other], scores[child], items[child]):
            child = other
        if not _worse(scores[child], items[child], scores[root], items[root]):
            return
        scores[root], scores[child] = scores[child], scores[root]
        items[root], items[child] = items[child], items[root]
        root = child


@jit(inline=True)
def _worse(score: Any, item: Any, other_score: Any, other_item: Any) -> Any:
    return score < other_score or (score == other_score and item > other_item)


@jit()
def top_of_row(row: Any, hidden: Any, stamp: Any, top_items: Any, top_scores: Any) -> None:
    """The best items of one row with a score above 0 and ``hidden[item] != stamp``, best first.

    Ties go to the smaller item. Places without an item hold -1 and 0.
    """
    n, size = top_items.shape[0], 0
    for item in range(row.shape[0]):
        score = row[item]
        if score <= 0 or hidden[item] == stamp:
            continue
        if size < n:
            top_items[size], top_scores[size] = item, score
            size += 1
            if size == n:
                for start in range(n // 2 - 1, -1, -1):
                    _sift_down(top_scores, top_items, start, n)
        elif score > top_scores[0]:
            top_items[0], top_scores[0] = item, score
            _sift_down(top_scores, top_items, 0, n)
    for start in range(size // 2 - 1, -1, -1):
        _sift_down(top_scores, top_items, start, size)
    for end in range(size - 1, 0, -1):
        top_scores[0], top_scores[end] = top_scores[end], top_scores[0]
        top_items[0], top_items[end] = top_items[end], top_items[0]
        _sift_down(top_scores, top_items, 0, end)
    top_items[size:] = -1
    top_scores[size:] = np.float32(0)


@jit()
def top_of_rows(scores: Any, hidden_indptr: Any, hidden_items: Any, top_items: Any, top_scores: Any) -> None:
    """`top_of_row` for every source and query.

    ``scores`` is ``float32[sources, q, n_items]``; the lists hide items of each query; ``top_items`` is
    ``int32[q, sources, n]`` and ``top_scores`` ``float32[q, sources, n]``.
    """
    hidden = np.full(scores.shape[2], -1, np.int32)
    for q in range(scores.shape[1]):
        for p in range(hidden_indptr[q], hidden_indptr[q + 1]):
            hidden[hidden_items[p]] = q
        for source in range(scores.shape[0]):
            top_of_row(scores[source, q], hidden, q, top_items[q, source], top_scores[q, source])


@jit()
def gather_scores(
    scores: Any, top_scores: Any, candidate_indptr: Any, candidate_items: Any, values: Any, ranks: Any
) -> None:
    """Score of every candidate in every source, and its 1-based rank in that source's top list.

    ``values`` and ``ranks`` are ``float32[c, sources]``; an item that is below a list or has no score above
    0 has the list's length plus 1.
    """
    for q in range(scores.shape[1]):
        for source in range(scores.shape[0]):
            top = top_scores[q, source]
            for c in range(candidate_indptr[q], candidate_indptr[q + 1]):
                value = scores[source, q, candidate_items[c]]
                low, high = 0 if value > 0 else top.shape[0], top.shape[0]
                while low < high:
                    middle = (low + high) // 2
                    if top[middle] > value:
                        low = middle + 1
                    else:
                        high = middle
                values[c, source] = value
                ranks[c, source] = low + 1
