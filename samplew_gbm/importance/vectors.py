"""Attention by ready vectors: what a model of texts, images or sounds says of how items belong together."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.attention import importance_of
from samplew_gbm.importance.base import SampleSignals, scheme


@scheme("vector_cosine")
def vectors(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``attention`` with the cosine of the item to the user's other items as the logit.

    Nothing of it is learned from the log, so no row can have leaked into it, and a log too small or too noisy
    to learn embeddings from can be weighed too. Ours.
    """
    logit = signals.the("vector_cosine")
    return importance_of(logit, signals.segment, temperature=temperature, n_threads=n_threads)
