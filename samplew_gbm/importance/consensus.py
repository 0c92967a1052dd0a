"""Agreement of several signals over the whole log, because some users are noisier than others."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.base import SampleSignals, scheme
from samplew_gbm.importance.normalising import softmax_importance, standardised

PARTS = {"cosine": 1.0, "affinity": 0.5, "mainstream": 0.5}
"""Share of each signal. On MovieLens-100K with noisy positives each is a judge of its own, and the sum is
better than any of them (``bench/noise.py``)."""


@scheme("cosine", "mainstream", whole_log=True)
def consensus(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``n * softmax(agreement / temperature)`` over all ``n`` samples of the log; mean 1 over the log.

    ``agreement`` is the sum of ``PARTS``, each standardised over all samples, standardised again so that a
    temperature is as mild as in other schemes. Standardised within the user it is a worse judge: that some
    users are noisier is a part of what it sees. Ours. It judges rows; as a weight of training it did worse
    than none where it was measured (``bench/README.md``), so ablate before training with it.
    """
    total = sum(
        (share * standardised(signals.the(name)) for name, share in PARTS.items()),
        start=np.zeros(len(signals.segment)),
    )
    logit = standardised(total.astype(np.float32)).astype(np.float32)
    everyone = np.zeros(len(logit), np.int32)
    return softmax_importance(logit, everyone, temperature=temperature, n_threads=n_threads)
