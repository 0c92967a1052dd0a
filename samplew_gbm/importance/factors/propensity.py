"""How likely it was to be seen: what is shown everywhere is taken often without being liked more.

Inverse propensity weighting after Schnabel et al., "Recommendations as Treatments: Debiasing Learning and
Evaluation", ICML 2016. Nobody logs exposure, so how often an item occurs stands in for it, to a power below 1
as popularity is only partly exposure: Yang et al., "Unbiased Offline Recommender Evaluation for
Missing-Not-At-Random Implicit Feedback", RecSys 2018.
"""

import numpy as np
from numpy.typing import NDArray

SMOOTHING = 1.0  # rows that every item gets on top: one row more or less says little of a rare item
LOW, HIGH = 0.1, 10.0  # a few rows of rare items must not carry the whole gradient


def inverse_propensity(item: NDArray[np.int32], *, n_items: int, power: float) -> NDArray[np.float64]:
    """``clip(exposure ** -power, LOW, HIGH)``, then divided by its mean over the rows; ``float64[n]``.

    ``item`` is ``int32[n]``. The exposure of an item is its smoothed count over the mean item's, so that 1 is
    usual and the limits mean the same for every log.

    Counts are over all rows given, also those later than the row that is weighed: adding rows changes the
    weights of old ones. That is no leak into what is predicted, as only weights of training rows see them;
    that a weight never depends on the future is not promised.
    """
    counts = np.bincount(item, minlength=n_items) + SMOOTHING
    factor: NDArray[np.float64] = np.clip((counts / counts.mean()) ** -power, LOW, HIGH)[item]
    return factor / factor.mean() if len(factor) else factor
