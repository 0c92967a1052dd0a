"""Paired bootstrap: how sure a difference between two rankings of the same queries is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from samplew_gbm.errors import DataError

N_RESAMPLES = 2000
LEVEL = 0.95
LEAST_QUERIES = 20  # to be sure of anything: of few, resampling knows too little of those that are not there
_DRAWS_AT_ONCE = 1 << 22


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of ``a - b`` over ``n`` queries and its interval; NaN throughout without queries.

    ``baseline`` is the mean of ``b``: divide by it for a relative difference.
    """

    mean: float
    low: float
    high: float
    baseline: float
    n: int

    @property
    def sure(self) -> bool:
        """Whether the interval lies on one side of 0, and enough queries stand behind it."""
        return self.n >= LEAST_QUERIES and (self.low > 0 or self.high < 0)


def paired_difference(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    *,
    n_resamples: int = N_RESAMPLES,
    level: float = LEVEL,
    random_state: int = 0,
) -> Difference:
    """The difference of two metrics given per query, ``float64[q]`` each, with a percentile interval.

    Queries are drawn with replacement, each with both its values (Efron 1979; for retrieval Sakai 2006). A
    query that is NaN in both is left out. The interval speaks of other queries from where these came; of
    other trainings only where each training has a row of its own, ``float64[s, q]``: what their means vary
    beyond the luck of the queries joins the interval (``_luck_of_training``). ``DataError`` where the two do
    not belong to the same queries.
    """
    if a.shape != b.shape or np.any(np.isnan(a) != np.isnan(b)):
        raise DataError("the two rankings were not judged on the same queries")
    a, b = np.atleast_2d(a), np.atleast_2d(b)
    known = ~np.isnan(a).any(axis=0)
    by_training, baseline = (a - b)[:, known], b[:, known]
    difference = by_training.mean(axis=0)
    n = len(difference)
    if not n:
        nan = float("nan")
        return Difference(nan, nan, nan, nan, 0)
    rng = np.random.default_rng(random_state)
    at_once = max(1, _DRAWS_AT_ONCE // n)
    means = np.concatenate(
        [
            difference[rng.integers(0, n, (min(at_once, n_resamples - start), n))].mean(axis=1)
            for start in range(0, n_resamples, at_once)
        ]
    )
    mean = float(difference.mean())
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2]) - mean
    luck = _luck_of_training(by_training, level)
    return Difference(
        mean, float(mean - np.hypot(low, luck)), float(mean + np.hypot(high, luck)), float(baseline.mean()), n
    )


def is_ahead(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether ``one`` is better than ``other`` by more than a standard error, over the queries of both.

    ``float64[q]`` each, a NaN in either leaves a query out; False without queries. The rule of Breiman et
    al., CART, 1984, for what was chosen as the best of many: it leaves the milder of near equals.
    """
    ahead = one - other
    ahead = ahead[~np.isnan(ahead)]
    return bool(len(ahead) and ahead.mean() > ahead.std() / np.sqrt(len(ahead)))


def _luck_of_training(difference: NDArray[np.float64], level: float) -> float:
    """How far the mean of ``s`` trainings, ``float64[s, q]``, may lie from that of all there could be.

    Their means differ by the queries' luck with a training too, which drawing queries has counted: only the
    variance beyond it counts, by Student's t, since few trainings tell little of it. Joined to the interval
    of the queries as the root of the sum of squares (Zou and Donner, Statistics in Medicine 2008). 0 for one
    training, of which nothing is known.
    """
    s, n = difference.shape
    if s < 2 or n < 2:
        return 0.0
    mean = difference.mean(axis=1)
    beside = difference - difference.mean(axis=0) - mean[:, None] + mean.mean()
    variance = mean.var(ddof=1) - (beside**2).sum() / ((s - 1) * (n - 1)) / n
    return float(stdtrit(s - 1, (1 + level) / 2) * np.sqrt(max(0.0, variance) / s))
