"""What a set of recommendation lists is like, whoever they please: its coverage and its popularity bias."""

import numpy as np
from numpy.typing import NDArray


def coverage(ranked_items: NDArray[np.int32], n_items: int) -> float:
    """Share of the catalogue that some list holds; ``ranked_items`` is ``int32[q, k]``, -1 where none is."""
    return len(np.unique(ranked_items[ranked_items >= 0])) / n_items if n_items else float("nan")


def popularity_bias(ranked_items: NDArray[np.int32], counts: NDArray[np.float32]) -> float:
    """Mean popularity of what is recommended over the mean popularity of what is taken.

    ``counts`` is ``float32[n_items]``, how often each item was taken. Above 1 the lists lean to popular items
    more than the users do (average recommendation popularity, Abdollahpouri et al. 2019, made relative).
    """
    shown = ranked_items[ranked_items >= 0]
    taken = float(counts.sum())
    if not len(shown) or taken == 0:
        return float("nan")
    usual = float(np.square(counts, dtype=np.float64).sum()) / taken
    return float(counts[shown].mean(dtype=np.float64)) / usual
