"""Learn to tell rows that were taken from candidates that were not, by a few signals of each."""

import numpy as np
from numpy.typing import NDArray

RIDGE = 1.0  # on the coefficients, as if one more row said that a signal means nothing
STEPS = 30  # of Newton's method at most; a handful does
PRECISION = 1e-8


def fit_logistic(signals: NDArray[np.float64], taken: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Coefficients of the ``s`` signals and last the intercept, ``float64[s + 1]``, of a logistic regression.

    ``signals`` is ``float64[n, s]``, about standardised; ``taken`` is ``bool[n]``, of both kinds. The
    likelihood less ``RIDGE / 2`` times the squares of the coefficients, without the intercept's, is at its
    maximum, which Newton's method finds: it is concave, and the ridge keeps it away from infinity.
    """
    rows = np.column_stack([signals, np.ones(len(signals))])
    penalty = np.diag([*[RIDGE] * signals.shape[1], 0.0])
    weights = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (taken - chance) - penalty @ weights
        curvature = (rows * (chance * (1 - chance))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curvature, slope)
        weights += step
        if np.abs(step).max() < PRECISION:
            break
    return weights
