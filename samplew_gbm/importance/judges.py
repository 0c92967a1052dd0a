"""The ranker itself as a judge of rows, and a blend of signals that was learned to know what is taken.

Both are learned on one half of the users and judge the other (``pipeline/judging.py``).
"""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.importance.base import SampleSignals, scheme
from samplew_gbm.importance.normalising import softmax_importance, standardised


@scheme("ranker")
def ranker_score(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``n * softmax(score / temperature)`` over the user's samples, scores standardised over all samples.

    The score is that of an unweighted ranker of other users. It knows all features, and what it knows of
    popularity and recency too: of accidents on popular items it thinks highly. Ours.
    """
    return _softmax(signals.the("ranker"), signals.segment, temperature, n_threads)


@scheme("blend", whole_log=True)
def blend(
    signals: SampleSignals, *, temperature: float, random_state: int, n_threads: int
) -> NDArray[np.float32]:
    """``n * softmax(logit / temperature)`` over all ``n`` samples of the log, logits standardised over them.

    Within the user it is a worse judge, as ``consensus`` is. The logit is that of a logistic regression,
    learned on other users, which tells what was taken from items drawn by chance for the same queries, by
    affinity, cosine to the history, how mainstream the item's takers are and the ranker's score. No label of
    noise is ever seen. Ours.
    """
    everyone = np.zeros(len(signals.segment), np.int32)
    return _softmax(signals.the("blend"), everyone, temperature, n_threads)


def _softmax(
    values: NDArray[np.float32], segment: NDArray[np.int32], temperature: float, n_threads: int
) -> NDArray[np.float32]:
    logit = standardised(values).astype(np.float32)
    return softmax_importance(logit, segment, temperature=temperature, n_threads=n_threads)
