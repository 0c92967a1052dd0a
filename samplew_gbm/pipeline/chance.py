"""What is drawn by chance for judged queries: candidates not taken that are kept, items beside the taken."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.data.queries import Lists

CHANCE = 1  # of the seed of a block of queries: what is drawn for them is not drawn again


def some_negatives(
    candidates: Lists, taken: NDArray[np.bool_], index: NDArray[np.int64], n: int, seed: tuple[int, ...]
) -> NDArray[np.bool_]:
    """All ``taken`` candidates, and at most ``n`` others for each, of queries ``index``; ``bool[c]``.

    A uniform part of a natural list is still natural: retrieval strength says nothing of having been kept.
    """
    owner = candidates.owner
    negative = ~taken & np.isin(owner, index)
    order = np.lexsort((np.random.default_rng(seed).random(len(taken)), ~negative, owner))
    place = np.empty(len(taken), np.int64)
    place[order] = np.arange(len(taken)) - candidates.indptr[owner[order]]
    n_taken = np.bincount(owner[taken], minlength=len(candidates))
    kept: NDArray[np.bool_] = taken | (negative & (place < n * n_taken[owner]))
    return kept


def items_by_chance(positives: Lists, n_items: int, seed: tuple[int, ...]) -> Lists:
    """Of each query as many items as it took, drawn evenly from the catalogue."""
    drawn = np.random.default_rng((*seed, CHANCE)).integers(n_items, size=len(positives.items))
    return Lists(positives.indptr, drawn.astype(np.int32))


def side_by_side(one: Lists, other: Lists) -> Lists:
    """Of each query the items of ``one`` and then as many of ``other``."""
    ours = first_halves(one.sizes)
    items = np.empty(len(ours), np.int32)
    items[ours], items[~ours] = one.items, other.items
    return Lists.from_sizes(2 * one.sizes, items)


def first_halves(sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of lists of twice these sizes the first halves, ``bool``."""
    halves = np.tile([True, False], len(sizes))
    first: NDArray[np.bool_] = np.repeat(halves, np.repeat(sizes, 2))
    return first
