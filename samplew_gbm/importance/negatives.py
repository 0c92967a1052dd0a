"""Weights of the candidates that were not taken: likely false negatives softened, or hard ones sharpened."""

import numpy as np
from numpy.typing import NDArray

from samplew_gbm.kernels.segments import segment_softmax, segment_standardise

SIGNS = {"softened": -1.0, "sharpened": 1.0}
TEMPERATURE = 2.0
LOW, HIGH = 0.1, 2.0  # a single negative that counts for many would be learned by heart


def affinity_for(
    scheme: str, affinity: NDArray[np.float32], indptr: NDArray[np.int64], random_state: int
) -> NDArray[np.float32]:
    """The affinity that a scheme weighs negatives by: the controls deal theirs out by chance, or turn it.

    Of ``uniform`` it is the same for all, so that all negatives weigh 1.
    """
    if scheme == "uniform":
        return np.zeros_like(affinity)
    if scheme == "wrong_sign":
        return -affinity
    if scheme == "placebo":
        owner = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
        return affinity[np.lexsort((np.random.default_rng(random_state).random(len(affinity)), owner))]
    return affinity


def negative_weight(
    affinity: NDArray[np.float32], indptr: NDArray[np.int64], treatment: str, *, n_threads: int
) -> NDArray[np.float64]:
    """Size x softmax(sign * standardised affinity / 2) over each query's negatives, clipped, mean 1.

    ``affinity`` is ``float32[n]`` of the negatives, ``indptr`` ``int64[q + 1]`` cuts them by query. With
    ``softened`` those that suit the user count less: what was not taken may only not have been seen (the
    unlabelled are no negatives; Elkan and Noto, KDD 2008). With ``sharpened`` they count more, as hard
    negatives do. Anything else weighs all by 1.
    """
    if treatment not in SIGNS or not len(affinity):
        return np.ones(len(affinity))
    logits = np.float32(SIGNS[treatment]) * segment_standardise(affinity, indptr, n_threads=n_threads)
    sizes = np.diff(indptr)
    attention = segment_softmax(logits, indptr, temperature=TEMPERATURE, n_threads=n_threads)
    weight = np.clip(attention.astype(np.float64) * np.repeat(sizes, sizes), LOW, HIGH)
    scaled: NDArray[np.float64] = weight / weight.mean()
    return scaled
