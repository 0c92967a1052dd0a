"""No importance at all: the scheme that every other must beat."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.base import SampleSignals, scheme


@scheme()
def uniform(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """1 for every sample: the trees are those of ``none``, bit for bit."""
    return np.ones(len(signals.segment), np.float32)
