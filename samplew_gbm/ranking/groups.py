"""LightGBM's group: the sizes of consecutive queries. The word lives in this room only."""

import numpy as np
from numpy.typing import NDArray

MOST_ROWS = 10_000  # of a query; LightGBM refuses more


def group_of(indptr: NDArray[np.int64]) -> NDArray[np.int32]:
    """Sizes of the queries without the empty ones, ``int32``."""
    sizes = np.diff(indptr)
    return sizes[sizes > 0].astype(np.int32)
