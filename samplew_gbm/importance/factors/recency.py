"""When it happened: tastes and assortments drift, so old rows say less of tomorrow."""

import numpy as np
from numpy.typing import NDArray

DAY = 86_400.0  # seconds


def age_in_days(time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Days before the latest of the times (Unix seconds), ``float64[n]``."""
    age: NDArray[np.float64] = (time.max(initial=-np.inf) - time) / DAY
    return age


def recency(time: NDArray[np.float64], *, half_life: float, floor: float) -> NDArray[np.float64]:
    """``max(floor, 2 ** (-age / half_life))`` with the age in days, ``float64[n]`` in [floor, 1].

    The age counts from the latest time, so rows that join the log later make every row older - and leave the
    ratio of any two rows above the floor as it was. The floor keeps what is old from vanishing.
    """
    decayed: NDArray[np.float64] = np.maximum(floor, np.exp2(-age_in_days(time) / half_life))
    return decayed
