"""The caller's own importance: the log's value column."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.base import SampleSignals, scheme
from samplew_gbm.importance.normalising import mean_one


@scheme("value")
def external(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``value`` divided by its mean over the user's samples; the temperature plays no part.

    A user with nothing but zeros gets 1: nothing was said of which of the samples counts more.
    """
    return mean_one(signals.the("value").astype(np.float64), signals.segment)
