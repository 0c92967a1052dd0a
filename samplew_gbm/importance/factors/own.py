"""The log's own weight of each row, from whoever knows better."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.errors import DataError


def own_weight(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """``weight`` (``float64[n]``, 0 or more) over its mean: only ratios of weights mean anything.

    A 0 is a very small weight like any other: it ends at the lower limit of all weights.
    ``DataError`` where all are 0.
    """
    if len(weight) and not weight.any():
        raise DataError("the log's own weight is 0 in every row; give at least one row a weight")
    return weight / weight.mean() if len(weight) else weight
