"""Against popularity: what is shown to everyone is taken often, whether it suits or not."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.base import SampleSignals, scheme
from samplew_gbm.importance.normalising import softmax_importance

LEAST = 0.1  # propensity; below it a few rare items would weigh as much as all others


@scheme("popularity")
def inverse_propensity(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``1 / max(propensity, LEAST)``, divided by its mean over the user's samples.

    ``propensity = ((1 + count) / (1 + largest count))^power`` with ``power = 1 / temperature``: 1/2 at the
    default, as in Saito et al., "Unbiased Recommender Learning from Missing-Not-At-Random Implicit Feedback",
    WSDM 2020. It corrects exposure; on rows that are noise because nobody else takes such items it
    points the wrong way.
    """
    popularity = signals.the("popularity")
    floor = popularity.max(initial=0) + temperature * np.log(LEAST)
    logit = -np.maximum(popularity, np.float32(floor))
    return softmax_importance(logit, signals.segment, temperature=temperature, n_threads=n_threads)
