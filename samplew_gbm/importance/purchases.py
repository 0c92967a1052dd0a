"""Items that people buy once they have met them: a click on one of these was hardly an accident."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.base import SampleSignals, scheme
from samplew_gbm.importance.normalising import softmax_importance


@scheme("purchase_rate")
def purchase_given_click(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``P(purchase | click)^(1 / temperature)`` of the item, divided by its mean over the user's samples.

    ``purchase_rate`` is learned from rows without the sample itself (``measured/purchase_rate.py``), so that
    no purchase vouches for itself. Ours; what the rate means: the post-click conversion rate of Ma et al.,
    "Entire Space Multi-Task Model", SIGIR 2018, of an item over all users.
    """
    logit = np.log(signals.the("purchase_rate"))
    return softmax_importance(logit, signals.segment, temperature=temperature, n_threads=n_threads)
