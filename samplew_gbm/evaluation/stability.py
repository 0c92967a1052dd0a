"""Population stability: how far the shares of bins have moved, and how far chance alone would move them.

The index is ``sum_b (q_b - p_b) log(q_b / p_b)`` over the bins' shares before, ``p``, and after, ``q``: the
two Kullback-Leibler divergences added up. By habit .1 is worth a look and .25 calls for action.

Of samples it is never 0: without any change ``PSI / (1/n + 1/m)`` of ``n`` and ``m`` independent draws is
about chi-squared with ``bins - 1`` degrees of freedom (Yurdakul and Naranjo, 2020), so its mean is
``(bins - 1) (1/n + 1/m)``.
"""

import numpy as np
from numpy.typing import NDArray

SMOOTHING = 0.5  # rows added to each bin, before and after, so that an empty one is not infinitely far
QUANTILES = 10
CHANCE = 0.99  # of the samples without any change stay below the bound


def stability_index(before: NDArray[np.int64], after: NDArray[np.int64]) -> float:
    """The index of two counts of the same bins, ``int64[b]`` each; bins empty in both are none."""
    kept = (before > 0) | (after > 0)
    old, new = before[kept] + SMOOTHING, after[kept] + SMOOTHING
    p, q = old / old.sum(), new / new.sum()
    return float(np.sum((q - p) * np.log(q / p)))


def expected_index(n_bins: int, n: float, m: float) -> float:
    """The mean of the index without any change, of ``n`` and ``m`` independent rows; infinite of none."""
    return (n_bins - 1) * _spread(n, m)


def chance_bound(n_bins: int, n: float, m: float) -> float:
    """What the index without any change stays below in ``CHANCE`` of all samples."""
    from scipy.stats import chi2  # only now: it takes a second to load

    return float(chi2.ppf(CHANCE, n_bins - 1)) * _spread(n, m) if n_bins > 1 else 0.0


def _spread(n: float, m: float) -> float:
    return 1 / n + 1 / m if n > 0 and m > 0 else float("inf")


def quantile_edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rising edges of about ``QUANTILES`` bins of equal size; NaN is passed over.

    A value that takes up a quantile or more by itself gets a bin of its own.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return np.empty(0)
    inner = np.linspace(0, 1, QUANTILES + 1)[1:-1]
    edges, counts = np.unique(np.quantile(known, inner, method="inverted_cdf"), return_counts=True)
    alone = edges[(counts > 1) | (edges == known.min())]
    return np.unique(np.concatenate([edges, np.nextafter(alone, -np.inf)]))


def counts_between(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Values up to the first edge, the second ..., above the last; NaN in a bin behind: ``int64[e + 2]``."""
    empty = np.isnan(values)
    place = np.where(empty, len(edges) + 1, np.searchsorted(edges, values, side="left"))
    return np.bincount(place, minlength=len(edges) + 2)
