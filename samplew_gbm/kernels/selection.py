"""The best items of score rows, and where given items stand among them."""

from typing import Any

import numpy as np

from samplew_gbm.kernels import jit

BLOCK = 64  # scores; most blocks of a row hold none that is among the best


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


@jit(inline=True)
def _any_above(scores: Any, bound: Any) -> Any:
    """Counted, not looked for: without a way out the compiler asks many scores at once."""
    n_above = 0
    for place in range(scores.shape[0]):
        n_above += scores[place] > bound
    return n_above > 0


@jit()
def top_of_row(row: Any, hidden: Any, stamp: Any, top_items: Any, top_scores: Any) -> None:
    """The best items of one row with a score above 0 and ``hidden[item] != stamp``, best first.

    Ties go to the smaller item. Places without an item hold -1 and 0.
    """
    n, size, item = top_items.shape[0], 0, 0
    while item < row.shape[0] and size < n:
        if row[item] > 0 and hidden[item] != stamp:
            top_items[size], top_scores[size] = item, row[item]
            size += 1
        item += 1
    for start in range(size // 2 - 1, -1, -1):
        _sift_down(top_scores, top_items, start, size)
    while item < row.shape[0]:
        end = min(item + BLOCK, row.shape[0])
        if _any_above(row[item:end], top_scores[0]):
            for place in range(item, end):
                if row[place] > top_scores[0] and hidden[place] != stamp:
                    top_items[0], top_scores[0] = place, row[place]
                    _sift_down(top_scores, top_items, 0, n)
        item = end
    for end in range(size - 1, 0, -1):
        top_scores[0], top_scores[end] = top_scores[end], top_scores[0]
        top_items[0], top_items[end] = top_items[end], top_items[0]
        _sift_down(top_scores, top_items, 0, end)
    top_items[size:] = -1
    top_scores[size:] = np.float32(0)


@jit()
def top_of_rows(
    scores: Any, place: Any, hidden_indptr: Any, hidden_items: Any, top_columns: Any, top_scores: Any
) -> None:
    """`top_of_row` for every query of one source.

    ``scores`` is ``float32[q, r]`` of ``r`` items of a catalogue; ``place``, ``int32[n_items]``, is the
    column of each item (-1: not scored). The lists hide items of each query; ``top_columns`` is
    ``int32[q, n]`` and ``top_scores`` ``float32[q, n]``.
    """
    hidden = np.full(scores.shape[1], -1, np.int32)
    for q in range(scores.shape[0]):
        for p in range(hidden_indptr[q], hidden_indptr[q + 1]):
            column = place[hidden_items[p]]
            if column >= 0:
                hidden[column] = q
        top_of_row(scores[q], hidden, q, top_columns[q], top_scores[q])


@jit()
def gather_scores(
    scores: Any,
    place: Any,
    top_scores: Any,
    candidate_indptr: Any,
    candidate_items: Any,
    values: Any,
    ranks: Any,
) -> None:
    """Score of every candidate in one source, and its 1-based rank in that source's top list.

    ``scores`` and ``place`` are as in `top_of_rows`; an item that is not scored has 0. ``values`` and
    ``ranks`` are ``float32[c]``; an item that is below its list or has no score above 0 has the list's
    length plus 1.
    """
    for q in range(scores.shape[0]):
        top = top_scores[q]
        for c in range(candidate_indptr[q], candidate_indptr[q + 1]):
            column = place[candidate_items[c]]
            value = scores[q, column] if column >= 0 else np.float32(0)
            low, high = 0 if value > 0 else top.shape[0], top.shape[0]
            while low < high:
                middle = (low + high) // 2
                if top[middle] > value:
                    low = middle + 1
                else:
                    high = middle
            values[c] = value
            ranks[c] = low + 1
