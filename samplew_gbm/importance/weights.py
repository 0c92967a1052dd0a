"""From importance and factors to the sample weight that LightGBM gets."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def mixed(importance: NDArray[np.floating], mix: float) -> NDArray[np.float64]:
    """``(1 - mix) + mix * importance``, ``float64[n]``: the factor that attention is."""
    return (1 - mix) + mix * importance.astype(np.float64)


def limited_product(
    factors: Iterable[NDArray[np.float64]], *, low: float, high: float
) -> NDArray[np.float64]:
    """``clip(product of the factors, low, high)``, ``float64[n]``: the weight before its mean is made 1."""
    first, *others = factors
    for factor in others:
        first = first * factor
    return np.clip(first, low, high)


def sample_weight(
    importance: NDArray[np.floating],
    *,
    mix: float,
    low: float,
    high: float,
    factors: Iterable[NDArray[np.float64]] = (),
) -> NDArray[np.float64]:
    """``clip(((1 - mix) + mix * importance) * product of factors, low, high)``, then divided by its mean.

    ``float64[n]``. LightGBM normalises nothing: leaf limits and regularisation see the scale, so the mean is
    kept at 1. Where no limit was met a weight is ``1 / mean`` times its factors.
    """
    weight = limited_product([mixed(importance, mix), *factors], low=low, high=high)
    return weight / weight.mean() if len(weight) else weight


def effective_share(weight: NDArray[np.float64]) -> float:
    """Effective sample size ``(sum w)^2 / sum w^2`` as a share of the number of samples (Kish 1965)."""
    if not len(weight):
        return 1.0
    return float(weight.sum() ** 2 / (len(weight) * np.square(weight).sum()))
