"""Chances of random orders."""

import numpy as np
from scipy.special import gammaln

from samplew_gbm.evaluation.ranked_rows import Float64, Int64


def log_choose(n: Int64, k: Int64) -> Float64:
    """log C(n, k), and -inf where 0 <= k <= n does not hold; equal arguments give equal bits."""
    possible = (k >= 0) & (k <= n)
    top, part = np.where(possible, n, 0), np.where(possible, k, 0)
    value = gammaln(top + 1.0) - gammaln(part + 1.0) - gammaln(top - part + 1.0)
    return np.where(possible, value, -np.inf)
