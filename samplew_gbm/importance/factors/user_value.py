"""Whose it is: rows of users who are worth more count more."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.errors import DataError

SHRINKAGE = 5.0  # rows; the mean value of a user with that many is trusted by half


def user_value(
    user: NDArray[np.int32], value: NDArray[np.float64], *, n_users: int, power: float
) -> NDArray[np.float64]:
    """``(the user's mean value / the mean of all values) ** power``, ``float64[n]``.

    ``user`` is ``int32[n]``; ``value`` is ``float64[n]``, NaN where a row has none, none negative. The ratio
    is drawn to 1 as if every user had ``SHRINKAGE`` more rows of the mean value: a user of few rows stays
    near it, one without any value is at it. ``DataError`` where no value is above 0.

    Means are over all rows given, so that adding rows changes the factors of old ones, as with
    ``inverse_propensity``.
    """
    told = ~np.isnan(value)
    mean = value[told].mean() if told.any() else 0.0
    if mean <= 0:
        raise DataError("value_power needs values above 0, and the log has none; give them, or set it to 0")
    sums = np.bincount(user[told], value[told] / mean, minlength=n_users)
    counts = np.bincount(user[told], minlength=n_users)
    ratio = (sums + SHRINKAGE) / (counts + SHRINKAGE)
    factor: NDArray[np.float64] = (ratio**power)[user]
    return factor
